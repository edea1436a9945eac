//! What is printed and written: a request can be sent again as it was, no terminal obeys what came from outside, and
//! names that nothing could be sent with are refused at once.

use std::process::{Command, Stdio};

use crosscheck::{
    exchange::{ConnectOptions, curl, js_fetch},
    message::Request as Message,
};

use crate::support::{Folder, Request, Server, answer, correct, crosscheck, crosscheck_with};

const ALLOWED: &str = "https://app.example";

/// Whether a program is there; said where it is not.
fn has(program: &str) -> bool {
    let there =
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there {
        eprintln!("skipped: there is no {program} here");
    }
    there
}

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
    folder.write("again.json", &suite.to_string());
    let mut methods: Vec<&str> = requests.iter().filter_map(|request| request["method"].as_str()).collect();
    methods.dedup();
    let target = serde_json::json!({
        "url": server.url("/"), "allowed_origins": [ALLOWED], "capabilities": { "methods": methods }
    });
    folder.write("crosscheck.json", &target.to_string());
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
        let line = curl(&request, &ConnectOptions::default()).expect("curl can send it").line;
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
    folder.write("again.json", &suite.to_string());
    let target = serde_json::json!({
        "url": server.url("/"), "allowed_origins": [ALLOWED], "capabilities": { "methods": ["PUT"] }
    });
    folder.write("crosscheck.json", &target.to_string());
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
        let call = js_fetch(&request, "include");
        let path = folder.write("call.mjs", &call);
        let output = Command::new("node").arg("--check").arg(path).output().expect("node runs");
        assert!(output.status.success(), "{call}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What a terminal obeys, or what hides or turns the text around it; each followed by a word to find it by.
const HOSTILE: &str = "\u{1b}]0;title\u{7}\u{1b}[32mGREEN\u{1b}[2J\u{9b}31mC1\u{202e}RLO\u{2066}\u{200b}ZW\u{feff}\u{61c}\u{200e}\u{7f}\u{8}BS";

/// What must not be printed, as this test sees it.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Nothing that a terminal would obey but our own tones, and no tone where the text of others begins.
#[track_caller]
fn assert_safe(what: &str, text: &str) {
    assert!(!text.contains("\u{1b}[32mGREEN"), "{what} has the colour of others:\n{text:?}");
    let mut rest = text.to_owned();
    for own in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[36m"]
    {
        rest = rest.replace(own, "");
    }
    // Those of the library that draws diagnostics.
    for own in ["\u{1b}[91m", "\u{1b}[93m", "\u{1b}[94m", "\u{1b}[96m", "\u{1b}[92m"] {
        rest = rest.replace(own, "");
    }
    if let Some(at) = rest.find(|c| c != '\n' && is_hidden(c)) {
        let from = rest[..at].char_indices().rev().nth(60).map_or(0, |(from, _)| from);
        panic!("{what} prints {:?}", &rest[from..(at + 4).min(rest.len())]);
    }
}

/// An endpoint whose every answer carries hostile text where it can.
fn hostile_endpoint() -> Server {
    Server::start(|request| {
        let line = HOSTILE;
        // Without C0 controls, which some readers do not let through.
        let quiet: String = line.chars().filter(|c| !c.is_ascii_control()).collect();
        let mut fields = vec![
            ("Access-Control-Allow-Origin", quiet.as_str()),
            ("Access-Control-Allow-Methods", quiet.as_str()),
            ("Vary", line),
            ("Server", quiet.as_str()),
            ("Via", line),
            ("X-Cache", line),
            ("Content-Type", line),
        ];
        let location = format!("/next/{line}");
        if request.target.contains("redirect") {
            fields.push(("Location", &location));
            return answer("302 Found", &fields, line.as_bytes());
        }
        if request.target.contains("garbage") {
            return format!("HTTP/1.1 200 {line}\r\n\r\n").into_bytes();
        }
        let mut bytes = answer("200 OK", &fields, line.as_bytes());
        // A C1 control as a single byte, as no UTF-8 has it.
        let at = bytes.windows(5).position(|five| five == b"\r\nVia").expect("a field");
        bytes.splice(at..at, b"\r\nAge: \x9b2J\x85".iter().copied());
        bytes
    })
}

fn hostile_suite() -> String {
    serde_json::json!({ "id": "hostile", "title": HOSTILE, "cases": [
        { "id": "reads", "title": HOSTILE, "about": HOSTILE, "source": ["https://a.example/"], "requests": {
            "r": { "origin": ALLOWED, "path": "x", "expect": { "outcome": "allowed" } } } },
        { "id": "redirects", "title": HOSTILE, "requests": {
            "r": { "origin": ALLOWED, "path": "redirect", "expect": { "outcome": "allowed" } } } },
        { "id": "preflight", "title": HOSTILE, "requests": {
            "r": { "origin": ALLOWED, "method": "PUT", "path": "x", "expect": { "outcome": "allowed" } } } },
        { "id": "raw", "title": HOSTILE, "requests": {
            "r": { "client": "raw", "path": "x", "headers": { "X-A": "\u{1b}]0;t\u{7}\u{9b}" }, "body": HOSTILE,
                   "method": "GET", "expect": { "response": { "status": 299, "fields": { "server": "\u{1b}[32mGREEN\u{200b}" } } } } } }
    ] })
    .to_string()
}

/// JUnit reports as a CI system reads them: XML without anything hidden.
#[track_caller]
fn assert_xml(text: &str) {
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Eof) => break,
            Ok(_) => {}
            Err(error) => panic!("{error} in\n{text}"),
        }
    }
    assert!(!text.contains(|c| c != '\n' && is_hidden(c)), "{text:?}");
}

