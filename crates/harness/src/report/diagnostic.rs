//! Diagnostics for a person: what is wrong, the line where it stands, and what to do.

use std::{ops::Range, sync::Arc};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use crosscheck_core::diagnostic::{Diagnostic, Label, Severity, SourceText, verbatim, visible};

/// How a diagnostic is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// With ANSI escapes; without, the text says as much.
    pub colour: bool,
    /// The width of the terminal in columns.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { colour: false, width: 110 }
    }
}

/// Diagnostics one after the other, and how many there were.
pub fn render_all(diagnostics: &[Diagnostic], style: Style) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&render(diagnostic, style));
        text.push('\n');
    }
    text.push_str(&summary(diagnostics));
    text
}

/// `2 errors, 1 warning`, as a line; nothing where there is nothing to count.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let parts: Vec<String> = [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        .collect();
    if parts.is_empty() { String::new() } else { format!("{}\n", parts.join(", ")) }
}

/// One diagnostic, with the lines that it points at.
pub fn render(diagnostic: &Diagnostic, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Note => Level::NOTE,
        Severity::Warning => Level::WARNING,
        Severity::Error => Level::ERROR,
    };
    let mut group = Group::with_title(level.primary_title(visible(&diagnostic.message)).id(diagnostic.code));
    for (number, (source, labels)) in by_source(&diagnostic.labels).into_iter().enumerate() {
        group = add_snippets(group, source, &labels, number == 0);
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(visible(help)));
    }
    if let Some(link) = &diagnostic.link {
        group = group.element(Level::NOTE.message(format!("see {}", visible(link))));
    }
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(style.width).render(&[group]) + "\n"
}

/// The labels of one text; the first of the first text is the primary one.
type OfText<'a> = (&'a Arc<SourceText>, Vec<&'a Label>);

/// Texts in the order of their first labels.
fn by_source(labels: &[Label]) -> Vec<OfText<'_>> {
    let mut texts: Vec<OfText<'_>> = Vec::new();
    for label in labels {
        match texts.iter_mut().find(|(source, _)| Arc::ptr_eq(source, &label.source)) {
            Some((_, of_text)) => of_text.push(label),
            None => texts.push((&label.source, vec![label])),
        }
    }
    texts
}

/// Longer lines are not shown: nobody finds the place in them by eye.
const LONGEST_LINE: usize = 2000;

/// Adds the lines of one text that its labels are in.
fn add_snippets<'a>(
    group: Group<'a>,
    source: &'a SourceText,
    labels: &[&'a Label],
    first: bool,
) -> Group<'a> {
    let spans: Vec<Range<usize>> = labels.iter().map(|label| within(&source.text, &label.span)).collect();
    let start = spans.iter().map(|span| span.start).min().unwrap_or(0);
    let end = spans.iter().map(|span| span.end).max().unwrap_or(0);
    let from = source.text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let to =
        source.text.get(end..).and_then(|after| after.find('\n')).map_or(source.text.len(), |at| end + at);
    let excerpt = source.text.get(from..to).unwrap_or_default();
    let name = visible(&source.name);
    if excerpt.is_empty() || excerpt.lines().any(|line| line.len() > LONGEST_LINE) {
        let (line, column) = source.position(spans.first().map_or(0, |span| span.start));
        let group = group.element(Origin::path(name).line(line).char_column(column));
        let words = labels.iter().map(|label| label.text.as_str()).filter(|text| !text.is_empty());
        return words.fold(group, |group, text| group.element(Level::NOTE.message(visible(text))));
    }
    let shown = Excerpt::new(excerpt);
    let place = |at: usize| shown.place(excerpt, at - from);
    let mut snippet = Snippet::source(shown.text.clone()).path(name).line_start(source.position(from).0);
    for (index, (label, span)) in labels.iter().zip(&spans).enumerate() {
        let kind = if first && index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let mut annotation = kind.span(place(span.start)..place(span.end).max(place(span.start)));
        if !label.text.is_empty() {
            annotation = annotation.label(visible(&label.text));
        }
        snippet = snippet.annotation(annotation);
    }
    group.element(snippet)
}

/// A span that lies within the text, on character boundaries, whatever was asked for.
fn within(text: &str, span: &Range<usize>) -> Range<usize> {
    let boundary = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(span.start.min(text.len()));
    start..boundary(span.end.clamp(start, text.len()))
}

/// Some lines of a text made visible, and where a place in them is then. The line breaks stay.
struct Excerpt {
    text: String,
    /// Where each line begins, in the text and here.
    lines: Vec<(usize, usize)>,
}

