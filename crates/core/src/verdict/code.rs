//! Decides the codes of findings: a closed set, so that records, schemas, reports and known issues speak of the same
//! codes. A browser's refusal keeps the code of its reason.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    document::{nearest, quote},
    fetch::Reason,
};

macro_rules! finding_codes {
    ($( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $anchor:expr; )+) => {
        /// What a finding is about, as a stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            /// A browser refuses, for this reason.
            Reason(Reason),
            $( $(#[doc = $doc])+ $name, )+
        }

        impl Code {
            /// The codes that are not a reason of the Fetch standard.
            const OWN: &'static [Self] = &[ $( Self::$name, )+ ];

            /// The code as it stands in records and reports.
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::Reason(reason) => reason.as_str(),
                    $( Self::$name => $code, )+
                }
            }

            /// One sentence that says what was found.
            pub const fn meaning(self) -> &'static str {
                match self {
                    Self::Reason(reason) => reason.meaning(),
                    $( Self::$name => concat!($($doc),+).trim_ascii(), )+
                }
            }

            /// The section of the standard that it is about, where it is one section.
            pub const fn anchor(self) -> Option<&'static str> {
                match self {
                    Self::Reason(reason) => Some(reason.anchor()),
                    $( Self::$name => $anchor, )+
                }
            }
        }
    };
}

/// The grammar of the CORS response fields.
const SYNTAX: Option<&str> = Some("https://fetch.spec.whatwg.org/#http-new-header-syntax");

/// The fields that a page may read.
const FILTERED: Option<&str> = Some("https://fetch.spec.whatwg.org/#concept-filtered-response-cors");

finding_codes! {
    /// A page that must be refused can read the answer.
    OutcomeNotRefused = "outcome.not-refused", Some("https://fetch.spec.whatwg.org/#concept-cors-check");
    /// The page reads another status than expected.
    ExpectStatus = "expect.status", None;
    /// The page cannot read a response header that it is expected to read.
    ExpectExposed = "expect.exposed", FILTERED;
    /// A response header that is declared as exposed is neither sent nor exposed, so that nothing shows whether a page
    /// can read it.
    ExpectExposedUnsent = "expect.exposed-unsent", FILTERED;
    /// The page can read a response header that must be hidden from it.
    ExpectHidden = "expect.hidden", FILTERED;
    /// The CORS-preflight request was sent or left out against expectation, or got no answer.
    ExpectPreflight = "expect.preflight", Some("https://fetch.spec.whatwg.org/#http-fetch");
    /// A field of the CORS-preflight request is not as expected.
    ExpectPreflightSent = "expect.preflight.sent", Some("https://fetch.spec.whatwg.org/#cors-preflight-fetch");
    /// The status of the answer to the preflight is not as expected.
    ExpectPreflightStatus = "expect.preflight.status", None;
    /// A field of the answer to the preflight is not as expected.
    ExpectPreflightField = "expect.preflight.field", None;
    /// The actual request was not made, or got no answer.
    ExpectResponse = "expect.response", None;
    /// The status of the answer to the actual request is not as expected.
    ExpectResponseStatus = "expect.response.status", None;
    /// A field of the answer to the actual request is not as expected.
    ExpectResponseField = "expect.response.field", None;
    /// Not the endpoint but a stored response answered, or the other way round.
    ExpectServedBy = "expect.served-by", None;
    /// The endpoint answers the same request in two ways.
    AnswerUnstable = "answer.unstable", None;
    /// A cache answered a preflight from its store.
    CachePreflightStored = "cache.preflight-stored",
        Some("https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.7");
    /// Access-Control-Allow-Origin is not one origin, `*` or `null` on one line.
    SyntaxAllowOrigin = "syntax.allow-origin", SYNTAX;
    /// Access-Control-Allow-Credentials is not `true` on one line.
    SyntaxAllowCredentials = "syntax.allow-credentials", SYNTAX;
    /// Access-Control-Allow-Methods is not a list of tokens.
    SyntaxAllowMethods = "syntax.allow-methods", SYNTAX;
    /// Access-Control-Allow-Headers is not a list of tokens.
    SyntaxAllowHeaders = "syntax.allow-headers", SYNTAX;
    /// Access-Control-Expose-Headers is not a list of tokens.
    SyntaxExposeHeaders = "syntax.expose-headers", SYNTAX;
    /// Access-Control-Max-Age is not a number of seconds on one line.
    SyntaxMaxAge = "syntax.max-age", SYNTAX;
    /// The answer has an Access-Control field that is not a CORS response field.
    SyntaxUnknownField = "syntax.unknown-field", SYNTAX;
    /// Bytes came although nothing was requested.
    ResponseUnsolicitedBytes = "response.unsolicited-bytes",
        Some("https://www.rfc-editor.org/rfc/rfc9112#section-9.3");
    /// The answer lets a page read although no rule allows it.
    RulesGranted = "rules.granted", None;
    /// The preflight is refused although a rule matches, or the other way round.
    RulesPreflightStatus = "rules.preflight-status", None;
    /// Access-Control-Allow-Origin is not what the matching rule demands.
    RulesAllowOrigin = "rules.allow-origin", None;
    /// Access-Control-Allow-Credentials is not what the matching rule demands.
    RulesAllowCredentials = "rules.allow-credentials", None;
    /// Access-Control-Allow-Methods lacks the method that the matching rule allows.
    RulesAllowMethods = "rules.allow-methods", None;
    /// Access-Control-Allow-Headers lacks a header that the matching rule allows.
    RulesAllowHeaders = "rules.allow-headers", None;
    /// Access-Control-Expose-Headers is not what the matching rule demands.
    RulesExposeHeaders = "rules.expose-headers", None;
    /// Access-Control-Max-Age is not what the matching rule demands.
    RulesMaxAge = "rules.max-age", None;
    /// Vary lacks a request field on which the answer depends.
    RulesVary = "rules.vary", Some("https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches");
    /// A request got no answer, so that the endpoint cannot be judged.
    HarnessNoAnswer = "harness.no-answer", None;
    /// A request was answered only with a rate limit or an overload, so that the endpoint was not judged.
    HarnessThrottled = "harness.throttled", Some("https://www.rfc-editor.org/rfc/rfc6585#section-4");
    /// A request was answered only with the error of a gateway, so that the endpoint was not judged.
    HarnessGateway = "harness.gateway-error",
        Some("https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.3");
    /// A request was not sent: its host is not the endpoint's.
    HarnessHostNotPermitted = "harness.host-not-permitted", None;
    /// A request was not sent: the endpoint's owner does not permit its method.
    HarnessMethodNotPermitted = "harness.method-not-permitted", None;
    /// A redirect was not followed: it leads to an address that is not public.
    RedirectPrivateAddress = "redirect.private-address", None;
    /// Under load, a request is answered differently than before the load.
    LoadChanged = "load.changed", None;
    /// Under load, the answer is that of another resource.
    LoadCrossed = "load.crossed", None;
    /// A sending thread of the harness had no processor time left.
    ClientCpu = "client.cpu", None;
    /// The harness sent late although a connection was free.
    ClientSendLag = "client.send-lag", None;
    /// Arrivals were never sent, because every connection was waiting for an answer.
    ClientDropped = "client.dropped", None;
    /// The harness's machine had no port or no open file left for a connection.
    ClientExhausted = "client.exhausted", None;
    /// Users wait for answers, so that a slow endpoint receives fewer requests.
    LoopClosed = "loop.closed", None;
    /// Preflights carried fields that no browser sends.
    PreflightHeaders = "preflight-headers", None;
    /// Certificates were not verified.
    TlsInsecure = "tls.insecure", None;
    /// Requests went through a proxy, whose time is in every latency.
    ClientProxy = "client.proxy", None;
}

