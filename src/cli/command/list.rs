use std::{collections::BTreeMap, fmt::Write};

use super::{
    super::{args::ListArgs, console::Console, exit::Exit, flags::Unnamed},
    perform::{Prepared, Sent, prepare},
};
use crate::{
    case::model::Kind,
    diagnostic::visible,
    plan::{Planned, Work},
    promise::Promise,
    report::{paint::Tone, promises},
};

/// Lists what would run, what not, and why. Sends nothing.
pub(in crate::cli) fn list(args: &ListArgs, console: &Console) -> Exit {
    let (plan, resolved) =
        match prepare(&args.select, &args.endpoint, Unnamed::Refuse, Sent::Harmless, console) {
            Ok(Prepared { plan, resolved, .. }) => (plan, resolved),
            Err(exit) => return exit,
        };
    console.print(&if args.plan {
        let promises = resolved.settings.promises();
        let tests = |promise: &Promise| {
            let own = |planned: &&Planned| planned.claim.promise.as_ref() == Some(promise);
            let performed = |planned: &&Planned| matches!(planned.work, Work::Perform(_));
            plan.iter().filter(own).filter(performed).count()
        };
        let promises: Vec<(Promise, usize)> =
            promises.into_iter().map(|promise| (promise.clone(), tests(&promise))).collect();
        promises::planned(&promises, console.out_paint()) + &counts(&plan)
    } else {
        ids(&plan, console)
    });
    if plan.iter().any(|planned| matches!(planned.work, Work::Perform(_))) {
        Exit::AsExpected
    } else {
        Exit::NothingRan
    }
}

fn ids(plan: &[Planned], console: &Console) -> String {
    let paint = console.out_paint();
    let mut out = String::new();
    for planned in plan {
        let _ = match &planned.work {
            Work::Perform(test) => match &test.near {
                None => writeln!(out, "{}", visible(&planned.id)),
                Some(near) => {
                    let about = format!(
                        "  # \"{}\": {}; {} with credentials, {} without",
                        shortened(&near.origin),
                        near.reach,
                        near.with_credentials,
                        near.without_credentials
                    );
                    writeln!(out, "{}{}", visible(&planned.id), paint.tone(Tone::Faint, about))
                }
            },
            Work::NotApplicable(reason) => {
                writeln!(
                    out,
                    "{}",
                    paint.tone(Tone::Faint, format!("{}  # not applicable: {reason}", planned.id))
                )
            }
        };
    }
    out
}

/// The beginning of an origin that is longer than any name.
fn shortened(origin: &str) -> String {
    const SHOWN: usize = 100;
    match origin.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", origin.get(..end).unwrap_or_default()),
        None => origin.to_owned(),
    }
}

/// A row for each group, a column for each kind, and how much of it is not applicable.
fn counts(plan: &[Planned]) -> String {
    const KINDS: [Kind; 4] = [Kind::Must, Kind::Rule, Kind::Safety, Kind::Note];
    let mut groups: BTreeMap<&str, ([usize; 4], usize)> = BTreeMap::new();
    for planned in plan {
        let group = planned.id.split('/').next().unwrap_or(&planned.id);
        for row in [group, "~"] {
            let (kinds, not_applicable) = groups.entry(row).or_default();
            match planned.work {
                Work::NotApplicable(_) => *not_applicable += 1,
                Work::Perform(_) => {
                    for (kind, count) in KINDS.iter().zip(kinds.iter_mut()) {
                        *count += usize::from(*kind == planned.claim.kind);
                    }
                }
            }
        }
    }
    let mut out = format!(
        "{:<14}{:>7}{:>7}{:>8}{:>7}{:>8}{:>18}\n",
        "group", "must", "rule", "safety", "note", "tests", "not applicable"
    );
    // `~` sorts behind every group.
    for (group, (kinds, not_applicable)) in groups {
        let name = if group == "~" { "all" } else { group };
        let [must, rule, safety, note] = kinds;
        let tests: usize = kinds.iter().sum();
        let _ =
            writeln!(out, "{name:<14}{must:>7}{rule:>7}{safety:>8}{note:>7}{tests:>8}{not_applicable:>18}");
    }
    out
}
