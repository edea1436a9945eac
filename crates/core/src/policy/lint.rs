//! Decides what is wrong with a policy before anybody asks it: entries that can never match,
//! that match more than they seem to, or that a store refuses.

use url::Url;

use super::{Dialect, Policy, Rule, pattern, regex, rule::METHODS};
use crate::{
    diagnostic::{Diagnostic, Severity},
    fetch::origin,
    message::is_token,
};

/// One thing that is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: Kind,
    /// The rule, from 0; `None` where it is the policy as a whole.
    pub rule: Option<usize>,
    /// The entry, as written; empty where it is no single one.
    pub value: String,
}

macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $severity:ident, $message:literal, $help:literal; )+) => {
        /// What can be wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $( $(#[doc = $doc])+ $name, )+ }

        impl Kind {
            /// Everything that can be wrong.
            pub const ALL: &'static [Kind] = &[ $( Kind::$name, )+ ];

            /// The stable code.
            pub const fn as_str(self) -> &'static str {
                match self { $( Kind::$name => concat!("policy.", $code), )+ }
            }

            /// How bad it is.
            pub const fn severity(self) -> Severity {
                match self { $( Kind::$name => Severity::$severity, )+ }
            }

            /// What is wrong, as a sentence fragment.
            pub const fn message(self) -> &'static str {
                match self { $( Kind::$name => $message, )+ }
            }

            /// What to do.
            pub const fn help(self) -> &'static str {
                match self { $( Kind::$name => $help, )+ }
            }
        }
    };
}

kinds! {
    /// More rules than the dialect takes.
    TooManyRules = "too-many-rules", Error, "more rules than the store takes",
        "join rules that differ only in their origins";
    /// A rule without origins.
    NoOrigins = "no-origins", Error, "a rule without allowed origins matches nothing",
        "name at least one origin";
    /// A rule without methods.
    NoMethods = "no-methods", Error, "a rule without allowed methods matches nothing",
        "name at least one of GET, HEAD, PUT, POST, DELETE";
    /// An empty origin.
    OriginEmpty = "origin.empty", Error, "an empty origin matches no request",
        "name an origin, such as https://www.example.com";
    /// An origin with more than one `*`.
    OriginWildcards = "origin.wildcards", Error, "an origin may have only one `*`",
        "write one entry for each form";
    /// An origin without a scheme.
    OriginScheme = "origin.scheme", Warning, "an origin without a scheme matches no browser's Origin",
        "write it as in the address bar, with https:// or http://";
    /// An origin that ends in a slash.
    OriginSlash = "origin.slash", Error, "an origin has no slash at its end and so never matches",
        "leave the slash out";
    /// An origin with a path, a query or a fragment.
    OriginPath = "origin.path", Error, "an origin has no path, query or fragment and so never matches",
        "leave out everything behind the host and port";
    /// An origin with a user name.
    OriginUser = "origin.user", Error, "an origin has no user name and so never matches",
        "leave out everything up to the @";
    /// An origin with the port that its scheme has anyway.
    OriginDefaultPort = "origin.default-port", Error,
        "a browser leaves the default port out, so that this origin never matches",
        "leave out :443 of https and :80 of http";
    /// An origin with upper-case letters.
    OriginUpperCase = "origin.upper-case", Error,
        "a browser sends scheme and host in lower case, so that this origin never matches",
        "write it in lower case";
    /// An origin with characters that are not ASCII.
    OriginUnicode = "origin.unicode", Error,
        "a browser sends hosts in their ASCII form, so that this origin never matches",
        "write the xn-- form of the host";
    /// An origin that no browser serialises so.
    OriginInvalid = "origin.invalid", Error, "this is no origin and never matches",
        "write scheme://host, and :port where it is not the default";
    /// A regular expression.
    OriginRegex = "origin.regex", Error, "this is a regular expression, and an origin is a text with at most one `*`",
        "write one entry for each form, such as https://*.example.com";
    /// An opaque origin is trusted.
    OriginNull = "origin.null", Warning,
        "`null` is the origin of every sandboxed frame, data: page and local file: any site can take it",
        "give the page an origin of its own";
    /// The origin of local files in apps is trusted.
    OriginFile = "origin.file", Warning,
        "`file://` is the origin of every page that an app opens from a file: any such app can take it",
        "give the app a scheme of its own, such as capacitor:// or app://";
    /// A pattern whose wildcard reaches into the registrable domain.
    OriginWide = "origin.wide", Warning,
        "the wildcard reaches over names that anybody can register",
        "put a dot and a domain of yours behind the `*`";
    /// An unencrypted origin next to credentials.
    OriginInsecure = "origin.insecure", Warning,
        "credentials are allowed for an unencrypted origin, which anybody on the way can take",
        "allow the https origin only";
    /// `*` next to credentials.
    WildcardCredentials = "wildcard-credentials", Warning,
        "credentials are never allowed for `*`", "name the origins that need credentials";
    /// An unknown method.
    MethodUnknown = "method.unknown", Error, "object stores know GET, HEAD, PUT, POST and DELETE only",
        "take it out; OPTIONS needs no entry";
    /// A method in lower case.
    MethodCase = "method.case", Error, "methods have case, so that this one never matches",
        "write it in upper case";
    /// A header pattern with more than one `*`.
    HeaderWildcards = "header.wildcards", Error, "a header may have only one `*`",
        "write one entry for each form";
    /// A header that is no token.
    HeaderInvalid = "header.invalid", Error, "this is no header name",
        "leave out spaces, colons and quotes";
    /// A wildcard among the exposed headers.
    ExposeWildcard = "expose.wildcard", Error, "an exposed header may have no `*`",
        "name the headers, such as ETag";
    /// An exposed header that is no token, or has a character that the store refuses.
    ExposeInvalid = "expose.invalid", Error, "this is no header name", "leave out spaces, colons and quotes";
    /// A forbidden response-header name.
    ExposeForbidden = "expose.forbidden", Warning, "no script may ever read this header", "take it out";
    /// The same entry twice in one list.
    Duplicate = "duplicate", Warning, "this entry stands there twice", "take one out";
    /// A rule that never decides, because earlier ones do.
    Unreachable = "unreachable", Warning, "this rule never decides: an earlier one matches whatever it matches",
        "put the narrower rule first, or take it out";
    /// A maximum age above what any browser keeps.
    MaxAgeLong = "max-age.long", Note, "no browser keeps a preflight's answer longer than a day",
        "86400 seconds are enough; Chromium keeps 7200, Safari 600";
}

