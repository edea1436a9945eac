//! The request that is explained: what flags say, before what a copied request says.

use std::path::Path;

use crosscheck_core::paste::{FaultKind, Note, OriginFrom, PastedBody, PastedRequest, page_origin};

use super::{
    super::super::{args::ExplainArgs, console::Console},
    copied::{self, Given},
};
use crate::{
    case::model::{BodySpec, SizedBody},
    diagnostic::Diagnostic,
    endpoint::parse_header,
    fetch::{header::is_forbidden_request_header, method},
    input,
    message::is_token,
    run::explain::Question,
};

/// The longest body of `--size` that is text, as a script's string is.
const LONGEST_TEXT: u32 = 1024 * 1024;

/// A request to explain.
pub(super) struct Wanted {
    /// The URL, or `embedded`.
    pub(super) url: String,
    pub(super) question: Question,
    /// Whether the copied request accepts every certificate.
    pub(super) insecure: bool,
}

/// What the arguments ask for.
pub(super) fn wanted(args: &ExplainArgs, console: &Console) -> Result<Wanted, Diagnostic> {
    let (url, mut copied) = match copied::given(args, console)? {
        Given::Url(url) => (Some(url), None),
        Given::Copied { request, url } => {
            let url = url.or_else(|| request.page_url().map(ToString::to_string));
            (url, Some(*request))
        }
    };
    let Some(url) = url else {
        let message = "the console message does not name the URL of the request";
        return Err(Diagnostic::error("paste.url", message)
            .help("copy the lines around it too, or name the URL and the file: crosscheck explain URL --from FILE")
            .help("in the developer tools, under Network: right-click the request, Copy, Copy as cURL"));
    };
    if let Some(copied) = &mut copied {
        drop_assumptions(copied, args);
    }
    let copied = copied.as_ref();
    let origin = origin(args, copied)?;
    let mut question = Question {
        origin,
        method: String::new(),
        headers: Vec::new(),
        credentials: args.credentials || copied.is_some_and(PastedRequest::includes_credentials),
        send: args.send,
        body: None,
        product: args.product,
        expose: exposed(args)?,
        unsendable: copied.map(|copied| copied.unsendable().map(str::to_owned).collect()).unwrap_or_default(),
    };
    set_headers(&mut question, args, copied)?;
    question.body = body(args, copied, console)?;
    question.method = chosen_method(args, copied, question.body.is_some())?;
    Ok(Wanted { url, question, insecure: copied.is_some_and(|copied| copied.insecure) })
}

/// Takes back what was assumed about a message where flags say it.
fn drop_assumptions(copied: &mut PastedRequest, args: &ExplainArgs) {
    let assumed = copied.notes.iter().any(|note| matches!(note, Note::AssumedRequest(_)));
    if assumed && (args.method.is_some() || !args.header.is_empty()) {
        copied.method = None;
        copied.headers.clear();
    }
}

fn origin(args: &ExplainArgs, copied: Option<&PastedRequest>) -> Result<String, Diagnostic> {
    let read = copied.and_then(|copied| copied.origin.as_ref());
    let (text, from) = match (&args.origin, read) {
        (Some(text), _) => (text.as_str(), "--origin"),
        (None, Some(origin)) => (
            origin.text.as_str(),
            match origin.from {
                OriginFrom::Origin => "the field Origin",
                OriginFrom::Referrer => "the referrer",
                OriginFrom::Message => "the message",
            },
        ),
        (None, None) => {
            let message = match copied {
                Some(_) => "the copied request does not say which page makes it",
                None => "the origin of the page is missing",
            };
            let help = "name it as in the address bar, without a path: --origin https://app.example.com";
            return Err(Diagnostic::error("explain.origin", message).help(help));
        }
    };
    let Err(fault) = page_origin(text) else { return Ok(text.to_owned()) };
    let message = format!("{from}: `{text}` is not the origin of a page: {}", fault.kind.message());
    let diagnostic = Diagnostic::error("explain.origin", message);
    Err(match (fault.kind, fault.corrected) {
        (FaultKind::File, _) => diagnostic.help(
            "browsers send the origin of a page from a file as --origin null; Cordova and old Electron send \
             --origin file://",
        ),
        (FaultKind::Pattern, Some(origin)) => {
            diagnostic.help(format!("name one origin that fits it, such as --origin {origin}"))
        }
        (_, Some(origin)) => diagnostic.help(format!("write --origin {origin}")),
        (_, None) => diagnostic.help("name the origin of a page, such as --origin https://app.example.com"),
    })
}

