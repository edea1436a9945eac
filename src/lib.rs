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
//! - Effects: [`suite`], [`transport`], [`reference`](mod@reference), [`provision`],
//!   [`target`], [`run`], [`load`], [`gateway`].
//! - Views: [`report`], [`cli`].
//!
//! # Use
//!
//! As a command line: [`cli::main`]. As tests of another project: [`cli::cargo_test`]. As a
//! library: [`fetch::agent`] is a browser without sockets, [`caching`] a cache without a clock,
//! [`policy::evaluate`] what ordered CORS rules demand.

pub mod caching;
pub mod case;
#[allow(clippy::disallowed_methods, reason = "the one room that reads arguments and the environment")]
pub mod cli;
pub mod diagnostic;
pub mod document;
pub mod exchange;
pub mod fetch;
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an effect room: it starts processes, opens sockets and waits"
)]
pub mod gateway;
pub mod interleave;
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an effect room: it opens sockets, starts threads and reads the clock"
)]
pub mod load;
pub mod message;
pub mod plan;
pub mod policy;
#[allow(clippy::disallowed_methods, reason = "an effect room: it reads and writes files and the clock")]
pub mod provision;
pub mod redaction;
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an effect room: it listens on sockets and reads the clock"
)]
pub mod reference;
pub mod report;
#[allow(clippy::disallowed_methods, reason = "an effect room: it reads the clock")]
pub mod run;
pub mod signature;
#[allow(clippy::disallowed_methods, reason = "an effect room: it reads case files")]
pub mod suite;
#[allow(clippy::disallowed_methods, reason = "an effect room: it reads target files")]
pub mod target;
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "an effect room: it opens sockets and reads the clock"
)]
pub mod transport;
pub mod vary;
pub mod verdict;
