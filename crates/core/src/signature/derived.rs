//! The schemes with derived keys: OSS V4 and AWS SigV4.

use super::{
    AccessKey, Scheme, Signable,
    canonical::{self, encode_path, folded},
    hash::{hex, hmac_sha256, sha256},
    scheme::Words,
};

/// What a key was derived for: `20261123/us-east-1/s3/aws4_request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
    pub(super) terminator: String,
}

impl Scope {
    pub(super) fn new(words: &Words, date: &str, region: &str) -> Self {
        Self {
            date: date.to_owned(),
            region: region.to_owned(),
            service: words.service.to_owned(),
            terminator: words.terminator.to_owned(),
        }
    }

    /// A credential's key id and scope; `None` where it has other parts than five.
    pub(super) fn of_credential(credential: &str) -> Option<(String, Self)> {
        // A key id may contain slashes.
        let mut parts = credential.rsplitn(5, '/');
        let terminator = parts.next()?.to_owned();
        let service = parts.next()?.to_owned();
        let region = parts.next()?.to_owned();
        let date = parts.next()?.to_owned();
        let id = parts.next().filter(|id| !id.is_empty())?.to_owned();
        Some((id, Self { date, region, service, terminator }))
    }

    pub(super) fn text(&self) -> String {
        format!("{}/{}/{}/{}", self.date, self.region, self.service, self.terminator)
    }

    /// The key for this scope.
    pub(super) fn key(&self, words: &Words, key: &AccessKey) -> Vec<u8> {
        let secret = format!("{}{}", words.key_prefix, key.secret()).into_bytes();
        [&self.date, &self.region, &self.service, &self.terminator]
            .into_iter()
            .fold(secret, |key, part| hmac_sha256(&key, part.as_bytes()))
    }
}

/// The canonical request. `listed`: SigV4's signed fields, or OSS's additional ones, in order;
/// `without`: the parameter with the signature of a presigned URL.
pub(super) fn canonical_request(
    scheme: Scheme,
    message: &Signable<'_>,
    listed: &[String],
    without: Option<&str>,
    payload: &str,
) -> Vec<u8> {
    let oss = scheme == Scheme::OssV4;
    let mut out = Vec::new();
    for part in [
        message.method,
        &encode_path(&message.resource(scheme)),
        &canonical::query(message.query, without, oss),
    ] {
        out.extend_from_slice(part.as_bytes());
        out.push(b'\n');
    }
    for name in &signed_fields(scheme, message, listed) {
        let value = message.field(name).unwrap_or_default();
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        out.extend_from_slice(&if oss { value } else { folded(&value) });
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(listed.join(";").as_bytes());
    out.push(b'\n');
    out.extend_from_slice(payload.as_bytes());
    out
}

/// SigV4 signs what it lists; OSS V4 always signs its own fields and the content's type and MD5,
/// and lists what it signs besides.
fn signed_fields(scheme: Scheme, message: &Signable<'_>, listed: &[String]) -> Vec<String> {
    let mut names = listed.to_vec();
    if scheme == Scheme::OssV4 {
        names.extend(canonical::names(message.fields, scheme.prefix()));
        let content = ["content-md5", "content-type"].into_iter();
        names.extend(content.filter(|name| message.fields.contains(name)).map(str::to_owned));
        names.sort();
        names.dedup();
    }
    names
}

/// What is signed: the algorithm, the time in ISO 8601's basic form, the scope, the hash.
pub(super) fn string_to_sign(words: &Words, time: &str, scope: &Scope, canonical_request: &[u8]) -> Vec<u8> {
    [words.algorithm, time, &scope.text(), &hex(&sha256(canonical_request))].join("\n").into_bytes()
}
