//! What a page gets in the end.

use bytes::Bytes;
use url::Url;

use super::Purpose;
use crate::{fetch::reason::Reason, message::Fields};

/// What the page gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It may read the response, as far as it is exposed.
    Allowed(Readable),
    /// It may use the response without reading it.
    Opaque(Opaque),
    /// A network error.
    Blocked(Blocked),
}

/// What a page may read of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readable {
    /// Why it may.
    pub kind: ReadableKind,
    /// The status.
    pub status: u16,
    /// The fields that are not filtered out.
    pub fields: Fields,
    /// The content; empty where the standard drops it.
    pub body: Bytes,
    /// The URL that answered last, without its fragment.
    pub url: Url,
    /// Whether there was a redirect.
    pub redirected: bool,
}

/// The type of a readable response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadableKind {
    /// It is of the page's own origin: only Set-Cookie is hidden.
    Basic,
    /// The CORS check allowed it: what is neither safelisted nor exposed is hidden.
    Cors,
}

/// A response that a page cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opaque {
    /// Of which type it is.
    pub kind: OpaqueKind,
    /// The URL that answered last, without its fragment. Scripts see it for
    /// [`OpaqueKind::Redirect`] only.
    pub url: Url,
    /// The status as on the wire, which scripts do not see.
    pub status: u16,
}

/// The type of a response that a page cannot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpaqueKind {
    /// A response to a `no-cors` request.
    Response,
    /// A redirect that was not followed because the redirect mode is `manual`.
    Redirect,
}

/// Why there is nothing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The step that failed.
    pub reason: Reason,
    /// The current URL at that step, with its fragment.
    pub url: Url,
    /// What it is about: the method, header name, field value, status or message.
    pub subject: Option<String>,
    /// The response's status, where there was one.
    pub status: Option<u16>,
    /// Which request it was; `None` where none was sent or about to be.
    pub purpose: Option<Purpose>,
}

impl Outcome {
    /// The reason, where it is blocked.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Blocked(blocked) => Some(blocked.reason),
            Self::Allowed(_) | Self::Opaque(_) => None,
        }
    }

    /// Whether the page may read the response.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}
