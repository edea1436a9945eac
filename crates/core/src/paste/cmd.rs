//! Words of cmd.exe, as developer tools quote them: everything escaped by `^`, `\` doubled, `"` written as `\"`.

use super::{
    error::{Fault, Quote, Why, fault},
    shell::Word,
};

/// Whether a command is written for cmd.exe.
pub(super) fn is_for_cmd(text: &str) -> bool {
    text.contains("^\"") || text.lines().any(|line| line.trim_end().ends_with(" ^"))
}

/// The commands of a text from `start` on, as words.
pub(super) fn commands(text: &str, start: usize) -> Result<Vec<Vec<Word>>, Fault> {
    let units = units(text, start);
    let mut commands: Vec<Vec<Word>> = vec![Vec::new()];
    let mut word: Option<Word> = None;
    let mut quoted: Option<usize> = None;
    let mut index = 0;
    while let Some(unit) = units.get(index) {
        index += 1;
        let Unit { c, at, escaped } = *unit;
        let ends_word = quoted.is_none() && c.is_whitespace() && !(escaped && c == '\n');
        let ends_command = quoted.is_none() && !escaped && matches!(c, '\n' | '&' | '|' | '<' | '>');
        if ends_word || ends_command {
            if let (Some(word), Some(words)) = (word.take(), commands.last_mut()) {
                words.push(word);
            }
            if ends_command {
                commands.push(Vec::new());
            }
            continue;
        }
        let word = word.get_or_insert_with(|| Word { bytes: Vec::new(), at });
        match c {
            '\\' => {
                let run = 1 + units
                    .get(index..)
                    .unwrap_or_default()
                    .iter()
                    .take_while(|unit| unit.c == '\\')
                    .count();
                index += run - 1;
                let quote = units.get(index).is_some_and(|unit| unit.c == '"');
                // Developer tools double every backslash within quotes.
                let halved = quote || (quoted.is_some() && run.is_multiple_of(2));
                let count = if halved { run / 2 } else { run };
                word.bytes.extend(std::iter::repeat_n(b'\\', count));
                if quote && !run.is_multiple_of(2) {
                    word.push('"');
                    index += 1;
                }
            }
            '"' if quoted.is_some()
                && units.get(index).is_some_and(|unit| unit.c == '"' && !unit.escaped) =>
            {
                word.push('"');
                index += 1;
            }
            '"' => quoted = if quoted.is_some() { None } else { Some(at) },
            c => word.push(c),
        }
    }
    if let Some(at) = quoted {
        return Err(fault(Why::Unclosed(Quote::Double), at));
    }
    if let (Some(word), Some(words)) = (word, commands.last_mut()) {
        words.push(word);
    }
    commands.retain(|words| !words.is_empty());
    Ok(commands)
}

/// A character as cmd.exe hands it on.
#[derive(Clone, Copy)]
struct Unit {
    c: char,
    at: usize,
    escaped: bool,
}

/// Takes the carets away. A caret at the end of a line takes the line end with it, and escapes what follows.
fn units(text: &str, start: usize) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut chars = text.get(start..).unwrap_or_default().char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '^' {
            units.push(Unit { c, at: start + at, escaped: false });
            continue;
        }
        match chars.next() {
            // Two line ends are one that is meant; one alone goes on with the command.
            Some((at, '\n')) => match chars.peek() {
                Some((_, '\n')) => {
                    chars.next();
                    units.push(Unit { c: '\n', at: start + at, escaped: true });
                }
                _ => units.push(Unit { c: ' ', at: start + at, escaped: true }),
            },
            Some((at, c)) => units.push(Unit { c, at: start + at, escaped: true }),
            None => {}
        }
    }
    units
}
