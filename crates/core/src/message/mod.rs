//! Decides what an HTTP message is here: method, target, fields and body as plain data,
//! with the order, case and bytes of every field line kept. Knows no sockets and no CORS.

mod below;
mod coding;
mod content;
mod fields;
pub mod http1;
pub mod isomorphic;
pub mod list;
mod words;

pub use below::{Outside, key_below, path_below, plain_path};
pub use content::{DictatedAnswer, ObjectSpec, OneOrMany};
pub use fields::{Field, Fields};
pub use words::{is_safe_method, is_token, is_token_byte};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use url::Url;

/// An HTTP request as it is to be sent (RFC 9110 §3.4): nothing about pages, modes or credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The method, byte for byte; HTTP methods are case-sensitive.
    pub method: String,
    /// The target URI.
    pub url: Url,
    /// The field lines in the order in which they are to be sent.
    pub fields: Fields,
    /// The content; empty where there is none.
    #[serde(with = "isomorphic", default, skip_serializing_if = "Bytes::is_empty")]
    pub body: Bytes,
}

/// An HTTP response as it was received (RFC 9110 §3.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The status code, 0 to 999.
    pub status: u16,
    /// The field lines in the order, case and multiplicity in which they arrived.
    pub fields: Fields,
    /// The content; empty where there was none.
    #[serde(with = "isomorphic", default, skip_serializing_if = "Bytes::is_empty")]
    pub body: Bytes,
}

impl Request {
    /// A request without fields or content.
    pub fn new(method: impl Into<String>, url: Url) -> Self {
        Self { method: method.into(), url, fields: Fields::new(), body: Bytes::new() }
    }
}

impl Response {
    /// A response without fields or content.
    pub fn new(status: u16) -> Self {
        Self { status, fields: Fields::new(), body: Bytes::new() }
    }

    /// Whether a cache must keep the response apart for each value of the request field `name`: `Vary` names it, or
    /// everything (RFC 9110 §12.5.5).
    pub fn varies_by(&self, name: &str) -> bool {
        let lines = || self.fields.lines("vary");
        list::has(lines(), "*") || list::has(lines(), name)
    }

    /// Whether it lets some page read with credentials: it says so, and names an origin (Fetch §4.10 *CORS check*).
    pub fn allows_credentials(&self) -> bool {
        self.fields.text("access-control-allow-credentials").as_deref() == Some("true")
            && self.fields.text("access-control-allow-origin").is_some_and(|value| value != "*")
    }

    /// The same response with one more field line.
    #[must_use]
    pub fn with_field(mut self, name: &str, value: &str) -> Self {
        self.fields.push(name, value.as_bytes().to_vec());
        self
    }
}
