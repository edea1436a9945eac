//! Which manual pages are printed or written, as it is typed.

use std::path::PathBuf;

use clap::Args;

/// What to print or write.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Command, as you type it: `run`, `rules get` [default: the page of crosscheck itself]
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    pub command: Vec<String>,
    /// Write crosscheck.1, crosscheck-run.1 and so on to DIR, which is created if missing.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
