//! The kill matrix: every fault that the reference store can be told to have is found by the
//! suites, every case that judges the store finds one, and on the healthy store nothing is found.
//! `docs/kill-matrix.md` says what is found by which cases; `BLESS=1 cargo test --test it kill_matrix`
//! writes it anew.

use crate::{away, cause_matrix};

use std::{
    collections::{BTreeMap, BTreeSet},
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
    case::{self, ExpandedCase, Selection, model::Kind},
    document,
    endpoint::{self, Endpoint, Settings},
    fetch::Profile,
    plan::{self, Need, Planned, Work},
    policy::Reach,
    reference::Fault,
    run::{self, Options, record::RunRecord},
    shipped,
    verdict::Verdict,
};

/// How many killers of a fault the document names.
const NAMED: usize = 4;

/// How many faults are tried at once.
const THREADS: usize = 4;

/// In how many of its orders, through how many of its caches a case is tried with each fault.
const ORDERS: usize = 8;

/// How many defects of real products are known, by their place in the catalogue: M01 to M104.
const CATALOGUE: usize = 104;

fn cases() -> Vec<ExpandedCase> {
    let codes = <case::model::Suite as document::Document>::CODES;
    shipped::cases()
        .into_iter()
        .flat_map(|file| {
            let source = document::decode(&file.name, &file.bytes, &codes).expect("a text");
            case::expand(&case::parse_suite(source))
        })
        .collect()
}

fn settings() -> Settings {
    endpoint::resolve(&[], &|_| None).expect("defaults resolve")
}

/// Runs the plan against a store with this fault, one test after the other unless the fault
/// shows only when requests come at once: so that what kills is the same every time.
fn run(plan: &[Planned], fault: Option<Fault>) -> RunRecord {
    let jobs = if fault.is_some_and(is_a_race) { 8 } else { 1 };
    let options = Options {
        repeats: false,
        jobs,
        retries: 0,
        deadline: Duration::from_secs(120),
        profile: Profile::Spec,
        seed: 1,
        command: String::new(),
        shard: None,
        max_failures: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let target = Arc::new(Endpoint::start(&settings(), fault).await.expect("the store starts"));
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
pub(crate) fn has_a_memory(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::SharedOriginRace
            | Fault::StateLeak
            | Fault::ReplicaDrift
            | Fault::CacheIgnoresVary
            | Fault::CacheStoresPreflights
    )
}

/// The case of a test: without its order, and without the row that was derived for it.
fn case_of<'a>(id: &'a str, derived: &[String]) -> &'a str {
    let id = id.split('[').next().unwrap_or(id);
    let of =
        derived.iter().find(|case| id.strip_prefix(case.as_str()).is_some_and(|row| row.starts_with('/')));
    of.and_then(|case| id.get(..case.len())).unwrap_or(id)
}

/// The cases with a failing test: what kills.
fn killers(record: &RunRecord, derived: &[String]) -> Vec<String> {
    let mut killers: Vec<String> = record
        .tests
        .iter()
        .filter(|test| matches!(test.verdict, Verdict::Fail | Verdict::HarnessError | Verdict::SetupError))
        .map(|test| case_of(&test.id, derived).to_owned())
        .collect();
    killers.dedup();
    killers
}

fn can_fail(planned: &Planned) -> bool {
    match &planned.work {
        Work::Perform(test) => test.near.as_ref().is_none_or(|near| near.reach != Reach::None),
        Work::NotApplicable(_) => true,
    }
}

/// The tests of a case, or of a row, that are tried with each fault: the first, the last, and some
/// between, so that no case takes more than its share.
fn some(tests: Vec<Planned>) -> Vec<Planned> {
    let count = tests.len();
    let kept = |index: usize| count <= ORDERS || (index * (ORDERS - 1)) % (count - 1) < ORDERS - 1;
    tests.into_iter().enumerate().filter(|(index, _)| kept(*index)).map(|(_, planned)| planned).collect()
}

/// A case that no fault can fail, and why.
#[derive(serde::Deserialize)]
struct NoFault {
    id: String,
    why: String,
}

fn no_fault() -> Vec<NoFault> {
    serde_json::from_str(include_str!("../data/no-fault.json")).expect("a list of ids with reasons")
}

