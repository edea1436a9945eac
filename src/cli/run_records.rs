//! Records of conformance runs from files.

use std::path::Path;

use serde::Deserialize;

use crate::{diagnostic::Diagnostic, input, run::record::RunRecord};

/// What tells one kind of record from another.
#[derive(Deserialize)]
struct Head {
    record_version: Option<u64>,
    load_record_version: Option<u64>,
}

/// Reads the record of a conformance run.
pub(super) fn read(path: &Path) -> Result<RunRecord, Diagnostic> {
    let shown = path.display();
    let text = input::read_text(path, input::Kind::Record).map_err(|error| {
        let help = error.help().unwrap_or("`crosscheck run` writes its record to reports/run.json");
        Diagnostic::error("record.read", error.to_string()).help(help)
    })?;
    let refused = |message: String, help: &str| Err(Diagnostic::error("record.kind", message).help(help));
    let head: Result<Head, _> = serde_json::from_str(&text);
    match head {
        Err(error) if error.is_data() => {}
        Err(error) => {
            return Err(Diagnostic::error("record.syntax", format!("{shown} is not valid JSON: {error}"))
                .help("give the run.json of a run, whole and unchanged"));
        }
        Ok(Head { load_record_version: Some(_), .. }) => {
            let message = format!("{shown} is the record of a load run");
            return refused(message, "`crosscheck render NEW --baseline OLD` compares load runs");
        }
        Ok(Head { record_version: None, .. }) => {
            let message = format!("{shown} is not the record of a run");
            return refused(
                message,
                "give the run.json of a run; `crosscheck schema run-record` describes it",
            );
        }
        Ok(_) => {}
    }
    serde_json::from_str(&text).map_err(|error| {
        let message = format!("{shown} is not a valid record of a run: {error}");
        Diagnostic::error("record.form", message).help(
            "make it again with this version of Crosscheck; `crosscheck schema run-record` describes its form",
        )
    })
}