impl Code {
    /// Every code: the reasons of the Fetch standard first.
    pub fn all() -> impl Iterator<Item = Self> {
        Reason::ALL.iter().copied().map(Self::Reason).chain(Self::OWN.iter().copied())
    }
}

impl From<Reason> for Code {
    fn from(reason: Reason) -> Self {
        Self::Reason(reason)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is not a code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown code {}{}", quote(.text), .meant.map(|meant| format!(", did you mean `{meant}`?")).unwrap_or_default())]
pub struct ParseCodeError {
    /// The text.
    pub text: String,
    /// The code that is written almost like it.
    pub meant: Option<Code>,
}

impl FromStr for Code {
    type Err = ParseCodeError;

    fn from_str(text: &str) -> Result<Self, ParseCodeError> {
        let named = |text: &str| Self::all().find(|code| code.as_str() == text);
        named(text).ok_or_else(|| ParseCodeError {
            text: text.to_owned(),
            meant: nearest(text, Self::all().map(Self::as_str)).and_then(named),
        })
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<_> = Self::all()
            .map(|code| json_schema!({ "description": code.meaning(), "type": "string", "const": code.as_str() }))
            .collect();
        json_schema!({ "description": "What a finding is about, as a stable code.", "oneOf": codes })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_written_and_read_back_as_one_text() {
        let mut seen = HashSet::new();
        for code in Code::all() {
            assert!(seen.insert(code.as_str()), "{code} is there twice");
            assert_eq!(code.to_string().parse(), Ok(code));
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), code);
            assert!(code.meaning().ends_with('.'), "{code}: {}", code.meaning());
            assert!(code.anchor().is_none_or(|anchor| anchor.contains("/#") || anchor.contains("#section-")));
        }
        let reason = Code::from(Reason::CorsCheckMissing);
        assert_eq!(
            (reason.as_str(), reason.anchor()),
            ("cors-check.missing", Some(Reason::CorsCheckMissing.anchor()))
        );
    }

    #[test]
    fn a_text_that_is_not_a_code_is_refused_with_the_nearest() {
        for (text, message) in [
            ("load.granted", "unknown code `load.granted`, did you mean `load.changed`?"),
            ("rules.grantd", "unknown code `rules.grantd`, did you mean `rules.granted`?"),
            ("", "unknown code ``"),
            ("Syntax.Allow-Origin", "unknown code `Syntax.Allow-Origin`"),
        ] {
            let error = text.parse::<Code>().unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
            let read = serde_json::from_value::<Code>(text.into()).unwrap_err();
            assert!(read.to_string().starts_with(message), "{read}");
        }
    }
}
