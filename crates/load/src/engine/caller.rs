//! Asks what was not rendered before, because an agent has just decided on it: on connections of
//! the slot's own, or on streams of connections that others use too. Counts what comes of it.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use crosscheck_core::{
    exchange::SendContext,
    message::{Request, Response},
};
use url::Url;

use super::{
    broken::{Broken, unsendable},
    connection::Connection,
    http2::Session,
    judging::message,
    page::Came,
    unsolicited,
    way::Way,
    worker::{OfSlot, Worker},
};
use crate::{tally::Answer, time::Nanos};

/// What one slot asks with.
pub(super) struct Caller {
    worker: Rc<Worker>,
    slot: usize,
    /// The number of its connection, for evidence.
    number: u64,
    way: Rc<Way>,
    /// The connections of this slot, by where they lead.
    connections: Vec<(Rc<Way>, Connection)>,
    /// Those that it shares with others, where HTTP/2 is spoken.
    sessions: Option<Rc<Sessions>>,
}

/// HTTP/2 connections that several slots share, one for each origin.
#[derive(Default)]
pub(super) struct Sessions(RefCell<Vec<(Rc<Way>, Rc<Session>)>>);

/// Redirects lead to other origins; a slot keeps connections to so many of them.
const ORIGINS: usize = 16;

impl Caller {
    pub(super) fn new(
        worker: Rc<Worker>,
        (slot, number): (usize, u64),
        way: Rc<Way>,
        sessions: Option<Rc<Sessions>>,
    ) -> Self {
        Self { worker, slot, number, way, connections: Vec::new(), sessions }
    }

    /// Another one for the same slot, with connections of its own.
    pub(super) fn another(&self) -> Self {
        let slot = (self.slot, self.number);
        Self::new(Rc::clone(&self.worker), slot, Rc::clone(&self.way), self.sessions.clone())
    }

    /// Sends a request of a row, for this reason, that was due at a moment of a stage, and counts its answer
    /// or why there is none.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn ask(
        &mut self,
        (request, context): (&Request, &SendContext),
        (row, stage): (usize, usize),
        due: Nanos,
    ) -> Result<Came, Broken> {
        let mut sent = self.worker.now();
        let exchanged = match self.sessions.clone() {
            Some(sessions) => {
                let told = self.on_stream(&sessions, (request, context), &mut sent).await;
                told.map(|(response, lines, bytes)| (response, lines, bytes, false))
            }
            None => self.on_line(request, context, &mut sent).await,
        };
        let done = self.worker.now();
        let mut state = self.worker.state.borrow_mut();
        match exchanged {
            Ok((response, lines, bytes, early)) => {
                let status = response.status;
                let answer = Answer { row, stage, due: due.min(sent), sent, done, status, bytes };
                state.tally.answer(&answer);
                if early {
                    unsolicited::count(&mut state.tally, &answer, self.number, request, &lines);
                }
                Ok(Came { response, answer, lines })
            }
            Err(broken) => {
                state.tally.failure(row, stage, broken.kind, done, || broken.message.clone());
                Err(broken)
            }
        }
    }

    async fn on_stream(
        &self,
        sessions: &Sessions,
        (request, context): (&Request, &SendContext),
        sent: &mut Nanos,
    ) -> Result<(Response, Vec<String>, u64), Broken> {
        let (way, session) = sessions.to((&request.url, context), &self.way);
        session.ask(&self.worker, self.slot, &way, (request, context), sent).await
    }

    async fn on_line(
        &mut self,
        request: &Request,
        context: &SendContext,
        sent: &mut Nanos,
    ) -> Result<(Response, Vec<String>, u64, bool), Broken> {
        let (worker, slot) = (Rc::clone(&self.worker), self.slot);
        let (_, mut wire) = self.way.wire.written(request, context).map_err(unsendable)?;
        wire.extend_from_slice(&request.body);
        let (way, connection) = self.connection_to(&request.url, context);
        let mut sender = OfSlot { worker: &worker, slot, follows: true };
        let mut head = None;
        let hear = |bytes: &[u8]| {
            Ok(message(bytes, &request.method)?.map(|(response, heard)| {
                head = Some(response);
                heard
            }))
        };
        let received = connection.exchange(&mut sender, &way, &wire, sent, hear).await?;
        let shown = connection.seen(&received);
        connection.answered(&received, &sender);
        let response = head.unwrap_or_else(|| Response::new(0));
        Ok((response, shown, received.bytes, received.unsolicited > 0))
    }

    /// The connection to the origin of a URL.
    fn connection_to(&mut self, url: &Url, context: &SendContext) -> (Rc<Way>, &mut Connection) {
        let known = self.connections.iter().position(|(way, _)| way.url.origin() == url.origin());
        let index = known.unwrap_or_else(|| {
            if self.connections.len() >= ORIGINS {
                self.connections.remove(0);
            }
            self.connections.push((towards((url, context), &self.way), Connection::default()));
            self.connections.len() - 1
        });
        let (way, connection) = &mut self.connections[index];
        (Rc::clone(way), connection)
    }
}

impl Sessions {
    /// The connection to the origin of a URL.
    fn to(&self, (url, context): (&Url, &SendContext), way: &Rc<Way>) -> (Rc<Way>, Rc<Session>) {
        let mut sessions = self.0.borrow_mut();
        if let Some((way, session)) = sessions.iter().find(|(way, _)| way.url.origin() == url.origin()) {
            return (Rc::clone(way), Rc::clone(session));
        }
        if sessions.len() >= ORIGINS {
            sessions.remove(0);
        }
        let made = (towards((url, context), way), Rc::new(Session::bare()));
        sessions.push(made.clone());
        made
    }
}

/// The way to the origin of a URL.
fn towards((url, context): (&Url, &SendContext), way: &Rc<Way>) -> Rc<Way> {
    if way.url.origin() == url.origin() {
        return Rc::clone(way);
    }
    let (wire, context) = (Arc::clone(&way.wire), context.clone());
    Rc::new(Way { wire, url: url.clone(), context, connect_timeout: way.connect_timeout })
}
