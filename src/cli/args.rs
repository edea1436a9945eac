//! The command line as it is typed: no effects, no defaults from elsewhere.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::exit::Exit;
use crate::{
    load::plan::Span,
    reference::Fault,
    vary::{Way, cost::Answers},
};

/// Tells the truth about an HTTP endpoint's CORS behaviour.
///
/// Without a command, runs every suite against the embedded reference store and writes reports/.
#[derive(Debug, Parser)]
#[command(name = "crosscheck", version, after_help = Exit::table())]
pub struct Cli {
    /// What to do; absent: `run`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// When to colour.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, env = "CROSSCHECK_COLOR")]
    pub color: Colour,
    /// Shows every failure in full.
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the suites against an endpoint and judges it.
    Run(RunArgs),
    /// Tries a case file, and tells what happened: every exchange, what the browser decided, the verdict.
    ///
    /// `crosscheck try my-case.json --target https://api.example.com/items --allowed-origin https://app.example.com`
    Try(TryArgs),
    /// Checks case files, and shows everything that is wrong with them.
    Check(CheckArgs),
    /// Lists what would run, what would not, and why. Sends nothing.
    List(ListArgs),
    /// Says whether a page may make a request, and if not, why, and what to change.
    Explain(ExplainArgs),
    /// Asks an endpoint much at once, and finds out how fast it answers and whether still rightly.
    Load(LoadArgs),
    /// Shows what `Vary: Origin` costs and saves: hit ratio, requests that reach the origin
    /// server, and pages that break without it.
    Vary(VaryArgs),
    /// Shows which orders of requests break behind which cache, for each way of saying `Vary`.
    ///
    /// With folders, starts real caches in front of the reference store and asks them; without,
    /// the models of caches.
    Caches(CachesArgs),
    /// Serves the reference store.
    Serve(ServeArgs),
    /// Gets, puts, deletes and restores the CORS rules of a bucket.
    Rules {
        /// What to do with them.
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Writes a first target file of what the flags say, with its schema beside it.
    Init(InitArgs),
    /// Shows the resolved configuration, and where each value came from.
    Config {
        /// What to do with it.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Makes the reports of a load run anew from its record.
    Render(RenderArgs),
    /// Prints a JSON Schema.
    Schema {
        /// Of what.
        #[arg(value_enum, default_value_t = SchemaOf::Suite)]
        of: SchemaOf,
    },
    /// Prints the completions of a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Prints the manual page.
    Man,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Shows each value with its origin: flag, environment, file or default.
    Show(TargetArgs),
}

/// What to do with a bucket's CORS rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Prints them as the bucket gives them.
    Get(RulesGetArgs),
    /// Replaces them, after saving those that are there, and waits until they are in force.
    Put(RulesPutArgs),
    /// Deletes them, after saving those that are there.
    Delete(RulesDeleteArgs),
    /// Puts back what was saved: by `put`, by `delete`, or by a run that could not restore it.
    Restore(RulesRestoreArgs),
}

/// Arguments of `rules get`.
#[derive(Args, Clone, Debug)]
pub struct RulesGetArgs {
    /// Whose.
    #[command(flatten)]
    pub target: TargetArgs,
    /// As JSON, in the form of `policy` in a target file.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `rules put`.
#[derive(Args, Clone, Debug)]
pub struct RulesPutArgs {
    /// The rules: XML as the bucket API takes it, or JSON in the form of `policy` in a target file;
    /// `-` is the standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Whose.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Shows what would be sent, and sends nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `rules delete`.
#[derive(Args, Clone, Debug)]
pub struct RulesDeleteArgs {
    /// Whose.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Shows what would be sent, and sends nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `rules restore`.
#[derive(Args, Clone, Debug)]
pub struct RulesRestoreArgs {
    /// The file with what was found. Absent: everything that runs left behind in the lease folder.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// How the bucket is reached; which it is, the file says.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Shows what would be sent, and sends nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Even if somebody else changed the rules since they were saved.
    #[arg(long)]
    pub force: bool,
}

/// Of what to print the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A suite: `suites/*.json`.
    Suite,
    /// A target file: `crosscheck.json`.
    Target,
    /// A load plan: `suites/load/*.json`.
    Load,
    /// The record of a load run: `load.json`.
    LoadRecord,
}

/// What is judged. Every one of these can also be said in the environment, where a name is
/// given in brackets, or in the target file; the command line wins.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// The endpoint's URL. Absent: the embedded reference store [env: CROSSCHECK_TARGET].
    #[arg(long, short, value_name = "URL")]
    pub target: Option<String>,
    /// The target file. Absent: the nearest crosscheck.json of this folder and those around it
    /// [env: CROSSCHECK_CONFIG].
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// In whose way the endpoint reads rules: generic, oss, s3 [env: CROSSCHECK_DIALECT].
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<String>,
    /// An origin that the endpoint allows, or a pattern with one `*`. May be repeated
    /// [env: CROSSCHECK_ALLOWED_ORIGINS, between commas].
    #[arg(long, value_name = "ORIGIN")]
    pub allowed_origin: Vec<String>,
    /// A method that it allows to them. May be repeated [env: CROSSCHECK_ALLOWED_METHODS].
    #[arg(long, value_name = "METHOD")]
    pub allowed_method: Vec<String>,
    /// A request header that it allows to them. May be repeated [env: CROSSCHECK_ALLOWED_HEADERS].
    #[arg(long, value_name = "NAME")]
    pub allowed_header: Vec<String>,
    /// A response header that it exposes to them. May be repeated [env: CROSSCHECK_EXPOSE_HEADERS].
    #[arg(long, value_name = "NAME")]
    pub expose_header: Vec<String>,
    /// The Access-Control-Max-Age that it promises [env: CROSSCHECK_MAX_AGE].
    #[arg(long, value_name = "SECONDS")]
    pub max_age: Option<u32>,
    /// The endpoint allows credentials to them [env: CROSSCHECK_ALLOW_CREDENTIALS].
    #[arg(long)]
    pub allow_credentials: bool,
    /// A role that the cases use, set by hand: `denied=https://evil.example`. May be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub role: Vec<String>,
    /// A header to add to every request: `Name: value`. May be repeated.
    #[arg(long, value_name = "HEADER")]
    pub header: Vec<String>,
    /// Certificates to trust besides the system's, as PEM [env: CROSSCHECK_CA_FILE].
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Where a name and port really are: `host:port:address`. May be repeated.
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub resolve: Vec<String>,
    /// How long one exchange may take, in milliseconds [env: CROSSCHECK_REQUEST_TIMEOUT].
    #[arg(long, value_name = "MS")]
    pub request_timeout: Option<u64>,
    /// How long the whole run may take, in milliseconds [env: CROSSCHECK_TOTAL_TIMEOUT].
    #[arg(long, value_name = "MS")]
    pub total_timeout: Option<u64>,
    /// How many tests run at once [env: CROSSCHECK_JOBS].
    #[arg(long, short = 'j', value_name = "N")]
    pub jobs: Option<usize>,
    /// The bucket's name, where the URL does not say it [env: CROSSCHECK_BUCKET].
    #[arg(long, value_name = "NAME", help_heading = "Bucket")]
    pub bucket: Option<String>,
    /// The region that requests to the bucket's API are signed for [env: CROSSCHECK_REGION].
    #[arg(long, value_name = "NAME", help_heading = "Bucket")]
    pub region: Option<String>,
    /// How they are signed: v1 or v4 for OSS, v2 or v4 for S3 [env: CROSSCHECK_SIGNATURE].
    #[arg(long, value_name = "VERSION", help_heading = "Bucket")]
    pub signature: Option<String>,
    /// The profile of the vendor's files that has the access key [env: CROSSCHECK_KEY_PROFILE].
    #[arg(long, value_name = "NAME", help_heading = "Bucket")]
    pub key_profile: Option<String>,
    /// Lets the bucket's CORS rules be replaced while tests run; they are saved first and restored
    /// at the end [env: CROSSCHECK_SET_RULES].
    #[arg(long, help_heading = "Bucket")]
    pub set_rules: bool,
    /// Lets objects be put into the bucket while tests run, below a prefix of their own; they are
    /// removed at the end [env: CROSSCHECK_PUT_OBJECTS].
    #[arg(long, help_heading = "Bucket")]
    pub put_objects: bool,
    /// The ACL that such objects get, such as public-read [env: CROSSCHECK_OBJECT_ACL].
    #[arg(long, value_name = "ACL", help_heading = "Bucket")]
    pub object_acl: Option<String>,
    /// Where rules are saved before they are replaced [env: CROSSCHECK_LEASE_DIR].
    #[arg(long, value_name = "DIR", help_heading = "Bucket")]
    pub lease_dir: Option<PathBuf>,
    /// How long another process is waited for that sets rules on the same bucket, in milliseconds
    /// [env: CROSSCHECK_LEASE_WAIT].
    #[arg(long, value_name = "MS", help_heading = "Bucket")]
    pub lease_wait: Option<u64>,
    /// How long the store gets to set rules and to show them, in milliseconds
    /// [env: CROSSCHECK_PATIENCE].
    #[arg(long, value_name = "MS", help_heading = "Bucket")]
    pub patience: Option<u64>,
    /// The query parameter that gives each live order a URL of its own; an empty one leaves URLs as
    /// they are [env: CROSSCHECK_FRESH_QUERY].
    #[arg(long, value_name = "NAME")]
    pub fresh_query: Option<String>,
    /// Whose browser judges where the standard and browsers differ: spec, chromium, firefox, webkit
    /// [env: CROSSCHECK_PROFILE].
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// A defect that the embedded reference store is to have; `serve --faults` lists them
    /// [env: CROSSCHECK_FAULT].
    #[arg(long, value_name = "NAME")]
    pub fault: Option<Fault>,
}

/// Which cases.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Selection")]
pub struct SelectArgs {
    /// Tests by id, prefix of ids or glob: `cache`, `cache/two-origins`, `**/*credentials*`.
    #[arg(value_name = "ID")]
    pub select: Vec<String>,
    /// Leaves these out.
    #[arg(long, value_name = "ID")]
    pub skip: Vec<String>,
    /// Only cases of these kinds.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub kind: Vec<KindArg>,
    /// Case files or folders of them. Absent: the suites that come with Crosscheck.
    #[arg(long, value_name = "PATH", env = "CROSSCHECK_SUITES", value_delimiter = ',')]
    pub suites: Vec<PathBuf>,
    /// What reproduces a sample of orders.
    #[arg(long, value_name = "N", env = "CROSSCHECK_SEED")]
    pub seed: Option<u64>,
}

/// A kind of case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// The Fetch standard fixes it.
    Must,
    /// The configured rules fix it.
    Rule,
    /// A cache or security hazard.
    Safety,
    /// Products differ.
    Note,
}

/// Arguments of `run`.
#[derive(Args, Clone, Debug, Default)]
pub struct RunArgs {
    /// Which cases.
    #[command(flatten)]
    pub select: SelectArgs,
    /// What is judged.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Where the reports go.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "reports",
        env = "CROSSCHECK_REPORT_DIR",
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

/// Arguments of `load`.
#[derive(Args, Clone, Debug)]
pub struct LoadArgs {
    /// A load plan: the name of one that comes with Crosscheck (--plans lists them), or a path.
    #[arg(value_name = "PLAN", default_value = "preflight-storm")]
    pub plan: String,
    /// Lists the plans that come with Crosscheck.
    #[arg(long)]
    pub plans: bool,
    /// What is asked.
    #[command(flatten)]
    pub target: TargetArgs,
    /// Arrivals in a second, whether or not earlier ones are answered; the plan's stages move in proportion.
    #[arg(long, short, value_name = "N", value_parser = positive, conflicts_with = "users", help_heading = "Load")]
    pub rate: Option<f64>,
    /// Users that ask again as soon as they are answered, instead of a rate.
    #[arg(long, short = 'u', value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000), help_heading = "Load")]
    pub users: Option<u32>,
    /// How long all stages take together, such as `30s`; each in proportion.
    #[arg(long, short, value_name = "TIME", value_parser = super::command::load::span, help_heading = "Load")]
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
    #[arg(long, value_name = "N", value_parser = positive, env = "CROSSCHECK_MAX_RATE", help_heading = "Load")]
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
    #[arg(long, value_name = "N", default_value_t = 2026, env = "CROSSCHECK_SEED", help_heading = "Load")]
    pub seed: u64,
    /// Where the reports go.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "reports",
        env = "CROSSCHECK_REPORT_DIR",
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
    pub target: TargetArgs,
}

/// Arguments of `check`.
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    /// Case files or folders of them. Absent: the suites that come with Crosscheck.
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
    pub target: TargetArgs,
    /// Counts by group and kind instead of ids.
    #[arg(long)]
    pub plan: bool,
}

/// Arguments of `explain`.
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// The URL that the page asks for.
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
    /// Whose browser it is: spec, chromium, firefox, webkit.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Certificates to trust besides the system's, as PEM.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Where a name and port really are: `host:port:address`. May be repeated.
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub resolve: Vec<String>,
    /// How long one exchange may take, in milliseconds.
    #[arg(long, value_name = "MS")]
    pub request_timeout: Option<u64>,
}

