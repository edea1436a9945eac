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
    #[arg(long, value_name = "PATH", env = environment::SUITES.name, value_delimiter = ',')]
    pub suites: Vec<PathBuf>,
    /// What reproduces a sample of orders.
    #[arg(long, value_name = "N", env = environment::SEED.name)]
    pub seed: Option<u64>,
    /// Puts these caches between, in place of those that cases name. Only cases of the kind `safety` that
    /// go through a cache are then run: what they claim must hold through any.
    #[arg(long, value_name = "CACHE", env = environment::THROUGH.name, value_parser = through(), value_delimiter = ',')]
    pub through: Vec<Through>,
}

/// Reads the name of a cache.
fn through() -> impl TypedValueParser<Value = Through> {
    let shown = |cache: Through| PossibleValue::new(cache.name()).help(cache.words());
    PossibleValuesParser::new(Through::caches().map(shown))
        .map(|name| Through::cache_named(&name).unwrap_or_default())
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
