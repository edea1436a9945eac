//! Crosscheck does no harm: to a user's data, secrets and machine, and no verdict is green unless the endpoint earned
//! it. Every test runs the real binary against a server that knows nothing of it.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test runs programs, opens sockets and reads what was written, and stops where it cannot go on"
)]

#[path = "../support/hostile.rs"]
mod hostile;
mod support;

mod buckets;
mod certificates;
mod configuration;
mod deadlines;
mod memory;
mod output;
mod proxies;
mod requests;
mod responses;
mod secrets;
mod store;
