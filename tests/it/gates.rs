//! What decides whether a run fails a build, through the binary: comparison with an earlier run, gates, shards, and what
//! is run again. The endpoints are in other processes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    away::{Served, declared},
    care::support::{Ended, Folder, crosscheck},
};

/// What is quick and finds the defects of these tests.
const SELECT: &[&str] =
    &["origin/allowed", "origin/denied", "preflight/answer", "promises/origins", "promises/bounds"];

/// A store with these defects, `first` or `first+second`; without: a healthy one.
fn served(folder: &Folder, fault: &str) -> Served {
    match fault {
        "" => Served::start_with(folder, None, &[]),
        fault => Served::start_with(folder, None, &["--fault", fault]),
    }
}

/// Judges a store by its URL; the record is in this folder.
fn judged(folder: &Folder, served: &Served, reports: &str, more: &[&str]) -> Ended {
    let url = format!("{}default/data.json", served.url);
    let declared = declared();
    let mut arguments = vec!["run", "--target", &url, "--report-dir", reports];
    arguments.extend(declared.iter().map(String::as_str));
    if !more.contains(&"--rerun-failed") {
        arguments.extend(SELECT);
    }
    arguments.extend(more);
    crosscheck(folder, &arguments)
}

fn record(folder: &Folder, path: &str) -> Value {
    serde_json::from_str(&folder.read(path)).expect("JSON")
}

