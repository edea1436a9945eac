//! The commands, one file each.

#[cfg(feature = "store")]
pub(super) mod caches;
pub(super) mod check;
pub(super) mod compare;
pub(super) mod config;
pub(super) mod explain;
pub(super) mod import;
mod import_target;
pub(super) mod init;
pub(super) mod list;
#[cfg(feature = "load")]
pub(super) mod load;
pub(super) mod man;
pub(super) mod merge;
mod perform;
pub(super) mod render;
pub(super) mod rules;
pub(super) mod run;
#[cfg(feature = "store")]
pub(super) mod serve;
pub(super) mod trial;
#[cfg(feature = "store")]
pub(super) mod vary;
