//! What a user asks on: one connection, and what is sent on it. A user has one; where a case makes requests at
//! once, one for each.

use std::{sync::Arc, task::Context, time::Duration};

use crosscheck_core::{
    exchange::SendContext,
    message::{Request, Response},
};

use super::{
    super::{
        broken::{Broken, unsendable},
        connection::{Connected, Connection, Sender},
        http1::{Patience, Received},
        judging::{Heard, Unreadable, message},
        page::Came,
        unsolicited::{self, unsolicited_bytes},
        way::Way,
    },
    Shared,
    moment::{Moment, Told},
    timer::Timer,
};
use crate::{
    tally::{Answer, Tally},
    time::Nanos,
};

/// One connection of a user, when it is open.
pub(super) struct Lane {
    user: usize,
    way: Way,
    connection: Connection,
    patience: Timer,
}

/// A user, as its connection knows it.
struct OfUser<'a> {
    shared: &'a Shared,
    user: usize,
    patience: &'a mut Timer,
}

impl Patience for OfUser<'_> {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.patience.is_over(cx)
    }
}

impl Sender for OfUser<'_> {
    fn now(&self) -> Nanos {
        self.shared.now()
    }

    fn count(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.shared.counts(self.user).tally);
    }

    fn begins(&mut self, sent: Nanos, _: Connected) {
        self.patience.begin(self.shared.moment(sent).into());
    }
}

/// What came of a request, and what goose is to be told.
pub(super) type Asked = (Result<Came, String>, Option<Told>);

impl Lane {
    pub(super) fn new(shared: &Shared, user: usize) -> Self {
        Self {
            user,
            way: Way::new(Arc::clone(&shared.wire), shared.url.clone(), &shared.options),
            connection: Connection::default(),
            patience: Timer::new(shared.options.timeout),
        }
    }

    /// Sends bytes on the connection, which is opened where there is none. Gives when they were sent, too.
    pub(super) async fn exchange(
        &mut self,
        shared: &Shared,
        bytes: &[u8],
        mut sent: Nanos,
        hear: impl FnMut(&[u8]) -> Result<Option<Heard>, Unreadable>,
    ) -> (Result<Received, Broken>, Nanos) {
        let mut sender = OfUser { shared, user: self.user, patience: &mut self.patience };
        let received = self.connection.exchange(&mut sender, &self.way, bytes, &mut sent, hear).await;
        (received, sent)
    }

    /// That an answer was counted.
    pub(super) fn answered(&mut self, shared: &Shared, received: &Received) {
        let sender = OfUser { shared, user: self.user, patience: &mut self.patience };
        self.connection.answered(received, &sender);
    }

    /// The lines of what was received last.
    pub(super) fn seen(&self, received: &Received) -> Vec<String> {
        self.connection.seen(received)
    }

    /// Counts that a request was not sent.
    fn not_sent(&self, shared: &Shared, row: usize, moment: Moment, broken: Broken) -> Asked {
        let Broken { kind, message, .. } = broken;
        let error = Some(kind.words().to_owned());
        let told = shared.tells_goose.then_some(Told { row, took: Duration::ZERO, status: None, error });
        let mut counts = shared.counts(self.user);
        counts.tally.failure(row, moment.stage, kind, shared.now(), || message.clone());
        (Err(message), told)
    }

    /// Sends a request that was not rendered before, for this reason, and counts what comes.
    pub(super) async fn ask(
        &mut self,
        shared: &Shared,
        (request, context): (&Request, &SendContext),
        row: usize,
        moment: Moment,
    ) -> Asked {
        // Redirects and cases may lead to other origins.
        if self.way.url.origin() != request.url.origin() {
            self.way.url = request.url.clone();
            self.way.context = context.clone();
            self.connection.close();
        }
        let mut wire = match shared.wire.written(request, context).map_err(unsendable) {
            Ok((_, wire)) => wire,
            Err(broken) => return self.not_sent(shared, row, moment, broken),
        };
        wire.extend_from_slice(&request.body);
        let mut head = None;
        let (result, sent) = self
            .exchange(shared, &wire, shared.now(), |bytes| {
                Ok(message(bytes, &request.method)?.map(|(response, heard)| {
                    head = Some(response);
                    heard
                }))
            })
            .await;
        let done = shared.now();
        let due = moment.due.min(sent);
        let told = |status, error| {
            let took = done.since(due).duration();
            shared.tells_goose.then_some(Told { row, took, status, error })
        };
        let received = match result {
            Ok(received) => received,
            Err(broken) => {
                let told = told(None, Some(broken.kind.words().to_owned()));
                let message = broken.message.clone();
                let mut counts = shared.counts(self.user);
                counts.tally.failure(row, moment.stage, broken.kind, done, || broken.message);
                return (Err(message), told);
            }
        };
        let response = head.unwrap_or_else(|| Response::new(0));
        let status = response.status;
        let answer = Answer { row, stage: moment.stage, due, sent, done, status, bytes: received.bytes };
        let seen = self.seen(&received);
        let mut counts = shared.counts(self.user);
        counts.tally.answer(&answer);
        let asked_for = received.unsolicited == 0;
        if !asked_for {
            unsolicited::count(&mut counts.tally, &answer, self.user as u64, request, &seen);
        }
        drop(counts);
        self.answered(shared, &received);
        (
            Ok(Came { response, answer, lines: seen }),
            told(Some(status), (!asked_for).then(|| unsolicited_bytes().reason.to_string())),
        )
    }
}
