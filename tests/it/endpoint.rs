//! Target files and the configuration that comes of them: which source wins, what is refused, and
//! with which words and at which place.
use crate::bad_server;

use std::{fs, path::Path, sync::Arc, time::Duration};

use crate::folder::Folder;
use bad_server::{BadServer, Fault};
use crosscheck::{
    diagnostic::{Diagnostic, SourceText},
    endpoint::{
        Dialect, Interference, Layer, ParsedFile, Probe, Provenance, Settings, SignatureVersion, find,
        own_users, parse, parse_header, probe, published_schema, read, resolve,
    },
    exchange::Stage,
    fetch::Profile,
    policy::{Policy, Rule},
    transport::{Gate, Wire, WireConfig},
};

fn nothing(_: &str) -> Option<String> {
    None
}

fn source(text: &str) -> Arc<SourceText> {
    Arc::new(SourceText { name: "crosscheck.json".to_owned(), text: text.to_owned() })
}

fn file(text: &str) -> ParsedFile {
    parse(&source(text), Path::new("/folder")).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn from_file(text: &str) -> Settings {
    resolve(&[(Provenance::File, file(text).layer())], &nothing).unwrap()
}

fn flags(change: impl FnOnce(&mut Layer)) -> (Provenance, Layer) {
    let mut layer = Layer::default();
    change(&mut layer);
    (Provenance::Flag, layer)
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

/// The words at the caret: the text that a diagnostic points at.
fn pointed(diagnostic: &Diagnostic) -> &str {
    diagnostic.labels.first().map_or("", |label| &label.source.text[label.span.clone()])
}

#[test]
fn the_published_schema_is_the_one_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/target.schema.json");
    let schema = published_schema();
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &schema).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == schema, "suites/target.schema.json is stale; BLESS=1 cargo test writes it anew");
}

