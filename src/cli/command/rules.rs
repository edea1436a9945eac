use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use bytes::Bytes;

use super::super::{
    args::{EndpointArgs, RulesCommand, RulesPutArgs, RulesRestoreArgs},
    console::Console,
    environment::variable,
    exit::Exit,
    flags::{self, Unnamed},
    runtime::{self, Executor},
};
use crate::{
    diagnostic::{Diagnostic, Severity, verbatim},
    document::{self, Document},
    endpoint::Settings,
    input,
    message::{Request, isomorphic},
    policy::{self, Dialect, Policy, lint, parse_xml},
    provision::{self, Api, Bucket, ProvisionError, Restored, RulesDocument, Saved, restore_command},
    redaction::looks_secret,
};

/// Gets, puts, deletes and restores the rules of a bucket.
pub(in crate::cli) fn rules(command: &RulesCommand, console: &Console) -> Exit {
    let done = match command {
        RulesCommand::Get(args) => get(&args.endpoint, args.json, console),
        RulesCommand::Put(args) => put(args, console),
        RulesCommand::Delete(args) => change(&args.endpoint, None, (args.dry_run, args.force), console),
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
        ProvisionError::File { .. } | ProvisionError::Saved { .. } => "rules.file",
        ProvisionError::State { .. } => "rules.state",
        ProvisionError::Held(_) | ProvisionError::Unrestored(_) | ProvisionError::Ours(_) => "rules.held",
        ProvisionError::Changed(_) => "rules.changed",
        ProvisionError::NoCorsApi(_) | ProvisionError::Unreadable(_) => "rules.unsupported",
        _ => "rules.store",
    };
    let message = match error {
        ProvisionError::NoCorsApi(_) | ProvisionError::Unreadable(_) => format!("cannot provision: {error}"),
        _ => error.to_string(),
    };
    console.diagnostics(&[Diagnostic::error(code, message).help(error.help())]);
    match error {
        ProvisionError::Address(_)
        | ProvisionError::NoBucketApi
        | ProvisionError::NoRegion
        | ProvisionError::Rules(_)
        | ProvisionError::ForeignDialect
        | ProvisionError::Saved { .. }
        | ProvisionError::File { .. } => Exit::Input,
        _ => Exit::CouldNotJudge,
    }
}

fn settings(args: &EndpointArgs, console: &Console) -> Result<Settings, Exit> {
    let resolved = flags::resolve(args, Unnamed::Accept, console).map_err(|diagnostics| {
        console.diagnostics(&diagnostics);
        Exit::Input
    })?;
    flags::note_unused_operations(&resolved, console);
    Ok(resolved.settings)
}

fn api(settings: &Settings, bucket: Bucket, console: &Console) -> Result<Api, Exit> {
    settings.api(bucket).map_err(|problem| console.refuse(&problem.diagnostic(None)))
}

fn runtime(console: &Console) -> Result<Executor, Exit> {
    runtime::runtime().map_err(|diagnostic| console.refuse(&diagnostic))
}

/// Prints the rules: as the store gives them, byte for byte unless on a terminal, or as JSON.
fn get(args: &EndpointArgs, json: bool, console: &Console) -> Result<Exit, Exit> {
    let settings = settings(args, console)?;
    let bucket = settings.bucket().map_err(|error| refuse(&error, console))?;
    let api = api(&settings, bucket, console)?;
    let found = runtime(console)?.block_on(api.get_rules()).map_err(|error| refuse(&error, console))?;
    let Some(rules) = &found.rules else {
        console.note("the bucket has no CORS rules");
        return Ok(Exit::AsExpected);
    };
    if json {
        let text = serde_json::to_string_pretty(rules.policy()).unwrap_or_default();
        console.print_json(text);
    } else {
        let xml = rules.xml();
        console.print_data(xml);
        if !xml.ends_with(b"\n") {
            // Only for eyes: what is saved and put back has none.
            console.note("");
        }
    }
    Ok(Exit::AsExpected)
}

/// Puts the rules of a file.
fn put(args: &RulesPutArgs, console: &Console) -> Result<Exit, Exit> {
    let settings = settings(&args.endpoint, console)?;
    let bytes = read(&args.file).map_err(|error| {
        let help =
            error.help().unwrap_or("name a file with the rules as XML or JSON, or - for standard input");
        console.refuse(&Diagnostic::error("rules.file", error.to_string()).help(help))
    })?;
    let dialect = settings.dialect.value.rules().unwrap_or_default();
    let rules = rules_of(&args.file, &bytes, dialect).map_err(|diagnostics| {
        console.diagnostics(&diagnostics);
        Exit::Input
    })?;
    let problems: Vec<Diagnostic> =
        lint(rules.policy(), dialect).iter().map(policy::Problem::diagnostic).collect();
    console.diagnostics(&problems);
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(Exit::Input);
    }
    change(&args.endpoint, Some(rules), (args.dry_run, args.force), console)
}

fn read(file: &Path) -> Result<Vec<u8>, input::InputError> {
    if file == Path::new("-") {
        return input::read_standard_input(input::Kind::Rules);
    }
    input::read(file, input::Kind::Rules)
}

