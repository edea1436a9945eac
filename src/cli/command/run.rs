use std::{fs, io::BufWriter, path::Path};

use super::{
    super::{
        args::{EndpointArgs, RunArgs},
        console::Console,
        exit::Exit,
        flags::Unnamed,
        typed,
    },
    perform::{Prepared, Sent, perform, prepare},
};
use crate::{
    diagnostic::Diagnostic,
    report::{self, progress::Progress},
    run::{self, record::RunRecord},
    verdict::Verdict,
};

/// Runs the suites against an endpoint and judges it.
pub(in crate::cli) fn run(args: &RunArgs, unnamed: Unnamed, console: &Console) -> Exit {
    let endpoint = EndpointArgs { rate: args.rate, ..args.endpoint.clone() };
    let prepared = prepare(&args.select, &endpoint, unnamed, Sent::Harmless, console);
    let Prepared { selected, resolved, plan } = match prepared {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let options = run::Options {
        jobs: resolved.settings.concurrency.value,
        retries: args.retries,
        deadline: resolved.settings.total_timeout.value,
        profile: resolved.settings.profile.value,
        repeats: true,
        seed: selected.seed(),
        command: typed::command(),
    };
    let mut progress = Progress::new(console.err_paint(), console.live);
    let plan = selected.run_plan(&resolved.settings, plan);
    let mut record = match perform(plan, &resolved, &options, &mut progress, console) {
        Ok(record) => record,
        Err(exit) => return exit,
    };
    let cases = selected.all(&resolved.settings);
    let stale = run::stale_known_issues(&resolved.settings.known_issues, &cases, &record.tests);
    record.stale_known_issues.extend(stale);
    console.print(&report::terminal::render(&record, console.out_paint(), console.verbose));
    match write(&record, &args.report_dir) {
        Ok(files) => console.print(&format!("reports: {}\n", files.join(", "))),
        Err(diagnostic) => {
            console.diagnostics(&[diagnostic]);
            return Exit::Input;
        }
    }
    if let Some(path) = &args.write_known_issues
        && let Err(error) = fs::write(path, known_issues(&record))
    {
        let message = format!("cannot write {}: {error}", path.display());
        console.diagnostics(&[Diagnostic::error("known-issues.write", message)]);
        return Exit::Input;
    }
    Exit::of(&record, args.strict)
}

/// An entry for each cause that makes tests fail, and for each failed test that no cause explains, as the
/// `known_issues` of a target file.
fn known_issues(record: &RunRecord) -> String {
    let failing = record.causes.iter().filter(|cause| cause.fails);
    let mut entries: Vec<serde_json::Value> = Vec::new();
    for cause in failing {
        let entry = serde_json::json!({ "cause": cause.cause.code, "reason": cause.cause.sentence });
        if !entries.iter().any(|other| other["cause"] == entry["cause"]) {
            entries.push(entry);
        }
    }
    let explained = |place: usize| record.causes.iter().any(|cause| cause.tests.contains(&place));
    for (place, test) in record.tests.iter().enumerate() {
        if test.verdict == Verdict::Fail && !explained(place) {
            let finding = test.findings.first();
            entries.push(serde_json::json!({
                "id": test.id,
                "expect": finding.map(|finding| finding.code),
                "reason": finding.map_or("failed", |finding| finding.message.as_str()),
            }));
        }
    }
    let document = serde_json::json!({ "known_issues": entries });
    format!("{document:#}\n")
}

/// Writes every report; gives their paths.
fn write(record: &RunRecord, folder: &Path) -> Result<Vec<String>, Diagnostic> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Diagnostic::error("report.write", format!("cannot write {}: {error}", path.display()))
            .help("--report-dir DIR writes the reports elsewhere")
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut files = Vec::new();
    let path = folder.join("run.json");
    let file = fs::File::create(&path).map_err(|error| failed(&path, &error))?;
    report::json::write(record, BufWriter::new(file)).map_err(|error| failed(&path, &error))?;
    files.push(path.display().to_string());
    let path = folder.join("junit.xml");
    let text = report::junit::render(record).map_err(|error| failed(&path, &error))?;
    fs::write(&path, text).map_err(|error| failed(&path, &error))?;
    files.push(path.display().to_string());
    let path = folder.join("run.html");
    fs::write(&path, report::html::render(record)).map_err(|error| failed(&path, &error))?;
    files.push(path.display().to_string());
    Ok(files)
}
