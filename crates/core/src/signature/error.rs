use thiserror::Error;

use super::{AccessKey, Place, Scheme};

/// Why a request is not taken for signed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// A signature in the `Authorization` field and another in the query.
    #[error("the request is signed twice: in the Authorization header and in the query")]
    Twice,
    /// An `Authorization` field of no scheme that is known.
    #[error("the Authorization header is of no known scheme: it begins with {0:?}")]
    UnknownScheme(String),
    /// A part that the scheme demands is not there.
    #[error("{place} has no {part}")]
    Missing {
        /// Where it was looked for.
        place: Place,
        /// What it is called there.
        part: &'static str,
    },
    /// A part is not of the form that the scheme demands.
    #[error("{part} in {place} is malformed: {text:?}")]
    Malformed {
        /// Where it stands.
        place: Place,
        /// What it is called there.
        part: &'static str,
        /// What stands there.
        text: String,
    },
    /// A header field that the scheme demands is not there.
    #[error("the header {0} is missing")]
    MissingHeader(&'static str),
    /// Neither `Date` nor the vendor's own date is there, or it is no date.
    #[error("no valid date: the scheme needs {field} or Date, found {found:?}")]
    Date {
        /// The vendor's own field.
        field: &'static str,
        /// What was found instead.
        found: Option<String>,
    },
    /// Signed too long ago, or in the future. In seconds since 1970-01-01T00:00:00Z.
    #[error("signed at {signed} (seconds since 1970), which is more than {tolerance} s away from {now}")]
    Skewed {
        /// When it was signed.
        signed: i64,
        /// What time it is here.
        now: i64,
        /// How far they may be apart, in seconds.
        tolerance: u64,
    },
    /// A presigned URL whose time is over. In seconds since 1970-01-01T00:00:00Z.
    #[error("the URL was valid until {until} (seconds since 1970); it is {now}")]
    Expired {
        /// When it ended.
        until: i64,
        /// What time it is here.
        now: i64,
    },
    /// A presigned URL that was to be valid for longer than a week, or for no time at all.
    #[error("{parameter} is {text:?}; it must be from 1 to 604800 seconds")]
    Lifetime {
        /// The query parameter.
        parameter: &'static str,
        /// What stands there.
        text: String,
    },
    /// The credential's scope is for another day, region or service.
    #[error("the credential's scope is for the {part} {found:?}, expected {expected:?}")]
    Scope {
        /// Which part: `date`, `region`, `service` or `terminator`.
        part: &'static str,
        /// What stands there.
        found: String,
        /// What should.
        expected: String,
    },
    /// Fields that must be signed are not.
    #[error("headers that must be signed are not: {}", .0.join(", "))]
    Unsigned(Vec<String>),
    /// A field is listed as signed, but the request has none of that name.
    #[error("the header {0} is listed as signed but is not there")]
    Absent(String),
    /// The session token is not the one that belongs to the key.
    #[error("the security token is not the one that belongs to the access key")]
    Token,
    /// The content's hash has no form that is known.
    #[error("the hash of the content is of no known form: {0:?}")]
    PayloadForm(String),
    /// The content is not the one that was signed.
    #[error("the content's SHA-256 is {found}, but {signed} was signed")]
    PayloadHash {
        /// The signed hash, in hexadecimal.
        signed: String,
        /// The hash of what arrived.
        found: String,
    },
    /// A chunk of the content carries no signature, or another than the one that follows from it.
    #[error("the signature of chunk {number} does not match: {provided:?}")]
    Chunk {
        /// Which, from 1.
        number: usize,
        /// The signature that came.
        provided: String,
    },
    /// The fields behind the content carry no signature, or another than the one that follows from them.
    #[error("the signature of the trailer does not match: {provided:?}")]
    Trailer {
        /// The signature that came.
        provided: String,
    },
    /// The signature is another than the one that follows from the request and the key.
    #[error("the {scheme} signature does not match")]
    Mismatch {
        /// How it was signed.
        scheme: Scheme,
        /// Who signed.
        key_id: String,
        /// The signature that came.
        provided: String,
        /// What should have been signed.
        string_to_sign: String,
        /// The canonical request inside it, where the scheme has one.
        canonical_request: Option<String>,
    },
}

impl SignatureError {
    pub(super) fn mismatch(
        scheme: Scheme,
        key: &AccessKey,
        provided: &str,
        string_to_sign: &[u8],
        canonical_request: Option<&[u8]>,
    ) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self::Mismatch {
            scheme,
            key_id: key.id.clone(),
            provided: provided.to_owned(),
            string_to_sign: text(string_to_sign),
            canonical_request: canonical_request.map(text),
        }
    }
}
