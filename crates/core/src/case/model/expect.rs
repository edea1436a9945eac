//! What must come out of a request.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Mode, OneOrMany};
use crate::{
    exchange::{OutcomeName, PreflightState, ServedBy},
    fetch::Reason,
};

/// Expected result of a request. Fields you omit are not checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// What the page gets. A list: any of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OneOrMany<OutcomeName>>,
    /// Reason code of the block. A list: any of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<OneOrMany<Reason>>,
    /// The status that the page reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<OneOrMany<u16>>,
    /// Response headers that the page can read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposed: Vec<String>,
    /// Response headers that the page can read if the response has them. A warning if the response neither has the
    /// header nor names it in `Access-Control-Expose-Headers`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposed_if_sent: Vec<String>,
    /// Response headers that `Access-Control-Expose-Headers` names if the page can read the response, whether or not it
    /// has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named_if_allowed: Vec<String>,
    /// Response headers that the page cannot read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// CORS preflight and its response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preflight: Option<PreflightExpect>,
    /// Last response to the actual request, as on the wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseExpect>,
    /// What served the actual request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_by: Option<OneOrMany<ServedBy>>,
}

impl Expect {
    /// Whether some answer to a request of this mode would be another than what is expected.
    pub fn expects_something(&self, mode: Mode) -> bool {
        let Self {
            outcome,
            reason,
            status,
            exposed,
            exposed_if_sent,
            named_if_allowed,
            hidden,
            preflight,
            response,
            served_by,
        } = self;
        // `cors` and `same-origin` never end as opaque, `no-cors` never as allowed to another origin.
        let outcomes = outcome.as_ref().map(OneOrMany::as_slice).unwrap_or_default();
        let open = match mode {
            Mode::NoCors => outcomes.contains(&OutcomeName::Opaque),
            Mode::Cors | Mode::SameOrigin => outcomes.contains(&OutcomeName::Allowed),
        };
        let any_outcome = outcome.is_none() || open && outcomes.contains(&OutcomeName::Blocked);
        let fields = |fields: &IndexMap<String, FieldExpect>| !fields.is_empty();
        let of_preflight = preflight.as_ref().is_some_and(|preflight| match preflight {
            PreflightExpect::State(_) => true,
            PreflightExpect::Detail(detail) => {
                detail.status.is_some() || fields(&detail.sent) || fields(&detail.fields)
            }
        });
        let of_response =
            response.as_ref().is_some_and(|response| response.status.is_some() || fields(&response.fields));
        !any_outcome
            || reason.is_some()
            || status.is_some()
            || served_by.is_some()
            || of_preflight
            || of_response
            || [exposed, exposed_if_sent, named_if_allowed, hidden].into_iter().any(|names| !names.is_empty())
    }
}

/// Expectations of the preflight: whether it was sent, or its contents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PreflightExpect {
    /// Whether there was one.
    State(PreflightState),
    /// Its request and response.
    Detail(PreflightDetail),
}

/// Contents of the preflight request and of its response.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreflightDetail {
    /// Fields of the preflight request itself.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub sent: IndexMap<String, FieldExpect>,
    /// Status of the response. A list: any of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusExpect>,
    /// Fields of the response.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, FieldExpect>,
}

/// Expectations of a response on the wire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponseExpect {
    /// Its status. A list: any of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusExpect>,
    /// Its fields by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, FieldExpect>,
}

/// A status, several, or a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum StatusExpect {
    /// One status.
    Code(u16),
    /// A class: `2xx` and so on, or `not-5xx`.
    Class(StatusClass),
    /// Any of these statuses.
    Codes(Vec<u16>),
}

impl StatusExpect {
    /// Whether it names this status, or, of a server error, its class.
    fn names(&self, status: u16) -> bool {
        match self {
            Self::Code(code) => *code == status,
            Self::Codes(codes) => codes.contains(&status),
            Self::Class(class) => *class == StatusClass::ServerError && (500..600).contains(&status),
        }
    }
}

impl Expect {
    /// Whether an answer with this error status is expected.
    pub(super) fn names_status(&self, status: u16) -> bool {
        let preflight = match &self.preflight {
            Some(PreflightExpect::Detail(detail)) => detail.status.as_ref(),
            _ => None,
        };
        let response = self.response.as_ref().and_then(|response| response.status.as_ref());
        self.status.as_ref().is_some_and(|expected| expected.as_slice().contains(&status))
            || [preflight, response].into_iter().flatten().any(|expected| expected.names(status))
    }
}

/// A class of statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StatusClass {
    /// 200 to 299: Fetch's *ok status*.
    #[serde(rename = "2xx")]
    Successful,
    /// 300 to 399.
    #[serde(rename = "3xx")]
    Redirection,
    /// 400 to 499.
    #[serde(rename = "4xx")]
    ClientError,
    /// 500 to 599.
    #[serde(rename = "5xx")]
    ServerError,
    /// Below 500: refused or served, but not a server error.
    #[serde(rename = "not-5xx")]
    NotServerError,
}

/// Expectation of a field: `null` if it must be missing, a string for its one exact line, or an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FieldExpect {
    /// One line with exactly this value.
    Exact(String),
    /// Conditions for its lines.
    Detail(FieldDetail),
    /// The field is missing.
    Absent(()),
}

/// Conditions for the lines of a field; all of them must be true.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldDetail {
    /// Whether the field is present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<bool>,
    /// The one line has one of these values; `null` in the list also accepts a missing field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any_of: Option<Vec<Option<String>>>,
    /// The value is none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none_of: Vec<String>,
    /// List field that contains these members, in any order; case-insensitive except for methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
    /// List field that contains none of these members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
    /// Number of lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<usize>,
    /// Maximum size of all lines together, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<usize>,
    /// Whether `*`, alone or as a member, satisfies `contains`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub or_wildcard: bool,
}
