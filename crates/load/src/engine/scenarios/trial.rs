//! A user that makes whole cases: the requests of one after the other or at once, judged when they
//! are done.

use std::{sync::atomic::Ordering, time::SystemTime};

use crosscheck_harness::run::together;

use super::{super::trial::sample, Shared, moment::Moment, user::User};
use crate::trial::Attempt;

impl User {
    /// Makes a case's requests. Gives whether each of them got an answer.
    pub(super) async fn trial(&mut self, shared: &Shared, index: usize, moment: Moment) -> bool {
        let Some(trial) = shared.work.trials.get(index) else { return true };
        let time = shared.views.fetch_add(1, Ordering::Relaxed) as u64;
        let prepared = trial.requests(time);
        let mut attempt = Attempt::new(trial, &prepared);
        let mut due = moment.due;
        loop {
            let requests = attempt.next(SystemTime::now());
            if requests.is_empty() {
                break;
            }
            let moment = Moment { due, ..moment };
            let lanes = self.lanes(shared, requests.len()).zip(&requests);
            let asked = lanes
                .map(|(lane, (request, context, row))| lane.ask(shared, (request, context), *row, moment));
            let asked = together::all(asked).await;
            let mut came = Vec::with_capacity(asked.len());
            for (result, told) in asked {
                self.tell(told);
                came.push(result.map(|came| (came.response, came.lines, came.answer)));
            }
            attempt.receive(came, SystemTime::now());
            due = shared.now();
        }
        attempt.judge(&shared.work.origins, |answer, fault| {
            self.tell_wrong(fault.wrong.reason);
            let mut counts = shared.counts(self.number);
            let counts = &mut *counts;
            let requested = counts.judging.requested_case(index);
            let shown = || Some(fault.shown());
            let sample = || sample(&answer, fault, self.number as u64);
            counts.tally.wrong(&answer, &fault.wrong, requested, shown, sample);
        });
        !attempt.failed()
    }
}
