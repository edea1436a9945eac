//! A user that makes whole cases: the requests of one after the other, judged when they are done.

use std::{
    sync::{Arc, atomic::Ordering},
    time::SystemTime,
};

use super::{
    super::carrier::lines_of,
    Shared,
    user::{Moment, User},
};
use crate::{
    interleave::Walk,
    load::{
        record::Sample,
        tally::Answer,
        trial::{answered, lines_of_answer, unanswered},
    },
    message::Request,
};

impl User {
    /// Makes a case's requests. Gives whether each of them got an answer.
    pub(super) async fn trial(&mut self, shared: &Shared, index: usize, moment: Moment) -> bool {
        let Some(trial) = shared.work.trials.get(index) else { return true };
        let time = shared.views.fetch_add(1, Ordering::Relaxed) as u64;
        let prepared = trial.requests(time);
        let test = trial.test();
        let mut walk = Walk::new(&prepared, &test.order, test.through);
        let (mut all, mut due, mut last) = (true, moment.due, None);
        loop {
            let requests: Vec<Arc<Request>> = walk.next(SystemTime::now()).cloned().collect();
            if requests.is_empty() {
                break;
            }
            let mut exchanges = Vec::with_capacity(requests.len());
            for request in &requests {
                let row = trial.row_of(request);
                let told = self.ask(shared, request, row, Moment { due, ..moment }).await;
                exchanges.push(Arc::new(match told {
                    Ok((response, answer, lines)) => {
                        last = Some(answer);
                        let micros = answer.done.saturating_sub(answer.sent) / 1_000;
                        answered(request, response, &lines, micros)
                    }
                    Err(message) => {
                        all = false;
                        unanswered(request, message)
                    }
                }));
                due = shared.now();
            }
            walk.receive(exchanges, SystemTime::now());
        }
        let Some(last) = last.filter(|_| all) else { return all };
        let transcript = walk.transcript();
        for fault in trial.judge(&transcript, &shared.work.origins) {
            let row = fault.step.map_or(trial.row, |step| trial.row_of(&step.exchange.sent));
            self.tell_wrong(&fault.wrong.reason);
            let connection = self.number as u64;
            let mut counts = shared.counts(self.number);
            let counts = &mut *counts;
            let calm = counts.judging.held_when_calm(index);
            counts.tally.wrong(&Answer { row, ..last }, &fault.wrong, calm, || Sample {
                at: last.done as f64 / 1e9,
                connection,
                origin: fault
                    .step
                    .and_then(|step| step.exchange.sent.fields.text("origin"))
                    .unwrap_or_default(),
                sent: fault.step.map(|step| lines_of(&step.exchange.sent)).unwrap_or_default(),
                received: fault.step.map(lines_of_answer).unwrap_or_default(),
                expected: fault.wrong.expected.clone(),
            });
        }
        all
    }
}
