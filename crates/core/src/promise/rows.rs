use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Bound, Promise, ReadBy, exposed, needs_preflight, pages, preflighted, request_headers, speakers,
};
use crate::{
    fetch::safelist::VALUE_LIMIT,
    message::is_safe_method,
    policy::{NearOrigin, Policy, near_origins, near_pages},
};

/// Which of a policy's promises a case checks, one row for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RowSource {
    /// Each origin near those that the rules allow, none of which they allow: `{near}` is the origin, `{what}` says
    /// what it is, `{near-to}` is the allowed one.
    NearOrigins,
    /// One near origin for each careless comparison with the first two allowed ones, all of which every browser can send.
    /// `{near}`, `{what}` and `{near-to}` as for `near-origins`.
    NearPages,
    /// Each allowed origin that may read: `{page}`, and the method to read with, `{verb}`.
    Origins,
    /// A page of the endpoint's own origin, with a declared method to read with, `{verb}`.
    OwnOrigin,
    /// Each allowed origin with a request that needs a preflight: `{page}`, `{verb}`. A request header written as
    /// `{headers}` stands for the headers that the request needs.
    Preflights,
    /// The first of `preflights` alone.
    FirstPreflight,
    /// Each allowed method that needs a preflight by itself: `{page}`, `{verb}`.
    PreflightedMethods,
    /// Each allowed method: `{page}`, `{verb}`.
    Methods,
    /// Each allowed method that may change something and needs no preflight by itself (POST), with one allowed request
    /// header that needs one: `{page}`, `{verb}`, and `{headers}` as for `all-headers`.
    SafelistedMethods,
    /// Each allowed request header: `{page}`, `{verb}`, `{name}`, and a value that needs a preflight, `{value}`.
    Headers,
    /// All the allowed request headers of a rule at once: `{page}`, `{verb}`. A request header written as
    /// `{headers}` stands for all of them.
    AllHeaders,
    /// Each exposed response header: `{page}`, `{verb}`, `{name}`.
    ExposedHeaders,
    /// The same where credentials are allowed: `*` exposes nothing to a page with credentials.
    CredentialedExposedHeaders,
    /// Each exposed response header with every allowed origin that `exposed-headers` does not read it from:
    /// `{page}`, `{verb}`, `{name}`.
    OtherPagesExposedHeaders,
    /// Each exposed response header of a rule that allows no method to read by which may be sent: `{page}`, `{name}`.
    UnreadExposedHeaders,
    /// Each declared max age: `{page}`, `{verb}`, `{seconds}`. A request header written as `{headers}` stands for the
    /// headers that the preflight needs.
    MaxAges,
    /// Each allowed origin that may send credentials: `{page}`, `{verb}`.
    CredentialedOrigins,
    /// Each allowed origin with a preflighted request, where credentials are declared as allowed: `{page}`, `{verb}`,
    /// and `{headers}` as for `preflights`.
    CredentialedPreflights,
    /// Each allowed origin that reads, where credentials are declared as not allowed: `{page}`, `{verb}`.
    UncredentialedOrigins,
    /// The method by which pages of other origins are refused: `{verb}`.
    StrangerReads,
    /// The request with a preflight that pages of other origins are refused: `{verb}`, and `{headers}` as for
    /// `preflights`.
    StrangerPreflights,
    /// Usual methods that no rule allows for the origin `{page}`: `{verb}`.
    OtherMethods,
    /// Usual request headers that no rule allows for the origin `{page}`: `{verb}`, `{name}`, `{value}`.
    OtherHeaders,
    /// Usual response headers that no rule exposes to the origin `{page}`: `{verb}`, `{name}`.
    OtherFields,
}

/// One row of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The last part of the test's id.
    pub id: String,
    /// The values by name.
    pub with: Vec<(&'static str, String)>,
    /// What `{headers}` stands for: names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The promise that the row checks.
    pub promise: Option<Promise>,
    /// The origin near an allowed one that it is about.
    pub near: Option<NearOrigin>,
}

