use std::{fs, path::Path, sync::Arc};

use tokio::runtime::Runtime;

use super::super::{args::RunArgs, console::Console, exit::Exit, resolve, signal, suites::Selected};
use crate::{
    diagnostic::Diagnostic,
    report::{self, progress::Progress},
    run::{self, record::RunRecord},
    target::{StartError, Target},
};

/// Runs the suites against an endpoint and judges it.
pub(in crate::cli) fn run(args: &RunArgs, console: &Console) -> Exit {
    let selected = match Selected::load(&args.select, None, console) {
        Ok(selected) => selected,
        Err(exit) => return exit,
    };
    let resolved = match resolve::resolve(&args.target) {
        Ok(resolved) => resolved,
        Err(diagnostics) => {
            console.diagnostics(&diagnostics);
            return Exit::Input;
        }
    };
    let plan = match selected.plan(&resolved.settings, console) {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    let options = run::Options {
        jobs: resolved.settings.concurrency.value,
        retries: args.retries,
        deadline: resolved.settings.total_timeout.value,
        profile: resolved.settings.profile.value,
        seed: selected.seed(),
        command: command_line(),
    };
    let mut progress = Progress::new(console.err_paint(), console.live);
    let mut record = match runtime.block_on(async {
        let target = Arc::new(Target::start(&resolved.settings, resolved.fault).await?);
        let record = run::run(plan, Arc::clone(&target), &options, signal::ended(), &mut progress).await;
        target.stop().await;
        Ok::<_, StartError>(record)
    }) {
        Ok(record) => record,
        Err(error) => return console.refuse(&Diagnostic::error("target.start", error.to_string())),
    };
    let cases = selected.all(&resolved.settings);
    record.stale_known_issues =
        run::stale_known_issues(&resolved.settings.known_issues, &cases, &record.tests);
    console.print(&report::terminal::render(&record, console.out_paint(), console.verbose));
    match write(&record, &args.report_dir) {
        Ok(files) => console.print(&format!("reports: {}\n", files.join(", "))),
        Err(diagnostic) => {
            console.diagnostics(&[diagnostic]);
            return Exit::Input;
        }
    }
    Exit::of(&record, args.strict)
}

/// Writes every report; gives their paths.
fn write(record: &RunRecord, folder: &Path) -> Result<Vec<String>, Diagnostic> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        Diagnostic::error("report.write", format!("cannot write {}: {error}", path.display()))
            .help("--report-dir DIR writes the reports elsewhere")
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut files = Vec::new();
    for (name, text) in [
        ("run.json", report::json::render(record).map_err(|error| error.to_string())),
        ("junit.xml", report::junit::render(record).map_err(|error| error.to_string())),
    ] {
        let path = folder.join(name);
        let text = text.map_err(|error| failed(&path, &error))?;
        fs::write(&path, text).map_err(|error| failed(&path, &error))?;
        files.push(path.display().to_string());
    }
    Ok(files)
}

/// What sends and waits.
pub(in crate::cli) fn runtime() -> Result<Runtime, Diagnostic> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Diagnostic::error("harness.runtime", format!("no threads for the run: {error}"))
            .help("raise the limit on processes (ulimit -u)")
    })
}

/// The command as it was typed.
fn command_line() -> String {
    std::env::args().collect::<Vec<_>>().join(" ")
}
