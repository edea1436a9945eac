use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::Arc,
    time::{Duration, SystemTime},
};

use url::{Position, Url};

use super::{
    Model, NotStored, Preference, Ranges, Stored, VaryIn304,
    content::Content,
    directives::{Extent, MaxStale, RequestDirectives, ResponseDirectives},
    invalidation,
    partial::{self, Asked},
    storage,
    stored::Times,
    validation,
    vary::Nominated,
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
        if validation::is_for_origin_server(&request.fields) {
            return Lookup::Miss;
        }
        let asked = match self.model.ranges {
            Ranges::Whole => Asked::Whole,
            _ => Asked::of(&request.fields),
        };
        let serves = |stored: &&Arc<Stored>| match (head, stored.content) {
            (true, Content::Nothing) => true,
            (true, Content::Whole) => self.model.head_from_get,
            (true, Content::Part { .. }) | (false, Content::Nothing) => false,
            (false, _) => partial::serves(stored, &request.fields, asked),
        };
        let Some(chosen) = self.choose(entry, request, serves) else {
            return self.mismatch(entry, mode, serves);
        };
        let stored = Arc::clone(chosen);
        if matches!(mode, LookupMode::ForceCache | LookupMode::OnlyIfCached) {
            return Lookup::Fresh(stored);
        }
        if mode == LookupMode::Default && self.may_reuse(chosen, request, now) {
            return Lookup::Fresh(stored);
        }
        let window = chosen.directives.stale_while_revalidate.map_or(self.model.grace, Duration::from_secs);
        let while_revalidate = mode == LookupMode::Default
            && self.model.stale_while_revalidate
            && chosen.may_be_stale(&self.model)
            && !chosen.is_fresh(now)
            && chosen.staleness(now) < window;
        let conditional = self.or_by_date(validation::conditional([chosen.as_ref()]), chosen);
        Lookup::Stale { conditional, stored, while_revalidate }
    }

    /// RFC 9111 §4.1: stored responses, none of which matches by `Vary`.
    fn mismatch<'a>(
        &self,
        entry: &'a [Arc<Stored>],
        mode: LookupMode,
        serves: impl Fn(&&'a Arc<Stored>) -> bool,
    ) -> Lookup {
        let Some(last) = entry.iter().rev().find(&serves) else { return Lookup::Miss };
        if mode == LookupMode::OnlyIfCached {
            return Lookup::Miss;
        }
        let asked_of = entry.iter().filter(serves).filter(|stored| self.validates_across(stored));
        let mut conditional = validation::conditional(asked_of.map(AsRef::as_ref));
        if self.validates_across(last) {
            conditional = self.or_by_date(conditional, last);
        }
        Lookup::VaryMismatch { stored: Arc::clone(last), conditional }
    }

    /// Preconditions; where there are none, by the `Date` of a stored response, if the model does that.
    fn or_by_date(&self, mut conditional: Fields, stored: &Stored) -> Fields {
        if conditional.is_empty() && self.model.date_validates {
            conditional.push("If-Modified-Since", httpdate::fmt_http_date(stored.date));
        }
        conditional
    }

    /// Whether a stored response that a request does not fit by `Vary` is validated for it.
    fn validates_across(&self, stored: &Stored) -> bool {
        if stored.nominated.is_any() { self.model.validate_star } else { self.model.validate_across_variants }
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
        let at = Times { requested_at, received_at };
        if request.method == "HEAD"
            && self.model.head_forgets_variants
            && !response.fields.contains("vary")
            && let Some(entry) = self.entries.get_mut(key)
        {
            entry.retain(|stored| stored.nominated.is_empty());
        }
        if request.method == "HEAD"
            && self.model.head_freshens
            && let Some(freshened) = self.freshen_by_head(key, request, &response, at)
        {
            return StoreDecision::Freshened(freshened);
        }
        let directives = ResponseDirectives::parse(&response.fields);
        if let Err(reason) = storage::may_store(&self.model, request, &response, &directives) {
            return StoreDecision::Refused(reason);
        }
        let response = storage::storable(&self.model, response, &directives);
        let mut stored = Stored::new(&self.model, request, response, directives, at, tag);
        if stored.response.status == 206
            && let Some(combined) = self.combine(key, request, &stored)
        {
            let directives = ResponseDirectives::parse(&combined.fields);
            stored = Stored::new(&self.model, request, Arc::new(combined), directives, at, tag);
        }
        if !self.model.store_stale && !stored.is_fresh(received_at) {
            return StoreDecision::Refused(NotStored::Stale);
        }
        let stored = Arc::new(stored);
        self.put(key, Arc::clone(&stored));
        StoreDecision::Stored(stored)
    }

    /// The part with what is already stored of the same representation (RFC 9111 §3.4).
    fn combine(&self, key: &Key, request: &Request, part: &Stored) -> Option<Response> {
        let entry = self.entries.get(key)?;
        let old =
            self.choose(entry, request, |old| matches!(old.content, Content::Whole | Content::Part { .. }))?;
        partial::combined(&self.model, old, &part.response)
    }

    /// Puts a stored response in the place of the one for the same nominated fields.
    fn put(&mut self, key: &Key, stored: Arc<Stored>) {
        let variants = self.model.variants.max(1);
        let Some(entry) = self.entries.get_mut(key) else {
            self.entries.insert(key.clone(), vec![stored]);
            return;
        };
        if variants == 1 {
            entry.clear();
        } else {
            let head = |stored: &Stored| stored.content == Content::Nothing;
            entry.retain(|old| head(old) != head(&stored) || !stored.takes_the_place_of(old));
            if self.model.prefer == Preference::LastStored && !stored.nominated.is_empty() {
                entry.retain(|old| !old.nominated.is_empty());
            }
            let surplus = (entry.len() + 1).saturating_sub(variants);
            entry.drain(..surplus);
        }
        entry.push(stored);
    }

    /// RFC 9111 §4.3.5: a HEAD response brings the stored GET responses up to date that it
    /// might have been answered from, or makes them stale. Returns the last updated.
    fn freshen_by_head(
        &mut self,
        key: &Key,
        request: &Request,
        head: &Response,
        at: Times,
    ) -> Option<Arc<Stored>> {
        if head.status != 200 {
            return None;
        }
        let mut last = None;
        for old in self.entries.get_mut(key)? {
            let concerned = old.content == Content::Whole
                && old.response.status == 200
                && old.nominated.matches(&request.fields);
            if !concerned {
                continue;
            }
            *old = if validation::agrees(&head.fields, old) {
                let updated = Arc::new(updated(&self.model, request, old, head, at));
                last = Some(Arc::clone(&updated));
                updated
            } else {
                Arc::new(Stored { invalid: true, ..Stored::clone(old) })
            };
        }
        last
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
        let (old, matched) = match self.choose(entry, request, fits) {
            Some(old) => (Arc::clone(old), true),
            None => {
                let across = entry.iter().filter(fits).filter(|stored| self.validates_across(stored));
                (across.max_by_key(|stored| stored.date).cloned()?, false)
            }
        };
        let at = Times { requested_at, received_at };
        let mut stored = updated(&self.model, request, &old, not_modified, at);
        let brings_vary = old.nominated.is_empty() && !stored.nominated.is_empty();
        if brings_vary && self.model.vary_in_304 == VaryIn304::Ignored {
            stored.nominated = Nominated::default();
        }
        let stored = Arc::new(stored);
        if let Some(entry) = self.entries.get_mut(key).filter(|_| matched) {
            entry.retain(|other| !Arc::ptr_eq(other, &old));
        }
        if brings_vary && self.model.vary_in_304 == VaryIn304::Lost {
            return Some(stored);
        }
        self.put(key, Arc::clone(&stored));
        Some(stored)
    }

    /// RFC 9111 §4.4: forgets what an answer to an unsafe method makes invalid.
    pub fn invalidate(&mut self, key: &Key, method: &str, response: &Response) {
        if invalidation::invalidates(&self.model, method, response) {
            self.entries.remove(key);
            if self.model.invalidate_locations {
                for url in invalidation::named_urls(&key.url, response) {
                    self.entries.remove(&Key { partition: key.partition.clone(), url });
                }
            }
        }
    }

    /// Forgets what is stored for a cache key.
    pub fn remove(&mut self, key: &Key) {
        self.entries.remove(key);
    }

    /// Forgets what is stored for every cache key that `keep` does not hold for.
    pub fn retain(&mut self, keep: impl Fn(&Key) -> bool) {
        self.entries.retain(|key, _| keep(key));
    }

    /// How many responses are stored.
    pub fn len(&self) -> usize {
        self.entries.values().map(Vec::len).sum()
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// RFC 9111 §4.1: of the stored responses that serve and match, the most recent by `Date`,
    /// those with a `Vary` before those without; or whichever the model prefers.
    fn choose<'a>(
        &self,
        entry: &'a [Arc<Stored>],
        request: &Request,
        serves: impl Fn(&&'a Arc<Stored>) -> bool,
    ) -> Option<&'a Arc<Stored>> {
        let mut matching =
            entry.iter().filter(serves).filter(|stored| stored.nominated.matches(&request.fields));
        match self.model.prefer {
            Preference::Varying => matching.max_by_key(|stored| (!stored.nominated.is_empty(), stored.date)),
            Preference::LastStored => matching.next_back(),
        }
    }

    /// Forgets the stored responses that match a request.
    pub fn forget(&mut self, key: &Key, request: &Request) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.retain(|stored| !stored.nominated.matches(&request.fields));
            if entry.is_empty() {
                self.entries.remove(key);
            }
        }
    }
}

/// A stored response with the fields and times of a newer answer that speaks of it, and for
/// the nominated fields of the request that got it.
fn updated(model: &Model, request: &Request, old: &Stored, newer: &Response, at: Times) -> Stored {
    let response = validation::updated(model, &old.response, newer);
    let directives = ResponseDirectives::parse(&response.fields);
    let stored = Stored::new(model, request, Arc::new(response), directives, at, old.tag);
    Stored { content: old.content, ..stored }
}

fn says_pragma_no_cache(fields: &Fields) -> bool {
    !fields.contains("cache-control")
        && fields.lines("pragma").any(|line| line.trim_ascii().eq_ignore_ascii_case(b"no-cache"))
}
