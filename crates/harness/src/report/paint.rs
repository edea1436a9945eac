//! Colour, or none: one place decides how a meaning is painted.

use anstyle::{AnsiColor, Style};

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

    /// The text in the tone's colour.
    pub fn tone(self, tone: Tone, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        if !self.colour {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Good => Style::new().fg_color(Some(AnsiColor::Green.into())),
            Tone::Bad => Style::new().fg_color(Some(AnsiColor::Red.into())).bold(),
            Tone::Doubtful => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
            Tone::Strong => Style::new().bold(),
            Tone::Faint => Style::new().dimmed(),
            Tone::Place => Style::new().fg_color(Some(AnsiColor::Cyan.into())),
        };
        format!("{}{text}{}", style.render(), style.render_reset())
    }
}

/// Text from outside made safe for a terminal: control characters are shown, not obeyed.
pub fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c {
            '\t' => vec![c],
            c if c.is_control() => c.escape_default().collect(),
            c => vec![c],
        })
        .collect()
}
