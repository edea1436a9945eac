use std::{
    collections::BTreeMap,
    iter::Sum,
    ops::Add,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use bytes::Bytes;
use crosscheck_core::{
    message::{Fields, Response},
    policy::{Dialect, Policy, Rule},
};

use super::{
    acl::Acl,
    checksum::{Checksum, crc64, md5},
    dictate::Dictated,
};

/// What a bucket, object, part or upload weighs in memory besides what its client chose, in bytes, reckoned high.
const OVERHEAD: usize = 1024;

/// What a text of its own or a field line weighs besides its bytes.
const PIECE: usize = 128;

/// How heavy a thing is in memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// Contents.
    pub(super) content: usize,
    /// Names, keys, fields, rules, and what it takes to keep them.
    pub(super) rest: usize,
}

impl Weight {
    /// All of it.
    pub(super) const fn total(self) -> usize {
        self.content.saturating_add(self.rest)
    }
}

impl Add for Weight {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { content: self.content + other.content, rest: self.rest + other.rest }
    }
}

impl Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// What texts weigh, each of which is kept by itself.
fn texts<'a>(texts: impl IntoIterator<Item = &'a String>) -> usize {
    texts.into_iter().map(|text| PIECE + text.len()).sum()
}

fn lines(fields: &Fields) -> usize {
    fields.iter().map(|field| PIECE + field.name.len() + field.value.len()).sum()
}

/// What rules weigh. None weigh nothing, so that a full store can be rid of them.
pub(super) fn rules_weight(policy: &Policy) -> Weight {
    let rule = |rule: &Rule| {
        let lists =
            [&rule.allowed_origins, &rule.allowed_methods, &rule.allowed_headers, &rule.expose_headers];
        OVERHEAD + texts(&rule.id) + lists.into_iter().map(texts).sum::<usize>()
    };
    Weight { content: 0, rest: policy.rules.iter().map(rule).sum() }
}

/// What dictated answers weigh.
pub(super) fn dictated_weight(answers: &[Dictated]) -> Weight {
    let rest = answers.iter().map(|answer| OVERHEAD + answer.weight(PIECE)).sum();
    Weight { content: 0, rest }
}

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

    /// What a bucket of this name weighs with nothing in it.
    pub(super) const fn empty_weight(name: &str) -> Weight {
        Weight { content: 0, rest: OVERHEAD + name.len() }
    }

    /// What it weighs with all that is in it.
    pub(super) fn weight(&self, name: &str) -> Weight {
        let objects: Weight = self.objects.iter().map(|(key, object)| object.weight(key)).sum();
        let uploads: Weight = self.uploads.iter().map(|(id, upload)| upload.weight(id)).sum();
        let routes: Weight = self.routes.iter().map(|(path, route)| route.weight(path)).sum();
        let settings = rules_weight(&self.policy) + dictated_weight(&self.dictated);
        Self::empty_weight(name) + objects + uploads + routes + settings
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

    /// What it weighs under this key; a part has none.
    pub(super) fn weight(&self, key: &str) -> Weight {
        Weight { content: self.body.len(), rest: OVERHEAD + key.len() + lines(&self.fields) }
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
    /// What it weighs with its parts, under this id.
    pub(super) fn weight(&self, id: &str) -> Weight {
        let own = Weight { content: 0, rest: OVERHEAD + id.len() + self.key.len() + lines(&self.fields) };
        own + self.parts.values().map(|part| part.weight("")).sum()
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

    /// What it weighs at this path.
    pub(super) fn weight(&self, path: &str) -> Weight {
        Weight { content: 0, rest: OVERHEAD + path.len() + lines(&self.fields) + self.body.len() }
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
