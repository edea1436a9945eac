//! Correct endpoints of every kind pass, and what browsers alone notice is noticed.

use super::support::{DECLARED, Ended, Folder, Request, Server, answer, correct, crosscheck};

const APP: &str = "https://app.example";

/// Runs the shipped suites against a server, whose policy is what `flags` declare.
fn run(server: &Server, path: &str, flags: &[&str]) -> Ended {
    let folder = Folder::new();
    let url = server.url(path);
    let mut arguments = vec!["run", "--target", &url];
    arguments.extend_from_slice(flags);
    crosscheck(&folder, &arguments)
}

/// The declared policy of [`correct`], for pages of `origin`.
fn declared<'a>(origin: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["--allowed-origin", origin][..], &DECLARED, more].concat()
}

/// The same with one more field line.
fn with_field(answer: &[u8], line: &str) -> Vec<u8> {
    let at = answer.windows(2).position(|two| two == b"\r\n").expect("a line") + 2;
    [&answer[..at], line.as_bytes(), b"\r\n", &answer[at..]].concat()
}

fn refused(request: &Request, status: &str) -> Vec<u8> {
    let whole = answer(status, &[("Vary", "Origin")], b"refused");
    let content = if request.method == "HEAD" { "refused".len() } else { 0 };
    whole[..whole.len() - content].to_vec()
}

#[test]
fn fields_that_are_dropped_with_compression_are_missed() {
    let serve = || {
        Server::start(|request| {
            let compresses = request.field("accept-encoding").is_some_and(|list| list.contains("gzip"));
            if compresses && !request.is_preflight() {
                let fields = [("Content-Encoding", "gzip"), ("Vary", "Origin, Accept-Encoding")];
                return answer("200 OK", &fields, b"\x1f\x8b");
            }
            correct(request, APP)
        })
    };
    let ended = run(&serve(), "/x", &declared(APP, &[])).with_code(1);
    assert!(ended.stdout.contains("cors-check.missing"), "{}", ended.stdout);
    run(&serve(), "/x", &declared(APP, &["--bare"])).with_code(0);
}

#[test]
fn a_hotlink_filter_that_admits_the_page_is_no_fault() {
    const PAGE: &str = "http://app.example";
    let serve = || {
        Server::start(|request| {
            let referrer = request.field("referer").unwrap_or_default();
            match request.is_preflight() || request.field("origin").is_none() || referrer.starts_with(PAGE) {
                true => correct(request, PAGE),
                // Strangers are refused by the filter before CORS is looked at.
                false => refused(request, "403 Forbidden"),
            }
        })
    };
    run(&serve(), "/x", &declared(PAGE, &[])).with_code(0);
    run(&serve(), "/x", &declared(PAGE, &["--bare"])).with_code(1);
}

#[test]
fn requests_have_the_shape_of_the_chosen_browser() {
    let server = Server::start(|request| correct(request, APP));
    for (profile, agent) in
        [("chromium", "Chrome/156"), ("firefox", "Firefox/153"), ("webkit", "Version/60.5")]
    {
        let folder = Folder::new();
        let url = server.url(&format!("/{profile}"));
        let line = ["explain", &url, "--origin", APP, "-X", "PUT", "--profile", profile];
        crosscheck(&folder, &line).with_code(0);
        let requests: Vec<Request> =
            server.requests().into_iter().filter(|request| request.target == format!("/{profile}")).collect();
        assert!(!requests.is_empty());
        for request in requests.iter().filter(|request| request.is_preflight()) {
            let field = |name| request.field(name).unwrap_or_default().to_owned();
            assert!(field("user-agent").contains(agent), "{request:?}");
            assert_eq!(field("accept-encoding").split(", ").next(), Some("gzip"), "{request:?}");
            assert!(request.field("accept-language").is_some(), "{request:?}");
            assert_eq!(request.field("priority").is_some(), profile == "firefox", "{request:?}");
            // From https to a loopback address, which is trustworthy.
            assert_eq!(field("referer"), "https://app.example/", "{request:?}");
            assert_eq!(request.field("cookie"), None);
        }
    }
}

