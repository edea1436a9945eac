//! The command line as it is typed: no effects, no defaults from elsewhere. A file for each group of
//! commands.

#[cfg(feature = "store")]
mod caches;
mod endpoint;
mod judge;
#[cfg(feature = "load")]
mod load;
mod rules;
mod select;
#[cfg(feature = "store")]
mod serve;

use clap::{Parser, Subcommand, ValueEnum};

#[cfg(feature = "store")]
pub(super) use caches::{CachesArgs, VaryArgs};
pub(super) use endpoint::{EndpointArgs, InitArgs};
pub(super) use judge::{CheckArgs, ExplainArgs, ListArgs, RunArgs, TryArgs};
#[cfg(feature = "load")]
pub(super) use load::{EngineArg, HttpArg, LoadArgs, PacingArg, RenderArgs, RenderForm};
pub(super) use rules::{RulesCommand, RulesPutArgs, RulesRestoreArgs};
pub(super) use select::SelectArgs;
#[cfg(feature = "store")]
pub(super) use serve::{LimitArgs, ServeArgs, StoreDialect, UnknownArgs};

use super::{console::Colour, environment, exit::Exit};

/// Tells the truth about an HTTP endpoint's CORS behaviour.
///
/// Without a command, runs every suite against the endpoint of crosscheck.json or CROSSCHECK_TARGET and writes
/// reports/; without a target file and without any such variable, against the embedded reference store.
#[derive(Debug, Parser)]
#[command(name = "crosscheck", version, after_help = Exit::table())]
pub struct Cli {
    /// What to do; absent: `run`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// When to colour.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, env = environment::COLOR.name)]
    pub color: Colour,
    /// Shows every failure in full.
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the suites against an endpoint and judges it.
    Run(RunArgs),
    /// Tries a case file, and tells what happened: every exchange, what the browser decided, the verdict.
    ///
    /// `crosscheck try my-case.json --target embedded`,
    /// `crosscheck try my-case.json --target https://api.example.com/items --allowed-origin https://app.example.com`
    Try(TryArgs),
    /// Checks case files, and shows everything that is wrong with them.
    Check(CheckArgs),
    /// Lists what would run, what would not, and why. Sends nothing.
    List(ListArgs),
    /// Says whether a page may make a request, and if not, why, and what to change.
    Explain(ExplainArgs),
    /// Asks an endpoint much at once, and finds out how fast it answers and whether still rightly.
    #[cfg(feature = "load")]
    Load(LoadArgs),
    /// Shows what `Vary: Origin` costs and saves: hit ratio, requests that reach the origin
    /// server, and pages that break without it.
    #[cfg(feature = "store")]
    Vary(VaryArgs),
    /// Shows which orders of requests break behind which cache, for each way of saying `Vary`.
    ///
    /// With folders, starts real caches in front of the reference store and asks them; without,
    /// the models of caches.
    #[cfg(feature = "store")]
    Caches(CachesArgs),
    /// Serves the reference store.
    #[cfg(feature = "store")]
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
    #[cfg(feature = "load")]
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
    Show(Box<EndpointArgs>),
    /// List the environment variables that Crosscheck reads.
    Variables,
}

/// Of what to print the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A suite: `suites/*.json`.
    Suite,
    /// A target file: `crosscheck.json`.
    #[value(name = "target")]
    Endpoint,
    /// A load plan: `suites/load/*.json`.
    #[cfg(feature = "load")]
    Load,
    /// The record of a load run: `load.json`.
    #[cfg(feature = "load")]
    LoadRecord,
    /// The record of a conformance run: `run.json`.
    RunRecord,
}
