//! Two faults at once: a store has both, and is judged by its URL and a declared policy. A run must name the causes of both,
//! and `explain` must prove the repair of both together.
//!
//! What counts are pairs in which neither fault masks the other: each alone fails tests that the other alone does not fail,
//! and some of them fail with both. Pairs that have one cause between them are left out.
//!
//! The quick test takes a sample. All of them, with the figures of `docs/pairs.md`:
//! `PAIRS=300 BLESS=1 cargo test --test it -- pairs::many --ignored --nocapture`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use crosscheck::{
    diagnosis::Cause,
    reference::{Defect, Fault},
};
use serde_json::Value;

use crate::{
    away::each,
    care::support::{Folder, crosscheck},
    composed::{at_store, declared, failed},
};

/// Of all pairs in their order, which ones are drawn: the first of so many, and so on around. A prime, so that each is drawn
/// once.
const STEP: usize = 1_000_003;

/// How many pairs that count the quick test takes, and how many the whole one.
const SAMPLE: usize = 12;
const WHOLE: usize = 300;

/// Of how many of a hundred pairs both causes must be named.
const NAMED: usize = 90;

/// Requests of an allowed page, of which each that is refused must be repaired.
const PAGES: [&[&str]; 3] =
    [&[], &["--credentials"], &["-X", "PUT", "-H", "x-custom: 1", "-H", "content-type: application/json"]];

/// What a run of one store found.
#[derive(Clone, Debug, Default)]
struct Judged {
    failed: BTreeSet<String>,
    causes: BTreeSet<Cause>,
    /// Of refused requests of an allowed page: whether the repair is proven.
    repairs: Vec<bool>,
}

fn judged(defect: Defect, with_repairs: bool) -> Judged {
    at_store(Some(defect), async |url| {
        let record = declared(&url).run().await.expect("a record");
        let repairs = if with_repairs {
            tokio::task::spawn_blocking(move || repairs(&url)).await.expect("explanations")
        } else {
            Vec::new()
        };
        let causes = record.causes.iter().map(|cause| cause.cause.code).collect();
        Judged { failed: failed(&record).collect(), causes, repairs }
    })
}

/// Whether the repair of each refused request of an allowed page is proven.
fn repairs(url: &str) -> Vec<bool> {
    let folder = Folder::new();
    let explained = PAGES.iter().filter_map(|page| {
        let arguments = [&["explain", url, "--origin", "https://app.example", "--json"], *page].concat();
        let ended = crosscheck(&folder, &arguments);
        let explained: Value = serde_json::from_str(&ended.stdout).expect("JSON");
        let is_refused = explained["allowed"] == Value::Bool(false);
        is_refused.then(|| explained["verified"] != "not-replayed")
    });
    explained.collect()
}

/// One pair, and what came of it.
struct Pair {
    faults: (Fault, Fault),
    /// The faults whose cause is not named.
    unnamed: Vec<Fault>,
    causes: BTreeSet<Cause>,
    repairs: Vec<bool>,
}

/// The faults that a run names rightly where they are alone, as far as they were asked about.
struct Alone {
    right: BTreeMap<String, Vec<Cause>>,
    known: Mutex<BTreeMap<Fault, Judged>>,
}

impl Alone {
    fn of(&self, fault: Fault) -> Judged {
        if let Some(known) = self.known.lock().expect("no thread panicked").get(&fault) {
            return known.clone();
        }
        let judged = judged(Defect::Known(fault), false);
        self.known.lock().expect("no thread panicked").insert(fault, judged.clone());
        judged
    }

    fn names(&self, fault: Fault, causes: &BTreeSet<Cause>) -> bool {
        self.right.get(fault.name()).is_some_and(|right| right.iter().any(|cause| causes.contains(cause)))
    }

    /// What came of a pair, unless one fault masks the other or both have one cause.
    fn pair(&self, first: Fault, second: Fault) -> Option<Pair> {
        let (one, other) = (self.of(first), self.of(second));
        if !self.names(first, &one.causes) || !self.names(second, &other.causes) {
            return None;
        }
        // A cause that the other fault has alone, too, names neither.
        if self.names(first, &other.causes) || self.names(second, &one.causes) {
            return None;
        }
        let both = judged(Defect::Pair(first, second), true);
        let shows = |own: &Judged, foreign: &Judged| {
            own.failed.difference(&foreign.failed).any(|test| both.failed.contains(test))
        };
        if !shows(&one, &other) || !shows(&other, &one) {
            return None;
        }
        let unnamed = [first, second].into_iter().filter(|fault| !self.names(*fault, &both.causes)).collect();
        Some(Pair { faults: (first, second), unnamed, causes: both.causes, repairs: both.repairs })
    }
}

