use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

/// The value of `Content-MD5` for this content (RFC 1864).
pub fn content_md5(content: &[u8]) -> String {
    STANDARD.encode(Md5::digest(content))
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

pub(super) fn sha256(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

pub(super) fn hmac_sha1(key: &[u8], text: &[u8]) -> Vec<u8> {
    keyed::<Hmac<Sha1>>(key, text).finalize().into_bytes().to_vec()
}

/// Whether `tag` is the HMAC-SHA1 of `text`, compared in constant time.
pub(super) fn is_hmac_sha1(key: &[u8], text: &[u8], tag: &[u8]) -> bool {
    keyed::<Hmac<Sha1>>(key, text).verify_slice(tag).is_ok()
}

pub(super) fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    keyed::<Hmac<Sha256>>(key, text).finalize().into_bytes().to_vec()
}

/// Whether `tag` is the HMAC-SHA256 of `text`, compared in constant time.
pub(super) fn is_hmac_sha256(key: &[u8], text: &[u8], tag: &[u8]) -> bool {
    keyed::<Hmac<Sha256>>(key, text).verify_slice(tag).is_ok()
}

fn keyed<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> M {
    // RFC 2104 §2: a key of any length is usable, so there is no error to carry.
    let mut mac = <M as KeyInit>::new_from_slice(key).unwrap_or_else(|_| M::new(&Default::default()));
    mac.update(text);
    mac
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}