#[test]
fn answers_without_an_end_are_judged_by_their_head() {
    for content_type in ["text/event-stream", "application/x-ndjson"] {
        let server = Server::start(move |request| {
            let whole = correct(request, APP);
            if request.method != "GET" {
                return whole;
            }
            let text = String::from_utf8(whole).expect("text");
            let head = text.split("Content-Length").next().expect("a head").to_owned();
            format!("{head}Content-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\n")
                .into_bytes()
        });
        let select = ["promises", "origin/denied", "--request-timeout", "1000"];
        let ended = run(&server, "/events", &declared(APP, &select)).with_code(0);
        assert!(ended.stdout.contains("0 broken"), "{}", ended.stdout);
    }
}

#[test]
fn what_no_browser_sends_is_at_most_a_warning() {
    // The words of Origin are taken apart, an empty member of a list for a name, and a malformed request on a kept
    // connection is not answered.
    let server = Server::start(|request| {
        let origin = request.field("origin").unwrap_or_default();
        if request.number > 0 && (origin.contains(' ') || origin.contains(',')) {
            return Vec::new();
        }
        let asked = request.field("access-control-request-headers").unwrap_or_default();
        if request.is_preflight() && asked.split(',').any(|name| name.trim().is_empty()) && !asked.is_empty()
        {
            return refused(request, "400 Bad Request");
        }
        if origin.contains(' ') && origin.split(' ').any(|word| word == APP) {
            let echoed = format!("Access-Control-Allow-Origin: {origin}");
            return with_field(&refused(request, "200 OK"), &echoed);
        }
        correct(request, APP)
    });
    let ended = run(&server, "/x", &declared(APP, &[])).with_code(0);
    assert!(!ended.stdout.contains('✗'), "{}", ended.stdout);
}

#[test]
fn a_declared_null_reads() {
    let server = Server::start(|request| {
        let allowed = if request.field("origin") == Some("null") { "null" } else { APP };
        correct(request, allowed)
    });
    let ended = run(&server, "/x", &declared(APP, &["--allowed-origin", "null", "-v"])).with_code(0);
    assert!(!ended.stdout.contains("`null` is refused"), "{}", ended.stdout);
    let record = run(
        &Server::start(|request| correct(request, APP)),
        "/x",
        &declared(APP, &["--allowed-origin", "null"]),
    );
    let record = record.with_code(1);
    assert!(record.stdout.contains("✗ null reads"), "{}", record.stdout);
}

#[test]
fn origins_of_apps_and_extensions_are_tested_as_they_are() {
    for origin in
        ["file://", "capacitor://localhost", "tauri://localhost", "ionic://localhost", "app://obsidian.md"]
    {
        let server = Server::start(move |request| correct(request, origin));
        run(&server, "/x", &declared(origin, &[])).with_code(0);
    }
    let uuid = |text: &str| {
        let parts: Vec<usize> = text.split('-').map(str::len).collect();
        parts == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
    };
    let letters = |text: &str| text.len() == 32 && text.chars().all(|c| ('a'..='p').contains(&c));
    let forms: [(&str, &(dyn Fn(&str) -> bool + Sync)); 2] =
        [("moz-extension://", &uuid), ("chrome-extension://", &letters)];
    for (scheme, _) in forms {
        let server = Server::start(move |request| {
            let origin = request.field("origin").unwrap_or_default().to_owned();
            let host = origin.strip_prefix(scheme).unwrap_or_default();
            let fits = match scheme {
                "moz-extension://" => uuid(host),
                _ => letters(host),
            };
            correct(request, if fits { &origin } else { "none" })
        });
        run(&server, "/x", &declared(&format!("{scheme}*"), &[])).with_code(0);
    }
}

