use std::fmt::Write;

use super::super::{args::TargetArgs, console::Console, exit::Exit, resolve};
use crate::diagnostic::{verbatim, visible};

/// Shows each value of the configuration with its origin.
pub(in crate::cli) fn show(args: &TargetArgs, console: &Console) -> Exit {
    let resolved = match resolve::resolve(args) {
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
    for row in &rows {
        let _ = writeln!(out, "{:width$}  {}  # {}", row.name, verbatim(&row.value), row.from);
    }
    console.print(&out);
    Exit::AsExpected
}