impl RowSource {
    /// The values that each of its rows has.
    pub const fn values(self) -> &'static [&'static str] {
        match self {
            Self::NearOrigins | Self::NearPages => &["near", "near-to", "what"],
            Self::OwnOrigin => &["verb"],
            Self::Origins
            | Self::PreflightedMethods
            | Self::Methods
            | Self::CredentialedOrigins
            | Self::UncredentialedOrigins
            | Self::OtherMethods => &["page", "verb"],
            Self::Preflights
            | Self::FirstPreflight
            | Self::AllHeaders
            | Self::CredentialedPreflights
            | Self::SafelistedMethods => &["page", "verb", "headers"],
            Self::StrangerReads => &["verb"],
            Self::StrangerPreflights => &["verb", "headers"],
            Self::Headers | Self::OtherHeaders => &["page", "verb", "name", "value"],
            Self::ExposedHeaders
            | Self::CredentialedExposedHeaders
            | Self::OtherPagesExposedHeaders
            | Self::OtherFields => &["page", "verb", "name"],
            Self::UnreadExposedHeaders => &["page", "name"],
            Self::MaxAges => &["page", "verb", "headers", "seconds"],
        }
    }

    /// The bound that all its rows check, if they check one.
    pub const fn bound(self) -> Option<Bound> {
        match self {
            Self::NearOrigins | Self::NearPages => Some(Bound::NearOrigins),
            Self::OwnOrigin => Some(Bound::OwnOrigin),
            Self::UncredentialedOrigins => Some(Bound::NoCredentials),
            Self::StrangerReads | Self::StrangerPreflights => Some(Bound::Strangers),
            Self::OtherMethods => Some(Bound::OtherMethods),
            Self::OtherHeaders => Some(Bound::OtherHeaders),
            Self::OtherFields => Some(Bound::OtherFields),
            _ => None,
        }
    }

    /// Reason for having no rows although the rules are known, as a clause.
    pub const fn without(self) -> &'static str {
        match self {
            Self::NearOrigins | Self::NearPages => {
                "the rules allow every origin, or none that a browser can have"
            }
            Self::Origins | Self::StrangerReads => {
                "no rule allows an origin that a browser can have to read by a method that may be sent"
            }
            Self::OwnOrigin => "the rules allow no method to read with that may be sent",
            Self::Preflights
            | Self::FirstPreflight
            | Self::CredentialedPreflights
            | Self::StrangerPreflights => {
                "the rules allow no method and no header that needs a preflight, or do not allow credentials"
            }
            Self::PreflightedMethods => {
                "the rules allow only GET, HEAD and POST, which need no preflight by themselves"
            }
            Self::Methods => "the rules allow no method",
            Self::Headers => "the rules allow no request header",
            Self::SafelistedMethods => {
                "the rules do not allow POST with a request header that needs a preflight"
            }
            Self::AllHeaders => "no rule allows more than one request header",
            Self::ExposedHeaders => "the rules expose no response header by name",
            Self::CredentialedExposedHeaders => {
                "the rules expose no response header by name, or do not allow credentials"
            }
            Self::OtherPagesExposedHeaders => {
                "the rules expose no response header by name, or to one origin alone"
            }
            Self::UnreadExposedHeaders => {
                "the rules expose no response header by name, or allow a method to read it by"
            }
            Self::MaxAges => "the rules set no max age, or nothing needs a preflight",
            Self::CredentialedOrigins => "credentials are not declared as allowed",
            Self::UncredentialedOrigins => "credentials are not declared as forbidden",
            Self::OtherMethods => "the rules allow every usual method",
            Self::OtherHeaders => "the rules allow every usual request header",
            Self::OtherFields => "the rules expose every usual response header, or allow no origin to read",
        }
    }
}

