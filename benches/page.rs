//! How large the page of a run with 10,000 tests is, and how long it takes to make: `cargo bench --bench page`. The tests
//! are those of the embedded reference store with a defect, several times, with other URLs each time so that nothing is
//! shared. Ends with 1 where the page has more than 10 MB or takes more than 2 s. `PAGE=FILE` writes it to look at.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark runs programs and prints, and stops where it cannot go on"
)]

use std::{
    env, fs,
    process::{Command, ExitCode, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use crosscheck::{
    report,
    run::{
        Outcome,
        record::{RunRecord, TestRecord},
    },
};

/// How many tests the page has.
const TESTS: usize = 10_000;

/// The bounds.
const BYTES: usize = 10_000_000;
const TIME: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let binary = env::var("BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_crosscheck").to_owned());
    let mut held = true;
    println!("| fault | tests | failed | page, MB | made in, ms | written as JSON in, ms |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for fault in [None, Some("vary-missing"), Some("reflect-any-origin")] {
        let record = many(recorded(&binary, fault));
        let started = Instant::now();
        let page = report::html::render(&record, Outcome::of(&record, false), None);
        let took = started.elapsed();
        let started = Instant::now();
        let json = report::json::render(&record).expect("JSON");
        let other = started.elapsed();
        let failed = record.tests.iter().filter(|test| !test.findings.is_empty()).count();
        println!(
            "| {} | {} | {failed} | {:.1} | {} | {} |",
            fault.unwrap_or("none"),
            record.tests.len(),
            page.len() as f64 / 1e6,
            took.as_millis(),
            other.as_millis()
        );
        held &= page.len() <= BYTES && took <= TIME && json.len() > BYTES / 4;
        if let Ok(file) = env::var("PAGE") {
            fs::write(file, page).expect("the file can be written");
        }
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The record of a run on the embedded reference store.
fn recorded(binary: &str, fault: Option<&str>) -> RunRecord {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(fs::canonicalize(binary).expect("the binary"));
    command.args(["run", "--target", "embedded"]).current_dir(folder.path());
    if let Some(fault) = fault {
        command.args(["--fault", fault]);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it runs");
    let text = fs::read_to_string(folder.path().join("reports/run.json")).expect("a record");
    serde_json::from_str(&text).expect("a record")
}

/// The same with as many tests as are measured, none of which shares an exchange with another run of it.
fn many(mut record: RunRecord) -> RunRecord {
    let tests = std::mem::take(&mut record.tests);
    for (number, test) in tests.iter().cycle().take(TESTS).enumerate() {
        record.tests.push(copy(test, number / tests.len()));
    }
    record
}

fn copy(test: &TestRecord, copy: usize) -> TestRecord {
    let mut test = test.clone();
    if copy > 0 {
        test.id = format!("{}+{copy}", test.id);
        test.title = format!("{} ({copy})", test.title);
        for step in &mut test.transcript.steps {
            let exchange = Arc::make_mut(&mut step.exchange);
            Arc::make_mut(&mut exchange.sent).url.set_query(Some(&format!("copy={copy}")));
        }
    }
    test
}
