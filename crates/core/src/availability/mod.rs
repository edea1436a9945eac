//! Whether an answer speaks for the endpoint, or only says that it cannot answer now: rate limits, overload and gateway
//! errors; how long to wait before the request is sent again, and when to give up. And whether answers to one request
//! are the same as far as CORS is concerned. No clock: times are durations since the start of the run.

mod pace;
mod retry_after;
mod sameness;

pub use pace::{Ended, Limits, Pace, Step, Throttled, Turn};
pub use retry_after::retry_after;
pub use sameness::{Difference, View, difference};

use crate::exchange::Stage;

/// An answer that says nothing about CORS: the endpoint, or a gateway before it, cannot answer now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unavailable {
    /// Too many requests: 429 (RFC 6585 §4).
    RateLimit,
    /// Overloaded or down for maintenance: 503 (RFC 9110 §15.6.4).
    Overload,
    /// A gateway got no valid answer from the service behind it: 502 and 504 (RFC 9110 §15.6.3, §15.6.5).
    Gateway,
}

impl Unavailable {
    /// What a status says; `None`: it is an answer like any other.
    pub const fn of(status: u16) -> Option<Self> {
        match status {
            429 => Some(Self::RateLimit),
            503 => Some(Self::Overload),
            502 | 504 => Some(Self::Gateway),
            _ => None,
        }
    }

    /// Where an exchange ended that got only such answers.
    pub const fn stage(self) -> Stage {
        match self {
            Self::RateLimit | Self::Overload => Stage::Throttled,
            Self::Gateway => Stage::Gateway,
        }
    }

    /// What to do about it.
    pub const fn help(self) -> &'static str {
        match self {
            Self::RateLimit => "send fewer requests a second (--rate), or run later",
            Self::Overload | Self::Gateway => {
                "check that the service behind it is up, or send fewer requests a second (--rate)"
            }
        }
    }
}
