mod change;
mod disk;
mod file;
mod look;

use std::{
    collections::HashMap,
    fmt,
    path::Path,
    str::FromStr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use crosscheck_core::{
    message::{DictatedAnswer, Fields, ObjectSpec, isomorphic},
    policy::{Dialect, Policy},
    signature::AccessKey,
    vary::Way,
};
use hyper::header::{HeaderName, HeaderValue};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    acl::{Acl, Act},
    bucket::{Bucket, Object, Route, Weight, dictated_weight},
    budget::Budget,
    default_bucket,
    dictate::Dictated,
    fault::{Defect, Fault, Memory, Seams},
    settings::Settings,
};
pub(super) use change::{Change, Seen};
use disk::Disk;
pub use disk::DiskError;
pub(super) use look::{View, Walk};

/// How many requests may work at once on what takes long: digests of large contents, documents, a disk.
const WORKING: usize = 16;

/// An object store in memory, with a disk behind it if it is opened on one. Clones share it, so that it can be provisioned while a
/// [`Server`](super::Server) answers from it.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    keys: Vec<AccessKey>,
    disk: Option<Disk>,
    buckets: RwLock<HashMap<String, Bucket>>,
    defect: RwLock<Option<Defect>>,
    memory: Memory,
    /// What all that is kept weighs, in bytes.
    stored: AtomicUsize,
    budget: Arc<Budget>,
    /// How many requests may work at once on what takes long.
    work: Arc<Semaphore>,
    assembly: Mutex<()>,
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
    #[error("the store holds no more than {limit} bytes")]
    Full {
        /// How many it holds.
        limit: usize,
    },
    /// The bucket still has objects.
    #[error("the bucket `{0}` is not empty")]
    NotEmpty(String),
    /// There is no such upload.
    #[error("there is no upload `{0}`")]
    NoUpload(String),
    /// The object is not the one any more that was looked at.
    #[error("the object `{0}` was changed meanwhile")]
    Changed(String),
    /// It cannot be written down.
    #[error("{0}")]
    Disk(String),
}

impl Store {
    /// An empty store that knows the [default key](Self::default_key).
    pub fn new(dialect: Dialect) -> Self {
        Self::with(Settings::new(dialect), vec![Self::default_key()])
    }

    /// The key of a store that is not told any: id `crosscheck`, secret `crosscheck-secret`.
    pub fn default_key() -> AccessKey {
        AccessKey::new("crosscheck", "crosscheck-secret")
    }

    /// An empty store that knows these keys.
    pub fn with(settings: Settings, keys: Vec<AccessKey>) -> Self {
        let budget = Budget::new(settings.stored_bytes);
        Self::of(settings, keys, None, HashMap::new(), budget)
    }

    /// The store of a folder, which keeps buckets, objects, uploads and rules.
    ///
    /// # Errors
    /// The folder or its file cannot be used.
    pub fn open(settings: Settings, keys: Vec<AccessKey>, folder: &Path) -> Result<Self, DiskError> {
        let budget = Budget::new(settings.stored_bytes);
        let (disk, buckets) = Disk::open(folder, &settings, &budget)?;
        Ok(Self::of(settings, keys, Some(disk), buckets, budget))
    }

    fn of(
        settings: Settings,
        keys: Vec<AccessKey>,
        disk: Option<Disk>,
        buckets: HashMap<String, Bucket>,
        budget: Arc<Budget>,
    ) -> Self {
        let stored: Weight = buckets.iter().map(|(name, bucket)| bucket.weight(name)).sum();
        budget.keeps(stored.content, 0);
        let started =
            SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default();
        Self {
            shared: Arc::new(Shared {
                settings,
                keys,
                disk,
                buckets: RwLock::new(buckets),
                defect: RwLock::default(),
                memory: Memory::default(),
                stored: AtomicUsize::new(stored.total()),
                budget,
                work: Arc::new(Semaphore::new(WORKING)),
                assembly: Mutex::default(),
                requests: AtomicU64::new(0),
                started,
            }),
        }
    }

