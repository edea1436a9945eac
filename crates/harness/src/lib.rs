//! Runs cases against an endpoint: carries exchanges, sets up what cases need, performs tests, keeps the record, and
//! shows it. Knows no arguments and no environment.

pub mod endpoint;
pub mod input;
pub mod provision;
pub mod report;
pub mod run;
pub mod suite;
pub mod transport;

use crosscheck_core::{
    case, diagnostic, document, exchange, fetch, interleave, message, plan, policy, promise, redaction,
    signature, verdict,
};
use crosscheck_store as reference;
