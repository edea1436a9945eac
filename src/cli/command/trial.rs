use std::sync::Arc;

use super::{
    super::{
        args::{SelectArgs, TryArgs},
        console::Console,
        exit::Exit,
        resolve, signal,
        suites::Selected,
    },
    run::runtime,
};
use crate::{
    diagnostic::Diagnostic,
    report, run,
    target::{StartError, Target},
};

/// Tries a case file on a target and tells everything that happened. Writes no reports.
pub(in crate::cli) fn trial(args: &TryArgs, console: &Console) -> Exit {
    let select = SelectArgs {
        // An id as it stands in the file is the last part of one, or the part before its rows.
        select: args.select.iter().flat_map(|id| [id.clone(), format!("**/{id}")]).collect(),
        suites: vec![args.file.clone()],
        ..SelectArgs::default()
    };
    let selected = match Selected::load(&select, None, console) {
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
        // One after the other, so that what is told is what happened.
        jobs: 1,
        retries: 0,
        deadline: resolved.settings.total_timeout.value,
        profile: resolved.settings.profile.value,
        seed: selected.seed(),
        command: String::new(),
    };
    let tried = runtime.block_on(async {
        let target = Arc::new(Target::start(&resolved.settings, resolved.fault).await?);
        let record = run::run(plan, Arc::clone(&target), &options, signal::ended(), &mut ()).await;
        target.stop().await;
        Ok::<_, StartError>(record)
    });
    match tried {
        Ok(record) => {
            console.print(&report::trial::render(&record, console.out_paint()));
            Exit::of(&record, false)
        }
        Err(error) => console.refuse(&Diagnostic::error("target.start", error.to_string())),
    }
}
