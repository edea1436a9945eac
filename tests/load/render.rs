//! `crosscheck render`: the reports of a load run from its record, and what its exit code says.
use crate::load_record;

use std::{
    fs,
    process::{Command, Output},
};

use crate::folder::Folder;
use crosscheck::{load::record::LoadRecord, report::load::json};
use load_record::{Story, overwhelmed, record};

const CALM: Story =
    Story { seconds: 10, rate: 300, median: 400.0, stall: None, wrong_percent: 0, reset_percent: 0, seed: 1 };

fn put(folder: &Folder, name: &str, record: &LoadRecord) -> String {
    let path = folder.join(name);
    fs::write(&path, json::render(record).unwrap()).expect("written");
    path.display().to_string()
}

fn crosscheck(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crosscheck")).arg("render").args(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_report_is_written_and_the_exit_code_says_how_it_went() {
    let folder = Folder::new();
    let reports = folder.join("reports");
    let calm = put(&folder, "calm.json", &record(CALM));
    let wrong = put(&folder, "wrong.json", &record(Story { wrong_percent: 2, ..CALM }));
    let slower = put(&folder, "slower.json", &record(Story { median: 900.0, seed: 2, ..CALM }));
    let allowed = put(&folder, "allowed.json", &{
        let mut record = record(Story { wrong_percent: 2, ..CALM });
        record.budgets.retain(|budget| budget.met);
        record
    });
    let overwhelmed = put(&folder, "overwhelmed.json", &{
        let mut record = overwhelmed();
        record.interrupted = false;
        record
    });
    let cut = put(&folder, "cut.json", &self::overwhelmed());
    for (record, baseline, code, said) in [
        (&calm, None, 0, "all held"),
        (&wrong, None, 1, "wrong answers"),
        (&allowed, None, 0, "✓ all held"),
        (&overwhelmed, None, 4, "? not valid"),
        (&cut, None, 130, "? cut short"),
        (&slower, None, 0, "all held"),
        (&slower, Some(&calm), 5, "worse than the baseline"),
        (&calm, Some(&calm), 0, "nothing has changed beyond noise"),
    ] {
        let mut arguments = vec![record.as_str(), "--report-dir", reports.to_str().unwrap()];
        if let Some(baseline) = baseline {
            arguments.extend(["--baseline", baseline]);
        }
        let output = crosscheck(&arguments);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}{err}");
        assert!(out.contains(said), "{said}: {out}");
        let verdict = said.trim_start_matches(['✓', '?', ' ']);
        if baseline.is_none() {
            for name in ["load.html", "load.md"] {
                let text = fs::read_to_string(reports.join(name)).unwrap();
                assert!(text.contains(&format!(": {verdict}")), "{name} says {verdict} too: {text}");
            }
            let junit = fs::read_to_string(reports.join("load-junit.xml")).unwrap();
            let failed = junit.contains("<failure") || junit.contains("<error");
            assert_eq!(failed, code != 0, "{junit}");
        }
        let compared = reports.join("load-baseline.json").exists();
        assert_eq!(compared, baseline.is_some(), "no comparison of an earlier run is left");
        for name in
            ["load.html", "load.md", "load.json", "load-requests.csv", "load-seconds.csv", "load-junit.xml"]
        {
            assert!(fs::metadata(reports.join(name)).is_ok_and(|file| file.len() > 0), "{name}");
        }
        let again = fs::read_to_string(reports.join("load.json")).unwrap();
        assert_eq!(again, fs::read_to_string(record).unwrap(), "the record comes through unchanged");
    }
}

#[test]
fn one_form_goes_to_standard_output() {
    let folder = Folder::new();
    let calm = put(&folder, "calm.json", &record(CALM));
    for (form, begins) in [
        ("text", "  ✓ p99<5ms"),
        ("html", "<!doctype html>"),
        ("markdown", "## ✅ Load `preflight-storm`: all held"),
        ("csv", "request,method,sent,"),
        ("csv-seconds", "at_seconds,seconds,due,"),
        ("junit", "<?xml"),
        ("json", "{\n  \"load_record_version\": 3,"),
    ] {
        let output = crosscheck(&[&calm, "--form", form]);
        assert_eq!(output.status.code(), Some(0), "{form}: {}", text(&output.stderr));
        assert!(text(&output.stdout).starts_with(begins), "{form}: {}", text(&output.stdout));
    }
}

#[test]
fn what_is_no_record_is_said() {
    let folder = Folder::new();
    let path = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let missing = folder.join("missing.json").display().to_string();
    // A measured record in which one text is another.
    let changed = |name: &str, from: &str, to: &str| {
        let record = serde_json::to_string(&record(Story { wrong_percent: 2, ..CALM })).unwrap();
        assert!(record.contains(from), "{from}");
        path(name, &record.replace(from, to))
    };
    for (file, said) in [
        (
            changed("code.json", "\"preflight.cors-check.origin-mismatch\"", "\"load.crosed\""),
            "unknown code `load.crosed`, did you mean `load.crossed`?",
        ),
        (
            changed("budget.json", "\"cors-errors==0\"", "\"cors-error==0\""),
            "there is no metric `cors-error`",
        ),
        (missing, "cannot read"),
        (path("syntax.json", "{"), "is not valid JSON"),
        (path("other.json", "[1]"), "is not a record of a run"),
        (path("run.json", "{ \"record_version\": 1 }"), "not a valid record of a conformance run"),
        (path("later.json", "{ \"load_record_version\": 99 }"), "has version 99"),
        (path("form.json", "{ \"load_record_version\": 1 }"), "missing field"),
    ] {
        let output = crosscheck(&[&file]);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{file}: {err}");
        assert!(err.contains(said), "{said}: {err}");
    }
}
