//! What is to be done with the rules of a bucket, as it is typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::EndpointArgs;

/// What to do with a bucket's CORS rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Prints them as the bucket gives them.
    Get(RulesGetArgs),
    /// Replaces them, after saving those that are there, and waits until they are in force.
    Put(RulesPutArgs),
    /// Deletes them, after saving those that are there.
    Delete(RulesDeleteArgs),
    /// Puts back what was saved: by `put`, by `delete`, or by a run that could not restore it.
    Restore(RulesRestoreArgs),
}

/// Arguments of `rules get`.
#[derive(Args, Clone, Debug)]
pub struct RulesGetArgs {
    /// Whose.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// As JSON, in the form of `policy` in a target file.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `rules put`.
#[derive(Args, Clone, Debug)]
pub struct RulesPutArgs {
    /// The rules: XML as the bucket API takes it, or JSON in the form of `policy` in a target file;
    /// `-` is the standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Whose.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Shows what would be sent, and sends nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Replace the rules even if a test run of Crosscheck set them and did not restore the user's
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `rules delete`.
#[derive(Args, Clone, Debug)]
pub struct RulesDeleteArgs {
    /// Whose.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Shows what would be sent, and sends nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Replace the rules even if a test run of Crosscheck set them and did not restore the user's
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `rules restore`.
#[derive(Args, Clone, Debug)]
pub struct RulesRestoreArgs {
    /// The file with what was found. Absent: everything that runs left behind in the lease folder.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// How the bucket is reached; which it is, the file says.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Shows what would be sent, and sends nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Restore even if others changed the rules since they were saved
    #[arg(long)]
    pub force: bool,
}