#[test]
fn an_endpoint_is_not_asked_for_methods_that_it_does_not_declare() {
    let server = Server::start(|request| match request.method.as_str() {
        "POST" | "OPTIONS" => {
            let text = String::from_utf8(correct(request, APP)).expect("text");
            text.replace("Allow-Methods: GET, PUT", "Allow-Methods: POST").into_bytes()
        }
        _ => refused(request, "404 Not Found"),
    });
    let flags = ["--allowed-origin", APP, "--allowed-method", "POST", "--allowed-header", "content-type"];
    let more = ["--allowed-header", "authorization"];
    run(&server, "/x", &[&flags[..], &more].concat()).with_code(0);
}

#[test]
fn impossible_policies_are_refused_with_what_to_write_instead() {
    let cases: [(&[&str], &[&str]); 9] = [
        (&["--allowed-origin", "*", "--allow-credentials"], &["allowed_origins", "https://*.example.com"]),
        (
            &["--allowed-origin", APP, "--allowed-method", "*", "--allow-credentials"],
            &["allowed_methods", "GET, PUT and DELETE"],
        ),
        (
            &["--allowed-origin", APP, "--expose-header", "*", "--allow-credentials"],
            &["expose_headers", "etag"],
        ),
        (&["--allowed-origin", APP, "--allowed-method", "patch"], &["write `PATCH`"]),
        (&["--allowed-origin", APP, "--allowed-method", "G T"], &["`G T` is not a valid method"]),
        (&["--allowed-origin", APP, "--allowed-header", "a b"], &["`a b` is not a valid header name"]),
        (
            &["--allowed-origin", r"https://.*\.example\.com"],
            &["regular expression", "`https://*.example.com`"],
        ),
        (
            &["--allowed-origin", r"/^https:\/\/(a|b)\.example\.com$/"],
            &["`https://a.example.com` and `https://b.example.com`"],
        ),
        (&["--allowed-origin", "https://*.*.example.com"], &["`https://*.example.com`"]),
    ];
    for (flags, words) in cases {
        let folder = Folder::new();
        let ended =
            crosscheck(&folder, &[&["run", "--target", "http://127.0.0.1:9/"], flags].concat()).with_code(2);
        for word in words {
            assert!(ended.stderr.contains(word), "{flags:?}: no {word} in {}", ended.stderr);
        }
    }
}

#[test]
fn impossible_policies_in_a_target_file_are_refused_at_their_place() {
    let folder = Folder::new();
    let file = r#"{
  "url": "http://127.0.0.1:9/",
  "policy": {
    "allow_credentials": true,
    "rules": [{
      "allowed_origins": ["https://a.example", "^https://b\\.example$"],
      "allowed_methods": ["get", "patch", "*"]
    }]
  }
}"#;
    folder.write("crosscheck.json", file);
    let ended = crosscheck(&folder, &["run"]).with_code(2);
    for place in ["crosscheck.json:6:48", "crosscheck.json:7:34", "crosscheck.json:7:43"] {
        assert!(ended.stderr.contains(place), "no {place} in {}", ended.stderr);
    }
    assert!(ended.stderr.contains("write `https://b.example`"), "{}", ended.stderr);
}

#[test]
fn lower_case_methods_are_what_browsers_make_of_them() {
    let server = Server::start(|request| correct(request, APP));
    let flags = ["--allowed-origin", APP, "--allowed-method", "get", "--allowed-method", "put"];
    let headers = ["--allowed-header", "content-type", "--allowed-header", "authorization"];
    run(&server, "/x", &[&flags[..], &headers].concat()).with_code(0);
}

#[test]
fn a_warning_is_printed_once() {
    let server = Server::start(|request| with_field(&correct(request, APP), "Access-Control-Alow-Origin: *"));
    let ended = run(&server, "/x", &declared(APP, &[])).with_code(0);
    let blocks = ended.stdout.lines().filter(|line| line.starts_with("! ")).count();
    assert_eq!(blocks, 1, "{}", ended.stdout);
    assert!(ended.stdout.contains("unknown-field (low)"), "{}", ended.stdout);
}

