//! What belongs to the user in a bucket stays as it was.

use crate::bucket;

use std::{
    fs,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use bucket::{BucketServer, Fate, KEY_ID, SECRET};
use crosscheck::policy::Dialect;
use serde_json::{Value, json};

use super::support::{Ended, Folder, Request, Server, answer, command, crosscheck_with};

const LISTING: &str = "<?xml version=\"1.0\"?><ListBucketResult><Name>photos</Name><Contents><Key>important.txt</Key></Contents></ListBucketResult>";
const RULES: &str = "<CORSConfiguration>\n  <!-- ours -->\n  <CORSRule><AllowedOrigin>https://www.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>\n</CORSConfiguration>";
const NO_RULES: &str = "<Error><Code>NoSuchCORSConfiguration</Code><Message>None.</Message></Error>";

fn error(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>No.</Message></Error>")
}

/// The key, a short propagation timeout, and these.
fn environment<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let key = [("CROSSCHECK_ACCESS_KEY_ID", KEY_ID), ("CROSSCHECK_ACCESS_KEY_SECRET", SECRET)];
    [&key[..], &[("CROSSCHECK_PROPAGATION_TIMEOUT", "300")], more].concat()
}

fn run_with(folder: &Folder, arguments: &[&str]) -> Ended {
    crosscheck_with(folder, arguments, &environment(&[]))
}

fn suite(cases: &Value) -> String {
    let suite = json!({ "id": "care/buckets", "title": "Buckets", "source": ["https://fetch.spec.whatwg.org/"], "cases": cases });
    serde_json::to_string_pretty(&suite).unwrap()
}

/// A case that sets rules and puts an object at this path.
fn object_case(path: &str) -> Value {
    json!({ "id": "object", "title": "An object", "kind": "rule",
        "given": { "rules": [{ "allowed_origins": ["https://a.example"], "allowed_methods": ["GET"] }],
                   "objects": { path: { "body": "mine" } } },
        "requests": { "page": { "origin": "https://a.example", "path": "x", "expect": { "outcome": "allowed" } } } })
}

fn write_rules(folder: &Folder) {
    folder.write("suite.json", suite(&json!([object_case("x")])));
    folder.write(
        "rules.json",
        r#"{ "rules": [{ "allowed_origins": ["https://n.example"], "allowed_methods": ["GET"] }] }"#,
    );
}

/// A file of saved rules as this version writes it.
fn saved(url: &str, dialect: &str) -> Value {
    json!({ "lease_version": 2, "crosscheck": "0.1.0", "token": "1a2b-3c", "saved_at": "2026-01-01T00:00:00Z",
        "process": 1, "bucket": "photos", "url": url, "in_host": false, "dialect": dialect, "scheme": "sig-v4",
        "region": "us-east-1", "key_profile": null, "found": RULES, "written": [RULES], "read_back": true,
        "objects": [] })
}

fn changes(server: &Server) -> Vec<String> {
    let reads = ["GET", "HEAD", "OPTIONS"];
    let requests = server.requests().into_iter().filter(|request| !reads.contains(&request.method.as_str()));
    requests.map(|request| format!("{} {}", request.method, request.target)).collect()
}