fn chosen_method(
    args: &ExplainArgs,
    copied: Option<&PastedRequest>,
    has_body: bool,
) -> Result<String, Diagnostic> {
    let of_copy = copied.and_then(|copied| copied.method.clone());
    let implied = if has_body { "POST" } else { "GET" };
    let chosen = args.method.clone().or(of_copy).unwrap_or_else(|| implied.to_owned());
    if !method::is_method(&chosen) {
        return Err(Diagnostic::error("explain.method", format!("`{chosen}` is no method"))
            .help("write it as a script does: --method PUT"));
    }
    Ok(chosen)
}

/// The headers of the copied request, with those of flags in the place of theirs.
fn set_headers(
    question: &mut Question,
    args: &ExplainArgs,
    copied: Option<&PastedRequest>,
) -> Result<(), Diagnostic> {
    let mut headers = copied.map(|copied| copied.headers.clone()).unwrap_or_default();
    let mut given = Vec::new();
    for header in &args.header {
        // A name alone is enough to ask whether it is allowed.
        let whole = if header.contains(':') { header.clone() } else { format!("{header}: 1") };
        let (name, value) = parse_header(&whole).map_err(|error| {
            Diagnostic::error(error.code(), error.to_string())
                .help("write --header Name, or --header 'Name: value'")
        })?;
        if is_forbidden_request_header(&name, value.as_bytes()) {
            question.unsendable.push(name);
        } else {
            given.push((name, value));
        }
    }
    headers.retain(|(name, _)| !given.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)));
    question.headers = headers.into_iter().chain(given).collect();
    Ok(())
}

fn exposed(args: &ExplainArgs) -> Result<Vec<String>, Diagnostic> {
    for name in &args.expose_header {
        if !is_token(name.as_bytes()) {
            let message = format!("`{name}` is not a valid header name");
            return Err(Diagnostic::error("explain.expose-header", message)
                .help("write --expose-header ETag, one header each"));
        }
    }
    Ok(args.expose_header.clone())
}

fn body(
    args: &ExplainArgs,
    copied: Option<&PastedRequest>,
    console: &Console,
) -> Result<Option<BodySpec>, Diagnostic> {
    if let Some(text) = &args.data {
        return Ok(Some(BodySpec::Text(text.clone())));
    }
    if let Some(path) = &args.data_file {
        return file(path).map(Some);
    }
    if let Some(bytes) = args.size {
        let text = || "x".repeat(usize::try_from(bytes).unwrap_or_default());
        let sized = BodySpec::Sized(SizedBody { bytes });
        return Ok(Some(if bytes <= LONGEST_TEXT { BodySpec::Text(text()) } else { sized }));
    }
    let Some(body) = copied.and_then(|copied| copied.body.as_ref()) else { return Ok(None) };
    Ok(match body {
        PastedBody::Text(text) => Some(BodySpec::Text(text.clone())),
        PastedBody::Bytes(bytes) => Some(BodySpec::of_bytes(bytes.clone())),
        // A copied text may come from anywhere: a file that it names is not read for a preflight.
        PastedBody::File(name) if args.send => Some(file(Path::new(name))?),
        PastedBody::File(name) => {
            console.note(&format!("note: the body, the file {name}, is read only with --send"));
            None
        }
        PastedBody::Missing => None,
    })
}

fn file(path: &Path) -> Result<BodySpec, Diagnostic> {
    let bytes = input::read(path, input::Kind::Body).map_err(|error| {
        let help = error.help().unwrap_or("--data-file names the file of the body");
        Diagnostic::error("explain.body", error.to_string()).help(help)
    })?;
    Ok(BodySpec::of_bytes(bytes))
}
