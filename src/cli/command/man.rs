use std::{fs, path::Path};

use clap::CommandFactory;

use super::super::{
    args::{Cli, ManArgs},
    console::Console,
    exit::Exit,
    manual::{Page, pages},
};
use crate::{diagnostic::Diagnostic, document};

/// Prints the page of a command, or writes the pages of all commands to a folder.
pub(in crate::cli) fn man(args: &ManArgs, console: &Console) -> Exit {
    let pages = pages(Cli::command());
    if let Some(dir) = &args.dir {
        return match write(&pages, dir) {
            Ok(files) => {
                console.print(&files);
                Exit::AsExpected
            }
            Err(diagnostic) => console.refuse(&diagnostic),
        };
    }
    let Some(page) = pages.iter().find(|page| page.path == args.command) else {
        return console.refuse(&unknown(&pages, &args.command));
    };
    match page.render() {
        Ok(text) => {
            console.print_own(&text);
            Exit::AsExpected
        }
        Err(error) => {
            console.refuse(&Diagnostic::error("man.render", format!("cannot render the page: {error}")))
        }
    }
}

/// Writes every page, and gives the path of each file on a line of its own.
fn write(pages: &[Page], dir: &Path) -> Result<String, Diagnostic> {
    let unwritable = |path: &Path, error: &std::io::Error| {
        Diagnostic::error("man.write", format!("cannot write {}: {error}", path.display()))
            .help("--dir DIR writes the pages elsewhere")
    };
    fs::create_dir_all(dir).map_err(|error| unwritable(dir, &error))?;
    let mut files = String::new();
    for page in pages {
        let path = dir.join(format!("{}.1", page.title()));
        page.render().and_then(|text| fs::write(&path, text)).map_err(|error| unwritable(&path, &error))?;
        files.push_str(&format!("{}\n", path.display()));
    }
    Ok(files)
}

/// Says at which word the path of a command stops to be one, and what may stand there.
fn unknown(pages: &[Page], command: &[String]) -> Diagnostic {
    let exists = |path: &[String]| pages.iter().any(|page| page.path == path);
    let longest = (1..command.len()).rev().find(|length| command.get(..*length).is_some_and(exists));
    let (parent, rest) = command.split_at(longest.unwrap_or(0));
    let wrong = rest.first().map(String::as_str).unwrap_or_default();
    let called = ["crosscheck"].into_iter().chain(parent.iter().map(String::as_str));
    let called = called.collect::<Vec<_>>().join(" ");
    let quoted = document::quote(wrong);
    let diagnostic = Diagnostic::error("man.command", format!("{quoted} is not a command of `{called}`"));
    let known: Vec<&str> = pages
        .iter()
        .filter_map(|page| page.path.split_last())
        .filter(|(_, above)| *above == parent)
        .map(|(name, _)| name.as_str())
        .collect();
    if known.is_empty() {
        return diagnostic.help(format!("`{called}` has no commands of its own"));
    }
    let diagnostic = match document::nearest(wrong, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    };
    diagnostic.help(format!("valid commands: {}", known.join(", ")))
}
