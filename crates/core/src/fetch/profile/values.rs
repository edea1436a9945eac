//! What each browser does, as data. The documentation of each field names its source.

use super::{
    Behaviour, ClearSiteData, ClearedBy, Cookies, HttpCache, MaxAge, OpaqueOrigins, Preflight,
    PreflightCachePolicy, Requests, Safelist, ThirdParty,
};
use crate::fetch::modes::CacheMode;

/// The most bytes that the values of all CORS-safelisted request-headers may have together (Fetch §2.2.2
/// *CORS-unsafe request-header names*).
const TOTAL_LIMIT: usize = 1024;

impl Safelist {
    /// Fetch §2.2.2.
    pub const SPEC: Safelist = Safelist {
        more_names: &[],
        combines_lines: false,
        comma_in_content_type_is_unsafe: false,
        total_limit: Some(TOTAL_LIMIT),
        highest_position: None,
        non_ascii_is_unsafe: false,
        repeats_names: false,
    };
}

impl Behaviour {
    pub(super) const SPEC: Behaviour = Behaviour {
        safelist: Safelist::SPEC,
        requests: Requests {
            ignored_headers: &[],
            first_content_type_only: false,
            rewrites_range: false,
            origin_ignores_referrer_policy: false,
            no_redirect_with_credentials: false,
            same_locations_are_one: false,
            empty_location_is_none: false,
            own_conditions: CacheMode::NoStore,
            proxy_authentication_is_error: false,
            data_url_has_length: false,
        },
        preflight: Preflight {
            wildcard_covers_authorization: false,
            status_first: false,
            carries_cache_mode: &[],
            sticks_to_redirects: false,
            origin_is_never_tainted: false,
        },
        preflight_cache: PreflightCachePolicy {
            one_answer_per_url: false,
            credentials_are_separate: false,
            keeps_wildcard: true,
            wildcard_covers_authorization: false,
            head_must_be_listed: false,
            max_age: MaxAge::DeltaSeconds,
            max_age_limit: None,
            opaque_origins: OpaqueOrigins::Shared,
            longest_url: None,
            capacity: None,
            bypassed_by: &[],
            not_stored_by: &[],
            cleared_by: ClearedBy::ErrorAfterPreflight,
        },
        http_cache: HttpCache {
            partitioned_by_frame_site: false,
            partitioned_by_cross_site_ancestor: false,
            no_opaque_origins: false,
            heads_apart: false,
            ranges_pass_by: false,
            whole_for_part_drops: false,
            keeps_withheld_redirects: false,
            unstored_replaces: false,
            revalidates_withheld: true,
            permanent_redirect_reloads_target: false,
            clear_site_data: ClearSiteData::Always,
        },
        cookies: Cookies { lax_by_default: true, none_needs_secure: true, third_party: ThirdParty::Allowed },
    };

    pub(super) const CHROMIUM: Behaviour = Behaviour {
        safelist: Safelist {
            more_names: &[
                "device-memory",
                "downlink",
                "dpr",
                "ect",
                "intervention",
                "rtt",
                "save-data",
                "viewport-width",
                "width",
            ],
            combines_lines: true,
            highest_position: Some(i64::MAX as u64 - 1),
            ..Safelist::SPEC
        },
        requests: Requests {
            ignored_headers: &["user-agent"],
            rewrites_range: true,
            origin_ignores_referrer_policy: true,
            no_redirect_with_credentials: true,
            same_locations_are_one: true,
            empty_location_is_none: true,
            own_conditions: CacheMode::NoCache,
            proxy_authentication_is_error: true,
            ..Self::SPEC.requests
        },
        preflight: Preflight {
            wildcard_covers_authorization: true,
            carries_cache_mode: &[CacheMode::NoStore, CacheMode::Reload, CacheMode::NoCache],
            ..Self::SPEC.preflight
        },
        preflight_cache: PreflightCachePolicy {
            one_answer_per_url: true,
            max_age: MaxAge::Signed,
            max_age_limit: Some(7200),
            opaque_origins: OpaqueOrigins::NotKept,
            longest_url: Some(1023),
            capacity: Some(1024),
            bypassed_by: &[CacheMode::NoStore, CacheMode::Reload, CacheMode::NoCache],
            not_stored_by: &[CacheMode::NoStore],
            cleared_by: ClearedBy::Nothing,
            ..Self::SPEC.preflight_cache
        },
        http_cache: HttpCache {
            partitioned_by_frame_site: true,
            no_opaque_origins: true,
            whole_for_part_drops: true,
            keeps_withheld_redirects: true,
            unstored_replaces: true,
            revalidates_withheld: false,
            clear_site_data: ClearSiteData::WithCredentials,
            ..Self::SPEC.http_cache
        },
        cookies: Cookies { lax_by_default: true, none_needs_secure: true, third_party: ThirdParty::Blocked },
    };

    pub(super) const FIREFOX: Behaviour = Behaviour {
        safelist: Safelist {
            comma_in_content_type_is_unsafe: true,
            total_limit: None,
            highest_position: Some(u64::MAX),
            non_ascii_is_unsafe: true,
            repeats_names: true,
            ..Safelist::SPEC
        },
        requests: Requests {
            first_content_type_only: true,
            same_locations_are_one: true,
            data_url_has_length: true,
            ..Self::SPEC.requests
        },
        preflight: Preflight {
            wildcard_covers_authorization: true,
            carries_cache_mode: &[CacheMode::NoStore, CacheMode::Reload, CacheMode::NoCache],
            sticks_to_redirects: true,
            origin_is_never_tainted: true,
            ..Self::SPEC.preflight
        },
        preflight_cache: PreflightCachePolicy {
            credentials_are_separate: true,
            keeps_wildcard: false,
            head_must_be_listed: true,
            max_age: MaxAge::DigitsOrNotKept,
            max_age_limit: Some(86_400),
            opaque_origins: OpaqueOrigins::Apart,
            capacity: Some(100),
            bypassed_by: &[CacheMode::NoStore, CacheMode::Reload],
            cleared_by: ClearedBy::AnyError,
            ..Self::SPEC.preflight_cache
        },
        http_cache: HttpCache {
            partitioned_by_cross_site_ancestor: true,
            heads_apart: true,
            ranges_pass_by: true,
            unstored_replaces: true,
            permanent_redirect_reloads_target: true,
            ..Self::SPEC.http_cache
        },
        cookies: Cookies {
            lax_by_default: false,
            none_needs_secure: true,
            third_party: ThirdParty::Partitioned,
        },
    };

    pub(super) const WEBKIT: Behaviour = Behaviour {
        safelist: Safelist::SPEC,
        requests: Self::SPEC.requests,
        preflight: Preflight {
            wildcard_covers_authorization: true,
            status_first: true,
            ..Self::SPEC.preflight
        },
        preflight_cache: PreflightCachePolicy {
            max_age_limit: Some(600),
            wildcard_covers_authorization: true,
            ..Self::SPEC.preflight_cache
        },
        http_cache: Self::SPEC.http_cache,
        cookies: Cookies {
            lax_by_default: false,
            none_needs_secure: false,
            third_party: ThirdParty::Blocked,
        },
    };
}
