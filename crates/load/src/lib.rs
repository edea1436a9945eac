//! Measures how fast an endpoint answers cross-origin requests, and whether the answers stay correct. Knows no
//! arguments and no terminal.

pub mod load;
pub mod report;

use crosscheck_core::{
    caching, case, diagnostic, document, exchange, fetch, interleave, message, plan, policy, random,
    redaction, verdict,
};
use crosscheck_harness::{endpoint, run, suite, transport};
