//! Lines to ask again, run as a person runs them who pastes them.

use std::process::{Command, Stdio};

use crosscheck::{
    exchange::{ConnectOptions, curl, js_fetch},
    message::Request as Message,
};

use super::{ALLOWED, ONE, has};
use crate::care::support::{Folder, Request, Server, answer, correct, crosscheck};

/// Runs a line as a person does who pastes it into bash.
fn paste(folder: &Folder, line: &str) {
    let status = Command::new("bash")
        .args(["-c", line])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .expect("bash runs");
    assert!(status.success(), "{status}: {line}");
}

/// A request as it is compared: where `Host` and `Content-Length` stand among the fields is curl's business.
fn sent(request: &Request) -> (String, String, Vec<(String, String)>, Vec<(String, String)>, Vec<u8>) {
    let own = |name: &str| name.eq_ignore_ascii_case("host") || name == "Content-Length";
    let (own, fields) = request.fields.iter().cloned().partition(|(name, _)| own(name));
    let mut own: Vec<(String, String)> = own;
    own.sort();
    (request.method.clone(), request.target.clone(), own, fields, request.body.clone())
}

#[track_caller]
fn assert_same(line: &str, original: &Request, again: &Request) {
    assert_eq!(sent(original), sent(again), "{line}");
}

/// Requests that a case can ask for, hostile in every place.
const REQUESTS: &str = r#"
  { "method": "GET", "path": "plain" },
  { "method": "GET", "path": "a[1]{{b}}/it's/~x/$HOME/`id`/../y", "query": "q[]={1,2}&x='\"`$(id)!!&y=[1-3]" },
  { "method": "GET", "path": "empty", "headers": { "X-Empty": "", "X-At": "@/etc/passwd", "X-Quote": "it's \"$HOME\" `id` \\ !!" } },
  { "method": "GET", "path": "order", "headers": { "x-B": "1", "X-a": ["2", "3"], "X-b": ["4", ";"], "User-Agent": ["one", "two"] } },
  { "method": "GET", "path": "bytes", "headers": { "X-Bytes": "a\u00e9\u0001\u001b[31m\u0009\u007f\u009b!'" } },
  { "method": "HEAD", "path": "head", "headers": { "Accept": "" } },
  { "method": "OPTIONS", "path": "options", "headers": { "Access-Control-Request-Method": "PUT" } },
  { "method": "A!#$%&'*+-.^_`|~z", "path": "method" },
  { "method": "-O", "path": "hyphen" },
  { "method": "POST", "path": "none" },
  { "method": "GET", "path": "with-body", "body": "x" },
  { "method": "PUT", "path": "at", "body": "@/etc/passwd" },
  { "method": "PUT", "path": "typed", "headers": { "Content-Type": "text/plain" }, "body": "-d 'it''s' \"x\" $HOME `id` !! \\n %s\r\n\n" },
  { "method": "DELETE", "path": "unicode", "body": "Zo\u00eb \u202e \ud83d\ude00 \u001b]0;t\u0007" },
  { "method": "PUT", "path": "zero", "body": "-%s\u0000\\'\u00001\n" },
  { "method": "PUT", "path": "host", "headers": { "Host": "other.example:81", "Connection": "close" }, "body": "=x" }"#;

#[test]
fn every_line_to_ask_again_sends_the_request_that_was_sent() {
    if !has("curl") || !has("bash") {
        return;
    }
    let server = Server::start(|request| correct(request, ALLOWED));
    let folder = Folder::new();
    let requests: Vec<serde_json::Value> = serde_json::from_str(&format!("[{REQUESTS}]")).expect("JSON");
    let cases: Vec<serde_json::Value> = requests
        .iter()
        .enumerate()
        .map(|(number, request)| {
            let mut request = request.clone();
            request["client"] = "raw".into();
            // Nothing is answered so, and what is not as expected has a line to ask again.
            request["expect"] = serde_json::json!({ "response": { "status": 299 } });
            serde_json::json!({ "id": format!("c{number}"), "title": "t", "requests": { "r": request } })
        })
        .collect();
    let suite = serde_json::json!({ "id": "again", "title": "t", "cases": cases });
    folder.write("again.json", suite.to_string());
    let mut methods: Vec<&str> = requests.iter().filter_map(|request| request["method"].as_str()).collect();
    methods.dedup();
    let target = serde_json::json!({
        "url": server.url("/"), "allowed_origins": [ALLOWED], "capabilities": { "methods": methods }
    });
    folder.write("crosscheck.json", target.to_string());
    let tried = crosscheck(&folder, &["try", "again.json"]).with_code(1);
    let lines: Vec<&str> =
        tried.stdout.lines().filter_map(|line| line.trim_start().strip_prefix("ask again: ")).collect();
    let originals = server.requests();
    assert_eq!(lines.len(), requests.len(), "{}", tried.stdout);
    for line in lines {
        let before = server.requests().len();
        paste(&folder, line);
        let all = server.requests();
        assert_eq!(all.len(), before + 1, "{line}");
        let again = &all[before];
        let original = originals.iter().rfind(|request| request.target == again.target);
        assert_same(line, original.expect("the request was sent"), again);
    }
}