impl Excerpt {
    fn new(text: &str) -> Self {
        let mut excerpt = Self { text: String::with_capacity(text.len()), lines: Vec::new() };
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            excerpt.lines.push((at, excerpt.text.len()));
            at += line.len();
            let content = line.strip_suffix('\n').unwrap_or(line);
            let content = content.strip_suffix('\r').unwrap_or(content);
            excerpt.text.push_str(&verbatim(content));
            if line.ends_with('\n') {
                excerpt.text.push('\n');
            }
        }
        excerpt
    }

    /// Where the place `at` of `text`, from which this was made, is here.
    fn place(&self, text: &str, at: usize) -> usize {
        let line = self.lines.iter().rev().find(|(from, _)| *from <= at);
        let (from, here) = line.copied().unwrap_or_default();
        (here + verbatim(text.get(from..at).unwrap_or_default()).len()).min(self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosscheck_core::diagnostic::is_hidden;

    fn source(name: &str, text: &str) -> Arc<SourceText> {
        Arc::new(SourceText { name: name.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn a_diagnostic_shows_its_lines_its_help_and_its_link() {
        let one = source("a.json", "first\nsecond line\nthird\nfourth\nfifth\nsixth\n");
        let two = source("b.json", "other");
        let mut diagnostic = Diagnostic::error("case.sort", "something is wrong")
            .at(&one, 13..17, "here")
            .at(&one, 31..36, "because of this")
            .at(&two, 0..5, "and of that")
            .help("mend it");
        diagnostic.link = Some("https://example.com/".to_owned());
        insta::assert_snapshot!(render(&diagnostic, Style::default()), @r"
        error[case.sort]: something is wrong
         --> a.json:2:8
          |
        2 | second line
          |        ^^^^ here
        ...
        5 | fifth
          | ----- because of this
          |
         ::: b.json:1:1
          |
        1 | other
          | ----- and of that
          |
          = help: mend it
          = note: see https://example.com/
        ");
    }

    #[test]
    fn without_a_place_the_words_are_enough() {
        let diagnostic =
            Diagnostic::error("select.nothing", "nothing is selected").help("leave out the pattern");
        insta::assert_snapshot!(render(&diagnostic, Style::default()), @r"
        error[select.nothing]: nothing is selected
         |
         = help: leave out the pattern
        ");
    }

    #[test]
    fn endless_lines_are_pointed_into_but_not_shown() {
        let text = "x".repeat(1_000_000);
        let diagnostic =
            Diagnostic::error("case.sort", "wrong").at(&source("a.json", &text), 999_990..999_999, "this");
        insta::assert_snapshot!(render(&diagnostic, Style::default()), @r"
        error[case.sort]: wrong
        --> a.json:1:999991
         = note: this
        ");
    }

    #[test]
    fn nothing_from_outside_reaches_the_terminal_as_an_escape() {
        let text = source("a\u{1b}[2J.json", "\u{1b}]0;title\u{7}\u{202e}\r\n\0");
        let diagnostic =
            Diagnostic::error("case.sort", "\u{1b}[31mred").at(&text, 0..4, "\u{8}\u{8}").help("\u{9b}2J");
        let rendered = render(&diagnostic, Style::default());
        assert!(!rendered.contains(|c: char| c != '\n' && is_hidden(c)), "{rendered:?}");
        assert!(rendered.contains(r"\x1b]0;title\x07\u{202e}"), "{rendered}");
    }

    #[test]
    fn the_caret_stands_where_the_place_is_shown() {
        let text = source("a.json", "\u{200b}\u{1b}é wrong\r\nnext");
        let rendered =
            render(&Diagnostic::error("case.sort", "bad").at(&text, 7..12, "this"), Style::default());
        insta::assert_snapshot!(rendered, @r"
        error[case.sort]: bad
         --> a.json:1:15
          |
        1 | \u{200b}\x1bé wrong
          |               ^^^^^ this
        ");
    }

    #[test]
    fn no_span_is_too_wild() {
        let text = source("a.json", "é\nü");
        for (start, end) in [(0, 0), (1, 2), (0, 99), (99, 3), (4, 5), (5, 5), (usize::MAX, usize::MAX)] {
            let diagnostic = Diagnostic::error("case.sort", "wrong").at(&text, start..end, "this");
            assert!(render(&diagnostic, Style::default()).contains("a.json:"), "{start}..{end}");
        }
    }

    #[test]
    fn colour_adds_escapes_and_nothing_else() {
        let text = source("a.json", "first\nsecond");
        let diagnostic = Diagnostic::error("case.sort", "wrong").at(&text, 6..12, "this").help("mend it");
        let plain = render(&diagnostic, Style::default());
        let coloured = render(&diagnostic, Style { colour: true, ..Style::default() });
        assert!(coloured.contains("\u{1b}["));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }

    #[test]
    fn the_sum_is_told_in_words() {
        let warning = Diagnostic { severity: Severity::Warning, ..Diagnostic::error("a", "b") };
        let note = Diagnostic { severity: Severity::Note, ..Diagnostic::error("a", "b") };
        let error = Diagnostic::error("a", "b");
        assert_eq!(summary(&[error.clone(), warning, note.clone(), error]), "2 errors, 1 warning\n");
        assert_eq!(summary(&[note]), "");
    }
}
