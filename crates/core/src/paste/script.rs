//! The literals of JavaScript, as far as calls of `fetch()` have them. Everything else is an expression, which is skipped
//! by its brackets and never evaluated.

use super::error::{Fault, Quote, Why, fault};

/// How deep literals may be nested.
pub(super) const DEEPEST: usize = 64;

/// A value of a script.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// A number, `true`, `false` or `null`, as JSON has it.
    Plain(String),
    Object(Vec<(String, Value)>),
    List(Vec<Value>),
    /// `new Headers(…)`, `JSON.stringify(…)`: the name without `new`.
    Call(String, Vec<Value>),
    /// Anything that would have to be evaluated.
    Expression,
}

impl Value {
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Plain(text) if text == "null" || text == "undefined")
    }

    /// As `JSON.stringify` writes it, where nothing has to be evaluated.
    pub(super) fn to_json(&self) -> Option<String> {
        let text = |text: &str| serde_json::to_string(text).ok();
        Some(match self {
            Self::Text(value) => text(value)?,
            Self::Plain(value) if value == "undefined" => return None,
            Self::Plain(value) => value.clone(),
            Self::Object(members) => {
                let mut out = Vec::with_capacity(members.len());
                for (name, value) in members {
                    // Members without a value are left out.
                    if matches!(value, Self::Plain(value) if value == "undefined") {
                        continue;
                    }
                    out.push(format!("{}:{}", text(name)?, value.to_json()?));
                }
                format!("{{{}}}", out.join(","))
            }
            Self::List(values) => {
                let values: Option<Vec<String>> = values.iter().map(Self::to_json).collect();
                format!("[{}]", values?.join(","))
            }
            Self::Call(..) | Self::Expression => return None,
        })
    }
}

