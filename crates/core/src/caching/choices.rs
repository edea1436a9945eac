//! What a [`Model`](super::Model) may choose where a yes or no is not enough.

/// What several `Vary` lines of one response do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaryLines {
    /// All of them count, as if they were one (RFC 9110 §5.3).
    All,
    /// The last one counts alone.
    Last,
    /// All of them choose, but responses that differ only by what later lines nominate take each
    /// other's place.
    FirstParts,
}

/// What becomes of a request's own preconditions (RFC 9111 §4.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preconditions {
    /// A fresh response is held to them; otherwise they go to the origin server, whose 304 is the
    /// client's.
    Forwarded,
    /// Nothing of them is sent on: what comes is stored, and then held to them.
    Withheld,
    /// Where a stored response is validated, the cache's own take their place, and the client gets
    /// the whole response that was confirmed.
    ReplacedForWhole,
    /// The same, and the confirmed response is held to them. A fresh response that they do not find
    /// unchanged is not used.
    Replaced,
}

/// Which statuses a cache stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statuses {
    /// Any, as far as the response allows it.
    Any,
    /// These only.
    Only(&'static [u16]),
    /// Any but these.
    Except(&'static [u16]),
}

impl Statuses {
    /// Whether a status is among them.
    pub fn has(self, status: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Only(statuses) => statuses.contains(&status),
            Self::Except(statuses) => !statuses.contains(&status),
        }
    }
}

/// What a request's `Authorization` means in a shared cache (RFC 9111 §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// The answer is stored if it says `public`, `s-maxage` or `must-revalidate`.
    Standard,
    /// Nothing: the answer is stored for everybody.
    Ignored,
    /// The request passes by the cache.
    Passes,
    /// The request is not answered from the cache, and the answer stored if it says `public`.
    PassesUnlessPublic,
}

/// What becomes of requests for a range (RFC 9110 §14, RFC 9111 §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranges {
    /// Ranges are cut from stored responses, and single parts stored and put together.
    Stored,
    /// Ranges are cut from complete stored responses; parts are not stored.
    Cut,
    /// The same, and what is not stored is asked for as a whole.
    AskedWhole,
    /// The same, where the response says `Accept-Ranges`; otherwise the whole is sent.
    AskedWholeIfAccepted,
    /// A stored response is sent as a whole; parts are not stored.
    Whole,
}

impl Ranges {
    /// Whether parts are stored.
    pub fn stores_parts(self) -> bool {
        self == Self::Stored
    }

    /// Whether a range is sent on.
    pub fn are_sent_on(self) -> bool {
        !matches!(self, Self::AskedWhole | Self::AskedWholeIfAccepted)
    }
}
