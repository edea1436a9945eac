//! The manual pages: one for each command, made from the definitions of its arguments.

use std::io::{self, Write};

use clap::Command;
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

/// A page, and the command that it describes.
pub(super) struct Page {
    /// What follows `crosscheck` to call the command: nothing, `run`, or `rules` and `get`.
    pub(super) path: Vec<String>,
    command: Command,
}

/// The page of every command, parents before children.
pub(super) fn pages(root: Command) -> Vec<Page> {
    fn walk(path: Vec<String>, command: &Command, into: &mut Vec<Page>) {
        into.push(Page { path: path.clone(), command: command.clone() });
        // `help` belongs to the argument parser: its text is in every page.
        for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
            walk(path.iter().cloned().chain([child.get_name().to_owned()]).collect(), child, into);
        }
    }
    let mut root = root.disable_help_subcommand(true);
    root.build();
    let mut all = Vec::new();
    walk(Vec::new(), &root, &mut all);
    all
}

impl Page {
    /// Its title: `crosscheck-rules-get`.
    pub(super) fn title(&self) -> String {
        title(&self.path)
    }

    /// The page as roff. Examples and exit codes are not filled like prose.
    pub(super) fn render(&self) -> io::Result<Vec<u8>> {
        // A page is the long help; `Man` leaves out the text of what the short help hides.
        let man = Man::new(self.command.clone().mut_args(|argument| argument.hide_short_help(false)));
        let mut text = Vec::new();
        // Without a date, which would change with every build; `Man` would leave out the field.
        let version = env!("CARGO_PKG_VERSION");
        writeln!(text, ".TH {} 1 \"\" \"crosscheck {version}\" \"Crosscheck Manual\"", self.title())?;
        man.render_name_section(&mut text)?;
        man.render_synopsis_section(&mut text)?;
        man.render_description_section(&mut text)?;
        man.render_options_section(&mut text)?;
        if self.command.has_subcommands() {
            man.render_subcommands_section(&mut text)?;
        }
        self.ending().to_writer(&mut text)?;
        Ok(text)
    }

    /// The text after the options, by its headings, and the pages above this one.
    fn ending(&self) -> Roff {
        let mut roff = Roff::new();
        let after = self.command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in after.lines() {
            match line.strip_suffix(':') {
                Some(heading) if !line.starts_with(' ') => {
                    roff.control("fi", []);
                    roff.control("SH", [heading.to_uppercase().as_str()]);
                    roff.control("nf", []);
                }
                _ if line.trim().is_empty() => {}
                _ => {
                    roff.text([roman(line.trim_start())]);
                }
            }
        }
        roff.control("fi", []);
        if !self.path.is_empty() {
            roff.control("SH", ["SEE ALSO"]);
            let mut line = Vec::new();
            for length in 0..self.path.len() {
                line.extend((length > 0).then(|| roman(", ")));
                line.push(bold(title(self.path.get(..length).unwrap_or_default())));
                line.push(roman("(1)"));
            }
            roff.text(line);
        }
        roff
    }
}

fn title(path: &[String]) -> String {
    ["crosscheck"].into_iter().chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("-")
}
