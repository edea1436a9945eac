use std::{
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use super::super::{
    args::{LimitArgs, QuirkArgs, ServeArgs, StoreDialect},
    console::Console,
    exit::Exit,
    signal,
};
use crate::{
    diagnostic::Diagnostic,
    policy::Dialect,
    reference::{
        self, Acl, Comparison, DiskError, Fault, Limits, On, ProvisionError, ServeConfig, ServeError, Server,
        Settings, Spoilt, Store, Tls, Unknowns, When,
    },
    signature::AccessKey,
    vary::Way,
};

/// Serves the reference store until it is interrupted.
pub(in crate::cli) fn serve(args: &ServeArgs, console: &Console) -> Exit {
    if args.faults {
        console.print(&faults());
        return Exit::AsExpected;
    }
    let config = match config(args) {
        Ok(config) => config,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    let runtime = match super::super::runtime::runtime() {
        Ok(runtime) => runtime,
        Err(diagnostic) => return console.refuse(&diagnostic),
    };
    let authority = config.tls.as_ref().map(|tls| tls.ca_pem.clone());
    let wanted = args.store.tls_ca.clone();
    let well_known = config.keys.contains(&Store::default_key());
    let up = |server: &Server| {
        console.diagnostics(&exposures(server, well_known));
        if let Some(pem) = authority {
            let (path, written) = match wanted {
                Some(path) => (path.clone(), write(&path, &pem)),
                None => {
                    let path = temporary(server.address().port());
                    (path.clone(), write_new(&path, &pem))
                }
            };
            match written {
                Ok(()) => console.note(&format!("the certificate authority to trust: {}", path.display())),
                Err(error) => console.note(&format!("{} cannot be written: {error}\n{pem}", path.display())),
            }
        }
        console.print(&format!("{}\n", server.url()));
        console.note("the reference store is up; Ctrl-C ends it");
    };
    match runtime.block_on(reference::serve(config, up, signal::ended())) {
        Ok(()) => Exit::AsExpected,
        Err(error) => {
            let (help, exit) = match &error {
                ServeError::Listen { .. } => (
                    "give another address with --listen ADDR:PORT; port 0 takes a free one",
                    Exit::CouldNotJudge,
                ),
                ServeError::Disk(DiskError::NotAStore { .. }) => {
                    ("give --data another folder, or move the file away; it was left as it is", Exit::Input)
                }
                ServeError::Disk(DiskError::TooLarge { .. }) => {
                    ("raise --max-stored above what the folder holds", Exit::Input)
                }
                ServeError::Disk(_) => (
                    "give --data a folder that is new, or was kept by the same dialect, and that no other store uses",
                    Exit::CouldNotJudge,
                ),
                ServeError::Provision(ProvisionError::Full { .. }) => ("raise --max-stored", Exit::Input),
                ServeError::Provision(_) => {
                    ("name buckets with lower-case letters, digits and hyphens", Exit::CouldNotJudge)
                }
                ServeError::Tls(_) => ("give --domain a host name", Exit::CouldNotJudge),
            };
            console.diagnostics(&[Diagnostic::error("serve", error.to_string()).help(help)]);
            exit
        }
    }
}

/// What others can do to a store that other machines reach.
fn exposures(server: &Server, well_known: bool) -> Vec<Diagnostic> {
    if server.address().ip().to_canonical().is_loopback() {
        return Vec::new();
    }
    let reached = format!("other machines can reach the store at {}", server.address());
    let mut found = Vec::new();
    if well_known {
        let message = format!("{reached}, and its access key is the well-known one: anyone can sign with it");
        found.push(
            Diagnostic::warning("serve.key", message)
                .help("set a key of your own with --key ID:SECRET or CROSSCHECK_SERVE_KEYS"),
        );
    }
    let open = server.store().open_buckets();
    if !open.is_empty() {
        let message =
            format!("{reached}, and anyone can write to these buckets without a key: {}", open.join(", "));
        found.push(Diagnostic::warning("serve.bucket", message).help(
            "create buckets as NAME:private or NAME:public-read; with --data there is no bucket `default`",
        ));
    }
    found
}

fn config(args: &ServeArgs) -> Result<ServeConfig, Diagnostic> {
    let needed = args.vary.map(Way::dialect);
    let dialect = match args.dialect {
        Some(StoreDialect::Oss) => Dialect::Oss,
        Some(StoreDialect::S3) => Dialect::S3,
        None => needed.unwrap_or_default(),
    };
    if let (Some(way), Some(needed)) = (args.vary, needed)
        && way == Way::Matched
        && needed != dialect
    {
        return Err(Diagnostic::error("serve.vary", format!("--vary {way} is not a way of this dialect"))
            .help("leave --dialect away, or take another way"));
    }
    let mut settings = Settings::new(dialect);
    if let Some(region) = &args.store.region {
        settings.region.clone_from(region);
    }
    settings.domains.clone_from(&args.store.domain);
    settings.path_style = !args.store.no_path_style;
    settings.stored_bytes = args.limits.max_stored.unwrap_or(settings.stored_bytes);
    settings.unknowns = quirks(&args.quirks);
    let mut keys = args.store.key.iter().map(|key| access_key(key)).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        keys = ServeConfig::default().keys;
    }
    let buckets: Vec<(String, Acl)> =
        args.store.bucket.iter().map(|bucket| named_bucket(bucket)).collect::<Result<_, _>>()?;
    let names: Vec<&str> = buckets.iter().map(|(name, _)| name.as_str()).collect();
    let tls = match args.store.tls {
        true => Some(Tls::generate(&args.store.domain, &names).map_err(|error| {
            Diagnostic::error("serve.tls", error.to_string()).help("give --domain a host name")
        })?),
        false => None,
    };
    Ok(ServeConfig {
        address: args.listen,
        settings,
        keys,
        buckets,
        data: args.store.data.clone(),
        vary: args.vary,
        fault: args.fault,
        limits: limits(&args.limits),
        tls,
        ..ServeConfig::default()
    })
}

fn quirks(args: &QuirkArgs) -> Unknowns {
    Unknowns {
        max_rules: args.max_rules,
        origin_case_ignored: args.ignore_origin_case,
        asked_method_only: args.asked_method_only,
        allow_credentials: args.allow_credentials,
        cors_on_denied: args.cors_on_denied,
        unknown_bucket_preflight: args.unknown_bucket_preflight,
        scheme_wildcard_refused: args.refuse_scheme_wildcard,
    }
}

fn limits(args: &LimitArgs) -> Limits {
    let usual = Limits::default();
    let time = |given: Option<u64>, usual| given.map_or(usual, Duration::from_millis);
    Limits {
        head_bytes: args.max_head.unwrap_or(usual.head_bytes),
        body_bytes: args.max_body.unwrap_or(usual.body_bytes),
        memory_bytes: args.max_memory.unwrap_or(usual.memory_bytes),
        head_timeout: time(args.head_timeout, usual.head_timeout),
        body_timeout: time(args.body_timeout, usual.body_timeout),
        write_timeout: time(args.write_timeout, usual.write_timeout),
        idle_timeout: usual.idle_timeout,
        connections: args.max_connections.unwrap_or(usual.connections),
    }
}

/// A key as it is typed. What is wrong with it is said without it.
fn access_key(text: &str) -> Result<AccessKey, Diagnostic> {
    match text.split_once(':') {
        Some((id, secret)) if !id.is_empty() && !secret.is_empty() => Ok(AccessKey::new(id, secret)),
        _ => Err(Diagnostic::error("serve.key", "an access key is of another form than ID:SECRET")
            .help("give --key ID:SECRET, or put it into CROSSCHECK_SERVE_KEYS")),
    }
}

fn named_bucket(text: &str) -> Result<(String, Acl), Diagnostic> {
    let (name, acl) = text.split_once(':').unwrap_or((text, "private"));
    let acl = acl.parse().map_err(|error| {
        Diagnostic::error("serve.bucket", format!("--bucket {text}: {error}"))
            .help("give --bucket NAME or --bucket NAME:ACL")
    })?;
    Ok((name.to_owned(), acl))
}

fn temporary(port: u16) -> PathBuf {
    std::env::temp_dir().join(format!("crosscheck-ca-{}-{port}.pem", std::process::id()))
}

#[allow(clippy::disallowed_methods, reason = "a user asked for the file")]
fn write(path: &Path, pem: &str) -> std::io::Result<()> {
    std::fs::write(path, pem)
}

/// Writes a file that is not there yet: in a folder that everybody shares, what is there may be a link to something else.
fn write_new(path: &Path, pem: &str) -> std::io::Result<()> {
    std::fs::OpenOptions::new().write(true).create_new(true).open(path)?.write_all(pem.as_bytes())
}

fn faults() -> String {
    let mut out = String::new();
    for fault in Fault::ALL {
        let _ = writeln!(out, "{:<34} {:<5} {}", fault.name(), fault.id(), fault.meaning());
    }
    out.push_str("\nFIRST+SECOND is two of them at once.\n");
    out.push_str("\ncompose:COMPARISON/ANSWERS/CONDITION/FIELD composes one:\n");
    words(&mut out, "COMPARISON", Comparison::ALL.iter().map(|word| (word.as_str(), word.meaning())));
    words(&mut out, "ANSWERS", On::ALL.iter().map(|word| (word.as_str(), word.meaning())));
    words(&mut out, "CONDITION", When::ALL.iter().map(|word| (word.as_str(), word.meaning())));
    words(&mut out, "FIELD", Spoilt::ALL.iter().map(|word| (word.as_str(), word.meaning())));
    out
}

/// The words that can stand in one place of a recipe.
fn words(out: &mut String, place: &str, words: impl Iterator<Item = (&'static str, &'static str)>) {
    for (word, about) in words {
        let _ = writeln!(out, "{place:<13} {word:<20} {about}");
    }
}
