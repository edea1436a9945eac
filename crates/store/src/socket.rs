use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};
use tokio_rustls::server::TlsStream;

use super::budget::{Budget, Charge};

/// What bytes go over.
pub(super) enum Wire {
    /// TCP as it is.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

/// How much is read at once: what reads into ever larger buffers would otherwise keep one of the longest head's length for
/// each connection.
const READ_MAX: usize = 16 * 1024;

/// How much of a head is read without being counted.
const FREE: usize = 8 * 1024;

/// Counts what a connection has of a head that is not whole yet: many that never end take no more memory together than
/// requests may.
#[derive(Debug)]
pub(super) struct Meter {
    budget: Arc<Budget>,
    state: Mutex<Metered>,
}

#[derive(Debug, Default)]
struct Metered {
    /// Whether a request is being handled, which is counted by itself.
    handling: bool,
    read: usize,
    charge: Option<Charge>,
}

impl Meter {
    pub(super) fn new(budget: &Arc<Budget>) -> Arc<Self> {
        Arc::new(Self { budget: Arc::clone(budget), state: Mutex::default() })
    }

    /// Notes that a head is whole and its request is being handled, or that it is answered.
    pub(super) fn handles(&self, handling: bool) {
        *self.state() = Metered { handling, ..Metered::default() };
    }

    /// Notes what was read; whether there is memory for it.
    fn reads(&self, length: usize) -> bool {
        let mut state = self.state();
        if state.handling {
            return true;
        }
        state.read += length;
        if state.read <= FREE {
            return true;
        }
        match &mut state.charge {
            Some(charge) => charge.grow(length),
            None => {
                state.charge = self.budget.take(state.read);
                state.charge.is_some()
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, Metered> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection with bytes that were read from it and not used, and with patience for a client
/// that takes nothing.
pub(super) struct Socket {
    early: Bytes,
    wire: Wire,
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    meter: Option<Arc<Meter>>,
}

impl Socket {
    pub(super) fn new(wire: Wire, patience: Duration) -> Self {
        Self { early: Bytes::new(), wire, patience, stalled: None, meter: None }
    }

    /// Has what is read counted.
    pub(super) fn metered(&mut self, meter: &Arc<Meter>) {
        self.meter = Some(Arc::clone(meter));
    }

    /// Gives back bytes that were read too many.
    pub(super) fn push_back(&mut self, unused: Bytes) {
        if self.early.is_empty() {
            self.early = unused;
        } else if !unused.is_empty() {
            let mut whole = BytesMut::from(&unused[..]);
            whole.extend_from_slice(&self.early);
            self.early = whole.freeze();
        }
    }

    /// Whether this protocol was agreed on in the TLS handshake.
    pub(super) fn agreed_on(&self, protocol: &[u8]) -> bool {
        match &self.wire {
            Wire::Plain(_) => false,
            Wire::Tls(stream) => stream.get_ref().1.alpn_protocol() == Some(protocol),
        }
    }

    /// Does something with the wire, which may wait no longer than the patience lasts.
    fn patiently<T>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        act: impl FnOnce(Pin<&mut Wire>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let this = &mut *self;
        match act(Pin::new(&mut this.wire), context) {
            Poll::Ready(done) => {
                this.stalled = None;
                Poll::Ready(done)
            }
            Poll::Pending => {
                let patience = this.patience;
                let stalled = this.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
                match stalled.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.early.is_empty() {
            let before = buffer.filled().len();
            let polled = if buffer.remaining() <= READ_MAX {
                Pin::new(&mut self.wire).poll_read(context, buffer)
            } else {
                let mut part = ReadBuf::new(buffer.initialize_unfilled_to(READ_MAX));
                let polled = Pin::new(&mut self.wire).poll_read(context, &mut part);
                let length = part.filled().len();
                buffer.advance(length);
                polled
            };
            let length = buffer.filled().len() - before;
            return match &self.meter {
                Some(meter) if !meter.reads(length) => Poll::Ready(Err(io::ErrorKind::OutOfMemory.into())),
                _ => polled,
            };
        }
        let length = self.early.len().min(buffer.remaining());
        buffer.put_slice(self.early.get(..length).unwrap_or_default());
        self.early.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.patiently(context, |mut wire, context| match &mut *wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Wire::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        })
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.patiently(context, |mut wire, context| match &mut *wire {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(context),
            Wire::Tls(stream) => Pin::new(stream).poll_flush(context),
        })
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.patiently(context, |mut wire, context| match &mut *wire {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Wire::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        })
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.patiently(context, |mut wire, context| match &mut *wire {
            Wire::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Wire::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        })
    }

    fn is_write_vectored(&self) -> bool {
        match &self.wire {
            Wire::Plain(stream) => stream.is_write_vectored(),
            Wire::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
