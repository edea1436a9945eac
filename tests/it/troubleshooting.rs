//! What users of object stores trip over: each mistake of the troubleshooting guide, made in a bucket
//! or in what stands before it, fails its case with the cause and the cure.

use std::{sync::Arc, time::Duration};

use crosscheck::{
    case, document,
    endpoint::{self, Endpoint},
    fetch::Profile,
    plan,
    reference::Fault,
    run::{self, Options, record::RunRecord},
    verdict::Verdict,
};
use serde_json::{Value, json};

const SUITE: &str = include_str!("../../suites/object-store/troubleshooting.json");

/// The mistake, the case, what is set up instead or what the store does wrong, the cause, the cure.
type Row = (&'static str, &'static str, fn(&mut Value), Option<Fault>, &'static str, &'static str);

fn nothing(_: &mut Value) {}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("CORS is not configured", "upload", |given| given["rules"] = json!([]), None,
        "preflight.cors-check.missing", "add a rule with AllowedOrigin https://app.example and AllowedMethod PUT"),
    ("the origin is missing", "upload", |given| given["rules"][0]["allowed_origins"] = json!(["https://other.example"]), None,
        "preflight.cors-check.missing", "no rule has the origin: add AllowedOrigin https://app.example"),
    ("the method is missing", "upload", |given| given["rules"][0]["allowed_methods"] = json!(["GET"]), None,
        "preflight.cors-check.missing", "add AllowedMethod PUT"),
    ("a header is missing", "upload", |given| given["rules"][0]["allowed_headers"] = json!(["content-md5"]), None,
        "preflight.cors-check.missing", "add AllowedHeader x-oss-meta-album, or *"),
    ("the scheme is missing", "upload", |given| given["rules"][0]["allowed_origins"] = json!(["app.example"]), None,
        "preflight.cors-check.missing", "write `https://app.example`, with scheme and non-default port"),
    ("the port is written out", "upload", |given| given["rules"][0]["allowed_origins"] = json!(["https://app.example:443"]), None,
        "preflight.cors-check.missing", "write `https://app.example`, with scheme and non-default port"),
    ("a slash is at the end", "upload", |given| given["rules"][0]["allowed_origins"] = json!(["https://app.example/"]), None,
        "preflight.cors-check.missing", "without a slash"),
    ("cookies under *", "with-credentials", |given| given["rules"][0]["allowed_origins"] = json!(["*"]), None,
        "cors-check.wildcard-credentials", "make the request without credentials"),
    ("ResponseVary is off", "second-site", |given| given["response_vary"] = json!(false), None,
        "cors-check.origin-mismatch", "ResponseVary=true"),
    ("a CDN answers with what it stored", "second-site", nothing, Some(Fault::CacheIgnoresVary),
        "cors-check.origin-mismatch", "a cache or CDN answered"),
    ("a preflight's answer is still kept", "changed-rule", |given| given["rules"][0]["max_age_seconds"] = json!(600), None,
        "expect.preflight", "wait for Access-Control-Max-Age to pass"),
    ("ExposeHeader is missing", "etag", |given| given["rules"][0]["expose_headers"] = json!([]), None,
        "expect.exposed", "ExposeHeader etag"),
    ("ExposeHeader of the request id is missing", "request-id",
        |given| given["rules"][0]["expose_headers"] = json!(["ETag"]), None,
        "expect.exposed", "ExposeHeader x-oss-request-id"),
    ("the page is a local file", "local-file", |given| given["rules"][0]["allowed_origins"] = json!(["https://app.example"]), None,
        "cors-check.missing", "serve it over HTTP"),
    ("the request itself is refused", "readable", |given| given["private"] = json!(true), None,
        "cors-check.missing", "authentication comes before CORS"),
];

fn tried(name: &str, change: fn(&mut Value), fault: Option<Fault>) -> RunRecord {
    let mut suite: Value = serde_json::from_str(SUITE).expect("JSON");
    let cases = suite["cases"].as_array_mut().expect("cases");
    cases.retain(|case| case["id"] == name);
    change(&mut cases.first_mut().expect("the case is there")["given"]);
    let codes = <case::model::Suite as document::Document>::CODES;
    let source = document::decode(name, suite.to_string().as_bytes(), &codes).expect("a text");
    let parsed = case::parse_suite(source);
    assert!(!parsed.has_errors(), "{name}: {:?}", parsed.diagnostics);
    let settings = endpoint::resolve(&[], &|_| None).expect("defaults resolve");
    let outlook = settings.outlook();
    let plan: Vec<_> = case::expand(&parsed).iter().flat_map(|case| plan::plan(case, &outlook, 1)).collect();
    let options = Options {
        jobs: 1,
        repeats: false,
        retries: 0,
        deadline: Duration::from_secs(60),
        profile: Profile::Spec,
        seed: 1,
        command: String::new(),
        shard: None,
        max_failures: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let target = Arc::new(Endpoint::start(&settings, fault).await.expect("the store starts"));
        let record = run::run(plan, Arc::clone(&target), &options, std::future::pending(), &mut ()).await;
        target.stop().await;
        record
    })
}

#[test]
fn each_mistake_is_told_with_cause_and_cure() {
    for (mistake, case, change, fault, code, cure) in ROWS {
        let record = tried(case, *change, *fault);
        let findings: Vec<_> = record.tests.iter().flat_map(|test| &test.findings).collect();
        assert!(record.tests.iter().any(|test| test.verdict == Verdict::Fail), "{mistake}: `{case}` passes");
        let told = findings.iter().any(|finding| {
            finding.code.as_str() == *code && finding.fix.as_deref().is_some_and(|fix| fix.contains(cure))
        });
        assert!(told, "{mistake}: expected {code} with `{cure}`, found {findings:#?}");
    }
}

#[test]
fn without_a_mistake_every_case_passes() {
    let suite: Value = serde_json::from_str(SUITE).expect("JSON");
    for case in suite["cases"].as_array().expect("cases") {
        let name = case["id"].as_str().expect("an id");
        for test in tried(name, nothing, None).tests {
            assert_eq!(test.verdict, Verdict::Pass, "{}: {:#?}", test.id, test.findings);
        }
        assert!(ROWS.iter().any(|row| row.1 == name), "no mistake is made in `{name}`");
    }
}
