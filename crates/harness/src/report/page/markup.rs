//! Text made safe for HTML, and the few elements that every section uses.

use std::fmt::{Display, Write};

use crosscheck_core::diagnostic::visible;

/// Text from outside as it can be shown: what is hidden, or turns the direction of text, is written as an escape. Line
/// feeds stay.
pub fn shown(outside: &str) -> String {
    let lines: Vec<String> = outside.split('\n').map(visible).collect();
    lines.join("\n")
}

/// The same as HTML text or attribute value.
pub fn text(outside: &str) -> String {
    let mut out = String::with_capacity(outside.len());
    for c in shown(outside).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A sentence that may carry text from outside; what stands between backticks is code.
pub fn prose(outside: &str) -> String {
    if !outside.matches('`').count().is_multiple_of(2) {
        return text(outside);
    }
    let part = |(index, part): (usize, &str)| {
        if index % 2 == 1 { format!("<code>{}</code>", text(part)) } else { text(part) }
    };
    outside.split('`').enumerate().map(part).collect()
}

/// A moment as RFC 3339 writes it, to the second, as a person reads it.
pub fn moment(text: &str) -> String {
    let to_the_second = text.split_once('.').map(|(whole, _)| whole).or_else(|| text.strip_suffix('Z'));
    match to_the_second.filter(|_| text.ends_with('Z')).and_then(|text| text.split_once('T')) {
        Some((day, time)) => format!("{day} {time} UTC"),
        None => text.to_owned(),
    }
}

/// How a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Words,
    /// Figures, under one another.
    Figures,
}

/// A table; cells are HTML.
#[derive(Debug)]
pub struct Table {
    caption: String,
    head: Vec<(String, Align)>,
    rows: Vec<(&'static str, Vec<String>)>,
}

impl Table {
    /// A table with these columns. The caption is read out, and not seen.
    pub fn new(caption: &str, columns: &[(&str, Align)]) -> Self {
        Self {
            caption: text(caption),
            head: columns.iter().map(|(name, align)| (text(name), *align)).collect(),
            rows: Vec::new(),
        }
    }

    /// One more row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(("", cells));
    }

    /// One more row that stands out as `class` says: `good`, `bad`, `doubt`.
    pub fn marked(&mut self, class: &'static str, cells: Vec<String>) {
        self.rows.push((class, cells));
    }

    /// The table; the first cell of each row is its header.
    pub fn html(&self) -> String {
        let mut out = format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{0}\"><table><caption>{0}</caption><thead><tr>",
            self.caption
        );
        let class = |align: Align| if align == Align::Figures { " class=\"n\"" } else { "" };
        for (name, align) in &self.head {
            let _ = write!(out, "<th scope=\"col\"{}>{name}</th>", class(*align));
        }
        out.push_str("</tr></thead><tbody>\n");
        for (mark, cells) in &self.rows {
            let mark = if mark.is_empty() { String::new() } else { format!(" class=\"{mark}\"") };
            let _ = write!(out, "<tr{mark}>");
            for (index, cell) in cells.iter().enumerate() {
                let align = self.head.get(index).map_or(Align::Words, |(_, align)| *align);
                if index == 0 {
                    let _ = write!(out, "<th scope=\"row\"{}>{cell}</th>", class(align));
                } else {
                    let _ = write!(out, "<td{}>{cell}</td>", class(align));
                }
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody></table></div>\n");
        out
    }
}

/// A list of what things are and their values; values are HTML.
pub fn facts(rows: &[(&str, String)]) -> String {
    let mut html = "<dl class=\"facts\">".to_owned();
    for (name, value) in rows {
        // Writing to a String cannot fail.
        let _ = write!(html, "<div><dt>{}</dt><dd>{value}</dd></div>", text(name));
    }
    html.push_str("</dl>\n");
    html
}

/// What is folded away until a reader asks for it.
pub fn folded(summary: &str, html: &str) -> String {
    format!("<details><summary>{}</summary>\n{html}</details>\n", text(summary))
}

/// A section with its heading and one line under it that says how to read it.
pub fn section(id: &str, heading: &str, lead: &str, html: &str) -> String {
    let lead = if lead.is_empty() { String::new() } else { format!("<p class=\"lead\">{lead}</p>\n") };
    format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{}</h2>\n{lead}{html}</section>\n",
        text(heading)
    )
}

/// A small label: a word with a meaning, and a sign for those who do not see its colour.
pub fn chip(class: &str, words: impl Display) -> String {
    let sign = match class {
        "good" => "✓ ",
        "bad" => "✗ ",
        "doubt" => "! ",
        _ => "",
    };
    format!("<span class=\"chip {class}\">{sign}{words}</span>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        for (outside, safe) in [
            ("https://a.example", "https://a.example"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("\" onload=\"x", "&quot; onload=&quot;x"),
            ("' & '", "&#39; &amp; &#39;"),
            ("a\u{1b}[31m\0", "a\\x1b[31m\\x00"),
            ("a\nb\u{200b}\u{9b}", "a\nb\\u{200b}\\x9b"),
            ("abc\u{202E}dcb", "abc\\u{202e}dcb"),
        ] {
            assert_eq!(text(outside), safe);
        }
        for (outside, safe) in [
            ("no `*` or `null`", "no <code>*</code> or <code>null</code>"),
            ("one ` alone", "one ` alone"),
            ("a `<b>` & `\u{1b}`", "a <code>&lt;b&gt;</code> &amp; <code>\\x1b</code>"),
        ] {
            assert_eq!(prose(outside), safe);
        }
    }

    #[test]
    fn moments_are_read_to_the_second() {
        for (text, read) in [
            ("2026-11-25T22:28:26.521145489Z", "2026-11-25 22:28:26 UTC"),
            ("2026-11-25T22:28:26Z", "2026-11-25 22:28:26 UTC"),
            ("2026-11-25T22:28:26.5+01:00", "2026-11-25T22:28:26.5+01:00"),
            ("", ""),
        ] {
            assert_eq!(moment(text), read);
        }
    }
}
