//! Records of runs from files: which kind of run a file is the record of, and the record.

use std::path::Path;

use serde::Deserialize;

#[cfg(feature = "load")]
use crate::load::record::{LOAD_RECORD_VERSION, LoadRecord};
use crate::{diagnostic::Diagnostic, input, run::record::RunRecord};

/// A record that was read.
pub(super) enum Record {
    /// Of a conformance run.
    Run(Box<RunRecord>),
    /// Of a load run.
    #[cfg(feature = "load")]
    Load(Box<LoadRecord>),
}

/// The member that says what a record is: each kind has one of its own.
#[derive(Deserialize)]
struct Versions {
    record_version: Option<u64>,
    load_record_version: Option<u64>,
}

/// Which kind of run a file is the record of.
enum Kind {
    /// A conformance run.
    Run,
    /// A load run, with the version of its record.
    Load(u64),
}

/// The text of a file, and of which kind of run it is the record.
fn text_of(path: &Path) -> Result<(String, Kind), Diagnostic> {
    let shown = path.display();
    let text = input::read_text(path, input::Kind::Record).map_err(|error| {
        let help = error.help().unwrap_or(
            "a run writes its record to run.json in the folder of its reports, a load run to load.json",
        );
        Diagnostic::error("record.read", error.to_string()).help(help)
    })?;
    // A JSON value that is not an object has no version.
    let versions: Versions = match serde_json::from_str(&text) {
        Ok(versions) => versions,
        Err(error) if error.is_data() => Versions { record_version: None, load_record_version: None },
        Err(error) => {
            let message = format!("{shown} is not valid JSON: {error}");
            return Err(Diagnostic::error("record.syntax", message)
                .help("give the record as the run wrote it, whole and unchanged"));
        }
    };
    match (versions.record_version, versions.load_record_version) {
        (Some(_), None) => Ok((text, Kind::Run)),
        (None, Some(version)) => Ok((text, Kind::Load(version))),
        _ => Err(Diagnostic::error("record.kind", format!("{shown} is not a record of a run"))
            .help("give the run.json of a run or the load.json of a load run")),
    }
}

/// Reads a record of either kind.
pub(super) fn read(path: &Path) -> Result<Record, Diagnostic> {
    match text_of(path)? {
        (text, Kind::Run) => Ok(Record::Run(Box::new(run(path, &text)?))),
        (text, Kind::Load(version)) => load(path, &text, version),
    }
}

/// Reads the record of a conformance run.
pub(super) fn read_run(path: &Path) -> Result<RunRecord, Diagnostic> {
    match text_of(path)? {
        (text, Kind::Run) => run(path, &text),
        (_, Kind::Load(_)) => {
            let message = format!("{} is the record of a load run", path.display());
            Err(Diagnostic::error("record.kind", message)
                .help("`crosscheck render NEW --baseline OLD` compares load runs"))
        }
    }
}

fn run(path: &Path, text: &str) -> Result<RunRecord, Diagnostic> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!("{} is not a valid record of a conformance run: {error}", path.display());
        Diagnostic::error("record.form", message).help(
            "make it again with this version of Crosscheck; `crosscheck schema run-record` describes its form",
        )
    })
}

#[cfg(feature = "load")]
fn load(path: &Path, text: &str, version: u64) -> Result<Record, Diagnostic> {
    let shown = path.display();
    if version > u64::from(LOAD_RECORD_VERSION) {
        let message =
            format!("{shown} has version {version}, and this Crosscheck reads up to {LOAD_RECORD_VERSION}");
        return Err(Diagnostic::error("record.version", message)
            .help("use the Crosscheck that made it, or a later one"));
    }
    let record = serde_json::from_str(text).map_err(|error| {
        let message = format!("{shown} is not a valid record of a load run: {error}");
        Diagnostic::error("record.form", message).help("`crosscheck schema load-record` describes one")
    })?;
    Ok(Record::Load(Box::new(record)))
}

#[cfg(not(feature = "load"))]
fn load(path: &Path, _: &str, _: u64) -> Result<Record, Diagnostic> {
    let message = format!("{} is the record of a load run", path.display());
    Err(Diagnostic::error("record.kind", message).help("this Crosscheck was built without load tests"))
}

/// Reads the record of a load run.
#[cfg(feature = "load")]
pub(super) fn read_load(path: &Path) -> Result<LoadRecord, Diagnostic> {
    match read(path)? {
        Record::Load(record) => Ok(*record),
        Record::Run(_) => {
            let message = format!("{} is the record of a conformance run", path.display());
            Err(Diagnostic::error("record.kind", message).help("give the load.json of a load run"))
        }
    }
}