/// Reads values from a place on.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
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

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    /// Skips whitespace and comments.
    fn skip(&mut self) -> Result<(), Fault> {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let end = rest.find("*/").ok_or_else(|| fault(Why::Unclosed(Quote::Comment), self.at))?;
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    /// The arguments of a call, from its `(` on.
    pub(super) fn arguments(&mut self, depth: usize) -> Result<Vec<Value>, Fault> {
        let start = self.at;
        self.next();
        self.items(')', start, depth)
    }

    fn items(&mut self, end: char, start: usize, depth: usize) -> Result<Vec<Value>, Fault> {
        let mut items = Vec::new();
        loop {
            self.skip()?;
            if self.eat(end) {
                return Ok(items);
            }
            if self.peek().is_none() {
                return Err(fault(Why::Unclosed(Quote::Bracket), start));
            }
            items.push(self.value(depth)?);
            self.skip()?;
            if !self.eat(',') && self.peek() != Some(end) {
                return Err(match self.peek() {
                    None => fault(Why::Unclosed(Quote::Bracket), start),
                    Some(_) => fault(Why::Expected("a comma or a closing bracket"), self.at),
                });
            }
        }
    }

    /// A value up to the comma or bracket behind it.
    fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        if depth >= DEEPEST {
            return Err(fault(Why::TooDeep(DEEPEST), self.at));
        }
        let mut value = self.term(depth)?;
        loop {
            self.skip()?;
            match self.peek() {
                None | Some(',' | ')' | ']' | '}' | ';') => return Ok(value),
                Some('+') => {
                    self.next();
                    self.skip()?;
                    let next = self.term(depth)?;
                    value = match (value, next) {
                        (Value::Text(a), Value::Text(b)) => Value::Text(a + &b),
                        _ => Value::Expression,
                    };
                }
                Some(_) => {
                    self.skip_expression()?;
                    return Ok(Value::Expression);
                }
            }
        }
    }

    fn term(&mut self, depth: usize) -> Result<Value, Fault> {
        let start = self.at;
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.string(quote).map(Value::Text),
            Some('`') => self.template(),
            Some('{') => self.object(depth),
            Some('[') => {
                self.next();
                self.items(']', start, depth + 1).map(Value::List)
            }
            Some(c) if c.is_ascii_digit() || c == '-' => Ok(self.number()),
            Some(c) if is_name(c) => self.named(depth),
            Some(',' | ')' | ']' | '}' | ':') => Err(fault(Why::Expected("a value"), start)),
            _ => {
                self.skip_expression()?;
                Ok(Value::Expression)
            }
        }
    }

    fn number(&mut self) -> Value {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_');
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let text = rest.get(..end).unwrap_or_default();
        self.at += end.max(1);
        match serde_json::from_str::<serde_json::Number>(text) {
            Ok(_) => Value::Plain(text.to_owned()),
            Err(_) => Value::Expression,
        }
    }

    /// A name: a constant, a call, or an expression that begins with it.
    fn named(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut name = self.name();
        self.skip()?;
        if matches!(name.as_str(), "new" | "await") && self.peek().is_some_and(is_name) {
            name = self.name();
            self.skip()?;
        }
        if matches!(name.as_str(), "true" | "false" | "null" | "undefined") {
            return Ok(Value::Plain(name));
        }
        if self.peek() == Some('(') {
            return Ok(Value::Call(name, self.arguments(depth + 1)?));
        }
        Ok(Value::Expression)
    }

    /// A name with its dots, such as `JSON.stringify`.
    fn name(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| !is_name(c) && c != '.').unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default().to_owned()
    }

    fn object(&mut self, depth: usize) -> Result<Value, Fault> {
        let start = self.at;
        self.next();
        let mut members = Vec::new();
        loop {
            self.skip()?;
            if self.eat('}') {
                return Ok(Value::Object(members));
            }
            let (name, plain) = match self.peek() {
                None => return Err(fault(Why::Unclosed(Quote::Bracket), start)),
                Some(quote @ ('"' | '\'')) => (self.string(quote)?, true),
                Some(c) if is_name(c) => (self.name(), true),
                // `...rest`, `[computed]`.
                Some('.' | '[') => {
                    self.skip_expression()?;
                    ("...".to_owned(), false)
                }
                Some(_) => return Err(fault(Why::Expected("a member of an object"), self.at)),
            };
            self.skip()?;
            let value = if plain && self.eat(':') {
                self.skip()?;
                self.value(depth + 1)?
            } else {
                // `{ method }`, `{ method() {…} }`.
                self.skip_expression()?;
                Value::Expression
            };
            members.push((name, value));
            self.skip()?;
            if !self.eat(',') && self.peek() != Some('}') {
                return Err(match self.peek() {
                    None => fault(Why::Unclosed(Quote::Bracket), start),
                    Some(_) => fault(Why::Expected("a comma or `}`"), self.at),
                });
            }
        }
    }

    fn string(&mut self, quote: char) -> Result<String, Fault> {
        let start = self.at;
        self.next();
        let kind = if quote == '"' { Quote::Double } else { Quote::Single };
        let unclosed = || fault(Why::Unclosed(kind), start);
        let mut out = String::new();
        loop {
            match self.next().ok_or_else(unclosed)? {
                c if c == quote => return Ok(out),
                '\n' => return Err(unclosed()),
                '\\' => {
                    let escape = self.next().ok_or_else(unclosed)?;
                    self.escape(escape, &mut out);
                }
                c => out.push(c),
            }
        }
    }

    /// A template: text where it has no substitution.
    fn template(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        self.next();
        let unclosed = || fault(Why::Unclosed(Quote::Backtick), start);
        let mut out = String::new();
        let mut computed = false;
        loop {
            match self.next().ok_or_else(unclosed)? {
                '`' if computed => return Ok(Value::Expression),
                '`' => return Ok(Value::Text(out)),
                '\\' => {
                    let escape = self.next().ok_or_else(unclosed)?;
                    self.escape(escape, &mut out);
                }
                '$' if self.peek() == Some('{') => {
                    computed = true;
                    self.skip_brackets()?;
                }
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self, escape: char, out: &mut String) {
        out.push(match escape {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '0' => '\0',
            '\n' => return,
            'x' => char::from_u32(self.digits(2)).unwrap_or(char::REPLACEMENT_CHARACTER),
            'u' => self.code_unit(),
            c => c,
        });
    }

    /// `\uXXXX`, two of them where the first is one half, or `\u{X}`.
    fn code_unit(&mut self) -> char {
        if self.eat('{') {
            let code = self.digits(6);
            self.eat('}');
            return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        let first = self.digits(4);
        if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            self.at += 2;
            let code = 0x10000 + ((first - 0xd800) << 10) + (self.digits(4) & 0x3ff);
            return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn digits(&mut self, most: usize) -> u32 {
        let mut value = 0;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else { break };
            value = value * 16 + digit;
            self.next();
        }
        value
    }

    /// Skips to the comma, semicolon or closing bracket that ends an expression, over strings and brackets within it.
    fn skip_expression(&mut self) -> Result<(), Fault> {
        loop {
            self.skip()?;
            match self.peek() {
                None | Some(',' | ')' | ']' | '}' | ';') => return Ok(()),
                Some('(' | '[' | '{') => self.skip_brackets()?,
                Some(_) => self.skip_token()?,
            }
        }
    }

    /// Skips brackets with all that is within, without recursion.
    fn skip_brackets(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let mut open = 0_usize;
        loop {
            self.skip()?;
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
                        return Ok(());
                    }
                }
                Some(_) => self.skip_token()?,
            }
        }
    }

    /// Skips one string or one other character.
    fn skip_token(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(quote @ ('"' | '\'')) => self.string(quote).map(drop),
            Some('`') => self.skip_template(),
            _ => {
                self.next();
                Ok(())
            }
        }
    }

    /// Skips a template within an expression, its substitutions as text: a template within them is the rare case.
    fn skip_template(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.next();
        loop {
            match self.next().ok_or_else(|| fault(Why::Unclosed(Quote::Backtick), start))? {
                '`' => return Ok(()),
                '\\' => drop(self.next()),
                _ => {}
            }
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
