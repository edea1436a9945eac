//! One request on its way: the states, and the steps from one to the next.

mod main_fetch;
mod network;
mod preflighted;
mod response;

use std::{sync::Arc, time::SystemTime};

use smol_str::SmolStr;
use url::Url;

use super::{Asked, Blocked, NetworkError, Note, Outcome, Outgoing, Purpose, Shared};
use crate::{
    caching::{Key, Stored},
    fetch::{
        body::Body,
        modes::{CacheMode, Credentials},
        preflight_cache,
        profile::{Behaviour, ClearedBy},
        reason::Reason,
        redirect::RedirectTaint,
        request::Request,
        safelist::unsafe_request_header_names_by,
    },
    message::{self, Fields},
};

/// For how many notes there is room from the beginning: a request with a preflight has so many.
const NOTES: usize = 6;

/// One request on its way.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// What the page asked for.
    asked: Arc<Asked>,
    /// The cache mode, which is another than was asked for in the background.
    cache: CacheMode,
    method: SmolStr,
    headers: Fields,
    /// The CORS-unsafe request-header names of `headers`.
    unsafe_names: Arc<[String]>,
    body: Option<Body>,
    use_preflight: bool,
    /// Fetch's *URL list*; never empty.
    urls: Vec<Url>,
    tainting: Tainting,
    taint: RedirectTaint,
    /// Whether main fetch chose a preflight at this hop or an earlier one.
    preflighted: bool,
    /// The CORS-unsafe request-header names when the request was made, without those dropped since.
    sticky_names: Arc<[String]>,
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
    names: Arc<[String]>,
    /// The origin that it carries, and against which its answer is checked.
    origin: SmolStr,
    /// Where the CORS-preflight cache will keep its answer.
    key: Option<preflight_cache::Key>,
}

/// An actual request under way.
#[derive(Clone, Debug)]
struct Actual {
    outgoing: Outgoing,
    /// The request without the conditions that the cache added.
    unconditional: Option<Arc<message::Request>>,
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
    pub(super) fn new(asked: Arc<Asked>) -> Self {
        Self {
            cache: asked.request.cache,
            method: SmolStr::default(),
            headers: Fields::new(),
            unsafe_names: Arc::clone(&asked.unsafe_names),
            body: None,
            use_preflight: false,
            urls: vec![asked.request.url.clone()],
            tainting: Tainting::Basic,
            taint: RedirectTaint::SameOrigin,
            preflighted: false,
            sticky_names: Arc::clone(&asked.unsafe_names),
            had_unsafe_names: !asked.unsafe_names.is_empty(),
            reload_next: false,
            prevent_cache_control: false,
            notes: Vec::with_capacity(NOTES),
            stage: Stage::New,
            asked,
        }
    }

    fn asked(&self) -> &Request {
        &self.asked.request
    }

    pub(super) fn notes(&self) -> &[Note] {
        &self.notes
    }

    pub(super) fn outcome(&self) -> Option<&Outcome> {
        match &self.stage {
            Stage::Done(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// What to send next; `None`: it is over.
    pub(super) fn next(&mut self, shared: &mut Shared, now: SystemTime) -> Option<Outgoing> {
        loop {
            match &self.stage {
                Stage::New => self.prepare(shared),
                Stage::Main => self.main_fetch(shared, now),
                Stage::Network => self.network(shared, now),
                Stage::Preflight(preflight) => return Some(preflight.outgoing.clone()),
                Stage::Actual(actual) => return Some(actual.outgoing.clone()),
                Stage::Done(_) => return None,
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
                Err(error) => {
                    let (reason, purpose) = (Reason::PreflightNetworkError, Some(Purpose::Preflight));
                    self.fail_with(shared, reason, Some(error.0), None, purpose);
                }
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
        let asked = Arc::clone(&self.asked);
        match &asked.made {
            Ok(made) => {
                self.method = made.method.as_str().into();
                self.headers = made.headers.clone();
                self.body.clone_from(&made.body);
                self.use_preflight = made.use_preflight;
                self.stage = Stage::Main;
            }
            Err(refusal) => self.fail(shared, refusal.reason, Some(refusal.subject.clone()), None),
        }
    }

    /// Drops headers that a redirect takes away.
    fn drop_headers(&mut self, behaviour: &Behaviour, names: &[&str]) {
        for name in names {
            self.headers.remove(name);
        }
        if self.unsafe_names.iter().any(|unsafe_name| names.contains(&unsafe_name.as_str())) {
            self.unsafe_names = unsafe_request_header_names_by(&self.headers, &behaviour.safelist).into();
        }
        if self.sticky_names.iter().any(|sticky| names.contains(&sticky.as_str())) {
            let kept = self.sticky_names.iter().filter(|sticky| !names.contains(&sticky.as_str()));
            self.sticky_names = kept.cloned().collect();
        }
    }

    /// Whether this is what was asked for at first: no redirect was followed, and no stored
    /// response is validated in the background.
    fn is_first(&self) -> bool {
        self.urls.len() == 1 && !self.prevent_cache_control
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
            let origin = self.preflight_origin(shared.behaviour);
            let key = shared.preflights.key(&self.asked().client, origin, self.url());
            if key.is_some_and(|key| shared.preflights.clear(&key)) {
                self.notes.push(Note::PreflightCacheCleared(self.url().clone()));
            }
        }
        self.notes.push(Note::Failed(reason));
        let url = self.url().clone();
        self.stage = Stage::Done(Outcome::Blocked(Blocked { reason, url, subject, status, purpose }));
    }

    fn url(&self) -> &Url {
        self.urls.last().unwrap_or(&self.asked.request.url)
    }

    /// The URL that redirected to the current one.
    fn redirected_from(&self) -> Option<Arc<Url>> {
        let before = self.urls.len().checked_sub(2)?;
        self.urls.get(before).cloned().map(Arc::new)
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
            RedirectTaint::SameOrigin => self.asked().client.serialized_origin(),
            RedirectTaint::SameSite | RedirectTaint::CrossSite => "null",
        }
    }

    /// The origin that a preflight carries, and under which its answer is kept.
    fn preflight_origin(&self, behaviour: &Behaviour) -> &str {
        if behaviour.preflight.origin_is_never_tainted {
            self.asked().client.serialized_origin()
        } else {
            self.serialized_origin()
        }
    }

    /// Whether the credentials mode is `include`, which the CORS protocol asks for.
    fn includes(&self) -> bool {
        self.asked().credentials == Credentials::Include
    }
}
