//! Decides in which case field names leave in HTTP/1.1. Names have none, but clients of object
//! stores that keep them in a map of strings look for `ETag` and `x-oss-request-id`, byte for byte.

use bytes::Bytes;
use http_body_util::Empty;
use hyper::{Request, client::conn::http1, http::Extensions};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The names that the vendors write with capitals; all others leave in lower case.
const SPELT: &str = "Accept-Ranges Access-Control-Allow-Credentials Access-Control-Allow-Headers \
Access-Control-Allow-Methods Access-Control-Allow-Origin Access-Control-Expose-Headers \
Access-Control-Max-Age Age Allow Cache-Control Connection Content-Disposition Content-Encoding \
Content-Language Content-Length Content-MD5 Content-Range Content-Type Date ETag Expires \
Last-Modified Location Retry-After Server Transfer-Encoding Vary WWW-Authenticate";

/// Those that a preflight's answer can have.
const SPELT_IN_PREFLIGHTS: &str = "Access-Control-Allow-Credentials Access-Control-Allow-Headers \
Access-Control-Allow-Methods Access-Control-Allow-Origin Access-Control-Expose-Headers \
Access-Control-Max-Age Connection Content-Length Content-Type Date Server Vary";

/// The spelling of field names, as hyper takes it: an extension of each response.
#[derive(Clone, Debug, Default)]
pub(super) struct Spelling {
    usual: Extensions,
    preflight: Extensions,
}

impl Spelling {
    /// The vendors' spelling.
    pub(super) async fn vendors() -> Self {
        Self { usual: learnt(SPELT).await, preflight: learnt(SPELT_IN_PREFLIGHTS).await }
    }

    /// What a response to this method has to carry.
    pub(super) fn of(&self, method: &str) -> Extensions {
        if method == "OPTIONS" { self.preflight.clone() } else { self.usual.clone() }
    }
}

/// hyper writes names as it once read them, and in no other way: so it is given a response to
/// read that has them all. Without it, names leave in lower case.
async fn learnt(names: &str) -> Extensions {
    let mut head = String::from("HTTP/1.1 200 OK\r\n");
    for name in names
        .split_ascii_whitespace()
        .filter(|name| !matches!(*name, "Content-Length" | "Transfer-Encoding" | "Connection"))
    {
        head.push_str(&format!("{name}: 0\r\n"));
    }
    head.push_str("Connection: close\r\nContent-Length: 0\r\n\r\n");
    let (near, mut far) = tokio::io::duplex(64 * 1024);
    let read = async {
        let mut builder = http1::Builder::new();
        builder.preserve_header_case(true);
        let (mut sender, connection) = builder.handshake(TokioIo::new(near)).await.ok()?;
        let asked = Request::builder().uri("/").header("host", "a").body(Empty::<Bytes>::new()).ok()?;
        let (response, _) = tokio::join!(sender.send_request(asked), connection);
        Some(response.ok()?.extensions().clone())
    };
    let answer = async {
        let mut request = [0; 1024];
        let asked = far.read(&mut request).await;
        let answered = far.write_all(head.as_bytes()).await;
        asked.and(answered)
    };
    let (extensions, _) = tokio::join!(read, answer);
    extensions.unwrap_or_default()
}
