//! Carries one connection: TLS, which HTTP it speaks, and how long it may stay.

mod handle;
mod http1;
mod http2;

use std::sync::Arc;

use bytes::BytesMut;
use tokio::{io::AsyncReadExt, net::TcpStream, sync::watch, time::timeout};

use super::{
    answer::Place,
    crowd,
    limits::Limits,
    socket::{Socket, Wire},
    spelling::Spelling,
    store::Store,
    tls::Tls,
};

/// What a client of HTTP/2 begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What every connection of a server shares.
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) place: Arc<Place>,
    pub(super) limits: Limits,
    pub(super) spelling: Spelling,
    pub(super) tls: Option<Tls>,
}

/// Answers the requests of one connection until the client, an answer, `stop` or the crowd ends it.
pub(super) async fn run(
    stream: TcpStream,
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
    seat: Arc<crowd::Place>,
) {
    let served = serve(stream, shared, stop, Arc::clone(&seat));
    tokio::select! {
        () = served => {}
        () = seat.asked_to_leave() => {}
    }
}

async fn serve(
    stream: TcpStream,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
    seat: Arc<crowd::Place>,
) {
    let limits = &shared.limits;
    let opened = async {
        let wire = match &shared.tls {
            None => Wire::Plain(stream),
            Some(tls) => Wire::Tls(Box::new(tls.acceptor.accept(stream).await.ok()?)),
        };
        let mut socket = Socket::new(wire, limits.write_timeout);
        let second = socket.agreed_on(b"h2") || begins_with_preface(&mut socket).await?;
        Some((socket, second))
    };
    let opened = tokio::select! {
        opened = timeout(limits.head_timeout, opened) => opened.ok().flatten(),
        // A client that has not said anything yet has nothing to end.
        _ = stop.wait_for(|stop| *stop) => None,
    };
    match opened {
        Some((socket, true)) => http2::run(socket, shared, stop, seat).await,
        Some((socket, false)) => http1::run(socket, shared, stop, seat).await,
        None => {}
    }
}

/// Whether the client speaks HTTP/2 without having been asked; what was read is given back.
async fn begins_with_preface(socket: &mut Socket) -> Option<bool> {
    let mut read = BytesMut::with_capacity(4096);
    while read.len() < PREFACE.len() && PREFACE.starts_with(&read) {
        if socket.read_buf(&mut read).await.ok()? == 0 {
            if read.is_empty() {
                return None;
            }
            break;
        }
    }
    let second = read.starts_with(PREFACE);
    socket.push_back(read.freeze());
    Some(second)
}
