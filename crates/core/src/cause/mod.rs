//! Decides the vocabulary of causes: what has to be changed, not what a browser's console says. One symptom, such as a
//! missing Access-Control-Allow-Origin, has two dozen of them.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::document::{nearest, quote};

/// How bad a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing: no page is refused, and no stranger reads.
    Info,
    /// A recommendation: some products, caches or later changes will make it a fault.
    Low,
    /// Some pages are refused at times, or strangers learn what is public anyway.
    Medium,
    /// Declared pages are refused, or strangers read what is meant for others.
    High,
    /// Strangers read with a user's credentials.
    Critical,
}

impl Severity {
    /// The word for it in records and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! causes {
    ($( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $without:ident, $with:ident; )+) => {
        /// Why pages are refused, or strangers are not: one thing that a person can change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Cause { $( $(#[doc = $doc])+ $name, )+ }

        impl Cause {
            /// Every cause, in the order of the catalogue: what stands in front of others comes first.
            pub const ALL: &'static [Self] = &[ $( Self::$name, )+ ];

            /// The code as it stands in records, reports and known issues.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$name => $code, )+ }
            }

            /// One sentence that says what the cause is.
            pub const fn meaning(self) -> &'static str {
                match self { $( Self::$name => concat!($($doc),+).trim_ascii(), )+ }
            }

            /// How bad it is, without and with credentials allowed.
            pub const fn severity(self, credentials: bool) -> Severity {
                match self {
                    $( Self::$name => if credentials { Severity::$with } else { Severity::$without }, )+
                }
            }
        }
    };
}

