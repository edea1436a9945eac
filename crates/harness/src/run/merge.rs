//! Joins the records of all shards of one run into the record of the whole run.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crosscheck_core::verdict::Verdict;
use thiserror::Error;

use super::{
    causes,
    record::{
        CauseRecord, EndpointRecord, OperationRecord, PromiseRecord, PromiseState, RunRecord, TestRecord,
        ThrottledRecord,
    },
};

/// Why records cannot be joined. Records are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MergeError {
    /// There is none.
    #[error("no records to merge")]
    Nothing,
    /// A record of a whole run, or one that was merged already.
    #[error("record {} is not a shard: it was not made with --shard", .0 + 1)]
    NoShard(usize),
    /// Two records of different runs.
    #[error("record {} is not a shard of the same run as the first: {what} differs", .at + 1)]
    Differs {
        /// The record.
        at: usize,
        /// What differs.
        what: &'static str,
    },
    /// Two records of one shard.
    #[error("shard {shard} is there twice: records {} and {}", .first + 1, .second + 1)]
    Twice {
        /// The shard, as it is written.
        shard: String,
        /// The one record.
        first: usize,
        /// The other.
        second: usize,
    },
    /// Shards that are not there.
    #[error("{} of {of} missing: {}", if .missing.len() == 1 { "1 shard" } else { "shards" }, shards(.missing, *.of))]
    Missing {
        /// Their numbers.
        missing: Vec<u32>,
        /// Number of shards.
        of: u32,
    },
    /// A record whose shard says something else than its tests.
    #[error("the tests of record {} do not match its shard", .0 + 1)]
    Invalid(usize),
}

fn shards(numbers: &[u32], of: u32) -> String {
    let named: Vec<String> = numbers.iter().map(|number| format!("{number}/{of}")).collect();
    named.join(", ")
}

/// The record of the whole run of which these are the shards, in any order.
///
/// # Errors
/// What keeps them from being one run.
pub fn merge(mut records: Vec<RunRecord>) -> Result<RunRecord, MergeError> {
    check(&records)?;
    records.sort_by_key(|record| record.shard.as_ref().map(|shard| shard.number));
    let (tests, places) = tests(&records)?;
    let promises = promises(&records);
    let mut causes = joined_causes(&records, &places, &tests);
    causes::name_promises(&mut causes, &promises, &tests);
    let order: HashMap<&str, usize> =
        tests.iter().enumerate().map(|(place, test)| (test.id.as_str(), place)).collect();
    let at = |id: &String| order.get(id.as_str()).copied().unwrap_or(usize::MAX);
    let mut breaking: Vec<_> = records.iter().flat_map(|record| record.breaking.iter().cloned()).collect();
    breaking.sort_by_key(|breaking| breaking.failed.iter().map(at).min());
    let mut sampled: Vec<_> = records.iter().flat_map(|record| record.sampled.iter().cloned()).collect();
    let of_case = |case: &str| tests.iter().position(|test| test.id.starts_with(case));
    sampled.sort_by_cached_key(|sampled| of_case(&sampled.case));
    let first = records.first().ok_or(MergeError::Nothing)?;
    Ok(RunRecord {
        record_version: first.record_version,
        crosscheck: first.crosscheck.clone(),
        endpoint: first.endpoint.clone(),
        machine: first.machine.clone(),
        started: records.iter().map(|record| record.started.clone()).min().unwrap_or_default(),
        duration_ms: records.iter().map(|record| record.duration_ms).max().unwrap_or_default(),
        profile: first.profile,
        seed: first.seed,
        sampled,
        command: whole_command(first),
        interrupted: records.iter().any(|record| record.interrupted),
        shard: None,
        stopped_after: records.iter().find_map(|record| record.stopped_after),
        could_not_judge: reasons(&records, |record| record.could_not_judge.as_deref()),
        no_success: no_success(&records),
        operations: operations(&records),
        throttled: throttled(&records),
        promises,
        stale_known_issues: stale(&records),
        causes,
        breaking,
        tests,
    })
}

/// Whether these are all shards of one run.
fn check(records: &[RunRecord]) -> Result<(), MergeError> {
    let first = records.first().ok_or(MergeError::Nothing)?;
    let whole = first.shard.as_ref().ok_or(MergeError::NoShard(0))?;
    let endpoint = |record: &RunRecord| {
        let EndpointRecord { name, dialect, fault, preflight_headers, connect } = record.endpoint.clone();
        (name, dialect, fault, preflight_headers, connect)
    };
    let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        let shard = record.shard.as_ref().ok_or(MergeError::NoShard(at))?;
        let different = [
            ("the endpoint", endpoint(record) != endpoint(first)),
            ("the version of Crosscheck", record.crosscheck != first.crosscheck),
            ("the emulated browser (--profile)", record.profile != first.profile),
            ("the seed (--seed)", record.seed != first.seed),
            ("the number of shards", shard.of != whole.of),
            (
                "the plan (selection, suites, policy or operations)",
                (&shard.plan, shard.tests) != (&whole.plan, whole.tests),
            ),
        ];
        if let Some((what, _)) = different.into_iter().find(|(_, differs)| *differs) {
            return Err(MergeError::Differs { at, what });
        }
        if let Some(before) = seen.insert(shard.number, at) {
            return Err(MergeError::Twice { shard: shard.to_string(), first: before, second: at });
        }
    }
    // What a file says of the number of shards is not trusted with memory.
    let missing: Vec<u32> = (1..=whole.of.min(100_000)).filter(|number| !seen.contains_key(number)).collect();
    if !missing.is_empty() {
        return Err(MergeError::Missing { missing, of: whole.of });
    }
    Ok(())
}

