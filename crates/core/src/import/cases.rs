//! From recorded requests to cases that expect what was recorded.

#[cfg(test)]
mod tests;

use base64::{Engine, engine::general_purpose::STANDARD};
use indexmap::IndexMap;
use url::Url;

use super::har::{Archive, Content, Entry};
use crate::{
    case::{
        escape,
        model::{
            Base64Body, BodySpec, Case, Credentials, Expect, Mode, OneOrMany, OutcomeName, PreflightDetail,
            PreflightExpect, RequestSpec, StatusClass, StatusExpect, Suite, Through,
        },
    },
    fetch::{cors_check, header::is_forbidden_request_header},
    message::{Field, plain_path},
    redaction::{Secrecy, secrecy, without_secrets},
};

/// The cases of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The case file.
    pub suite: Suite,
    /// The URL below which the requests of its cases lie.
    pub base: Url,
    /// What is left out because it looks like a secret: names of fields and query parameters.
    pub withheld: Vec<String>,
    /// How many CORS requests go elsewhere than below the base.
    pub elsewhere: usize,
    /// How many CORS requests cannot be cases: their content was not recorded, or their path leads out of the base.
    pub unusable: usize,
}

/// Why there are no cases.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotImported {
    /// No page made a request to another origin.
    #[error("no CORS request: every request was made to its page's own origin, or by no script")]
    NoCors,
    /// Requests to several origins.
    #[error("CORS requests to several endpoints: {}", .0.join(", "))]
    Several(Vec<String>),
    /// No CORS request lies below the base.
    #[error("no CORS request below {0}")]
    NoneBelow(String),
}

/// What a page asked for, with what is known of its preflight.
pub(super) struct Recorded<'a> {
    pub(super) entry: &'a Entry,
    preflight: Option<&'a Entry>,
}

/// Makes a case of each CORS request. `base`: the endpoint that the cases are for; needed where the requests go to
/// several origins.
///
/// # Errors
/// A recording without such requests.
pub fn cases(archive: &Archive, base: Option<&Url>, title: &str) -> Result<Imported, NotImported> {
    let recorded = recorded(&archive.entries);
    let base = match base {
        Some(base) => directory(base),
        None => only_origin(&recorded)?,
    };
    let mut imported = Imported {
        suite: Suite {
            schema: None,
            id: "recorded".to_owned(),
            title: escape(title),
            about: None,
            source: Vec::new(),
            cases: Vec::new(),
        },
        base: base.clone(),
        withheld: Vec::new(),
        elsewhere: 0,
        unusable: 0,
    };
    for one in &recorded {
        let Some(path) = below(&base, &one.entry.request.url) else {
            imported.elsewhere += 1;
            continue;
        };
        let sound = path.is_empty() || plain_path(&path).is_ok();
        if !sound || one.entry.content == Content::Missing {
            imported.unusable += 1;
            continue;
        }
        let case = case(one, &path, &mut imported.withheld);
        let cases = &mut imported.suite.cases;
        if !cases.iter().any(|other| other.requests == case.requests) {
            let id = free_id(cases, &case.id);
            cases.push(Case { id, ..case });
        }
    }
    if imported.suite.cases.is_empty() && imported.unusable == 0 {
        return Err(NotImported::NoneBelow(base.to_string()));
    }
    Ok(imported)
}

/// The CORS requests of scripts and elements, each with its preflight; preflights after which nothing was sent.
pub(super) fn recorded(entries: &[Entry]) -> Vec<Recorded<'_>> {
    let mut recorded: Vec<Recorded<'_>> = Vec::new();
    let mut preflights: Vec<&Entry> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.is_cross_origin()) {
        if entry.is_preflight() {
            preflights.push(entry);
        } else if entry.request.fields.text("sec-fetch-mode").as_deref() != Some("navigate") {
            let position = preflights.iter().position(|preflight| is_for(preflight, entry));
            recorded
                .push(Recorded { entry, preflight: position.map(|position| preflights.remove(position)) });
        }
    }
    // Chromium records the preflight behind the request that waits for it.
    for one in &mut recorded {
        if one.preflight.is_none() {
            let position = preflights.iter().position(|preflight| is_for(preflight, one.entry));
            one.preflight = position.map(|position| preflights.remove(position));
        }
    }
    recorded.extend(preflights.into_iter().map(|entry| Recorded { entry, preflight: Some(entry) }));
    recorded.sort_by_key(|one| one.entry.index);
    recorded
}

