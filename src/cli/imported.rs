//! Operations from what other tools wrote: OpenAPI documents and recordings.

use std::{path::Path, sync::Arc};

use url::Url;

use super::{args::EndpointArgs, console::Console, runtime::runtime};
use crate::{
    diagnostic::{Diagnostic, SourceText},
    endpoint::{Below, Layer, OperationBody, OperationFile, Operations},
    exchange::Received,
    import::{
        self, Draft,
        har::{self, Archive},
        openapi,
    },
    input,
    process::{
        Silent,
        resolve::{self as process, Given, Unnamed},
    },
};

/// The operations that flags name; none where no flag does.
pub(super) fn operations(
    args: &EndpointArgs,
    layer: &Layer,
    console: &Console,
) -> Result<Option<Operations>, Vec<Diagnostic>> {
    let (name, drafts, below) = match (&args.openapi, &args.har) {
        (Some(place), _) => {
            let text = document(place, args, layer)?;
            let api = api(place, &text).map_err(|problem| vec![problem])?;
            (place.clone(), api.operations, Below::Server(api.server_path))
        }
        (None, Some(path)) => {
            let archive = recording(path).map_err(|problem| vec![problem])?;
            (path.display().to_string(), import::drafts_of(&archive), Below::Anywhere)
        }
        (None, None) => return Ok(None),
    };
    if drafts.is_empty() {
        let message = format!("{name} has no request that a page of another origin made");
        let help = "record the page while it uses the API, and save all as HAR";
        return Err(vec![Diagnostic::error("har.nothing", message).help(help)]);
    }
    notes(&drafts, console);
    let listed = drafts.iter().map(operation).collect();
    Ok(Some(Operations { listed, below, ..Operations::default() }))
}

/// A file that describes operations.
pub(super) enum Source {
    /// What a browser recorded.
    Recording(Archive),
    /// What an OpenAPI document says.
    Description(openapi::Api),
}

/// Reads a file that is either.
pub(super) fn source(path: &Path) -> Result<Source, Diagnostic> {
    let text = input::read_text(path, input::Kind::Recording).map_err(|error| {
        let help = error.help().unwrap_or("name a HAR file or an OpenAPI document");
        Diagnostic::error("import.read", error.to_string()).help(help)
    })?;
    let name = path.display().to_string();
    // An OpenAPI document in JSON says what it is; any other object is read as a recording, for its messages.
    let is_object = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let says = |field: &str| {
        serde_json::from_str::<serde_json::Value>(text.trim_start_matches('\u{feff}'))
            .is_ok_and(|value| value.get(field).is_some())
    };
    if is_object && !says("openapi") && !says("swagger") {
        return har::read(&Arc::new(SourceText { name, text })).map(Source::Recording);
    }
    api(&name, &text).map(Source::Description)
}

/// An operation as a target file lists it.
pub(super) fn operation(draft: &Draft) -> OperationFile {
    OperationFile {
        name: draft.name.clone().map(|name| name.replace(['[', ']', '@'], "_")),
        method: Some(draft.method.clone()),
        path: Some(draft.path.clone()),
        query: draft.query.iter().cloned().collect(),
        headers: draft
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.replace("${", "$${")))
            .collect(),
        body: draft.body.clone().map(|text| OperationBody { text: Some(text), ..OperationBody::default() }),
        success: draft.success.clone(),
        send: None,
        policy: None,
    }
}

/// What was made up or left out, each sentence once.
pub(super) fn notes(drafts: &[Draft], console: &Console) {
    let mut told: Vec<(String, usize, String)> = Vec::new();
    for draft in drafts {
        let secret = draft.secret_headers.iter().map(|name| {
            format!("the header `{name}` was left out, because its value is a secret; --header sends one")
        });
        for note in draft.notes.iter().cloned().chain(secret) {
            match told.iter_mut().find(|(other, ..)| *other == note) {
                Some((_, more, _)) => *more += 1,
                None => told.push((note, 0, format!("{} {}", draft.method, draft.path))),
            }
        }
    }
    for (note, more, first) in told {
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        console.note(&format!("{first}{more}: {note}"));
    }
}

/// The requests of a HAR file.
pub(super) fn recording(path: &Path) -> Result<Archive, Diagnostic> {
    let text = input::read_text(path, input::Kind::Recording).map_err(|error| {
        let help = error.help().unwrap_or("name a HAR file, as the browser's developer tools save it");
        Diagnostic::error("import.read", error.to_string()).help(help)
    })?;
    har::read(&Arc::new(SourceText { name: path.display().to_string(), text }))
}

/// The text of an OpenAPI document, from a file or a URL.
fn document(place: &str, args: &EndpointArgs, layer: &Layer) -> Result<String, Vec<Diagnostic>> {
    let refused = |message: String| {
        Diagnostic::error("openapi.unreadable", message)
            .help("give the file or the URL of an OpenAPI 3.0 or 3.1 document, JSON or YAML")
    };
    match Url::parse(place) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            let bytes = fetched(&url, args, layer, &refused)?;
            String::from_utf8(bytes).map_err(|_| vec![refused(format!("{place} is not UTF-8"))])
        }
        _ => input::read_text(Path::new(place), input::Kind::Description)
            .map_err(|error| vec![refused(error.to_string())]),
    }
}

fn fetched(
    url: &Url,
    args: &EndpointArgs,
    layer: &Layer,
    refused: &impl Fn(String) -> Diagnostic,
) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let given = Given { layer: layer.clone(), config: args.config.clone(), ..Given::default() };
    let resolved = process::resolve(given, Unnamed::Accept, &Silent)?;
    let runtime = runtime().map_err(|problem| vec![problem])?;
    let exchange =
        runtime.block_on(resolved.settings.fetch(url)).map_err(|problem| vec![problem.diagnostic(None)])?;
    match exchange.response() {
        Some(response) if response.status == 200 => Ok(response.body.to_vec()),
        Some(response) => Err(vec![refused(match response.fields.text("location") {
            Some(to) => format!("{url} was answered with status {} and leads to {to}", response.status),
            None => format!("{url} was answered with status {}", response.status),
        })]),
        None => {
            let why = match &exchange.received {
                Received::Failed(failure) => failure.to_string(),
                Received::Response(_) => String::new(),
            };
            Err(vec![refused(format!("{url} cannot be fetched: {why}"))])
        }
    }
}

/// What a document says, JSON or YAML.
fn api(place: &str, text: &str) -> Result<openapi::Api, Diagnostic> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value: serde_json::Value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| error.to_string())
    } else {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }
    .map_err(|error| {
        let first = error.lines().next().unwrap_or_default();
        Diagnostic::error("openapi.syntax", format!("{place} is neither JSON nor YAML: {first}"))
    })?;
    openapi::read(&value).map_err(|error| {
        Diagnostic::error("openapi.form", format!("{place}: {error}"))
            .help("name an OpenAPI 3.0 or 3.1 document; converters for Swagger 2.0 exist")
    })
}
