//! In what browsers are known to differ from the standard, with the sources; `values` has what each browser does.

mod values;

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::modes::CacheMode;

/// Browser to emulate where browsers differ from the standard.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// The Fetch standard of 2026-07, RFC 9111, RFC 6265bis.
    #[default]
    Spec,
    /// Chromium 156, as measured.
    Chromium,
    /// Firefox 153, as measured.
    Firefox,
    /// WebKit, from its source code; not measured.
    Webkit,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Profile; 4] = [Self::Spec, Self::Chromium, Self::Firefox, Self::Webkit];

    /// The name, as it stands in options and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        }
    }

    /// What it does.
    pub const fn behaviour(self) -> &'static Behaviour {
        match self {
            Self::Spec => &Behaviour::SPEC,
            Self::Chromium => &Behaviour::CHROMIUM,
            Self::Firefox => &Behaviour::FIREFOX,
            Self::Webkit => &Behaviour::WEBKIT,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no profile: expected spec, chromium, firefox or webkit")]
pub struct UnknownProfile(pub String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.name() == text)
            .ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}

/// Everything in which a browser is known to differ from the standard.
///
/// Sources: *measured* is Chromium 156 and Firefox 153 driven against dictated answers
/// (`tests/data/browser-truth.json`); *source* names the file in the browser's code.
#[derive(Debug)]
pub struct Behaviour {
    /// Which request headers need no preflight.
    pub safelist: Safelist,
    /// How requests are made and redirects followed.
    pub requests: Requests,
    /// How preflights are made and judged.
    pub preflight: Preflight,
    /// The CORS-preflight cache.
    pub preflight_cache: PreflightCachePolicy,
    /// The private HTTP cache.
    pub http_cache: HttpCache,
    /// Cookies.
    pub cookies: Cookies,
}

/// Differences in Fetch §2.2.2 *CORS-safelisted request-header*.
#[derive(Debug)]
pub struct Safelist {
    /// Names that are safelisted too, whatever their value (`save-data`: the value `on`).
    /// Chromium: the client hints and `Intervention` (source: services/network/public/cpp/cors/cors.cc; measured).
    pub more_names: &'static [&'static str],
    /// Lines of one name are combined before they are looked at, so that the limit of 128
    /// bytes is theirs together. Chromium (measured: two `Accept` lines of 100 bytes).
    pub combines_lines: bool,
    /// A comma anywhere in a Content-Type makes it unsafe. Firefox (measured: `text/plain; a=b, application/json`).
    pub comma_in_content_type_is_unsafe: bool,
    /// The limit of all safelisted values together, in bytes. Firefox: none (measured).
    pub total_limit: Option<usize>,
    /// The highest position that a range may name. Chromium 2⁶³ − 2, Firefox 2⁶⁴ − 1 (measured:
    /// one more, or 2⁶⁴, is preflighted).
    pub highest_position: Option<u64>,
    /// Bytes above ASCII make a value of any name unsafe. Firefox (measured).
    pub non_ascii_is_unsafe: bool,
    /// A name that has several lines is asked for several times. Firefox (measured).
    pub repeats_names: bool,
}

/// Differences in how requests are made and redirects followed.
#[derive(Debug)]
pub struct Requests {
    /// Headers that a script may set but that are not sent. Chromium: `User-Agent` (measured).
    pub ignored_headers: &'static [&'static str],
    /// Of several Content-Type lines only the first is kept. Firefox (measured).
    pub first_content_type_only: bool,
    /// A range that only lax parsing accepts is sent in its strict form. Chromium (measured:
    /// `Bytes=0-1` and `bytes= 0-1` are sent as `bytes=0-1`).
    pub rewrites_range: bool,
    /// A `no-cors` request whose method is not GET or HEAD carries its origin whatever the
    /// referrer policy. Chromium (measured: `no-referrer`).
    pub origin_ignores_referrer_policy: bool,
    /// A redirect to a URL with a username or password fails, also within one origin.
    /// Chromium (measured).
    pub no_redirect_with_credentials: bool,
    /// Location lines that are all the same count as one. Chromium (source:
    /// net/http/http_stream_parser.cc), Firefox (source: netwerk/protocol/http/nsHttpHeaderArray.cpp).
    pub same_locations_are_one: bool,
    /// A redirect with an empty Location is a response like any other. Chromium (measured).
    pub empty_location_is_none: bool,
    /// What a script's own `If-None-Match` and the like make of the cache mode `default`; the
    /// HTTP cache is not used in any case. Chromium: `no-cache` (measured).
    pub own_conditions: CacheMode,
    /// 407 is a network error, whoever sends it. Chromium (measured).
    pub proxy_authentication_is_error: bool,
    /// The response of a `data:` URL has a Content-Length. Firefox (source: dom/fetch/FetchDriver.cpp).
    pub data_url_has_length: bool,
}

