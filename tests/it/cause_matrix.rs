//! The cause matrix: for each fault of the reference store, the causes that a run at home names, and how long its summary
//! is. `tests/data/causes.json` has the causes that are right; `docs/cause-matrix.md` says what was named, written by
//! `BLESS=1 cargo test --test it -- kill_matrix`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
};

use crosscheck::{
    diagnosis::Cause,
    reference::Fault,
    report::{self, paint::Paint},
    run::record::RunRecord,
};

/// How many lines a summary has at most where one thing is wrong.
const LINES: usize = 40;

/// How many more causes the document names.
const NAMED: usize = 4;

/// What a run says of a fault.
pub(crate) struct Diagnosed {
    causes: Vec<(Cause, usize)>,
    lines: usize,
    unexplained: usize,
}

impl Diagnosed {
    pub(crate) fn of(record: &RunRecord) -> Self {
        let explained: BTreeSet<usize> =
            record.causes.iter().flat_map(|cause| cause.tests.iter().copied()).collect();
        let failed = record
            .tests
            .iter()
            .enumerate()
            .filter(|(_, test)| test.verdict == crosscheck::verdict::Verdict::Fail);
        Self {
            causes: record.causes.iter().map(|cause| (cause.cause.code, cause.tests.len())).collect(),
            lines: report::terminal::render(record, Paint::PLAIN, false).lines().count(),
            unexplained: failed.filter(|(place, _)| !explained.contains(place)).count(),
        }
    }
}

/// The causes that are right of each fault.
pub(crate) fn right() -> BTreeMap<String, Vec<Cause>> {
    serde_json::from_str(include_str!("../data/causes.json")).expect("causes of each fault")
}

/// The faults whose first cause is not right yet, with the reason.
fn excused() -> BTreeMap<String, String> {
    serde_json::from_str(include_str!("../data/wrong-causes.json")).expect("faults with reasons")
}

/// Every fault is diagnosed rightly, in a few lines, and the document says so.
pub(crate) fn check(matrix: &BTreeMap<Fault, Diagnosed>) {
    let document = render(matrix);
    println!("{document}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cause-matrix.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &document).expect("docs/ can be written");
    }
    let right = right();
    let wrong: Vec<String> = matrix
        .iter()
        .filter_map(|(fault, diagnosed)| {
            let first = diagnosed.causes.first().map(|(cause, _)| *cause);
            let expected = right.get(fault.name()).map(Vec::as_slice).unwrap_or_default();
            let is_right = first.is_some_and(|first| expected.contains(&first));
            (!is_right).then(|| format!("{}: {first:?}, expected one of {expected:?}", fault.name()))
        })
        .collect();
    // What is not right yet is written down with the reason, and leaves the list once it is.
    let excused = excused();
    let fault_of = |line: &String| line.split(':').next().unwrap_or_default().to_owned();
    let news: Vec<&String> = wrong.iter().filter(|line| !excused.contains_key(&fault_of(line))).collect();
    assert!(news.is_empty(), "the first cause is wrong:\n{news:#?}");
    let named: BTreeSet<String> = wrong.iter().map(fault_of).collect();
    let has_a_memory = |name: &str| {
        matrix.keys().any(|fault| fault.name() == name && super::kill_matrix::has_a_memory(*fault))
    };
    let stale: Vec<&String> =
        excused.keys().filter(|name| !named.contains(*name) && !has_a_memory(name)).collect();
    assert!(stale.is_empty(), "tests/data/wrong-causes.json: these are right now: {stale:?}");
    let long: Vec<String> = matrix
        .iter()
        .filter(|(_, diagnosed)| diagnosed.lines > LINES)
        .map(|(fault, diagnosed)| format!("{}: {}", fault.name(), diagnosed.lines))
        .collect();
    assert!(long.is_empty(), "summaries of more than {LINES} lines: {long:?}");
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<String>>();
    let (was, is) = (lines(&committed), lines(&document));
    let differing: Vec<&String> = was.symmetric_difference(&is).collect();
    assert!(
        committed == document,
        "docs/cause-matrix.md is stale: BLESS=1 cargo test --test it kill_matrix\n{differing:#?}"
    );
}

fn render(matrix: &BTreeMap<Fault, Diagnosed>) -> String {
    let mut out = String::from(
        "# Cause matrix\n\n\
         For every defect that the reference store can have (`crosscheck serve --fault NAME`): the cause that a run\n\
         names first, and the others that it names. Written by\n\
         `BLESS=1 cargo test --test it kill_matrix`; a test keeps it fresh, and compares the first cause with\n\
         `tests/data/causes.json`.\n\n\
         Which causes are named of faults whose effect depends on earlier requests, varies.\n\n\
         The last column is about the same fault at a foreign endpoint, of which a run knows a URL, operations or a\n\
         bucket: the cause that one test alone leads to, where it is another one. Of the first sixteen tests that\n\
         catch the fault, one that leads to the right cause is preferred.\n\n\
         | id | fault | first cause | further causes | away |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for (fault, diagnosed) in matrix {
        if super::kill_matrix::has_a_memory(*fault) {
            let _ = writeln!(out, "| {} | `{}` | varies | varies | varies |", fault.id(), fault.name());
            continue;
        }
        let first = diagnosed.causes.first().map_or("none", |(cause, _)| cause.as_str());
        let mut others: Vec<&str> =
            diagnosed.causes.iter().skip(1).map(|(cause, _)| cause.as_str()).collect();
        others.sort_unstable();
        others.dedup();
        others.retain(|other| *other != first);
        let more = match others.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let others: Vec<String> = others.iter().take(NAMED).map(|cause| format!("`{cause}`")).collect();
        // How many is told by a run: a test more or less fails where the machine is slower.
        let unexplained = if diagnosed.unexplained == 0 { "" } else { "; some tests unexplained" };
        let others = others.join(", ");
        let away: Vec<String> = super::away::causes(*fault)
            .into_iter()
            .filter(|(_, cause)| cause != first)
            .map(|(mode, cause)| format!("{mode}: `{cause}`"))
            .collect();
        let away = away.join(", ");
        let _ = writeln!(
            out,
            "| {} | `{}` | `{first}` | {others}{more}{unexplained} | {away} |",
            fault.id(),
            fault.name()
        );
    }
    for (name, why) in excused() {
        let _ = writeln!(out, "\nNot right yet, `{name}`: {why}.");
    }
    out
}
