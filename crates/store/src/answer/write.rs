use std::sync::Arc;

use super::{Call, View, failure::Answer};
use crate::{
    message::{Fields, Response},
    policy::{Dialect, is_stored_field},
    reference::{
        bucket::Object,
        failure::Failure,
        store::{Change, Seen},
    },
};

/// How long a key may be in UTF-8: 1023 bytes in OSS, 1024 in S3.
const fn key_max(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Oss => 1023,
        Dialect::S3 => 1024,
    }
}

impl Call<'_> {
    /// PUT of an object: the content takes the place of what was there.
    pub(super) fn write_object(&self, view: &View) -> Answer {
        if let Some(source) = self.copy_source() {
            return self.copy_object(view, &source);
        }
        let content = self.content()?;
        let mut object = Object::new(self.dialect(), stored(&self.incoming.fields), content.bytes);
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

    /// Refuses what is no key.
    pub(super) fn check_key(&self, key: &str) -> Result<(), Failure> {
        let dialect = self.dialect();
        if key.len() > key_max(dialect) {
            return Err(match dialect {
                Dialect::Oss => Failure::new(400, "InvalidObjectName", "The specified object is not valid."),
                Dialect::S3 => Failure::new(400, "KeyTooLongError", "Your key is too long"),
            });
        }
        Ok(())
    }
}

/// The fields of a request that are stored with its object.
pub(super) fn stored(fields: &Fields) -> Fields {
    let mut kept = Fields::new();
    for field in fields {
        let name = field.name.to_ascii_lowercase();
        if name == "content-encoding" {
            // A coding of the transfer, not of the object.
            let text = field.text();
            let codings = text.split(',').map(str::trim_ascii).filter(|coding| *coding != "aws-chunked");
            let codings = codings.filter(|coding| !coding.is_empty()).collect::<Vec<_>>().join(",");
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
