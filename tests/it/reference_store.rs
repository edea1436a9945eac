//! The reference store as a process of its own: how it is started, what it speaks, how it ends,
//! and what is left when it is killed.

#![cfg(unix)]
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use crate::folder::Folder;
use bytes::Bytes;
use crosscheck::{
    message::Request,
    signature::{AccessKey, Payload, Scheme, Signer},
};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring},
};
use url::Url;

/// A store that runs; it is killed when it is dropped.
struct Served {
    child: Child,
    url: Url,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_crosscheck"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        Self { child, url: Url::parse(line.trim()).expect("a URL") }
    }

    fn address(&self) -> SocketAddr {
        let port = self.url.port().expect("a port");
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// The exit code.
    fn ends(mut self) -> Option<i32> {
        self.child.wait().expect("an end").code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Status and content; `None` where the connection broke off.
fn exchange(address: SocketAddr, head: &str, content: &[u8]) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let head =
        format!("{head}Host: {address}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len());
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(content).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .map_or(Some(0), |length| length.parse::<usize>().ok())?;
    (body.len() == length).then_some(())?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

fn put(address: SocketAddr, path: &str, content: &str) -> Option<u16> {
    exchange(address, &format!("PUT {path} HTTP/1.1\r\n"), content.as_bytes()).map(|(status, _)| status)
}

fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    exchange(address, &format!("GET {path} HTTP/1.1\r\n"), b"")
}

/// Asks as the owner.
fn signed(address: SocketAddr, method: &str, path: &str, content: &str) -> Option<(u16, String)> {
    let mut request = Request::new(method, Url::parse(&format!("http://{address}{path}")).expect("a URL"));
    let key = AccessKey::new("crosscheck", "crosscheck-secret");
    let signer = Signer { scheme: Scheme::OssV4, key: &key, region: "r", bucket: None };
    signer.sign(&mut request, Payload::Unsigned, SystemTime::now());
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    for field in &request.fields {
        head.push_str(&format!("{}: {}\r\n", field.name, field.text()));
    }
    exchange(address, &head, content.as_bytes())
}

/// What is written under a key for the `number`th time: its number over and over.
fn content(number: u64) -> String {
    format!("{number:08}").repeat(200)
}

/// The number of a content, if it is whole.
fn number_of(body: &str) -> Option<u64> {
    let number = body.get(..8)?.parse().ok()?;
    (body == content(number)).then_some(number)
}

fn rules(number: u64) -> String {
    format!(
        "<CORSConfiguration><CORSRule><AllowedOrigin>https://a.example</AllowedOrigin><AllowedMethod>GET\
         </AllowedMethod><MaxAgeSeconds>{number}</MaxAgeSeconds></CORSRule></CORSConfiguration>"
    )
}

fn max_age(xml: &str) -> Option<u64> {
    xml.split_once("<MaxAgeSeconds>")?.1.split_once('<')?.0.parse().ok()
}

/// What was written last, and what was acknowledged last, by each writer.
#[derive(Default)]
struct Ledger {
    tried: AtomicU64,
    acknowledged: AtomicU64,
}

impl Ledger {
    /// Writes once more.
    fn next(&self, write: impl FnOnce(u64) -> Option<u16>) {
        let number = self.tried.load(Ordering::SeqCst) + 1;
        self.tried.store(number, Ordering::SeqCst);
        if write(number) == Some(200) {
            self.acknowledged.store(number, Ordering::SeqCst);
        }
    }

    /// Checks what was found against it.
    fn check(&self, found: Option<u64>, what: &str) {
        let (least, most) = (self.acknowledged.load(Ordering::SeqCst), self.tried.load(Ordering::SeqCst));
        match found {
            Some(found) => assert!((least..=most).contains(&found), "{what}: {found} of {least}..={most}"),
            None => assert_eq!(least, 0, "{what} was acknowledged {least} times and is gone or torn"),
        }
    }
}

const WRITERS: usize = 4;

#[test]
fn a_store_that_is_killed_keeps_all_that_it_acknowledged_and_nothing_torn() {
    let folder = Folder::new();
    let data = folder.join("data").display().to_string();
    let arguments = ["--data", data.as_str(), "--bucket", "kept:public-read-write"];
    let ledgers: Arc<Vec<Ledger>> = Arc::new((0..=WRITERS).map(|_| Ledger::default()).collect());
    // What differs from run to run is when the store is killed.
    let mut random = u64::from(std::process::id()) | 1;
    for round in 0..8 {
        let served = Served::start(&arguments);
        let address = served.address();
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..=WRITERS)
            .map(|writer| {
                let (ledgers, stop) = (Arc::clone(&ledgers), Arc::clone(&stop));
                thread::spawn(move || {
                    while !stop.load(Ordering::SeqCst) {
                        ledgers[writer].next(|number| match writer {
                            WRITERS => {
                                signed(address, "PUT", "/kept?cors", &rules(number)).map(|(status, _)| status)
                            }
                            writer => put(address, &format!("/kept/{writer}"), &content(number)),
                        });
                    }
                })
            })
            .collect();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        thread::sleep(Duration::from_millis(50 + (random >> 33) % 400));
        served.signal("-KILL");
        stop.store(true, Ordering::SeqCst);
        for writer in writers {
            writer.join().expect("a writer");
        }
        assert_eq!(served.ends(), None, "killed");
        let served = Served::start(&arguments);
        for (writer, ledger) in ledgers.iter().enumerate() {
            if writer == WRITERS {
                let (_, xml) = signed(served.address(), "GET", "/kept?cors", "").expect("an answer");
                ledger.check(max_age(&xml), &format!("round {round}: the rules"));
            } else {
                let found = get(served.address(), &format!("/kept/{writer}")).expect("an answer");
                let number = (found.0 == 200).then(|| number_of(&found.1)).flatten();
                ledger.check(number, &format!("round {round}: object {writer}"));
            }
        }
        drop(served);
    }
    let written: u64 = ledgers.iter().map(|ledger| ledger.acknowledged.load(Ordering::SeqCst)).sum();
    assert!(written > 20, "only {written} writes were acknowledged in all rounds");
}

#[test]
fn what_is_kept_is_there_after_a_restart() {
    let folder = Folder::new();
    let data = folder.join("data").display().to_string();
    let arguments = ["--data", data.as_str()];
    let served = Served::start(&arguments);
    let address = served.address();
    assert_eq!(signed(address, "PUT", "/kept", "").map(|(status, _)| status), Some(200));
    assert_eq!(signed(address, "PUT", "/kept?cors", &rules(7)).map(|(status, _)| status), Some(200));
    assert_eq!(signed(address, "PUT", "/kept/a%20b", "hello").map(|(status, _)| status), Some(200));
    assert_eq!(signed(address, "PUT", "/kept/gone", "hello").map(|(status, _)| status), Some(200));
    assert_eq!(signed(address, "DELETE", "/kept/gone", "").map(|(status, _)| status), Some(204));
    let (_, begun) = signed(address, "POST", "/kept/parts?uploads", "").expect("an answer");
    let id = begun
        .split_once("<UploadId>")
        .and_then(|(_, rest)| rest.split_once('<'))
        .expect("an id")
        .0
        .to_owned();
    let part = format!("/kept/parts?partNumber=1&uploadId={id}");
    assert_eq!(signed(address, "PUT", &part, "part").map(|(status, _)| status), Some(200));
    served.signal("-TERM");
    assert_eq!(served.ends(), Some(0));
    let served = Served::start(&arguments);
    let address = served.address();
    assert_eq!(signed(address, "GET", "/kept/a%20b", ""), Some((200, "hello".to_owned())));
    assert_eq!(signed(address, "GET", "/kept/gone", "").map(|(status, _)| status), Some(404));
    assert_eq!(max_age(&signed(address, "GET", "/kept?cors", "").expect("an answer").1), Some(7));
    let all = format!("/kept/parts?uploadId={id}");
    let list = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>\
                <ETag>f4c9385f1902f7334b00b9b4ecd164de</ETag></Part></CompleteMultipartUpload>";
    let (status, answer) = signed(address, "POST", &all, list).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    assert_eq!(signed(address, "GET", "/kept/parts", ""), Some((200, "part".to_owned())));
    let other = Command::new(env!("CARGO_BIN_EXE_crosscheck"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data", &data])
        .output()
        .expect("the binary runs");
    assert_eq!(other.status.code(), Some(4), "two stores in one folder");
    drop(served);
    let other = Command::new(env!("CARGO_BIN_EXE_crosscheck"))
        .args(["serve", "--listen", "127.0.0.1:0", "--dialect", "s3", "--data", &data])
        .output()
        .expect("the binary runs");
    let told = String::from_utf8_lossy(&other.stderr).into_owned();
    assert_eq!(other.status.code(), Some(4), "{told}");
    assert!(told.contains("kept by a store of Oss"), "{told}");
}

#[test]
fn a_request_that_is_under_way_ends_before_the_store_does() {
    let served = Served::start(&[]);
    let address = served.address();
    let mut stream = TcpStream::connect(address).expect("a connection");
    let head = format!("PUT /default/late HTTP/1.1\r\nHost: {address}\r\nContent-Length: 4\r\n\r\nab");
    stream.write_all(head.as_bytes()).expect("sent");
    thread::sleep(Duration::from_millis(200));
    served.signal("-TERM");
    thread::sleep(Duration::from_millis(200));
    assert!(TcpStream::connect(address).is_err(), "it takes no more connections");
    stream.write_all(b"cd").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(served.ends(), Some(0));
}

#[test]
fn what_is_typed_wrong_is_said() {
    for (arguments, word) in [
        (&["--key", "without-secret"][..], "ID:SECRET"),
        (&["--bucket", "name:everybody"], "public-read-write"),
        (&["--dialect", "oss", "--vary", "matched"], "--vary matched"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_crosscheck"))
            .arg("serve")
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("the binary runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(word), "{told}");
        assert!(!told.contains("without-secret"), "{told}");
    }
}

/// A preflight, a write and a read over one connection of HTTP/2.
async fn speaks_http2<S>(stream: S, authority: &str, scheme: &str)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2");
    let running = tokio::spawn(connection);
    let rows = [
        ("OPTIONS", "", 200, ""),
        ("PUT", "hello", 200, ""),
        ("GET", "", 200, "hello"),
        ("HEAD", "", 200, ""),
        ("DELETE", "", 204, ""),
    ];
    for (method, content, status, body) in rows {
        let request = hyper::Request::builder()
            .method(method)
            .uri(format!("{scheme}://{authority}/default/second"))
            .header("origin", "https://app.example")
            .header("access-control-request-method", "PUT")
            .body(Full::new(Bytes::from(content)))
            .expect("a request");
        let response = sender.send_request(request).await.expect("an answer");
        assert_eq!(response.version(), hyper::Version::HTTP_2);
        assert_eq!(response.status(), status, "{method}");
        assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example", "{method}");
        if method == "HEAD" {
            assert_eq!(response.headers()["content-length"], "5");
        }
        let read = response.into_body().collect().await.expect("a content").to_bytes();
        assert_eq!(read, body, "{method}");
    }
    drop(sender);
    running.abort();
}

#[tokio::test]
async fn http2_is_spoken_without_being_asked_for() {
    let served = Served::start(&[]);
    let stream = tokio::net::TcpStream::connect(served.address()).await.expect("a connection");
    speaks_http2(stream, &served.address().to_string(), "http").await;
}

fn connector(ca: &Path, protocol: &[u8]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).expect("a certificate")).expect("an authority");
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn tls_is_spoken_with_a_certificate_of_its_own() {
    let folder = Folder::new();
    let ca = folder.join("ca.pem").display().to_string();
    let served =
        Served::start(&["--tls", "--tls-ca", &ca, "--domain", "store.example", "--bucket", "bucket"]);
    assert_eq!(served.url.scheme(), "https");
    let names = ["127.0.0.1", "localhost", "bucket.localhost", "store.example", "bucket.store.example"];
    for name in names {
        let name = ServerName::try_from(name).expect("a name").to_owned();
        let stream = tokio::net::TcpStream::connect(served.address()).await.expect("a connection");
        let stream = connector(Path::new(&ca), b"h2").connect(name, stream).await.expect("TLS");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        speaks_http2(stream, &format!("localhost:{}", served.address().port()), "https").await;
    }
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = tokio::net::TcpStream::connect(served.address()).await.expect("a connection");
    let mut stream = connector(Path::new(&ca), b"http/1.1").connect(name, stream).await.expect("TLS");
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let text = "GET /default/data.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    let _closed = stream.read_to_string(&mut answer).await;
    assert!(answer.ends_with("{\"value\":1}\n"), "{answer}");
}