#[test]
fn a_store_that_does_not_know_the_subresource_is_never_written_to() {
    let page = "<!DOCTYPE html><html><body>Welcome</body></html>";
    let rows: Vec<(&str, String)> = vec![
        ("200 OK", LISTING.to_owned()),
        ("200 OK", String::new()),
        ("200 OK", page.to_owned()),
        ("200 OK", "{}".to_owned()),
        ("200 OK", NO_RULES.to_owned()),
        ("200 OK", "<CORSConfiguration/>".to_owned()),
        ("200 OK", RULES.replace("</CORSConfiguration>", "")),
        ("200 OK", RULES.replace("CORSRule", "Rule")),
        ("203 Other", RULES.to_owned()),
        ("204 No Content", String::new()),
        ("302 Found", String::new()),
        ("400 Bad Request", NO_RULES.to_owned()),
        ("400 Bad Request", error("InvalidArgument")),
        ("403 Forbidden", error("AccessDenied")),
        ("404 Not Found", String::new()),
        ("404 Not Found", page.to_owned()),
        ("404 Not Found", error("NoSuchKey")),
        ("404 Not Found", error("NoSuchBucket")),
        ("405 No", error("MethodNotAllowed")),
        ("501 No", error("NotImplemented")),
        ("500 No", String::new()),
    ];
    for (dialect, count) in [("s3", rows.len()), ("oss", 4)] {
        for (status, body) in rows.iter().take(count) {
            let (status, body) = ((*status).to_owned(), body.clone());
            let shown = format!("{dialect} {status} {body}");
            // Whatever else is asked of the bucket, it does.
            let server = Server::start(move |request: &Request| match request.target.contains("cors") {
                true if request.method == "GET" => answer(&status, &[], body.as_bytes()),
                _ => answer("204 No Content", &[], b""),
            });
            let folder = Folder::new();
            write_rules(&folder);
            let url = server.url("/photos/");
            let mut file = saved(&url, dialect);
            file["objects"] = json!(["crosscheck-1a2b-3c/0/x"]);
            folder.write("saved.lease.json", file.to_string());
            folder.write("saved.backup.json", file.to_string());
            let target: &[&str] = &["--target", &url, "--dialect", dialect, "--lease-dir", "leases"];
            for arguments in [
                &["rules", "get"][..],
                &["rules", "get", "--json"],
                &["rules", "put", "rules.json"],
                &["rules", "put", "rules.json", "--force"],
                &["rules", "delete"],
                &["rules", "delete", "--force"],
                &["rules", "restore", "saved.lease.json"],
                &["rules", "restore", "saved.backup.json", "--force"],
                &["run", "--suites", "suite.json", "--set-rules", "--put-objects"],
            ] {
                let ended = run_with(&folder, &[arguments, target].concat());
                assert_eq!(ended.code, 4, "{shown} {arguments:?}: {}", ended.all());
                assert_eq!(changes(&server), [""; 0], "{shown} {arguments:?}");
                if arguments[0] == "rules" {
                    assert_eq!(
                        ended.stdout, "",
                        "{shown} {arguments:?}: nothing is printed as if it were rules"
                    );
                } else {
                    assert!(ended.all().contains("cannot provision"), "{shown}: {}", ended.all());
                }
                for claim in ["are deleted", "are restored", "are set", "puts the old ones back"] {
                    assert!(!ended.all().contains(claim), "{shown} {arguments:?}: {}", ended.all());
                }
            }
            assert!(folder.path().join("saved.lease.json").exists());
        }
    }
}

#[test]
fn what_was_answered_instead_of_rules_is_named() {
    let server = Server::start(|_: &Request| answer("200 OK", &[], LISTING.as_bytes()));
    let folder = Folder::new();
    let url = server.url("/photos/");
    let ended = run_with(&folder, &["rules", "delete", "--target", &url, "--dialect", "s3"]).with_code(4);
    let said = "cannot provision: the store does not know `?cors`: it answered GET ?cors with status 200 and \
                <ListBucketResult>, so nothing was written";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

/// Stores with a stub for GET: they say that there are no rules, whatever was put, and take every DELETE for the
/// bucket's.
#[test]
fn a_store_that_keeps_no_rules_is_sent_no_deletion() {
    let server = Server::start(|request: &Request| match request.method.as_str() {
        "GET" => answer("404 Not Found", &[], NO_RULES.as_bytes()),
        _ => answer("200 OK", &[], b""),
    });
    let folder = Folder::new();
    folder.write(
        "suite.json",
        suite(&json!([{ "id": "rules", "title": "Rules", "kind": "rule",
            "given": { "rules": [{ "allowed_origins": ["https://a.example"], "allowed_methods": ["GET"] }] },
            "requests": { "page": { "origin": "https://a.example", "path": "x" } } }])),
    );
    write_file_of_rules(&folder);
    let url = server.url("/photos/");
    let target: &[&str] = &["--target", &url, "--dialect", "s3", "--lease-dir", "leases"];
    let with = |arguments: &[&str]| run_with(&folder, &[arguments, target].concat());

    let ended = with(&["rules", "delete"]).with_code(0);
    assert!(ended.stderr.contains("has no CORS rules, so nothing was deleted"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("saved in"), "{}", ended.stderr);
    assert_eq!(changes(&server), [""; 0]);

    let ended = with(&["rules", "put", "rules.json"]).with_code(4);
    assert!(ended.stderr.contains("cannot be read back"), "{}", ended.stderr);
    let backup = fs::read_dir(folder.path().join("leases")).unwrap().map(|entry| entry.unwrap().path());
    let backup = backup.filter(|path| path.to_string_lossy().ends_with(".backup.json")).last().unwrap();
    let ended = with(&["rules", "restore", &backup.display().to_string()]).with_code(0);
    assert!(ended.stderr.contains("as they were found: none had been written"), "{}", ended.stderr);
    with(&["run", "--suites", "suite.json", "--set-rules"]).with_code(4);
    let left: Vec<_> = leases(&folder, "leases");
    assert!(left.is_empty(), "nothing is left to be restored: {left:?}");
    let deletions: Vec<String> =
        changes(&server).into_iter().filter(|change| change.starts_with("DELETE")).collect();
    assert_eq!(deletions, [""; 0]);
    assert!(changes(&server).iter().any(|change| change.starts_with("PUT")), "the table has teeth");
}

fn write_file_of_rules(folder: &Folder) {
    folder.write(
        "rules.json",
        r#"{ "rules": [{ "allowed_origins": ["https://n.example"], "allowed_methods": ["GET"] }] }"#,
    );
}

fn leases(folder: &Folder, name: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder.path().join(name)) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.to_string_lossy().ends_with(".lease.json")).collect()
}

