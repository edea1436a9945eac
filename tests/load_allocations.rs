//! Counting a right answer takes no memory, however many went before: what is recorded while requests are sent
//! must not make the harness itself slower.

use allocation_counter::measure;
use crosscheck::load::{
    tally::{Answer, Tally},
    time::Nanos,
};

const ROWS: usize = 3;
const STAGES: usize = 2;
const SLOWEST: u64 = 5_000_000_000;

fn answer(number: u64, nanos: u64) -> Answer {
    let due = Nanos(number * 1_000);
    let sent = due.plus(Nanos(500));
    Answer {
        row: number as usize % ROWS,
        stage: (number as usize / ROWS) % STAGES,
        due,
        sent,
        done: sent.plus(Nanos(nanos)),
        status: if number.is_multiple_of(5) { 200 } else { 204 },
        bytes: 180,
    }
}

#[test]
fn a_right_answer_is_counted_without_allocation() {
    let mut tally = Tally::new(STAGES, ROWS, 1);
    // A histogram grows with the greatest value that it sees, and a row begins with its first answer.
    let slowest = measure(|| (0..30).for_each(|number| tally.answer(&answer(number, SLOWEST))));
    assert!(slowest.count_total > 0, "allocations are seen");
    for _ in 0..3 {
        let counted = measure(|| {
            for number in 0..100_000 {
                tally.answer(&answer(number, number.wrapping_mul(7_919_000) % SLOWEST));
            }
        });
        assert_eq!((counted.count_total, counted.bytes_total), (0, 0));
    }
    assert_eq!((tally.second.answered, tally.second.response.len()), (300_030, 300_030));
}
