//! Reads the content of a form upload (RFC 7578): its fields, and the file behind them.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use crosscheck_core::message::Fields;
use multer::{Constraints, Multipart, SizeLimit};

/// How long all fields before the file may be together, in bytes.
const FIELDS_MAX: usize = 20 * 1024;

/// How many fields a form may have before the file.
const COUNT_MAX: usize = 100;

/// A form that was uploaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// The fields before the file; those behind it are not read.
    pub(super) fields: Fields,
    /// The file's content.
    pub(super) file: Bytes,
    /// The file's name without its folders.
    pub(super) file_name: String,
    /// What the file is said to be.
    pub(super) file_type: Option<String>,
}

/// Why a content is no form upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FormError {
    /// No well-formed `multipart/form-data`.
    Malformed,
    /// The fields before the file are too long.
    FieldsTooLong,
    /// There is no file.
    NoFile,
}

/// The boundary that a `Content-Type` names.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    multer::parse_boundary(content_type).ok()
}

/// Reads a form of which all is there.
pub(super) fn read(content: &Bytes, boundary: String) -> Result<Form, FormError> {
    let mut reading = pin!(parse(content, boundary));
    let mut context = Context::from_waker(Waker::noop());
    // All bytes are there, so that it waits for nothing; a parser that yields is asked again.
    for _ in 0..=content.len() {
        if let Poll::Ready(read) = reading.as_mut().poll(&mut context) {
            return read;
        }
    }
    Err(FormError::Malformed)
}

async fn parse(content: &Bytes, boundary: String) -> Result<Form, FormError> {
    let limit = SizeLimit::new().whole_stream(content.len() as u64);
    let constraints = Constraints::new().size_limit(limit);
    let mut parts = Multipart::with_reader_with_constraints(content.as_ref(), boundary, constraints);
    let mut form = Form::default();
    let mut length = 0;
    while let Some(mut part) = parts.next_field().await.map_err(|_| FormError::Malformed)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            let path = part.file_name().unwrap_or_default();
            form.file_name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            form.file_type = part.content_type().map(|mime| mime.to_string());
            if length + path.len() + form.file_type.as_ref().map_or(0, String::len) > FIELDS_MAX {
                return Err(FormError::FieldsTooLong);
            }
            form.file = part.bytes().await.map_err(|_| FormError::Malformed)?;
            return Ok(form);
        }
        let mut value = BytesMut::new();
        while let Some(chunk) = part.chunk().await.map_err(|_| FormError::Malformed)? {
            value.extend_from_slice(&chunk);
            if length + name.len() + value.len() > FIELDS_MAX {
                return Err(FormError::FieldsTooLong);
            }
        }
        length += name.len() + value.len();
        if form.fields.len() == COUNT_MAX {
            return Err(FormError::FieldsTooLong);
        }
        // Without the room that it has grown into and does not use.
        form.fields.push(name, Bytes::copy_from_slice(&value));
    }
    Err(FormError::NoFile)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(parts: &[(&str, &str)]) -> Bytes {
        let mut body = String::new();
        for (head, content) in parts {
            body.push_str(&format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n"));
        }
        body.push_str("--b--\r\n");
        Bytes::from(body)
    }

    #[test]
    fn fields_come_before_the_file() {
        let content = body(&[
            ("name=\"key\"", "dir/${filename}"),
            ("name=\"x-oss-meta-a\"", ""),
            ("name=\"file\"; filename=\"C:\\dir\\a.txt\"\r\nContent-Type: text/plain", "hello\r\n--c"),
            ("name=\"late\"", "never read"),
        ]);
        let form = read(&content, "b".to_owned()).expect("a form");
        assert_eq!(form.fields.text("Key").as_deref(), Some("dir/${filename}"));
        assert_eq!(form.fields.len(), 2);
        assert_eq!(form.file, "hello\r\n--c");
        assert_eq!((form.file_name.as_str(), form.file_type.as_deref()), ("a.txt", Some("text/plain")));
    }

    #[test]
    fn what_is_no_form_says_why() {
        let rows = [
            (Bytes::new(), FormError::Malformed),
            (Bytes::from_static(b"--b\r\nnothing"), FormError::Malformed),
            (body(&[("name=\"key\"", "a")]), FormError::NoFile),
            (body(&[("name=\"key\"", &"a".repeat(FIELDS_MAX))]), FormError::FieldsTooLong),
            (body(&[("name=\"a\"", "b"); 101]), FormError::FieldsTooLong),
            (
                body(&[(&format!("name=\"file\"; filename=\"{}\"", "a".repeat(FIELDS_MAX + 1)), "b")]),
                FormError::FieldsTooLong,
            ),
        ];
        for (content, error) in rows {
            let start = content.slice(..content.len().min(60));
            assert_eq!(read(&content, "b".to_owned()), Err(error), "{}", start.escape_ascii());
        }
    }
}
