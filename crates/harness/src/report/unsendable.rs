//! The request headers that were given and that no script can set.

use std::fmt::Write;

use super::paint::{Paint, Tone};

/// A line for each header: what is not sent, and why. Ends with a line feed; empty where there is none.
pub fn render(names: &[String], paint: Paint) -> String {
    let mut out = String::new();
    for name in names {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "  {} {} is not sent: a script cannot set it",
            paint.tone(Tone::Doubtful, "!"),
            paint.tone(Tone::Strong, name)
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_header_is_named_on_a_line() {
        assert_eq!(render(&[], Paint::PLAIN), "");
        assert_eq!(
            render(&["Cookie".to_owned(), "Sec-X".to_owned()], Paint::PLAIN),
            "  ! Cookie is not sent: a script cannot set it\n  ! Sec-X is not sent: a script cannot set it\n"
        );
    }
}
