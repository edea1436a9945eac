//! Fetch §4.5: the request as it is sent, and the caches around it.

use std::{sync::Arc, time::SystemTime};

use super::{Actual, Run, Stage, Tainting};
use crate::{
    caching::{Lookup, LookupMode, StoreDecision},
    fetch::{
        agent::{Note, Outgoing, Shared, http_cache::asks_to_clear, wire},
        cookies,
        modes::{CacheMode, Credentials, Mode, ReferrerPolicy},
        origin::is_potentially_trustworthy,
        origin_header::{Asking, origin_header},
        profile::{Behaviour, ClearSiteData},
        reason::Reason,
        redirect::RedirectTaint,
        request::strict_range,
        shape::referrer,
    },
    message::{self, is_safe_method},
};

impl Run {
    /// Fetch §4.5 *HTTP-network-or-cache fetch*, up to the network.
    pub(super) fn network(&mut self, shared: &mut Shared, now: SystemTime) {
        let credentials = self.sends_credentials();
        let mut mode = self.cache_mode(shared.behaviour);
        let request = self.http_request(shared, credentials, mode, now);
        let key = shared
            .http_cache
            .as_ref()
            .and_then(|cache| cache.key_of(&self.asked().client, credentials, self.url(), &request));
        let bypassed = key.is_none() || self.has_own_conditions();
        if bypassed && mode != CacheMode::OnlyIfCached {
            mode = CacheMode::NoStore;
        }
        let reload = std::mem::take(&mut self.reload_next);
        let mut actual = Actual {
            outgoing: Outgoing {
                purpose: self.purpose(),
                request,
                credentials,
                validating: false,
                redirected_from: self.redirected_from(),
                includes: self.includes(),
                referrer: self.referrer(),
            },
            unconditional: None,
            at: now,
            key: key.clone().filter(|_| mode != CacheMode::NoStore),
            validated: None,
        };
        let lookup_mode = match mode {
            CacheMode::NoStore | CacheMode::Reload => None,
            CacheMode::Default if reload => None,
            CacheMode::Default => Some(LookupMode::Default),
            CacheMode::NoCache => Some(LookupMode::NoCache),
            CacheMode::ForceCache => Some(LookupMode::ForceCache),
            CacheMode::OnlyIfCached => Some(LookupMode::OnlyIfCached),
        };
        if let (Some(cache), Some(key), Some(lookup_mode)) = (&shared.http_cache, &key, lookup_mode) {
            match cache.engine.lookup(key, &actual.outgoing.request, lookup_mode, now) {
                Lookup::Miss => {}
                Lookup::Fresh(stored) => {
                    self.notes.push(Note::ServedByCache(cache.describe(&stored, key, now)));
                    let response = stored.shaped(&actual.outgoing.request);
                    return self.cached_response(shared, &response);
                }
                Lookup::Stale { stored, while_revalidate: true, .. } => {
                    self.notes.push(Note::ServedByCache(cache.describe(&stored, key, now)));
                    let response = stored.shaped(&actual.outgoing.request);
                    return self.stale_response(shared, &response);
                }
                Lookup::Stale { stored, conditional, .. } | Lookup::VaryMismatch { stored, conditional } => {
                    if !conditional.is_empty() {
                        self.notes.push(Note::Validating(cache.describe(&stored, key, now)));
                        let mut request = message::Request::clone(&actual.outgoing.request);
                        for field in &conditional {
                            request.fields.push(field.name.clone(), field.value.clone());
                        }
                        let request = std::mem::replace(&mut actual.outgoing.request, Arc::new(request));
                        actual.unconditional = Some(request);
                        actual.outgoing.validating = true;
                        actual.validated = Some(stored);
                    }
                }
            }
        }
        if mode == CacheMode::OnlyIfCached {
            return self.fail(shared, Reason::CacheOnlyIfCachedMiss, None, None);
        }
        self.stage = Stage::Actual(Box::new(actual));
    }

