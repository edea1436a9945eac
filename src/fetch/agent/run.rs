//! One request on its way: the states, and the steps from one to the next.

use std::{sync::Arc, time::SystemTime};

use url::Url;

use super::{
    Blocked, NetworkError, Next, Note, Opaque, OpaqueKind, Outcome, Outgoing, PreflightCause, Purpose,
    Readable, ReadableKind, Shared, http_cache::asks_to_clear, wire,
};
use crate::{
    caching::{Key, Lookup, LookupMode, StoreDecision, Stored},
    fetch::{
        body::Body,
        cookies, corp,
        cors_check::{CorsCheckFailure, cors_check},
        data_url, filter,
        header::{NON_WILDCARD_HEADER, REQUEST_BODY_HEADERS},
        integrity, method,
        origin::{is_ip_address, is_potentially_trustworthy},
        origin_header::{Asking, origin_header},
        ports::is_bad_port,
        preflight::{Asked, max_age, preflight_check, preflight_request},
        preflight_cache::{self, Wanted},
        profile::{Behaviour, ClearSiteData, ClearedBy},
        reason::Reason,
        redirect::{self, Location, RedirectTaint, Redirected},
        request::{
            CacheMode, Credentials, Initiator, Mode, RedirectMode, ReferrerPolicy, Request, strict_range,
        },
        safelist::unsafe_request_header_names_by,
        status,
    },
    message::{self, Fields},
};

/// One request on its way.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// What the page asked for.
    asked: Request,
    method: String,
    headers: Fields,
    body: Option<Body>,
    use_preflight: bool,
    /// Fetch's *URL list*; never empty.
    urls: Vec<Url>,
    tainting: Tainting,
    taint: RedirectTaint,
    /// Whether main fetch chose a preflight at this hop or an earlier one.
    preflighted: bool,
    /// The CORS-unsafe request-header names when the request was made, without those dropped since.
    sticky_names: Vec<String>,
    /// Whether there were any.
    had_unsafe_names: bool,
    /// Whether the next request passes by the stored responses, because a stored redirect led to it.
    reload_next: bool,
    /// Fetch's *prevent no-cache cache-control header modification flag*.
    prevent_cache_control: bool,
    notes: Vec<Note>,
    stage: Stage,
}

/// Fetch §2.2.5 *response tainting*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tainting {
    Basic,
    Cors,
    Opaque,
}

/// Where a request stands.
#[derive(Clone, Debug)]
enum Stage {
    /// Nothing was decided.
    New,
    /// Before Fetch §4.1 *main fetch* of the current URL.
    Main,
    /// The preflight was sent.
    Preflight(Box<Preflight>),
    /// Before Fetch §4.5 *HTTP-network-or-cache fetch*.
    Network,
    /// The actual request was sent.
    Actual(Box<Actual>),
    /// It is over.
    Done(Outcome),
}

/// A preflight under way.
#[derive(Clone, Debug)]
struct Preflight {
    outgoing: Outgoing,
    /// The CORS-unsafe request-header names that it asks for.
    names: Vec<String>,
    /// The origin that it carries, and against which its answer is checked.
    origin: String,
    /// Where the CORS-preflight cache will keep its answer.
    key: Option<preflight_cache::Key>,
}

/// An actual request under way.
#[derive(Clone, Debug)]
struct Actual {
    outgoing: Outgoing,
    /// The request without the conditions that the cache added.
    unconditional: Option<message::Request>,
    /// When it was sent.
    at: SystemTime,
    /// Under which key its response is stored; `None` where none is.
    key: Option<Key>,
    /// The stored response that is validated.
    validated: Option<Arc<Stored>>,
}

/// A URL for what has none.
pub(super) fn about_blank() -> Url {
    // The one URL that is known to parse; were it not to, nothing else would.
    Url::parse("about:blank").unwrap_or_else(|_| unreachable!("about:blank is a URL"))
}

impl Run {
    pub(super) fn new(asked: Request) -> Self {
        Self {
            method: String::new(),
            headers: Fields::new(),
            body: None,
            use_preflight: false,
            urls: vec![asked.url.clone()],
            tainting: Tainting::Basic,
            taint: RedirectTaint::SameOrigin,
            preflighted: false,
            sticky_names: Vec::new(),
            had_unsafe_names: false,
            reload_next: false,
            prevent_cache_control: false,
            notes: Vec::new(),
            stage: Stage::New,
            asked,
        }
    }

