//! A whole case under load: its requests in one of its orders, made by a browser of its own, and
//! judged by the judges of a conformance run. Pure; both engines send what it asks.

use std::{borrow::Cow, collections::HashSet, sync::Arc, time::SystemTime};

use crosscheck_core::{
    case::model::Through,
    exchange::{Exchange, Failure, Received, SendContext, Stage, Step, Transcript, is_preflight},
    fetch::Profile,
    interleave::{Place, Prepared, RequestError, Walk},
    message::{Request, Response},
    plan::Test,
    policy::Dialect,
    verdict::{self, Finding, Verdict, Weight},
};

use super::time::Micros;
use super::{
    kept,
    tally::Answer,
    wrong::{Shown, Wrong, counts_as_error},
};

/// A test, and where everything that it needs is set up.
#[derive(Clone, Debug)]
pub struct Stand {
    /// The plan's name for the case.
    pub entry: String,
    /// The id of the test.
    pub id: String,
    /// The test.
    pub test: Test,
    /// Where its requests go.
    pub place: Place,
    /// As whose store the rules are read.
    pub dialect: Dialect,
    /// Whether it is a known issue of the endpoint.
    pub known_issue: bool,
    /// The name of a query that keeps caches from having an answer, where the endpoint's URLs may have one.
    pub fresh: Option<String>,
}

/// A test that is ready to be made over and over.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The index of the row of what is no preflight; that of preflights is one less.
    pub row: usize,
    stand: Stand,
    prepared: Arc<Prepared>,
}

/// What is wrong with an answer of a trial.
#[derive(Clone, Debug)]
pub struct Fault<'t> {
    /// What.
    pub wrong: Wrong,
    /// The step that shows it.
    pub step: Option<&'t Step>,
    /// What was found.
    pub finding: Finding,
    /// What was sent and answered.
    pub transcript: &'t Transcript,
}

impl Fault<'_> {
    /// What shows why.
    pub(crate) fn shown(&self) -> Shown {
        Shown::Case(Box::new((kept::transcript(self.transcript.clone()), self.finding.clone())))
    }
}

impl Trial {
    /// A test at its place.
    ///
    /// # Errors
    /// A request that cannot be made of what the case says.
    pub fn new(stand: Stand, row: usize) -> Result<Self, RequestError> {
        let prepared = Arc::new(Prepared::new(&stand.test.case, &stand.place, Profile::Spec)?);
        Ok(Self { row, stand, prepared })
    }

    /// Where its requests go.
    pub fn place(&self) -> &Place {
        &self.stand.place
    }

    /// The test.
    pub fn test(&self) -> &Test {
        &self.stand.test
    }

    /// Its requests; where they are to meet real caches on the way, to URLs that no other time had.
    /// `time` is a number that no other time has.
    pub fn requests(&self, time: u64) -> Cow<'_, Prepared> {
        let Some(name) = self.stand.fresh.as_ref().filter(|_| self.stand.test.through == Through::Live)
        else {
            return Cow::Borrowed(&self.prepared);
        };
        let place = Place { fresh: Some(format!("{name}={time:x}")), ..self.stand.place.clone() };
        match Prepared::new(&self.stand.test.case, &place, Profile::Spec) {
            Ok(prepared) => Cow::Owned(prepared),
            Err(_) => Cow::Borrowed(&self.prepared),
        }
    }

    /// The row of a request.
    pub(crate) fn row_of(&self, request: &Request) -> usize {
        self.row - usize::from(is_preflight(request))
    }

    /// The origins of its pages.
    pub fn origins(&self) -> impl Iterator<Item = &String> {
        self.stand.test.case.requests.values().filter_map(|request| request.origin.as_ref())
    }

    /// What a conformance run would fail it for, once for each of its requests; `origins` are all that
    /// ask. Nothing is said of an endpoint that fails.
    pub fn judge<'t>(&self, transcript: &'t Transcript, origins: &HashSet<String>) -> Vec<Fault<'t>> {
        let findings = verdict::judge(&self.stand.test, transcript, self.stand.dialect);
        let failed =
            |step: &Step| step.exchange.response().is_none_or(|response| counts_as_error(response.status));
        if self.stand.known_issue
            || Verdict::of(self.stand.test.claim.kind, &findings) != Verdict::Fail
            || transcript.steps.iter().any(failed)
        {
            return Vec::new();
        }
        let mut told: Vec<Option<String>> = Vec::new();
        let mut faults = Vec::new();
        for finding in findings.into_iter().filter(|finding| finding.weight == Weight::Failure) {
            if told.contains(&finding.request) {
                continue;
            }
            told.push(finding.request.clone());
            let of = |step: &&Step| finding.request.as_ref().is_none_or(|name| step.request == *name);
            let step = transcript.steps.iter().rev().find(of);
            let wrong = self.wrong(&finding, step, origins);
            faults.push(Fault { wrong, step, finding, transcript });
        }
        faults
    }

    fn wrong(&self, finding: &Finding, step: Option<&Step>, origins: &HashSet<String>) -> Wrong {
        let allowed = step.and_then(|step| {
            let response = step.exchange.response()?;
            response.fields.text("access-control-allow-origin")
        });
        let own = step.and_then(|step| step.exchange.sent.fields.text("origin"));
        let test = &self.stand.test;
        Wrong {
            reason: finding.code,
            message: format!("{} (`{}`: {})", finding.message, self.stand.id, test.claim.title),
            section: finding.section.clone(),
            expected: if finding.expected.is_empty() {
                test.claim.title.clone()
            } else {
                finding.expected.clone()
            },
            crossed: allowed
                .is_some_and(|allowed| own.as_ref() != Some(&allowed) && origins.contains(&allowed)),
            answer: None,
        }
    }
}

