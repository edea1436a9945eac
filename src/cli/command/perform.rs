//! What `run`, `try` and `list` have in common: from what was typed to a plan, and from a plan to
//! a record.

use std::sync::Arc;

use super::super::{
    args::{EndpointArgs, SelectArgs},
    console::{self, Console},
    exit::Exit,
    flags::{self, Resolved, Unnamed},
    runtime::runtime,
    signal,
    suites::Selected,
};
use crate::{
    diagnostic::Diagnostic,
    endpoint::{Endpoint, StartError},
    operation::Survey,
    plan::Planned,
    run::{self, Options, Plan, Sink, record::RunRecord},
};

/// Which cases, on what, and so which tests.
pub(super) struct Prepared {
    pub(super) selected: Arc<Selected>,
    pub(super) resolved: Resolved,
    pub(super) plan: Vec<Planned>,
}

/// Which methods may really be sent, where the target file does not say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// Those that change nothing.
    Harmless,
    /// Those that the command line declares as allowed, too: a file that was named to be tried says what it sends.
    Declared,
}

/// Reads case files and configuration, and plans. Sends nothing; says what must be fixed.
pub(super) fn prepare(
    select: &SelectArgs,
    endpoint: &EndpointArgs,
    unnamed: Unnamed,
    sent: Sent,
    console: &Console,
) -> Result<Prepared, Exit> {
    let (selected, warnings) = Selected::load(select.into(), None).map_err(|error| console.fail(&error))?;
    console.diagnostics(&warnings);
    let mut resolved = flags::resolve(endpoint, unnamed, console).map_err(|diagnostics| {
        console.diagnostics(&diagnostics);
        Exit::Input
    })?;
    if sent == Sent::Declared {
        resolved.settings.permit_declared_methods();
    }
    let survey = Survey::assumed(&resolved.settings.operations());
    let plan = selected.plan(&resolved.settings, &survey).map_err(|error| console.fail(&error))?;
    Ok(Prepared { selected: Arc::new(selected), resolved, plan })
}

/// Performs a plan until it is done or the process is asked to end. Says where what was found on a
/// bucket is saved before it is replaced.
pub(super) fn perform(
    plan: Plan,
    resolved: &Resolved,
    options: &Options,
    sink: &mut dyn Sink,
    console: &Console,
) -> Result<RunRecord, Exit> {
    let runtime = runtime().map_err(|diagnostic| console.refuse(&diagnostic))?;
    let performed = runtime.block_on(async {
        let ended = signal::watched();
        let tell = Arc::new(|line: &str| console::note(line));
        let endpoint =
            Arc::new(Endpoint::start_with_progress(&resolved.settings, resolved.fault, tell).await?);
        let record = run::run(plan, Arc::clone(&endpoint), options, ended, sink).await;
        endpoint.stop().await;
        Ok::<_, StartError>(record)
    });
    performed.map_err(|error| console.refuse(&Diagnostic::error("endpoint.start", error.to_string())))
}
