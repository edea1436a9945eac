//! Crosscheck tells the truth about an HTTP endpoint's CORS behaviour.

pub mod caching;
pub mod case;
pub mod diagnostic;
pub mod exchange;
pub mod fetch;
pub mod message;
pub mod policy;
