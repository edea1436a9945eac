//! Words of a POSIX shell, as developer tools and people quote them. Nothing is expanded.

use super::error::{Fault, Quote, Why, fault};

/// A word of a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) bytes: Vec<u8>,
    /// The byte where it begins.
    pub(super) at: usize,
}

impl Word {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(super) fn is_curl(&self) -> bool {
        let text = self.text().to_ascii_lowercase();
        let name = text.rsplit(['/', '\\']).next().unwrap_or_default();
        matches!(name, "curl" | "curl.exe")
    }

    pub(super) fn push(&mut self, c: char) {
        self.bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// The byte where a command begins that calls `curl`, behind the prompt of a shell.
pub(super) fn start_of_curl(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let found = line.match_indices("curl").find(|(index, _)| {
            let before = line.get(..*index).unwrap_or_default();
            let after = line.get(index + 4..).unwrap_or_default();
            let after = after.strip_prefix(".exe").unwrap_or(after);
            let ends = after.starts_with(|c: char| c.is_whitespace() || c == '^' || c == '\\');
            ends && is_prompt(before.trim())
        });
        if let Some((index, _)) = found {
            return Some(at + index);
        }
        if !line.trim().is_empty() && !line.trim_start().starts_with(['#', '`']) {
            return None;
        }
        at += line.len();
    }
    None
}

/// Whether text before a command is the prompt of a shell, or nothing.
fn is_prompt(before: &str) -> bool {
    before.is_empty()
        || before.ends_with(['$', '%', '>', '#', '❯', '➜'])
        || matches!(before, "sudo" | "time" | "!")
        || before.ends_with(['/', '\\']) && !before.contains(char::is_whitespace)
}

/// The commands of a text from `start` on, as words.
pub(super) fn commands(text: &str, start: usize) -> Result<Vec<Vec<Word>>, Fault> {
    let mut reader = Reader { text, at: start, commands: vec![Vec::new()], word: None };
    reader.read()?;
    reader.commands.retain(|words| !words.is_empty());
    Ok(reader.commands)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    commands: Vec<Vec<Word>>,
    word: Option<Word>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn word(&mut self) -> &mut Word {
        let at = self.at;
        self.word.get_or_insert_with(|| Word { bytes: Vec::new(), at })
    }

    fn end_word(&mut self) {
        if let (Some(word), Some(words)) = (self.word.take(), self.commands.last_mut()) {
            words.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.commands.push(Vec::new());
    }

    fn read(&mut self) -> Result<(), Fault> {
        while let Some(c) = self.peek() {
            let at = self.at;
            match c {
                '\\' | '`' if self.skip_continuation() => self.end_word(),
                '\n' | ';' => {
                    self.end_command();
                    self.next();
                }
                // Behind the command: a pipe, an output, a comment.
                '|' | '<' | '>' | '#' if self.word.is_none() => {
                    self.end_command();
                    self.skip_to_next_command();
                }
                '&' if self.word.is_none() => {
                    self.end_command();
                    self.next();
                }
                c if c.is_whitespace() => {
                    self.end_word();
                    self.next();
                }
                '\'' => self.single(at)?,
                '"' => self.double(at)?,
                '$' if self.text.get(at..).is_some_and(|rest| rest.starts_with("$'")) => self.ansi(at)?,
                '\\' => {
                    self.word();
                    self.next();
                    if let Some(c) = self.next() {
                        self.word().push(c);
                    }
                }
                c => {
                    self.word().push(c);
                    self.next();
                }
            }
        }
        self.end_word();
        Ok(())
    }

    /// Skips a backslash, or a backtick of PowerShell, at the end of a line, with the prompt of the next.
    fn skip_continuation(&mut self) -> bool {
        let Some(rest) = self.text.get(self.at + 1..) else { return false };
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let Some(after) = rest.get(blank..) else { return false };
        // Whitespace behind the backslash is what pages and chats add.
        let skipped = match after.strip_prefix('\n') {
            Some(next) => 1 + blank + 1 + if next.starts_with("> ") { 2 } else { 0 },
            None if after.is_empty() => 1 + blank,
            None => return false,
        };
        self.at += skipped;
        true
    }

    fn skip_to_next_command(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.find(['\n', ';']).unwrap_or(rest.len());
    }

    fn single(&mut self, start: usize) -> Result<(), Fault> {
        self.word();
        self.next();
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(end) = rest.find('\'') else { return Err(fault(Why::Unclosed(Quote::Single), start)) };
        let quoted = rest.get(..end).unwrap_or_default().as_bytes().to_vec();
        self.word().bytes.extend(quoted);
        self.at += end + 1;
        Ok(())
    }

    fn double(&mut self, start: usize) -> Result<(), Fault> {
        self.word();
        self.next();
        loop {
            match self.next() {
                None => return Err(fault(Why::Unclosed(Quote::Double), start)),
                Some('"') => return Ok(()),
                Some('\\') => match self.next() {
                    Some('\n') => {}
                    Some(c @ ('"' | '\\' | '$' | '`')) => self.word().push(c),
                    Some(c) => {
                        self.word().push('\\');
                        self.word().push(c);
                    }
                    None => return Err(fault(Why::Unclosed(Quote::Double), start)),
                },
                Some(c) => self.word().push(c),
            }
        }
    }

    /// `$'…'`: escapes as in C.
    fn ansi(&mut self, start: usize) -> Result<(), Fault> {
        self.word();
        self.at += 2;
        let unclosed = || fault(Why::Unclosed(Quote::Single), start);
        loop {
            match self.next().ok_or_else(unclosed)? {
                '\'' => return Ok(()),
                '\\' => {
                    let escape = self.next().ok_or_else(unclosed)?;
                    self.escape(escape);
                }
                c => self.word().push(c),
            }
        }
    }

    fn escape(&mut self, escape: char) {
        let plain = match escape {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'e' | 'E' => '\u{1b}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'x' => {
                let byte = self.digits(2, 16);
                self.word().bytes.push(u8::try_from(byte & 0xff).unwrap_or_default());
                return;
            }
            'u' | 'U' => {
                let first = self.digits(if escape == 'u' { 4 } else { 8 }, 16);
                let c = self.paired(first);
                self.word().push(c);
                return;
            }
            '0'..='7' => {
                self.at -= 1;
                let byte = self.digits(3, 8);
                self.word().bytes.push(u8::try_from(byte & 0xff).unwrap_or_default());
                return;
            }
            c => c,
        };
        self.word().push(plain);
    }

    /// The character of a code unit, with its other half where it is one of two.
    fn paired(&mut self, first: u32) -> char {
        let is_low = self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u"));
        if !(0xd800..0xdc00).contains(&first) || !is_low {
            return char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        self.at += 2;
        let low = self.digits(4, 16);
        let code = 0x10000 + ((first - 0xd800) << 10) + (low & 0x3ff);
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// At most so many digits.
    fn digits(&mut self, most: usize, radix: u32) -> u32 {
        let mut value = 0_u32;
        for _ in 0..most {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(radix)) else { break };
            value = value.wrapping_mul(radix).wrapping_add(digit);
            self.next();
        }
        value
    }
}
