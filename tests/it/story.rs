//! What a person is told when an order of requests breaks: once for each case, the smallest order first.
use std::process::Command;

use crate::folder::Folder;
use serde_json::Value;

/// Runs cases on a store with this defect; gives the terminal's text, the record and the JUnit file.
fn told(fault: &str, cases: &[&str]) -> (String, Value, String) {
    let folder = Folder::new();
    let output = Command::new(env!("CARGO_BIN_EXE_crosscheck"))
        .current_dir(folder.path())
        .env_clear()
        .args(["--color", "never", "run", "--target", "embedded", "--fault", fault, "--report-dir", "."])
        .args(cases)
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(1));
    let record = folder.read("run.json");
    (
        String::from_utf8(output.stdout).expect("UTF-8"),
        serde_json::from_str(&record).expect("JSON"),
        folder.read("junit.xml"),
    )
}

fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
    settings.add_filter(r"case-\d+", "case-N");
    settings.add_filter(r"crosscheck/\d[\w.]*", "crosscheck/VERSION");
    settings.add_filter(r"in \d+(\.\d)? m?s against", "in TIME against");
    settings
}

#[test]
fn the_smallest_breaking_order_is_told_once() {
    let case = "cache/two-origins/each-reads-whoever-came-first";
    let (terminal, record, junit) = told("vary-missing", &[case]);
    settings().bind(|| insta::assert_snapshot!("smallest-breaking-order", terminal));
    let breaking = record["breaking"].as_array().expect("a list");
    assert_eq!(breaking.len(), 1);
    assert_eq!(breaking[0]["case"], case);
    assert_eq!(breaking[0]["order"], serde_json::json!(["a", "b"]));
    let tests = record["tests"].as_array().expect("a list").len();
    assert_eq!(breaking[0]["of"], tests);
    assert_eq!(breaking[0]["failed"].as_array().expect("a list").len(), tests);
    assert_eq!(junit.matches("<failure").count(), tests);
    assert!(junit.contains("the smallest order that breaks it: `a`, then `b`"), "{junit}");
}

/// Each kind of first request that can leave an answer which breaks a later page.
#[test]
fn the_story_says_who_asked_who_answered_and_why_it_is_refused() {
    for (fault, case, told_of) in [
        (
            "vary-missing-without-origin",
            "cache/no-origin-first/image-then-fetch",
            &["(no Origin)", "no Access-Control-Allow-Origin"][..],
        ),
        ("vary-missing-on-not-modified", "cache/validation", &["304", "Vary"]),
        ("vary-missing-on-head", "cache/statuses", &["HEAD", "Vary"]),
    ] {
        let (terminal, record, _) = told(fault, &[case]);
        let breaking = record["breaking"].as_array().expect("a list");
        assert!(!breaking.is_empty(), "{fault}\n{terminal}");
        let story = breaking.iter().map(|broken| broken["story"].to_string()).collect::<String>();
        for word in told_of {
            assert!(story.contains(word), "{fault}: {word}\n{story}");
        }
        assert!(terminal.contains("fix: "), "{terminal}");
    }
}
