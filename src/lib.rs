//! Tests whether an HTTP endpoint's CORS behaviour is correct: which pages may read it, what a browser that follows the
//! Fetch standard does and why, and whether that stays true when caches and other origins get in between.
//!
//! ```no_run
//! // tests/cors.rs, with `harness = false` in Cargo.toml
//! fn main() -> std::process::ExitCode {
//!     crosscheck::cargo_test(|| {
//!         crosscheck::Conformance::against("http://127.0.0.1:8080/items").allow_origin("https://app.example.com")
//!     })
//! }
//! ```
//!
//! [`Conformance`] says what is tested and what it promises: a URL, a Tower service of the same program
//! ([`Conformance::against_service`]), a server on a listener, or what the environment names. [`cargo_test`] makes each
//! test one of `cargo test`; [`Conformance::run`] gives a [`Record`] instead, for an async test:
//!
//! ```no_run
//! # use hyper::{Request, Response, body::Incoming};
//! # async fn example<S>(router: S) -> Result<(), crosscheck::ConformanceError>
//! # where
//! #     S: tower_service::Service<Request<Incoming>, Response = Response<String>> + Clone + Send + 'static,
//! #     S::Future: Send + 'static,
//! #     S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
//! # {
//! let record = crosscheck::Conformance::against_service(router)
//!     .path("/items")
//!     .allow_origin("https://app.example.com")
//!     .run()
//!     .await?;
//! assert!(record.held(), "{record}");
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! All are on by default; `default-features = false` leaves the light library, which is all of the above over HTTP/1.1.
//!
//! - `cli`: the program `crosscheck`.
//! - `store`: the reference object store, and with it the endpoint `embedded`.
//! - `load`: load tests (`load::run`), over HTTP/2 and on goose too.
//!
//! The parts are in crates of their own: `crosscheck_core` has a browser without sockets (`fetch::Agent`), a cache
//! without a clock (`caching::Cache`), and what ordered CORS rules demand (`policy::evaluate`).

mod cargo_test;
#[doc(hidden)]
#[cfg(feature = "cli")]
pub mod cli;
mod conformance;
#[doc(hidden)]
#[cfg(feature = "store")]
pub mod gateway;
mod listed;
#[cfg(feature = "load")]
pub mod load;
#[cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unreachable_pub, reason = "a test binary needs less of it than the commands")
)]
mod process;
#[doc(hidden)]
pub mod report;
mod serving;
#[doc(hidden)]
pub mod shipped;

pub use cargo_test::cargo_test;
pub use conformance::{Conformance, ConformanceError};
pub use crosscheck_core::{
    diagnostic::Diagnostic,
    verdict::{Finding, Verdict},
};
pub use crosscheck_harness::{
    endpoint::StartError,
    run::record::{RunRecord as Record, TestRecord},
};
pub use listed::Operation;

// What follows is for the program, and for the tests and benchmarks of this repository; it may change at any time.

#[doc(hidden)]
pub use cargo_test::cargo_test_embedded;
#[doc(hidden)]
pub use crosscheck_core::{
    caching, case, diagnosis, diagnostic, document, exchange, fetch, import, interleave, message, operation,
    plan, policy, promise, redaction, signature, vary, verdict,
};
#[doc(hidden)]
pub use crosscheck_harness::{endpoint, input, provision, run, suite, transport};
#[doc(hidden)]
#[cfg(feature = "store")]
pub use crosscheck_store as reference;
