use bytes::Bytes;

use super::{Call, Failure};
use crate::{
    message::Fields,
    policy::Dialect,
    reference::{
        access::{self, Who},
        checksum::{self, Checksum, Differs},
    },
    signature::{self, Payload, Unchunked},
};

/// A content as it is meant: out of its transfer's wrapping, and what its sender says.
pub(super) struct Content {
    pub(super) bytes: Bytes,
    /// The checksum that came with it.
    pub(super) checksum: Option<Checksum>,
}

impl Call<'_> {
    /// The request's content, unwrapped and compared with its digests.
    pub(super) fn content(&self) -> Result<Content, Failure> {
        let fields = &self.incoming.fields;
        let streams =
            fields.text("x-amz-content-sha256").is_some_and(|payload| payload.starts_with("STREAMING-"));
        let signed = match &self.who {
            Ok(Who::Owner(payload)) => payload,
            _ => &Payload::Unsigned,
        };
        let refused = |error| access::refused(self.dialect(), &error, std::time::SystemTime::now());
        let (bytes, trailers) = if streams || *signed == Payload::UnsignedTrailer {
            let found = self.unchunked()?;
            if let Payload::SignedChunks(chain) = signed {
                chain.check(&found).map_err(refused)?;
            }
            (found.content, found.trailers)
        } else {
            signed.check(&self.incoming.body).map_err(refused)?;
            (self.incoming.body.clone(), Fields::new())
        };
        let checksum =
            checksum::verify(fields, &trailers, &bytes).map_err(|differs| self.differs(&differs))?;
        Ok(Content { bytes, checksum })
    }

    fn unchunked(&self) -> Result<Unchunked, Failure> {
        let found = signature::unchunk(&self.incoming.body)
            .map_err(|error| Failure::new(400, "IncompleteBody", format!("{error}.")))?;
        let said = self.incoming.fields.text("x-amz-decoded-content-length");
        if said.is_some_and(|said| said.trim_ascii() != found.content.len().to_string()) {
            let message =
                "You did not provide the number of bytes specified by the Content-Length HTTP header";
            return Err(Failure::new(400, "IncompleteBody", message));
        }
        Ok(found)
    }

    fn differs(&self, differs: &Differs) -> Failure {
        match (self.dialect(), differs) {
            (_, Differs::NoDigest) | (Dialect::Oss, Differs::Digest) => {
                Failure::new(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
            }
            (Dialect::S3, Differs::Digest) => Failure::new(
                400,
                "BadDigest",
                "The Content-MD5 you specified did not match what we received.",
            ),
            (_, Differs::Checksum(name)) => Failure::new(
                400,
                "BadDigest",
                format!("The {name} you specified did not match the calculated checksum."),
            ),
        }
    }
}