impl Problem {
    /// The problem as it is told to a user, without a place.
    pub fn diagnostic(&self) -> Diagnostic {
        let place = match self.rule {
            Some(rule) => format!("rule {}: ", rule + 1),
            None => String::new(),
        };
        let value = if self.value.is_empty() { String::new() } else { format!(": `{}`", self.value) };
        let message = format!("{place}{}{value}", self.kind.message());
        let mut diagnostic = Diagnostic::error(self.kind.as_str(), message).help(self.kind.help());
        diagnostic.severity = self.kind.severity();
        diagnostic
    }
}

/// Everything that is wrong with a policy for this dialect, rule by rule.
pub fn lint(policy: &Policy, dialect: Dialect) -> Vec<Problem> {
    let mut problems = Vec::new();
    if policy.rules.len() > dialect.traits().max_rules {
        let value = policy.rules.len().to_string();
        problems.push(Problem { kind: Kind::TooManyRules, rule: None, value });
    }
    let credentials = policy.allow_credentials || dialect.traits().always_credentials;
    for (index, rule) in policy.rules.iter().enumerate() {
        let mut add = |kind, value: &str| {
            problems.push(Problem { kind, rule: Some(index), value: value.to_owned() });
        };
        origins(rule, credentials, &mut add);
        if policy.allow_credentials && rule.allowed_origins.iter().any(|origin| origin == "*") {
            add(Kind::WildcardCredentials, "*");
        }
        methods(rule, &mut add);
        headers(rule, dialect, &mut add);
        if rule.max_age_seconds.is_some_and(|seconds| seconds > 86_400) {
            add(Kind::MaxAgeLong, &rule.max_age_seconds.unwrap_or_default().to_string());
        }
        if policy.rules.iter().take(index).any(|earlier| covers(earlier, rule)) {
            add(Kind::Unreachable, "");
        }
    }
    problems
}

fn origins(rule: &Rule, credentials: bool, add: &mut impl FnMut(Kind, &str)) {
    if rule.allowed_origins.is_empty() {
        add(Kind::NoOrigins, "");
    }
    for origin in &rule.allowed_origins {
        if let Some(kind) = origin_problem(origin) {
            add(kind, origin);
        } else if credentials && origin.starts_with("http://") && !is_loopback(origin) {
            add(Kind::OriginInsecure, origin);
        }
    }
    duplicates(&rule.allowed_origins, |a, b| a == b, add);
}

/// What is wrong with an origin pattern: the first thing that keeps it from matching, or that
/// makes it match too much.
fn origin_problem(origin: &str) -> Option<Kind> {
    match origin {
        "*" => return None,
        "" => return Some(Kind::OriginEmpty),
        "null" => return Some(Kind::OriginNull),
        "file://" => return Some(Kind::OriginFile),
        _ => {}
    }
    if regex::is_regex(origin) {
        return Some(Kind::OriginRegex);
    }
    if origin.matches('*').count() > 1 {
        return Some(Kind::OriginWildcards);
    }
    if !origin.is_ascii() {
        return Some(Kind::OriginUnicode);
    }
    if origin.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b',') {
        return Some(Kind::OriginInvalid);
    }
    if origin.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some(Kind::OriginUpperCase);
    }
    let Some((scheme, rest)) = origin.split_once("://") else {
        return (!origin.starts_with('*')).then_some(Kind::OriginScheme).or_else(|| tail_problem(origin));
    };
    if let Some(kind) = tail_problem(rest) {
        return Some(kind);
    }
    let default_port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => "\0",
    };
    if rest.ends_with(default_port) && !rest.ends_with(&format!(":{default_port}")) {
        return Some(Kind::OriginDefaultPort);
    }
    if is_wide(rest) {
        return Some(Kind::OriginWide);
    }
    (!is_serialised(origin)).then_some(Kind::OriginInvalid)
}

