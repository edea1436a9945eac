//! The arguments of load runs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::EndpointArgs;
use crate::{cli::environment, load::plan::Span};

/// Arguments of `load`. Endpoint options that it does not use are an input error, so they are hidden.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("total_timeout", |arg| arg.hide(true)),
    mut_arg("jobs", |arg| arg.hide(true)),
    mut_arg("profile", |arg| arg.hide(true))
)]
pub struct LoadArgs {
    /// Load plan: a name from --plans, or a path.
    #[arg(value_name = "PLAN", default_value = "preflight-storm")]
    pub plan: String,
    /// List the plans that come with Crosscheck.
    #[arg(long)]
    pub plans: bool,
    /// The endpoint to load.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Open model: N requests/s, whether or not earlier ones are answered; scales the stages of the plan.
    #[arg(long, short, value_name = "N", value_parser = positive, conflicts_with = "users", help_heading = "Load")]
    pub rate: Option<f64>,
    /// Closed model: N concurrent users instead of an arrival rate.
    #[arg(long, short = 'u', value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "Load")]
    pub users: Option<u32>,
    /// Duration of the run, such as `30s`; scales the stages of the plan.
    #[arg(long, short, value_name = "TIME", value_parser = super::super::command::load::span, help_heading = "Load")]
    pub duration: Option<Span>,
    /// Load engine
    ///
    /// [default: as in the plan]
    #[arg(long, value_enum, value_name = "ENGINE", help_heading = "Load")]
    pub engine: Option<EngineArg>,
    /// Also write goose's own report (.html, .md or .json); needs --engine goose.
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = "Reports")]
    pub goose_report: Option<PathBuf>,
    /// Number of connections to keep open
    ///
    /// [default: as in the plan; else the number of users, or 64]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "Load")]
    pub connections: Option<u32>,
    /// Number of sending threads
    ///
    /// [default: half the number of processors]
    #[arg(long, value_name = "N", value_parser = threads, hide_short_help = true, help_heading = "Load")]
    pub threads: Option<usize>,
    /// HTTP version.
    #[arg(long, value_enum, default_value_t = HttpArg::One, help_heading = "Load")]
    pub http: HttpArg,
    /// Concurrent requests on one HTTP/2 connection.
    #[arg(long, value_name = "N", default_value_t = 16, hide_short_help = true, help_heading = "Load")]
    pub streams: usize,
    /// Wake-up method of the sending threads.
    #[arg(long, value_enum, default_value_t = PacingArg::Timer, hide_short_help = true, help_heading = "Load")]
    pub pacing: PacingArg,
    /// Maximum number of requests/s; overrides the plan.
    #[arg(long, value_name = "N", value_parser = positive, env = environment::MAX_RATE.name, hide_env_values = true, help_heading = "Load")]
    pub max_rate: Option<f64>,
    /// Confirm that you may load-test this remote endpoint.
    #[arg(long, help_heading = "Load")]
    pub i_own_this_target: bool,
    /// Budget to add: `p99<20ms for preflight`, `error-rate<0.1%`, `rps>=5000` (repeatable).
    #[arg(long, value_name = "BUDGET", help_heading = "Judgement")]
    pub budget: Vec<String>,
    /// Earlier load.json to compare with (repeatable, for several runs of it).
    #[arg(long, value_name = "FILE", help_heading = "Judgement")]
    pub baseline: Vec<PathBuf>,
    /// Seed for choosing requests, origins and resources.
    #[arg(long, value_name = "N", default_value_t = 2026, env = environment::SEED.name, hide_env_values = true, hide_short_help = true, help_heading = "Load")]
    pub seed: u64,
    /// Folder for the reports.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "reports",
        env = environment::REPORT_DIR.name,
        hide_env_values = true,
        help_heading = "Reports"
    )]
    pub report_dir: PathBuf,
}

/// What sends the requests of a load run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineArg {
    /// Own engine: highest throughput, open and closed model.
    Rate,
    /// Goose users, with goose's stages, scheduling and metrics.
    Goose,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HttpArg {
    /// HTTP/1.1.
    #[value(name = "1.1")]
    One,
    /// HTTP/2; without TLS by prior knowledge.
    #[value(name = "2")]
    Two,
}

/// What wakes the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PacingArg {
    /// Timer of the operating system, exact to some tens of microseconds.
    Timer,
    /// Busy loop: exact to a microsecond, one processor for each thread.
    Spin,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.001..=10_000_000.0).contains(&number) => Ok(number),
        _ => Err("a number from 0.001 to 10000000 is expected".to_owned()),
    }
}

fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=256) => Ok(number),
        _ => Err("a number from 1 to 256 is expected".to_owned()),
    }
}
