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

use super::{BucketFile, Capabilities, Dialect, Layer};
use crate::input;

/// What the target file is called where nobody names another.
pub const FILE_NAME: &str = "crosscheck.json";

/// A target file: an endpoint, what it is declared to allow, and how it is reached. Everything is
/// optional; flags and environment variables win over it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointFile {
    /// Where an editor finds the schema of this file, relative to it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The endpoint: an absolute http(s) URL, below which the paths of cases lie, or `embedded` for the
    /// embedded reference store. Without it, the command line or the environment must name the endpoint.
    /// With another endpoint than this one, only `timeouts`, `concurrency` and `profile` are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// In whose way the endpoint reads rules and speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// What the endpoint promises, as ordered rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// Instead of `policy`, for one rule: the origins that the endpoint allows, each with at most
    /// one `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_origins: Option<Vec<String>>,
    /// The methods that it allows to them. Absent: GET, HEAD and POST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_methods: Option<Vec<String>>,
    /// The request headers that it allows to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_headers: Option<Vec<String>>,
    /// The response headers that their scripts may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expose_headers: Option<Vec<String>>,
    /// How long a browser may keep a preflight's answer, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u32>,
    /// Whether it allows credentials to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_credentials: Option<bool>,
    /// Values for roles that cases use, by name, such as `"denied": "https://evil.example"`. They
    /// win over what is found in the rules.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, String>,
    /// Headers for actual requests to the origin of `url`: not for preflights, to which browsers add none, and
    /// not for another origin. `${NAME}` stands for an environment variable; one that looks like a credential
    /// needs `--allow-env NAME` on the command line.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// Headers for preflights, for a gateway that answers none without them. Browsers do not send these, so
    /// that pages fail where they are needed; every report says so.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub preflight_headers: IndexMap<String, String>,
    /// Which certificates are trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFile>,
    /// Addresses to use instead of what the resolver says: `host:port:address`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolve: Vec<String>,
    /// How long things may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
    /// How many requests are under way at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10000))]
    pub concurrency: Option<usize>,
    /// The query parameter that gives each live order a URL of its own, so that no cache on the way
    /// has an answer to it yet. An empty text leaves URLs as they are, for an endpoint that refuses
    /// parameters that it does not know. Absent: `crosscheck`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh_query: Option<String>,
    /// Whose browser judges where the standard and browsers differ. Absent: the standard's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Tests that are known to fail, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_issues: Vec<KnownIssue>,
    /// The bucket behind the endpoint, and how its rules and objects are set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<BucketFile>,
    /// What may be done to the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
}

/// Which certificates are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsFile {
    /// Authorities to trust besides the machine's: a PEM file, relative to this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
}

/// How long things may take, in milliseconds.
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
    /// How long another process is waited for that sets rules on the same bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_wait_ms: Option<u64>,
    /// How long a store gets to set rules and to show them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub patience_ms: Option<u64>,
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
            roles: file.roles,
            headers: file.headers.into_iter().collect(),
            preflight_headers: file.preflight_headers.into_iter().collect(),
            ca_file: file.tls.and_then(|tls| tls.ca_file).map(|path| self.folder.join(path)),
            resolve: file.resolve,
            request_ms: timeouts.request_ms,
            total_ms: timeouts.total_ms,
            connect_ms: timeouts.connect_ms,
            // A file from elsewhere must not open this machine's network.
            follow_private: None,
            concurrency: file.concurrency,
            allow_env: Vec::new(),
            fresh_query: file.fresh_query,
            profile: file.profile,
            known_issues: file.known_issues,
            bucket: bucket.name,
            region: bucket.region,
            signature: bucket.signature,
            key_profile: bucket.key_profile,
            object_acl: bucket.object_acl,
            lease_dir: None,
            lease_wait_ms: timeouts.lease_wait_ms,
            patience_ms: timeouts.patience_ms,
            capabilities: file.capabilities.unwrap_or_default(),
        }
    }
}