/// What is wrong behind the scheme.
fn tail_problem(rest: &str) -> Option<Kind> {
    if rest.contains('@') {
        return Some(Kind::OriginUser);
    }
    match rest.find(['/', '?', '#', '\\']) {
        Some(at) if rest.get(at..) == Some("/") => Some(Kind::OriginSlash),
        Some(_) => Some(Kind::OriginPath),
        None => None,
    }
}

/// Whether what follows the wildcard in a host is no registrable domain with a dot before it.
fn is_wide(rest: &str) -> bool {
    let Some((_, after)) = rest.split_once('*') else { return false };
    let host = after.split(':').next().unwrap_or("");
    let Some(domain) = host.strip_prefix('.') else {
        // `http://localhost:*` leaves only the port open.
        return !rest.contains(":*");
    };
    psl::domain_str(domain).is_none()
}

/// Whether a URL parser gives the text back as an origin, the wildcard standing for a letter
/// or, in the place of a port, for a digit.
fn is_serialised(origin: &str) -> bool {
    let concrete = origin.replace(":*", ":1").replace('*', "a");
    match Url::parse(&concrete) {
        Ok(url) if url.origin().is_tuple() => url.origin().ascii_serialization() == concrete,
        Ok(url) => url.has_host() && matches!(url.path(), "" | "/"),
        Err(_) => false,
    }
}

fn is_loopback(origin: &str) -> bool {
    Url::parse(&origin.replace(":*", ":1")).is_ok_and(|url| origin::is_loopback(&url))
}

fn methods(rule: &Rule, add: &mut impl FnMut(Kind, &str)) {
    if rule.allowed_methods.is_empty() {
        add(Kind::NoMethods, "");
    }
    for method in &rule.allowed_methods {
        if METHODS.contains(&method.as_str()) {
            continue;
        }
        let upper = method.to_ascii_uppercase();
        add(if METHODS.contains(&upper.as_str()) { Kind::MethodCase } else { Kind::MethodUnknown }, method);
    }
    duplicates(&rule.allowed_methods, |a, b| a == b, add);
}

fn headers(rule: &Rule, dialect: Dialect, add: &mut impl FnMut(Kind, &str)) {
    for header in &rule.allowed_headers {
        if header.matches('*').count() > 1 {
            add(Kind::HeaderWildcards, header);
        } else if !is_name(header) {
            add(Kind::HeaderInvalid, header);
        }
    }
    duplicates(&rule.allowed_headers, str::eq_ignore_ascii_case, add);
    for header in &rule.expose_headers {
        if header.contains('*') {
            add(Kind::ExposeWildcard, header);
        } else if !is_name(header) || header.contains(|c| dialect.traits().expose_forbidden.contains(c)) {
            add(Kind::ExposeInvalid, header);
        } else if ["set-cookie", "set-cookie2"].iter().any(|name| header.eq_ignore_ascii_case(name)) {
            add(Kind::ExposeForbidden, header);
        }
    }
    duplicates(&rule.expose_headers, str::eq_ignore_ascii_case, add);
}

fn is_name(name: &str) -> bool {
    is_token(name.as_bytes())
}

fn duplicates(list: &[String], same: impl Fn(&str, &str) -> bool, add: &mut impl FnMut(Kind, &str)) {
    for (index, entry) in list.iter().enumerate() {
        if list.iter().take(index).any(|earlier| same(earlier, entry)) {
            add(Kind::Duplicate, entry);
        }
    }
}

/// Whether `earlier` matches whatever `later` matches, as far as patterns show it.
fn covers(earlier: &Rule, later: &Rule) -> bool {
    !later.allowed_origins.is_empty()
        && !later.allowed_methods.is_empty()
        && later.allowed_origins.iter().all(|origin| {
            earlier.allowed_origins.iter().any(|wider| pattern::matches_origin(wider, origin.as_bytes()))
        })
        && later.allowed_methods.iter().all(|method| earlier.allowed_methods.contains(method))
        && later
            .allowed_headers
            .iter()
            .all(|header| earlier.allowed_headers.iter().any(|wider| pattern::matches_name(wider, header)))
}

#[cfg(test)]
mod tests;
