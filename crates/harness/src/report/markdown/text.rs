//! Text from outside in Markdown: nothing of it is read as Markdown or HTML, ends a table's cell or leaves a fence.

use crosscheck_core::diagnostic::visible;

/// An inline code span.
pub fn code(outside: &str) -> String {
    let visible = visible(outside);
    if visible.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&visible) + 1);
    let pad = if visible.starts_with('`') || visible.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{visible}{pad}{fence}")
}

/// An inline code span in a table, where even code must not have a bare `|`.
pub fn code_cell(outside: &str) -> String {
    code(outside).replace('|', "\\|")
}

/// A sentence that may carry text from outside.
pub fn plain(outside: &str) -> String {
    let mut out = String::new();
    for c in visible(outside).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '~' | '$' => {
                out.extend(['\\', c]);
            }
            c => out.push(c),
        }
    }
    out
}

/// A sentence as [`plain`], in which what stands between backticks is code.
pub fn sentence(outside: &str) -> String {
    let pieces: Vec<&str> = outside.split('`').collect();
    // A single backtick does not start code.
    if pieces.len().is_multiple_of(2) || pieces.iter().skip(1).step_by(2).any(|piece| piece.is_empty()) {
        return plain(outside);
    }
    let written = pieces.iter().enumerate();
    written.map(|(place, piece)| if place % 2 == 0 { plain(piece) } else { code(piece) }).collect()
}

/// A sentence in a table.
pub fn sentence_cell(outside: &str) -> String {
    let pieces = outside.split('`').count();
    // What is code has its `|` as it is.
    if pieces == 1 { plain(outside) } else { plain(&outside.replace('`', "'")) }
}

/// Lines in a block that none of them ends. Ends with a line feed.
pub fn fenced<'t>(lines: impl IntoIterator<Item = &'t str>) -> String {
    let lines: Vec<String> = lines.into_iter().map(visible).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let mut out = format!("{fence}text\n");
    for line in lines {
        out.push_str(&line);
        out.push('\n');
    }
    out.push_str(&fence);
    out.push('\n');
    out
}

/// How many backticks stand side by side at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_read_as_markdown() {
        for (text, as_code, as_plain) in [
            ("a|b", "`a|b`", r"a\|b"),
            ("`", "`` ` ``", r"\`"),
            ("a``b", "```a``b```", r"a\`\`b"),
            ("<img src=x>", "`<img src=x>`", r"\<img src=x\>"),
            ("[a](https://b)", "`[a](https://b)`", r"\[a\](https://b)"),
            ("a\n# b", r"`a\x0a# b`", r"a\\x0a\# b"),
            ("", "", ""),
        ] {
            assert_eq!(code(text), as_code);
            assert_eq!(plain(text), as_plain);
        }
        assert_eq!(code_cell("[b,a|shared]"), r"`[b,a\|shared]`");
    }

    #[test]
    fn what_stands_between_backticks_is_code_and_the_rest_is_not() {
        for (text, written) in [
            ("send `Vary: Origin` to *", r"send `Vary: Origin` to \*"),
            ("one ` alone <b>", r"one \` alone \<b\>"),
            ("``<b>", r"\`\`\<b\>"),
            ("`a` and `<b>` <i>", r"`a` and `<b>` \<i\>"),
        ] {
            assert_eq!(sentence(text), written);
        }
        assert_eq!(sentence_cell("send `a|b`"), r"send 'a\|b'");
    }

    #[test]
    fn no_line_ends_a_fence() {
        let block = fenced(["````", "a\n```", "</details>"]);
        assert_eq!(block, "`````text\n````\na\\x0a```\n</details>\n`````\n");
        assert_eq!(fenced(["a"]), "```text\na\n```\n");
    }
}
