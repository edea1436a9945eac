use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use crosscheck_core::{
    exchange::{Failure, PROXY_HELP, Stage, shell},
    message::Outside,
};
use thiserror::Error;

use super::{AddressError, Claim, Held, StoreAnswer};

/// Why rules or objects could not be set, or could not be put back.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProvisionError {
    /// The URL does not say which bucket is meant.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The endpoint is nothing with a bucket API.
    #[error("no bucket API: the endpoint is not a bucket of the dialect oss or s3")]
    NoBucketApi,
    /// There is no access key.
    #[error("no access key was found: looked for {}", .looked.join(", "))]
    NoCredentials {
        /// Where it was looked for, in order.
        looked: Vec<String>,
    },
    /// What was found is no access key.
    #[error("the access key cannot be used: {0}")]
    Credentials(String),
    /// OSS V4 is signed for a region, and nobody said which.
    #[error("the region is not known, and OSS V4 signs for one")]
    NoRegion,
    /// The store gave no answer.
    #[error("{operation} got no answer: {failure}")]
    Unreachable {
        /// What was asked.
        operation: &'static str,
        /// How far it got.
        failure: Failure,
    },
    /// The store did not do it.
    #[error("{operation} was {}: {answer}", .kind.word())]
    Answered {
        /// What was asked.
        operation: &'static str,
        /// What that means.
        kind: StoreErrorKind,
        /// What was said.
        answer: StoreAnswer,
    },
    /// The store does not show that it knows `?cors`, and could take a request for it for one of the bucket itself.
    #[error("the store does not know `?cors`: it answered GET ?cors with {0}, so nothing was written")]
    NoCorsApi(String),
    /// The rules on the bucket are those of a test.
    #[error(
        "the rules on the bucket are not the user's: another run of Crosscheck{} set them, and holds the bucket or \
         did not restore it",
        .0.process.map(|process| format!(" (process {process})")).unwrap_or_default()
    )]
    Ours(Claim),
    /// An object whose key would not stay below the prefix of its run.
    #[error("the object path {path:?} does not stay below the prefix of the run: {why}")]
    ObjectPath {
        /// The path as the case gives it.
        path: String,
        /// Why not.
        why: Outside,
    },
    /// The rules of the bucket cannot be read, so that nobody could say whether they were put back.
    #[error("the rules that the bucket has cannot be understood ({0}), so nothing was written")]
    Unreadable(String),
    /// The rules to set are none that the dialect takes.
    #[error("the rules are none that the store takes: {0}")]
    Rules(String),
    /// An OSS bucket spoken to in S3's dialect, which has no word for `ResponseVary`.
    #[error("the bucket is OSS's, and S3's dialect would lose its ResponseVary")]
    ForeignDialect,
    /// The rules were written, but reading them gives others.
    #[error("{0:?} after they were set, the rules cannot be read back as they were written")]
    NotVisible(Duration),
    /// Others changed the rules in the meantime.
    #[error("others changed the bucket's rules since they were saved in {}", .0.display())]
    Changed(PathBuf),
    /// Another process holds the lease.
    #[error("another process sets rules on this bucket: {0}")]
    Held(Held),
    /// An earlier process could not restore what it had found.
    #[error("an earlier run did not restore the bucket's rules; they are saved in {}", .0.display())]
    Unrestored(PathBuf),
    /// An object that was put cannot be read by everybody.
    #[error("objects cannot be read without a signature: {0}")]
    NotPublic(StoreAnswer),
    /// A file of saved rules says something that this program does not write.
    #[error("{}: {why}", .path.display())]
    Saved {
        /// Which.
        path: PathBuf,
        /// What.
        why: String,
    },
    /// A file in which runs write down which rules are theirs cannot be understood.
    #[error("{}: {why}", .path.display())]
    State {
        /// Which.
        path: PathBuf,
        /// What.
        why: String,
    },
    /// A file of ours cannot be read or written.
    #[error("{}: {why}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        why: String,
    },
}

/// What it means that a store did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// It refuses it to this key.
    Forbidden,
    /// It has no such operation.
    NotImplemented,
    /// It has no such bucket.
    NoBucket,
    /// It is busy, and stayed so.
    Busy,
    /// It does not take the content.
    Invalid,
    /// Anything else.
    Unexpected,
}

impl StoreErrorKind {
    /// What an answer means; `None`: it was done.
    pub fn of(answer: &StoreAnswer) -> Option<Self> {
        let busy =
            ["SlowDown", "ServiceUnavailable", "RequestLimitExceeded", "OperationAborted", "InternalError"];
        let code = answer.code.as_str();
        match answer.status {
            200..=299 => None,
            _ if code == "NotImplemented" || code == "MethodNotAllowed" => Some(Self::NotImplemented),
            _ if code.contains("QpsLimit") || code.starts_with("Throttl") || busy.contains(&code) => {
                Some(Self::Busy)
            }
            _ if code == "NoSuchBucket" => Some(Self::NoBucket),
            401 | 403 => Some(Self::Forbidden),
            405 | 501 => Some(Self::NotImplemented),
            429 | 500 | 502 | 503 | 504 => Some(Self::Busy),
            400 => Some(Self::Invalid),
            _ => Some(Self::Unexpected),
        }
    }

