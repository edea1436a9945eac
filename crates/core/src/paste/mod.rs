//! Decides what a pasted text says about a request: `curl` commands, `fetch()` calls, `Invoke-WebRequest`, HAR files and
//! the messages of browsers' consoles, as developer tools write them and as people do. Knows no files and no shell:
//! nothing is run, no variable is read.

mod cmd;
mod console;
mod curl;
mod data;
mod error;
mod fetch_call;
mod har;
mod headers;
mod page_origin;
mod powershell;
mod request;
mod script;
mod shell;
#[cfg(test)]
mod tests;

use crate::fetch::devtools::Engine;

pub use error::{ACCEPTED, NotUnderstood, Quote, Why};
pub use page_origin::{FaultKind, PageOriginFault, page_origin};
pub use request::{Failed, LeftOut, LeftOutBecause, Note, OriginFrom, PageOrigin, PastedBody, PastedRequest};

use error::Fault;

/// The longest text that is read, in bytes; recordings may be longer.
const LONGEST: usize = 8 * 1024 * 1024;

/// What a pasted text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// What it is.
    pub form: Form,
    /// The requests, never none: several of a HAR file, or of several commands.
    pub requests: Vec<PastedRequest>,
}

/// The form of a pasted text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A URL alone.
    Url,
    /// A `curl` command for a POSIX shell.
    Curl,
    /// A `curl` command for cmd.exe.
    CurlForCmd,
    /// `Invoke-WebRequest`, or `Invoke-RestMethod`.
    PowerShell,
    /// A `fetch()` call.
    Fetch,
    /// A recording.
    Har,
    /// A message of a browser's console.
    Console(Engine),
}

impl Form {
    /// Its name, with an article.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Url => "a URL",
            Self::Curl => "a curl command",
            Self::CurlForCmd => "a curl command for cmd.exe",
            Self::PowerShell => "a PowerShell command",
            Self::Fetch => "a fetch() call",
            Self::Har => "a HAR file",
            Self::Console(Engine::Chromium) => "a console message of Chrome",
            Self::Console(Engine::Firefox) => "a console message of Firefox",
            Self::Console(Engine::Webkit) => "a console message of Safari",
        }
    }
}

/// Whether a text is more than the URL that may stand in its place.
pub fn is_paste(text: &str) -> bool {
    let text = text.trim();
    let is_web = text.starts_with("http://") || text.starts_with("https://");
    if is_web && !text.contains('\n') {
        return false;
    }
    text.starts_with('{') || text.contains('(') || text.contains(char::is_whitespace)
}

/// Reads a pasted text.
///
/// # Errors
/// A text in none of the accepted forms, or wrong within its form, with the place.
pub fn read(text: &str) -> Result<Pasted, NotUnderstood> {
    let text = normalized(text);
    read_normalized(&text).map_err(|fault| NotUnderstood::new(fault, &text))
}

/// Without the line ends of Windows, no-break spaces and marks that editors add, so that places stay as people count.
fn normalized(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains(['\r', '\u{a0}', '\u{200b}']) {
        text.replace("\r\n", "\n").replace('\r', "\n").replace('\u{a0}', " ").replace('\u{200b}', "")
    } else {
        text.to_owned()
    }
}

fn read_normalized(text: &str) -> Result<Pasted, Fault> {
    let start = text.len() - text.trim_start().len();
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(error::fault(Why::Empty, 0));
    }
    if trimmed.starts_with('{') && trimmed.contains("\"log\"") {
        return Ok(Pasted { form: Form::Har, requests: har::requests(text)? });
    }
    if text.len() > LONGEST {
        return Err(error::fault(Why::UnknownForm, start));
    }
    if is_url(trimmed) {
        let url = request::url(trimmed, None, start)?;
        return Ok(Pasted { form: Form::Url, requests: vec![request::Draft::new(url).finish()] });
    }
    if powershell::is_command(text) {
        return Ok(Pasted { form: Form::PowerShell, requests: vec![powershell::request(text)?] });
    }
    if let Some(commands) = curl_commands(text)? {
        return Ok(commands);
    }
    if let Some(call) = fetch_call::find(text) {
        return Ok(Pasted { form: Form::Fetch, requests: vec![fetch_call::request(text, call)?] });
    }
    if let Some((engine, request)) = console::request(text) {
        return Ok(Pasted { form: Form::Console(engine), requests: vec![request] });
    }
    let why = fetch_call::other_library(text).map_or(Why::UnknownForm, Why::OtherLibrary);
    Err(error::fault(why, start))
}

/// Whether a text is one word that begins with a scheme.
fn is_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    let is_scheme =
        |scheme: &str| !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    !text.contains(char::is_whitespace) && scheme.is_some_and(is_scheme)
}

/// The commands that begin with `curl`, where there is one.
fn curl_commands(text: &str) -> Result<Option<Pasted>, Fault> {
    let Some(start) = shell::start_of_curl(text) else { return Ok(None) };
    let (form, commands) = if cmd::is_for_cmd(text) {
        (Form::CurlForCmd, cmd::commands(text, start)?)
    } else {
        (Form::Curl, shell::commands(text, start)?)
    };
    let mut requests = Vec::new();
    for words in commands.iter().filter(|words| words.first().is_some_and(shell::Word::is_curl)) {
        match curl::request(words) {
            Ok(request) => requests.push(request),
            Err(fault) if requests.is_empty() => return Err(fault),
            // What follows the first command may be its output.
            Err(_) => break,
        }
    }
    if requests.is_empty() {
        return Err(error::fault(Why::NoUrl("curl command"), start));
    }
    Ok(Some(Pasted { form, requests }))
}
