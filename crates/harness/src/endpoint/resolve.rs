mod bucket;
pub(super) mod headers;
pub(super) mod possible;
mod tokens;

pub use headers::parse_header;

use std::{collections::BTreeMap, time::Duration};

use bucket::bucket;

use crosscheck_core::{fetch::method, policy::Policy, verdict::KnownIssue};
use url::Url;

use super::{
    Capabilities, Dialect, EMBEDDED, EndpointError, Layer, MachineProxies, OneRule, Problem, Provenance,
    ResolvedOperation, Setting, Settings, belonging, check_origin, operations,
};
use crate::{
    provision::is_of_vendor,
    transport::{Proxy, ResolveOverride},
};

const REQUEST: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(600);
const CONCURRENCY: usize = 8;
const FRESH_QUERY: &str = "crosscheck";

/// Merges what the sources say; an earlier layer wins over a later one. Lists win as a whole,
/// but for roles, headers and `resolve`, which win one by one. `lookup` reads the environment for
/// references in headers. What a target file says of its own endpoint is left out where another
/// one is used.
///
/// # Errors
/// Everything that is wrong, with who said it.
pub fn resolve(
    layers: &[(Provenance, Layer)],
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Settings, Vec<Problem>> {
    let mut problems = Problems(Vec::new());
    let (layers, left_out) = belonging::confined(layers, &mut problems);
    let layers = layers.as_slice();
    let dialect = strongest(layers, |layer| layer.dialect);
    tokens::check(layers, &mut problems);
    let settings = Settings {
        operations: operations(layers, dialect.value, lookup, &mut problems),
        url: url(layers, &mut problems),
        bucket: bucket(layers, dialect.value, lookup, &mut problems),
        dialect,
        one_rule: one_rule_sources(layers),
        policy: policy(layers, &mut problems),
        credentials: credentials(layers),
        roles: roles(layers),
        headers: headers::headers(layers, "headers", |layer| &layer.headers, lookup, &mut problems),
        preflight_headers: headers::headers(
            layers,
            "preflight_headers",
            |layer| &layer.preflight_headers,
            lookup,
            &mut problems,
        ),
        ca_file: match first(layers, |layer| layer.ca_file.as_ref()) {
            Some((from, path)) => Setting { value: Some(path.clone()), from },
            None => Setting { value: None, from: Provenance::Default },
        },
        insecure: match first(layers, |layer| layer.insecure) {
            Some((from, value)) => Setting { value, from },
            None => Setting { value: false, from: Provenance::Default },
        },
        proxy: proxy(layers, &mut problems),
        machine_proxies: MachineProxies::of(lookup),
        resolve: overrides(layers, &mut problems),
        request_timeout: timeout(layers, "request_ms", REQUEST, |layer| layer.request_ms, &mut problems),
        total_timeout: timeout(layers, "total_ms", TOTAL, |layer| layer.total_ms, &mut problems),
        connect_timeout: timeout(layers, "connect_ms", CONNECT, |layer| layer.connect_ms, &mut problems),
        follow_private: strongest(layers, |layer| layer.follow_private),
        concurrency: concurrency(layers, &mut problems),
        rate: rate(layers, &mut problems),
        fresh_query: fresh_query(layers, &mut problems),
        profile: strongest(layers, |layer| layer.profile),
        bare: strongest(layers, |layer| layer.bare),
        known_issues: known_issues(layers, &mut problems),
        capabilities: capabilities(layers, &mut problems),
        left_out,
    };
    if problems.0.is_empty() { Ok(settings) } else { Err(problems.0) }
}

pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, from: Provenance, at: &[&str], error: EndpointError) {
        self.0.push(Problem { error, from, at: at.iter().map(|step| (*step).to_owned()).collect() });
    }
}

pub(super) type Layers<'a> = &'a [(Provenance, Layer)];

/// The strongest that says something.
pub(super) fn first<'a, T>(
    layers: Layers<'a>,
    get: impl Fn(&'a Layer) -> Option<T>,
) -> Option<(Provenance, T)> {
    layers.iter().find_map(|(from, layer)| Some((*from, get(layer)?)))
}

