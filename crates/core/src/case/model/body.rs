//! What a request of a case has as its body.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fetch::Body;

/// Body of a request: text, or bytes in one of these forms. Bytes have no type of their own, as an `ArrayBuffer`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum BodySpec {
    /// Text; sets `Content-Type: text/plain;charset=UTF-8` where a browser does.
    Text(String),
    /// The content of a file.
    File(FileBody),
    /// Bytes in Base64.
    Base64(Base64Body),
    /// So many bytes, whatever they are.
    Sized(SizedBody),
}

/// The content of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileBody {
    /// Path of the file, relative to the folder of the case file.
    pub file: String,
    /// What was read of it.
    #[serde(skip)]
    pub content: Option<Bytes>,
}

/// Bytes in Base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Base64Body {
    /// The bytes in Base64 (RFC 4648 §4), with padding.
    pub base64: String,
}

/// A body of a length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SizedBody {
    /// Number of bytes.
    #[schemars(range(max = 67_108_864))]
    pub bytes: u32,
}

/// Why a body cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// A file that was not read.
    #[error("the file {0:?} of the body was not read")]
    Unread(String),
    /// A text that is not Base64.
    #[error("the body is not valid Base64: {0}")]
    Base64(String),
}

impl BodySpec {
    /// Bytes as text, where they are text.
    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(
            |error| Self::Base64(Base64Body { base64: STANDARD.encode(error.as_bytes()) }),
            Self::Text,
        )
    }

    /// The bytes.
    ///
    /// # Errors
    /// A file that was not read, a text that is not Base64.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, BodyError> {
        match self {
            Self::Text(text) => Ok(text.as_bytes().into()),
            Self::File(FileBody { file, content }) => {
                content.as_deref().map(Cow::from).ok_or_else(|| BodyError::Unread(file.clone()))
            }
            Self::Base64(Base64Body { base64 }) => {
                STANDARD.decode(base64).map(Cow::from).map_err(|error| BodyError::Base64(error.to_string()))
            }
            Self::Sized(SizedBody { bytes }) => {
                Ok(vec![b'x'; usize::try_from(*bytes).unwrap_or_default()].into())
            }
        }
    }

    /// As a script gives it to its browser.
    ///
    /// # Errors
    /// As for [`BodySpec::bytes`].
    pub fn of_script(&self, stream: bool) -> Result<Body, BodyError> {
        Ok(match (self, stream) {
            (Self::Text(text), false) => Body::text(text.clone()),
            (_, false) => Body::bytes(self.bytes()?.into_owned()),
            (_, true) => Body::stream(self.bytes()?.into_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_has_its_bytes_and_its_type() {
        let of = |text: &str| serde_json::from_str::<BodySpec>(text).unwrap();
        let body = |text: &str| of(text).of_script(false).unwrap();
        assert_eq!(body("\"a\"").content_type().as_deref(), Some("text/plain;charset=UTF-8"));
        assert_eq!(body("{\"base64\": \"AP8=\"}").bytes, vec![0, 255]);
        assert_eq!(body("{\"base64\": \"AP8=\"}").content_type(), None);
        assert_eq!(body("{\"bytes\": 1000}").bytes.len(), 1000);
        assert_eq!(BodySpec::of_bytes(vec![0xc3, 0xbc]), of("\"\u{fc}\""));
        assert_eq!(BodySpec::of_bytes(vec![0, 255]), of("{\"base64\": \"AP8=\"}"));
        assert!(!of("\"a\"").of_script(true).unwrap().can_be_sent_again());
        assert!(matches!(of("{\"base64\": \"?\"}").bytes(), Err(BodyError::Base64(_))));
        assert_eq!(of("{\"file\": \"a.bin\"}").bytes(), Err(BodyError::Unread("a.bin".to_owned())));
    }
}