    /// Fetch §4.5 *HTTP-network-or-cache fetch*, step 8: the request with the fields that the
    /// browser adds.
    pub(super) fn http_request(
        &mut self,
        shared: &Shared,
        credentials: bool,
        cache_mode: CacheMode,
        now: SystemTime,
    ) -> Arc<message::Request> {
        let made = || Arc::new(self.request_without_cookies(shared, cache_mode));
        let mut request = match self.is_first() {
            true => Arc::clone(self.asked.actual.get_or_init(made)),
            false => made(),
        };
        let cookies = credentials.then(|| shared.cookies.cookies_for(&self.cookie_context(), now)).flatten();
        if let Some((names, value)) = cookies {
            Arc::make_mut(&mut request).fields.push("Cookie", value);
            self.notes.push(Note::CookiesSent(names));
        }
        request
    }

    fn request_without_cookies(&self, shared: &Shared, cache_mode: CacheMode) -> message::Request {
        let mut fields = self.headers.clone();
        let client = &self.asked().client;
        let requests = &shared.behaviour.requests;
        if requests.rewrites_range {
            let strict = fields.get("range").and_then(|value| strict_range(&value));
            if let Some(strict) = strict {
                fields.set("Range", strict);
            }
        }
        let asking = Asking {
            origin: client.origin(),
            serialized: self.serialized_origin(),
            is_cors: self.tainting == Tainting::Cors,
            mode: self.asked().mode,
            method: &self.method,
            url: self.url(),
            referrer_policy: if requests.origin_ignores_referrer_policy {
                ReferrerPolicy::UnsafeUrl
            } else {
                self.asked().referrer_policy
            },
        };
        if let Some(origin) = origin_header(&asking) {
            fields.push("Origin", origin.to_owned());
        }
        let mode = match self.asked().mode {
            Mode::Cors => "cors",
            Mode::NoCors => "no-cors",
            Mode::SameOrigin => "same-origin",
        };
        let destination = self.asked().initiator.destination();
        wire::append_fetch_metadata(&mut fields, client, &self.urls, destination, mode);
        if !self.prevent_cache_control {
            wire::append_cache_mode(&mut fields, cache_mode);
        }
        if fields.contains("range") && !fields.contains("accept-encoding") {
            fields.push("Accept-Encoding", "identity");
        }
        message::Request {
            method: self.method.to_string(),
            url: wire::target(self.url()),
            fields,
            body: self.body.as_ref().map(|body| body.bytes.clone()).unwrap_or_default(),
        }
    }

    /// Fetch §4.5 *HTTP-network-or-cache fetch*, step 10: a response from the network, which
    /// may say that a stored one still holds, and may be stored.
    pub(super) fn network_response(
        &mut self,
        shared: &mut Shared,
        now: SystemTime,
        response: message::Response,
        actual: Actual,
    ) {
        self.process_fields(shared, &response, actual.outgoing.credentials, now);
        let Some(cache) = &mut shared.http_cache else {
            self.notes.push(Note::ServedByNetwork);
            return self.response(shared, &response);
        };
        let sent = actual.unconditional.as_ref().unwrap_or(&actual.outgoing.request);
        let credentials = actual.outgoing.credentials;
        if !is_safe_method(&self.method)
            && let Some(key) = cache.key(&self.asked().client, credentials, self.url())
        {
            cache.engine.invalidate(&key, &self.method, &response);
        }
        let Some(key) = &actual.key else {
            self.notes.push(Note::ServedByNetwork);
            return self.response(shared, &response);
        };
        if response.status == 304 && actual.validated.is_some() {
            if let Some(stored) = cache.engine.freshen(key, sent, &response, actual.at, now) {
                self.notes.push(Note::ServedByValidation(cache.describe(&stored, key, now)));
                let response = stored.shaped(sent);
                return self.response(shared, &response);
            }
            // It speaks of none that is stored: the request is made again, without conditions.
            if let Some(request) = actual.unconditional {
                let outgoing = Outgoing { request, validating: false, ..actual.outgoing };
                let again = Actual { outgoing, unconditional: None, validated: None, ..actual };
                self.stage = Stage::Actual(Box::new(again));
                return;
            }
        }
        self.notes.push(Note::ServedByNetwork);
        let withheld = self.tainting == Tainting::Cors && self.cors_check(&response).is_err();
        let ranged = sent.fields.contains("range");
        let whole = !ranged && sent.method == "GET";
        let dropped =
            ranged && actual.validated.is_some() && response.status == 200 && cache.whole_for_part_drops();
        let decision = if dropped || withheld && !cache.keeps_withheld(response.status) {
            None
        } else {
            let origin = sent.fields.text("origin");
            let tag = cache.tag(origin.as_deref());
            Some(cache.engine.store(key, sent, response.clone(), actual.at, now, tag))
        };
        match decision {
            Some(StoreDecision::Stored(_)) => self.notes.push(Note::Stored),
            Some(StoreDecision::Freshened(_)) => {}
            Some(StoreDecision::Refused(_)) | None => {
                if dropped || whole && cache.unstored_replaces() {
                    cache.engine.remove(key);
                }
            }
        }
        self.response(shared, &response);
    }

