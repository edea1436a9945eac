//! Tokens of PowerShell, as far as requests have them.

use super::super::error::{Fault, Quote, Why, fault};

/// A token of PowerShell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
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

/// Reads tokens.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

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

    pub(super) fn tokens(mut self) -> Result<Vec<(Token, usize)>, Fault> {
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
                    Token::Parameter(self.parameter())
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

    /// The name of a parameter, with the colon that may follow it.
    fn parameter(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        self.at += end + usize::from(rest.get(end..).is_some_and(|rest| rest.starts_with(':')));
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
                '$' if kind == Quote::Double
                    && self.peek().is_some_and(|c| c.is_alphabetic() || "{(".contains(c)) =>
                {
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