causes! {
    // The page, the network, the input.
    /// The name of the host is not in DNS.
    NameNotResolved = "name-not-resolved", High, High;
    /// The host does not accept connections, or does not answer any more.
    EndpointDown = "endpoint-down", High, High;
    /// The certificate of the host is not trusted.
    Tls = "tls", High, High;
    /// A page of a secure context requests plain HTTP.
    MixedContent = "mixed-content", High, High;
    /// A page of a public address requests an address of the local network.
    LocalNetworkAccess = "local-network-access", High, High;
    /// The browser refuses the request before anything is sent.
    RequestRefusedByBrowser = "request-refused-by-browser", High, High;
    /// A script cannot set this request header.
    ForbiddenRequestHeader = "forbidden-request-header", Medium, Medium;
    /// The page sets a CORS response field on its request.
    ResponseHeaderSentAsRequestHeader = "response-header-sent-as-request-header", High, High;

    // Who else answers.
    /// The server does not know the host name that is requested.
    HostNotAllowed = "host-not-allowed", High, High;
    /// A bot check or a firewall answers in place of the endpoint.
    BotFilter = "bot-filter", High, High;
    /// Requests are refused by their Referer.
    HotlinkFilter = "hotlink-filter", High, High;
    /// The endpoint limits the rate of requests.
    Throttled = "throttled", Medium, Medium;
    /// The same request is answered in two ways.
    UnstableAnswers = "unstable-answers", High, High;
    /// Every request with Origin is an error, and the same request without Origin is not.
    CorsLayerCrashes = "cors-layer-crashes", High, High;
    /// The signature of the URL does not fit the request.
    SignatureRefused = "signature-refused", High, High;
    /// Every request is answered with an error.
    OnlyErrorsSeen = "only-errors-seen", Medium, Medium;
    /// The answer itself was not seen: only its preflight was sent.
    RequestNotSent = "request-not-sent", Info, Info;
    /// Bytes came that answer no request.
    UnsolicitedBytes = "unsolicited-bytes", High, High;

    // Caches.
    /// A cache answers OPTIONS with the stored answer to GET.
    OptionsTurnedIntoGet = "options-turned-into-get", High, High;
    /// A cache answers preflights with what it stored for another preflight.
    PreflightCachedByCdn = "preflight-cached-by-cdn", High, High;
    /// A stored copy names the origin of another page.
    CachedForAnotherOrigin = "cached-for-another-origin", High, High;
    /// A stored copy has no CORS fields.
    CachedWithoutCors = "cached-without-cors", High, High;
    /// A CDN does not pass Origin on to the server.
    CdnDoesNotForwardOrigin = "cdn-does-not-forward-origin", High, High;
    /// A cache on the way uses a stored answer although Vary forbids it.
    CacheIgnoresVary = "cache-ignores-vary", High, High;
    /// A 304 leaves the CORS fields of a stored answer as they were for another origin.
    NotModifiedWrong = "not-modified-wrong", High, High;

    // Redirects.
    /// The bucket is at another endpoint of the store.
    WrongRegionEndpoint = "wrong-region-endpoint", High, High;
    /// An https URL redirects to http.
    RedirectToHttp = "redirect-to-http", High, High;
    /// A request of a script is redirected to a login page.
    LoginRedirect = "login-redirect", High, High;
    /// Preflights are redirected.
    PreflightRedirected = "preflight-redirected", High, High;
    /// After a redirect between origins, Origin is `null`, and the last host allows the page by name.
    RedirectOriginNull = "redirect-origin-null", High, High;
    /// What is redirected to has no CORS fields.
    RedirectTargetWithoutCors = "redirect-target-without-cors", High, High;
    /// The answer that redirects has no CORS fields.
    RedirectWithoutCors = "redirect-without-cors", High, High;

    // Preflights.
    /// Nothing answers OPTIONS.
    NoOptionsRoute = "no-options-route", High, High;
    /// The login check comes before the CORS layer.
    PreflightAuthenticated = "preflight-authenticated", High, High;
    /// OPTIONS requests are answered as preflights although they are none.
    OptionsSwallowed = "options-swallowed", Medium, Medium;
    /// A preflight runs what only the actual request may run.
    PreflightRunsHandler = "preflight-runs-handler", Medium, Medium;
    /// Requested headers are read otherwise than browsers send them.
    RequestedHeadersMisread = "requested-headers-misread", Medium, Medium;
    /// The page writes the method in lower case.
    MethodCase = "method-case", High, High;
    /// The server compares or writes methods in another case.
    MethodCaseIgnored = "method-case-ignored", Medium, Medium;

    // The page's origin.
    /// Access-Control-Allow-Origin comes twice.
    AllowOriginTwice = "allow-origin-twice", High, High;
    /// Access-Control-Allow-Origin is neither one origin nor `*` nor `null`.
    AllowOriginMalformed = "allow-origin-malformed", High, High;
    /// The server allows its own origin where the page's belongs.
    ListsItself = "lists-itself", High, High;
    /// The server allows nearly this origin.
    OriginMisspelled = "origin-misspelled", High, High;
    /// Every page is answered with the same origin.
    FixedOrigin = "fixed-origin", High, High;
    /// The CORS layer refuses requests of the site's own pages.
    OwnOriginRefused = "own-origin-refused", High, High;
    /// Requests without Origin are refused by the CORS layer.
    NoOriginRefused = "no-origin-refused", High, High;
    /// Requests without Origin are answered as if a page had sent them.
    NoOriginAnsweredAsPage = "no-origin-answered-as-page", High, High;
    /// Origins that are not declared may read.
    OriginCheckTooLoose = "origin-check-too-loose", High, Critical;
    /// The opaque origin `null` may read.
    NullAllowed = "null-allowed", High, Critical;
    /// An origin is taken from another field than Origin.
    OriginFromAnotherField = "origin-from-another-field", High, Critical;
    /// Requests of origins that are not declared are refused with an error, and not only to the page.
    ForeignOriginRefused = "foreign-origin-refused", Medium, Medium;
    /// No answer to any request has a CORS field.
    NoCorsAtAll = "no-cors-at-all", High, High;
    /// The server does not allow this origin.
    OriginNotAllowed = "origin-not-allowed", High, High;
    /// The method is not allowed.
    MethodNotAllowed = "method-not-allowed", High, High;
    /// A request header is not allowed.
    HeaderNotAllowed = "header-not-allowed", High, High;
    /// `Access-Control-Allow-Headers: *` does not cover Authorization.
    WildcardWithoutAuthorization = "wildcard-without-authorization", High, High;
    /// A list of methods or headers cannot be parsed.
    ListMalformed = "list-malformed", High, High;

    // Credentials and cookies.
    /// `*` is answered where the request includes credentials.
    WildcardWithCredentials = "wildcard-with-credentials", High, High;
    /// Access-Control-Allow-Credentials is missing or not `true`.
    CredentialsNotAllowed = "credentials-not-allowed", High, High;
    /// Access-Control-Allow-Credentials is not the one value that it can have.
    AllowCredentialsMalformed = "allow-credentials-malformed", Medium, Medium;
    /// Credentials are allowed although they are not declared.
    CredentialsNotDeclared = "credentials-not-declared", Medium, High;
    /// The browser does not store the cookie.
    CookieNotStored = "cookie-not-stored", Medium, High;
    /// The browser does not send the cookie.
    CookieNotSent = "cookie-not-sent", Medium, High;

    // Answers after the preflight.
    /// The request is too large for a proxy, whose answer has no CORS fields.
    BodyTooLarge = "body-too-large", High, High;
    /// The head of an endless answer has no CORS fields.
    Stream = "stream", High, High;
    /// Error answers have no CORS fields.
    ErrorWithoutCors = "error-without-cors", High, High;
    /// The preflight is right, and the answer after it has no CORS fields.
    ActualWithoutCors = "actual-without-cors", High, High;
    /// Paths below this one have no CORS fields.
    PathWithoutCors = "path-without-cors", High, High;
    /// Another spelling of the path escapes the rules.
    PathEscapesRules = "path-escapes-rules", High, Critical;
    /// Cross-Origin-Resource-Policy forbids other sites to embed the answer.
    EmbeddingForbidden = "embedding-forbidden", Medium, Medium;

    /// An answer that depends on a request field does not name it in Vary.
    VaryMissing = "vary-missing", Medium, Medium;
    /// Vary names something else than the request fields on which the answer depends.
    VaryMalformed = "vary-malformed", Low, Low;

    // What the page may read, and what is said beyond the policy.
    /// A field is sent that the page cannot read.
    NotExposed = "not-exposed", Medium, Medium;
    /// Access-Control-Max-Age is not what was declared.
    MaxAgeDiffers = "max-age-differs", Low, Low;
    /// A method, a header or a field is granted that is not declared.
    AllowsTooMuch = "allows-too-much", Medium, High;
    /// An answer has an Access-Control field that browsers do not know.
    UnknownField = "unknown-field", Low, Low;
    /// An answer has CORS fields that belong to other answers.
    FieldsOutOfPlace = "fields-out-of-place", Low, Low;
    /// A refusal does not say what it refuses.
    RefusalUnexplained = "refusal-unexplained", Low, Low;
    /// Rules are matched otherwise than the store documents.
    RulesMisapplied = "rules-misapplied", Low, Low;
    /// Malformed requests are answered otherwise than expected.
    MalformedRequestsMishandled = "malformed-requests-mishandled", Medium, Medium;
    /// Answers change under load.
    AnswersChangeUnderLoad = "answers-change-under-load", High, Critical;
}