/// A deletion whose answer is lost may have deleted the bucket: the store must show what is there before anything is
/// sent again.
#[test]
fn a_lost_deletion_is_not_repeated_blindly() {
    let deleted = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&deleted);
    let server = Server::start(move |request: &Request| match request.method.as_str() {
        "DELETE" => {
            seen.fetch_add(1, Ordering::SeqCst);
            Vec::new()
        }
        _ if seen.load(Ordering::SeqCst) > 0 => {
            answer("404 Not Found", &[], error("NoSuchBucket").as_bytes())
        }
        _ => answer("200 OK", &[], RULES.as_bytes()),
    });
    let folder = Folder::new();
    let url = server.url("/photos/");
    let ended = run_with(&folder, &["rules", "delete", "--target", &url, "--dialect", "s3"]).with_code(4);
    assert_eq!(deleted.load(Ordering::SeqCst), 1, "{}", ended.all());
    assert!(!ended.stderr.contains("are deleted"), "{}", ended.stderr);
}

#[test]
fn a_saved_file_says_only_what_a_run_writes() {
    let server = Server::start(|request: &Request| match request.method.as_str() {
        "GET" => answer("200 OK", &[], RULES.as_bytes()),
        _ => answer("204 No Content", &[], b""),
    });
    let url = server.url("/photos/");
    let good = saved(&url, "s3");
    let key = "crosscheck-1a2b-3c/0/";
    let mut rows: Vec<(String, Value)> = Vec::new();
    let mut row = |name: &str, field: &str, value: Value| {
        let mut file = good.clone();
        file[field] = value;
        rows.push((name.to_owned(), file));
    };
    row("a listing as what was found", "found", json!(LISTING));
    row("nothing as what was found", "found", json!(""));
    row("a listing as what was written", "written", json!([LISTING]));
    row("an object of the user's", "objects", json!(["important.txt"]));
    row("another run's object", "objects", json!(["crosscheck-ffff-3c/0/x"]));
    for path in
        ["../../important.txt", ".%2e/%2e./x", "%2e%2e/x", "a//b", "..%2fx", r"..\x", ".\t./x", "/x", "..;/x"]
    {
        row(path, "objects", json!([format!("{key}{path}")]));
    }
    row("the bucket's folder", "objects", json!(["crosscheck-1a2b-3c/../important.txt"]));
    row("a token that leaves the folder", "token", json!("../.."));
    row("another bucket", "bucket", json!("other"));
    row("an object's URL", "url", json!(server.url("/photos/important.txt")));
    row("a query", "url", json!(server.url("/photos/?acl=")));
    row("a file's URL", "url", json!("file:///photos/"));
    row("a host that is the bucket", "in_host", json!(true));
    row("another version", "lease_version", json!(1));
    let mut silent = good.clone();
    silent.as_object_mut().unwrap().remove("found");
    rows.push(("nothing said of what was found".to_owned(), silent));
    for (name, file) in rows {
        let folder = Folder::new();
        folder.write("x.lease.json", file.to_string());
        for arguments in
            [&["rules", "restore", "x.lease.json", "--force"][..], &["rules", "restore", "--lease-dir", "."]]
        {
            let ended = run_with(&folder, arguments);
            assert_eq!(ended.code, 2, "{name}: {}", ended.all());
            assert!(ended.stderr.contains("x.lease.json"), "{name}: {}", ended.stderr);
        }
        assert_eq!(server.requests().len(), 0, "{name}");
    }
    let folder = Folder::new();
    let mut file = good;
    file["objects"] = json!([format!("{key}a b.txt")]);
    folder.write("x.lease.json", file.to_string());
    run_with(&folder, &["rules", "restore", "x.lease.json"]).with_code(0);
    assert_eq!(changes(&server), ["DELETE /photos/crosscheck-1a2b-3c/0/a%20b.txt", "PUT /photos/?cors"]);
}

const ESCAPES: &[&str] = &[
    ".%2e/%2e./important.txt",
    "../../important.txt",
    "%2e%2e/%2e%2e/important.txt",
    "%2E%2E%2fimportant.txt",
    "%252e%252e/important.txt",
    r"..\..\important.txt",
    "a/%5c..%5c../x",
    "/other-bucket/x",
    "//evil.example/x",
    "a//b",
    ".\t./.\n./important.txt",
    "..;/..;/important.txt",
];

