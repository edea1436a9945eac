//! How the record of a load run looks.

pub mod load;

pub(crate) use crosscheck_harness::report::{junit, paint};
