use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};

use super::{
    bucket::{Bucket, Object, Route},
    default_bucket,
    dictate::Dictated,
    fault::{Fault, Memory, Seams},
};
use crate::{
    case::model::{Answer, ObjectSpec},
    message::{Fields, isomorphic},
    policy::{Dialect, Policy},
    vary::Way,
};

/// How much all objects of a store may weigh together, in bytes.
const STORED_MAX: usize = 256 * 1024 * 1024;

/// An object store in memory. Clones share it, so that it can be provisioned while a
/// [`Server`](super::Server) answers from it.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    dialect: Dialect,
    buckets: RwLock<HashMap<String, Bucket>>,
    fault: RwLock<Option<Fault>>,
    memory: Memory,
    stored: AtomicUsize,
    requests: AtomicU64,
    started: u64,
}

/// Why something could not be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProvisionError {
    /// A bucket's name is one segment of a path.
    #[error("`{0}` is no bucket name: lower-case letters, digits and hyphens, at most 63")]
    BucketName(String),
    /// There is no such bucket.
    #[error("there is no bucket `{0}`")]
    NoBucket(String),
    /// A stored field is no field line.
    #[error("`{name}: {value}` is no field line")]
    Field {
        /// The name as given.
        name: String,
        /// The value as given.
        value: String,
    },
    /// All objects together would be too large.
    #[error("the store holds no more than {STORED_MAX} bytes")]
    Full,
}

/// What a request finds in a bucket.
pub(super) struct View {
    pub(super) policy: Arc<Policy>,
    pub(super) object: Option<Arc<Object>>,
    pub(super) route: Option<Arc<Route>>,
    pub(super) dictated: Arc<[Dictated]>,
}

impl Store {
    /// An empty store.
    pub fn new(dialect: Dialect) -> Self {
        let started =
            SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default();
        Self {
            shared: Arc::new(Shared {
                dialect,
                buckets: RwLock::default(),
                fault: RwLock::default(),
                memory: Memory::default(),
                stored: AtomicUsize::new(0),
                requests: AtomicU64::new(0),
                started,
            }),
        }
    }

    /// A store with the bucket [`DEFAULT_BUCKET`](super::DEFAULT_BUCKET), whose rules and
    /// objects let a case run that sets nothing up.
    pub fn with_default_bucket(dialect: Dialect) -> Self {
        let store = Self::new(dialect);
        let mut bucket = Bucket::default();
        default_bucket::fill(&mut bucket);
        store.shared.stored.fetch_add(bucket.weight(), Ordering::Relaxed);
        store.write().insert(default_bucket::DEFAULT_BUCKET.to_owned(), bucket);
        store
    }

    /// Whose store it is.
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    /// Gives the store a fault, or heals it.
    pub fn set_fault(&self, fault: Option<Fault>) {
        *self.shared.fault.write().unwrap_or_else(PoisonError::into_inner) = fault;
        self.shared.memory.wipe();
    }

    /// The fault that the store has.
    pub fn fault(&self) -> Option<Fault> {
        *self.shared.fault.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Creates a bucket without rules or objects; one that is there stays as it is.
    ///
    /// # Errors
    /// A name that is no bucket name.
    pub fn create_bucket(&self, name: &str) -> Result<(), ProvisionError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 63 || !name.bytes().all(plain) {
            return Err(ProvisionError::BucketName(name.to_owned()));
        }
        self.write().entry(name.to_owned()).or_default();
        Ok(())
    }

    /// Deletes a bucket with all that is in it; whether there was one.
    pub fn delete_bucket(&self, name: &str) -> bool {
        let Some(bucket) = self.write().remove(name) else { return false };
        self.shared.stored.fetch_sub(bucket.weight(), Ordering::Relaxed);
        true
    }

