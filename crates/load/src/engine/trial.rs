//! Whole cases: each arrival makes the requests of one, on this slot's connection one after the
//! other and beside it at once, and is judged when they are done.

use std::{rc::Rc, sync::Arc, time::SystemTime};

use crosscheck_harness::run::together;

use super::{
    caller::Caller,
    carrier::Pause,
    evidence::lines_of,
    worker::{Job, Worker},
};
use crate::{
    record::Sample,
    tally::Answer,
    time::Nanos,
    trial::{Attempt, Fault, Trial, lines_of_answer},
};

/// Serves a slot with cases until there is nothing more to send.
pub(super) async fn serve(worker: Rc<Worker>, slot: usize, number: u64, caller: Caller) {
    let (mut pause, mut time) = (Pause::new(), number << 32);
    // As many as requests were made at once so far; the first has the slot's own connection.
    let mut callers = vec![caller];
    while let Some(job) = worker.next_job(slot).await {
        let now = worker.now();
        worker.begin(slot, &job, now);
        time += 1;
        let work = Arc::clone(&worker.work);
        let failed = match work.trials.get(job.visit as usize) {
            Some(trial) => one(&worker, trial, &mut callers, number, &job, time).await,
            None => false,
        };
        worker.end(slot, worker.now());
        if failed {
            pause.after_failure(&worker).await;
        } else {
            pause.reset();
        }
        if let Some(rest) = work.plan.pause.filter(|_| job.due.is_none()) {
            tokio::time::sleep(rest.duration()).await;
        }
    }
    worker.live.set(worker.live.get().saturating_sub(1));
}

/// Makes a case's requests. Gives whether one of them got no answer.
async fn one(
    worker: &Worker,
    trial: &Trial,
    callers: &mut Vec<Caller>,
    number: u64,
    job: &Job,
    time: u64,
) -> bool {
    let prepared = trial.requests(time);
    let mut attempt = Attempt::new(trial, &prepared);
    let mut due = job.due.unwrap_or(Nanos::MAX);
    loop {
        let requests = attempt.next(SystemTime::now());
        if requests.is_empty() {
            break;
        }
        while callers.len() < requests.len()
            && let Some(first) = callers.first()
        {
            callers.push(first.another());
        }
        let asked = callers
            .iter_mut()
            .zip(&requests)
            .map(|(caller, (request, context, row))| caller.ask((request, context), (*row, job.stage), due));
        let told = together::all(asked).await;
        let came = told.into_iter().map(|told| match told {
            Ok(told) => Ok((told.response, told.lines, told.answer)),
            Err(broken) => Err(broken.message),
        });
        attempt.receive(came, SystemTime::now());
        due = worker.now();
    }
    attempt.judge(&worker.work.origins, |answer, fault| {
        let mut state = worker.state.borrow_mut();
        let state = &mut *state;
        let requested = state.judging.requested_case(job.visit as usize);
        let shown = || Some(fault.shown());
        state.tally.wrong(&answer, &fault.wrong, requested, shown, || sample(&answer, fault, number));
    });
    attempt.failed()
}

/// What shows that an answer is wrong.
pub(super) fn sample(answer: &Answer, fault: &Fault<'_>, connection: u64) -> Sample {
    let sent = fault.step.map(|step| &step.exchange.sent);
    let received = fault.step.map(lines_of_answer).unwrap_or_default();
    Sample {
        at: answer.done.seconds(),
        connection,
        origin: sent.and_then(|sent| sent.fields.text("origin")).unwrap_or_default(),
        sent: sent.map(|sent| lines_of(sent, &received)).unwrap_or_default(),
        received,
        expected: fault.wrong.expected.clone(),
    }
}
