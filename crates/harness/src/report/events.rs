//! A run as lines of JSON while it goes on, for other programs: one event a line, each written at once.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt,
    io::{self, Write},
};

use crosscheck_core::{
    diagnosis::Diagnosed,
    diagnostic::visible_json,
    verdict::{Code, Verdict},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::run::{
    Event, Outcome, Sink, promises,
    record::{CauseRecord, RunRecord, TestRecord},
};

/// The version of the events' form; it grows whenever that changes.
pub const EVENT_VERSION: u32 = 1;

/// One line of the events of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Line<'e> {
    /// The run begins. Always the first line.
    Start(Start<'e>),
    /// The endpoint sent unsolicited bytes: every test runs again, and earlier `test` events do not count.
    Restart,
    /// A test has a verdict. If a test has several of these lines, the last one counts.
    Test(Test<'e>),
    /// A cause of what failed, worst first, after all tests.
    Cause(FoundCause<'e>),
    /// The run is over. Always the last line; without it, the run was not completed.
    End(End),
}

/// What is known when a run begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Start<'e> {
    /// Version of this format.
    pub event_version: u32,
    /// The version of Crosscheck.
    pub crosscheck: Cow<'e, str>,
    /// Tested endpoint: a URL, or the reference store.
    pub target: Cow<'e, str>,
    /// When the run began, RFC 3339.
    pub started: Cow<'e, str>,
    /// Number of tests that will run.
    pub tests: usize,
    /// Number of tests that do not apply to the endpoint; they have no `test` event.
    pub not_applicable: usize,
}

/// A test and its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Test<'e> {
    /// The stable id.
    pub id: Cow<'e, str>,
    /// Verdict.
    pub verdict: Verdict,
    /// Code of the first finding, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// How long it took, in microseconds.
    pub micros: u64,
}

/// A cause, and what it explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundCause<'e> {
    /// The cause.
    #[serde(flatten)]
    pub cause: Cow<'e, Diagnosed>,
    /// Whether tests fail with it; otherwise they only warn.
    pub fails: bool,
    /// Whether every test that it explains is a known issue.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
    /// The operations that it concerns, where the endpoint has several.
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    pub operations: Cow<'e, [String]>,
    /// The promises that it breaks, as sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<Cow<'e, str>>,
    /// Ids of the tests that it explains.
    pub tests: Vec<Cow<'e, str>>,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct End {
    /// What the run came to.
    pub outcome: Outcome,
    /// Exit code of the command.
    pub exit_code: u8,
    /// How many tests have each verdict, in the end.
    pub counts: BTreeMap<Verdict, usize>,
    /// Results of the promises.
    pub promises: Promises,
    /// Why the whole run is inconclusive, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub could_not_judge: Option<String>,
    /// How long the run took, in milliseconds.
    pub duration_ms: u64,
}

/// How many promises have each result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Promises {
    /// Number of promises that were kept.
    pub kept: usize,
    /// Number of promises that were broken.
    pub broken: usize,
    /// Number of promises that were not checked.
    pub not_checked: usize,
}

impl<'e> Test<'e> {
    fn of(test: &'e TestRecord) -> Self {
        Self {
            id: Cow::Borrowed(&test.id),
            verdict: test.verdict,
            code: test.findings.first().map(|finding| finding.code),
            micros: test.micros,
        }
    }
}

impl<'e> FoundCause<'e> {
    fn of(cause: &'e CauseRecord, record: &'e RunRecord) -> Self {
        let promises = cause.promises.iter().filter_map(|place| record.promises.get(*place));
        let tests = cause.tests.iter().filter_map(|place| record.tests.get(*place));
        Self {
            cause: Cow::Borrowed(&cause.cause),
            fails: cause.fails,
            known: cause.known,
            operations: Cow::Borrowed(&cause.operations),
            promises: promises.map(|promise| Cow::Borrowed(promise.sentence.as_str())).collect(),
            tests: tests.map(|test| Cow::Borrowed(test.id.as_str())).collect(),
        }
    }
}

