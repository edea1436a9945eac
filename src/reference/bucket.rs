use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use bytes::Bytes;

use super::dictate::Dictated;
use crate::{
    message::{Fields, Response},
    policy::Policy,
};

/// A bucket: rules, objects, and what a case or an application put in their place.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    pub(super) policy: Arc<Policy>,
    pub(super) objects: BTreeMap<String, Arc<Object>>,
    pub(super) routes: BTreeMap<String, Arc<Route>>,
    pub(super) dictated: Arc<[Dictated]>,
}

impl Bucket {
    /// What all its objects weigh together, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.objects.values().map(|object| object.body.len()).sum()
    }
}

/// A stored object.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) fields: Fields,
    pub(super) body: Bytes,
    pub(super) etag: String,
    pub(super) modified: SystemTime,
}

impl Object {
    /// An object that was stored now. Fields that frame a message or belong to one answer are
    /// not stored.
    pub(super) fn new(mut fields: Fields, body: Bytes) -> Self {
        for name in ["content-length", "transfer-encoding", "connection", "date", "etag", "last-modified"] {
            fields.remove(name);
        }
        Self { etag: etag(&body), modified: SystemTime::now(), fields, body }
    }
}

/// A strong entity tag of a content (RFC 9110 §8.8.3).
fn etag(body: &[u8]) -> String {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        body.hash(&mut hasher);
        hasher.finish()
    };
    format!("\"{:016X}{:016X}\"", half(0), half(1))
}

/// What an application behind the CORS layer answers at a path: to every method, and to
/// `OPTIONS` requests that are no preflight. Its answers carry `X-App: reached` and how often
/// it ran in `X-App-Runs`.
#[derive(Debug)]
pub struct Route {
    /// The status.
    pub status: u16,
    /// The field lines.
    pub fields: Fields,
    /// The content.
    pub body: Bytes,
    runs: AtomicU64,
}

impl Route {
    /// An answer without fields or content.
    pub fn new(status: u16) -> Self {
        Self { status, fields: Fields::new(), body: Bytes::new(), runs: AtomicU64::new(0) }
    }

    /// The same with one more field line.
    #[must_use]
    pub fn with_field(mut self, name: &str, value: &str) -> Self {
        self.fields.push(name, value.as_bytes().to_vec());
        self
    }

    /// The same with this content.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Runs the application once.
    pub(super) fn run(&self) -> Response {
        let runs = self.runs.fetch_add(1, Ordering::Relaxed) + 1;
        let mut response =
            Response { status: self.status, fields: self.fields.clone(), body: self.body.clone() };
        response.fields.push("X-App", "reached");
        response.fields.push("X-App-Runs", runs.to_string());
        response
    }
}
