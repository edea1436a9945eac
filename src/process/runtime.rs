use tokio::{
    runtime::{EnterGuard, Handle, Runtime},
    task::JoinHandle,
};

use crate::diagnostic::Diagnostic;

/// What sends and waits. At its end nothing is waited for: a name that the system is still resolving would keep a
/// command that is over.
#[derive(Debug)]
pub(crate) struct Executor {
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Executor {
    /// Runs a future to its end.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.handle.block_on(future)
    }

    /// Makes this the executor of what is started while the guard lives.
    pub(crate) fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Runs a future beside others.
    pub(crate) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What sends and waits.
pub(crate) fn runtime() -> Result<Executor, Diagnostic> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Diagnostic::error("harness.runtime", format!("no threads for the run: {error}"))
            .help("raise the limit on processes (ulimit -u)")
    })?;
    let handle = runtime.handle().clone();
    Ok(Executor { runtime: Some(runtime), handle })
}
