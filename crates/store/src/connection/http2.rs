use std::{pin::pin, sync::Arc, time::Duration};

use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

use super::{
    Shared,
    handle::{as_message, handle},
};
use crate::{crowd, socket::Socket};

/// How many requests of one connection are answered at once.
const STREAMS: u32 = 64;

/// How long a client may be silent before it is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(20);

/// How long a connection that is told to end may take for it.
const GRACE: Duration = Duration::from_secs(5);

/// Answers the requests of a connection of HTTP/2.
pub(super) async fn run(
    socket: Socket,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
    seat: Arc<crowd::Place>,
) {
    let limits = shared.limits.clone();
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let (shared, seat) = (Arc::clone(&shared), Arc::clone(&seat));
        async move {
            seat.mark();
            let method = request.method().as_str().to_owned();
            let handled = handle(request, &shared).await;
            seat.mark();
            handled.or_else(|verbatim| as_message(verbatim, &method))
        }
    });
    let list = u32::try_from(limits.head_bytes.max(8192)).unwrap_or(u32::MAX);
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(list)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(limits.head_timeout)
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = pin!(connection);
    let mut ending = *stop.borrow();
    if ending {
        connection.as_mut().graceful_shutdown();
    }
    // The first request is waited for no longer than its head may take.
    let mut patience = limits.head_timeout;
    let mut look = pin!(sleep(if ending { GRACE } else { patience }));
    loop {
        tokio::select! {
            // A connection that breaks off has nobody to be told.
            _ = connection.as_mut() => return,
            _ = stop.changed(), if !ending => {}
            () = look.as_mut() => {
                if ending {
                    return;
                }
                if patience == limits.head_timeout && seat.idle() >= patience {
                    return;
                }
                patience = limits.idle_timeout;
                let rest = patience.saturating_sub(seat.idle());
                if !rest.is_zero() {
                    look.set(sleep_until(Instant::now() + rest));
                    continue;
                }
            }
        }
        ending = true;
        connection.as_mut().graceful_shutdown();
        look.set(sleep(GRACE));
    }
}