    /// A store with the bucket [`DEFAULT_BUCKET`](super::DEFAULT_BUCKET), whose rules and
    /// objects let a case run that sets nothing up.
    pub fn with_default_bucket(dialect: Dialect) -> Self {
        let store = Self::new(dialect);
        store.add_default_bucket(None);
        store
    }

    /// Adds the bucket [`DEFAULT_BUCKET`](super::DEFAULT_BUCKET) with its rules and objects, in
    /// memory only; one that is there stays as it is. `None`: anybody may do everything there.
    pub(crate) fn add_default_bucket(&self, acl: Option<Acl>) {
        let mut buckets = self.write();
        buckets.entry(default_bucket::DEFAULT_BUCKET.to_owned()).or_insert_with(|| {
            let mut bucket = Bucket::new(acl);
            default_bucket::fill(&mut bucket, self.dialect());
            self.account(bucket.weight(default_bucket::DEFAULT_BUCKET), Weight::default());
            bucket
        });
    }

    /// Whose store it is.
    pub fn dialect(&self) -> Dialect {
        self.shared.settings.dialect
    }

    /// How it was started.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The key of this id.
    pub(super) fn key(&self, id: &str) -> Option<&AccessKey> {
        self.shared.keys.iter().find(|key| key.id == id)
    }

    /// Who owns all buckets: the first key's id.
    pub(super) fn owner(&self) -> &str {
        self.shared.keys.first().map_or("crosscheck", |key| key.id.as_str())
    }

    /// The buckets into which anyone may write without a signature, in order.
    pub fn open_buckets(&self) -> Vec<String> {
        let open = |acl: &Option<Acl>| acl.is_none_or(|acl| acl.permits_anybody(Act::Write));
        self.buckets().into_iter().filter(|(.., acl)| open(acl)).map(|(name, ..)| name).collect()
    }

    /// Whether changes are written to a disk, which takes time.
    pub(super) fn has_disk(&self) -> bool {
        self.shared.disk.is_some()
    }

