//! What flags say of an endpoint.

use super::{args::EndpointArgs, console::Console, imported};
use crate::{
    diagnostic::Diagnostic,
    endpoint::{self, Capabilities, Layer, Provenance},
    process::{
        environment::variable,
        resolve::{self as process, Given, diagnostic},
    },
};

pub(super) use crate::process::resolve::{Resolved, Unnamed};

/// Resolves the configuration. Says on standard error which target file was found, and what of it is
/// not used.
pub(super) fn resolve(
    args: &EndpointArgs,
    unnamed: Unnamed,
    console: &Console,
) -> Result<Resolved, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut layer = layer(args, &mut problems);
    if problems.is_empty()
        && let Some(operations) = imported::operations(args, &layer, console)?
    {
        layer.operations = operations;
    }
    let given = Given { layer, config: args.config.clone(), fault: args.fault, problems };
    process::resolve(given, unnamed, console)
}

/// Says that a command uses the endpoint's URL, where operations are declared.
pub(super) fn note_unused_operations(resolved: &Resolved, console: &Console) {
    if !resolved.settings.operations.value.is_empty() {
        console.note("this command uses the endpoint's URL: only `run`, `try` and `list` test operations");
    }
}

/// What the flags say, once it is sure that it means something.
pub(super) fn alone(args: &EndpointArgs) -> Result<Layer, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let layer = layer(args, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    // Without an origin there is no rule for the rest to belong to; `init` fills one in.
    let mut whole = layer.clone();
    whole.allowed_origins.get_or_insert_with(|| vec!["https://app.example.com".to_owned()]);
    match endpoint::resolve(&[(Provenance::Flag, whole)], &variable) {
        Ok(_) => Ok(layer),
        Err(problems) => Err(problems.iter().map(|problem| diagnostic(problem, None)).collect()),
    }
}

fn layer(args: &EndpointArgs, problems: &mut Vec<Diagnostic>) -> Layer {
    let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    let mut layer = Layer {
        url: args.url.clone(),
        dialect: process::dialect(args.dialect.as_deref(), Provenance::Flag, problems),
        allowed_origins: some(&args.allowed_origin),
        allowed_methods: some(&args.allowed_method),
        allowed_headers: some(&args.allowed_header),
        expose_headers: some(&args.expose_header),
        max_age_seconds: args.max_age,
        allow_credentials: args.allow_credentials.then_some(true),
        allow_env: args.allow_env.clone(),
        ca_file: args.ca_file.clone(),
        insecure: args.insecure.then_some(true),
        proxy: args.proxy.clone(),
        resolve: args.resolve.clone(),
        request_ms: args.request_timeout,
        total_ms: args.total_timeout,
        follow_private: args.follow_private.then_some(true),
        concurrency: args.jobs,
        rate: args.rate,
        bucket: args.bucket.clone(),
        region: args.region.clone(),
        signature: process::signature(args.signature.as_deref(), Provenance::Flag, problems),
        key_profile: args.key_profile.clone(),
        object_acl: args.object_acl.clone(),
        lease_dir: args.lease_dir.clone(),
        lease_wait_ms: args.lease_wait,
        propagation_ms: args.propagation_timeout,
        capabilities: Capabilities {
            set_rules: args.set_rules.then_some(true),
            put_objects: args.put_objects.then_some(true),
            ..Capabilities::default()
        },
        fresh_query: args.fresh_query.clone(),
        profile: process::profile(args.profile.as_deref(), Provenance::Flag, problems),
        bare: args.bare.then_some(true),
        ..Layer::default()
    };
    for role in &args.role {
        match role.split_once('=') {
            Some((name, value)) if crate::case::is_role(name) => {
                layer.roles.insert(name.to_owned(), value.to_owned());
            }
            Some((name, _)) => {
                let known = crate::case::ROLES.iter().map(|(role, _)| *role);
                let mut diagnostic = Diagnostic::error("endpoint.role", format!("there is no role `{name}`"));
                if let Some(near) = crate::document::nearest(name, known) {
                    diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
                }
                problems.push(diagnostic);
            }
            None => problems.push(
                Diagnostic::error("endpoint.role", format!("--role `{role}` has no `=`"))
                    .help("write NAME=VALUE, such as `denied=https://evil.example`"),
            ),
        }
    }
    for header in &args.header {
        match endpoint::parse_header(header) {
            Ok(header) => layer.headers.push(header),
            Err(error) => problems.push(
                Diagnostic::error(error.code(), error.to_string()).help("write --header 'Name: value'"),
            ),
        }
    }
    layer
}
