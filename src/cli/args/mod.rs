//! The command line as it is typed: no effects, no defaults from elsewhere. A file for each group of
//! commands.

#[cfg(feature = "store")]
mod caches;
mod endpoint;
mod examples;
mod import;
mod judge;
#[cfg(feature = "load")]
mod load;
mod man;
mod records;
mod render;
mod rules;
mod select;
#[cfg(feature = "store")]
mod serve;

use clap::{Parser, Subcommand, ValueEnum};

#[cfg(feature = "store")]
pub(super) use caches::{CachesArgs, VaryArgs};
pub(super) use endpoint::{EndpointArgs, InitArgs};
pub(super) use import::{ImportArgs, ImportAs};
pub(super) use judge::{CheckArgs, ExplainArgs, GateArgs, ListArgs, RunArgs, TryArgs};
#[cfg(feature = "load")]
pub(super) use load::{EngineArg, HttpArg, LoadArgs, PacingArg};
pub(super) use man::ManArgs;
pub(super) use records::{CompareArgs, MergeArgs};
pub(super) use render::{RenderArgs, RenderForm};
pub(super) use rules::{RulesCommand, RulesPutArgs, RulesRestoreArgs};
pub(super) use select::SelectArgs;
#[cfg(feature = "store")]
pub(super) use serve::{LimitArgs, QuirkArgs, ServeArgs, StoreDialect};

use super::{console::Colour, environment};

/// Test whether the CORS behaviour of an HTTP endpoint is correct, for every browser, cache and origin.
///
/// Without a command, run every suite against the endpoint of crosscheck.json or CROSSCHECK_TARGET and write
/// reports/. Without a target file and without these variables, test the embedded reference store.
#[derive(Debug, Parser)]
#[command(name = "crosscheck", version, after_help = examples::of_all())]
pub struct Cli {
    /// The command; `run` if there is none.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// When to use colours.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t = Colour::Auto,
        env = environment::COLOR.name,
        hide_env_values = true
    )]
    pub color: Colour,
    /// Show every failure in full.
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the suites against an endpoint.
    #[command(after_help = examples::RUN)]
    Run(RunArgs),
    /// Run one case file and show every exchange, the browser's decisions and the verdict
    ///
    /// Sends the methods that --allowed-method declares, unless the target file names others in `capabilities.methods`.
    /// With --allowed-origin alone: GET, HEAD and POST.
    #[command(after_help = examples::TRY)]
    Try(TryArgs),
    /// Compare two runs by their records: what is newly broken, fixed, or broken in another way
    ///
    /// The exit code is 5 if something is newly broken.
    #[command(after_help = examples::COMPARE)]
    Compare(CompareArgs),
    /// Merge the records of all shards of a run into one record and its reports.
    #[command(after_help = examples::MERGE)]
    Merge(MergeArgs),
    /// Check case files and load plans, and show every mistake in them.
    #[command(after_help = examples::CHECK)]
    Check(CheckArgs),
    /// List the tests that would run, those that would not, and why. Sends nothing.
    #[command(after_help = examples::LIST)]
    List(ListArgs),
    /// Explain why a page may or may not make a request, and what to change.
    #[command(after_help = examples::EXPLAIN)]
    Explain(ExplainArgs),
    /// Load-test an endpoint: latency, throughput, and whether answers stay correct.
    #[cfg(feature = "load")]
    #[command(after_help = examples::LOAD)]
    Load(LoadArgs),
    /// Compute what `Vary: Origin` costs in hit ratio, and which pages break without it.
    #[cfg(feature = "store")]
    #[command(after_help = examples::VARY)]
    Vary(VaryArgs),
    /// Show which request orders break behind which cache, for each way of sending `Vary`
    ///
    /// With folders, start real caches in front of the reference store and send requests through them. Without
    /// folders, use the cache models.
    #[cfg(feature = "store")]
    #[command(after_help = examples::CACHES)]
    Caches(CachesArgs),
    /// Serve the reference store.
    #[cfg(feature = "store")]
    #[command(after_help = examples::SERVE)]
    Serve(ServeArgs),
    /// Get, put, delete and restore the CORS rules of a bucket.
    #[command(after_help = examples::RULES)]
    Rules {
        /// What to do with them.
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Write a first target file from the flags, with its schema beside it.
    #[command(after_help = examples::INIT)]
    Init(InitArgs),
    /// Import recorded requests from a HAR file.
    #[command(after_help = examples::IMPORT)]
    Import(ImportArgs),
    /// Show the resolved configuration, and the origin of each value.
    #[command(after_help = examples::CONFIG)]
    Config {
        /// What to do with it.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Render the reports of a run or of a load run again from its record.
    #[command(after_help = examples::RENDER)]
    Render(RenderArgs),
    /// Print a JSON Schema.
    #[command(after_help = examples::SCHEMA)]
    Schema {
        /// Document that the schema describes.
        #[arg(value_enum, value_name = "DOCUMENT", default_value_t = SchemaOf::Suite)]
        of: SchemaOf,
    },
    /// Print the completions for a shell.
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// Shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page of a command, or write the pages of all commands to a folder.
    #[command(after_help = examples::MAN)]
    Man(ManArgs),
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show each value with its origin: flag, environment, file and line, or default.
    #[command(after_help = examples::CONFIG_SHOW)]
    Show(Box<EndpointArgs>),
    /// List the environment variables that Crosscheck reads.
    #[command(after_help = examples::CONFIG_VARIABLES)]
    Variables,
}

/// Of what to print the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// Suite: `suites/*.json`.
    Suite,
    /// Target file: `crosscheck.json`.
    #[value(name = "target")]
    Endpoint,
    /// Load plan: `suites/load/*.json`.
    #[cfg(feature = "load")]
    Load,
    /// Record of a load run: `load.json`.
    #[cfg(feature = "load")]
    LoadRecord,
    /// Record of a conformance run: `run.json`.
    RunRecord,
    /// One line of what `run --events` writes.
    Events,
    /// Comparison of two runs: `crosscheck compare --json`.
    Comparison,
    /// List of tests: `crosscheck list --json`.
    List,
}
