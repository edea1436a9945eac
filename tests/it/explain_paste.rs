//! `explain` with what people copy: from the browser's developer tools, from a console, from a script.

use std::{
    io::Write,
    process::{Output, Stdio},
};

use serde_json::Value;

use crate::care::support::{Ended, Folder, Request, Server, answer, command, correct, crosscheck};

const APP: &str = "https://app.example";

/// Allows GET and PUT with `content-type` and `authorization` to [`APP`].
fn server() -> Server {
    Server::start(|request| correct(request, APP))
}

/// The JSON of an explanation.
#[track_caller]
fn explained(folder: &Folder, arguments: &[&str], code: i32) -> Value {
    let arguments = [&["explain"], arguments, &["--json"]].concat();
    let ended = crosscheck(folder, &arguments).with_code(code);
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.all()))
}

fn explain(folder: &Folder, arguments: &[&str]) -> Ended {
    crosscheck(folder, &[&["explain"], arguments].concat())
}

/// The same with a text on standard input.
fn piped(folder: &Folder, arguments: &[&str], text: &str) -> Output {
    let mut child = command(folder, &[&["explain"], arguments].concat(), &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("read");
    child.wait_with_output().expect("it ends")
}

fn preflights(server: &Server) -> Vec<Request> {
    server.requests().into_iter().filter(Request::is_preflight).collect()
}

/// The same request to `URL`, copied in each way.
fn copies(url: &str) -> Vec<(&'static str, String)> {
    let texts = [
        (
            "a curl command",
            "curl 'URL' \\\n  -X 'PUT' \\\n  -H 'content-type: application/json' \\\n  -b 'session=abc' \\\n  -H 'origin: https://app.example' \\\n  -H 'sec-fetch-mode: cors' \\\n  -H 'user-agent: Mozilla/5.0' \\\n  --data-raw '{\"a\":1}'",
        ),
        (
            "a curl command for cmd.exe",
            "curl ^\"URL^\" ^\r\n  -X ^\"PUT^\" ^\r\n  -H ^\"content-type: application/json^\" ^\r\n  -b ^\"session=abc^\" ^\r\n  -H ^\"origin: https://app.example^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":1^}^\"",
        ),
        (
            "a PowerShell command",
            "$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\n$session.Cookies.Add((New-Object System.Net.Cookie(\"session\", \"abc\", \"/\", \"api.example\")))\nInvoke-WebRequest -UseBasicParsing -Uri \"URL\" `\n-Method \"PUT\" `\n-WebSession $session `\n-Headers @{\n\"origin\"=\"https://app.example\"\n} `\n-ContentType \"application/json\" `\n-Body \"{`\"a`\":1}\"",
        ),
        (
            "a fetch() call",
            "await fetch(\"URL\", {\n  \"headers\": { \"accept\": \"*/*\", \"content-type\": \"application/json\", \"sec-fetch-mode\": \"cors\" },\n  \"referrer\": \"https://app.example/page\",\n  \"body\": \"{\\\"a\\\":1}\",\n  \"method\": \"PUT\",\n  \"mode\": \"cors\",\n  \"credentials\": \"include\"\n});",
        ),
        (
            "a HAR file",
            r#"{ "log": { "entries": [ { "_error": "net::ERR_FAILED", "request": { "method": "PUT", "url": "URL", "headers": [
                { "name": "Origin", "value": "https://app.example" }, { "name": "Cookie", "value": "session=abc" },
                { "name": "Content-Type", "value": "application/json" } ],
                "postData": { "mimeType": "application/json", "text": "{\"a\":1}" } }, "response": { "status": 0, "headers": [] } } ] } }"#,
        ),
    ];
    texts.map(|(form, text)| (form, text.replace("URL", url))).to_vec()
}

