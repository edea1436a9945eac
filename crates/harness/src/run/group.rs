//! The tests of one case. Where the endpoint's answers can stand for it they are captured once,
//! and once more to see that they stay the same, and every order is replayed through every cache;
//! otherwise every order is really sent.

use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};

use crosscheck_core::{
    case::model::{Case, Through},
    exchange::{Recorder, SendContext, Transcript},
    fetch::Profile,
    interleave::{self, Breaking, Broken, Capture, Prepared, Unfit, Walk, candidates, replay},
    message::Request,
    plan::{Steps, Test},
    redaction::Redactor,
    verdict::{self, Code, Finding, Oracle, Verdict, Weight},
};
use tokio::sync::{Semaphore, mpsc::UnboundedSender};

use super::{
    keeper::{Keeper, Waiting},
    one,
    options::Options,
    perform,
    record::TestRecord,
    together,
};
use crate::endpoint::{Endpoint, Hold};

/// How many candidates for the smallest breaking order are replayed for a case and a cache.
const REPLAYED: usize = 5_000;

/// The same where each must really be sent.
const SENT: usize = 24;

/// What is said of a test through a cache that had nothing to store: it holds in any order.
const NOTHING_STORED: &str = "nothing was stored: this cache may keep none of these responses";

/// The tests of one case, with their places in the plan and their ids.
pub(super) struct Group {
    pub(super) tests: Vec<(usize, String, Test)>,
}

impl Group {
    /// Whether its tests are of this case on this endpoint.
    pub(super) fn is_of(&self, case: &Arc<Case>) -> bool {
        self.tests.first().is_some_and(|(_, _, test)| Arc::ptr_eq(&test.case, case))
    }

    /// The places of its tests, where its case sets something up.
    pub(super) fn places_with_given(&self) -> impl Iterator<Item = usize> {
        self.tests.iter().filter(|(_, _, test)| test.case.given.is_some()).map(|(place, _, _)| *place)
    }
}

/// What comes out of a group, as it comes.
pub(super) enum Found {
    /// A test has its verdict; its place in the plan.
    Test(usize, Box<TestRecord>),
    /// The smallest order that breaks the case.
    Breaking(Box<Breaking>),
}

/// Answers that stand for the endpoint.
struct Captured<'k> {
    prepared: Prepared,
    capture: Capture,
    at: SystemTime,
    waiting: Waiting<'k>,
    /// What keeps the endpoint as it was set up.
    _hold: Hold,
}

/// Why answers do not stand for it.
enum Refused {
    /// Nothing could be set up or made; sending says so for each test.
    Setup,
    Unfit(Unfit),
}

/// Performs a group; hands out each record as soon as it is there.
pub(super) async fn perform(
    group: Group,
    (endpoint, keeper): (&Endpoint, &Keeper),
    options: &Options,
    room: &Semaphore,
    found: &UnboundedSender<Found>,
) {
    let (replayed, sent): (Vec<_>, Vec<_>) = {
        // What another browser does is asked twice, and so really sent.
        let compared = |test: &Test| options.profile != Profile::Spec && one::speaks_of_the_browser(test);
        let replays = |test: &Test| {
            !compared(test)
                && interleave::can_be_replayed(test.through)
                && interleave::must_be_sent(&test.case).is_none()
        };
        group.tests.into_iter().partition(|(_, _, test)| replays(test))
    };
    // What is done once needs no capture.
    let (replayed, mut sent) =
        if replayed.len() > 1 { (replayed, sent) } else { (vec![], [replayed, sent].concat()) };
    sent.sort_by_key(|(place, _, _)| *place);

    let mut done: Vec<(Test, TestRecord)> = Vec::new();
    let mut captured = None;
    let mut unfit = None;
    let mut recorder = endpoint.recorder();
    if !replayed.is_empty() {
        // The semaphore is never closed.
        let _turn = room.acquire().await;
        match capture(&replayed, (endpoint, keeper), &mut recorder, options).await {
            Ok((kept, records)) => {
                for ((place, _, test), record) in replayed.into_iter().zip(records) {
                    let record = one::excused(TestRecord { replayed: true, ..record }, endpoint);
                    done.push((test, record.clone()));
                    // Nobody listens any more: the run was ended.
                    let _ = found.send(Found::Test(place, Box::new(record)));
                }
                let within = (endpoint, keeper);
                if sent.is_empty() {
                    let breaking = breaking(&done, Some(kept), &mut recorder, false, within, options).await;
                    if let Some(breaking) = breaking {
                        let _ = found.send(Found::Breaking(Box::new(breaking)));
                    }
                    return;
                }
                // Between turns the captures of all cases wait beside each other, so that only small ones may.
                // Without one, smaller orders are really sent, if it comes to that.
                captured = Some(kept).filter(|kept| kept.waiting.is_small());
            }
            Err(why) => {
                if let Refused::Unfit(why) = why {
                    unfit = Some(why);
                }
                sent = [replayed, sent].concat();
            }
        }
    }
    if captured.is_none() {
        // It holds every exchange that it has seen.
        recorder = endpoint.recorder();
    }
    let unfit = unfit.as_ref();
    let tests = together::all(sent.into_iter().enumerate().map(|(number, (place, id, test))| async move {
        let _turn = room.acquire().await;
        let fresh = matches!(unfit, Some(Unfit::Cached { .. }));
        let mut record = one::perform_at(&id, &test, (endpoint, keeper), options, fresh).await;
        if let Some(why) = unfit.filter(|_| test.through != Through::Live) {
            really_sent(&mut record, why, number == 0, endpoint.redactor());
        }
        let _ = found.send(Found::Test(place, Box::new(record.clone())));
        (test, record)
    }))
    .await;
    done.extend(tests);

    let _turn = room.acquire().await;
    let fresh = matches!(unfit, Some(Unfit::Cached { .. }));
    if let Some(breaking) = breaking(&done, captured, &mut recorder, fresh, (endpoint, keeper), options).await
    {
        let _ = found.send(Found::Breaking(Box::new(breaking)));
    }
}

