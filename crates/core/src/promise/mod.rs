//! Decides what a policy promises, statement by statement, and which requests check a statement. Knows no sockets and
//! no case files.

mod rows;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use rows::{Row, RowSource, Terms, rows};

use crate::{
    fetch::{filter::is_safelisted_response_header_name, header::is_forbidden_request_header, method},
    message::is_token,
    policy::{Policy, Rule, concrete_origin},
};

/// One checkable statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "promise")]
pub enum Promise {
    /// Pages of this origin read.
    Reads {
        /// The origin, serialised.
        origin: String,
    },
    /// Pages of this origin may send requests that need a preflight.
    Preflights {
        /// The origin, serialised.
        origin: String,
    },
    /// Pages of this origin may send this method.
    Method {
        /// The origin, serialised.
        origin: String,
        /// The method.
        method: String,
    },
    /// Pages of this origin may send this request header.
    Header {
        /// The origin, serialised.
        origin: String,
        /// The header's name in lower case.
        header: String,
    },
    /// Pages of this origin may send all the declared headers in one request.
    Headers {
        /// The origin, serialised.
        origin: String,
    },
    /// Pages of this origin read this response header.
    Exposes {
        /// The origin, serialised.
        origin: String,
        /// The header's name in lower case.
        header: String,
    },
    /// Browsers keep a preflight of this origin this long.
    MaxAge {
        /// The origin, serialised.
        origin: String,
        /// In seconds.
        seconds: u32,
    },
    /// Pages of this origin read and write with credentials.
    Credentials {
        /// The origin, serialised.
        origin: String,
    },
    /// A statement about everything that is not declared.
    Bound {
        /// The statement.
        bound: Bound,
    },
}

/// A statement about what a policy does not allow, or does not depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Other origins do not read and are refused their preflights.
    Strangers,
    /// Origins that look like an allowed one are refused.
    NearOrigins,
    /// The opaque origin `null` does not read.
    NullOrigin,
    /// Methods that are not declared are refused.
    OtherMethods,
    /// Request headers that are not declared are refused.
    OtherHeaders,
    /// Response headers that are not declared stay hidden.
    OtherFields,
    /// Credentials that are declared as not allowed are refused.
    NoCredentials,
    /// A request without `Origin`, and one of the endpoint's own origin, is answered as without CORS.
    OwnOrigin,
    /// Answers to different origins are kept apart by `Vary` wherever a cache may keep them.
    Vary,
}

impl Promise {
    /// The origin whose pages it concerns. `None`: all others, or every page.
    pub fn origin(&self) -> Option<&str> {
        match self {
            Self::Reads { origin }
            | Self::Preflights { origin }
            | Self::Method { origin, .. }
            | Self::Header { origin, .. }
            | Self::Headers { origin }
            | Self::Exposes { origin, .. }
            | Self::MaxAge { origin, .. }
            | Self::Credentials { origin } => Some(origin),
            Self::Bound { .. } => None,
        }
    }

    /// Whether every operation of an endpoint is held to it. Other promises are checked once for each CORS layer.
    pub const fn concerns_every_operation(&self) -> bool {
        match self {
            Self::Bound { bound } => matches!(bound, Bound::Strangers | Bound::NoCredentials),
            _ => true,
        }
    }
}

impl Bound {
    /// Every bound.
    pub const ALL: [Self; 9] = [
        Self::Strangers,
        Self::NearOrigins,
        Self::NullOrigin,
        Self::OtherMethods,
        Self::OtherHeaders,
        Self::OtherFields,
        Self::NoCredentials,
        Self::OwnOrigin,
        Self::Vary,
    ];

    /// The statement.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Strangers => "other origins are refused",
            Self::NearOrigins => "origins that look like an allowed one are refused",
            Self::NullOrigin => "the origin `null` is refused",
            Self::OtherMethods => "methods that are not declared are refused",
            Self::OtherHeaders => "request headers that are not declared are refused",
            Self::OtherFields => "response headers that are not declared stay hidden",
            Self::NoCredentials => "credentials are refused",
            Self::OwnOrigin => "requests without CORS are answered",
            Self::Vary => "caches keep the answers to different origins apart",
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reads { origin } => write!(f, "{origin} reads"),
            Self::Preflights { origin } => write!(f, "{origin} passes preflights"),
            Self::Method { origin, method } => write!(f, "{origin} may send {method}"),
            Self::Header { origin, header } => write!(f, "{origin} may send the header {header}"),
            Self::Headers { origin } => write!(f, "{origin} may send all declared headers together"),
            Self::Exposes { origin, header } => write!(f, "{origin} reads the response header {header}"),
            Self::MaxAge { origin, seconds } => {
                write!(f, "preflights of {origin} are kept for {seconds} s")
            }
            Self::Credentials { origin } => write!(f, "{origin} may send credentials"),
            Self::Bound { bound } => f.write_str(bound.sentence()),
        }
    }
}

/// The methods by which pages read what is promised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ReadBy {
    /// GET, or HEAD where only that is allowed.
    #[default]
    Usual,
    /// This method; `None`: reads are not sent, only preflights.
    Only(Option<String>),
}

impl ReadBy {
    /// The method by which a page reads under these rules, if it may.
    fn method(&self, rules: &[&Rule]) -> Option<String> {
        let allowed = |method: &str| rules.iter().any(|rule| rule.allows_method(method));
        match self {
            Self::Usual => ["GET", "HEAD"].into_iter().find(|method| allowed(method)).map(str::to_owned),
            Self::Only(method) => method.clone().filter(|method| allowed(method)),
        }
    }
}

