use std::fmt;

use url::Url;

use super::{
    error::{Fault, Why, fault},
    headers,
};
use crate::fetch::{Credentials, Initiator, Origin, Reason};

/// One request of a pasted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastedRequest {
    /// The URL: after redirects, the last. Some console messages have none.
    pub url: Option<Url>,
    /// The URL that the page requested, where redirects led to [`Self::url`].
    pub redirected_from: Option<Url>,
    /// The origin of the page, where the text has it.
    pub origin: Option<PageOrigin>,
    /// The method, where the text has it or implies it.
    pub method: Option<String>,
    /// The headers that a script sets.
    pub headers: Vec<(String, String)>,
    /// The headers that are not sent.
    pub left_out: Vec<LeftOut>,
    /// The credentials mode, where the text has it or implies it.
    pub credentials: Option<Credentials>,
    /// The body.
    pub body: Option<PastedBody>,
    /// What made the request, where the text has it.
    pub initiator: Option<Initiator>,
    /// The reason that a console message gives, where only one reason has such a message.
    pub reason: Option<Reason>,
    /// The status of the response that was refused, where the text has it.
    pub status: Option<u16>,
    /// How it failed, in a recording.
    pub failed: Option<Failed>,
    /// Whether certificates are not verified (`curl -k`).
    pub insecure: bool,
    /// What was assumed, or cannot be reproduced.
    pub notes: Vec<Note>,
}

impl PastedRequest {
    /// The URL that the page requested: the first, before redirects.
    pub fn page_url(&self) -> Option<&Url> {
        self.redirected_from.as_ref().or(self.url.as_ref())
    }

    /// Whether the page sends credentials to other origins.
    pub fn includes_credentials(&self) -> bool {
        self.credentials == Some(Credentials::Include)
    }

    /// The names of headers that the script tries to set and cannot.
    pub fn unsendable(&self) -> impl Iterator<Item = &str> {
        let forbidden = |header: &&LeftOut| header.because == LeftOutBecause::Forbidden;
        self.left_out.iter().filter(forbidden).map(|header| header.name.as_str())
    }
}

/// The origin of a page, and where it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOrigin {
    /// As it is serialised, or as it was written where that is not an origin.
    pub text: String,
    /// Where it was read.
    pub from: OriginFrom,
}

/// Where the origin of a page was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginFrom {
    /// The Origin field.
    Origin,
    /// The Referer field, or the member `referrer`.
    Referrer,
    /// A console message.
    Message,
}

/// A header that is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub name: String,
    /// Why.
    pub because: LeftOutBecause,
}

/// Why a header is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOutBecause {
    /// The browser sets it itself.
    Browser,
    /// It is a cookie, which the browser takes from its store: the request has credentials.
    Cookies,
    /// It names the page.
    Page,
    /// A script cannot set it: a *forbidden request-header* of the Fetch standard.
    Forbidden,
}

/// The body of a pasted request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastedBody {
    /// Text.
    Text(String),
    /// Bytes that are not text.
    Bytes(Vec<u8>),
    /// The content of a file, as `curl` names it. It is not read here.
    File(String),
    /// The text does not have it: a form with parts, an expression, a stream.
    Missing,
}

/// How a recorded request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The browser recorded an error, or no response.
    NoResponse(Option<String>),
    /// The response does not permit the page to read it.
    NotPermitted(Reason),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResponse(Some(error)) => f.write_str(error),
            Self::NoResponse(None) => f.write_str("no response"),
            Self::NotPermitted(reason) => f.write_str(reason.as_str()),
        }
    }
}

