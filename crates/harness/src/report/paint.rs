//! Colour, or none: one place decides how a meaning is painted.

use anstyle::{AnsiColor, Style};
use crosscheck_core::diagnostic::{visible, visible_lines};

/// Whether to paint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    /// Whether escape sequences are written.
    pub colour: bool,
}

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It held.
    Good,
    /// It did not.
    Bad,
    /// It should be better.
    Doubtful,
    /// Names that a reader looks for.
    Strong,
    /// What may be skipped.
    Faint,
    /// Places and links.
    Place,
}

impl Paint {
    /// No colour.
    pub const PLAIN: Self = Self { colour: false };

    /// Text from outside, made [`visible`], in the tone's colour: as marks that [`Paint::finish`] turns into what
    /// terminals obey.
    pub fn tone(self, tone: Tone, text: impl AsRef<str>) -> String {
        let text = visible(text.as_ref());
        if self.colour { format!("{}{text}{END}", tone.mark()) } else { text }
    }

    /// A whole text as it goes to a terminal, a pipe or a file. The only escape sequences in it are those of our own
    /// tones; anything else that a terminal would obey was overlooked on the way here, and is shown.
    pub fn finish(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(is_mark) {
            let (before, after) = rest.split_at(at);
            out.push_str(&visible_lines(before));
            let mut chars = after.chars();
            let mark = chars.next();
            rest = chars.as_str();
            if !self.colour {
                continue;
            }
            match Tone::ALL.into_iter().find(|tone| Some(tone.mark()) == mark) {
                Some(tone) => out.push_str(&tone.style().render().to_string()),
                None => out.push_str(&Style::new().bold().render_reset().to_string()),
            }
        }
        out.push_str(&visible_lines(rest));
        out
    }
}

/// Marks are noncharacters, which Unicode keeps for use within programs. No field of an endpoint can hold one: fields
/// are bytes, each of them a code point up to U+00FF.
const END: char = '\u{fdd6}';

const fn is_mark(c: char) -> bool {
    matches!(c, '\u{fdd0}'..=END)
}

impl Tone {
    const ALL: [Self; 6] = [Self::Good, Self::Bad, Self::Doubtful, Self::Strong, Self::Faint, Self::Place];

    const fn mark(self) -> char {
        match self {
            Self::Good => '\u{fdd0}',
            Self::Bad => '\u{fdd1}',
            Self::Doubtful => '\u{fdd2}',
            Self::Strong => '\u{fdd3}',
            Self::Faint => '\u{fdd4}',
            Self::Place => '\u{fdd5}',
        }
    }

    fn style(self) -> Style {
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        match self {
            Self::Good => colour(AnsiColor::Green),
            Self::Bad => colour(AnsiColor::Red).bold(),
            Self::Doubtful => colour(AnsiColor::Yellow),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Place => colour(AnsiColor::Cyan),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_tones_become_escape_sequences() {
        let colour = Paint { colour: true };
        let text = format!("{} \u{1b}[32mx\u{202e}\n", colour.tone(Tone::Bad, "a\u{1b}[0m\u{fdd0}\n"));
        assert_eq!(
            colour.finish(&text),
            "\u{1b}[1m\u{1b}[31ma\\x1b[0m\\u{fdd0}\\x0a\u{1b}[0m \\x1b[32mx\\u{202e}\n"
        );
        assert_eq!(Paint::PLAIN.finish(&text), "a\\x1b[0m\\u{fdd0}\\x0a \\x1b[32mx\\u{202e}\n");
        assert_eq!(Paint::PLAIN.tone(Tone::Bad, "a\u{9b}"), "a\\x9b");
    }
}
