//! What a store keeps across restarts: one redb file, in which every change is one transaction.
//! A process that is killed leaves every change whole or not at all.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crosscheck_core::{
    message::Fields,
    policy::{Dialect, Policy},
};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{change::Change, file};
use crate::{
    acl::Acl,
    bucket::{Bucket, Object, Upload, Weight},
    budget::Budget,
    checksum::Checksum,
    settings::Settings,
};

/// How records are written; another number is another form.
const FORMAT: u32 = 1;

type Record = &'static [u8];
const ABOUT: TableDefinition<'static, &str, Record> = TableDefinition::new("about");
const BUCKETS: TableDefinition<'static, &str, Record> = TableDefinition::new("buckets");
const OBJECTS: TableDefinition<'static, (&str, &str), Record> = TableDefinition::new("objects");
const UPLOADS: TableDefinition<'static, (&str, &str), Record> = TableDefinition::new("uploads");
const PARTS: TableDefinition<'static, (&str, &str, u16), Record> = TableDefinition::new("parts");

/// Why a store's data cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The folder cannot be made.
    #[error("{}: the folder cannot be made: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// The file is not a store.
    #[error("{}: not a store of `crosscheck serve`: {found}", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// The store holds more than it may.
    #[error("{}: holds {holds} bytes, more than the limit of {limit}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What all that it holds weighs.
        holds: usize,
        /// What it may weigh.
        limit: usize,
    },
    /// The file cannot be opened: another process has it, or the system refuses it.
    #[error("{}: {error}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the database said.
        error: Box<redb::DatabaseError>,
    },
    /// Another dialect's store, or another version's.
    #[error("{}: kept by {found}, but this is {expected}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Who asks.
        expected: String,
    },
    /// Reading or writing failed.
    #[error("the data cannot be read or written: {0}")]
    Access(Box<redb::Error>),
    /// A record is damaged.
    #[error("a record is damaged: {0}")]
    Record(String),
}

impl<E: Into<redb::Error>> From<E> for DiskError {
    fn from(error: E) -> Self {
        Self::Access(Box::new(error.into()))
    }
}

/// The file, open.
pub(super) struct Disk {
    database: Database,
    turn: Mutex<()>,
}

#[derive(Serialize, Deserialize)]
struct About {
    format: u32,
    dialect: Dialect,
}

#[derive(Serialize, Deserialize)]
struct BucketHead {
    policy: Arc<Policy>,
    acl: Option<Acl>,
    created: u64,
}

#[derive(Serialize, Deserialize)]
struct ObjectHead {
    fields: Fields,
    etag: String,
    modified: u64,
    crc64: u64,
    checksum: Option<Checksum>,
    from_parts: bool,
}

#[derive(Serialize, Deserialize)]
struct UploadHead {
    key: String,
    fields: Fields,
    initiated: u64,
}

impl Disk {
    /// Opens the store of this folder, or makes one, and reads all that is in it.
    pub(super) fn open(
        folder: &Path,
        settings: &Settings,
        budget: &Arc<Budget>,
    ) -> Result<(Self, HashMap<String, Bucket>), DiskError> {
        file::make_folder(folder).map_err(|error| DiskError::Folder { path: folder.to_owned(), error })?;
        let path = folder.join(file::NAME);
        let database = match file::open(&path)? {
            Some(database) => {
                introduce(&database, &path, settings.dialect)?;
                database
            }
            None => file::create(folder, &path, |database| introduce(database, &path, settings.dialect))?,
        };
        let disk = Self { database, turn: Mutex::default() };
        let buckets = disk.read(&path, settings.stored_bytes, budget)?;
        let weight: Weight = buckets.iter().map(|(name, bucket)| bucket.weight(name)).sum();
        let (holds, limit) = (weight.total(), settings.stored_bytes);
        if holds > limit {
            return Err(DiskError::TooLarge { path, holds, limit });
        }
        Ok((disk, buckets))
    }

