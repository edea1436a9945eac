//! Fetch §4.3 and §4.9: CORS requests, and the preflights that some need.

use std::{sync::Arc, time::SystemTime};

use smol_str::SmolStr;

use super::{Preflight, Run, Stage};
use crate::{
    fetch::{
        agent::{Note, Outgoing, PreflightCause, Purpose, Shared, wire},
        method,
        preflight::{Asked, max_age, preflight_check, preflight_request},
        preflight_cache::Wanted,
    },
    message,
};

impl Run {
    /// Fetch §4.1 *main fetch*, the last two cases, and §4.3 *HTTP fetch* up to step 4.1: a
    /// CORS request, with a preflight where it needs one and the cache does not know better.
    pub(super) fn cors_fetch(&mut self, shared: &mut Shared, now: SystemTime) {
        let behaviour = shared.behaviour;
        let sticks = behaviour.preflight.sticks_to_redirects;
        let names = Arc::clone(if sticks { &self.sticky_names } else { &self.unsafe_names });
        let mut causes = Vec::new();
        let scripted = self.asked().initiator.is_unsafe();
        if !method::is_safelisted(&self.method) {
            causes.push(PreflightCause::Method(self.method.to_string()));
        }
        if scripted && !names.is_empty() {
            causes.push(PreflightCause::Headers(Arc::clone(&names)));
        }
        if self.use_preflight {
            causes.push(PreflightCause::Forced);
        }
        if causes.is_empty() && sticks && (self.preflighted || (scripted && self.had_unsafe_names)) {
            causes.push(PreflightCause::Redirected);
        }
        if causes.is_empty() {
            self.notes.push(Note::PreflightNotNeeded);
            self.stage = Stage::Network;
            return;
        }
        self.preflighted = true;
        self.notes.push(Note::PreflightNeeded(causes));
        let origin = SmolStr::new(self.preflight_origin(behaviour));
        let key = shared.preflights.key(&self.asked().client, &origin, self.url());
        let wanted = Wanted {
            method: &self.method,
            use_preflight: self.use_preflight,
            unsafe_names: &names,
            credentials: self.includes(),
        };
        let bypassed = behaviour.preflight_cache.bypassed_by.contains(&self.cache_mode(behaviour));
        let covered =
            !bypassed && key.as_ref().is_some_and(|key| shared.preflights.covers(key, &wanted, now));
        if covered {
            self.notes.push(Note::PreflightCached);
            self.stage = Stage::Network;
            return;
        }
        let outgoing = self.preflight(shared, &names, &origin);
        self.stage = Stage::Preflight(Box::new(Preflight { outgoing, names, origin, key }));
    }

    /// Fetch §4.9 *CORS-preflight fetch*, steps 1 to 6.
    pub(super) fn preflight(&self, shared: &Shared, names: &[String], origin: &str) -> Outgoing {
        let made = || Arc::new(self.preflight_request(shared, names, origin));
        let request = match self.is_first() {
            true => Arc::clone(self.asked.preflight.get_or_init(made)),
            false => made(),
        };
        Outgoing {
            purpose: Purpose::Preflight,
            request,
            credentials: false,
            validating: false,
            redirected_from: self.redirected_from(),
            includes: self.includes(),
            referrer: self.referrer(),
        }
    }

    fn preflight_request(&self, shared: &Shared, names: &[String], origin: &str) -> message::Request {
        let mut request = preflight_request(wire::target(self.url()), &self.method, names);
        let fields = &mut request.fields;
        fields.push("Origin", origin.to_owned());
        let destination = self.asked().initiator.destination();
        wire::append_fetch_metadata(fields, &self.asked().client, &self.urls, destination, "cors");
        let cache_mode = self.cache_mode(shared.behaviour);
        if shared.behaviour.preflight.carries_cache_mode.contains(&cache_mode) {
            wire::append_cache_mode(fields, cache_mode);
        }
        request
    }

    /// Fetch §4.9 *CORS-preflight fetch*, step 7.
    pub(super) fn preflight_answer(
        &mut self,
        shared: &mut Shared,
        now: SystemTime,
        response: &message::Response,
        preflight: Preflight,
    ) {
        let Preflight { names, origin, key, .. } = preflight;
        let asked = Asked {
            origin: &origin,
            method: &self.method,
            unsafe_names: &names,
            credentials: self.includes(),
            use_preflight: self.use_preflight,
        };
        let allowed = match preflight_check(&asked, response, shared.behaviour) {
            Ok(allowed) => allowed,
            Err(failure) => {
                self.stage = Stage::Main;
                return self.fail_with(
                    shared,
                    failure.reason(),
                    failure.subject(),
                    Some(response.status),
                    Some(Purpose::Preflight),
                );
            }
        };
        let kept =
            !shared.behaviour.preflight_cache.not_stored_by.contains(&self.cache_mode(shared.behaviour));
        let max_age = max_age(response, shared.behaviour).filter(|_| kept && key.is_some());
        if let (Some(seconds), Some(key)) = (max_age, key) {
            let mut allowed = allowed;
            if allowed.methods.is_none() && self.use_preflight {
                allowed.methods = Some(vec![self.method.to_string()]);
            }
            shared.preflights.store(key, &allowed, self.includes(), seconds, now);
        }
        self.notes.push(Note::PreflightAllowed { max_age });
        self.stage = Stage::Network;
    }
}
