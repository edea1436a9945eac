use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// HAR file, as the developer tools of browsers save it; with `--as operations` also an OpenAPI document
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What to make of it
    #[arg(long = "as", value_enum, value_name = "FORM", default_value_t = ImportAs::Cases)]
    pub form: ImportAs,
    /// Endpoint whose requests are imported [default: the only one in the file, or its first server]
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// Origin that the endpoint should allow, with `--as operations` [default: those of the recorded pages]
    #[arg(long, value_name = "ORIGIN")]
    pub allowed_origin: Vec<String>,
    /// File to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What to make of a recording or a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ImportAs {
    /// Case file: a case for each CORS request, which expects what was recorded.
    Cases,
    /// Target file: each method and path once, and what pages need for them. Secrets are left out.
    Operations,
}
