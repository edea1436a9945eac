//! The reports of a conformance run: which there are, and how they become files. `run` and `render` make the same ones.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::Path,
};

use super::{args::RenderForm, console::Console};
use crate::{
    diagnostic::Diagnostic,
    report::{self, paint::Paint},
    run::{Outcome, comparison::Comparison, record::RunRecord},
};

/// The reports that are written to files. The record comes first: where the disk is full, the others can be made of it
/// elsewhere.
const FILES: &[(&str, RenderForm)] = &[
    ("run.json", RenderForm::Json),
    ("run.html", RenderForm::Html),
    ("run.md", RenderForm::Markdown),
    ("run.sarif", RenderForm::Sarif),
    ("junit.xml", RenderForm::Junit),
];

/// What reports are made of.
#[derive(Clone, Copy)]
pub(super) struct Reported<'r> {
    /// What was found.
    pub(super) record: &'r RunRecord,
    /// What it comes to.
    pub(super) outcome: Outcome,
    /// What differs from an earlier run, if one was named.
    pub(super) comparison: Option<&'r Comparison>,
}

/// One report as text. A form that runs do not have is empty.
pub(super) fn text(
    form: RenderForm,
    reported: Reported<'_>,
    (paint, verbose): (Paint, bool),
) -> Result<String, String> {
    let Reported { record, outcome, comparison } = reported;
    Ok(match form {
        RenderForm::Text => {
            let compared = comparison.map(|it| report::comparison::render(it, paint, verbose));
            let compared = compared.map(|text| format!("\n{text}")).unwrap_or_default();
            report::terminal::render(record, paint, verbose) + &compared
        }
        RenderForm::Markdown => report::markdown::render(record, outcome),
        RenderForm::Sarif => report::sarif::render(record, outcome).map_err(|error| error.to_string())?,
        RenderForm::Github => report::github::annotations(record, outcome),
        RenderForm::Junit => report::junit::render(record).map_err(|error| error.to_string())?,
        RenderForm::Json => report::json::render(record).map_err(|error| error.to_string())?,
        RenderForm::Html => report::html::render(record, outcome, comparison),
        #[cfg(feature = "load")]
        RenderForm::Csv | RenderForm::CsvSeconds => String::new(),
    })
}

/// Writes every report; gives their paths.
pub(super) fn write(reported: Reported<'_>, folder: &Path) -> Result<Vec<String>, Diagnostic> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Diagnostic::error("report.write", format!("cannot write {}: {error}", path.display()))
            .help("--report-dir DIR writes the reports elsewhere")
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut files = Vec::new();
    for (name, form) in FILES {
        let path = folder.join(name);
        let written = match form {
            // The largest one is never held as a whole.
            RenderForm::Json => fs::File::create(&path).map_err(|error| error.to_string()).and_then(|file| {
                report::json::write(reported.record, BufWriter::new(file)).map_err(|error| error.to_string())
            }),
            form => text(*form, reported, (Paint::PLAIN, false))
                .and_then(|text| fs::write(&path, text).map_err(|error| error.to_string())),
        };
        written.map_err(|error| failed(&path, &error))?;
        files.push(path.display().to_string());
    }
    Ok(files)
}

/// Appends the report to the summary of a step of GitHub Actions. A failure to write it does not fail the run.
pub(super) fn append_summary(record: &RunRecord, outcome: Outcome, path: &Path, console: &Console) {
    let append = || -> io::Result<()> {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(path)?;
        let present = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        let room = report::github::SUMMARY_BYTES.saturating_sub(present);
        file.write_all(report::github::summary(record, outcome, room).as_bytes())
    };
    if let Err(error) = append() {
        console.note(&format!("cannot write the summary of the step to {}: {error}", path.display()));
    }
}
