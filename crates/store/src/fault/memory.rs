//! What a fault remembers from one request to the next.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use bytes::Bytes;
use crosscheck_core::message::{Fields, Response};

use super::{Fault, Incoming, Seam};

/// How many answers the cache in front of the store keeps.
const CACHED_MAX: usize = 1024;

/// How long an answer may be that it keeps, with its URL, in bytes.
const CACHED_LENGTH_MAX: usize = 16 * 1024;

/// What a fault remembers. Provisioning wipes it.
#[derive(Debug, Default)]
pub(in super::super) struct Memory {
    asked: AtomicU64,
    answered: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The CORS fields of the last allowed answer.
    leaked: Fields,
    /// The last allowed origin.
    origin: Option<Bytes>,
    /// Whether the last request with an origin was allowed.
    verdict: Option<bool>,
    /// Answers by URL.
    cached: HashMap<String, (Instant, Response)>,
}

impl Memory {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything.
    pub(in super::super) fn wipe(&self) {
        *self.kept() = Kept::default();
        self.asked.store(0, Ordering::Relaxed);
        self.answered.store(0, Ordering::Relaxed);
    }

    /// Whether this is every third time.
    pub(super) fn is_third(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) % 3 == 2
    }

    /// What an answer carries that was not reset since the last allowed one.
    pub(super) fn leak(&self, fields: Fields, allowed: bool) -> Fields {
        let mut kept = self.kept();
        if allowed {
            kept.leaked.clone_from(&fields);
            return fields;
        }
        kept.leaked.clone()
    }

    /// Whether this answer is every second one.
    pub(super) fn is_second(&self) -> bool {
        self.answered.load(Ordering::Relaxed) % 2 == 1
    }

    /// Whether the last request with an origin was refused.
    pub(super) fn refused_before(&self) -> bool {
        self.kept().verdict == Some(false)
    }

    /// Whether the last request with an origin was allowed.
    pub(super) fn allowed_before(&self) -> bool {
        self.kept().verdict == Some(true)
    }

    /// Counts an answer, and keeps what an origin was told.
    pub(super) fn keep_verdict(&self, verdict: Option<bool>) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        if verdict.is_some() {
            self.kept().verdict = verdict;
        }
    }

    pub(super) fn keep_origin(&self, origin: Bytes) {
        self.kept().origin = Some(origin);
    }

    pub(super) fn kept_origin(&self) -> Option<Bytes> {
        self.kept().origin.clone()
    }
}

impl Seam<'_> {
    /// The answer that a cache in front of the store stored for this URL, even if for another page.
    pub(super) fn cached(&self, incoming: &Incoming) -> Option<Response> {
        if !self.is_cached(incoming) {
            return None;
        }
        let (since, mut response) = self.memory.kept().cached.get(&url(incoming)).cloned()?;
        response.fields.push("Age", since.elapsed().as_secs().to_string());
        response.fields.push("X-Cache", "HIT");
        Some(response)
    }

    /// Hands an answer to the cache in front of the store.
    pub(super) fn cache(&self, incoming: &Incoming, response: &Response) {
        if !matches!(self.fault, Some(Fault::CacheIgnoresVary | Fault::CacheStoresPreflights)) {
            return;
        }
        let mut kept = self.memory.kept();
        if !matches!(incoming.method.as_str(), "GET" | "HEAD" | "OPTIONS") {
            kept.cached.remove(&url(incoming));
            return;
        }
        let control = response.fields.text("cache-control").unwrap_or_default();
        let for_long = control.contains("max-age") && !control.contains("no-store");
        let short = response.body.len() + url(incoming).len() <= CACHED_LENGTH_MAX;
        let storable = short && response.status == 200 && (for_long || incoming.is_preflight());
        if storable && self.is_cached(incoming) && kept.cached.len() < CACHED_MAX {
            kept.cached.entry(url(incoming)).or_insert_with(|| (Instant::now(), response.clone()));
        }
    }

    fn is_cached(&self, incoming: &Incoming) -> bool {
        let whole = !["range", "if-none-match", "if-modified-since", "cache-control"]
            .iter()
            .any(|name| incoming.fields.contains(name));
        match self.fault {
            Some(Fault::CacheIgnoresVary) => incoming.method == "GET" && whole,
            Some(Fault::CacheStoresPreflights) => incoming.is_preflight(),
            _ => false,
        }
    }
}

fn url(incoming: &Incoming) -> String {
    format!("{}?{}", incoming.path, incoming.query.as_deref().unwrap_or_default())
}
