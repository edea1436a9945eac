//! The reference object store: buckets, objects and CORS rules over real sockets, on loopback,
//! answering as the rules demand, as a case dictates, or with a named fault. Knows nothing of
//! how it is tested.

mod access;
mod acl;
mod answer;
mod bucket;
mod budget;
mod checksum;
mod connection;
mod crowd;
mod default_bucket;
mod dictate;
mod failure;
mod fault;
mod form;
mod limits;
mod locate;
mod request;
mod serve;
mod server;
mod settings;
mod socket;
mod spelling;
mod store;
mod tls;
mod xml;

pub use acl::{Acl, UnknownAcl};
pub use bucket::Route;
pub use default_bucket::{DEFAULT_BUCKET, default_policy};
pub use fault::{
    Comparison, Composed, Defect, Fault, InvalidDefect, On, Spoilt, UnknownFault, UnknownWord, When,
};
pub use limits::Limits;
pub use serve::{ServeConfig, serve};
pub use server::{ServeError, Server, ServerConfig};
pub use settings::{Settings, Unknowns};
pub use store::{DiskError, ProvisionError, Store};
pub use tls::{Tls, TlsError};

#[cfg(test)]
mod tests;
