use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use crosscheck_core::{
    diagnostic::{Diagnostic, SourceText},
    document::{self, Codes, Document, Pattern, Tree},
    fetch::Profile,
    policy::Policy,
    verdict::KnownIssue,
};
use indexmap::IndexMap;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};

use super::{BucketFile, Capabilities, Dialect, Layer, OperationFile, Operations};
use crate::input;

/// What the target file is called where nobody names another.
pub const FILE_NAME: &str = "crosscheck.json";

/// A target file: an endpoint, what it should allow, and how to reach it. Every field is optional; flags and
/// environment variables override it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointFile {
    /// Where an editor finds the schema of this file, relative to it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The endpoint: an absolute http(s) URL that the paths of cases are relative to, or `embedded` for the embedded
    /// reference store. If omitted, the command line or the environment must name the endpoint. For any other
    /// endpoint, only `timeouts`, `concurrency`, `rate`, `profile` and `bare` of this file are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// CORS rule semantics and API of the endpoint: generic, oss, s3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// What the endpoint should allow, as ordered CORS rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// Instead of `policy`, for one rule: the origins that the endpoint should allow, each with at most one `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_origins: Option<Vec<String>>,
    /// Methods that it should allow to these origins. If omitted: GET, HEAD and POST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_methods: Option<Vec<String>>,
    /// Request headers that it should allow to these origins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_headers: Option<Vec<String>>,
    /// Response headers that scripts of these origins may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expose_headers: Option<Vec<String>>,
    /// How long a browser may cache a preflight response, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u32>,
    /// Whether it should allow credentials to these origins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_credentials: Option<bool>,
    /// Operations of the endpoint: each is held to every promise that concerns it. If omitted: GET and HEAD on `url`
    /// are sent, and the preflights of the other allowed methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10000))]
    pub operations: Vec<OperationFile>,
    /// Values of roles in the cases, by name, such as `"denied": "https://evil.example"`. They override the values
    /// derived from the rules.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, String>,
    /// Headers for actual requests to the origin of `url`. They are not sent with preflights, because browsers do
    /// not, and not to other origins. `${NAME}` is the value of an environment variable; one that looks like a
    /// credential needs `--allow-env NAME` on the command line.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// Headers for preflights, for a gateway that rejects preflights without them. Browsers do not send them, so
    /// pages will fail there; every report notes this.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub preflight_headers: IndexMap<String, String>,
    /// Which certificates are trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFile>,
    /// HTTP proxy for every request: `http://host:port`. A user name and password for it belong in
    /// `CROSSCHECK_PROXY`, not in this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Addresses to use instead of DNS: `host:port:address`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolve: Vec<String>,
    /// Timeouts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
    /// Number of concurrent requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10000))]
    pub concurrency: Option<usize>,
    /// Maximum number of requests a second that tests send. If omitted: no limit. A load run has limits of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub rate: Option<u32>,
    /// Query parameter that makes the URL of each test unique, so that no cache on the way has a response for it, and
    /// none keeps what a test gets for real users. An empty string leaves URLs unchanged. If omitted: `crosscheck`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh_query: Option<String>,
    /// Browser to emulate where browsers differ from the standard. If omitted: the standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Whether requests have only the fields that HTTP and Fetch require, without those that browsers add, such as
    /// Accept-Encoding and Referer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bare: Option<bool>,
    /// Known failures, with their reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_issues: Vec<KnownIssue>,
    /// The bucket behind the endpoint, and access to its API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<BucketFile>,
    /// What tests may do to the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
}

/// Which certificates are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsFile {
    /// Authorities or server certificates to trust besides the system's: a PEM file, relative to this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// Accept certificates without verification. Anything between can then answer in the endpoint's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
}

/// Timeouts, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timeouts {
    /// One exchange, from connecting to the last byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub request_ms: Option<u64>,
    /// The whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub total_ms: Option<u64>,
    /// Resolving, connecting and the TLS handshake together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub connect_ms: Option<u64>,
    /// Time to wait for another process that sets rules on the same bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_wait_ms: Option<u64>,
    /// Time to wait until the bucket shows new rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub propagation_ms: Option<u64>,
}