/// Defects of the catalogue that are no faults of a store, and why.
const NO_DEFECT: &[(usize, &str)] = &[(
    99,
    "carrying out a simple request of any origin is what OSS and S3 do in health: CORS is no access control; \
     `rules/answer/stranger-writes` shows it",
)];

#[test]
fn every_known_defect_is_a_fault_or_says_why_not() {
    let ids: BTreeSet<&str> = Fault::ALL.iter().map(|fault| fault.id()).collect();
    for number in 1..=CATALOGUE {
        let id = if number < 100 { format!("M{number:02}") } else { format!("M{number}") };
        let excused = NO_DEFECT.iter().any(|(excused, _)| *excused == number);
        assert_ne!(ids.contains(id.as_str()), excused, "{id}");
    }
}

#[test]
fn every_fault_is_killed_every_case_kills_and_the_healthy_store_is_clean() {
    let outlook = settings().outlook();
    let cases = cases();
    // Dictated answers are no answers of the store's own, so its faults cannot show in them.
    let (dictated, judging): (Vec<&ExpandedCase>, Vec<&ExpandedCase>) =
        cases.iter().partition(|case| plan::needs(&case.case).contains(&Need::Dictate));
    let derived: Vec<String> = judging
        .iter()
        .filter(|case| case.case.each.derived().is_some())
        .map(|case| case.id.clone())
        .collect();
    let mut plan: Vec<Planned> = Vec::new();
    for case in &judging {
        let planned = plan::plan(case, &outlook, 1);
        // Each derived row is a test of its own, not an order of the same; what no browser can send
        // is at most a warning, and kills nothing.
        plan.extend(if case.case.each.derived().is_some() {
            planned.into_iter().filter(can_fail).collect()
        } else {
            some(planned)
        });
    }

    let healthy = run(&plan, None);
    assert_eq!(killers(&healthy, &derived), Vec::<String>::new(), "the healthy store fails cases");

    let next = AtomicUsize::new(0);
    let matrix = Mutex::new(BTreeMap::new());
    let diagnosed = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(fault) = Fault::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let record = run(&plan, Some(*fault));
                    let found = cause_matrix::Diagnosed::of(&record);
                    diagnosed.lock().expect("no thread panicked").insert(*fault, found);
                    let killers = killers(&record, &derived);
                    matrix.lock().expect("no thread panicked").insert(*fault, killers);
                }
            });
        }
    });
    let matrix = matrix.into_inner().expect("no thread panicked");
    let document = render(&matrix, &judging, &dictated);
    println!("{document}");

    let survivors: Vec<&str> =
        matrix.iter().filter(|(_, killers)| killers.is_empty()).map(|(fault, _)| fault.name()).collect();
    assert!(survivors.is_empty(), "no case kills {survivors:?}");
    idle_cases_say_why(&matrix, &judging);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/kill-matrix.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &document).expect("docs/ can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<String>>();
    let (was, is) = (lines(&committed), lines(&document));
    let differing: Vec<&String> = was.symmetric_difference(&is).collect();
    assert!(
        committed == document,
        "docs/kill-matrix.md is stale: BLESS=1 cargo test --test it kill_matrix\n{differing:#?}"
    );
    cause_matrix::check(&diagnosed.into_inner().expect("no thread panicked"));
}

/// What kills, the faults with a memory aside: they may kill anything.
fn killing(matrix: &BTreeMap<Fault, Vec<String>>) -> BTreeSet<&str> {
    let certain = matrix.iter().filter(|(fault, _)| !has_a_memory(**fault));
    certain.flat_map(|(_, killers)| killers.iter().map(String::as_str)).collect()
}

/// A case that no fault fails has never been seen to bite: it says in `tests/data/no-fault.json`
/// why no fault can fail it.
fn idle_cases_say_why(matrix: &BTreeMap<Fault, Vec<String>>, judging: &[&ExpandedCase]) {
    let killing = killing(matrix);
    let excuses = no_fault();
    let covers = |excuse: &NoFault, id: &str| {
        Selection::new([excuse.id.as_str()], []).expect("an id or a glob").selects(id)
    };
    let idle: Vec<&str> = judging
        .iter()
        .filter(|case| case.case.kind != Kind::Note && !killing.contains(case.id.as_str()))
        .map(|case| case.id.as_str())
        .collect();
    let silent: Vec<&&str> =
        idle.iter().filter(|id| !excuses.iter().any(|excuse| covers(excuse, id))).collect();
    assert!(silent.is_empty(), "no fault fails {silent:?}: add one, or say why in tests/data/no-fault.json");
    for excuse in &excuses {
        assert!(!excuse.why.trim().is_empty(), "{}: why?", excuse.id);
        let stale = !idle.iter().any(|id| covers(excuse, id));
        assert!(!stale, "tests/data/no-fault.json: some fault fails every case of `{}`", excuse.id);
    }
}