#[test]
fn an_object_path_that_leaves_its_prefix_is_an_input_error_at_its_place() {
    let store = BucketServer::start(Dialect::S3, Some(RULES));
    for path in ESCAPES {
        let folder = Folder::new();
        folder.write("suite.json", suite(&json!([object_case(path)])));
        let arguments = [
            "run",
            "--target",
            &store.url(),
            "--dialect",
            "s3",
            "--suites",
            "suite.json",
            "--set-rules",
            "--put-objects",
        ];
        let ended = run_with(&folder, &arguments).with_code(2);
        let place = ended.all();
        assert!(place.contains("suite.json:") && place.contains("is not a plain path"), "{path}: {place}");
        run_with(&folder, &["check", "suite.json"]).with_code(2);
    }
    store.with(|state| assert_eq!(state.asked, [], "nothing is sent"));
}

#[test]
fn an_object_path_that_a_role_leads_outside_writes_nothing_in_any_addressing_form() {
    for path in ESCAPES.iter().filter(|path| !path.contains(['\t', '\n'])) {
        let store = BucketServer::start(Dialect::S3, Some(RULES));
        let port = store.address.port();
        let virtual_host = format!("http://bkt.store.example:{port}/");
        let custom = format!("http://files.example:{port}/");
        let to = |host: &str| format!("{host}:{port}:127.0.0.1");
        let (bucket_to, custom_to) = (to("bkt.store.example"), to("files.example"));
        for form in [
            &["--target", &store.url()][..],
            &["--target", &virtual_host, "--bucket", "bkt", "--resolve", &bucket_to],
            &["--target", &custom, "--bucket", "bkt", "--resolve", &custom_to],
        ] {
            let folder = Folder::new();
            folder.write("suite.json", suite(&json!([object_case("{denied}")])));
            let role = format!("denied={path}");
            let rest = [
                "--dialect",
                "s3",
                "--suites",
                "suite.json",
                "--set-rules",
                "--put-objects",
                "--role",
                &role,
            ];
            let ended = run_with(&folder, &[&["run"], form, &rest].concat()).with_code(4);
            let record = folder.read("reports/run.json");
            assert!(record.contains("cannot provision: the object path"), "{path}: {} {record}", ended.all());
        }
        store.with(|state| {
            assert!(state.asked.iter().all(|asked| !asked.writes()), "{path}: {:?}", state.asked);
        });
    }
}

#[test]
fn an_object_goes_below_the_prefix_in_every_addressing_form() {
    let store = BucketServer::start(Dialect::S3, Some(RULES));
    let port = store.address.port();
    let virtual_host = format!("http://bkt.store.example:{port}/");
    let resolve = format!("bkt.store.example:{port}:127.0.0.1");
    for form in [
        &["--target", &store.url()][..],
        &["--target", &virtual_host, "--bucket", "bkt", "--resolve", &resolve],
    ] {
        let folder = Folder::new();
        folder.write("suite.json", suite(&json!([object_case("x")])));
        let rest = ["--dialect", "s3", "--suites", "suite.json", "--set-rules", "--put-objects"];
        let ended = run_with(&folder, &[&["run"], form, &rest].concat()).with_code(0);
        let objects = store.with(|state| {
            let objects = state.asked.iter().filter(|asked| asked.writes() && !asked.sets_rules());
            let objects: Vec<String> =
                objects.map(|asked| format!("{} {}", asked.method, asked.path)).collect();
            state.asked.clear();
            objects
        });
        assert_eq!(objects.len(), 2, "{objects:?} {}", ended.all());
        for object in objects {
            let (_, path) = object.split_once(' ').unwrap();
            assert!(path.starts_with("crosscheck-") && path.ends_with("/0/x"), "{object}");
        }
        assert_eq!(store.rules().as_deref(), Some(RULES));
    }
}