/// Arguments of `vary`.
#[derive(Args, Clone, Debug)]
pub struct VaryArgs {
    /// Who views what, as JSON. Absent: three pages and an image; `--print-scenario` shows them.
    #[arg(value_name = "SCENARIO")]
    pub scenario: Option<PathBuf>,
    /// How many pages are viewed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub views: Option<u32>,
    /// How many stored responses a shared cache has room for.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub capacity: Option<u32>,
    /// What draws the views.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// A model of a cache: browser, shared, single-slot, url-keyed, nginx … May be repeated.
    #[arg(long, value_name = "NAME")]
    pub model: Vec<String>,
    /// What the endpoint answers: never, always, matched, star, any. May be repeated.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub answers: Vec<Answers>,
    /// A folder with a real cache: the same requests are sent through it to the reference store.
    /// May be repeated.
    #[arg(long, value_name = "FOLDER")]
    pub through: Vec<PathBuf>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
    /// Prints the scenario and ends.
    #[arg(long)]
    pub print_scenario: bool,
}

/// Arguments of `caches`.
#[derive(Args, Clone, Debug)]
pub struct CachesArgs {
    /// Folders with a cache each: a `start` script that takes its own port and its store's.
    #[arg(value_name = "FOLDER")]
    pub folders: Vec<PathBuf>,
    /// As JSON, for `--expect`.
    #[arg(long)]
    pub json: bool,
    /// Compares with an earlier run's JSON; differences end with exit code 1.
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,
}