/// Rules as XML is sent as it stands; as JSON, they have the form of `policy` in a target file.
fn rules_of(file: &Path, bytes: &[u8], dialect: Dialect) -> Result<RulesDocument, Vec<Diagnostic>> {
    let name = file.display().to_string();
    if bytes.trim_ascii_start().starts_with(b"<") {
        let invalid = |error: String| {
            vec![
                Diagnostic::error("rules.xml", format!("{name}: {error}"))
                    .help("give a CORSConfiguration as the bucket API takes it"),
            ]
        };
        parse_xml(bytes, dialect).map_err(|error| invalid(error.to_string()))?;
        return RulesDocument::read(Bytes::copy_from_slice(bytes), dialect)
            .map_err(|error| invalid(error.to_string()));
    }
    let source = document::decode(&name, bytes, &Policy::CODES).map_err(|problem| vec![problem])?;
    let policy = document::check::<Policy>(&source)?.value;
    match RulesDocument::write(&policy, dialect) {
        Ok(Some(rules)) => Ok(rules),
        Ok(None) => {
            let diagnostic = Diagnostic::error("rules.none", format!("{name} has no rules"));
            Err(vec![diagnostic.help("`crosscheck rules delete` deletes all rules")])
        }
        Err(error) => {
            Err(vec![Diagnostic::error("rules.invalid", format!("{name}: {error}")).help(error.help())])
        }
    }
}

/// Sets or deletes rules for good, with a copy of those that were there.
fn change(
    args: &EndpointArgs,
    rules: Option<RulesDocument>,
    (dry_run, force): (bool, bool),
    console: &Console,
) -> Result<Exit, Exit> {
    let settings = settings(args, console)?;
    let bucket = settings.bucket().map_err(|error| refuse(&error, console))?;
    if dry_run {
        let request = match &rules {
            Some(rules) => bucket.put_rules(rules.xml()),
            None => bucket.delete_rules(),
        };
        show(&bucket, [bucket.get_rules(), request, bucket.get_rules()], console);
        return Ok(Exit::AsExpected);
    }
    let api = api(&settings, bucket, console)?;
    let terms = settings.lease_terms();
    runtime(console)?
        .block_on(async {
            let mut backup = provision::back_up(&api, &terms, force).await?;
            if rules.is_none() && backup.found.rules.is_none() {
                console.note(&format!("{} has no CORS rules, so nothing was deleted", api.root()));
                return Ok(Exit::AsExpected);
            }
            let path = backup.save()?.to_owned();
            console.note(&format!("the rules so far are saved in {}", path.display()));
            provision::set_and_wait(&api, &mut backup, rules.as_ref()).await?;
            let done = if rules.is_some() { "set" } else { "deleted" };
            console.note(&format!(
                "the rules of {} are {done}; `{}` puts the old ones back",
                api.root(),
                restore_command(&path, false)
            ));
            Ok(Exit::AsExpected)
        })
        .map_err(|error: ProvisionError| refuse(&error, console))
}

/// Puts back what files say was found: the one that is named, or all that runs left behind.
fn restore(args: &RulesRestoreArgs, console: &Console) -> Result<Exit, Exit> {
    let settings = settings(&args.endpoint, console)?;
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
    runtime: &Executor,
    console: &Console,
) -> Result<(), Exit> {
    let saved = Saved::read(path).map_err(|error| refuse(&error, console))?;
    let settings = settings.for_saved(&saved, &variable);
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
    let terms = settings.lease_terms();
    let restored = runtime
        .block_on(provision::restore_file(path, &saved, &api, (terms.wait, &terms.holds), args.force))
        .map_err(|error| refuse(&error, console))?;
    let url = &saved.url;
    console.note(&match restored {
        Restored::Replaced => format!("the CORS rules of {url} are restored"),
        Restored::Deleted => format!("the CORS rules of {url} are deleted, as there were none"),
        Restored::Untouched => {
            format!("the CORS rules of {url} are as they were found: none had been written")
        }
    });
    if !saved.objects.is_empty() {
        console.note(&format!("{} of the run's objects are removed", saved.objects.len()));
    }
    Ok(())
}

/// Prints requests as they would be sent; what a secret goes into is not shown.
fn show(bucket: &Bucket, requests: impl IntoIterator<Item = Request>, console: &Console) {
    let mut out = String::new();
    for mut request in requests {
        bucket.sign(&mut request);
        let url = &request.url;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let endpoint = format!("{}{query}", url.path());
        let _ = writeln!(out, "{} {} HTTP/1.1", verbatim(&request.method), verbatim(&endpoint));
        let _ = writeln!(out, "Host: {}", verbatim(url.authority()));
        for field in &request.fields {
            let value = field.text();
            let shown = if looks_secret(&field.name) { redacted(&value) } else { value };
            let _ = writeln!(out, "{}: {}", verbatim(&field.name), verbatim(&shown));
        }
        out.push('\n');
        if !request.body.is_empty() {
            let text = String::from_utf8(request.body.to_vec());
            let text = text.unwrap_or_else(|error| isomorphic::decode(error.as_bytes()));
            let lines: Vec<String> = text.trim_end().lines().map(verbatim).collect();
            let _ = writeln!(out, "{}\n", lines.join("\n"));
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