    /// What a response asks of the browser besides: cookies to keep, site data to clear.
    pub(super) fn process_fields(
        &mut self,
        shared: &mut Shared,
        response: &message::Response,
        credentials: bool,
        now: SystemTime,
    ) {
        if credentials {
            let stored = shared.cookies.store(&self.cookie_context(), response, now);
            if !stored.names.is_empty() {
                self.notes.push(Note::CookiesStored(stored.names));
            }
            self.notes
                .extend(stored.refused.into_iter().map(|(name, why)| Note::CookieRefused { name, why }));
        }
        let field = response.fields.text("clear-site-data");
        let followed = match shared.behaviour.http_cache.clear_site_data {
            ClearSiteData::Always => true,
            ClearSiteData::WithCredentials => credentials,
        };
        if field.is_none() || !followed || !is_potentially_trustworthy(self.url()) {
            return;
        }
        if asks_to_clear(field.as_deref(), "cookies") {
            shared.cookies.clear_site(self.url());
        }
        if let Some(cache) = shared.http_cache.as_mut().filter(|_| asks_to_clear(field.as_deref(), "cache")) {
            cache.clear_origin(self.url());
        }
    }

    /// A stored response that is used without asking.
    pub(super) fn cached_response(&mut self, shared: &mut Shared, response: &message::Response) {
        let permanent = matches!(response.status, 301 | 308);
        self.response(shared, response);
        if permanent && matches!(self.stage, Stage::Main) {
            self.reload_next = shared.behaviour.http_cache.permanent_redirect_reloads_target;
        }
    }

    /// Fetch §4.5 *HTTP-network-or-cache fetch*, step 8.24.2.1: a stale stored response that is
    /// used, and validated in the background.
    pub(super) fn stale_response(&mut self, shared: &mut Shared, response: &message::Response) {
        let mut later = self.clone();
        later.notes.clear();
        later.cache = CacheMode::NoCache;
        later.prevent_cache_control = true;
        later.stage = Stage::Main;
        let withheld = self.tainting == Tainting::Cors && self.cors_check(response).is_err();
        if !withheld || shared.behaviour.http_cache.revalidates_withheld {
            self.notes.push(Note::ValidatedLater);
            shared.background.push(later);
        }
        self.cached_response(shared, response);
    }

    pub(super) fn cookie_context(&self) -> cookies::Context<'_> {
        let client = &self.asked().client;
        cookies::Context {
            url: self.url(),
            top_level_site: client.network_partition_key(),
            through_other_sites: client.has_cross_site_ancestor() || self.taint == RedirectTaint::CrossSite,
        }
    }

    /// Fetch §4.5 *HTTP-network-or-cache fetch*, steps 8.10 and 8.11: what `Referer` says.
    pub(super) fn referrer(&self) -> Option<Arc<str>> {
        referrer(&self.asked().client, self.asked().referrer_policy, self.url()).map(Arc::from)
    }

    /// Fetch §4.5 *HTTP-network-or-cache fetch*, step 8.3: whether credentials go with it.
    pub(super) fn sends_credentials(&self) -> bool {
        match self.asked().credentials {
            Credentials::Include => true,
            Credentials::SameOrigin => self.tainting == Tainting::Basic,
            Credentials::Omit => false,
        }
    }

    /// Fetch §4.5 *HTTP-network-or-cache fetch*, step 8.15: a script's own conditions keep the
    /// cache out.
    pub(super) fn cache_mode(&self, behaviour: &Behaviour) -> CacheMode {
        if self.has_own_conditions() { behaviour.requests.own_conditions } else { self.cache }
    }

    pub(super) fn has_own_conditions(&self) -> bool {
        const CONDITIONS: [&str; 5] =
            ["if-modified-since", "if-none-match", "if-unmodified-since", "if-match", "if-range"];
        self.cache == CacheMode::Default
            && CONDITIONS.iter().any(|condition| self.headers.contains(condition))
    }
}
