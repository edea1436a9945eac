//! From flags, the environment and the target file to an endpoint: flag over environment over file over default.

use std::{
    env,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::{
    Listener,
    environment::{self as variables, Variable, variable},
};
use crate::{
    diagnostic::Diagnostic,
    document::Tree,
    endpoint::{
        self, Capabilities, Dialect, EndpointError, Fault, Layer, ParsedFile, Provenance, Settings,
        SignatureVersion,
    },
    fetch::Profile,
};

/// What flags, or the code of a test, say of an endpoint.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) layer: Layer,
    pub(crate) config: Option<PathBuf>,
    pub(crate) fault: Option<Fault>,
    /// What is wrong with it.
    pub(crate) problems: Vec<Diagnostic>,
}

/// What is to be judged, as far as it is known before anything is sent.
pub(crate) struct Resolved {
    pub(crate) settings: Settings,
    pub(crate) fault: Option<Fault>,
    /// The target file, where there is one.
    pub(crate) file: Option<PathBuf>,
    /// Where it says what.
    pub(crate) tree: Option<Tree>,
}

/// What a command does where no source names an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unnamed {
    /// It is an input error: a run that judged nothing of the user's is not green.
    Refuse,
    /// The embedded reference store is tested, unless something was said of an endpoint.
    Embedded,
    /// The command can do without one, or says itself what it lacks.
    Accept,
}

