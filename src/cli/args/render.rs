//! The arguments of `render`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::environment;

/// Arguments of `render`.
#[derive(Args, Clone, Debug)]
pub struct RenderArgs {
    /// Record of a run: `run.json`, or `load.json`
    ///
    /// Several records are one load run that was repeated; the first is shown.
    #[arg(value_name = "RECORD", required = true)]
    pub records: Vec<PathBuf>,
    /// Record of an earlier run to compare with (of load runs: repeatable)
    ///
    /// With three or more baselines and records of load runs, whole runs are compared instead of seconds.
    #[arg(long, value_name = "FILE")]
    pub baseline: Vec<PathBuf>,
    /// Print one report to standard output instead of writing all of them to files.
    #[arg(long, value_enum, value_name = "FORM")]
    pub form: Option<RenderForm>,
    /// Folder for the reports.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "reports",
        env = environment::REPORT_DIR.name,
        hide_env_values = true
    )]
    pub report_dir: PathBuf,
}

/// A form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RenderForm {
    /// Summary as on the terminal at the end of a run.
    Text,
    /// Offline page.
    Html,
    /// Summary for a pull request or a CI job.
    Markdown,
    /// Code scanning results of a conformance run, SARIF 2.1.0.
    Sarif,
    /// Workflow commands that annotate a conformance run in the log of GitHub Actions.
    Github,
    /// One line for each request of a load run.
    #[cfg(feature = "load")]
    Csv,
    /// One line for each time slice of a load run.
    #[cfg(feature = "load")]
    CsvSeconds,
    /// Test report for CI systems.
    Junit,
    /// Record; of a load run with a baseline, the comparison.
    Json,
}

impl RenderForm {
    /// The forms that a conformance run has.
    pub const OF_RUNS: &[Self] =
        &[Self::Text, Self::Html, Self::Markdown, Self::Sarif, Self::Github, Self::Junit, Self::Json];

    /// The forms that a load run has.
    #[cfg(feature = "load")]
    pub const OF_LOAD: &[Self] =
        &[Self::Text, Self::Html, Self::Markdown, Self::Csv, Self::CsvSeconds, Self::Junit, Self::Json];

    /// The word for it on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Sarif => "sarif",
            Self::Github => "github",
            #[cfg(feature = "load")]
            Self::Csv => "csv",
            #[cfg(feature = "load")]
            Self::CsvSeconds => "csv-seconds",
            Self::Junit => "junit",
            Self::Json => "json",
        }
    }
}
