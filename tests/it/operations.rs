//! An endpoint of several operations, listed in a target file, in an OpenAPI document or in a recording, is held to its
//! promises operation by operation. Judged on a server of another program's kind: one CORS layer, and routes with
//! defects of their own.

use crate::care::support;

use serde_json::{Value, json};
use support::{Ended, Folder, Request, Server, answer, crosscheck};

const ORIGINS: [&str; 2] = ["https://app.example.com", "https://admin.example.com"];

/// `/orders` forgets a header on preflights, `/reports` is not there, `/admin` has no CORS, and `/open` lets anybody
/// read.
fn respond(request: &Request) -> Vec<u8> {
    let path = request.target.split('?').next().unwrap_or_default().to_owned();
    let origin = request.field("origin").unwrap_or_default();
    let allowed = ORIGINS.contains(&origin) || path == "/open" && !origin.is_empty();
    let preflight = request.is_preflight();
    let mut fields = vec![("Vary", "Origin"), ("Cache-Control", "no-cache")];
    if allowed && path != "/admin" {
        fields.push(("Access-Control-Allow-Origin", origin));
        if preflight {
            fields.push(("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE"));
            let names = if path == "/orders" { "content-type" } else { "content-type, x-trace-id" };
            fields.push(("Access-Control-Allow-Headers", names));
        }
    }
    let created = request.method == "POST" && request.body == br#"{"name":"box"}"#;
    let status = match path.as_str() {
        _ if preflight => "204 No Content",
        "/" | "/reports" => "404 Not Found",
        "/items" if created => "201 Created",
        "/items" if request.method == "POST" => "422 Unprocessable Content",
        _ => "200 OK",
    };
    let bytes = answer(status, &fields, if preflight { b"" } else { b"{}" });
    match request.method.as_str() {
        "HEAD" => bytes.get(..bytes.len() - 2).unwrap_or_default().to_vec(),
        _ => bytes,
    }
}

struct Run {
    ended: Ended,
    record: Value,
}

impl Run {
    /// The sentences of an operation's promises in a state.
    fn promises(&self, operation: &str, state: &str) -> Vec<&str> {
        let promises = self.record["promises"].as_array().expect("promises").iter();
        promises
            .filter(|promise| promise["operation"] == operation && promise["state"] == state)
            .map(|promise| promise["sentence"].as_str().expect("a sentence"))
            .collect()
    }

    fn operation(&self, name: &str) -> &Value {
        let operations = self.record["operations"].as_array().expect("operations");
        operations.iter().find(|operation| operation["name"] == name).unwrap_or_else(|| panic!("{name}"))
    }
}

fn run(operations: Value, arguments: &[&str]) -> (Run, Server) {
    let server = Server::start(respond);
    let folder = Folder::new();
    let file = json!({
        "url": server.url("/"),
        "allowed_origins": ORIGINS,
        "allowed_methods": ["GET", "POST", "PUT", "DELETE"],
        "allowed_headers": ["content-type", "x-trace-id"],
        "operations": operations,
    });
    folder.write("crosscheck.json", file.to_string());
    let mut all = vec!["run", "promises", "origin/near-allowed"];
    all.extend(arguments);
    let ended = crosscheck(&folder, &all);
    let record = serde_json::from_str(&folder.read("reports/run.json")).expect("a record");
    (Run { ended, record }, server)
}

