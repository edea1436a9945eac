mod possible;
mod tokens;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use crosscheck_core::{
    fetch::{header::is_value, method},
    message::is_token,
    policy::Policy,
    redaction::{HIDDEN, Secrecy, secrecy},
    verdict::KnownIssue,
};
use url::Url;

use super::{
    BucketSettings, Capabilities, Dialect, EMBEDDED, EndpointError, Header, Layer, MachineProxies, OneRule,
    Problem, Provenance, Setting, Settings, SignatureVersion, belonging, check_origin, expand,
    looks_like_credential,
};
use crate::{
    provision::{Environment, find_credentials, find_region},
    transport::{Proxy, ResolveOverride},
};

const REQUEST: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
const PROPAGATION: Duration = Duration::from_secs(30);
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
        url: url(layers, &mut problems),
        bucket: bucket(layers, dialect.value, lookup, &mut problems),
        dialect,
        one_rule: one_rule_sources(layers),
        policy: policy(layers, &mut problems),
        credentials: credentials(layers),
        roles: roles(layers),
        headers: headers(layers, "headers", |layer| &layer.headers, lookup, &mut problems),
        preflight_headers: headers(
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
    for (index, rule) in policy.rules.iter().enumerate() {
        for (number, origin) in rule.allowed_origins.iter().enumerate() {
            if let Err(fault) = check_origin(origin) {
                let (index, number) = (index.to_string(), number.to_string());
                let full = ["policy", "rules", &index, "allowed_origins", &number];
                let short = ["allowed_origins", &number];
                let at: &[&str] = if layer.policy.is_some() { &full } else { &short };
                problems.add(*from, at, EndpointError::Origin { text: origin.clone(), fault });
            }
        }
    }
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
fn normalized(mut policy: Policy) -> Policy {
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

fn roles(layers: Layers<'_>) -> BTreeMap<String, Setting<String>> {
    let mut roles = BTreeMap::new();
    for (from, layer) in layers {
        for (name, value) in &layer.roles {
            roles.entry(name.clone()).or_insert_with(|| Setting { value: value.clone(), from: *from });
        }
    }
    roles
}

fn headers(
    layers: Layers<'_>,
    setting: &str,
    of: impl Fn(&Layer) -> &[(String, String)],
    lookup: &dyn Fn(&str) -> Option<String>,
    problems: &mut Problems,
) -> Vec<Setting<Header>> {
    let mut headers: Vec<Setting<Header>> = Vec::new();
    let typed = layers.iter().filter(|(from, _)| *from == Provenance::Flag);
    let allowed: Vec<&str> =
        typed.flat_map(|(_, layer)| layer.allow_env.iter().map(String::as_str)).collect();
    for (from, layer) in layers {
        // Lines of one name within a layer belong together; a stronger layer replaces them all.
        let taken: Vec<String> =
            headers.iter().map(|header| header.value.name.to_ascii_lowercase()).collect();
        for (name, text) in of(layer) {
            if taken.contains(&name.to_ascii_lowercase()) {
                continue;
            }
            match header(name, text, &allowed, lookup) {
                Ok(value) => headers.push(Setting { value, from: *from }),
                Err(error) => problems.add(*from, &[setting, name], error),
            }
        }
    }
    headers
}

fn header(
    name: &str,
    text: &str,
    allowed: &[&str],
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Header, EndpointError> {
    let refused = |why| EndpointError::Header { name: first_word(name), why };
    if !is_token(name.as_bytes()) {
        return Err(refused(NO_TOKEN));
    }
    let unfilled = |error| EndpointError::Variable { header: name.to_owned(), error };
    // Which variables are named is known before any is read.
    let (_, names) = expand(text, &|_| Some(String::new())).map_err(unfilled)?;
    let guarded =
        names.iter().find(|named| looks_like_credential(named) && !allowed.contains(&named.as_str()));
    if let Some(guarded) = guarded {
        return Err(EndpointError::Credential { header: name.to_owned(), name: guarded.clone() });
    }
    let (value, names) = expand(text, lookup).map_err(unfilled)?;
    if value.chars().any(|c| c != '\t' && c < ' ') {
        return Err(refused("its value contains a control character"));
    }
    let variables: Vec<(String, String)> =
        names.into_iter().filter_map(|name| lookup(&name).map(|value| (name, value))).collect();
    let secrecy = match secrecy(name, &value) {
        // What is not written down is not meant to be read.
        Secrecy::Plain if !variables.is_empty() => Secrecy::InItsField,
        secrecy => secrecy,
    };
    Ok(Header { name: name.to_owned(), value, secrecy, template: text.to_owned(), variables })
}

const NO_TOKEN: &str = "its name is not a token: expected letters, digits or !#$%&'*+-.^_`|~";

/// Splits `Name: value` as it stands on a command line.
///
/// # Errors
/// A text without a colon, a name that is not a token, a value that does not fit on a line.
pub fn parse_header(text: &str) -> Result<(String, String), EndpointError> {
    let refused = |name: &str, why| Err(EndpointError::Header { name: first_word(name), why });
    let Some((name, value)) = text.split_once(':') else {
        return refused(text, "it is not of the form `Name: value`");
    };
    let (name, value) = (name.trim(), value.trim());
    if !is_token(name.as_bytes()) {
        return refused(name, NO_TOKEN);
    }
    if !is_value(value.as_bytes()) {
        return refused(name, "its value contains a line break or NUL");
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// The first word of what should have been a name: behind it may be a secret.
fn first_word(text: &str) -> String {
    match text.trim().split_once(char::is_whitespace) {
        Some((first, _)) => format!("{first} {HIDDEN}"),
        None => text.to_owned(),
    }
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

/// The bucket behind the endpoint. What nobody said of it is looked for where the vendor's own tools
/// look.
fn bucket(
    layers: Layers<'_>,
    dialect: Dialect,
    lookup: Environment<'_>,
    problems: &mut Problems,
) -> BucketSettings {
    let text = |get: fn(&Layer) -> Option<&String>| match first(layers, get) {
        Some((from, text)) => Setting { value: Some(text.clone()), from },
        None => Setting { value: None, from: Provenance::Default },
    };
    let key_profile = text(|layer| layer.key_profile.as_ref());
    let mut region = text(|layer| layer.region.as_ref());
    if let (None, Some(rules)) = (&region.value, dialect.rules())
        && let Some(found) = find_region(rules, key_profile.value.as_deref(), lookup)
    {
        region = Setting { value: Some(found), from: Provenance::Vendor };
    }
    let signature = strongest(layers, |layer| layer.signature.map(Some));
    if let Some(version) = signature.value {
        let unfit = matches!(
            (dialect, version),
            (Dialect::Oss, SignatureVersion::V2) | (Dialect::S3, SignatureVersion::V1)
        );
        if unfit {
            let error = EndpointError::Signature(version.name().to_owned());
            problems.add(signature.from, &["bucket", "signature"], error);
        }
    }
    let lease_dir = match first(layers, |layer| layer.lease_dir.as_ref()) {
        Some((from, path)) => Setting { value: path.clone(), from },
        None => Setting { value: state_dir(lookup).join("leases"), from: Provenance::Default },
    };
    let lease_wait = match first(layers, |layer| layer.lease_wait_ms) {
        Some((from, millis)) => Setting { value: Duration::from_millis(millis), from },
        None => Setting { value: Duration::ZERO, from: Provenance::Default },
    };
    BucketSettings {
        name: text(|layer| layer.bucket.as_ref()),
        region,
        signature,
        credentials: dialect
            .rules()
            .map(|rules| find_credentials(rules, key_profile.value.as_deref(), lookup)),
        key_profile,
        object_acl: text(|layer| layer.object_acl.as_ref()),
        lease_dir,
        state_dir: state_dir(lookup),
        lease_wait,
        propagation_timeout: timeout(
            layers,
            "propagation_ms",
            PROPAGATION,
            |layer| layer.propagation_ms,
            problems,
        ),
    }
}

/// Where programs keep what must outlive them; where that is not known, here.
fn state_dir(lookup: Environment<'_>) -> PathBuf {
    let state = lookup("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|| lookup("HOME").map(|home| PathBuf::from(home).join(".local/state")));
    state.map_or_else(|| PathBuf::from(".crosscheck"), |state| state.join("crosscheck"))
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
