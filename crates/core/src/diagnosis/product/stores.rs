//! Object stores: their rules as the documents that they take.

use serde_json::{Value, json};

use super::{
    Grant, Setting, Situation,
    bucket::{METHODS, Rules, replaces, rules},
    text,
};
use crate::policy::Rule;

/// For stores whose rules say nothing of credentials, and whose documentation does not say what they send.
const NO_CREDENTIALS: &str = "its rules have no setting for credentials: where it sends no \
                              Access-Control-Allow-Credentials, make the request without them";

/// Alibaba Cloud OSS: the XML of `PutBucketCors`, and the fields of the console.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketcors>
pub(super) fn oss(grant: &Grant, situation: &Situation<'_>) -> Option<Setting> {
    let rules = rules(grant, situation, METHODS, 10, "OSS")?;
    let mut setting = Setting::new(
        xml(&rules, true),
        replaces(&rules, situation, "Body of PutBucketCors (`ossutil api put-bucket-cors`)."),
    );
    let lines = |list: &[String]| list.join("\n");
    if let Some(rule) = rules.policy.rules.get(rules.place) {
        setting.console = vec![
            ("Sources", lines(&rule.allowed_origins)),
            ("Allowed Methods", rule.allowed_methods.join(", ")),
            ("Allowed Headers", lines(&rule.allowed_headers)),
            ("Exposed Headers", lines(&rule.expose_headers)),
            (
                "Cache Timeout (Seconds)",
                rule.max_age_seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
            ),
            ("Vary: Origin", if rules.policy.response_vary { "selected" } else { "not selected" }.to_owned()),
        ];
        setting.console.retain(|(_, value)| !value.is_empty());
    }
    Some(finish(setting, rules, grant.credentials))
}

/// Amazon S3: the JSON of the console.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>
pub(super) fn s3(grant: &Grant, situation: &Situation<'_>) -> Option<Setting> {
    let rules = rules(grant, situation, METHODS, 100, "S3")?;
    let setting = Setting::new(
        text::json(&Value::Array(s3_rules(&rules))),
        replaces(
            &rules,
            situation,
            "Bucket > Permissions > Cross-origin resource sharing; for `aws s3api put-bucket-cors` as the list \
             `CORSRules`.",
        ),
    );
    // For a named origin S3 always allows credentials.
    Some(finish(setting, rules, false))
}

/// Cloudflare R2: the JSON of the dashboard, in the form of S3.
/// <https://developers.cloudflare.com/r2/buckets/cors/>
pub(super) fn r2(grant: &Grant, situation: &Situation<'_>) -> Option<Setting> {
    let rules = rules(grant, situation, METHODS, 100, "R2")?;
    let setting = Setting::new(
        text::json(&Value::Array(s3_rules(&rules))),
        replaces(&rules, situation, "Bucket > Settings > CORS Policy, tab JSON."),
    );
    Some(finish(setting, rules, grant.credentials))
}

/// MinIO: the XML of `mc cors set`, and the one setting that servers without rules per bucket have.
/// <https://docs.min.io/aistor/administration/cors-configuration/>
pub(super) fn minio(grant: &Grant, situation: &Situation<'_>) -> Option<Setting> {
    let rules = rules(grant, situation, METHODS, 100, "MinIO")?;
    let mut setting = Setting::new(
        xml(&rules, false),
        replaces(&rules, situation, "File for `mc cors set ALIAS/BUCKET FILE` (AIStor)."),
    );
    setting.console = vec![("MINIO_API_CORS_ALLOW_ORIGIN", grant.origins.join(","))];
    let setting = setting.short(
        "the community server has no rules per bucket: there MINIO_API_CORS_ALLOW_ORIGIN is the only CORS setting, \
         for all buckets",
    );
    Some(finish(setting, rules, false))
}

/// Google Cloud Storage: the JSON of `gcloud storage buckets update --cors-file`. `responseHeader` is the one list
/// for both: request headers that are allowed and response headers that are exposed.
/// <https://cloud.google.com/storage/docs/cors-configurations>
pub(super) fn cloud_storage(grant: &Grant, situation: &Situation<'_>) -> Option<Setting> {
    const EVERY: &[&str] = &["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"];
    let rules = rules(grant, situation, EVERY, usize::MAX, "Cloud Storage")?;
    let entry = |rule: &Rule| {
        let mut names = rule.allowed_headers.clone();
        names.extend(rule.expose_headers.iter().filter(|name| !rule.allowed_headers.contains(name)).cloned());
        let mut entry = json!({
            "origin": rule.allowed_origins, "method": rule.allowed_methods, "responseHeader": names
        });
        if let Some(seconds) = rule.max_age_seconds {
            entry["maxAgeSeconds"] = seconds.into();
        }
        entry
    };
    let entries: Vec<Value> = rules.policy.rules.iter().map(entry).collect();
    let setting = Setting::new(
        text::json(&Value::Array(entries)),
        replaces(&rules, situation, "File for `gcloud storage buckets update gs://BUCKET --cors-file=FILE`."),
    );
    Some(finish(setting, rules, grant.credentials))
}