/// What was assumed about a pasted request, or cannot be reproduced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// `-F`, `FormData`, a form with parts.
    #[error("the form is not reproduced: no body is sent")]
    Form,
    /// The body is computed, or was not recorded.
    #[error("the body is not in the text: no body is sent; --data or --data-file sends one")]
    NoBody,
    /// The value of a header is computed.
    #[error("the value of the header {0} is an expression: `1` is used in its place")]
    ComputedValue(String),
    /// Headers are computed.
    #[error("some headers are computed: name them with --header")]
    ComputedHeaders,
    /// `-H @file`.
    #[error("headers in the file {0} are not read: name them with --header")]
    HeaderFile(String),
    /// An option that is not used.
    #[error("the option {0} is not used")]
    Unused(String),
    /// `mode: "no-cors"`.
    #[error(
        "the script uses `mode: \"no-cors\"`, so that it can never read the response; explained as with \"cors\""
    )]
    NoCors,
    /// `mode: "same-origin"`.
    #[error(
        "the script uses `mode: \"same-origin\"`, which refuses every other origin; explained as with \"cors\""
    )]
    SameOriginMode,
    /// The text is a preflight.
    #[error("the text is a preflight: explaining the request that it announces")]
    Preflight,
    /// A message about a preflight for an unknown request.
    #[error(
        "the message is about a preflight and does not name the method or the headers of the request: assuming \
         {0} with content-type: application/json; --method and --header name others"
    )]
    AssumedRequest(&'static str),
    /// A message about a method that it does not name.
    #[error("the message does not name the method: assuming {0}; --method names another")]
    AssumedMethod(&'static str),
    /// Several URLs of one command.
    #[error("the command has {0} URLs: explaining the first")]
    Urls(usize),
    /// Redirects were followed.
    #[error("the browser was redirected to {0}: explaining the URL that the page requested")]
    Redirected(String),
}

/// A request as its form says it, before headers are told apart.
pub(super) struct Draft {
    pub(super) url: Url,
    pub(super) method: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<PastedBody>,
    pub(super) credentials: Option<Credentials>,
    pub(super) referrer: Option<String>,
    pub(super) initiator: Option<Initiator>,
    pub(super) insecure: bool,
    /// Whether a script is the source, which can set only some headers; else it is what went over the wire.
    pub(super) script: bool,
    pub(super) notes: Vec<Note>,
}

impl Draft {
    pub(super) fn new(url: Url) -> Self {
        Self {
            url,
            method: None,
            headers: Vec::new(),
            body: None,
            credentials: None,
            referrer: None,
            initiator: None,
            insecure: false,
            script: false,
            notes: Vec::new(),
        }
    }

    /// The request, its headers told apart.
    pub(super) fn finish(mut self) -> PastedRequest {
        let split = headers::split(std::mem::take(&mut self.headers), self.script);
        let referrer = split.referrer.or(self.referrer);
        let of_referrer =
            referrer.as_deref().and_then(origin_of_url).map(|text| (text, OriginFrom::Referrer));
        let origin = split.origin.map(|text| (text, OriginFrom::Origin)).or(of_referrer);
        let mut request = PastedRequest {
            url: Some(self.url),
            redirected_from: None,
            origin: origin.map(|(text, from)| PageOrigin { text, from }),
            method: self.method,
            headers: split.headers,
            left_out: split.left_out,
            credentials: self.credentials.or(split.has_cookies.then_some(Credentials::Include)),
            body: self.body,
            initiator: self.initiator,
            reason: None,
            status: None,
            failed: None,
            insecure: self.insecure,
            notes: self.notes,
        };
        if let Some(method) = split.preflight_for
            && request.method.as_deref().is_some_and(|method| method.eq_ignore_ascii_case("OPTIONS"))
        {
            request.method = Some(method);
            request.headers = split.preflight_headers.into_iter().map(assumed).collect();
            request.notes.push(Note::Preflight);
        }
        if request.body == Some(PastedBody::Missing) && !request.notes.contains(&Note::Form) {
            request.notes.push(Note::NoBody);
        }
        request
    }
}

/// A header of which only the name is known.
pub(super) fn assumed(name: String) -> (String, String) {
    let value = if name.eq_ignore_ascii_case("content-type") { "application/json" } else { "1" };
    (name, value.to_owned())
}

/// The serialised origin of the URL of a page.
pub(super) fn origin_of_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| Origin::of(&url).to_string())
}

/// The URL of a request; relative to `base`, where there is one.
pub(super) fn url(text: &str, base: Option<&Url>, at: usize) -> Result<Url, Fault> {
    let mut url = match (Url::parse(text), base) {
        (Ok(url), _) => url,
        (Err(_), Some(base)) => base.join(text).map_err(|error| fault(Why::Url(error.to_string()), at))?,
        (Err(url::ParseError::RelativeUrlWithoutBase), None) => return Err(fault(Why::RelativeUrl, at)),
        (Err(error), None) => return Err(fault(Why::Url(error.to_string()), at)),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(fault(Why::Scheme(url.scheme().to_owned()), at));
    }
    url.set_fragment(None);
    Ok(url)
}
