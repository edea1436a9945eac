//! Text from outside made fit to be shown: what a terminal would obey, what turns or hides the text around it, and
//! what has no width is written as an escape. The one place that knows which characters these are.

/// Text of one line: each character that [`is_hidden`], a line break included, becomes `\x1b` or `\u{202e}`. For
/// sentences, which may have such escapes in them already; for values as they came, there is [`verbatim`].
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) { push_escape(&mut out, c) } else { out.push(c) }
    }
    out
}

/// A value as it came, as text of one line. As [`visible`], but a backslash that would be read as the beginning of an
/// escape is doubled, so that different values stay different. To what this made, it must not be applied again.
pub fn verbatim(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c != '\\' {
            if is_hidden(c) {
                push_escape(&mut out, c)
            } else {
                out.push(c)
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        }
        let after = rest.trim_start_matches('\\');
        let run = rest.get(..rest.len() - after.len()).unwrap_or_default();
        out.push_str(run);
        if after.starts_with(is_hidden) || is_escape(after) {
            out.push_str(run);
        }
        rest = after;
    }
    out
}

/// Text of several lines: as [`visible`], but lines stay. For the end of the way, where nothing that was overlooked may
/// pass.
pub fn visible_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && is_hidden(c) { push_escape(&mut out, c) } else { out.push(c) }
    }
    out
}

/// A JSON text that is the same JSON, with hidden characters as escapes of JSON. Between the strings of a JSON text
/// there are none but line breaks.
pub fn visible_json(text: String) -> String {
    if !text.contains(|c| c != '\n' && is_hidden(c)) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if c == '\n' || !is_hidden(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out
}

/// Whether a character is none that a reader sees in its place: control characters but the tab, line and paragraph
/// separators, what sets the direction of text, what has no width (Unicode's `Default_Ignorable_Code_Point`),
/// interlinear annotations, and noncharacters.
pub const fn is_hidden(c: char) -> bool {
    match c {
        '\t' | ' '..='~' => false,
        '\0'..='\u{9f}' => true,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        c => c as u32 & 0xFFFE == 0xFFFE,
    }
}

fn push_escape(out: &mut String, c: char) {
    let code = u32::from(c);
    out.push_str(&if code < 0x100 { format!("\\x{code:02x}") } else { format!("\\u{{{code:x}}}") });
}

/// Whether a backslash before this text would make an escape of it.
fn is_escape(text: &str) -> bool {
    text.starts_with("u{") || (text.starts_with('x') && text.get(1..3).is_some_and(is_hex))
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_hidden_is_written_out() {
        for (text, shown) in [
            ("https://a.example/\tx", "https://a.example/\tx"),
            ("Zoë ✓ בדיקה 😀", "Zoë ✓ בדיקה 😀"),
            ("\u{1b}]0;t\u{7}", r"\x1b]0;t\x07"),
            ("\0\r\n\u{7f}\u{9b}2J", r"\x00\x0d\x0a\x7f\x9b2J"),
            ("a\u{202e}b\u{2066}\u{200f}\u{61c}", r"a\u{202e}b\u{2066}\u{200f}\u{61c}"),
            ("a\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}", r"a\u{200b}\u{200d}\u{2060}\u{feff}\xad"),
            ("\u{2028}\u{fdd0}\u{e0041}\u{10ffff}", r"\u{2028}\u{fdd0}\u{e0041}\u{10ffff}"),
            (r"C:\new\table ^\.x$", r"C:\new\table ^\.x$"),
            (r"\x1b \\u{a} \xg", r"\\x1b \\\\u{a} \xg"),
            ("\\\u{1b}", r"\\\x1b"),
        ] {
            assert_eq!(verbatim(text), shown);
            assert_eq!(visible(&visible(text)), visible(text));
        }
        assert_eq!(visible_lines("a\n\u{1b}\\x1b\r\n"), "a\n\\x1b\\x1b\\x0d\n");
    }

    /// Reads what [`verbatim`] wrote.
    fn read(shown: &str) -> String {
        let (mut out, mut rest) = (String::new(), shown);
        while let Some(c) = rest.chars().next() {
            let after = rest.trim_start_matches('\\');
            let run = rest.len() - after.len();
            if run == 0 {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            } else if !is_escape(after) {
                out.push_str(&"\\".repeat(run));
                rest = after;
            } else {
                out.push_str(&"\\".repeat(run / 2));
                rest = after;
                if run % 2 == 1 {
                    let (digits, end) = match after.strip_prefix("u{") {
                        Some(digits) => {
                            let length = digits.find('}').unwrap();
                            (&digits[..length], length + 3)
                        }
                        None => (&after[1..3], 3),
                    };
                    out.push(char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap());
                    rest = &after[end..];
                }
            }
        }
        out
    }

    proptest! {
        #[test]
        fn different_texts_stay_different(text in r"([\\xu{}019a-b]|\PC|\pC){0,20}") {
            let shown = verbatim(&text);
            prop_assert!(!shown.contains(is_hidden), "{shown:?}");
            prop_assert_eq!(read(&shown), text);
        }

        #[test]
        fn json_stays_the_same_json(text in r"(\PC|\pC){0,20}") {
            let json = serde_json::to_string_pretty(&[&text]).unwrap();
            let shown = visible_json(json.clone());
            prop_assert!(!shown.contains(|c| c != '\n' && is_hidden(c)), "{shown:?}");
            prop_assert_eq!(
                serde_json::from_str::<[String; 1]>(&shown).unwrap(),
                serde_json::from_str::<[String; 1]>(&json).unwrap()
            );
        }
    }
}
