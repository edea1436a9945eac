//! How far a run is: a live line on a terminal; elsewhere, such as in the log of a CI job, a line from time to time.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use crosscheck_core::verdict::Verdict;

use super::paint::{Paint, Tone};
use crate::run::{Event, Sink};

/// Time between two lines where standard error is not a terminal. A run that is shorter has none.
const EVERY: Duration = Duration::from_secs(10);

/// Time between two drawings of the live line, unless a test ends.
const REDRAWN: Duration = Duration::from_secs(1);

/// After how much time, and how many tests, the time left is told.
const FORESEEN: (Duration, usize) = (Duration::from_secs(2), 20);

/// Where progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// On a line of a terminal that is drawn again and again.
    Live,
    /// On a line of its own from time to time.
    Lines,
    /// Nowhere.
    Nowhere,
}

/// How far a run is. Knows no clock: what happens comes with the time since the run began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Count {
    tests: usize,
    done: usize,
    failed: usize,
    /// When the tests that are counted began.
    since: Duration,
    /// When a line was last written.
    shown: Duration,
}

impl Count {
    /// Takes note of an event; whether something changed that the eye should see at once.
    fn note(&mut self, event: &Event<'_>, now: Duration) -> bool {
        match event {
            Event::Started { tests, .. } => {
                *self = Self { tests: *tests, since: now, shown: now, ..Self::default() }
            }
            Event::Finished(record) => {
                self.done += 1;
                self.failed += usize::from(record.verdict == Verdict::Fail);
                // Every tenth is often enough for the eye.
                return self.done.is_multiple_of(10) || self.done == self.tests;
            }
            Event::Restarted => (self.done, self.failed, self.since) = (0, 0, now),
            Event::Tick | Event::Ended(_) => {}
        }
        false
    }

    /// Whether a line is due, at most one in this time.
    fn is_due(&mut self, now: Duration, every: Duration) -> bool {
        let due = self.tests > 0 && now.saturating_sub(self.shown) >= every;
        if due {
            self.shown = now;
        }
        due
    }

    /// The time that the rest will take if it goes on like this.
    fn left(&self, now: Duration) -> Option<Duration> {
        let (least, tests) = FORESEEN;
        let spent = now.saturating_sub(self.since);
        let rest = self.tests.checked_sub(self.done).filter(|rest| *rest > 0)?;
        if spent < least || self.done < tests {
            return None;
        }
        let ratio = f64::from(u32::try_from(rest).ok()?) / f64::from(u32::try_from(self.done).ok()?);
        Duration::try_from_secs_f64(spent.as_secs_f64() * ratio).ok()
    }

    fn words(&self, now: Duration, paint: Paint) -> String {
        let failed = match self.failed {
            0 => String::new(),
            failed => paint.tone(Tone::Bad, format!(", {failed} failed")),
        };
        let left = self.left(now).map(|left| format!(", about {} left", duration(left))).unwrap_or_default();
        format!("{} of {} tests{failed}{left}", self.done, self.tests)
    }
}

/// A time to the second, or to the minute if it is long.
fn duration(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{} s", seconds.max(1)),
        seconds @ 60..600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

/// Writes to standard error how far a run is.
#[derive(Debug)]
pub struct Progress {
    paint: Paint,
    shown: Shown,
    count: Count,
    clock: Instant,
}

impl Progress {
    /// Of a run that begins now.
    pub fn new(paint: Paint, shown: Shown) -> Self {
        Self { paint, shown, count: Count::default(), clock: Instant::now() }
    }
}

impl Sink for Progress {
    fn event(&mut self, event: &Event<'_>) {
        let now = self.clock.elapsed();
        let changed = self.count.note(event, now);
        // A terminal that went away must not end the run.
        match self.shown {
            Shown::Nowhere => {}
            Shown::Live => {
                if let Event::Ended(_) = event {
                    let _ = write!(io::stderr().lock(), "\r\x1b[2K");
                } else if changed || self.count.is_due(now, REDRAWN) {
                    let line = self.paint.finish(&self.count.words(now, self.paint));
                    let _ = write!(io::stderr().lock(), "\r\x1b[2K{line}");
                }
            }
            Shown::Lines => {
                if !matches!(event, Event::Ended(_)) && self.count.is_due(now, EVERY) {
                    let line = self.paint.finish(&self.count.words(now, self.paint));
                    let _ = writeln!(io::stderr().lock(), "crosscheck: {line}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn count(tests: usize, done: usize, failed: usize) -> Count {
        Count { tests, done, failed, ..Count::default() }
    }

    #[test]
    fn a_line_says_how_much_is_done_how_much_failed_and_how_long_the_rest_takes() {
        for (count, seconds, line) in [
            (count(3000, 0, 0), 0, "0 of 3000 tests"),
            (count(3000, 1200, 2), 13, "1200 of 3000 tests, 2 failed, about 19 s left"),
            (count(3000, 1200, 0), 13, "1200 of 3000 tests, about 19 s left"),
            (count(3000, 1200, 0), 1, "1200 of 3000 tests"),
            (count(3000, 19, 0), 30, "19 of 3000 tests"),
            (count(3000, 30, 0), 3, "30 of 3000 tests, about 4 min 57 s left"),
            (count(3000, 30, 0), 30, "30 of 3000 tests, about 50 min left"),
            (count(30, 29, 0), 3, "29 of 30 tests, about 1 s left"),
            (count(30, 30, 1), 30, "30 of 30 tests, 1 failed"),
        ] {
            assert_eq!(count.words(SECOND * seconds, Paint::PLAIN), line);
        }
    }

    #[test]
    fn a_line_is_due_every_ten_seconds_and_not_before_anything_began() {
        let mut count = Count::default();
        assert!(!count.is_due(SECOND * 60, EVERY), "nothing began");
        count.note(&Event::Started { target: "", started: "", tests: 9, not_applicable: 0 }, SECOND * 5);
        let due: Vec<u32> = (5..=40).filter(|second| count.is_due(SECOND * *second, EVERY)).collect();
        assert_eq!(due, [15, 25, 35]);
    }

    #[test]
    fn a_run_that_starts_again_is_counted_again() {
        let mut count = count(9, 5, 3);
        count.note(&Event::Restarted, SECOND * 7);
        assert_eq!((count.done, count.failed, count.since), (0, 0, SECOND * 7));
        assert_eq!(count.tests, 9);
    }
}