#[test]
fn each_copy_of_a_request_is_explained_as_the_same_request() {
    let folder = Folder::new();
    for index in 0..copies("").len() {
        let server = server();
        let (form, text) = copies(&server.url("/items")).swap_remove(index);
        folder.write("copied.txt", &text);
        for how in ["argument", "@file", "--from", "stdin"] {
            let ended = match how {
                "argument" => explain(&folder, &[&text, "--send"]),
                "@file" => explain(&folder, &["@copied.txt", "--send"]),
                "--from" => explain(&folder, &["--from", "copied.txt", "--send"]),
                _ => {
                    let output = piped(&folder, &["-", "--send"], &format!("\n{text}\r\n"));
                    let read = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
                    Ended {
                        code: output.status.code().unwrap_or(-1),
                        stdout: read(output.stdout),
                        stderr: read(output.stderr),
                        took: std::time::Duration::ZERO,
                    }
                }
            };
            // The server allows no credentials.
            let ended = ended.with_code(1);
            let what = format!("{form}, {how}: {}", ended.all());
            assert!(ended.stderr.contains(&format!("read {form}: PUT")), "{what}");
            let words = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains("from https://app.example with credentials: blocked"), "{what}");
            assert!(!ended.all().contains("session=abc"), "{what}");
        }
        let first = preflights(&server).swap_remove(0);
        assert_eq!(first.target, "/items", "{form}");
        assert_eq!(first.field("origin"), Some(APP), "{form}");
        assert_eq!(first.field("access-control-request-method"), Some("PUT"), "{form}");
        assert_eq!(first.field("access-control-request-headers"), Some("content-type"), "{form}");
        assert!(server.requests().iter().all(|request| request.field("cookie").is_none()), "{form}");
    }
}

#[test]
fn a_console_message_is_enough() {
    let folder = Folder::new();
    for (browser, text, headers, code) in [
        (
            "Chrome",
            "page.js:7 Access to fetch at 'URL' from origin 'https://app.example' has been blocked by CORS policy: Request header field x-a is not allowed by Access-Control-Allow-Headers in preflight response.",
            "x-a",
            1,
        ),
        (
            "Firefox",
            "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at URL. (Reason: header ‘x-a’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response).",
            "x-a",
            1,
        ),
        (
            "Safari",
            "[Error] Request header field x-a is not allowed by Access-Control-Allow-Headers.\n[Error] Fetch API cannot load URL due to access control checks.",
            "x-a",
            1,
        ),
        // The message does not say what the preflight was for.
        (
            "Chrome",
            "Access to XMLHttpRequest at 'URL' from origin 'https://app.example' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: It does not have HTTP ok status.",
            "content-type",
            0,
        ),
    ] {
        let server = server();
        let text = text.replace("URL", &server.url("/items"));
        let ended = explain(&folder, &[&text, "--origin", APP]).with_code(code);
        assert!(ended.stderr.contains(&format!("read a console message of {browser}")), "{}", ended.all());
        assert_eq!(ended.stderr.contains("assuming POST"), code == 0, "{}", ended.all());
        let first = preflights(&server).swap_remove(0);
        assert_eq!(first.field("access-control-request-headers"), Some(headers), "{text}");
    }
    // Flags say what the message does not.
    let server = server();
    let text = format!(
        "Access to fetch at '{}' from origin '{APP}' has been blocked by CORS policy: Response to preflight request \
         doesn't pass access control check: It does not have HTTP ok status.",
        server.url("/items")
    );
    let explanation = explained(&folder, &[&text, "-X", "DELETE", "-H", "x-b"], 1);
    assert_eq!(explanation["question"]["method"], "DELETE");
    assert_eq!(explanation["question"]["headers"], serde_json::json!([["x-b", "1"]]));
}

