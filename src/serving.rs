//! A service of the program itself, served on loopback for as long as it is tested.

use std::{
    error::Error,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    thread,
};

use hyper::{Request, Response, body::Body, body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::sync::oneshot;
use tower_service::Service;

type BoxError = Box<dyn Error + Send + Sync>;

/// What serves on a listener, on a thread of its own, until the receiver says that it is over.
pub(crate) type Serve = Box<dyn FnOnce(TcpListener, oneshot::Receiver<()>) + Send>;

/// A server on loopback; dropping it ends a service, and leaves a server of the user's own to itself.
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    _over: oneshot::Sender<()>,
}

/// Starts serving on an ephemeral port of loopback.
///
/// # Errors
/// No port, or no thread.
pub(crate) fn start(serve: Serve) -> io::Result<Serving> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let (over, ended) = oneshot::channel();
    thread::Builder::new().name("crosscheck-service".to_owned()).spawn(move || serve(listener, ended))?;
    Ok(Serving { address, _over: over })
}

/// What serves a Tower service over HTTP/1.1.
pub(crate) fn service<S, B>(service: S) -> Serve
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    Box::new(move |listener, over| {
        // Where there is no runtime, the port stays silent, and the run says that it cannot judge.
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async move {
            let serving = async {
                listener.set_nonblocking(true)?;
                let listener = tokio::net::TcpListener::from_std(listener)?;
                loop {
                    // One connection that cannot be accepted is no reason to end.
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    let service = TowerToHyperService::new(service.clone());
                    tokio::spawn(async move {
                        // How a connection ends is the client's to judge.
                        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                    });
                }
                #[allow(unreachable_code, reason = "it names the type of the errors above")]
                io::Result::Ok(())
            };
            tokio::select! {
                _ = serving => {}
                _ = over => {}
            }
        });
    })
}