#[test]
fn no_answer_of_an_endpoint_reaches_the_terminal_or_a_report_as_a_control_sequence() {
    let server = hostile_endpoint();
    let folder = Folder::new();
    folder.write("hostile.json", &hostile_suite());
    let url = server.url("/");
    let target = ["--target", url.as_str(), "--allowed-origin", ALLOWED, "--allowed-method", "PUT"];
    let (redirect, garbage) = (server.url("/redirect"), server.url("/garbage"));
    for colour in ["always", "never"] {
        for arguments in [
            [&["run", "-v", "--suites", "hostile.json"][..], &target].concat(),
            [&["try", "hostile.json"][..], &target].concat(),
            [&["list", "--suites", "hostile.json"][..], &target].concat(),
            vec!["explain", &url, "--origin", ALLOWED],
            vec!["explain", &redirect, "--origin", ALLOWED],
            vec!["explain", &garbage, "--origin", ALLOWED],
            vec!["explain", &redirect, "--origin", ALLOWED, "-X", "PUT", "-H", "X-A"],
            vec!["explain", &url, "--origin", ALLOWED, "--json"],
            vec!["check", "hostile.json"],
        ] {
            let all: Vec<&str> = [&["--color", colour][..], &arguments].concat();
            let ended = crosscheck(&folder, &all);
            assert_safe(&format!("{all:?}"), &ended.stdout);
            assert_safe(&format!("{all:?}"), &ended.stderr);
            match arguments[0] {
                "run" => {
                    assert_eq!(ended.code, 1, "{}", ended.all());
                    assert!(ended.stdout.contains(r"\x1b[32mGREEN\x1b[2J\x"), "{}", ended.stdout);
                    assert_xml(&folder.read("reports/junit.xml"));
                    let record = folder.read("reports/run.json");
                    assert!(!record.contains(|c| c != '\n' && is_hidden(c)), "run.json");
                    assert!(record.contains(r"\u001b[32mGREEN"), "the record keeps what was said");
                }
                "explain" => {
                    assert!(ended.stdout.contains("GREEN") || arguments[1] == garbage, "{}", ended.all())
                }
                "try" => assert!(ended.stdout.contains(r"\x1b[32mGREEN"), "{}", ended.stdout),
                _ => {}
            }
        }
    }
}