#[test]
fn what_is_missing_in_a_copy_is_named_with_the_flag_that_gives_it() {
    let (folder, server) = (Folder::new(), server());
    let url = server.url("/items");
    let no_origin = format!("fetch('{url}')");
    let safari = format!("Origin {APP} is not allowed by Access-Control-Allow-Origin. Status code: 200");
    folder.write("safari.txt", &safari);
    let unclosed = format!("curl '{url}' -H 'Authorization: Bearer hidden");
    for (arguments, said) in [
        (&[no_origin.as_str()][..], &["does not say which page makes it", "--origin"][..]),
        (&[&url], &["the origin of the page is missing", "--origin"]),
        (&[&safari], &["does not name the URL", "--from FILE"]),
        (&[&unclosed], &["the text:1:", "this single quote has no end", "@FILE"]),
        (&["axios.get('/x')"], &["calls of axios are not read", "Copy as cURL"]),
        (&["it does not work"], &["none of the accepted forms", "a HAR file"]),
        (&["@nothing.txt"], &["cannot read nothing.txt"]),
        (&["--from", "nothing.txt"], &["cannot read nothing.txt"]),
        (&[&url, "--origin", APP, "--entry", "2"], &["--entry picks"]),
        (&[&no_origin, "--origin", APP, "--entry", "2"], &["there is no request 2"]),
    ] {
        let ended = explain(&folder, arguments).with_code(2);
        for words in said {
            assert!(ended.stderr.contains(words), "{arguments:?}: {words}\n{}", ended.all());
        }
        assert!(!ended.all().contains("hidden"), "{}", ended.all());
    }
    assert_eq!(server.requests().len(), 0);
    // What is missing may stand beside it, and a flag wins.
    explain(&folder, &[&no_origin, "--origin", APP]).with_code(0);
    explain(&folder, &[&url, "--from", "safari.txt"]).with_code(0);
    let other = format!("curl '{url}' -H 'Origin: https://other.example'");
    explain(&folder, &[&other]).with_code(1);
    explain(&folder, &[&other, "--origin", APP]).with_code(0);
}

#[test]
fn a_recording_with_several_failed_requests_lists_them() {
    let (folder, server) = (Folder::new(), server());
    let entry = |method: &str, path: &str, status: u16| {
        serde_json::json!({
            "request": { "method": method, "url": server.url(path), "headers": [{ "name": "Origin", "value": APP }] },
            "response": { "status": status, "headers": [] }
        })
    };
    let entries = [entry("GET", "/one", 0), entry("DELETE", "/two", 0)];
    let har = serde_json::json!({ "log": { "entries": entries } }).to_string();
    folder.write("page.har", &har);
    let ended = explain(&folder, &["@page.har"]).with_code(0);
    for said in
        ["page.har has 2 failed requests; explaining 1", "  1  GET http", "/one from", "  2  DELETE http"]
    {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.all());
    }
    let explanation = explained(&folder, &["@page.har", "--entry", "2"], 1);
    assert_eq!(explanation["question"]["method"], "DELETE");
    let ended = explain(&folder, &["@page.har", "--entry", "3"]).with_code(2);
    assert!(ended.stderr.contains("--entry 1 to 2"), "{}", ended.all());
}

/// A server that lets a page send everything.
fn open() -> Server {
    Server::start(|_| {
        let fields = [
            ("Access-Control-Allow-Origin", APP),
            ("Access-Control-Allow-Methods", "PUT, DELETE"),
            ("Access-Control-Allow-Headers", "content-type"),
            ("Vary", "Origin"),
        ];
        answer("200 OK", &fields, b"{}")
    })
}

