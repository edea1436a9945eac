//! Which cases, as it is typed.

use std::path::PathBuf;

use clap::{
    Args, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

use crate::{
    case::model::{Kind, Through},
    cli::environment,
    process::suites::Wanted,
};

/// Which cases.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Selection")]
pub struct SelectArgs {
    /// Tests to select: an id, a prefix of ids, or a glob.
    #[arg(value_name = "ID")]
    pub select: Vec<String>,
    /// Skip these tests (repeatable).
    #[arg(long, value_name = "ID")]
    pub skip: Vec<String>,
    /// Select cases of these kinds only.
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',')]
    pub kind: Vec<KindArg>,
    /// Case files, or folders of them
    ///
    /// [default: the suites that come with Crosscheck]
    #[arg(
        long,
        value_name = "PATH",
        env = environment::SUITES.name,
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub suites: Vec<PathBuf>,
    /// Seed for sampling request orders.
    #[arg(long, value_name = "N", env = environment::SEED.name, hide_env_values = true, hide_short_help = true)]
    pub seed: Option<u64>,
    /// Send each order through these caches instead of those that the cases name
    ///
    /// Selects only the cases of the kind `safety` that go through a cache: their claims must hold for every
    /// cache.
    #[arg(
        long,
        value_name = "CACHE",
        env = environment::THROUGH.name,
        hide_env_values = true,
        value_parser = through(),
        value_delimiter = ',',
        hide_short_help = true
    )]
    pub through: Vec<Through>,
}

/// Reads the name of a cache.
fn through() -> impl TypedValueParser<Value = Through> {
    let shown = |cache: Through| PossibleValue::new(cache.name()).help(capitalised(cache.words()));
    PossibleValuesParser::new(Through::caches().map(shown))
        .map(|name| Through::cache_named(&name).unwrap_or_default())
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A kind of case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    /// Required by the Fetch standard.
    Must,
    /// Required by the configured CORS rules.
    Rule,
    /// A cache or security hazard otherwise.
    Safety,
    /// Reported only: products differ.
    Note,
}

impl From<KindArg> for Kind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Must => Self::Must,
            KindArg::Rule => Self::Rule,
            KindArg::Safety => Self::Safety,
            KindArg::Note => Self::Note,
        }
    }
}

impl From<&SelectArgs> for Wanted {
    fn from(args: &SelectArgs) -> Self {
        Self {
            select: args.select.clone(),
            skip: args.skip.clone(),
            kinds: args.kind.iter().map(|kind| (*kind).into()).collect(),
            suites: args.suites.clone(),
            seed: args.seed,
            through: args.through.clone(),
        }
    }
}
