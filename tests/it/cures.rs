//! What is rendered for a product is applied and works: here on the reference store, whose rules are set through its
//! API; on other products by `scripts/check-cures.sh`, whose list must be the one that texts are marked by.

use crate::{away::Served, bad_server::BadServer, care::support};

use std::{collections::BTreeSet, fs};

use crosscheck_core::{
    diagnosis::{Grant, Product, Setting, Situation, Wanted},
    policy::{Dialect, Policy, Rule, parse_xml, write_xml},
};
use serde_json::{Value, json};
use support::{Folder, crosscheck_with};

const KEY: [(&str, &str); 2] =
    [("CROSSCHECK_ACCESS_KEY_ID", "crosscheck"), ("CROSSCHECK_ACCESS_KEY_SECRET", "crosscheck-secret")];
const APP: &str = "https://app.example";

/// The products whose text these tests apply.
const HERE: [&str; 3] = ["oss", "s3", "minio"];

fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn grant(credentials: bool) -> Grant {
    Grant {
        origins: list(&[APP, "http://localhost:5173"]),
        methods: list(&["GET", "PUT"]),
        headers: list(&["content-type", "x-oss-meta-a"]),
        exposed: list(&["etag"]),
        credentials,
        max_age: Some(600),
    }
}

/// Rules that the bucket has already: every origin may read, so that a rule after them would not decide; and a rule
/// that must stay.
fn present() -> Policy {
    let rule = |origin: &str, methods: &[&str]| Rule {
        allowed_origins: list(&[origin]),
        allowed_methods: list(methods),
        expose_headers: list(&["Content-Range"]),
        ..Rule::default()
    };
    Policy {
        rules: vec![rule("*", &["GET"]), rule("https://other.example", &["DELETE"])],
        ..Policy::default()
    }
}

/// The document as `rules put` takes it: XML as it is, S3's JSON in the form of a policy.
fn document(setting: &Setting) -> (String, String) {
    let Ok(Value::Array(rules)) = serde_json::from_str(&setting.text) else {
        return ("rules.xml".to_owned(), setting.text.clone());
    };
    let rule = |rule: &Value| {
        let mut one = json!({});
        for (name, field) in [
            ("AllowedOrigins", "allowed_origins"),
            ("AllowedMethods", "allowed_methods"),
            ("AllowedHeaders", "allowed_headers"),
            ("ExposeHeaders", "expose_headers"),
            ("MaxAgeSeconds", "max_age_seconds"),
        ] {
            if let Some(value) = rule.get(name) {
                one[field] = value.clone();
            }
        }
        one
    };
    let rules: Vec<Value> = rules.iter().map(rule).collect();
    ("rules.json".to_owned(), json!({ "rules": rules }).to_string())
}

#[test]
fn the_rules_for_stores_let_the_page_read_and_keep_the_rules_that_were_there() {
    for (product, dialect, credentials) in [
        (Product::Oss, Dialect::Oss, false),
        (Product::S3, Dialect::S3, true),
        (Product::Minio, Dialect::S3, true),
    ] {
        let folder = Folder::new();
        let name = if dialect == Dialect::Oss { "oss" } else { "s3" };
        let store =
            Served::start_with(&folder, None, &["--dialect", name, "--bucket", "cures:public-read-write"]);
        store.put("cures/data.json", "Content-Type: application/json\r\n", "{}");
        let bucket = format!("{}cures/", store.url);
        let object = format!("{bucket}data.json");
        let put = |file: &str, content: &str| {
            folder.write(file, content);
            crosscheck_with(&folder, &["rules", "put", file, "--target", &bucket, "--dialect", name], &KEY)
                .with_code(0);
        };
        let explain = |origin: &str, more: &[&str], code: i32| {
            let arguments = [&["explain", &object, "--origin", origin], more].concat();
            crosscheck_with(&folder, &arguments, &[]).with_code(code);
        };
        let credentials_flag: &[&str] = if credentials { &["--credentials"] } else { &[] };
        let upload: Vec<&str> =
            [&["-X", "PUT", "-H", "Content-Type: image/png", "-H", "x-oss-meta-a: 1"], credentials_flag]
                .concat();

        put("rules.xml", &write_xml(&present(), dialect));
        explain(APP, &upload, 1);
        let known = parse_xml(folder.read("rules.xml").as_bytes(), dialect).expect("rules");
        let situation = Situation { present: Some(&known), ..Situation::default() };
        let setting = product.setting(&Wanted::Grant(grant(credentials)), &situation).expect("a setting");
        assert!(setting.applied, "{product}");
        let (file, content) = document(&setting);
        put(&file, &content);

        for origin in [APP, "http://localhost:5173"] {
            explain(origin, &upload, 0);
            explain(origin, credentials_flag, 0);
        }
        explain("https://foreign.example", &upload, 1);
        explain(APP, &["-X", "DELETE"], 1);
        // As before.
        explain("https://foreign.example", &[], 0);
        explain("https://other.example", &["-X", "DELETE"], 0);
    }
}

#[test]
fn what_is_marked_as_applied_is_what_is_applied() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/check-cures.sh");
    let script = fs::read_to_string(script).expect("the script");
    let products =
        script.split("\nproducts=(").nth(1).and_then(|rest| rest.split(')').next()).expect("a list");
    let mut expected: BTreeSet<&str> = products.split_whitespace().collect();
    expected.extend(HERE);
    let marked: BTreeSet<&str> =
        Product::ALL.iter().filter(|product| product.is_applied()).map(|product| product.as_str()).collect();
    assert_eq!(marked, expected);
}

#[test]
fn explain_names_the_product_as_surely_as_it_is_known_and_prints_its_configuration() {
    for (field, name, words) in [
        (
            "Server: nginx/1.29.3",
            "Configuration: nginx\n",
            &["if ($http_origin = \"https://app.example\")"][..],
        ),
        ("Server: uvicorn", "Configuration: perhaps FastAPI\n", &["allow_methods=[\"PUT\"],"]),
        (
            "x-amz-request-id: 1",
            "Configuration: perhaps a store with the API of S3\n",
            &["\"AllowedMethods\": [\"PUT\"]"],
        ),
        ("cf-ray: 1", "Configuration: Cloudflare (not applied here)\n", &["http_response_headers_transform"]),
        (
            "x-oss-request-id: 1",
            "Configuration: Alibaba Cloud OSS\n",
            &["<AllowedMethod>PUT<", "Console, Sources: https://app.example"],
        ),
    ] {
        let folder = Folder::new();
        let answer = format!("HTTP/1.1 403 Forbidden\r\n{field}\r\nContent-Length: 0\r\n\r\n");
        let server = BadServer::answering(Box::leak(answer.into_bytes().into_boxed_slice()));
        let arguments = ["explain", &server.url("/items"), "--origin", APP, "-X", "PUT", "-H", "X-A: 1"];
        let ended = crosscheck_with(&folder, &arguments, &[]).with_code(1);
        for word in [&[name, "x-a"], words].concat() {
            assert!(ended.stdout.contains(word), "{field}: no {word}\n{}", ended.stdout);
        }
    }
}
