//! The arguments of the commands that judge cases, or one request.

use std::path::PathBuf;

use clap::Args;

use super::{EndpointArgs, SelectArgs};
use crate::{
    cli::environment,
    run::{
        Shard,
        gate::{FailOn, Gate},
    },
};
use crosscheck_core::diagnosis::Product;

/// Arguments of `run`.
#[derive(Args, Clone, Debug, Default)]
pub struct RunArgs {
    /// Which cases.
    #[command(flatten)]
    pub select: SelectArgs,
    /// What is judged.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
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
    /// Write events to FILE while the run goes on, one JSON object a line; - for standard output
    ///
    /// With -, the summary goes to standard error. `crosscheck schema events` describes a line.
    #[arg(long, value_name = "FILE", help_heading = "Reports", hide_short_help = true)]
    pub events: Option<PathBuf>,
    /// Maximum number of requests a second
    ///
    /// [env: CROSSCHECK_RATE]
    ///
    /// [default: no limit]
    #[arg(long, value_name = "N", help_heading = "Endpoint", hide_short_help = true)]
    pub rate: Option<u32>,
    /// What makes the run fail.
    #[command(flatten)]
    pub gate: GateArgs,
    /// Do not fail on what was broken in the record of an earlier run
    ///
    /// The comparison is shown after the summary. If something is newly broken, the exit code is 5.
    #[arg(long, value_name = "FILE", help_heading = "Judgement")]
    pub baseline: Option<PathBuf>,
    /// Stop after N failed tests.
    #[arg(
        long,
        value_name = "N",
        help_heading = "Judgement",
        hide_short_help = true,
        value_parser = failures
    )]
    pub max_failures: Option<usize>,
    /// Run part I of N of the cases; `crosscheck merge` joins the records of all parts.
    #[arg(long, value_name = "I/N", help_heading = "Selection", hide_short_help = true)]
    pub shard: Option<Shard>,
    /// Run only the cases with tests that failed or were not judged in this record of a run.
    #[arg(long, value_name = "FILE", help_heading = "Selection", hide_short_help = true)]
    pub rerun_failed: Option<PathBuf>,
    /// Show only failures and the verdict.
    #[arg(long, short, help_heading = "Reports", conflicts_with = "verbose")]
    pub quiet: bool,
    /// Write an entry for every cause of a failure to FILE, as `known_issues` of a target file.
    #[arg(long, value_name = "FILE", help_heading = "Reports", hide_short_help = true)]
    pub write_known_issues: Option<PathBuf>,
    /// Retries of a test whose connection failed.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Judgement", hide_short_help = true)]
    pub retries: u32,
}

/// What makes a run fail.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Judgement")]
pub struct GateArgs {
    /// Fail on warnings, flaky tests and unchecked promises, too.
    #[arg(long)]
    pub strict: bool,
    /// Fail only on this cause, or this severity and worse (repeatable)
    ///
    /// A cause by its code, such as `vary-missing`; a severity is critical, high, medium, low or info. A failed test that no cause explains always fails the run. Other failures are reported and do not fail it.
    ///
    /// [default: every failure]
    #[arg(long, value_name = "CAUSE|SEVERITY")]
    pub fail_on: Vec<FailOn>,
}

impl GateArgs {
    /// What they say.
    pub(in crate::cli) fn gate(&self) -> Gate {
        Gate { strict: self.strict, fail_on: self.fail_on.clone(), ..Gate::default() }
    }
}

fn failures(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "expected a number from 1".to_owned())
}

/// Arguments of `try`.
#[derive(Args, Clone, Debug)]
pub struct TryArgs {
    /// Case file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Cases of the file to select: the id of a case or test, or a glob.
    #[arg(value_name = "ID")]
    pub select: Vec<String>,
    /// What is judged.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Maximum number of requests a second
    ///
    /// [env: CROSSCHECK_RATE]
    ///
    /// [default: no limit]
    #[arg(long, value_name = "N", help_heading = "Endpoint")]
    pub rate: Option<u32>,
}

/// Arguments of `check`.
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    /// Case files, load plans, or folders of them
    ///
    /// [default: those that come with Crosscheck]
    #[arg(value_name = "PATH")]
    pub suites: Vec<PathBuf>,
}

