//! Records of load runs from files, and their reports into files.

use std::{fs, path::Path};

use super::exit::Exit;
use crate::{
    diagnostic::Diagnostic,
    input,
    load::{
        baseline::Comparison,
        record::{LOAD_RECORD_VERSION, LoadRecord, Outcome},
    },
    report::load as report,
};

/// Reads the record of a load run.
pub(super) fn read(path: &Path) -> Result<LoadRecord, Diagnostic> {
    let shown = path.display();
    let text = input::read_text(path, input::Kind::Record).map_err(|error| {
        let help =
            error.help().unwrap_or("a load run writes its record to load.json in the folder of its reports");
        Diagnostic::error("record.read", error.to_string()).help(help)
    })?;
    let value: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| Diagnostic::error("record.syntax", format!("{shown} is no JSON: {error}")))?;
    let number = |name: &str| value.get(name).and_then(serde_json::Value::as_u64);
    match number("load_record_version") {
        Some(version) if version > u64::from(LOAD_RECORD_VERSION) => {
            return Err(Diagnostic::error(
                "record.version",
                format!(
                    "{shown} has version {version}, and this Crosscheck reads up to {LOAD_RECORD_VERSION}"
                ),
            )
            .help("use the Crosscheck that made it, or a later one"));
        }
        Some(_) => {}
        None if number("record_version").is_some() => {
            return Err(Diagnostic::error(
                "record.kind",
                format!("{shown} is the record of a conformance run"),
            )
            .help("give the load.json of a load run"));
        }
        None => {
            return Err(Diagnostic::error("record.kind", format!("{shown} is no record of a load run"))
                .help("give the load.json of a load run; `crosscheck schema load-record` describes it"));
        }
    }
    serde_json::from_str(&text).map_err(|error| {
        Diagnostic::error("record.form", format!("{shown} is no record of a load run: {error}"))
            .help("`crosscheck schema load-record` describes one")
    })
}

/// Writes every report of a load run; gives their paths.
pub(super) fn write(
    record: &LoadRecord,
    comparison: Option<&Comparison>,
    folder: &Path,
) -> Result<Vec<String>, Diagnostic> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Diagnostic::error("report.write", format!("cannot write {}: {error}", path.display()))
            .help("--report-dir DIR writes the reports elsewhere")
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    // The record first: where the disk is full, the others can be made of it elsewhere.
    let mut texts = vec![
        ("load.json", report::json::render(record).map_err(|error| error.to_string())),
        ("load.html", Ok(report::html::render(record, comparison))),
        ("load.md", Ok(report::markdown::render(record, comparison))),
        ("load-requests.csv", Ok(report::csv::requests(record))),
        ("load-seconds.csv", Ok(report::csv::series(record))),
        ("load-junit.xml", report::junit::render(record, comparison).map_err(|error| error.to_string())),
    ];
    if let Some(comparison) = comparison {
        let text = report::json::comparison(comparison).map_err(|error| error.to_string());
        texts.push(("load-baseline.json", text));
    }
    let (mut files, mut first) = (Vec::new(), None);
    for (name, text) in texts {
        let path = folder.join(name);
        let written = text.and_then(|text| fs::write(&path, text).map_err(|error| error.to_string()));
        match written {
            Ok(()) => files.push(path.display().to_string()),
            Err(error) => first = first.or_else(|| Some(failed(&path, &error))),
        }
    }
    if let Some(diagnostic) = first {
        let record = files.first().filter(|file| file.ends_with("load.json"));
        let help = record.map(|record| format!("`crosscheck render {record}` makes the others elsewhere"));
        return Err(help.into_iter().fold(diagnostic, Diagnostic::help));
    }
    // One of an earlier run with a baseline would seem to be this one's.
    if comparison.is_none() {
        let _ = fs::remove_file(folder.join("load-baseline.json"));
    }
    // The run itself writes it, slice by slice.
    let log = folder.join("load.hlog");
    if log.exists() {
        files.push(log.display().to_string());
    }
    Ok(files)
}

/// How a load run ends, whether it was just made or its record is read: as the verdict of its reports
/// says.
pub(super) fn exit(record: &LoadRecord, comparison: Option<&Comparison>) -> Exit {
    match Outcome::of(record, comparison.is_some_and(Comparison::regressed)) {
        Outcome::CutShort => Exit::Interrupted,
        Outcome::Wrong => Exit::Findings,
        Outcome::Incomplete | Outcome::Invalid => Exit::CouldNotJudge,
        Outcome::Missed | Outcome::Regressed => Exit::Regression,
        Outcome::Held => Exit::AsExpected,
    }
}
