//! From what was typed, the environment and the target file to a target: flag over environment
//! over file over default.

use std::{env, path::PathBuf, str::FromStr};

use super::{args::TargetArgs, console};
use crate::{
    diagnostic::Diagnostic,
    reference::Fault,
    target::{self, Capabilities, Layer, ParsedFile, Provenance, Settings},
};

/// What is to be judged, as far as it is known before anything is sent.
pub(super) struct Resolved {
    pub(super) settings: Settings,
    pub(super) fault: Option<Fault>,
    /// The target file, where there is one.
    pub(super) file: Option<PathBuf>,
}

/// Resolves the configuration.
pub(super) fn resolve(args: &TargetArgs) -> Result<Resolved, Vec<Diagnostic>> {
    let path =
        args.config.clone().or_else(|| variable("CROSSCHECK_CONFIG").map(PathBuf::from)).or_else(|| {
            let here = env::current_dir().ok()?;
            target::find(&here)
        });
    let file = path.as_deref().map(target::read).transpose()?;
    let mut problems = Vec::new();
    let flags = flags(args, &mut problems);
    let environment = environment(&mut problems);
    let fault = match args.fault {
        Some(fault) => Some(fault),
        None => parsed("CROSSCHECK_FAULT", &mut problems),
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut layers = vec![(Provenance::Flag, flags), (Provenance::Environment, environment)];
    if let Some(file) = &file {
        layers.push((Provenance::File, file.layer()));
    }
    let settings = target::resolve(&layers, &variable).map_err(|problems| {
        let tree = file.as_ref().map(|file: &ParsedFile| &file.tree);
        problems.iter().map(|problem| problem.diagnostic(tree)).collect::<Vec<_>>()
    })?;
    if let (Some(url), Some(_)) = (&settings.url.value, fault) {
        let message = format!("a fault is something of the embedded reference store, not of {url}");
        return Err(vec![
            Diagnostic::error("target.fault", message).help("leave out --fault, or the target"),
        ]);
    }
    console::hide(settings.redactor());
    Ok(Resolved { settings, fault, file: path })
}

/// What the flags say, once it is sure that it means something.
pub(super) fn flags_alone(args: &TargetArgs) -> Result<Layer, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let layer = flags(args, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    // Without an origin there is no rule for the rest to belong to; `init` fills one in.
    let mut whole = layer.clone();
    whole.allowed_origins.get_or_insert_with(|| vec!["https://app.example.com".to_owned()]);
    match target::resolve(&[(Provenance::Flag, whole)], &variable) {
        Ok(_) => Ok(layer),
        Err(problems) => Err(problems.iter().map(|problem| problem.diagnostic(None)).collect()),
    }
}

fn flags(args: &TargetArgs, problems: &mut Vec<Diagnostic>) -> Layer {
    let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    let mut layer = Layer {
        url: args.target.clone(),
        dialect: args.dialect.clone(),
        allowed_origins: some(&args.allowed_origin),
        allowed_methods: some(&args.allowed_method),
        allowed_headers: some(&args.allowed_header),
        expose_headers: some(&args.expose_header),
        max_age_seconds: args.max_age,
        allow_credentials: args.allow_credentials.then_some(true),
        ca_file: args.ca_file.clone(),
        resolve: args.resolve.clone(),
        request_ms: args.request_timeout,
        total_ms: args.total_timeout,
        concurrency: args.jobs,
        bucket: args.bucket.clone(),
        region: args.region.clone(),
        signature: args.signature.clone(),
        key_profile: args.key_profile.clone(),
        object_acl: args.object_acl.clone(),
        lease_dir: args.lease_dir.clone(),
        lease_wait_ms: args.lease_wait,
        patience_ms: args.patience,
        capabilities: Capabilities {
            set_rules: args.set_rules.then_some(true),
            put_objects: args.put_objects.then_some(true),
            ..Capabilities::default()
        },
        fresh_query: args.fresh_query.clone(),
        profile: args.profile.clone(),
        ..Layer::default()
    };
    for role in &args.role {
        match role.split_once('=') {
            Some((name, value)) if crate::case::is_role(name) => {
                layer.roles.insert(name.to_owned(), value.to_owned());
            }
            Some((name, _)) => {
                let known = crate::case::ROLES.iter().map(|(role, _)| *role);
                let mut diagnostic = Diagnostic::error("target.role", format!("there is no role `{name}`"));
                if let Some(near) = crate::document::nearest(name, known) {
                    diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
                }
                problems.push(diagnostic);
            }
            None => problems.push(
                Diagnostic::error("target.role", format!("--role `{role}` has no `=`"))
                    .help("write NAME=VALUE, such as `denied=https://evil.example`"),
            ),
        }
    }
    for header in &args.header {
        match target::parse_header(header) {
            Ok(header) => layer.headers.push(header),
            Err(error) => problems.push(
                Diagnostic::error(error.code(), error.to_string()).help("write --header 'Name: value'"),
            ),
        }
    }
    layer
}

fn environment(problems: &mut Vec<Diagnostic>) -> Layer {
    let list = |name: &str| -> Option<Vec<String>> {
        variable(name).map(|text| {
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
        })
    };
    Layer {
        url: variable("CROSSCHECK_TARGET"),
        dialect: variable("CROSSCHECK_DIALECT"),
        allowed_origins: list("CROSSCHECK_ALLOWED_ORIGINS"),
        allowed_methods: list("CROSSCHECK_ALLOWED_METHODS"),
        allowed_headers: list("CROSSCHECK_ALLOWED_HEADERS"),
        expose_headers: list("CROSSCHECK_EXPOSE_HEADERS"),
        max_age_seconds: parsed("CROSSCHECK_MAX_AGE", problems),
        allow_credentials: parsed("CROSSCHECK_ALLOW_CREDENTIALS", problems),
        ca_file: variable("CROSSCHECK_CA_FILE").map(PathBuf::from),
        request_ms: parsed("CROSSCHECK_REQUEST_TIMEOUT", problems),
        total_ms: parsed("CROSSCHECK_TOTAL_TIMEOUT", problems),
        concurrency: parsed("CROSSCHECK_JOBS", problems),
        bucket: variable("CROSSCHECK_BUCKET"),
        region: variable("CROSSCHECK_REGION"),
        signature: variable("CROSSCHECK_SIGNATURE"),
        key_profile: variable("CROSSCHECK_KEY_PROFILE"),
        object_acl: variable("CROSSCHECK_OBJECT_ACL"),
        lease_dir: variable("CROSSCHECK_LEASE_DIR").map(PathBuf::from),
        lease_wait_ms: parsed("CROSSCHECK_LEASE_WAIT", problems),
        patience_ms: parsed("CROSSCHECK_PATIENCE", problems),
        capabilities: Capabilities {
            set_rules: parsed("CROSSCHECK_SET_RULES", problems),
            put_objects: parsed("CROSSCHECK_PUT_OBJECTS", problems),
            ..Capabilities::default()
        },
        fresh_query: env::var("CROSSCHECK_FRESH_QUERY").ok(),
        profile: variable("CROSSCHECK_PROFILE"),
        ..Layer::default()
    }
}

/// An environment variable; one that is empty counts as unset.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(name: &str, problems: &mut Vec<Diagnostic>) -> Option<T> {
    let text = variable(name)?;
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            problems
                .push(Diagnostic::error("environment", format!("{name}=`{text}` cannot be read: {error}")));
            None
        }
    }
}
