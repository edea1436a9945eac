//! Bytes as text without loss: Infra's *isomorphic encode* and *decode*, one code point for
//! each byte. Used wherever bytes from the wire appear in JSON.

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Infra §4.5 *isomorphic decode*: each byte becomes the code point of the same value.
pub fn decode(bytes: &[u8]) -> String {
    // ASCII, as nearly everything is, is the same in UTF-8.
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => text.to_owned(),
        _ => bytes.iter().copied().map(char::from).collect(),
    }
}

/// Infra §4.5 *isomorphic encode*; `None` where a code point is above U+00FF.
pub fn encode(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// Serialises bytes as an isomorphic-decoded string; for `#[serde(with = "isomorphic")]`.
pub fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&decode(bytes))
}

/// The reverse of [`serialize`].
///
/// # Errors
/// A string with a code point above U+00FF is refused: no bytes decode to it.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = String::deserialize(deserializer)?;
    encode(&text)
        .map(Bytes::from)
        .ok_or_else(|| D::Error::custom("a code point above U+00FF stands for no byte"))
}