#[test]
fn errors_of_routes_without_cors_are_no_fault_unless_the_layer_covers_them() {
    // (whether the layer in front answers preflights of every path, the exit code)
    for (covers, code) in [(false, 0), (true, 1)] {
        let server = Server::start(move |request| {
            let declared = !request.target.contains("does-not-exist");
            match declared || (covers && request.is_preflight()) {
                true => correct(request, APP),
                false => {
                    let content: &[u8] = if request.method == "HEAD" { b"" } else { b"no" };
                    answer("404 Not Found", &[("Vary", "Origin")], content)
                }
            }
        });
        let ended = run(&server, "/items", &declared(APP, &[]));
        assert_eq!(ended.code, code, "{covers}: {}", ended.all());
        let left_out = "the CORS configuration does not cover paths that are not declared";
        assert_eq!(ended.stdout.contains(left_out), !covers, "{covers}: {}", ended.all());
    }
}

#[test]
fn a_case_file_that_is_tried_sends_what_every_page_may_send_where_no_methods_are_declared() {
    let case = r#"{ "id": "own", "title": "Own", "cases": [{ "id": "signs-in", "title": "A page signs in", "kind": "rule",
        "requests": { "page": { "origin": "https://app.example", "method": "METHOD", "body": "x",
        "expect": { "outcome": "allowed" } } } }] }"#;
    // (command, method, what the target file permits, whether it is sent)
    for (command, method, permitted, sent) in [
        ("try", "POST", "", true),
        ("try", "PUT", "", false),
        ("try", "POST", r#"{ "capabilities": { "methods": ["GET"] } }"#, false),
        ("run", "POST", "", false),
    ] {
        let server = Server::start(|request| correct(request, APP));
        let folder = Folder::new();
        folder.write("own.json", case.replace("METHOD", method));
        if !permitted.is_empty() {
            folder.write(
                "crosscheck.json",
                permitted.replace("{ \"c", &format!("{{ \"url\": \"{}\", \"c", server.url("/x"))),
            );
        }
        let url = server.url("/x");
        let suites: &[&str] =
            if command == "run" { &["run", "--suites", "own.json"] } else { &["try", "own.json"] };
        let line = [suites, &["--target", &url, "--allowed-origin", APP]].concat();
        let ended = crosscheck(&folder, &line);
        let what = format!("{command} {method} {permitted}: {}", ended.all());
        assert_eq!(server.requests().iter().any(|request| request.method == method), sent, "{what}");
        assert_eq!(ended.code, if sent { 0 } else { 3 }, "{what}");
    }
}

#[test]
fn a_case_file_that_is_tried_sends_the_methods_that_are_declared() {
    let server = Server::start(|request| correct(request, APP));
    let folder = Folder::new();
    folder.write("data.bin", [0, 159, 146, 150]);
    folder.write(
        "cases.json",
        r#"{
  "id": "bodies",
  "title": "Bodies",
  "cases": [{
    "id": "forms",
    "title": "Each form of body is sent",
    "requests": {
      "file": { "origin": "https://app.example", "method": "PUT", "body": { "file": "data.bin" }, "expect": { "outcome": "allowed" } },
      "base64": { "origin": "https://app.example", "method": "PUT", "body": { "base64": "AP8=" }, "expect": { "outcome": "allowed" } },
      "sized": { "origin": "https://app.example", "method": "PUT", "body": { "bytes": 70000 }, "expect": { "outcome": "allowed" } }
    }
  }]
}"#,
    );
    let url = server.url("/x");
    let line = ["try", "cases.json", "--target", &url];
    crosscheck(&folder, &[&line[..], &declared(APP, &[])].concat()).with_code(0);
    let bodies: Vec<Vec<u8>> = server
        .requests()
        .into_iter()
        .filter(|request| request.method == "PUT")
        .map(|request| request.body)
        .collect();
    assert_eq!(bodies.iter().map(Vec::len).collect::<Vec<_>>(), [4, 2, 70_000]);
    assert_eq!((bodies[0].as_slice(), bodies[1].as_slice()), (&[0, 159, 146, 150][..], &[0, 255][..]));
    // `run` does not write on an endpoint unless its owner says so.
    let line = ["run", "--suites", "cases.json", "--target", &url];
    crosscheck(&folder, &[&line[..], &declared(APP, &[])].concat()).with_code(3);
}

