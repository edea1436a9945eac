//! Crosscheck tells the truth about an HTTP endpoint's CORS behaviour.

pub mod caching;
pub mod case;
pub mod diagnostic;
pub mod document;
pub mod exchange;
pub mod fetch;
pub mod message;
pub mod policy;
pub mod report;
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an effect room: it opens sockets and reads the clock"
)]
pub mod transport;
