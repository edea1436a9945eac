//! The arguments of load runs and of their reports.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::EndpointArgs;
use crate::{cli::environment, load::plan::Span};

/// Arguments of `load`. What it has no use for of the endpoint's is refused, and so not shown.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("total_timeout", |arg| arg.hide(true)),
    mut_arg("jobs", |arg| arg.hide(true)),
    mut_arg("profile", |arg| arg.hide(true))
)]
pub struct LoadArgs {
    /// A load plan: the name of one that comes with Crosscheck (--plans lists them), or a path.
    #[arg(value_name = "PLAN", default_value = "preflight-storm")]
    pub plan: String,
    /// Lists the plans that come with Crosscheck.
    #[arg(long)]
    pub plans: bool,
    /// What is asked.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Arrivals in a second, whether or not earlier ones are answered; the plan's stages move in proportion.
    #[arg(long, short, value_name = "N", value_parser = positive, conflicts_with = "users", help_heading = "Load")]
    pub rate: Option<f64>,
    /// Users that ask again as soon as they are answered, instead of a rate.
    #[arg(long, short = 'u', value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "Load")]
    pub users: Option<u32>,
    /// How long all stages take together, such as `30s`; each in proportion.
    #[arg(long, short, value_name = "TIME", value_parser = super::super::command::load::span, help_heading = "Load")]
    pub duration: Option<Span>,
    /// What sends the requests. Absent: as the plan says.
    #[arg(long, value_enum, value_name = "ENGINE", help_heading = "Load")]
    pub engine: Option<EngineArg>,
    /// Has goose write a report of its own here besides: .html, .md or .json; only with --engine goose.
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub goose_report: Option<PathBuf>,
    /// Connections to keep open. Absent: as the plan says, as many as users, or 64.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "Load")]
    pub connections: Option<u32>,
    /// Threads that send. Absent: half as many as there are processors.
    #[arg(long, value_name = "N", value_parser = threads, help_heading = "Load")]
    pub threads: Option<usize>,
    /// The version of HTTP to speak.
    #[arg(long, value_enum, default_value_t = HttpArg::One, help_heading = "Load")]
    pub http: HttpArg,
    /// With HTTP/2, requests that may be under way on one connection at once.
    #[arg(long, value_name = "N", default_value_t = 16, help_heading = "Load")]
    pub streams: usize,
    /// What wakes the sender when a request is due.
    #[arg(long, value_enum, default_value_t = PacingArg::Timer, help_heading = "Load")]
    pub pacing: PacingArg,
    /// No more arrivals than this in a second, whatever the plan says.
    #[arg(long, value_name = "N", value_parser = positive, env = environment::MAX_RATE.name, help_heading = "Load")]
    pub max_rate: Option<f64>,
    /// The endpoint is yours, though it is not on this machine.
    #[arg(long, help_heading = "Load")]
    pub i_own_this_target: bool,
    /// One more budget: `p99<20ms for preflight`, `error-rate<0.1%`, `rps>=5000`. May be repeated.
    #[arg(long, value_name = "BUDGET", help_heading = "Judgement")]
    pub budget: Vec<String>,
    /// The load.json of an earlier run to compare with; may be repeated, for several runs of it.
    #[arg(long, value_name = "FILE", help_heading = "Judgement")]
    pub baseline: Vec<PathBuf>,
    /// What reproduces the choice of requests, origins and resources.
    #[arg(long, value_name = "N", default_value_t = 2026, env = environment::SEED.name, help_heading = "Load")]
    pub seed: u64,
    /// Where the reports go.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "reports",
        env = environment::REPORT_DIR.name,
        help_heading = "Reports"
    )]
    pub report_dir: PathBuf,
}

/// What sends the requests of a load run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineArg {
    /// Our own: the highest throughput, and arrivals at a rate.
    Rate,
    /// Users on goose, with its stages, scheduling and metrics.
    Goose,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HttpArg {
    /// HTTP/1.1.
    #[value(name = "1.1")]
    One,
    /// HTTP/2, without TLS by prior knowledge.
    #[value(name = "2")]
    Two,
}

/// What wakes the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PacingArg {
    /// A timer, exact to some tens of microseconds.
    Timer,
    /// Nothing: it never sleeps, and takes a processor for each thread.
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

/// Arguments of `render`.
#[derive(Args, Clone, Debug)]
pub struct RenderArgs {
    /// The record of a load run (`load.json`); several, where the same run was repeated: the first is shown.
    #[arg(value_name = "RECORD", required = true)]
    pub records: Vec<PathBuf>,
    /// The record of an earlier run to compare with. Given three times or more, and as many records,
    /// whole runs are compared with whole runs.
    #[arg(long, value_name = "FILE")]
    pub baseline: Vec<PathBuf>,
    /// Prints one form to standard output, instead of writing all of them to files.
    #[arg(long, value_enum, value_name = "FORM")]
    pub form: Option<RenderForm>,
    /// Where the reports go.
    #[arg(long, value_name = "DIR", default_value = "reports", env = environment::REPORT_DIR.name)]
    pub report_dir: PathBuf,
}

/// A form of the report of a load run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RenderForm {
    /// What the terminal shows at the end of a run.
    Text,
    /// One offline page.
    Html,
    /// For a pull request or a job's summary.
    Markdown,
    /// A line for each request.
    Csv,
    /// A line for each slice of time.
    CsvSeconds,
    /// For CI systems.
    Junit,
    /// The record; with a baseline, the comparison.
    Json,
}
