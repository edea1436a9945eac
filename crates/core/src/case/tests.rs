use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use super::{
    ExpandedCase, ParsedSuite, Roles, across, expand, is_role,
    model::{Case, Expect, OneOrMany, OutcomeName},
    needs_of, parse_suite, strings,
};
use crate::{
    diagnostic::{Severity, SourceText},
    policy::{Policy, Rule},
};

fn suite(cases: &str) -> ParsedSuite {
    suite_called("s", cases)
}

fn suite_called(id: &str, cases: &str) -> ParsedSuite {
    let text = format!(r#"{{"id": "{id}", "title": "", "source": ["of the suite"], "cases": [{cases}]}}"#);
    parse_without_warning(&text, &format!("{id}.json"))
}

/// Most of these cases expect nothing, and are about something else.
fn parse_without_warning(text: &str, name: &str) -> ParsedSuite {
    let mut parsed = parse_suite(Arc::new(SourceText { name: name.to_owned(), text: text.to_owned() }));
    parsed.diagnostics.retain(|diagnostic| diagnostic.code != "case.cannot-fail");
    parsed
}

fn expanded(cases: &str) -> Vec<ExpandedCase> {
    let parsed = suite(cases);
    assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
    expand(&parsed)
}

/// Codes and what is pointed at first.
fn told(parsed: &ParsedSuite) -> Vec<(&'static str, &str)> {
    let at = |diagnostic: &crate::diagnostic::Diagnostic| {
        diagnostic.labels.first().and_then(|label| parsed.source.text.get(label.span.clone())).unwrap_or("")
    };
    parsed.diagnostics.iter().map(|diagnostic| (diagnostic.code, at(diagnostic))).collect()
}

fn rule(origins: &[&str], methods: &[&str], headers: &[&str], exposed: &[&str], age: Option<u32>) -> Rule {
    let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    Rule {
        id: None,
        allowed_origins: owned(origins),
        allowed_methods: owned(methods),
        allowed_headers: owned(headers),
        expose_headers: owned(exposed),
        max_age_seconds: age,
    }
}

fn roles(rules: Vec<Rule>) -> Roles {
    let policy = Policy { rules, ..Policy::default() };
    Roles::bind(Some(&policy), &BTreeMap::new())
}

/// The role's value, or `-` and why it has none.
fn role(roles: &Roles, name: &str) -> String {
    match roles.get(name) {
        Ok(value) => value.to_owned(),
        Err(unbound) => format!("- {}", unbound.why),
    }
}

#[test]
fn roles_are_bound_from_the_rules() {
    let typical = roles(vec![
        rule(&["https://upload.example:8443"], &["PUT"], &["*"], &[], Some(5)),
        rule(
            &["https://app.example", "https://*.site.example"],
            &["GET", "HEAD", "DELETE"],
            &["authorization", "content-type", "X-Meta-*"],
            &["Content-Length", "ETag"],
            Some(600),
        ),
    ]);
    let table = [
        ("allowed", "https://app.example"),
        ("allowed.scheme", "https"),
        ("allowed.host", "app.example"),
        ("allowed.port", "443"),
        ("allowed.2", "https://crosscheck.site.example"),
        ("allowed.3", "https://upload.example:8443"),
        ("allowed.3.port", "8443"),
        ("allowed.4", "https://crosscheck-2.site.example"),
        ("denied", "https://denied.crosscheck.example"),
        ("method", "DELETE"),
        ("denied-method", "PUT"),
        ("header", "x-meta-crosscheck"),
        ("second-header", "- the rules name no further request header that sorts after the first"),
        ("denied-header", "x-crosscheck-denied"),
        ("exposed-header", "etag"),
        ("max-age", "600"),
        ("nobody", "- no role has this name"),
    ];
    for (name, value) in table {
        assert_eq!(role(&typical, name), value, "{name}");
    }
}

#[test]
fn the_second_header_is_asked_for_after_the_first() {
    let table: [(&[&str], &str, &str); 3] = [
        (&["Content-Type", "Authorization"], "authorization", "content-type"),
        (&["x-b", "x-*", "x-c", "authorization"], "x-b", "x-c"),
        (&["x-a", "x-*"], "x-a", "- the rules name no further request header that sorts after the first"),
    ];
    for (headers, first, second) in table {
        let roles = roles(vec![rule(&["https://a.example"], &["GET", "PUT"], headers, &[], None)]);
        assert_eq!(role(&roles, "header"), first, "{headers:?}");
        assert_eq!(role(&roles, "second-header"), second, "{headers:?}");
    }
}

#[test]
fn the_max_age_is_that_of_the_rule_that_allows_the_method() {
    let roles = roles(vec![
        rule(&["https://a.example"], &["GET"], &[], &[], Some(600)),
        rule(&["https://a.example"], &["GET", "PUT"], &[], &[], Some(5)),
        rule(&["https://a.example"], &["PUT"], &[], &[], Some(7)),
    ]);
    assert_eq!((role(&roles, "method"), role(&roles, "max-age")), ("PUT".to_owned(), "5".to_owned()));
}

#[test]
fn wildcards_are_made_concrete() {
    let table = [
        ("*", "https://crosscheck.example"),
        ("https://*", "https://crosscheck.example"),
        ("http://*", "http://crosscheck.example"),
        ("https://*.example.com", "https://crosscheck.example.com"),
        ("https://*:8443", "https://crosscheck:8443"),
        ("https://shop.*", "https://shop.crosscheck"),
        ("http://localhost:*", "http://localhost:8443"),
        ("*://a.example", "https://a.example"),
        ("http*://a.example", "https://a.example"),
        ("*.example.com", "https://crosscheck.example.com"),
        ("null", "- the rules name no origin that a browser can have"),
        ("https://a.example/", "- the rules name no origin that a browser can have"),
    ];
    for (pattern, origin) in table {
        assert_eq!(
            role(&roles(vec![rule(&[pattern], &["GET"], &[], &[], None)]), "allowed"),
            origin,
            "{pattern}"
        );
    }
}

#[test]
fn a_role_that_cannot_be_bound_says_why() {
    let open = roles(vec![rule(
        &["*"],
        &["GET", "PUT", "POST", "DELETE", "PATCH", "PROPFIND", "CROSSCHECK"],
        &["*"],
        &["*"],
        None,
    )]);
    let closed =
        roles(vec![rule(&["https://a.example"], &["GET", "POST"], &["content-type", "cookie"], &[], None)]);
    let none = roles(Vec::new());
    let unknown = Roles::bind(None, &BTreeMap::new());
    let table = [
        (&open, "denied", "every https origin is allowed by `*`"),
        (&open, "denied-method", "the rules allow every method"),
        (&open, "denied-header", "the rules allow every request header"),
        (&open, "exposed-header", "the rules expose no response header by name"),
        (&closed, "allowed.2", "the rules allow only one origin"),
        (&closed, "allowed.2.host", "the rules allow only one origin"),
        (&closed, "method", "the rules allow only GET, HEAD and POST, which need no preflight by themselves"),
        (&closed, "header", "the rules allow no request header that needs a preflight"),
        (&closed, "max-age", "the rules set no max age"),
        (&none, "allowed", "CORS is not configured"),
        (&none, "method", "CORS is not configured"),
        (&unknown, "allowed.host", "nothing is known of the endpoint's rules"),
        (&unknown, "denied", "nothing is known of the endpoint's rules"),
    ];
    for (roles, name, why) in table {
        assert_eq!(role(roles, name), format!("- {why}"), "{name}");
    }
    assert_eq!(role(&none, "denied"), "https://denied.crosscheck.example");
    let unbound = open.get("denied").expect_err("unbound");
    assert_eq!(unbound.to_string(), "there is no {denied}: every https origin is allowed by `*`");
}

#[test]
fn the_denied_origin_matches_no_pattern() {
    let table: [(&[&str], &str); 5] = [
        (&["https://*.example"], "https://denied.crosscheck.test"),
        (&["https://d*"], "https://qdenied.crosscheck.example"),
        (&["https://d*", "*.example"], "https://qdenied.crosscheck.test"),
        (
            &["https://*.example", "https://*.test", "https://*.invalid"],
            "https://denied.crosscheck.example:8443",
        ),
        (&["https://d*", "https://*"], "- every https origin is allowed by `https://d*`, `https://*`"),
    ];
    for (patterns, denied) in table {
        assert_eq!(
            role(&roles(vec![rule(patterns, &["GET"], &[], &[], None)]), "denied"),
            denied,
            "{patterns:?}"
        );
    }
}

#[test]
fn a_target_s_owner_may_name_the_roles() {
    let overrides: BTreeMap<String, String> =
        [("allowed", "https://mine.example:444"), ("denied", "https://theirs.example")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    let unknown = Roles::bind(None, &overrides);
    assert_eq!(role(&unknown, "allowed"), "https://mine.example:444");
    assert_eq!(role(&unknown, "allowed.port"), "444");
    assert_eq!(role(&unknown, "denied"), "https://theirs.example");
    assert_eq!(role(&unknown, "method"), "- nothing is known of the endpoint's rules");
    let policy =
        Policy { rules: vec![rule(&["https://a.example"], &["PUT"], &[], &[], None)], ..Policy::default() };
    let known = Roles::bind(Some(&policy), &overrides);
    assert_eq!(role(&known, "method"), "- no rule allows `https://mine.example:444`");
}

#[test]
fn every_role_that_is_bound_has_a_known_name() {
    let names: Vec<String> = roles(Vec::new()).iter().map(|(name, _)| name.to_owned()).collect();
    assert!(names.iter().all(|name| is_role(name)), "{names:?}");
    for name in
        ["allowed.1", "allowed.201", "allowed.2.path", "allowed.", "denied.2", "origin", "", "allowed.host.2"]
    {
        assert!(!is_role(name), "{name}");
    }
}

#[test]
fn rows_become_cases_with_their_values() {
    let cases = expanded(
        r#"{"id": "plain", "title": "P", "source": ["its own"], "requests": {"a": {}}},
           {"id": "table", "title": "{what} is fine",
            "requests": {"a": {"origin": "{who}", "headers": {"x-{what}": ["{what}", "{{what}}"]}, "method": "POST",
                               "body": "{\"json\": {\"{what}\": {}}}",
                               "expect": {"outcome": "allowed", "response": {"fields": {"x-{what}": {"any_of": [null, "{what}"]}}}}}},
            "each": [{"id": "one", "with": {"what": "cat", "who": "{allowed}"}},
                     {"id": "two", "title": "No {what}", "with": {"what": "dog", "who": "null"}, "expect": {"outcome": "blocked"}}]}"#,
    );
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["s/plain", "s/table/one", "s/table/two"]);
    let pointed: Vec<&str> = cases.iter().map(|case| &case.source.text[case.span.clone()]).collect();
    assert_eq!(pointed, [r#""plain""#, r#""one""#, r#""two""#]);
    assert_eq!(cases[0].case.source, ["its own"]);
    assert_eq!(cases[1].case.source, ["of the suite"]);
    assert_eq!(cases[1].position(), (6, 29));

    let one = &cases[1].case;
    let request = &one.requests["a"];
    assert_eq!(one.title, "cat is fine");
    assert_eq!(request.origin.as_deref(), Some("{allowed}"));
    assert_eq!(request.body, Some(super::model::BodySpec::Text(r#"{"json": {"cat": {}}}"#.to_owned())));
    assert_eq!(cases[1].needs().into_iter().collect::<Vec<_>>(), ["allowed"]);

    let two = &cases[2].case;
    assert_eq!(two.title, "No dog");
    let blocked = Expect { outcome: Some(OneOrMany::One(OutcomeName::Blocked)), ..Expect::default() };
    assert_eq!(two.requests["a"].expect, blocked);
    assert!(cases[2].needs().is_empty());

    let bound =
        cases[1].bind(&roles(vec![rule(&["https://a.example"], &["GET"], &[], &[], None)])).expect("bound");
    assert_eq!(bound.requests["a"].origin.as_deref(), Some("https://a.example"));
    let lines = bound.requests["a"].headers["x-cat"].as_slice();
    assert_eq!(lines, ["cat", "{what}"], "escapes are resolved at the end");
}

#[test]
fn a_case_whose_roles_have_no_value_does_not_bind() {
    let cases = expanded(
        r#"{"id": "c", "title": "T", "requests": {"a": {"origin": "{denied}", "method": "{method}"}}}"#,
    );
    let open = roles(vec![rule(&["*"], &["GET"], &[], &[], None)]);
    let unbound = cases[0].bind(&open).expect_err("unbound");
    let names: Vec<&str> = unbound.iter().map(|unbound| unbound.role.as_str()).collect();
    assert_eq!(names, ["denied", "method"]);
}

#[test]
fn what_the_server_fills_in_is_left_to_it() {
    let cases = expanded(
        r#"{"id": "c", "title": "T", "requests": {"a": {"origin": "{allowed}"}},
            "given": {"answers": [{"on": "GET", "headers": {"access-control-allow-origin": "{origin}",
                      "location": "{base.other}/x", "x-role": "{allowed}"}}]}}"#,
    );
    assert_eq!(cases[0].needs().into_iter().collect::<Vec<_>>(), ["allowed"]);
    let bound =
        cases[0].bind(&roles(vec![rule(&["https://a.example"], &["GET"], &[], &[], None)])).expect("bound");
    let headers = &bound.given.expect("given").answers[0].headers;
    let values: Vec<&String> = headers.values().flat_map(OneOrMany::as_slice).collect();
    assert_eq!(values, ["{origin}", "{base.other}/x", "https://a.example"]);
}

/// A case with `{x}` in every string that there is: none of them may be forgotten.
#[test]
fn placeholders_are_replaced_in_every_string() {
    let text = r#"{
        "id": "c", "title": "{x}",
        "given": {
            "rules": [{"id": "{x}", "allowed_origins": ["{x}"], "allowed_methods": ["{x}"], "allowed_headers": ["{x}"],
                       "expose_headers": ["{x}"]}],
            "objects": {"{x}": {"headers": {"{x}": ["{x}"]}, "body": "{x}"}},
            "answers": [{"on": "{x}", "path": "{x}", "origin": "{x}", "if_header": "{x}", "headers": {"{x}": "{x}"},
                         "body": "{x}"}]
        },
        "requests": {"a": {
            "origin": "{x}", "site": "{x}", "method": "{x}", "path": "{x}", "query": "{x}", "headers": {"{x}": "{x}"},
            "body": "{x}",
            "expect": {
                "exposed": ["{x}"], "hidden": ["{x}"],
                "preflight": {"sent": {"{x}": "{x}"}, "fields": {"{x}": {"any_of": ["{x}", null], "none_of": ["{x}"],
                              "contains": ["{x}"], "lacks": ["{x}"]}}},
                "response": {"fields": {"{x}": "{x}"}}
            }
        }}
    }"#;
    let mut case: Case = serde_json::from_str(text).expect("a case");
    assert_eq!(needs_of(&case).into_iter().collect::<Vec<_>>(), ["x"]);
    strings::visit(&mut case, &mut |_, text| {
        *text = super::template::fill(text, |_| Some(Cow::Borrowed("y")));
    });
    let replaced = serde_json::to_string(&case).expect("JSON");
    assert!(!replaced.contains("{x}"), "{replaced}");
    let expected = text.replace("{x}", "y");
    assert_eq!(case, serde_json::from_str::<Case>(&expected).expect("a case"));
}

#[test]
fn ids_are_unique_between_files() {
    let one = suite_called(
        "a",
        r#"{"id": "b", "title": "", "requests": {"x": {"path": "{p}"}}, "each": [{"id": "c", "with": {"p": "1"}}]}"#,
    );
    let two = suite_called("a/b", r#"{"id": "c", "title": "", "requests": {"x": {}}}"#);
    let three = suite_called("a", r#"{"id": "other", "title": "", "requests": {"x": {}}}"#);
    let messages = |suites: &[ParsedSuite]| -> Vec<String> {
        across(suites).into_iter().map(|diagnostic| diagnostic.message).collect()
    };
    assert!(messages(std::slice::from_ref(&one)).is_empty());
    assert_eq!(messages(&[one.clone(), two]), ["two cases are called `a/b/c`"]);
    assert_eq!(messages(&[one, three]), ["two suites have the id `a`"]);
}

#[test]
fn one_broken_case_hides_neither_sound_ones_nor_other_mistakes() {
    let parsed = suite(
        r#"{"id": "one", "title": "T", "requests": {"a": {}}},
           {"id": "two", "title": "T", "requests": {"a": {"methd": "PUT"}}},
           {"id": "three", "title": "T", "requests": {"a": {"origin": "https://a.example/"}}},
           {"id": "four", "title": "T", "requests": {"a": {}}}"#,
    );
    assert_eq!(
        told(&parsed),
        [("case.unknown-field", r#""methd""#), ("case.origin", r#""https://a.example/""#)]
    );
    let sound = parsed.suite.as_ref().expect("a suite");
    let ids: Vec<&str> = sound.cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["one", "four"]);
    let place = parsed.place(1).expect("a place").field("id").span();
    assert_eq!(&parsed.source.text[place], r#""four""#);
}

#[test]
fn a_broken_head_leaves_what_can_be_used() {
    let parse = |text: &str| parse_without_warning(text, "s.json");
    let case = r#"{"id": "c", "title": "T", "requests": {"a": {}}}"#;
    let unknown =
        parse(&format!(r#"{{"id": "s", "title": "T", "tags": [], "source": 1, "cases": [{case}]}}"#));
    assert_eq!(told(&unknown), [("case.unknown-field", r#""tags""#), ("case.wrong-type", "1")]);
    assert_eq!(expand(&unknown).len(), 1);
    let nameless = parse(&format!(r#"{{"title": "T", "cases": [{case}]}}"#));
    assert_eq!(told(&nameless), [("case.missing-field", "{")]);
    assert!(nameless.suite.is_none());
}

/// What is right, however odd it looks: no error, no warning.
#[test]
fn what_a_case_may_say_is_not_complained_of() {
    let requests = [
        r#"{"origin": "null"}"#,
        r#"{"origin": "http://localhost:8080", "site": "https://a.example"}"#,
        r#"{"origin": "{allowed.scheme}://{allowed.host}.evil.example"}"#,
        r#"{"origin": "chrome-extension://abcdef"}"#,
        r#"{"origin": "http://[::1]:3000"}"#,
        r#"{"client": "raw", "origin": "HTTPS://A.example:443/x", "headers": {"Cookie": "a=b"}, "method": "TRACE"}"#,
        r#"{"client": "raw", "method": "OPTIONS", "headers": {"access-control-request-method": "PUT"}}"#,
        r#"{"origin": "https://a.example", "method": "patch", "expect": {"preflight": "sent"}}"#,
        r#"{"origin": "https://a.example", "method": "TRACK", "expect": {"reason": "request.forbidden-method"}}"#,
        r#"{"origin": "https://a.example", "method": "a b", "expect": {"reason": "request.invalid-method"}}"#,
        r#"{"origin": "https://a.example", "headers": {"cookie": "x"}, "expect": {"preflight": "none"}}"#,
        r#"{"origin": "https://a.example", "headers": {"content-type": "text/html"}, "expect": {"preflight": "sent"}}"#,
        r#"{"origin": "https://a.example", "headers": {"content-type": "text/plain"}, "expect": {"preflight": "none"}}"#,
        r#"{"origin": "https://a.example", "headers": {"{header}": "x"}, "until": "preflight"}"#,
        r#"{"origin": "https://a.example", "method": "{method}", "until": "preflight", "expect": {"preflight": "sent", "outcome": "allowed"}}"#,
        r#"{"method": "PUT", "expect": {"preflight": "none"}}"#,
        r#"{"origin": "https://a.example", "mode": "no-cors", "expect": {"outcome": "opaque", "status": 0}}"#,
        r#"{"origin": "https://a.example", "redirect": "manual", "expect": {"outcome": "opaque"}}"#,
        r#"{"origin": "https://a.example", "expect": {"outcome": ["allowed", "blocked"], "reason": "cors-check.missing", "status": 200}}"#,
        r#"{"origin": "https://a.example", "method": "PUT", "expect": {"outcome": "blocked", "reason": "preflight.status", "preflight": {"status": 403}}}"#,
        r#"{"mode": "same-origin", "cache": "only-if-cached"}"#,
        r#"{"path": "a/b%20c", "query": "x=1&y=2"}"#,
        r#"{"expect": {"response": {"fields": {"vary": {"any_of": [null, "origin"], "lines": 1}}}}}"#,
    ];
    for request in requests {
        let parsed = suite(&format!(r#"{{"id": "c", "title": "T", "requests": {{"a": {request}}}}}"#));
        assert!(parsed.diagnostics.is_empty(), "{request}\n{:#?}", parsed.diagnostics);
    }
}

/// What is wrong in one request, with the code and what is pointed at.
#[test]
fn what_a_case_may_not_say_is_told() {
    let table = [
        (r#"{"origin": "https://a.example:443"}"#, "case.origin", r#""https://a.example:443""#),
        (r#"{"origin": "file:///"}"#, "case.origin", r#""file:///""#),
        (r#"{"client": "raw", "origin": "a\r\nb"}"#, "case.header", r#""a\r\nb""#),
        (r#"{"method": ""}"#, "case.method", r#""""#),
        (r#"{"client": "raw", "method": "G T"}"#, "case.method", r#""G T""#),
        (r#"{"method": "HEAD", "body": ""}"#, "case.body", r#""body""#),
        (r#"{"cache": "only-if-cached"}"#, "case.cache", r#""only-if-cached""#),
        (r#"{"path": "a#b"}"#, "case.path", r#""a#b""#),
        (r#"{"query": "a b"}"#, "case.path", r#""a b""#),
        (r#"{"headers": {"a:b": "c"}}"#, "case.header", r#""a:b""#),
        (r#"{"headers": {"a": ["b", "c\u0000"]}}"#, "case.header", r#""c\u0000""#),
        (r#"{"headers": {"host": "c"}}"#, "case.forbidden-header", r#""host""#),
        (r#"{"client": "raw", "expect": {"preflight": "sent"}}"#, "case.contradiction", r#""sent""#),
        (r#"{"client": "raw", "until": "preflight"}"#, "case.contradiction", r#""preflight""#),
        (r#"{"expect": {"outcome": "opaque"}, "origin": "null"}"#, "case.contradiction", r#""opaque""#),
        (r#"{"expect": {"outcome": []}}"#, "case.contradiction", "[]"),
        (r#"{"expect": {"status": [200, 42]}}"#, "case.status", "42"),
        (r#"{"expect": {"response": {"status": 1000}}}"#, "case.status", "1000"),
        (r#"{"expect": {"exposed": ["a b"]}}"#, "case.header", r#""a b""#),
        (
            r#"{"expect": {"response": {"fields": {"x": {"present": false, "contains": ["a"]}}}}}"#,
            "case.contradiction",
            r#""x""#,
        ),
        (
            r#"{"expect": {"response": {"fields": {"x": {"contains": ["a"], "lacks": ["a"]}}}}}"#,
            "case.contradiction",
            r#""a""#,
        ),
        (r#"{"expect": {"response": {"fields": {"x": {}}}}}"#, "case.idle", r#""x""#),
        (
            r#"{"expect": {"response": {"fields": {"x": {"or_wildcard": true, "lines": 1}}}}}"#,
            "case.idle",
            r#""or_wildcard""#,
        ),
        (
            r#"{"origin": "null", "method": "PUT", "expect": {"outcome": "allowed", "preflight": {"status": [403, 500]}}}"#,
            "case.contradiction",
            "[403, 500]",
        ),
        (
            r#"{"origin": "null", "expect": {"outcome": "blocked", "reason": "preflight.status", "preflight": "none"}}"#,
            "case.contradiction",
            r#""preflight.status""#,
        ),
    ];
    for (request, code, at) in table {
        let parsed = suite(&format!(r#"{{"id": "c", "title": "T", "requests": {{"a": {request}}}}}"#));
        assert_eq!(told(&parsed), [(code, at)], "{request}\n{:#?}", parsed.diagnostics);
    }
}

#[test]
fn what_only_some_rows_have_wrong_names_the_row() {
    let parsed = suite(
        r#"{"id": "c", "title": "T", "requests": {"a": {"origin": "{o}"}},
            "each": [{"id": "good", "with": {"o": "https://a.example"}}, {"id": "bad", "with": {"o": "a.example"}}]}"#,
    );
    let [diagnostic] = parsed.diagnostics.as_slice() else { panic!("{:#?}", parsed.diagnostics) };
    let labels: Vec<&str> =
        diagnostic.labels.iter().map(|label| &parsed.source.text[label.span.clone()]).collect();
    assert_eq!(labels, [r#""{o}""#, r#""bad""#]);
    let everywhere = suite(
        r#"{"id": "c", "title": "T", "requests": {"a": {"origin": "x", "path": "{p}"}},
            "each": [{"id": "one", "with": {"p": "1"}}, {"id": "two", "with": {"p": "2"}}]}"#,
    );
    assert_eq!(told(&everywhere), [("case.origin", r#""x""#)]);
    assert_eq!(everywhere.diagnostics[0].labels.len(), 1);
}

#[test]
fn an_answer_that_nothing_asks_for_is_only_suspicious() {
    let parsed = suite(
        r#"{"id": "c", "title": "T", "requests": {"a": {"path": "start"}}, "given": {"answers": [
            {"on": "GET", "path": "start", "status": 302, "headers": {"location": "{base}/end"}},
            {"on": "GET", "path": "end"}, {"on": "GET", "path": "strat"}, {"on": "*"}]}}"#,
    );
    assert_eq!(told(&parsed), [("case.unused-answer", r#""strat""#)]);
    assert_eq!(parsed.diagnostics[0].severity, Severity::Warning);
    assert_eq!(parsed.diagnostics[0].labels[0].text, "did you mean `start`?");
    assert_eq!(expand(&parsed).len(), 1);
}