/// So many pairs that count, and how many were drawn for them.
fn pairs(count: usize) -> (Vec<Pair>, usize) {
    let can_hold = |fault: &&Fault| !crate::kill_matrix::has_a_memory(**fault);
    let faults: Vec<Fault> = Fault::ALL.iter().filter(can_hold).copied().collect();
    let pairs_of = |(place, first): (usize, &Fault)| -> Vec<(Fault, Fault)> {
        faults.iter().skip(place + 1).map(|second| (*first, *second)).collect()
    };
    let possible: Vec<(Fault, Fault)> = faults.iter().enumerate().flat_map(pairs_of).collect();
    let drawn: Vec<(Fault, Fault)> =
        (1..=possible.len()).map(|number| possible[number * STEP % possible.len()]).collect();
    let alone = Alone { right: crate::cause_matrix::right(), known: Mutex::default() };
    let (tried, counted) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let all = Mutex::new(BTreeMap::new());
    let numbered: Vec<(usize, (Fault, Fault))> = drawn.into_iter().enumerate().collect();
    each(&numbered, |(number, (first, second))| {
        if counted.load(Ordering::Relaxed) >= count {
            return;
        }
        tried.fetch_add(1, Ordering::Relaxed);
        let Some(pair) = alone.pair(*first, *second) else { return };
        counted.fetch_add(1, Ordering::Relaxed);
        println!("{first}+{second}: unnamed {:?}, repairs {:?}", pair.unnamed, pair.repairs);
        all.lock().expect("no thread panicked").insert(*number, pair);
    });
    let all = all.into_inner().expect("no thread panicked");
    (all.into_values().take(count).collect(), tried.into_inner())
}

/// How many pairs have both causes named; fails where they are too few, or a repair is not proven.
fn check(pairs: &[Pair]) -> usize {
    let named = pairs.iter().filter(|pair| pair.unnamed.is_empty()).count();
    let wrong: Vec<String> = pairs
        .iter()
        .filter(|pair| !pair.unnamed.is_empty())
        .map(|pair| {
            format!("{}+{}: {:?} not named by {:?}", pair.faults.0, pair.faults.1, pair.unnamed, pair.causes)
        })
        .collect();
    let unproven: Vec<String> = pairs
        .iter()
        .filter(|pair| pair.repairs.contains(&false))
        .map(|pair| format!("{}+{}", pair.faults.0, pair.faults.1))
        .collect();
    println!("{} pairs, both causes named in {named}", pairs.len());
    assert!(unproven.is_empty(), "the repair is not proven: {unproven:#?}");
    assert!(named * 100 >= pairs.len() * NAMED, "{named} of {}: {wrong:#?}", pairs.len());
    named
}

#[test]
fn a_sample_of_pairs_has_both_causes_named_and_a_proven_repair() {
    let (pairs, _) = pairs(SAMPLE);
    assert_eq!(pairs.len(), SAMPLE);
    check(&pairs);
}

#[test]
#[ignore = "takes many minutes: run it by name"]
fn many_pairs_have_both_causes_named_and_a_proven_repair() {
    let count = std::env::var("PAIRS").ok().and_then(|count| count.parse().ok()).unwrap_or(WHOLE);
    let (pairs, drawn) = pairs(count);
    assert_eq!(pairs.len(), count);
    let named = check(&pairs);
    let repairs: usize = pairs.iter().map(|pair| pair.repairs.len()).sum();
    let mut out = format!(
        "# Two faults at once\n\n\
         Pairs of the faults of the reference store (`crosscheck serve --fault FIRST+SECOND`), judged by their URL and\n\
         the declared policy. Counted are pairs in which neither fault hides the other, and which have two causes.\n\
         `crosscheck explain` gets three requests of an allowed page; where one is refused, all changes\n\
         together must let it through in a replay. Written by\n\
         `PAIRS={count} BLESS=1 cargo test --test it -- pairs::many --ignored`.\n\n\
         | | |\n| --- | ---: |\n\
         | drawn | {drawn} |\n| counted | {} |\n| both causes named | {named} |\n| refused requests, repair proven | {repairs} |\n",
        pairs.len(),
    );
    let unnamed: Vec<&Pair> = pairs.iter().filter(|pair| !pair.unnamed.is_empty()).collect();
    if !unnamed.is_empty() {
        out.push_str("\n## One cause not named\n\n");
        for pair in unnamed {
            let missing: Vec<&str> = pair.unnamed.iter().map(|fault| fault.name()).collect();
            let _ =
                writeln!(out, "- `{}+{}`: that of `{}`", pair.faults.0, pair.faults.1, missing.join("`, `"));
        }
    }
    if std::env::var_os("BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/pairs.md");
        fs::write(path, out).expect("docs/ can be written");
    }
}
