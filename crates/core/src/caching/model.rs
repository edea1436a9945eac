use std::time::Duration;

use url::Url;

use super::{Authorization, Key, Preconditions, Ranges, Statuses, VaryLines, freshness::FOR_EVER};
use crate::message::Response;

/// How one kind of cache differs from another. RFC 9111 leaves much open, and real caches
/// use the room; every field is one such difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Private or shared: what `private`, `s-maxage`, `proxy-revalidate` and a request's
    /// `Authorization` mean (RFC 9111 §3, §3.5).
    pub sharing: Sharing,
    /// How many stored responses are kept for one cache key, at least 1; the least recently
    /// stored goes first. Browsers keep one.
    pub variants: usize,
    /// Whether `Vary` chooses among the stored responses (RFC 9111 §4.1). Some CDNs ignore it.
    pub vary: VaryHandling,
    /// The only fields that a response may vary by to be stored; `None` for no such limit. Where
    /// there is one, what has `Vary: *` is not stored either.
    pub vary_fields: Option<&'static [&'static str]>,
    /// Which of several stored responses that match is used.
    pub prefer: Preference,
    /// What the `Vary` lines of one response do where there are several (RFC 9110 §5.3).
    pub vary_lines: VaryLines,
    /// Whether a stale response is validated (RFC 9111 §4.3); otherwise it is fetched anew.
    pub validates: bool,
    /// Whether a stored response without `ETag` and `Last-Modified` is validated by its `Date`.
    pub date_validates: bool,
    /// What becomes of a request's own preconditions.
    pub preconditions: Preconditions,
    /// The fields of a 304 that the cache answers by itself; `None` for those of RFC 9110 §15.4.5.
    pub own_304: Option<&'static [&'static str]>,
    /// Whether a request that no stored response fits by `Vary` is sent with the validators of
    /// those that are there (RFC 9111 §4.1, last but one paragraph), as browsers do.
    pub validate_across_variants: bool,
    /// The same for a stored response with `Vary: *`, which fits no request.
    pub validate_star: bool,
    /// What becomes of a stored response without `Vary` when a 304 brings one.
    pub vary_in_304: VaryIn304,
    /// How long a response without explicit freshness is fresh (RFC 9111 §4.2.2).
    pub heuristics: Heuristics,
    /// How long a response is fresh that has neither explicit nor heuristic freshness: a
    /// CDN's default TTL. It counts for the heuristically cacheable statuses only.
    pub default_ttl: Option<Duration>,
    /// Whether it counts only for responses with `ETag` or `Last-Modified`.
    pub default_ttl_needs_validator: bool,
    /// The statuses that are stored, whatever a response says.
    pub statuses: Statuses,
    /// Whether a response is stored that is stale as it comes.
    pub store_stale: bool,
    /// Whether a response is stored that says `no-cache`, to be validated each time (RFC 9111 §5.2.2.4).
    pub store_no_cache: bool,
    /// Whether `max-age=0` forbids storing, also where `s-maxage` goes before it.
    pub max_age_0_forbids: bool,
    /// Whether the `Age` with which a response comes counts (RFC 9111 §4.2.3).
    pub counts_age: bool,
    /// What a request's `Authorization` means (RFC 9111 §3.5); a private cache does not care.
    pub authorization: Authorization,
    /// Whether requests with `Cookie` pass by the cache.
    pub cookies_pass: bool,
    /// Whether the request's own `Cache-Control` counts (RFC 9111 §5.2.1). Most CDNs ignore it.
    pub request_directives: bool,
    /// Whether a request's `no-cache` has the response fetched anew, rather than validated.
    pub no_cache_reloads: bool,
    /// Whether `Pragma: no-cache` in a response without `Cache-Control` counts as `no-cache`.
    /// RFC 9111 §5.4 gives it no meaning; browsers do.
    pub response_pragma: bool,
    /// Whether a response with `Set-Cookie` is stored. RFC 9111 §7.3 allows it.
    pub store_set_cookie: bool,
    /// Whether a stored GET response answers HEAD (RFC 9111 §4, RFC 9110 §9.3.2).
    pub head_from_get: bool,
    /// Whether HEAD is sent on as GET, so that the answer can be stored for both.
    pub head_as_get: bool,
    /// Whether HEAD responses are stored, for later HEAD requests.
    pub store_head: bool,
    /// Whether a HEAD response freshens, or makes stale, the stored GET response (RFC 9111 §4.3.5).
    pub head_freshens: bool,
    /// Whether a HEAD response without `Vary` has the variants of its URL forgotten.
    pub head_forgets_variants: bool,
    /// What becomes of requests for a range.
    pub ranges: Ranges,
    /// Whether `stale-while-revalidate` is known (RFC 5861 §3).
    pub stale_while_revalidate: bool,
    /// How long a stale response is used without asking, while it is brought up to date, where
    /// it says nothing of that itself.
    pub grace: Duration,
    /// Whether `must-revalidate` and its kin forbid that (RFC 9111 §4.2.4).
    pub must_revalidate: bool,
    /// Whether a stale response is used where the origin server answers with an error.
    pub stale_on_error: bool,
    /// Whether an answer that is not stored has the stale response forgotten for which it was fetched.
    pub refused_forgets: bool,
    /// Whether unsafe methods make stored responses invalid (RFC 9111 §4.4).
    pub invalidates: bool,
    /// Unsafe methods after which stored responses stay all the same, against RFC 9111 §4.4.
    pub methods_that_keep: &'static [&'static str],
    /// Whether an unsafe method invalidates even when answered by 4xx or 5xx; RFC 9111 §4.4
    /// asks it for 2xx and 3xx only.
    pub invalidate_on_error: bool,
    /// Whether an unsafe method also invalidates the URLs that the answer names in `Location`
    /// and `Content-Location`, where they are of the same origin; RFC 9111 §4.4 allows it.
    pub invalidate_locations: bool,
    /// Whether the caller should store a response that it then keeps from the page that asked.
    /// The cache itself does not know about pages.
    pub keep_withheld: bool,
    /// Whether the caller's partition must tell requests with credentials from those without.
    pub split_by_credentials: bool,
}

