//! What one sender counts: no allocation, lock or channel when a right answer is counted. Both
//! engines count with it. Pure.

use std::collections::{BTreeMap, btree_map::Entry};

use crosscheck_core::{exchange::Bounds, random::Rng};

use super::time::Nanos;
use super::{
    record::{ErrorKind, Latencies, Sample, new_latencies, record},
    wrong::{Requested, Shown, Wrong},
};

/// What was counted of one row in one stage.
#[derive(Clone, Debug)]
pub struct RowTally {
    /// Requests sent.
    pub sent: u64,
    /// Answers.
    pub answered: u64,
    /// Requests that went wrong on the way.
    pub errors: u64,
    /// Answers that were judged wrong.
    pub wrong: u64,
    /// Requests that a cache answered.
    pub from_cache: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Answers by status, from 100 to 999.
    pub statuses: Statuses,
    /// From due to answered.
    pub response: Latencies,
    /// From sent to answered.
    pub service: Latencies,
}

/// Answers by status: the usual ones in a place of their own.
#[derive(Clone, Debug, Default)]
pub struct Statuses(Vec<(u16, u64)>);

impl Statuses {
    /// Counts one.
    pub fn count(&mut self, status: u16, times: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += times,
            None => self.0.push((status, times)),
        }
    }

    /// All of them.
    pub fn all(&self) -> BTreeMap<u16, u64> {
        self.0.iter().copied().collect()
    }
}

impl Default for RowTally {
    fn default() -> Self {
        Self {
            sent: 0,
            answered: 0,
            errors: 0,
            wrong: 0,
            from_cache: 0,
            bytes: 0,
            statuses: Statuses::default(),
            response: new_latencies(),
            service: new_latencies(),
        }
    }
}

impl RowTally {
    /// Adds what another counted.
    pub fn merge(&mut self, other: &Self) {
        self.sent += other.sent;
        self.answered += other.answered;
        self.errors += other.errors;
        self.wrong += other.wrong;
        self.from_cache += other.from_cache;
        self.bytes += other.bytes;
        for (status, count) in &other.statuses.0 {
            self.statuses.count(*status, *count);
        }
        // Histograms of one kind always fit into each other: they grow.
        let _ = self.response.add(&other.response);
        let _ = self.service.add(&other.service);
    }
}

/// What was counted within one second.
#[derive(Clone, Debug)]
pub struct SecondTally {
    /// Arrivals that were due.
    pub due: u64,
    /// Requests sent.
    pub sent: u64,
    /// Answers.
    pub answered: u64,
    /// Requests that went wrong on the way.
    pub errors: u64,
    /// Answers that were judged wrong.
    pub wrong: u64,
    /// Arrivals that waited at its end.
    pub backlog: u64,
    /// Connections in use at its end.
    pub active: u64,
    /// From due to answered.
    pub response: Latencies,
    /// From sent to answered.
    pub service: Latencies,
}

impl Default for SecondTally {
    fn default() -> Self {
        Self {
            due: 0,
            sent: 0,
            answered: 0,
            errors: 0,
            wrong: 0,
            backlog: 0,
            active: 0,
            response: new_latencies(),
            service: new_latencies(),
        }
    }
}

impl SecondTally {
    /// Adds what another counted in the same second.
    pub fn merge(&mut self, other: &Self) {
        self.due += other.due;
        self.sent += other.sent;
        self.answered += other.answered;
        self.errors += other.errors;
        self.wrong += other.wrong;
        self.backlog += other.backlog;
        self.active += other.active;
        let _ = self.response.add(&other.response);
        let _ = self.service.add(&other.service);
    }

    /// Takes what was counted, and begins anew.
    pub fn take(&mut self) -> Self {
        let taken = self.clone();
        (self.due, self.sent, self.answered, self.errors, self.wrong) = (0, 0, 0, 0, 0);
        self.response.reset();
        self.service.reset();
        taken
    }
}

/// One way in which requests went wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorTally {
    /// How many.
    pub count: u64,
    /// When the first came.
    pub first_at: Nanos,
    /// What was said of it.
    pub first: String,
}

/// One way in which answers were wrong.
#[derive(Clone, Debug)]
pub struct FindingTally {
    /// The row.
    pub row: usize,
    /// What is wrong, as it was said of the first.
    pub wrong: Wrong,
    /// How many.
    pub count: u64,
    /// How many carried what another page was to get.
    pub crossed: u64,
    /// How many had been asked before the load.
    pub asked_unloaded: u64,
    /// How many of those were answered rightly then.
    pub ok_unloaded: u64,
    /// When the first came.
    pub first_at: Nanos,
    /// Some of them.
    pub samples: Vec<Sample>,
    /// All of them by the index of what was requested, and whether they carry what another page was to get; up to a
    /// bound.
    pub groups: BTreeMap<(usize, bool), Group>,
}