#[test]
fn the_published_schema_takes_what_the_types_take() {
    let schema: serde_json::Value = serde_json::from_str(&published_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let full: serde_json::Value = serde_json::from_str(FULL).unwrap();
    assert!(validator.is_valid(&full));
    for wrong in
        [r#"{"urll": "x"}"#, r#"{"concurrency": 0}"#, r#"{"known_issues": [{"id": "a", "reason": " "}]}"#]
    {
        assert!(!validator.is_valid(&serde_json::from_str(wrong).unwrap()), "{wrong}");
        assert!(parse(&source(wrong), Path::new("")).is_err(), "{wrong}");
    }
}

const FULL: &str = r#"{
  "$schema": "./suites/target.schema.json",
  "url": "https://bucket.example/base/?a=1",
  "dialect": "oss",
  "allowed_origins": ["https://a.example", "https://*.b.example"],
  "allowed_methods": ["GET", "PUT"],
  "allowed_headers": ["x-a", "*"],
  "expose_headers": ["ETag"],
  "max_age_seconds": 600,
  "allow_credentials": true,
  "roles": { "denied": "https://evil.example" },
  "headers": { "X-Stage": "test", "Authorization": "Bearer ${TOKEN}" },
  "tls": { "ca_file": "certs/ca.pem" },
  "resolve": ["bucket.example:443:127.0.0.1"],
  "timeouts": { "request_ms": 1000, "total_ms": 60000, "connect_ms": 500 },
  "concurrency": 3,
  "profile": "firefox",
  "known_issues": [{ "id": "cache/**", "reason": "the CDN is being moved", "expect": "cors-check.origin-mismatch", "link": "https://x.example/1" }],
  "capabilities": { "set_rules": true, "put_objects": false, "dictate_answers": false, "methods": ["GET"] }
}"#;

#[test]
fn a_target_file_says_everything() {
    let lookup = |name: &str| (name == "TOKEN").then(|| "hunter2".to_owned());
    let settings = resolve(&[(Provenance::File, file(FULL).layer())], &lookup).unwrap();
    assert_eq!(settings.url.value.as_ref().unwrap().as_str(), "https://bucket.example/base/?a=1");
    assert_eq!(settings.dialect.value, Dialect::Oss);
    let rule = Rule {
        id: None,
        allowed_origins: strings(&["https://a.example", "https://*.b.example"]),
        allowed_methods: strings(&["GET", "PUT"]),
        allowed_headers: strings(&["x-a", "*"]),
        expose_headers: strings(&["ETag"]),
        max_age_seconds: Some(600),
    };
    let policy = Policy { rules: vec![rule], response_vary: false, allow_credentials: true };
    assert_eq!(settings.policy.value, Some(policy));
    assert_eq!(settings.ca_file.value.as_deref(), Some(Path::new("/folder/certs/ca.pem")));
    assert_eq!(settings.request_timeout.value, Duration::from_secs(1));
    assert_eq!(settings.known_issues.len(), 1);
    assert_eq!(settings.capabilities.value.set_rules, Some(true));
    let shown: Vec<String> =
        settings.rows().iter().map(|row| format!("{} = {} ({})", row.name, row.value, row.from)).collect();
    for line in [
        "url = https://bucket.example/base/?a=1 (the target file)",
        "roles.denied = https://evil.example (the target file)",
        "headers.X-Stage = test (the target file)",
        "headers.Authorization = *** (the target file)",
        "resolve = bucket.example:443:127.0.0.1 (the target file)",
        "timeouts.connect_ms = 500 (the target file)",
        "concurrency = 3 (the target file)",
        "profile = firefox (the target file)",
    ] {
        assert!(shown.iter().any(|shown| shown == line), "{line}\n{shown:#?}");
    }
    assert!(!format!("{shown:?} {settings:?}").contains("hunter2"));
}

#[test]
fn a_silent_source_leaves_the_defaults() {
    let settings = from_file("{}");
    assert_eq!((settings.url.value, settings.url.from), (None, Provenance::Default));
    assert_eq!(settings.policy.value, None);
    assert_eq!(settings.dialect.value, Dialect::Generic);
    assert_eq!(settings.request_timeout.value, Duration::from_secs(10));
    assert_eq!(settings.concurrency.from, Provenance::Default);
    assert_eq!(settings.profile.value, Profile::Spec);
    assert!(from_file("{}").description().is_none());
}

#[test]
fn the_stronger_source_wins_and_says_so() {
    let text = r#"{"url": "https://file.example/base", "concurrency": 2, "allowed_origins": ["https://a.example"],
                   "max_age_seconds": 5, "roles": {"denied": "https://d.example", "method": "PUT"},
                   "headers": {"x-a": "file", "X-B": "file"}}"#;
    let environment =
        Layer { concurrency: Some(4), url: Some("https://env.example".into()), ..Layer::default() };
    let flag = flags(|layer| {
        layer.url = Some("https://file.example/other".into());
        layer.max_age_seconds = Some(9);
        layer.roles.insert("denied".into(), "https://e.example".into());
        layer.headers = vec![("X-A".into(), "flag".into()), ("X-A".into(), "again".into())];
    });
    let layers = [flag, (Provenance::Environment, environment), (Provenance::File, file(text).layer())];
    let settings = resolve(&layers, &nothing).unwrap();
    assert_eq!(settings.url.value.as_ref().unwrap().path(), "/other");
    assert_eq!(settings.url.from, Provenance::Flag);
    assert_eq!((settings.concurrency.value, settings.concurrency.from), (4, Provenance::Environment));
    // The origins are the file's, one property of the rule the flag's.
    let rule = &settings.policy.value.as_ref().unwrap().rules[0];
    assert_eq!((rule.max_age_seconds, &rule.allowed_methods), (Some(9), &strings(&["GET", "HEAD", "POST"])));
    assert_eq!(settings.policy.from, Provenance::File);
    assert_eq!(settings.roles["denied"].value, "https://e.example");
    assert_eq!(settings.roles["method"].from, Provenance::File);
    let headers: Vec<_> =
        settings.headers.iter().map(|header| (&header.value.name[..], &header.value.value[..])).collect();
    assert_eq!(headers, [("X-A", "flag"), ("X-A", "again"), ("X-B", "file")]);
}

