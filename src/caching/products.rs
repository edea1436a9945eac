//! Caches that stand before servers in the field, as they behave with a plain configuration
//! (`examples/caches/`). What of it is more than RFC 9111 says, or less, is written down in
//! `docs/caches.md`, and was measured.

use std::time::Duration;

use super::{Heuristics, Model, Preference, VaryIn304};

/// No guessing (RFC 9111 §4.2.2 allows to).
const NO_GUESS: Heuristics = Heuristics { percent: 0, statuses: &[], ..Heuristics::RFC };

impl Model {
    /// nginx with `proxy_cache`.
    pub const NGINX: Self = Self {
        prefer: Preference::LastStored,
        validates: false,
        validate_across_variants: false,
        validate_star: false,
        heuristics: NO_GUESS,
        request_directives: false,
        store_set_cookie: false,
        head_as_get: true,
        ..Self::SHARED
    };

    /// Varnish with its built-in VCL.
    pub const VARNISH: Self = Self {
        prefer: Preference::LastStored,
        validate_across_variants: false,
        validate_star: false,
        heuristics: NO_GUESS,
        default_ttl: Some(Duration::from_secs(120)),
        grace: Duration::from_secs(10),
        request_directives: false,
        store_set_cookie: false,
        head_as_get: true,
        ..Self::SHARED
    };

    /// Squid as an accelerator.
    pub const SQUID: Self = Self {
        prefer: Preference::LastStored,
        validate_across_variants: false,
        vary_in_304: VaryIn304::Ignored,
        ..Self::SHARED
    };

    /// Apache httpd with mod_cache and mod_cache_disk.
    pub const APACHE: Self = Self {
        prefer: Preference::LastStored,
        validate_across_variants: false,
        validate_star: false,
        vary_in_304: VaryIn304::Lost,
        store_head: false,
        head_forgets_variants: true,
        ..Self::SHARED
    };

    /// HAProxy with `cache-store`.
    pub const HAPROXY: Self = Self {
        prefer: Preference::LastStored,
        validates: false,
        validate_across_variants: false,
        validate_star: false,
        vary_fields: Some(&["accept-encoding", "referer"]),
        store_head: false,
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
