//! Strict JSON (RFC 8259) with the place of every value. The general parsers either keep no
//! places or take more than JSON, and neither says what a person who mistyped it needs to know.

use std::{ops::Range, str::FromStr, sync::Arc};

use serde_json::{Number, Value as Json};

use super::{Codes, MAX_BYTES, nearest, problem::MAX_PROBLEMS, quote};
use crate::diagnostic::{Diagnostic, SourceText};

/// How deep arrays and objects may be nested.
pub(super) const MAX_DEPTH: usize = 64;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Number(Number),
    String(String),
    Array(Vec<Node>),
    /// As written: a name may stand twice.
    Object(Vec<Member>),
}

/// One field of an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) value: Node,
}

impl Node {
    pub(super) fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Boolean(value) => Json::Bool(*value),
            Value::Number(value) => Json::Number(value.clone()),
            Value::String(value) => Json::String(value.clone()),
            Value::Array(elements) => elements.iter().map(Self::to_json).collect(),
            Value::Object(members) => {
                members.iter().map(|member| (member.key.clone(), member.value.to_json())).collect()
            }
        }
    }
}

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SyntaxError {
    sort: Sort,
    message: String,
    span: Range<usize>,
    label: String,
    also: Option<(Range<usize>, &'static str)>,
    help: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sort {
    Syntax,
    TooDeep,
    TooLarge,
}

impl SyntaxError {
    fn new(message: impl Into<String>, span: Range<usize>) -> Box<Self> {
        let (message, label) = (message.into(), String::new());
        Box::new(Self { sort: Sort::Syntax, message, span, label, also: None, help: None })
    }

    fn sort(mut self: Box<Self>, sort: Sort) -> Box<Self> {
        self.sort = sort;
        self
    }

    fn label(mut self: Box<Self>, label: impl Into<String>) -> Box<Self> {
        self.label = label.into();
        self
    }

    fn also(mut self: Box<Self>, span: Range<usize>, text: &'static str) -> Box<Self> {
        self.also = Some((span, text));
        self
    }

    fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = Some(help.into());
        self
    }

    pub(super) fn diagnostic(self, codes: &Codes, source: &Arc<SourceText>) -> Diagnostic {
        let code = match self.sort {
            Sort::Syntax => codes.syntax,
            Sort::TooDeep => codes.too_deep,
            Sort::TooLarge => codes.too_large,
        };
        let mut diagnostic = Diagnostic::error(code, self.message).at(source, self.span, self.label);
        if let Some((span, text)) = self.also {
            diagnostic = diagnostic.at(source, span, text);
        }
        diagnostic.help.extend(self.help);
        diagnostic
    }
}

type Parsed<T> = Result<T, Box<SyntaxError>>;

/// Parses a text of one JSON value.
///
/// # Errors
/// Every error that does not follow from another: a comment, a comma too many or too few, another kind of quotes, a
/// word, number or string that is not JSON. After an error that leaves open what belongs to what, such as a bracket
/// that is not closed, nothing more is read.
pub(super) fn parse(text: &str) -> Result<Node, Vec<SyntaxError>> {
    if text.len() > MAX_BYTES {
        let message = format!("the text has {} bytes, at most {MAX_BYTES} are read", text.len());
        return Err(vec![*SyntaxError::new(message, 0..0).sort(Sort::TooLarge)]);
    }
    let mut parser = Parser { text, at: 0, depth: 0, errors: Vec::new() };
    let parsed = parser.document();
    let mut errors = parser.errors;
    match parsed {
        Ok(value) if errors.is_empty() => return Ok(value),
        Ok(_) => {}
        Err(error) => errors.push(*error),
    }
    errors.sort_by_key(|error| error.span.start);
    Err(errors)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// What is wrong so far, and did not keep the rest from being read.
    errors: Vec<SyntaxError>,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Parsed<Node> {
        self.skip_space();
        if self.peek().is_none() {
            return Err(SyntaxError::new("the file is empty", self.here()).label("expected a JSON object"));
        }
        let value = self.value("a value")?;
        self.skip_space();
        if self.peek().is_some() {
            return Err(self
                .unexpected("the end of the file")
                .also(value.span.end.saturating_sub(1)..value.span.end, "the value ends here"));
        }
        Ok(value)
    }

    /// Keeps an error after which the rest can be read.
    ///
    /// # Errors
    /// The error itself, where enough are kept.
    fn note(&mut self, error: Box<SyntaxError>) -> Parsed<()> {
        if self.errors.len() + 1 >= MAX_PROBLEMS {
            return Err(error);
        }
        self.errors.push(*error);
        Ok(())
    }

    /// The text in other quotes at the cursor, and how long it is with them.
    fn misquoted(&self) -> Option<(&'a str, usize)> {
        let rest = self.rest();
        let open = rest.chars().next()?;
        let close = match open {
            '\'' | '`' => open,
            '‘' | '’' => '’',
            '“' | '”' => '”',
            _ => return None,
        };
        let inner = rest.get(open.len_utf8()..)?;
        let end = inner.find([close, '\n'])?;
        let text = inner.get(..end)?;
        inner.get(end..)?.starts_with(close).then(|| (text, open.len_utf8() + end + close.len_utf8()))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Skips blanks, and comments, which are errors.
    fn skip_space(&mut self) {
        loop {
            while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
                self.at += 1;
            }
            let rest = self.rest();
            let length = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                let Some(end) = rest.find("*/") else { return };
                end + 2
            } else {
                return;
            };
            let error = self.unexpected("a value");
            if self.note(error).is_err() {
                return;
            }
            self.at += length;
        }
    }

    /// The character at the cursor; nothing at the end.
    fn here(&self) -> Range<usize> {
        self.at..self.at + self.rest().chars().next().map_or(0, char::len_utf8)
    }

    /// The run of characters at the cursor that somebody may have meant as one word.
    fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '$')));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    /// Something else stands at the cursor than what is expected.
    fn unexpected(&self, expected: &str) -> Box<SyntaxError> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return SyntaxError::new(format!("expected {expected}, found the end of the file"), self.here())
                .label(format!("expected {expected}"));
        };
        let word = self.word();
        let long = |len: usize| self.at..self.at + len;
        let wrong = |found: &str, span| {
            SyntaxError::new(format!("expected {expected}, found {found}"), span)
                .label(format!("expected {expected}"))
        };
        match first {
            '/' if rest.starts_with("//") || rest.starts_with("/*") => {
                SyntaxError::new("JSON has no comments", long(2))
                    .help("say it in an `about` field, or leave it out")
            }
            '\'' | '‘' | '’' | '“' | '”' | '`' => {
                wrong(&quote(&first.to_string()), self.here()).help("strings stand in double quotes: \"…\"")
            }
            '\u{feff}' => wrong("a byte order mark", self.here()).help("save the file as UTF-8 without BOM"),
            ',' if expected.contains("value") || expected.contains("name") => {
                wrong("a comma", self.here()).help("one comma stands between two values")
            }
            '0'..='9' | '-' if self.number_at().is_some() => wrong("a number", long(word.len())),
            '"' => wrong("a string", self.here()),
            _ if word.is_empty() => wrong(&quote(&first.to_string()), self.here()),
            _ => wrong(&quote(word), long(word.len())),
        }
    }

    fn value(&mut self, expected: &str) -> Parsed<Node> {
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'+' | b'.' | b'0'..=b'9') => self.number()?,
            _ => self.keyword(expected)?,
        };
        Ok(Node { span: start..self.at, value })
    }

    fn nested(&mut self, parse: fn(&mut Self) -> Parsed<Value>) -> Parsed<Value> {
        if self.depth == MAX_DEPTH {
            let message = format!("arrays and objects are nested deeper than {MAX_DEPTH} levels");
            return Err(SyntaxError::new(message, self.here()).sort(Sort::TooDeep));
        }
        self.depth += 1;
        let value = parse(self);
        self.depth -= 1;
        value
    }

    fn keyword(&mut self, expected: &str) -> Parsed<Value> {
        let word = self.word();
        let value = match word {
            "null" => Value::Null,
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => {
                let misquoted = self.misquoted();
                let mut error = self.unexpected(expected);
                if word.starts_with(|c: char| c.is_alphabetic()) {
                    let meant = match word {
                        "None" | "nil" | "undefined" => Some("null"),
                        _ => nearest(word, ["null", "true", "false"]),
                    };
                    error = match meant {
                        Some(meant) => error.help(format!("did you mean `{meant}`?")),
                        None => error.help("strings stand in double quotes: \"…\""),
                    };
                    self.note(error)?;
                    Value::Null
                } else if let Some((text, length)) = misquoted {
                    self.note(error)?;
                    self.at += length;
                    return Ok(Value::String(text.to_owned()));
                } else {
                    return Err(error);
                }
            }
        };
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self) -> Parsed<Value> {
        let open = self.here();
        self.at += 1;
        let mut elements = Vec::new();
        self.skip_space();
        if self.eat(b']') {
            return Ok(Value::Array(elements));
        }
        loop {
            elements.push(self.value("a value").map_err(|error| self.or_open(error, &open))?);
            if self.next(b']', &open)? {
                return Ok(Value::Array(elements));
            }
        }
    }

    fn object(&mut self) -> Parsed<Value> {
        let open = self.here();
        self.at += 1;
        let mut members = Vec::new();
        self.skip_space();
        if self.eat(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            let start = self.at;
            let key = self.key(&open)?;
            let key_span = start..self.at;
            self.skip_space();
            if !self.eat(b':') {
                let error = self.unexpected("`:`").also(key_span.clone(), "after this field name");
                match self.peek() {
                    Some(b'=') => {
                        self.note(error)?;
                        self.at += 1;
                    }
                    Some(b'"' | b'{' | b'[') => self.note(error)?,
                    _ => return Err(error),
                }
            }
            self.skip_space();
            let value = self.value("a value").map_err(|error| self.or_open(error, &open))?;
            members.push(Member { key, key_span, value });
            if self.next(b'}', &open)? {
                return Ok(Value::Object(members));
            }
        }
    }

    /// The name of a field; one in other quotes or in none is an error after which the rest can be read.
    fn key(&mut self, open: &Range<usize>) -> Parsed<String> {
        if self.peek() == Some(b'"') {
            return self.string();
        }
        let error = self.unexpected("a field name in double quotes");
        let (key, length) = match self.misquoted() {
            Some(misquoted) => misquoted,
            None => (self.word(), self.word().len()),
        };
        let after = self.rest().get(length..).unwrap_or_default().trim_start();
        if length == 0 || !after.starts_with(':') {
            return Err(self.or_open(error, open));
        }
        self.note(error)?;
        self.at += length;
        Ok(key.to_owned())
    }

    /// After a member: whether the list is closed; else the next member stands at the cursor.
    fn next(&mut self, close: u8, open: &Range<usize>) -> Parsed<bool> {
        let (end, bracket) = (self.at, char::from(close));
        self.skip_space();
        if self.eat(close) {
            return Ok(true);
        }
        let comma = self.here();
        if !self.eat(b',') {
            let error = self.unexpected(&format!("`,` or `{bracket}`"));
            let starts_value =
                matches!(self.peek(), Some(b'"' | b'{' | b'[' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n'));
            if !starts_value {
                return Err(self.or_open(error, open));
            }
            self.note(error.also(end..end, "a comma is missing here"))?;
            return Ok(false);
        }
        self.skip_space();
        if self.peek() == Some(close) {
            let error = SyntaxError::new(format!("trailing comma before `{bracket}`"), comma)
                .label("remove it")
                .also(self.here(), "nothing follows");
            self.note(error)?;
            self.at += 1;
            return Ok(true);
        }
        Ok(false)
    }

    /// At the end of the text, what is still open says more than what is missing.
    fn or_open(&self, error: Box<SyntaxError>, open: &Range<usize>) -> Box<SyntaxError> {
        if self.peek().is_none() && error.also.is_none() {
            error.also(open.clone(), "this is not closed")
        } else {
            error
        }
    }

    /// The length of the JSON number at the cursor.
    fn number_at(&self) -> Option<usize> {
        let bytes = self.rest().as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
        let mut len = usize::from(bytes.first() == Some(&b'-'));
        len += match bytes.get(len)? {
            b'0' => 1,
            b'1'..=b'9' => digits(len),
            _ => return None,
        };
        if bytes.get(len) == Some(&b'.') {
            let count = digits(len + 1);
            if count == 0 {
                return None;
            }
            len += 1 + count;
        }
        if matches!(bytes.get(len), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
            let count = digits(len + 1 + sign);
            if count == 0 {
                return None;
            }
            len += 1 + sign + count;
        }
        Some(len)
    }

    fn number(&mut self) -> Parsed<Value> {
        let word = self.word();
        let span = self.at..self.at + word.len().max(1);
        let error = if self.number_at() == Some(word.len()) {
            match Number::from_str(word) {
                Ok(number) => {
                    self.at += word.len();
                    return Ok(Value::Number(number));
                }
                Err(_) => SyntaxError::new(format!("the number {} is too large", quote(word)), span.clone()),
            }
        } else {
            SyntaxError::new(format!("{} is no JSON number", quote(word)), span.clone())
                .help("JSON numbers are like 0, -1, 12.5 or 1e6: no leading zero or plus, a digit on both sides of the point")
        };
        self.note(error)?;
        self.at = span.end;
        Ok(Value::Null)
    }

    fn string(&mut self) -> Parsed<String> {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c: char| matches!(c, '"' | '\\') || c < ' ').unwrap_or(rest.len());
            value.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(value);
                }
                Some(b'\\') => {
                    let from = self.at;
                    match self.escape() {
                        Ok(escaped) => value.push(escaped),
                        Err(error) => {
                            self.note(error)?;
                            // The backslash at least is read.
                            self.at = self.at.max(from + 1);
                            value.push(char::REPLACEMENT_CHARACTER);
                        }
                    }
                }
                None => return Err(self.unclosed(start)),
                Some(b'\n' | b'\r') => {
                    let error = self.unclosed(start);
                    // Where the next line has the missing quote, the string was meant to go on there.
                    let next =
                        self.rest().trim_start_matches(['\r', '\n']).lines().next().unwrap_or_default();
                    if next.matches('"').count() % 2 == 1 {
                        return Err(error);
                    }
                    self.note(error)?;
                    // What stands behind the value was probably not meant to be in it.
                    let inner = self.text.get(start + 1..self.at).unwrap_or_default();
                    let meant = inner.trim_end().trim_end_matches(['}', ']', ',']);
                    self.at = start + 1 + meant.len();
                    return Ok(value);
                }
                Some(control) => {
                    let error = SyntaxError::new("a control character within a string", self.here())
                        .help(format!("write it as \\u{control:04x}"));
                    self.note(error)?;
                    self.at += 1;
                }
            }
        }
    }

    fn unclosed(&self, start: usize) -> Box<SyntaxError> {
        SyntaxError::new("the string is not closed on its line", start..self.at)
            .label("no `\"` until the end of the line")
            .help("a line break within a string is written \\n")
    }

    fn escape(&mut self) -> Parsed<char> {
        let start = self.at;
        self.at += 1;
        let escaped = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape(start);
            }
            _ => {
                let end = self.here().end;
                return Err(SyntaxError::new("an unknown escape within a string", start..end)
                    .help("known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hexadecimal digits; a backslash itself is \\\\"));
            }
        };
        self.at += 1;
        Ok(escaped)
    }

    fn unicode_escape(&mut self, start: usize) -> Parsed<char> {
        let first = self.hex4(start)?;
        let code = if (0xD800..0xDC00).contains(&first) && self.rest().starts_with("\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.hex4(before)?;
            if (0xDC00..0xE000).contains(&second) {
                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            } else {
                self.at = before;
                first
            }
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| {
            SyntaxError::new("half of a surrogate pair within a string", start..self.at)
                .label("this alone is no character")
                .help("characters above U+FFFF are two \\u escapes, a high and a low surrogate, or stand as they are")
        })
    }

    fn hex4(&mut self, start: usize) -> Parsed<u32> {
        let digits =
            self.rest().get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(code) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            return Err(SyntaxError::new("\\u needs four hexadecimal digits", start..self.at));
        };
        self.at += 4;
        Ok(code)
    }
}
