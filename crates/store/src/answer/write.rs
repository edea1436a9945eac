use std::sync::Arc;

use crosscheck_core::{
    message::{Field, Fields, Response, list},
    policy::{Dialect, is_stored_field, user_metadata_name},
};

use super::{Call, View, failure::Answer};
use crate::{
    bucket::Object,
    failure::Failure,
    request::is_text,
    store::{Change, Seen},
};

/// How long a key may be in UTF-8: 1023 bytes in OSS, 1024 in S3.
const fn key_max(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Oss => 1023,
        Dialect::S3 => 1024,
    }
}

/// How long an object's user metadata may be together, in bytes: 8 KiB in OSS, which counts whole names, and 2 KiB in S3,
/// which leaves the prefix out.
const fn metadata_max(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Oss => 8 * 1024,
        Dialect::S3 => 2 * 1024,
    }
}

impl Call<'_> {
    /// PUT of an object: the content takes the place of what was there.
    pub(super) fn write_object(&self, view: &View) -> Answer {
        if let Some(source) = self.copy_source() {
            return self.copy_object(view, &source);
        }
        let fields = self.stored(&self.incoming.fields)?;
        let content = self.content()?;
        let mut object = Object::new(self.dialect(), fields, content.bytes);
        object.checksum = content.checksum;
        let object = self.store_object(view, &self.key, object)?;
        Ok(self.stored_as(Response::new(200), &object))
    }

    /// Stores an object under a key, as far as the request wants it there.
    pub(super) fn store_object(
        &self,
        view: &View,
        key: &str,
        object: Object,
    ) -> Result<Arc<Object>, Failure> {
        self.check_key(key)?;
        let fields = &self.incoming.fields;
        let forbidden = fields.text("x-oss-forbid-overwrite").as_deref() == Some("true");
        if forbidden && view.object.is_some() {
            let message = "The object you specified already exists and can not be overwritten.";
            return Err(Failure::new(409, "FileAlreadyExists", message));
        }
        let conditions = ["if-match", "if-none-match", "if-unmodified-since"];
        let conditional = forbidden || conditions.iter().any(|name| fields.contains(name));
        let seen = if conditional { Seen::Exactly(view.object.clone()) } else { Seen::Anything };
        let object = Arc::new(object);
        let (bucket, key) = (self.bucket.clone(), key.to_owned());
        let change = Change::Put { bucket, key, object: Arc::clone(&object), seen, ends: None };
        self.store.change(change).map_err(|error| self.unchanged(&error))?;
        Ok(object)
    }

    /// What is said of an object that was stored.
    pub(super) fn stored_as(&self, response: Response, object: &Object) -> Response {
        let response = response.with_field("ETag", &object.etag);
        match (self.dialect(), &object.checksum) {
            (Dialect::Oss, _) => response.with_field("x-oss-hash-crc64ecma", &object.crc64.to_string()),
            (Dialect::S3, Some(sum)) => {
                response.with_field(&sum.field, &sum.value).with_field("x-amz-checksum-type", "FULL_OBJECT")
            }
            (Dialect::S3, None) => response,
        }
    }

    /// DELETE of an object; one that is not there is deleted too.
    pub(super) fn delete_object(&self) -> Answer {
        let change = Change::Delete { bucket: self.bucket.clone(), keys: vec![self.key.clone()] };
        self.store.change(change).map_err(|error| self.unchanged(&error))?;
        Ok(Response::new(204))
    }

    /// Refuses what no object may be called: too long a key, one with NUL, or bytes that are not UTF-8, which would
    /// be taken for another key.
    pub(super) fn check_key(&self, key: &str) -> Result<(), Failure> {
        self.check_length(key.len())?;
        if key.contains('\0') || !is_text(&self.incoming.path) {
            return Err(match self.dialect() {
                Dialect::Oss => invalid_object_name(),
                Dialect::S3 => Failure::new(400, "InvalidURI", "Couldn't parse the specified URI."),
            });
        }
        Ok(())
    }

    /// Refuses a key that is too long.
    pub(super) fn check_length(&self, length: usize) -> Result<(), Failure> {
        let dialect = self.dialect();
        if length <= key_max(dialect) {
            return Ok(());
        }
        Err(match dialect {
            Dialect::Oss => invalid_object_name(),
            Dialect::S3 => Failure::new(400, "KeyTooLongError", "Your key is too long")
                .with("Size", length.to_string())
                .with("MaxSizeAllowed", key_max(dialect).to_string()),
        })
    }

    /// The fields of a request that are stored with its object, as far as the vendor takes them.
    pub(super) fn stored(&self, fields: &Fields) -> Result<Fields, Failure> {
        let (kept, dialect) = (stored(fields), self.dialect());
        let (size, most) = (metadata_size(&kept, dialect), metadata_max(dialect));
        if size <= most {
            return Ok(kept);
        }
        let message = "Your metadata headers exceed the maximum allowed metadata size";
        Err(Failure::new(400, "MetadataTooLarge", message)
            .with("Size", size.to_string())
            .with("MaxSizeAllowed", most.to_string())
            .with_ec(dialect, "0011-00000002"))
    }
}

fn invalid_object_name() -> Failure {
    Failure::new(400, "InvalidObjectName", "The specified object is not valid.")
}

/// How long the user metadata among these fields is, as the vendor counts it.
fn metadata_size(fields: &Fields, dialect: Dialect) -> usize {
    let size = |field: &Field| {
        let bare = user_metadata_name(&field.name)?;
        let name = if dialect == Dialect::Oss { field.name.as_str() } else { bare };
        Some(name.len() + field.value.len())
    };
    fields.iter().filter_map(size).sum()
}

/// The fields of a request that are stored with its object.
fn stored(fields: &Fields) -> Fields {
    let mut kept = Fields::new();
    for field in fields {
        let name = field.name.to_ascii_lowercase();
        if name == "content-encoding" {
            // A coding of the transfer, not of the object.
            let text = field.text();
            let codings = list::text_members(&text).filter(|coding| *coding != "aws-chunked");
            let codings = codings.collect::<Vec<_>>().join(",");
            if !codings.is_empty() {
                kept.push(field.name.as_str(), codings);
            }
        } else if is_stored_field(&name) {
            kept.push(field.name.as_str(), field.value.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_describes_the_object_is_stored() {
        let request: Fields = [
            ("Content-Type", "text/plain"),
            ("Content-Encoding", "aws-chunked,gzip"),
            ("x-oss-meta-a", "1"),
            ("X-Amz-Meta-B", "2"),
            ("X-Other", "3"),
            ("Authorization", "4"),
        ]
        .into_iter()
        .collect();
        let kept: Vec<_> =
            stored(&request).iter().map(|field| (field.name.to_string(), field.text())).collect();
        let expected = [
            ("Content-Type", "text/plain"),
            ("Content-Encoding", "gzip"),
            ("x-oss-meta-a", "1"),
            ("X-Amz-Meta-B", "2"),
        ];
        assert_eq!(kept, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let chunked: Fields = [("Content-Encoding", "aws-chunked")].into_iter().collect();
        assert!(stored(&chunked).is_empty());
    }
}
