//! Fetch §2.2.5: the modes of a request, as scripts and elements set them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Fetch §2.2.5 *mode*.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A CORS request.
    #[default]
    Cors,
    /// The request of an element without `crossorigin`; the response is opaque.
    NoCors,
    /// Only the page's own origin.
    SameOrigin,
}

/// Fetch §2.2.5 *credentials mode*.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Credentials {
    /// Credentials are neither sent nor stored.
    Omit,
    /// Credentials are sent to the page's own origin only.
    #[default]
    SameOrigin,
    /// Credentials are always sent.
    Include,
}

/// Fetch §2.2.5 *cache mode*.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum CacheMode {
    /// A fresh stored response is used, a stale one validated.
    #[default]
    Default,
    /// The cache is neither read nor written.
    NoStore,
    /// The cache is written, not read.
    Reload,
    /// A stored response is always validated.
    NoCache,
    /// Any stored response is used, fresh or stale.
    ForceCache,
    /// A stored response, or a network error.
    OnlyIfCached,
}

/// Fetch §2.2.5 *redirect mode*.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RedirectMode {
    /// Redirects are followed.
    #[default]
    Follow,
    /// A redirect is a network error.
    Error,
    /// The script gets the redirect as a filtered response.
    Manual,
}

/// The referrer policies that Fetch §3.2 *append a request `Origin` header* tells apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferrerPolicy {
    /// `Origin` becomes `null`.
    NoReferrer,
    /// `Origin` becomes `null` from https to http.
    NoReferrerWhenDowngrade,
    /// `Origin` becomes `null` to another origin.
    SameOrigin,
    /// Nothing becomes `null`.
    Origin,
    /// As [`ReferrerPolicy::NoReferrerWhenDowngrade`].
    StrictOrigin,
    /// Nothing becomes `null`.
    OriginWhenCrossOrigin,
    /// As [`ReferrerPolicy::NoReferrerWhenDowngrade`]; what pages have that say nothing.
    #[default]
    StrictOriginWhenCrossOrigin,
    /// Nothing becomes `null`.
    UnsafeUrl,
}
