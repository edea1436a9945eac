//! A configured secret is neither printed nor written nor sent elsewhere.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::care::support::{Ended, Folder, Request, Server, answer, command, correct, crosscheck_with};

const ORIGIN: &str = "https://app.example";

/// What is planted: a token from a variable, a cookie, a literal in the target file, the parameters of a presigned URL,
/// a literal of a case file, a header of a load plan, one typed for `explain`, an access key, cookies that the endpoint sets and the signature
/// in its redirect.
const TOKEN: &str = "planted/token+7f3a%9c1e";
const COOKIE: &str = "planted-cookie-51e7a0b2";
const LITERAL: &str = "planted \"literal\" 8d2c44";
const SIGNATURE: &str = "plantedsignature0a1b2c3d4e5f";
const CREDENTIAL: &str = "PLANTEDKEYID42";
const IN_CASE: &str = "planted-case-literal-66ab";
const IN_PLAN: &str = "planted-plan-literal-9e10";
const TYPED: &str = "planted-typed-literal-30cd";
const KEY_ID: &str = "AKIAPLANTED00000042";
const KEY_SECRET: &str = "planted/key+secret/5512ad0c";
const SESSION: &str = "planted-session-token-77b1";
const SET_COOKIE: &str = "planted-set-cookie-04be";
const REDIRECT: &str = "plantedredirect88c6d1";

const PLANTED: &[&str] = &[
    TOKEN, COOKIE, LITERAL, SIGNATURE, CREDENTIAL, IN_CASE, IN_PLAN, TYPED, KEY_ID, KEY_SECRET, SESSION,
    SET_COOKIE, REDIRECT,
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("API_TOKEN", TOKEN),
    ("CROSSCHECK_ACCESS_KEY_ID", KEY_ID),
    ("CROSSCHECK_ACCESS_KEY_SECRET", KEY_SECRET),
    ("CROSSCHECK_SECURITY_TOKEN", SESSION),
    ("CROSSCHECK_REQUEST_TIMEOUT", "5000"),
    ("CROSSCHECK_TOTAL_TIMEOUT", "60000"),
];

/// What a text may have a secret in: the text itself, what is percent-encoded or escaped in it decoded, twice.
fn readings(text: &str) -> Vec<String> {
    let decoded = |text: &str| {
        let unescaped =
            text.replace("\\\"", "\"").replace("\\/", "/").replace("&quot;", "\"").replace("&#34;", "\"");
        percent(&unescaped)
    };
    let once = decoded(text);
    let twice = decoded(&once);
    vec![text.to_owned(), once, twice]
}

