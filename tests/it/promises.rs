//! Every promise of a declared policy is checked on an endpoint that knows nothing of it: one defect at a time, in a
//! server that is right otherwise, judged by URL.

use crate::care::support;

use serde_json::Value;
use support::{Ended, Folder, Request, Server, answer, crosscheck};

const ORIGINS: [&str; 3] = ["https://a.example", "https://b.example", "https://c.example"];

/// What is wrong with a server.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    None,
    ThirdOriginMissing,
    SecondMethodMissing,
    NoAllowHeaders,
    SecondHeaderMissing,
    NoAllowCredentials,
    NoAllowCredentialsOnPreflights,
    StarWithCredentials,
    SecondExposedMissing,
    OtherMaxAge,
    GrantsPatch,
    GrantsAdminHeader,
    ExposesEverything,
    NullAllowed,
    PostOnly,
    PostOnlySecondExposedMissing,
    PostOnlyBareErrors,
    Status(u16),
}

/// Allows three origins GET, PUT and POST with `content-type` and `x-trace-id`, with credentials, and exposes two fields.
fn respond(request: &Request, defect: Defect) -> Vec<u8> {
    let is = |other| defect == other;
    let origin = request.field("origin").unwrap_or_default();
    let allowed = ORIGINS.contains(&origin) && !(is(Defect::ThirdOriginMissing) && origin == ORIGINS[2])
        || is(Defect::NullAllowed) && origin == "null";
    let preflight = request.is_preflight();
    let mut fields = vec![
        ("Vary", "Origin"),
        ("X-Total", "3"),
        ("X-Page", "1"),
        ("Date", "now"),
        ("Cache-Control", "no-cache"),
    ];
    let status = match defect {
        Defect::Status(status) => status,
        Defect::PostOnly | Defect::PostOnlySecondExposedMissing | Defect::PostOnlyBareErrors
            if !preflight && request.method != "POST" =>
        {
            405
        }
        _ if preflight => 204,
        _ => 200,
    };
    let bare = is(Defect::PostOnlyBareErrors) && status == 405 || matches!(defect, Defect::Status(_));
    if allowed && !bare {
        fields.push((
            "Access-Control-Allow-Origin",
            if is(Defect::StarWithCredentials) { "*" } else { origin },
        ));
        let spared =
            is(Defect::NoAllowCredentials) || preflight && is(Defect::NoAllowCredentialsOnPreflights);
        if !spared {
            fields.push(("Access-Control-Allow-Credentials", "true"));
        }
        if preflight {
            fields.push((
                "Access-Control-Allow-Methods",
                match defect {
                    Defect::SecondMethodMissing => "GET, POST",
                    Defect::GrantsPatch => "GET, POST, PUT, PATCH",
                    _ => "GET, POST, PUT",
                },
            ));
            match defect {
                Defect::NoAllowHeaders => {}
                Defect::SecondHeaderMissing => fields.push(("Access-Control-Allow-Headers", "content-type")),
                Defect::GrantsAdminHeader => {
                    fields.push(("Access-Control-Allow-Headers", "content-type, x-trace-id, x-admin"));
                }
                _ => fields.push(("Access-Control-Allow-Headers", "content-type, x-trace-id")),
            }
            fields.push(("Access-Control-Max-Age", if is(Defect::OtherMaxAge) { "5" } else { "600" }));
        } else {
            fields.push((
                "Access-Control-Expose-Headers",
                match defect {
                    Defect::SecondExposedMissing | Defect::PostOnlySecondExposedMissing => "X-Total",
                    Defect::ExposesEverything => "X-Total, X-Page, Date",
                    _ => "X-Total, X-Page",
                },
            ));
        }
    }
    let bytes = answer(&format!("{status} Status"), &fields, if status == 204 { b"" } else { b"{}" });
    match request.method.as_str() {
        "HEAD" if status != 204 => bytes.get(..bytes.len() - 2).unwrap_or_default().to_vec(),
        _ => bytes,
    }
}

struct Run {
    ended: Ended,
    record: Value,
}

impl Run {
    /// The sentences of the promises in this state.
    fn promises(&self, state: &str) -> Vec<&str> {
        let promises = self.record["promises"].as_array().expect("promises").iter();
        promises
            .filter(|promise| promise["state"] == state)
            .map(|promise| promise["sentence"].as_str().expect("a sentence"))
            .collect()
    }
}

