//! Load plans: the published schema is the generated one, the shipped plans are sound, and what
//! is wrong with a plan is said at its place.
use std::{fs, sync::Arc};

use crosscheck::{
    diagnostic::SourceText,
    load::{
        cases,
        plan::{self, LoadPlan},
        record,
    },
    shipped,
};

fn is_fresh(path: &str, generated: &str) {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("BLESS").is_ok_and(|bless| bless == "1") {
        fs::write(&path, generated).expect("written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "{path} is stale: BLESS=1 cargo test --test load plans");
}

#[test]
fn the_committed_schemas_are_fresh() {
    is_fresh("suites/load.schema.json", &plan::published());
    is_fresh("suites/load-record.schema.json", &record::published());
}

fn parse(text: &str) -> Result<LoadPlan, Vec<String>> {
    let source = Arc::new(SourceText { name: "plan.json".to_owned(), text: text.to_owned() });
    plan::parse_plan(&source).map(|parsed| parsed.plan).map_err(|found| {
        found
            .iter()
            .map(|diagnostic| {
                let label = diagnostic.labels.first();
                let at = label.map(|label| label.source.position(label.span.start));
                let at = at.map_or_else(String::new, |(line, column)| format!("{line}:{column} "));
                let text = label.map(|label| label.text.clone()).unwrap_or_default();
                format!(
                    "{at}{}: {} [{text}] {}",
                    diagnostic.code,
                    diagnostic.message,
                    diagnostic.help.join("; ")
                )
            })
            .collect()
    })
}

#[test]
fn the_shipped_plans_are_sound_and_called_as_their_files() {
    let plans = shipped::plans();
    assert!(plans.len() >= 6, "{}", plans.len());
    for file in plans {
        let plan = parse(std::str::from_utf8(&file.bytes).unwrap()).unwrap_or_else(|found| {
            panic!("{}: {}", file.name, found.join("\n"));
        });
        assert_eq!(file.name, format!("suites/load/{}.json", plan.id));
        assert!(!plan.budgets.is_empty(), "{}", file.name);
    }
}

#[test]
fn a_plan_survives_its_own_form() {
    for file in shipped::plans() {
        let plan = parse(std::str::from_utf8(&file.bytes).unwrap()).unwrap();
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(parse(&text).unwrap(), plan, "{text}");
    }
}

#[test]
fn a_case_that_is_not_there_is_said_at_its_place() {
    let of = |cases: &str| {
        let text = format!(
            "{{ \"id\": \"a\", \"title\": \"t\", \"rate\": 1,\n  \"cases\": {cases},\n  \
             \"stages\": [{{ \"name\": \"s\", \"for\": \"1s\" }}] }}"
        );
        let source = Arc::new(SourceText { name: "plans/plan.json".to_owned(), text });
        let parsed = plan::parse_plan(&source).expect("a sound plan");
        cases::find(&parsed, &shipped::cases()).map_err(|found| {
            let said = found.iter().map(|diagnostic| {
                let label = diagnostic.labels.first().expect("a place");
                let (line, column) = label.source.position(label.span.start);
                format!(
                    "{line}:{column} {}: {} [{}]",
                    diagnostic.code,
                    diagnostic.message,
                    diagnostic.help.join("; ")
                )
            });
            said.collect::<Vec<_>>().join("\n")
        })
    };
    let found =
        of(r#"{ "one": { "case": "origin/allowed/reads" }, "all": { "case": "preflight/allowed/method" } }"#);
    let found = found.expect("cases");
    assert_eq!(found[0].cases.len(), 1);
    assert!(found[1].cases.iter().all(|case| case.id.starts_with("preflight/allowed/method")));
    for (cases, said) in [
        (
            r#"{ "a": { "case": "origin/allowed/readz" } }"#,
            "2:29 load.unknown-case: there is no case `origin/allowed/readz` [did you mean `origin/allowed/reads`?",
        ),
        (r#"{ "a": { "case": "nothing/at/all" } }"#, "`crosscheck list --target embedded` shows every id"),
        (
            r#"{ "a": { "case": "b", "file": "missing.json" } }"#,
            "2:42 load.case-file: cannot read plans/missing.json",
        ),
    ] {
        let found = of(cases).expect_err(cases);
        assert!(found.contains(said), "{said}\n{found}");
    }
}

/// A sound plan with one part exchanged.
fn with(from: &str, to: &str) -> String {
    let sound = r#"{ "id": "a", "title": "t",
  "requests": { "get": { "kind": "actual" }, "ask": {} },
  "origins": ["{allowed}"], "resources": [""],
  "rate": 100,
  "stages": [{ "name": "one", "for": "1s" }],
  "budgets": ["p99<20ms for get"] }"#;
    assert!(parse(sound).is_ok());
    assert!(sound.contains(from), "{from}");
    sound.replacen(from, to, 1)
}

#[test]
fn what_is_wrong_is_said_at_its_place() {
    for (from, to, expected) in [
        (r#""rate""#, r#""rat""#, "4:3 load.unknown-field"),
        (r#""for": "1s""#, r#""for": "1 s""#, "5:38 load.malformed"),
        (r#""for": "1s""#, r#""for": "0s""#, "5:38 load.stage: a stage that takes no time"),
        (r#""rate": 100"#, r#""rate": 0"#, "4:11 load.out-of-range"),
        (r#""rate": 100"#, r#""connections": 1"#, "5:14 load.stage: nothing says how much load"),
        (r#""rate": 100"#, r#""rate": 100, "users": 1"#, "load.contradiction: a plan has a rate"),
        (
            r#""rate": 100"#,
            r#""rate": 100, "pause": "1s""#,
            "4:16 load.contradiction: `pause` without `users`",
        ),
        (r#""kind": "actual""#, r#""kind": "actuel""#, "[did you mean `actual`?]"),
        (r#""kind": "actual""#, r#""method": "TRACE""#, "load.method: a page cannot use the method `TRACE`"),
        (r#""kind": "actual""#, r#""headers": { "cookie": "a" }"#, "load.header: a page cannot set `cookie`"),
        (r#""kind": "actual""#, r#""kind": "fetch""#, "load.contradiction: requests of the kind `fetch`"),
        ("{allowed}", "{alowed}", "[did you mean `{allowed}`?]"),
        (r#""{allowed}""#, r#""https://a.example/""#, "3:15 load.origin"),
        (r#""{allowed}""#, r#"{ "origin": "https://{n}.example" }"#, "load.count: the origin has a number"),
        (
            r#""{allowed}""#,
            r#"{ "origin": "https://a.example", "count": 3 }"#,
            "load.count: 3 times the same origin",
        ),
        (r#"[""]"#, r#"["a b"]"#, "load.path"),
        (r#"[""]"#, r#"[{ "path": "a", "count": 2 }]"#, "load.count: 2 times the same path"),
        ("p99<20ms for get", "p99<20ms for got", "did you mean `get`?"),
        ("p99<20ms for get", "p99<20ms in tow", "6:15 load.budget: the budget is for the stage `tow`"),
        ("p99<20ms for get", "eror-rate<1%", "did you mean `error-rate`?"),
        (
            r#""rate": 100"#,
            r#""rate": 100, "through": "shared""#,
            "load.through: a cache that nothing goes through",
        ),
        (r#""rate": 100"#, r#""rate": 100, "browser": {}"#, "load.contradiction: no request needs a browser"),
        (r#"{ "name": "one""#, r#"{ "name": "one", "for": "1s" }, { "name": "one""#, "load.duplicate-name"),
        (r#""requests": { "get": { "kind": "actual" }, "ask": {} }"#, r#""cases": {}"#, "load.nothing"),
        (
            r#""rate": 100"#,
            r#""rate": 100, "cases": { "a": { "case": "a/b" } }"#,
            "load.contradiction: `requests` beside",
        ),
        (
            r#""requests": { "get": { "kind": "actual" }, "ask": {} }"#,
            r#""cases": { "get": { "case": "a/b", "weigth": 1 } }"#,
            "did you mean `weight`?",
        ),
        (
            r#""requests": { "get": { "kind": "actual" }, "ask": {} }"#,
            r#""through": "shared", "cases": { "get": { "case": "a/b" } }"#,
            "load.contradiction: `through` beside `cases`",
        ),
        (
            r#""requests": { "get": { "kind": "actual" }, "ask": {} }"#,
            r#""given": { "rules": [] }, "cases": { "get": { "case": "a/b" } }"#,
            "load.contradiction: `given` beside `cases`",
        ),
        (
            r#""rate": 100"#,
            r#""given": { "rules": [{ "allowed_origins": ["https://*.*"], "allowed_methods": ["GET"] }] }, "rate": 1"#,
            "4:46 load.rule: `https://*.*` has more than one `*`",
        ),
        (
            r#""rate": 100"#,
            r#""given": { "rules": [{ "allowed_origins": ["*"], "allowed_methods": ["PUTT"] }] }, "rate": 1"#,
            "[did you mean `PUT`?] methods of rules: GET",
        ),
        (
            r#""rate": 100"#,
            r#""given": { "rules": [{ "allowed_origins": ["{alowed}"], "allowed_methods": ["PUT"] }] }, "rate": 1"#,
            "[did you mean `{allowed}`?]",
        ),
        (
            r#""rate": 100"#,
            r#""given": { "objects": { "a": { "body": "{alowed}" } } }, "rate": 1"#,
            "[did you mean `{allowed}`?]",
        ),
        (
            r#""rate": 100"#,
            r#""given": { "objects": { "a/{n}": {} } }, "rate": 1"#,
            "4:27 load.count: nothing says how many objects `a/{n}` are",
        ),
        (
            r#""rate": 100"#,
            r#""given": { "objects": { "a": { "headers": { "a b": "c" } } } }, "rate": 1"#,
            "load.header: `a b` is no field name",
        ),
        (
            r#"{ "name": "one""#,
            r#"{ "name": "one", "users": 3"#,
            "load.contradiction: arrivals at a rate and users",
        ),
    ] {
        let found = parse(&with(from, to)).expect_err(to);
        assert!(found.iter().any(|line| line.contains(expected)), "{to}\n{expected}\n{}", found.join("\n"));
    }
}
