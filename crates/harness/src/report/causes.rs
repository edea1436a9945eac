//! What failed, by cause: the same cause once, however many tests show it.

use std::{cmp::Reverse, collections::BTreeMap, fmt::Write};

use super::paint::{Paint, Tone};
use crosscheck_core::{diagnostic::visible, verdict::Code};

use crate::run::record::TestRecord;

/// How many tests each cause explains.
#[derive(Debug, Default)]
pub struct Causes(BTreeMap<String, Cause>);

#[derive(Debug)]
struct Cause {
    tests: usize,
    fix: Option<String>,
}

impl Causes {
    /// Counts a test that failed: once for each code of its findings, or as the verdict where it has none.
    pub fn add(&mut self, test: &TestRecord) {
        let mut seen: Vec<Code> = Vec::new();
        for finding in &test.findings {
            if seen.contains(&finding.code) {
                continue;
            }
            seen.push(finding.code);
            self.count(finding.code.as_str(), finding.fix.as_deref());
        }
        if seen.is_empty() {
            self.count(test.verdict.word(), test.note.as_deref());
        }
    }

    fn count(&mut self, code: &str, fix: Option<&str>) {
        let new = || Cause { tests: 0, fix: fix.map(str::to_owned) };
        self.0.entry(code.to_owned()).or_insert_with(new).tests += 1;
    }

    /// How often any of them was counted.
    pub fn total(&self) -> usize {
        self.0.values().map(|cause| cause.tests).sum()
    }

    /// The cause that explains most tests.
    pub fn first(&self) -> Option<&str> {
        self.sorted().first().map(|(code, _)| code.as_str())
    }

    fn sorted(&self) -> Vec<(&String, &Cause)> {
        let mut causes: Vec<_> = self.0.iter().collect();
        causes.sort_by_key(|(_, cause)| Reverse(cause.tests));
        causes
    }

    /// The causes as a list, those that explain most tests first, and no more than `most` of them. Ends with a line
    /// feed.
    pub fn render(&self, most: usize, paint: Paint) -> String {
        let mut out = String::new();
        let causes = self.sorted();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}", paint.tone(Tone::Strong, "What failed, by cause"));
        for (code, cause) in causes.iter().take(most) {
            let _ = writeln!(out, "  {:>4} × {}", cause.tests, visible(code));
            if let Some(fix) = &cause.fix {
                let _ = writeln!(out, "         {}", paint.tone(Tone::Faint, fix));
            }
        }
        if causes.len() > most {
            let _ = writeln!(out, "         and {} more", causes.len() - most);
        }
        out
    }
}