fn is_for(preflight: &Entry, actual: &Entry) -> bool {
    let method = preflight.request.fields.text("access-control-request-method");
    preflight.request.url == actual.request.url
        && preflight.origin == actual.origin
        && method.as_deref() == Some(actual.request.method.as_str())
}

pub(super) fn only_origin(recorded: &[Recorded<'_>]) -> Result<Url, NotImported> {
    let mut roots: Vec<Url> = Vec::new();
    for one in recorded {
        let mut root = one.entry.request.url.clone();
        root.set_path("/");
        root.set_query(None);
        root.set_fragment(None);
        // User and password are not part of an origin, and the error shows these URLs.
        let _ = root.set_username("").and_then(|()| root.set_password(None));
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    match roots.as_slice() {
        [] => Err(NotImported::NoCors),
        [root] => Ok(root.clone()),
        _ => Err(NotImported::Several(roots.iter().map(Url::to_string).collect())),
    }
}

/// The URL as the folder below which paths lie, as for the paths of cases.
pub(super) fn directory(url: &Url) -> Url {
    let mut directory = url.clone();
    directory.set_query(None);
    directory.set_fragment(None);
    if !directory.path().ends_with('/') {
        directory.set_path(&format!("{}/", url.path()));
    }
    directory
}

/// The path of a URL below the base; empty for the base itself.
pub(super) fn below(base: &Url, url: &Url) -> Option<String> {
    if url.origin() != base.origin() {
        return None;
    }
    let folder = base.path();
    let path = url.path();
    path.strip_prefix(folder).or((format!("{path}/") == folder).then_some("")).map(str::to_owned)
}

fn case(recorded: &Recorded<'_>, path: &str, withheld: &mut Vec<String>) -> Case {
    let entry = recorded.entry;
    let method = method_of(entry);
    let mut withhold = |name: &str| {
        if !withheld.iter().any(|other| other == name) {
            withheld.push(name.to_owned());
        }
    };
    let public = without_secrets(&entry.request.url);
    let query = match &public {
        Some((public, names)) => {
            names.iter().for_each(|name| withhold(name));
            public.query()
        }
        None => entry.request.url.query(),
    };
    let mode = match entry.request.fields.text("sec-fetch-mode").as_deref() {
        Some("no-cors") => Mode::NoCors,
        _ => Mode::Cors,
    };
    let request = RequestSpec {
        origin: entry.origin.as_ref().map(ToString::to_string),
        method: method.clone(),
        path: (!path.is_empty()).then(|| escape(path)),
        query: query.filter(|query| !query.is_empty()).map(escape),
        headers: headers(recorded, &mut withhold),
        body: body(entry),
        credentials: if with_credentials(entry) { Credentials::Include } else { Credentials::default() },
        mode,
        expect: expected(recorded, mode),
        ..RequestSpec::default()
    };
    let origin = request.origin.clone().unwrap_or_default();
    let outcome = match request.expect.outcome {
        Some(OneOrMany::One(OutcomeName::Blocked)) => "is kept from it",
        _ => "gets an answer",
    };
    let title = format!("A page of {origin} asks for {method} /{path} and {outcome}");
    Case {
        id: slug(&format!("{method} {path}")),
        title: escape(&title),
        about: None,
        kind: Default::default(),
        source: Vec::new(),
        given: None,
        requests: IndexMap::from([("page".to_owned(), request)]),
        order: Default::default(),
        through: vec![Through::None],
        each: Default::default(),
        promise: None,
        cause: None,
        embedded_only: false,
        declared_url: false,
    }
}

/// The method of the page's request, also where only its preflight was recorded.
fn method_of(entry: &Entry) -> String {
    let asked = entry.request.fields.text("access-control-request-method");
    asked.filter(|_| entry.is_preflight()).unwrap_or_else(|| entry.request.method.clone())
}

/// Fields that browsers add although scripts could set them.
const OF_BROWSERS: [&str; 9] = [
    "accept",
    "accept-language",
    "cache-control",
    "dnt",
    "pragma",
    "priority",
    "user-agent",
    "upgrade-insecure-requests",
    "x-client-data",
];

/// The headers that the script set: those that it may set and no browser adds, and of a preflight without a request
/// the names that it asks for.
fn headers(recorded: &Recorded<'_>, withhold: &mut impl FnMut(&str)) -> IndexMap<String, OneOrMany<String>> {
    let mut headers = IndexMap::new();
    let mut set = |name: &str, value: String| {
        let value = if secrecy(name, &value) == Secrecy::Plain {
            escape(&value)
        } else {
            withhold(name);
            "withheld".to_owned()
        };
        headers.insert(name.to_ascii_lowercase(), OneOrMany::One(value));
    };
    let asked =
        recorded.preflight.and_then(|entry| entry.request.fields.text("access-control-request-headers"));
    let asked: Vec<String> = asked
        .iter()
        .flat_map(|list| list.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .collect();
    let scripted = |field: &&Field| {
        let name = field.name.to_ascii_lowercase();
        let own = asked.contains(&name) || !OF_BROWSERS.contains(&name.as_str()) && !name.starts_with("sec-");
        own && !is_forbidden_request_header(&name, &field.value)
    };
    if recorded.entry.is_preflight() {
        for name in &asked {
            let value = match name.as_str() {
                "content-type" => "application/json",
                "range" => "bytes=-5",
                _ => "1",
            };
            set(name, value.to_owned());
        }
    } else {
        for field in recorded.entry.request.fields.iter().filter(scripted) {
            // What a string as the body sets by itself.
            let by_body = field.is("content-type") && field.value == "text/plain;charset=UTF-8";
            if !by_body {
                set(&field.name, field.text());
            }
        }
    }
    headers
}

fn body(entry: &Entry) -> Option<BodySpec> {
    if entry.content != Content::Recorded {
        return None;
    }
    Some(match std::str::from_utf8(&entry.request.body) {
        Ok(text) => BodySpec::Text(escape(text)),
        Err(_) => BodySpec::Base64(Base64Body { base64: STANDARD.encode(&entry.request.body) }),
    })
}

/// Whether the request included credentials: a cookie was sent, or the answer was one for credentials. Browsers leave
/// cookies out of what they save, unless they are told otherwise.
fn with_credentials(entry: &Entry) -> bool {
    let granted = entry.response.as_ref().is_some_and(|response| {
        let text = |name: &str| response.fields.text(name);
        text("access-control-allow-credentials").as_deref() == Some("true")
            && text("access-control-allow-origin").is_some_and(|origin| origin != "*")
    });
    entry.request.fields.contains("cookie") || granted
}

/// What happened, as an expectation.
fn expected(recorded: &Recorded<'_>, mode: Mode) -> Expect {
    let entry = recorded.entry;
    let origin = entry.origin.as_ref().map(ToString::to_string).unwrap_or_default();
    let passed = !entry.is_preflight() && entry.error.is_none();
    let answer = entry.response.as_ref().filter(|_| passed);
    let (outcome, status) = match (answer, mode) {
        (Some(_), Mode::NoCors) => (OutcomeName::Opaque, None),
        (Some(answer), _) if cors_check(&origin, with_credentials(entry), answer).is_ok() => {
            (OutcomeName::Allowed, Some(OneOrMany::One(answer.status)))
        }
        _ => (OutcomeName::Blocked, None),
    };
    let preflighted = recorded.preflight.and_then(|preflight| preflight.response.as_ref());
    let preflight = preflighted.filter(|answer| (200..300).contains(&answer.status)).map(|_| {
        let status = Some(StatusExpect::Class(StatusClass::Successful));
        PreflightExpect::Detail(PreflightDetail { status, ..PreflightDetail::default() })
    });
    // A preflight that the browser had in its cache was not recorded: nothing is expected of it then.
    Expect { outcome: Some(OneOrMany::One(outcome)), status, preflight, ..Expect::default() }
}

/// An id that no case has yet.
fn free_id(cases: &[Case], id: &str) -> String {
    let taken = |id: &str| cases.iter().any(|case| case.id == id);
    if !taken(id) {
        return id.to_owned();
    }
    (2..).map(|number| format!("{id}-{number}")).find(|id| !taken(id)).unwrap_or_else(|| id.to_owned())
}

/// How long an id is made of a path.
const ID_LENGTH: usize = 60;

/// A text as an id: lower-case words joined by `-`.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for byte in text.bytes().map(|byte| byte.to_ascii_lowercase()) {
        if byte.is_ascii_alphanumeric() {
            slug.push(char::from(byte));
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == ID_LENGTH {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "request".to_owned() } else { slug.to_owned() }
}