#[test]
fn no_file_reaches_the_terminal_as_a_control_sequence() {
    let server = Server::start(|request| correct(request, ALLOWED));
    let folder = Folder::new();
    let text = |value: &str| serde_json::Value::from(value).to_string();
    // Raw where JSON allows that: behind U+0020, it does.
    let raw = "\u{9b}31m\u{202e}\u{200b}\u{7f}";
    folder.write("suites/id.json", &format!(r#"{{ "id": {0}, "title": {0}, "cases": [{{ "id": {0}, "title": {0}, "requests": {{ {0}: {{ "metod": {0}, "origin": {0} }} }} }}] }}"#, text(HOSTILE)));
    folder.write("suites/place.json", &format!("{{ \"id\": \"x\", \"title\": \"{raw}\", \"{raw}\": \"{raw}\",\n \"cases\": [ {{ \"{raw}{raw}\" }}"));
    folder.write("suites/method.json", &format!(r#"{{ "id": "m", "title": "t", "cases": [{{ "id": "a", "title": "{raw}", "requests": {{ "r": {{ "method": {0}, "path": {0}, "headers": {{ {0}: {0} }}, "expect": {{ "exposed": [{0}] }} }} }} }}] }}"#, text(HOSTILE)));
    folder.write(&format!("suites/{HOSTILE}.json").replace("0;title", "0-title"), "{ \"x\": 1 }");
    folder.write("one.json", r#"{ "id": "one", "title": "t", "cases": [{ "id": "a", "title": "t", "requests": { "r": { "origin": "https://app.example", "expect": { "outcome": "allowed" } } } }] }"#);
    let hostile = text(HOSTILE);
    folder.write("names.json", &format!(r#"{{ "url": "{}", "allowed_origins": [{hostile}, "{raw}"], "allowed_methods": [{hostile}], "allowed_headers": [{hostile}], "roles": {{ {hostile}: {hostile} }}, "headers": {{ {hostile}: {hostile} }}, "resolve": [{hostile}], "profile": "spec" }}"#, server.url("/")));
    folder.write("form.json", &format!(r#"{{ "{raw}": 1, "url": {hostile}, "dialect": {hostile} }}"#));
    folder.write("sound.json", &format!(r#"{{ "url": "{}", "allowed_origins": ["{ALLOWED}"], "roles": {{ "denied": {hostile} }}, "headers": {{ "X-A": "a{raw}" }}, "known_issues": [] }}"#, server.url("/")));
    folder.write("plan.json", &format!(r#"{{ "id": "p", "title": {hostile}, "requests": {{ "{raw}": {{ "method": {hostile} }} }}, "rate": 1, "stages": [{{ "name": {hostile}, "for": "1s" }}], "budgets": [{hostile}] }}"#));
    folder.write("load.json", &format!("{{ \"load_record_version\": 1, \"{raw}\": \"{raw}\" }}"));
    for colour in ["always", "never"] {
        for (code, arguments) in [
            (2, &["check", "suites"][..]),
            (2, &["run", "--suites", "suites"]),
            (2, &["check", "plan.json"]),
            (2, &["run", "--config", "names.json", "--suites", "one.json"]),
            (2, &["run", "--config", "form.json", "--suites", "one.json"]),
            (0, &["config", "show", "--config", "sound.json"]),
            (2, &["render", "load.json"]),
            (2, &["try", HOSTILE]),
            (2, &["explain", HOSTILE, "--origin", HOSTILE, "-X", HOSTILE]),
            (2, &["run", "--config", HOSTILE]),
        ] {
            let ended = crosscheck(&folder, &[&["--color", colour][..], arguments].concat()).with_code(code);
            assert_safe(&format!("{arguments:?}"), &ended.stdout);
            assert_safe(&format!("{arguments:?}"), &ended.stderr);
        }
    }
}

const RULES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CORSConfiguration><CORSRule><ID>\u{9b}31m\u{202e}x\u{200b}</ID><AllowedOrigin>https://a.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>";
const KEY: [(&str, &str); 2] =
    [("CROSSCHECK_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("CROSSCHECK_ACCESS_KEY_SECRET", "secret")];

#[test]
fn rules_are_data_to_a_pipe_and_safe_on_a_terminal() {
    let server =
        Server::start(|_| answer("200 OK", &[("Content-Type", "application/xml")], RULES.as_bytes()));
    let folder = Folder::new();
    let url = server.url("/photos/");
    let of_bucket =
        ["--target", url.as_str(), "--dialect", "s3", "--region", "us-east-1", "--bucket", "photos"];
    let get = [&["rules", "get"][..], &of_bucket].concat();
    let ended = crosscheck_with(&folder, &get, &KEY).with_code(0);
    assert_eq!(ended.stdout, RULES, "a pipe gets them byte for byte");
    let json = crosscheck_with(&folder, &[&get[..], &["--json"]].concat(), &KEY).with_code(0);
    assert_safe("rules get --json", &json.stdout);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(value["rules"][0]["id"], "\u{9b}31m\u{202e}x\u{200b}");
    folder.write("rules.xml", RULES);
    let put = [&["rules", "put", "rules.xml", "--dry-run"][..], &of_bucket].concat();
    let ended = crosscheck_with(&folder, &put, &KEY).with_code(0);
    assert_safe("rules put --dry-run", &ended.all());
    assert!(ended.stdout.contains(r"<ID>\x9b31m\u{202e}x\u{200b}</ID>"), "{}", ended.stdout);
    if !has("script") {
        return;
    }
    let line = get
        .iter()
        .fold(format!("'{}'", env!("CARGO_BIN_EXE_crosscheck")), |line, word| format!("{line} '{word}'"));
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(folder.path())
        .envs(KEY)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("script runs");
    let shown = String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n");
    assert_safe("rules get on a terminal", &shown);
    assert!(shown.contains(r"<ID>\x9b31m\u{202e}x\u{200b}</ID>"), "{shown}");
}

#[test]
fn names_that_are_no_tokens_are_refused_where_they_are_given() {
    let server = Server::start(|request| correct(request, ALLOWED));
    let folder = Folder::new();
    let url = server.url("/");
    folder.write("one.json", r#"{ "id": "one", "title": "t", "cases": [{ "id": "a", "title": "t", "requests": { "r": { "origin": "https://app.example", "expect": { "outcome": "allowed" } } } }] }"#);
    let file = |text: &str| format!("{{ \"url\": \"{url}\", {text} }}");
    let origins = r#""allowed_origins": ["https://app.example"]"#;
    for (name, text) in [
        ("methods.json", file(&format!("{origins}, \"allowed_methods\": [\"GET\", \"G T\"]"))),
        ("headers.json", file(&format!("{origins}, \"allowed_headers\": [\"a:b\"]"))),
        ("exposed.json", file(&format!("{origins}, \"expose_headers\": [\"\"]"))),
        ("header.json", file(&format!("{origins}, \"headers\": {{ \"X A\": \"1\" }}"))),
        ("sent.json", file(&format!("{origins}, \"capabilities\": {{ \"methods\": [\"P\\tT\"] }}"))),
        ("role.json", file(&format!("{origins}, \"roles\": {{ \"method\": \"G T\" }}"))),
        ("policy.json", file(r#""policy": { "rules": [{ "allowed_origins": ["*"], "allowed_methods": ["G(T"] }] }"#)),
        ("policy-headers.json", file(r#""policy": { "rules": [{ "allowed_origins": ["*"], "allowed_methods": ["GET"], "allowed_headers": ["x y"], "expose_headers": ["é"] }] }"#)),
        ("case.json", r#"{ "id": "c", "title": "t", "cases": [{ "id": "a", "title": "t", "requests": { "r": { "client": "raw", "method": "G T", "headers": { "a b": "1" }, "expect": { "hidden": ["c d"] } } } }] }"#.to_owned()),
        ("case-rules.json", r#"{ "id": "c", "title": "t", "cases": [{ "id": "a", "title": "t", "given": { "rules": [{ "allowed_origins": ["*"], "allowed_methods": ["GET"], "allowed_headers": ["e f"], "expose_headers": ["g h"] }] }, "requests": { "r": { "origin": "https://app.example", "expect": { "outcome": "allowed" } } } }] }"#.to_owned()),
        ("plan.json", r#"{ "id": "p", "title": "t", "requests": { "ask": { "method": "G T", "headers": { "a b": "1" } } }, "rate": 10, "stages": [{ "name": "s", "for": "1s" }] }"#.to_owned()),
        ("rules.json", r#"{ "rules": [{ "allowed_origins": ["*"], "allowed_methods": ["GET"], "allowed_headers": ["a b"] }] }"#.to_owned()),
        ("rules.xml", "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>G T</AllowedMethod></CORSRule></CORSConfiguration>".to_owned()),
        ("rules-headers.xml", "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><ExposeHeader>a b</ExposeHeader></CORSRule></CORSConfiguration>".to_owned()),
    ] {
        folder.write(name, &text);
    }
    let by_flag = |flag: &'static str, value: &'static str| -> Vec<&str> {
        vec!["run", "--suites", "one.json", "--target", &url, "--allowed-origin", ALLOWED, flag, value]
    };
    let by_file = |name: &'static str| -> Vec<&str> { vec!["run", "--suites", "one.json", "--config", name] };
    let explain = |flag: &'static str, value: &'static str| -> Vec<&str> {
        vec!["explain", &url, "--origin", ALLOWED, flag, value]
    };
    let put = |name: &'static str| -> Vec<&str> {
        vec![
            "rules",
            "put",
            name,
            "--dry-run",
            "--target",
            &url,
            "--dialect",
            "s3",
            "--bucket",
            "photos",
            "--region",
            "r",
        ]
    };
    for (arguments, environment, said) in [
        (by_flag("--allowed-method", "G T"), None, &["`G T` is not a valid method", "--allowed-method"][..]),
        (by_flag("--allowed-method", ""), None, &["not a valid method", "--allowed-method"]),
        (by_flag("--allowed-method", "GET,PUT"), None, &["each as an entry of its own: GET and PUT"]),
        (by_flag("--allowed-header", "a b"), None, &["`a b` is not a valid header name", "--allowed-header"]),
        (
            by_flag("--expose-header", "a\u{e9}"),
            None,
            &["`a\u{e9}` is not a valid header name", "--expose-header"],
        ),
        (by_flag("--header", "a b: 1"), None, &["`a b` cannot be sent as a header"]),
        (by_flag("--role", "header=a b"), None, &["`a b` is not a valid header name", "--role"]),
        (
            by_flag("--max-age", "1"),
            Some(("CROSSCHECK_ALLOWED_METHODS", "GET,P T")),
            &["`P T` is not a valid method", "CROSSCHECK_ALLOWED_METHODS"],
        ),
        (
            by_flag("--max-age", "1"),
            Some(("CROSSCHECK_ALLOWED_HEADERS", "a@b")),
            &["`a@b` is not a valid header name", "CROSSCHECK_ALLOWED_HEADERS"],
        ),
        (by_file("methods.json"), None, &["`G T` is not a valid method", "methods.json:1:"]),
        (by_file("headers.json"), None, &["`a:b` is not a valid header name", "headers.json:1:"]),
        (by_file("exposed.json"), None, &["`` is not a valid header name", "exposed.json:1:"]),
        (by_file("header.json"), None, &["`X A` cannot be sent as a header", "header.json:1:"]),
        (by_file("sent.json"), None, &["is not a valid method", "sent.json:1:"]),
        (by_file("role.json"), None, &["`G T` is not a valid method", "role.json:1:"]),
        (by_file("policy.json"), None, &["`G(T` is not a valid method", "policy.json:1:"]),
        (
            by_file("policy-headers.json"),
            None,
            &["`x y` is not a valid header name", "`é` is not a valid header name"],
        ),
        (vec!["check", "case.json"], None, &["`G T` is", "`a b` is", "`c d` is", "case.json:1:"]),
        (vec!["check", "case-rules.json"], None, &["`e f` is", "`g h` is", "case-rules.json:1:"]),
        (vec!["check", "plan.json"], None, &["the method `G T`", "`a b` is", "plan.json:1:"]),
        (explain("-X", "G T"), None, &["`G T` is", "--method"]),
        (explain("-H", "a b"), None, &["`a b` cannot be sent as a header", "--header"]),
        (explain("-H", "a b: 1"), None, &["`a b` cannot be sent as a header", "--header"]),
        (explain("-H", "a: 1\n2"), None, &["`a` cannot be sent as a header", "--header"]),
        (put("rules.json"), None, &["a b"]),
        (put("rules.xml"), None, &["G T"]),
        (put("rules-headers.xml"), None, &["a b"]),
    ] {
        let environment: Vec<(&str, &str)> = environment.into_iter().chain(KEY).collect();
        let ended = crosscheck_with(&folder, &arguments, &environment).with_code(2);
        for words in said {
            assert!(ended.stderr.contains(words), "{arguments:?} does not say {words:?}:\n{}", ended.all());
        }
    }
    // What has a meaning is taken: any header, any method that is a token.
    crosscheck(&folder, &by_flag("--allowed-header", "*")).with_code(0);
    crosscheck(&folder, &by_flag("--allowed-method", "M!")).with_code(0);
    assert!(server.requests().iter().all(|request| request.method != "G T"));
}

#[test]
fn names_from_a_foreign_load_record_are_no_formulas_markup_or_control_sequences() {
    let folder = Folder::new();
    let server = Server::start(|request| correct(request, ALLOWED));
    folder.write("plan.json", r#"{ "id": "p", "title": "t", "requests": { "ask": { "kind": "actual" } }, "rate": 20, "stages": [{ "name": "s", "for": "1s" }], "budgets": ["p99<1s"] }"#);
    crosscheck(
        &folder,
        &[
            "load",
            "plan.json",
            "--target",
            &server.url("/"),
            "--allowed-origin",
            ALLOWED,
            "--report-dir",
            "made",
        ],
    );
    let mut record: serde_json::Value = serde_json::from_str(&folder.read("made/load.json")).expect("JSON");
    let formula = format!("=cmd|' /C calc'!A0{HOSTILE}<script>");
    for at in ["/requests/0/name", "/target", "/command", "/budgets/0/text", "/plan/id"] {
        *record.pointer_mut(at).expect(at) = formula.as_str().into();
    }
    folder.write("foreign.json", &record.to_string());
    for form in ["text", "html", "markdown", "csv", "csv-seconds", "junit", "json"] {
        let ended = crosscheck(&folder, &["render", "foreign.json", "--form", form]);
        // A heart of a Markdown report is an emoji with a selector of its own.
        let text = ended.stdout.replace("⚠\u{fe0f}", "");
        assert_safe(form, &text.replace('\r', ""));
        assert_safe(form, &ended.stderr);
        match form {
            "csv" => assert!(text.contains("\n'=cmd|' /C calc'!A0\\x1b]0;title"), "{text}"),
            "junit" => assert_xml(&text),
            "html" => assert!(!text.contains("A0<script"), "{form}"),
            _ => {}
        }
    }
}

#[test]
fn a_live_run_on_a_terminal_obeys_nothing_either() {
    if !has("script") {
        return;
    }
    let server = hostile_endpoint();
    let folder = Folder::new();
    folder.write("hostile.json", &hostile_suite());
    let line = format!(
        "'{}' run -v --suites hostile.json --target {} --allowed-origin {ALLOWED}",
        env!("CARGO_BIN_EXE_crosscheck"),
        server.url("/")
    );
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(folder.path())
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .expect("script runs");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("\u{1b}[31m"), "a terminal gets colours: {shown:?}");
    // The line that shows how far the run is begins with these.
    assert_safe("run on a terminal", &shown.replace("\r\n", "\n").replace("\r\u{1b}[2K", ""));
}