    pub(super) fn notes(&self) -> &[Note] {
        &self.notes
    }

    pub(super) fn next(&mut self, shared: &mut Shared, now: SystemTime) -> Next {
        loop {
            match &self.stage {
                Stage::New => self.prepare(shared),
                Stage::Main => self.main_fetch(shared, now),
                Stage::Network => self.network(shared, now),
                Stage::Preflight(preflight) => return Next::Send(preflight.outgoing.clone()),
                Stage::Actual(actual) => return Next::Send(actual.outgoing.clone()),
                Stage::Done(outcome) => return Next::Done(outcome.clone()),
            }
        }
    }

    pub(super) fn receive(
        &mut self,
        shared: &mut Shared,
        now: SystemTime,
        received: Result<message::Response, NetworkError>,
    ) {
        match std::mem::replace(&mut self.stage, Stage::Main) {
            Stage::Preflight(preflight) => match received {
                Ok(response) => self.preflight_answer(shared, now, &response, *preflight),
                Err(error) => self.fail(shared, Reason::PreflightNetworkError, Some(error.0), None),
            },
            Stage::Actual(actual) => match received {
                Ok(response) => self.network_response(shared, now, response, *actual),
                Err(error) => self.fail(shared, Reason::NetworkError, Some(error.0), None),
            },
            other => self.stage = other,
        }
    }

    /// Fetch §5.4 `new Request()`.
    fn prepare(&mut self, shared: &mut Shared) {
        match self.asked.prepare(shared.behaviour) {
            Ok(prepared) => {
                self.method = prepared.method;
                self.headers = prepared.headers;
                self.body = prepared.body;
                self.use_preflight = prepared.use_preflight;
                self.sticky_names = unsafe_request_header_names_by(&self.headers, &shared.behaviour.safelist);
                self.had_unsafe_names = !self.sticky_names.is_empty();
                self.stage = Stage::Main;
            }
            Err(refusal) => self.fail(shared, refusal.reason, Some(refusal.subject), None),
        }
    }