    /// Replaces the bucket's rules; a policy without rules means that CORS is not configured.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn put_policy(&self, bucket: &str, policy: Policy) -> Result<(), ProvisionError> {
        self.shared.memory.wipe();
        self.change(bucket, |bucket| bucket.policy = Arc::new(policy))
    }

    /// The bucket's rules.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn policy(&self, bucket: &str) -> Result<Policy, ProvisionError> {
        let buckets = self.read();
        let found = buckets.get(bucket).ok_or_else(|| ProvisionError::NoBucket(bucket.to_owned()))?;
        Ok(Policy::clone(&found.policy))
    }

    /// Stores an object as a case describes it.
    ///
    /// # Errors
    /// There is no such bucket, a stored field is none, or the store is full.
    pub fn put_object(&self, bucket: &str, path: &str, spec: &ObjectSpec) -> Result<(), ProvisionError> {
        let mut fields = Fields::new();
        for (name, values) in &spec.headers {
            for value in values.as_slice() {
                let bytes = isomorphic::encode(value).unwrap_or_else(|| value.as_bytes().to_vec());
                if HeaderName::from_str(name).is_err() || HeaderValue::from_bytes(&bytes).is_err() {
                    return Err(ProvisionError::Field { name: name.clone(), value: value.clone() });
                }
                fields.push(name.as_str(), bytes);
            }
        }
        self.shared.memory.wipe();
        self.keep_object(bucket, path, fields, Bytes::from(spec.body.clone())).map(|_| ())
    }

    /// Has a bucket's answers say `Vary` in this way, as far as that is the bucket's to decide:
    /// [`Way::Matched`] also needs a store of [`Way::dialect`].
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn vary(&self, bucket: &str, way: Way) -> Result<(), ProvisionError> {
        self.shared.memory.wipe();
        self.change(bucket, |bucket| {
            bucket.policy = Arc::new(way.policy(Policy::clone(&bucket.policy)));
            let Some(vary) = way.stored() else { return };
            for object in bucket.objects.values_mut() {
                let mut fields = object.fields.clone();
                fields.set("Vary", vary);
                *object = Arc::new(Object { fields, ..Object::new(Fields::new(), object.body.clone()) });
            }
        })
    }

    /// Puts an application at a path.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn put_route(&self, bucket: &str, path: &str, route: Route) -> Result<(), ProvisionError> {
        self.change(bucket, |bucket| {
            bucket.routes.insert(path.to_owned(), Arc::new(route));
        })
    }

    /// Replaces the bucket's dictated answers, which are tried in order before anything else.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn set_answers(&self, bucket: &str, answers: Vec<Answer>) -> Result<(), ProvisionError> {
        self.shared.memory.wipe();
        self.change(bucket, |bucket| bucket.dictated = answers.into_iter().map(Dictated::new).collect())
    }

    /// Stores an object and says its entity tag.
    pub(super) fn keep_object(
        &self,
        bucket: &str,
        key: &str,
        fields: Fields,
        body: Bytes,
    ) -> Result<String, ProvisionError> {
        let object = Object::new(fields, body);
        let etag = object.etag.clone();
        let stored = &self.shared.stored;
        let mut full = false;
        self.change(bucket, |bucket| {
            let replaced = bucket.objects.get(key).map_or(0, |object| object.body.len());
            full = stored.load(Ordering::Relaxed).saturating_sub(replaced) + object.body.len() > STORED_MAX;
            if !full {
                stored.fetch_add(object.body.len(), Ordering::Relaxed);
                stored.fetch_sub(replaced, Ordering::Relaxed);
                bucket.objects.insert(key.to_owned(), Arc::new(object));
            }
        })?;
        if full { Err(ProvisionError::Full) } else { Ok(etag) }
    }

    /// Deletes an object; one that is not there is deleted too.
    pub(super) fn drop_object(&self, bucket: &str, key: &str) {
        let stored = &self.shared.stored;
        // A bucket that is gone has taken its objects along.
        let _gone = self.change(bucket, |bucket| {
            if let Some(object) = bucket.objects.remove(key) {
                stored.fetch_sub(object.body.len(), Ordering::Relaxed);
            }
        });
    }

    /// What a request for this key finds; `None` where there is no such bucket.
    pub(super) fn view(&self, bucket: &str, key: &str) -> Option<View> {
        let buckets = self.read();
        let bucket = buckets.get(bucket)?;
        Some(View {
            policy: Arc::clone(&bucket.policy),
            object: bucket.objects.get(key).map(Arc::clone),
            route: bucket.routes.get(key).map(Arc::clone),
            dictated: Arc::clone(&bucket.dictated),
        })
    }

    /// The first keys of a bucket in order, with their sizes.
    pub(super) fn keys(&self, bucket: &str, limit: usize) -> Vec<(String, usize)> {
        let buckets = self.read();
        let objects = buckets.get(bucket).into_iter().flat_map(|bucket| &bucket.objects);
        objects.take(limit).map(|(key, object)| (key.clone(), object.body.len())).collect()
    }

    /// An id that no other request of this store has: 24 hexadecimal digits.
    pub(super) fn request_id(&self) -> String {
        let number = self.shared.requests.fetch_add(1, Ordering::Relaxed);
        format!("{:08X}{number:016X}", self.shared.started & 0xFFFF_FFFF)
    }

    /// The points of answering at which the store's fault shows.
    pub(super) fn seams(&self) -> Seams<'_> {
        Seams { fault: self.fault(), memory: &self.shared.memory }
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Bucket)) -> Result<(), ProvisionError> {
        let mut buckets = self.write();
        let bucket = buckets.get_mut(name).ok_or_else(|| ProvisionError::NoBucket(name.to_owned()))?;
        change(bucket);
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Bucket>> {
        self.shared.buckets.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, Bucket>> {
        self.shared.buckets.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("dialect", &self.shared.dialect).field("fault", &self.fault()).finish()
    }
}
