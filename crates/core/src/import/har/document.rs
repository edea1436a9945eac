//! The part of a HAR file that is read, as types.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, de::Error};
use url::Url;

use crate::message::is_token;

#[derive(Deserialize)]
pub(super) struct Archive {
    pub(super) log: Log,
}

#[derive(Deserialize)]
pub(super) struct Log {
    pub(super) entries: Vec<Entry>,
}

#[derive(Deserialize)]
pub(super) struct Entry {
    pub(super) request: Request,
    #[serde(default)]
    pub(super) response: Option<Response>,
    #[serde(default, rename = "_error")]
    pub(super) error: Option<String>,
    #[serde(default, rename = "_resourceType")]
    pub(super) resource_type: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: Target,
    #[serde(default)]
    pub(super) headers: Vec<Pair>,
    #[serde(default, rename = "postData")]
    pub(super) content: Option<Content>,
    #[serde(default, rename = "bodySize")]
    pub(super) body_size: i64,
}

#[derive(Deserialize)]
pub(super) struct Response {
    /// 0 where there is no response.
    #[serde(default)]
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: Vec<Pair>,
    #[serde(default, rename = "_error")]
    pub(super) error: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Pair {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: String,
}

#[derive(Deserialize)]
pub(super) struct Content {
    #[serde(default, rename = "mimeType")]
    mime_type: String,
    #[serde(default)]
    text: Option<String>,
    /// `base64` is an extension of some proxies; HAR 1.2 has it for responses alone.
    #[serde(default, alias = "_encoding")]
    encoding: Option<String>,
    #[serde(default)]
    pub(super) params: Vec<Param>,
}

#[derive(Deserialize)]
pub(super) struct Param {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: Option<String>,
    #[serde(default, rename = "fileName")]
    pub(super) file_name: Option<String>,
}

/// A method that a request line can have.
pub(super) struct Method(pub(super) String);

/// An absolute URL.
pub(super) struct Target(pub(super) Url);

impl Content {
    /// The content itself; `None` where it is only described by its parameters, or does not decode.
    pub(super) fn bytes(&self) -> Option<Bytes> {
        let text = self.text.as_ref().filter(|text| !text.is_empty())?;
        match self.encoding.as_deref() {
            Some("base64") => STANDARD.decode(text.trim()).ok().map(Bytes::from),
            _ => Some(Bytes::from(text.clone().into_bytes())),
        }
    }

    /// Whether the parameters are those of `application/x-www-form-urlencoded`.
    pub(super) fn is_form(&self) -> bool {
        let essence = self.mime_type.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if is_token(text.as_bytes()) {
            return Ok(Self(text));
        }
        Err(D::Error::custom(format!("{text:?} is not a valid request method, expected a token such as GET")))
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Url::parse(&text)
            .map(Self)
            .map_err(|error| D::Error::custom(format!("{text:?} is not a valid absolute URL: {error}")))
    }
}
