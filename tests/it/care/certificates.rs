//! A certificate that is given is trusted for its own name while it is valid, as `curl --cacert` does, and nothing else;
//! and where none is verified, everything says so.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls_pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, Stream, crypto::ring};

use super::{
    store::served::Served,
    support::{Ended, Folder, answer, crosscheck_with},
};

const APP: &str = "https://app.example";

/// An HTTPS server with a certificate that it signed itself, which lets `APP` read everything.
struct Secure {
    address: SocketAddr,
    pem: String,
}

impl Secure {
    fn start(change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params.distinguished_name.push(rcgen::DnType::CommonName, "a server of a test");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .expect("a configuration");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let config = Arc::new(config);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let config = Arc::clone(&config);
                thread::spawn(move || serve(stream, config));
            }
        });
        Self { address, pem: certificate.pem() }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/", self.address.port())
    }
}

/// Answers every request on a connection.
fn serve(mut stream: TcpStream, config: Arc<ServerConfig>) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let mut session = ServerConnection::new(config).ok()?;
    let mut tls = Stream::new(&mut session, &mut stream);
    let (mut head, mut byte) = (Vec::new(), [0]);
    loop {
        if tls.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
        if head.ends_with(b"\r\n\r\n") {
            let allowed = [("Access-Control-Allow-Origin", APP), ("Vary", "Origin")];
            tls.write_all(&answer("200 OK", &allowed, b"{}")).ok()?;
            tls.flush().ok()?;
            head.clear();
        }
    }
}

fn explain(folder: &Folder, url: &str, more: &[&str]) -> Ended {
    crosscheck_with(folder, &[&["explain", url, "--origin", APP, "--json"], more].concat(), &[])
}

#[test]
fn a_given_certificate_is_trusted_for_its_name_while_it_is_valid() {
    let folder = Folder::new();
    let leaf = Secure::start(|_| {});
    // As `openssl req -x509` makes it.
    let authority = Secure::start(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let expired = Secure::start(|params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    let early = Secure::start(|params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = rcgen::date_time_ymd(4000, 1, 1);
    });
    let namesake = Secure::start(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    folder.write("both.pem", format!("{}{}", leaf.pem, authority.pem));
    folder.write("namesake.pem", &namesake.pem);
    folder.write("dated.pem", format!("{}{}", expired.pem, early.pem));
    let by_address = |server: &Secure| server.url().replace("localhost", "127.0.0.1");
    for (url, file, words) in [
        (leaf.url(), Some("both.pem"), None),
        (authority.url(), Some("both.pem"), None),
        (by_address(&leaf), Some("both.pem"), Some("not valid for name")),
        (by_address(&authority), Some("both.pem"), Some("not valid for name")),
        (leaf.url(), Some("namesake.pem"), Some("--ca-file")),
        (authority.url(), Some("namesake.pem"), Some("--ca-file")),
        (expired.url(), Some("dated.pem"), Some("has expired")),
        (early.url(), Some("dated.pem"), Some("not valid yet")),
        (leaf.url(), None, Some("--ca-file")),
        (authority.url(), None, Some("--ca-file")),
    ] {
        let more: Vec<&str> = file.iter().flat_map(|file| ["--ca-file", file]).collect();
        let ended = explain(&folder, &url, &more);
        match words {
            None => assert!(!ended.with_code(0).stdout.contains("\"insecure\"")),
            Some(words) => {
                let ended = ended.with_code(4);
                assert!(ended.all().contains(words), "{url} {file:?}: {}", ended.all());
            }
        }
        // Nothing of it matters where nothing is verified, and both the user and the record are told.
        let insecure = explain(&folder, &url, &[&more[..], &["--insecure"]].concat()).with_code(0);
        assert!(insecure.stderr.contains("TLS certificates are not verified"), "{}", insecure.stderr);
        assert!(insecure.stdout.contains("\"insecure\": true"), "{}", insecure.stdout);
    }
}

#[test]
fn a_run_without_verification_says_so_in_every_report() {
    let folder = Folder::new();
    let server = Secure::start(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    folder.write(
        "crosscheck.json",
        format!(
            r#"{{ "url": "{}", "tls": {{ "insecure": true }}, "allowed_origins": ["{APP}"] }}"#,
            server.url()
        ),
    );
    let ended = crosscheck_with(&folder, &["run"], &[]);
    assert!(ended.stderr.contains("TLS certificates are not verified"), "{}", ended.stderr);
    assert!(ended.stdout.contains("TLS certificates were not verified"), "{}", ended.stdout);
    assert!(folder.read("reports/junit.xml").contains("TLS certificates were not verified"));
    let record = std::fs::read_dir(folder.path().join("reports")).expect("reports").flatten();
    let record: String = record
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "json"))
        .map(|entry| std::fs::read_to_string(entry.path()).expect("a report"))
        .collect();
    assert!(record.replace(' ', "").contains("\"insecure\":true"));
    // It is said of this endpoint, and holds for no other.
    let other = Secure::start(|_| {});
    let ended = crosscheck_with(&folder, &["run", "--target", &other.url(), "--allowed-origin", APP], &[]);
    assert!(ended.with_code(4).stderr.contains("left out tls"));
}

#[test]
fn the_bucket_api_trusts_what_evidence_trusts() {
    let folder = Folder::new();
    let store =
        Served::start(&folder, &["--dialect", "s3", "--tls", "--tls-ca", "ca.pem", "--bucket", "photos"]);
    let url = format!("https://localhost:{}/photos/", store.port());
    let key =
        [("CROSSCHECK_ACCESS_KEY_ID", "crosscheck"), ("CROSSCHECK_ACCESS_KEY_SECRET", "crosscheck-secret")];
    for (more, code, words) in [
        (&["--ca-file", "ca.pem"][..], 0, "no CORS rules"),
        (&["--insecure"], 0, "TLS certificates are not verified"),
        (&[], 4, "--ca-file"),
    ] {
        let get = ["rules", "get", "--target", &url, "--dialect", "s3"];
        let ended = crosscheck_with(&folder, &[&get[..], more].concat(), &key).with_code(code);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}
