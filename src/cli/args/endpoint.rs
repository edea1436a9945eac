//! What is judged, as it is typed, and as `init` writes it down.

use std::path::PathBuf;

use clap::Args;

use crate::endpoint::Fault;

/// What is judged. Every one of these can also be set in the environment, where a name is
/// given in brackets, or in the target file; the command line wins. The environment is a layer of its
/// own (`resolve`), so clap does not read these variables and the brackets are written here.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Endpoint")]
pub struct EndpointArgs {
    /// URL to test, or `embedded` (reference store)
    ///
    /// [env: CROSSCHECK_TARGET]
    #[arg(id = "target", long = "target", short = 't', visible_alias = "url", value_name = "URL")]
    pub url: Option<String>,
    /// Target file
    ///
    /// [env: CROSSCHECK_CONFIG]
    ///
    /// [default: the nearest crosscheck.json, from this folder up to the repository root or the home
    /// directory]
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// CORS rule semantics of the endpoint: generic, oss, s3
    ///
    /// [env: CROSSCHECK_DIALECT]
    ///
    /// [default: generic]
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<String>,
    /// Allowed origin, or a pattern with one `*` (repeatable)
    ///
    /// [env: CROSSCHECK_ALLOWED_ORIGINS]
    #[arg(long, value_name = "ORIGIN")]
    pub allowed_origin: Vec<String>,
    /// Method that the endpoint allows (repeatable)
    ///
    /// [env: CROSSCHECK_ALLOWED_METHODS]
    ///
    /// [default: GET, HEAD and POST]
    #[arg(long, value_name = "METHOD")]
    pub allowed_method: Vec<String>,
    /// Request header that the endpoint allows (repeatable)
    ///
    /// [env: CROSSCHECK_ALLOWED_HEADERS]
    #[arg(long, value_name = "NAME")]
    pub allowed_header: Vec<String>,
    /// Response header that the endpoint exposes (repeatable)
    ///
    /// [env: CROSSCHECK_EXPOSE_HEADERS]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub expose_header: Vec<String>,
    /// Promised Access-Control-Max-Age in seconds
    ///
    /// [env: CROSSCHECK_MAX_AGE]
    #[arg(long, value_name = "SECONDS", hide_short_help = true)]
    pub max_age: Option<u32>,
    /// Allow credentials to these origins
    ///
    /// [env: CROSSCHECK_ALLOW_CREDENTIALS]
    #[arg(long)]
    pub allow_credentials: bool,
    /// Test the operations of an OpenAPI 3.0 or 3.1 document, JSON or YAML
    ///
    /// Their paths are appended to the endpoint's URL, or to the path of the document's first server if that URL has no
    /// path. GET and HEAD are sent. Of the other methods, only preflights are sent.
    #[arg(long, value_name = "FILE|URL", conflicts_with = "har")]
    pub openapi: Option<String>,
    /// Test the operations that pages of other origins requested in a HAR file
    ///
    /// GET and HEAD are sent. Of the other methods, only preflights are sent.
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub har: Option<PathBuf>,
    /// Value of a role in the cases, such as `denied=https://evil.example` (repeatable).
    #[arg(long, value_name = "NAME=VALUE", hide_short_help = true)]
    pub role: Vec<String>,
    /// Header for every request but preflights: `Name: value` (repeatable).
    #[arg(long, value_name = "HEADER")]
    pub header: Vec<String>,
    /// Allow headers to use this environment variable as `${NAME}` although it looks like a credential
    /// (repeatable).
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub allow_env: Vec<String>,
    /// Certificates to trust besides the system's, as PEM, also of a server that signed its own
    ///
    /// [env: CROSSCHECK_CA_FILE]
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Accept every certificate without verification; reports say so
    ///
    /// [env: CROSSCHECK_INSECURE]
    #[arg(long, hide_short_help = true)]
    pub insecure: bool,
    /// HTTP proxy for every request: `http://[user:password@]host:port`
    ///
    /// The bucket's API also uses HTTPS_PROXY and HTTP_PROXY; NO_PROXY exempts hosts [env: CROSSCHECK_PROXY].
    #[arg(long, value_name = "URL", hide_short_help = true)]
    pub proxy: Option<String>,
    /// Connect to ADDR for HOST:PORT, like `curl --resolve` (repeatable).
    #[arg(long, value_name = "HOST:PORT:ADDR", hide_short_help = true)]
    pub resolve: Vec<String>,
    /// Follow redirects to addresses less public than the endpoint's, such as loopback or private ones
    ///
    /// [env: CROSSCHECK_FOLLOW_PRIVATE]
    #[arg(long, hide_short_help = true)]
    pub follow_private: bool,
    /// Timeout of one exchange in milliseconds
    ///
    /// [env: CROSSCHECK_REQUEST_TIMEOUT]
    ///
    /// [default: 10000]
    #[arg(long, value_name = "MS", hide_short_help = true)]
    pub request_timeout: Option<u64>,
    /// Timeout of the whole run in milliseconds
    ///
    /// [env: CROSSCHECK_TOTAL_TIMEOUT]
    ///
    /// [default: 600000]
    #[arg(long, value_name = "MS", hide_short_help = true)]
    pub total_timeout: Option<u64>,
    /// Number of tests that run at once
    ///
    /// [env: CROSSCHECK_JOBS]
    ///
    /// [default: 8]
    #[arg(long, short = 'j', value_name = "N")]
    pub jobs: Option<usize>,
    /// The rate of the commands that have one: under load it has another meaning.
    #[arg(skip)]
    pub rate: Option<u32>,
    /// Bucket name, where the URL does not contain it
    ///
    /// [env: CROSSCHECK_BUCKET]
    #[arg(long, value_name = "NAME", help_heading = "Bucket", hide_short_help = true)]
    pub bucket: Option<String>,
    /// Region for signing requests to the bucket API
    ///
    /// [env: CROSSCHECK_REGION]
    #[arg(long, value_name = "NAME", help_heading = "Bucket", hide_short_help = true)]
    pub region: Option<String>,
    /// Signature version: v1 or v4 for OSS, v2 or v4 for S3
    ///
    /// [env: CROSSCHECK_SIGNATURE]
    ///
    /// [default: v4; v1 for OSS without a known region]
    #[arg(long, value_name = "VERSION", help_heading = "Bucket", hide_short_help = true)]
    pub signature: Option<String>,
    /// Profile in the vendor's credential files that has the access key
    ///
    /// [env: CROSSCHECK_KEY_PROFILE]
    #[arg(long, value_name = "NAME", help_heading = "Bucket", hide_short_help = true)]
    pub key_profile: Option<String>,
    /// Allow tests to replace the CORS rules of the bucket, and restore them
    ///
    /// [env: CROSSCHECK_SET_RULES]
    #[arg(long, help_heading = "Bucket")]
    pub set_rules: bool,
    /// Allow tests to put objects into the bucket, and remove them
    ///
    /// [env: CROSSCHECK_PUT_OBJECTS]
    #[arg(long, help_heading = "Bucket")]
    pub put_objects: bool,
    /// ACL of the objects that tests put, such as public-read
    ///
    /// [env: CROSSCHECK_OBJECT_ACL]
    #[arg(long, value_name = "ACL", help_heading = "Bucket", hide_short_help = true)]
    pub object_acl: Option<String>,
    /// Folder for the saved rules
    ///
    /// [env: CROSSCHECK_LEASE_DIR]
    ///
    /// [default: crosscheck/leases in the state folder of the user]
    #[arg(long, value_name = "DIR", help_heading = "Bucket", hide_short_help = true)]
    pub lease_dir: Option<PathBuf>,
    /// Time to wait for another process that sets rules on the same bucket, in milliseconds
    ///
    /// [env: CROSSCHECK_LEASE_WAIT]
    ///
    /// [default: 0]
    #[arg(long, value_name = "MS", help_heading = "Bucket", hide_short_help = true)]
    pub lease_wait: Option<u64>,
    /// Time to wait until the bucket shows new rules, in milliseconds
    ///
    /// [env: CROSSCHECK_PROPAGATION_TIMEOUT]
    ///
    /// [default: 30000]
    #[arg(long, alias = "patience", value_name = "MS", help_heading = "Bucket", hide_short_help = true)]
    pub propagation_timeout: Option<u64>,
    /// Query parameter that makes the URL of each test unique; empty to leave URLs unchanged
    ///
    /// [env: CROSSCHECK_FRESH_QUERY]
    ///
    /// [default: crosscheck]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub fresh_query: Option<String>,
    /// Browser to emulate: spec, chromium, firefox, webkit
    ///
    /// [env: CROSSCHECK_PROFILE]
    ///
    /// [default: spec]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Send only the fields that HTTP and Fetch require, without those that browsers add, such as Accept-Encoding
    ///
    /// [env: CROSSCHECK_BARE]
    #[arg(long, hide_short_help = true)]
    pub bare: bool,
    /// Defect of the embedded store to emulate; `serve --faults` lists them
    ///
    /// [env: CROSSCHECK_FAULT]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub fault: Option<Fault>,
}

/// Arguments of `init`.
#[derive(Args, Clone, Debug)]
pub struct InitArgs {
    /// The endpoint, and what it should allow.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
    /// Folder for the target file.
    #[arg(long, value_name = "DIR", default_value = ".", help_heading = "Target file")]
    pub dir: PathBuf,
    /// Overwrite an existing target file.
    #[arg(long, help_heading = "Target file")]
    pub force: bool,
}
