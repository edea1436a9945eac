use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write,
    sync::Arc,
};

use super::{
    super::{
        args::ListArgs,
        console::Console,
        exit::Exit,
        flags::{Resolved, Unnamed},
    },
    perform::{Prepared, Sent, prepare},
};
use crate::{
    case::model::Kind,
    diagnostic::{Diagnostic, visible},
    operation::{Operation, Survey},
    plan::{Planned, Work},
    promise::Promise,
    report::{paint::Tone, promises},
    run,
};

/// Lists what would run, what not, and why. Sends nothing.
pub(in crate::cli) fn list(args: &ListArgs, console: &Console) -> Exit {
    let (plan, resolved) =
        match prepare(&args.select, &args.endpoint, Unnamed::Refuse, Sent::Harmless, console) {
            Ok(Prepared { plan, resolved, .. }) => (plan, resolved),
            Err(exit) => return exit,
        };
    if args.json {
        match serde_json::to_string_pretty(&run::listing::Listing::of(&plan)) {
            Ok(text) => console.print_json(text),
            Err(error) => return console.refuse(&Diagnostic::error("report.write", error.to_string())),
        }
        return ended(&plan);
    }
    console.print(&if args.plan {
        promised(&plan, &resolved, console) + &counts(&plan) + &requests(&plan, &resolved)
    } else {
        ids(&plan, console)
    });
    ended(&plan)
}

fn ended(plan: &[Planned]) -> Exit {
    if plan.iter().any(|planned| matches!(planned.work, Work::Perform(_))) {
        Exit::AsExpected
    } else {
        Exit::NothingRan
    }
}

/// The promises of the endpoint, or of each of its operations.
fn promised(plan: &[Planned], resolved: &Resolved, console: &Console) -> String {
    let operations = resolved.settings.operations();
    let promises = resolved.settings.promises(&Survey::assumed(&operations));
    let name = |operation: Option<&Arc<Operation>>| operation.map(|operation| operation.name.clone());
    let mut tests: HashMap<(Option<String>, &Promise), usize> = HashMap::new();
    for planned in plan.iter().filter(|planned| matches!(planned.work, Work::Perform(_))) {
        if let Some(promise) = &planned.claim.promise {
            *tests.entry((name(planned.claim.operation.as_ref()), promise)).or_default() += 1;
        }
    }
    let counted =
        |of: Option<&Arc<Operation>>, promise| tests.get(&(name(of), promise)).copied().unwrap_or_default();
    let mut out = String::new();
    for chunk in promises.chunk_by(|(a, _), (b, _)| name(a.as_ref()) == name(b.as_ref())) {
        let of = chunk.first().and_then(|(operation, _)| operation.as_ref());
        let rows: Vec<(&Promise, usize)> =
            chunk.iter().map(|(_, promise)| (promise, counted(of, promise))).collect();
        let of = name(of);
        out += &if operations.len() > LISTED_WHOLE {
            promises::planned_in_short(of.as_deref().unwrap_or_default(), &rows, console.out_paint())
        } else {
            promises::planned(of.as_deref(), &rows, console.out_paint())
        };
    }
    out
}

/// Of how many operations every promise is listed. Of more, a line for each operation.
const LISTED_WHOLE: usize = 10;

/// How many requests will be sent.
fn requests(plan: &[Planned], resolved: &Resolved) -> String {
    let operations = resolved.settings.operations();
    let sent = run::requests_of(plan);
    if operations.is_empty() {
        return format!("\nabout {sent} requests\n");
    }
    let survey: usize = operations.iter().map(|operation| operation.samples(&["", ""], &[]).len()).sum();
    let layers = Survey::assumed(&operations).layers();
    format!(
        "\nabout {} requests: {survey} to tell the CORS layers of {} operations, and {sent} if there {}\n",
        survey + sent,
        operations.len(),
        if layers == 1 { "is one layer".to_owned() } else { format!("are {layers} layers") }
    )
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
