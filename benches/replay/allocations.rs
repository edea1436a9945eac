//! What replays of orders allocate, told in words: how often in the first tenth of a long run and in the
//! last, how long they took, and what was left behind. `cargo bench --bench replay_allocations`. Counting
//! costs time, so how fast replays are is `cargo bench --bench replay`.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "the inputs are fixed here, and a benchmark prints and stops where it cannot go on"
)]

mod situation;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use allocation_counter::{AllocationInfo, measure};

use situation::{SHAPES, Situation};

/// How many replays a long run has, about.
const LONG: usize = 200_000;

fn main() {
    if std::env::args().any(|argument| argument == "--bench") {
        for (name, shape) in SHAPES {
            tell(name, &shape());
        }
    }
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
