//! Content in signed chunks, whose signatures are a chain that begins with the request's own: S3's
//! "Signature calculations for the Authorization header: transferring payload in multiple chunks".

use std::fmt;

use super::{
    SignatureError, Unchunked,
    hash::{from_hex, hex, is_hmac_sha256, sha256},
};

/// What the signatures of a request's chunks follow from.
#[derive(Clone, PartialEq, Eq)]
pub struct Chain {
    pub(super) key: Vec<u8>,
    /// When the request was signed, in ISO 8601's basic form.
    pub(super) time: String,
    pub(super) scope: String,
    /// The request's own signature, from which the first chunk's follows.
    pub(super) seed: String,
    /// Whether the fields behind the last chunk are signed too.
    pub(super) trailer: bool,
}

impl Chain {
    /// Whether the chunks, and the fields behind them, are those that were signed.
    ///
    /// # Errors
    /// The first chunk, or the trailer, that carries no signature or another than its own.
    pub fn check(&self, content: &Unchunked) -> Result<(), SignatureError> {
        let mut previous = self.seed.as_str();
        for (index, chunk) in content.chunks.iter().enumerate() {
            let hashes = [hex(&sha256(b"")), hex(&sha256(&chunk.content))];
            let provided = chunk.signature.as_deref().unwrap_or_default();
            if !self.signs("AWS4-HMAC-SHA256-PAYLOAD", previous, &hashes, provided) {
                return Err(SignatureError::Chunk { number: index + 1, provided: provided.to_owned() });
            }
            previous = provided;
        }
        if !self.trailer {
            return Ok(());
        }
        let provided = content.trailers.text(TRAILER_SIGNATURE).unwrap_or_default();
        let hashes = [hex(&sha256(&signed_trailers(content)))];
        if self.signs("AWS4-HMAC-SHA256-TRAILER", previous, &hashes, &provided) {
            Ok(())
        } else {
            Err(SignatureError::Trailer { provided })
        }
    }

    fn signs(&self, what: &str, previous: &str, hashes: &[String], provided: &str) -> bool {
        let mut lines = vec![what, &self.time, &self.scope, previous];
        lines.extend(hashes.iter().map(String::as_str));
        is_hmac_sha256(&self.key, lines.join("\n").as_bytes(), &from_hex(provided).unwrap_or_default())
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("scope", &self.scope).field("seed", &self.seed).finish_non_exhaustive()
    }
}

/// The field that signs those before it.
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";

/// The other fields behind the content, by name.
fn signed_trailers(content: &Unchunked) -> Vec<u8> {
    let mut lines: Vec<(String, &[u8])> = content
        .trailers
        .iter()
        .map(|field| (field.name.to_ascii_lowercase(), &field.value[..]))
        .filter(|(name, _)| name != TRAILER_SIGNATURE)
        .collect();
    lines.sort();
    lines.iter().flat_map(|(name, value)| [name.as_bytes(), b":", value, b"\n"].concat()).collect()
}
