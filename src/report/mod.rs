//! How diagnostics and records look: those of runs, of load, and of what caches do.

pub mod caches;
pub mod situations;
pub mod vary_cost;

pub use crosscheck_harness::report::{
    diagnostic, explain, failure, json, junit, paint, progress, promises, terminal, trial,
};
pub use crosscheck_load::report::load;
