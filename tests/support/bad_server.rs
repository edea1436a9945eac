//! Servers on loopback that misbehave in one named way, for tests of whoever talks to them. Each
//! runs on a thread of its own, so that tests of the binary can start one as well.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls_pki_types::PrivateKeyDer;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::sleep,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring},
};

/// One way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody listens.
    Refuses,
    /// Accepts, reads, and never answers.
    NeverAnswers,
    /// Closes before it has read anything.
    ClosesAtOnce,
    /// Closes after the request.
    ClosesBeforeHead,
    /// Closes within the response head.
    ClosesMidHead,
    /// Closes within content of known length.
    ClosesMidBody,
    /// Closes before the last chunk.
    ClosesMidChunks,
    /// Answers something that is no HTTP.
    Garbage,
    /// Sends field lines without end.
    EndlessHead,
    /// Sends one field line without end.
    EndlessLine,
    /// Sends interim responses without end.
    EndlessInterim,
    /// Sends content without end.
    EndlessBody,
    /// Sends chunks without end.
    EndlessChunks,
    /// Sends a chunk size that is none.
    WrongChunkSize,
    /// Says two different lengths.
    TwoLengths,
    /// Sends its head a byte at a time, for longer than anyone waits.
    SlowHead,
    /// Sends a head, then its content a byte at a time.
    SlowBody,
    /// Speaks plain HTTP, whatever is asked.
    PlainHttp,
    /// Shows a certificate for `localhost` that it signed itself.
    SelfSigned,
    /// Accepts and never says anything within the TLS handshake.
    TlsNeverAnswers,
}

impl Fault {
    /// Every fault with a name for command lines and test output.
    pub(crate) const ALL: &[(&str, Fault)] = &[
        ("refuses", Fault::Refuses),
        ("never-answers", Fault::NeverAnswers),
        ("closes-at-once", Fault::ClosesAtOnce),
        ("closes-before-head", Fault::ClosesBeforeHead),
        ("closes-mid-head", Fault::ClosesMidHead),
        ("closes-mid-body", Fault::ClosesMidBody),
        ("closes-mid-chunks", Fault::ClosesMidChunks),
        ("garbage", Fault::Garbage),
        ("endless-head", Fault::EndlessHead),
        ("endless-line", Fault::EndlessLine),
        ("endless-interim", Fault::EndlessInterim),
        ("endless-body", Fault::EndlessBody),
        ("endless-chunks", Fault::EndlessChunks),
        ("wrong-chunk-size", Fault::WrongChunkSize),
        ("two-lengths", Fault::TwoLengths),
        ("slow-head", Fault::SlowHead),
        ("slow-body", Fault::SlowBody),
        ("plain-http", Fault::PlainHttp),
        ("self-signed", Fault::SelfSigned),
        ("tls-never-answers", Fault::TlsNeverAnswers),
    ];

    fn is_tls(self) -> bool {
        matches!(self, Fault::SelfSigned | Fault::TlsNeverAnswers)
    }
}

/// What a scripted server does with its n-th connection, from 0.
type Script =
    Arc<dyn Fn(TcpStream, usize, Journal) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What a server has seen.
#[derive(Clone, Default)]
pub(crate) struct Journal {
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
    connections: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    most_open: Arc<AtomicUsize>,
}

impl Journal {
    /// The requests as bytes, in order of arrival.
    pub(crate) fn requests(&self) -> Vec<Vec<u8>> {
        self.requests.lock().unwrap().clone()
    }

    /// How many connections were accepted.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many of them were open at once.
    pub(crate) fn most_open(&self) -> usize {
        self.most_open.load(Ordering::SeqCst)
    }
}

/// A server that stops when it is dropped.
pub(crate) struct BadServer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What it has seen.
    pub(crate) journal: Journal,
    /// Its own certificate in PEM form, where it speaks TLS.
    pub(crate) ca_pem: Option<String>,
    scheme: &'static str,
    _stop: oneshot::Sender<()>,
}

impl BadServer {
    /// Starts a server with one fault.
    pub(crate) fn start(fault: Fault) -> Self {
        if fault == Fault::Refuses {
            let server = Self::script(|_, _, _| async {});
            let address = server.address;
            drop(server);
            // The thread closes the listener soon after; only then connections are refused.
            while std::net::TcpStream::connect(address).is_ok() {
                std::thread::sleep(Duration::from_millis(5));
            }
            return Self {
                address,
                journal: Journal::default(),
                ca_pem: None,
                scheme: "http",
                _stop: oneshot::channel().0,
            };
        }
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let mut server = Self::script(move |mut stream, _, journal| {
            let acceptor = acceptor.clone();
            async move {
                if fault == Fault::SelfSigned {
                    if let Ok(mut session) = acceptor.accept(stream).await {
                        misbehave(fault, &mut session, &journal).await;
                    }
                } else {
                    misbehave(fault, &mut stream, &journal).await;
                }
            }
        });
        if fault.is_tls() {
            server.ca_pem = Some(cert.pem());
            server.scheme = "https";
        }
        server
    }

