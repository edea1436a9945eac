//! Names that must be tokens, at every place where one is given.

use super::{ALLOWED, KEY, ONE};
use crate::care::support::{Folder, Server, correct, crosscheck, crosscheck_with};

#[test]
fn names_that_are_no_tokens_are_refused_where_they_are_given() {
    let server = Server::start(|request| correct(request, ALLOWED));
    let folder = Folder::new();
    let url = server.url("/");
    folder.write("one.json", ONE);
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
        (by_flag("--header", "a b: 1"), None, &["`a ***` cannot be sent as a header"]),
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
        (by_file("header.json"), None, &["`X ***` cannot be sent as a header", "header.json:1:"]),
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
        (explain("-H", "a b"), None, &["`a ***` cannot be sent as a header", "--header"]),
        (explain("-H", "a b: 1"), None, &["`a ***` cannot be sent as a header", "--header"]),
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
    let reads_too = [by_flag("--allowed-method", "M!"), vec!["--allowed-method", "GET"]].concat();
    crosscheck(&folder, &reads_too).with_code(0);
    assert!(server.requests().iter().all(|request| request.method != "G T"));
}
