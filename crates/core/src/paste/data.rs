//! The data options of `curl`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::request::PastedBody;

/// What `curl --data-urlencode` leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is sent, joined by `&` as `curl` does.
#[derive(Default)]
pub(super) struct Data {
    bytes: Vec<u8>,
    file: Option<String>,
    pub(super) given: bool,
}

impl Data {
    /// `-d`, `--data-binary`: `@` names a file.
    pub(super) fn push(&mut self, value: &[u8]) {
        match value.strip_prefix(b"@") {
            Some(file) => self.push_file(file),
            None => self.push_raw(value),
        }
    }

    /// `--data-raw`.
    pub(super) fn push_raw(&mut self, value: &[u8]) {
        if self.given && !self.bytes.is_empty() {
            self.bytes.push(b'&');
        }
        self.given = true;
        self.bytes.extend_from_slice(value);
    }

    /// `--json`: pieces are joined as they are.
    pub(super) fn push_json(&mut self, value: &[u8]) {
        match value.strip_prefix(b"@") {
            Some(file) => self.push_file(file),
            None => {
                self.given = true;
                self.bytes.extend_from_slice(value);
            }
        }
    }

    /// `--data-urlencode`: `content`, `=content`, `name=content`, `@file`, `name@file`.
    pub(super) fn push_encoded(&mut self, value: &str) {
        let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        match value.find(['=', '@']).map(|at| (value.split_at(at), value.as_bytes().get(at) == Some(&b'@'))) {
            Some(((_, file), true)) => self.push_file(file.trim_start_matches('@').as_bytes()),
            Some((("", content), false)) => {
                self.push_raw(encoded(content.get(1..).unwrap_or_default()).as_bytes());
            }
            Some(((name, content), false)) => {
                let content = encoded(content.get(1..).unwrap_or_default());
                self.push_raw(format!("{name}={content}").as_bytes());
            }
            None => self.push_raw(encoded(value).as_bytes()),
        }
    }

    pub(super) fn push_file(&mut self, file: &[u8]) {
        self.given = true;
        self.file.get_or_insert_with(|| String::from_utf8_lossy(file).into_owned());
    }

    /// As the query of a URL (`-G`).
    pub(super) fn query(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(super) fn body(self) -> Option<PastedBody> {
        match (self.file, self.given) {
            (Some(file), _) => Some(PastedBody::File(file)),
            (None, true) => Some(body(self.bytes)),
            (None, false) => None,
        }
    }
}

/// Bytes as text where they are text.
pub(super) fn body(bytes: Vec<u8>) -> PastedBody {
    String::from_utf8(bytes).map_or_else(|error| PastedBody::Bytes(error.into_bytes()), PastedBody::Text)
}
