//! Crosscheck tells the truth about an HTTP endpoint's CORS behaviour.
//!
//! The pure rooms import one another in one direction only: `diagnostic` and `document` (texts
//! and their places), then `message`, `fetch` and `caching`, `policy`, `case`, and so on.

pub mod caching;
pub mod case;
pub mod diagnostic;
pub mod document;
pub mod exchange;
pub mod fetch;
pub mod message;
pub mod policy;
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the reference store opens sockets, starts tasks and reads the clock"
)]
pub mod reference;
pub mod report;
#[allow(clippy::disallowed_methods, reason = "an effect room: it reads target files")]
pub mod target;
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an effect room: it opens sockets and reads the clock"
)]
pub mod transport;