/// Requests that no case can ask for, or only from other parts of the program.
fn rare(server: &Server) -> Vec<Message> {
    let bytes: Vec<u8> = (0..=255).collect();
    let request = |method: &str, path: &str, fields: &[(&str, &[u8])], body: &[u8]| {
        let mut request = Message::new(method, server.url(path).parse().expect("a URL"));
        request.fields.push("Host", server.address().to_string());
        for (name, value) in fields {
            request.fields.push(*name, value.to_vec());
        }
        if !body.is_empty() {
            request.fields.push("Content-Length", body.len().to_string());
        }
        request.body = body.to_vec().into();
        request
    };
    let usual: [(&str, &[u8]); 1] = [("Accept", b"*/*")];
    vec![
        request("GET", "/bare", &[], b""),
        request("GET", "/frag?a#b", &usual, b""),
        request("GET", "//double//./x?", &usual, b""),
        request("POST", "/every-byte", &usual, &bytes),
        request("POST", "/every-byte-but-nul", &[], &bytes[1..]),
        request("POST", "/forty", &usual, &vec![b'\''; 40 * 100]),
        request("GET", "/latin", &[("X-L", &bytes[0x80..]), ("X-M", b"a\rb\x0bc")], b""),
        request("GET", "/lower", &[("content-length", b"0")], b""),
    ]
}

#[test]
fn rare_requests_are_sent_again_byte_for_byte_too() {
    if !has("curl") || !has("bash") {
        return;
    }
    let server = Server::start(|request| correct(request, ALLOWED));
    let folder = Folder::new();
    for request in rare(&server) {
        let line = curl(&request, &[], &ConnectOptions::default()).expect("curl can send it").line;
        assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{line}");
        paste(&folder, &line);
        let again = server.requests().pop().expect("a request");
        let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let fields = request.fields.iter().map(|field| (field.name.to_string(), field.text())).collect();
        let original = Request {
            method: request.method.clone(),
            target: format!("{}{query}", request.url.path()),
            fields,
            body: request.body.to_vec(),
            connection: 0,
            number: 0,
        };
        assert_same(&line, &original, &again);
    }
}

#[test]
fn content_that_is_too_long_to_paste_comes_from_a_file_and_the_report_says_so() {
    if !has("curl") || !has("bash") {
        return;
    }
    let server = Server::start(|request| correct(request, ALLOWED));
    let folder = Folder::new();
    let content = "@long\n".repeat(4000);
    let suite = serde_json::json!({ "id": "again", "title": "t", "cases": [{ "id": "c", "title": "t", "requests": {
        "r": { "client": "raw", "method": "PUT", "body": content, "expect": { "response": { "status": 299 } } }
    } }] });
    folder.write("again.json", suite.to_string());
    let target = serde_json::json!({
        "url": server.url("/"), "allowed_origins": [ALLOWED], "capabilities": { "methods": ["PUT"] }
    });
    folder.write("crosscheck.json", target.to_string());
    let tried = crosscheck(&folder, &["try", "again.json"]).with_code(1);
    let said = "its content, 24000 bytes, is too long to paste: save it as `request-body` first";
    assert!(tried.stdout.contains(said), "{}", tried.stdout);
    let original = server.requests().pop().expect("a request");
    let line =
        tried.stdout.lines().find_map(|line| line.trim_start().strip_prefix("ask again: ")).expect("a line");
    folder.write("request-body", &content);
    paste(&folder, line);
    assert_same(line, &original, &server.requests().pop().expect("a request"));
}

#[test]
fn fetch_calls_are_javascript_whatever_is_in_them() {
    if !has("node") {
        return;
    }
    let server = Server::start(|_| Vec::new());
    let folder = Folder::new();
    for request in rare(&server) {
        let call = js_fetch(&request, &[], "include");
        let path = folder.write("call.mjs", &call);
        let output = Command::new("node").arg("--check").arg(path).output().expect("node runs");
        assert!(output.status.success(), "{call}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_line_to_ask_again_reaches_the_address_that_was_asked() {
    if !has("curl") || !has("bash") {
        return;
    }
    let server = Server::start(|request| answer("200 OK", &[], request.target.as_bytes()));
    let folder = Folder::new();
    folder.write("one.json", ONE);
    let port = server.address().port();
    let (url, at) = (format!("http://api.example:{port}/x"), format!("api.example:{port}:127.0.0.1"));
    for arguments in [
        &["explain", &url, "--origin", "http://app.example", "--resolve", &at][..],
        &[
            "run",
            "-v",
            "--suites",
            "one.json",
            "--target",
            &url,
            "--allowed-origin",
            ALLOWED,
            "--resolve",
            &at,
        ],
    ] {
        let ended = crosscheck(&folder, arguments);
        let line = ended.stdout.lines().find_map(|line| line.find("curl -sS").map(|at| &line[at..]));
        let before = server.requests().len();
        paste(&folder, line.expect("a line to ask again"));
        assert_eq!(server.requests()[before].field("host"), Some(format!("api.example:{port}").as_str()));
    }
}