    /// Waits until no other change is being made.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(
        &self,
        path: &Path,
        limit: usize,
        budget: &Arc<Budget>,
    ) -> Result<HashMap<String, Bucket>, DiskError> {
        let read = self.database.begin_read()?;
        // More than may be in memory is not read into it.
        let mut holds = 0_usize;
        for row in read.open_table(PARTS)?.iter()? {
            holds = holds.saturating_add(row?.1.value().len());
        }
        for row in read.open_table(OBJECTS)?.iter()? {
            holds = holds.saturating_add(row?.1.value().len());
        }
        if holds > limit {
            return Err(DiskError::TooLarge { path: path.to_owned(), holds, limit });
        }
        let mut buckets = HashMap::new();
        for row in read.open_table(BUCKETS)?.iter()? {
            let (name, value) = row?;
            let (head, _) = head::<BucketHead>(value.value())?;
            let mut bucket = Bucket::new(head.acl);
            (bucket.policy, bucket.created) = (head.policy, time(head.created));
            buckets.insert(name.value().to_owned(), bucket);
        }
        for row in read.open_table(UPLOADS)?.iter()? {
            let (place, value) = row?;
            let (bucket, id) = place.value();
            let (head, _) = head::<UploadHead>(value.value())?;
            let initiated = time(head.initiated);
            let upload = Upload { key: head.key, fields: head.fields, initiated, parts: BTreeMap::new() };
            if let Some(bucket) = buckets.get_mut(bucket) {
                bucket.uploads.insert(id.to_owned(), upload);
            }
        }
        for row in read.open_table(PARTS)?.iter()? {
            let (place, value) = row?;
            let (bucket, id, number) = place.value();
            let part = Arc::new(object(value.value(), budget)?);
            if let Some(upload) = buckets.get_mut(bucket).and_then(|bucket| bucket.uploads.get_mut(id)) {
                upload.parts.insert(number, part);
            }
        }
        for row in read.open_table(OBJECTS)?.iter()? {
            let (place, value) = row?;
            let (bucket, key) = place.value();
            let object = Arc::new(object(value.value(), budget)?);
            if let Some(bucket) = buckets.get_mut(bucket) {
                bucket.objects.insert(key.to_owned(), object);
            }
        }
        Ok(buckets)
    }

    /// Writes a change. It is on the disk when this returns, whole.
    pub(super) fn write(&self, change: &Change) -> Result<(), DiskError> {
        let write = self.database.begin_write()?;
        make(&write, change)?;
        write.commit()?;
        Ok(())
    }
}

/// Writes whose store it is, or checks it.
fn introduce(database: &Database, path: &Path, dialect: Dialect) -> Result<(), DiskError> {
    let write = database.begin_write()?;
    {
        for table in [BUCKETS, ABOUT] {
            write.open_table(table)?;
        }
        for table in [OBJECTS, UPLOADS] {
            write.open_table(table)?;
        }
        write.open_table(PARTS)?;
        let mut about = write.open_table(ABOUT)?;
        let expected = About { format: FORMAT, dialect };
        let found = match about.get("store")? {
            Some(found) => Some(head::<About>(found.value())?.0),
            None => None,
        };
        match found {
            Some(found) if found.format != FORMAT || found.dialect != dialect => {
                let name = |about: &About| format!("a store of {:?}, form {}", about.dialect, about.format);
                let (found, expected) = (name(&found), name(&expected));
                return Err(DiskError::Foreign { path: path.to_owned(), found, expected });
            }
            Some(_) => {}
            None => {
                about.insert("store", record(&expected)?.as_slice())?;
            }
        }
    }
    write.commit()?;
    Ok(())
}

