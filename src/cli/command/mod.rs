//! The commands, one file each.

pub(super) mod caches;
pub(super) mod check;
pub(super) mod config;
pub(super) mod explain;
pub(super) mod init;
pub(super) mod list;
pub(super) mod load;
mod perform;
pub(super) mod render;
pub(super) mod rules;
pub(super) mod run;
pub(super) mod serve;
pub(super) mod trial;
pub(super) mod vary;
