use std::{
    fmt::Write,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use bytes::Bytes;

use super::super::{
    args::{RulesCommand, RulesPutArgs, RulesRestoreArgs, TargetArgs},
    console::Console,
    exit::Exit,
    resolve,
};
use crate::{
    diagnostic::{Diagnostic, Severity},
    document::{self, Document},
    message::{Request, isomorphic},
    policy::{self, Dialect, Policy, lint, parse_xml, write_xml},
    provision::{self, Api, Bucket, ProvisionError, Saved},
    redaction::looks_secret,
    target::Settings,
};

/// Gets, puts, deletes and restores the rules of a bucket.
pub(in crate::cli) fn rules(command: &RulesCommand, console: &Console) -> Exit {
    let done = match command {
        RulesCommand::Get(args) => get(&args.target, args.json, console),
        RulesCommand::Put(args) => put(args, console),
        RulesCommand::Delete(args) => change(&args.target, None, args.dry_run, console),
        RulesCommand::Restore(args) => restore(args, console),
    };
    done.unwrap_or_else(|exit| exit)
}

/// Shows why something could not be done. Whatever the store or another process decides is no
/// fault of the input.
fn refuse(error: &ProvisionError, console: &Console) -> Exit {
    let code = match error {
        ProvisionError::Address(_) | ProvisionError::NoBucketApi => "rules.bucket",
        ProvisionError::NoCredentials { .. } | ProvisionError::Credentials(_) => "rules.credentials",
        ProvisionError::NoRegion => "rules.region",
        ProvisionError::Rules(_) => "rules.invalid",
        ProvisionError::ForeignDialect => "rules.dialect",
        ProvisionError::File { .. } => "rules.file",
        ProvisionError::Held(_) | ProvisionError::Unrestored(_) => "rules.held",
        ProvisionError::Changed => "rules.changed",
        _ => "rules.store",
    };
    console.diagnostics(&[Diagnostic::error(code, error.to_string()).help(error.help())]);
    match error {
        ProvisionError::Address(_)
        | ProvisionError::NoBucketApi
        | ProvisionError::NoRegion
        | ProvisionError::Rules(_)
        | ProvisionError::ForeignDialect
        | ProvisionError::File { .. } => Exit::Input,
        _ => Exit::CouldNotJudge,
    }
}

fn settings(args: &TargetArgs, console: &Console) -> Result<Settings, Exit> {
    let resolved = resolve::resolve(args).map_err(|diagnostics| {
        console.diagnostics(&diagnostics);
        Exit::Input
    })?;
    Ok(resolved.settings)
}

fn api(settings: &Settings, bucket: Bucket, console: &Console) -> Result<Api, Exit> {
    settings.api(bucket).map_err(|problem| console.refuse(&problem.diagnostic(None)))
}

fn runtime(console: &Console) -> Result<tokio::runtime::Runtime, Exit> {
    super::super::runtime::runtime().map_err(|diagnostic| console.refuse(&diagnostic))
}

/// Prints the rules: as the store gives them, byte for byte, or as JSON.
fn get(args: &TargetArgs, json: bool, console: &Console) -> Result<Exit, Exit> {
    let settings = settings(args, console)?;
    let bucket = settings.bucket().map_err(|error| refuse(&error, console))?;
    let dialect = bucket.dialect;
    let api = api(&settings, bucket, console)?;
    let found = runtime(console)?.block_on(api.get_rules()).map_err(|error| refuse(&error, console))?;
    let Some(xml) = &found.xml else {
        console.note("the bucket has no CORS rules");
        return Ok(Exit::AsExpected);
    };
    if json {
        let policy = found.policy(dialect).map_err(|error| refuse(&error, console))?;
        let text = serde_json::to_string_pretty(&policy).unwrap_or_default();
        console.print(&format!("{text}\n"));
    } else {
        console.print_bytes(xml);
        if !xml.ends_with(b"\n") {
            // Only for eyes: what is saved and put back has none.
            console.note("");
        }
    }
    Ok(Exit::AsExpected)
}

/// Puts the rules of a file.
fn put(args: &RulesPutArgs, console: &Console) -> Result<Exit, Exit> {
    let settings = settings(&args.target, console)?;
    let bytes = read(&args.file).map_err(|error| {
        let message = format!("{} cannot be read: {error}", args.file.display());
        console.refuse(&Diagnostic::error("rules.file", message))
    })?;
    let dialect = settings.dialect.value.rules().unwrap_or_default();
    let xml = rules_of(&args.file, &bytes, dialect).map_err(|diagnostics| {
        console.diagnostics(&diagnostics);
        Exit::Input
    })?;
    if let Ok(policy) = parse_xml(&xml, dialect) {
        let problems: Vec<Diagnostic> =
            lint(&policy, dialect).iter().map(policy::Problem::diagnostic).collect();
        console.diagnostics(&problems);
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(Exit::Input);
        }
    }
    change(&args.target, Some(xml), args.dry_run, console)
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return fs::read(file);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Rules as XML is sent as it stands; as JSON, they have the form of `policy` in a target file.
fn rules_of(file: &Path, bytes: &[u8], dialect: Dialect) -> Result<Bytes, Vec<Diagnostic>> {
    let name = file.display().to_string();
    if bytes.trim_ascii_start().starts_with(b"<") {
        return match parse_xml(bytes, dialect) {
            Ok(_) => Ok(Bytes::copy_from_slice(bytes)),
            Err(error) => Err(vec![
                Diagnostic::error("rules.xml", format!("{name}: {error}"))
                    .help("give a CORSConfiguration as the bucket API takes it"),
            ]),
        };
    }
    let source = document::decode(&name, bytes, &Policy::CODES).map_err(|problem| vec![problem])?;
    let policy = document::check::<Policy>(&source)?.value;
    if policy.rules.is_empty() {
        let diagnostic = Diagnostic::error("rules.none", format!("{name} has no rules"));
        return Err(vec![diagnostic.help("`crosscheck rules delete` deletes all rules")]);
    }
    Ok(Bytes::from(write_xml(&policy, dialect)))
}

/// Sets or deletes rules for good, with a copy of those that were there.
fn change(args: &TargetArgs, xml: Option<Bytes>, dry_run: bool, console: &Console) -> Result<Exit, Exit> {
    let settings = settings(args, console)?;
    let bucket = settings.bucket().map_err(|error| refuse(&error, console))?;
    if dry_run {
        let request = match &xml {
            Some(xml) => bucket.put_rules(xml),
            None => bucket.delete_rules(),
        };
        show(&bucket, [bucket.get_rules(), request, bucket.get_rules()], console);
        return Ok(Exit::AsExpected);
    }
    let api = api(&settings, bucket, console)?;
    let (folder, wait) = (settings.bucket.lease_dir.value.clone(), settings.bucket.lease_wait.value);
    runtime(console)?
        .block_on(async {
            let mut backup = provision::back_up(&api, &folder, wait).await?;
            console.note(&format!("the rules so far are saved in {}", backup.path.display()));
            provision::set_and_wait(&api, &mut backup, xml.as_ref()).await?;
            let done = if xml.is_some() { "set" } else { "deleted" };
            console.note(&format!(
                "the rules of {} are {done}; `crosscheck rules restore {}` puts the old ones back",
                api.root(),
                backup.path.display()
            ));
            Ok(Exit::AsExpected)
        })
        .map_err(|error: ProvisionError| refuse(&error, console))
}

/// Puts back what files say was found: the one that is named, or all that runs left behind.
fn restore(args: &RulesRestoreArgs, console: &Console) -> Result<Exit, Exit> {
    let settings = settings(&args.target, console)?;
    let folder = &settings.bucket.lease_dir.value;
    let paths: Vec<PathBuf> = match &args.file {
        Some(file) => vec![file.clone()],
        None => provision::unrestored(folder).map_err(|error| refuse(&error, console))?,
    };
    if paths.is_empty() {
        console.note(&format!("nothing is left to be restored in {}", folder.display()));
        return Ok(Exit::AsExpected);
    }
    let runtime = runtime(console)?;
    let mut exit = Exit::AsExpected;
    for path in &paths {
        let restored = restore_one(&settings, path, args, &runtime, console);
        if let Err(failed) = restored {
            exit = failed;
        }
    }
    Ok(exit)
}

fn restore_one(
    settings: &Settings,
    path: &Path,
    args: &RulesRestoreArgs,
    runtime: &tokio::runtime::Runtime,
    console: &Console,
) -> Result<(), Exit> {
    let saved = Saved::read(path).map_err(|error| refuse(&error, console))?;
    let settings = settings.for_dialect(saved.dialect, &resolve::variable);
    let bucket = settings.saved_bucket(&saved).map_err(|error| refuse(&error, console))?;
    if args.dry_run {
        let mut requests: Vec<Request> = saved.objects.iter().map(|key| bucket.delete_object(key)).collect();
        if !saved.written.is_empty() {
            requests.push(bucket.get_rules());
            requests.push(match saved.found_xml() {
                Some(xml) => bucket.put_rules(xml),
                None => bucket.delete_rules(),
            });
            requests.push(bucket.get_rules());
        }
        show(&bucket, requests, console);
        return Ok(());
    }
    let api = api(&settings, bucket, console)?;
    let wait = settings.bucket.lease_wait.value;
    runtime
        .block_on(provision::restore_file(path, &saved, &api, wait, args.force))
        .map_err(|error| refuse(&error, console))?;
    let what = if saved.found.is_some() { "restored" } else { "deleted, as there were none" };
    console.note(&format!("the CORS rules of {} are {what}", saved.url));
    Ok(())
}

/// Prints requests as they would be sent; what a secret goes into is not shown.
fn show(bucket: &Bucket, requests: impl IntoIterator<Item = Request>, console: &Console) {
    let mut out = String::new();
    for mut request in requests {
        bucket.sign(&mut request);
        let url = &request.url;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let _ = writeln!(out, "{} {}{query} HTTP/1.1", request.method, url.path());
        let _ = writeln!(out, "Host: {}", url.authority());
        for field in &request.fields {
            let value = field.text();
            let shown = if looks_secret(&field.name) { redacted(&value) } else { value };
            let _ = writeln!(out, "{}: {shown}", field.name);
        }
        out.push('\n');
        if !request.body.is_empty() {
            let text = String::from_utf8(request.body.to_vec());
            let text = text.unwrap_or_else(|error| isomorphic::decode(error.as_bytes()));
            let _ = writeln!(out, "{}\n", text.trim_end());
        }
    }
    console.print(&out);
}

/// The scheme of an `Authorization` field, and nothing else.
fn redacted(value: &str) -> String {
    match value.split_once(' ') {
        Some((scheme, _)) => format!("{scheme} ***"),
        None => "***".to_owned(),
    }
}