/// What pages and raw clients of a case write goes below a prefix of the run's own as well.
#[test]
fn requests_of_a_case_write_nothing_of_the_users() {
    let server = Server::start(|_: &Request| answer("200 OK", &[("Access-Control-Allow-Origin", "*")], b""));
    let target = |folder: &Folder, dialect: &str| {
        let file = json!({ "url": server.url("/photos/"), "dialect": dialect,
            "capabilities": { "methods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE"] } });
        folder.write("crosscheck.json", file.to_string());
    };
    let case = |client: &str, method: &str, path: Option<&str>, until: bool| {
        let mut request = json!({ "client": client, "origin": "https://a.example", "method": method });
        if let Some(path) = path {
            request["path"] = json!(path);
        }
        if until {
            request["until"] = json!("preflight");
        }
        json!([{ "id": "write", "title": "A write", "kind": "note", "requests": { "page": request } }])
    };
    for dialect in ["s3", "oss"] {
        for client in ["raw", "browser"] {
            for method in ["PUT", "POST", "DELETE"] {
                for path in [Some("important.txt"), None] {
                    let folder = Folder::new();
                    target(&folder, dialect);
                    folder.write("suite.json", suite(&case(client, method, path, false)));
                    let before = server.requests().len();
                    run_with(&folder, &["run", "--suites", "suite.json"]);
                    let sent = server.requests().split_off(before);
                    let written: Vec<&Request> =
                        sent.iter().filter(|request| request.method == method).collect();
                    if client == "raw" {
                        assert_eq!(written.len(), 1, "{method} {path:?}: {sent:?}");
                    }
                    for request in written {
                        let below = request.target.strip_prefix("/photos/crosscheck-").unwrap_or_default();
                        assert!(
                            below.contains("/w")
                                && below
                                    .split('?')
                                    .next()
                                    .is_some_and(|it| it.ends_with(path.unwrap_or("/"))),
                            "{}",
                            request.target
                        );
                    }
                }
            }
        }
    }
    // Where nothing is written, nothing moves.
    let folder = Folder::new();
    target(&folder, "s3");
    folder.write("suite.json", suite(&case("raw", "GET", Some("important.txt"), false)));
    let before = server.requests().len();
    run_with(&folder, &["run", "--suites", "suite.json"]);
    assert!(
        server
            .requests()
            .iter()
            .skip(before)
            .any(|request| request.target.split('?').next() == Some("/photos/important.txt"))
    );
    for path in ESCAPES {
        let folder = Folder::new();
        target(&folder, "s3");
        folder.write("suite.json", suite(&case("raw", "PUT", Some(path), false)));
        let ended = run_with(&folder, &["run", "--suites", "suite.json"]).with_code(2);
        assert!(ended.all().contains("suite.json:"), "{path}: {}", ended.all());
        folder.write("suite.json", suite(&case("raw", "PUT", Some("{header}"), false)));
        let before = changes(&server).len();
        let role = format!("header={path}");
        let ended = run_with(&folder, &["run", "--suites", "suite.json", "--role", &role]);
        assert_ne!(ended.code, 0, "{path}: {}", ended.all());
        // A leading slash is taken off; everything else stays unsent.
        for change in changes(&server).split_off(before) {
            assert!(
                change.starts_with("PUT /photos/crosscheck-") && path.starts_with('/'),
                "{path}: {change}"
            );
        }
    }
}

/// Under load as well.
#[test]
fn a_load_plan_writes_nothing_of_the_users() {
    let server = Server::start(|request: &Request| {
        let any = [
            ("Access-Control-Allow-Origin", "https://a.example"),
            ("Access-Control-Allow-Methods", "PUT"),
            ("Vary", "Origin"),
        ];
        answer(if request.method == "OPTIONS" { "204 No Content" } else { "200 OK" }, &any, b"")
    });
    let url = server.url("/photos/");
    let plan = |path: &str| {
        json!({ "id": "care-put", "title": "Writes", "origins": ["https://a.example"], "resources": [path],
            "requests": { "write": { "kind": "actual", "method": "PUT" }, "read": { "kind": "actual" } },
            "rate": 40, "stages": [{ "name": "measured", "for": "500ms" }] })
    };
    let file = json!({ "url": url, "dialect": "s3", "allowed_origins": ["https://a.example"],
        "capabilities": { "methods": ["GET", "HEAD", "OPTIONS", "PUT"] } });
    let folder = Folder::new();
    folder.write("crosscheck.json", file.to_string());
    folder.write("plan.json", plan("important.txt").to_string());
    let ended = run_with(&folder, &["load", "plan.json"]);
    let sent: Vec<String> =
        server.requests().iter().map(|it| format!("{} {}", it.method, it.target)).collect();
    assert!(sent.iter().any(|line| line == "GET /photos/important.txt"), "{sent:?} {}", ended.all());
    let writes: Vec<&String> = sent.iter().filter(|line| line.starts_with("PUT")).collect();
    assert!(!writes.is_empty(), "{sent:?} {}", ended.all());
    for line in writes {
        assert!(line.starts_with("PUT /photos/crosscheck-") && line.ends_with("/w0/important.txt"), "{line}");
    }
    let before = changes(&server).len();
    for path in ESCAPES.iter().filter(|path| !path.starts_with('/')) {
        folder.write("plan.json", plan(path).to_string());
        run_with(&folder, &["load", "plan.json"]).with_code(2);
        let mut objects = plan("x");
        objects["given"] = json!({ "objects": { *path: { "body": "mine" } } });
        folder.write("plan.json", objects.to_string());
        run_with(&folder, &["load", "plan.json", "--put-objects"]).with_code(2);
    }
    assert_eq!(changes(&server).len(), before);
}

