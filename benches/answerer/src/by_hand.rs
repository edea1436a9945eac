//! HTTP/1.1 by hand: a head is parsed, and its answer written.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// More than any preflight's head.
const HEAD: usize = 16 * 1024;

/// Answers one connection's requests, pipelined ones too, until it is closed or makes no sense.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, max_age: u32) -> io::Result<()> {
    let mut input = vec![0; HEAD];
    let mut filled = 0;
    let mut output = Vec::with_capacity(1024);
    loop {
        let mut taken = 0;
        while let Some(length) = answer(&input[taken..filled], max_age, &mut output)? {
            taken += length;
        }
        if !output.is_empty() {
            stream.write_all(&output).await?;
            stream.flush().await?;
            output.clear();
        }
        input.copy_within(taken..filled, 0);
        filled -= taken;
        let read = stream.read(&mut input[filled..]).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
    }
}

/// Appends the answer to the first request of `input`; gives that request's length, or none
/// where it is not all there yet. Requests have no content here.
fn answer(input: &[u8], max_age: u32, output: &mut Vec<u8>) -> io::Result<Option<usize>> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut fields);
    let status = request.parse(input).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let httparse::Status::Complete(length) = status else { return Ok(None) };
    let value = |name: &str| {
        request.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    };
    output.extend_from_slice(b"HTTP/1.1 204 No Content\r\n");
    if let Some(origin) = value("origin") {
        line(output, b"Access-Control-Allow-Origin", origin);
    }
    if let Some(method) = value("access-control-request-method") {
        line(output, b"Access-Control-Allow-Methods", method);
        if let Some(names) = value("access-control-request-headers") {
            line(output, b"Access-Control-Allow-Headers", names);
        }
        line(output, b"Access-Control-Max-Age", max_age.to_string().as_bytes());
    }
    line(output, b"Vary", b"Origin");
    output.extend_from_slice(b"\r\n");
    Ok(Some(length))
}

fn line(output: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        output.extend_from_slice(part);
    }
}