/// One time that a case is made: what is to be sent, then what came of it, until the case is at its end.
#[derive(Debug)]
pub struct Attempt<'t> {
    trial: &'t Trial,
    walk: Walk<'t>,
    asked: Vec<Arc<Request>>,
    last: Option<Answer>,
    failed: bool,
}

/// What came of a request: its answer, the lines of the answer's head, and how it was counted; or why there is none.
pub(crate) type Came = Result<(Response, Vec<String>, Answer), String>;

impl<'t> Attempt<'t> {
    /// The beginning, with requests that are this time's.
    pub fn new(trial: &'t Trial, prepared: &'t Prepared) -> Self {
        let test = trial.test();
        let walk = Walk::new(prepared, &test.order, test.through);
        Self { trial, walk, asked: Vec::new(), last: None, failed: false }
    }

    /// What is to be sent now, all of it at once, each with why it is sent and its row; nothing: the case is
    /// at its end.
    pub fn next(&mut self, now: SystemTime) -> Vec<(Arc<Request>, SendContext, usize)> {
        let next = self
            .walk
            .next(now)
            .map(|(request, context)| (Arc::clone(request), context.clone(), self.trial.row_of(request)));
        let next: Vec<_> = next.collect();
        self.asked = next.iter().map(|(request, ..)| Arc::clone(request)).collect();
        next
    }

    /// What came of each, in their order.
    pub fn receive(&mut self, came: impl IntoIterator<Item = Came>, now: SystemTime) {
        let mut exchanges = Vec::with_capacity(self.asked.len());
        for (request, came) in self.asked.iter().zip(came) {
            exchanges.push(Arc::new(match came {
                Ok((response, lines, answer)) => {
                    // The one that ended last, where several were made at once.
                    self.last = self.last.filter(|last| last.done > answer.done).or(Some(answer));
                    answered(request, response, &lines, answer.done.since(answer.sent).micros())
                }
                Err(message) => {
                    self.failed = true;
                    unanswered(request, message)
                }
            }));
        }
        self.walk.receive(exchanges, now);
    }

    /// The same, where it is not counted.
    pub(crate) fn receive_exchanges(
        &mut self,
        exchanges: impl IntoIterator<Item = Exchange>,
        now: SystemTime,
    ) {
        self.walk.receive(exchanges.into_iter().map(Arc::new), now);
    }

    /// Whether a request got no answer.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// What is wrong, where every request got an answer, told with the answer as which it counts.
    pub fn judge(&self, origins: &HashSet<String>, mut each: impl FnMut(Answer, &Fault<'_>)) {
        let Some(last) = self.last.filter(|_| !self.failed) else { return };
        let transcript = self.walk.transcript();
        for fault in self.trial.judge(&transcript, origins) {
            let row = fault.step.map_or(self.trial.row, |step| self.trial.row_of(&step.exchange.sent));
            each(Answer { row, ..last }, &fault);
        }
    }

    /// What was sent and answered.
    pub(crate) fn transcript(&self) -> Transcript {
        self.walk.transcript()
    }

    /// Whether nothing is wrong with what came.
    pub fn holds(&self, origins: &HashSet<String>) -> bool {
        self.trial.judge(&self.walk.transcript(), origins).is_empty()
    }
}

/// What was sent and answered, for a walk through a case.
fn answered(request: &Request, response: Response, lines: &[String], Micros(micros): Micros) -> Exchange {
    Exchange {
        sent: request.clone().into(),
        raw_sent: None,
        received: Received::Response(response),
        raw_received: Some(lines.join("\r\n")),
        micros,
        cut: None,
        hidden: Vec::new(),
    }
}

/// What was sent and not answered.
fn unanswered(request: &Request, message: String) -> Exchange {
    Exchange::new(request.clone().into(), Received::Failed(Failure::new(Stage::Head, message)))
}

/// The lines of a step's answer, as evidence.
pub(crate) fn lines_of_answer(step: &Step) -> Vec<String> {
    let raw = step.exchange.raw_received.as_deref().unwrap_or_default();
    raw.split("\r\n").filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