/// What rows are made of.
#[derive(Clone, Debug)]
pub struct Terms<'p> {
    /// The rules of the endpoint.
    pub rules: &'p Policy,
    /// The part of them that is asked about: that of one operation, or all.
    pub share: &'p Policy,
    /// What is declared about credentials, if anything.
    pub credentials: Option<bool>,
    /// The methods by which pages read.
    pub read_by: ReadBy,
}

impl<'p> Terms<'p> {
    /// All the rules of an endpoint.
    pub fn of(rules: &'p Policy, credentials: Option<bool>) -> Self {
        Self { rules, share: rules, credentials, read_by: ReadBy::Usual }
    }
}

impl RowSource {
    /// Whether every operation of an endpoint is asked. The others are asked once for each CORS layer.
    pub const fn asks_every_operation(self) -> bool {
        match self {
            Self::Origins
            | Self::Preflights
            | Self::FirstPreflight
            | Self::PreflightedMethods
            | Self::Methods
            | Self::SafelistedMethods
            | Self::Headers
            | Self::AllHeaders
            | Self::ExposedHeaders
            | Self::CredentialedExposedHeaders
            | Self::OtherPagesExposedHeaders
            | Self::UnreadExposedHeaders
            | Self::MaxAges
            | Self::CredentialedOrigins
            | Self::CredentialedPreflights
            | Self::UncredentialedOrigins
            | Self::StrangerReads
            | Self::StrangerPreflights => true,
            Self::NearOrigins
            | Self::NearPages
            | Self::OwnOrigin
            | Self::OtherMethods
            | Self::OtherHeaders
            | Self::OtherFields => false,
        }
    }
}

/// The rows of a source.
pub fn rows(source: RowSource, terms: &Terms<'_>) -> Vec<Row> {
    let (share, credentials) = (terms.share, terms.credentials);
    let allowed = credentials.unwrap_or(terms.rules.allow_credentials);
    let mut rows = match source {
        RowSource::NearOrigins => near_origins(terms.rules).into_iter().map(near).collect(),
        RowSource::NearPages => near_pages(terms.rules).into_iter().map(near).collect(),
        RowSource::OwnOrigin => own_origin(terms),
        RowSource::Origins => reading(terms, |origin| Promise::Reads { origin }),
        RowSource::CredentialedOrigins if allowed => reading(terms, |origin| Promise::Credentials { origin }),
        RowSource::UncredentialedOrigins if credentials == Some(false) => {
            reading(terms, |_| Promise::Bound { bound: Bound::NoCredentials })
        }
        RowSource::Preflights => preflights(share, |origin| Promise::Preflights { origin }),
        RowSource::FirstPreflight => {
            preflights(share, |origin| Promise::Preflights { origin }).into_iter().take(1).collect()
        }
        RowSource::CredentialedPreflights if allowed => {
            preflights(share, |origin| Promise::Credentials { origin })
        }
        RowSource::CredentialedExposedHeaders if allowed => exposed_headers(terms),
        RowSource::CredentialedOrigins
        | RowSource::UncredentialedOrigins
        | RowSource::CredentialedExposedHeaders
        | RowSource::CredentialedPreflights => Vec::new(),
        RowSource::StrangerReads => for_strangers(reading(terms, strangers)),
        RowSource::StrangerPreflights => for_strangers(preflights(share, strangers)),
        RowSource::Methods => methods(share, |_| true),
        RowSource::PreflightedMethods => methods(share, needs_preflight),
        RowSource::SafelistedMethods => safelisted_methods(share),
        RowSource::Headers => headers(share),
        RowSource::AllHeaders => all_headers(share),
        RowSource::ExposedHeaders => exposed_headers(terms),
        RowSource::OtherPagesExposedHeaders => other_pages_exposed_headers(terms),
        RowSource::UnreadExposedHeaders => unread_exposed_headers(terms),
        RowSource::MaxAges => max_ages(share),
        RowSource::OtherMethods => other_methods(terms.rules),
        RowSource::OtherHeaders => other_headers(share),
        RowSource::OtherFields => other_fields(terms),
    };
    number_equal_ids(&mut rows);
    rows
}

