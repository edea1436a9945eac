//! What came from outside, on terminals and in reports.

use std::process::{Command, Stdio};

use super::{ALLOWED, KEY, ONE, has};
use crate::care::support::{Folder, Server, answer, correct, crosscheck, crosscheck_with};

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
    folder.write("hostile.json", hostile_suite());
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
                    for report in ["run.md", "run.sarif"] {
                        let text = folder.read(&format!("reports/{report}"));
                        assert!(!text.contains(|c| c != '\n' && is_hidden(c)), "{report}");
                    }
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
    folder.write("suites/id.json", format!(r#"{{ "id": {0}, "title": {0}, "cases": [{{ "id": {0}, "title": {0}, "requests": {{ {0}: {{ "metod": {0}, "origin": {0} }} }} }}] }}"#, text(HOSTILE)));
    folder.write("suites/place.json", format!("{{ \"id\": \"x\", \"title\": \"{raw}\", \"{raw}\": \"{raw}\",\n \"cases\": [ {{ \"{raw}{raw}\" }}"));
    folder.write("suites/method.json", format!(r#"{{ "id": "m", "title": "t", "cases": [{{ "id": "a", "title": "{raw}", "requests": {{ "r": {{ "method": {0}, "path": {0}, "headers": {{ {0}: {0} }}, "expect": {{ "exposed": [{0}] }} }} }} }}] }}"#, text(HOSTILE)));
    folder.write(&format!("suites/{HOSTILE}.json").replace("0;title", "0-title"), "{ \"x\": 1 }");
    folder.write("one.json", ONE);
    let hostile = text(HOSTILE);
    folder.write("names.json", format!(r#"{{ "url": "{}", "allowed_origins": [{hostile}, "{raw}"], "allowed_methods": [{hostile}], "allowed_headers": [{hostile}], "roles": {{ {hostile}: {hostile} }}, "headers": {{ {hostile}: {hostile} }}, "resolve": [{hostile}], "profile": "spec" }}"#, server.url("/")));
    folder.write("form.json", format!(r#"{{ "{raw}": 1, "url": {hostile}, "dialect": {hostile} }}"#));
    folder.write("sound.json", format!(r#"{{ "url": "{}", "allowed_origins": ["{ALLOWED}"], "roles": {{ "denied": {hostile} }}, "headers": {{ "X-A": "a{raw}" }}, "known_issues": [] }}"#, server.url("/")));
    folder.write("plan.json", format!(r#"{{ "id": "p", "title": {hostile}, "requests": {{ "{raw}": {{ "method": {hostile} }} }}, "rate": 1, "stages": [{{ "name": {hostile}, "for": "1s" }}], "budgets": [{hostile}] }}"#));
    folder.write("load.json", format!("{{ \"load_record_version\": 1, \"{raw}\": \"{raw}\" }}"));
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
    for at in ["/requests/0/name", "/target", "/command", "/plan/id"] {
        *record.pointer_mut(at).expect(at) = formula.as_str().into();
    }
    // A record is read only with budgets that can be read; the name of a request in one is any word.
    let budget = format!("p99<1s for {}", formula.replace(char::is_whitespace, ""));
    record["budgets"][0]["text"] = budget.into();
    folder.write("foreign.json", record.to_string());
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
    folder.write("hostile.json", hostile_suite());
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