/// Differences in Fetch §4.9 *CORS-preflight fetch*.
#[derive(Debug)]
pub struct Preflight {
    /// `Access-Control-Allow-Headers: *` covers Authorization. Chromium and Firefox (measured),
    /// WebKit (source: loader/CrossOriginAccessControl.cpp).
    pub wildcard_covers_authorization: bool,
    /// The status is looked at before the CORS check; the outcome is the same, the reason
    /// another. WebKit (source: loader/CrossOriginPreflightChecker.cpp).
    pub status_first: bool,
    /// Cache modes whose fields the preflight carries too. Chromium and Firefox: `reload`,
    /// `no-store` and `no-cache` (measured).
    pub carries_cache_mode: &'static [CacheMode],
    /// Once a hop needed a preflight, the redirected request is preflighted too, whatever has
    /// become of its method and headers; and headers that needed one when the request was made
    /// still count. Firefox (measured; source: netwerk/protocol/http/HttpBaseChannel.cpp).
    pub sticks_to_redirects: bool,
    /// The preflight of a tainted request carries the page's origin, not `null`, and is checked
    /// against it. Firefox (measured: a server that allows only `null` fails).
    pub origin_is_never_tainted: bool,
}

/// Differences in Fetch §4.10 *CORS-preflight cache*.
#[derive(Debug)]
pub struct PreflightCachePolicy {
    /// A new answer replaces all that is known of its URL, and a request that the entry does
    /// not cover erases it. Chromium (measured; source: services/network/cors/preflight_cache.cc).
    pub one_answer_per_url: bool,
    /// Entries with and without credentials never serve each other. Firefox (measured).
    pub credentials_are_separate: bool,
    /// `*` is kept and covers other methods and headers later. Not Firefox (measured).
    pub keeps_wildcard: bool,
    /// A kept `*` covers Authorization too. WebKit (source: loader/CrossOriginPreflightResultCache.cpp);
    /// in Chromium only the `*` of a fresh answer does (measured).
    pub wildcard_covers_authorization: bool,
    /// HEAD needs to be listed to be covered. Firefox (measured).
    pub head_must_be_listed: bool,
    /// How Access-Control-Max-Age is read.
    pub max_age: MaxAge,
    /// The most seconds that an answer is kept. Chromium 7200 (source:
    /// services/network/public/cpp/cors/preflight_result.cc), Firefox 86400 (source:
    /// netwerk/protocol/http/nsCORSListenerProxy.cpp), WebKit 600 (source:
    /// loader/CrossOriginPreflightResultCache.cpp).
    pub max_age_limit: Option<u64>,
    /// What is kept for opaque origins.
    pub opaque_origins: OpaqueOrigins,
    /// The longest URL, in bytes, for which answers are kept. Chromium 1023 (measured; source as above).
    pub longest_url: Option<usize>,
    /// How many URLs are kept. Chromium 1024, Firefox 100 (source).
    pub capacity: Option<usize>,
    /// Cache modes that do not use the cache. Chromium and Firefox (measured).
    pub bypassed_by: &'static [CacheMode],
    /// Cache modes whose preflight is not kept. Chromium: `no-store` (measured).
    pub not_stored_by: &'static [CacheMode],
    /// What removes entries before their time.
    pub cleared_by: ClearedBy,
}

