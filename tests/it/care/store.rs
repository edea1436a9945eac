//! The reference store keeps its limits and its files to itself.

mod files;
mod limits;
mod requests;
pub(crate) mod served;