impl Document for EndpointFile {
    const CODES: Codes = document::codes!("endpoint");
    const PATTERNS: &'static [Pattern] = &[Pattern {
        regex: r"\S",
        matches: |text| !text.trim().is_empty(),
        words: "a text that is not blank",
    }];
}

/// A target file that was read.
#[derive(Clone, Debug)]
pub struct ParsedFile {
    /// What it says.
    pub file: EndpointFile,
    /// Where it says it.
    pub tree: Tree,
    /// The folder that its paths are relative to.
    pub folder: PathBuf,
}

/// The JSON Schema of a target file, as it is published beside the suites.
pub fn published_schema() -> String {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<EndpointFile>();
    schema.insert("title".to_owned(), "Crosscheck endpoint".into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads the text of a target file that lies in `folder`.
///
/// # Errors
/// Everything that is wrong with its form, each at its place.
pub fn parse(source: &Arc<SourceText>, folder: &Path) -> Result<ParsedFile, Vec<Diagnostic>> {
    let checked = document::check::<EndpointFile>(source)?;
    Ok(ParsedFile { file: checked.value, tree: checked.tree, folder: folder.to_owned() })
}

/// Reads a target file.
///
/// # Errors
/// That it cannot be read, or everything that is wrong with its form.
pub fn read(path: &Path) -> Result<ParsedFile, Vec<Diagnostic>> {
    let name = path.display().to_string();
    let bytes = input::read(path, input::Kind::Endpoint).map_err(|error| {
        let help = error.help().unwrap_or("check the path; `crosscheck init` writes a first target file");
        vec![Diagnostic::error("endpoint.file-unreadable", error.to_string()).help(help)]
    })?;
    let source = document::decode(&name, &bytes, &EndpointFile::CODES).map_err(|problem| vec![problem])?;
    let folder = path.parent().unwrap_or(Path::new(""));
    parse(&source, folder)
}

impl ParsedFile {
    /// What the file says, as one layer of the configuration.
    pub fn layer(&self) -> Layer {
        let file = self.file.clone();
        let timeouts = file.timeouts.unwrap_or_default();
        let bucket = file.bucket.unwrap_or_default();
        let tls = file.tls.unwrap_or_default();
        Layer {
            url: file.url,
            dialect: file.dialect,
            policy: file.policy,
            allowed_origins: file.allowed_origins,
            allowed_methods: file.allowed_methods,
            allowed_headers: file.allowed_headers,
            expose_headers: file.expose_headers,
            max_age_seconds: file.max_age_seconds,
            allow_credentials: file.allow_credentials,
            operations: Operations {
                listed: file.operations,
                folder: self.folder.clone(),
                ..Operations::default()
            },
            roles: file.roles,
            headers: file.headers.into_iter().collect(),
            preflight_headers: file.preflight_headers.into_iter().collect(),
            ca_file: tls.ca_file.map(|path| self.folder.join(path)),
            insecure: tls.insecure,
            proxy: file.proxy,
            resolve: file.resolve,
            request_ms: timeouts.request_ms,
            total_ms: timeouts.total_ms,
            connect_ms: timeouts.connect_ms,
            // A file from elsewhere must not open this machine's network.
            follow_private: None,
            concurrency: file.concurrency,
            rate: file.rate,
            allow_env: Vec::new(),
            fresh_query: file.fresh_query,
            profile: file.profile,
            bare: file.bare,
            known_issues: file.known_issues,
            bucket: bucket.name,
            region: bucket.region,
            signature: bucket.signature,
            key_profile: bucket.key_profile,
            object_acl: bucket.object_acl,
            lease_dir: None,
            lease_wait_ms: timeouts.lease_wait_ms,
            propagation_ms: timeouts.propagation_ms,
            capabilities: file.capabilities.unwrap_or_default(),
        }
    }
}
