//! Crosscheck tells the truth about an HTTP endpoint's CORS behaviour: which pages may read it,
//! what a browser that follows the Fetch standard would do and why, and whether that stays true
//! when caches and other origins get in between.
//!
//! # Map
//!
//! The rooms, in the order in which a run goes through them. Imports run one way only: pure
//! rooms import what stands to their left, effects import pure rooms, views import both.
//!
//! - Pure: [`diagnostic`], [`document`], [`message`], [`redaction`], [`caching`], [`fetch`], [`policy`],
//!   [`signature`], [`vary`], [`case`], [`plan`], [`exchange`], [`verdict`], [`interleave`].
//! - Effects: [`input`], [`suite`], [`transport`], [`reference`](mod@reference), [`provision`],
//!   [`target`], [`run`], [`load`], [`gateway`].
//! - Views: [`report`], [`cli`].
//!
//! # Use
//!
//! As a command line: [`cli::main`]. As tests of another project: [`cli::cargo_test`]. As a
//! library: [`fetch::agent`] is a browser without sockets, [`caching`] a cache without a clock,
//! [`policy::evaluate`] what ordered CORS rules demand.

pub mod cli;
mod conformance;
pub mod gateway;
pub mod report;
mod serving;
pub mod shipped;

pub use cli::cargo_test_of as cargo_test;
pub use conformance::{Conformance, ConformanceError};
pub use crosscheck_harness::run::record::RunRecord as Record;

pub use crosscheck_core::{
    caching, case, diagnostic, document, exchange, fetch, interleave, message, plan, policy, promise,
    redaction, signature, vary, verdict,
};
pub use crosscheck_harness::{endpoint, input, provision, run, suite, transport};
pub use crosscheck_load::load;
pub use crosscheck_store as reference;
