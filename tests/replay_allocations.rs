//! What a replay allocates does not grow with how many went before, and none leaves anything behind.
#![allow(clippy::expect_used, reason = "the inputs are fixed here")]

#[path = "../benches/replay/situation.rs"]
mod situation;

use allocation_counter::{AllocationInfo, measure};

use situation::{SHAPES, Situation};

fn replayed(situation: &Situation, rounds: usize) -> AllocationInfo {
    let tests = situation.tests();
    measure(|| {
        for _ in 0..rounds {
            for (order, through) in &tests {
                assert_eq!(situation.replay(order, *through), Ok(true));
            }
        }
    })
}

#[test]
fn every_replay_allocates_as_much_as_the_one_before() {
    for (name, shape) in SHAPES {
        let situation = shape();
        let first = replayed(&situation, 10);
        let between = replayed(&situation, 200);
        let last = replayed(&situation, 10);
        assert_eq!(first.count_total, last.count_total, "{name}");
        assert_eq!(first.bytes_total, last.bytes_total, "{name}");
        assert_eq!(between.count_total, 20 * first.count_total, "{name}");
        for counted in [first, between, last] {
            assert_eq!(
                (counted.count_current, counted.bytes_current),
                (0, 0),
                "{name}: something is left behind"
            );
        }
    }
}