/// How Access-Control-Max-Age is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxAge {
    /// One line of digits; anything else, and nothing, is 5 seconds.
    DeltaSeconds,
    /// A signed 64-bit number, `+` allowed; negative is 0; anything else is 5 seconds. Chromium (measured).
    Signed,
    /// Digits; nothing or an empty value is 5 seconds; anything else is not kept. Firefox (measured).
    DigitsOrNotKept,
}

/// What the CORS-preflight cache keeps for opaque origins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpaqueOrigins {
    /// All of one partition share entries: their serialisation is the key.
    Shared,
    /// Nothing. Chromium (measured).
    NotKept,
    /// Each its own. Firefox (measured).
    Apart,
}

/// What removes entries of the CORS-preflight cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClearedBy {
    /// A network error of a request that had to be preflighted (Fetch §4.1).
    ErrorAfterPreflight,
    /// A network error of any CORS request to the URL. Firefox (measured).
    AnyError,
    /// Nothing. Chromium (measured).
    Nothing,
}

/// Differences of the private HTTP cache that are the browser's rather than the cache's; what
/// the cache itself does differently is in [`crate::caching::Model`].
#[derive(Debug)]
pub struct HttpCache {
    /// Besides the top-level site, the frame's site is part of the partition. Chromium (measured).
    pub partitioned_by_frame_site: bool,
    /// Besides the top-level site, a frame with a cross-site ancestor that requests a URL of
    /// the top-level site has a partition of its own. Firefox (measured).
    pub partitioned_by_cross_site_ancestor: bool,
    /// Pages whose own or top-level origin is opaque have no cache. Chromium (measured).
    pub no_opaque_origins: bool,
    /// HEAD has stored responses of its own. Firefox (measured).
    pub heads_apart: bool,
    /// Requests with Range are not answered from the cache, nor is their answer stored. Firefox (measured).
    pub ranges_pass_by: bool,
    /// A whole answer to a request for a part that validated a stored response drops it, and is
    /// not stored in its place. Chromium (measured).
    pub whole_for_part_drops: bool,
    /// A redirect is stored although the CORS check keeps it from the page: it has come whole by
    /// then. Chromium (measured).
    pub keeps_withheld_redirects: bool,
    /// A response that is not stored drops the one that was stored for its URL: there is one
    /// entry, and it was begun to be overwritten. Chromium (source:
    /// net/http/http_cache_transaction.cc), Firefox (source: netwerk/protocol/http/nsHttpChannel.cpp).
    pub unstored_replaces: bool,
    /// A response that is stale within its stale-while-revalidate lifetime (RFC 5861 §3) is
    /// validated in the background even where the CORS check keeps it from the page. Not in
    /// Chromium (measured: one with another page's origin stays).
    pub revalidates_withheld: bool,
    /// The target of a stored 301 or 308 is fetched anew. Firefox (measured).
    pub permanent_redirect_reloads_target: bool,
    /// When `Clear-Site-Data: "cache"` is followed.
    pub clear_site_data: ClearSiteData,
}

/// When `Clear-Site-Data: "cache"` is followed; never on insecure URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClearSiteData {
    /// On any response.
    Always,
    /// On responses to requests with credentials. Chromium (measured).
    WithCredentials,
}

/// Differences in cookies.
#[derive(Debug)]
pub struct Cookies {
    /// What a cookie without SameSite counts as: `Lax` by RFC 6265bis and in Chromium, `None`
    /// in Firefox and WebKit (source).
    pub lax_by_default: bool,
    /// A cookie with `SameSite=None` and without Secure is ignored (RFC 6265bis §5.7). Chromium
    /// and Firefox (measured), not WebKit.
    pub none_needs_secure: bool,
    /// What becomes of cookies in requests to another site than the top-level page's.
    pub third_party: ThirdParty,
}

/// What becomes of cookies in requests to another site than the top-level page's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThirdParty {
    /// Kept and sent like all others.
    Allowed,
    /// Kept and sent for each top-level site apart. Firefox (measured).
    Partitioned,
    /// Neither kept nor sent. Chromium (measured in the headless profile), WebKit (default).
    Blocked,
}