fn url(layers: Layers<'_>, problems: &mut Problems) -> Setting<Option<Url>> {
    let Some((from, text)) = first(layers, |layer| layer.url.as_ref()) else {
        return Setting { value: None, from: Provenance::Default };
    };
    if text == EMBEDDED {
        if !cfg!(feature = "store") {
            problems.add(from, &["url"], EndpointError::NoStore);
        }
        return Setting { value: None, from };
    }
    match endpoint_url(text) {
        Ok(url) => Setting { value: Some(url), from },
        Err(error) => {
            problems.add(from, &["url"], error);
            Setting { value: None, from }
        }
    }
}

/// An absolute http(s) URL without user name, password and fragment.
pub(super) fn endpoint_url(text: &str) -> Result<Url, EndpointError> {
    let http = |url: &Url| matches!(url.scheme(), "http" | "https");
    let corrected = || {
        let secure = if text.starts_with("localhost") || text.starts_with("127.") { "http" } else { "https" };
        let meant = format!("{secure}://{text}");
        let bare = !text.contains("://") && !text.starts_with('/');
        Url::parse(&meant).ok().filter(|_| bare).map(|url| url.to_string())
    };
    let mut url = match Url::parse(text) {
        Ok(url) if http(&url) => url,
        Ok(_) => return Err(EndpointError::UrlScheme { text: text.to_owned(), corrected: corrected() }),
        Err(error) => {
            let why = error.to_string();
            return Err(EndpointError::Url { text: text.to_owned(), why, corrected: corrected() });
        }
    };
    if !url.username().is_empty() || url.password().is_some() {
        // An http(s) URL can always lose them.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        return Err(EndpointError::UrlUserinfo { corrected: url.to_string() });
    }
    if url.fragment().is_some() {
        url.set_fragment(None);
        return Err(EndpointError::UrlFragment { text: text.to_owned(), corrected: url.to_string() });
    }
    Ok(url)
}

/// The strongest value, or the default.
fn strongest<T: Copy + Default>(layers: Layers<'_>, get: impl Fn(&Layer) -> Option<T>) -> Setting<T> {
    match first(layers, get) {
        Some((from, value)) => Setting { value, from },
        None => Setting { value: T::default(), from: Provenance::Default },
    }
}

/// The rules of the strongest layer that gives rules or origins. Where those are origins, the rest
/// of the one rule comes from whoever says it first.
fn policy(layers: Layers<'_>, problems: &mut Problems) -> Setting<Option<Policy>> {
    let given = layers
        .iter()
        .position(|(_, layer)| layer.policy.is_some() || layer.allowed_origins.is_some())
        .and_then(|index| Some((index, layers.get(index)?)));
    // What stands above the rules, or beside them, can only speak of origins.
    let above = given.as_ref().map_or(layers.len(), |(index, _)| index + 1);
    let spoken = layers.iter().take(above).find_map(|(from, layer)| Some((*from, shorthand(layer)?)));
    let Some((_, (from, layer))) = given else {
        if let Some((from, name)) = spoken {
            problems.add(from, &[name], EndpointError::ShorthandWithoutOrigins(name));
        }
        return Setting { value: None, from: Provenance::Default };
    };
    let policy = match &layer.policy {
        Some(policy) => {
            if let Some((from, name)) = spoken {
                problems.add(from, &[name], EndpointError::ShorthandBesidePolicy(name));
            }
            normalized(policy.clone())
        }
        None => one_rule(layers),
    };
    possible::check(layers, &policy, (*from, layer), problems);
    Setting { value: Some(policy), from: *from }
}

/// What the layer that declares the rules declares about credentials.
fn credentials(layers: Layers<'_>) -> Option<bool> {
    let whole = first(layers, |layer| layer.policy.as_ref());
    let stated = first(layers, |layer| layer.allow_credentials).map(|(_, allowed)| allowed);
    stated.or_else(|| whole.and_then(|(_, policy)| policy.allow_credentials.then_some(true)))
}

/// The first setting of a layer that speaks of the one rule.
fn shorthand(layer: &Layer) -> Option<&'static str> {
    [
        ("allowed_origins", layer.allowed_origins.is_some()),
        ("allowed_methods", layer.allowed_methods.is_some()),
        ("allowed_headers", layer.allowed_headers.is_some()),
        ("expose_headers", layer.expose_headers.is_some()),
        ("max_age_seconds", layer.max_age_seconds.is_some()),
        ("allow_credentials", layer.allow_credentials.is_some()),
    ]
    .into_iter()
    .find_map(|(name, there)| there.then_some(name))
}

