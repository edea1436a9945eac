use std::fmt::Write;

use super::super::{args::TargetArgs, console::Console, exit::Exit, resolve};

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
        let _ = writeln!(out, "# target file: {}", file.display());
    }
    for row in &rows {
        let variables: String = row.variables.iter().map(|name| format!(", ${{{name}}}")).collect();
        let _ = writeln!(out, "{:width$}  {}  # {}{variables}", row.name, row.value, row.from);
    }
    console.print(&out);
    Exit::AsExpected
}
