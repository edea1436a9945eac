//! The arguments of the commands that judge cases, or one request.

use std::path::PathBuf;

use clap::Args;

use super::{EndpointArgs, SelectArgs};
use crate::cli::environment;

/// Arguments of `run`.
#[derive(Args, Clone, Debug, Default)]
pub struct RunArgs {
    /// Which cases.
    #[command(flatten)]
    pub select: SelectArgs,
    /// What is judged.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Where the reports go.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "reports",
        env = environment::REPORT_DIR.name,
        help_heading = "Reports"
    )]
    pub report_dir: PathBuf,
    /// Warnings and flaky tests count as failures.
    #[arg(long, help_heading = "Judgement")]
    pub strict: bool,
    /// Runs a test again, at most this often, when its connection failed.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Judgement")]
    pub retries: u32,
}

/// Arguments of `try`.
#[derive(Args, Clone, Debug)]
pub struct TryArgs {
    /// The case file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Only these of its cases: the id of a case as it stands in the file, of a test, or a glob.
    #[arg(value_name = "ID")]
    pub select: Vec<String>,
    /// What is judged.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
}

/// Arguments of `check`.
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    /// Case files, load plans, or folders of them. Absent: those that come with Crosscheck.
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
    /// Counts by group and kind instead of ids.
    #[arg(long)]
    pub plan: bool,
}

/// Arguments of `explain`.
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// The URL that the page asks for, or `embedded`.
    pub url: String,
    /// The page's origin, or null.
    #[arg(long, short, value_name = "ORIGIN")]
    pub origin: String,
    /// The method, as the script writes it.
    #[arg(long, short = 'X', value_name = "METHOD", default_value = "GET")]
    pub method: String,
    /// A request header that the script sets: `Name`, or `Name: value`. May be repeated.
    #[arg(long, short = 'H', value_name = "HEADER")]
    pub header: Vec<String>,
    /// The request is made with credentials.
    #[arg(long)]
    pub credentials: bool,
    /// Really sends a request that may change something; otherwise its preflight alone.
    #[arg(long)]
    pub send: bool,
    /// Prints the whole explanation as JSON, every exchange included.
    #[arg(long)]
    pub json: bool,
    /// Target file whose headers are sent, if its endpoint has the URL's origin; otherwise searched for as
    /// in `run`.
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Allow the target file's headers to name this environment variable although it looks like a
    /// credential. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub allow_env: Vec<String>,
    /// Whose browser it is: spec, chromium, firefox, webkit.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// PEM file of certificates to trust besides the system's, also of a server that signed its own.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Accept every certificate without verification.
    #[arg(long)]
    pub insecure: bool,
    /// HTTP proxy: `http://[user:password@]host:port`; NO_PROXY exempts hosts.
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// Where a name and port really are: `host:port:address`. May be repeated.
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub resolve: Vec<String>,
    /// Follow redirects to loopback, private and other addresses that are less public than the endpoint's.
    #[arg(long)]
    pub follow_private: bool,
    /// How long one exchange may take, in milliseconds.
    #[arg(long, value_name = "MS")]
    pub request_timeout: Option<u64>,
    /// How long the whole explanation may take, in milliseconds.
    #[arg(long, value_name = "MS")]
    pub total_timeout: Option<u64>,
}