/// A content that is longer than its declared length would be the next request on the connection.
#[test]
fn a_raw_request_hides_no_other_request() {
    let server = Server::start(|_: &Request| answer("200 OK", &[], b""));
    for headers in [
        json!({ "content-length": "0" }),
        json!({ "Content-Length": ["60", "0"] }),
        json!({ "transfer-encoding": "chunked" }),
        json!({ "content-length": "{header}" }),
    ] {
        let folder = Folder::new();
        let hidden = "DELETE /photos/important.txt HTTP/1.1\r\nHost: x\r\n\r\n";
        folder.write(
            "suite.json",
            suite(&json!([{ "id": "hidden", "title": "A hidden request", "kind": "note", "requests": {
                "page": { "client": "raw", "method": "GET", "headers": headers, "body": hidden } } }])),
        );
        let url = server.url("/photos/");
        let arguments =
            ["run", "--target", &url, "--dialect", "s3", "--suites", "suite.json", "--role", "header=0"];
        let ended = run_with(&folder, &arguments).with_code(4);
        assert!(folder.read("reports/run.json").contains("does not fit the content"), "{}", ended.all());
        let paths: Vec<String> = server.requests().iter().map(|request| request.method.clone()).collect();
        assert!(!paths.contains(&"DELETE".to_owned()), "{headers}: {paths:?}");
    }
}

/// Runs a suite until the store has the rules of a test, and kills the process then.
fn killed_with_test_rules(folder: &Folder, store: &BucketServer, arguments: &[&str], deleted: bool) {
    let child = Arc::new(Mutex::new(None::<std::process::Child>));
    let victim = Arc::clone(&child);
    let mut set = false;
    store.hook(move |_, asked| {
        if set {
            victim.lock().unwrap().as_mut().expect("a process").kill().expect("SIGKILL");
            return Fate::Lost;
        }
        set = asked.sets_rules() && (asked.method == "DELETE") == deleted;
        Fate::Answer
    });
    let mut slot = child.lock().unwrap();
    let mut run = command(folder, arguments, &environment(&[]));
    *slot = Some(run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs"));
    drop(slot);
    loop {
        if child.lock().unwrap().as_mut().unwrap().try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    store.hook(|_, _| Fate::Answer);
}

/// The first `crosscheck rules restore …` in an output, as a shell reads it.
fn restore_line(output: &str) -> String {
    let start = output.find("crosscheck rules restore").unwrap_or_else(|| panic!("no command in: {output}"));
    output[start..].chars().take_while(|c| *c != '`').collect::<String>().replace('\n', " ")
}

/// Runs a printed command in a shell, with the same key and nothing else said.
fn as_printed(folder: &Folder, line: &str) -> Ended {
    let line = line.replacen("crosscheck", env!("CARGO_BIN_EXE_crosscheck"), 1);
    let output = std::process::Command::new("sh")
        .args(["-c", &line])
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .envs(environment(&[]))
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        took: std::time::Duration::ZERO,
    }
}

const DELETING: &str = r#"[{ "id": "none", "title": "No rules", "kind": "rule", "given": { "rules": [] },
    "requests": { "page": { "origin": "https://a.example", "path": "x", "expect": { "outcome": "blocked" } } } }]"#;

#[test]
fn test_rules_are_not_taken_for_the_users_under_another_name_of_the_bucket() {
    for (dialect, found, deleted) in [
        ("s3", Some(RULES), false),
        ("s3", None, false),
        ("s3", Some(RULES), true),
        ("oss", Some(RULES), false),
        ("oss", None, false),
        ("oss", Some(RULES), true),
    ] {
        let shown = format!("{dialect} {} {deleted}", found.is_some());
        let folder = Folder::new();
        write_rules(&folder);
        if deleted {
            folder.write("suite.json", suite(&serde_json::from_str(DELETING).unwrap()));
        }
        let store = BucketServer::start(if dialect == "s3" { Dialect::S3 } else { Dialect::Oss }, found);
        let (port, by_address) = (store.address.port(), store.url());
        let rest = ["--dialect", dialect, "--suites", "suite.json", "--set-rules", "--put-objects"];
        let at = |url: &'static str, leases: &'static str| (url.replace("PORT", &port.to_string()), leases);
        let first = ["run", "--target", &by_address, "--lease-dir", "the user's leases"];
        killed_with_test_rules(&folder, &store, &[&first[..], &rest].concat(), deleted);
        let [_] = &leases(&folder, "the user's leases")[..] else { panic!("{shown}: no lease") };
        let left = store.rules();
        assert_ne!(left.as_deref(), found, "{shown}: the rules of a test are there");

        let resolve = format!("bkt.localhost:{port}:127.0.0.1");
        let here = format!("localhost:{port}:127.0.0.1");
        for (url, leases) in [
            at("http://localhost:PORT/bkt/", "the user's leases"),
            at("http://localhost:PORT/bkt/", "other"),
            at("http://127.0.0.1:PORT/bkt/", "other"),
            at("http://bkt.localhost:PORT/", "other"),
        ] {
            let name = [
                "--target",
                &url,
                "--lease-dir",
                leases,
                "--bucket",
                "bkt",
                "--resolve",
                &resolve,
                "--resolve",
                &here,
            ];
            for arguments in [
                [&["run"], &name[..], &rest].concat(),
                [&["rules", "put", "rules.json", "--dialect", dialect], &name[..]].concat(),
                [&["rules", "delete", "--dialect", dialect], &name[..]].concat(),
            ] {
                let ended = run_with(&folder, &arguments).with_code(4);
                let output = ended.all();
                assert!(output.contains("are not the user's"), "{shown} {url}: {output}");
                assert!(
                    !output.contains("saved in") && !output.contains("are deleted"),
                    "{shown} {url}: {output}"
                );
                assert_eq!(store.rules(), left, "{shown} {url}");
                assert!(self::leases(&folder, "other").is_empty(), "{shown} {url}: saved as the user's");
            }
        }
        let url = format!("http://localhost:{port}/bkt/");
        let arguments = ["rules", "delete", "--dialect", dialect, "--target", &url, "--lease-dir", "other"];
        let ended = run_with(&folder, &arguments).with_code(4);
        let restored = as_printed(&folder, &restore_line(&ended.stderr)).with_code(0);
        assert_eq!(store.rules().as_deref(), found, "{shown}: {}", restored.all());
        assert!(leases(&folder, "the user's leases").is_empty(), "{shown}");
        // And then the bucket is the user's again, under any name.
        run_with(&folder, &[&["run", "--target", &url, "--lease-dir", "other"], &rest[..]].concat())
            .with_code(0);
        assert_eq!(store.rules().as_deref(), found, "{shown}");
    }
}

