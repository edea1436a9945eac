//! A whole case under load: its requests in one of its orders, made by a browser of its own, and
//! judged by the judges of a conformance run. Pure; both engines send what it asks.

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use super::judge::{Wrong, is_trouble};
use crate::{
    case::model::Through,
    exchange::{Exchange, Failure, Received, Stage, Step, Transcript},
    fetch::Profile,
    interleave::{Place, Prepared, RequestError},
    message::{Request, Response},
    plan::Test,
    policy::Dialect,
    verdict::{self, Finding, Verdict, Weight},
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
    /// Whether it is a known issue of the target.
    pub known_issue: bool,
    /// The name of a query that keeps caches from having an answer, where the target's URLs may have one.
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
    pub fn row_of(&self, request: &Request) -> usize {
        let preflight =
            request.method == "OPTIONS" && request.fields.contains("access-control-request-method");
        self.row - usize::from(preflight)
    }

    /// The origins of its pages.
    pub fn origins(&self) -> impl Iterator<Item = &String> {
        self.stand.test.case.requests.values().filter_map(|request| request.origin.as_ref())
    }

    /// What a conformance run would fail it for, once for each of its requests; `origins` are all that
    /// ask. Nothing is said of an endpoint in trouble.
    pub fn judge<'t>(&self, transcript: &'t Transcript, origins: &HashSet<String>) -> Vec<Fault<'t>> {
        let findings = verdict::judge(&self.stand.test, transcript, self.stand.dialect);
        let in_trouble =
            |step: &Step| step.exchange.response().is_none_or(|response| is_trouble(response.status));
        if self.stand.known_issue
            || Verdict::of(self.stand.test.claim.kind, &findings) != Verdict::Fail
            || transcript.steps.iter().any(in_trouble)
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
            faults.push(Fault { wrong: self.wrong(finding, step, origins), step });
        }
        faults
    }

    fn wrong(&self, finding: Finding, step: Option<&Step>, origins: &HashSet<String>) -> Wrong {
        let allowed = step.and_then(|step| {
            let response = step.exchange.response()?;
            response.fields.text("access-control-allow-origin")
        });
        let own = step.and_then(|step| step.exchange.sent.fields.text("origin"));
        let test = &self.stand.test;
        Wrong {
            reason: finding.code,
            message: format!("{} (`{}`: {})", finding.message, self.stand.id, test.claim.title),
            section: finding.section,
            expected: if finding.expected.is_empty() { test.claim.title.clone() } else { finding.expected },
            crossed: allowed
                .is_some_and(|allowed| own.as_ref() != Some(&allowed) && origins.contains(&allowed)),
        }
    }
}

/// What was sent and answered, for a walk through a case.
pub fn answered(request: &Request, response: Response, lines: &[String], micros: u64) -> Exchange {
    Exchange {
        sent: request.clone().into(),
        raw_sent: None,
        received: Received::Response(response),
        raw_received: Some(lines.join("\r\n")),
        micros,
    }
}

/// What was sent and not answered.
pub fn unanswered(request: &Request, message: String) -> Exchange {
    Exchange {
        sent: request.clone().into(),
        raw_sent: None,
        received: Received::Failed(Failure { stage: Stage::Head, message }),
        raw_received: None,
        micros: 0,
    }
}

/// The lines of a step's answer, as evidence.
pub fn lines_of_answer(step: &Step) -> Vec<String> {
    let raw = step.exchange.raw_received.as_deref().unwrap_or_default();
    raw.split("\r\n").filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
