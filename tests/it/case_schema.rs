//! The published schema, our own check and the types are one fact: the committed schema is the
//! generated one, and every document is as valid to us as to an independent validator.
use std::{fs, sync::Arc};

use crosscheck::{
    case::{self, model::Suite},
    diagnostic::SourceText,
    document, load,
    report::events,
    run::{comparison, listing, record},
    verdict::Code,
};
use serde_json::{Value, json};

#[test]
fn the_committed_schemas_are_fresh() {
    for (name, generated) in [
        ("suite.schema.json", case::published()),
        ("run-record.schema.json", record::published()),
        ("events.schema.json", events::published()),
        ("comparison.schema.json", comparison::published()),
        ("list.schema.json", listing::published()),
    ] {
        let path = format!("{}/suites/{name}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var("BLESS").is_ok_and(|bless| bless == "1") {
            fs::write(&path, &generated).expect("written");
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == generated, "suites/{name} is stale: BLESS=1 cargo test --test it case_schema");
    }
}

/// `docs/codes.md`: every code with its meaning and its section.
fn table_of_codes() -> String {
    let row = |code: Code| {
        let section = code.anchor().map(|url| format!("[{}]({url})", url.rsplit('/').next().unwrap_or(url)));
        format!("| `{code}` | {} | {} |\n", code.meaning().replace('|', "\\|"), section.unwrap_or_default())
    };
    let table = |wanted: fn(&Code) -> bool| -> String { Code::all().filter(wanted).map(row).collect() };
    let head = "| code | meaning | section |\n| --- | --- | --- |\n";
    format!(
        "# The codes of findings\n\n\
         Every finding has one of these codes: in `findings[].code` of a run's record, in `findings[].reason` and\n\
         `validity.doubts[].code` of a load run's, as `type` of JUnit's failures, and in `known_issues[].expect` of\n\
         `crosscheck.json`. The set is closed, and a record with another code is not read.\n\n\
         This file is written by `BLESS=1 cargo test --test it case_schema`.\n\n\
         ## Why a browser refuses\n\n{head}{}\n## What else is found\n\n{head}{}",
        table(|code| matches!(code, Code::Reason(_))),
        table(|code| !matches!(code, Code::Reason(_)))
    )
}

