//! One request of a case, and who makes it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BodySpec, CacheMode, Credentials, Expect, Mode, OneOrMany, RedirectMode};
use crate::message::is_safe_method;

/// Client that makes a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// Page in a browser that follows the Fetch standard: preflights, headers, caches, redirects, and whether the
    /// page may read.
    #[default]
    Browser,
    /// Client that sends exactly what is written, such as a proxy, a scanner or `curl`. The outcome is the result of
    /// the CORS check for a page of `origin`.
    Raw,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestSpec {
    /// Repeat this request N times: `page` stands for `page-1`, `page-2` and so on. `{nth}` is the number,
    /// `{allowed.nth}` a different allowed origin for each. An order that names `page` makes them one after the
    /// other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 200))]
    pub many: Option<u32>,
    /// Client that makes it.
    #[serde(default)]
    pub client: Client,
    /// Origin of the page: `https://a.example`, a role such as `{allowed}`, or `null` for an opaque origin. If
    /// omitted: the endpoint's own origin (a raw client then sends none).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Origin of the top-level page, which determines the network partition key. If omitted: the page itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Method, as a script writes it.
    #[serde(default = "method_get")]
    pub method: String,
    /// Path below the endpoint's URL. If omitted: the endpoint's URL itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The query, without the question mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Presign the URL with the endpoint's key, like an application that lets a page read or write one object. Only
    /// on the embedded reference store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presign: Option<Presign>,
    /// Headers that the script sets. A list gives several lines.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, OneOrMany<String>>,
    /// Body: a text, a file, bytes in Base64, or a number of bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodySpec>,
    /// Whether the body is a stream, with unknown length and type.
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
    /// Where the browser stops early: `preflight` sends no actual request, so that nothing is written on an endpoint
    /// in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
    /// Expected result.
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
    /// Signature scheme.
    pub scheme: PresignScheme,
    /// Signed method. If omitted: the method of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Whether the signature has expired.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
    /// Whether it is signed with a different key than the one it names.
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

/// Where a request stops early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// After the CORS-preflight request.
    Preflight,
}

fn method_get() -> String {
    "GET".to_owned()
}
