//! A copied request: where its text is, which of its requests is meant, and what is said about how it was read.

use std::{path::Path, sync::Arc};

use crosscheck_core::paste::{self, Form, LeftOut, LeftOutBecause, Pasted, PastedRequest};

use super::super::super::{args::ExplainArgs, console::Console};
use crate::{
    diagnostic::{Diagnostic, SourceText},
    input,
};

/// What stands in the place of the URL.
pub(super) enum Given {
    /// A URL, or `embedded`.
    Url(String),
    /// A copied request; beside it the URL, where both were given.
    Copied { request: Box<PastedRequest>, url: Option<String> },
}

/// Reads what the arguments name.
pub(super) fn given(args: &ExplainArgs, console: &Console) -> Result<Given, Diagnostic> {
    let argument = args.url.as_deref().unwrap_or_default();
    let (name, text, url) = match &args.from {
        Some(path) => (path.display().to_string(), file(path)?, args.url.clone()),
        None if argument.trim() == "-" => ("standard input".to_owned(), standard_input()?, None),
        None => match argument.strip_prefix('@') {
            Some(path) => (path.to_owned(), file(Path::new(path))?, None),
            None if paste::is_paste(argument) => ("the text".to_owned(), argument.to_owned(), None),
            None if args.entry.is_some() => {
                let message = "--entry picks from a copied text with several requests, and this is a URL";
                return Err(Diagnostic::error("explain.entry", message).help("leave out --entry"));
            }
            None => return Ok(Given::Url(argument.to_owned())),
        },
    };
    let source = Arc::new(SourceText { name, text });
    let pasted = paste::read(&source.text).map_err(|error| error.diagnostic(&source))?;
    let request = picked(&pasted, args.entry, &source.name, console)?;
    note_how_it_was_read(pasted.form, &request, console);
    Ok(Given::Copied { request: Box::new(request), url })
}

fn file(path: &Path) -> Result<String, Diagnostic> {
    input::read_text(path, input::Kind::Recording).map_err(|error| {
        let help = error.help().unwrap_or("name the file that the copied request was saved to");
        Diagnostic::error("paste.read", error.to_string()).help(help)
    })
}

fn standard_input() -> Result<String, Diagnostic> {
    let bytes = input::read_standard_input(input::Kind::Recording)
        .map_err(|error| Diagnostic::error("paste.read", error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| Diagnostic::error("paste.read", "standard input is not UTF-8 text"))
}

fn picked(
    pasted: &Pasted,
    entry: Option<usize>,
    name: &str,
    console: &Console,
) -> Result<PastedRequest, Diagnostic> {
    let count = pasted.requests.len();
    let number = entry.unwrap_or(1);
    let list = || {
        for (index, request) in pasted.requests.iter().enumerate() {
            console.note(&format!("  {}  {}", index + 1, line(request)));
        }
    };
    let request = number.checked_sub(1).and_then(|index| pasted.requests.get(index));
    let Some(request) = request else {
        list();
        let message = format!("there is no request {number}: the copied text has {count}");
        return Err(Diagnostic::error("explain.entry", message).help(format!("--entry 1 to {count}")));
    };
    if count > 1 && entry.is_none() {
        let failed = if request.failed.is_some() { "failed requests" } else { "requests" };
        console.note(&format!("{name} has {count} {failed}; explaining 1, --entry N explains another"));
        list();
    } else if pasted.form == Form::Har && request.failed.is_none() {
        console.note(&format!("no request to another origin failed in {name}"));
    }
    Ok(request.clone())
}

/// A request in a list.
fn line(request: &PastedRequest) -> String {
    let method = request.method.as_deref().unwrap_or("GET");
    let url = request.page_url().map_or("an unknown URL", url::Url::as_str);
    let origin = request.origin.as_ref().map(|origin| format!(" from {}", origin.text)).unwrap_or_default();
    let failed = request.failed.as_ref().map(|failed| format!(": {failed}")).unwrap_or_default();
    format!("{method} {url}{origin}{failed}")
}

fn note_how_it_was_read(form: Form, request: &PastedRequest, console: &Console) {
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
    let with = if names.is_empty() { String::new() } else { format!(" with {}", names.join(", ")) };
    let credentials = if request.includes_credentials() { ", credentials included" } else { "" };
    console.note(&format!("read {}: {}{with}{credentials}", form.as_str(), line(request)));
    for (because, why) in [
        (LeftOutBecause::Browser, "the browser sets them itself"),
        (LeftOutBecause::Cookies, "the browser sends its own cookies, and none are sent here"),
    ] {
        let names: Vec<&str> = request
            .left_out
            .iter()
            .filter(|header: &&LeftOut| header.because == because)
            .map(|header| header.name.as_str())
            .collect();
        if !names.is_empty() {
            console.note(&format!("left out {}: {why}", names.join(", ")));
        }
    }
    for note in &request.notes {
        console.note(&format!("note: {note}"));
    }
}
