//! A small server of HTTP/2 for load: it answers preflights rightly, in its own manner.

use std::{
    io::{Read, Write},
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
    /// It refuses one stream in so many, before it looks at the request.
    pub(crate) refuses: Option<u64>,
    /// It ends each connection after so many requests.
    pub(crate) ends: Option<u64>,
    /// It allows another origin than the one that asks, in one answer of so many.
    pub(crate) mixes: Option<u64>,
}

impl Default for Manner {
    fn default() -> Self {
        Self { streams: 100, resets: None, refuses: None, ends: None, mixes: None }
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
        } else if manner.refuses.is_some_and(|every| number.is_multiple_of(every)) {
            respond.send_reset(Reason::REFUSED_STREAM);
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

/// A server of HTTP/2, frame by frame, that ends a connection at every request after the first few: it says that
/// it has not looked at that one (RFC 9113 §6.8). Its answers are the same to all.
pub(crate) struct LeavingServer {
    pub(crate) url: String,
    answered: Arc<AtomicU64>,
}

impl LeavingServer {
    /// It answers `few` requests of a connection.
    pub(crate) fn start(few: u64) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/items", listener.local_addr().expect("an address"));
        let answered = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&answered);
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let answered = Arc::clone(&counted);
                std::thread::spawn(move || leave(stream, few, &answered));
            }
        });
        Self { url, answered }
    }

    /// How many requests it answered.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}

/// Serves one connection until it leaves.
fn leave(mut stream: std::net::TcpStream, few: u64, answered: &AtomicU64) -> std::io::Result<()> {
    const HEADERS: u8 = 1;
    const SETTINGS: u8 = 4;
    const GOAWAY: u8 = 7;
    stream.set_nodelay(true)?;
    let mut preface = [0; 24];
    stream.read_exact(&mut preface)?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    let (mut here, mut last) = (0, 0);
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload)?;
        if head[3] == SETTINGS && head[4] & 1 == 0 {
            stream.write_all(&frame(SETTINGS, 1, 0, &[]))?;
        }
        if head[3] != HEADERS {
            continue;
        }
        if here == few {
            let last = u32::to_be_bytes(last);
            stream.write_all(&frame(GOAWAY, 0, 0, &[&last[..], &[0; 4]].concat()))?;
            // The connection stays until what was answered has gone out.
            stream.shutdown(std::net::Shutdown::Write)?;
            while stream.read(&mut head)? > 0 {}
            return Ok(());
        }
        (here, last) = (here + 1, id);
        answered.fetch_add(1, Ordering::Relaxed);
        // 204, and three fields as they are (RFC 7541 §6.1, §6.2.2).
        let mut block = vec![0x89];
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", "PUT"),
            ("access-control-allow-headers", "x-custom"),
        ] {
            block.extend([0, name.len() as u8]);
            block.extend(name.as_bytes());
            block.push(value.len() as u8);
            block.extend(value.as_bytes());
        }
        stream.write_all(&frame(HEADERS, 0x5, id, &block))?;
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::to_be_bytes(payload.len() as u32);
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}
