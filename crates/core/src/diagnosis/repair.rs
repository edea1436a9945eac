//! What has to change so that the page may read, for a machine; and the proof: the changed answers, replayed through the
//! browser's algorithms.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ExplainedRequest, Sighting};
use crate::{
    exchange::{Exchange, OutcomeName, Received, ServedBy},
    fetch::{self, Agent, AgentConfig, NetworkError, Next, Origin, Outcome, Profile, Reason},
    message::{Fields, Request, Response, list},
};

/// Which answer an edit changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The answer to the preflight.
    Preflight,
    /// The answer to the request itself.
    Actual,
    /// The answer to this redirect hop, from 1.
    RedirectHop(u8),
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum Edit {
    /// The answer has this field, once, with this value.
    SetField {
        /// Which answer.
        on: Answer,
        /// The field.
        name: String,
        /// Its value.
        value: String,
    },
    /// The list of this field has one more member.
    AddMember {
        /// Which answer.
        on: Answer,
        /// The field.
        name: String,
        /// The member.
        member: String,
    },
    /// The answer has this status.
    SetStatus {
        /// Which answer.
        on: Answer,
        /// The status.
        status: u16,
    },
    /// The page writes the method so.
    WriteMethod {
        /// The method.
        method: String,
    },
    /// The page leaves out a request header.
    RemoveRequestHeader {
        /// Its name.
        name: String,
    },
    /// The page requests another URL.
    UseUrl {
        /// The URL.
        url: String,
    },
    /// The page makes the request without credentials.
    OmitCredentials,
    /// A cache or CDN passes Origin on to the server.
    ForwardOrigin,
    /// The key of a cache has these request fields.
    AddToCacheKey {
        /// The fields.
        fields: Vec<String>,
    },
    /// What a cache stored is removed.
    Purge {
        /// For which URL.
        url: String,
    },
    /// Something that is not an answer: a server that must run, a filter that must let the request pass.
    Remedy {
        /// What must become so.
        what: String,
    },
}

impl Edit {
    /// The texts in it that could hold a secret: values and URLs.
    pub(super) fn texts(&mut self) -> Vec<&mut String> {
        match self {
            Self::SetField { value, .. } => vec![value],
            Self::AddMember { member, .. } => vec![member],
            Self::UseUrl { url } | Self::Purge { url } => vec![url],
            Self::Remedy { what } => vec![what],
            Self::WriteMethod { method } => vec![method],
            Self::RemoveRequestHeader { name } => vec![name],
            Self::AddToCacheKey { fields } => fields.iter_mut().collect(),
            Self::SetStatus { .. } | Self::OmitCredentials | Self::ForwardOrigin => Vec::new(),
        }
    }
}

/// What a replay came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Replayed {
    /// The page may read the answer.
    Allowed,
    /// The page is still refused.
    Refused(Box<Sighting>),
    /// The preflight is right now, and the request itself was never sent.
    NotSent,
    /// Nothing could be replayed.
    NotReplayed,
}

/// The request and its answers while they are repaired.
#[derive(Clone, Debug, PartialEq)]
pub struct Repaired {
    /// The request.
    pub page: ExplainedRequest,
    preflight: Option<Response>,
    hops: Vec<Response>,
}

impl Repaired {
    /// What was seen, with nothing repaired.
    pub fn new(page: &ExplainedRequest, seen: &Sighting) -> Self {
        Self {
            page: page.clone(),
            preflight: seen.preflight_response().cloned(),
            hops: seen.hops.iter().filter_map(|hop| hop.response().cloned()).collect(),
        }
    }

    /// Goes on with the answers of another request, as far as it has them.
    pub fn answered_as(&mut self, seen: &Sighting) {
        if let Some(preflight) = seen.preflight_response() {
            self.preflight = Some(preflight.clone());
        }
        let hops: Vec<Response> = seen.hops.iter().filter_map(|hop| hop.response().cloned()).collect();
        if !hops.is_empty() {
            self.hops = hops;
        }
    }

    /// Takes the answer to the request itself, which was sent without its preflight.
    pub fn take_answer(&mut self, seen: &Sighting) {
        if self.hops.is_empty() {
            self.hops = seen.hops.iter().filter_map(|hop| hop.response().cloned()).collect();
        }
    }

