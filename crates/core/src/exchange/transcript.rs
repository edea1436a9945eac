use std::{fmt, sync::Arc};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Exchange, OutcomeName, PreflightState, ServedBy};
use crate::{fetch::reason::Reason, message::Fields};

/// The ordered exchanges of a test, and each request's outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// Requests and responses in order, including responses from a cache.
    pub steps: Vec<Step>,
    /// What became of each request, by its name in the case.
    pub requests: IndexMap<String, RequestResult>,
}

/// One step of one request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The request's name in the case.
    pub request: String,
    /// What the step was for.
    pub purpose: Purpose,
    /// Who answered it.
    pub served_by: ServedBy,
    /// What was sent and received. Served by a cache: what was asked of it, and the stored response.
    pub exchange: Arc<Exchange>,
    /// Response lines that show which cache on the way served it, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// Purpose of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A CORS-preflight request.
    Preflight,
    /// The request that the page made.
    Actual,
    /// The same after this many redirects.
    RedirectHop(u8),
    /// A raw request, not of a browser.
    Raw,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preflight => f.write_str("preflight"),
            Self::Actual => f.write_str("actual request"),
            Self::RedirectHop(hop) => write!(f, "redirect hop {hop}"),
            Self::Raw => f.write_str("raw request"),
        }
    }
}

/// Result of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestResult {
    /// The page's origin, serialised.
    pub origin: String,
    /// What the page got.
    pub outcome: OutcomeName,
    /// Reason code of the block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Subject of the reason: a method, a header name, a field value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The status that the page reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The response headers that the page can read.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub readable: Fields,
    /// Whether a preflight was sent.
    pub preflight: PreflightState,
    /// Who served the actual request; `None` where it was never made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_by: Option<ServedBy>,
    /// Stored response that served the actual request, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<StoredUse>,
    /// How many steps of the transcript had been made when it ended.
    #[serde(default)]
    pub ended_after: usize,
    /// Events on the way, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<String>,
}

/// A stored response that served a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoredUse {
    /// `Origin` of the request that it was stored for. If missing: a request without one, or outside this test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Step of the transcript that stored it, counted from 0. If missing: outside this test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// Age, in seconds.
    pub age: u64,
}

impl Transcript {
    /// The last answer to a preflight of `request`.
    pub fn preflight(&self, request: &str) -> Option<&Step> {
        self.last(request, |purpose| purpose == Purpose::Preflight)
    }

    /// The last answer to the actual request of `request`, redirect hops included.
    pub fn actual(&self, request: &str) -> Option<&Step> {
        self.last(request, |purpose| purpose != Purpose::Preflight)
    }

    fn last(&self, request: &str, wanted: impl Fn(Purpose) -> bool) -> Option<&Step> {
        self.steps.iter().rev().find(|step| step.request == request && wanted(step.purpose))
    }
}