fn render(
    matrix: &BTreeMap<Fault, Vec<String>>,
    judging: &[&ExpandedCase],
    dictated: &[&ExpandedCase],
) -> String {
    let mut out = String::from(
        "# Kill matrix\n\n\
         Every defect that the reference store can be told to have (`crosscheck serve --fault NAME`), and the\n\
         cases that find it. A healthy store fails none of them. Written by\n\
         `BLESS=1 cargo test --test it kill_matrix`; a test keeps it fresh.\n\n\
         Ids that begin with M are defects of a catalogue of real products, O are those of object stores, R of\n\
         how requests are read.\n\n\
         The other columns are away from home: the store runs in another process and is judged as another owner's\n\
         endpoint, by its URL and a declared policy, by operations of a target file, or as a bucket with its key. They\n\
         name one case that fails, and are written by `BLESS=1 cargo test --test it -- away::every_fault_in_every_mode --ignored`.\n\n\
         | id | fault | defect | seen in | killed at home by | URL | operations | bucket OSS | bucket S3 |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (fault, killers) in matrix {
        let killed_by = if has_a_memory(*fault) {
            "many cases; which, depends on what was asked before".to_owned()
        } else {
            let named: Vec<String> = killers.iter().take(NAMED).map(|id| format!("`{id}`")).collect();
            let more = match killers.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{}{more}", named.join(", "))
        };
        let _ = writeln!(
            out,
            "| {} | `{}` | {} | {} | {killed_by} | {} |",
            fault.id(),
            fault.name(),
            fault.meaning().replace('|', "\\|"),
            fault.source().replace('|', "\\|"),
            away::cells(*fault).join(" | "),
        );
    }
    out.push_str("\n## Not seen away from home\n");
    for (name, why) in away::unseen() {
        let _ = writeln!(out, "\n`{name}`: {why}.");
    }
    for (number, why) in NO_DEFECT {
        let _ = writeln!(out, "\nM{number} is no fault: {why}.");
    }
    write_cases(&mut out, matrix, judging, dictated);
    out
}

/// How many cases of each group find a defect, and why the others cannot.
fn write_cases(
    out: &mut String,
    matrix: &BTreeMap<Fault, Vec<String>>,
    judging: &[&ExpandedCase],
    dictated: &[&ExpandedCase],
) {
    let killing = killing(matrix);
    let mut groups: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let group = |case: &ExpandedCase| case.id.split('/').next().unwrap_or_default().len();
    for case in judging {
        let row = groups.entry(case.id.get(..group(case)).unwrap_or_default()).or_default();
        let column = match case.case.kind {
            Kind::Note => 2,
            _ if killing.contains(case.id.as_str()) => 0,
            _ => 1,
        };
        row[column] += 1;
    }
    for case in dictated {
        groups.entry(case.id.get(..group(case)).unwrap_or_default()).or_default()[3] += 1;
    }
    out.push_str(
        "\n## Cases\n\n\
         Every case that must hold fails with at least one of these faults, or says why none can fail it. Notes\n\
         are never red. Cases with dictated answers judge the browser's side: what they are answered is fixed, so\n\
         no defect of a store can show in them; they are held to what real browsers did. Each case is tried in at\n\
         most eight of its orders and caches.\n\n\
         | group | find a defect | cannot | notes | with dictated answers |\n| --- | ---: | ---: | ---: | ---: |\n",
    );
    for (group, [kill, idle, notes, dictated]) in groups {
        let _ = writeln!(out, "| {group} | {kill} | {idle} | {notes} | {dictated} |");
    }
    for NoFault { id, why } in no_fault() {
        let _ = writeln!(out, "\n`{id}`: {why}.");
    }
}
