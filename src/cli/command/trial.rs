use super::{
    super::{
        args::{EndpointArgs, SelectArgs, TryArgs},
        console::Console,
        exit::Exit,
        flags::Unnamed,
    },
    perform::{Prepared, Sent, perform, prepare},
};
use crate::{report, run};

/// Tries a case file on an endpoint and tells everything that happened. Writes no reports.
pub(in crate::cli) fn trial(args: &TryArgs, console: &Console) -> Exit {
    let select = SelectArgs {
        // An id as it stands in the file is the last part of one, or the part before its rows.
        select: args.select.iter().flat_map(|id| [id.clone(), format!("**/{id}")]).collect(),
        suites: vec![args.file.clone()],
        ..SelectArgs::default()
    };
    let endpoint = EndpointArgs { rate: args.rate, ..args.endpoint.clone() };
    let prepared = prepare(&select, &endpoint, Unnamed::Refuse, Sent::Declared, console);
    let Prepared { selected, resolved, plan } = match prepared {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let options = run::Options {
        // One after the other, so that what is told is what happened.
        jobs: 1,
        retries: 0,
        deadline: resolved.settings.total_timeout.value,
        profile: resolved.settings.profile.value,
        repeats: false,
        seed: selected.seed(),
        command: String::new(),
        shard: None,
        max_failures: None,
    };
    match perform(plan.into(), &resolved, &options, &mut (), console) {
        Ok(record) => {
            console.print(&report::trial::render(&record, console.out_paint()));
            Exit::of(&record, false)
        }
        Err(exit) => exit,
    }
}
