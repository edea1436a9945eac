//! Crosscheck does no harm: to a user's data, secrets and machine, and no verdict is green unless the endpoint earned
//! it. Every test runs the real binary against a server that knows nothing of it.

pub(crate) mod support;

mod alarms;
mod availability;
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
