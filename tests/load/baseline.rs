//! When a run is worse than an earlier one, and when it is only noise.
use crate::load_record;

use crosscheck::load::{
    baseline::{Change, Compared, Comparison, Units, compare},
    record::LoadRecord,
};
use load_record::{Story, overwhelmed, record};

const CALM: Story =
    Story { seconds: 14, rate: 700, median: 800.0, stall: None, wrong_percent: 0, reset_percent: 0, seed: 1 };

fn runs(story: Story, seeds: &[u64]) -> Vec<LoadRecord> {
    seeds.iter().map(|seed| record(Story { seed: *seed, ..story })).collect()
}

fn verdict(comparison: &Comparison, request: &str, metric: Compared) -> Change {
    comparison
        .figures
        .iter()
        .find(|figure| figure.request == request && figure.metric == metric)
        .map(|figure| figure.verdict)
        .expect("the figure is compared")
}

#[test]
fn what_is_worse_and_what_is_noise() {
    use Change::{Better, Same, Worse};
    use Compared::{ErrorRate, P50, P99, Throughput, WrongRate};
    for (name, now, metric, expected) in [
        ("the same endpoint", CALM, P50, Same),
        ("the same endpoint's tail", CALM, P99, Same),
        ("a hair slower", Story { median: 816.0, ..CALM }, P50, Same),
        ("a fifth slower", Story { median: 960.0, ..CALM }, P50, Worse),
        ("half as slow", Story { median: 400.0, ..CALM }, P50, Better),
        ("twice as slow", Story { median: 1600.0, ..CALM }, P99, Worse),
        ("fewer answers", Story { rate: 560, ..CALM }, Throughput, Worse),
        ("more answers", Story { rate: 880, ..CALM }, Throughput, Better),
        ("wrong answers", Story { wrong_percent: 3, ..CALM }, WrongRate, Worse),
        ("no errors", CALM, ErrorRate, Same),
    ] {
        for seed in [2, 3] {
            let comparison = compare(&runs(CALM, &[1]), &runs(now, &[seed])).unwrap();
            assert_eq!(comparison.units, Units::Seconds);
            let found = verdict(&comparison, "total", metric);
            assert_eq!(found, expected, "{name}, seed {seed}: {:#?}", comparison.figures);
            assert_eq!(comparison.regressed(), expected == Worse, "{name}, seed {seed}");
        }
    }
}

#[test]
fn a_microsecond_is_not_a_regression() {
    let fast = Story { median: 40.0, ..CALM };
    let comparison = compare(&runs(fast, &[1]), &runs(Story { median: 60.0, ..CALM }, &[2])).unwrap();
    assert_eq!(verdict(&comparison, "total", Compared::P50), Change::Same, "half more, but 20 µs");
}

#[test]
fn repeats_speak_for_themselves() {
    let before = runs(CALM, &[1, 2, 3, 4, 5]);
    let same = compare(&before, &runs(CALM, &[6, 7, 8, 9, 10])).unwrap();
    assert_eq!((same.units, same.baseline.runs, same.runs), (Units::Runs, 5, 5));
    assert!(!same.regressed(), "{:#?}", same.figures);
    let slower = Story { median: 960.0, ..CALM };
    let worse = compare(&before, &runs(slower, &[6, 7, 8])).unwrap();
    assert_eq!(verdict(&worse, "total", Compared::P50), Change::Worse);
    assert_eq!(verdict(&worse, "preflight", Compared::P50), Change::Worse);
    let two = compare(&before, &runs(slower, &[6, 7])).unwrap();
    assert_eq!(two.units, Units::Seconds, "two runs say nothing of the noise between runs");
}

#[test]
fn one_bad_second_is_not_a_slower_endpoint() {
    let stalled = Story { stall: Some((6, 7)), ..CALM };
    let comparison = compare(&runs(CALM, &[1]), &runs(stalled, &[2])).unwrap();
    assert_eq!(verdict(&comparison, "total", Compared::P50), Change::Same);
    assert_ne!(verdict(&comparison, "total", Compared::P99), Change::Worse, "it may not come again");
}

#[test]
fn a_handful_of_requests_has_no_tail() {
    let few = Story { rate: 20, ..CALM };
    let comparison = compare(&runs(few, &[1]), &runs(Story { median: 8000.0, ..few }, &[2])).unwrap();
    assert_eq!(verdict(&comparison, "total", Compared::P99), Change::Unknown);
    assert_eq!(verdict(&comparison, "total", Compared::P50), Change::Worse);
}

#[test]
fn what_was_worse_once_counts_only_when_it_is_worse_again() {
    let before = runs(CALM, &[1]);
    let worse = || compare(&before, &runs(Story { median: 1600.0, ..CALM }, &[2])).unwrap();
    let same = compare(&before, &runs(CALM, &[3])).unwrap();
    assert!(worse().regressed());
    assert!(!worse().confirmed_by(&same).regressed());
    let confirmed = worse().confirmed_by(&worse());
    assert!(confirmed.regressed() && confirmed.measured_again);
}

#[test]
fn runs_that_are_not_alike_are_told_apart() {
    let mut other = record(CALM);
    other.target = "https://elsewhere.example/".to_owned();
    other.configuration.connections = 8;
    other.machine.processor = "Another 9000".to_owned();
    let comparison = compare(&[overwhelmed()], &[other]).unwrap();
    let said = comparison.unlike.join("\n");
    for what in ["target", "connections", "processor", "bottleneck", "cut short"] {
        assert!(said.contains(what), "{what}: {said}");
    }
    assert!(compare(&runs(CALM, &[1]), &runs(CALM, &[2])).unwrap().unlike.is_empty());
}

#[test]
fn the_same_records_compare_alike_and_nothing_compares_with_nothing() {
    let (before, now) = (runs(CALM, &[1]), runs(CALM, &[2]));
    assert_eq!(compare(&before, &now), compare(&before, &now));
    assert_eq!(compare(&[], &now), None);
    assert_eq!(compare(&before, &[]), None);
}
