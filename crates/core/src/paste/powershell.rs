//! `Invoke-WebRequest` and `Invoke-RestMethod`, as developer tools write them and as people do.

mod tokens;

use tokens::{Reader, Token};

use super::{
    error::{Fault, Why, fault},
    headers::is_header,
    request::{Draft, Note, PastedBody, PastedRequest, url},
};
use crate::fetch::{Credentials, method::is_method};

/// The commands, in lower case.
const COMMANDS: [&str; 4] = ["invoke-webrequest", "invoke-restmethod", "iwr ", "irm "];

/// Whether a text calls one of the commands.
pub(super) fn is_command(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let starts = |name: &str| {
        lower.lines().any(|line| {
            let line = line.trim_start();
            let line = line.rsplit_once("> ").map_or(line, |(_, line)| line);
            let line = line
                .split_once(" = ")
                .map_or(line, |(variable, line)| if variable.starts_with('$') { line } else { variable });
            line.trim_start().starts_with(name)
        })
    };
    COMMANDS.into_iter().any(starts)
}

/// The request of the first command.
pub(super) fn request(text: &str) -> Result<PastedRequest, Fault> {
    let tokens = Reader::new(text).tokens()?;
    let mut tables: Vec<(String, Vec<(String, Option<String>)>)> = Vec::new();
    let mut cookies = false;
    for statement in tokens.split(|(token, _)| *token == Token::End) {
        match statement {
            [(Token::Variable(name), _), (Token::Assign, _), (Token::Table(table), _), ..] => {
                tables.push((name.to_ascii_lowercase(), table.clone()));
            }
            [(Token::Variable(name), _), ..] if name.to_ascii_lowercase().ends_with(".cookies.add") => {
                cookies = true;
            }
            _ => {}
        }
        let is_command = |token: &Token| matches!(token, Token::Text(word) if COMMANDS.iter().any(|name| name.trim() == word.to_ascii_lowercase()));
        if let Some(start) = statement.iter().position(|(token, _)| is_command(token)) {
            return command(statement.get(start..).unwrap_or_default(), &tables, cookies);
        }
    }
    Err(fault(Why::Expected("a command"), 0))
}

type Tables = [(String, Vec<(String, Option<String>)>)];

fn command(tokens: &[(Token, usize)], tables: &Tables, cookies: bool) -> Result<PastedRequest, Fault> {
    let start = tokens.first().map_or(0, |(_, at)| *at);
    let mut target = None;
    let (mut method, mut headers, mut body) = (None, Vec::new(), None);
    let mut notes = Vec::new();
    let mut rest = tokens.iter().skip(1).peekable();
    while let Some((token, at)) = rest.next() {
        let Token::Parameter(name) = token else {
            if let Token::Text(text) = token {
                target.get_or_insert((text.clone(), *at));
            }
            continue;
        };
        let name = name.to_ascii_lowercase();
        if matches!(name.as_str(), "usebasicparsing" | "skipcertificatecheck" | "usedefaultcredentials") {
            continue;
        }
        let Some((value, at)) = rest.next_if(|(token, _)| !matches!(token, Token::Parameter(_))) else {
            continue;
        };
        match (name.as_str(), value) {
            ("uri", Token::Text(text)) => target = Some((text.clone(), *at)),
            ("uri", _) => return Err(fault(Why::ComputedUrl, *at)),
            ("method" | "custommethod", Token::Text(text)) if is_method(text) => {
                // `-Method Put` is sent as PUT.
                method = Some(text.to_ascii_uppercase());
            }
            ("method" | "custommethod", _) => return Err(fault(Why::Method, *at)),
            ("contenttype", Token::Text(text)) => headers.push(("content-type".to_owned(), text.clone())),
            ("headers", value) => take_headers(value, tables, &mut headers, &mut notes, *at)?,
            ("body", Token::Text(text)) => body = Some(PastedBody::Text(text.clone())),
            ("body", _) => body = Some(PastedBody::Missing),
            ("form", _) => {
                notes.push(Note::Form);
                body = Some(PastedBody::Missing);
            }
            ("infile", Token::Text(text)) => body = Some(PastedBody::File(text.clone())),
            _ => {}
        }
    }
    let (text, at) = target.ok_or_else(|| fault(Why::NoUrl("command"), start))?;
    let mut draft = Draft::new(url(&text, None, at)?);
    draft.method = Some(method.unwrap_or_else(|| "GET".to_owned()));
    draft.headers = headers;
    draft.body = body;
    draft.credentials = cookies.then_some(Credentials::Include);
    draft.notes = notes;
    Ok(draft.finish())
}

fn take_headers(
    value: &Token,
    tables: &Tables,
    headers: &mut Vec<(String, String)>,
    notes: &mut Vec<Note>,
    at: usize,
) -> Result<(), Fault> {
    let table = match value {
        Token::Table(table) => Some(table),
        Token::Variable(name) => {
            let name = name.to_ascii_lowercase();
            tables.iter().rfind(|(known, _)| *known == name).map(|(_, table)| table)
        }
        _ => None,
    };
    let Some(table) = table else {
        notes.push(Note::ComputedHeaders);
        return Ok(());
    };
    for (name, value) in table {
        let value = value.clone().unwrap_or_else(|| {
            notes.push(Note::ComputedValue(name.clone()));
            "1".to_owned()
        });
        if !is_header(name, &value) {
            return Err(fault(Why::Header, at));
        }
        headers.push((name.clone(), value));
    }
    Ok(())
}