/// Who reads from a cache (RFC 9111 §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// One user.
    Private,
    /// Many.
    Shared,
}

/// What `Vary` does in a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaryHandling {
    /// It chooses, as RFC 9111 §4.1 demands.
    Honoured,
    /// Nothing: the cache key alone chooses.
    Ignored,
}

/// Which of several stored responses that match a request is used (RFC 9111 §4, §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// One with `Vary` before one without, and then the most recent by `Date`.
    Varying,
    /// The one that was stored last. One without `Vary` so hides all variants as long as it is
    /// fresh, and the next one with `Vary` takes its place.
    LastStored,
}

/// What becomes of a stored response without `Vary` when a 304 brings one (RFC 9111 §3.2, §4.3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaryIn304 {
    /// From then on it is a variant like any other.
    Counts,
    /// Its fields change, but it goes on to answer everybody.
    Ignored,
    /// It answers this request, and is not found again.
    Lost,
}

/// How a cache guesses freshness (RFC 9111 §4.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heuristics {
    /// The part of the time between `Last-Modified` and `Date`, in percent; 0 to guess nothing.
    pub percent: u32,
    /// The longest lifetime that is guessed.
    pub longest: Duration,
    /// Statuses for which that is done without `public`.
    pub statuses: &'static [u16],
    /// Statuses that count as fresh for ever where nothing explicit is said.
    pub permanent: &'static [u16],
}

/// The statuses that RFC 9110 §15.1 defines as heuristically cacheable.
pub const HEURISTICALLY_CACHEABLE: &[u16] = &[200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501];

impl Heuristics {
    /// What RFC 9111 §4.2.2 suggests: ten percent, and nothing for ever.
    pub const RFC: Self =
        Self { percent: 10, longest: FOR_EVER, statuses: HEURISTICALLY_CACHEABLE, permanent: &[] };
}

