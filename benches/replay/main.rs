//! How many orders are replayed and judged in a second.
//!
//! `cargo bench --bench replay`. One item is one test: one order of a case's requests walked from a
//! new browser through a new cache to every page's outcome, from captured answers, and compared
//! with what the case expects. The bar is 100,000 of them a second on one core. The answers are an
//! object store's, with a dozen field lines and a kilobyte of content; nothing is kept from one
//! test to the next.
//!
//! First a long run is told in words: how often a replay allocates memory in its first tenth and in
//! its last, and what it leaves behind.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "the inputs are fixed here, and a benchmark prints and stops where it cannot go on"
)]

mod situation;

use std::time::{Duration, Instant};

use allocation_counter::{AllocationInfo, measure};
use divan::{Bencher, black_box, counter::ItemsCount};

use situation::{SHAPES, Situation};

/// How many replays a long run has, about.
const LONG: usize = 200_000;

fn main() {
    if std::env::args().any(|argument| argument == "--bench") {
        for (name, shape) in SHAPES {
            tell(name, &shape());
        }
    }
    divan::main();
}

/// A long run, in words.
fn tell(name: &str, situation: &Situation) {
    let tests = situation.tests();
    let rounds = LONG / 10 / tests.len();
    let replays = (rounds * tests.len()) as f64;
    let tenths: Vec<(Duration, AllocationInfo)> = (0..10)
        .map(|_| {
            let started = Instant::now();
            let counted = measure(|| {
                for _ in 0..rounds {
                    for (order, through) in &tests {
                        assert_eq!(black_box(situation.replay(order, *through)), Ok(true));
                    }
                }
            });
            (started.elapsed(), counted)
        })
        .collect();
    let (Some((first, began)), Some((last, ended))) = (tenths.first(), tenths.last()) else { return };
    let each = |counted: &AllocationInfo| counted.count_total as f64 / replays;
    let left: i64 = tenths.iter().map(|(_, counted)| counted.bytes_current).sum();
    println!(
        "{name}: of {:.0} replays the first tenth took {:.1} allocations each and the last tenth {:.1}, \
         in {:.2} of the first one's time; {left} bytes were left behind",
        replays * 10.0,
        each(began),
        each(ended),
        last.as_secs_f64() / first.as_secs_f64(),
    );
}

fn bench(bencher: Bencher<'_, '_>, situation: &Situation) {
    let tests = situation.tests();
    bencher.counter(ItemsCount::new(tests.len())).bench_local(|| {
        tests
            .iter()
            .filter(|(order, through)| black_box(situation.replay(order, *through)) == Ok(true))
            .count()
    });
}

/// Two pages, in both orders.
#[divan::bench]
fn two_pages(bencher: Bencher<'_, '_>) {
    bench(bencher, &situation::two_pages());
}

/// An image and two pages, in every order.
#[divan::bench]
fn image_and_two_pages(bencher: Bencher<'_, '_>) {
    bench(bencher, &situation::image_and_two_pages());
}

/// Two pages whose requests need a preflight, every interleaving of their steps.
#[divan::bench]
fn two_preflighted_pages(bencher: Bencher<'_, '_>) {
    bench(bencher, &situation::two_preflighted_pages());
}
