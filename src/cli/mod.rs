//! Decides what a command line, an environment and a target file ask for, has it done, and says
//! with which exit code it ended. The only room that reads arguments and the environment, and
//! the only one that prints.

mod args;
mod command;
mod flags;
mod imported;
#[cfg(feature = "load")]
mod load_reports;
mod manual;
mod records;
mod run_reports;
mod typed;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::process::{console, environment, exit, runtime, signal, suites};
use args::{Command, ConfigCommand, RunArgs, SchemaOf};
use console::Console;
use exit::Exit;
use flags::Unnamed;

pub use args::Cli;

/// What is done without a command: `run`, with its defaults and environment.
fn standard() -> RunArgs {
    match Cli::parse_from(["crosscheck", "run"]).command {
        Some(Command::Run(args)) => args,
        _ => RunArgs::default(),
    }
}

/// Whether a command prints what never depends on the environment.
fn is_constant(command: &Command) -> bool {
    matches!(
        command,
        Command::Schema { .. }
            | Command::Completions { .. }
            | Command::Man(_)
            | Command::Config { command: ConfigCommand::Variables }
    )
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let no_color = environment::variable("NO_COLOR").is_some();
    let console = Console::new(cli.color, cli.verbose, no_color, environment::github().is_some());
    let unknown = environment::unknown();
    if !unknown.is_empty() && !cli.command.as_ref().is_some_and(is_constant) {
        console.diagnostics(&unknown);
        return Exit::Input.into();
    }
    let Some(command) = cli.command else {
        return command::run::run(&standard(), Unnamed::Embedded, &console).into();
    };
    let exit = match command {
        Command::Run(args) => command::run::run(&args, Unnamed::Refuse, &console),
        Command::Try(args) => command::trial::trial(&args, &console),
        Command::Compare(args) => command::compare::compare(&args, &console),
        Command::Merge(args) => command::merge::merge(&args, &console),
        Command::Check(args) => command::check::check(&args, &console),
        Command::List(args) => command::list::list(&args, &console),
        Command::Explain(args) => command::explain::explain(&args, &console),
        #[cfg(feature = "store")]
        Command::Vary(args) => command::vary::vary(&args, &console),
        #[cfg(feature = "store")]
        Command::Caches(args) => command::caches::caches(&args, &console),
        #[cfg(feature = "load")]
        Command::Load(args) => command::load::load(&args, &console),
        #[cfg(feature = "store")]
        Command::Serve(args) => command::serve::serve(&args, &console),
        Command::Rules { command } => command::rules::rules(&command, &console),
        Command::Init(args) => command::init::init(&args, &console),
        Command::Import(args) => command::import::import(&args, &console),
        Command::Config { command: ConfigCommand::Show(args) } => command::config::show(&args, &console),
        Command::Config { command: ConfigCommand::Variables } => command::config::variables(&console),
        Command::Render(args) => command::render::render(&args, &console),
        Command::Schema { of } => {
            console.print_json(match of {
                SchemaOf::Suite => crate::case::published(),
                SchemaOf::Endpoint => crate::endpoint::published_schema(),
                #[cfg(feature = "load")]
                SchemaOf::Load => crate::load::plan::published(),
                #[cfg(feature = "load")]
                SchemaOf::LoadRecord => crate::load::record::published(),
                SchemaOf::RunRecord => crate::run::record::published(),
                SchemaOf::Events => crate::report::events::published(),
                SchemaOf::Comparison => crate::run::comparison::published(),
                SchemaOf::List => crate::run::listing::published(),
            });
            Exit::AsExpected
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "crosscheck", &mut script);
            console.print_own(&script);
            Exit::AsExpected
        }
        Command::Man(args) => command::man::man(&args, &console),
    };
    exit.into()
}
