use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::Arc,
    time::{Duration, SystemTime},
};

use url::{Position, Url};

use super::{
    Model, NotStored, Stored,
    directives::{Extent, MaxStale, RequestDirectives, ResponseDirectives},
    invalidation, storage, validation,
};
use crate::message::{Fields, Request, Response};

/// An HTTP cache (RFC 9111) of one [`Model`]. Cloning copies no response.
#[derive(Clone, Debug)]
pub struct Cache {
    model: Model,
    /// The stored responses of each cache key, the last stored last.
    entries: HashMap<Key, Vec<Arc<Stored>>>,
}

/// A cache key (RFC 9111 §2). The fragment of the URL is no part of it.
#[derive(Clone, Debug)]
pub struct Key {
    /// Whose requests share stored responses: a browser's network partition key as text,
    /// empty in a shared cache.
    pub partition: String,
    /// The target URI.
    pub url: Url,
}

impl Key {
    fn resource(&self) -> &str {
        &self.url[..Position::AfterQuery]
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.resource() == other.resource() && self.partition == other.partition
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.partition.hash(state);
        self.resource().hash(state);
    }
}

/// How a request wants to use a cache; what Fetch's cache modes need. With `no-store` and
/// `reload` the cache is not asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LookupMode {
    /// A fresh stored response is used, a stale one validated.
    #[default]
    Default,
    /// A stored response is always validated.
    NoCache,
    /// Any stored response is used, fresh or stale.
    ForceCache,
    /// The same, and nothing is asked where there is none.
    OnlyIfCached,
}

/// What a cache has for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Nothing.
    Miss,
    /// A stored response that is used without asking.
    Fresh(Arc<Stored>),
    /// A stored response that must be validated.
    Stale {
        /// The stored response.
        stored: Arc<Stored>,
        /// The fields to add to the request; empty where it cannot be validated.
        conditional: Fields,
        /// It may be used now, and validated meanwhile (RFC 5861 §3).
        while_revalidate: bool,
    },
    /// Stored responses, but for requests with other values of the fields that `Vary`
    /// nominates. None may be used unless a 304 says so.
    VaryMismatch {
        /// The last stored of them.
        stored: Arc<Stored>,
        /// The fields to add to the request; empty where it should be sent as it is.
        conditional: Fields,
    },
}

/// What became of a response that was offered for storing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreDecision {
    /// It is stored.
    Stored(Arc<Stored>),
    /// It is not stored, but brought a stored response up to date (HEAD, RFC 9111 §4.3.5).
    Freshened(Arc<Stored>),
    /// It is not stored.
    Refused(NotStored),
}

impl Cache {
    /// An empty cache.
    pub fn new(model: Model) -> Self {
        Self { model, entries: HashMap::new() }
    }

    /// Its configuration.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What there is for this request at `now` (RFC 9111 §4). Changes nothing.
    pub fn lookup(&self, key: &Key, request: &Request, mode: LookupMode, now: SystemTime) -> Lookup {
        let Some(entry) = self.entries.get(key) else { return Lookup::Miss };
        let head = match request.method.as_str() {
            "GET" => false,
            "HEAD" => true,
            _ => return Lookup::Miss,
        };
        let serves = |stored: &&Arc<Stored>| {
            if head { stored.head || self.model.head_from_get } else { !stored.head }
        };
        let Some(chosen) = self.choose(entry, request, serves) else {
            let Some(last) = entry.iter().rev().find(serves) else { return Lookup::Miss };
            if mode == LookupMode::OnlyIfCached {
                return Lookup::Miss;
            }
            let conditional = if self.model.validate_across_variants {
                validation::conditional(entry.iter().filter(serves).map(AsRef::as_ref))
            } else {
                Fields::new()
            };
            return Lookup::VaryMismatch { stored: Arc::clone(last), conditional };
        };
        let stored = Arc::clone(chosen);
        if matches!(mode, LookupMode::ForceCache | LookupMode::OnlyIfCached) {
            return Lookup::Fresh(stored);
        }
        if mode == LookupMode::Default && self.may_reuse(chosen, request, now) {
            return Lookup::Fresh(stored);
        }
        let window = chosen.directives.stale_while_revalidate.map_or(Duration::ZERO, Duration::from_secs);
        let while_revalidate = mode == LookupMode::Default
            && self.model.stale_while_revalidate
            && chosen.may_be_stale(&self.model)
            && !chosen.is_fresh(now)
            && chosen.staleness(now) < window;
        Lookup::Stale { conditional: validation::conditional([chosen.as_ref()]), stored, while_revalidate }
    }

