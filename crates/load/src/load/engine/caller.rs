//! Asks what was not rendered before, because an agent has just decided on it: on connections of
//! the slot's own, or on streams of connections that others use too. Counts what comes of it.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use url::Url;

use super::{
    broken::{Broken, unsendable},
    evidence::lines,
    http1::Line,
    http2::Session,
    judging::message,
    unsolicited,
    way::Way,
    worker::Worker,
};
use crate::{
    exchange::SendContext,
    load::tally::Answer,
    message::{Request, Response},
    transport::Alpn,
};

/// What one slot asks with.
pub(super) struct Caller {
    worker: Rc<Worker>,
    slot: usize,
    /// The number of its connection, for evidence.
    number: u64,
    way: Rc<Way>,
    /// The connections of this slot, by where they lead.
    lines: Vec<(Rc<Way>, Option<Box<Line>>)>,
    /// Those that it shares with others, where HTTP/2 is spoken.
    sessions: Option<Rc<Sessions>>,
}

/// HTTP/2 connections that several slots share, one for each origin.
#[derive(Default)]
pub(super) struct Sessions(RefCell<Vec<(Rc<Way>, Rc<Session>)>>);

/// What came back.
pub(super) struct Told {
    pub response: Response,
    /// How it is counted.
    pub answer: Answer,
    /// The lines of its head.
    pub lines: Vec<String>,
}

/// Redirects lead to other origins; a slot keeps connections to so many of them.
const ORIGINS: usize = 16;

impl Caller {
    pub(super) fn new(
        worker: Rc<Worker>,
        (slot, number): (usize, u64),
        way: Rc<Way>,
        sessions: Option<Rc<Sessions>>,
    ) -> Self {
        Self { worker, slot, number, way, lines: Vec::new(), sessions }
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
        due: u64,
    ) -> Result<Told, Broken> {
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
                Ok(Told { response, answer, lines })
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
        sent: &mut u64,
    ) -> Result<(Response, Vec<String>, u64), Broken> {
        let (way, session) = sessions.to((&request.url, context), &self.way);
        session.ask(&self.worker, self.slot, &way, (request, context), sent).await
    }

    async fn on_line(
        &mut self,
        request: &Request,
        context: &SendContext,
        sent: &mut u64,
    ) -> Result<(Response, Vec<String>, u64, bool), Broken> {
        let (worker, slot) = (Rc::clone(&self.worker), self.slot);
        let (_, mut wire) = self.way.wire.written(request, context).map_err(unsendable)?;
        wire.extend_from_slice(&request.body);
        let (way, line) = self.line_to(&request.url, context);
        let mut early = Vec::new();
        loop {
            if let Some(heard) = line.as_mut().and_then(|line| line.overheard()) {
                early.extend(heard);
                worker.state.borrow_mut().tally.closed_by_peer += 1;
                *line = None;
            }
            let open = match line {
                Some(open) => open,
                None => {
                    let stream = way.dial(Alpn::Http1).await?;
                    worker.state.borrow_mut().tally.connects += 1;
                    *sent = worker.now();
                    line.insert(Box::new(Line::new(stream)))
                }
            };
            worker.restart(slot, *sent);
            let mut head = None;
            let exchanged = open
                .exchange(&worker, slot, &wire, |bytes| {
                    Ok(message(bytes, &request.method)?.map(|(response, heard)| {
                        head = Some(response);
                        heard
                    }))
                })
                .await;
            match exchanged {
                Ok(received) => {
                    let received = received.after(early);
                    let mut shown = lines(open.seen(received.heard.head));
                    shown.extend(received.lines);
                    if !received.reusable {
                        *line = None;
                        worker.state.borrow_mut().tally.closed_by_peer += 1;
                    }
                    let response = head.unwrap_or_else(|| Response::new(0));
                    return Ok((response, shown, received.bytes, received.unsolicited > 0));
                }
                // Sent again on a new connection.
                Err(broken) if broken.is_stale(open.served) => {
                    early.extend(broken.unsolicited);
                    worker.state.borrow_mut().tally.closed_by_peer += 1;
                    *line = None;
                }
                Err(broken) => {
                    *line = None;
                    return Err(broken);
                }
            }
        }
    }

    /// The connection to the origin of a URL, where it is open.
    fn line_to(&mut self, url: &Url, context: &SendContext) -> (Rc<Way>, &mut Option<Box<Line>>) {
        let known = self.lines.iter().position(|(way, _)| way.url.origin() == url.origin());
        let index = known.unwrap_or_else(|| {
            if self.lines.len() >= ORIGINS {
                self.lines.remove(0);
            }
            self.lines.push((towards((url, context), &self.way), None));
            self.lines.len() - 1
        });
        let (way, line) = &mut self.lines[index];
        (Rc::clone(way), line)
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