fn strangers(_: String) -> Promise {
    Promise::Bound { bound: Bound::Strangers }
}

/// The first of these rows for a page that is not allowed: each method once.
fn for_strangers(rows: Vec<Row>) -> Vec<Row> {
    let mut kept: Vec<Row> = Vec::new();
    for mut row in rows {
        row.with.retain(|(name, _)| *name != "page");
        row.id = row.with.first().map(|(_, verb)| slug(verb)).unwrap_or_default();
        if !kept.iter().any(|other| other.id == row.id) {
            kept.push(row);
        }
    }
    kept
}

fn near(near: NearOrigin) -> Row {
    let with =
        vec![("near", near.origin.clone()), ("near-to", near.near.clone()), ("what", near.what.clone())];
    Row { id: near.id.clone(), with, near: Some(near), ..Row::default() }
}

fn own_origin(terms: &Terms<'_>) -> Vec<Row> {
    let rules: Vec<_> = terms.share.rules.iter().collect();
    let promise = Some(Promise::Bound { bound: Bound::OwnOrigin });
    let row = |verb: String| Row {
        id: slug(&verb),
        with: vec![("verb", verb)],
        promise: promise.clone(),
        ..Row::default()
    };
    terms.read_by.method(&rules).map(row).into_iter().collect()
}

fn reading(terms: &Terms<'_>, promise: impl Fn(String) -> Promise) -> Vec<Row> {
    let row = |page: super::Page<'_>| {
        let verb = terms.read_by.method(&page.rules)?;
        let promise = Some(promise(page.origin.clone()));
        let with = vec![("page", page.origin.clone()), ("verb", verb)];
        Some(Row { id: slug(&page.origin), with, promise, ..Row::default() })
    };
    pages(terms.share).into_iter().filter_map(row).collect()
}

fn preflights(policy: &Policy, promise: impl Fn(String) -> Promise) -> Vec<Row> {
    let row = |page: super::Page<'_>| {
        let (verb, names) = preflighted(&page.rules)?;
        let promise = Some(promise(page.origin.clone()));
        let with = vec![("page", page.origin.clone()), ("verb", verb)];
        Some(Row { id: slug(&page.origin), with, headers: with_values(names), promise, near: None })
    };
    pages(policy).into_iter().filter_map(row).collect()
}

fn methods(policy: &Policy, wanted: impl Fn(&str) -> bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for (page, rule) in speakers(policy) {
        for method in rule.concrete_methods().filter(|method| wanted(method)) {
            let promise = Promise::Method { origin: page.clone(), method: method.to_owned() };
            let with = vec![("page", page.clone()), ("verb", method.to_owned())];
            push(&mut rows, Row { id: slug(method), with, promise: Some(promise), ..Row::default() });
        }
    }
    rows
}

fn safelisted_methods(policy: &Policy) -> Vec<Row> {
    let mut rows = Vec::new();
    for (page, rule) in speakers(policy) {
        let names = request_headers(rule);
        // What an API is most often asked with.
        let usual = names.iter().find(|name| *name == "content-type").or(names.first());
        let changes = |method: &&str| !needs_preflight(method) && !is_safe_method(method);
        for (method, name) in rule.concrete_methods().filter(changes).zip(usual.into_iter().cycle()) {
            let promise = Promise::Method { origin: page.clone(), method: method.to_owned() };
            let with = vec![("page", page.clone()), ("verb", method.to_owned())];
            let headers = with_values(vec![name.clone()]);
            push(&mut rows, Row { id: slug(method), with, headers, promise: Some(promise), near: None });
        }
    }
    rows
}

