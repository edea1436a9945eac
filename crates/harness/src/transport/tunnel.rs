//! Opens a tunnel through an HTTP proxy (RFC 9110 §9.3.6), after which every byte is between the two ends.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Proxy;
use crosscheck_core::{
    exchange::{Failure, Stage},
    message::http1::HeadReader,
};

/// The longest head of a proxy's answer that is read, in bytes.
const HEAD_BYTES: usize = 16 * 1024;

/// Asks a proxy that was connected to for a tunnel to a host and port.
pub(super) async fn open(stream: &mut TcpStream, proxy: &Proxy, to: &str) -> Result<(), Failure> {
    let failed = |message: String| Failure::new(Stage::Proxy, format!("{proxy} {message}"));
    let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
    if let Some(authorization) = proxy.authorization() {
        request.push_str(&format!("Proxy-Authorization: {authorization}\r\n"));
    }
    request.push_str("\r\n");
    let broken = |error: std::io::Error| failed(format!("broke off the answer to CONNECT {to}: {error}"));
    stream.write_all(request.as_bytes()).await.map_err(broken)?;
    let mut reader = HeadReader::new(HEAD_BYTES);
    let mut head = Vec::new();
    loop {
        // Byte by byte: what follows the head is the other end's.
        head.push(stream.read_u8().await.map_err(broken)?);
        let read = reader.advance(&head);
        let read = read.map_err(|_| failed(format!("does not answer CONNECT {to} as an HTTP proxy does")))?;
        match read.map(|(head, _)| head.status) {
            None => {}
            Some(200..=299) => return Ok(()),
            Some(407) if proxy.authorization().is_none() => {
                return Err(failed(format!(
                    "asks for a user name and password for CONNECT {to} (status 407)"
                )));
            }
            Some(407) => {
                return Err(failed("does not accept the user name and password (status 407)".to_owned()));
            }
            Some(status) => return Err(failed(format!("answered CONNECT {to} with status {status}"))),
        }
    }
}