/// The same with its methods as browsers send them (Fetch §2.2.1 Methods): `put` is PUT.
pub(super) fn normalized(mut policy: Policy) -> Policy {
    for method in policy.rules.iter_mut().flat_map(|rule| &mut rule.allowed_methods) {
        *method = method::normalize(method);
    }
    policy
}

fn one_rule(layers: Layers<'_>) -> Policy {
    let list = |get: fn(&Layer) -> Option<&Vec<String>>| first(layers, get).map(|(_, list)| list.clone());
    let mut policy = Policy::from_origins(list(|layer| layer.allowed_origins.as_ref()).unwrap_or_default());
    if let Some(methods) = list(|layer| layer.allowed_methods.as_ref()) {
        policy = policy.with_methods(methods);
    } else if let Some((_, listed)) =
        first(layers, |layer| Some(&layer.operations.listed).filter(|listed| !listed.is_empty()))
    {
        // What is listed is what is meant to be allowed.
        policy = policy.with_methods(operations::methods(listed));
    }
    if let Some(headers) = list(|layer| layer.allowed_headers.as_ref()) {
        policy = policy.with_headers(headers);
    }
    if let Some(headers) = list(|layer| layer.expose_headers.as_ref()) {
        policy = policy.with_exposed(headers);
    }
    if let Some((_, seconds)) = first(layers, |layer| layer.max_age_seconds) {
        policy = policy.with_max_age(seconds);
    }
    let credentials = first(layers, |layer| layer.allow_credentials).is_some_and(|(_, allowed)| allowed);
    normalized(policy.with_credentials(credentials))
}

/// The sources of the fields of the one rule; none where no layer declares origins, or where the whole
/// `policy` is declared.
fn one_rule_sources(layers: Layers<'_>) -> Option<OneRule> {
    let declared = layers.iter().find(|(_, layer)| layer.policy.is_some() || layer.allowed_origins.is_some());
    declared.filter(|(_, layer)| layer.policy.is_none())?;
    let source = |is_set: fn(&Layer) -> bool| {
        let strongest = layers.iter().find(|(_, layer)| is_set(layer));
        strongest.map_or(Provenance::Default, |(from, _)| *from)
    };
    Some(OneRule {
        methods: source(|layer| layer.allowed_methods.is_some()),
        headers: source(|layer| layer.allowed_headers.is_some()),
        exposed: source(|layer| layer.expose_headers.is_some()),
        max_age: source(|layer| layer.max_age_seconds.is_some()),
        credentials: source(|layer| layer.allow_credentials.is_some()),
    })
}

/// The operations of the strongest source that lists any.
fn operations(
    layers: Layers<'_>,
    dialect: Dialect,
    lookup: &dyn Fn(&str) -> Option<String>,
    problems: &mut Problems,
) -> Setting<Vec<ResolvedOperation>> {
    let listed = first(layers, |layer| Some(&layer.operations).filter(|it| !it.listed.is_empty()));
    let Some((from, listed)) = listed else {
        return Setting { value: Vec::new(), from: Provenance::Default };
    };
    let url = first(layers, |layer| layer.url.as_ref()).and_then(|(_, text)| endpoint_url(text).ok());
    let Some(url) = url else {
        problems.add(from, &["operations"], EndpointError::NeedsUrl("operations"));
        return Setting { value: Vec::new(), from };
    };
    let bucket = dialect.rules().is_some() || is_of_vendor(&url);
    let allowed_env = headers::allowed_env(layers);
    let within = operations::Within { from, url: &url, dialect, bucket, allowed_env: &allowed_env, lookup };
    Setting { value: operations::resolve(listed, &within, problems), from }
}

fn roles(layers: Layers<'_>) -> BTreeMap<String, Setting<String>> {
    let mut roles = BTreeMap::new();
    for (from, layer) in layers {
        for (name, value) in &layer.roles {
            roles.entry(name.clone()).or_insert_with(|| Setting { value: value.clone(), from: *from });
        }
    }
    roles
}

fn proxy(layers: Layers<'_>, problems: &mut Problems) -> Setting<Option<Proxy>> {
    let Some((from, text)) = first(layers, |layer| layer.proxy.as_ref()) else {
        return Setting { value: None, from: Provenance::Default };
    };
    match text.parse() {
        Ok(value) => Setting { value: Some(value), from },
        Err(error) => {
            problems.add(from, &["proxy"], EndpointError::Proxy(error));
            Setting { value: None, from }
        }
    }
}