/// Says why an order was really sent; the first test of the case also warns of an endpoint that
/// answers by chance.
fn really_sent(record: &mut TestRecord, why: &Unfit, first: bool, redactor: &Redactor) {
    if record.note.is_none() {
        let note = format!("every order was really sent: {why}");
        record.note = Some(redactor.text(&note).into_owned());
    }
    if let Unfit::Unstable(difference) = why
        && difference.is_cors()
        && first
    {
        record.findings.push(verdict::unstable(&difference.to_string()).redacted(redactor));
        if record.verdict == Verdict::Pass {
            record.verdict = Verdict::Warn;
        }
    }
}

/// Captures what the orders of a case need, replays them, and judges each as soon as it is replayed:
/// of a transcript that is judged less need be kept.
async fn capture<'k>(
    tests: &[(usize, String, Test)],
    (endpoint, keeper): (&Endpoint, &'k Keeper),
    recorder: &mut Recorder,
    options: &Options,
) -> Result<(Captured<'k>, Vec<TestRecord>), Refused> {
    let (_, _, first) = tests.first().ok_or(Refused::Setup)?;
    let case = &first.case;
    let (place, hold) =
        endpoint.prepare(case.given.as_ref(), case.writes()).await.map_err(|_| Refused::Setup)?;
    let place = one::fresh(place, endpoint, case, false).at(first.claim.url());
    let prepared = Prepared::new(&first.case, &place, options.profile).map_err(|_| Refused::Setup)?;
    let (capture, at, waiting) = (Capture::default(), SystemTime::now(), keeper.waiting());
    let mut captured = Captured { prepared, capture, at, waiting, _hold: hold };
    let mut records = Vec::with_capacity(tests.len());
    for (_, id, test) in tests {
        // Replaying waits for nothing: without this, a deadline would have to.
        tokio::task::yield_now().await;
        let walk = captured.replay(&test.order, test.through, (endpoint, case)).await;
        let walk = walk.map_err(Refused::Unfit)?;
        let (transcript, stores) = (walk.transcript(), walk.stores());
        let mut record =
            one::judged(id, test, (endpoint, keeper), (transcript, &mut *recorder), Instant::now());
        if test.through != Through::None && test.case.given.is_none() && !stores {
            record.note = Some(NOTHING_STORED.to_owned());
        }
        records.push(record);
    }
    // In the other order, so that what an endpoint remembers shows.
    for (request, context) in captured.capture.requests().rev() {
        let again = endpoint.send(request, context, Some(case)).await;
        captured.capture.confirm(request, &again).map_err(Refused::Unfit)?;
    }
    Ok((captured, records))
}

impl Captured<'_> {
    /// Replays an order of a case; responses to its new requests are captured first.
    async fn replay<'a>(
        &'a mut self,
        order: &'a Steps,
        through: Through,
        (endpoint, case): (&Endpoint, &Case),
    ) -> Result<Walk<'a>, Unfit> {
        while let Err(missing) = self.walk(order, through) {
            let (request, context) = &missing;
            let exchange = endpoint.send(request, context, Some(case)).await;
            self.waiting.add(&exchange).await;
            self.capture.add(missing, Arc::new(exchange))?;
            self.at = SystemTime::now();
        }
        self.walk(order, through).map_err(|_| Unfit::Unanswered)
    }

    fn walk<'a>(
        &'a self,
        order: &'a Steps,
        through: Through,
    ) -> Result<Walk<'a>, (Arc<Request>, SendContext)> {
        replay(&self.prepared, order, through, &self.capture, self.at)
    }
}

