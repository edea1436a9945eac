use crate::time::Nanos;
use std::time::Duration;

/// When and for which stage a request is.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) due: Nanos,
    pub(super) stage: usize,
}

/// One request, as goose is told of it.
pub(super) struct Told {
    pub(super) row: usize,
    pub(super) took: Duration,
    pub(super) status: Option<u16>,
    pub(super) error: Option<String>,
}
