//! Sentences on a terminal: wrapped, behind an indent.

use std::fmt::Write;

use crosscheck_core::diagnostic::visible;

/// How wide a line of prose is at most, in characters.
const WIDTH: usize = 80;

/// Writes prose behind an indent, wrapped at the end of the line; further lines have `hanging` more spaces.
pub fn prose(out: &mut String, indent: &str, text: &str) {
    let mut line = indent.to_owned();
    let hanging = " ".repeat(indent.chars().count());
    let mut is_empty = true;
    for word in visible(text).split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            line.clone_from(&hanging);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    if !is_empty {
        let _ = writeln!(out, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_before_the_edge_and_hang_below_the_first_word() {
        let mut out = String::new();
        prose(&mut out, "  1. ", &"word ".repeat(40));
        assert!(out.lines().all(|line| line.chars().count() <= WIDTH), "{out}");
        assert!(
            out.starts_with("  1. word") && out.lines().skip(1).all(|line| line.starts_with("     word"))
        );
        out.clear();
        prose(&mut out, "  ", &"x".repeat(200));
        assert_eq!(out.lines().count(), 1, "a word is never cut");
    }
}
