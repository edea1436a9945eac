use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crosscheck_core::message::http1::RequestHead;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinHandle,
    time::sleep,
};

/// The longest head of a request that is read, in bytes.
const HEAD_MAX: usize = 64 * 1024;

/// A request that reached the origin server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forwarded {
    pub(super) method: String,
    /// The request target.
    pub(super) target: String,
    /// Whether it had preconditions.
    pub(super) conditional: bool,
    /// Whether it asked for a range.
    pub(super) ranged: bool,
}

/// Stands between a cache and its origin server, hands everything on, and writes down each
/// request before it does. Requests with content are not for it.
#[derive(Debug)]
pub(super) struct Tap {
    pub(super) address: SocketAddr,
    log: Arc<Mutex<Vec<Forwarded>>>,
    delay: Arc<AtomicU64>,
    accepting: JoinHandle<()>,
}

impl Tap {
    pub(super) async fn start(origin: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let log: Arc<Mutex<Vec<Forwarded>>> = Arc::default();
        let delay: Arc<AtomicU64> = Arc::default();
        let (shared, late) = (Arc::clone(&log), Arc::clone(&delay));
        let accepting = tokio::spawn(async move {
            loop {
                // Out of file descriptors, or a client that went away: neither ends the tap.
                let Ok((cache, _)) = listener.accept().await else {
                    sleep(Duration::from_millis(10)).await;
                    continue;
                };
                tokio::spawn(connection(cache, origin, Arc::clone(&shared), Arc::clone(&late)));
            }
        });
        Ok(Self { address, log, delay, accepting })
    }

    /// From now on every answer waits for so long.
    pub(super) fn delay(&self, delay: Duration) {
        self.delay.store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// What reached the origin server since this was asked last.
    pub(super) fn take(&self) -> Vec<Forwarded> {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What reached the origin server for this request target since it was asked last.
    pub(super) fn take_of(&self, target: &str) -> Vec<Forwarded> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.extract_if(.., |forwarded| forwarded.target == target).collect()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connection(
    cache: TcpStream,
    origin: SocketAddr,
    log: Arc<Mutex<Vec<Forwarded>>>,
    delay: Arc<AtomicU64>,
) {
    let Ok(origin) = TcpStream::connect(origin).await else { return };
    if cache.set_nodelay(true).and(origin.set_nodelay(true)).is_err() {
        return;
    }
    let ((from_cache, to_cache), (from_origin, to_origin)) = (cache.into_split(), origin.into_split());
    // Either side may close; then the connection is over.
    tokio::select! {
        () = requests(from_cache, to_origin, &log) => {}
        () = answers(from_origin, to_cache, &delay) => {}
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, log: &Mutex<Vec<Forwarded>>) {
    let mut head = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let bytes = buffer.get(..count).unwrap_or_default();
        head.extend_from_slice(bytes);
        while let Some((length, forwarded)) = parse(&head) {
            head.drain(..length);
            log.lock().unwrap_or_else(PoisonError::into_inner).push(forwarded);
        }
        if head.len() > HEAD_MAX || to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: &AtomicU64) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let late = delay.load(Ordering::Relaxed);
        if late > 0 {
            sleep(Duration::from_millis(late)).await;
        }
        if to.write_all(buffer.get(..count).unwrap_or_default()).await.is_err() {
            return;
        }
    }
}

/// The first complete head, and its length.
fn parse(bytes: &[u8]) -> Option<(usize, Forwarded)> {
    let (head, length) = RequestHead::read(bytes).ok()??;
    let (conditional, ranged) =
        (head.has("if-none-match") || head.has("if-modified-since"), head.has("range"));
    let (method, target) = (head.method.to_owned(), head.target.to_owned());
    Some((length, Forwarded { method, target, conditional, ranged }))
}