#[test]
fn where_the_saved_file_is_lost_test_rules_are_replaced_by_force() {
    for dialect in ["s3", "oss"] {
        let folder = Folder::new();
        write_rules(&folder);
        let store =
            BucketServer::start(if dialect == "s3" { Dialect::S3 } else { Dialect::Oss }, Some(RULES));
        let url = store.url();
        let target = ["--target", &url, "--dialect", dialect, "--lease-dir", "leases"];
        let run = [&["run", "--suites", "suite.json", "--set-rules"], &target[..]].concat();
        let run = [&run[..], &["--put-objects"]].concat();
        killed_with_test_rules(&folder, &store, &run, false);
        fs::remove_dir_all(folder.path().join("leases")).unwrap();
        if dialect == "s3" {
            // Rules with an ID of ours are known on every machine.
            fs::remove_dir_all(folder.path().join(".local")).unwrap();
        }
        let put = [&["rules", "put", "rules.json"], &target[..]].concat();
        let ended = run_with(&folder, &put).with_code(4);
        assert!(ended.stderr.contains("rules put RULES --force"), "{}", ended.stderr);
        run_with(&folder, &[&put[..], &["--force"]].concat()).with_code(0);
        let rules = store.rules().unwrap();
        assert!(rules.contains("https://n.example") && !rules.contains("crosscheck"), "{rules}");
    }
}

#[test]
fn what_is_set_for_good_carries_no_mark_and_is_the_users() {
    for dialect in ["s3", "oss"] {
        let folder = Folder::new();
        write_rules(&folder);
        let store = BucketServer::start(if dialect == "s3" { Dialect::S3 } else { Dialect::Oss }, None);
        let url = store.url();
        let target = ["--target", &url, "--dialect", dialect, "--lease-dir", "leases"];
        for _ in 0..2 {
            run_with(&folder, &[&["rules", "put", "rules.json"], &target[..]].concat()).with_code(0);
            let rules = store.rules().unwrap();
            assert!(!rules.contains("<ID>"), "{rules}");
        }
        let ended = run_with(&folder, &[&["rules", "delete"], &target[..]].concat()).with_code(0);
        let restored = as_printed(&folder, &restore_line(&ended.stderr)).with_code(0);
        assert!(store.rules().is_some(), "{}", restored.all());
    }
}

/// Rules that say the same as a test's are still the user's, where they were there first.
#[test]
fn the_users_rules_may_be_those_of_a_test() {
    const SAME: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>https://a.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>";
    for dialect in ["s3", "oss"] {
        let folder = Folder::new();
        write_rules(&folder);
        let store = BucketServer::start(if dialect == "s3" { Dialect::S3 } else { Dialect::Oss }, Some(SAME));
        let url = store.url();
        for leases in ["one", "two"] {
            let target = ["--target", &url, "--dialect", dialect, "--lease-dir", leases];
            let run =
                [&["run", "--suites", "suite.json", "--set-rules", "--put-objects"], &target[..]].concat();
            run_with(&folder, &run).with_code(0);
            assert_eq!(store.rules().as_deref(), Some(SAME));
        }
    }
}

