//! `Invoke-WebRequest` and `Invoke-RestMethod`, as developer tools write them and as people do.

use super::{
    error::{Fault, Quote, Why, fault},
    headers::is_header,
    request::{Draft, Note, PastedBody, PastedRequest, url},
};
use crate::fetch::{Credentials, method::is_method};

/// The commands, in lower case.
const COMMANDS: [&str; 4] = ["invoke-webrequest", "invoke-restmethod", "iwr ", "irm "];

/// Whether a text calls one of the commands.
pub(super) fn is_command(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let starts = |name: &&str| {
        lower.lines().any(|line| {
            let line = line.trim_start();
            let line = line.rsplit_once("> ").map_or(line, |(_, line)| line);
            let line = line.split_once(" = ").map_or(line, |(variable, line)| {
                if variable.starts_with('$') { line } else { variable }
            });
            line.trim_start().starts_with(*name)
        })
    };
    COMMANDS.iter().any(|name| starts(&name))
}

/// A token of PowerShell.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A word, a string, or strings in parentheses.
    Text(String),
    /// `-Name`.
    Parameter(String),
    /// `$name`, with its members.
    Variable(String),
    /// `@{ … }`.
    Table(Vec<(String, Option<String>)>),
    /// An expression in brackets.
    Expression,
    /// A line end or a semicolon.
    End,
    /// `=`.
    Assign,
}