#[test]
fn bodies_are_sent_as_a_script_sends_them() {
    let folder = Folder::new();
    folder.write("bytes.bin", [0, 255, 1]);
    folder.write("text.txt", "a b");
    const TEXT: &str = "text/plain;charset=UTF-8";
    let copied = |url: &str, data: &str| format!("curl '{url}' -H 'Origin: {APP}' {data}");
    type Row = (&'static [&'static str], &'static str, Option<&'static str>, &'static [u8], bool);
    let rows: &[Row] = &[
        (&["--data", "a=1"], "POST", Some(TEXT), b"a=1", false),
        (
            &["--data", "{}", "-H", "content-type: application/json"],
            "POST",
            Some("application/json"),
            b"{}",
            true,
        ),
        (&["--data", "x", "-X", "PUT"], "PUT", Some(TEXT), b"x", true),
        (&["--data-file", "text.txt"], "POST", Some(TEXT), b"a b", false),
        (&["--data-file", "bytes.bin"], "POST", None, &[0, 255, 1], false),
        (&["--size", "5"], "POST", Some(TEXT), b"xxxxx", false),
        (&["COPIED", "--json '{\"a\":1}'"], "POST", Some("application/json"), b"{\"a\":1}", true),
        (
            &["COPIED", "--data-binary @bytes.bin"],
            "POST",
            Some("application/x-www-form-urlencoded"),
            &[0, 255, 1],
            false,
        ),
        (
            &["COPIED", "-d a=1", "--data", "b"],
            "POST",
            Some("application/x-www-form-urlencoded"),
            b"b",
            false,
        ),
    ];
    for (arguments, method, content_type, body, preflighted) in rows {
        let server = open();
        let url = server.url("/items");
        let text;
        let arguments: Vec<&str> = match arguments {
            ["COPIED", data, more @ ..] => {
                text = copied(&url, data);
                [&[text.as_str()][..], more, &["--send"]].concat()
            }
            more => [&[url.as_str(), "--origin", APP][..], more, &["--send"]].concat(),
        };
        let ended = explain(&folder, &arguments).with_code(0);
        let what = format!("{arguments:?}: {}", ended.all());
        // The first is the page's; experiments may follow.
        let sent = server.requests().into_iter().find(|request| request.method == *method);
        let sent = sent.unwrap_or_else(|| panic!("{what}"));
        assert_eq!(sent.body, *body, "{what}");
        assert_eq!(sent.field("content-type"), *content_type, "{what}");
        assert_eq!(!preflights(&server).is_empty(), *preflighted, "{what}");
    }
    // A file that a copied text names is not read for a preflight.
    let server = open();
    let text = copied(&server.url("/items"), "-X PUT -d @/does/not/exist");
    let ended = explain(&folder, &[&text]).with_code(0);
    assert!(ended.stderr.contains("is read only with --send"), "{}", ended.all());
    explain(&folder, &[&text, "--send"]).with_code(2);
    let url = server.url("/");
    for more in [["--data", "a", "--size", "1"], ["--data", "a", "--data-file", "text.txt"]] {
        explain(&folder, &[&[url.as_str(), "--origin", APP], &more[..]].concat()).with_code(2);
    }
}

#[test]
fn what_cannot_be_the_origin_of_a_page_is_an_input_error() {
    let (folder, server) = (Folder::new(), server());
    let url = server.url("/");
    for (origin, right) in [
        ("*", "such as --origin https://app.example.com"),
        ("https://*.app.example", "--origin https://"),
        ("NULL", "write --origin null"),
        ("Null", "write --origin null"),
        ("file:///home/me/page.html", "--origin null"),
        ("https://app.example/page", "write --origin https://app.example"),
        ("https://app.example/", "write --origin https://app.example"),
        ("HTTPS://app.example", "write --origin https://app.example"),
        ("https://App.Example", "write --origin https://app.example"),
        ("https://app.example:443", "write --origin https://app.example"),
        ("app.example", "write --origin https://app.example"),
        ("localhost:3000", "write --origin http://localhost:3000"),
        ("", "--origin https://app.example.com"),
    ] {
        let ended = explain(&folder, &[&url, "--origin", origin]).with_code(2);
        assert!(ended.stderr.contains("explain.origin"), "{origin}: {}", ended.all());
        let help = ended.stderr.lines().any(|line| line.trim_end().ends_with(right) || line.contains(right));
        assert!(help, "{origin}: {right}\n{}", ended.all());
    }
    assert_eq!(server.requests().len(), 0);
    for origin in ["null", "https://app.example", "tauri://localhost", "file://"] {
        assert_ne!(explain(&folder, &[&url, "--origin", origin]).code, 2, "{origin}");
    }
}