/// The tests in the order of the plan, then those that belong to no case, each once; and where each test of each record
/// is among them.
fn tests(records: &[RunRecord]) -> Result<(Vec<TestRecord>, Vec<Vec<usize>>), MergeError> {
    let mut planned: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let mut own: Vec<usize> = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let parts = record.shard.iter().flat_map(|shard| &shard.parts);
        let mut count = 0usize;
        for part in parts {
            // A count that is not true must not be walked through.
            if part.count > record.tests.len() {
                return Err(MergeError::Invalid(at));
            }
            for offset in 0..part.count {
                let place = part.first.checked_add(offset).ok_or(MergeError::Invalid(at))?;
                if planned.insert(place, (at, count)).is_some() {
                    return Err(MergeError::Invalid(at));
                }
                count += 1;
            }
        }
        if count > record.tests.len() {
            return Err(MergeError::Invalid(at));
        }
        own.push(count);
    }
    let all = records.first().and_then(|record| record.shard.as_ref()).map_or(0, |shard| shard.tests);
    let complete = planned.len() == all && planned.last_key_value().is_none_or(|(last, _)| last + 1 == all);
    if !complete {
        return Err(MergeError::Invalid(0));
    }
    let mut merged: Vec<TestRecord> = Vec::with_capacity(planned.len());
    let mut places: Vec<Vec<usize>> = records.iter().map(|record| vec![0; record.tests.len()]).collect();
    let mut set = |at: usize, test: usize, place: usize| {
        if let Some(slot) = places.get_mut(at).and_then(|places| places.get_mut(test)) {
            *slot = place;
        }
    };
    for (at, test) in planned.into_values() {
        let record = records.get(at).and_then(|record| record.tests.get(test));
        let record = record.ok_or(MergeError::Invalid(at))?;
        set(at, test, merged.len());
        merged.push(record.clone());
    }
    let first_extra = merged.len();
    for (at, record) in records.iter().enumerate() {
        for (test, extra) in record.tests.iter().enumerate().skip(own.get(at).copied().unwrap_or_default()) {
            let extras = merged.iter_mut().enumerate().skip(first_extra);
            let place = match extras.into_iter().find(|(_, known)| known.id == extra.id) {
                Some((place, known)) => {
                    if badness(extra.verdict) > badness(known.verdict) {
                        *known = extra.clone();
                    }
                    place
                }
                None => {
                    merged.push(extra.clone());
                    merged.len() - 1
                }
            };
            set(at, test, place);
        }
    }
    Ok((merged, places))
}

const fn badness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 3,
        Verdict::KnownIssue => 2,
        Verdict::Warn => 1,
        _ => 0,
    }
}

/// The causes of all shards, each once, worst first.
fn joined_causes(records: &[RunRecord], places: &[Vec<usize>], tests: &[TestRecord]) -> Vec<CauseRecord> {
    let mut merged: Vec<CauseRecord> = Vec::new();
    // How many tests the shard has whose words are used.
    let mut most: Vec<usize> = Vec::new();
    for (record, places) in records.iter().zip(places) {
        for cause in &record.causes {
            let own: Vec<usize> =
                cause.tests.iter().filter_map(|place| places.get(*place).copied()).collect();
            let subject = |cause: &CauseRecord| {
                cause.cause.subject.clone().filter(|_| cause.cause.code.is_per_subject())
            };
            let same = |it: &CauseRecord| it.cause.code == cause.cause.code && subject(it) == subject(cause);
            let Some(at) = merged.iter().position(same) else {
                most.push(own.len());
                merged.push(CauseRecord { tests: own, ..cause.clone() });
                continue;
            };
            let (Some(known), Some(most)) = (merged.get_mut(at), most.get_mut(at)) else { continue };
            let severity = known.cause.severity.max(cause.cause.severity);
            if own.len() > *most {
                *most = own.len();
                known.cause = cause.cause.clone();
            }
            known.cause.severity = severity;
            known.fails |= cause.fails;
            known.tests.extend(own);
            known.operations.extend(cause.operations.iter().cloned());
        }
    }
    for cause in &mut merged {
        cause.tests.sort_unstable();
        cause.tests.dedup();
        cause.operations.sort_unstable();
        cause.operations.dedup();
        let mut own = cause.tests.iter().filter_map(|place| tests.get(*place));
        cause.known = !cause.tests.is_empty() && own.all(|test| test.verdict == Verdict::KnownIssue);
    }
    merged.sort_by(|a, b| {
        let rank = |it: &CauseRecord| (it.fails, it.cause.severity, it.tests.len());
        rank(b).cmp(&rank(a)).then(a.cause.code.cmp(&b.cause.code))
    });
    merged
}

