//! The arguments of the reference store.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};

use crate::{cli::environment, reference::Defect, vary::Way};

/// Arguments of `serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Address to listen on.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9700")]
    pub listen: SocketAddr,
    /// Vendor whose store is emulated
    ///
    /// [default: oss, or what --vary needs]
    #[arg(long, value_name = "NAME", value_enum)]
    pub dialect: Option<StoreDialect>,
    /// When answers carry `Vary`: never, always, matched (only when a rule matched, as in S3), star (`*`)
    ///
    /// [default: always]
    #[arg(long, value_name = "WHEN")]
    pub vary: Option<Way>,
    /// Real-world defect to emulate, two as `FIRST+SECOND`, or a composed one:
    /// `compose:COMPARISON/ANSWERS/CONDITION/FIELD`.
    #[arg(long, value_name = "NAME")]
    pub fault: Option<Defect>,
    /// List the defects.
    #[arg(long)]
    pub faults: bool,
    /// What it stores.
    #[command(flatten)]
    pub store: StoreArgs,
    /// What it accepts.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// What the vendors' documents leave open.
    #[command(flatten)]
    pub quirks: QuirkArgs,
}

/// A dialect of object stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StoreDialect {
    /// Alibaba Cloud OSS.
    Oss,
    /// Amazon S3.
    S3,
}

/// What a served store keeps, and its access keys.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Store")]
pub struct StoreArgs {
    /// Access key, `ID:SECRET` (repeatable)
    ///
    /// [default: crosscheck:crosscheck-secret]
    #[arg(
        long,
        value_name = "ID:SECRET",
        env = environment::SERVE_KEYS.name,
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub key: Vec<String>,
    /// Bucket to create at the start (repeatable); ACL is private, public-read or public-read-write.
    #[arg(long, value_name = "NAME[:ACL]")]
    pub bucket: Vec<String>,
    /// Folder that keeps buckets, objects and rules across restarts
    ///
    /// [default: in memory only]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Region of the store
    ///
    /// [default: cn-hangzhou for oss, us-east-1 for s3]
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// Host name for virtual-hosted buckets, `BUCKET.HOST`, besides localhost and the vendors' endpoints
    /// (repeatable).
    #[arg(long, value_name = "HOST")]
    pub domain: Vec<String>,
    /// Refuse buckets in the path, as the vendors' public endpoints do.
    #[arg(long)]
    pub no_path_style: bool,
    /// Serve TLS with a generated certificate for loopback and the domains.
    #[arg(long)]
    pub tls: bool,
    /// PEM file to write the certificate authority to
    ///
    /// [default: a temporary file; its path is printed]
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub tls_ca: Option<PathBuf>,
}

/// What a served store takes from its clients.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Maximum size of a request body
    ///
    /// [default: 64 MiB]
    #[arg(long, value_name = "BYTES")]
    pub max_body: Option<u64>,
    /// Maximum size of a request head; at least 8192
    ///
    /// [default: 128 KiB]
    #[arg(long, value_name = "BYTES")]
    pub max_head: Option<usize>,
    /// Maximum memory for requests and responses in progress; beyond it, the answer is 503
    ///
    /// Counts heads, bodies, and replaced objects that are still being sent
    ///
    /// [default: 256 MiB]
    #[arg(long, value_name = "BYTES")]
    pub max_memory: Option<usize>,
    /// Maximum memory for stored data; beyond it, the answer to a write is 507
    ///
    /// Counts objects, open uploads and their parts, metadata, keys, rules and buckets, with 1 KiB for each of
    /// them
    ///
    /// [default: 256 MiB]
    #[arg(long, value_name = "BYTES")]
    pub max_stored: Option<usize>,
    /// Maximum number of open connections
    ///
    /// [default: 8192]
    #[arg(long, value_name = "N")]
    pub max_connections: Option<usize>,
    /// Timeout for receiving a request head, and for idle connections, in milliseconds
    ///
    /// [default: 30000]
    #[arg(long, value_name = "MS")]
    pub head_timeout: Option<u64>,
    /// Timeout for receiving a request body, in milliseconds
    ///
    /// [default: 60000]
    #[arg(long, value_name = "MS")]
    pub body_timeout: Option<u64>,
    /// Timeout for a client that reads nothing of a response, in milliseconds
    ///
    /// [default: 30000]
    #[arg(long, value_name = "MS")]
    pub write_timeout: Option<u64>,
}

/// What the vendors' documents leave open or contradict.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Vendor quirks")]
pub struct QuirkArgs {
    /// Maximum number of rules in a bucket
    ///
    /// [default: 10 for oss, 100 for s3]
    #[arg(long, value_name = "N")]
    pub max_rules: Option<usize>,
    /// Compare origins without case.
    #[arg(long)]
    pub ignore_origin_case: bool,
    /// List only the requested method in Access-Control-Allow-Methods instead of all methods of the rule.
    #[arg(long)]
    pub asked_method_only: bool,
    /// Allow credentials in rules for named origins, as S3 always does.
    #[arg(long)]
    pub allow_credentials: bool,
    /// Send CORS fields on responses that deny access
    ///
    /// [default: false for oss, true for s3]
    #[arg(long, value_name = "BOOL")]
    pub cors_on_denied: Option<bool>,
    /// Status of a preflight for a missing bucket
    ///
    /// [default: 404 for oss, 403 for s3]
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(400..600))]
    pub unknown_bucket_preflight: Option<u16>,
    /// Refuse rules whose origin is a scheme and a wildcard, `https://*`.
    #[arg(long)]
    pub refuse_scheme_wildcard: bool,
}
