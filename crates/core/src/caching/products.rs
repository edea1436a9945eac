//! Caches that stand before servers in the field, as they behave with a plain configuration
//! (`examples/caches/`). What of it is more than RFC 9111 says, or less, is written down in
//! `docs/caches.md`, and was measured.

use std::time::Duration;

use super::{
    Authorization, Heuristics, Model, Preconditions, Preference, Ranges, Statuses, VaryIn304, VaryLines,
};

/// No guessing (RFC 9111 §4.2.2 allows to).
const NO_GUESS: Heuristics = Heuristics { percent: 0, statuses: &[], ..Heuristics::RFC };

impl Model {
    /// nginx with `proxy_cache`.
    pub const NGINX: Self = Self {
        prefer: Preference::LastStored,
        vary_lines: VaryLines::Last,
        validates: false,
        validate_across_variants: false,
        validate_star: false,
        preconditions: Preconditions::Withheld,
        heuristics: NO_GUESS,
        store_stale: false,
        store_no_cache: false,
        counts_age: false,
        authorization: Authorization::Ignored,
        request_directives: false,
        store_set_cookie: false,
        head_as_get: true,
        ranges: Ranges::AskedWholeIfAccepted,
        stale_while_revalidate: false,
        invalidates: false,
        ..Self::SHARED
    };

    /// Varnish with its built-in VCL.
    pub const VARNISH: Self = Self {
        prefer: Preference::LastStored,
        validate_across_variants: false,
        validate_star: false,
        preconditions: Preconditions::Withheld,
        heuristics: NO_GUESS,
        default_ttl: Some(Duration::from_secs(120)),
        statuses: Statuses::Only(&[200, 203, 204, 300, 301, 302, 307, 404, 410, 414]),
        store_stale: false,
        store_no_cache: false,
        authorization: Authorization::Passes,
        cookies_pass: true,
        grace: Duration::from_secs(10),
        must_revalidate: false,
        refused_forgets: true,
        request_directives: false,
        store_set_cookie: false,
        head_as_get: true,
        ranges: Ranges::AskedWhole,
        invalidates: false,
        ..Self::SHARED
    };

    /// Squid as an accelerator.
    pub const SQUID: Self = Self {
        prefer: Preference::LastStored,
        validate_across_variants: false,
        date_validates: true,
        preconditions: Preconditions::ReplacedForWhole,
        own_304: Some(&["date", "expires", "last-modified", "cache-control", "content-type"]),
        vary_in_304: VaryIn304::Ignored,
        statuses: Statuses::Only(&[200, 203, 300, 301, 302, 307, 308, 410]),
        no_cache_reloads: true,
        ranges: Ranges::Cut,
        stale_while_revalidate: false,
        ..Self::SHARED
    };

    /// Apache httpd with mod_cache and mod_cache_disk.
    pub const APACHE: Self = Self {
        prefer: Preference::LastStored,
        vary_lines: VaryLines::FirstParts,
        validate_across_variants: false,
        validate_star: false,
        preconditions: Preconditions::Replaced,
        vary_in_304: VaryIn304::Lost,
        heuristics: NO_GUESS,
        statuses: Statuses::Except(&[204, 206]),
        store_no_cache: false,
        no_cache_reloads: true,
        store_head: false,
        head_forgets_variants: true,
        ranges: Ranges::Cut,
        stale_while_revalidate: false,
        stale_on_error: true,
        ..Self::SHARED
    };

    /// HAProxy with `cache-store`.
    pub const HAPROXY: Self = Self {
        prefer: Preference::LastStored,
        validates: false,
        validate_across_variants: false,
        validate_star: false,
        vary_fields: Some(&["accept-encoding", "referer"]),
        heuristics: NO_GUESS,
        default_ttl: Some(Duration::from_secs(600)),
        default_ttl_needs_validator: true,
        statuses: Statuses::Only(&[200]),
        store_stale: false,
        store_no_cache: false,
        max_age_0_forbids: true,
        authorization: Authorization::PassesUnlessPublic,
        store_head: false,
        ranges: Ranges::Whole,
        stale_while_revalidate: false,
        ..Self::SHARED
    };

    /// Every model that has a name, under it.
    pub const NAMED: &'static [(&'static str, Self)] = &[
        ("browser", Self::BROWSER),
        ("shared", Self::SHARED),
        ("single-slot", Self::SINGLE_SLOT),
        ("url-keyed", Self::URL_KEYED),
        ("nginx", Self::NGINX),
        ("varnish", Self::VARNISH),
        ("squid", Self::SQUID),
        ("apache", Self::APACHE),
        ("haproxy", Self::HAPROXY),
    ];

    /// The model of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::NAMED.iter().find(|(known, _)| *known == name).map(|(_, model)| model)
    }
}