/// The promises: broken in one shard is broken, kept in one is kept.
fn promises(records: &[RunRecord]) -> Vec<PromiseRecord> {
    let mut merged: Vec<PromiseRecord> = Vec::new();
    for promise in records.iter().flat_map(|record| &record.promises) {
        let same =
            |it: &&mut PromiseRecord| it.operation == promise.operation && it.promise == promise.promise;
        let Some(known) = merged.iter_mut().find(same) else {
            merged.push(promise.clone());
            continue;
        };
        let better = rank(promise) > rank(known);
        let tests: Vec<String> = known.tests.iter().chain(&promise.tests).cloned().collect();
        if better {
            *known = promise.clone();
        }
        known.tests = tests;
        known.tests.dedup();
    }
    merged
}

/// What outweighs what, where shards say different things of a promise.
const fn rank(promise: &PromiseRecord) -> u8 {
    match (promise.state, promise.other_shard) {
        (PromiseState::Broken, _) => 3,
        (PromiseState::Kept, _) => 2,
        (PromiseState::NotChecked, false) => 1,
        (PromiseState::NotChecked, true) => 0,
    }
}

/// The operations. One was not judged if no shard that sent requests to it had a success.
fn operations(records: &[RunRecord]) -> Vec<OperationRecord> {
    let mut merged: Vec<OperationRecord> = Vec::new();
    let mut judged: BTreeSet<String> = BTreeSet::new();
    for record in records {
        for operation in &record.operations {
            if operation.not_judged.is_none() && has_verdicts(record, operation) {
                judged.insert(operation.name.clone());
            }
            match merged.iter_mut().find(|known| known.name == operation.name) {
                None => merged.push(operation.clone()),
                Some(known) => {
                    known.not_judged = known.not_judged.take().or_else(|| operation.not_judged.clone());
                }
            }
        }
    }
    for operation in &mut merged {
        if judged.contains(&operation.name) {
            operation.not_judged = None;
        }
    }
    merged
}

/// Whether a shard has a test of an operation that was performed.
fn has_verdicts(record: &RunRecord, operation: &OperationRecord) -> bool {
    let marked = format!("@{}", operation.name);
    record.tests.iter().any(|test| !test.transcript.steps.is_empty() && test.id.contains(&marked))
}

/// Why the endpoint was not judged: no shard that sent requests had a success.
fn no_success(records: &[RunRecord]) -> Option<String> {
    let sent = |record: &&RunRecord| record.tests.iter().any(|test| !test.transcript.steps.is_empty());
    let all = records.iter().filter(sent).all(|record| record.no_success.is_some());
    records.iter().find_map(|record| record.no_success.clone()).filter(|_| all)
}

/// What shards say, each reason once, with the shard.
fn reasons<'r>(records: &'r [RunRecord], of: impl Fn(&'r RunRecord) -> Option<&'r str>) -> Option<String> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for record in records {
        let Some(reason) = of(record) else { continue };
        let shard = record.shard.as_ref().map(ToString::to_string).unwrap_or_default();
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, shards)) => shards.push(shard),
            None => reasons.push((reason, vec![shard])),
        }
    }
    let told: Vec<String> = reasons
        .into_iter()
        .map(|(reason, shards)| format!("shard {}: {reason}", shards.join(", ")))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn throttled(records: &[RunRecord]) -> Option<ThrottledRecord> {
    records.iter().filter_map(|record| record.throttled.clone()).reduce(|a, b| ThrottledRecord {
        responses: a.responses + b.responses,
        waited_ms: a.waited_ms + b.waited_ms,
        interval_ms: a.interval_ms.max(b.interval_ms),
    })
}

/// The entries that match nothing in any shard.
fn stale(records: &[RunRecord]) -> Vec<String> {
    let Some((first, rest)) = records.split_first() else { return Vec::new() };
    let everywhere = |entry: &&String| rest.iter().all(|record| record.stale_known_issues.contains(entry));
    first.stale_known_issues.iter().filter(everywhere).cloned().collect()
}

/// The command of a shard without its `--shard`.
fn whole_command(record: &RunRecord) -> String {
    let Some(shard) = &record.shard else { return record.command.clone() };
    let flags = [format!(" --shard {shard}"), format!(" --shard={shard}")];
    flags.iter().fold(record.command.clone(), |command, flag| command.replace(flag, ""))
}
