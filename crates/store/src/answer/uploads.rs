use crosscheck_core::policy::Dialect;

use super::{Call, failure::Answer, listing::url_encoded};
use crate::access;

/// How many entries these lists have at most.
const LISTED_MAX: usize = 1000;

impl Call<'_> {
    /// The parts of an upload so far.
    pub(super) fn list_parts(&self) -> Answer {
        let (id, upload) = self.asked_upload()?;
        let number = |name: &str| self.incoming.parameter(name).and_then(|text| text.parse::<usize>().ok());
        let (after, most) = (number("part-number-marker").unwrap_or(0), number("max-parts"));
        let most = most.unwrap_or(LISTED_MAX).min(LISTED_MAX);
        let mut listed = upload.parts.iter().filter(|(number, _)| usize::from(**number) > after);
        let page: Vec<_> = listed.by_ref().take(most).collect();
        let truncated = listed.next().is_some();
        let urls = self.wants_urls();
        Ok(self.xml("ListPartsResult", |xml| {
            if urls {
                xml.leaf("EncodingType", "url");
            }
            xml.leaf("Bucket", &self.bucket);
            xml.leaf("Key", &if urls { url_encoded(&self.key) } else { self.key.clone() });
            xml.leaf("UploadId", &id);
            xml.leaf("StorageClass", if self.dialect() == Dialect::Oss { "Standard" } else { "STANDARD" });
            xml.leaf("PartNumberMarker", &after.to_string());
            let last = page.last().map_or(0, |(number, _)| **number);
            xml.leaf("NextPartNumberMarker", &last.to_string());
            xml.leaf("MaxParts", &most.to_string());
            xml.leaf("IsTruncated", if truncated { "true" } else { "false" });
            for (number, part) in &page {
                xml.node("Part", |xml| {
                    xml.leaf("PartNumber", &number.to_string());
                    xml.leaf("LastModified", &access::date(part.modified));
                    xml.leaf("ETag", &part.etag);
                    xml.leaf("Size", &part.body.len().to_string());
                    if self.dialect() == Dialect::Oss {
                        xml.leaf("HashCrc64ecma", &part.crc64.to_string());
                    }
                });
            }
        }))
    }

    /// The uploads of the bucket that are under way.
    pub(super) fn list_uploads(&self) -> Answer {
        let parameter = |name: &str| self.incoming.parameter(name).unwrap_or_default();
        let (prefix, key_marker, id_marker) =
            (parameter("prefix"), parameter("key-marker"), parameter("upload-id-marker"));
        let most = parameter("max-uploads").parse::<usize>().unwrap_or(LISTED_MAX).min(LISTED_MAX);
        let found = self.store.uploads(&self.bucket);
        let mut listed = found.iter().filter(|(id, key, _)| {
            let after = key > &key_marker || (key == &key_marker && !id_marker.is_empty() && id > &id_marker);
            key.starts_with(&prefix) && (key_marker.is_empty() || after)
        });
        let page: Vec<_> = listed.by_ref().take(most).collect();
        let truncated = listed.next().is_some();
        let urls = self.wants_urls();
        let text = |text: &str| if urls { url_encoded(text) } else { text.to_owned() };
        Ok(self.xml("ListMultipartUploadsResult", |xml| {
            xml.leaf("Bucket", &self.bucket);
            if urls {
                xml.leaf("EncodingType", "url");
            }
            xml.leaf("Prefix", &text(&prefix));
            xml.leaf("KeyMarker", &text(&key_marker));
            xml.leaf("UploadIdMarker", &id_marker);
            // Clients look for both, whether or not there is more.
            let last = page.last().filter(|_| truncated);
            xml.leaf("NextKeyMarker", &last.map(|(_, key, _)| text(key)).unwrap_or_default());
            xml.leaf("NextUploadIdMarker", last.map_or("", |(id, _, _)| id.as_str()));
            xml.leaf("MaxUploads", &most.to_string());
            xml.leaf("IsTruncated", if truncated { "true" } else { "false" });
            for (id, key, initiated) in &page {
                xml.node("Upload", |xml| {
                    xml.leaf("Key", &text(key));
                    xml.leaf("UploadId", id);
                    xml.leaf(
                        "StorageClass",
                        if self.dialect() == Dialect::Oss { "Standard" } else { "STANDARD" },
                    );
                    xml.leaf("Initiated", &access::date(*initiated));
                });
            }
        }))
    }
}
