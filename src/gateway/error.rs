use std::{io, path::PathBuf, time::Duration};

/// Why a cache could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The folder has no start script that can be run.
    #[error("{path} cannot be started: {error}")]
    Start {
        /// The script.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The script ended before it listened.
    #[error("{path} ended before the cache was up{}", quoted(.said))]
    Ended {
        /// The script.
        path: PathBuf,
        /// What it wrote to standard error, its end.
        said: String,
    },
    /// It does not listen, or does not answer.
    #[error("{path}: the cache answers no request after {} s{}", .waited.as_secs(), quoted(.said))]
    Silent {
        /// The script.
        path: PathBuf,
        /// How long was waited.
        waited: Duration,
        /// What it wrote to standard error, its end.
        said: String,
    },
    /// Nothing can be listened at.
    #[error("no port of 127.0.0.1 can be listened at: {0}")]
    Listen(io::Error),
    /// The store did not start.
    #[error(transparent)]
    Store(#[from] crate::reference::ServeError),
    /// The store did not take what it was to hold.
    #[error(transparent)]
    Provision(#[from] crate::reference::ProvisionError),
    /// A request through the cache brought no answer.
    #[error("{url} brought no answer: {failure}")]
    Exchange {
        /// The URL.
        url: String,
        /// What happened.
        failure: String,
    },
    /// The client could not be set up.
    #[error(transparent)]
    Client(#[from] crate::transport::TlsError),
}

fn quoted(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!("; it said:\n{text}") }
}
