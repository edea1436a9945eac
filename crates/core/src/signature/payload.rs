use super::{
    Chain,
    error::SignatureError,
    hash::{from_hex, hex, sha256},
};

/// What a signature says of the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing: the content may be any.
    Unsigned,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: the content is `aws-chunked`, with a checksum behind it;
    /// [`unchunk`](super::unchunk) takes it apart.
    UnsignedTrailer,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD`, with `-TRAILER` or without: the content is
    /// `aws-chunked`, and every chunk is signed; [`Chain::check`] tells whether truly.
    SignedChunks(Chain),
    /// The SHA-256 of the content.
    Sha256([u8; 32]),
}

const SIGNED_CHUNKS: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const SIGNED_CHUNKS_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";

impl Payload {
    /// The hash of this content.
    pub fn of(content: &[u8]) -> Self {
        Self::Sha256(sha256(content))
    }

    /// As it stands in a request.
    pub fn text(&self) -> String {
        match self {
            Self::Unsigned => "UNSIGNED-PAYLOAD".to_owned(),
            Self::UnsignedTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER".to_owned(),
            Self::SignedChunks(chain) => {
                if chain.trailer { SIGNED_CHUNKS_TRAILER } else { SIGNED_CHUNKS }.to_owned()
            }
            Self::Sha256(hash) => hex(hash),
        }
    }

    /// `chain`: from what signed chunks follow, given whether the trailer is signed too.
    pub(super) fn parse(text: &str, chain: impl FnOnce(bool) -> Chain) -> Result<Self, SignatureError> {
        match text {
            SIGNED_CHUNKS | SIGNED_CHUNKS_TRAILER => {
                return Ok(Self::SignedChunks(chain(text == SIGNED_CHUNKS_TRAILER)));
            }
            "UNSIGNED-PAYLOAD" => return Ok(Self::Unsigned),
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => return Ok(Self::UnsignedTrailer),
            _ => {}
        }
        from_hex(text)
            .and_then(|hash| hash.try_into().ok())
            .map(Self::Sha256)
            .ok_or_else(|| SignatureError::PayloadForm(text.to_owned()))
    }

    /// Whether this is the content that was signed.
    ///
    /// # Errors
    /// Another hash than the signed one.
    pub fn check(&self, content: &[u8]) -> Result<(), SignatureError> {
        match self {
            Self::Sha256(signed) if *signed != sha256(content) => {
                Err(SignatureError::PayloadHash { signed: hex(signed), found: hex(&sha256(content)) })
            }
            _ => Ok(()),
        }
    }
}
