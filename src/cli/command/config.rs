use std::fmt::Write;

use super::super::{
    args::EndpointArgs,
    console::Console,
    environment,
    exit::Exit,
    flags::{self, Unnamed},
};
use crate::diagnostic::{verbatim, visible};

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
        let _ = writeln!(out, "{:width$}  {}  # {}{variables}", row.name, verbatim(&row.value), row.from);
    }
    console.print(&out);
    Exit::AsExpected
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
