//! Reads what a store keeps, for requests.

use std::{ops::Bound, sync::Arc, time::SystemTime};

use crosscheck_core::policy::Policy;

use super::Store;
use crate::{
    acl::Acl,
    bucket::{Object, Route, Upload},
    dictate::Dictated,
};

/// What a request finds in a bucket.
pub(crate) struct View {
    pub(crate) policy: Arc<Policy>,
    pub(crate) object: Option<Arc<Object>>,
    pub(crate) route: Option<Arc<Route>>,
    pub(crate) dictated: Arc<[Dictated]>,
    pub(crate) acl: Option<Acl>,
    pub(crate) created: SystemTime,
}

/// Where a walk over keys goes on.
pub(crate) enum Walk {
    /// With the next key.
    On,
    /// With the first key from this one on.
    To(String),
    /// Nowhere.
    Enough,
}

impl Store {
    /// What a request for this key finds; `None` where there is no such bucket.
    pub(crate) fn view(&self, bucket: &str, key: &str) -> Option<View> {
        let buckets = self.read();
        let bucket = buckets.get(bucket)?;
        Some(View {
            policy: Arc::clone(&bucket.policy),
            object: bucket.objects.get(key).map(Arc::clone),
            route: bucket.routes.get(key).map(Arc::clone),
            dictated: Arc::clone(&bucket.dictated),
            acl: bucket.acl,
            created: bucket.created,
        })
    }

    /// Looks at the objects of a bucket in the order of their keys, from `start` on, for as long as
    /// `look` wants more.
    pub(crate) fn walk(&self, bucket: &str, start: &str, mut look: impl FnMut(&str, &Arc<Object>) -> Walk) {
        let buckets = self.read();
        let Some(bucket) = buckets.get(bucket) else { return };
        let mut from = start.to_owned();
        loop {
            let mut rows = bucket.objects.range::<str, _>((Bound::Included(from.as_str()), Bound::Unbounded));
            let next = loop {
                let Some((key, object)) = rows.next() else { return };
                match look(key, object) {
                    Walk::On => {}
                    Walk::To(next) => break next,
                    Walk::Enough => return,
                }
            };
            from = next;
        }
    }

    /// The buckets in order of their names: name, when created, access control list.
    pub(crate) fn buckets(&self) -> Vec<(String, SystemTime, Option<Acl>)> {
        let mut found: Vec<_> =
            self.read().iter().map(|(name, bucket)| (name.clone(), bucket.created, bucket.acl)).collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// An upload that is under way.
    pub(crate) fn upload(&self, bucket: &str, id: &str) -> Option<Upload> {
        self.read().get(bucket)?.uploads.get(id).cloned()
    }

    /// Whether an upload for this key is under way.
    pub(crate) fn has_upload(&self, bucket: &str, id: &str, key: &str) -> bool {
        let buckets = self.read();
        let upload = buckets.get(bucket).and_then(|bucket| bucket.uploads.get(id));
        upload.is_some_and(|upload| upload.key == key)
    }

    /// How many uploads of a bucket are under way.
    pub(crate) fn upload_count(&self, bucket: &str) -> usize {
        self.read().get(bucket).map_or(0, |bucket| bucket.uploads.len())
    }

    /// The uploads of a bucket that are under way: id, key, when initiated.
    pub(crate) fn uploads(&self, bucket: &str) -> Vec<(String, String, SystemTime)> {
        let buckets = self.read();
        let uploads = buckets.get(bucket).into_iter().flat_map(|bucket| &bucket.uploads);
        let mut found: Vec<_> =
            uploads.map(|(id, upload)| (id.clone(), upload.key.clone(), upload.initiated)).collect();
        found.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
        found
    }

    /// How many objects a bucket has, and how many bytes they hold together.
    pub(crate) fn size(&self, bucket: &str) -> (usize, usize) {
        let buckets = self.read();
        let Some(bucket) = buckets.get(bucket) else { return (0, 0) };
        (bucket.objects.len(), bucket.objects.values().map(|object| object.body.len()).sum())
    }
}