fn run_as(defect: Defect, methods: &[&str], more: &[&str]) -> Run {
    let server = Server::start(move |request| respond(request, defect));
    let folder = Folder::new();
    let url = server.url("/items");
    let mut arguments = vec!["run", "promises", "origin/null", "preflight/refused", "--target", &url];
    for origin in ORIGINS {
        arguments.extend(["--allowed-origin", origin]);
    }
    for method in methods {
        arguments.extend(["--allowed-method", method]);
    }
    for header in ["content-type", "x-trace-id"] {
        arguments.extend(["--allowed-header", header]);
    }
    for header in ["x-total", "x-page"] {
        arguments.extend(["--expose-header", header]);
    }
    arguments.extend(["--max-age", "600"]);
    arguments.extend(more);
    let ended = crosscheck(&folder, &arguments);
    let record = serde_json::from_str(&folder.read("reports/run.json")).expect("a record");
    Run { ended, record }
}

fn run(defect: Defect) -> Run {
    run_as(defect, &["GET", "POST", "PUT"], &["--allow-credentials"])
}

#[test]
fn a_correct_endpoint_keeps_every_promise() {
    let run = run(Defect::None);
    assert_eq!(run.ended.code, 0, "{}", run.ended.all());
    assert_eq!(run.promises("broken"), [""; 0]);
    let first = run.ended.stdout.lines().next().unwrap_or_default();
    assert!(first.starts_with("promises: ") && first.contains("0 broken"), "{first}");
}

#[test]
fn each_broken_promise_is_found_and_named() {
    for (defect, sentence) in [
        (Defect::ThirdOriginMissing, "https://c.example reads"),
        (Defect::ThirdOriginMissing, "https://c.example passes preflights"),
        (Defect::SecondMethodMissing, "https://a.example may send PUT"),
        (Defect::NoAllowHeaders, "https://a.example may send the header content-type"),
        (Defect::SecondHeaderMissing, "https://a.example may send the header x-trace-id"),
        (Defect::SecondHeaderMissing, "https://a.example may send all declared headers together"),
        (Defect::NoAllowCredentials, "https://b.example may send credentials"),
        (Defect::NoAllowCredentialsOnPreflights, "https://b.example may send credentials"),
        (Defect::StarWithCredentials, "https://a.example may send credentials"),
        (Defect::SecondExposedMissing, "https://a.example reads the response header x-page"),
        (Defect::OtherMaxAge, "preflights of https://a.example are kept for 600 s"),
        (Defect::GrantsPatch, "methods that are not declared are refused"),
        (Defect::GrantsAdminHeader, "request headers that are not declared are refused"),
        (Defect::ExposesEverything, "response headers that are not declared stay hidden"),
        (Defect::NullAllowed, "the origin `null` is refused"),
    ] {
        let run = run(defect);
        assert_eq!(run.ended.code, 1, "{defect:?}: {}", run.ended.all());
        let broken = run.promises("broken");
        assert!(broken.contains(&sentence), "{defect:?}: `{sentence}` is missing in {broken:#?}");
        assert!(run.ended.stdout.contains(sentence), "{defect:?}: {}", run.ended.stdout);
    }
}

#[test]
fn one_defect_does_not_break_other_promises() {
    for (defect, broken) in [
        (Defect::OtherMaxAge, &["preflights of https://a.example are kept for 600 s"][..]),
        (Defect::GrantsPatch, &["methods that are not declared are refused"]),
        (
            Defect::SecondExposedMissing,
            &[
                "https://a.example reads the response header x-page",
                "https://b.example reads the response header x-page",
                "https://c.example reads the response header x-page",
            ],
        ),
    ] {
        assert_eq!(run(defect).promises("broken"), broken, "{defect:?}");
    }
}

#[test]
fn an_endpoint_without_success_is_not_judged() {
    for (status, help) in [(404, "the path"), (401, "credentials"), (500, "service"), (405, "methods")] {
        let run = run(Defect::Status(status));
        assert_eq!(run.ended.code, 4, "{status}: {}", run.ended.all());
        let line =
            run.ended.stdout.lines().find(|line| line.starts_with("could not judge:")).unwrap_or_default();
        for word in [&status.to_string(), help, "/items"] {
            assert!(line.contains(word), "{status}: {word} is missing in {line:?}: {}", run.ended.all());
        }
        assert!(run.ended.stdout.lines().count() < 10, "{}", run.ended.stdout);
    }
}