impl Model {
    /// A browser's HTTP cache by the letter of RFC 9111 and Fetch §4.6: private, the caller
    /// partitions it, one stored response for each URL.
    pub const BROWSER: Self = Self {
        sharing: Sharing::Private,
        variants: 1,
        vary: VaryHandling::Honoured,
        vary_fields: None,
        prefer: Preference::Varying,
        vary_lines: VaryLines::All,
        validates: true,
        date_validates: false,
        preconditions: Preconditions::Forwarded,
        own_304: None,
        validate_across_variants: true,
        validate_star: true,
        vary_in_304: VaryIn304::Counts,
        heuristics: Heuristics::RFC,
        default_ttl: None,
        default_ttl_needs_validator: false,
        statuses: Statuses::Any,
        store_stale: true,
        store_no_cache: true,
        max_age_0_forbids: false,
        counts_age: true,
        authorization: Authorization::Standard,
        cookies_pass: false,
        request_directives: true,
        no_cache_reloads: false,
        response_pragma: false,
        store_set_cookie: true,
        head_from_get: true,
        head_as_get: false,
        store_head: false,
        head_freshens: true,
        head_forgets_variants: false,
        ranges: Ranges::Stored,
        stale_while_revalidate: true,
        grace: Duration::ZERO,
        must_revalidate: true,
        stale_on_error: false,
        refused_forgets: false,
        invalidates: true,
        methods_that_keep: &[],
        invalidate_on_error: false,
        invalidate_locations: true,
        keep_withheld: true,
        split_by_credentials: false,
    };

    /// Chromium's HTTP cache, as measured.
    pub const CHROMIUM: Self = Self {
        heuristics: Heuristics {
            statuses: &[200, 203, 206],
            permanent: &[300, 301, 308, 410],
            ..Heuristics::RFC
        },
        response_pragma: true,
        methods_that_keep: &["PUT"],
        invalidate_locations: false,
        keep_withheld: false,
        ..Self::BROWSER
    };

    /// Firefox's HTTP cache, as measured.
    pub const FIREFOX: Self = Self {
        heuristics: Heuristics {
            longest: Duration::from_secs(7 * 24 * 3600),
            statuses: &[200, 203, 206],
            ..Heuristics::RFC
        },
        statuses: Statuses::Only(&[200, 203, 204, 206, 301, 302, 303, 307, 308, 410]),
        response_pragma: true,
        head_from_get: false,
        store_head: true,
        invalidate_on_error: true,
        split_by_credentials: true,
        ..Self::BROWSER
    };

    /// A shared cache that keeps a variant for each value of the nominated fields.
    pub const SHARED: Self =
        Self { sharing: Sharing::Shared, variants: usize::MAX, store_head: true, ..Self::BROWSER };

    /// A shared cache that honours `Vary` and keeps the last variant only.
    pub const SINGLE_SLOT: Self = Self { variants: 1, store_head: false, ..Self::SHARED };

    /// A shared cache to which the URL is everything.
    pub const URL_KEYED: Self = Self {
        vary: VaryHandling::Ignored,
        validate_across_variants: false,
        validate_star: false,
        request_directives: false,
        ..Self::SINGLE_SLOT
    };

    /// The [`default_ttl`](Self::default_ttl) of a response, where it counts for it.
    pub(super) fn default_ttl_of(&self, response: &Response) -> Option<Duration> {
        let validator = || response.fields.contains("etag") || response.fields.contains("last-modified");
        let counts = HEURISTICALLY_CACHEABLE.contains(&response.status)
            && (!self.default_ttl_needs_validator || validator());
        self.default_ttl.filter(|_| counts)
    }

    /// The cache key of a request: in a shared cache the URL alone, in a browser its partition
    /// too, and in some whether it carries credentials.
    pub fn key(&self, partition: impl Into<String>, credentials: bool, url: &Url) -> Key {
        let partition = match (self.sharing, self.split_by_credentials && !credentials) {
            (Sharing::Shared, _) => String::new(),
            (Sharing::Private, false) => partition.into(),
            (Sharing::Private, true) => partition.into() + " anonymous",
        };
        Key { partition, url: url.clone() }
    }

    /// Whether it is a shared cache.
    pub fn is_shared(&self) -> bool {
        self.sharing == Sharing::Shared
    }
}
