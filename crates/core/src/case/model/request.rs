//! One request of a case, and who makes it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CacheMode, Credentials, Expect, Mode, OneOrMany, RedirectMode};
use crate::message::is_safe_method;

/// Who makes a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// A page in a browser that follows the Fetch standard: it decides about preflights,
    /// headers, caches and redirects, and whether the page may read.
    #[default]
    Browser,
    /// A client that sends exactly what is written, such as a proxy, a scanner or `curl`; the
    /// outcome is what the CORS check says of the answer to a page of `origin`.
    Raw,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestSpec {
    /// So many requests like this one: `page` stands for `page-1`, `page-2` and so on, each with its
    /// number for `{nth}` and with another allowed origin for `{allowed.nth}`. An order that mentions
    /// `page` makes them one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 200))]
    pub many: Option<u32>,
    /// Who makes it.
    #[serde(default)]
    pub client: Client,
    /// The origin of the page: `https://a.example`, a role such as `{allowed}`, `null` for an
    /// opaque origin, or absent for the endpoint's own origin (a raw client then sends none).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The top-level page's origin, from which the network partition key is made; absent: the
    /// page itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The method as a script writes it.
    #[serde(default = "method_get")]
    pub method: String,
    /// The path below the endpoint's URL; absent: the endpoint's URL itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The query, without the question mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Presigns the URL with the endpoint's key, as an application does that lets a page read or
    /// write one object. Only the embedded reference store's key is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presign: Option<Presign>,
    /// The headers that the script sets. A list gives several lines.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// The content, as text; sets `Content-Type: text/plain;charset=UTF-8` where a browser does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Whether the content is a stream, whose length and type nobody knows beforehand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    /// The credentials mode.
    #[serde(default)]
    pub credentials: Credentials,
    /// The request mode.
    #[serde(default)]
    pub mode: Mode,
    /// The cache mode.
    #[serde(default)]
    pub cache: CacheMode,
    /// The redirect mode.
    #[serde(default)]
    pub redirect: RedirectMode,
    /// Where a browser's request ends early: `preflight` sends no actual request, so that
    /// nothing is written on an endpoint that somebody lives from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
    /// What must come out.
    #[serde(default)]
    pub expect: Expect,
}

impl Default for RequestSpec {
    /// What a case file says with an empty object: a page reads the endpoint's own URL.
    fn default() -> Self {
        Self {
            many: None,
            client: Client::default(),
            origin: None,
            site: None,
            method: method_get(),
            path: None,
            query: None,
            presign: None,
            headers: IndexMap::new(),
            body: None,
            stream: false,
            credentials: Credentials::default(),
            mode: Mode::default(),
            cache: CacheMode::default(),
            redirect: RedirectMode::default(),
            until: None,
            expect: Expect::default(),
        }
    }
}

impl RequestSpec {
    /// Whether it really sends something by which an endpoint may be changed.
    pub fn writes(&self) -> bool {
        self.until.is_none() && !is_safe_method(&self.method)
    }
}

/// How a URL is presigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Presign {
    /// Under which scheme.
    pub scheme: PresignScheme,
    /// For which method; absent: the request's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Whether its time is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
    /// Whether another key signed it than the one that it names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forged: bool,
}

/// A scheme of presigned URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PresignScheme {
    /// OSS V1.
    OssV1,
    /// OSS V4.
    OssV4,
    /// AWS Signature Version 2.
    SigV2,
    /// AWS Signature Version 4.
    SigV4,
}

/// Where a request ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// After the CORS-preflight request.
    Preflight,
}

fn method_get() -> String {
    "GET".to_owned()
}
