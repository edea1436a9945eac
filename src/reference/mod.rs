//! The reference object store: buckets, objects and CORS rules over real sockets, on loopback,
//! answering as the rules demand, as a case dictates, or with a named fault. Knows nothing of
//! how it is tested.

mod answer;
mod bucket;
mod connection;
mod default_bucket;
mod dictate;
mod fault;
mod request;
mod server;
mod store;

pub use bucket::Route;
pub use default_bucket::{DEFAULT_BUCKET, default_policy};
pub use fault::{Fault, Harm, UnknownFault};
pub use server::{Limits, ServeConfig, ServeError, Server, ServerConfig, serve};
pub use store::{ProvisionError, Store};

#[cfg(test)]
mod tests;