fn headers(policy: &Policy) -> Vec<Row> {
    let mut rows = Vec::new();
    for (page, rule) in speakers(policy) {
        let Some(verb) = rule.concrete_methods().next() else { continue };
        for name in request_headers(rule) {
            let promise = Promise::Header { origin: page.clone(), header: name.clone() };
            let with = vec![
                ("page", page.clone()),
                ("verb", verb.to_owned()),
                ("value", value_of(&name)),
                ("name", name.clone()),
            ];
            push(&mut rows, Row { id: slug(&name), with, promise: Some(promise), ..Row::default() });
        }
    }
    rows
}

fn all_headers(policy: &Policy) -> Vec<Row> {
    let mut rows = Vec::new();
    for (page, rule) in speakers(policy) {
        let (names, Some(verb)) = (request_headers(rule), rule.concrete_methods().next()) else { continue };
        if names.len() > 1 {
            let promise = Promise::Headers { origin: page.clone() };
            let with = vec![("page", page.clone()), ("verb", verb.to_owned())];
            let headers = with_values(names);
            push(&mut rows, Row { id: slug(&page), with, headers, promise: Some(promise), near: None });
        }
    }
    rows
}

fn exposed_headers(terms: &Terms<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (page, rule) in speakers(terms.share) {
        let Some(verb) = terms.read_by.method(&[rule]) else { continue };
        for name in exposed(rule) {
            let promise = Promise::Exposes { origin: page.clone(), header: name.clone() };
            let with = vec![("page", page.clone()), ("verb", verb.clone()), ("name", name.clone())];
            push(&mut rows, Row { id: slug(&name), with, promise: Some(promise), ..Row::default() });
        }
    }
    rows
}

fn other_pages_exposed_headers(terms: &Terms<'_>) -> Vec<Row> {
    let read: Vec<Option<Promise>> = exposed_headers(terms).into_iter().map(|row| row.promise).collect();
    let mut rows = Vec::new();
    for page in pages(terms.share) {
        let Some(verb) = terms.read_by.method(&page.rules) else { continue };
        for name in page.rules.iter().flat_map(|rule| exposed(rule)) {
            let promise = Some(Promise::Exposes { origin: page.origin.clone(), header: name.clone() });
            if read.contains(&promise) {
                continue;
            }
            let id = format!("{}-{}", slug(&page.origin), slug(&name));
            let with = vec![("page", page.origin.clone()), ("verb", verb.clone()), ("name", name)];
            push(&mut rows, Row { id, with, promise, ..Row::default() });
        }
    }
    rows
}

fn unread_exposed_headers(terms: &Terms<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (page, rule) in speakers(terms.share) {
        if terms.read_by.method(&[rule]).is_some() {
            continue;
        }
        for name in exposed(rule) {
            let promise = Promise::Exposes { origin: page.clone(), header: name.clone() };
            let with = vec![("page", page.clone()), ("name", name.clone())];
            push(&mut rows, Row { id: slug(&name), with, promise: Some(promise), ..Row::default() });
        }
    }
    rows
}

fn max_ages(policy: &Policy) -> Vec<Row> {
    let mut rows = Vec::new();
    for (page, rule) in speakers(policy) {
        let (Some(seconds), Some((verb, names))) = (rule.max_age_seconds, preflighted(&[rule])) else {
            continue;
        };
        let promise = Promise::MaxAge { origin: page.clone(), seconds };
        let with = vec![("page", page.clone()), ("verb", verb), ("seconds", seconds.to_string())];
        let headers = with_values(names);
        push(&mut rows, Row { id: slug(&page), with, headers, promise: Some(promise), near: None });
    }
    rows
}

fn other_methods(policy: &Policy) -> Vec<Row> {
    let Some(page) = pages(policy).into_iter().next() else { return Vec::new() };
    let allowed = |method: &str| page.rules.iter().any(|rule| rule.allows_method(method));
    let row = |method: &str| Row {
        id: slug(method),
        with: vec![("page", page.origin.clone()), ("verb", method.to_owned())],
        promise: Some(Promise::Bound { bound: Bound::OtherMethods }),
        ..Row::default()
    };
    ["PUT", "PATCH", "DELETE"].into_iter().filter(|method| !allowed(method)).map(row).collect()
}