#[test]
fn every_code_is_documented() {
    let path = format!("{}/docs/codes.md", env!("CARGO_MANIFEST_DIR"));
    let table = table_of_codes();
    if std::env::var("BLESS").is_ok_and(|bless| bless == "1") {
        fs::write(&path, &table).expect("written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == table, "docs/codes.md is stale: BLESS=1 cargo test --test it case_schema");
}

#[test]
fn the_published_records_list_exactly_the_codes_that_exist() {
    let codes: Vec<&str> = Code::all().map(Code::as_str).collect();
    for (name, published, places) in [
        ("run record", record::published(), &["/$defs/Finding/properties/code"][..]),
        (
            "load record",
            load::record::published(),
            &["/$defs/LoadFinding/properties/reason", "/$defs/Doubt/properties/code"],
        ),
    ] {
        let schema: Value = serde_json::from_str(&published).expect("JSON");
        for place in places {
            assert_eq!(schema.pointer(place).expect(place)["$ref"], "#/$defs/Code", "{name}: {place}");
        }
        let listed = schema["$defs"]["Code"]["oneOf"].as_array().expect("a list");
        let listed: Vec<&str> = listed.iter().filter_map(|one| one["const"].as_str()).collect();
        assert_eq!(listed, codes, "{name}");
        for invented in ["load.granted", "load.vary", "client.rate", "client.memory"] {
            assert!(!published.contains(invented), "{name} names {invented}");
        }
    }
}

/// Documents that between them use every field and every sort of value.
fn good() -> Vec<Value> {
    [
        r#"{
            "$schema": "./suite.schema.json",
            "id": "cache/two-origins",
            "title": "Two origins",
            "about": "more",
            "source": ["https://fetch.spec.whatwg.org/"],
            "cases": [{
                "id": "first.one-2",
                "title": "A claim",
                "about": "why",
                "kind": "safety",
                "source": [],
                "given": {
                    "rules": [{
                        "id": "r", "allowed_origins": ["*"], "allowed_methods": ["GET"],
                        "allowed_headers": ["x-*"], "expose_headers": ["etag"], "max_age_seconds": 600
                    }],
                    "dialect": "s3",
                    "private": true,
                    "response_vary": true,
                    "allow_credentials": false,
                    "objects": { "a": { "headers": { "cache-control": ["no-store", "private"] }, "body": "x" } },
                    "answers": [{
                        "on": "*", "path": "a", "origin": "", "if_header": "x", "times": 2, "status": 304,
                        "headers": { "vary": "origin" }, "body": "b", "close": true
                    }]
                },
                "requests": {
                    "a": {
                        "client": "browser", "origin": "https://a.example", "site": "https://b.example",
                        "method": "PUT", "path": "a", "query": "b", "headers": { "x-a": "1" }, "body": "c",
                        "stream": true,
                        "presign": { "scheme": "sig-v4", "method": "GET", "expired": true, "forged": false },
                        "credentials": "include", "mode": "cors", "cache": "no-store", "redirect": "manual",
                        "until": "preflight",
                        "expect": {
                            "outcome": "blocked", "reason": ["preflight.status", "cors-check.missing"],
                            "status": [200, 204], "exposed": ["etag"], "hidden": ["x"],
                            "preflight": {
                                "sent": { "origin": null }, "status": 204,
                                "fields": { "vary": { "present": true, "any_of": ["a", null], "none_of": ["b"],
                                    "contains": ["c"], "lacks": ["d"], "lines": 1, "or_wildcard": true } }
                            },
                            "response": { "status": "not-5xx", "fields": { "vary": "origin" } },
                            "served_by": ["network", "cache"]
                        }
                    },
                    "b": { "client": "raw", "expect": { "preflight": "none", "status": 200, "response": { "status": [1] } } }
                },
                "order": [["a", "b"], ["b", "a"]],
                "through": ["browser", "shared"],
                "each": [{ "id": "row", "title": "t", "with": { "x": "y" }, "expect": { "outcome": "opaque" } }]
            }]
        }"#,
        r#"{ "id": "a", "title": "", "cases": [{ "id": "a", "title": "", "requests": { "a": {} }, "order": "every", "each": "near-origins" }] }"#,
        r#"{ "id": "a", "title": "", "cases": [{ "id": "a", "title": "", "requests": { "": {} }, "order": ["a"] }] }"#,
    ]
    .map(|text| serde_json::from_str(text).expect("JSON"))
    .into()
}

/// What may be put in place of any value.
fn replacements() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(299),
        json!(1000),
        json!(70000),
        json!(5_000_000_000_u64),
        json!(1.5),
        json!(""),
        json!("a"),
        json!("A"),
        json!("a//b"),
        json!("a-b.c/d"),
        json!("-a"),
        json!("every"),
        json!("2xx"),
        json!("none"),
        json!("cors"),
        json!([]),
        json!(["a"]),
        json!([["a"]]),
        json!([["a"], "a"]),
        json!([1]),
        json!([null]),
        json!([{}]),
        json!({}),
        json!({ "a": "b" }),
        json!({ "a": {} }),
        json!({ "a": null }),
    ]
}

/// Every document that differs in one place: a value replaced, a field or element removed, a
/// field added.
fn mutants(value: &Value) -> Vec<Value> {
    let mut mutants = replacements();
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                for mutant in mutants_with_removal(field) {
                    let mut fields = fields.clone();
                    match mutant {
                        Some(mutant) => fields.insert(name.clone(), mutant),
                        None => fields.shift_remove(name),
                    };
                    mutants.push(Value::Object(fields));
                }
            }
            let mut more = fields.clone();
            more.insert("unknown".to_owned(), json!("x"));
            mutants.push(Value::Object(more));
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                for mutant in mutants_with_removal(element) {
                    let mut elements = elements.clone();
                    match mutant {
                        Some(mutant) => elements[index] = mutant,
                        None => drop(elements.remove(index)),
                    }
                    mutants.push(Value::Array(elements));
                }
            }
        }
        _ => {}
    }
    mutants
}

fn mutants_with_removal(value: &Value) -> Vec<Option<Value>> {
    mutants(value).into_iter().map(Some).chain([None]).collect()
}

#[test]
fn our_check_agrees_with_an_independent_validator() {
    let schema: Value = serde_json::from_str(&case::published()).expect("JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let (mut valid, mut invalid) = (0, 0);
    for good in good() {
        assert!(validator.is_valid(&good), "{good}");
        for document in mutants(&good).into_iter().chain([good]) {
            let theirs = validator.is_valid(&document);
            let source = Arc::new(SourceText { name: "x".to_owned(), text: document.to_string() });
            let problems = document::examine::<Suite>(&source).diagnostics();
            assert_eq!(problems.is_empty(), theirs, "{document:#}\n{problems:#?}");
            let typed = serde_json::from_value::<Suite>(document.clone());
            assert!(!theirs || typed.is_ok(), "{document:#}\n{typed:?}");
            *(if theirs { &mut valid } else { &mut invalid }) += 1;
        }
    }
    assert!(valid > 500 && invalid > 2000, "{valid} valid, {invalid} invalid");
}
