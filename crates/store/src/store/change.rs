//! The one way in which what a store keeps is changed: checked, written down where there is a
//! disk, then shown to requests, one change after the other.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, atomic::Ordering},
};

use crosscheck_core::policy::Policy;

use super::{ProvisionError, Store};
use crate::{
    acl::Acl,
    bucket::{Bucket, Object, Upload, Weight, rules_weight},
};

/// A change of what a store keeps.
#[derive(Debug)]
pub(crate) enum Change {
    /// Creates a bucket; one that is there stays as it is.
    Create { bucket: String, acl: Option<Acl> },
    /// Deletes a bucket, which must have no objects.
    Drop { bucket: String },
    /// Replaces the rules.
    Policy { bucket: String, policy: Arc<Policy> },
    /// Replaces the access control list.
    Acl { bucket: String, acl: Acl },
    /// Stores an object, and ends the upload from whose parts it was made.
    Put { bucket: String, key: String, object: Arc<Object>, seen: Seen, ends: Option<String> },
    /// Deletes objects; those that are not there are deleted too.
    Delete { bucket: String, keys: Vec<String> },
    /// Begins an upload in parts.
    Begin { bucket: String, id: String, upload: Upload },
    /// Stores a part.
    Part { bucket: String, id: String, number: u16, part: Arc<Object> },
    /// Ends an upload without an object.
    Abort { bucket: String, id: String },
}

/// What must be in an object's place for a change to be wanted.
#[derive(Clone, Debug, Default)]
pub(crate) enum Seen {
    /// Whatever is there.
    #[default]
    Anything,
    /// What a request found there.
    Exactly(Option<Arc<Object>>),
}

impl Change {
    pub(super) fn bucket(&self) -> &str {
        match self {
            Self::Create { bucket, .. }
            | Self::Drop { bucket }
            | Self::Policy { bucket, .. }
            | Self::Acl { bucket, .. }
            | Self::Put { bucket, .. }
            | Self::Delete { bucket, .. }
            | Self::Begin { bucket, .. }
            | Self::Part { bucket, .. }
            | Self::Abort { bucket, .. } => bucket,
        }
    }

    /// How much heavier and how much lighter it makes the store.
    fn weights(&self, bucket: Option<&Bucket>) -> (Weight, Weight) {
        let none = Weight::default();
        let object = |key: &str| {
            let found = bucket.and_then(|bucket| bucket.objects.get(key));
            found.map_or(none, |object| object.weight(key))
        };
        let upload = |id: &str| bucket.and_then(|bucket| bucket.uploads.get(id));
        let whole_upload = |id: &String| upload(id).map_or(none, |upload| upload.weight(id));
        match self {
            Self::Create { bucket: name, .. } => {
                (if bucket.is_none() { Bucket::empty_weight(name) } else { none }, none)
            }
            Self::Drop { bucket: name } => (none, bucket.map_or(none, |bucket| bucket.weight(name))),
            Self::Policy { policy, .. } => {
                (rules_weight(policy), bucket.map_or(none, |bucket| rules_weight(&bucket.policy)))
            }
            Self::Acl { .. } => (none, none),
            Self::Put { key, object: new, ends, .. } => {
                (new.weight(key), object(key) + ends.as_ref().map_or(none, whole_upload))
            }
            Self::Delete { keys, .. } => {
                // A key that is named twice is deleted once.
                let keys: BTreeSet<&String> = keys.iter().collect();
                (none, keys.into_iter().map(|key| object(key)).sum())
            }
            Self::Begin { id, upload, .. } => (upload.weight(id), none),
            Self::Part { id, number, part, .. } => {
                let replaced = upload(id).and_then(|upload| upload.parts.get(number));
                (part.weight(""), replaced.map_or(none, |part| part.weight("")))
            }
            Self::Abort { id, .. } => (none, whole_upload(id)),
        }
    }

