use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// HAR file, as the developer tools of browsers save it
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What to make of it
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = ImportAs::Cases)]
    pub form: ImportAs,
    /// Endpoint whose requests are imported [default: the only one in the file]
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// File to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What to make of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportAs {
    /// Case file: a case for each CORS request, which expects what was recorded.
    Cases,
}
