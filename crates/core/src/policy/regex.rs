//! Decides whether an entry was meant as a regular expression, and which patterns with one `*` come nearest to it.

use std::{iter::Peekable, str::Chars};

/// Longer texts are not translated.
const MAX_LENGTH: usize = 300;
/// How many patterns may come of one expression.
const MAX_PATTERNS: usize = 8;
/// How deep groups may be nested.
const MAX_DEPTH: usize = 6;

/// Whether a text has the marks of a regular expression that no origin and no pattern of origins has.
pub(super) fn is_regex(text: &str) -> bool {
    let escapes = ["\\.", "\\/", "\\d", "\\w", "\\-", "\\:", "\\S"];
    let classes = ["[a-", "[A-", "[0-", "[^", "[\\", "[.]"];
    let marks = ["(", "|", "s?://", "://.*", "://.+", ".*$", "{1,"];
    text.starts_with('^')
        || (text.ends_with('$') && text.contains("://"))
        || [escapes.as_slice(), &classes, &marks].concat().into_iter().any(|mark| text.contains(mark))
}

/// The patterns nearest to a regular expression: each matches at least what its alternative matches. None where
/// the expression cannot be read.
pub fn nearest_patterns(text: &str) -> Vec<String> {
    let text = text.trim();
    if text.len() > MAX_LENGTH || !is_regex(text) {
        return Vec::new();
    }
    let inner =
        text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')).map_or(text, |(inner, _)| inner);
    let mut reader = Reader { rest: inner.chars().peekable(), depth: 0 };
    let Some(read) = reader.alternatives() else { return Vec::new() };
    if reader.rest.next().is_some() {
        return Vec::new();
    }
    let mut patterns: Vec<String> = Vec::new();
    for pattern in read.into_iter().map(|pattern| one_wildcard(&pattern)) {
        if !patterns.contains(&pattern) {
            patterns.push(pattern);
        }
    }
    patterns
}

/// The pattern with everything from its first to its last `*` as one `*`, which matches more.
pub fn one_wildcard(pattern: &str) -> String {
    match (pattern.find('*'), pattern.rfind('*')) {
        (Some(first), Some(last)) => {
            let (before, after) = (pattern.get(..first), pattern.get(last + 1..));
            format!("{}*{}", before.unwrap_or_default(), after.unwrap_or_default())
        }
        _ => pattern.to_owned(),
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    depth: usize,
}

/// What a quantifier is applied to.
enum Atom {
    /// A character, or a group: one of these texts.
    Texts(Vec<String>),
    /// Any of several characters.
    Class,
    /// An anchor, or a look-around: matches no characters.
    Nothing,
}

impl Reader<'_> {
    /// `a|b`, up to the end or the bracket that closes the group.
    fn alternatives(&mut self) -> Option<Vec<String>> {
        let mut all = self.sequence()?;
        while self.rest.next_if_eq(&'|').is_some() {
            all.extend(self.sequence()?);
        }
        (all.len() <= MAX_PATTERNS).then_some(all)
    }

    fn sequence(&mut self) -> Option<Vec<String>> {
        let mut read = vec![String::new()];
        while let Some(&next) = self.rest.peek() {
            if matches!(next, '|' | ')') {
                break;
            }
            let choices = self.quantified()?;
            if choices.len() * read.len() > MAX_PATTERNS {
                return None;
            }
            read = read
                .iter()
                .flat_map(|before| choices.iter().map(move |choice| format!("{before}{choice}")))
                .collect();
        }
        Some(read)
    }

    fn quantified(&mut self) -> Option<Vec<String>> {
        let atom = self.atom()?;
        let quantifier = self.quantifier()?;
        let wild = || vec!["*".to_owned()];
        Some(match (atom, quantifier) {
            (Atom::Nothing, _) => vec![String::new()],
            (Atom::Class, Quantifier::Once | Quantifier::Many) => wild(),
            (Atom::Class, Quantifier::Optional) => vec![String::new(), "*".to_owned()],
            (Atom::Texts(texts), Quantifier::Once) => texts,
            (Atom::Texts(mut texts), Quantifier::Optional) => {
                texts.push(String::new());
                texts
            }
            (Atom::Texts(_), Quantifier::Many) => wild(),
        })
    }

    fn atom(&mut self) -> Option<Atom> {
        Some(match self.rest.next()? {
            '^' | '$' => Atom::Nothing,
            '\\' => match self.rest.next()? {
                'd' | 'w' | 'S' | 'D' | 'W' => Atom::Class,
                'b' | 'A' | 'Z' | 'z' => Atom::Nothing,
                escaped if escaped.is_ascii_alphanumeric() => return None,
                escaped => Atom::Texts(vec![escaped.to_string()]),
            },
            '[' => self.class()?,
            '(' => self.group()?,
            // Unescaped, a point is nearly always meant as one.
            '.' if matches!(self.rest.peek(), Some('*' | '+' | '{' | '?')) => Atom::Class,
            '*' | '+' | '?' => return None,
            plain => Atom::Texts(vec![plain.to_string()]),
        })
    }

    fn class(&mut self) -> Option<Atom> {
        let mut members = String::new();
        loop {
            match self.rest.next()? {
                ']' => break,
                '\\' => members.push(self.rest.next()?),
                member => members.push(member),
            }
        }
        let mut each = members.chars();
        Some(match (each.next(), each.next()) {
            (Some(only), None) => Atom::Texts(vec![only.to_string()]),
            // An IPv6 address in brackets.
            (Some(_), _)
                if members.contains(':') && members.chars().all(|c| c.is_ascii_hexdigit() || c == ':') =>
            {
                Atom::Texts(vec![format!("[{members}]")])
            }
            _ => Atom::Class,
        })
    }

    fn group(&mut self) -> Option<Atom> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        let mut look_around = false;
        if self.rest.next_if_eq(&'?').is_some() {
            match self.rest.next()? {
                ':' => {}
                '=' | '!' => look_around = true,
                '<' | 'P' => match self.rest.find(|c| matches!(c, '>' | '=' | '!'))? {
                    '>' => {}
                    _ => look_around = true,
                },
                _ => return None,
            }
        }
        self.depth += 1;
        let texts = self.alternatives()?;
        self.depth -= 1;
        self.rest.next_if_eq(&')')?;
        Some(if look_around { Atom::Nothing } else { Atom::Texts(texts) })
    }

    fn quantifier(&mut self) -> Option<Quantifier> {
        let quantifier = match self.rest.peek() {
            Some('?') => Quantifier::Optional,
            Some('*' | '+') => Quantifier::Many,
            Some('{') => {
                self.rest.find(|c| *c == '}')?;
                self.rest.next_if_eq(&'?');
                return Some(Quantifier::Many);
            }
            _ => return Some(Quantifier::Once),
        };
        self.rest.next();
        // Lazy or possessive: the same texts match.
        self.rest.next_if(|c| matches!(c, '?' | '+'));
        Some(quantifier)
    }
}