/// Arguments of `list`.
#[derive(Args, Clone, Debug, Default)]
pub struct ListArgs {
    /// Which cases.
    #[command(flatten)]
    pub select: SelectArgs,
    /// What would be judged.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Print counts by group and kind instead of ids.
    #[arg(long)]
    pub plan: bool,
    /// Print the tests as JSON, with titles, files and promises.
    #[arg(long, conflicts_with = "plan")]
    pub json: bool,
}

/// Arguments of `explain`.
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// URL that the page requests, `embedded`, or a copied request
    ///
    /// A copied request is one argument: `curl` (bash, cmd), `fetch(…)`, PowerShell, HAR, or a CORS message of the
    /// browser's console. @FILE reads it from a file, - from standard input.
    #[arg(value_name = "URL|TEXT", required_unless_present = "from")]
    pub url: Option<String>,
    /// File with a copied request, such as a HAR file
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Number of the request to explain, if the copied text has several failed ones
    #[arg(long, value_name = "N")]
    pub entry: Option<usize>,
    /// Origin of the page, or null [default: the origin in the copied request]
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Option<String>,
    /// Method, as the script writes it [default: the method in the copied request, GET, or POST with a body]
    #[arg(long, short = 'X', value_name = "METHOD")]
    pub method: Option<String>,
    /// Request header that the script sets: `Name`, or `Name: value` (repeatable).
    #[arg(long, short = 'H', value_name = "HEADER")]
    pub header: Vec<String>,
    /// Send credentials, like `credentials: "include"` in a script.
    #[arg(long)]
    pub credentials: bool,
    /// Body as text; sets `Content-Type: text/plain;charset=UTF-8` unless --header sets another, as `fetch()` does.
    #[arg(long, value_name = "TEXT", group = "content")]
    pub data: Option<String>,
    /// Body from a file.
    #[arg(long, value_name = "FILE", group = "content")]
    pub data_file: Option<PathBuf>,
    /// Body of N bytes.
    #[arg(long, value_name = "N", group = "content", value_parser = clap::value_parser!(u32).range(..=67_108_864))]
    pub size: Option<u32>,
    /// Response header that the script must be able to read (repeatable).
    #[arg(long, value_name = "NAME")]
    pub expose_header: Vec<String>,
    /// Product to print the configuration for, such as nginx or oss [default: guessed from the response]
    #[arg(long, value_name = "NAME")]
    pub product: Option<Product>,
    /// Explain the same request to this URL too, and compare (repeatable).
    #[arg(long, value_name = "URL")]
    pub also: Vec<String>,
    /// Send the actual request even if it may have side effects
    ///
    /// [default: preflight only]
    #[arg(long)]
    pub send: bool,
    /// Print the whole explanation as JSON, with every exchange.
    #[arg(long)]
    pub json: bool,
    /// Target file; its headers are sent if its endpoint has the origin of the URL
    ///
    /// [default: the nearest crosscheck.json, as in `run`]
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Allow headers to use this environment variable as `${NAME}` although it looks like a credential
    /// (repeatable).
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub allow_env: Vec<String>,
    /// Browser to emulate: spec, chromium, firefox, webkit
    ///
    /// [default: spec]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Send only the fields that HTTP and Fetch require, without those that browsers add, such as Accept-Encoding.
    #[arg(long)]
    pub bare: bool,
    /// PEM file of certificates to trust besides the system's, also of a server that signed its own.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Accept every certificate without verification
    #[arg(long)]
    pub insecure: bool,
    /// HTTP proxy: `http://[user:password@]host:port`; NO_PROXY exempts hosts
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// Connect to ADDR for HOST:PORT, like `curl --resolve` (repeatable).
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub resolve: Vec<String>,
    /// Follow redirects to addresses less public than the endpoint's, such as loopback or private ones.
    #[arg(long)]
    pub follow_private: bool,
    /// Timeout of one exchange in milliseconds
    ///
    /// [default: 10000]
    #[arg(long, value_name = "MS")]
    pub request_timeout: Option<u64>,
    /// Maximum number of requests a second
    ///
    /// [env: CROSSCHECK_RATE]
    ///
    /// [default: no limit]
    #[arg(long, value_name = "N")]
    pub rate: Option<u32>,
    /// Timeout of the whole explanation in milliseconds
    ///
    /// [default: 600000]
    #[arg(long, value_name = "MS")]
    pub total_timeout: Option<u64>,
}
