use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use bytes::Bytes;

use super::{
    acl::Acl,
    checksum::{Checksum, crc64, md5},
    dictate::Dictated,
};
use crate::{
    message::{Fields, Response},
    policy::{Dialect, Policy},
};

/// What a thing weighs in memory besides its content, in bytes, reckoned high.
pub(super) const OVERHEAD: usize = 1024;

/// A bucket: rules, objects, uploads, and what a case or an application put in their place.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) policy: Arc<Policy>,
    pub(super) objects: BTreeMap<String, Arc<Object>>,
    pub(super) uploads: BTreeMap<String, Upload>,
    pub(super) routes: BTreeMap<String, Arc<Route>>,
    pub(super) dictated: Arc<[Dictated]>,
    /// Who may do what without a signature; `None`: anybody everything, as cases need it.
    pub(super) acl: Option<Acl>,
    pub(super) created: SystemTime,
}

impl Bucket {
    /// A bucket without rules or objects.
    pub(super) fn new(acl: Option<Acl>) -> Self {
        Self {
            policy: Arc::default(),
            objects: BTreeMap::new(),
            uploads: BTreeMap::new(),
            routes: BTreeMap::new(),
            dictated: Arc::default(),
            acl,
            created: SystemTime::now(),
        }
    }

    /// What it weighs with all that is in it, in bytes.
    pub(super) fn weight(&self) -> usize {
        let objects: usize = self.objects.values().map(|object| object.weight()).sum();
        let uploads: usize = self.uploads.values().map(Upload::weight).sum();
        OVERHEAD + objects + uploads
    }
}

/// A stored object, or a part of one to be.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) fields: Fields,
    pub(super) body: Bytes,
    /// With its quotes.
    pub(super) etag: String,
    pub(super) modified: SystemTime,
    /// OSS's `x-oss-hash-crc64ecma`.
    pub(super) crc64: u64,
    /// The checksum that came with it, which S3 gives back on demand.
    pub(super) checksum: Option<Checksum>,
    /// Whether it was put together from parts.
    pub(super) from_parts: bool,
}

impl Object {
    /// An object that was stored now. Fields that frame a message or belong to one answer are
    /// not stored.
    pub(super) fn new(dialect: Dialect, mut fields: Fields, body: Bytes) -> Self {
        for name in ["content-length", "transfer-encoding", "connection", "date", "etag", "last-modified"] {
            fields.remove(name);
        }
        Self {
            etag: format!("\"{}\"", hexadecimal(dialect, &md5(&body))),
            modified: SystemTime::now(),
            crc64: crc64(&body),
            checksum: None,
            from_parts: false,
            fields,
            body,
        }
    }

    /// What it weighs, in bytes.
    pub(super) fn weight(&self) -> usize {
        let fields: usize = self.fields.iter().map(|field| field.name.len() + field.value.len()).sum();
        OVERHEAD + fields + self.body.len()
    }
}

/// An upload in parts that is under way.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) key: String,
    /// The fields that the object will have.
    pub(super) fields: Fields,
    pub(super) initiated: SystemTime,
    pub(super) parts: BTreeMap<u16, Arc<Object>>,
}

impl Upload {
    /// What it weighs, in bytes.
    pub(super) fn weight(&self) -> usize {
        OVERHEAD + self.parts.values().map(|part| part.weight()).sum::<usize>()
    }
}

/// Bytes as a dialect writes an entity tag: OSS in capitals.
pub(super) fn hexadecimal(dialect: Dialect, bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match dialect {
            Dialect::Oss => format!("{byte:02X}"),
            Dialect::S3 => format!("{byte:02x}"),
        })
        .collect()
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
