use proptest::prelude::*;

use super::*;

const A: &str = "https://a.example";
const B: &str = "https://b.example";
const E: &str = "https://evil.test";

fn rule(origins: &[&str], methods: &[&str], headers: &[&str]) -> Rule {
    let owned = |list: &[&str]| list.iter().map(|item| (*item).to_owned()).collect();
    Rule {
        allowed_origins: owned(origins),
        allowed_methods: owned(methods),
        allowed_headers: owned(headers),
        ..Rule::default()
    }
}

fn policy(rules: Vec<Rule>) -> Policy {
    Policy { rules, ..Policy::default() }
}

/// Which rule, or what the nearest miss was, in a few letters.
fn word(decision: &Decision) -> String {
    match decision {
        Decision::NotCors => "no origin".to_owned(),
        Decision::Matched { rule, .. } => format!("rule {rule}"),
        Decision::Refused(Refusal::NoRules) => "no rules".to_owned(),
        Decision::Refused(Refusal::Origin) => "origin".to_owned(),
        Decision::Refused(Refusal::Method { rule }) => format!("method of {rule}"),
        Decision::Refused(Refusal::Headers { rule, names }) => format!("{} of {rule}", names.join("+")),
    }
}

#[test]
fn the_first_rule_that_matches_in_everything_decides() {
    let ordered = policy(vec![
        rule(&[A], &["GET"], &[]),
        rule(&[A], &["GET", "PUT"], &["x-one"]),
        rule(&[A, B], &["PUT"], &["X-One", "x-two"]),
        rule(&["https://*.example"], &["DELETE"], &["*"]),
        rule(&["*"], &["HEAD"], &[]),
    ]);
    // Origin, method, requested headers (None: an actual request), what comes out.
    let rows: &[(&str, &str, Option<&[&str]>, &str)] = &[
        (A, "GET", None, "rule 0"),
        (A, "PUT", None, "rule 1"),
        (A, "DELETE", None, "rule 3"),
        (A, "HEAD", None, "rule 4"),
        (A, "POST", None, "method of 0"),
        (A, "get", None, "method of 0"),
        (A, "PATCH", None, "method of 0"),
        (B, "PUT", None, "rule 2"),
        (B, "GET", None, "method of 2"),
        (E, "GET", None, "method of 4"),
        (E, "HEAD", None, "rule 4"),
        ("null", "HEAD", None, "rule 4"),
        ("null", "DELETE", None, "method of 4"),
        ("", "HEAD", None, "rule 4"),
        ("", "DELETE", None, "method of 4"),
        ("https://c.example", "DELETE", None, "rule 3"),
        ("https://c.example, https://d.example", "DELETE", None, "method of 4"),
        ("https://c.example https://d.example", "DELETE", None, "method of 4"),
        ("https://\u{e9}.example", "DELETE", None, "method of 4"),
        (A, "GET", Some(&[]), "rule 0"),
        (A, "GET", Some(&["x-one"]), "rule 1"),
        (A, "GET", Some(&["X-ONE"]), "rule 1"),
        (A, "PUT", Some(&["x-one"]), "rule 1"),
        (A, "PUT", Some(&["x-one", "x-two"]), "rule 2"),
        (A, "PUT", Some(&["x-two"]), "rule 2"),
        (A, "PUT", Some(&["x-one", "x-two", "x-three"]), "x-three of 2"),
        (A, "PUT", Some(&["x-three"]), "x-three of 1"),
        (A, "GET", Some(&["x-two"]), "x-two of 0"),
        (A, "DELETE", Some(&["anything", "authorization"]), "rule 3"),
        (A, "DELETE", Some(&["not a token"]), "not a token of 3"),
        (A, "DELETE", Some(&["(x)"]), "(x) of 3"),
        (B, "PUT", Some(&["x-one"]), "rule 2"),
        (B, "PATCH", Some(&["x-one"]), "method of 2"),
        (E, "PUT", Some(&["x-one"]), "method of 4"),
        (E, "HEAD", Some(&["x-one"]), "x-one of 4"),
    ];
    for (origin, method, headers, expected) in rows {
        let question = match headers {
            None => Question::actual(origin.as_bytes().to_vec(), *method),
            Some(headers) => {
                Question::preflight(origin.as_bytes().to_vec(), *method, headers.iter().copied())
            }
        };
        let ruling = evaluate(&ordered, Dialect::Oss, &question);
        assert_eq!(word(&ruling.decision), *expected, "{origin} {method} {headers:?}");
    }
}