enum Quantifier {
    Once,
    Optional,
    Many,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_become_the_nearest_patterns() {
        for (expression, patterns) in [
            (r"https://.*\.example\.com", &["https://*.example.com"][..]),
            (r"^https://[a-z0-9-]+\.example\.com$", &["https://*.example.com"]),
            (r"/^https:\/\/.*\.example\.com$/i", &["https://*.example.com"]),
            (r"^https?://app\.example\.com$", &["https://app.example.com", "http://app.example.com"]),
            (r"https://(a|b)\.example\.com", &["https://a.example.com", "https://b.example.com"]),
            (r"https://(?:[a-z]+\.)?example\.com", &["https://*.example.com", "https://example.com"]),
            (r"http://localhost:\d+", &["http://localhost:*"]),
            (r"http://localhost(:\d{1,5})?$", &["http://localhost:*", "http://localhost"]),
            (r"^https://\w+\.\w+\.example\.com$", &["https://*.example.com"]),
            (r"https://pr-\d+--site\.netlify\.app", &["https://pr-*--site.netlify.app"]),
            (r"^http://\[::1\]:\d+$", &["http://[::1]:*"]),
            (r"https://.+", &["https://*"]),
            (r"^moz-extension://[a-f0-9-]{36}$", &["moz-extension://*"]),
            (r"https://(?!evil)[a-z]+\.example\.com", &["https://*.example.com"]),
        ] {
            assert!(is_regex(expression), "{expression}");
            assert_eq!(nearest_patterns(expression), patterns, "{expression}");
        }
    }

    #[test]
    fn what_cannot_be_read_has_no_pattern() {
        let deep = "(".repeat(50_000);
        let many = "(a|b)(a|b)(a|b)(a|b)".to_owned();
        for expression in ["https://(a", "(*)", r"https://\1(", "[", "https://(?", "^a{", &deep, &many] {
            assert_eq!(nearest_patterns(expression), [""; 0], "{expression:.40}");
        }
    }

    #[test]
    fn origins_and_patterns_are_not_taken_for_expressions() {
        for text in [
            "*",
            "null",
            "file://",
            "https://a.example",
            "https://*.a.example",
            "http*://a.example",
            "http://localhost:*",
            "http://[::1]:8080",
            "http://[2001:db8::1]",
            "https://a.*",
            "https://a.example?x",
            "chrome-extension://*",
        ] {
            assert!(!is_regex(text), "{text}");
            assert_eq!(nearest_patterns(text), [""; 0], "{text}");
        }
    }
}
