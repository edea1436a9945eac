use std::time::SystemTime;

use bytes::Bytes;
use quick_xml::escape::escape;

use super::{Call, range, validate};
use crate::{
    message::{Fields, Response},
    policy::StoreError,
    reference::{bucket::Object, store::ProvisionError},
};

/// Request fields that are stored with an object, by name or by the beginning of it.
const STORED: [&str; 6] = [
    "cache-control",
    "content-type",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
];
const STORED_PREFIXES: [&str; 2] = ["x-oss-meta-", "x-amz-meta-"];

/// How many keys a listing has.
const LISTED_MAX: usize = 1000;

impl Call<'_> {
    /// GET and HEAD of an object: preconditions (RFC 9110 §13.2.2), then the range, then all of it.
    pub(super) fn read_object(&self, object: &Object) -> Response {
        let request = &self.incoming.fields;
        let stored = stored_fields(object);
        if validate::is_unchanged(request, object) {
            // RFC 9110 §15.4.5: what describes the content itself is left out.
            let kept = stored.iter().filter(|field| !field.name.to_ascii_lowercase().starts_with("content-"));
            let fields = kept.map(|field| (field.name.clone(), field.value.clone())).collect();
            return Response { status: 304, fields, body: Bytes::new() };
        }
        let mut response = Response { status: 200, fields: stored, body: object.body.clone() };
        if self.incoming.method != "GET" || !validate::range_applies(request, object) {
            return response;
        }
        let Some(range) = request.text("range") else { return response };
        let size = object.body.len();
        match range::parse(&range, size) {
            range::Asked::Whole => response,
            range::Asked::Part(part) => {
                response.status = 206;
                response.body = object.body.slice(part.clone());
                let last = part.end.saturating_sub(1);
                response.with_field("Content-Range", &format!("bytes {}-{last}/{size}", part.start))
            }
            range::Asked::Unsatisfiable => self
                .error(&StoreError::new(416, "InvalidRange", "The requested range cannot be satisfied."))
                .with_field("Content-Range", &format!("bytes */{size}")),
        }
    }

    /// PUT and POST of an object: the content takes the place of what was there.
    pub(super) fn write_object(&self) -> Response {
        let kept = self.incoming.fields.iter().filter(|field| {
            let name = field.name.to_ascii_lowercase();
            STORED.contains(&name.as_str()) || STORED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        });
        let fields: Fields = kept.map(|field| (field.name.clone(), field.value.clone())).collect();
        match self.store.keep_object(&self.bucket, &self.key, fields, self.incoming.body.clone()) {
            Ok(etag) => Response::new(200).with_field("ETag", &etag),
            Err(ProvisionError::Full) => {
                self.error(&StoreError::new(507, "InsufficientStorage", "The store is full."))
            }
            Err(_) => self.without_bucket(),
        }
    }

    /// The bucket's keys as XML.
    pub(super) fn listing(&self) -> Response {
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult><Name>{}</Name>\
             <MaxKeys>{LISTED_MAX}</MaxKeys>",
            escape(self.bucket.as_str())
        );
        for (key, size) in self.store.keys(&self.bucket, LISTED_MAX) {
            let key = escape(key.as_str());
            xml.push_str(&format!("<Contents><Key>{key}</Key><Size>{size}</Size></Contents>"));
        }
        xml.push_str("</ListBucketResult>");
        let mut response = Response::new(200).with_field("Content-Type", "application/xml");
        response.body = Bytes::from(xml);
        response
    }
}

fn stored_fields(object: &Object) -> Fields {
    let mut fields = object.fields.clone();
    if !fields.contains("content-type") {
        fields.push("Content-Type", "application/octet-stream");
    }
    fields.push("ETag", object.etag.clone());
    fields.push("Last-Modified", date(object.modified));
    fields.push("Accept-Ranges", "bytes");
    fields
}

/// An HTTP date (RFC 9110 §5.6.7).
fn date(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}
