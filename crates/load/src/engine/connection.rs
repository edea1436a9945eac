//! A connection as a sender keeps it: opened when it is needed, and again where the endpoint has ended it meanwhile.

use crosscheck_harness::transport::Alpn;

use super::{
    broken::Broken,
    evidence::lines,
    http1::{Line, Patience, Received},
    judging::{Heard, Unreadable},
    way::Way,
};
use crate::{tally::Tally, time::Nanos};

/// What sends on a connection, and is told what becomes of it.
pub(super) trait Sender: Patience {
    /// The present moment.
    fn now(&self) -> Nanos;
    /// Changes what was counted.
    fn count(&self, change: impl FnOnce(&mut Tally));
    /// That a request is sent now, on a connection that is new or was kept.
    fn begins(&mut self, sent: Nanos, on: Connected);
}

/// On which connection a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connected {
    /// One that was opened for it.
    Anew,
    /// One that served earlier requests.
    Before,
}

/// One connection, when it is open.
#[derive(Default)]
pub(super) struct Connection(Option<Box<Line>>);

impl Connection {
    /// Sends a request and waits for its answer. `sent` becomes when it was sent, where a connection had to be opened
    /// first. `hear` is given what has come of the head.
    pub(super) async fn exchange(
        &mut self,
        sender: &mut impl Sender,
        way: &Way,
        request: &[u8],
        sent: &mut Nanos,
        mut hear: impl FnMut(&[u8]) -> Result<Option<Heard>, Unreadable>,
    ) -> Result<Received, Broken> {
        let mut early = Vec::new();
        loop {
            if let Some(heard) = self.0.as_mut().and_then(|line| line.overheard()) {
                early.extend(heard);
                self.ended_by_peer(sender);
            }
            let line = match &mut self.0 {
                Some(line) => {
                    sender.begins(*sent, Connected::Before);
                    line
                }
                None => {
                    let stream = way.dial(Alpn::Http1).await?;
                    sender.count(|tally| tally.connects += 1);
                    *sent = sender.now();
                    sender.begins(*sent, Connected::Anew);
                    self.0.insert(Box::new(Line::new(stream)))
                }
            };
            match line.exchange(sender, request, &mut hear).await {
                Ok(received) => return Ok(received.after(early)),
                // Sent again on a new connection.
                Err(broken) if broken.is_stale(line.served) => {
                    early.extend(broken.unsolicited);
                    self.ended_by_peer(sender);
                }
                Err(broken) => {
                    self.close();
                    return Err(broken);
                }
            }
        }
    }

    /// That an answer was counted: a connection that serves no other request is closed.
    pub(super) fn answered(&mut self, received: &Received, sender: &impl Sender) {
        if !received.reusable {
            self.ended_by_peer(sender);
        }
    }

    /// Closes it.
    pub(super) fn close(&mut self) {
        self.0 = None;
    }

    /// That the endpoint ended it, or said that it will.
    fn ended_by_peer(&mut self, sender: &impl Sender) {
        self.close();
        sender.count(|tally| tally.closed_by_peer += 1);
    }

    /// The lines of what was received last, for evidence.
    pub(super) fn seen(&self, received: &Received) -> Vec<String> {
        let head = self.0.as_ref().map(|line| lines(line.seen(received.heard.head)));
        head.into_iter().flatten().chain(received.lines.iter().cloned()).collect()
    }
}
