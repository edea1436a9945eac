//! Why a request is sent: a transport permits and adds by it.

use std::sync::Arc;

use url::Url;

use super::Purpose;
use crate::{fetch, message::Request};

/// Why a request is sent, as far as it decides where the request may go and what is added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendContext {
    /// What it is for.
    pub purpose: Purpose,
    /// The URL whose answer redirected to the request's URL; `None`: no redirect was followed.
    pub redirected_from: Option<Arc<Url>>,
    /// The value of `Referer` that the browser sends.
    pub referrer: Option<Arc<str>>,
    /// Whether the page's request includes credentials.
    pub credentials: bool,
}

impl SendContext {
    /// A request as it was written, by no browser.
    pub const RAW: Self =
        Self { purpose: Purpose::Raw, redirected_from: None, referrer: None, credentials: false };

    /// Whether `request`, sent for this, is a CORS-preflight request: the browser's own, or one that a
    /// raw client writes itself.
    pub fn is_preflight(&self, request: &Request) -> bool {
        self.purpose == Purpose::Preflight || is_preflight(request)
    }
}

impl From<&fetch::Outgoing> for SendContext {
    fn from(outgoing: &fetch::Outgoing) -> Self {
        let purpose = match outgoing.purpose {
            fetch::Purpose::Preflight => Purpose::Preflight,
            fetch::Purpose::Actual => Purpose::Actual,
            fetch::Purpose::RedirectHop(hop) => Purpose::RedirectHop(hop),
        };
        Self {
            purpose,
            redirected_from: outgoing.redirected_from.clone(),
            referrer: outgoing.referrer.clone(),
            credentials: outgoing.includes,
        }
    }
}

/// Whether a request has the form of a CORS-preflight request (Fetch §3.3.2).
pub fn is_preflight(request: &Request) -> bool {
    request.method == "OPTIONS" && request.fields.contains("access-control-request-method")
}

/// What every report says where preflights carried headers of these names, which no browser sends.
pub fn preflight_headers_note(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| {
        format!(
            "preflights were sent with {} (`preflight_headers`): browsers do not send these, so that pages fail \
             where the endpoint needs them",
            names.join(", ")
        )
    })
}
