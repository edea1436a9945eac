//! The request that is explained, as a script of a page makes it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    case::model::BodySpec,
    fetch::{self, method},
    message::{Fields, is_safe_method},
};

/// A request of a page that somebody wants explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplainedRequest {
    /// The URL.
    pub url: Url,
    /// The page's origin, serialised.
    pub origin: String,
    /// The method, as the script writes it.
    pub method: String,
    /// The headers that the script sets.
    pub headers: Vec<(String, String)>,
    /// Whether with credentials.
    pub credentials: bool,
    /// The body.
    pub body: Option<BodySpec>,
    /// Whether a request that may change something is really sent, or its preflight alone.
    pub send: bool,
}

impl ExplainedRequest {
    /// Whether the request itself may be sent.
    pub fn may_be_sent(&self) -> bool {
        self.send || is_safe_method(&method::normalize(&self.method))
    }

    /// The CORS-unsafe request-header names: lower case, sorted, each once.
    pub fn unsafe_names(&self) -> Vec<String> {
        let mut fields = Fields::new();
        for (name, value) in &self.headers {
            if !fetch::header::is_forbidden_request_header(name, value.as_bytes()) {
                fields.push(name.as_str(), value.clone());
            }
        }
        fetch::unsafe_request_header_names(&fields)
    }

    /// Whether a browser sends a preflight first (Fetch §4.4 *HTTP fetch*).
    pub fn needs_preflight(&self) -> bool {
        !method::is_safelisted(&method::normalize(&self.method)) || !self.unsafe_names().is_empty()
    }

    /// The origin of the URL, serialised.
    pub fn own_origin(&self) -> Option<String> {
        let origin = self.url.origin();
        origin.is_tuple().then(|| origin.ascii_serialization())
    }

    /// The request as a case says it.
    pub fn spec(&self) -> Value {
        let mut headers = Map::new();
        for (name, value) in &self.headers {
            headers.insert(name.clone(), json!(value));
        }
        let mut request = json!({
            "origin": self.origin,
            "method": self.method,
            "headers": headers,
            "credentials": if self.credentials { "include" } else { "omit" },
            "expect": { "outcome": "allowed" },
        });
        if let Some(body) = &self.body {
            request["body"] = json!(body);
        }
        if !self.may_be_sent() {
            request["until"] = json!("preflight");
        }
        request
    }
}