    /// RFC 9111 §4.1: of the stored responses that match, the most recent by `Date`; those with
    /// a `Vary` before those without.
    fn choose<'a>(
        &self,
        entry: &'a [Arc<Stored>],
        request: &Request,
        serves: impl Fn(&&'a Arc<Stored>) -> bool,
    ) -> Option<&'a Arc<Stored>> {
        entry
            .iter()
            .filter(serves)
            .filter(|stored| stored.nominated.matches(&request.fields))
            .max_by_key(|stored| (!stored.nominated.is_empty(), stored.date))
    }

    /// Whether a stored response is used without validation.
    fn may_reuse(&self, stored: &Stored, request: &Request, now: SystemTime) -> bool {
        if stored.directives.no_cache == Extent::Whole || stored.invalid {
            return false;
        }
        if self.model.response_pragma && says_pragma_no_cache(&stored.response.fields) {
            return false;
        }
        let asked = if self.model.request_directives {
            RequestDirectives::parse(&request.fields)
        } else {
            RequestDirectives::default()
        };
        if asked.no_cache {
            return false;
        }
        let age = stored.age(now);
        if asked.max_age.is_some_and(|limit| age > Duration::from_secs(limit)) || asked.max_age == Some(0) {
            return false;
        }
        let wanted = asked.min_fresh.map_or(Duration::ZERO, Duration::from_secs);
        if stored.is_fresh(now) {
            return stored.lifetime.saturating_sub(age) >= wanted;
        }
        let accepted = match asked.max_stale {
            Some(MaxStale::Any) => true,
            Some(MaxStale::Seconds(limit)) => stored.staleness(now) <= Duration::from_secs(limit),
            None => false,
        };
        accepted && wanted.is_zero() && stored.may_be_stale(&self.model)
    }

    /// Stores a response, if it may be stored (RFC 9111 §3), in place of the one that would
    /// have been chosen for the same request.
    ///
    /// `requested_at` and `received_at` are when the request was sent and the response came;
    /// `tag` is the caller's mark.
    pub fn store(
        &mut self,
        key: &Key,
        request: &Request,
        response: impl Into<Arc<Response>>,
        requested_at: SystemTime,
        received_at: SystemTime,
        tag: u64,
    ) -> StoreDecision {
        let response = response.into();
        let directives = ResponseDirectives::parse(&response.fields);
        if let Err(reason) = storage::may_store(&self.model, request, &response, &directives) {
            return StoreDecision::Refused(reason);
        }
        let response = storage::storable(&self.model, response, &directives);
        let stored =
            Arc::new(Stored::new(&self.model, request, response, directives, requested_at, received_at, tag));
        self.put(key, Arc::clone(&stored));
        StoreDecision::Stored(stored)
    }

    fn put(&mut self, key: &Key, stored: Arc<Stored>) {
        let variants = self.model.variants.max(1);
        match self.entries.get_mut(key) {
            Some(entry) => {
                if variants == 1 {
                    entry.clear();
                } else {
                    entry.retain(|old| old.head != stored.head || old.nominated != stored.nominated);
                    while entry.len() >= variants {
                        entry.remove(0);
                    }
                }
                entry.push(stored);
            }
            None => {
                self.entries.insert(key.clone(), vec![stored]);
            }
        }
    }

    /// RFC 9111 §4.3.4: brings the stored response of which a 304 speaks up to date, and
    /// returns it. From then on it is the one for this request's nominated fields. `None`
    /// where the 304 fits no stored response: the request must be sent again without
    /// preconditions.
    pub fn freshen(
        &mut self,
        key: &Key,
        request: &Request,
        not_modified: &Response,
        requested_at: SystemTime,
        received_at: SystemTime,
    ) -> Option<Arc<Stored>> {
        let entry = self.entries.get(key)?;
        let fits = |stored: &&Arc<Stored>| validation::confirms(&not_modified.fields, stored);
        let old = self
            .choose(entry, request, fits)
            .or_else(|| {
                let across = self.model.validate_across_variants;
                entry.iter().filter(|_| across).filter(fits).max_by_key(|stored| stored.date)
            })
            .cloned()?;
        let response = validation::updated(&self.model, &old.response, not_modified);
        let directives = ResponseDirectives::parse(&response.fields);
        let mut stored = Stored::new(
            &self.model,
            request,
            Arc::new(response),
            directives,
            requested_at,
            received_at,
            old.tag,
        );
        stored.head = old.head;
        let stored = Arc::new(stored);
        self.put(key, Arc::clone(&stored));
        Some(stored)
    }

    /// RFC 9111 §4.4: forgets what an answer to an unsafe method makes invalid.
    pub fn invalidate(&mut self, key: &Key, method: &str, response: &Response) {
        if invalidation::invalidates(&self.model, method, response) {
            self.entries.remove(key);
        }
    }
}

fn says_pragma_no_cache(fields: &Fields) -> bool {
    !fields.contains("cache-control")
        && fields.lines("pragma").any(|line| line.trim_ascii().eq_ignore_ascii_case(b"no-cache"))
}
