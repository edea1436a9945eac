//! Ctrl-C and its kin.

#[cfg(feature = "load")]
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Has Ctrl-C set a flag from now on, and nobody else hear of it: goose takes the signal for itself otherwise, and
/// ends the process when it comes twice, without a report.
#[cfg(feature = "load")]
pub(crate) fn kept_from_goose(stop: &Arc<AtomicBool>) {
    let stop = Arc::clone(stop);
    // Where a handler cannot be set, goose's is no worse than none.
    let _ = ctrlc::set_handler(move || stop.store(true, Ordering::Relaxed));
}

/// Completes when the process is asked to end: SIGINT, and SIGTERM where there is one. Never,
/// where the signals cannot be watched.
#[cfg(any(feature = "load", feature = "store"))]
pub(crate) async fn ended() {
    watched().await;
}

/// The same, with the signals watched from now on, not only when it is first waited for: a signal
/// in between does not end the process. To be called within a Tokio runtime.
#[cfg(unix)]
pub(crate) fn watched() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupted = signal(SignalKind::interrupt());
    let terminated = signal(SignalKind::terminate());
    let heard = async |signal: std::io::Result<tokio::signal::unix::Signal>| match signal {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending::<()>().await,
    };
    async move {
        tokio::select! {
            () = heard(interrupted) => {}
            () = heard(terminated) => {}
        }
    }
}

/// The same, where there is only Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn watched() -> impl Future<Output = ()> {
    async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