#[test]
fn each_operation_is_held_to_each_promise_and_layers_are_shared() {
    let (run, server) = run(
        json!([
            { "path": "/items" },
            { "path": "/items", "method": "post", "send": true, "body": { "json": { "name": "box" } }, "success": [201] },
            { "path": "/items/1", "method": "DELETE" },
            { "path": "/orders", "method": "PUT", "body": { "json": {} } }
        ]),
        &[],
    );
    assert_eq!(run.ended.code, 1, "{}", run.ended.all());
    for name in ["GET /items", "POST /items", "DELETE /items/1"] {
        assert_eq!(run.promises(name, "broken"), [""; 0], "{name}");
        assert!(
            run.promises(name, "kept").contains(&"https://admin.example.com passes preflights"),
            "{name}"
        );
    }
    assert!(run.promises("POST /items", "kept").contains(&"https://admin.example.com reads"));
    let broken = run.promises("PUT /orders", "broken");
    assert!(broken.contains(&"https://app.example.com may send the header x-trace-id"), "{broken:?}");
    // One full pass for the layer of the first three.
    assert_eq!(run.operation("POST /items")["same_layer_as"], "GET /items");
    assert_eq!(run.operation("DELETE /items/1")["same_layer_as"], "GET /items");
    assert_eq!(run.operation("PUT /orders")["same_layer_as"], Value::Null);
    let tests = run.record["tests"].as_array().expect("tests");
    let near = |operation: &str| {
        let of = |test: &&Value| {
            let id = test["id"].as_str().expect("an id");
            id.starts_with("origin/near-allowed/read") && id.contains(&format!("@{operation}"))
        };
        tests.iter().filter(of).filter(|test| test["verdict"] != "not-applicable").count()
    };
    assert!(near("GET /items") > 50 && near("POST /items") == 0);
    // What may not be sent is not sent.
    let sent = server.requests();
    assert!(sent.iter().any(|request| request.method == "POST" && request.body == br#"{"name":"box"}"#));
    assert!(!sent.iter().any(|request| ["DELETE", "PUT"].contains(&request.method.as_str())));
    let first = run.ended.stdout.lines().next().unwrap_or_default();
    assert!(first.contains("4 operations behind 2 CORS layers"), "{first}");
    assert!(run.ended.stdout.contains("✗ PUT /orders"), "{}", run.ended.stdout);
}

#[test]
fn an_operation_that_never_succeeds_is_not_judged() {
    let (run, _server) = run(json!([{ "path": "/items" }, { "path": "/reports" }]), &[]);
    assert_eq!(run.ended.code, 4, "{}", run.ended.all());
    let why = run.operation("GET /reports")["not_judged"].as_str().unwrap_or_default();
    assert!(why.contains("404") && why.contains("path"), "{why}");
    assert_eq!(run.promises("GET /reports", "kept"), [""; 0]);
    assert_eq!(run.operation("GET /items")["not_judged"], Value::Null);
    assert!(run.ended.stdout.contains("? GET /reports"), "{}", run.ended.stdout);
    // The answer to wrong content is no success, whatever it says about CORS.
    let post = json!([{ "path": "/items", "method": "POST", "send": true, "body": { "text": "{}" } }]);
    let (wrong, _server) = self::run(post, &[]);
    assert_eq!(wrong.ended.code, 4, "{}", wrong.ended.all());
    assert!(wrong.ended.stdout.contains("422"), "{}", wrong.ended.all());
}

#[test]
fn an_operation_may_promise_something_else() {
    let everybody =
        json!({ "rules": [{ "allowed_origins": ["*"], "allowed_methods": ["GET"], "allowed_headers": [] }] });
    let (run, _server) = run(json!([{ "path": "/items" }, { "path": "/open", "policy": everybody }]), &[]);
    let broken = run.promises("GET /items", "broken");
    assert_eq!(broken, [""; 0]);
    let open = run.promises("GET /open", "broken");
    assert!(!open.contains(&"other origins are refused"), "{open:?}");
    // The same without its own policy: a stranger reads.
    let (run, _server) = self::run(json!([{ "path": "/items" }, { "path": "/open" }]), &[]);
    assert!(
        run.promises("GET /open", "broken").contains(&"other origins are refused"),
        "{}",
        run.ended.all()
    );
}

#[test]
fn what_holds_for_an_operation_alone_wins_over_what_holds_for_the_endpoint() {
    // Everybody may read /open, without credentials; the endpoint allows them elsewhere.
    let folder = Folder::new();
    let server = Server::start(|request| {
        let open = request.target.starts_with("/open");
        let origin = request.field("origin").unwrap_or_default();
        let mut fields = vec![("Vary", "Origin")];
        match open {
            true => fields.push(("Access-Control-Allow-Origin", "*")),
            false if ORIGINS.contains(&origin) => {
                fields.push(("Access-Control-Allow-Origin", origin));
                fields.push(("Access-Control-Allow-Credentials", "true"));
            }
            false => {}
        }
        let bytes = answer("200 OK", &fields, b"{}");
        match request.method.as_str() {
            "HEAD" => bytes.get(..bytes.len() - 2).unwrap_or_default().to_vec(),
            _ => bytes,
        }
    });
    let public = json!({ "rules": [{ "allowed_origins": ["*"], "allowed_methods": ["get"] }] });
    let file = json!({
        "url": server.url("/"),
        "allowed_origins": ORIGINS,
        "allow_credentials": true,
        "operations": [{ "path": "/items" }, { "path": "/open", "policy": public }, { "path": "/secret", "send": false }],
    });
    folder.write("crosscheck.json", file.to_string());
    let ended = crosscheck(&folder, &["run", "promises/origins", "promises/credentials"]);
    assert_eq!(ended.code, 0, "{}", ended.all());
    let record = serde_json::from_str(&folder.read("reports/run.json")).expect("a record");
    let run = Run { ended, record };
    assert!(run.promises("GET /items", "kept").contains(&"https://app.example.com may send credentials"));
    assert!(!run.promises("GET /open", "kept").iter().any(|sentence| sentence.contains("credentials")));
    assert!(
        run.promises("GET /open", "kept").contains(&"https://crosscheck.example reads"),
        "{}",
        run.ended.all()
    );
    // What must not be sent is not sent, whichever method it has.
    let sent = server.requests();
    assert!(!sent.iter().any(|request| request.target.starts_with("/secret") && request.method != "OPTIONS"));
}

#[test]
fn an_openapi_document_lists_operations() {
    let server = Server::start(respond);
    let folder = Folder::new();
    let document = r#"
openapi: 3.1.0
info: { title: Shop, version: "1" }
paths:
  /items:
    get: { operationId: listItems, responses: { "200": { description: ok } } }
  /items/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: integer } }
    delete: { responses: { "204": { description: gone } } }
  /orders:
    put:
      requestBody: { content: { application/json: { schema: { type: object } } } }
"#;
    folder.write("api.yaml", document);
    let url = server.url("/");
    let mut arguments = vec!["run", "promises", "--target", &url, "--openapi", "api.yaml"];
    for origin in ORIGINS {
        arguments.extend(["--allowed-origin", origin]);
    }
    arguments.extend(["--allowed-header", "content-type", "--allowed-header", "x-trace-id"]);
    let ended = crosscheck(&folder, &arguments);
    let record = serde_json::from_str(&folder.read("reports/run.json")).expect("a record");
    let run = Run { ended, record };
    assert_eq!(run.ended.code, 1, "{}", run.ended.all());
    assert!(run.promises("listItems", "kept").contains(&"https://app.example.com reads"));
    assert!(!run.promises("DELETE /items/1", "kept").is_empty(), "{}", run.ended.all());
    assert!(!run.promises("PUT /orders", "broken").is_empty());
    assert!(run.ended.stderr.contains("no example of `id`: 1 is sent"), "{}", run.ended.stderr);
}