#[test]
fn headers_that_a_script_cannot_set_are_named_and_not_sent() {
    let (folder, server) = (Folder::new(), server());
    let url = server.url("/");
    let headers = ["Cookie: a=hidden", "Host: b", "Sec-X: 1", "Proxy-Y: 1", "Accept-Encoding: br", "X-A: 1"];
    let flags: Vec<&str> = headers.iter().flat_map(|header| ["-H", header]).collect();
    let arguments = [&[url.as_str(), "--origin", APP], &flags[..]].concat();
    let names = ["Cookie", "Host", "Sec-X", "Proxy-Y", "Accept-Encoding"];
    let ended = explain(&folder, &arguments).with_code(1);
    for name in names {
        let line = format!("{name} is not sent: a script cannot set it");
        assert!(ended.stdout.contains(&line), "{line}\n{}", ended.all());
    }
    assert!(!ended.all().contains("X-A is not sent") && !ended.all().contains("hidden"), "{}", ended.all());
    let explanation = explained(&folder, &arguments, 1);
    assert_eq!(explanation["question"]["unsendable"], serde_json::json!(names));
    assert_eq!(explanation["question"]["headers"], serde_json::json!([["X-A", "1"]]));
    let call =
        format!("fetch('{url}', {{ headers: {{ 'Cookie': 'a=1', 'Access-Control-Allow-Origin': '*' }} }})");
    let explanation = explained(&folder, &[&call, "--origin", APP], 1);
    assert_eq!(explanation["question"]["unsendable"], serde_json::json!(["Cookie"]));
    assert_eq!(explanation["question"]["headers"], serde_json::json!([["Access-Control-Allow-Origin", "*"]]));
    assert!(server.requests().iter().all(|request| request.field("cookie").is_none()));
}

#[test]
fn fields_that_the_script_reads_are_part_of_the_question() {
    let (folder, server) = (Folder::new(), server());
    let url = server.url("/");
    let ended = crosscheck(
        &folder,
        &[
            "explain",
            &url,
            "--origin",
            APP,
            "--expose-header",
            "ETag",
            "--expose-header",
            "X-Total",
            "--json",
        ],
    );
    let explanation: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(explanation["question"]["expose"], serde_json::json!(["ETag", "X-Total"]));
    explain(&folder, &[&url, "--origin", APP, "--expose-header", "a b"]).with_code(2);
}

#[test]
fn two_ways_to_one_resource_are_compared() {
    let folder = Folder::new();
    let (allowing, refusing) = (server(), Server::start(|_| answer("200 OK", &[("Vary", "Accept")], b"{}")));
    let (good, bad) = (allowing.url("/items"), refusing.url("/items"));
    let ended = explain(&folder, &[&good, "--origin", APP, "--also", &bad]).with_code(1);
    let (explanation, comparison) =
        ended.stdout.split_once("The same request to each URL").unwrap_or_else(|| panic!("{}", ended.all()));
    assert!(explanation.starts_with('✓'), "{}", ended.all());
    for line in [
        format!("✓ {good}: allowed, status 200"),
        format!("✗ {bad}: blocked (cors-check.missing), status 200"),
        "response access-control-allow-origin: missing, first URL: `https://app.example`".to_owned(),
        "response vary: `Accept`, first URL: `Origin`".to_owned(),
    ] {
        assert!(comparison.contains(&line), "{line}\n{}", ended.all());
    }
    let explanation = explained(&folder, &[&good, "--origin", APP, "--also", &bad, "--also", &good], 1);
    assert_eq!((&explanation["allowed"], &explanation["also"][0]["allowed"]), (&true.into(), &false.into()));
    assert_eq!(explanation["also"][0]["url"], bad);
    assert_eq!(explanation["also"][0]["differs"][0]["name"], "access-control-allow-origin");
    assert_eq!(explanation["also"][1]["differs"], serde_json::json!([]));
    explain(&folder, &[&good, "--origin", APP, "--also", &good]).with_code(0);
    assert!(explained(&folder, &[&good, "--origin", APP], 0).get("also").is_none());
}