fn make(write: &WriteTransaction, change: &Change) -> Result<(), DiskError> {
    match change {
        Change::Create { bucket, acl } => {
            let mut table = write.open_table(BUCKETS)?;
            if table.get(bucket.as_str())?.is_none() {
                let created = seconds(SystemTime::now());
                let head = BucketHead { policy: Arc::default(), acl: *acl, created };
                table.insert(bucket.as_str(), record(&head)?.as_slice())?;
            }
        }
        Change::Drop { bucket } => {
            write.open_table(BUCKETS)?.remove(bucket.as_str())?;
            write.open_table(OBJECTS)?.retain(|place, _| place.0 != bucket)?;
            write.open_table(UPLOADS)?.retain(|place, _| place.0 != bucket)?;
            write.open_table(PARTS)?.retain(|place, _| place.0 != bucket)?;
        }
        Change::Policy { bucket, policy } => rewrite(write, bucket, |head| head.policy = Arc::clone(policy))?,
        Change::Acl { bucket, acl } => rewrite(write, bucket, |head| head.acl = Some(*acl))?,
        Change::Put { bucket, key, object, ends, .. } => {
            let head = object_head(object)?;
            let mut table = write.open_table(OBJECTS)?;
            let place = (bucket.as_str(), key.as_str());
            fill(table.insert_reserve(place, head.len() + object.body.len())?.as_mut(), &head, &object.body);
            drop(table);
            if let Some(id) = ends {
                end(write, bucket, id)?;
            }
        }
        Change::Delete { bucket, keys } => {
            let mut table = write.open_table(OBJECTS)?;
            for key in keys {
                table.remove((bucket.as_str(), key.as_str()))?;
            }
        }
        Change::Begin { bucket, id, upload } => {
            let head = UploadHead {
                key: upload.key.clone(),
                fields: upload.fields.clone(),
                initiated: seconds(upload.initiated),
            };
            let value = record(&head)?;
            write.open_table(UPLOADS)?.insert((bucket.as_str(), id.as_str()), value.as_slice())?;
        }
        Change::Part { bucket, id, number, part } => {
            let head = object_head(part)?;
            let mut table = write.open_table(PARTS)?;
            let place = (bucket.as_str(), id.as_str(), *number);
            fill(table.insert_reserve(place, head.len() + part.body.len())?.as_mut(), &head, &part.body);
        }
        Change::Abort { bucket, id } => end(write, bucket, id)?,
    }
    Ok(())
}

fn end(write: &WriteTransaction, bucket: &str, id: &str) -> Result<(), DiskError> {
    write.open_table(UPLOADS)?.remove((bucket, id))?;
    let mut parts = write.open_table(PARTS)?;
    parts.retain_in((bucket, id, 0)..=(bucket, id, u16::MAX), |_, _| false)?;
    Ok(())
}

fn rewrite(
    write: &WriteTransaction,
    bucket: &str,
    change: impl FnOnce(&mut BucketHead),
) -> Result<(), DiskError> {
    let mut table = write.open_table(BUCKETS)?;
    let found = match table.get(bucket)? {
        Some(found) => Some(head::<BucketHead>(found.value())?.0),
        None => None,
    };
    if let Some(mut found) = found {
        change(&mut found);
        table.insert(bucket, record(&found)?.as_slice())?;
    }
    Ok(())
}

/// A record without its content: the length of its head, the head as JSON.
fn record<T: Serialize>(head: &T) -> Result<Vec<u8>, DiskError> {
    let head = serde_json::to_vec(head).map_err(|error| DiskError::Record(error.to_string()))?;
    let length = u32::try_from(head.len()).map_err(|error| DiskError::Record(error.to_string()))?;
    let mut record = Vec::with_capacity(4 + head.len());
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(&head);
    Ok(record)
}

fn head<T: DeserializeOwned>(record: &[u8]) -> Result<(T, &[u8]), DiskError> {
    let cut = || DiskError::Record("it is cut short".to_owned());
    let (length, rest) = record.split_first_chunk::<4>().ok_or_else(cut)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| cut())?;
    let (head, content) = rest.split_at_checked(length).ok_or_else(cut)?;
    let head = serde_json::from_slice(head).map_err(|error| DiskError::Record(error.to_string()))?;
    Ok((head, content))
}

/// What stands before an object's content in its record.
fn object_head(object: &Object) -> Result<Vec<u8>, DiskError> {
    let head = ObjectHead {
        fields: object.fields.clone(),
        etag: object.etag.clone(),
        modified: seconds(object.modified),
        crc64: object.crc64,
        checksum: object.checksum.clone(),
        from_parts: object.from_parts,
    };
    record(&head)
}

/// Writes a record where it will lie, so that a large content is not copied on its way.
fn fill(record: &mut [u8], head: &[u8], content: &[u8]) {
    let (first, rest) = record.split_at_mut(head.len().min(record.len()));
    first.copy_from_slice(head);
    rest.copy_from_slice(content);
}

fn object(record: &[u8], budget: &Arc<Budget>) -> Result<Object, DiskError> {
    let (head, body) = head::<ObjectHead>(record)?;
    Ok(Object {
        fields: head.fields,
        body: budget.own(body.to_vec()),
        etag: head.etag,
        modified: time(head.modified),
        crc64: head.crc64,
        checksum: head.checksum,
        from_parts: head.from_parts,
    })
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default()
}

fn time(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}
