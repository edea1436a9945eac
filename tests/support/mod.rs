//! What several test files share.

pub(crate) mod bad_server;
