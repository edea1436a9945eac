//! The pure half of Crosscheck: what a browser that follows the Fetch standard does, what HTTP caches do, what CORS
//! rules promise, what a case file says, and what a transcript is worth. No sockets, files, clock or randomness; what
//! of these is needed comes in from outside.
//!
//! - [`fetch`]: a browser without sockets, [`fetch::Agent`].
//! - [`caching`]: a cache without a clock, [`caching::Cache`].
//! - [`policy`]: what ordered CORS rules demand, [`policy::evaluate`].
//! - [`case`](mod@case), [`exchange`], [`verdict`]: case files, evidence, and what it is worth.
//! - [`message`]: HTTP messages as data, which all of these are about.
//!
//! The other modules are for the crates of Crosscheck alone, and may change at any time.

#[doc(hidden)]
pub mod availability;
pub mod caching;
pub mod case;
#[doc(hidden)]
pub mod cause;
#[doc(hidden)]
pub mod diagnosis;
#[doc(hidden)]
pub mod diagnostic;
#[doc(hidden)]
pub mod document;
pub mod exchange;
pub mod fetch;
#[doc(hidden)]
pub mod import;
#[doc(hidden)]
pub mod interleave;
pub mod message;
#[doc(hidden)]
pub mod operation;
#[doc(hidden)]
pub mod paste;
#[doc(hidden)]
pub mod plan;
pub mod policy;
#[doc(hidden)]
pub mod promise;
#[doc(hidden)]
pub mod random;
#[doc(hidden)]
pub mod redaction;
#[doc(hidden)]
pub mod signature;
#[doc(hidden)]
pub mod vary;
pub mod verdict;
