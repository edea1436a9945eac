//! Why a load run could not be made, with the flags that help, and the exit code.

use super::{super::super::exit::Exit, unwritable};
use crate::{
    diagnostic::Diagnostic,
    endpoint::Settings,
    load::{RunCause, RunError, cases::StandError, set_up::SetUpError, work::BuildError},
    plan::Outlook,
};

/// What to show, and how the command ends.
pub(super) fn refused(error: &RunError, plan: &str, settings: &Settings) -> (Vec<Diagnostic>, Exit) {
    let (diagnostic, exit) = of_cause(&error.cause, plan, &settings.outlook());
    let restore = error.restore.iter().map(|error| Diagnostic::error("endpoint.restore", error.clone()));
    (std::iter::once(diagnostic).chain(restore).collect(), exit)
}

fn of_cause(cause: &RunCause, plan: &str, outlook: &Outlook) -> (Diagnostic, Exit) {
    let here = || Diagnostic::error("load.plan", format!("`{plan}` cannot run here: {cause}"));
    match cause {
        RunCause::Start(error) => (Diagnostic::error("endpoint.start", error.to_string()), Exit::Input),
        RunCause::Setting(problem) => (problem.diagnostic(None), Exit::Input),
        RunCause::Cases(error) => match error {
            StandError::NotApplicable { .. } => {
                let help =
                    "say what the endpoint allows: --allowed-origin, --allowed-method, --allowed-header";
                (here().help(help), Exit::NothingRan)
            }
            StandError::Writes { method, .. } => (here().help(writable(method, outlook)), Exit::Input),
            StandError::Rules(_) => (here().help("make it a plan for each set of rules"), Exit::Input),
            StandError::Setup { .. } => (here(), Exit::CouldNotJudge),
        },
        RunCause::SetUp(error) => match error {
            SetUpError::NotApplicable(_) => {
                let help =
                    "copy the plan, leave out `given`, and name the endpoint's own origins and resources";
                (here().help(help), Exit::NothingRan)
            }
            SetUpError::Roles(error) => impossible(here(), error, outlook),
            SetUpError::Setup(_) => (here(), Exit::CouldNotJudge),
        },
        RunCause::Build(error) => impossible(here(), error, outlook),
        RunCause::Log { path, error } => (unwritable(path, error), Exit::Input),
        RunCause::NoGoose => (Diagnostic::error("load.engine", cause.to_string()), Exit::Input),
        RunCause::Engine(_) => (Diagnostic::error("harness.engine", cause.to_string()), Exit::CouldNotJudge),
    }
}

fn impossible(diagnostic: Diagnostic, error: &BuildError, outlook: &Outlook) -> (Diagnostic, Exit) {
    match error {
        BuildError::Unbound(_) => {
            let help = "say what the endpoint allows: --allowed-origin, --allowed-method, --allowed-header; \
                        or give the role: --role NAME=VALUE";
            (diagnostic.help(help), Exit::NothingRan)
        }
        BuildError::Writes { method, .. } => (diagnostic.help(writable(method, outlook)), Exit::Input),
        BuildError::Value(_) | BuildError::Request(_) => (diagnostic, Exit::Input),
        BuildError::TooMany(_) => (diagnostic.help("lower `count` of origins or resources"), Exit::Input),
    }
}

/// How to permit a method, besides those that are.
fn writable(method: &str, outlook: &Outlook) -> String {
    let permitted = outlook.methods.iter().flatten().map(String::as_str).chain([method]);
    let list = permitted.map(|method| format!("\"{method}\"")).collect::<Vec<_>>().join(", ");
    format!("permit it in crosscheck.json: \"capabilities\": {{ \"methods\": [{list}] }}")
}
