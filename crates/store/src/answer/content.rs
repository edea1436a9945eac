use bytes::Bytes;
use crosscheck_core::{
    message::Fields,
    policy::Dialect,
    signature::{self, Payload, Unchunked},
};

use super::{Call, Failure};
use crate::{
    access::{self, Who},
    budget::Charge,
    checksum::{self, Checksum, Differs},
    request::Unread,
    xml::Element,
};

/// How long an XML document may be, in bytes: a thousand keys to delete or ten thousand parts fit in.
const DOCUMENT_MAX: usize = 4 * 1024 * 1024;

/// A content as it is meant: out of its transfer's wrapping, and what its sender says.
pub(super) struct Content {
    pub(super) bytes: Bytes,
    /// The checksum that came with it.
    pub(super) checksum: Option<Checksum>,
}

/// Refuses what there is no memory for at the moment.
pub(super) fn slow_down() -> Failure {
    Failure::new(503, "SlowDown", "Please reduce your request rate.")
}

impl Call<'_> {
    /// Refuses a request whose content the server did not take.
    pub(super) fn taken(&self) -> Result<(), Failure> {
        let Some(unread) = self.incoming.unread else { return Ok(()) };
        Err(match unread {
            Unread::Overlong => {
                Failure::new(413, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
            }
            Unread::Crowded => slow_down(),
            Unread::Malformed => {
                Failure::new(400, "InvalidRequest", "The content is not framed as HTTP/1.1 chunks.")
            }
            Unread::Late => Failure::new(
                400,
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the timeout \
                 period.",
            ),
        })
    }

    /// The request's content, unwrapped and compared with its digests.
    pub(super) fn content(&self) -> Result<Content, Failure> {
        self.taken()?;
        let fields = &self.incoming.fields;
        let streams =
            fields.text("x-amz-content-sha256").is_some_and(|payload| payload.starts_with("STREAMING-"));
        let signed = match &self.who {
            Ok(Who::Owner(payload)) => payload,
            _ => &Payload::Unsigned,
        };
        let refused = |error| access::refused(self.dialect(), &error, std::time::SystemTime::now());
        let (bytes, trailers) = if streams || *signed == Payload::UnsignedTrailer {
            let (found, charge) = self.unchunked()?;
            if let Payload::SignedChunks(chain) = signed {
                chain.check(&found).map_err(refused)?;
            }
            let Unchunked { content, trailers, chunks } = found;
            // The chunks are parts of the content; without them it is moved, not copied.
            drop(chunks);
            (charge.hold(content.into()), trailers)
        } else {
            signed.check(&self.incoming.body).map_err(refused)?;
            (self.incoming.body.clone(), Fields::new())
        };
        let checksum =
            checksum::verify(fields, &trailers, &bytes).map_err(|differs| self.differs(&differs))?;
        Ok(Content { bytes, checksum })
    }

    /// The request's content as an XML document, which is short.
    pub(super) fn document(&self) -> Result<Element, Failure> {
        let content = self.content()?;
        if content.bytes.len() > DOCUMENT_MAX {
            return Err(match self.dialect() {
                Dialect::Oss => self.malformed_xml(),
                Dialect::S3 => Failure::new(400, "MaxMessageLengthExceeded", "Your request was too big."),
            });
        }
        Element::read(&content.bytes).ok_or_else(|| self.malformed_xml())
    }

    fn unchunked(&self) -> Result<(Unchunked, Charge), Failure> {
        let coded = &self.incoming.body;
        // The content is copied out of its coding, and is no longer than what it is in.
        let charge = self.store.budget().take(coded.len()).ok_or_else(slow_down)?;
        let found = signature::unchunk(coded)
            .map_err(|error| Failure::new(400, "IncompleteBody", format!("{error}.")))?;
        let said = self.incoming.fields.text("x-amz-decoded-content-length");
        if said.is_some_and(|said| said.trim_ascii() != found.content.len().to_string()) {
            let message =
                "You did not provide the number of bytes specified by the Content-Length HTTP header";
            return Err(Failure::new(400, "IncompleteBody", message));
        }
        Ok((found, charge))
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
