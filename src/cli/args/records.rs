//! The arguments of the commands that work on records of runs.

use std::path::PathBuf;

use clap::Args;

use super::GateArgs;

/// Arguments of `compare`.
#[derive(Args, Clone, Debug)]
pub struct CompareArgs {
    /// Record of the earlier run.
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// Record of the later run.
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Print the whole comparison as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `merge`.
#[derive(Args, Clone, Debug)]
pub struct MergeArgs {
    /// Record of each shard of one run, in any order.
    #[arg(value_name = "RECORD", required = true)]
    pub records: Vec<PathBuf>,
    /// File for the merged record, without other reports
    ///
    /// [default: all reports, in the folder of --report-dir]
    #[arg(long, value_name = "FILE", conflicts_with = "report_dir")]
    pub output: Option<PathBuf>,
    /// Folder for the reports.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub report_dir: PathBuf,
    /// What makes the run fail.
    #[command(flatten)]
    pub gate: GateArgs,
}
