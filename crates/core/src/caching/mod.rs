//! Decides what an HTTP cache does: RFC 9111 as one engine, of which every cache between a
//! page and an endpoint is a configuration. Knows no origins, pages or CORS, and no clock:
//! times come in with each call.

mod cache;
mod choices;
mod content;
mod directives;
mod freshness;
mod invalidation;
mod model;
mod partial;
mod products;
mod relay;
mod reuse;
mod storage;
mod stored;
mod validation;
mod vary;

#[cfg(test)]
mod tests;

pub use cache::{Cache, Key, Lookup, LookupMode, StoreDecision};
pub use choices::{Authorization, Preconditions, Ranges, Statuses, VaryLines};
pub use model::{HEURISTICALLY_CACHEABLE, Heuristics, Model, Preference, Sharing, VaryHandling, VaryIn304};
pub use relay::{Forward, Relayed, Source, has_precondition};
pub use storage::NotStored;
pub use stored::Stored;