/// The smallest order that breaks the case, if any of its tests failed.
async fn breaking(
    done: &[(Test, TestRecord)],
    mut captured: Option<Captured<'_>>,
    recorder: &mut Recorder,
    fresh: bool,
    (endpoint, keeper): (&Endpoint, &Keeper),
    options: &Options,
) -> Option<Breaking> {
    let (first, _) = done.first()?;
    let failed: Vec<&(Test, TestRecord)> =
        done.iter().filter(|(_, record)| record.verdict == Verdict::Fail).collect();
    if failed.is_empty() || first.case.requests.len() < 2 {
        return None;
    }
    let mut found: Vec<(Steps, Through, Transcript, Vec<Finding>)> = Vec::new();
    for through in &first.case.through {
        let here: Vec<&(Test, TestRecord)> =
            failed.iter().copied().filter(|(test, _)| test.through == *through).collect();
        let Some((test, record)) = here.first() else { continue };
        let (wanted, pages) = wanted(&here);
        let broken = here.iter().map(|(test, record)| Broken {
            order: &test.order,
            through: *through,
            requests: requests_of(record, &wanted),
        });
        let broken: Vec<Broken<'_>> = broken.filter(|broken| !broken.requests.is_empty()).collect();
        let most = if record.replayed && captured.is_some() { REPLAYED } else { SENT };
        let mut smallest = None;
        for (order, through) in candidates(&test.case, &broken, most) {
            tokio::task::yield_now().await;
            let transcript = match captured.as_mut().filter(|_| record.replayed) {
                Some(captured) => {
                    let walk = captured.replay(&order, through, (endpoint, &test.case)).await.ok();
                    walk.filter(|walk| !pages || !walk.holds()).map(|walk| walk.transcript())
                }
                None => sent(&order, test, fresh, (endpoint, keeper), options).await,
            };
            let Some(transcript) = transcript else { continue };
            let findings = verdict::judge(test, &transcript, endpoint.dialect());
            if findings.iter().any(|finding| is_wanted(finding, &wanted)) {
                let mut transcript = recorder.transcript(transcript);
                let mut findings: Vec<_> =
                    findings.into_iter().map(|finding| finding.redacted(recorder.redactor())).collect();
                keeper.keep(&mut transcript, &mut findings);
                smallest = Some((order, through, transcript, findings));
                break;
            }
        }
        // What is sent after this may need the turn of what is large.
        let sends = done.iter().any(|(_, record)| !record.replayed);
        captured = captured.filter(|captured| !sends || !captured.waiting.is_large());
        // What is really sent may not fail again: then the first that did speaks for itself.
        let (order, through, transcript, mut findings) = smallest.unwrap_or_else(|| {
            (test.order.clone(), *through, record.transcript.clone(), record.findings.clone())
        });
        findings.sort_by_key(|finding| !is_wanted(finding, &wanted));
        found.push((order, through, transcript, findings));
    }
    found.sort_by_key(|(order, ..)| interleave::size(order));
    let ids = failed.iter().map(|(_, record)| record.id.clone()).collect();
    Breaking::new(&first.claim.id, found, ids, done.len())
}

/// What an order must be found with to count: code and request of what became of a page. Where
/// every page got what it should, of whatever else failed. And whether it is about pages.
fn wanted<'r>(failed: &[&'r (Test, TestRecord)]) -> (Vec<(Code, Option<&'r str>)>, bool) {
    let findings = || {
        let findings = failed.iter().flat_map(|(_, record)| &record.findings);
        findings.filter(|finding| finding.weight == Weight::Failure)
    };
    let pages = findings().any(|finding| finding.oracle == Oracle::Outcome);
    let wanted = findings()
        .filter(|finding| !pages || finding.oracle == Oracle::Outcome)
        .map(|finding| (finding.code, finding.request.as_deref()))
        .collect();
    (wanted, pages)
}

fn is_wanted(finding: &Finding, wanted: &[(Code, Option<&str>)]) -> bool {
    wanted.contains(&(finding.code, finding.request.as_deref()))
}

/// The requests of which a test has such a finding; all of its requests, where it names none.
fn requests_of<'r>(record: &'r TestRecord, wanted: &[(Code, Option<&str>)]) -> Vec<&'r str> {
    let mut requests: Vec<&str> = Vec::new();
    for finding in record.findings.iter().filter(|finding| is_wanted(finding, wanted)) {
        match &finding.request {
            Some(request) => requests.push(request),
            None => requests.extend(record.transcript.requests.keys().map(String::as_str)),
        }
    }
    requests.sort_unstable();
    requests.dedup();
    requests
}

/// Really sends an order; to a URL that no cache has seen, where caches on the way answer.
async fn sent(
    order: &Steps,
    test: &Test,
    fresh: bool,
    (endpoint, keeper): (&Endpoint, &Keeper),
    options: &Options,
) -> Option<Transcript> {
    let (place, _hold) = endpoint.prepare(test.case.given.as_ref(), test.case.writes()).await.ok()?;
    let place =
        one::fresh(place, endpoint, &test.case, fresh || test.through == Through::Live).at(test.claim.url());
    let prepared = Prepared::new(&test.case, &place, options.profile).ok()?;
    Some(perform::walk(&prepared, test, order, (endpoint, keeper)).await)
}
