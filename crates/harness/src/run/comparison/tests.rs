use serde_json::json;

use super::*;
use crate::run::sample::{cause, promise, record, record_with};

const WRONG: &[&str] = &["cors-check.missing"];
const OTHER: &[&str] = &["cors-check.origin-mismatch"];

/// The differences as `group: kind name`, sorted.
fn told(comparison: &Comparison) -> Vec<String> {
    let groups = [
        ("new", &comparison.newly_broken),
        ("fixed", &comparison.fixed),
        ("changed", &comparison.changed),
        ("not judged", &comparison.not_judged),
    ];
    let mut told = Vec::new();
    for (group, differences) in groups {
        told.extend(differences.tests.iter().map(|test| format!("{group}: test {}", test.id)));
        told.extend(differences.promises.iter().map(|it| format!("{group}: promise {}", it.sentence)));
        told.extend(differences.causes.iter().map(|it| {
            let on = it.operations.iter().map(|operation| format!(" on {operation}")).collect::<String>();
            format!("{group}: cause {}{}{on}", it.cause.code, it.cause.subject.as_deref().unwrap_or(""))
        }));
    }
    told.sort();
    told
}

#[track_caller]
fn differ(what: &str, old: &RunRecord, new: &RunRecord, expected: &[&str]) {
    let found = told(&compare(old, new));
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "{what}");
}

#[test]
fn a_run_does_not_differ_from_itself() {
    let all = record(
        &[("a", "fail", WRONG), ("b", "known-issue", WRONG), ("c", "pass", &[]), ("d", "harness-error", &[])],
        &[cause("no-cors-at-all", None, &[0, 1])],
        &[promise("https://a.example", "broken", &["a"])],
    );
    let comparison = compare(&all, &all);
    assert_eq!(told(&comparison), [] as [String; 0]);
    assert_eq!(comparison.notes, [] as [String; 0]);
}

#[test]
fn tests_are_newly_broken_fixed_or_changed_by_their_verdicts() {
    let of = |verdict: &str, codes| record(&[("a", verdict, codes), ("b", "pass", &[])], &[], &[]);
    let none = record(&[("b", "pass", &[])], &[], &[]);
    for (old, new, expected) in [
        (of("pass", &[]), of("fail", WRONG), Some("new: test a")),
        (of("warn", WRONG), of("fail", WRONG), Some("new: test a")),
        (of("harness-error", &[]), of("fail", WRONG), Some("new: test a")),
        (none.clone(), of("fail", WRONG), Some("new: test a")),
        (of("fail", WRONG), of("pass", &[]), Some("fixed: test a")),
        (of("known-issue", WRONG), of("unexpected-pass", &[]), Some("fixed: test a")),
        (of("fail", WRONG), of("flaky", &[]), Some("fixed: test a")),
        (of("fail", WRONG), of("fail", OTHER), Some("changed: test a")),
        (of("fail", WRONG), of("known-issue", WRONG), Some("changed: test a")),
        (of("known-issue", WRONG), of("fail", WRONG), Some("changed: test a")),
        (of("pass", &[]), of("known-issue", WRONG), Some("changed: test a")),
        (of("fail", WRONG), of("harness-error", &[]), Some("not judged: test a")),
        (of("fail", WRONG), of("not-applicable", &[]), Some("not judged: test a")),
        (of("fail", WRONG), of("dependency-failed", &[]), Some("not judged: test a")),
        (of("fail", WRONG), none.clone(), Some("not judged: test a")),
        (of("fail", WRONG), of("fail", WRONG), None),
        (of("pass", &[]), of("harness-error", &[]), None),
        (of("pass", &[]), none, None),
    ] {
        let expected: Vec<&str> = expected.into_iter().collect();
        differ(
            &format!("{} to {}", old.tests[0].verdict.word(), new.tests[0].verdict.word()),
            &old,
            &new,
            &expected,
        );
    }
}

#[test]
fn causes_and_promises_follow_their_tests() {
    let (a, b) = ("https://a.example", "https://b.example");
    let broken = |code: &str| {
        record(
            &[("x", "fail", WRONG), ("y", "pass", &[])],
            &[cause(code, None, &[0])],
            &[promise(a, "broken", &["x"]), promise(b, "kept", &[])],
        )
    };
    let held = record(
        &[("x", "pass", &[]), ("y", "pass", &[])],
        &[],
        &[promise(a, "kept", &[]), promise(b, "kept", &[])],
    );
    let promised = |group: &str| format!("{group}: promise {a} reads");
    let (caused, tested) =
        (|group: &str| format!("{group}: cause no-cors-at-all"), |group: &str| format!("{group}: test x"));
    let all = |group: &str| vec![promised(group), caused(group), tested(group)];
    let new = all("new");
    differ("newly", &held, &broken("no-cors-at-all"), &new.iter().map(String::as_str).collect::<Vec<_>>());
    let fixed = all("fixed");
    differ("fixed", &broken("no-cors-at-all"), &held, &fixed.iter().map(String::as_str).collect::<Vec<_>>());
    differ(
        "the same test by another cause",
        &broken("no-cors-at-all"),
        &broken("fixed-origin"),
        &["changed: cause fixed-origin", "changed: cause no-cors-at-all", "changed: test x"],
    );
    let lost = record(
        &[("x", "harness-error", &[]), ("y", "pass", &[])],
        &[],
        &[promise(a, "not-checked", &[]), promise(b, "kept", &[])],
    );
    let not_judged = all("not judged");
    differ(
        "what was not judged is not fixed",
        &broken("no-cors-at-all"),
        &lost,
        &not_judged.iter().map(String::as_str).collect::<Vec<_>>(),
    );
}