fn percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match byte.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The secrets that a text shows, whatever it is encoded in.
fn shown(text: &str) -> Vec<String> {
    let texts = readings(text);
    let mut shown = Vec::new();
    for secret in PLANTED {
        // Wherever it begins in a group of three bytes, the middle of its base64 form is the same.
        let forms = (0..3).map(|before| {
            let encoded = STANDARD.encode(format!("{}{secret}", "x".repeat(before)));
            encoded.get(4..encoded.len() - 4).unwrap_or_default().to_owned()
        });
        for form in std::iter::once((*secret).to_owned()).chain(forms) {
            if let Some(text) = texts.iter().find(|text| text.contains(&form)) {
                let at = text.find(&form).unwrap_or(0);
                let context: String =
                    text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
                shown.push(format!("{secret} behind `…{context}`"));
                break;
            }
        }
    }
    shown
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// An endpoint that is wrong about everything, and that reflects every field of a request in fields, body and, where
/// it is asked for a redirect, in the URL of the next request.
fn reflecting(request: &Request) -> Vec<u8> {
    let echo: Vec<String> = request.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let authorization = request.field("authorization").unwrap_or("none").to_owned();
    let encoded: String = authorization.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let location = format!("/landed?X-Amz-Signature={REDIRECT}&echo={encoded}");
    let cookie = format!("sid={SET_COOKIE}; Path=/");
    let all = echo.join(" | ");
    let body = serde_json::json!({
        "echo": echo,
        "target": request.target,
        "encoded": STANDARD.encode(format!("got {authorization} from you")),
    });
    // The vary and the exposed lines are in findings and stories, too.
    let vary = format!("X-{authorization}");
    let fields: Vec<(&str, &str)> = vec![
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Headers", &authorization),
        ("Vary", &vary),
        ("X-Echo", &all),
        ("X-Target", &request.target),
        ("Set-Cookie", &cookie),
        ("X-Auth-Token", SET_COOKIE),
        ("Server", "nginx"),
        ("Location", &location),
    ];
    if request.is_preflight() && request.target.starts_with("/open") {
        let headers = request.field("access-control-request-headers").unwrap_or_default();
        let fields = [
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Methods", "PUT"),
            ("Access-Control-Allow-Headers", headers),
        ];
        return answer("200 OK", &fields, b"");
    }
    let redirects = !request.is_preflight() && request.target.contains("redirect");
    answer(if redirects { "302 Found" } else { "200 OK" }, &fields, body.to_string().as_bytes())
}

/// A bucket's API that refuses, and repeats what it was sent.
fn refusing(request: &Request) -> Vec<u8> {
    let all: Vec<String> = request.fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let body = format!(
        "<Error><Code>SignatureDoesNotMatch</Code><Message>{} {KEY_ID} {KEY_SECRET}</Message></Error>",
        all.join(" ").replace('&', "&amp;").replace('<', "&lt;")
    );
    answer("403 Forbidden", &[("x-amz-request-id", SESSION)], body.as_bytes())
}

/// A bucket's API with rules, that repeats what it was sent: when it refuses, and with `echo` in a comment of the rules.
/// Without, because the file that rules are restored from is what the store said, byte for byte.
fn granting(request: &Request, echo: bool) -> Vec<u8> {
    let all: Vec<String> = request.fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let body = format!(
        "<CORSConfiguration><!-- {} --><CORSRule><AllowedOrigin>{ORIGIN}</AllowedOrigin>\
         <AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>",
        if echo { all.join(" ").replace("--", "- -") } else { String::new() }
    );
    match request.method.as_str() {
        "GET" => answer("200 OK", &[], body.as_bytes()),
        _ => answer("400 Bad Request", &[], all.join("\n").as_bytes()),
    }
}

fn target_file(url: &str) -> String {
    let file = serde_json::json!({
        "url": url,
        "allowed_origins": [ORIGIN],
        "allowed_methods": ["GET", "PUT"],
        "allowed_headers": ["authorization"],
        "headers": {
            "authorization": "Bearer ${API_TOKEN}",
            "cookie": format!("sid={COOKIE}; lang=en"),
            "x-custom": LITERAL,
        },
    });
    file.to_string()
}

fn case_file() -> String {
    let page = |path: Option<&str>| {
        let mut request = serde_json::json!({
            "origin": ORIGIN, "headers": { "x-api-key": IN_CASE }, "credentials": "include",
            "expect": { "outcome": "allowed", "response": { "fields": { "x-auth-token": null } } },
        });
        if let Some(path) = path {
            request["path"] = path.into();
        }
        request
    };
    let case = |id: &str, requests: serde_json::Value| serde_json::json!({ "id": id, "title": "A page reads", "requests": requests });
    serde_json::json!({
        "id": "planted",
        "title": "Planted",
        "cases": [
            case("reads", serde_json::json!({ "a": page(None), "b": page(None) })),
            case("follows", serde_json::json!({ "a": page(Some("redirect")) })),
            case("raw", serde_json::json!({ "a": {
                "client": "raw", "origin": ORIGIN, "headers": { "x-api-key": IN_CASE }, "body": IN_CASE,
                "method": "GET", "expect": { "outcome": "blocked", "response": { "fields": { "x-echo": null, "set-cookie": null } } }
            } })),
        ],
    })
    .to_string()
}

fn plan_file() -> String {
    serde_json::json!({
        "id": "planted",
        "title": "Planted",
        "requests": { "read": { "kind": "actual", "headers": { "x-api-key": IN_PLAN }, "credentials": "include" } },
        "origins": [ORIGIN],
        "rate": 20,
        "stages": [{ "name": "s", "for": "1s" }],
    })
    .to_string()
}

/// What a command may end with; and what it must say, so that the row tests what it is meant to test.
struct Row<'a> {
    arguments: Vec<&'a str>,
    says: &'a str,
}