#[test]
fn the_four_rules_of_the_ceph_suite() {
    let rules = policy(vec![
        rule(&["*suffix"], &["GET"], &[]),
        rule(&["start*end"], &["GET"], &[]),
        rule(&["prefix*"], &["GET"], &[]),
        rule(&["*.put"], &["PUT"], &[]),
    ]);
    let rows: &[(&str, &str, &str)] = &[
        ("foo.suffix", "GET", "rule 0"),
        ("startend", "GET", "rule 1"),
        ("start1end", "GET", "rule 1"),
        ("start12end", "GET", "rule 1"),
        ("prefix", "GET", "rule 2"),
        ("prefix.suffix", "GET", "rule 0"),
        ("foo.bar", "GET", "origin"),
        ("foo.suffix.get", "GET", "origin"),
        ("0start12end", "GET", "origin"),
        ("bla.prefix", "GET", "origin"),
        ("foo.put", "PUT", "rule 3"),
        ("foo.put", "GET", "method of 3"),
        ("foo.suffix", "PUT", "method of 0"),
    ];
    for (origin, method, expected) in rows {
        let ruling = evaluate(&rules, Dialect::Oss, &Question::actual(*origin, *method));
        assert_eq!(word(&ruling.decision), *expected, "{method} from {origin}");
    }
}

#[test]
fn null_is_an_origin_like_any_other() {
    let rows: &[(&str, &str)] =
        &[("null", "rule 0"), ("*", "rule 0"), ("https://*", "origin"), ("NULL", "origin"), ("n*", "rule 0")];
    for (pattern, expected) in rows {
        let rules = policy(vec![rule(&[pattern], &["GET"], &[])]);
        let ruling = evaluate(&rules, Dialect::Oss, &Question::actual("null", "GET"));
        assert_eq!(word(&ruling.decision), *expected, "{pattern}");
    }
}

/// The lines of a ruling as `Name: value`, without the common prefix of their names.
fn lines(ruling: &Ruling) -> Vec<String> {
    ruling
        .fields
        .iter()
        .map(|field| format!("{}: {}", field.name.replace("Access-Control-", ""), field.text()))
        .collect()
}

#[test]
fn the_answer_of_each_dialect() {
    let named = Rule {
        expose_headers: vec!["ETag".to_owned(), "x-oss-request-id".to_owned()],
        max_age_seconds: Some(0),
        ..rule(&[A, B], &["GET", "PUT"], &["*"])
    };
    let any = rule(&["*"], &["GET"], &["*"]);
    let mixed = rule(&[A, "*"], &["GET"], &[]);
    let v3 = "Vary: Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
    let get = || Question::actual(A, "GET");
    let put = || Question::preflight(A, "PUT", ["X-B", "x-a", "x-b"]);
    let plain = Policy { rules: vec![named.clone()], ..Policy::default() };
    let full = Policy { response_vary: true, allow_credentials: true, ..plain.clone() };
    let rows: &[(&str, Policy, Dialect, Question, &[&str])] = &[
        (
            "a named origin is echoed, every method of the rule is listed, max-age is sent even as 0",
            plain.clone(),
            Dialect::Oss,
            put(),
            &[
                "Allow-Origin: https://a.example",
                "Allow-Methods: GET, PUT",
                "Allow-Headers: x-b, x-a",
                "Expose-Headers: ETag, x-oss-request-id",
                "Max-Age: 0",
            ],
        ),
        (
            "credentials and Vary on demand",
            full.clone(),
            Dialect::Oss,
            get(),
            &[
                "Allow-Origin: https://a.example",
                "Allow-Credentials: true",
                "Allow-Methods: GET, PUT",
                "Expose-Headers: ETag, x-oss-request-id",
                "Max-Age: 0",
                "Vary: Origin",
            ],
        ),
        ("Vary also when refused", full.clone(), Dialect::Oss, Question::actual(E, "GET"), &["Vary: Origin"]),
        (
            "Vary also without Origin",
            full.clone(),
            Dialect::Oss,
            Question { origin: None, ..get() },
            &["Vary: Origin"],
        ),
        ("no Vary unless asked for", plain.clone(), Dialect::Oss, Question::actual(E, "GET"), &[]),
        ("no rules, no Vary", Policy { response_vary: true, ..Policy::default() }, Dialect::Oss, get(), &[]),
        (
            "any origin is answered by a wildcard, without credentials",
            Policy { rules: vec![any.clone()], ..full.clone() },
            Dialect::Oss,
            get(),
            &["Allow-Origin: *", "Allow-Methods: GET", "Vary: Origin"],
        ),
        (
            "OSS: the first pattern of the rule that matches decides",
            policy(vec![mixed.clone()]),
            Dialect::Oss,
            get(),
            &["Allow-Origin: https://a.example", "Allow-Methods: GET"],
        ),
        (
            "S3: a wildcard in the rule decides",
            policy(vec![mixed]),
            Dialect::S3,
            get(),
            &["Allow-Origin: *", "Allow-Methods: GET", v3],
        ),
        (
            "S3: a named origin always has credentials and three fields in Vary",
            plain.clone(),
            Dialect::S3,
            put(),
            &[
                "Allow-Origin: https://a.example",
                "Allow-Credentials: true",
                "Allow-Methods: GET, PUT",
                "Allow-Headers: x-b, x-a",
                "Expose-Headers: ETag, x-oss-request-id",
                "Max-Age: 0",
                v3,
            ],
        ),
        ("S3: nothing when refused", full, Dialect::S3, Question::actual(E, "GET"), &[]),
        (
            "S3: a wildcard never has credentials",
            policy(vec![any]),
            Dialect::S3,
            get(),
            &["Allow-Origin: *", "Allow-Methods: GET", v3],
        ),
    ];
    for (claim, policy, dialect, question, expected) in rows {
        assert_eq!(lines(&evaluate(policy, *dialect, question)), *expected, "{claim}");
    }
}

