//! Decides what a server promised: ordered CORS rules, their patterns, and the answer that
//! they demand. Knows no HTTP clients and no cases.

mod rule;

pub use rule::{Policy, Rule};