fn tests(record: &Value) -> &Vec<Value> {
    record["tests"].as_array().expect("tests")
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn ids(record: &Value, verdict: &str) -> BTreeSet<String> {
    let with = tests(record).iter().filter(|test| verdict.is_empty() || text(test, "verdict") == verdict);
    with.map(|test| text(test, "id").to_owned()).collect()
}

fn codes(causes: &Value) -> Vec<String> {
    let causes = causes.as_array().cloned().unwrap_or_default();
    causes.iter().map(|cause| text(cause, "code").to_owned()).collect()
}

/// A record in which one test has another verdict.
fn with_verdict(record: &Value, id: &str, verdict: &str) -> String {
    let mut record = record.clone();
    let tests = record["tests"].as_array_mut().expect("tests");
    let test = tests.iter_mut().find(|test| text(test, "id") == id).expect("the test");
    test["verdict"] = json!(verdict);
    record.to_string()
}

#[test]
fn a_comparison_names_what_is_newly_broken_with_its_cure_and_what_is_fixed() {
    let folder = Folder::new();
    let (healthy, loose, strict) =
        (served(&folder, ""), served(&folder, "reflect-any-origin"), served(&folder, "static-first-origin"));
    judged(&folder, &healthy, "healthy", &[]).with_code(0);
    judged(&folder, &loose, "loose", &[]).with_code(1);
    judged(&folder, &strict, "strict", &[]).with_code(1);
    let compare = |old: &str, new: &str, more: &[&str]| {
        let (old, new) = (format!("{old}/run.json"), format!("{new}/run.json"));
        crosscheck(&folder, &[&["compare", &old, &new], more].concat())
    };

    let same = compare("healthy", "healthy", &[]).with_code(0);
    assert_eq!(same.stdout, "✓ newly broken: nothing\n");

    let broken = compare("healthy", "loose", &[]).with_code(5);
    assert!(broken.stdout.starts_with("Newly broken\n✗ origin-check-too-loose"), "{}", broken.stdout);
    assert!(broken.stdout.contains("fix: "), "{}", broken.stdout);
    assert!(broken.stdout.contains("note: the endpoint differs"), "{}", broken.stdout);
    assert!(broken.stdout.lines().count() <= 40, "{}", broken.stdout);

    let fixed = compare("loose", "healthy", &[]).with_code(0);
    assert!(fixed.stdout.contains("Fixed\n✓ origin-check-too-loose"), "{}", fixed.stdout);
    assert!(!fixed.stdout.contains("fix: "), "{}", fixed.stdout);

    let other = compare("loose", "strict", &["--json"]).with_code(5);
    let comparison: Value = serde_json::from_str(&other.stdout).expect("JSON");
    // Some of its tests fail for another reason now.
    let gone = [codes(&comparison["fixed"]["causes"]), codes(&comparison["changed"]["causes"])].concat();
    assert!(gone.contains(&"origin-check-too-loose".to_owned()), "{comparison}");
    assert!(!codes(&comparison["newly_broken"]["causes"]).is_empty(), "{comparison}");
    let schema = crosscheck(&folder, &["schema", "comparison"]).with_code(0);
    let schema: Value = serde_json::from_str(&schema.stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(validator.is_valid(&comparison), "{:?}", validator.iter_errors(&comparison).next());
    let whole = compare("healthy", "loose", &["--verbose"]).with_code(5);
    assert!(whole.stdout.lines().count() > broken.stdout.lines().count(), "{}", whole.stdout);
}

#[test]
fn what_is_not_judged_is_neither_fixed_nor_comparable() {
    let folder = Folder::new();
    let loose = served(&folder, "reflect-any-origin");
    judged(&folder, &loose, "loose", &[]).with_code(1);
    let record = record(&folder, "loose/run.json");
    let broken = ids(&record, "fail");
    let mut lost = record.clone();
    for test in lost["tests"].as_array_mut().expect("tests") {
        if broken.contains(text(test, "id")) {
            test["verdict"] = json!("harness-error");
        }
    }
    lost["causes"] = json!([]);
    folder.write("lost.json", lost.to_string());
    let compared = crosscheck(&folder, &["compare", "loose/run.json", "lost.json"]).with_code(0);
    assert!(!compared.stdout.contains("Fixed"), "{}", compared.stdout);
    assert!(compared.stdout.contains("Broken before, not judged now"), "{}", compared.stdout);

    lost["no_success"] = json!("it never answered with success");
    folder.write("nothing.json", lost.to_string());
    for pair in [["loose/run.json", "nothing.json"], ["nothing.json", "loose/run.json"]] {
        let refused = crosscheck(&folder, &["compare", pair[0], pair[1]]).with_code(4);
        assert!(refused.stderr.contains("the run of nothing.json judged nothing"), "{}", refused.stderr);
    }
}

#[test]
fn a_file_that_is_not_the_record_of_a_run_is_named_with_what_to_do() {
    let folder = Folder::new();
    folder.write("good.json", "{}");
    for (file, content, said, help) in [
        ("none.json", None, "none.json", "run.json in the folder of its reports"),
        ("empty.json", Some(""), "empty.json is not valid JSON", "whole and unchanged"),
        ("cut.json", Some("{ \"record_version\": 6, "), "cut.json is not valid JSON", "whole and unchanged"),
        ("other.json", Some("{ \"a\": 1 }"), "other.json is not a record of a run", "give the run.json"),
        ("list.json", Some("[1]"), "list.json is not a record of a run", "give the run.json"),
        (
            "load.json",
            Some("{ \"load_record_version\": 3 }"),
            "load.json is the record of a load run",
            "`crosscheck render NEW --baseline OLD` compares load runs",
        ),
        (
            "old.json",
            Some("{ \"record_version\": 5, \"crosscheck\": \"0\" }"),
            "record_version is 5",
            "make it again with this version",
        ),
        ("form.json", Some("{ \"record_version\": 6 }"), "form.json is not a valid record", "make it again"),
    ] {
        if let Some(content) = content {
            folder.write(file, content);
        }
        for arguments in [
            vec!["compare", file, "good.json"],
            vec!["merge", file],
            vec!["run", "--target", "embedded", "--baseline", file],
            vec!["run", "--target", "embedded", "--rerun-failed", file],
        ] {
            let ended = crosscheck(&folder, &arguments).with_code(2);
            assert!(ended.stderr.contains(said), "{arguments:?}: {}", ended.stderr);
            assert!(ended.stderr.contains(help), "{arguments:?}: {}", ended.stderr);
        }
    }
}

#[test]
fn a_baseline_excuses_what_was_broken_and_nothing_else() {
    let folder = Folder::new();
    let loose = served(&folder, "reflect-any-origin");
    judged(&folder, &loose, "before", &[]).with_code(1);
    let same = judged(&folder, &loose, "now", &["--baseline", "before/run.json"]).with_code(0);
    assert!(same.stdout.contains("✓ newly broken: nothing"), "{}", same.stdout);
    assert!(same.stdout.contains("origin-check-too-loose"), "it is still reported: {}", same.stdout);

    // What was fine then is newly broken now.
    let record = record(&folder, "before/run.json");
    let broken = ids(&record, "fail");
    let one = broken.first().expect("a failure");
    folder.write("better.json", with_verdict(&record, one, "pass"));
    let worse = judged(&folder, &loose, "now", &["--baseline", "better.json"]).with_code(5);
    assert!(worse.stdout.contains("Newly broken"), "{}", worse.stdout);
    // A cause that does not fail the run does not fail it as a regression either.
    judged(&folder, &loose, "now", &["--baseline", "better.json", "--fail-on", "max-age-differs"])
        .with_code(0);
    judged(&folder, &loose, "now", &["--baseline", "better.json", "--fail-on", "high"]).with_code(5);

    // A stale known issue is behind a regression, and before nothing.
    let issue = json!({ "known_issues": [{ "id": "no/such/test", "reason": "gone" }] }).to_string();
    folder.write("issues.json", issue);
    let stale = ["--config", "issues.json"];
    judged(&folder, &loose, "now", &[&["--baseline", "before/run.json"], &stale[..]].concat()).with_code(6);
    judged(&folder, &loose, "now", &[&["--baseline", "better.json"], &stale[..]].concat()).with_code(5);
    judged(&folder, &loose, "now", &stale).with_code(1);
}

#[test]
fn a_run_fails_only_on_the_named_causes_and_severities() {
    let folder = Folder::new();
    let loose = served(&folder, "reflect-any-origin");
    for (on, code) in [
        (&["origin-check-too-loose"][..], 1),
        (&["max-age-differs"], 0),
        (&["max-age-differs", "critical"], 1),
        (&["info"], 1),
    ] {
        let flags: Vec<&str> = on.iter().flat_map(|on| ["--fail-on", on]).collect();
        let ended = judged(&folder, &loose, "reports", &flags).with_code(code);
        let told = ended.stdout.contains("fail this run because of --fail-on: origin-check-too-loose");
        assert_eq!(told, code == 0, "{on:?}: {}", ended.stdout);
        assert!(ended.stdout.contains("origin-check-too-loose"), "{}", ended.stdout);
    }
    for (on, said) in [("hihg", "did you mean `high`?"), ("vary-mising", "did you mean `vary-missing`?")] {
        let ended = crosscheck(&folder, &["run", "--target", "embedded", "--fail-on", on]).with_code(2);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

#[test]
fn a_run_stops_after_a_number_of_failures_and_says_so() {
    let folder = Folder::new();
    let loose = served(&folder, "reflect-any-origin");
    let all = judged(&folder, &loose, "all", &[]).with_code(1);
    assert!(!all.stdout.contains("stopped:"), "{}", all.stdout);
    let ended = judged(&folder, &loose, "some", &["--max-failures", "2", "--jobs", "1"]).with_code(1);
    assert!(ended.stdout.contains("stopped: after 2 failed tests"), "{}", ended.stdout);
    let (all, some) = (record(&folder, "all/run.json"), record(&folder, "some/run.json"));
    assert_eq!(some["stopped_after"], 2);
    assert_eq!(ids(&some, ""), ids(&all, ""), "every test of the plan is in the record");
    assert_eq!(ids(&some, "fail").len(), 2);
    let unrun =
        tests(&some).iter().find(|test| text(test, "verdict") == "dependency-failed").expect("one not run");
    assert_eq!(text(unrun, "note"), "the run stopped after 2 failed tests (--max-failures)");
    judged(&folder, &loose, "some", &["--max-failures", "0"]).with_code(2);
    let healthy = served(&folder, "");
    judged(&folder, &healthy, "some", &["--max-failures", "1"]).with_code(0);
}

#[test]
fn shards_are_the_whole_run_and_merge_to_its_record() {
    let folder = Folder::new();
    let loose = served(&folder, "reflect-any-origin+max-age-not-sent");
    judged(&folder, &loose, "whole", &[]).with_code(1);
    for shard in ["1/3", "2/3", "3/3"] {
        let reports = shard.replace('/', "-");
        let ended = judged(&folder, &loose, &reports, &["--shard", shard]);
        assert!(ended.code <= 1, "{shard}: {}", ended.all());
        assert!(ended.stdout.contains(&format!("(shard {shard})")), "{}", ended.stdout);
        assert!(!ended.stdout.contains("another shard checks it"), "that is no reason: {}", ended.stdout);
    }
    let parts = ["3-3/run.json", "1-3/run.json", "2-3/run.json"];
    let merged = crosscheck(&folder, &[&["merge"], &parts[..]].concat()).with_code(1);
    assert!(merged.stdout.contains("reports: reports/run.json, reports/run.html, "), "{}", merged.stdout);
    let (whole, merged) = (record(&folder, "whole/run.json"), record(&folder, "reports/run.json"));
    let order = |record: &Value| -> Vec<(String, String)> {
        let of = |test: &Value| (text(test, "id").to_owned(), text(test, "verdict").to_owned());
        tests(record).iter().map(of).collect()
    };
    assert_eq!(order(&merged), order(&whole));
    let promises = |record: &Value| -> Vec<(String, String)> {
        let promises = record["promises"].as_array().cloned().unwrap_or_default();
        promises.iter().map(|it| (text(it, "sentence").to_owned(), text(it, "state").to_owned())).collect()
    };
    assert_eq!(promises(&merged), promises(&whole));
    assert_eq!(codes(&merged["causes"]), codes(&whole["causes"]));
    let explained = |record: &Value| -> BTreeSet<u64> {
        let causes = record["causes"].as_array().cloned().unwrap_or_default();
        causes
            .iter()
            .flat_map(|cause| cause["tests"].as_array().cloned().unwrap_or_default())
            .filter_map(|it| it.as_u64())
            .collect()
    };
    assert_eq!(explained(&merged), explained(&whole));
    crosscheck(&folder, &["compare", "whole/run.json", "reports/run.json"]).with_code(0);
    let one = record(&folder, "1-3/run.json");
    assert_eq!((one["shard"]["number"].as_u64(), one["shard"]["of"].as_u64()), (Some(1), Some(3)));

    let output = crosscheck(&folder, &[&["merge", "--output", "one.json"], &parts[..]].concat()).with_code(1);
    assert!(output.stdout.contains("reports: one.json"), "{}", output.stdout);
    let missing = crosscheck(&folder, &["merge", "1-3/run.json", "3-3/run.json"]).with_code(2);
    assert!(missing.stderr.contains("1 shard of 3 missing: 2/3"), "{}", missing.stderr);
    let whole = crosscheck(&folder, &["merge", "1-3/run.json", "whole/run.json"]).with_code(2);
    assert!(whole.stderr.contains("whole/run.json"), "{}", whole.stderr);
    for shard in ["0/3", "4/3", "x"] {
        judged(&folder, &loose, "x", &["--shard", shard]).with_code(2);
    }
}

#[test]
fn a_shard_without_a_test_is_no_failure() {
    let folder = Folder::new();
    let mut codes = BTreeSet::new();
    for number in 1..=4 {
        let shard = format!("{number}/4");
        let arguments =
            ["run", "cache/two-origins", "--target", "embedded", "--shard", &shard, "--report-dir", &shard];
        codes.insert(crosscheck(&folder, &arguments).code);
    }
    assert_eq!(codes, BTreeSet::from([0]));
    let parts: Vec<String> = (1..=4).map(|number| format!("{number}/4/run.json")).collect();
    let mut arguments = vec!["merge"];
    arguments.extend(parts.iter().map(String::as_str));
    crosscheck(&folder, &arguments).with_code(0);
}

#[test]
fn only_what_failed_is_run_again() {
    let folder = Folder::new();
    let loose = served(&folder, "reflect-any-origin");
    judged(&folder, &loose, "first", &[]).with_code(1);
    let first = record(&folder, "first/run.json");
    judged(&folder, &loose, "second", &["--rerun-failed", "first/run.json"]).with_code(1);
    let second = record(&folder, "second/run.json");
    assert!(ids(&first, "fail").is_subset(&ids(&second, "fail")), "what failed fails again");
    assert!(tests(&second).len() < tests(&first).len(), "{} tests again", tests(&second).len());
    // In addition to a selection.
    let none = ["origin/allowed/no-such", "--rerun-failed", "first/run.json"];
    judged(&folder, &loose, "third", &none).with_code(3);

    let healthy = served(&folder, "");
    judged(&folder, &healthy, "healthy", &[]).with_code(0);
    let ended = judged(&folder, &healthy, "x", &["--rerun-failed", "healthy/run.json"]).with_code(0);
    assert_eq!(
        ended.stdout,
        "nothing to run again: no test of healthy/run.json failed, and all were judged\n"
    );
}

#[test]
fn quiet_is_the_verdict_alone_where_all_held_and_the_failures_where_not() {
    let folder = Folder::new();
    let (healthy, loose) = (served(&folder, ""), served(&folder, "reflect-any-origin"));
    for flag in ["-q", "--quiet"] {
        let held = judged(&folder, &healthy, "x", &[flag]).with_code(0);
        assert_eq!(held.stdout.lines().count(), 1, "{}", held.stdout);
        assert!(held.stdout.starts_with("✓ "), "{}", held.stdout);
    }
    let broken = judged(&folder, &loose, "x", &["-q"]).with_code(1);
    assert!(broken.stdout.contains("✗ origin-check-too-loose"), "{}", broken.stdout);
    assert!(!broken.stdout.contains("promises:") && !broken.stdout.contains("reports:"), "{}", broken.stdout);
    crosscheck(&folder, &["run", "--target", "embedded", "-q", "-v"]).with_code(2);
}

#[test]
fn strict_fails_on_promises_that_no_test_could_check() {
    let folder = Folder::new();
    let healthy = served(&folder, "");
    let url = format!("{}default/data.json", healthy.url);
    // The URL has no answer with this header, so that nothing shows whether pages read it.
    let run = |more: &[&str]| {
        let fixed =
            ["run", "--target", &url, "--allowed-origin", "https://app.example", "--allowed-method", "GET"];
        crosscheck(&folder, &[&fixed[..], more].concat())
    };
    let usual = run(&["promises/exposed", "--expose-header", "x-not-there"]);
    let strict = run(&["promises/exposed", "--expose-header", "x-not-there", "--strict"]).with_code(1);
    assert!(strict.stdout.contains("not checked, such as: "), "{}{}", usual.all(), strict.stdout);
}

#[test]
fn a_list_is_json_with_its_published_schema() {
    let folder = Folder::new();
    let listed =
        crosscheck(&folder, &["list", "cache", "origin", "--target", "embedded", "--json"]).with_code(0);
    let list: Value = serde_json::from_str(&listed.stdout).expect("JSON");
    let schema = crosscheck(&folder, &["schema", "list"]).with_code(0);
    let schema: Value = serde_json::from_str(&schema.stdout).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(validator.is_valid(&list), "{:?}", validator.iter_errors(&list).next());
    let plain = crosscheck(&folder, &["list", "cache", "origin", "--target", "embedded"]).with_code(0);
    assert_eq!(tests(&list).len(), plain.stdout.lines().count());
    let test = &tests(&list)[0];
    assert!(test["line"].as_u64() > Some(1) && text(test, "file").ends_with(".json"), "{test}");
    crosscheck(&folder, &["list", "--target", "embedded", "--json", "--plan"]).with_code(2);
    crosscheck(&folder, &["list", "no/such", "--target", "embedded", "--json"]).with_code(3);
}
