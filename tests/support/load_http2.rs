//! A small server of HTTP/2 for load: it answers preflights rightly, in its own manner.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use h2::{Reason, server::Builder};
use hyper::{Request, Response, header::HeaderValue};
use tokio::net::{TcpListener, TcpStream};

/// What it does besides answering.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// How many streams may be open at once.
    pub(crate) streams: u32,
    /// It resets one stream in so many.
    pub(crate) resets: Option<u64>,
    /// It ends each connection after so many requests.
    pub(crate) ends: Option<u64>,
    /// It allows another origin than the one that asks, in one answer of so many.
    pub(crate) mixes: Option<u64>,
}

impl Default for Manner {
    fn default() -> Self {
        Self { streams: 100, resets: None, ends: None, mixes: None }
    }
}

pub(crate) struct Http2Server {
    address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Http2Server {
    pub(crate) fn start(manner: Manner) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(AtomicU64::new(0));
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let asked = Arc::clone(&asked);
                tokio::spawn(async move {
                    let _ = serve(stream, manner, &asked).await;
                });
            }
        });
        Self { address, runtime: Some(runtime) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/items", self.address)
    }
}

impl Drop for Http2Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(stream: TcpStream, manner: Manner, asked: &AtomicU64) -> Result<(), h2::Error> {
    let mut builder = Builder::new();
    builder.max_concurrent_streams(manner.streams);
    let mut connection = builder.handshake::<_, Bytes>(stream).await?;
    let mut taken = 0;
    while let Some(request) = connection.accept().await {
        let (request, mut respond) = request?;
        taken += 1;
        let number = asked.fetch_add(1, Ordering::Relaxed) + 1;
        if manner.resets.is_some_and(|every| number.is_multiple_of(every)) {
            respond.send_reset(Reason::INTERNAL_ERROR);
        } else {
            let mut answer = answer(&request);
            if manner.mixes.is_some_and(|every| number.is_multiple_of(every)) {
                let other = HeaderValue::from_static("https://other.example");
                answer.headers_mut().insert("access-control-allow-origin", other);
            }
            respond.send_response(answer, true)?;
        }
        if manner.ends == Some(taken) {
            connection.graceful_shutdown();
        }
    }
    Ok(())
}

fn answer<T>(request: &Request<T>) -> Response<()> {
    let mut response = Response::builder().status(204).header("vary", "origin");
    for (asked, answered) in [
        ("origin", "access-control-allow-origin"),
        ("access-control-request-method", "access-control-allow-methods"),
        ("access-control-request-headers", "access-control-allow-headers"),
    ] {
        if let Some(value) = request.headers().get(asked) {
            response = response.header(answered, value);
        }
    }
    response.body(()).expect("a response")
}
