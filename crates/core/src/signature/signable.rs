use std::borrow::Cow;

use super::{
    canonical::{self, decode_path},
    scheme::Scheme,
};
use crate::message::{Fields, Request};

/// What of a request is signed, as it stands on the request line and in the field lines.
#[derive(Clone, Debug)]
pub struct Signable<'a> {
    /// The method.
    pub method: &'a str,
    /// The path of the request line, percent-encoded as it was sent; begins with `/`.
    pub path: &'a str,
    /// The query of the request line without `?`, as it was sent; empty where there is none.
    pub query: &'a str,
    /// The field lines.
    pub fields: &'a Fields,
    /// Host and port that the request is for, where no `Host` line says it (HTTP/2).
    pub authority: Cow<'a, str>,
    /// The bucket, where the host names it (virtual-hosted style) and the path does not.
    pub bucket: Option<&'a str>,
}

impl<'a> Signable<'a> {
    /// What of this request is signed. `bucket`: the bucket, where the host names it and the path
    /// does not.
    pub fn of(request: &'a Request, bucket: Option<&'a str>) -> Self {
        let host = request.url.host_str().unwrap_or_default();
        let authority = match request.url.port() {
            Some(port) => Cow::Owned(format!("{host}:{port}")),
            None => Cow::Borrowed(host),
        };
        Self {
            method: &request.method,
            path: request.url.path(),
            query: request.url.query().unwrap_or_default(),
            fields: &request.fields,
            authority,
            bucket,
        }
    }

    /// A field's value as it is signed; `None` where there is no such field.
    pub(super) fn field(&self, name: &str) -> Option<Vec<u8>> {
        if self.fields.contains(name) {
            return Some(canonical::joined(self.fields, name));
        }
        let authority = name == "host" && !self.authority.is_empty();
        authority.then(|| self.authority.as_bytes().to_vec())
    }

    /// The only value of a query parameter; `Err` where it stands there twice.
    pub(super) fn parameter(&self, name: &str) -> Result<Option<String>, Twice> {
        let mut values = canonical::parameters(self.query).filter(|(found, _)| found == name.as_bytes());
        let value = values.next().map(|(_, value)| String::from_utf8_lossy(&value).into_owned());
        if values.next().is_some() {
            return Err(Twice);
        }
        Ok(value)
    }

    /// The resource as the scheme names it, before any encoding of its own: with the bucket first,
    /// except for SigV4, which signs the path as it is.
    pub(super) fn resource(&self, scheme: Scheme) -> Vec<u8> {
        // SigV2 signs the path as it was sent.
        let path = match scheme {
            Scheme::SigV2 => self.path.as_bytes().to_vec(),
            Scheme::OssV1 | Scheme::OssV4 | Scheme::SigV4 => decode_path(self.path),
        };
        if scheme == Scheme::SigV4 {
            return if path.is_empty() { b"/".to_vec() } else { path };
        }
        let mut resource = Vec::with_capacity(path.len() + 1);
        if let Some(bucket) = self.bucket {
            resource.push(b'/');
            resource.extend_from_slice(bucket.as_bytes());
        }
        resource.extend_from_slice(&path);
        // A bucket ends with a slash, whether or not the client wrote one.
        if resource.iter().filter(|byte| **byte == b'/').count() < 2 && resource != b"/" {
            resource.push(b'/');
        }
        resource
    }
}

/// A parameter that stands there twice.
pub(super) struct Twice;
