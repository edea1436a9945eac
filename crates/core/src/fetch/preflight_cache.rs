//! Fetch §4.10: the CORS-preflight cache.

use std::time::{Duration, SystemTime};

use indexmap::IndexMap;
use url::Url;

use super::{
    client::Client,
    header::NON_WILDCARD_HEADER,
    method,
    origin::{Origin, Site},
    preflight::Allowed,
    profile::{Behaviour, OpaqueOrigins, PreflightCachePolicy},
};

/// Fetch §4.10 *CORS-preflight cache*: what preflights have allowed, by network partition key,
/// origin and URL.
#[derive(Debug)]
pub(super) struct PreflightCache {
    policy: &'static PreflightCachePolicy,
    partitioned_by_frame_site: bool,
    urls: IndexMap<Key, Vec<Entry>>,
}

/// Under which an answer is kept; made by [`PreflightCache::key`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    partition: Site,
    frame_site: Option<Site>,
    origin: String,
    opaque: Option<u64>,
    url: String,
}

/// Fetch §4.10 *cache entry*, with the time at which its max-age has passed.
#[derive(Debug)]
struct Entry {
    credentials: bool,
    allows: Token,
    expires: SystemTime,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Method(String),
    Header(String),
    /// The answer itself, so that it is known to be there where it lists nothing.
    Answer,
}

/// What must be covered so that no preflight is needed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// The method.
    pub method: &'a str,
    /// Whether the method needs to be covered although it is safelisted.
    pub use_preflight: bool,
    /// The CORS-unsafe request-header names.
    pub unsafe_names: &'a [String],
    /// Whether the credentials mode is `include`.
    pub credentials: bool,
}

impl PreflightCache {
    /// An empty cache.
    pub(super) fn new(behaviour: &'static Behaviour) -> Self {
        Self {
            policy: &behaviour.preflight_cache,
            partitioned_by_frame_site: behaviour.http_cache.partitioned_by_frame_site,
            urls: IndexMap::new(),
        }
    }

    /// The key of a request by `client`, whose origin is serialised as `origin`, to `url` with
    /// its fragment; `None` where nothing is ever kept.
    pub(super) fn key(&self, client: &Client, origin: &str, url: &Url) -> Option<Key> {
        let opaque = match (self.policy.opaque_origins, client.origin()) {
            (OpaqueOrigins::NotKept, _) if origin == "null" => return None,
            (OpaqueOrigins::Apart, Origin::Opaque(id)) => Some(*id),
            _ => None,
        };
        if self.policy.longest_url.is_some_and(|longest| url.as_str().len() > longest) {
            return None;
        }
        Some(Key {
            partition: client.network_partition_key().clone(),
            frame_site: self.partitioned_by_frame_site.then(|| client.site().clone()),
            origin: origin.to_owned(),
            opaque,
            url: url.as_str().to_owned(),
        })
    }

    /// Fetch §4.3 *HTTP fetch*, step 4.1: whether what is known covers the request. Where one
    /// answer is kept for each URL, one that does not cover it is dropped.
    pub(super) fn covers(&mut self, key: &Key, wanted: &Wanted<'_>, now: SystemTime) -> bool {
        let Some(entries) = self.urls.get_mut(key) else { return false };
        entries.retain(|entry| entry.expires > now);
        let covered = !entries.is_empty() && self.is_covered(key, wanted);
        if !covered && self.policy.one_answer_per_url {
            self.urls.shift_remove(key);
        }
        covered
    }

    fn is_covered(&self, key: &Key, wanted: &Wanted<'_>) -> bool {
        let Some(entries) = self.urls.get(key) else { return false };
        let matching = || entries.iter().filter(|entry| self.matches(entry, wanted.credentials));
        // Browsers ask whether an answer is known; the standard, whether each part is covered.
        let needs_listing = if self.policy.one_answer_per_url {
            !method::is_safelisted(wanted.method)
        } else if self.policy.head_must_be_listed {
            !matches!(wanted.method, "GET" | "POST")
        } else {
            !method::is_safelisted(wanted.method) || wanted.use_preflight
        };
        matching().next().is_some()
            && (!needs_listing || matching().any(|entry| self.allows_method(entry, wanted.method)))
            && wanted.unsafe_names.iter().all(|name| matching().any(|entry| self.allows_header(entry, name)))
    }

    /// Fetch §4.10 *cache entry match*, but for the key.
    fn matches(&self, entry: &Entry, credentials: bool) -> bool {
        if self.policy.credentials_are_separate {
            entry.credentials == credentials
        } else {
            entry.credentials || !credentials
        }
    }

    fn allows_method(&self, entry: &Entry, method: &str) -> bool {
        matches!(&entry.allows, Token::Method(listed) if listed == method || self.is_wildcard(entry, listed))
    }

    fn allows_header(&self, entry: &Entry, name: &str) -> bool {
        let coverable =
            self.policy.wildcard_covers_authorization || !name.eq_ignore_ascii_case(NON_WILDCARD_HEADER);
        matches!(&entry.allows, Token::Header(listed)
            if listed.eq_ignore_ascii_case(name) || (coverable && self.is_wildcard(entry, listed)))
    }

    fn is_wildcard(&self, entry: &Entry, listed: &str) -> bool {
        let literal = self.policy.one_answer_per_url && entry.credentials;
        self.policy.keeps_wildcard && listed == "*" && !literal
    }

    /// Fetch §4.9 *CORS-preflight fetch*, steps 7.12 to 7.15: keeps what a preflight allowed
    /// for `max_age` seconds from now, also what of it was known before.
    pub(super) fn store(
        &mut self,
        key: Key,
        allowed: &Allowed,
        credentials: bool,
        max_age: u64,
        now: SystemTime,
    ) {
        let expires = now.checked_add(Duration::from_secs(max_age)).unwrap_or(now + YEAR);
        self.make_room(&key, now);
        let mut entries = self.urls.shift_remove(&key).unwrap_or_default();
        if self.policy.one_answer_per_url {
            entries.clear();
        }
        entries.retain(|entry| entry.expires > now);
        let methods = allowed.methods.iter().flatten().cloned().map(Token::Method);
        let headers = allowed.headers.iter().cloned().map(Token::Header);
        for allows in methods.chain(headers).chain([Token::Answer]) {
            let mut known = false;
            for entry in &mut entries {
                let matches = self.matches(entry, credentials)
                    && match &allows {
                        Token::Method(method) => self.allows_method(entry, method),
                        Token::Header(name) => self.allows_header(entry, name),
                        Token::Answer => entry.allows == Token::Answer,
                    };
                if matches {
                    entry.expires = expires;
                    known = true;
                }
            }
            if !known {
                entries.push(Entry { credentials, allows, expires });
            }
        }
        self.urls.insert(key, entries);
    }

    /// Fetch §4.10 *clear cache entries*: whether there were any.
    pub(super) fn clear(&mut self, key: &Key) -> bool {
        self.urls.shift_remove(key).is_some()
    }

    /// Where the policy limits how many URLs are kept: drops what has expired, then the oldest.
    fn make_room(&mut self, key: &Key, now: SystemTime) {
        let Some(capacity) = self.policy.capacity else { return };
        if self.urls.contains_key(key) || self.urls.len() < capacity {
            return;
        }
        self.urls.retain(|_, entries| entries.iter().any(|entry| entry.expires > now));
        while self.urls.len() >= capacity {
            self.urls.shift_remove_index(0);
        }
    }
}

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[cfg(test)]
mod tests;