    /// As it stands behind `was`.
    const fn word(self) -> &'static str {
        match self {
            Self::Forbidden => "refused",
            Self::NotImplemented => "not understood, so these rules cannot be provisioned",
            Self::NoBucket => "answered that there is no such bucket",
            Self::Busy => "put off, again and again",
            Self::Invalid => "answered that the content is invalid",
            Self::Unexpected => "answered unexpectedly",
        }
    }
}

/// The command that puts back what a file says, as a shell reads it.
pub fn restore_command(file: &Path, force: bool) -> String {
    let force = if force { " --force" } else { "" };
    format!("crosscheck rules restore {}{force}", shell(&file.display().to_string()))
}

impl ProvisionError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Address(_) => "name the bucket with --bucket, or in the target file as `bucket.name`".to_owned(),
            Self::NoCredentials { .. } | Self::Credentials(_) => {
                "set CROSSCHECK_ACCESS_KEY_ID and CROSSCHECK_ACCESS_KEY_SECRET; `crosscheck config show` tells \
                 what was found"
                    .to_owned()
            }
            Self::NoBucketApi => "name the bucket's URL with --target, and --dialect oss or s3".to_owned(),
            Self::NoRegion => "name the region with --region, or sign with --signature v1".to_owned(),
            Self::Unreachable { failure, .. } if failure.stage == Stage::Proxy => PROXY_HELP.to_owned(),
            Self::Unreachable { failure, .. } if failure.stage == Stage::Tls => {
                "check the scheme and port of the URL, and name a certificate of your own with --ca-file".to_owned()
            }
            Self::Unreachable { .. } => "check that the store runs and can be reached".to_owned(),
            Self::Answered { kind, answer, .. } => match kind {
                StoreErrorKind::Forbidden if answer.code == "RequestTimeTooSkewed" => {
                    "set this machine's clock right: the store refuses signatures of another time".to_owned()
                }
                StoreErrorKind::Forbidden => "give the key the permission to get, put and delete the bucket's CORS rules \
                    (PutBucketCors, GetBucketCors, DeleteBucketCors), and check --region and --signature"
                    .to_owned(),
                StoreErrorKind::NotImplemented => {
                    "this store cannot be told its CORS rules; declare them with `policy` or `allowed_origins`"
                        .to_owned()
                }
                StoreErrorKind::NoBucket => "check the bucket's name and the region in the URL".to_owned(),
                StoreErrorKind::Busy => "try again later; the store limits how often rules may be set".to_owned(),
                StoreErrorKind::Invalid | StoreErrorKind::Unexpected => "look at what the store says".to_owned(),
            },
            Self::NoCorsApi(_) => "check that the URL is the bucket's; Crosscheck sets rules only on a store that \
                answers GET ?cors with a CORSConfiguration or the error NoSuchCORSConfiguration. Declare the rules of \
                other stores with `policy` or `allowed_origins`"
                .to_owned(),
            Self::Ours(Claim { file: Some(file), .. }) => format!(
                "wait until that run has ended; if it has not restored the user's rules by then, do it with `{}`",
                restore_command(file, false)
            ),
            Self::Ours(_) => "wait until that run has ended. If the file with the user's rules is lost, replace the \
                rules with `crosscheck rules put RULES --force` or `crosscheck rules delete --force`"
                .to_owned(),
            Self::ObjectPath { .. } => {
                "write a relative path without `.`, `..`, `//` and backslashes, also percent-encoded".to_owned()
            }
            Self::Unreadable(_) => "read and correct them with the vendor's own tools".to_owned(),
            Self::Rules(_) => "shorten or correct the rules".to_owned(),
            Self::ForeignDialect => "say --dialect oss".to_owned(),
            Self::NotVisible(_) => "look at them with `crosscheck rules get`; --propagation-timeout MS waits longer".to_owned(),
            Self::Changed(path) => format!(
                "look at them with `crosscheck rules get`; `{}` replaces them by what was saved",
                restore_command(path, true)
            ),
            Self::Held(_) => "wait until it has ended; --lease-wait waits for it".to_owned(),
            Self::Unrestored(path) => format!("put them back with `{}`", restore_command(path, false)),
            Self::NotPublic(_) => "let everybody read the bucket's objects (a bucket policy or ACL), or name an ACL for \
                objects as `bucket.object_acl` in the target file"
                .to_owned(),
            Self::Saved { .. } => "name a file that a run, `rules put` or `rules delete` saved".to_owned(),
            Self::State { .. } => "remove the file if no run is under way".to_owned(),
            Self::File { .. } => {
                "name a file that Crosscheck saved, or another folder with --lease-dir".to_owned()
            }
        }
    }

    /// Whether the store said that it did not do what it was asked, and will not.
    pub const fn is_refusal(&self) -> bool {
        let Self::Answered { kind, .. } = self else { return false };
        matches!(
            kind,
            StoreErrorKind::Forbidden
                | StoreErrorKind::NotImplemented
                | StoreErrorKind::NoBucket
                | StoreErrorKind::Invalid
        )
    }

    /// Whether trying again with other rules is of no use.
    pub(crate) const fn is_lasting(&self) -> bool {
        !matches!(
            self,
            Self::Rules(_) | Self::ObjectPath { .. } | Self::Answered { kind: StoreErrorKind::Invalid, .. }
        )
    }
}