    /// Starts a server that does what it is told with each connection.
    pub(crate) fn script<F, S>(script: S) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
        S: Fn(TcpStream, usize, Journal) -> F + Send + Sync + 'static,
    {
        let script: Script =
            Arc::new(move |stream, number, journal| Box::pin(script(stream, number, journal)));
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let journal = Journal::default();
        let seen = journal.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    _ = stopped => {}
                    () = accept(&listener, &script, &seen) => {}
                }
            });
        });
        let address = told.recv().unwrap();
        Self { address, journal, ca_pem: None, scheme: "http", _stop: stop }
    }

    /// Starts a server that answers every request on every connection with these bytes.
    pub(crate) fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::script(move |mut stream, _, journal| {
            let answer = Arc::clone(&answer);
            async move {
                while read_request(&mut stream, &journal).await {
                    if stream.write_all(&answer).await.is_err() {
                        return;
                    }
                }
            }
        })
    }

    /// The URL of a path on the server; a TLS server is called `localhost`, like its certificate.
    pub(crate) fn url(&self, path: &str) -> String {
        let host = if self.scheme == "https" { "localhost" } else { "127.0.0.1" };
        format!("{}://{host}:{}{path}", self.scheme, self.address.port())
    }
}

async fn accept(listener: &TcpListener, script: &Script, journal: &Journal) {
    while let Ok((stream, _)) = listener.accept().await {
        let number = journal.connections.fetch_add(1, Ordering::SeqCst);
        let open = journal.open.fetch_add(1, Ordering::SeqCst) + 1;
        journal.most_open.fetch_max(open, Ordering::SeqCst);
        let serving = script(stream, number, journal.clone());
        let journal = journal.clone();
        tokio::spawn(async move {
            serving.await;
            journal.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

/// Reads one request, content of known length included, into the journal; false at the end.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin), journal: &Journal) -> bool {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return false,
        }
    }
    let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut content = vec![0; length.unwrap_or(0)];
    if stream.read_exact(&mut content).await.is_err() {
        return false;
    }
    request.extend_from_slice(&content);
    journal.requests.lock().unwrap().push(request);
    true
}

async fn misbehave(fault: Fault, stream: &mut (impl AsyncRead + AsyncWrite + Unpin), journal: &Journal) {
    match fault {
        Fault::ClosesAtOnce => return,
        Fault::TlsNeverAnswers => return sleep(Duration::from_secs(600)).await,
        // What comes may be a TLS handshake, which has no end that could be waited for.
        Fault::PlainHttp => drop(stream.read(&mut [0; 1024]).await),
        _ => {
            if !read_request(stream, journal).await {
                return;
            }
        }
    }
    let head: &[u8] = match fault {
        Fault::Refuses | Fault::ClosesAtOnce | Fault::ClosesBeforeHead | Fault::TlsNeverAnswers => b"",
        Fault::NeverAnswers | Fault::SlowHead => b"",
        Fault::ClosesMidHead => b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Orig",
        Fault::ClosesMidBody => b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        Fault::ClosesMidChunks => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        Fault::Garbage => b"\xff\xfe\0 this is no HTTP\r\n\r\n",
        Fault::EndlessHead | Fault::EndlessLine => b"HTTP/1.1 200 OK\r\nX: ",
        Fault::EndlessInterim => b"",
        Fault::EndlessBody | Fault::SlowBody => b"HTTP/1.1 200 OK\r\nX-Seen: yes\r\n\r\n",
        Fault::EndlessChunks => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        Fault::WrongChunkSize => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n",
        Fault::TwoLengths => b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        Fault::PlainHttp | Fault::SelfSigned => b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    };
    if stream.write_all(head).await.is_err() {
        return;
    }
    let _ = stream.flush().await;
    match fault {
        Fault::NeverAnswers => sleep(Duration::from_secs(600)).await,
        Fault::EndlessHead => endless(stream, &b"x\r\nX: ".repeat(512), Duration::ZERO).await,
        Fault::EndlessLine | Fault::EndlessBody => endless(stream, &[b'x'; 4096], Duration::ZERO).await,
        Fault::EndlessInterim => {
            endless(stream, &b"HTTP/1.1 100 Continue\r\n\r\n".repeat(64), Duration::ZERO).await;
        }
        Fault::EndlessChunks => endless(stream, &b"8\r\nendless!\r\n".repeat(512), Duration::ZERO).await,
        Fault::SlowHead => {
            endless(stream, b"HTTP/1.1 200 OK\r\n", Duration::from_millis(20)).await;
        }
        Fault::SlowBody => endless(stream, b"slow", Duration::from_millis(20)).await,
        // Reading on until the other side closes: closing first with unread bytes would reset the
        // connection and take the answer away.
        Fault::Garbage | Fault::WrongChunkSize | Fault::TwoLengths | Fault::SelfSigned => {
            while read_request(stream, journal).await {
                if stream.write_all(head).await.is_err() {
                    return;
                }
            }
        }
        _ => {}
    }
}

/// Writes the bytes again and again until nobody reads, all at once or one by one with a pause.
async fn endless(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8], pause: Duration) {
    loop {
        if pause.is_zero() {
            if stream.write_all(bytes).await.is_err() {
                return;
            }
            continue;
        }
        for byte in bytes {
            if stream.write_all(&[*byte]).await.is_err() || stream.flush().await.is_err() {
                return;
            }
            sleep(pause).await;
        }
    }
}
