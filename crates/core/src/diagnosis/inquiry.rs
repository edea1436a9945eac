//! The way from a refused request to its causes and a repair that is proven: says which experiment to make next, takes
//! what came of it, and in the end names everything that has to change. Sends nothing itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Cause, Diagnosed, Edit, Experiment, ExplainedRequest, Facts, Proof, Repaired, Replayed, Sighting, notes,
    rows::ROWS,
};
use crate::signature::is_presigned;

/// How many experiments are made at most.
pub const EXPERIMENTS: usize = 22;

/// How many things can be wrong with one request.
const CAUSES: usize = 12;

/// How far a repair is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verified {
    /// With all changes, the replayed browser lets the page read.
    InReplay,
    /// With all changes, the replayed browser sends the request; its answer is not known.
    UpToTheRequest,
    /// The changes are about something that cannot be replayed, such as another host.
    NotReplayed,
}

/// What is wrong with a request, and what has to change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The causes, in the order in which a person should fix them.
    pub causes: Vec<Diagnosed>,
    /// How far all changes together are proven.
    pub verified: Verified,
    /// The request and its answers with all changes made.
    #[serde(skip)]
    pub repaired: Option<Repaired>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Make this experiment, and hand over what came of it.
    Ask(Experiment),
    /// Nothing more.
    Done(Box<Diagnosis>),
}

/// An inquiry into one request.
#[derive(Clone, Debug)]
pub struct Inquiry {
    page: ExplainedRequest,
    seen: Sighting,
    made: Vec<(Experiment, Option<Sighting>)>,
    exposed: Vec<String>,
}

impl Inquiry {
    /// Into a request and what came of it. `exposed`: the response fields that the page must be able to read.
    pub fn new(page: ExplainedRequest, seen: Sighting, exposed: Vec<String>) -> Self {
        Self { page, seen, made: Vec::new(), exposed }
    }

    /// Takes what came of an experiment; `None`: it could not be made.
    pub fn saw(&mut self, experiment: Experiment, sighting: Option<Sighting>) {
        self.made.push((experiment, sighting));
    }

    /// The experiments that were made, with what came of them.
    pub fn made(&self) -> impl Iterator<Item = (&Experiment, &Sighting)> {
        self.made.iter().filter_map(|(experiment, sighting)| Some((experiment, sighting.as_ref()?)))
    }

    /// What to do next.
    pub fn next(&self) -> Step {
        match self.conclude() {
            Ok(diagnosis) => Step::Done(Box::new(diagnosis)),
            Err(experiment) => Step::Ask(experiment),
        }
    }

    fn with_facts<T>(
        &self,
        page: &ExplainedRequest,
        seen: &Sighting,
        judge: impl FnOnce(&Facts<'_>) -> T,
    ) -> T {
        let experiments = |experiment: &Experiment| {
            self.made.iter().find(|(made, _)| made == experiment).and_then(|(_, sighting)| sighting.as_ref())
        };
        let can_ask = |experiment: &Experiment| self.can_ask(experiment);
        let others: Vec<&Sighting> = self.made.iter().filter_map(|(_, sighting)| sighting.as_ref()).collect();
        judge(&Facts {
            page,
            seen,
            experiments: &experiments,
            can_ask: &can_ask,
            others: &others,
            granted_at_all: false,
            bare_status: false,
        })
    }

    fn can_ask(&self, experiment: &Experiment) -> bool {
        self.made.len() < EXPERIMENTS
            && self.made.iter().all(|(made, _)| made != experiment)
            && (!experiment.is_fresh() || !is_presigned(&self.page.url))
            && experiment.is_possible(&self.page)
    }

    /// The causes one after the other: each is repaired, and the browser's algorithms run again, until the page may read.
    fn conclude(&self) -> Result<Diagnosis, Experiment> {
        let mut repaired = Repaired::new(&self.page, &self.seen);
        let mut causes: Vec<Diagnosed> = Vec::new();
        let mut seen = self.seen.clone();
        let mut verified = Verified::NotReplayed;
        if seen.allowed() {
            let found = self.with_facts(&self.page, &seen, |facts| notes::of(facts, &self.exposed))?;
            return Ok(Diagnosis { causes: found, verified, repaired: None });
        }
        for _ in 0..CAUSES {
            let Some((cause, proof)) = self.with_facts(&repaired.page, &seen, first)? else { break };
            let is_new = |known: &Diagnosed| known.code != cause || known.subject != proof.subject;
            if !causes.iter().all(is_new) {
                break;
            }
            if let Some(instead) = &proof.instead {
                repaired.answered_as(instead);
            }
            proof.edits.iter().for_each(|edit| repaired.apply(edit));
            let elsewhere = proof.instead.is_none() && proof.edits.iter().all(is_elsewhere);
            causes.push(Diagnosed::new(cause, proof, self.page.credentials));
            if elsewhere {
                break;
            }
            let mut replayed = repaired.replay();
            if replayed == Replayed::NotSent
                && self.page.may_be_sent()
                && let Some(direct) = self.ask(Experiment::WithoutPreflight)?
            {
                repaired.take_answer(direct);
                replayed = repaired.replay();
            }
            match replayed {
                Replayed::Allowed => verified = Verified::InReplay,
                Replayed::NotSent => verified = Verified::UpToTheRequest,
                Replayed::NotReplayed => {}
                Replayed::Refused(refused) => {
                    seen = *refused;
                    continue;
                }
            }
            break;
        }
        Ok(Diagnosis { causes, verified, repaired: Some(repaired) })
    }

    fn ask(&self, experiment: Experiment) -> Result<Option<&Sighting>, Experiment> {
        match self.made.iter().find(|(made, _)| *made == experiment) {
            Some((_, sighting)) => Ok(sighting.as_ref()),
            None if self.can_ask(&experiment) => Err(experiment),
            None => Ok(None),
        }
    }
}

/// Whether a change is about something that no answer of this endpoint shows.
fn is_elsewhere(edit: &Edit) -> bool {
    matches!(
        edit,
        Edit::UseUrl { .. }
            | Edit::Remedy { .. }
            | Edit::Purge { .. }
            | Edit::AddToCacheKey { .. }
            | Edit::ForwardOrigin
    )
}

/// The first cause that holds. `Err`: the cheapest experiment among those that the causes before it ask for.
fn first(facts: &Facts<'_>) -> Result<Option<(Cause, Proof)>, Experiment> {
    let mut open: Option<Experiment> = None;
    let mut found = None;
    for row in ROWS {
        match (row.judge)(facts) {
            Ok(None) => {}
            Ok(Some(proof)) => {
                found = Some((row.cause, proof));
                break;
            }
            Err(experiment) => {
                if open.as_ref().is_none_or(|other| experiment.cost() < other.cost()) {
                    open = Some(experiment);
                }
            }
        }
    }
    open.map_or(Ok(found), Err)
}

/// The first cause that the facts at hand prove.
pub(super) fn proven(facts: &Facts<'_>) -> Option<(Cause, Proof)> {
    ROWS.iter().find_map(|row| Some((row.cause, (row.judge)(facts).ok().flatten()?)))
}
