use std::{sync::Arc, time::SystemTime};

use bytes::Bytes;
use crosscheck_core::message::Response;

use super::{Call, View, content::slow_down, failure::Answer, range};
use crate::{access, bucket::Object, failure::Failure, request::decoded};

impl Call<'_> {
    /// What is to be copied, `/bucket/key` or `bucket/key`, percent-encoded.
    pub(super) fn copy_source(&self) -> Option<String> {
        let fields = &self.incoming.fields;
        fields.text("x-oss-copy-source").or_else(|| fields.text("x-amz-copy-source"))
    }

    /// The object that is to be copied.
    fn source(&self, source: &str) -> Result<Arc<Object>, Failure> {
        let path = source.split('?').next().unwrap_or(source);
        let path = decoded(path.strip_prefix('/').unwrap_or(path));
        let Some((bucket, key)) = path.split_once('/').filter(|(_, key)| !key.is_empty()) else {
            let message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey";
            return Err(Failure::new(400, "InvalidArgument", message));
        };
        let view = self.store.view(bucket, key).ok_or_else(|| {
            Failure::new(404, "NoSuchBucket", "The specified bucket does not exist.")
                .with("BucketName", bucket)
        })?;
        let anybody = self.who == Ok(access::Who::Anybody);
        if anybody && view.acl.is_some_and(|acl| !acl.permits_anybody(crate::acl::Act::Read)) {
            return Err(access::denied(self.dialect(), crate::acl::Act::Read).into());
        }
        let object = view.object.ok_or_else(|| {
            Failure::new(404, "NoSuchKey", "The specified key does not exist.").with("Key", key)
        })?;
        self.check_source(&object)?;
        Ok(object)
    }

    fn check_source(&self, object: &Object) -> Result<(), Failure> {
        let fields = &self.incoming.fields;
        let condition = |name: &str| {
            fields
                .text(&format!("x-oss-copy-source-{name}"))
                .or_else(|| fields.text(&format!("x-amz-copy-source-{name}")))
        };
        let same = |tag: &str| tag.trim_matches('"') == object.etag.trim_matches('"');
        let unwanted = condition("if-match").is_some_and(|tag| !same(&tag))
            || condition("if-none-match").is_some_and(|tag| same(&tag));
        if unwanted { Err(self.precondition_failed()) } else { Ok(()) }
    }

    /// PUT with a source: the object is a copy, with the source's fields or its own.
    pub(super) fn copy_object(&self, view: &View, source: &str) -> Answer {
        let found = self.source(source)?;
        let fields = &self.incoming.fields;
        let directive =
            fields.text("x-oss-metadata-directive").or_else(|| fields.text("x-amz-metadata-directive"));
        let kept = match directive.as_deref() {
            Some("REPLACE") => self.stored(fields)?,
            _ => found.fields.clone(),
        };
        let copy = if found.from_parts {
            let copy = Object::new(self.dialect(), kept, found.body.clone());
            Object { checksum: found.checksum.clone(), ..copy }
        } else {
            // The same content has the same digests.
            Object { fields: kept, modified: SystemTime::now(), ..Object::clone(&found) }
        };
        let copy = self.store_object(view, &self.key, copy)?;
        Ok(self.copied("CopyObjectResult", &copy))
    }

    /// The content of a part that is copied, or of a range of the source.
    pub(super) fn copied_part(&self, source: &str) -> Result<Bytes, Failure> {
        let found = self.source(source)?;
        let fields = &self.incoming.fields;
        let asked = fields.text("x-oss-copy-source-range").or_else(|| fields.text("x-amz-copy-source-range"));
        let Some(asked) = asked else { return Ok(found.body.clone()) };
        match range::parse(&asked, found.body.len()) {
            range::Asked::Part(part) if part.len() == found.body.len() => Ok(found.body.clone()),
            // A slice would hold the whole source in memory for as long as the part is there.
            range::Asked::Part(part) => {
                let budget = self.store.budget();
                let charge = budget.take_to_replace(part.len()).ok_or_else(slow_down)?;
                Ok(charge.hold(found.body.slice(part).to_vec()))
            }
            range::Asked::Whole | range::Asked::Unsatisfiable => {
                Err(Failure::new(416, "InvalidRange", "The requested range cannot be satisfied."))
            }
        }
    }

    pub(super) fn copied(&self, root: &str, object: &Object) -> Response {
        self.xml(root, |xml| {
            xml.leaf("LastModified", &access::date(object.modified));
            xml.leaf("ETag", &object.etag);
        })
    }
}
