use crosscheck_core::message::{Request, is_token};

/// The bytes of a request head: the request line and the field lines exactly as they stand in the
/// request.
///
/// # Errors
/// A sentence, where the method or a field name is no token, or a value has a byte that would end
/// its line: what would be sent then is another request than the one that is meant.
pub(in super::super) fn write_head(request: &Request) -> Result<Vec<u8>, String> {
    if !is_token(request.method.as_bytes()) {
        return Err(format!("the method {:?} is no token and cannot be sent", request.method));
    }
    let mut head = Vec::with_capacity(512);
    head.extend_from_slice(request.method.as_bytes());
    head.push(b' ');
    head.extend_from_slice(request.url.path().as_bytes());
    if let Some(query) = request.url.query() {
        head.push(b'?');
        head.extend_from_slice(query.as_bytes());
    }
    head.extend_from_slice(b" HTTP/1.1\r\n");
    for field in &request.fields {
        if !is_token(field.name.as_bytes()) {
            return Err(format!("the field name {:?} is no token and cannot be sent", field.name));
        }
        if let Some(byte) = unsendable(&field.value) {
            return Err(format!(
                "the value of {} contains the byte 0x{byte:02X} and cannot be sent",
                field.name
            ));
        }
        head.extend_from_slice(field.name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(&field.value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    Ok(head)
}

/// The byte of a value that would end its line: LF, and CR where the line could end with it.
/// Everything else is sent, which is more than RFC 9110 §5.5 lets senders write, because a check
/// has to see what a server makes of it.
fn unsendable(value: &[u8]) -> Option<u8> {
    let line_feed = value.iter().position(|byte| *byte == b'\n');
    let before = line_feed.and_then(|at| at.checked_sub(1)).and_then(|at| value.get(at));
    if line_feed.is_some() {
        return Some(if before == Some(&b'\r') { b'\r' } else { b'\n' });
    }
    value.last().copied().filter(|last| *last == b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosscheck_core::message::Fields;

    fn request(method: &str, url: &str, fields: &[(&str, &[u8])]) -> Request {
        let mut request = Request::new(method, url.parse().unwrap());
        request.fields = fields.iter().map(|(name, value)| (*name, value.to_vec())).collect::<Fields>();
        request
    }

    #[test]
    fn lines_go_out_in_their_order_spelling_and_number() {
        let request = request(
            "GET",
            "http://a.example/p?q=1&r#f",
            &[
                ("Host", b"a.example"),
                ("x-B", b"1"),
                ("X-A", b"\xe9\t\x7f"),
                ("X-b", b"2"),
                ("e", b"\0\r\x0b"),
            ],
        );
        assert_eq!(
            write_head(&request).unwrap(),
            b"GET /p?q=1&r HTTP/1.1\r\nHost: a.example\r\nx-B: 1\r\nX-A: \xe9\t\x7f\r\nX-b: 2\r\ne: \0\r\x0b\r\n\r\n"
        );
    }

    #[test]
    fn what_would_be_another_request_is_refused() {
        for (method, name, value, message) in [
            ("GE T", "A", &b"1"[..], "the method \"GE T\" is no token and cannot be sent"),
            ("", "A", b"1", "the method \"\" is no token and cannot be sent"),
            ("GET", "A B", b"1", "the field name \"A B\" is no token and cannot be sent"),
            ("GET", "", b"1", "the field name \"\" is no token and cannot be sent"),
            ("GET", "A", b"1\r\nB: 2", "the value of A contains the byte 0x0D and cannot be sent"),
            ("GET", "A", b"1\n", "the value of A contains the byte 0x0A and cannot be sent"),
            ("GET", "A", b"1\r", "the value of A contains the byte 0x0D and cannot be sent"),
        ] {
            let request = request(method, "http://a.example/", &[(name, value)]);
            assert_eq!(write_head(&request).unwrap_err(), message);
        }
    }
}
