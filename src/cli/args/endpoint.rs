//! What is judged, as it is typed, and as `init` writes it down.

use std::path::PathBuf;

use clap::Args;

use crate::endpoint::Fault;

/// What is judged. Every one of these can also be said in the environment, where a name is
/// given in brackets, or in the target file; the command line wins.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Endpoint")]
pub struct EndpointArgs {
    /// Endpoint to test: a URL, or `embedded` for the embedded reference store [env: CROSSCHECK_TARGET].
    #[arg(id = "target", long = "target", short = 't', visible_alias = "url", value_name = "URL")]
    pub url: Option<String>,
    /// Target file [default: the nearest crosscheck.json, from this folder up to the repository's root or
    /// the home directory] [env: CROSSCHECK_CONFIG].
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// In whose way the endpoint reads rules: generic, oss, s3 [env: CROSSCHECK_DIALECT].
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<String>,
    /// An origin that the endpoint allows, or a pattern with one `*`. May be repeated
    /// [env: CROSSCHECK_ALLOWED_ORIGINS, between commas].
    #[arg(long, value_name = "ORIGIN")]
    pub allowed_origin: Vec<String>,
    /// A method that it allows to them. May be repeated [env: CROSSCHECK_ALLOWED_METHODS].
    #[arg(long, value_name = "METHOD")]
    pub allowed_method: Vec<String>,
    /// A request header that it allows to them. May be repeated [env: CROSSCHECK_ALLOWED_HEADERS].
    #[arg(long, value_name = "NAME")]
    pub allowed_header: Vec<String>,
    /// A response header that it exposes to them. May be repeated [env: CROSSCHECK_EXPOSE_HEADERS].
    #[arg(long, value_name = "NAME")]
    pub expose_header: Vec<String>,
    /// The Access-Control-Max-Age that it promises [env: CROSSCHECK_MAX_AGE].
    #[arg(long, value_name = "SECONDS")]
    pub max_age: Option<u32>,
    /// The endpoint allows credentials to them [env: CROSSCHECK_ALLOW_CREDENTIALS].
    #[arg(long)]
    pub allow_credentials: bool,
    /// A role that the cases use, set by hand: `denied=https://evil.example`. May be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub role: Vec<String>,
    /// Add a header to every request but preflights, to which browsers add none: `Name: value`. May be
    /// repeated.
    #[arg(long, value_name = "HEADER")]
    pub header: Vec<String>,
    /// Allow headers to name this environment variable in `${NAME}` although it looks like a credential.
    /// May be repeated.
    #[arg(long, value_name = "NAME")]
    pub allow_env: Vec<String>,
    /// Certificates to trust besides the system's, as PEM [env: CROSSCHECK_CA_FILE].
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Where a name and port really are: `host:port:address`. May be repeated.
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub resolve: Vec<String>,
    /// Follow redirects to loopback, private and other addresses that are less public than the endpoint's
    /// [env: CROSSCHECK_FOLLOW_PRIVATE].
    #[arg(long)]
    pub follow_private: bool,
    /// How long one exchange may take, in milliseconds [env: CROSSCHECK_REQUEST_TIMEOUT].
    #[arg(long, value_name = "MS")]
    pub request_timeout: Option<u64>,
    /// How long the whole run may take, in milliseconds [env: CROSSCHECK_TOTAL_TIMEOUT].
    #[arg(long, value_name = "MS")]
    pub total_timeout: Option<u64>,
    /// How many tests run at once [env: CROSSCHECK_JOBS].
    #[arg(long, short = 'j', value_name = "N")]
    pub jobs: Option<usize>,
    /// The bucket's name, where the URL does not say it [env: CROSSCHECK_BUCKET].
    #[arg(long, value_name = "NAME", help_heading = "Bucket")]
    pub bucket: Option<String>,
    /// The region that requests to the bucket's API are signed for [env: CROSSCHECK_REGION].
    #[arg(long, value_name = "NAME", help_heading = "Bucket")]
    pub region: Option<String>,
    /// How they are signed: v1 or v4 for OSS, v2 or v4 for S3 [env: CROSSCHECK_SIGNATURE].
    #[arg(long, value_name = "VERSION", help_heading = "Bucket")]
    pub signature: Option<String>,
    /// The profile of the vendor's files that has the access key [env: CROSSCHECK_KEY_PROFILE].
    #[arg(long, value_name = "NAME", help_heading = "Bucket")]
    pub key_profile: Option<String>,
    /// Lets the bucket's CORS rules be replaced while tests run; they are saved first and restored
    /// at the end [env: CROSSCHECK_SET_RULES].
    #[arg(long, help_heading = "Bucket")]
    pub set_rules: bool,
    /// Lets objects be put into the bucket while tests run, below a prefix of their own; they are
    /// removed at the end [env: CROSSCHECK_PUT_OBJECTS].
    #[arg(long, help_heading = "Bucket")]
    pub put_objects: bool,
    /// The ACL that such objects get, such as public-read [env: CROSSCHECK_OBJECT_ACL].
    #[arg(long, value_name = "ACL", help_heading = "Bucket")]
    pub object_acl: Option<String>,
    /// Where rules are saved before they are replaced [env: CROSSCHECK_LEASE_DIR].
    #[arg(long, value_name = "DIR", help_heading = "Bucket")]
    pub lease_dir: Option<PathBuf>,
    /// How long another process is waited for that sets rules on the same bucket, in milliseconds
    /// [env: CROSSCHECK_LEASE_WAIT].
    #[arg(long, value_name = "MS", help_heading = "Bucket")]
    pub lease_wait: Option<u64>,
    /// How long the store gets to set rules and to show them, in milliseconds
    /// [env: CROSSCHECK_PATIENCE].
    #[arg(long, value_name = "MS", help_heading = "Bucket")]
    pub patience: Option<u64>,
    /// The query parameter that gives each live order a URL of its own; an empty one leaves URLs as
    /// they are [env: CROSSCHECK_FRESH_QUERY].
    #[arg(long, value_name = "NAME")]
    pub fresh_query: Option<String>,
    /// Whose browser judges where the standard and browsers differ: spec, chromium, firefox, webkit
    /// [env: CROSSCHECK_PROFILE].
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Defect for the embedded reference store (`--target embedded`) to have; `serve --faults` lists them
    /// [env: CROSSCHECK_FAULT].
    #[arg(long, value_name = "NAME")]
    pub fault: Option<Fault>,
}

/// Arguments of `init`.
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    /// The endpoint, and what it should allow.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// The folder that the file goes to.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// Writes over a target file that is there.
    #[arg(long)]
    pub force: bool,
}
