//! What a script gives as body, and the Content-Type that comes with it.

use bytes::Bytes;

/// What a script gives as body, with its type (Fetch §5.2 *extract* a BodyInit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The bytes.
    pub bytes: Bytes,
    /// What it was made of.
    pub kind: BodyKind,
}

/// What a body was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// A string.
    Text,
    /// `URLSearchParams`.
    UrlEncoded,
    /// `FormData`, with the boundary that divides its parts.
    Form {
        /// The boundary.
        boundary: String,
    },
    /// A `Blob` and its type; empty for none.
    Blob {
        /// The blob's `type`.
        content_type: String,
    },
    /// `ArrayBuffer` or a view of one.
    Bytes,
    /// `ReadableStream`: cannot be sent twice, and is always preflighted.
    Stream,
}

impl Body {
    /// A string.
    pub fn text(text: impl Into<String>) -> Self {
        Self { bytes: text.into().into(), kind: BodyKind::Text }
    }

    /// `URLSearchParams`, already serialised.
    pub fn url_encoded(serialized: impl Into<String>) -> Self {
        Self { bytes: serialized.into().into(), kind: BodyKind::UrlEncoded }
    }

    /// `FormData` of text entries, encoded as `multipart/form-data` (HTML §4.10.21.8).
    pub fn form<'a>(
        entries: impl IntoIterator<Item = (&'a str, &'a str)>,
        boundary: impl Into<String>,
    ) -> Self {
        let boundary = boundary.into();
        let mut encoded = String::new();
        for (name, value) in entries {
            let name = name.replace('\n', "%0A").replace('\r', "%0D").replace('"', "%22");
            encoded.push_str(&format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        encoded.push_str(&format!("--{boundary}--\r\n"));
        Self { bytes: encoded.into(), kind: BodyKind::Form { boundary } }
    }

    /// A `Blob`, its type as its constructor keeps it (File API §3.1): in lower case, and none
    /// where it has other than printable ASCII.
    pub fn blob(bytes: impl Into<Bytes>, content_type: impl Into<String>) -> Self {
        let given = content_type.into();
        let printable = given.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        let content_type = if printable { given.to_ascii_lowercase() } else { String::new() };
        Self { bytes: bytes.into(), kind: BodyKind::Blob { content_type } }
    }

    /// `ArrayBuffer` or a view of one.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), kind: BodyKind::Bytes }
    }

    /// `ReadableStream`.
    pub fn stream(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), kind: BodyKind::Stream }
    }

    /// The Content-Type that the browser sets where the script sets none.
    pub fn content_type(&self) -> Option<String> {
        match &self.kind {
            BodyKind::Text => Some("text/plain;charset=UTF-8".into()),
            BodyKind::UrlEncoded => Some("application/x-www-form-urlencoded;charset=UTF-8".into()),
            BodyKind::Form { boundary } => Some(format!("multipart/form-data; boundary={boundary}")),
            BodyKind::Blob { content_type } => (!content_type.is_empty()).then(|| content_type.clone()),
            BodyKind::Bytes | BodyKind::Stream => None,
        }
    }

    /// Whether it can be sent again after a redirect: its *source* is not null.
    pub fn can_be_sent_again(&self) -> bool {
        self.kind != BodyKind::Stream
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_bring_their_content_type() {
        let table = [
            (Body::text("x"), Some("text/plain;charset=UTF-8")),
            (Body::url_encoded("a=1"), Some("application/x-www-form-urlencoded;charset=UTF-8")),
            (Body::form([("a", "1")], "b"), Some("multipart/form-data; boundary=b")),
            (Body::blob("x", "application/json"), Some("application/json")),
            (Body::blob("x", "TEXT/Plain"), Some("text/plain")),
            (Body::blob("x", "text/plain\u{e9}"), None),
            (Body::blob("x", ""), None),
            (Body::bytes("x"), None),
            (Body::stream("x"), None),
        ];
        for (body, content_type) in table {
            assert_eq!(body.content_type().as_deref(), content_type, "{body:?}");
        }
    }

    #[test]
    fn forms_are_encoded_as_multipart() {
        let body = Body::form([("a\"b", "1"), ("c", "2")], "X");
        let expected = "--X\r\nContent-Disposition: form-data; name=\"a%22b\"\r\n\r\n1\r\n\
                        --X\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\n2\r\n--X--\r\n";
        assert_eq!(body.bytes, expected);
    }
}
