use std::{fs, io::BufWriter, path::Path};

use super::super::{
    args::MergeArgs,
    console::Console,
    exit::Exit,
    records,
    run_reports::{self, Reported},
};
use crate::{
    diagnostic::Diagnostic,
    report::{
        self,
        terminal::{Detail, render_behind},
    },
    run::{
        Outcome,
        merge::{MergeError, merge as merged},
        record::RunRecord,
    },
};

/// Joins the records of all shards of a run.
pub(in crate::cli) fn merge(args: &MergeArgs, console: &Console) -> Exit {
    let (mut records, mut problems) = (Vec::new(), Vec::new());
    for path in &args.records {
        match records::read_run(path) {
            Ok(record) => records.push(record),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        console.diagnostics(&problems);
        return Exit::Input;
    }
    let record = match merged(records) {
        Ok(record) => record,
        Err(error) => return console.refuse(&refused(&error, args)),
    };
    let gate = args.gate.gate();
    let outcome = Outcome::behind(&record, &gate);
    let detail = if console.verbose { Detail::Verbose } else { Detail::Usual };
    console.print(&render_behind(&record, &gate, console.out_paint(), detail));
    let files = match &args.output {
        Some(path) => write_record(&record, path),
        None => run_reports::write(Reported { record: &record, outcome, comparison: None }, &args.report_dir),
    };
    match files {
        Ok(files) => console.print(&format!("reports: {}\n", files.join(", "))),
        Err(diagnostic) => return console.refuse(&diagnostic),
    }
    outcome.into()
}

/// Why records cannot be merged, with the names of their files.
fn refused(error: &MergeError, args: &MergeArgs) -> Diagnostic {
    let name = |at: usize| {
        let path = args.records.get(at);
        path.map(|path| path.display().to_string()).unwrap_or_default()
    };
    let files = match error {
        MergeError::NoShard(at) | MergeError::Differs { at, .. } | MergeError::Invalid(at) => name(*at),
        MergeError::Twice { first, second, .. } => format!("{} and {}", name(*first), name(*second)),
        MergeError::Nothing | MergeError::Missing { .. } => String::new(),
    };
    let diagnostic = Diagnostic::error("merge", error.to_string());
    let diagnostic = if files.is_empty() { diagnostic } else { diagnostic.help(format!("file: {files}")) };
    diagnostic.help(match error {
        MergeError::Missing { .. } => "run the missing shards, and give the records of all of them",
        MergeError::NoShard(_) => "merge joins the records of `crosscheck run --shard I/N`",
        MergeError::Twice { .. } => "give each shard once",
        _ => "run all shards with the same version, endpoint, policy, selection, profile and seed",
    })
}

fn write_record(record: &RunRecord, path: &Path) -> Result<Vec<String>, Diagnostic> {
    let failed = |error: &dyn std::fmt::Display| {
        Diagnostic::error("report.write", format!("cannot write {}: {error}", path.display()))
    };
    let file = fs::File::create(path).map_err(|error| failed(&error))?;
    report::json::write(record, BufWriter::new(file)).map_err(|error| failed(&error))?;
    Ok(vec![path.display().to_string()])
}
