use std::time::Duration;

use crosscheck_core::fetch::Profile;

use super::shard::Shard;

/// How a run is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many tests run at once, at least 1.
    pub jobs: usize,
    /// How often a test is run again when its connection failed.
    pub retries: u32,
    /// How long the whole run may take.
    pub deadline: Duration,
    /// Whose behaviour the browser's side has.
    pub profile: Profile,
    /// Whether a few requests are repeated at the end, to see if they get the same answer.
    pub repeats: bool,
    /// What reproduces a sample of orders; for the record.
    pub seed: u64,
    /// The command that repeats the run; for the record.
    pub command: String,
    /// Which part of the plan is run; none: all of it.
    pub shard: Option<Shard>,
    /// After how many failed tests the run stops; none: never.
    pub max_failures: Option<usize>,
}
