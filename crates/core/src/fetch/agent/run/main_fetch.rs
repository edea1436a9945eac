//! Fetch §4.1 and §4.2: what kind of request it is, and what the page gets of the response.

use std::borrow::Cow;

use super::{Run, Stage, Tainting};
use crate::{
    fetch::{
        agent::{Note, Opaque, OpaqueKind, Outcome, Readable, ReadableKind, Shared, wire},
        data_url, filter,
        initiator::Initiator,
        integrity,
        modes::{Mode, RedirectMode},
        origin::{is_ip_address, is_potentially_trustworthy},
        ports::is_bad_port,
        reason::Reason,
        status,
    },
    message,
};
use std::time::SystemTime;

impl Run {
    /// Fetch §4.1 *main fetch* up to the choice of what kind of request it is.
    pub(super) fn main_fetch(&mut self, shared: &mut Shared, now: SystemTime) {
        self.upgrade();
        let client = &self.asked().client;
        let url = self.url();
        if is_bad_port(url) {
            return self.fail(shared, Reason::RequestBadPort, None, None);
        }
        if client.blocks_as_mixed_content(url) {
            return self.fail(shared, Reason::RequestMixedContent, None, None);
        }
        let is_http = matches!(url.scheme(), "http" | "https");
        if url.scheme() == "data" {
            return self.data_url(shared);
        }
        if client.origin().is_of(url) && self.tainting == Tainting::Basic {
            if !is_http {
                return self.fail(shared, Reason::RequestScheme, None, None);
            }
            self.notes.push(Note::SameOrigin);
            self.stage = Stage::Network;
            return;
        }
        match self.asked().mode {
            Mode::SameOrigin => self.fail(shared, Reason::RequestModeSameOrigin, None, None),
            Mode::NoCors if self.asked().redirect != RedirectMode::Follow => {
                self.fail(shared, Reason::RequestNoCorsRedirectMode, None, None);
            }
            _ if !is_http => self.fail(shared, Reason::RequestScheme, None, None),
            Mode::NoCors => {
                self.tainting = Tainting::Opaque;
                self.notes.push(Note::NoCors);
                self.stage = Stage::Network;
            }
            Mode::Cors => {
                self.tainting = Tainting::Cors;
                self.cors_fetch(shared, now);
            }
        }
    }

    /// Fetch §4.2 *scheme fetch* of a `data:` URL.
    pub(super) fn data_url(&mut self, shared: &mut Shared) {
        let Some(data) = data_url::process(self.url()) else {
            return self.fail(shared, Reason::RequestScheme, None, None);
        };
        let mut response = message::Response::new(200).with_field("Content-Type", &data.content_type);
        if shared.behaviour.requests.data_url_has_length {
            response.fields.push("Content-Length", data.body.len().to_string());
        }
        response.body = data.body.into();
        self.tainting = Tainting::Basic;
        self.finish(shared, &response);
    }

    /// Mixed Content §4.1 *upgrade a mixed content request to a potentially trustworthy URL*.
    pub(super) fn upgrade(&mut self) {
        let url = self.url();
        let upgradable = self.asked().initiator == Initiator::Image
            && url.scheme() == "http"
            && self.asked().client.prohibits_mixed_content()
            && !is_potentially_trustworthy(url)
            && !is_ip_address(url);
        let mut upgraded = url.clone();
        if upgradable && upgraded.set_scheme("https").is_ok() {
            self.notes.push(Note::Upgraded(upgraded.clone()));
            if let Some(current) = self.urls.last_mut() {
                *current = upgraded;
            }
        }
    }

    /// Fetch §4.1 *main fetch*, from step 14: the response, filtered.
    pub(super) fn finish(&mut self, shared: &mut Shared, response: &message::Response) {
        let unreadable = self.tainting == Tainting::Opaque;
        let metadata = &self.asked().integrity;
        // The digest is that of the decoded content; of content that cannot be decoded here nothing is known.
        let content = (!metadata.trim_ascii().is_empty()).then(|| response.decoded_body());
        let differs = |content: &Option<Cow<'_, [u8]>>| {
            content.as_ref().is_some_and(|content| !integrity::matches(content, metadata))
        };
        if let Some(content) = content.filter(|content| unreadable || differs(content)) {
            let computed = content.and_then(|content| integrity::computed(&content, metadata));
            let subject = computed.filter(|_| !unreadable).or_else(|| Some(self.asked().integrity.clone()));
            return self.fail(shared, Reason::ResponseIntegrity, subject, Some(response.status));
        }
        let url = wire::target(self.url());
        let (kind, fields) = match self.tainting {
            Tainting::Basic => (ReadableKind::Basic, filter::basic_filtered(response)),
            Tainting::Cors => (ReadableKind::Cors, filter::cors_filtered(response, self.includes())),
            Tainting::Opaque => {
                let opaque = Opaque { kind: OpaqueKind::Response, url, status: response.status };
                self.stage = Stage::Done(Outcome::Opaque(opaque));
                return;
            }
        };
        let bodiless = self.method == "HEAD" || status::is_null_body(response.status);
        let body = if bodiless { bytes::Bytes::new() } else { response.body.clone() };
        let redirected = self.urls.len() > 1;
        let readable = Readable { kind, status: response.status, fields, body, url, redirected };
        self.stage = Stage::Done(Outcome::Allowed(readable));
    }
}