/// Writes the events of one run.
pub struct Events<W> {
    to: W,
    /// What was written of each test.
    written: HashMap<String, (Verdict, Option<Code>)>,
    failed: Option<io::Error>,
}

impl<W> fmt::Debug for Events<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("tests", &self.written.len()).finish_non_exhaustive()
    }
}

impl<W: Write> Events<W> {
    /// Writes them there.
    pub fn new(to: W) -> Self {
        Self { to, written: HashMap::new(), failed: None }
    }

    fn write(&mut self, line: &Line<'_>) {
        if self.failed.is_some() {
            return;
        }
        let written = serde_json::to_string(line).map_err(io::Error::from).and_then(|line| {
            let line = visible_json(line) + "\n";
            self.to.write_all(line.as_bytes())?;
            self.to.flush()
        });
        self.failed = written.err();
    }

    fn test(&mut self, test: &TestRecord) {
        let line = Test::of(test);
        let now = (line.verdict, line.code);
        if self.written.get(&test.id) == Some(&now) {
            return;
        }
        self.written.insert(test.id.clone(), now);
        self.write(&Line::Test(line));
    }

    /// Writes what is known at the end: the tests whose verdict changed, the causes, and what the run comes to.
    ///
    /// # Errors
    /// The first event that could not be written.
    pub fn finish(mut self, record: &RunRecord, outcome: Outcome) -> io::Result<()> {
        for test in record.tests.iter().filter(|test| test.verdict != Verdict::NotApplicable) {
            self.test(test);
        }
        for cause in &record.causes {
            self.write(&Line::Cause(FoundCause::of(cause, record)));
        }
        let (kept, broken, not_checked) = promises::counts(&record.promises);
        self.write(&Line::End(End {
            outcome,
            exit_code: outcome.exit_code(),
            counts: record.counts().0,
            promises: Promises { kept, broken, not_checked },
            could_not_judge: record.could_not_judge.as_ref().or(record.no_success.as_ref()).cloned(),
            duration_ms: record.duration_ms,
        }));
        self.failed.map_or(Ok(()), Err)
    }
}

impl<W: Write + Send> Sink for Events<W> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Started { target, started, tests, not_applicable } => {
                self.write(&Line::Start(Start {
                    event_version: EVENT_VERSION,
                    crosscheck: Cow::Borrowed(env!("CARGO_PKG_VERSION")),
                    target: Cow::Borrowed(target),
                    started: Cow::Borrowed(started),
                    tests: *tests,
                    not_applicable: *not_applicable,
                }));
            }
            Event::Restarted => {
                self.written.clear();
                self.write(&Line::Restart);
            }
            Event::Finished(test) => self.test(test),
            // What is known at the end may still change: `finish` writes it.
            Event::Tick | Event::Ended(_) => {}
        }
    }
}

/// The JSON Schema of one line of the events.
pub fn published() -> String {
    let mut schema = crosscheck_core::document::schema_of::<Line<'_>>();
    schema.insert("title".to_owned(), "Crosscheck run event".into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_is_read_back() {
        let line = Line::Start(Start {
            event_version: EVENT_VERSION,
            crosscheck: "0.1.0".into(),
            target: "http://a.example/\u{1b}\n{\"event\":\"end\"}".into(),
            started: "2026-01-01T00:00:00Z".into(),
            tests: 2,
            not_applicable: 1,
        });
        let mut out = Vec::new();
        let mut events = Events::new(&mut out);
        events.write(&line);
        events.write(&Line::Restart);
        assert!(events.failed.is_none());
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<Line<'_>> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, [line, Line::Restart]);
        assert!(!text.contains('\u{1b}') && text.contains(r#"{"event":"restart"}"#), "{text}");
    }

    #[test]
    fn a_writer_that_fails_is_told_of_at_the_end() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut events = Events::new(Full);
        events.write(&Line::Restart);
        events.write(&Line::Restart);
        assert_eq!(events.failed.map(|error| error.kind()), Some(io::ErrorKind::StorageFull));
    }
}