/// Arguments of `init`.
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    /// The endpoint, and what it should allow.
    #[command(flatten)]
    pub target: TargetArgs,
    /// The folder that the file goes to.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Writes over a target file that is there.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// The address to listen on.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9700")]
    pub listen: SocketAddr,
    /// Whose store it is: oss or s3. Absent: oss, or what --vary needs.
    #[arg(long, value_name = "NAME", value_enum)]
    pub dialect: Option<StoreDialect>,
    /// When answers say `Vary`: never, always, matched (only when a rule matched, as S3), or
    /// star (a constant `*`). Absent: always.
    #[arg(long, value_name = "WAY")]
    pub vary: Option<Way>,
    /// A real-world defect to have.
    #[arg(long, value_name = "NAME")]
    pub fault: Option<Fault>,
    /// Lists the defects that it can have.
    #[arg(long)]
    pub faults: bool,
    /// What it keeps, and for whom.
    #[command(flatten)]
    pub store: StoreArgs,
    /// What it takes.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// What vendors do not say.
    #[command(flatten)]
    pub unknowns: UnknownArgs,
}

/// A dialect of object stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StoreDialect {
    /// Alibaba Cloud OSS.
    Oss,
    /// Amazon S3.
    S3,
}

/// What a served store keeps, and for whom.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Store")]
pub struct StoreArgs {
    /// An access key that it knows, `ID:SECRET`. May be repeated. Absent: crosscheck:crosscheck-secret.
    #[arg(
        long,
        value_name = "ID:SECRET",
        env = "CROSSCHECK_SERVE_KEYS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub key: Vec<String>,
    /// A bucket that is there from the start, `NAME` or `NAME:ACL` with the access control list
    /// private, public-read or public-read-write. May be repeated.
    #[arg(long, value_name = "NAME[:ACL]")]
    pub bucket: Vec<String>,
    /// Keeps buckets, objects and rules in this folder across restarts. Absent: in memory only.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The region that it says to be in. Absent: cn-hangzhou or us-east-1.
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// A host name below which buckets are found, `BUCKET.HOST`, besides localhost and the
    /// vendors' endpoints. May be repeated.
    #[arg(long, value_name = "HOST")]
    pub domain: Vec<String>,
    /// Refuses buckets in the path, as the vendors' public endpoints do.
    #[arg(long)]
    pub no_path_style: bool,
    /// Speaks TLS, with a certificate of its own for loopback and the domains.
    #[arg(long)]
    pub tls: bool,
    /// Where the certificate authority to trust is written as PEM. Absent: a new file in the
    /// system's folder for temporary files, which is said.
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub tls_ca: Option<PathBuf>,
}

