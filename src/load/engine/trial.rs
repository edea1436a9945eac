//! Whole cases: each arrival makes the requests of one, on this slot's connection one after the
//! other, and is judged when they are done.

use std::{rc::Rc, sync::Arc, time::SystemTime};

use super::{
    caller::Caller,
    carrier::{Pause, lines_of},
    worker::{Job, Worker},
};
use crate::{
    interleave::Walk,
    load::{
        record::Sample,
        tally::Answer,
        trial::{Trial, answered, lines_of_answer, unanswered},
    },
    message::Request,
};

/// Serves a slot with cases until there is nothing more to send.
pub(super) async fn serve(worker: Rc<Worker>, slot: usize, number: u64, mut caller: Caller) {
    let (mut pause, mut time) = (Pause::new(), number << 32);
    while let Some(job) = worker.next_job(slot).await {
        let now = worker.now();
        worker.begin(slot, &job, now);
        time += 1;
        let work = Arc::clone(&worker.work);
        let failed = match work.trials.get(job.visit as usize) {
            Some(trial) => one(&worker, trial, &mut caller, number, &job, time).await,
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
async fn one(worker: &Worker, trial: &Trial, caller: &mut Caller, number: u64, job: &Job, time: u64) -> bool {
    let prepared = trial.requests(time);
    let test = trial.test();
    let mut walk = Walk::new(&prepared, &test.order, test.through);
    let (mut failed, mut due, mut last) = (false, job.due.unwrap_or(u64::MAX), None);
    loop {
        let requests: Vec<Arc<Request>> = walk.next(SystemTime::now()).cloned().collect();
        if requests.is_empty() {
            break;
        }
        let mut exchanges = Vec::with_capacity(requests.len());
        for request in &requests {
            let told = caller.ask(request, (trial.row_of(request), job.stage), due).await;
            exchanges.push(Arc::new(match told {
                Ok(told) => {
                    let micros = told.answer.done.saturating_sub(told.answer.sent) / 1_000;
                    last = Some(told.answer);
                    answered(request, told.response, &told.lines, micros)
                }
                Err(broken) => {
                    failed = true;
                    unanswered(request, broken.message)
                }
            }));
            due = worker.now();
        }
        walk.receive(exchanges, SystemTime::now());
    }
    let Some(last) = last.filter(|_| !failed) else { return failed };
    let transcript = walk.transcript();
    for fault in trial.judge(&transcript, &worker.work.origins) {
        let row = fault.step.map_or(trial.row, |step| trial.row_of(&step.exchange.sent));
        let answer = Answer { row, ..last };
        let mut state = worker.state.borrow_mut();
        let state = &mut *state;
        let calm = state.judging.held_when_calm(job.visit as usize);
        state.tally.wrong(&answer, &fault.wrong, calm, || Sample {
            at: last.done as f64 / 1e9,
            connection: number,
            origin: fault.step.and_then(|step| step.exchange.sent.fields.text("origin")).unwrap_or_default(),
            sent: fault.step.map(|step| lines_of(&step.exchange.sent)).unwrap_or_default(),
            received: fault.step.map(lines_of_answer).unwrap_or_default(),
            expected: fault.wrong.expected.clone(),
        });
    }
    failed
}