    /// Fetch §4.1 *main fetch* up to the choice of what kind of request it is.
    fn main_fetch(&mut self, shared: &mut Shared, now: SystemTime) {
        self.upgrade();
        let client = &self.asked.client;
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
        match self.asked.mode {
            Mode::SameOrigin => self.fail(shared, Reason::RequestModeSameOrigin, None, None),
            Mode::NoCors if self.asked.redirect != RedirectMode::Follow => {
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
    fn data_url(&mut self, shared: &mut Shared) {
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
    fn upgrade(&mut self) {
        let url = self.url();
        let upgradable = self.asked.initiator == Initiator::Image
            && url.scheme() == "http"
            && self.asked.client.prohibits_mixed_content()
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

    /// Fetch §4.1 *main fetch*, the last two cases, and §4.3 *HTTP fetch* up to step 4.1: a
    /// CORS request, with a preflight where it needs one and the cache does not know better.
    fn cors_fetch(&mut self, shared: &mut Shared, now: SystemTime) {
        let behaviour = shared.behaviour;
        let sticks = behaviour.preflight.sticks_to_redirects;
        let names = if sticks {
            self.sticky_names.clone()
        } else {
            unsafe_request_header_names_by(&self.headers, &behaviour.safelist)
        };
        let mut causes = Vec::new();
        let scripted = self.asked.initiator.is_unsafe();
        if scripted && !method::is_safelisted(&self.method) {
            causes.push(PreflightCause::Method(self.method.clone()));
        }
        if scripted && !names.is_empty() {
            causes.push(PreflightCause::Headers(names.clone()));
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
        let origin = if behaviour.preflight.origin_is_never_tainted {
            self.asked.client.serialized_origin().to_owned()
        } else {
            self.serialized_origin().to_owned()
        };
        let key = shared.preflights.key(&self.asked.client, &origin, self.url());
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
    fn preflight(&self, shared: &Shared, names: &[String], origin: &str) -> Outgoing {
        let mut request = preflight_request(wire::target(self.url()), &self.method, names);
        let fields = &mut request.fields;
        fields.push("Origin", origin.to_owned());
        let destination = self.asked.initiator.destination();
        wire::append_fetch_metadata(fields, &self.asked.client, &self.urls, destination, "cors");
        let cache_mode = self.cache_mode(shared.behaviour);
        if shared.behaviour.preflight.carries_cache_mode.contains(&cache_mode) {
            wire::append_cache_mode(fields, cache_mode);
        }
        Outgoing { purpose: Purpose::Preflight, request, credentials: false, validating: false }
    }

    /// Fetch §4.9 *CORS-preflight fetch*, step 7.
    fn preflight_answer(
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
                allowed.methods = Some(vec![self.method.clone()]);
            }
            shared.preflights.store(key, &allowed, self.includes(), seconds, now);
        }
        self.notes.push(Note::PreflightAllowed { max_age });
        self.stage = Stage::Network;
    }

    /// Fetch §4.5 *HTTP-network-or-cache fetch*, up to the network.
    fn network(&mut self, shared: &mut Shared, now: SystemTime) {
        let credentials = self.sends_credentials();
        let mut mode = self.cache_mode(shared.behaviour);
        let request = self.http_request(shared, credentials, mode, now);
        let key = shared
            .http_cache
            .as_ref()
            .and_then(|cache| cache.key(&self.asked.client, credentials, self.url()));
        let bypassed = key.is_none() || self.has_own_conditions();
        if bypassed && mode != CacheMode::OnlyIfCached {
            mode = CacheMode::NoStore;
        }
        let reload = std::mem::take(&mut self.reload_next);
        let mut actual = Actual {
            outgoing: Outgoing { purpose: self.purpose(), request, credentials, validating: false },
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
                    let response = as_stored(&stored, &actual.outgoing.request, now);
                    return self.cached_response(shared, &response);
                }
                Lookup::Stale { stored, while_revalidate: true, .. } => {
                    self.notes.push(Note::ServedByCache(cache.describe(&stored, key, now)));
                    let response = as_stored(&stored, &actual.outgoing.request, now);
                    return self.stale_response(shared, &response);
                }
                Lookup::Stale { stored, conditional, .. } | Lookup::VaryMismatch { stored, conditional } => {
                    if !conditional.is_empty() {
                        self.notes.push(Note::Validating(cache.describe(&stored, key, now)));
                        actual.unconditional = Some(actual.outgoing.request.clone());
                        for field in &conditional {
                            actual.outgoing.request.fields.push(field.name.clone(), field.value.clone());
                        }
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
    fn http_request(
        &mut self,
        shared: &Shared,
        credentials: bool,
        cache_mode: CacheMode,
        now: SystemTime,
    ) -> message::Request {
        let mut fields = self.headers.clone();
        let client = &self.asked.client;
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
            mode: self.asked.mode,
            method: &self.method,
            url: self.url(),
            referrer_policy: if requests.origin_ignores_referrer_policy {
                ReferrerPolicy::UnsafeUrl
            } else {
                self.asked.referrer_policy
            },
        };
        if let Some(origin) = origin_header(&asking) {
            fields.push("Origin", origin.to_owned());
        }
        let mode = match self.asked.mode {
            Mode::Cors => "cors",
            Mode::NoCors => "no-cors",
            Mode::SameOrigin => "same-origin",
        };
        let destination = self.asked.initiator.destination();
        wire::append_fetch_metadata(&mut fields, client, &self.urls, destination, mode);
        if !self.prevent_cache_control {
            wire::append_cache_mode(&mut fields, cache_mode);
        }
        if fields.contains("range") && !fields.contains("accept-encoding") {
            fields.push("Accept-Encoding", "identity");
        }
        let cookies = credentials.then(|| shared.cookies.cookies_for(&self.cookie_context(), now)).flatten();
        if let Some((names, value)) = cookies {
            fields.push("Cookie", value);
            self.notes.push(Note::CookiesSent(names));
        }
        message::Request {
            method: self.method.clone(),
            url: wire::target(self.url()),
            fields,
            body: self.body.as_ref().map(|body| body.bytes.clone()).unwrap_or_default(),
        }
    }

    /// Fetch §4.5 *HTTP-network-or-cache fetch*, step 10: a response from the network, which
    /// may say that a stored one still holds, and may be stored.
    fn network_response(
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
        if !method::is_safe(&self.method)
            && let Some(key) = cache.key(&self.asked.client, credentials, self.url())
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
                let response = as_stored(&stored, sent, now);
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
        if withheld && !cache.engine.model().keep_withheld {
            cache.engine.remove(key);
        } else {
            let origin = sent.fields.text("origin");
            let tag = cache.tag(origin.as_deref());
            let decision = cache.engine.store(key, sent, response.clone(), actual.at, now, tag);
            if matches!(decision, StoreDecision::Stored(_)) {
                self.notes.push(Note::Stored);
            }
        }
        self.response(shared, &response);
    }

    /// What a response asks of the browser besides: cookies to keep, site data to clear.
    fn process_fields(
        &mut self,
        shared: &mut Shared,
        response: &message::Response,
        credentials: bool,
        now: SystemTime,
    ) {
        if credentials {
            let names = shared.cookies.store(&self.cookie_context(), response, now);
            if !names.is_empty() {
                self.notes.push(Note::CookiesStored(names));
            }
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
    fn cached_response(&mut self, shared: &mut Shared, response: &message::Response) {
        let permanent = matches!(response.status, 301 | 308);
        self.response(shared, response);
        if permanent && matches!(self.stage, Stage::Main) {
            self.reload_next = shared.behaviour.http_cache.permanent_redirect_reloads_target;
        }
    }

    /// Fetch §4.5 *HTTP-network-or-cache fetch*, step 8.24.2.1: a stale stored response that is
    /// used, and validated in the background.
    fn stale_response(&mut self, shared: &mut Shared, response: &message::Response) {
        let mut later = self.clone();
        later.notes.clear();
        later.asked.cache = CacheMode::NoCache;
        later.prevent_cache_control = true;
        later.stage = Stage::Main;
        let withheld = self.tainting == Tainting::Cors && self.cors_check(response).is_err();
        if !withheld || shared.behaviour.http_cache.revalidates_withheld {
            self.notes.push(Note::ValidatedLater);
            shared.background.push(later);
        }
        self.cached_response(shared, response);
    }

    fn cors_check(&self, response: &message::Response) -> Result<(), CorsCheckFailure> {
        cors_check(self.serialized_origin(), self.includes(), response)
    }

    fn cookie_context(&self) -> cookies::Context<'_> {
        let client = &self.asked.client;
        cookies::Context {
            url: self.url(),
            top_level_site: client.network_partition_key(),
            through_other_sites: client.has_cross_site_ancestor() || self.taint == RedirectTaint::CrossSite,
        }
    }

    /// Fetch §4.3 *HTTP fetch*, from step 4.4: what becomes of a response.
    fn response(&mut self, shared: &mut Shared, response: &message::Response) {
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
            && !corp::allows(self.asked.client.origin(), self.url(), response)
        {
            let subject = response.fields.text("cross-origin-resource-policy");
            let reason = Reason::ResponseCrossOriginResourcePolicy;
            return self.fail_with(shared, reason, subject, Some(response.status), purpose);
        }
        if status::is_redirect(response.status) {
            match self.asked.redirect {
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
                    let same = shared.behaviour.requests.same_locations_are_one;
                    match redirect::location(response, self.url(), same) {
                        Location::Absent => {}
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
    fn redirect(&mut self, shared: &mut Shared, status: u16, target: Url) {
        let redirected = Redirected {
            origin: self.asked.client.origin(),
            mode: self.asked.mode,
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
            self.notes.push(Note::BecameGet(std::mem::replace(&mut self.method, "GET".into())));
            self.body = None;
            for name in REQUEST_BODY_HEADERS {
                self.headers.remove(name);
                self.sticky_names.retain(|sticky| sticky != name);
            }
        }
        if !wire::keeps_authorization(&from, &target) {
            if self.headers.contains(NON_WILDCARD_HEADER) {
                self.notes.push(Note::HeaderDropped("Authorization".into()));
            }
            self.headers.remove(NON_WILDCARD_HEADER);
            self.sticky_names.retain(|sticky| sticky != NON_WILDCARD_HEADER);
        }
        let before = self.taint;
        self.taint = redirect::taint(before, self.asked.client.origin(), &from, &target);
        if before == RedirectTaint::SameOrigin && self.taint != before {
            self.notes.push(Note::OriginTainted);
        }
        self.urls.push(target);
        self.stage = Stage::Main;
    }

    /// Fetch §4.1 *main fetch*, from step 14: the response, filtered.
    fn finish(&mut self, shared: &mut Shared, response: &message::Response) {
        let unreadable = self.tainting == Tainting::Opaque;
        if !self.asked.integrity.trim_ascii().is_empty()
            && (unreadable || !integrity::matches(&response.body, &self.asked.integrity))
        {
            let computed = integrity::computed(&response.body, &self.asked.integrity);
            let subject = computed.filter(|_| !unreadable).or_else(|| Some(self.asked.integrity.clone()));
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

    fn fail(&mut self, shared: &mut Shared, reason: Reason, subject: Option<String>, status: Option<u16>) {
        let purpose = match &self.stage {
            Stage::New => None,
            _ => Some(self.purpose()),
        };
        self.fail_with(shared, reason, subject, status, purpose);
    }

    /// Ends in a network error, and forgets of preflights what such an error makes doubtful.
    fn fail_with(
        &mut self,
        shared: &mut Shared,
        reason: Reason,
        subject: Option<String>,
        status: Option<u16>,
        purpose: Option<Purpose>,
    ) {
        let clears = match shared.behaviour.preflight_cache.cleared_by {
            ClearedBy::ErrorAfterPreflight => self.preflighted,
            ClearedBy::AnyError => self.tainting == Tainting::Cors,
            ClearedBy::Nothing => false,
        };
        if clears {
            let key = shared.preflights.key(&self.asked.client, self.serialized_origin(), self.url());
            if key.is_some_and(|key| shared.preflights.clear(&key)) {
                self.notes.push(Note::PreflightCacheCleared(self.url().clone()));
            }
        }
        self.notes.push(Note::Failed(reason));
        let url = self.url().clone();
        self.stage = Stage::Done(Outcome::Blocked(Blocked { reason, url, subject, status, purpose }));
    }

    fn url(&self) -> &Url {
        self.urls.last().unwrap_or(&self.asked.url)
    }

    fn purpose(&self) -> Purpose {
        match u8::try_from(self.urls.len() - 1) {
            Ok(0) => Purpose::Actual,
            Ok(hop) => Purpose::RedirectHop(hop),
            Err(_) => Purpose::RedirectHop(u8::MAX),
        }
    }

    /// Fetch §2.2.5 *serializing a request origin*.
    fn serialized_origin(&self) -> &str {
        match self.taint {
            RedirectTaint::SameOrigin => self.asked.client.serialized_origin(),
            RedirectTaint::SameSite | RedirectTaint::CrossSite => "null",
        }
    }

    /// Whether the credentials mode is `include`, which the CORS protocol asks for.
    fn includes(&self) -> bool {
        self.asked.credentials == Credentials::Include
    }

    /// Fetch §4.5 *HTTP-network-or-cache fetch*, step 8.3: whether credentials go with it.
    fn sends_credentials(&self) -> bool {
        match self.asked.credentials {
            Credentials::Include => true,
            Credentials::SameOrigin => self.tainting == Tainting::Basic,
            Credentials::Omit => false,
        }
    }

    /// Fetch §4.5 *HTTP-network-or-cache fetch*, step 8.15: a script's own conditions keep the
    /// cache out.
    fn cache_mode(&self, behaviour: &Behaviour) -> CacheMode {
        if self.has_own_conditions() { behaviour.requests.own_conditions } else { self.asked.cache }
    }

    fn has_own_conditions(&self) -> bool {
        const CONDITIONS: [&str; 5] =
            ["if-modified-since", "if-none-match", "if-unmodified-since", "if-match", "if-range"];
        self.asked.cache == CacheMode::Default
            && CONDITIONS.iter().any(|condition| self.headers.contains(condition))
    }
}

/// A stored response as the page gets it: with the `Age` that it came with, not the one that
/// it has.
fn as_stored(stored: &Stored, request: &message::Request, now: SystemTime) -> message::Response {
    let mut response = stored.answer(request, now);
    match stored.response.fields.get("age") {
        Some(age) => response.fields.set("Age", age),
        None => response.fields.remove("age"),
    }
    response
}