impl Cause {
    /// Whether the same cause about another subject is another thing to change.
    pub const fn is_per_subject(self) -> bool {
        matches!(
            self,
            Self::MethodNotAllowed
                | Self::HeaderNotAllowed
                | Self::NotExposed
                | Self::OriginNotAllowed
                | Self::OriginMisspelled
                | Self::ErrorWithoutCors
                | Self::ListMalformed
        )
    }

    /// Whether strangers get something by it that was not meant for them: a matter of security, besides of pages that
    /// do not work.
    pub const fn lets_strangers_in(self) -> bool {
        matches!(
            self,
            Self::UnsolicitedBytes
                | Self::OriginCheckTooLoose
                | Self::NullAllowed
                | Self::OriginFromAnotherField
                | Self::CredentialsNotDeclared
                | Self::PathEscapesRules
                | Self::AllowsTooMuch
                | Self::AnswersChangeUnderLoad
        )
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is not the code of a cause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown cause {}{}", quote(.text), .meant.map(|meant| format!(", did you mean `{meant}`?")).unwrap_or_default())]
pub struct ParseCauseError {
    /// The text.
    pub text: String,
    /// The cause that is written almost like it.
    pub meant: Option<Cause>,
}

impl FromStr for Cause {
    type Err = ParseCauseError;

    fn from_str(text: &str) -> Result<Self, ParseCauseError> {
        let named = |text: &str| Self::ALL.iter().copied().find(|cause| cause.as_str() == text);
        named(text).ok_or_else(|| ParseCauseError {
            text: text.to_owned(),
            meant: nearest(text, Self::ALL.iter().map(|cause| cause.as_str())).and_then(named),
        })
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Cause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Cause {
    fn schema_name() -> Cow<'static, str> {
        "Cause".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let causes: Vec<_> = Self::ALL
            .iter()
            .map(|cause| {
                json_schema!({ "description": cause.meaning(), "type": "string", "const": cause.as_str() })
            })
            .collect();
        json_schema!({ "description": "A cause of the catalogue, as a stable code.", "oneOf": causes })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_cause_is_written_and_read_back_as_one_text() {
        let mut seen = HashSet::new();
        for cause in Cause::ALL.iter().copied() {
            assert!(seen.insert(cause.as_str()), "{cause} is there twice");
            assert_eq!(cause.to_string().parse(), Ok(cause));
            assert!(cause.meaning().ends_with('.'), "{cause}: {}", cause.meaning());
            assert!(cause.severity(true) >= cause.severity(false), "{cause}");
            // Only strangers make it worse than refused pages.
            let is_critical = cause.severity(true) == Severity::Critical;
            assert!(!is_critical || cause.lets_strangers_in(), "{cause}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_cause_is_refused_with_the_nearest() {
        let error = "vary-mising".parse::<Cause>().unwrap_err().to_string();
        assert_eq!(error, "unknown cause `vary-mising`, did you mean `vary-missing`?");
        assert!("".parse::<Cause>().is_err());
    }
}