/// What a served store takes from its clients.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// The longest content of a request, in bytes. Absent: 64 MiB.
    #[arg(long, value_name = "BYTES")]
    pub max_body: Option<u64>,
    /// The longest request head, in bytes; at least 8192. Absent: 128 KiB.
    #[arg(long, value_name = "BYTES")]
    pub max_head: Option<usize>,
    /// How much the contents of all requests together may take in memory, in bytes; beyond it,
    /// requests are answered with 503. Absent: 256 MiB.
    #[arg(long, value_name = "BYTES")]
    pub max_memory: Option<usize>,
    /// How much all objects may weigh together, in bytes. Absent: 256 MiB.
    #[arg(long, value_name = "BYTES")]
    pub max_stored: Option<usize>,
    /// How many connections are open at once. Absent: 8192.
    #[arg(long, value_name = "N")]
    pub max_connections: Option<usize>,
    /// How long a request head may take, or a connection be idle, in milliseconds. Absent: 30000.
    #[arg(long, value_name = "MS")]
    pub head_timeout: Option<u64>,
    /// How long a content may take, in milliseconds. Absent: 60000.
    #[arg(long, value_name = "MS")]
    pub body_timeout: Option<u64>,
    /// How long an answer may wait for the client to take any of it, in milliseconds. Absent: 30000.
    #[arg(long, value_name = "MS")]
    pub write_timeout: Option<u64>,
}

