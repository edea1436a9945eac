use super::{
    error::SignatureError,
    hash::{from_hex, hex, sha256},
};

/// What a signature says of the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing: the content may be any.
    Unsigned,
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`: the content is `aws-chunked`, with a checksum behind it;
    /// [`unchunk`](super::unchunk) takes it apart.
    UnsignedTrailer,
    /// The SHA-256 of the content.
    Sha256([u8; 32]),
}

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
            Self::Sha256(hash) => hex(hash),
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, SignatureError> {
        match text {
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