fn row<'a>(arguments: &[&'a str], says: &'a str) -> Row<'a> {
    Row { arguments: arguments.to_vec(), says }
}

/// What a command shows, on its outputs and in the files that it wrote.
fn all_shown(folder: &Folder, inputs: &[&str], ended: &Ended) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (name, text) in [("standard output", &ended.stdout), ("standard error", &ended.stderr)] {
        found.extend(shown(text).into_iter().map(|secret| format!("{name}: {secret}")));
    }
    for path in files(folder.path()) {
        let name = path.strip_prefix(folder.path()).expect("below").display().to_string();
        if inputs.contains(&name.as_str()) {
            continue;
        }
        let bytes = fs::read(&path).expect("a file");
        let text: String = String::from_utf8_lossy(&bytes).into_owned();
        found.extend(shown(&text).into_iter().map(|secret| format!("{name}: {secret}")));
    }
    found
}

#[test]
fn no_command_shows_a_secret() {
    let reflects = Server::start(reflecting);
    let refuses = Server::start(refusing);
    let grants = Server::start(|request| granting(request, false));
    let echoes = Server::start(|request| granting(request, true));
    let works = Server::start(|request| correct(request, ORIGIN));
    let presigned = |base: &str| {
        format!(
            "{base}?X-Amz-Credential={CREDENTIAL}%2F20261130%2Fus-east-1&X-Amz-Signature={SIGNATURE}&partNumber=1"
        )
    };
    let (reflected, working) = (presigned(&reflects.url("/items")), presigned(&works.url("/items")));
    let open = presigned(&reflects.url("/open"));
    let redirected = presigned(&reflects.url("/redirect"));
    // Nothing listens there.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let closed = presigned(&format!("http://{free}/items"));
    let bucket = refuses.url("/bucket");
    let granting = grants.url("/bucket");
    let echoing: &'static str = echoes.url("/bucket").leak();
    let typed_header = format!("x-api-key: {TYPED}");
    let typed_custom = format!("x-custom-name: {TYPED}");
    let broken_header = format!("authorization Bearer {TYPED}");
    let typed_url = format!("https://user:{TYPED}@127.0.0.1:99999/");
    let typed_fragment = format!("https://a.example/#access_token={TYPED}");
    let s3 = ["--dialect", "s3", "--region", "us-east-1", "--bucket", "bucket"];
    let rules = |words: &[&'static str]| [&["rules"], words, &["--target"]].concat();
    let with = |words: Vec<&'static str>, url: &'static str| -> Vec<&'static str> {
        [words, vec![url], s3.to_vec()].concat()
    };
    let (bucket, granting): (&'static str, &'static str) = (bucket.leak(), granting.leak());
    let (get, get_granted) = (with(rules(&["get"]), bucket), with(rules(&["get"]), echoing));
    let (put, delete) = (with(rules(&["put", "rules.json"]), bucket), with(rules(&["delete"]), bucket));
    let put_granted = with(rules(&["put", "rules.json"]), granting);
    let dry = with(rules(&["put", "rules.json", "--dry-run"]), granting);
    let rows = [
        row(&["config", "show"], "***  # crosscheck.json:1, ${API_TOKEN}"),
        row(&["list", "--plan"], "not applicable"),
        row(&["list", "--suites", "cases.json"], "planted/reads"),
        row(&["check", "cases.json"], "in order"),
        row(&["check", "wrong.json"], "x-api-key"),
        row(&["check", "load-plan.json"], "in order"),
        row(&["run", "--suites", "cases.json", "--report-dir", "r1"], "ask again"),
        row(
            &["run", "--suites", "cases.json", "-v", "--header", &typed_header, "--report-dir", "r2"],
            "ask again",
        ),
        row(&["run", "--target", &redirected, "--suites", "cases.json", "--report-dir", "r3"], "redirect"),
        row(&["run", "--report-dir", "r4", "origin/allowed", "origin/denied"], "ask again"),
        row(&["run", "--target", &working, "--report-dir", "r5", "origin"], "X-Amz-Signature=***"),
        row(&["run", "--target", &closed, "--report-dir", "r6", "origin"], "X-Amz-Signature=***"),
        row(&["try", "cases.json"], "authorization: ***"),
        row(&["try", "cases.json", "--target", &redirected], "sid=***"),
        row(&["explain", &reflected, "--origin", ORIGIN, "--header", &typed_header], "Ask again yourself"),
        row(&["explain", &reflected, "--origin", ORIGIN, "--header", &typed_header, "--json"], "\"hidden\""),
        row(&["explain", &redirected, "--origin", ORIGIN, "--credentials", "--json"], "\"hidden\""),
        row(&["explain", &redirected, "--origin", ORIGIN, "--credentials"], "redirect"),
        row(
            &[
                "explain",
                &open,
                "--origin",
                ORIGIN,
                "--header",
                &typed_custom,
                "--send",
                "--method",
                "PUT",
                "--json",
            ],
            "${X_CUSTOM_NAME}",
        ),
        row(&["explain", &closed, "--origin", ORIGIN], "no connection"),
        row(&["load", "load-plan.json", "--report-dir", "l1"], "reports:"),
        row(
            &[
                "load",
                "load-plan.json",
                "--report-dir",
                "l2",
                "--target",
                &redirected,
                "--header",
                &typed_header,
            ],
            "reports:",
        ),
        row(&["load", "preflight-storm", "--report-dir", "l3", "--duration", "1s"], "reports:"),
        row(&["load", "load-plan.json", "--report-dir", "l4", "--target", &closed], "X-Amz-Signature=***"),
        row(&["load", "load-plan.json", "--report-dir", "l5", "--engine", "goose"], "reports:"),
        row(&["render", "l1/load.json", "--report-dir", "l6"], "reports:"),
        row(&["render", "l2/load.json", "--form", "markdown"], "X-Amz-Signature=***"),
        row(&["render", "l2/load.json", "--form", "html"], "<html"),
        row(&["init", "--dir", "i", "--target", &reflected, "--header", &typed_header], "X-Amz-Signature"),
        row(&get, "SignatureDoesNotMatch"),
        row(&get_granted, "CORSConfiguration"),
        row(&put, "SignatureDoesNotMatch"),
        row(&delete, "SignatureDoesNotMatch"),
        row(&dry, "authorization"),
        row(&put_granted, "status 400"),
        row(&["rules", "restore"], ""),
        row(&["run", "--header", &broken_header], "Name: value"),
        row(&["run", "--target", &typed_url], "endpoint.url"),
        row(&["run", "--target", &typed_fragment], "fragment"),
        row(&["run", "--config", "wrong-target.json"], "endpoint.header"),
        row(&["run", "--config", "broken-target.json"], "broken-target.json:1:"),
        row(&["serve", "--listen", "127.0.0.1:9700x"], ""),
        row(&["serve", "--key", TYPED], "ID:SECRET"),
        row(&["vary", "--views", "50"], "broken"),
        row(&["schema", "target"], "$schema"),
        row(&["completions", "bash"], "crosscheck"),
        row(&["man"], "crosscheck"),
    ];
    let mut problems = Vec::new();
    let folder = Folder::new();
    let inputs = [
        "crosscheck.json",
        "cases.json",
        "wrong.json",
        "load-plan.json",
        "wrong-target.json",
        "broken-target.json",
    ];
    folder.write("crosscheck.json", target_file(&reflected));
    folder.write("cases.json", case_file());
    folder.write("wrong.json", case_file().replace("\"headers\"", "\"nonsense\":1,\"headers\""));
    folder.write("load-plan.json", plan_file());
    folder.write("rules.json", r#"{ "rules": [{ "allowed_origins": ["*"], "allowed_methods": ["GET"] }] }"#);
    folder.write("wrong-target.json", target_file(&reflected).replace("\"x-custom\"", "\"x custom\""));
    folder.write("broken-target.json", target_file(&reflected).replace("lang=en\",", "lang=en,"));
    for Row { arguments, says } in &rows {
        let ended = crosscheck_with(&folder, arguments, ENVIRONMENT);
        if !ended.all().contains(says) {
            problems.push(format!("{arguments:?} does not say {says:?}:\n{}", ended.all()));
        }
        let secrets = all_shown(&folder, &inputs, &ended);
        if !secrets.is_empty() {
            problems.push(format!("{arguments:?} shows\n{}", secrets.join("\n")));
        }
        // What it wrote would be held against the next commands, too; the records are rendered later.
        for path in files(folder.path()) {
            let name = path.strip_prefix(folder.path()).expect("below").display().to_string();
            let kept = inputs.contains(&name.as_str())
                || ["l1/load.json", "l2/load.json"].contains(&name.as_str())
                || name == "rules.json";
            if !kept {
                let _ = fs::remove_file(path);
            }
        }
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n\n"));
    let sent = |server: &Server, secret: &str| {
        server.requests().iter().any(|request| request.fields.iter().any(|(_, value)| value.contains(secret)))
    };
    // Otherwise nothing was planted.
    for secret in [TOKEN, COOKIE, IN_CASE, IN_PLAN] {
        assert!(sent(&reflects, secret), "{secret} was never sent");
    }
    assert!(sent(&refuses, KEY_ID) && sent(&refuses, SESSION), "the bucket was never asked");
}

#[test]
fn a_served_store_does_not_show_its_keys() {
    let folder = Folder::new();
    let key = format!("{KEY_ID}:{KEY_SECRET}");
    for arguments in
        [&["serve", "--listen", "127.0.0.1:0", "--key", &key][..], &["serve", "--listen", "127.0.0.1:0"]]
    {
        let environment = [("CROSSCHECK_SERVE_KEYS", key.as_str())];
        let mut child = command(&folder, arguments, &environment)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("its URL");
        child.kill().expect("it runs");
        let rest = child.wait_with_output().expect("its output");
        let all = format!(
            "{line}{}{}",
            String::from_utf8_lossy(&rest.stdout),
            String::from_utf8_lossy(&rest.stderr)
        );
        assert!(all.contains("http://127.0.0.1:"), "{all}");
        assert_eq!(shown(&all), [""; 0], "{arguments:?}");
    }
}

#[test]
fn curl_lines_name_the_variables_and_send_the_same_request() {
    let server = Server::start(reflecting);
    let folder = Folder::new();
    folder.write("crosscheck.json", target_file(&server.url(&format!("/items?sig={SIGNATURE}"))));
    folder.write("cases.json", case_file());
    let run = ["run", "--suites", "cases.json", "planted/raw"];
    let ended = crosscheck_with(&folder, &run, ENVIRONMENT).with_code(1);
    let line =
        ended.stdout.lines().find_map(|line| line.trim().strip_prefix("ask again: ")).expect("a curl line");
    for part in ["\"$API_TOKEN\"", "\"$COOKIE\"", "\"$X_CUSTOM\"", "\"$X_API_KEY\"", "\"$SIG\""] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    let before = server
        .requests()
        .into_iter()
        .rfind(|request| request.field("x-api-key").is_some())
        .expect("a request");
    let cookie = format!("sid={COOKIE}; lang=en");
    let status = Command::new("sh")
        .args(["-c", line])
        .env("API_TOKEN", TOKEN)
        .env("COOKIE", &cookie)
        .env("X_CUSTOM", LITERAL)
        .env("X_API_KEY", IN_CASE)
        .env("SIG", SIGNATURE)
        .stdout(Stdio::null())
        .status();
    // Where there is no curl, the words are all there is to hold.
    if status.is_ok_and(|status| status.success()) {
        let after = server.requests().into_iter().next_back().expect("a request");
        for name in ["authorization", "cookie", "x-custom", "x-api-key", "origin"] {
            assert_eq!(after.field(name), before.field(name), "{name} in {line}");
        }
        assert_eq!(after.target, before.target, "{line}");
    }
}
