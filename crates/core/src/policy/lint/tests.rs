use super::*;

/// What is wrong with one rule for this origin.
fn of_origin(origin: &str) -> Vec<Kind> {
    lint(&Policy::from_origins([origin]), Dialect::Oss).into_iter().map(|problem| problem.kind).collect()
}

#[test]
fn origins() {
    let rows: &[(&str, Option<Kind>)] = &[
        ("*", None),
        ("https://a.example", None),
        ("https://a.example:8443", None),
        ("http://a.example", None),
        ("http://localhost:3000", None),
        ("http://localhost:*", None),
        ("http://[::1]:3000", None),
        ("http://127.0.0.1", None),
        ("https://*.example.com", None),
        ("https://app-*.example.com", None),
        ("capacitor://localhost", None),
        ("chrome-extension://abcdefgh", None),
        ("", Some(Kind::OriginEmpty)),
        ("null", Some(Kind::OriginNull)),
        ("a.example", Some(Kind::OriginScheme)),
        ("localhost:3000", Some(Kind::OriginScheme)),
        ("https://a.example/", Some(Kind::OriginSlash)),
        ("https://a.example/app", Some(Kind::OriginPath)),
        ("https://a.example?x", Some(Kind::OriginPath)),
        ("https://user@a.example", Some(Kind::OriginUser)),
        ("https://a.example:443", Some(Kind::OriginDefaultPort)),
        ("http://a.example:80", Some(Kind::OriginDefaultPort)),
        ("http://a.example:443", None),
        ("https://A.example", Some(Kind::OriginUpperCase)),
        ("HTTPS://a.example", Some(Kind::OriginUpperCase)),
        ("https://m\u{fc}nchen.example", Some(Kind::OriginUnicode)),
        ("https://a.example, https://b.example", Some(Kind::OriginInvalid)),
        ("https://a.example ", Some(Kind::OriginInvalid)),
        ("https://", Some(Kind::OriginInvalid)),
        ("https://a.example:99999", Some(Kind::OriginInvalid)),
        ("https://127.1", Some(Kind::OriginInvalid)),
        ("https://*.*.example", Some(Kind::OriginWildcards)),
        ("https://*", Some(Kind::OriginWide)),
        ("https://*.com", Some(Kind::OriginWide)),
        ("https://*.github.io", Some(Kind::OriginWide)),
        ("https://*example.com", Some(Kind::OriginWide)),
    ];
    for (origin, expected) in rows {
        assert_eq!(of_origin(origin), expected.iter().copied().collect::<Vec<_>>(), "{origin:?}");
    }
}

fn good() -> Policy {
    Policy::from_origins(["https://a.example"])
}

fn changed(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = good();
    change(&mut policy);
    policy
}

fn list(entries: &[&str]) -> Vec<String> {
    entries.iter().map(|entry| (*entry).to_owned()).collect()
}

type Found<'a> = Vec<(Kind, &'a str)>;

#[test]
fn everything_else() {
    let wide = || Policy::from_origins(["*"]);
    let rows: Vec<(&str, Policy, Found<'_>)> = vec![
        ("a good policy", good(), vec![]),
        ("no rules", Policy::default(), vec![]),
        (
            "no origins and no methods",
            Policy { rules: vec![Rule::default()], ..Policy::default() },
            vec![(Kind::NoOrigins, ""), (Kind::NoMethods, "")],
        ),
        (
            "methods",
            good().with_methods(["GET", "put", "PATCH", "OPTIONS", "*", "GET"]),
            vec![
                (Kind::MethodCase, "put"),
                (Kind::MethodUnknown, "PATCH"),
                (Kind::MethodUnknown, "OPTIONS"),
                (Kind::MethodUnknown, "*"),
                (Kind::Duplicate, "GET"),
            ],
        ),
        (
            "request headers",
            good().with_headers(["*", "x-oss-*", "x-*-y-*", "a b", "X-A", "x-a"]),
            vec![(Kind::HeaderWildcards, "x-*-y-*"), (Kind::HeaderInvalid, "a b"), (Kind::Duplicate, "x-a")],
        ),
        (
            "exposed headers",
            good().with_exposed(["ETag", "*", "x-*", "a:b", "x'y", "Set-Cookie", "etag"]),
            vec![
                (Kind::ExposeWildcard, "*"),
                (Kind::ExposeWildcard, "x-*"),
                (Kind::ExposeInvalid, "a:b"),
                (Kind::ExposeInvalid, "x'y"),
                (Kind::ExposeForbidden, "Set-Cookie"),
                (Kind::Duplicate, "etag"),
            ],
        ),
        ("a long time", good().with_max_age(86_401), vec![(Kind::MaxAgeLong, "86401")]),
        ("a day", good().with_max_age(86_400), vec![]),
        ("credentials for anybody", wide().with_credentials(true), vec![(Kind::WildcardCredentials, "*")]),
        (
            "credentials without encryption",
            Policy::from_origins(["http://a.example", "http://localhost:3000"]).with_credentials(true),
            vec![(Kind::OriginInsecure, "http://a.example")],
        ),
        (
            "the same origin twice",
            Policy::from_origins(["https://a.example", "https://a.example"]),
            vec![(Kind::Duplicate, "https://a.example")],
        ),
        (
            "a rule behind a wider one",
            changed(|policy| policy.rules.insert(0, wide().rules.remove(0))),
            vec![(Kind::Unreachable, "")],
        ),
        ("a rule behind a narrower one", changed(|policy| policy.rules.push(wide().rules.remove(0))), vec![]),
        (
            "a rule with other headers is reached",
            changed(|policy| {
                let rule = Rule { allowed_headers: list(&["x-a"]), ..policy.rules[0].clone() };
                policy.rules.push(rule);
            }),
            vec![],
        ),
    ];
    for (claim, policy, expected) in rows {
        let problems = lint(&policy, Dialect::Oss);
        let found: Found<'_> =
            problems.iter().map(|problem| (problem.kind, problem.value.as_str())).collect();
        assert_eq!(found, expected, "{claim}");
    }
}

#[test]
fn eleven_rules_are_too_many_for_oss_and_not_for_s3() {
    let policy = changed(|policy| {
        policy.rules = (0..11)
            .map(|index| Rule {
                allowed_origins: vec![format!("https://{index}.example")],
                ..good().rules.remove(0)
            })
            .collect();
    });
    assert_eq!(lint(&policy, Dialect::Oss).first().map(|problem| problem.kind), Some(Kind::TooManyRules));
    assert_eq!(lint(&policy, Dialect::S3), []);
}

#[test]
fn a_problem_says_where_it_is_and_what_to_do() {
    let problems = lint(&Policy::from_origins(["https://a.example/"]), Dialect::Oss);
    let diagnostic = problems[0].diagnostic();
    assert_eq!(diagnostic.code, "policy.origin.slash");
    assert_eq!(
        diagnostic.message,
        "rule 1: an origin has no slash at its end and so never matches: `https://a.example/`"
    );
    assert_eq!(diagnostic.help, ["leave the slash out"]);
}

#[test]
fn codes_are_unique() {
    let mut codes: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Kind::ALL.len());
}