/// Wrong answers to one request, with one reason.
#[derive(Clone, Debug)]
pub struct Group {
    /// The request.
    pub requested: Requested,
    /// Whether they carry what another page was to get.
    pub crossed: bool,
    /// How many.
    pub count: u64,
    /// What shows why the first one is wrong.
    pub shown: Option<Shown>,
}

/// So many requests of one reason are told apart; the causes of further ones are not looked for.
const GROUPS: usize = 1000;

impl FindingTally {
    /// Counts wrong answers to a request; `shown` makes what shows it, where it is the first.
    fn group(
        &mut self,
        requested: Requested,
        crossed: bool,
        count: u64,
        shown: impl FnOnce() -> Option<Shown>,
    ) {
        let is_full = self.groups.len() >= GROUPS;
        match self.groups.entry((requested.index, crossed)) {
            Entry::Occupied(mut group) => group.get_mut().count += count,
            Entry::Vacant(_) if is_full => {}
            Entry::Vacant(group) => {
                group.insert(Group { requested, crossed, count, shown: shown() });
            }
        }
    }
}

/// The first so many wrong answers of a kind are kept as evidence, and as many later ones, at random.
const SAMPLES: usize = 3;

/// What one sender counts.
#[derive(Clone, Debug)]
pub struct Tally {
    /// By stage and row.
    stages: Vec<Vec<Option<Box<RowTally>>>>,
    /// Takes what is of no known stage or row: nothing ever is.
    spare: Box<RowTally>,
    /// The second that is under way.
    pub second: SecondTally,
    /// How late the harness itself sent.
    pub lag: Latencies,
    errors: BTreeMap<ErrorKind, ErrorTally>,
    findings: Vec<FindingTally>,
    random: Rng,
    /// Arrivals that were due.
    pub due: u64,
    /// Arrivals that were sent.
    pub arrived: u64,
    /// Arrivals that were never sent.
    pub dropped: u64,
    /// The most arrivals that waited at once.
    pub backlog_max: u64,
    /// Connections opened.
    pub connects: u64,
    /// Connections that the endpoint closed after an answer.
    pub closed_by_peer: u64,
    /// Judgements by identity.
    pub identical: u64,
    /// When the last answer was there.
    pub last: Nanos,
}

/// An answer as it is counted.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The row.
    pub row: usize,
    /// The stage in which it was due.
    pub stage: usize,
    /// When it was due; in a closed loop when it was sent.
    pub due: Nanos,
    /// When it was sent.
    pub sent: Nanos,
    /// When the whole answer was there.
    pub done: Nanos,
    /// The status.
    pub status: u16,
    /// The bytes of the answer.
    pub bytes: u64,
}

impl Tally {
    /// Nothing is counted yet, of so many stages and rows.
    pub fn new(stages: usize, rows: usize, seed: u64) -> Self {
        Self {
            stages: vec![vec![None; rows]; stages.max(1)],
            spare: Box::default(),
            second: SecondTally::default(),
            lag: new_latencies(),
            errors: BTreeMap::new(),
            findings: Vec::new(),
            random: Rng::new(seed),
            due: 0,
            arrived: 0,
            dropped: 0,
            backlog_max: 0,
            connects: 0,
            closed_by_peer: 0,
            identical: 0,
            last: Nanos::ZERO,
        }
    }

    fn row(&mut self, stage: usize, row: usize) -> &mut RowTally {
        let last = self.stages.len().saturating_sub(1);
        match self.stages.get_mut(stage.min(last)).and_then(|rows| rows.get_mut(row)) {
            Some(slot) => slot.get_or_insert_with(Box::default),
            None => &mut self.spare,
        }
    }

    /// Counts a right answer, or one that is yet to be counted as wrong.
    pub fn answer(&mut self, answer: &Answer) {
        let response = answer.done.since(answer.due).micros();
        let service = answer.done.since(answer.sent).micros();
        self.last = self.last.max(answer.done);
        let row = self.row(answer.stage, answer.row);
        row.sent += 1;
        row.answered += 1;
        row.bytes += answer.bytes;
        row.statuses.count(answer.status, 1);
        record(&mut row.response, response);
        record(&mut row.service, service);
        self.second.sent += 1;
        self.second.answered += 1;
        record(&mut self.second.response, response);
        record(&mut self.second.service, service);
        let kind = match answer.status {
            429 => ErrorKind::TooManyRequests,
            503 => ErrorKind::Unavailable,
            500.. => ErrorKind::ServerError,
            _ => return,
        };
        self.row(answer.stage, answer.row).errors += 1;
        self.second.errors += 1;
        self.error(kind, answer.done, || format!("the endpoint answered {}", answer.status));
    }

