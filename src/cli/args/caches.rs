//! The arguments of the commands about caches and `Vary`.

use std::path::PathBuf;

use clap::Args;

use crate::vary::cost::Answers;

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
    /// Instead of the ways with `Vary`: HEAD, errors, credentials, conditions, ranges and freshness, and
    /// whether the models do the same.
    #[arg(long)]
    pub situations: bool,
    /// As JSON, for `--expect`.
    #[arg(long)]
    pub json: bool,
    /// Compares with an earlier run's JSON; differences end with exit code 1.
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,
}