fn other_headers(policy: &Policy) -> Vec<Row> {
    let Some(page) = pages(policy).into_iter().next() else { return Vec::new() };
    let Some(verb) = page.rules.iter().flat_map(|rule| rule.concrete_methods()).next() else {
        return Vec::new();
    };
    let allowed = |name: &str| page.rules.iter().any(|rule| rule.allows_header(name));
    let row = |name: &str| Row {
        id: slug(name),
        with: vec![
            ("page", page.origin.clone()),
            ("verb", verb.to_owned()),
            ("name", name.to_owned()),
            ("value", value_of(name)),
        ],
        promise: Some(Promise::Bound { bound: Bound::OtherHeaders }),
        ..Row::default()
    };
    ["authorization", "content-type", "x-admin", "x-http-method-override"]
        .into_iter()
        .filter(|name| !allowed(name))
        .map(row)
        .collect()
}

fn other_fields(terms: &Terms<'_>) -> Vec<Row> {
    let Some(page) = pages(terms.share).into_iter().next() else { return Vec::new() };
    let Some(verb) = terms.read_by.method(&page.rules) else { return Vec::new() };
    let named = |name: &str| {
        let names = page.rules.iter().flat_map(|rule| &rule.expose_headers);
        names.into_iter().any(|exposed| exposed == "*" || exposed.eq_ignore_ascii_case(name))
    };
    let row = |name: &str| Row {
        id: slug(name),
        with: vec![("page", page.origin.clone()), ("verb", verb.clone()), ("name", name.to_owned())],
        promise: Some(Promise::Bound { bound: Bound::OtherFields }),
        ..Row::default()
    };
    ["date", "server", "via", "x-powered-by"].into_iter().filter(|name| !named(name)).map(row).collect()
}

/// Adds a row unless one with the same promise is there.
fn push(rows: &mut Vec<Row>, row: Row) {
    if !rows.iter().any(|other| other.promise == row.promise) {
        rows.push(row);
    }
}

/// Rows of several rules may have the same name: the second one is `NAME-2`, and so on.
fn number_equal_ids(rows: &mut [Row]) {
    for index in 1..rows.len() {
        let (before, rest) = rows.split_at_mut(index);
        let Some(row) = rest.first_mut() else { continue };
        let base = row.id.clone();
        let taken = |id: &str| before.iter().any(|row| row.id == id);
        let free = (2..).map(|number| format!("{base}-{number}")).find(|id| !taken(id));
        if taken(&base) {
            row.id = free.unwrap_or(base);
        }
    }
}

/// A text as a part of an id: lower-case words joined by `-` or `.`.
fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for byte in text.bytes() {
        let byte = byte.to_ascii_lowercase();
        let joint = slug.is_empty() || slug.ends_with(['-', '.']);
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => slug.push(char::from(byte)),
            b'.' if !joint => slug.push('.'),
            _ if !joint => slug.push('-'),
            _ => {}
        }
    }
    let slug = slug.trim_end_matches(['-', '.']);
    if slug.is_empty() { "value".to_owned() } else { slug.to_owned() }
}

fn with_values(names: Vec<String>) -> Vec<(String, String)> {
    names.into_iter().map(|name| (name.clone(), value_of(&name))).collect()
}

/// A value with which the header needs a preflight (Fetch §2.2.2 CORS-safelisted request-header).
pub(super) fn value_of(name: &str) -> String {
    match name {
        "content-type" => "application/json".to_owned(),
        "range" => "bytes=-5".to_owned(),
        "authorization" => "Bearer crosscheck".to_owned(),
        "accept" => format!("application/json{}", ", text/html;q=0.5".repeat(VALUE_LIMIT / 16)),
        "accept-language" | "content-language" => format!("en{}", ", de;q=0.5".repeat(VALUE_LIMIT / 8)),
        _ => "1".to_owned(),
    }
}