#[test]
fn refusals_say_what_is_missing() {
    let rows = [
        (Refusal::NoRules, "CORS is not configured"),
        (Refusal::Origin, "no rule allows the origin"),
        (Refusal::Method { rule: 0 }, "rule 1 allows the origin, but not the method"),
        (
            Refusal::Headers { rule: 1, names: vec!["x-a".to_owned(), "x-b".to_owned()] },
            "rule 2 allows the origin and the method, but not x-a, x-b",
        ),
    ];
    for (refusal, text) in rows {
        assert_eq!(refusal.to_string(), text);
    }
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let origins = proptest::collection::vec("(https://)?[ab*.]{0,6}", 0..3);
    let methods = proptest::collection::vec(prop_oneof!["GET", "PUT", "[ -~]{0,4}"], 0..3);
    let headers = proptest::collection::vec("[xX*-]{0,4}", 0..3);
    (origins, methods, headers).prop_map(|(allowed_origins, allowed_methods, allowed_headers)| Rule {
        allowed_origins,
        allowed_methods,
        allowed_headers,
        ..Rule::default()
    })
}

proptest! {
    #[test]
    fn a_match_matches_in_every_part_and_no_earlier_rule_does(
        rules in proptest::collection::vec(any_rule(), 0..5),
        origin in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..12),
            "(https://)?[ab.]{0,4}".prop_map(String::into_bytes),
        ],
        method in prop_oneof!["GET", "PUT", "[ -~]{0,4}"],
        headers in proptest::option::of(proptest::collection::vec("[xX-]{0,4}", 0..3)),
    ) {
        let policy = Policy { rules, response_vary: true, allow_credentials: true };
        let question = match headers {
            Some(headers) => Question::preflight(origin, method, headers),
            None => Question::actual(origin, method),
        };
        let ruling = evaluate(&policy, Dialect::Oss, &question);
        prop_assert_eq!(&ruling, &evaluate(&policy, Dialect::Oss, &question));
        let origin = question.origin.as_deref().unwrap_or_default();
        let plain = !origin.is_empty() && origin.iter().all(|byte| (b'!'..=b'~').contains(byte) && *byte != b',');
        let fits = |rule: &Rule| {
            let has_origin = |allowed: &String| {
                allowed == "*" || (plain && pattern::matches_origin(allowed, origin))
            };
            rule.allowed_methods.iter().any(|allowed| allowed == question.method())
                && rule.allowed_origins.iter().any(has_origin)
                && question.headers().iter().all(|name| {
                    rule.allowed_headers.iter().any(|allowed| pattern::matches_name(allowed, name))
                })
        };
        if let Decision::Matched { rule, .. } = ruling.decision {
            prop_assert!(fits(&policy.rules[rule]));
            let impossible = question.headers().iter().any(String::is_empty);
            prop_assert!(impossible || !policy.rules[..rule].iter().any(&fits));
            prop_assert_eq!(ruling.fields.lines("access-control-allow-origin").count(), 1);
        } else {
            prop_assert!(!ruling.fields.contains("access-control-allow-origin"));
        }
    }
}
