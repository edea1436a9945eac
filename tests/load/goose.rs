//! The engine on goose: its users and stages, our exchange, and the same record as the rate engine's.
#![cfg(feature = "load")]
use std::{
    fs,
    process::{Command, Output},
};

use crate::folder::Folder;
use crosscheck::{
    load::{plan::EngineName, record::LoadRecord},
    verdict::Code,
};

fn load(folder: &Folder, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crosscheck"))
        .args(["load", "--target", "embedded", "--engine", "goose", "--report-dir"])
        .arg(folder.path())
        .args(arguments)
        .output()
        .expect("it runs")
}

fn record(folder: &Folder, arguments: &[&str]) -> LoadRecord {
    let output = load(folder, arguments);
    let text = fs::read_to_string(folder.join("load.json"))
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let record: LoadRecord = serde_json::from_str(&text).expect("a record");
    assert_eq!(record.engine, EngineName::Scenarios);
    assert_eq!(record.incomplete, None);
    record
}

#[test]
fn arrivals_come_at_their_rate_and_goose_is_told_of_each() {
    let folder = Folder::new();
    let report = folder.join("goose.json");
    let report_text = report.display().to_string();
    let record = record(
        &folder,
        &["preflight-storm", "--rate", "100", "--duration", "2s", "--goose-report", &report_text],
    );
    assert!(record.pacing.due > 100, "{:?}", record.pacing);
    assert_eq!(record.pacing.sent + record.pacing.dropped, record.pacing.due);
    assert_eq!(record.total.answered + record.total.errors, record.total.sent);
    assert_eq!((record.total.wrong, record.total.errors), (0, 0));
    assert_eq!(record.series.iter().map(|second| second.answered).sum::<u64>(), record.total.answered);
    assert_eq!(record.requests[0].response.count, record.total.answered);
    // Goose counts the same preflights under their method and name.
    let goose: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&report).expect("goose's report")).unwrap();
    let rows = goose["raw_request_metrics"].as_array().expect("requests");
    let row = rows.iter().find(|row| row["name"] == "preflight").unwrap_or_else(|| panic!("{rows:?}"));
    assert_eq!(row["method"], "OPTIONS");
    assert_eq!(row["number_of_requests"].as_u64(), Some(record.total.answered), "{row}");
}

#[test]
fn arrivals_wait_until_goose_has_launched_its_users() {
    let folder = Folder::new();
    // Goose takes seconds to launch so many, and the first arrivals are not late for it.
    let many = ["preflight-storm", "--rate", "100", "--connections", "300", "--duration", "2s"];
    let record = record(&folder, &many);
    assert_eq!((record.pacing.sent, record.pacing.dropped), (record.pacing.due, 0));
    assert!(record.pacing.send_lag.p90 < 500_000, "{} µs", record.pacing.send_lag.p90);
    let target = record.pacing.target_rate.expect("a rate");
    assert!(
        (record.pacing.achieved_rate - target).abs() < 0.01,
        "{} for {target}",
        record.pacing.achieved_rate
    );
}

#[test]
fn users_ask_as_fast_as_they_are_answered() {
    let folder = Folder::new();
    let record = record(&folder, &["preflight-and-actual", "--users", "4", "--duration", "2s"]);
    assert_eq!((record.total.wrong, record.total.errors), (0, 0));
    assert!(record.requests.iter().all(|row| row.answered > 0), "{:?}", record.requests);
    assert_eq!(record.pacing.target_rate, None);
}

#[test]
fn each_user_is_a_browser_with_caches_of_its_own() {
    let folder = Folder::new();
    let record = record(&folder, &["browser-fleet", "--rate", "200", "--duration", "2s"]);
    assert_eq!((record.total.wrong, record.total.errors), (0, 0));
    assert!(record.total.from_cache > 0, "{:?}", record.total);
    let preflights = record.requests.iter().find(|row| row.name == "read.preflight").expect("a row");
    assert!(preflights.answered > 0 && preflights.from_cache > 0, "{preflights:?}");
}

#[test]
fn wrong_answers_are_findings_with_evidence() {
    let folder = Folder::new();
    let fault = ["refused-origins", "--fault", "reflect-any-origin", "--rate", "100", "--duration", "1s"];
    let output = load(&folder, &fault);
    let text = fs::read_to_string(folder.join("load.json"))
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let record: LoadRecord = serde_json::from_str(&text).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let finding = record.findings.first().expect("a finding");
    assert_eq!(finding.reason, Code::RulesGranted);
    assert!(!finding.samples[0].received.is_empty() && !finding.samples[0].sent.is_empty());
}

#[test]
fn what_goose_cannot_do_is_said_before_anything_is_sent() {
    let folder = Folder::new();
    for (arguments, said) in [
        (&["--http", "2"][..], "goose's users speak HTTP/1.1"),
        (&["--goose-report", "report.txt"], "goose writes no report into report.txt"),
    ] {
        let output = load(&folder, arguments);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(err.contains(said), "{said}: {err}");
    }
    assert!(!folder.join("load.json").exists());
}