#[test]
fn a_cause_that_spreads_to_other_tests_is_newly_broken_and_new_tests_of_an_old_cause_are_not() {
    let old =
        record(&[("x", "fail", WRONG), ("y", "pass", &[])], &[cause("no-cors-at-all", None, &[0])], &[]);
    let spread =
        record(&[("x", "fail", WRONG), ("y", "fail", WRONG)], &[cause("no-cors-at-all", None, &[0, 1])], &[]);
    differ("spread", &old, &spread, &["new: cause no-cors-at-all", "new: test y"]);
    let more = record(
        &[("x", "fail", WRONG), ("y", "pass", &[]), ("z", "fail", WRONG)],
        &[cause("no-cors-at-all", None, &[0, 2])],
        &[],
    );
    differ("a test that the earlier run does not have", &old, &more, &["changed: test z"]);
}

#[test]
fn the_subject_counts_where_it_is_another_thing_to_change() {
    let of =
        |code: &str, subject: &str| record(&[("x", "fail", WRONG)], &[cause(code, Some(subject), &[0])], &[]);
    differ(
        "another header",
        &of("header-not-allowed", "x-a"),
        &of("header-not-allowed", "x-b"),
        &["changed: cause header-not-allowedx-a", "changed: cause header-not-allowedx-b"],
    );
    differ(
        "another fixed origin",
        &of("fixed-origin", "https://a.example"),
        &of("fixed-origin", "https://b.example"),
        &["changed: cause fixed-originhttps://b.example"],
    );
}

#[test]
fn each_operation_is_compared_by_itself() {
    let operations = json!({ "operations": [
        { "name": "GET /a", "method": "GET", "url": "https://api.example/a" },
        { "name": "GET /b", "method": "GET", "url": "https://api.example/b" },
    ] });
    let of = |a: &str, b: &str, on: &[&str], tests: &[usize]| {
        let mut found = cause("no-cors-at-all", None, tests);
        found["operations"] = json!(on);
        let codes = |verdict: &str| if verdict == "fail" { WRONG } else { &[] };
        let causes = if tests.is_empty() { vec![] } else { vec![found] };
        record_with(&[("x@GET /a", a, codes(a)), ("x@GET /b[p,q]", b, codes(b))], &causes, &[], &operations)
    };
    let one = of("fail", "pass", &["GET /a"], &[0]);
    let both = of("fail", "fail", &["GET /a", "GET /b"], &[0, 1]);
    let none = of("pass", "pass", &[], &[]);
    differ("one more", &one, &both, &["new: cause no-cors-at-all on GET /b", "new: test x@GET /b[p,q]"]);
    differ("one less", &both, &one, &["fixed: cause no-cors-at-all on GET /b", "fixed: test x@GET /b[p,q]"]);
    let all = compare(&both, &none);
    assert_eq!(all.fixed.causes[0].operations, ["GET /a", "GET /b"]);
    assert_eq!(all.fixed.causes.len(), 1);
}

#[test]
fn a_known_issue_and_a_failure_are_a_change() {
    let of = |verdict: &str| record(&[("x", verdict, WRONG)], &[cause("no-cors-at-all", None, &[0])], &[]);
    let expected = ["changed: cause no-cors-at-all", "changed: test x"];
    differ("no longer known", &of("known-issue"), &of("fail"), &expected);
    differ("known now", &of("fail"), &of("known-issue"), &expected);
}

#[test]
fn what_makes_runs_hard_to_compare_is_noted() {
    let plain = record(&[("x", "pass", &[])], &[], &[promise("https://a.example", "kept", &[])]);
    let mut other = record_with(
        &[("y", "pass", &[])],
        &[],
        &[promise("https://b.example", "kept", &[])],
        &json!({ "crosscheck": "2.0.0", "stopped_after": 1, "interrupted": true }),
    );
    other.endpoint.name = "https://other.example/".to_owned();
    other.profile = Profile::Firefox;
    let notes = compare(&plain, &other).notes.join("\n");
    for said in [
        "the endpoint differs: https://api.example/ before, https://other.example/ now",
        "the version of Crosscheck differs: 1.0.0 before, 2.0.0 now",
        "the emulated browser differs: spec before, firefox now",
        "the declared policy differs: 1 other promise before, 1 other promise now",
        "the tests differ: 1 of the earlier run are not in this one, and 1 of this run are not in the earlier one",
        "the later run was interrupted",
        "the later run stopped after 1 failed test",
    ] {
        assert!(notes.contains(said), "{said}\n{notes}");
    }
}

#[test]
fn a_comparison_is_read_back_as_it_was_written() {
    let held = record(&[("x", "pass", &[])], &[], &[promise("https://a.example", "kept", &[])]);
    let broken = record(
        &[("x", "fail", WRONG)],
        &[cause("no-cors-at-all", None, &[0])],
        &[promise("https://a.example", "broken", &["x"])],
    );
    let comparison = compare(&held, &broken);
    let text = serde_json::to_string(&comparison).unwrap();
    assert_eq!(serde_json::from_str::<Comparison>(&text).unwrap(), comparison);
    let schema: serde_json::Value = serde_json::from_str(&published()).unwrap();
    assert!(schema["properties"]["newly_broken"].is_object());
}
