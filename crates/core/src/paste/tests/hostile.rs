use std::fmt::Write;

use super::{super::read, *};

/// Whether it was read or refused is of no interest here, only that it ends.
fn ends(text: &str) {
    if let Err(error) = read(text) {
        assert!(error.position.0 >= 1 && error.position.1 >= 1);
        let _ = error.why.to_string();
    }
}

#[test]
fn every_beginning_of_every_sample_is_read_or_refused() {
    for sample in samples() {
        for (end, _) in sample.char_indices() {
            ends(sample.get(..end).unwrap());
        }
    }
}

#[test]
fn samples_with_a_character_replaced_or_left_out_are_read_or_refused() {
    for sample in samples() {
        for (at, c) in sample.char_indices() {
            let (before, after) = (sample.get(..at).unwrap(), sample.get(at + c.len_utf8()..).unwrap());
            ends(&format!("{before}{after}"));
            for other in ["'", "\"", "\\", "^", "`", "{", "$(", "\u{e9}", "\0", "\n"] {
                if at % 61 == 0 || "'\"{}()`^\\".contains(c) {
                    ends(&format!("{before}{other}{after}"));
                }
            }
        }
    }
}

#[test]
fn long_texts_are_read_or_refused() {
    const MIB: usize = 1 << 20;
    // A megabyte of each form, and less of what else is in it: tests are built to be debugged.
    const LARGE: usize = 1 << 17;
    for (before, piece) in [
        ("curl ", "'a' "),
        ("fetch(", "(("),
        ("Invoke-WebRequest ", "(["),
        ("", "x"),
        ("", "Method "),
        ("{\"log\":", "["),
    ] {
        ends(&format!("{before}{}", piece.repeat(MIB / piece.len())));
    }
    for (before, piece) in [
        ("curl ", "'a' "),
        ("curl ", "-"),
        ("curl ", "^\""),
        ("curl ^\"", "\\"),
        ("curl ^\"", "^\n"),
        ("curl 'https://a.example' ", "\\\n"),
        ("curl 'https://a.example' --data-raw $'", "\\u0021"),
        ("fetch(", "{a:"),
        ("fetch(", "["),
        ("fetch(", "(("),
        ("fetch('https://a.example', { a: x ", "${`"),
        ("fetch('https://a.example', ", "/**/"),
        ("Invoke-WebRequest ", "@{"),
        ("Invoke-WebRequest ", "(["),
        ("Invoke-WebRequest -Headers @{", "a=b;"),
        ("", "fetch "),
        ("", "curl\n"),
        ("", "Access to fetch at '"),
        ("", "Method "),
        ("", "x"),
        ("", " \n"),
        ("", "\u{fffd}"),
        ("{\"log\":", "["),
        ("{\"log\":{\"entries\":", "[{"),
    ] {
        let mut text = before.to_owned();
        text.push_str(&piece.repeat(LARGE / piece.len()));
        ends(&text);
    }
}

#[test]
fn nesting_has_a_limit() {
    for (open, close) in [("{a:", "}"), ("[", "]"), ("f(", ")")] {
        let nested = |depth: usize| {
            let mut text = "fetch('https://a.example', { body: ".to_owned();
            let _ = write!(text, "{}1{} }})", open.repeat(depth), close.repeat(depth));
            text
        };
        assert!(read(&nested(40)).is_ok(), "{open}");
        assert_eq!(read(&nested(100_000)).unwrap_err().why, Why::TooDeep(64), "{open}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_behind_any_beginning_is_read_or_refused(
        start in proptest::sample::select(vec!["", "curl ", "curl ^\"", "fetch(", "fetch('https://a.example', {", "Invoke-WebRequest ", "{\"log\":"]),
        text in "[\\PC\\n\\r'\"`^$\\\\{}()\\[\\],:;@=-]{0,80}",
    ) {
        ends(&format!("{start}{text}"));
    }
}
