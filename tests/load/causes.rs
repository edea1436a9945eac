//! What a load run says has to be changed: the cause of each known defect, and no cause where nothing is wrong.

use crosscheck::load::record::LoadRecord;

use crate::{
    folder::Folder,
    load_command::{ALLOWED, engines, load, record_in, written},
    load_server::{LoadServer, Way},
};

/// The causes of a record, with how many wrong answers each explains.
fn causes(record: &LoadRecord) -> Vec<(&str, u64)> {
    record.causes.iter().map(|cause| (cause.cause.code.as_str(), cause.answers)).collect()
}

/// A page that reads with credentials.
const CREDENTIALED: &str = r#"{ "id": "credentialed", "title": "t",
    "requests": { "read": { "kind": "both", "headers": { "x-custom": "1" }, "credentials": "include" } },
    "rate": 60, "stages": [{ "name": "all", "for": "1s" }] }"#;

/// A page that sends a header, and the same without it.
const HEADER: &str = r#"{ "id": "header", "title": "t",
    "requests": { "ask": { "kind": "preflight", "method": "PUT", "headers": { "x-not-allowed": "1" } },
                  "without": { "kind": "preflight", "method": "PUT" } },
    "rate": 60, "stages": [{ "name": "all", "for": "1s" }] }"#;

#[test]
fn each_defect_has_its_cause_with_a_cure() {
    let folder = Folder::new();
    let header = written(&folder, "header.json", HEADER);
    for (plan, fault, expected) in [
        ("refused-origins", Some("reflect-any-origin"), "origin-check-too-loose"),
        ("cross-talk", Some("static-first-origin"), "fixed-origin"),
        ("cross-talk", Some("shared-origin-race"), "answers-change-under-load"),
        ("preflight-and-actual", Some("duplicate-allow-origin"), "allow-origin-twice"),
        ("preflight-and-actual", Some("no-options-route"), "no-options-route"),
        ("preflight-and-actual", Some("allow-origin-trailing-slash"), "allow-origin-malformed"),
        ("browser-fleet", Some("duplicate-allow-origin"), "allow-origin-twice"),
        ("many-origins-through-cache", Some("vary-missing"), "vary-missing"),
        ("whole-cases", Some("reflect-any-origin"), "origin-check-too-loose"),
        ("preflight-and-actual", Some("replica-drift"), "answers-change-under-load"),
        (header.as_str(), None, "header-not-allowed"),
    ] {
        for engine in engines() {
            let mut arguments = vec![plan, "--engine", engine, "--duration", "1s"];
            if plan != "cross-talk" {
                arguments.extend(["--rate", "150"]);
            }
            if let Some(fault) = fault {
                arguments.extend(["--fault", fault]);
            }
            let (code, said) = load(&folder, &arguments);
            assert_eq!(code, 1, "{arguments:?}: {said}");
            let record = record_in(&folder);
            let found = causes(&record);
            assert_eq!(
                found.first().map(|(code, _)| *code),
                Some(expected),
                "{arguments:?}: {found:?} {said}"
            );
            let first = &record.causes[0];
            assert!(!first.cause.cure.is_empty() && first.answers > 0, "{first:?}");
            assert!(first.requests.iter().all(|name| record.requests.iter().any(|row| row.name == *name)));
            let of = record.findings.iter().filter(|it| it.cause == Some(first.cause.code));
            assert!(of.map(|finding| finding.count).sum::<u64>() > 0, "{:?}", record.findings);
            let place = |text: &str| said.find(text).unwrap_or_else(|| panic!("no {text}: {said}"));
            assert!(place(expected) < place(record.findings[0].reason.as_str()), "{said}");
        }
    }
}

#[test]
fn a_refusal_that_may_have_several_reasons_stays_unexplained() {
    let folder = Folder::new();
    let plan = written(
        &folder,
        "alone.json",
        r#"{ "id": "alone", "title": "t",
            "requests": { "ask": { "method": "PUT", "headers": { "x-not-allowed": "1" } } },
            "rate": 60, "stages": [{ "name": "all", "for": "1s" }] }"#,
    );
    // The store refuses without a word of what it refuses: the origin, the method or the header.
    let (code, said) = load(&folder, &[&plan]);
    assert_eq!(code, 1, "{said}");
    let record = record_in(&folder);
    assert!(record.total.wrong > 0);
    assert_eq!((causes(&record), record.findings[0].cause), (Vec::new(), None), "{said}");
}

#[test]
fn credentials_that_are_not_allowed_are_named() {
    let folder = Folder::new();
    let plan = written(&folder, "credentialed.json", CREDENTIALED);
    let server = LoadServer::start(Way::Right);
    // It allows the page, and says nothing of credentials.
    let (code, said) = load(&folder, &[&[plan.as_str(), "--target", &server.url()], &ALLOWED[..]].concat());
    assert_eq!(code, 1, "{said}");
    let record = record_in(&folder);
    let found = causes(&record);
    assert_eq!(
        found.iter().map(|(code, _)| *code).collect::<Vec<_>>(),
        ["credentials-not-allowed"],
        "{said}"
    );
    // Every wrong answer has this one cause.
    assert_eq!(found[0].1, record.total.wrong);
}

#[test]
fn what_is_right_has_no_cause() {
    let folder = Folder::new();
    for plan in ["cross-talk", "preflight-and-actual", "browser-fleet", "whole-cases"] {
        let (_, said) = load(&folder, &[plan, "--duration", "1s"]);
        let record = record_in(&folder);
        assert_eq!((record.total.wrong, causes(&record)), (0, Vec::new()), "{plan}: {said}");
        assert!(!said.contains("Causes"), "{said}");
    }
}

#[test]
fn answers_that_mix_and_drift_under_load_say_so_without_blaming_the_configuration() {
    let folder = Folder::new();
    let plan = written(
        &folder,
        "two.json",
        r#"{ "id": "two", "title": "t", "requests": { "ask": { "method": "PUT" } },
            "origins": ["https://a.example", "https://b.example"],
            "rate": 300, "stages": [{ "name": "all", "for": "1s" }] }"#,
    );
    for (way, says) in [(Way::Mixes(10), "origin of another page"), (Way::Drifts(10), "another answer")] {
        let server = LoadServer::start(way);
        let url = server.url();
        let arguments =
            [&[plan.as_str(), "--target", &url, "--allowed-origin", "https://b.example"], &ALLOWED[..]];
        let (_, said) = load(&folder, &arguments.concat());
        let record = record_in(&folder);
        let found = causes(&record);
        assert_eq!(found, [("answers-change-under-load", record.total.wrong)], "{way:?}: {said}");
        let cause = &record.causes[0].cause;
        assert!(cause.sentence.contains(says), "{way:?}: {cause:?}");
        assert!(cause.evidence.iter().any(|line| line.starts_with("before the load: ")), "{cause:?}");
        assert!(cause.evidence.iter().any(|line| line.starts_with("under load: ")), "{cause:?}");
    }
}
