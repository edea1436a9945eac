use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Malformed, Refusal};

/// Vendor of the object store: decides what the rules leave open.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// Alibaba Cloud OSS.
    #[default]
    Oss,
    /// Amazon S3.
    S3,
}

/// What a dialect decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// How many rules a bucket may have.
    pub max_rules: usize,
    /// How long the XML of the rules may be, in bytes.
    pub max_xml_bytes: usize,
    /// The namespace of the XML.
    pub namespace: Option<&'static str>,
    /// Whether the XML has `ResponseVary`, and with it every answer `Vary: Origin` on demand.
    pub has_response_vary: bool,
    /// Whether the XML has an `ID` for each rule.
    pub has_rule_id: bool,
    /// `Vary` of every answer that a rule matches, whatever the policy says.
    pub vary_when_matched: Option<&'static str>,
    /// Whether every answer for a named origin allows credentials, whatever the policy says.
    pub always_credentials: bool,
    /// Whether `*` anywhere in the matched rule makes the answer `*`; otherwise the first
    /// pattern that matches decides.
    pub wildcard_wins: bool,
    /// Whether an actual request that carries a preflight's fields is judged by them.
    pub preflight_fields_on_actual: bool,
    /// The field that carries each answer's request id.
    pub request_id_field: &'static str,
    /// Characters that an `ExposeHeader` may not have.
    pub expose_forbidden: &'static str,
}

const OSS: Traits = Traits {
    max_rules: 10,
    max_xml_bytes: 16 * 1024,
    namespace: None,
    has_response_vary: true,
    has_rule_id: false,
    vary_when_matched: None,
    always_credentials: false,
    wildcard_wins: false,
    preflight_fields_on_actual: false,
    request_id_field: "X-Oss-Request-Id",
    expose_forbidden: "*<>&'\"",
};

const S3: Traits = Traits {
    max_rules: 100,
    max_xml_bytes: 64 * 1024,
    namespace: Some("http://s3.amazonaws.com/doc/2006-03-01/"),
    has_response_vary: false,
    has_rule_id: true,
    vary_when_matched: Some("Origin, Access-Control-Request-Headers, Access-Control-Request-Method"),
    always_credentials: true,
    wildcard_wins: true,
    preflight_fields_on_actual: true,
    request_id_field: "X-Amz-Request-Id",
    expose_forbidden: "*",
};

/// An error as a store says it in XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    /// The HTTP status.
    pub status: u16,
    /// `Code`.
    pub code: &'static str,
    /// `Message`.
    pub message: String,
    /// OSS's `EC`, its fine-grained code, where it is known.
    pub ec: Option<&'static str>,
}

impl StoreError {
    /// An error without a fine-grained code.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), ec: None }
    }

    /// The same with OSS's fine-grained code.
    #[must_use]
    pub fn with_ec(mut self, ec: &'static str) -> Self {
        self.ec = Some(ec);
        self
    }
}

const NOT_ALLOWED: &str = "CORSResponse: This CORS request is not allowed. This is usually because the \
evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not \
whitelisted by the resource's CORS spec.";

impl Dialect {
    /// What this dialect decides.
    pub const fn traits(self) -> &'static Traits {
        match self {
            Self::Oss => &OSS,
            Self::S3 => &S3,
        }
    }

    /// How a preflight is refused that no rule matches.
    pub fn refused(self, refusal: &Refusal) -> StoreError {
        match (self, refusal) {
            (Self::Oss, Refusal::NoRules) => {
                StoreError::new(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
                    .with_ec("0003-00000601")
            }
            (Self::Oss, _) => StoreError::new(403, "AccessForbidden", NOT_ALLOWED).with_ec("0003-00000602"),
            (Self::S3, Refusal::NoRules) => {
                StoreError::new(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
            }
            (Self::S3, _) => StoreError::new(
                403,
                "AccessForbidden",
                NOT_ALLOWED.replace("Access-Control-Requet-Headers", "Access-Control-Request-Headers"),
            ),
        }
    }

    /// How an `OPTIONS` request is answered that is no preflight.
    pub fn malformed(self, malformed: Malformed) -> StoreError {
        let message = match malformed {
            Malformed::NoOrigin => "Insufficient information. Origin request header needed.",
            Malformed::SeveralOrigins => "Invalid Origin request header: there may be only one.",
            Malformed::NoMethod => {
                "Insufficient information. Access-Control-Request-Method request header needed."
            }
        };
        match (self, malformed) {
            (Self::Oss, Malformed::NoMethod) => {
                StoreError::new(400, "InvalidArgument", message).with_ec("0034-00000102")
            }
            (Self::Oss, _) => StoreError::new(400, "InvalidArgument", message).with_ec("0034-00000101"),
            (Self::S3, _) => StoreError::new(400, "BadRequest", message),
        }
    }

    /// How rules are answered for that are not there.
    pub fn no_configuration(self) -> StoreError {
        match self {
            Self::Oss => {
                StoreError::new(404, "NoSuchCORSConfiguration", "The CORS Configuration does not exist.")
                    .with_ec("0034-00000001")
            }
            Self::S3 => {
                StoreError::new(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist")
            }
        }
    }

    /// How a preflight is answered for a bucket that is not there.
    pub fn preflight_without_bucket(self) -> StoreError {
        match self {
            Self::Oss => StoreError::new(404, "NoSuchBucket", "The specified bucket does not exist."),
            Self::S3 => StoreError::new(403, "AccessForbidden", "CORSResponse: Bucket not found"),
        }
    }
}