/// Every promise of a policy, in the order of its rules. `credentials`: what is declared about them, if anything.
pub fn promises(policy: &Policy, credentials: Option<bool>) -> Vec<Promise> {
    promises_to(policy, credentials, &ReadBy::Usual)
}

/// The same for what pages read in this way.
pub fn promises_to(policy: &Policy, credentials: Option<bool>, read_by: &ReadBy) -> Vec<Promise> {
    let mut promises: Vec<Promise> = Vec::new();
    let mut add = |promise: Promise| {
        if !promises.contains(&promise) {
            promises.push(promise);
        }
    };
    let allowed = credentials.unwrap_or(policy.allow_credentials);
    for page in pages(policy) {
        let origin = || page.origin.clone();
        if read_by.method(&page.rules).is_some() {
            add(Promise::Reads { origin: origin() });
        }
        if preflighted(&page.rules).is_some() {
            add(Promise::Preflights { origin: origin() });
        }
        if allowed && page.origin != "*" {
            add(Promise::Credentials { origin: origin() });
        }
    }
    for (origin, rule) in speakers(policy) {
        let origin = || origin.clone();
        for method in rule.concrete_methods() {
            add(Promise::Method { origin: origin(), method: method.to_owned() });
        }
        let headers = request_headers(rule);
        for header in &headers {
            add(Promise::Header { origin: origin(), header: header.clone() });
        }
        if headers.len() > 1 {
            add(Promise::Headers { origin: origin() });
        }
        for header in exposed(rule) {
            add(Promise::Exposes { origin: origin(), header });
        }
        if let Some(seconds) = rule.max_age_seconds {
            add(Promise::MaxAge { origin: origin(), seconds });
        }
    }
    for page in pages(policy).iter().filter(|page| read_by.method(&page.rules).is_some()) {
        for header in page.rules.iter().flat_map(|rule| exposed(rule)) {
            add(Promise::Exposes { origin: page.origin.clone(), header });
        }
    }
    for bound in Bound::ALL {
        let made = match bound {
            Bound::NoCredentials => credentials == Some(false),
            Bound::NullOrigin => !policy.names_null(),
            _ => true,
        };
        if made {
            add(Promise::Bound { bound });
        }
    }
    promises
}

/// An origin that may read, and the rules that allow it.
struct Page<'p> {
    origin: String,
    rules: Vec<&'p Rule>,
}

/// Each declared origin, and for each pattern one origin that fits it.
fn pages(policy: &Policy) -> Vec<Page<'_>> {
    let mut pages: Vec<Page<'_>> = Vec::new();
    for pattern in policy.rules.iter().flat_map(|rule| &rule.allowed_origins) {
        let Some(origin) = concrete_origin(pattern) else { continue };
        if pages.iter().any(|page| page.origin == origin) {
            continue;
        }
        let rules = policy.rules.iter().filter(|rule| rule.allows_origin(&origin)).collect();
        pages.push(Page { origin, rules });
    }
    pages
}

/// Each rule with the first origin for which it is the first to answer.
fn speakers(policy: &Policy) -> Vec<(String, &Rule)> {
    let speaker = |(number, rule): (usize, &'_ Rule)| {
        let earlier = policy.rules.get(..number).unwrap_or_default();
        let origins: Vec<String> =
            rule.allowed_origins.iter().filter_map(|pattern| concrete_origin(pattern)).collect();
        let alone = origins.iter().find(|origin| !earlier.iter().any(|rule| rule.allows_origin(origin)));
        alone.or(origins.first()).cloned()
    };
    policy
        .rules
        .iter()
        .enumerate()
        .filter_map(|(number, rule)| Some((speaker((number, rule))?, rule)))
        .collect()
}

/// A request of a page that needs a preflight: its method and its headers.
fn preflighted(rules: &[&Rule]) -> Option<(String, Vec<String>)> {
    rules.iter().find_map(|rule| {
        let method = rule.concrete_methods().find(|method| needs_preflight(method));
        let method = method.or_else(|| rule.concrete_methods().next())?.to_owned();
        let headers = request_headers(rule);
        (needs_preflight(&method) || !headers.is_empty()).then_some((method, headers))
    })
}

/// Whether a method needs a preflight by itself, and a browser can send it (Fetch §2.2.1 Methods).
fn needs_preflight(name: &str) -> bool {
    !method::is_safelisted(name) && !method::is_forbidden(name)
}

/// The request headers of a rule that a script can set, in lower case; a pattern gives a name that fits it.
fn request_headers(rule: &Rule) -> Vec<String> {
    let mut names = Vec::new();
    for pattern in &rule.allowed_headers {
        let pattern = pattern.trim().to_ascii_lowercase();
        let filling = if pattern == "*" { "x-crosscheck" } else { "crosscheck" };
        let name = pattern.replacen('*', filling, 1);
        let value = rows::value_of(&name);
        let settable = is_token(name.as_bytes()) && !is_forbidden_request_header(&name, value.as_bytes());
        if settable && !names.contains(&name) {
            names.push(name);
        }
    }
    names.sort();
    names
}

/// The request headers of all rules that a script can set, in lower case, sorted, each once.
pub fn all_request_headers(policy: &Policy) -> Vec<String> {
    let mut names: Vec<String> = policy.rules.iter().flat_map(request_headers).collect();
    names.sort();
    names.dedup();
    names
}

/// The response headers that a rule exposes by name, without those that are readable anyway.
fn exposed(rule: &Rule) -> Vec<String> {
    let names = rule.expose_headers.iter().map(|name| name.to_ascii_lowercase());
    names.filter(|name| !name.contains('*') && !is_safelisted_response_header_name(name)).collect()
}

#[cfg(test)]
mod tests;
