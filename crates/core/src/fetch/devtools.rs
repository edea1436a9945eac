//! What a browser's developer tools show of a refusal: for each [`Reason`] the code
//! and the words of Chromium, Firefox and WebKit, with the values filled in. Where a browser
//! says nothing in its console, it is the exception that the script gets.
//!
//! The words of Chromium 156 and Firefox ESR 153 are as measured; WebKit's, and those for
//! situations that only their source decides, are as their source has them.

mod chromium;
mod firefox;
mod webkit;

#[cfg(test)]
mod tests;

use url::Url;

use super::{agent::Blocked, initiator::Initiator, reason::Reason, request::Request};
use crate::message::Response;

/// A browser engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// Chrome, Edge and their kin.
    Chromium,
    /// Firefox.
    Firefox,
    /// Safari.
    Webkit,
}

/// A refused request, with every value that developer tools show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedRequest<'a> {
    /// The step that failed.
    pub reason: Reason,
    /// What made the request.
    pub initiator: Initiator,
    /// The URL that was refused: after redirects, the last.
    pub url: &'a str,
    /// The URL that was asked for first, where it is another.
    pub redirected_from: Option<&'a str>,
    /// The serialised origin of the page.
    pub origin: &'a str,
    /// The URL of the page.
    pub page: &'a str,
    /// What the reason is about, isomorphic-decoded: the value of the field that was refused
    /// (all lines joined), the method, the request header's name, the token that cannot be
    /// parsed, the computed
    /// integrity metadata, the redirect's location, or the member that makes a request
    /// invalid (`only-if-cached`).
    pub subject: &'a str,
    /// How many lines of Access-Control-Allow-Origin there were.
    pub lines: usize,
    /// The status of the response that was refused.
    pub status: Option<u16>,
    /// Chromium's name of the network error, such as `ERR_CONNECTION_REFUSED`, where it is known.
    pub net_error: Option<&'a str>,
}

/// One thing that a browser shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The browser's own code: Chromium's `corsError`, Firefox's console category. WebKit has none.
    pub code: Option<&'static str>,
    /// The words.
    pub text: String,
    /// Where they stand.
    pub place: Place,
}

/// Where a message is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the console.
    Console,
    /// In the exception that the script gets; the console has no more.
    Exception,
}

impl<'a> RefusedRequest<'a> {
    /// A refusal of `url` to a page of `origin`; for a `fetch()` without redirects, and about nothing.
    pub fn new(reason: Reason, url: &'a str, origin: &'a str) -> Self {
        Self {
            reason,
            initiator: Initiator::default(),
            url,
            redirected_from: None,
            origin,
            page: origin,
            subject: "",
            lines: 1,
            status: None,
            net_error: None,
        }
    }

    /// The refusal in which a request ended, and the response that was refused, where there was
    /// one. What neither knows stays open: the page's URL is its origin, and a network error
    /// has no name.
    pub fn of(request: &'a Request, blocked: &'a Blocked, response: Option<&Response>) -> Self {
        let lines =
            response.map_or(1, |response| response.fields.lines("access-control-allow-origin").count());
        let redirected = blocked.url != request.url;
        Self {
            initiator: request.initiator,
            redirected_from: redirected.then_some(request.url.as_str()),
            subject: blocked.subject.as_deref().unwrap_or_default(),
            lines,
            status: blocked.status,
            ..Self::new(blocked.reason, blocked.url.as_str(), request.client.serialized_origin())
        }
    }

    /// Everything that the browser shows, in order; the first tells most. Never empty.
    pub fn messages(&self, engine: Engine) -> Vec<Message> {
        match engine {
            Engine::Chromium => chromium::messages(self),
            Engine::Firefox => firefox::messages(self),
            Engine::Webkit => webkit::messages(self),
        }
    }

    /// The subject as integrity metadata: its algorithm, such as `sha256`, and its digest.
    fn digest(&self) -> (&'a str, &'a str) {
        self.subject.split_once('-').unwrap_or(("sha256", self.subject))
    }

    /// Whether the URL is of a scheme that can be fetched, although not over HTTP.
    fn is_local_scheme(&self) -> bool {
        matches!(self.scheme(), "about" | "blob" | "data")
    }

    /// The scheme of the URL.
    fn scheme(&self) -> &'a str {
        self.url.split(':').next().unwrap_or_default()
    }
}

/// Whether a URL has a username or password in it.
fn has_credentials(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
}

impl Message {
    fn console(code: Option<&'static str>, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), place: Place::Console }
    }

    fn exception(text: impl Into<String>) -> Self {
        Self { code: None, text: text.into(), place: Place::Exception }
    }
}
