//! What is shown once all tests are done: why some failed, within a screen.

use std::{collections::HashMap, fmt::Write};

use crate::{
    diagnostic::visible,
    exchange::ConnectOptions,
    report::{causes::Causes, failure, paint::Paint},
    run::record::TestRecord,
};

/// How many causes are listed.
const CAUSES: usize = 6;

/// How many lines of one failed test are shown besides them.
const LINES: usize = 24;

/// How long the line of a failed test may be.
const WIDTH: usize = 200;

/// The failed tests, by cause.
#[derive(Default)]
pub(super) struct Summary {
    causes: Causes,
    failed: usize,
    /// For each cause the test that shows it in the fewest steps: their number, and the test in full.
    examples: HashMap<String, (usize, String)>,
}

impl Summary {
    /// Counts a failed test; gives its one line.
    pub(super) fn add(&mut self, test: &TestRecord, connect: &ConnectOptions) -> String {
        self.failed += 1;
        self.causes.add(test);
        let cause = test.findings.first().map_or(test.verdict.word(), |finding| finding.code.as_str());
        let steps = test.transcript.steps.len();
        if self.examples.get(cause).is_none_or(|(fewest, _)| steps < *fewest) {
            let shown = Paint::PLAIN.finish(&failure::render(test, connect, Paint::PLAIN));
            self.examples.insert(cause.to_owned(), (steps, shown));
        }
        line(test)
    }

    /// The causes, and one test that shows the first of them; `None`: no test failed.
    pub(super) fn render(&self) -> Option<String> {
        let first = self.causes.first()?;
        let mut out = self.causes.render(CAUSES, Paint::PLAIN);
        let example = self.examples.get(first).or_else(|| self.examples.values().next());
        if let Some((_, example)) = example {
            let lines: Vec<&str> = example.trim_end().lines().collect();
            // A test that failed alone is shown as long as it is.
            let shown = if self.failed == 1 { lines.len() } else { LINES };
            out.push('\n');
            for line in lines.iter().take(shown) {
                let _ = writeln!(out, "{line}");
            }
            if lines.len() > shown {
                let _ = writeln!(out, "  … {} more lines", lines.len() - shown);
            }
        }
        if self.failed > 1 {
            out.push_str("\nAnother test in full: run it alone, with `-- --exact ID`\n");
        }
        Some(out)
    }
}

/// A failed test in one line.
fn line(test: &TestRecord) -> String {
    let why = match test.findings.as_slice() {
        [] => format!("{}: {}", test.verdict.word(), test.note.as_deref().unwrap_or_default()),
        [finding] => format!("{}: {}", finding.code, finding.message),
        [finding, others @ ..] => {
            format!("{}: {} (and {} more)", finding.code, finding.message, others.len())
        }
    };
    let why = visible(&why);
    match why.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", why.get(..end).unwrap_or_default()),
        None => why,
    }
}
