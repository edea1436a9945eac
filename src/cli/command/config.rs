use std::{fmt::Write, path::Path};

use super::super::{
    args::EndpointArgs,
    console::Console,
    environment,
    exit::Exit,
    flags::{self, Resolved, Unnamed},
};
use crate::{
    diagnostic::{verbatim, visible},
    document::Tree,
    endpoint::{Provenance, Row},
};

/// Shows each value of the configuration with its origin.
pub(in crate::cli) fn show(args: &EndpointArgs, console: &Console) -> Exit {
    let resolved = match flags::resolve(args, Unnamed::Accept, console) {
        Ok(resolved) => resolved,
        Err(diagnostics) => {
            console.diagnostics(&diagnostics);
            return Exit::Input;
        }
    };
    let rows = resolved.settings.rows();
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    if let Some(file) = &resolved.file {
        let _ = writeln!(out, "# target file: {}", visible(&file.display().to_string()));
    }
    let set = environment::set();
    if !set.is_empty() {
        let _ = writeln!(out, "# environment variables: {}", set.join(", "));
    }
    for row in &rows {
        let variables: String = row.variables.iter().map(|name| format!(", ${{{name}}}")).collect();
        let from = origin(row, &resolved);
        let _ = writeln!(out, "{:width$}  {}  # {from}{variables}", row.name, verbatim(&row.value));
    }
    console.print(&out);
    Exit::AsExpected
}

/// Where a value comes from; of a target file, its name and line.
fn origin(row: &Row, resolved: &Resolved) -> String {
    let line = match (row.from, &resolved.tree) {
        (Provenance::File, Some(tree)) => line(tree, &row.name),
        _ => None,
    };
    let name = resolved.file.as_deref().and_then(Path::file_name);
    match (line, name) {
        (Some(line), Some(name)) => format!("{}:{line}", visible(&name.to_string_lossy())),
        // A field of `policy` that the file leaves out.
        _ if row.from == Provenance::File && row.name.starts_with("policy.") => {
            Provenance::Default.to_string()
        }
        _ => row.from.to_string(),
    }
}

/// The line of the setting of this name: fields and indices, with a dot between them.
fn line(tree: &Tree, name: &str) -> Option<usize> {
    let mut place = tree.root();
    let mut rest = name;
    // A field's own name may have dots.
    while !place.has(rest) {
        let (step, behind) = rest.split_once('.')?;
        place = match step.parse::<usize>() {
            Ok(index) => place.nth(index),
            Err(_) if place.has(step) => place.field(step),
            Err(_) => return None,
        };
        rest = behind;
    }
    Some(tree.source().position(place.field(rest).key().start).0)
}

/// Lists every environment variable that is read.
pub(in crate::cli) fn variables(console: &Console) -> Exit {
    let width = environment::ALL.iter().map(|known| known.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for known in environment::ALL {
        let _ = writeln!(out, "{:width$}  {}", known.name, known.sets);
    }
    console.print(&out);
    Exit::AsExpected
}