fn overrides(layers: Layers<'_>, problems: &mut Problems) -> Vec<Setting<ResolveOverride>> {
    let mut overrides = Vec::new();
    for (from, layer) in layers {
        for (number, text) in layer.resolve.iter().enumerate() {
            match text.parse() {
                Ok(value) => overrides.push(Setting { value, from: *from }),
                Err(error) => {
                    problems.add(*from, &["resolve", &number.to_string()], EndpointError::Resolve(error))
                }
            }
        }
    }
    overrides
}

fn known_issues(layers: Layers<'_>, problems: &mut Problems) -> Vec<KnownIssue> {
    for (from, layer) in layers {
        for (index, issue) in layer.known_issues.iter().enumerate() {
            if let Err(error) = issue.check() {
                let at = ["known_issues", &index.to_string(), "id"];
                problems.add(*from, &at, EndpointError::KnownIssue(error.message));
            }
        }
    }
    layers.iter().flat_map(|(_, layer)| layer.known_issues.clone()).collect()
}

fn timeout(
    layers: Layers<'_>,
    name: &'static str,
    default: Duration,
    get: impl Fn(&Layer) -> Option<u64>,
    problems: &mut Problems,
) -> Setting<Duration> {
    match first(layers, get) {
        None => Setting { value: default, from: Provenance::Default },
        Some((from, millis)) => {
            if millis == 0 {
                problems.add(from, &["timeouts", name], EndpointError::Zero(name));
            }
            Setting { value: Duration::from_millis(millis), from }
        }
    }
}

fn concurrency(layers: Layers<'_>, problems: &mut Problems) -> Setting<usize> {
    match first(layers, |layer| layer.concurrency) {
        None => Setting { value: CONCURRENCY, from: Provenance::Default },
        Some((from, value)) => {
            if value == 0 {
                problems.add(from, &["concurrency"], EndpointError::Zero("concurrency"));
            }
            Setting { value, from }
        }
    }
}

fn rate(layers: Layers<'_>, problems: &mut Problems) -> Setting<Option<u32>> {
    let rate = strongest(layers, |layer| layer.rate.map(Some));
    if rate.value == Some(0) {
        problems.add(rate.from, &["rate"], EndpointError::Zero("rate"));
    }
    rate
}

fn fresh_query(layers: Layers<'_>, problems: &mut Problems) -> Setting<String> {
    let Some((from, name)) = first(layers, |layer| layer.fresh_query.as_ref()) else {
        return Setting { value: FRESH_QUERY.to_owned(), from: Provenance::Default };
    };
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        problems.add(from, &["fresh_query"], EndpointError::FreshQuery(name.clone()));
    }
    Setting { value: name.clone(), from }
}

/// Each capability from whoever speaks of it first.
fn capabilities(layers: Layers<'_>, problems: &mut Problems) -> Setting<Capabilities> {
    let all: Vec<&Capabilities> = layers.iter().map(|(_, layer)| &layer.capabilities).collect();
    let value = Capabilities {
        set_rules: all.iter().find_map(|given| given.set_rules),
        put_objects: all.iter().find_map(|given| given.put_objects),
        dictate_answers: all.iter().find_map(|given| given.dictate_answers),
        methods: permitted_methods(layers, problems),
    };
    let strongest = layers.iter().find(|(_, layer)| layer.capabilities != Capabilities::default());
    Setting { value, from: strongest.map_or(Provenance::Default, |(from, _)| *from) }
}

/// The methods that may be sent: as they are written, and as browsers send them, so that `put` is PUT, too.
/// `patch`, which no browser changes and no server knows, is probably not meant.
fn permitted_methods(layers: Layers<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let (from, written) = first(layers, |layer| layer.capabilities.methods.as_ref())?;
    for (index, text) in written.iter().enumerate() {
        let corrected = possible::corrected_method(text);
        if !method::is_method(text) || corrected.is_some() {
            let error = EndpointError::Method { text: text.clone(), corrected };
            problems.add(from, &["capabilities", "methods", &index.to_string()], error);
        }
    }
    let mut methods = Vec::new();
    for method in written.iter().flat_map(|text| [text.clone(), method::normalize(text)]) {
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    Some(methods)
}
