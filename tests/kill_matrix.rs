//! The kill matrix: every fault that the reference store can be told to have is found by the
//! suites, and on the healthy store nothing is found. `docs/kill-matrix.md` says by which cases;
//! `BLESS=1 cargo test --test kill_matrix` writes it anew.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test says what it found, and stops where it cannot go on"
)]

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crosscheck::{
    case::{self, ExpandedCase},
    document,
    fetch::Profile,
    plan::{self, Need, Planned},
    reference::Fault,
    run::{self, Options, record::RunRecord},
    suite,
    target::{self, Settings, Target},
    verdict::Verdict,
};

/// How many killers of a fault the document names.
const NAMED: usize = 4;

/// How many faults are tried at once.
const THREADS: usize = 4;

fn cases() -> Vec<ExpandedCase> {
    let codes = <case::model::Suite as document::Document>::CODES;
    suite::built_in()
        .into_iter()
        .flat_map(|file| {
            let source = document::decode(&file.name, &file.bytes, &codes).expect("a text");
            case::expand(&case::parse_suite(source))
        })
        .collect()
}

fn settings() -> Settings {
    target::resolve(&[], &|_| None).expect("defaults resolve")
}

/// Runs the plan against a store with this fault, one test after the other unless the fault
/// shows only when requests come at once: so that what kills is the same every time.
fn run(plan: &[Planned], fault: Option<Fault>) -> RunRecord {
    let jobs = if fault.is_some_and(is_a_race) { 8 } else { 1 };
    let options = Options {
        jobs,
        retries: 0,
        deadline: Duration::from_secs(120),
        profile: Profile::Spec,
        seed: 1,
        command: String::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let target = Arc::new(Target::start(&settings(), fault).await.expect("the store starts"));
        let record =
            run::run(plan.to_vec(), Arc::clone(&target), &options, std::future::pending(), &mut ()).await;
        target.stop().await;
        record
    })
}

fn is_a_race(fault: Fault) -> bool {
    fault == Fault::SharedOriginRace
}

/// Whether what it does depends on the requests before, so that its killers are many and not
/// always the same.
fn has_a_memory(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::SharedOriginRace
            | Fault::StateLeak
            | Fault::ReplicaDrift
            | Fault::CacheIgnoresVary
            | Fault::CacheStoresPreflights
    )
}

/// The cases with a failing test: what kills.
fn killers(record: &RunRecord) -> Vec<String> {
    let mut killers: Vec<String> = record
        .tests
        .iter()
        .filter(|test| matches!(test.verdict, Verdict::Fail | Verdict::HarnessError | Verdict::SetupError))
        .map(|test| test.id.split('[').next().unwrap_or(&test.id).to_owned())
        .collect();
    killers.dedup();
    killers
}

#[test]
fn every_fault_is_killed_and_the_healthy_store_is_clean() {
    let outlook = settings().outlook();
    // Dictated answers are no answers of the store's own, so its faults cannot show in them.
    let plan: Vec<Planned> = cases()
        .iter()
        .filter(|case| !plan::needs(&case.case).contains(&Need::Dictate))
        .flat_map(|case| plan::plan(case, &outlook, 1))
        .collect();

    let healthy = run(&plan, None);
    assert_eq!(killers(&healthy), Vec::<String>::new(), "the healthy store fails cases");

    let next = AtomicUsize::new(0);
    let matrix = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(fault) = Fault::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let killers = killers(&run(&plan, Some(*fault)));
                    matrix.lock().expect("no thread panicked").insert(*fault, killers);
                }
            });
        }
    });
    let matrix = matrix.into_inner().expect("no thread panicked");
    let document = render(&matrix);
    println!("{document}");

    let survivors: Vec<&str> =
        matrix.iter().filter(|(_, killers)| killers.is_empty()).map(|(fault, _)| fault.name()).collect();
    assert!(survivors.is_empty(), "no case kills {survivors:?}");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/kill-matrix.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &document).expect("docs/ can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == document, "docs/kill-matrix.md is stale: BLESS=1 cargo test --test kill_matrix");
}

fn render(matrix: &BTreeMap<Fault, Vec<String>>) -> String {
    let mut out = String::from(
        "# Kill matrix\n\n\
         Every defect that the reference store can be told to have (`crosscheck serve --fault NAME`), and the\n\
         cases that find it. A healthy store fails none of them. Written by\n\
         `BLESS=1 cargo test --test kill_matrix`; a test keeps it fresh.\n\n\
         | fault | defect | seen in | killed by |\n| --- | --- | --- | --- |\n",
    );
    for (fault, killers) in matrix {
        if has_a_memory(*fault) {
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | many cases; which, depends on what was asked before |",
                fault.name(),
                fault.about(),
                fault.source()
            );
            continue;
        }
        let named: Vec<String> = killers.iter().take(NAMED).map(|id| format!("`{id}`")).collect();
        let more = match killers.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {}{more} |",
            fault.name(),
            fault.about().replace('|', "\\|"),
            fault.source().replace('|', "\\|"),
            named.join(", ")
        );
    }
    out
}
