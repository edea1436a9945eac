use std::{future::poll_fn, pin::Pin, sync::Arc};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{io::AsyncWriteExt, sync::watch, time::timeout};

use super::{
    Shared,
    handle::{Verbatim, handle},
};
use crate::{
    crowd,
    limits::Limits,
    socket::{Meter, Socket},
};

/// Answers the requests of a connection of HTTP/1.1.
pub(super) async fn run(
    mut socket: Socket,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
    seat: Arc<crowd::Place>,
) {
    let meter = Meter::new(shared.store.budget());
    socket.metered(&meter);
    loop {
        let service = service_fn(|request| {
            let (shared, seat, meter) = (Arc::clone(&shared), Arc::clone(&seat), Arc::clone(&meter));
            Box::pin(async move {
                seat.mark();
                meter.handles(true);
                let handled = handle(request, &shared).await;
                meter.handles(false);
                seat.mark();
                handled
            })
        });
        let mut connection = builder(&shared.limits).serve_connection(TokioIo::new(socket), service);
        let mut stopping = *stop.borrow();
        if stopping {
            Pin::new(&mut connection).graceful_shutdown();
        }
        let ended = loop {
            tokio::select! {
                ended = poll_fn(|context| connection.poll_without_shutdown(context)) => break ended,
                _ = stop.changed(), if !stopping => {
                    stopping = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
            }
        };
        let parts = connection.into_parts();
        socket = parts.io.into_inner();
        let verbatim = ended.err().and_then(|error| {
            std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Verbatim>()).cloned()
        });
        let Some(Verbatim { bytes, closes, .. }) = verbatim else { break };
        let write = timeout(shared.limits.write_timeout, socket.write_all(&bytes));
        if !matches!(write.await, Ok(Ok(()))) || closes || stopping {
            break;
        }
        socket.push_back(parts.read_buf);
    }
    // A client that is gone already needs no goodbye.
    let _ = timeout(shared.limits.write_timeout, socket.shutdown()).await;
}

fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.head_bytes.max(8192))
        .half_close(true);
    builder
}
