//! The live line on a terminal while a run goes on; nothing where nobody watches.

use std::io::{self, Write};

use crosscheck_core::verdict::Verdict;

use super::paint::{Paint, Tone};
use crate::run::{Event, Sink};

/// Writes one line to standard error and keeps it up to date.
#[derive(Debug)]
pub struct Progress {
    paint: Paint,
    live: bool,
    tests: usize,
    done: usize,
    failed: usize,
}

impl Progress {
    /// `live`: whether standard error is a terminal.
    pub fn new(paint: Paint, live: bool) -> Self {
        Self { paint, live, tests: 0, done: 0, failed: 0 }
    }

    fn draw(&self) {
        let failed = match self.failed {
            0 => String::new(),
            failed => self.paint.tone(Tone::Bad, format!(", {failed} failed")),
        };
        // A terminal that went away must not end the run.
        let line = self.paint.finish(&format!("{} of {} tests{failed}", self.done, self.tests));
        let _ = write!(io::stderr().lock(), "\r\x1b[2K{line}");
    }
}

impl Sink for Progress {
    fn event(&mut self, event: &Event<'_>) {
        if !self.live {
            return;
        }
        match event {
            Event::Started { tests, .. } => self.tests = *tests,
            Event::Finished(record) => {
                self.done += 1;
                self.failed += usize::from(record.verdict == Verdict::Fail);
                // Every tenth is often enough for the eye.
                if self.done.is_multiple_of(10) || self.done == self.tests {
                    self.draw();
                }
            }
            Event::Restarted => (self.done, self.failed) = (0, 0),
            Event::Ended(_) => {
                let _ = write!(io::stderr().lock(), "\r\x1b[2K");
            }
        }
    }
}
