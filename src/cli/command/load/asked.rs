//! From what was typed to what is to be run: the plan with its changes, its cases and budgets, the endpoint.

use super::super::super::{
    args::{EndpointArgs, EngineArg, HttpArg, LoadArgs},
    console::Console,
    flags::{self, Resolved, Unnamed},
};
use crosscheck_core::fetch::origin::is_loopback;

use crate::{
    diagnostic::Diagnostic,
    endpoint::Provenance,
    load::{
        self,
        adjust::{Adjust, adjust},
        cases::Found,
        plan::{Budget, EngineName, LoadPlan, Span},
    },
};

/// What is asked for.
pub(super) struct Asked {
    /// The plan as it is to be run.
    pub(super) plan: LoadPlan,
    /// The cases that it names.
    pub(super) cases: Vec<Found>,
    pub(super) budgets: Vec<Budget>,
    pub(super) resolved: Resolved,
}

/// The plan as it is to be run, its budgets, and the endpoint.
pub(super) fn prepared(args: &LoadArgs, console: &Console) -> Result<Asked, Vec<Diagnostic>> {
    let load::plans::Read { mut plan, cases, warnings } = load::plans::read(&args.plan)?;
    console.diagnostics(&warnings);
    let change = Adjust {
        rate: args.rate,
        users: args.users,
        duration: args.duration,
        connections: args.connections,
        budgets: args.budget.clone(),
    };
    adjust(&mut plan, &change).map_err(|error| {
        let diagnostic = Diagnostic::error("load.rate", error.to_string());
        vec![diagnostic.help("use --users, or a plan with a rate")]
    })?;
    let mut problems = engine(args, &mut plan);
    problems.extend(ignored_flags(&args.endpoint));
    let budgets = load::budgets(&plan).unwrap_or_else(|wrong| {
        problems.extend(wrong);
        Vec::new()
    });
    let resolved = match flags::resolve(&args.endpoint, Unnamed::Refuse, console) {
        Ok(resolved) => resolved,
        Err(diagnostics) => {
            problems.extend(diagnostics);
            return Err(problems);
        }
    };
    flags::note_unused_operations(&resolved, console);
    // What was said for this run goes before what the plan says.
    let timeout = &resolved.settings.request_timeout;
    if matches!(timeout.from, Provenance::Flag | Provenance::Environment) {
        plan.timeout = Span::nearest(u64::try_from(timeout.value.as_millis()).unwrap_or(u64::MAX));
    }
    if let Some(url) = &resolved.settings.url.value
        && !is_loopback(url)
        && !args.i_own_this_target
    {
        problems.push(
            Diagnostic::error("load.not-loopback", format!("{url} is not on this machine"))
                .help(
                    "load on somebody else's endpoint is an attack: if it is yours, say --i-own-this-target",
                )
                .help("--max-rate N holds the run to N arrivals a second"),
        );
    }
    if problems.is_empty() { Ok(Asked { plan, cases, budgets, resolved }) } else { Err(problems) }
}

/// What is said on the command line and would have no effect.
fn ignored_flags(args: &EndpointArgs) -> impl Iterator<Item = Diagnostic> {
    let said = [
        (args.total_timeout.is_some(), "--total-timeout", "--duration says how long a load run takes"),
        (args.jobs.is_some(), "--jobs", "--threads, --connections and --users say how much is sent at once"),
        (args.profile.is_some(), "--profile", "`browser.profile` in the plan says whose browsers ask"),
    ];
    let said = said.into_iter().filter(|(said, ..)| *said);
    said.map(|(_, name, help)| {
        Diagnostic::error("load.argument", format!("{name} has no effect on a load run")).help(help)
    })
}

/// What sends the requests; gives what speaks against it.
fn engine(args: &LoadArgs, plan: &mut LoadPlan) -> Vec<Diagnostic> {
    match args.engine {
        Some(EngineArg::Rate) => plan.engine = EngineName::Rate,
        Some(EngineArg::Goose) => plan.engine = EngineName::Scenarios,
        None => {}
    }
    let mut problems = Vec::new();
    let goose = plan.engine == EngineName::Scenarios;
    if goose && args.http == HttpArg::Two {
        problems.push(
            Diagnostic::error("load.engine", "goose's users speak HTTP/1.1 here")
                .help("use --engine rate for HTTP/2"),
        );
    }
    if let Some(path) = &args.goose_report {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !goose {
            let message = "goose writes no report where it sends nothing";
            problems.push(Diagnostic::error("load.engine", message).help("--engine goose has it send"));
        } else if !["html", "htm", "md", "json"].contains(&ending) {
            let message = format!("goose writes no report into {}", path.display());
            problems.push(
                Diagnostic::error("load.goose-report", message)
                    .help("the name ends with .html, .md or .json"),
            );
        }
    }
    problems
}