#[test]
fn a_recording_lists_operations_and_its_secrets_are_not_used() {
    let server = Server::start(respond);
    let folder = Folder::new();
    let header = |name: &str, value: &str| json!({ "name": name, "value": value });
    let entry = |method: &str, path: &str| {
        let origin = header("Origin", ORIGINS[0]);
        let token = header("Authorization", "Bearer planted-token");
        json!({
            "request": { "method": method, "url": server.url(path), "headers": [origin, token] },
            "response": { "status": 200, "headers": [] }
        })
    };
    let archive = json!({ "log": { "entries": [entry("GET", "/items?page=2"), entry("PUT", "/orders")] } });
    folder.write("page.har", archive.to_string());
    let url = server.url("/");
    let mut arguments = vec!["run", "promises", "--target", &url, "--har", "page.har"];
    for origin in ORIGINS {
        arguments.extend(["--allowed-origin", origin]);
    }
    for method in ["GET", "POST", "PUT", "DELETE"] {
        arguments.extend(["--allowed-method", method]);
    }
    arguments.extend(["--allowed-header", "content-type"]);
    let ended = crosscheck(&folder, &arguments);
    assert_eq!(ended.code, 0, "{}", ended.all());
    let sent = server.requests();
    assert!(sent.iter().any(|request| request.method == "GET" && request.target == "/items?page=2"));
    assert!(sent.iter().all(|request| request.field("authorization").is_none()));
    assert!(ended.stderr.contains("`authorization` was left out"), "{}", ended.stderr);
    let written = ended.all() + &folder.read("reports/run.json");
    assert!(!written.contains("planted-token"));

    // An endpoint that the recording does not have.
    let other = Server::start(respond);
    let url = other.url("/");
    let ended = crosscheck(
        &folder,
        &["run", "--target", &url, "--allowed-origin", "https://a.example", "--har", "page.har"],
    );
    assert_eq!(ended.code, 2, "{}", ended.all());
    assert!(ended.stderr.contains("endpoint.nothing-recorded"), "{}", ended.stderr);
}

