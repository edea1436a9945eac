//! What is to be done with the rules of a bucket, as it is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{EndpointArgs, examples};

/// What to do with a bucket's CORS rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Print the CORS rules as the bucket returns them.
    #[command(after_help = examples::RULES_GET)]
    Get(RulesGetArgs),
    /// Replace the CORS rules, and wait until they are in force. Saves the present rules first.
    #[command(after_help = examples::RULES_PUT)]
    Put(RulesPutArgs),
    /// Delete the CORS rules. Saves the present rules first.
    #[command(after_help = examples::RULES_DELETE)]
    Delete(RulesDeleteArgs),
    /// Restore saved rules: from `put`, `delete`, or a run that could not restore them.
    #[command(after_help = examples::RULES_RESTORE)]
    Restore(RulesRestoreArgs),
}

/// Arguments of `rules get`.
#[derive(Args, Clone, Debug)]
pub struct RulesGetArgs {
    /// The bucket.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Print JSON, in the form of `policy` in a target file.
    #[arg(long, help_heading = "Rules")]
    pub json: bool,
}

/// Arguments of `rules put`.
#[derive(Args, Clone, Debug)]
pub struct RulesPutArgs {
    /// Rules: XML as in the bucket API, or JSON as `policy` in a target file; `-` for standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The bucket.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Print what would be sent, and send nothing.
    #[arg(long, help_heading = "Rules")]
    pub dry_run: bool,
    /// Replace the rules even if a test run of Crosscheck set them and did not restore the user's.
    #[arg(long, help_heading = "Rules")]
    pub force: bool,
}

/// Arguments of `rules delete`.
#[derive(Args, Clone, Debug)]
pub struct RulesDeleteArgs {
    /// The bucket.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Print what would be sent, and send nothing.
    #[arg(long, help_heading = "Rules")]
    pub dry_run: bool,
    /// Replace the rules even if a test run of Crosscheck set them and did not restore the user's.
    #[arg(long, help_heading = "Rules")]
    pub force: bool,
}

/// Arguments of `rules restore`.
#[derive(Args, Clone, Debug)]
pub struct RulesRestoreArgs {
    /// File of saved rules
    ///
    /// [default: every file that interrupted runs left in the lease folder]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// How to reach the bucket; the file names it.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Print what would be sent, and send nothing.
    #[arg(long, help_heading = "Rules")]
    pub dry_run: bool,
    /// Restore even if others changed the rules since they were saved.
    #[arg(long, help_heading = "Rules")]
    pub force: bool,
}
