//! How many orders are replayed and judged in a second.
//!
//! `cargo bench --bench replay`. One item is one test: one order of a case's requests walked from a
//! new browser through a new cache to every page's outcome, from captured answers, and compared
//! with what the case expects. The bar is 100,000 of them a second on one core. The answers are an
//! object store's, with a dozen field lines and a kilobyte of content; nothing is kept from one
//! test to the next.
//! `cargo bench --bench replay_allocations` tells what a replay allocates.

#![allow(clippy::expect_used, reason = "the inputs are fixed here")]

mod situation;

use divan::{Bencher, black_box, counter::ItemsCount};

use situation::SHAPES;

fn main() {
    divan::main();
}

/// Every order of each case through each cache.
#[divan::bench(args = SHAPES.map(|(name, _)| name))]
fn replay(bencher: Bencher<'_, '_>, name: &str) {
    let (_, shape) = SHAPES.into_iter().find(|(known, _)| *known == name).expect("one of them");
    let situation = shape();
    let tests = situation.tests();
    bencher.counter(ItemsCount::new(tests.len())).bench_local(|| {
        tests
            .iter()
            .filter(|(order, through)| black_box(situation.replay(order, *through)) == Ok(true))
            .count()
    });
}
