//! Fetch §4.3 and §4.4: what becomes of a response, and where a redirect leads.

use url::Url;

use super::{Run, Stage, Tainting};
use crate::{
    fetch::{
        agent::{Note, Opaque, OpaqueKind, Outcome, Shared, wire},
        corp,
        cors_check::{CorsCheckFailure, cors_check},
        header::{NON_WILDCARD_HEADER, REQUEST_BODY_HEADERS},
        modes::RedirectMode,
        reason::Reason,
        redirect::{self, Location, RedirectTaint, Redirected},
        status,
    },
    message,
};

impl Run {
    /// Fetch §4.3 *HTTP fetch*, from step 4.4: what becomes of a response.
    pub(super) fn response(&mut self, shared: &mut Shared, response: &message::Response) {
        let purpose = Some(self.purpose());
        if response.status == 407 && shared.behaviour.requests.proxy_authentication_is_error {
            return self.fail(shared, Reason::NetworkError, Some("407".into()), Some(response.status));
        }
        if self.tainting == Tainting::Cors {
            if let Err(failure) = self.cors_check(response) {
                let subject = failure.subject().map(str::to_owned);
                return self.fail_with(shared, failure.reason(), subject, Some(response.status), purpose);
            }
            self.notes.push(Note::CorsCheckPassed);
        }
        if self.tainting == Tainting::Opaque
            && !corp::allows(self.asked().client.origin(), self.url(), response)
        {
            let subject = response.fields.text("cross-origin-resource-policy");
            let reason = Reason::ResponseCrossOriginResourcePolicy;
            return self.fail_with(shared, reason, subject, Some(response.status), purpose);
        }
        if status::is_redirect(response.status) {
            match self.asked().redirect {
                RedirectMode::Error => {
                    return self.fail(shared, Reason::RedirectMode, None, Some(response.status));
                }
                RedirectMode::Manual => {
                    let (url, status) = (wire::target(self.url()), response.status);
                    let opaque = Opaque { kind: OpaqueKind::Redirect, url, status };
                    self.stage = Stage::Done(Outcome::Opaque(opaque));
                    return;
                }
                RedirectMode::Follow => {
                    let requests = &shared.behaviour.requests;
                    let empty = response.fields.lines("location").next().is_some_and(|line| line.is_empty());
                    match redirect::location(response, self.url(), requests.same_locations_are_one) {
                        Location::Absent => {}
                        _ if empty && requests.empty_location_is_none => {}
                        Location::Invalid(value) => {
                            let status = Some(response.status);
                            return self.fail(shared, Reason::RedirectLocation, Some(value), status);
                        }
                        Location::Url(target) => return self.redirect(shared, response.status, target),
                    }
                }
            }
        }
        self.finish(shared, response);
    }

    /// Fetch §4.4 *HTTP-redirect fetch*.
    pub(super) fn redirect(&mut self, shared: &mut Shared, status: u16, target: Url) {
        let redirected = Redirected {
            origin: self.asked().client.origin(),
            mode: self.asked().mode,
            is_cors: self.tainting == Tainting::Cors,
            count: self.urls.len() - 1,
            has_unrepeatable_body: self.body.as_ref().is_some_and(|body| !body.can_be_sent_again()),
            status,
            no_credentials: shared.behaviour.requests.no_redirect_with_credentials,
        };
        if let Err(reason) = redirect::may_follow(&redirected, &target) {
            return self.fail(shared, reason, Some(target.to_string()), Some(status));
        }
        let from = self.url().clone();
        self.notes.push(Note::Redirected { status, from: from.clone(), to: target.clone() });
        if redirect::becomes_get(status, &self.method) {
            self.notes.push(Note::BecameGet(std::mem::replace(&mut self.method, "GET".into()).into()));
            self.body = None;
            self.drop_headers(shared.behaviour, &REQUEST_BODY_HEADERS);
        }
        if !wire::keeps_authorization(&from, &target) {
            if self.headers.contains(NON_WILDCARD_HEADER) {
                self.notes.push(Note::HeaderDropped("Authorization".into()));
            }
            self.drop_headers(shared.behaviour, &[NON_WILDCARD_HEADER]);
        }
        let before = self.taint;
        self.taint = redirect::taint(before, self.asked().client.origin(), &from, &target);
        if before == RedirectTaint::SameOrigin && self.taint != before {
            self.notes.push(Note::OriginTainted);
        }
        self.urls.push(target);
        self.stage = Stage::Main;
    }

    pub(super) fn cors_check(&self, response: &message::Response) -> Result<(), CorsCheckFailure> {
        cors_check(self.serialized_origin(), self.includes(), response)
    }
}
