use std::{sync::Arc, time::SystemTime};

use crosscheck_core::{
    message::{Fields, Response},
    policy::Dialect,
};

use super::{
    Call, View,
    failure::{Answer, full},
    listing::url_encoded,
};
use crate::{
    bucket::{Object, Upload, hexadecimal},
    checksum::md5,
    failure::Failure,
    store::{Change, Seen},
};

/// The highest number that a part may have.
const PART_MAX: u16 = 10_000;

/// How small a part may be that is not the last, in bytes.
const fn part_min(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Oss => 100 * 1024,
        Dialect::S3 => 5 * 1024 * 1024,
    }
}

impl Call<'_> {
    /// Begins an upload in parts.
    pub(super) fn begin_upload(&self) -> Answer {
        self.check_key(&self.key)?;
        let fields = self.stored(&self.incoming.fields)?;
        let id = format!("{}{:08X}", self.request_id, crc_of(&self.key));
        let upload = Upload {
            key: self.key.clone(),
            fields,
            initiated: SystemTime::now(),
            parts: std::collections::BTreeMap::new(),
        };
        let change = Change::Begin { bucket: self.bucket.clone(), id: id.clone(), upload };
        self.store.change(change).map_err(|error| self.unchanged(&error))?;
        let urls = self.wants_urls();
        let mut response = self.xml("InitiateMultipartUploadResult", |xml| {
            if urls {
                xml.leaf("EncodingType", "url");
            }
            xml.leaf("Bucket", &self.bucket);
            xml.leaf("Key", &if urls { url_encoded(&self.key) } else { self.key.clone() });
            xml.leaf("UploadId", &id);
        });
        for name in ["x-amz-checksum-algorithm", "x-amz-checksum-type"] {
            if let Some(value) = self.incoming.fields.text(name) {
                response = response.with_field(name, &value);
            }
        }
        Ok(response)
    }

    /// Stores a part: the content, or a range of another object.
    pub(super) fn put_part(&self) -> Answer {
        let id = self.asked_upload_id()?;
        let number = self.incoming.parameter("partNumber").and_then(|number| number.parse::<u16>().ok());
        let Some(number) = number.filter(|number| (1..=PART_MAX).contains(number)) else {
            let message = "Part number must be an integer between 1 and 10000, inclusive";
            return Err(Failure::new(400, "InvalidArgument", message).with("ArgumentName", "partNumber"));
        };
        let source = self.copy_source();
        let mut part = match &source {
            Some(source) => Object::new(self.dialect(), Fields::new(), self.copied_part(source)?),
            None => {
                let content = self.content()?;
                let mut part = Object::new(self.dialect(), Fields::new(), content.bytes);
                part.checksum = content.checksum;
                part
            }
        };
        part.fields = Fields::new();
        let part = Arc::new(part);
        let change = Change::Part { bucket: self.bucket.clone(), id, number, part: Arc::clone(&part) };
        self.store.change(change).map_err(|error| self.unchanged(&error))?;
        if source.is_some() {
            return Ok(self.copied("CopyPartResult", &part));
        }
        let response = Response::new(200).with_field("ETag", &part.etag);
        Ok(match (self.dialect(), &part.checksum) {
            (Dialect::Oss, _) => response.with_field("x-oss-hash-crc64ecma", &part.crc64.to_string()),
            (Dialect::S3, Some(sum)) => response.with_field(&sum.field, &sum.value),
            (Dialect::S3, None) => response,
        })
    }

    /// Makes the object from the parts that the content names, in their order.
    pub(super) fn complete_upload(&self, view: &View) -> Answer {
        let (id, upload) = self.asked_upload()?;
        let all = self.incoming.fields.text("x-oss-complete-all").as_deref() == Some("yes");
        let numbers: Vec<u16> =
            if all { upload.parts.keys().copied().collect() } else { self.named_parts(&upload)? };
        let parts: Vec<&Arc<Object>> = numbers.iter().filter_map(|number| upload.parts.get(number)).collect();
        let Some((_, but_last)) = parts.split_last() else { return Err(self.malformed_xml()) };
        if let Some(small) = but_last.iter().find(|part| part.body.len() < part_min(self.dialect())) {
            let message = "Your proposed upload smaller than the minimum allowed size.";
            return Err(Failure::new(400, "EntityTooSmall", message)
                .with("MinSizeAllowed", part_min(self.dialect()).to_string())
                .with("ProposedSize", small.body.len().to_string()));
        }
        // Until it is stored, the object is in memory besides its parts: one at a time.
        let _turn = self.store.assembly();
        let length = parts.iter().map(|part| part.body.len()).sum();
        let charge = self.store.budget().take_to_replace(length).ok_or_else(full)?;
        let (mut body, mut digests) = (Vec::with_capacity(length), Vec::new());
        for part in &parts {
            body.extend_from_slice(&part.body);
            digests.extend_from_slice(&md5(&part.body));
        }
        let mut object = Object::new(self.dialect(), upload.fields.clone(), charge.hold(body));
        object.etag = format!("\"{}-{}\"", hexadecimal(self.dialect(), &md5(&digests)), parts.len());
        object.from_parts = true;
        let conditional = self.incoming.fields.contains("if-none-match")
            || self.incoming.fields.text("x-oss-forbid-overwrite").as_deref() == Some("true");
        if conditional && view.object.is_some() {
            return Err(self.precondition_failed());
        }
        let seen = if conditional { Seen::Exactly(None) } else { Seen::Anything };
        let object = Arc::new(object);
        let change = Change::Put {
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            object: Arc::clone(&object),
            seen,
            ends: Some(id),
        };
        self.store.change(change).map_err(|error| self.unchanged(&error))?;
        Ok(self.completed(&object))
    }

    fn completed(&self, object: &Object) -> Response {
        let urls = self.wants_urls();
        let response = self.xml("CompleteMultipartUploadResult", |xml| {
            if urls {
                xml.leaf("EncodingType", "url");
            }
            xml.leaf("Location", &self.location_of(&self.key));
            xml.leaf("Bucket", &self.bucket);
            xml.leaf("Key", &if urls { url_encoded(&self.key) } else { self.key.clone() });
            xml.leaf("ETag", &object.etag);
        });
        match self.dialect() {
            Dialect::Oss => self.stored_as(response, object),
            Dialect::S3 => response,
        }
    }

    /// The numbers of the parts that the content names, each with the tag that it has here.
    fn named_parts(&self, upload: &Upload) -> Result<Vec<u16>, Failure> {
        let root = Some(self.document()?).filter(|root| root.name == "CompleteMultipartUpload");
        let root = root.ok_or_else(|| self.malformed_xml())?;
        let mut numbers: Vec<u16> = Vec::new();
        for part in root.all("Part") {
            let number = part.text_of("PartNumber").and_then(|number| number.trim_ascii().parse().ok());
            let (Some(number), Some(tag)) = (number, part.text_of("ETag")) else {
                return Err(self.malformed_xml());
            };
            if numbers.last().is_some_and(|last| *last >= number) {
                let message = "The list of parts was not in ascending order. Parts list must be specified in \
                               order by part number.";
                return Err(Failure::new(400, "InvalidPartOrder", message));
            }
            let same = |found: &Arc<Object>| {
                found.etag.trim_matches('"').eq_ignore_ascii_case(tag.trim_ascii().trim_matches('"'))
            };
            if !upload.parts.get(&number).is_some_and(same) {
                let message = "One or more of the specified parts could not be found. The part may not have \
                               been uploaded, or the specified entity tag may not match the part's entity tag.";
                return Err(Failure::new(400, "InvalidPart", message)
                    .with("UploadId", self.incoming.parameter("uploadId").unwrap_or_default())
                    .with("PartNumber", number.to_string())
                    .with("ETag", tag));
            }
            numbers.push(number);
        }
        Ok(numbers)
    }

    /// Ends an upload without an object.
    pub(super) fn abort_upload(&self) -> Answer {
        let id = self.asked_upload_id()?;
        let change = Change::Abort { bucket: self.bucket.clone(), id };
        self.store.change(change).map_err(|error| self.unchanged(&error))?;
        Ok(Response::new(204))
    }

    /// The id of the upload that the query names, if it is of this key.
    fn asked_upload_id(&self) -> Result<String, Failure> {
        let id = self.incoming.parameter("uploadId").unwrap_or_default();
        let known = self.store.has_upload(&self.bucket, &id, &self.key);
        if known { Ok(id) } else { Err(self.no_upload(&id)) }
    }

    /// The upload that the query names, if it is of this key.
    pub(super) fn asked_upload(&self) -> Result<(String, Upload), Failure> {
        let id = self.incoming.parameter("uploadId").unwrap_or_default();
        let upload = self.store.upload(&self.bucket, &id).filter(|upload| upload.key == self.key);
        match upload {
            Some(upload) => Ok((id, upload)),
            None => Err(self.no_upload(&id)),
        }
    }
}

fn crc_of(key: &str) -> u64 {
    crate::checksum::crc64(key.as_bytes()) & 0xFFFF_FFFF
}