    /// Gives the store a fault, or heals it.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.set_defect(fault.map(Defect::Known));
    }

    /// Gives the store a fault of the catalogue or a composed one, or heals it.
    pub fn set_defect(&self, defect: Option<Defect>) {
        *self.shared.defect.write().unwrap_or_else(PoisonError::into_inner) = defect;
        self.shared.memory.wipe();
    }

    /// The fault that the store has.
    pub fn fault(&self) -> Option<Fault> {
        match self.defect() {
            Some(Defect::Known(fault)) => Some(fault),
            Some(Defect::Pair(..) | Defect::Composed(_)) | None => None,
        }
    }

    fn defect(&self) -> Option<Defect> {
        *self.shared.defect.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Creates a bucket without rules or objects in which anybody may do everything; one that is
    /// there stays as it is.
    ///
    /// # Errors
    /// A name that is no bucket name.
    pub fn create_bucket(&self, name: &str) -> Result<(), ProvisionError> {
        self.create(name, None)
    }

    /// Creates a bucket without rules or objects that is its owner's, as far as the access control
    /// list does not open it; one that is there stays as it is.
    ///
    /// # Errors
    /// A name that is no bucket name.
    pub fn create_with_acl(&self, name: &str, acl: Acl) -> Result<(), ProvisionError> {
        self.create(name, Some(acl))
    }

    fn create(&self, name: &str, acl: Option<Acl>) -> Result<(), ProvisionError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 63 || !name.bytes().all(plain) {
            return Err(ProvisionError::BucketName(name.to_owned()));
        }
        self.change(Change::Create { bucket: name.to_owned(), acl })
    }

    /// Replaces the bucket's rules; a policy without rules means that CORS is not configured.
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn put_policy(&self, bucket: &str, policy: Policy) -> Result<(), ProvisionError> {
        self.shared.memory.wipe();
        self.change(Change::Policy { bucket: bucket.to_owned(), policy: Arc::new(policy) })
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
        let body = self.shared.budget.own(spec.body.clone().into_bytes());
        let object = Object::new(self.dialect(), fields, body);
        self.change(Change::Put {
            bucket: bucket.to_owned(),
            key: path.to_owned(),
            object: Arc::new(object),
            seen: Seen::Anything,
            ends: None,
        })
    }

    /// Has a bucket's answers say `Vary` in this way, as far as that is the bucket's to decide:
    /// [`Way::Matched`] also needs a store of [`Way::dialect`].
    ///
    /// # Errors
    /// There is no such bucket.
    pub fn vary(&self, bucket: &str, way: Way) -> Result<(), ProvisionError> {
        self.shared.memory.wipe();
        self.amend(bucket, Weight::default(), |bucket| {
            bucket.policy = Arc::new(way.policy(Policy::clone(&bucket.policy)));
            let Some(vary) = way.stored() else { return };
            for object in bucket.objects.values_mut() {
                let mut varied = Object::clone(object);
                varied.fields.set("Vary", vary);
                *object = Arc::new(varied);
            }
        })
    }

    /// Puts an application at a path.
    ///
    /// # Errors
    /// There is no such bucket, or the store is full.
    pub fn put_route(&self, bucket: &str, path: &str, route: Route) -> Result<(), ProvisionError> {
        self.amend(bucket, route.weight(path), |bucket| {
            bucket.routes.insert(path.to_owned(), Arc::new(route));
        })
    }

    /// Replaces the bucket's dictated answers, which are tried in order before anything else.
    ///
    /// # Errors
    /// There is no such bucket, or the store is full.
    pub fn set_answers(&self, bucket: &str, answers: Vec<DictatedAnswer>) -> Result<(), ProvisionError> {
        self.shared.memory.wipe();
        let dictated: Arc<[Dictated]> = answers.into_iter().map(Dictated::new).collect();
        self.amend(bucket, dictated_weight(&dictated), |bucket| bucket.dictated = dictated)
    }

    /// What may be in memory.
    pub(super) fn budget(&self) -> &Arc<Budget> {
        &self.shared.budget
    }

    /// The turn to work on what takes long; `None` where the store is gone.
    pub(super) async fn work(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.shared.work).acquire_owned().await.ok()
    }

    /// Notes how much heavier and how much lighter the store has become.
    fn account(&self, added: Weight, taken: Weight) {
        self.shared.budget.keeps(added.content, taken.content);
        self.shared.stored.fetch_add(added.total(), Ordering::Relaxed);
        self.shared.stored.fetch_sub(taken.total(), Ordering::Relaxed);
    }

    /// The turn to put an object together from its parts.
    pub(super) fn assembly(&self) -> MutexGuard<'_, ()> {
        self.shared.assembly.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An id that no other request of this store has: 24 hexadecimal digits.
    pub(super) fn request_id(&self) -> String {
        let number = self.shared.requests.fetch_add(1, Ordering::Relaxed);
        let whole = (u128::from(self.shared.started & 0xFFFF_FFFF) << 64) | u128::from(number);
        let digit = |place: u32| char::from_digit((whole >> (4 * place)) as u32 & 0xF, 16).unwrap_or('0');
        (0..24).rev().map(|place| digit(place).to_ascii_uppercase()).collect()
    }

    /// The points of answering at which the store's fault shows.
    pub(super) fn seams(&self) -> Seams<'_> {
        Seams::new(self.defect(), &self.shared.memory)
    }

    /// Changes what only this process can change; `added` is how much heavier that makes the store at most.
    fn amend(
        &self,
        name: &str,
        added: Weight,
        change: impl FnOnce(&mut Bucket),
    ) -> Result<(), ProvisionError> {
        let mut buckets = self.write();
        let limit = self.shared.settings.stored_bytes;
        if added.total() > 0
            && self.shared.stored.load(Ordering::Relaxed).saturating_add(added.total()) > limit
        {
            return Err(ProvisionError::Full { limit });
        }
        let bucket = buckets.get_mut(name).ok_or_else(|| ProvisionError::NoBucket(name.to_owned()))?;
        let before = bucket.weight(name);
        change(bucket);
        self.account(bucket.weight(name), before);
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
        f.debug_struct("Store").field("dialect", &self.dialect()).field("fault", &self.fault()).finish()
    }
}