    /// Counts that an answer was wrong. `sample` makes the evidence, where it is to be kept.
    pub fn wrong(
        &mut self,
        answer: &Answer,
        wrong: &Wrong,
        requested: Requested,
        shown: impl FnOnce() -> Option<Shown>,
        sample: impl FnOnce() -> Sample,
    ) {
        self.row(answer.stage, answer.row).wrong += 1;
        self.second.wrong += 1;
        let known = self
            .findings
            .iter()
            .position(|finding| finding.row == answer.row && finding.wrong.reason == wrong.reason);
        let index = known.unwrap_or_else(|| {
            self.findings.push(FindingTally {
                row: answer.row,
                wrong: wrong.clone(),
                count: 0,
                crossed: 0,
                asked_unloaded: 0,
                ok_unloaded: 0,
                first_at: answer.done,
                samples: Vec::new(),
                groups: BTreeMap::new(),
            });
            self.findings.len() - 1
        });
        let random = self.random.draw();
        let Some(finding) = self.findings.get_mut(index) else { return };
        finding.count += 1;
        finding.crossed += u64::from(wrong.crossed);
        finding.asked_unloaded += u64::from(requested.ok_unloaded.is_some());
        finding.ok_unloaded += u64::from(requested.ok_unloaded == Some(true));
        finding.group(requested, wrong.crossed, 1, shown);
        if finding.samples.len() < 2 * SAMPLES {
            finding.samples.push(sample().within(&Bounds::AMPLE));
        } else if random % finding.count < SAMPLES as u64 {
            let place = SAMPLES + (random >> 32) as usize % SAMPLES;
            if let Some(slot) = finding.samples.get_mut(place) {
                *slot = sample().within(&Bounds::AMPLE);
            }
        }
    }

    /// Counts a request that went wrong on the way.
    pub fn failure(
        &mut self,
        row: usize,
        stage: usize,
        kind: ErrorKind,
        at: Nanos,
        what: impl FnOnce() -> String,
    ) {
        let row = self.row(stage, row);
        row.sent += 1;
        row.errors += 1;
        self.second.sent += 1;
        self.second.errors += 1;
        self.error(kind, at, what);
    }

    /// Counts a request that a cache answered.
    pub fn from_cache(&mut self, row: usize, stage: usize) {
        self.row(stage, row).from_cache += 1;
    }

    fn error(&mut self, kind: ErrorKind, at: Nanos, what: impl FnOnce() -> String) {
        self.errors
            .entry(kind)
            .or_insert_with(|| ErrorTally { count: 0, first_at: at, first: what() })
            .count += 1;
    }

    /// What was counted in the stages that are over, so that it takes no more memory here.
    pub(crate) fn take_stages(&mut self, before: usize) -> Vec<(usize, usize, Box<RowTally>)> {
        let mut taken = Vec::new();
        for (stage, rows) in self.stages.iter_mut().enumerate().take(before) {
            for (row, tally) in rows.iter_mut().enumerate() {
                if let Some(tally) = tally.take() {
                    taken.push((stage, row, tally));
                }
            }
        }
        taken
    }

    /// Adds what another sender counted.
    pub fn merge(&mut self, mut other: Self) {
        for (stage, row, tally) in other.take_stages(usize::MAX) {
            self.row(stage, row).merge(&tally);
        }
        self.last = self.last.max(other.last);
        self.second.merge(&other.second);
        let _ = self.lag.add(&other.lag);
        for (kind, error) in other.errors {
            match self.errors.get_mut(&kind) {
                Some(known) => {
                    known.count += error.count;
                    if error.first_at < known.first_at {
                        (known.first_at, known.first) = (error.first_at, error.first);
                    }
                }
                None => drop(self.errors.insert(kind, error)),
            }
        }
        for finding in other.findings {
            match self
                .findings
                .iter_mut()
                .find(|known| known.row == finding.row && known.wrong.reason == finding.wrong.reason)
            {
                Some(known) => {
                    known.count += finding.count;
                    known.crossed += finding.crossed;
                    known.asked_unloaded += finding.asked_unloaded;
                    known.ok_unloaded += finding.ok_unloaded;
                    known.first_at = known.first_at.min(finding.first_at);
                    known.samples.extend(finding.samples);
                    known.samples.sort_by(|a, b| a.at.total_cmp(&b.at));
                    known.samples.truncate(2 * SAMPLES);
                    for Group { requested, crossed, count, shown } in finding.groups.into_values() {
                        known.group(requested, crossed, count, || shown);
                    }
                }
                None => self.findings.push(finding),
            }
        }
        self.due += other.due;
        self.arrived += other.arrived;
        self.dropped += other.dropped;
        self.backlog_max += other.backlog_max;
        self.connects += other.connects;
        self.closed_by_peer += other.closed_by_peer;
        self.identical += other.identical;
    }

    /// What went wrong on the way.
    pub fn errors(&self) -> &BTreeMap<ErrorKind, ErrorTally> {
        &self.errors
    }

    /// What was wrong with answers.
    pub fn findings(&self) -> &[FindingTally] {
        &self.findings
    }
}