/// What vendors do not say, or contradict themselves in.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What vendors leave open")]
pub struct UnknownArgs {
    /// How many rules a bucket may have. Absent: 10 in OSS, whose user guide says 20; 100 in S3.
    #[arg(long, value_name = "N")]
    pub max_rules: Option<usize>,
    /// Compares origins without case.
    #[arg(long)]
    pub ignore_origin_case: bool,
    /// Names only the asked method in Access-Control-Allow-Methods, instead of all of the rule.
    #[arg(long)]
    pub asked_method_only: bool,
    /// Has rules that are set for named origins allow credentials. S3 always does.
    #[arg(long)]
    pub allow_credentials: bool,
    /// Whether an answer that denies access carries CORS fields. Absent: no in OSS, yes in S3.
    #[arg(long, value_name = "BOOL")]
    pub cors_on_denied: Option<bool>,
    /// The status of a preflight for a bucket that is not there. Absent: 404 in OSS, 403 in S3.
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(400..600))]
    pub unknown_bucket_preflight: Option<u16>,
    /// Refuses rules with an origin that is a wildcard behind a scheme, `https://*`.
    #[arg(long)]
    pub refuse_scheme_wildcard: bool,
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
    #[arg(long, value_name = "DIR", default_value = "reports", env = "CROSSCHECK_REPORT_DIR")]
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
