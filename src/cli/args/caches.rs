//! The arguments of the commands about caches and `Vary`.

use std::path::PathBuf;

use clap::Args;

use crate::vary::cost::Answers;

/// Arguments of `vary`.
#[derive(Args, Clone, Debug)]
pub struct VaryArgs {
    /// Scenario as JSON: pages, resources and their popularity
    ///
    /// [default: three pages and an image; --print-scenario prints it]
    #[arg(value_name = "SCENARIO")]
    pub scenario: Option<PathBuf>,
    /// Number of page views
    ///
    /// [default: as in the scenario]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub views: Option<u32>,
    /// Number of responses that a shared cache can store
    ///
    /// [default: as in the scenario]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub capacity: Option<u32>,
    /// Seed for drawing the page views
    ///
    /// [default: as in the scenario]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Cache model: browser, shared, single-slot, url-keyed, nginx … (repeatable).
    #[arg(long, value_name = "NAME")]
    pub model: Vec<String>,
    /// When the endpoint sends `Vary: Origin`: never, always, matched, star, any.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub answers: Vec<Answers>,
    /// Folder of a real cache: send the same requests through it to the reference store (repeatable).
    #[arg(long, value_name = "FOLDER")]
    pub through: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Print the scenario and exit.
    #[arg(long)]
    pub print_scenario: bool,
}

/// Arguments of `caches`.
#[derive(Args, Clone, Debug)]
pub struct CachesArgs {
    /// Folders of real caches; each has a `start` script that takes its own port and the store's port.
    #[arg(value_name = "FOLDER")]
    pub folders: Vec<PathBuf>,
    /// Compare caches in other situations: HEAD, errors, credentials, conditional requests, ranges and freshness
    ///
    /// Without it, the ways of sending `Vary` are compared.
    #[arg(long)]
    pub situations: bool,
    /// Print JSON, for --expect.
    #[arg(long)]
    pub json: bool,
    /// Compare with the JSON of an earlier run; exit with code 1 if they differ.
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,
}