#[test]
fn a_plan_shows_each_operation_before_anything_is_sent() {
    let server = Server::start(respond);
    let folder = Folder::new();
    let file = json!({
        "url": server.url("/"),
        "allowed_origins": ORIGINS,
        "operations": [{ "path": "/items" }, { "path": "/orders", "method": "PUT" }],
    });
    folder.write("crosscheck.json", file.to_string());
    let ended = crosscheck(&folder, &["list", "--plan"]);
    assert_eq!(ended.code, 0, "{}", ended.all());
    for line in [
        "promises of GET /items",
        "promises of PUT /orders",
        "https://app.example.com may send PUT",
        "about ",
    ] {
        assert!(ended.stdout.contains(line), "{line} is missing in {}", ended.stdout);
    }
    assert!(server.requests().is_empty());
}

#[test]
fn what_must_be_corrected_is_told_at_its_place() {
    for (operation, code, line) in [
        (json!({ "method": "patch" }), "endpoint.method", "PATCH"),
        (json!({ "path": "https://other.example/a" }), "endpoint.operation-path", "other.example"),
        (json!({ "name": "a[b]" }), "endpoint.operation-name", "a[b]"),
        (json!({ "method": "POST", "body": { "text": "a", "json": 1 } }), "endpoint.body", "exactly one"),
        (json!({ "method": "POST", "body": { "file": "nowhere.json" } }), "endpoint.body", "nowhere.json"),
        (json!({ "body": { "text": "a" } }), "endpoint.body", "GET"),
        (json!({ "success": [99] }), "endpoint.status", "99"),
        (
            json!({ "policy": { "rules": [{ "allowed_origins": ["*"], "allowed_methods": ["GET"] }], "allow_credentials": true } }),
            "endpoint.wildcard-credentials",
            "credentials",
        ),
        (
            json!({ "policy": { "rules": [{ "allowed_origins": ["https://a.example"], "allowed_methods": ["patch"] }] } }),
            "endpoint.method",
            "PATCH",
        ),
        (json!({ "headers": { "Cookie": "a=b" } }), "endpoint.forbidden-header", "Cookie"),
    ] {
        let folder = Folder::new();
        let file = json!({
            "url": "http://127.0.0.1:9/",
            "allowed_origins": ["https://a.example"],
            "operations": [operation],
        });
        folder.write("crosscheck.json", serde_json::to_string_pretty(&file).expect("text"));
        let ended = crosscheck(&folder, &["run"]);
        assert_eq!(ended.code, 2, "{operation}: {}", ended.all());
        for text in [code, line, "crosscheck.json:"] {
            assert!(ended.stderr.contains(text), "{operation}: {text} is missing in {}", ended.stderr);
        }
    }
    let twice = json!({
        "url": "http://127.0.0.1:9/",
        "allowed_origins": ["https://a.example"],
        "operations": [{}, {}],
    });
    let folder = Folder::new();
    folder.write("crosscheck.json", twice.to_string());
    assert!(crosscheck(&folder, &["run"]).stderr.contains("two operations are called `GET /`"));
}