#[test]
fn a_body_file_that_is_missing_is_told_at_its_place() {
    let folder = Folder::new();
    folder.write(
        "cases.json",
        r#"{ "id": "b", "title": "B", "cases": [{ "id": "c", "title": "C", "requests": { "r": { "method": "PUT",
"body": { "file": "missing.bin" }, "expect": { "outcome": "allowed" } } } }] }"#,
    );
    let ended = crosscheck(&folder, &["check", "cases.json"]).with_code(2);
    assert!(ended.stderr.contains("cases.json:2:19"), "{}", ended.stderr);
    assert!(ended.stderr.contains("missing.bin"), "{}", ended.stderr);
}

#[test]
fn cases_that_cannot_fail_and_headers_that_cannot_be_set_are_warned_of() {
    let folder = Folder::new();
    folder.write(
        "cases.json",
        r#"{ "id": "b", "title": "B", "cases": [
{ "id": "nothing", "title": "C", "requests": { "r": { "origin": "https://a.example" } } },
{ "id": "either", "title": "C", "requests": { "r": { "origin": "https://a.example", "expect": { "outcome": ["allowed", "blocked"] } } } },
{ "id": "noted", "title": "C", "kind": "note", "requests": { "r": { "origin": "https://a.example" } } },
{ "id": "sound", "title": "C", "requests": { "r": { "origin": "https://a.example", "headers": { "Cookie": "a=b", "host": "x", "Origin": "y" },
  "expect": { "outcome": "allowed" } } } }
] }"#,
    );
    let ended = crosscheck(&folder, &["check", "cases.json"]).with_code(0);
    assert_eq!(ended.stderr.matches("case.cannot-fail").count(), 2, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("cases.json:2:9") && ended.stderr.contains("cases.json:3:9"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stderr.matches("case.forbidden-header").count(), 3, "{}", ended.stderr);
}

#[test]
fn all_syntax_errors_of_a_case_file_are_told_at_once() {
    let folder = Folder::new();
    folder.write("cases.json", "{\n  \"id\": 'b',\n  title: \"B\",\n  \"cases\": [1 2,],\n}\n");
    let ended = crosscheck(&folder, &["check", "cases.json"]).with_code(2);
    for place in ["cases.json:2:9", "cases.json:3:3", "cases.json:4:15", "cases.json:4:16", "cases.json:4:18"]
    {
        assert!(ended.stderr.contains(place), "no {place} in {}", ended.stderr);
    }
}

#[test]
fn recorded_requests_become_cases_that_hold() {
    let server = Server::start(|request| correct(request, APP));
    let folder = Folder::new();
    let url = server.url("/v1/x");
    let har = format!(
        r#"{{"log": {{"version": "1.2", "entries": [
{{"request": {{"method": "OPTIONS", "url": "{url}", "headers": [{{"name": "Origin", "value": "{APP}"}},
  {{"name": "Access-Control-Request-Method", "value": "PUT"}}, {{"name": "Access-Control-Request-Headers", "value": "content-type"}}]}},
  "response": {{"status": 204, "headers": [{{"name": "Access-Control-Allow-Origin", "value": "{APP}"}}]}}}},
{{"request": {{"method": "PUT", "url": "{url}", "headers": [{{"name": "Origin", "value": "{APP}"}}, {{"name": "Content-Type", "value": "application/json"}}],
  "postData": {{"mimeType": "application/json", "text": "{{}}"}}}},
  "response": {{"status": 200, "headers": [{{"name": "Access-Control-Allow-Origin", "value": "{APP}"}}]}}}},
{{"request": {{"method": "GET", "url": "{url}", "headers": [{{"name": "Origin", "value": "https://other.example"}}]}},
  "response": {{"status": 0, "headers": [], "_error": "net::ERR_FAILED"}}}}
]}}}}"#
    );
    folder.write("recorded.har", har);
    crosscheck(&folder, &["import", "recorded.har", "--output", "cases.json"]).with_code(0);
    let line = ["try", "cases.json", "--target", &server.url("/")];
    let ended = crosscheck(&folder, &[&line[..], &declared(APP, &[])].concat()).with_code(0);
    assert!(ended.stdout.contains("2 passed"), "{}", ended.stdout);
    let puts = server.requests().into_iter().filter(|request| request.method == "PUT");
    assert_eq!(puts.map(|request| request.body).collect::<Vec<_>>(), [b"{}"]);

    folder.write("broken.har", "{\"log\": {\n\"entries\": [{]}}");
    let ended = crosscheck(&folder, &["import", "broken.har"]).with_code(2);
    assert!(ended.stderr.contains("broken.har:2:14"), "{}", ended.stderr);
    crosscheck(&folder, &["import", "missing.har"]).with_code(2);
}

