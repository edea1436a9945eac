//! The pure half of Crosscheck: what a browser that follows the Fetch standard does, what HTTP caches do, what CORS
//! rules promise, what a case file says, and what a transcript is worth. No sockets, files, clock or randomness; what
//! of these is needed comes in from outside.

pub mod caching;
pub mod case;
pub mod diagnostic;
pub mod document;
pub mod exchange;
pub mod fetch;
pub mod interleave;
pub mod message;
pub mod plan;
pub mod policy;
pub mod promise;
pub mod redaction;
pub mod signature;
pub mod vary;
pub mod verdict;
