use std::path::PathBuf;

use crosscheck_core::{
    diagnostic::Diagnostic,
    document::{self, Tree},
    fetch::Profile,
    message::is_token,
};
use thiserror::Error;

use super::{Dialect, EMBEDDED, OriginFault, Provenance, VariableError, WildcardList};
use crate::transport::{ParseProxyError, ParseResolveError, TlsError};

/// What is wrong with the description of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// The URL is none.
    #[error("`{text}` is no URL: {why}")]
    Url {
        /// What was given.
        text: String,
        /// What the parser said.
        why: String,
        /// How it was probably meant.
        corrected: Option<String>,
    },
    /// The URL is of another scheme.
    #[error("`{text}` is not an http:// or https:// URL")]
    UrlScheme {
        /// What was given.
        text: String,
        /// How it was probably meant.
        corrected: Option<String>,
    },
    /// The URL has a fragment, which is never sent.
    #[error("the URL `{text}` has a fragment, which is never sent")]
    UrlFragment {
        /// What was given.
        text: String,
        /// The same without it.
        corrected: String,
    },
    /// The URL has a user name or password, which browsers never send to another origin.
    #[error("the URL contains a user name or password, which `fetch()` refuses")]
    UrlUserinfo {
        /// The URL without them.
        corrected: String,
    },
    /// The embedded reference store is named in a build without it.
    #[error("this build does not have the embedded reference store")]
    NoStore,
    /// There is no such dialect.
    #[error("there is no dialect `{0}`")]
    Dialect(String),
    /// There is no such signature, or the dialect has it not.
    #[error("the dialect has no signature `{0}`")]
    Signature(String),
    /// A profile that there is not.
    #[error("there is no profile `{0}`")]
    Profile(String),
    /// An allowed origin that no browser sends.
    #[error("`{text}` allows nobody: {}", .fault.kind.message())]
    Origin {
        /// What was given.
        text: String,
        /// What is wrong with it.
        fault: OriginFault,
    },
    /// A wildcard together with credentials, which Fetch takes literally.
    #[error("`*` in `{}` cannot hold together with credentials: {}", .0.field(), .0.reason())]
    CredentialedWildcard(WildcardList),
    /// The rules stand in `policy` and beside it.
    #[error("`{0}` stands beside `policy`, which says it already")]
    ShorthandBesidePolicy(&'static str),
    /// Something is said about rules that nobody gave.
    #[error("`{0}` is said of no origin")]
    ShorthandWithoutOrigins(&'static str),
    /// A malformed `host:port:address`.
    #[error(transparent)]
    Resolve(#[from] ParseResolveError),
    /// A proxy that is not the URL of one.
    #[error(transparent)]
    Proxy(ParseProxyError),
    /// A variable of the environment for programs in general does not name a proxy.
    #[error("{variable}: {error}")]
    MachineProxy {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it.
        error: ParseProxyError,
    },
    /// The CA file cannot be read.
    #[error("{0}")]
    CaFileUnreadable(String),
    /// The CA file has no usable certificates.
    #[error("the CA file {path} cannot be used: {error}")]
    CaFile {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        error: TlsError,
    },
    /// A name that nothing can be sent or answered with.
    #[error("{} is not a valid {what}: expected letters, digits or !#$%&'*+-.^_`|~", document::quote(.text))]
    Token {
        /// What it should be.
        what: &'static str,
        /// What was given.
        text: String,
    },
    /// A field name that is no token, or a value that cannot be sent.
    #[error("`{name}` cannot be sent as a header: {why}")]
    Header {
        /// The name as given.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A reference to the environment that cannot be filled.
    #[error("the value of {header} cannot be filled: {error}")]
    Variable {
        /// The header.
        header: String,
        /// Why.
        error: VariableError,
    },
    /// A reference to a variable that looks like a credential and is not allowed by name.
    #[error("the value of {header} names ${{{name}}}, which looks like a credential")]
    Credential {
        /// The header.
        header: String,
        /// The variable.
        name: String,
    },
    /// A target file says something that belongs to one endpoint, and names none.
    #[error("`{0}` belongs to one endpoint, and this file names none")]
    NeedsUrl(&'static str),
    /// A method that is not sent as it is written.
    #[error("`{text}` is not a valid method")]
    Method {
        /// What was given.
        text: String,
        /// How it was probably meant.
        corrected: Option<String>,
    },
    /// Two operations with the same name.
    #[error("two operations are called `{0}`")]
    OperationTwice(String),
    /// A name that cannot stand in the ids of tests.
    #[error("{} cannot be the name of an operation", document::quote(.0))]
    OperationName(String),
    /// A path that leads somewhere else, or makes no URL.
    #[error("the path {} is not a path of the endpoint: {why}", document::quote(.path))]
    OperationPath {
        /// What was given.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// A recording of other endpoints.
    #[error("the recording has no request of a page of another origin to this endpoint")]
    NothingRecorded(Vec<String>),
    /// A write to a bucket in use.
    #[error("{0} on a bucket is sent only below the run's own prefix, not to the path of an operation")]
    WritesToBucket(String),
    /// A status that no final response has.
    #[error("{0} is not an HTTP status")]
    Status(u16),
    /// Content of a request that has none.
    #[error("a page cannot send content with {0}")]
    BodyOfRead(String),
    /// Content in no form, or in several.
    #[error("`body` needs exactly one of `text`, `json` and `file`")]
    BodyForms,
    /// A file with content that cannot be read.
    #[error("{0}")]
    BodyFile(String),
    /// A header that only the browser sets.
    #[error("no script can set the header `{0}`")]
    NoScriptSets(String),
    /// A query parameter that cannot stand in a URL as it is.
    #[error("`{0}` is no name for a query parameter")]
    FreshQuery(String),
    /// A known issue whose id is not a valid pattern.
    #[error("{0}")]
    KnownIssue(String),
    /// A time or number that is nothing.
    #[error("`{0}` must be at least 1")]
    Zero(&'static str),
}

impl EndpointError {
    pub(super) fn token(what: &'static str, text: &str) -> Self {
        Self::Token { what, text: text.to_owned() }
    }

    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Url { .. } => "endpoint.url",
            Self::UrlScheme { .. } => "endpoint.url-scheme",
            Self::UrlFragment { .. } => "endpoint.url-fragment",
            Self::UrlUserinfo { .. } => "endpoint.url-userinfo",
            Self::NoStore => "endpoint.no-store",
            Self::Dialect(_) => "endpoint.dialect",
            Self::Signature(_) => "endpoint.signature",
            Self::Profile(_) => "endpoint.profile",
            Self::Origin { .. } => "endpoint.origin",
            Self::CredentialedWildcard(_) => "endpoint.wildcard-credentials",
            Self::ShorthandBesidePolicy(_) => "endpoint.policy-twice",
            Self::ShorthandWithoutOrigins(_) => "endpoint.no-origins",
            Self::Resolve(_) => "endpoint.resolve",
            Self::Proxy(_) | Self::MachineProxy { .. } => "endpoint.proxy",
            Self::CaFileUnreadable { .. } => "endpoint.ca-file-unreadable",
            Self::CaFile { .. } => "endpoint.ca-file",
            Self::Token { .. } => "endpoint.token",
            Self::Header { .. } => "endpoint.header",
            Self::Variable { .. } => "endpoint.variable",
            Self::Credential { .. } => "endpoint.credential",
            Self::NeedsUrl(_) => "endpoint.needs-url",
            Self::Method { .. } => "endpoint.method",
            Self::OperationTwice(_) | Self::OperationName(_) => "endpoint.operation-name",
            Self::OperationPath { .. } => "endpoint.operation-path",
            Self::NothingRecorded(_) => "endpoint.nothing-recorded",
            Self::WritesToBucket(_) => "endpoint.operation-writes",
            Self::Status(_) => "endpoint.status",
            Self::BodyOfRead(_) | Self::BodyForms | Self::BodyFile(_) => "endpoint.body",
            Self::NoScriptSets(_) => "endpoint.forbidden-header",
            Self::FreshQuery(_) => "endpoint.fresh-query",
            Self::KnownIssue(_) => "endpoint.known-issue",
            Self::Zero(_) => "endpoint.zero",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        let write = |text: &str| format!("write {}", document::quote(text));
        match self {
            Self::Url { text, .. } | Self::UrlScheme { text, .. }
                if document::nearest(text, [EMBEDDED]).is_some() =>
            {
                Some(format!("did you mean `{EMBEDDED}`, the embedded reference store?"))
            }
            Self::Url { corrected, .. } | Self::UrlScheme { corrected, .. } => Some(match corrected {
                Some(corrected) => write(corrected),
                None => "write the whole URL, such as \"https://bucket.example/\"".to_owned(),
            }),
            Self::UrlFragment { corrected, .. } => Some(write(corrected)),
            Self::UrlUserinfo { corrected } => Some(format!(
                "{}, and give the credentials as a header, such as Authorization",
                write(corrected)
            )),
            Self::NoStore => {
                Some("build Crosscheck with the feature `store`, or name the URL of an endpoint".to_owned())
            }
            Self::Dialect(text) => {
                Some(one_of(text, "dialects", Dialect::ALL.iter().map(|dialect| dialect.name())))
            }
            Self::Profile(text) => {
                Some(one_of(text, "profiles", Profile::ALL.iter().map(|profile| profile.name())))
            }
            Self::Signature(_) => Some("OSS is signed with v1 or v4, S3 with v2 or v4".to_owned()),
            Self::Origin { fault, .. } => Some(match fault.corrected.as_slice() {
                [] => fault.kind.help().to_owned(),
                forms => {
                    let forms: Vec<String> = forms.iter().map(|form| document::quote(form)).collect();
                    format!("write {}", forms.join(" and "))
                }
            }),
            Self::CredentialedWildcard(list) => Some(list.instead().to_owned()),
            Self::ShorthandBesidePolicy(name) => {
                Some(format!("move `{name}` into the rules of `policy`, or leave `policy` out"))
            }
            Self::ShorthandWithoutOrigins(_) => {
                Some("name the origins that the endpoint allows in `allowed_origins`".to_owned())
            }
            Self::Resolve(_) => Some("write it as in \"bucket.example:443:127.0.0.1\"".to_owned()),
            Self::Proxy(_) => {
                Some("write the URL of an HTTP proxy, such as \"http://proxy.example:3128\"".to_owned())
            }
            Self::MachineProxy { .. } => Some(
                "correct it, name a proxy with --proxy, or name the bucket's host in NO_PROXY to use none"
                    .to_owned(),
            ),
            Self::CaFileUnreadable { .. } => Some(
                "check the path; in a target file it is relative to that file, on the command line to where \
                 you stand"
                    .to_owned(),
            ),
            Self::KnownIssue(_) => Some(
                "give a test id, its beginning, or a glob: `*` for any characters, `?` for one".to_owned(),
            ),
            Self::CaFile { .. } => {
                Some("name a file with the authority's certificate in PEM form, not its key".to_owned())
            }
            Self::Variable { error: VariableError::Missing(name), .. } => {
                Some(format!("set {name}, or write \"$${{\" for the two characters themselves"))
            }
            Self::Credential { name, .. } => {
                Some(format!("if the endpoint may have it, add `--allow-env {name}` to the command line"))
            }
            Self::NeedsUrl(name) => {
                Some(format!("add `url` to this file, or leave `{name}` out and give it on the command line"))
            }
            Self::Method { corrected, .. } => Some(match corrected {
                Some(corrected) => write(corrected),
                None => "use letters, digits or !#$%&'*+-.^_`|~, as in \"PUT\"".to_owned(),
            }),
            Self::FreshQuery(_) => Some(
                "use letters, digits, `-`, `_` and `.`, or an empty text to leave URLs as they are"
                    .to_owned(),
            ),
            Self::Token { text, .. } => {
                let parts: Vec<&str> = text.split([',', ' ']).filter(|part| !part.is_empty()).collect();
                let several = parts.len() > 1 && parts.iter().all(|part| is_token(part.as_bytes()));
                several.then(|| format!("give each as an entry of its own: {}", parts.join(" and ")))
            }
            Self::OperationTwice(_) => Some("give one of them another `name`".to_owned()),
            Self::OperationName(_) => {
                Some("leave it out, or use a text without `[`, `]`, `@` and control characters".to_owned())
            }
            Self::OperationPath { .. } => {
                Some("write it relative to `url`, as in \"/items/1\"; another host is another endpoint".to_owned())
            }
            Self::NothingRecorded(origins) => Some(match origins.as_slice() {
                [] => "record the page while it uses the API, and save all as HAR".to_owned(),
                origins => format!("it has requests to {}: name one of them as the endpoint", origins.join(", ")),
            }),
            Self::WritesToBucket(_) => {
                Some("leave `send` out: then only its preflight is sent".to_owned())
            }
            Self::Status(_) => Some("use a number from 100 to 599".to_owned()),
            Self::BodyOfRead(_) => Some("leave `body` out, or name another method".to_owned()),
            Self::NoScriptSets(_) => Some(
                "move it to the endpoint's `headers` if a gateway needs it; browsers set the others themselves"
                    .to_owned(),
            ),
            Self::BodyForms
            | Self::BodyFile(_)
            | Self::Variable { .. }
            | Self::Header { .. }
            | Self::Zero(_) => None,
        }
    }
}

/// An error, and who brought it in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{error}")]
pub struct Problem {
    /// What is wrong.
    pub error: EndpointError,
    /// Who said so.
    pub from: Provenance,
    /// The way to the value in a target file: names of fields, and indices as digits.
    pub at: Vec<String>,
}

impl Problem {
    /// The problem as it is told; in the text of the target file, where it came from there.
    pub fn diagnostic(&self, file: Option<&Tree>) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.error.code(), self.error.to_string());
        // The line of the file would show the password.
        let showable = !matches!(
            self.error,
            EndpointError::UrlUserinfo { .. } | EndpointError::Proxy(_) | EndpointError::NeedsUrl("proxy")
        );
        match (self.from, file.filter(|_| showable)) {
            (Provenance::File, Some(tree)) => {
                let place = self.at.iter().fold(tree.root(), |place, step| match step.parse() {
                    Ok(index) => place.nth(index),
                    Err(_) => place.field(step),
                });
                diagnostic = diagnostic.at(tree.source(), place.head(), "");
            }
            (Provenance::File, None) => {}
            (from, _) => {
                let name = self.at.first().map(String::as_str).unwrap_or_default();
                diagnostic = diagnostic.help(format!("`{name}` comes from {from}"));
            }
        }
        match self.error.help() {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

/// Says what there is to choose from, the nearest name first.
fn one_of(text: &str, what: &str, names: impl Iterator<Item = &'static str>) -> String {
    let names: Vec<&str> = names.collect();
    match document::nearest(text, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`? The {what} are {}", names.join(", ")),
        None => format!("the {what} are {}", names.join(", ")),
    }
}