#[test]
fn an_endpoint_for_post_alone_is_judged_by_its_preflights() {
    let run = run_as(Defect::PostOnly, &["POST"], &["--allow-credentials"]);
    assert_eq!(run.ended.code, 1, "PUT and GET are granted beyond the policy: {}", run.ended.all());
    assert!(run.promises("kept").contains(&"https://a.example may send the header content-type"));
    assert_eq!(run.promises("broken"), ["methods that are not declared are refused"]);
    // A POST may change something and is not sent; a header that needs a preflight shows that it may be.
    assert!(run.promises("kept").contains(&"https://a.example may send POST"), "{}", run.ended.all());
}

#[test]
fn what_an_endpoint_for_post_alone_exposes_shows_in_answers_that_pages_read() {
    let page = |header: &str| format!("https://a.example reads the response header {header}");
    for (defect, total, second) in [
        (Defect::PostOnly, "kept", "kept"),
        (Defect::PostOnlySecondExposedMissing, "kept", "broken"),
        (Defect::PostOnlyBareErrors, "not-checked", "not-checked"),
    ] {
        let run = run_as(defect, &["POST"], &["--allow-credentials"]);
        for (header, state) in [("x-total", total), ("x-page", second)] {
            let sentence = page(header);
            let promises = run.promises(state);
            assert!(promises.contains(&sentence.as_str()), "{defect:?} {sentence}: {}", run.ended.all());
        }
        let says_why = run.ended.stdout.contains("declare an operation with `\"send\": true`");
        assert_eq!(says_why, defect == Defect::PostOnlyBareErrors, "{defect:?}: {}", run.ended.all());
    }
}

#[test]
fn redirects_without_cors_are_a_verdict_wherever_they_lead() {
    for (methods, said) in [(&["GET", "PUT"][..], "preflight-redirected"), (&["GET"], "cors-check.missing")] {
        let gone = Server::start(|_| answer("200 OK", &[], b"")).address();
        let server = Server::start(move |request| {
            let location = format!("http://{gone}{}", request.target);
            answer("307 Temporary Redirect", &[("Location", &location)], b"elsewhere")
        });
        let folder = Folder::new();
        let url = server.url("/items");
        let mut arguments = vec!["run", "--target", &url, "--allowed-origin", "https://a.example"];
        methods.iter().for_each(|method| arguments.extend(["--allowed-method", method]));
        let ended = crosscheck(&folder, &arguments);
        assert_eq!(ended.code, 1, "{methods:?}: {}", ended.all());
        assert!(ended.stdout.contains(said), "{methods:?}: {}", ended.all());
    }
}

#[test]
fn methods_are_declared_in_any_case_that_browsers_normalise() {
    let run = run_as(Defect::None, &["get", "Post", "put"], &["--allow-credentials"]);
    assert_eq!(run.ended.code, 0, "{}", run.ended.all());
    assert!(run.promises("kept").contains(&"https://a.example may send PUT"), "{}", run.ended.all());
}

#[test]
fn credentials_that_are_declared_as_forbidden_must_be_refused() {
    let server = Server::start(|request| respond(request, Defect::None));
    let folder = Folder::new();
    let file = format!(
        r#"{{ "url": "{}", "allowed_origins": ["https://a.example"], "allow_credentials": false }}"#,
        server.url("/items")
    );
    folder.write("crosscheck.json", file);
    let ended = crosscheck(&folder, &["run", "promises"]);
    assert_eq!(ended.code, 1, "{}", ended.all());
    assert!(ended.stdout.contains("✗ credentials are refused"), "{}", ended.stdout);
}

#[test]
fn a_plan_shows_the_promises_before_anything_is_sent() {
    let server = Server::start(|request| respond(request, Defect::None));
    let folder = Folder::new();
    let url = server.url("/items");
    let ended = crosscheck(
        &folder,
        &[
            "list",
            "--plan",
            "--target",
            &url,
            "--allowed-origin",
            "https://a.example",
            "--allowed-header",
            "x-trace-id",
        ],
    );
    assert_eq!(ended.code, 0, "{}", ended.all());
    for line in [
        "https://a.example reads",
        "https://a.example may send the header x-trace-id",
        "other origins are refused",
    ] {
        assert!(ended.stdout.contains(line), "{line}: {}", ended.stdout);
    }
    assert!(server.requests().is_empty());
}
