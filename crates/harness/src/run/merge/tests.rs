use serde_json::{Value, json};

use super::*;
use crate::run::{
    record::PromiseState,
    sample::{cause, promise, record_with},
};

const WRONG: &[&str] = &["cors-check.missing"];

fn shard(number: u32, parts: &Value) -> Value {
    json!({ "shard": { "number": number, "of": 2, "tests": 5, "plan": "0a", "parts": parts } })
}

/// Two shards of five tests: a, b, c[1], c[2], d; each found an endpoint that sends unsolicited bytes.
fn shards() -> Vec<RunRecord> {
    let mut known = cause("header-not-allowed", Some("x-a"), &[1]);
    known["fails"] = json!(true);
    let mut first = shard(1, &json!([{ "first": 0, "count": 1 }, { "first": 4, "count": 1 }]));
    first["stale_known_issues"] = json!(["nothing", "here-only"]);
    let mut elsewhere = promise("https://c.example", "not-checked", &[]);
    elsewhere["other_shard"] = json!(true);
    elsewhere["why"] = json!("another shard checks it");
    let first = record_with(
        &[("a", "fail", WRONG), ("d", "known-issue", WRONG), ("connections/unsolicited-bytes", "warn", &[])],
        &[cause("no-cors-at-all", None, &[0]), known],
        &[
            promise("https://a.example", "broken", &["a"]),
            promise("https://b.example", "not-checked", &[]),
            elsewhere.clone(),
        ],
        &first,
    );
    let mut second = shard(2, &json!([{ "first": 1, "count": 3 }]));
    second["stale_known_issues"] = json!(["nothing"]);
    let second = record_with(
        &[
            ("b", "pass", &[]),
            ("c[1]", "fail", WRONG),
            ("c[2]", "fail", WRONG),
            ("connections/unsolicited-bytes", "fail", WRONG),
        ],
        &[
            cause("no-cors-at-all", None, &[1, 2]),
            cause("header-not-allowed", Some("x-b"), &[2]),
            cause("unsolicited-bytes", None, &[3]),
        ],
        &[
            promise("https://a.example", "kept", &[]),
            promise("https://b.example", "kept", &[]),
            promise("https://c.example", "broken", &["c[1]"]),
        ],
        &second,
    );
    vec![first, second]
}

#[test]
fn the_tests_of_all_shards_stand_in_the_order_of_the_plan_in_any_order_of_files() {
    let mut records = shards();
    let merged = merge(records.clone()).unwrap();
    let ids: Vec<&str> = merged.tests.iter().map(|test| test.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c[1]", "c[2]", "d", "connections/unsolicited-bytes"]);
    assert_eq!(merged.tests[5].verdict, Verdict::Fail, "the worse one");
    assert_eq!(merged.command, "crosscheck run x");
    assert_eq!(merged.shard, None);
    records.reverse();
    let reversed = merge(records).unwrap();
    assert_eq!(reversed.tests, merged.tests);
    assert_eq!(reversed.causes, merged.causes);
    assert_eq!(reversed.promises, merged.promises);
}

#[test]
fn a_cause_is_there_once_with_the_tests_of_all_shards() {
    let merged = merge(shards()).unwrap();
    let found: Vec<(&str, Option<&str>, &[usize], bool)> = merged
        .causes
        .iter()
        .map(|it| (it.cause.code.as_str(), it.cause.subject.as_deref(), it.tests.as_slice(), it.known))
        .collect();
    assert_eq!(
        found,
        [
            ("no-cors-at-all", None, &[0, 2, 3][..], false),
            ("unsolicited-bytes", None, &[5], false),
            ("header-not-allowed", Some("x-a"), &[4], true),
            ("header-not-allowed", Some("x-b"), &[3], false),
        ]
    );
    assert_eq!(merged.causes[0].promises, [0, 2]);
}

#[test]
fn broken_beats_kept_and_kept_beats_not_checked() {
    let merged = merge(shards()).unwrap();
    let states: Vec<PromiseState> = merged.promises.iter().map(|promise| promise.state).collect();
    assert_eq!(states, [PromiseState::Broken, PromiseState::Kept, PromiseState::Broken]);
    assert!(merged.promises.iter().all(|promise| !promise.other_shard));
    assert_eq!(merged.promises[2].tests, ["c[1]"]);
}

#[test]
fn a_known_issue_is_stale_only_where_every_shard_calls_it_stale() {
    assert_eq!(merge(shards()).unwrap().stale_known_issues, ["nothing"]);
}

#[test]
fn what_is_not_all_of_one_run_is_refused() {
    let change = |change: fn(&mut Vec<RunRecord>)| {
        let mut records = shards();
        change(&mut records);
        merge(records).unwrap_err().to_string()
    };
    type Change = fn(&mut Vec<RunRecord>);
    let cases: [(Change, &str); 11] = [
        (|records| records.clear(), "no records to merge"),
        (|records| records[1].shard = None, "record 2 is not a shard"),
        (|records| drop(records.pop()), "1 shard of 2 missing: 2/2"),
        (|records| records[1] = records[0].clone(), "shard 1/2 is there twice: records 1 and 2"),
        (|records| records[1].endpoint.name.push('x'), "the endpoint differs"),
        (|records| records[1].crosscheck.push('x'), "the version of Crosscheck differs"),
        (|records| records[1].profile = crosscheck_core::fetch::Profile::Webkit, "(--profile) differs"),
        (|records| records[1].seed = 3, "the seed (--seed) differs"),
        (|records| records[1].shard.as_mut().unwrap().plan.push('x'), "the plan"),
        (|records| records[1].shard.as_mut().unwrap().parts[0].count = 2, "do not match its shard"),
        (|records| records[1].shard.as_mut().unwrap().parts[0].count = usize::MAX, "record 2 do not match"),
    ];
    for (make, said) in cases {
        let message = change(make);
        assert!(message.contains(said), "{said}: {message}");
    }
}

#[test]
fn a_shard_without_a_success_says_nothing_of_the_endpoint_where_another_has_one() {
    let mut records = shards();
    records[0].no_success = Some("never answered with success".to_owned());
    let step = serde_json::from_value::<RunRecord>(serde_json::to_value(&records[0]).unwrap());
    assert!(step.is_ok(), "a shard is read back");
    // Neither of them sent anything here, so that both are silent.
    assert_eq!(merge(records).unwrap().no_success.as_deref(), Some("never answered with success"));
}