/// Azure Blob Storage: the `cors` of the blob service in ARM and `az rest`. One configuration for all containers.
/// <https://learn.microsoft.com/en-us/rest/api/storageservices/cross-origin-resource-sharing--cors--support-for-the-azure-storage-services>
pub(super) fn azure_blob(grant: &Grant, situation: &Situation<'_>) -> Option<Setting> {
    const EVERY: &[&str] = &["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "MERGE", "OPTIONS"];
    let rules = rules(grant, situation, EVERY, 5, "Azure Blob Storage")?;
    let entry = |rule: &Rule| {
        // All five are required.
        json!({
            "allowedOrigins": rule.allowed_origins,
            "allowedMethods": rule.allowed_methods,
            "allowedHeaders": rule.allowed_headers,
            "exposedHeaders": rule.expose_headers,
            "maxAgeInSeconds": rule.max_age_seconds.unwrap_or(0)
        })
    };
    let entries: Vec<Value> = rules.policy.rules.iter().map(entry).collect();
    let mut setting = Setting::new(
        text::json(&json!({ "properties": { "cors": { "corsRules": entries } } })),
        replaces(
            &rules,
            situation,
            "Properties of the resource `Microsoft.Storage/storageAccounts/blobServices`, for all containers of the \
             account.",
        ),
    );
    if let Some(rule) = rules.policy.rules.get(rules.place) {
        setting.console = vec![
            ("Allowed origins", rule.allowed_origins.join(",")),
            ("Allowed methods", rule.allowed_methods.join(",")),
            ("Allowed headers", rule.allowed_headers.join(",")),
            ("Exposed headers", rule.expose_headers.join(",")),
            ("Max age", rule.max_age_seconds.unwrap_or(0).to_string()),
        ];
    }
    // For an origin that matches by name Azure always allows credentials.
    Some(finish(setting, rules, false))
}

fn finish(mut setting: Setting, rules: Rules, without_credentials: bool) -> Setting {
    setting.shortfalls.extend(rules.shortfalls);
    if without_credentials { setting.short(NO_CREDENTIALS) } else { setting }
}

/// The rules as S3's JSON has them.
fn s3_rules(rules: &Rules) -> Vec<Value> {
    let one = |rule: &Rule| {
        let mut one = json!({});
        if let Some(id) = &rule.id {
            one["ID"] = json!(id);
        }
        one["AllowedOrigins"] = json!(rule.allowed_origins);
        one["AllowedMethods"] = json!(rule.allowed_methods);
        if !rule.allowed_headers.is_empty() {
            one["AllowedHeaders"] = json!(rule.allowed_headers);
        }
        if !rule.expose_headers.is_empty() {
            one["ExposeHeaders"] = json!(rule.expose_headers);
        }
        if let Some(seconds) = rule.max_age_seconds {
            one["MaxAgeSeconds"] = json!(seconds);
        }
        one
    };
    rules.policy.rules.iter().map(one).collect()
}

/// The rules as XML in several lines. The rules that are there already may hold any text.
fn xml(rules: &Rules, response_vary: bool) -> String {
    let mut lines = vec!["<CORSConfiguration>".to_owned()];
    for rule in &rules.policy.rules {
        let max_age = rule.max_age_seconds.map(|seconds| seconds.to_string());
        let id = rule.id.as_ref().filter(|_| !response_vary);
        lines.push("  <CORSRule>".to_owned());
        for (name, values) in [
            ("ID", id.map(std::slice::from_ref).unwrap_or_default()),
            ("AllowedOrigin", &rule.allowed_origins[..]),
            ("AllowedMethod", &rule.allowed_methods),
            ("AllowedHeader", &rule.allowed_headers),
            ("ExposeHeader", &rule.expose_headers),
            ("MaxAgeSeconds", max_age.as_slice()),
        ] {
            let leaf = |value| format!("    <{name}>{}</{name}>", quick_xml::escape::escape(value));
            lines.extend(values.iter().map(|value| leaf(value.as_str())));
        }
        lines.push("  </CORSRule>".to_owned());
    }
    if response_vary {
        lines.push(format!("  <ResponseVary>{}</ResponseVary>", rules.policy.response_vary));
    }
    lines.push("</CORSConfiguration>".to_owned());
    lines.join("\n")
}
