//! The reports of load runs, as files.

use std::{fs, path::Path};

use super::exit::Exit;
use crate::{
    diagnostic::Diagnostic,
    load::{
        baseline::Comparison,
        record::{LoadRecord, Outcome},
    },
    report::load as report,
};

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
