//! Only requests that the owner permits are sent, and only to the endpoint.

use std::{fs, process::Command, sync::Arc};

use crate::care::support::{Ended, Folder, Request, Server, answer, correct, crosscheck, crosscheck_with};

const APP: &str = "https://app.example";
const ALLOWED: [&str; 2] = ["--allowed-origin", APP];

/// A server that lets a page do everything.
fn permissive() -> Server {
    Server::start(|request| {
        let fields = [
            ("Access-Control-Allow-Origin", APP),
            ("Vary", "Origin"),
            ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, PATCH, delete"),
            ("Access-Control-Allow-Headers", "content-type, x-a"),
        ];
        let body: &[u8] = if request.method == "HEAD" { b"" } else { b"{}" };
        answer("200 OK", &fields, body)
    })
}

/// A case file of one request.
fn case(request: &str) -> String {
    format!(
        r#"{{ "id": "own", "title": "t", "cases": [{{ "id": "one", "title": "t", "requests": {{ "r": {request} }} }}] }}"#
    )
}

fn target_file(url: &str, rest: &str) -> String {
    format!(r#"{{ "url": "{url}", "allowed_origins": ["{APP}"]{rest} }}"#)
}

/// The methods that arrived and are none of these.
fn others(requests: &[Request], permitted: &[&str]) -> Vec<String> {
    let other = |request: &&Request| !permitted.contains(&request.method.as_str());
    requests.iter().filter(other).map(|request| format!("{} {}", request.method, request.target)).collect()
}

/// Every request that `try` and `run` may make of a case with an unsafe method.
const UNSAFE: [&str; 6] = [
    r#"{ "origin": "{allowed}", "method": "DELETE", "expect": { "outcome": "allowed" } }"#,
    r#"{ "origin": "{allowed}", "method": "delete", "expect": { "outcome": "allowed" } }"#,
    r#"{ "method": "POST", "body": "x" }"#,
    r#"{ "client": "raw", "method": "DELETE" }"#,
    r#"{ "client": "raw", "method": "delete" }"#,
    r#"{ "client": "raw", "method": "DELETE", "expect": { "reason": "network.error" } }"#,
];

#[test]
fn an_unsafe_method_is_sent_only_where_the_owner_permits_it() {
    for request in UNSAFE {
        for (command, given, sent, code) in [
            ("try", "", false, 3),
            ("run", "", false, 3),
            ("run", r#", "capabilities": { "methods": ["GET", "HEAD", "OPTIONS"] }"#, false, 3),
            ("try", r#", "capabilities": { "methods": ["GET", "DELETE", "delete", "POST"] }"#, true, 0),
        ] {
            let (folder, server) = (Folder::new(), permissive());
            folder.write("crosscheck.json", target_file(&server.url("/x"), given));
            folder.write("own.json", case(request));
            let ended = match command {
                "try" => crosscheck(&folder, &["try", "own.json"]),
                _ => crosscheck(&folder, &["run", "--suites", "own.json"]),
            };
            let what = format!("{command} {request} {given}: {}", ended.all());
            let unsafe_sent = others(&server.requests(), &["GET", "HEAD", "OPTIONS"]);
            assert_eq!(!unsafe_sent.is_empty(), sent, "{unsafe_sent:?}: {what}");
            if sent && request.contains("network.error") {
                continue;
            }
            assert_eq!(ended.code, code, "{what}");
            assert_eq!(ended.all().contains("capabilities.methods"), !sent, "{what}");
        }
    }
}

#[test]
fn a_preflight_may_ask_about_any_method() {
    let (folder, server) = (Folder::new(), permissive());
    folder.write(
        "crosscheck.json",
        target_file(&server.url("/x"), r#", "capabilities": { "methods": ["GET"] }"#),
    );
    let raw = r#"{ "client": "raw", "origin": "{allowed}", "method": "OPTIONS",
        "headers": { "Access-Control-Request-Method": "DELETE" }, "expect": { "outcome": "allowed" } }"#;
    for request in [
        r#"{ "origin": "{allowed}", "method": "DELETE", "until": "preflight", "expect": { "outcome": "allowed" } }"#,
        raw,
    ] {
        folder.write("own.json", case(request));
        crosscheck(&folder, &["try", "own.json"]).with_code(0);
    }
    assert_eq!(others(&server.requests(), &["GET", "OPTIONS"]), [""; 0]);
    assert_eq!(server.requests().iter().filter(|request| request.is_preflight()).count(), 2);
}

#[test]
fn what_a_redirect_makes_of_a_method_is_held_to_the_same_list() {
    let (folder, server) = (
        Folder::new(),
        Server::start(|request| {
            let fields = [("Access-Control-Allow-Origin", APP), ("Location", "/elsewhere")];
            match request.method.as_str() {
                "POST" => answer("303 See Other", &fields, b""),
                _ => answer("200 OK", &fields, b""),
            }
        }),
    );
    folder.write(
        "crosscheck.json",
        target_file(&server.url("/x"), r#", "capabilities": { "methods": ["POST"] }"#),
    );
    // Whatever is expected: a request that is not sent is never a test that passes.
    for expect in [r#"{ "outcome": "blocked" }"#, r#"{ "reason": "network.error" }"#] {
        folder.write(
            "own.json",
            case(&format!(r#"{{ "origin": "{{allowed}}", "method": "POST", "expect": {expect} }}"#)),
        );
        let ended = crosscheck(&folder, &["try", "own.json"]).with_code(4);
        assert!(ended.all().contains("GET is not one of the methods"), "{}", ended.all());
    }
    assert_eq!(others(&server.requests(), &["POST", "OPTIONS"]), [""; 0]);
}

#[test]
fn explain_sends_exactly_what_it_is_asked_to_send() {
    let folder = Folder::new();
    // (whether --send, what may arrive besides reads and preflights)
    for (send, expected) in [(false, &[][..]), (true, &["DELETE /x"])] {
        let server = Server::start(|request| {
            let fields = [
                ("Access-Control-Allow-Origin", APP),
                ("Access-Control-Allow-Methods", "DELETE"),
                ("Location", "/other"),
            ];
            match request.method.as_str() {
                "DELETE" => answer("307 Temporary Redirect", &fields, b""),
                _ => answer("200 OK", &fields, b""),
            }
        });
        // A file that permits more is about its own endpoint's suites.
        folder.write(
            "crosscheck.json",
            target_file(&server.url("/x"), r#", "capabilities": { "methods": ["GET", "DELETE"] }"#),
        );
        let url = server.url("/x");
        let mut arguments = vec!["explain", url.as_str(), "--origin", APP, "-X", "delete"];
        if send {
            arguments.push("--send");
        }
        let ended = crosscheck(&folder, &arguments);
        assert_eq!(others(&server.requests(), &["GET", "OPTIONS"]), *expected, "{}", ended.all());
        assert_eq!(ended.code, if send { 4 } else { 0 }, "{}", ended.all());
    }
}

#[test]
fn a_case_goes_to_no_host_of_its_own() {
    let (server, other) = (permissive(), permissive());
    let host = other.address();
    for path in [
        format!("http://{host}/x"),
        format!("HTTP://{host}/x"),
        format!("https://{host}/x"),
        format!(r"\\\\{host}/x"),
        format!(r"\\/{host}/x"),
        format!(r"///\\\\{host}/x"),
        format!("ht\\ttp://{host}/x"),
        "file:///etc/passwd".to_owned(),
    ] {
        for client in ["raw", "browser"] {
            let folder = Folder::new();
            folder.write("own.json", case(&format!(r#"{{ "client": "{client}", "path": "{path}" }}"#)));
            let url = server.url("/");
            for arguments in [
                vec!["check", "own.json"],
                vec!["try", "own.json", "--target", &url, ALLOWED[0], ALLOWED[1]],
                vec!["run", "--suites", "own.json", "--target", &url, ALLOWED[0], ALLOWED[1]],
            ] {
                let ended = crosscheck(&folder, &arguments);
                assert_eq!(ended.code, 2, "{arguments:?} {client} {path}: {}", ended.all());
                assert!(ended.all().contains("leads to another host"), "{path}: {}", ended.all());
            }
        }
    }
    // What is known only when roles have values is refused before it is sent.
    let folder = Folder::new();
    folder.write("own.json", case(r#"{ "client": "raw", "path": "{denied}/x" }"#));
    let denied = format!("denied=http://{host}");
    let url = server.url("/");
    let ended =
        crosscheck(&folder, &["try", "own.json", "--target", &url, ALLOWED[0], APP, "--role", &denied]);
    assert_eq!(ended.code, 4, "{}", ended.all());
    assert!(ended.all().contains("and not to the endpoint"), "{}", ended.all());
    assert_eq!(other.requests().len(), 0);
}

#[test]
fn a_redirect_to_another_host_is_followed_without_the_configured_headers() {
    let other = Arc::new(Server::start(|_| {
        answer("200 OK", &[("Access-Control-Allow-Origin", "*"), ("Vary", "Origin")], b"{}")
    }));
    let there = other.url("/there");
    let server = Server::start(move |_| {
        answer("302 Found", &[("Access-Control-Allow-Origin", APP), ("Location", &there)], b"")
    });
    let folder = Folder::new();
    folder.write("own.json", case(r#"{ "origin": "{allowed}", "expect": { "outcome": "allowed" } }"#));
    let url = server.url("/");
    let arguments =
        ["try", "own.json", "--target", &url, ALLOWED[0], APP, "--header", "authorization: Bearer x"];
    crosscheck(&folder, &arguments).with_code(0);
    assert_eq!(
        server.requests().last().and_then(|request| request.field("authorization").map(str::to_owned)),
        Some("Bearer x".to_owned())
    );
    let [request] = &other.requests()[..] else { panic!("one request is followed") };
    assert_eq!((request.method.as_str(), request.field("authorization")), ("GET", None));
}

#[test]
fn load_sends_no_method_that_is_not_permitted() {
    let plan = |kind: &str| {
        format!(
            r#"{{ "id": "own", "title": "t", "rate": 20, "stages": [{{ "name": "all", "for": "1s" }}],
                "requests": {{ "r": {{ "kind": "{kind}", "method": "DELETE", "origins": ["{{allowed}}"] }} }} }}"#
        )
    };
    for engine in ["rate", "goose"] {
        for (kind, code) in [("actual", 2), ("both", 2), ("fetch", 2), ("preflight", 0)] {
            let (folder, server) = (Folder::new(), permissive());
            folder.write("plan.json", plan(kind));
            let url = server.url("/");
            let ended = crosscheck(
                &folder,
                &["load", "plan.json", "--engine", engine, "--target", &url, ALLOWED[0], APP],
            );
            if ended.all().contains("built without goose") {
                continue;
            }
            // On a machine that is busy with other things the figures may be doubted.
            assert!(ended.code == code || (code == 0 && ended.code == 4), "{engine} {kind}: {}", ended.all());
            assert_eq!(others(&server.requests(), &["GET", "HEAD", "OPTIONS"]), [""; 0], "{engine} {kind}");
            if code == 2 {
                assert!(
                    ended.all().contains(r#""methods": ["GET", "HEAD", "OPTIONS", "DELETE"]"#),
                    "{}",
                    ended.all()
                );
            }
        }
    }
}

/// A gateway that wants every request to log in, preflights too; all else about it is right.
fn gateway() -> Server {
    gateway_that_refuses_with(&[("WWW-Authenticate", "Bearer")])
}

fn gateway_that_refuses_with(fields: &'static [(&'static str, &'static str)]) -> Server {
    Server::start(move |request| match request.field("authorization") {
        Some("Bearer secret-of-the-gateway") => correct(request, APP),
        _ => answer("401 Unauthorized", fields, b""),
    })
}

const LOGIN: &str = "authorization: Bearer secret-of-the-gateway";
const NOTE: &str = "browsers do not send these";

fn reports(folder: &Folder, ended: &Ended) -> [String; 3] {
    [ended.stdout.clone(), folder.read("reports/run.json"), folder.read("reports/junit.xml")]
}

#[test]
fn a_preflight_that_must_log_in_fails() {
    for (fields, reason) in [
        (&[("WWW-Authenticate", "Bearer")][..], "preflight.cors-check.missing"),
        (&[("Access-Control-Allow-Origin", APP), ("Vary", "Origin")], "preflight.status"),
    ] {
        let (folder, server) = (Folder::new(), gateway_that_refuses_with(fields));
        let url = server.url("/items");
        let target = ["--target", &url, ALLOWED[0], APP];
        let rules =
            ["--allowed-method", "GET", "--allowed-method", "PUT", "--allowed-header", "content-type"];
        let arguments = [&["run", "preflight/allowed"][..], &target, &rules, &["--header", LOGIN]].concat();
        let ended = crosscheck(&folder, &arguments).with_code(1);
        assert!(ended.stdout.contains(reason) && ended.stdout.contains("401"), "{}", ended.stdout);
        for text in reports(&folder, &ended) {
            assert!(!text.contains(NOTE) && !text.contains("preflight_headers"), "{text}");
        }
        let (preflights, actual): (Vec<Request>, Vec<Request>) =
            server.requests().into_iter().partition(|request| request.method == "OPTIONS");
        assert!(!preflights.is_empty() && !actual.is_empty());
        assert!(preflights.iter().all(|request| request.field("authorization").is_none()), "{preflights:?}");
        assert!(actual.iter().all(|request| request.field("authorization").is_some()), "{actual:?}");
    }
}

#[test]
fn preflight_headers_go_to_preflights_and_every_report_says_so() {
    let (folder, server) = (Folder::new(), gateway());
    let headers = r#", "allowed_methods": ["GET", "PUT"], "allowed_headers": ["content-type"],
        "headers": { "Authorization": "Bearer ${GATEWAY_TOKEN}", "X-Actual": "1" },
        "preflight_headers": { "Authorization": "Bearer ${GATEWAY_TOKEN}" }"#;
    folder.write("crosscheck.json", target_file(&server.url("/items"), headers));
    let environment = [("GATEWAY_TOKEN", "secret-of-the-gateway")];
    let ended = crosscheck_with(
        &folder,
        &["run", "preflight/allowed/method", "preflight/allowed/anonymous"],
        &environment,
    );
    let ended = ended.with_code(0);
    for text in reports(&folder, &ended) {
        let found = text.contains(NOTE) || text.contains(r#""preflight_headers": ["#);
        assert!(found && text.contains("Authorization"), "{text}");
    }
    let preflights: Vec<Request> =
        server.requests().into_iter().filter(|request| request.method == "OPTIONS").collect();
    assert!(!preflights.is_empty());
    for request in &preflights {
        assert_eq!(request.field("authorization"), Some("Bearer secret-of-the-gateway"));
        assert_eq!(request.field("x-actual"), None, "only what is meant for preflights");
    }

    let url = server.url("/items");
    let ended = crosscheck_with(&folder, &["explain", &url, "--origin", APP, "-X", "PUT"], &environment);
    assert!(ended.with_code(0).stdout.contains(NOTE));
    let ended =
        crosscheck_with(&folder, &["explain", &url, "--origin", APP, "-X", "PUT", "--json"], &environment);
    assert!(ended.with_code(0).stdout.contains(r#""preflight_headers""#));

    let shown = crosscheck_with(&folder, &["config", "show"], &environment).with_code(0);
    assert!(shown.stdout.contains("preflight_headers.Authorization  ***"), "{}", shown.stdout);
}

#[test]
fn explain_and_load_send_preflights_as_browsers_do() {
    let storm = r#"{ "id": "storm", "title": "t", "rate": 20, "stages": [{ "name": "all", "for": "1s" }],
        "requests": { "r": { "kind": "KIND", "method": "PUT", "origins": ["{allowed}"] } } }"#;
    for (kind, engine, opted_in) in [
        ("preflight", "rate", false),
        ("preflight", "goose", false),
        ("preflight", "rate", true),
        ("preflight", "goose", true),
        ("fetch", "goose", false),
    ] {
        let (folder, server) = (Folder::new(), gateway());
        let token = r#"{ "Authorization": "Bearer secret-of-the-gateway" }"#;
        let opt_in = if opted_in { format!(r#", "preflight_headers": {token}"#) } else { String::new() };
        let rest = format!(
            r#", "allowed_methods": ["GET", "PUT"], "headers": {token}, "capabilities": {{ "methods": ["GET", "PUT"] }}{opt_in}"#
        );
        folder.write("crosscheck.json", target_file(&server.url("/items"), &rest));
        folder.write("plan.json", storm.replace("KIND", kind));
        let ended = crosscheck(&folder, &["load", "plan.json", "--engine", engine, "--report-dir", "load"]);
        if ended.all().contains("built without goose") {
            continue;
        }
        let what = format!("{kind} {engine} {opted_in}: {}", ended.all());
        let record: serde_json::Value =
            serde_json::from_str(&folder.read("load/load.json")).expect("a record");
        let total = &record["total"];
        assert_eq!(total["wrong"].as_u64().expect("a number") > 0, !opted_in, "{what}");
        assert!(total["answered"].as_u64() > Some(0) && total["errors"] == 0, "{what}");
        assert_eq!(record["configuration"]["preflight_headers"].is_array(), opted_in, "{what}");
        assert_eq!(ended.stdout.contains(NOTE), opted_in, "{what}");
        let preflights = server.requests().into_iter().filter(Request::is_preflight);
        let carry: Vec<bool> = preflights.map(|request| request.field("authorization").is_some()).collect();
        assert!(!carry.is_empty() && carry.iter().all(|carries| *carries == opted_in), "{what}");
        let files = fs::read_dir(folder.path().join("load")).expect("reports");
        let junit: Vec<String> = files
            .filter_map(|file| fs::read_to_string(file.expect("a file").path()).ok())
            .filter(|text| text.contains("<testsuites"))
            .collect();
        assert!(!junit.is_empty() && junit.iter().all(|text| text.contains(NOTE) == opted_in), "{what}");
    }
    let (folder, server) = (Folder::new(), gateway());
    let url = server.url("/items");
    folder.write(
        "crosscheck.json",
        target_file(&url, r#", "headers": { "Authorization": "Bearer secret-of-the-gateway" }"#),
    );
    let ended = crosscheck(&folder, &["explain", &url, "--origin", APP, "-X", "PUT"]).with_code(1);
    assert!(ended.stdout.contains("(preflight.") && ended.stdout.contains("401"), "{}", ended.stdout);
}

#[test]
fn private_addresses_are_followed_only_where_the_user_says_so() {
    let folder = Folder::new();
    let shown = |arguments: &[&str], environment: &[(&str, &str)]| {
        let all = [&["config", "show", "--target", "http://127.0.0.1:9/"], arguments].concat();
        let ended = crosscheck_with(&folder, &all, environment).with_code(0);
        ended
            .stdout
            .lines()
            .find(|line| line.starts_with("follow_private"))
            .map(str::to_owned)
            .expect("a line")
    };
    let variable = [("CROSSCHECK_FOLLOW_PRIVATE", "true")];
    for (arguments, environment, expected) in
        [(&[][..], &[][..], "false"), (&["--follow-private"], &[], "true"), (&[], &variable, "true")]
    {
        let line = shown(arguments, environment);
        assert!(line.split_whitespace().nth(1) == Some(expected), "{line}");
    }
    // A file that comes with a repository does not decide it.
    folder.write("crosscheck.json", r#"{ "url": "http://127.0.0.1:9/", "follow_private": true }"#);
    let ended = crosscheck(&folder, &["config", "show"]).with_code(2);
    assert!(ended.all().contains("follow_private"), "{}", ended.all());
}

#[test]
fn a_method_that_is_none_cannot_be_permitted() {
    for (methods, help) in [(r#"["patch"]"#, "write `PATCH`"), (r#"["A B"]"#, "use letters")] {
        let folder = Folder::new();
        folder.write(
            "crosscheck.json",
            target_file("http://127.0.0.1:9/", &format!(r#", "capabilities": {{ "methods": {methods} }}"#)),
        );
        let ended = crosscheck(&folder, &["config", "show"]).with_code(2);
        assert!(ended.all().contains("crosscheck.json:1") && ended.all().contains(help), "{}", ended.all());
    }
}

/// Redirects every path but `/private` there, on loopback, and notes each request for that.
#[cfg(target_os = "linux")]
const REDIRECTING: &str = r#"
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/private":
            open("reached", "a").write("1")
            self.send_response(200)
        else:
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:8080/private")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass

server = http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Handler)
open("ready", "w").close()
server.serve_forever()
"#;

/// In a network of its own, in which this machine has a public address as well.
#[cfg(target_os = "linux")]
#[test]
#[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
fn a_redirect_from_a_public_address_to_loopback_is_reported_and_not_followed() {
    let folder = Folder::new();
    folder.write("redirecting.py", REDIRECTING);
    folder.write(
        "run.sh",
        "ip link set lo up && ip address add 9.9.9.9/32 dev lo || exit 99
         python3 redirecting.py & server=$!
         for _ in $(seq 200); do [ -e ready ] && break; sleep 0.05; done
         \"$1\" explain http://9.9.9.9:8080/ --origin http://app.example $2 >said 2>&1
         echo $? >code
         kill $server\n",
    );
    let explained = |option: &str| {
        let _ = fs::remove_file(folder.path().join("ready"));
        let status = Command::new("unshare")
            .args(["--net", "--map-root-user", "bash", "run.sh", env!("CARGO_BIN_EXE_crosscheck"), option])
            .current_dir(folder.path())
            .status();
        match status.map(|status| status.code()) {
            Ok(Some(0)) => Some((folder.read("code").trim().to_owned(), folder.read("said"))),
            other => {
                eprintln!("skipped: no network of its own can be made here: {other:?}");
                None
            }
        }
    };
    let Some((code, said)) = explained("") else { return };
    assert_eq!(code, "4", "{said}");
    assert!(said.contains("127.0.0.1 is at the loopback address"), "{said}");
    assert!(said.contains("--follow-private"), "{said}");
    assert!(!folder.path().join("reached").exists(), "{said}");
    let Some((code, said)) = explained("--follow-private") else { return };
    assert_eq!(code, "0", "{said}");
    assert!(folder.path().join("reached").exists(), "{said}");
}
