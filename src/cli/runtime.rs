use tokio::runtime::Runtime;

use crate::diagnostic::Diagnostic;

/// What sends and waits.
pub(super) fn runtime() -> Result<Runtime, Diagnostic> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Diagnostic::error("harness.runtime", format!("no threads for the run: {error}"))
            .help("raise the limit on processes (ulimit -u)")
    })
}
