//! The arguments of the reference store.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};

use crate::{cli::environment, reference::Fault, vary::Way};

/// Arguments of `serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// The address to listen on.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9700")]
    pub listen: SocketAddr,
    /// Whose store it is: oss or s3. Absent: oss, or what --vary needs.
    #[arg(long, value_name = "NAME", value_enum)]
    pub dialect: Option<StoreDialect>,
    /// When answers say `Vary`: never, always, matched (only when a rule matched, as S3), or
    /// star (a constant `*`). Absent: always.
    #[arg(long, value_name = "WAY")]
    pub vary: Option<Way>,
    /// A real-world defect to have.
    #[arg(long, value_name = "NAME")]
    pub fault: Option<Fault>,
    /// Lists the defects that it can have.
    #[arg(long)]
    pub faults: bool,
    /// What it keeps, and for whom.
    #[command(flatten)]
    pub store: StoreArgs,
    /// What it takes.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// What vendors do not say.
    #[command(flatten)]
    pub unknowns: UnknownArgs,
}

/// A dialect of object stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StoreDialect {
    /// Alibaba Cloud OSS.
    Oss,
    /// Amazon S3.
    S3,
}

/// What a served store keeps, and for whom.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Store")]
pub struct StoreArgs {
    /// An access key that it knows, `ID:SECRET`. May be repeated. Absent: crosscheck:crosscheck-secret.
    #[arg(
        long,
        value_name = "ID:SECRET",
        env = environment::SERVE_KEYS.name,
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub key: Vec<String>,
    /// A bucket that is there from the start, `NAME` or `NAME:ACL` with the access control list
    /// private, public-read or public-read-write. May be repeated.
    #[arg(long, value_name = "NAME[:ACL]")]
    pub bucket: Vec<String>,
    /// Keeps buckets, objects and rules in this folder across restarts. Absent: in memory only.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The region that it says to be in. Absent: cn-hangzhou or us-east-1.
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// A host name below which buckets are found, `BUCKET.HOST`, besides localhost and the
    /// vendors' endpoints. May be repeated.
    #[arg(long, value_name = "HOST")]
    pub domain: Vec<String>,
    /// Refuses buckets in the path, as the vendors' public endpoints do.
    #[arg(long)]
    pub no_path_style: bool,
    /// Speaks TLS, with a certificate of its own for loopback and the domains.
    #[arg(long)]
    pub tls: bool,
    /// Where the certificate authority to trust is written as PEM. Absent: a new file in the
    /// system's folder for temporary files, which is said.
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub tls_ca: Option<PathBuf>,
}

/// What a served store takes from its clients.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// The longest content of a request, in bytes. Absent: 64 MiB.
    #[arg(long, value_name = "BYTES")]
    pub max_body: Option<u64>,
    /// The longest request head, in bytes; at least 8192. Absent: 128 KiB.
    #[arg(long, value_name = "BYTES")]
    pub max_head: Option<usize>,
    /// Memory for requests and answers under way, in bytes: heads, contents, and objects that are
    /// still being sent after they were replaced. Beyond it, requests are answered with 503.
    /// Absent: 256 MiB.
    #[arg(long, value_name = "BYTES")]
    pub max_memory: Option<usize>,
    /// Memory for all that is kept, in bytes: objects, open uploads and their parts, metadata, keys,
    /// rules and buckets, with 1 KiB for each of them. Beyond it, writes are answered with 507.
    /// Absent: 256 MiB.
    #[arg(long, value_name = "BYTES")]
    pub max_stored: Option<usize>,
    /// How many connections are open at once. Absent: 8192.
    #[arg(long, value_name = "N")]
    pub max_connections: Option<usize>,
    /// How long a request head may take, or a connection be idle, in milliseconds. Absent: 30000.
    #[arg(long, value_name = "MS")]
    pub head_timeout: Option<u64>,
    /// How long a content may take, in milliseconds. Absent: 60000.
    #[arg(long, value_name = "MS")]
    pub body_timeout: Option<u64>,
    /// How long an answer may wait for the client to take any of it, in milliseconds. Absent: 30000.
    #[arg(long, value_name = "MS")]
    pub write_timeout: Option<u64>,
}

/// What vendors do not say, or contradict themselves in.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What vendors leave open")]
pub struct UnknownArgs {
    /// How many rules a bucket may have. Absent: 10 in OSS, whose user guide says 20; 100 in S3.
    #[arg(long, value_name = "N")]
    pub max_rules: Option<usize>,
    /// Compares origins without case.
    #[arg(long)]
    pub ignore_origin_case: bool,
    /// Names only the asked method in Access-Control-Allow-Methods, instead of all of the rule.
    #[arg(long)]
    pub asked_method_only: bool,
    /// Has rules that are set for named origins allow credentials. S3 always does.
    #[arg(long)]
    pub allow_credentials: bool,
    /// Whether an answer that denies access carries CORS fields. Absent: no in OSS, yes in S3.
    #[arg(long, value_name = "BOOL")]
    pub cors_on_denied: Option<bool>,
    /// The status of a preflight for a bucket that is not there. Absent: 404 in OSS, 403 in S3.
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(400..600))]
    pub unknown_bucket_preflight: Option<u16>,
    /// Refuses rules with an origin that is a wildcard behind a scheme, `https://*`.
    #[arg(long)]
    pub refuse_scheme_wildcard: bool,
}