    /// Whether it can be made.
    fn check(&self, bucket: Option<&Bucket>, stored: usize, limit: usize) -> Result<(), ProvisionError> {
        let found = match (self, bucket) {
            (Self::Create { .. }, _) | (_, Some(_)) => bucket,
            (_, None) => return Err(ProvisionError::NoBucket(self.bucket().to_owned())),
        };
        let (added, taken) = self.weights(found);
        let (added, taken) = (added.total(), taken.total());
        if added > 0 && stored.saturating_sub(taken).saturating_add(added) > limit {
            return Err(ProvisionError::Full { limit });
        }
        let Some(found) = found else { return Ok(()) };
        let has_upload = |id: &str| {
            if found.uploads.contains_key(id) { Ok(()) } else { Err(ProvisionError::NoUpload(id.to_owned())) }
        };
        match self {
            Self::Drop { bucket } if !found.objects.is_empty() => {
                Err(ProvisionError::NotEmpty(bucket.clone()))
            }
            Self::Put { key, seen: Seen::Exactly(seen), .. } => {
                let there = found.objects.get(key);
                let same = match (seen, there) {
                    (None, None) => true,
                    (Some(seen), Some(there)) => Arc::ptr_eq(seen, there),
                    _ => false,
                };
                if same { Ok(()) } else { Err(ProvisionError::Changed(key.clone())) }
            }
            Self::Put { ends: Some(id), .. } | Self::Part { id, .. } | Self::Abort { id, .. } => {
                has_upload(id)
            }
            _ => Ok(()),
        }
    }

    fn apply(self, buckets: &mut HashMap<String, Bucket>) {
        match self {
            Self::Create { bucket, acl } => {
                buckets.entry(bucket).or_insert_with(|| Bucket::new(acl));
            }
            Self::Drop { bucket } => {
                buckets.remove(&bucket);
            }
            change => {
                if let Some(bucket) = buckets.get_mut(change.bucket()) {
                    change.apply_to(bucket);
                }
            }
        }
    }

    fn apply_to(self, bucket: &mut Bucket) {
        match self {
            Self::Create { .. } | Self::Drop { .. } => {}
            Self::Policy { policy, .. } => bucket.policy = policy,
            Self::Acl { acl, .. } => bucket.acl = Some(acl),
            Self::Put { key, object, ends, .. } => {
                if let Some(id) = ends {
                    bucket.uploads.remove(&id);
                }
                bucket.objects.insert(key, object);
            }
            Self::Delete { keys, .. } => {
                for key in keys {
                    bucket.objects.remove(&key);
                }
            }
            Self::Begin { id, upload, .. } => {
                bucket.uploads.insert(id, upload);
            }
            Self::Part { id, number, part, .. } => {
                if let Some(upload) = bucket.uploads.get_mut(&id) {
                    upload.parts.insert(number, part);
                }
            }
            Self::Abort { id, .. } => {
                bucket.uploads.remove(&id);
            }
        }
    }
}

impl Store {
    /// Makes a change. With a disk it is on the disk, for good, when this returns.
    pub(crate) fn change(&self, change: Change) -> Result<(), ProvisionError> {
        let stored = &self.shared.stored;
        let limit = self.shared.settings.stored_bytes;
        let check = |buckets: &HashMap<String, Bucket>, change: &Change| {
            change.check(buckets.get(change.bucket()), stored.load(Ordering::Relaxed), limit)
        };
        // Changes of a store with a disk wait for each other, so that what was checked stays true
        // while it is written.
        let _turn = match &self.shared.disk {
            Some(disk) => {
                let turn = disk.turn();
                check(&self.read(), &change)?;
                disk.write(&change).map_err(|error| ProvisionError::Disk(error.to_string()))?;
                Some(turn)
            }
            None => None,
        };
        let mut buckets = self.write();
        check(&buckets, &change)?;
        let (added, taken) = change.weights(buckets.get(change.bucket()));
        self.account(added, taken);
        change.apply(&mut buckets);
        Ok(())
    }
}
