//! Starts real caches in front of the reference store, asks them in every order, and counts what
//! reaches the store. Knows no products: a cache is a folder with a `start` script.

mod bench;
mod cost;
mod error;
mod orders;
mod process;
mod situations;
mod tap;

pub use cost::{LIVE_MAX, cost};
pub use error::GatewayError;
pub use orders::{Burst, Findings, find};
pub use process::Folder;
pub use situations::situations;