/// The request of the first command.
pub(super) fn request(text: &str) -> Result<PastedRequest, Fault> {
    let tokens = Reader { text, at: 0 }.tokens()?;
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
        let is_command = |token: &Token| {
            matches!(token, Token::Text(word) if COMMANDS.iter().any(|name| name.trim() == word.to_ascii_lowercase()))
        };
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
        let Some((value, at)) = rest.next_if(|(token, _)| !matches!(token, Token::Parameter(_))) else { continue };
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

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Skips blanks and line ends behind a backtick; line ends too, where they mean nothing.
    fn skip(&mut self, lines: bool) {
        loop {
            let rest = self.rest();
            let blank = |c: char| c.is_whitespace() && (lines || c != '\n');
            self.at += rest.len() - rest.trim_start_matches(blank).len();
            let rest = self.rest();
            let behind = rest.strip_prefix('`').map(|rest| rest.trim_start_matches([' ', '\t']));
            match behind.and_then(|rest| rest.strip_prefix('\n')) {
                Some(after) => self.at = self.text.len() - after.len(),
                None => return,
            }
        }
    }

    fn tokens(mut self) -> Result<Vec<(Token, usize)>, Fault> {
        let mut tokens = Vec::new();
        loop {
            self.skip(false);
            let at = self.at;
            let Some(c) = self.peek() else { return Ok(tokens) };
            let token = match c {
                '\n' | ';' => {
                    self.next();
                    Token::End
                }
                '#' => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                    continue;
                }
                '=' => {
                    self.next();
                    Token::Assign
                }
                '"' | '\'' => Token::Text(self.string()?.unwrap_or_default()),
                '@' if self.rest().starts_with("@{") => self.table()?,
                '@' if self.rest().starts_with("@\"") || self.rest().starts_with("@'") => self.here()?,
                '(' | '[' | '{' | ')' | ']' | '}' => self.brackets()?,
                '$' => {
                    self.next();
                    Token::Variable(self.word())
                }
                '-' if self.rest().chars().nth(1).is_some_and(|c| c.is_ascii_alphabetic()) => {
                    self.next();
                    let word = self.word();
                    Token::Parameter(word.trim_end_matches(':').to_owned())
                }
                ',' | '|' | '&' | '>' | '<' => {
                    self.next();
                    continue;
                }
                _ => Token::Text(self.word()),
            };
            tokens.push((token, at));
        }
    }

    /// What reaches to the next blank or sign; never nothing.
    fn word(&mut self) -> String {
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || "=;(){}[]\"'`|,".contains(c);
        // A URL may have signs in it that end other words.
        let ends_url = |c: char| c.is_whitespace() || ";\"'`|".contains(c);
        let end = if rest.starts_with("http") { rest.find(ends_url) } else { rest.find(ends) };
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = end.unwrap_or(rest.len()).max(first);
        self.at += end;
        rest.get(..end).unwrap_or_default().to_owned()
    }

    /// A string; `None` where it has a variable in it.
    fn string(&mut self) -> Result<Option<String>, Fault> {
        let start = self.at;
        let quote = self.next();
        let kind = if quote == Some('"') { Quote::Double } else { Quote::Single };
        let unclosed = || fault(Why::Unclosed(kind), start);
        let mut out = String::new();
        let mut computed = false;
        loop {
            match self.next().ok_or_else(unclosed)? {
                c if Some(c) == quote && self.peek() == quote => {
                    out.push(c);
                    self.next();
                }
                c if Some(c) == quote => return Ok((!computed).then_some(out)),
                '`' if kind == Quote::Double => {
                    let escape = self.next().ok_or_else(unclosed)?;
                    out.push(match escape {
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        '0' => '\0',
                        c => c,
                    });
                }
                '$' if kind == Quote::Double && self.rest().starts_with("([char]") => {
                    let rest = self.rest();
                    let end = rest.find(')').ok_or_else(unclosed)?;
                    let digits = rest.get("([char]".len()..end).unwrap_or_default();
                    let code = digits.trim().parse().ok().and_then(char::from_u32);
                    out.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
                    self.at += end + 1;
                }
                '$' if kind == Quote::Double && self.peek().is_some_and(|c| c.is_alphabetic() || "{(".contains(c)) => {
                    computed = true;
                }
                c => out.push(c),
            }
        }
    }

    /// A here-string: `@"`, lines, `"@`.
    fn here(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        let end = if self.rest().starts_with("@\"") { "\n\"@" } else { "\n'@" };
        let first = self.rest().find('\n').ok_or_else(|| fault(Why::Unclosed(Quote::Double), start))?;
        let lines = self.rest().get(first + 1..).unwrap_or_default();
        // The last line may be the only one: its line end is then the first one.
        let whole = self.rest().get(first..).unwrap_or_default();
        let length = whole.find(end).ok_or_else(|| fault(Why::Unclosed(Quote::Double), start))?;
        self.at += first + length + end.len();
        Ok(Token::Text(lines.get(..length.saturating_sub(1)).unwrap_or_default().to_owned()))
    }

    fn table(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        self.at += 2;
        let mut members = Vec::new();
        loop {
            self.skip(true);
            let name = match self.peek() {
                None => return Err(fault(Why::Unclosed(Quote::Bracket), start)),
                Some('}') => {
                    self.next();
                    return Ok(Token::Table(members));
                }
                Some(';' | ',') => {
                    self.next();
                    continue;
                }
                Some('"' | '\'') => self.string()?.unwrap_or_default(),
                Some(_) => self.word(),
            };
            self.skip(true);
            if self.peek() != Some('=') {
                return Err(fault(Why::Expected("`=` behind the name of a header"), self.at));
            }
            self.next();
            self.skip(true);
            let value = match self.peek() {
                Some('"' | '\'') => self.string()?,
                Some('(' | '[' | '{') => match self.brackets()? {
                    Token::Text(text) => Some(text),
                    _ => None,
                },
                Some('$') => {
                    self.next();
                    self.word();
                    None
                }
                Some(_) => Some(self.word()),
                None => return Err(fault(Why::Unclosed(Quote::Bracket), start)),
            };
            members.push((name, value));
        }
    }

    /// An expression in brackets; the text of `([System.Text.Encoding]::UTF8.GetBytes("…"))`.
    fn brackets(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        let mut open = 0_usize;
        let mut texts = Vec::new();
        loop {
            match self.peek() {
                None => return Err(fault(Why::Unclosed(Quote::Bracket), start)),
                Some('(' | '[' | '{') => {
                    open += 1;
                    self.next();
                }
                Some(')' | ']' | '}') => {
                    self.next();
                    open = open.saturating_sub(1);
                    if open == 0 {
                        break;
                    }
                }
                Some('"' | '\'') => texts.push(self.string()?),
                Some(_) => {
                    self.next();
                }
            }
        }
        let source = self.text.get(start..self.at).unwrap_or_default();
        let encoded = source.contains("GetBytes") || source.starts_with("(\"") || source.starts_with("('");
        match texts.as_slice() {
            [Some(text)] if encoded => Ok(Token::Text(text.clone())),
            _ => Ok(Token::Expression),
        }
    }
}
