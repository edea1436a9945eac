//! How diagnostics and records look: those of runs, of load, and of what caches do.

#[cfg(feature = "store")]
pub mod caches;
#[cfg(feature = "store")]
pub mod situations;
#[cfg(feature = "store")]
pub mod vary_cost;

#[cfg(feature = "cli")]
pub use crosscheck_harness::report::junit;
pub use crosscheck_harness::report::{
    causes, compare_ways, comparison, diagnostic, events, explain, failure, github, html, json, markdown,
    paint, progress, promises, sarif, terminal, trial, unsendable,
};
#[cfg(feature = "load")]
pub use crosscheck_load::report as load;