/// What `crosscheck import FILE --as operations` writes is accepted as a target file.
fn imported_operations(folder: &Folder, file: &str, more: &[&str]) -> (String, Ended) {
    let line = ["import", file, "--as", "operations", "--output", "imported.json"];
    let written = crosscheck(folder, &[&line[..], more].concat()).with_code(0);
    let planned = crosscheck(folder, &["list", "--plan", "--config", "imported.json"]).with_code(0);
    (folder.read("imported.json") + &written.stderr, planned)
}

#[test]
fn recorded_and_described_operations_become_a_target_file() {
    let folder = Folder::new();
    folder.write(
        "page.har",
        format!(
            r#"{{"log": {{"version": "1.2", "entries": [
{{"request": {{"method": "GET", "url": "https://api.example/v1/items?page=2&api_key=secret-in-query", "headers": [
  {{"name": "Origin", "value": "{APP}"}}, {{"name": "Cookie", "value": "session=secret-cookie"}}]}},
  "response": {{"status": 200, "headers": []}}}},
{{"request": {{"method": "PUT", "url": "https://api.example/v1/items/1", "headers": [
  {{"name": "Origin", "value": "{APP}"}}, {{"name": "Content-Type", "value": "application/json"}},
  {{"name": "Authorization", "value": "Bearer secret-token"}}],
  "postData": {{"mimeType": "application/json", "text": "{{\"name\":\"box\",\"price\":\"${{5}}\"}}"}}}},
  "response": {{"status": 204, "headers": []}}}}
]}}}}"#
        ),
    );
    let (file, planned) = imported_operations(&folder, "page.har", &[]);
    assert!(!file.contains("secret-"), "{file}");
    for said in [APP, "/v1/items/1", "\"PUT\"", "\"authorization\"", "\"allow_credentials\": true", "api_key"]
    {
        assert!(file.contains(said), "no {said}: {file}");
    }
    for said in ["PUT /v1/items/1", "GET /v1/items", &format!("{APP} may send the header authorization")] {
        assert!(planned.stdout.contains(said), "no {said}: {}", planned.stdout);
    }

    folder.write(
        "api.yaml",
        "openapi: 3.1.0\nservers: [{ url: 'https://api.example/v1' }]\npaths:\n  /items:\n    post:\n      \
         operationId: add\n      requestBody: { content: { application/json: { example: { name: box } } } }\n      \
         responses: { '201': {} }\n",
    );
    let (file, planned) = imported_operations(&folder, "api.yaml", &["--allowed-origin", APP]);
    assert!(file.contains("https://api.example/v1") && file.contains("201"), "{file}");
    assert!(planned.stdout.contains("add") && planned.stdout.contains("content-type"), "{}", planned.stdout);
    let (file, _) = imported_operations(&folder, "api.yaml", &["--target", "http://127.0.0.1:9"]);
    assert!(file.contains("http://127.0.0.1:9/v1") && file.contains("add the origins"), "{file}");

    folder.write("api.json", r#"{ "openapi": "3.0.0", "paths": { "/items": { "get": {} } } }"#);
    let refused = crosscheck(&folder, &["import", "api.json", "--as", "operations"]).with_code(2);
    assert!(refused.stderr.contains("--target"), "{}", refused.stderr);
    folder.write("other.json", "{}");
    crosscheck(&folder, &["import", "other.json", "--as", "operations"]).with_code(2);
}
