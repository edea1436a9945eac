use std::{
    future::Future,
    io,
    pin::Pin,
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

/// What bytes go over.
pub(super) enum Wire {
    /// TCP as it is.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection with bytes that were read from it and not used, and with patience for a client
/// that takes nothing.
pub(super) struct Socket {
    early: Bytes,
    wire: Wire,
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(super) fn new(wire: Wire, patience: Duration) -> Self {
        Self { early: Bytes::new(), wire, patience, stalled: None }
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

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.early.is_empty() {
            return match &mut self.wire {
                Wire::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
                Wire::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
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
