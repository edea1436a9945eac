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

/// Reads a record of either kind.
pub(super) fn read(path: &Path) -> Result<Record, Diagnostic> {
    let shown = path.display();
    let text = input::read_text(path, input::Kind::Record).map_err(|error| {
        let help = error.help().unwrap_or(
            "a run writes its record to run.json in the folder of its reports, a load run to load.json",
        );
        Diagnostic::error("record.read", error.to_string()).help(help)
    })?;
    // One of our own records that is no object has no version.
    let versions: Versions = match serde_json::from_str(&text) {
        Ok(versions) => versions,
        Err(error) if error.is_data() => Versions { record_version: None, load_record_version: None },
        Err(error) => {
            let message = format!("{shown} is not valid JSON: {error}");
            return Err(Diagnostic::error("record.syntax", message));
        }
    };
    match (versions.record_version, versions.load_record_version) {
        (Some(_), None) => {
            let record = serde_json::from_str(&text).map_err(|error| {
                let message = format!("{shown} is not a valid record of a conformance run: {error}");
                Diagnostic::error("record.form", message).help("`crosscheck schema run-record` describes one")
            })?;
            Ok(Record::Run(Box::new(record)))
        }
        (None, Some(version)) => load(path, &text, version),
        _ => Err(Diagnostic::error("record.kind", format!("{shown} is not a record of a run"))
            .help("give the run.json of a run or the load.json of a load run")),
    }
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

/// Reads the record of a conformance run.
pub(super) fn read_run(path: &Path) -> Result<RunRecord, Diagnostic> {
    match read(path)? {
        Record::Run(record) => Ok(*record),
        #[cfg(feature = "load")]
        Record::Load(_) => {
            let message = format!("{} is the record of a load run", path.display());
            Err(Diagnostic::error("record.kind", message)
                .help("`crosscheck render NEW --baseline OLD` compares load runs"))
        }
    }
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