/// Resolves the configuration. Says which target file was found, and what of it is not used.
pub(crate) fn resolve(
    given: Given,
    unnamed: Unnamed,
    listener: &impl Listener,
) -> Result<Resolved, Vec<Diagnostic>> {
    let Given { layer, config, fault, mut problems } = given;
    let (path, ignored) = target_file(config, listener);
    let file = path.as_deref().map(endpoint::read).transpose()?;
    let environment = environment(&mut problems);
    let fault = match fault {
        Some(fault) => Some(fault),
        None => parsed(&variables::FAULT, &mut problems),
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut layers = vec![(Provenance::Flag, layer), (Provenance::Environment, environment)];
    if let Some(file) = &file {
        layers.push((Provenance::File, file.layer()));
    }
    let named = layers.iter().any(|(_, layer)| layer.url.is_some());
    let settings = endpoint::resolve(&layers, &variable).map_err(|problems| {
        let tree = file.as_ref().map(|file: &ParsedFile| &file.tree);
        problems.iter().map(|problem| diagnostic(problem, tree)).collect::<Vec<_>>()
    })?;
    if let (Some(left_out), Some(path)) = (&settings.left_out, &path) {
        listener.note(&format!("{}: {left_out}", path.display()));
    }
    listener.hide(settings.redactor());
    if settings.insecure.value && settings.url.value.is_some() {
        listener.note(&format!(
            "TLS certificates are not verified: --insecure or `tls.insecure` is set by {}",
            settings.insecure.from
        ));
    }
    if !named {
        // An empty variable, a target file or rules show that an endpoint was meant.
        let meant =
            variables::TARGET.is_present() || path.is_some() || ignored || settings.policy.value.is_some();
        match unnamed {
            Unnamed::Accept => {}
            Unnamed::Embedded if !meant && cfg!(feature = "store") => {
                listener.note("no endpoint is named: testing the embedded reference store");
            }
            Unnamed::Refuse | Unnamed::Embedded => return Err(vec![no_endpoint(path.as_deref(), fault)]),
        }
    }
    match (&settings.url.value, fault) {
        (Some(url), Some(_)) => {
            let message = format!("a fault is something of the embedded reference store, not of {url}");
            Err(vec![
                Diagnostic::error("endpoint.fault", message)
                    .help("leave out --fault, or use --target embedded"),
            ])
        }
        (None, _) if named && is_typed(&settings) => {
            let message = "the embedded reference store has CORS rules of its own";
            Err(vec![
                Diagnostic::error("endpoint.embedded-policy", message)
                    .help(format!("the declared rules come from {}: leave them out", settings.policy.from))
                    .help("to test another endpoint, name its URL with --target"),
            ])
        }
        _ => Ok(Resolved { settings, fault, file: path, tree: file.map(|file| file.tree) }),
    }
}

/// Whether rules were given for this run rather than for whatever a file is used with.
fn is_typed(settings: &Settings) -> bool {
    settings.policy.value.is_some()
        && matches!(settings.policy.from, Provenance::Flag | Provenance::Environment)
}

/// The target file to use, and whether one was passed over. A file that was not typed is named.
fn target_file(given: Option<PathBuf>, listener: &impl Listener) -> (Option<PathBuf>, bool) {
    if let Some(path) = given {
        return (Some(path), false);
    }
    let (file, ignored) = match variables::CONFIG.value() {
        Some(path) => (Some(PathBuf::from(path)), false),
        None => {
            let Ok(here) = env::current_dir() else { return (None, false) };
            let home = variable("HOME").map(PathBuf::from);
            let users = endpoint::own_users(variable("SUDO_UID").as_deref());
            let search = endpoint::find(&here, home.as_deref(), &users);
            for ignored in &search.ignored {
                listener.note(&format!("{ignored}; --config {} uses it", ignored.path.display()));
            }
            (search.file, !search.ignored.is_empty())
        }
    };
    if let Some(path) = &file {
        listener.note(&format!("using target file {}", path.display()));
    }
    (file, ignored)
}

fn no_endpoint(file: Option<&Path>, fault: Option<Fault>) -> Diagnostic {
    let message = match file {
        Some(path) => format!("no endpoint: neither a flag nor {} names the endpoint", path.display()),
        None => "no endpoint: the endpoint to test is not named".to_owned(),
    };
    let diagnostic = Diagnostic::error("endpoint.missing", message);
    if fault.is_some() {
        return diagnostic
            .help("a fault is a defect of the embedded reference store: add `--target embedded`");
    }
    let diagnostic = diagnostic.help(format!(
        "name it with --target URL, {}, or `url` in {}",
        variables::TARGET.name,
        endpoint::FILE_NAME
    ));
    if cfg!(feature = "store") {
        diagnostic.help("`--target embedded` tests the embedded reference store")
    } else {
        diagnostic
    }
}

/// How a setting is spelled on the command line and in the environment.
const SPELLINGS: [(&str, &str, &str); 14] = [
    ("url", "--target", "CROSSCHECK_TARGET"),
    ("dialect", "--dialect", "CROSSCHECK_DIALECT"),
    ("allowed_origins", "--allowed-origin", "CROSSCHECK_ALLOWED_ORIGINS"),
    ("allowed_methods", "--allowed-method", "CROSSCHECK_ALLOWED_METHODS"),
    ("allowed_headers", "--allowed-header", "CROSSCHECK_ALLOWED_HEADERS"),
    ("expose_headers", "--expose-header", "CROSSCHECK_EXPOSE_HEADERS"),
    ("roles", "--role", ""),
    ("headers", "--header", ""),
    ("resolve", "--resolve", ""),
    ("proxy", "--proxy", "CROSSCHECK_PROXY"),
    ("concurrency", "--jobs", "CROSSCHECK_JOBS"),
    ("rate", "--rate", "CROSSCHECK_RATE"),
    ("fresh_query", "--fresh-query", "CROSSCHECK_FRESH_QUERY"),
    ("profile", "--profile", "CROSSCHECK_PROFILE"),
];

/// A problem as it is told, with the flag or variable that it comes from.
pub(crate) fn diagnostic(problem: &endpoint::Problem, file: Option<&Tree>) -> Diagnostic {
    let diagnostic = problem.diagnostic(file);
    let setting = problem.at.first().map(String::as_str).unwrap_or_default();
    let Some((_, flag, variable)) = SPELLINGS.iter().find(|(name, ..)| *name == setting) else {
        return diagnostic;
    };
    match problem.from {
        Provenance::Flag => diagnostic.help(format!("correct {flag}")),
        Provenance::Environment if !variable.is_empty() => diagnostic.help(format!("correct {variable}")),
        _ => diagnostic,
    }
}

pub(crate) fn dialect(
    text: Option<&str>,
    from: Provenance,
    problems: &mut Vec<Diagnostic>,
) -> Option<Dialect> {
    named(text?, Dialect::named, (&["dialect"], EndpointError::Dialect), from, problems)
}

pub(crate) fn signature(
    text: Option<&str>,
    from: Provenance,
    problems: &mut Vec<Diagnostic>,
) -> Option<SignatureVersion> {
    let at = (&["bucket", "signature"][..], EndpointError::Signature as fn(String) -> EndpointError);
    named(text?, SignatureVersion::named, at, from, problems)
}

pub(crate) fn profile(
    text: Option<&str>,
    from: Provenance,
    problems: &mut Vec<Diagnostic>,
) -> Option<Profile> {
    named(text?, |text| text.parse().ok(), (&["profile"], EndpointError::Profile), from, problems)
}

/// What a name stands for; a problem of this setting where it stands for nothing.
fn named<T>(
    text: &str,
    read: impl Fn(&str) -> Option<T>,
    (at, refused): (&[&str], fn(String) -> EndpointError),
    from: Provenance,
    problems: &mut Vec<Diagnostic>,
) -> Option<T> {
    let value = read(text);
    if value.is_none() {
        let at = at.iter().map(|step| (*step).to_owned()).collect();
        problems.push(diagnostic(&endpoint::Problem { error: refused(text.to_owned()), from, at }, None));
    }
    value
}

fn environment(problems: &mut Vec<Diagnostic>) -> Layer {
    let list = |name: &Variable| -> Option<Vec<String>> {
        name.value().map(|text| {
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
        })
    };
    Layer {
        url: variables::TARGET.value(),
        dialect: dialect(variables::DIALECT.value().as_deref(), Provenance::Environment, problems),
        allowed_origins: list(&variables::ALLOWED_ORIGINS),
        allowed_methods: list(&variables::ALLOWED_METHODS),
        allowed_headers: list(&variables::ALLOWED_HEADERS),
        expose_headers: list(&variables::EXPOSE_HEADERS),
        max_age_seconds: parsed(&variables::MAX_AGE, problems),
        allow_credentials: parsed(&variables::ALLOW_CREDENTIALS, problems),
        ca_file: variables::CA_FILE.value().map(PathBuf::from),
        insecure: parsed(&variables::INSECURE, problems),
        proxy: variables::PROXY.value(),
        request_ms: parsed(&variables::REQUEST_TIMEOUT, problems),
        total_ms: parsed(&variables::TOTAL_TIMEOUT, problems),
        follow_private: parsed(&variables::FOLLOW_PRIVATE, problems),
        concurrency: parsed(&variables::JOBS, problems),
        rate: parsed(&variables::RATE, problems),
        bucket: variables::BUCKET.value(),
        region: variables::REGION.value(),
        signature: signature(variables::SIGNATURE.value().as_deref(), Provenance::Environment, problems),
        key_profile: variables::KEY_PROFILE.value(),
        object_acl: variables::OBJECT_ACL.value(),
        lease_dir: variables::LEASE_DIR.value().map(PathBuf::from),
        lease_wait_ms: parsed(&variables::LEASE_WAIT, problems),
        propagation_ms: parsed(&variables::PROPAGATION_TIMEOUT, problems),
        capabilities: Capabilities {
            set_rules: parsed(&variables::SET_RULES, problems),
            put_objects: parsed(&variables::PUT_OBJECTS, problems),
            ..Capabilities::default()
        },
        fresh_query: env::var(variables::FRESH_QUERY.name).ok(),
        profile: profile(variables::PROFILE.value().as_deref(), Provenance::Environment, problems),
        bare: parsed(&variables::BARE, problems),
        ..Layer::default()
    }
}

/// The value of a variable that is not text.
pub(crate) fn parsed<T: FromStr<Err: std::fmt::Display>>(
    variable: &Variable,
    problems: &mut Vec<Diagnostic>,
) -> Option<T> {
    let text = variable.value()?;
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(Diagnostic::error(
                "environment",
                format!("{}=`{text}` cannot be read: {error}", variable.name),
            ));
            None
        }
    }
}