/// A store may give the rules of a test for a while after they were replaced.
#[test]
fn late_test_rules_are_waited_out() {
    for dialect in ["s3", "oss"] {
        let folder = Folder::new();
        write_rules(&folder);
        let store =
            BucketServer::start(if dialect == "s3" { Dialect::S3 } else { Dialect::Oss }, Some(RULES));
        let url = store.url();
        let target = ["--target", &url, "--dialect", dialect, "--lease-dir", "leases"];
        let run = [&["run", "--suites", "suite.json", "--set-rules", "--put-objects"], &target[..]].concat();
        let set = Arc::new(Mutex::new(None));
        let (seen, state) = (Arc::clone(&set), Arc::clone(&store.state));
        let mut first = true;
        store.hook(move |_, asked| {
            if asked.method == "DELETE" && std::mem::take(&mut first) {
                let (seen, state) = (Arc::clone(&seen), Arc::clone(&state));
                // The store is locked now; the object is deleted while the rules of the test are there.
                std::thread::spawn(move || *seen.lock().unwrap() = state.lock().unwrap().rules.clone());
            }
            Fate::Answer
        });
        run_with(&folder, &run).with_code(0);
        let late = set.lock().unwrap().clone().expect("the rules of the test");
        store.with(|state| state.stale.push_back((2, Some(late))));
        run_with(&folder, &run).with_code(0);
        assert_eq!(store.rules().as_deref(), Some(RULES));
    }
}

#[test]
fn after_a_change_by_others_the_hint_is_to_force_and_that_works() {
    const THEIRS: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>https://new.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>";
    let folder = Folder::new();
    write_rules(&folder);
    let store = BucketServer::start(Dialect::S3, Some(RULES));
    let state = Arc::clone(&store.state);
    let mut once = true;
    store.hook(move |_, asked| {
        if asked.writes() && !asked.sets_rules() && std::mem::take(&mut once) {
            let state = Arc::clone(&state);
            std::thread::spawn(move || state.lock().unwrap().rules = Some(THEIRS.into()));
        }
        Fate::Answer
    });
    let url = store.url();
    let arguments = ["run", "--target", &url, "--dialect", "s3", "--suites", "suite.json", "--set-rules"];
    let ended = run_with(&folder, &[&arguments[..], &["--put-objects", "--lease-dir", "it's here"]].concat())
        .with_code(4);
    store.hook(|_, _| Fate::Answer);
    assert_eq!(store.rules().as_deref(), Some(THEIRS));
    let output = ended.all();
    let at = output.find("could not be restored").unwrap_or_else(|| panic!("{output}"));
    let line = restore_line(&output[at..]);
    assert!(line.ends_with("--force"), "{line}");
    let lease = leases(&folder, "it's here").pop().expect("a lease").display().to_string();
    let refused = run_with(&folder, &["rules", "restore", &lease]).with_code(4);
    assert_eq!(store.rules().as_deref(), Some(THEIRS));
    for claim in ["are restored", "are deleted", "as they were found"] {
        assert!(!refused.all().contains(claim), "{}", refused.all());
    }
    assert_eq!(restore_line(&refused.stderr).replace(&format!("{}/", folder.path().display()), ""), line);
    as_printed(&folder, &line).with_code(0);
    assert_eq!(store.rules().as_deref(), Some(RULES));
}

/// What was written is told, and nothing else.
#[test]
fn a_restoration_claims_what_it_did() {
    for (written, read_back, present, found, said, then) in [
        (json!([]), false, Some(RULES), Value::Null, "none had been written", Some(RULES)),
        (json!([]), false, None, json!(RULES), "none had been written", None),
        (json!([RULES]), true, Some(RULES), Value::Null, "are deleted, as there were none", None),
        (json!([RULES]), false, None, Value::Null, "none had been written", None),
        (json!([RULES]), false, None, json!(RULES), "", None),
        (json!([null]), true, None, json!(RULES), "are restored", Some(RULES)),
    ] {
        let store = BucketServer::start(Dialect::S3, present);
        let folder = Folder::new();
        let mut file = saved(&store.url(), "s3");
        file["bucket"] = json!("bkt");
        file["written"] = written.clone();
        file["read_back"] = json!(read_back);
        file["found"] = found.clone();
        folder.write("x.lease.json", file.to_string());
        let ended = run_with(&folder, &["rules", "restore", "x.lease.json"]);
        let shown = format!("{written} {read_back} {present:?} {found}: {}", ended.all());
        if said.is_empty() {
            // Rules were deleted by others, as no run had written that.
            assert_eq!(ended.code, 4, "{shown}");
            assert!(ended.stderr.contains("others changed the bucket's rules"), "{shown}");
        } else {
            assert_eq!(ended.code, 0, "{shown}");
            assert!(ended.stderr.contains(said), "{shown}");
        }
        assert_eq!(store.rules().as_deref(), then, "{shown}");
    }
}