#[test]
fn what_a_file_says_of_its_endpoint_is_used_with_no_other() {
    let said = r#""allowed_origins": ["https://a.example"], "roles": {"denied": "https://d.example"},
                  "headers": {"X-A": "${TOKEN}"}, "capabilities": {"methods": ["DELETE"], "set_rules": true},
                  "known_issues": [{"id": "a", "reason": "b"}], "resolve": ["x.example:443:127.0.0.1"],
                  "tls": {"ca_file": "c.pem", "insecure": true}, "proxy": "http://u:hunter2@p.example:3128",
                  "concurrency": 2, "timeouts": {"request_ms": 7}"#;
    let lookup = |name: &str| (name == "TOKEN").then(|| "hunter2".to_owned());
    let silent = "resolve, allowed_origins, roles, known_issues";
    // (the file's URL and more, the URL and bucket of the command line, whether the file is for it)
    for (own, url, bucket, same) in [
        (r#""url": "https://x.example/a""#, "https://x.example/b?c", None, true),
        (r#""url": "https://x.example/a""#, "https://x.example:443/", None, true),
        (r#""url": "https://x.example/a""#, "HTTPS://X.EXAMPLE/", None, true),
        (r#""url": "https://x.example/a""#, "http://x.example/a", None, false),
        (r#""url": "https://x.example/a""#, "https://x.example:8443/a", None, false),
        (r#""url": "https://x.example/a""#, "https://y.x.example/a", None, false),
        (r#""url": "https://x.example/a""#, "https://x.example.evil.example/a", None, false),
        (r#""url": "https://x.example/a""#, "embedded", None, false),
        (r#""url": "embedded""#, "embedded", None, true),
        (r#""url": "embedded""#, "https://x.example/", None, false),
        // Of a bucket API, the bucket counts as well.
        (r#""dialect": "s3", "url": "http://127.0.0.1:9/b/x""#, "http://127.0.0.1:9/b/y", None, true),
        (r#""dialect": "s3", "url": "http://127.0.0.1:9/b/x""#, "http://127.0.0.1:9/c/x", None, false),
        (r#""dialect": "s3", "url": "http://127.0.0.1:9/b/x""#, "http://127.0.0.1:9/b/x", Some("c"), false),
        (r#""dialect": "s3", "url": "https://x.example/""#, "https://x.example/", Some("c"), true),
        (r#""url": "http://127.0.0.1:9/b/x""#, "http://127.0.0.1:9/c/x", None, true),
    ] {
        let file = file(&format!("{{{own}, {said}}}"));
        let flag = flags(|layer| {
            layer.url = Some(url.to_owned());
            layer.bucket = bucket.map(str::to_owned);
        });
        let settings = resolve(&[flag, (Provenance::File, file.layer())], &lookup).unwrap();
        let what = format!("{own} {url} {bucket:?}");
        assert_eq!(settings.policy.value.is_some(), same, "{what}");
        assert_eq!(settings.headers.len(), usize::from(same), "{what}");
        assert_eq!(settings.capabilities.value.set_rules, same.then_some(true), "{what}");
        assert_eq!(settings.capabilities.value.methods.is_some(), same, "{what}");
        assert_eq!(settings.roles.len() + settings.known_issues.len(), 2 * usize::from(same), "{what}");
        assert_eq!(settings.resolve.len(), usize::from(same), "{what}");
        assert_eq!(settings.ca_file.value.is_some(), same, "{what}");
        assert_eq!((settings.insecure.value, settings.proxy.value.is_some()), (same, same), "{what}");
        assert_eq!(
            (settings.concurrency.value, settings.request_timeout.value.as_millis()),
            (2, 7),
            "{what}"
        );
        let left_out = settings.left_out.map(|left| left.to_string()).unwrap_or_default();
        assert_eq!(left_out.is_empty(), same, "{what}: {left_out}");
        assert!(same || left_out.contains("headers (`X-A`), capabilities, tls, proxy, "), "{left_out}");
        assert!(same || silent.split(", ").all(|name| left_out.contains(name)), "{left_out}");
        assert!(!left_out.contains("hunter2") && !left_out.contains("TOKEN"), "{left_out}");
    }
    // Where its headers are not used, what they name need not be there.
    let file = file(&format!(r#"{{"url": "https://x.example", {said}}}"#));
    let flag = flags(|layer| layer.url = Some("https://y.example".into()));
    assert!(resolve(&[flag, (Provenance::File, file.layer())], &nothing).is_ok());
}

#[test]
fn a_credential_is_filled_in_only_where_the_command_line_allows_it_by_name() {
    let lookup = |name: &str| Some(format!("value of {name}"));
    let url = Some("https://a.example".to_owned());
    for (allowed_by, name, filled) in [
        (Provenance::Flag, "AWS_SECRET_ACCESS_KEY", true),
        (Provenance::Flag, "AWS_SECRET", false),
        (Provenance::Flag, "AWS_", false),
        (Provenance::Environment, "AWS_SECRET_ACCESS_KEY", false),
        (Provenance::File, "AWS_SECRET_ACCESS_KEY", false),
    ] {
        let headers = vec![("x".to_owned(), "${AWS_SECRET_ACCESS_KEY}".to_owned())];
        let file = Layer { url: url.clone(), headers, ..Layer::default() };
        let allowing = Layer { allow_env: vec![name.to_owned()], ..Layer::default() };
        let layers = [(allowed_by, allowing), (Provenance::File, file)];
        let resolved = resolve(&layers, &lookup);
        assert_eq!(resolved.is_ok(), filled, "{allowed_by:?} {name}");
    }
}

#[test]
fn origins_of_a_stronger_source_replace_whole_rules() {
    let text =
        r#"{"policy": {"rules": [{"allowed_origins": ["https://a.example"], "allowed_methods": ["PUT"]}]}}"#;
    let file = (Provenance::File, file(text).layer());
    let settings = resolve(std::slice::from_ref(&file), &nothing).unwrap();
    assert_eq!(settings.policy.value.unwrap().rules[0].allowed_methods, ["PUT"]);
    let flag = flags(|layer| layer.allowed_origins = Some(strings(&["https://b.example"])));
    let settings = resolve(&[flag, file], &nothing).unwrap();
    assert_eq!(settings.policy.value.unwrap().rules[0].allowed_origins, ["https://b.example"]);
    assert_eq!(settings.policy.from, Provenance::Flag);
}

/// A target file, the code, the words that are pointed at, and words of message or help.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    (
        r#"{"url": "bucket.example/x"}"#,
        "endpoint.url",
        "\"bucket.example/x\"",
        "write `https://bucket.example/x`",
    ),
    (
        r#"{"url": "localhost:8080"}"#,
        "endpoint.url-scheme",
        "\"localhost:8080\"",
        "write `http://localhost:8080/`",
    ),
    (r#"{"url": "/x"}"#, "endpoint.url", "\"/x\"", "write the whole URL"),
    (
        r#"{"url": "ftp://a.example"}"#,
        "endpoint.url-scheme",
        "\"ftp://a.example\"",
        "not an http:// or https:// URL",
    ),
    (
        r#"{"url": "https://a.example/#x"}"#,
        "endpoint.url-fragment",
        "\"https://a.example/#x\"",
        "write `https://a.example/`",
    ),
    (r#"{"url": "https://u:secret@a.example/"}"#, "endpoint.url-userinfo", "", "write `https://a.example/`"),
    (
        r#"{"allowed_origins": ["*", "https://a.example/"]}"#,
        "endpoint.origin",
        "\"https://a.example/\"",
        "write `https://a.example`",
    ),
    (
        r#"{"policy": {"rules": [{"allowed_origins": ["a.example"], "allowed_methods": ["GET"]}]}}"#,
        "endpoint.origin",
        "\"a.example\"",
        "write `https://a.example`",
    ),
    (
        r#"{"policy": {}, "max_age_seconds": 5}"#,
        "endpoint.policy-twice",
        "5",
        "move `max_age_seconds` into the rules",
    ),
    (r#"{"allowed_methods": ["GET"]}"#, "endpoint.no-origins", "\"allowed_methods\"", "name the origins"),
    (
        r#"{"url": "https://a.example", "resolve": ["a:1:127.0.0.1", "b"]}"#,
        "endpoint.resolve",
        "\"b\"",
        "bucket.example:443:127.0.0.1",
    ),
    (
        r#"{"url": "https://a.example", "headers": {"a b": "1"}}"#,
        "endpoint.header",
        "\"1\"",
        "its name is not a token",
    ),
    (
        r#"{"url": "https://a.example", "headers": {"A": "1\n"}}"#,
        "endpoint.header",
        "\"1\\n\"",
        "a control character",
    ),
    (
        r#"{"url": "https://a.example", "headers": {"A": "${NOBODY}"}}"#,
        "endpoint.variable",
        "\"${NOBODY}\"",
        "set NOBODY",
    ),
    (
        r#"{"url": "https://a.example", "headers": {"A": "x ${AWS_SECRET_ACCESS_KEY}"}}"#,
        "endpoint.credential",
        "\"x ${AWS_SECRET_ACCESS_KEY}\"",
        "add `--allow-env AWS_SECRET_ACCESS_KEY` to the command line",
    ),
    (r#"{"url": "embeded"}"#, "endpoint.url", "\"embeded\"", "did you mean `embedded`"),
    (r#"{"headers": {"A": "1"}}"#, "endpoint.needs-url", "\"headers\"", "add `url` to this file"),
    (
        r#"{"capabilities": {"methods": ["DELETE"]}}"#,
        "endpoint.needs-url",
        "\"capabilities\"",
        "add `url` to this file",
    ),
    (r#"{"bucket": {"name": "b"}}"#, "endpoint.needs-url", "\"bucket\"", "add `url` to this file"),
    (r#"{"tls": {"ca_file": "c.pem"}}"#, "endpoint.needs-url", "\"tls\"", "add `url` to this file"),
    (r#"{"tls": {"insecure": true}}"#, "endpoint.needs-url", "\"tls\"", "add `url` to this file"),
    (r#"{"proxy": "u:secret@p.example:1"}"#, "endpoint.needs-url", "", "add `url` to this file"),
    (
        r#"{"url": "https://a.example", "proxy": "u:secret@p.example/x"}"#,
        "endpoint.proxy",
        "",
        "`***@p.example/x` is not a valid proxy",
    ),
    (
        r#"{"resolve": ["a.example:443:127.0.0.1"]}"#,
        "endpoint.needs-url",
        "\"resolve\"",
        "add `url` to this file",
    ),
];

#[test]
fn mistakes_of_meaning_are_shown_where_they_stand() {
    for (text, code, at, words) in MISTAKES {
        let file = file(text);
        let problems = resolve(&[(Provenance::File, file.layer())], &nothing).unwrap_err();
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        let diagnostic = problems[0].diagnostic(Some(&file.tree));
        assert_eq!((diagnostic.code, pointed(&diagnostic)), (*code, *at), "{text}");
        let told = format!("{}\n{}", diagnostic.message, diagnostic.help.join("\n"));
        assert!(told.contains(words), "{text}: {told}");
        assert!(!told.contains("secret"), "{told}");
    }
}

#[test]
fn mistakes_of_form_are_shown_where_they_stand() {
    for (text, code, at) in [
        (r#"{"urll": "https://a.example"}"#, "endpoint.unknown-field", "\"urll\""),
        (r#"{"dialect": "OSS"}"#, "endpoint.unknown-value", "\"OSS\""),
        (r#"{"concurrency": 0}"#, "endpoint.out-of-range", "0"),
        (r#"{"known_issues": [{"id": "a", "reason": " "}]}"#, "endpoint.malformed", "\" \""),
        (
            r#"{"known_issues": [{"id": "a", "reason": "b", "expect": "cache.poisoned"}]}"#,
            "endpoint.unknown-value",
            "\"cache.poisoned\"",
        ),
        (r#"{"url": 5}"#, "endpoint.wrong-type", "5"),
    ] {
        let problems = parse(&source(text), Path::new("")).unwrap_err();
        assert_eq!((problems[0].code, pointed(&problems[0])), (code, at), "{problems:?}");
    }
    let missing = parse(&source(r#"{"known_issues": [{"id": "a"}]}"#), Path::new("")).unwrap_err();
    assert_eq!(missing[0].code, "endpoint.missing-field");
}

#[test]
fn mistakes_on_the_command_line_say_where_they_come_from() {
    for (layer, code, words) in [
        (
            flags(|layer| {
                layer.dialect = Some(Dialect::S3);
                layer.signature = Some(SignatureVersion::V1);
            }),
            "endpoint.signature",
            "the dialect has no signature `v1`",
        ),
        (flags(|layer| layer.url = Some("x".into())), "endpoint.url", "`url` comes from the command line"),
        (flags(|layer| layer.concurrency = Some(0)), "endpoint.zero", "`concurrency` must be at least 1"),
        (flags(|layer| layer.request_ms = Some(0)), "endpoint.zero", "`request_ms` must be at least 1"),
        (flags(|layer| layer.max_age_seconds = Some(1)), "endpoint.no-origins", "name the origins"),
    ] {
        let problems = resolve(&[layer], &nothing).unwrap_err();
        let diagnostic = problems[0].diagnostic(None);
        assert_eq!(diagnostic.code, code);
        let told = format!("{}\n{}", diagnostic.message, diagnostic.help.join("\n"));
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(parse_header("X-A:  b: c "), Ok(("X-A".into(), "b: c".into())));
    assert!(parse_header("X-A").unwrap_err().to_string().contains("`Name: value`"));
}

#[test]
fn every_mistake_is_told_at_once() {
    let layer = flags(|layer| {
        layer.url = Some("x".into());
        layer.resolve = strings(&["a", "b"]);
        layer.allowed_origins = Some(strings(&["c", "https://d.example"]));
    });
    assert_eq!(resolve(&[layer], &nothing).unwrap_err().len(), 4);
}

#[test]
fn a_ca_file_must_be_there_and_hold_certificates() {
    let missing = from_file(r#"{"url": "https://a.example", "tls": {"ca_file": "nowhere.pem"}}"#)
        .wire(Gate::open())
        .err()
        .unwrap();
    assert_eq!(missing.error.code(), "endpoint.ca-file-unreadable");
    assert!(missing.to_string().contains("/folder/nowhere.pem"), "{missing}");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let flag = flags(|layer| layer.ca_file = Some(manifest.into()));
    let wrong = resolve(&[flag], &nothing).unwrap().wire(Gate::open()).err().unwrap();
    assert_eq!(wrong.error.code(), "endpoint.ca-file");
    assert!(wrong.to_string().contains("contains no certificate"), "{wrong}");
}

#[test]
fn the_nearest_target_file_is_found() {
    let folder = Folder::new();
    let inner = folder.join("a/b");
    fs::create_dir_all(&inner).unwrap();
    folder.write("crosscheck.json", r#"{"concurrency": 7}"#);
    let found = find(&inner, Some(folder.path()), &own_users(None)).file.unwrap();
    assert_eq!(found, folder.join("crosscheck.json"));
    assert_eq!(read(&found).unwrap().file.concurrency, Some(7));
    drop(folder);
    let gone = read(&found).unwrap_err();
    assert_eq!(gone[0].code, "endpoint.file-unreadable");
}

fn plain_wire() -> Wire {
    Wire::new(
        WireConfig { request_deadline: Duration::from_millis(500), ..WireConfig::default() },
        Gate::open(),
    )
    .unwrap()
}

#[tokio::test]
async fn a_probe_tells_why_an_endpoint_cannot_be_judged() {
    for (fault, stage, words) in [
        (Fault::Refuses, Stage::Connect, "check that the service runs"),
        (Fault::NeverAnswers, Stage::Deadline, "--request-timeout"),
        (Fault::Garbage, Stage::Parse, "speaks something else"),
        (Fault::SelfSigned, Stage::Tls, "--ca-file"),
        (Fault::ClosesBeforeHead, Stage::Head, "the service's log"),
    ] {
        let server = BadServer::start(fault);
        let url = server.url("/").parse().unwrap();
        let Probe::Unreachable { failure, help, .. } = probe(&plain_wire(), Some("GET"), &url, None).await
        else {
            panic!("{fault:?}")
        };
        assert_eq!(failure.stage, stage, "{failure:?}");
        assert!(help.contains(words), "{help}");
    }
}

#[tokio::test]
async fn a_probe_asks_as_an_allowed_page() {
    let server = BadServer::answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    let url = server.url("/x").parse().unwrap();
    let answered = probe(&plain_wire(), Some("GET"), &url, Some("https://a.example")).await;
    assert!(matches!(answered, Probe::Answers(_)), "{answered:?}");
    let asked = String::from_utf8(server.journal.requests()[0].clone()).unwrap();
    assert!(
        asked.starts_with("GET /x HTTP/1.1\r\n") && asked.contains("\r\nOrigin: https://a.example\r\n"),
        "{asked}"
    );

    let page = BadServer::answering(
        "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n",
    );
    let probed = probe(&plain_wire(), Some("GET"), &page.url("/").parse().unwrap(), None).await;
    assert!(
        matches!(probed, Probe::Interfered { by: Interference::Refusal { status: 403 }, .. }),
        "{probed:?}"
    );
}

#[tokio::test]
async fn settings_make_a_wire() {
    let server = BadServer::answering("HTTP/1.1 204 No Content\r\n\r\n");
    let port = server.address.port();
    let text = format!(
        r#"{{"url": "http://bucket.example:{port}/", "resolve": ["bucket.example:{port}:127.0.0.1"], "headers": {{"X-A": "1"}}}}"#
    );
    let settings = from_file(&text);
    let url = settings.url.value.clone().unwrap();
    let answered = probe(&settings.wire(Gate::open()).unwrap(), Some("GET"), &url, None).await;
    assert!(matches!(answered, Probe::Answers(_)), "{answered:?}");
    assert!(String::from_utf8(server.journal.requests()[0].clone()).unwrap().contains("\r\nX-A: 1\r\n"));
}