    /// Makes a change, as far as it is one of the request or its answers.
    pub fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::SetField { on, name, value } => self.on(*on, |response| {
                response.fields.set(name, value.clone());
            }),
            Edit::AddMember { on, name, member } => self.on(*on, |response| {
                let mut members: Vec<String> = list::names(response.fields.lines(name));
                members.retain(|other| other != member);
                members.push(member.clone());
                response.fields.set(name, members.join(", "));
            }),
            Edit::SetStatus { on, status } => self.on(*on, |response| response.status = *status),
            Edit::WriteMethod { method } => self.page.method.clone_from(method),
            Edit::RemoveRequestHeader { name } => {
                self.page.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
            }
            Edit::UseUrl { url } => {
                if let Ok(url) = self.page.url.join(url) {
                    self.page.url = url;
                }
            }
            Edit::OmitCredentials => self.page.credentials = false,
            Edit::ForwardOrigin | Edit::AddToCacheKey { .. } | Edit::Purge { .. } | Edit::Remedy { .. } => {}
        }
    }

    fn on(&mut self, answer: Answer, change: impl FnOnce(&mut Response)) {
        let response = match answer {
            Answer::Preflight => Some(self.preflight.get_or_insert_with(|| Response::new(204))),
            Answer::Actual => self.hops.first_mut(),
            Answer::RedirectHop(hop) => self.hops.get_mut(usize::from(hop)),
        };
        if let Some(response) = response {
            change(response);
        }
    }

    /// Runs the browser's algorithms on the request and its answers, as they are now.
    pub fn replay(&self) -> Replayed {
        let Ok(origin) = Origin::parse(&self.page.origin) else { return Replayed::NotReplayed };
        let client = fetch::Client::top_level(origin).ignoring_mixed_content();
        let mut request = fetch::Request::new(client, self.page.url.clone());
        request.method.clone_from(&self.page.method);
        for (name, value) in &self.page.headers {
            request.headers.push(name.as_str(), value.clone());
        }
        if self.page.credentials {
            request.credentials = fetch::Credentials::Include;
        } else {
            request.credentials = fetch::Credentials::Omit;
        }
        if let Some(body) = &self.page.body {
            match body.of_script(false) {
                Ok(body) => request.body = Some(body),
                Err(_) => return Replayed::NotReplayed,
            }
        }
        let mut agent = Agent::new(AgentConfig { profile: Profile::Spec, http_cache: false });
        let id = agent.fetch(request);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        let mut hops = self.hops.iter();
        let mut sent: Vec<Arc<Exchange>> = Vec::new();
        let mut preflight = None;
        for _ in 0..64 {
            match agent.next(id, now) {
                Next::Send(outgoing) => {
                    let is_preflight = outgoing.purpose == fetch::Purpose::Preflight;
                    let answer = if is_preflight { self.preflight.as_ref() } else { hops.next() };
                    let Some(answer) = answer else {
                        return if is_preflight { Replayed::NotReplayed } else { Replayed::NotSent };
                    };
                    let exchange = Arc::new(exchange(&outgoing.request, answer));
                    if is_preflight {
                        preflight = Some(exchange);
                    } else {
                        sent.push(exchange);
                    }
                    agent.receive(id, now, Ok::<_, NetworkError>(answer.clone()));
                }
                Next::Done(Outcome::Allowed(_) | Outcome::Opaque(_)) => return Replayed::Allowed,
                Next::Done(Outcome::Blocked(blocked)) => {
                    let refused = (blocked.reason, blocked.subject);
                    return Replayed::Refused(Box::new(self.sighting(refused, preflight, sent)));
                }
            }
        }
        Replayed::NotReplayed
    }

    fn sighting(
        &self,
        (reason, subject): (Reason, Option<String>),
        preflight: Option<Arc<Exchange>>,
        hops: Vec<Arc<Exchange>>,
    ) -> Sighting {
        Sighting {
            origin: Some(self.page.origin.clone()),
            method: fetch::method::normalize(&self.page.method),
            headers: self.page.unsafe_names(),
            credentials: self.page.credentials,
            url: Some(self.page.url.clone()),
            preflight,
            hops,
            outcome: OutcomeName::Blocked,
            reason: Some(reason),
            subject,
            served_by: ServedBy::Network,
            stored: None,
        }
    }

    /// The fields of the answers as they are after the repair: of the preflight, and of the request itself.
    pub fn fields(&self) -> (Option<&Fields>, Option<&Fields>) {
        (self.preflight.as_ref().map(|it| &it.fields), self.hops.last().map(|it| &it.fields))
    }
}

fn exchange(sent: &Arc<Request>, response: &Response) -> Exchange {
    Exchange::new(Arc::clone(sent), Received::Response(response.clone()))
}
