use std::time::SystemTime;

use bytes::Bytes;
use crosscheck_core::{
    message::{Fields, Response},
    policy::Dialect,
};

use super::{Call, failure::Answer, range, validate};
use crate::{access::Who, bucket::Object, failure::Failure};

/// Query parameters that take the place of a stored field in one answer.
const OVERRIDES: [(&str, &str); 6] = [
    ("response-cache-control", "Cache-Control"),
    ("response-content-disposition", "Content-Disposition"),
    ("response-content-encoding", "Content-Encoding"),
    ("response-content-language", "Content-Language"),
    ("response-content-type", "Content-Type"),
    ("response-expires", "Expires"),
];

impl Call<'_> {
    /// GET and HEAD of an object: preconditions (RFC 9110 §13.2.2), then the range, then all of it.
    pub(super) fn read_object(&self, object: &Object) -> Answer {
        let request = &self.incoming.fields;
        let mut stored = self.stored_fields(object);
        self.override_fields(&mut stored)?;
        if validate::is_unchanged(request, object) {
            // RFC 9110 §15.4.5: what describes the content itself is left out.
            let kept = stored.iter().filter(|field| !field.name.to_ascii_lowercase().starts_with("content-"));
            let fields = kept.cloned().collect();
            return Ok(Response { status: 304, fields, body: Bytes::new() });
        }
        let mut response = Response { status: 200, fields: stored, body: object.body.clone() };
        let range = request.text("range").filter(|_| validate::range_applies(request, object));
        let Some(range) = range.filter(|_| self.incoming.method == "GET") else { return Ok(response) };
        let size = object.body.len();
        match range::parse(&range, size) {
            range::Asked::Whole => Ok(response),
            range::Asked::Part(part) => {
                response.status = 206;
                response.body = object.body.slice(part.clone());
                for name in ["x-amz-checksum-type"]
                    .into_iter()
                    .chain(object.checksum.as_ref().map(|sum| sum.field.as_str()))
                {
                    // What is said of the whole is not true of a part.
                    response.fields.remove(name);
                }
                let last = part.end.saturating_sub(1);
                Ok(response.with_field("Content-Range", &format!("bytes {}-{last}/{size}", part.start)))
            }
            range::Asked::Unsatisfiable => {
                let failure = Failure::new(416, "InvalidRange", "The requested range cannot be satisfied.")
                    .with("ActualObjectSize", size.to_string())
                    .with("RangeRequested", range);
                Ok(self.failed(&failure).with_field("Content-Range", &format!("bytes */{size}")))
            }
        }
    }

    fn override_fields(&self, fields: &mut Fields) -> Result<(), Failure> {
        if self.incoming.query.is_none() {
            return Ok(());
        }
        for (parameter, name) in OVERRIDES {
            let Some(value) = self.incoming.parameter(parameter).filter(|value| !value.is_empty()) else {
                continue;
            };
            if self.who == Ok(Who::Anybody) && !self.is_unguarded() {
                let message = "Request specific response headers cannot be used for anonymous GET requests.";
                return Err(Failure::new(400, "InvalidRequest", message));
            }
            fields.set(name, value);
        }
        Ok(())
    }

    fn stored_fields(&self, object: &Object) -> Fields {
        let mut fields = object.fields.clone();
        let dialect = self.dialect();
        if !fields.contains("content-type") {
            let usual = match dialect {
                Dialect::Oss => "application/octet-stream",
                Dialect::S3 => "binary/octet-stream",
            };
            fields.push("Content-Type", usual);
        }
        fields.push("ETag", object.etag.clone());
        fields.push("Last-Modified", date(object.modified));
        fields.push("Accept-Ranges", "bytes");
        match dialect {
            Dialect::Oss => {
                fields.push("x-oss-object-type", if object.from_parts { "Multipart" } else { "Normal" });
                fields.push("x-oss-hash-crc64ecma", object.crc64.to_string());
                fields.push("x-oss-storage-class", "Standard");
            }
            Dialect::S3 => {
                let asked = self.incoming.fields.text("x-amz-checksum-mode");
                if let Some(sum) = object.checksum.as_ref().filter(|_| asked.as_deref() == Some("ENABLED")) {
                    fields.push(sum.field.as_str(), sum.value.clone());
                    fields.push("x-amz-checksum-type", "FULL_OBJECT");
                }
            }
        }
        fields
    }
}

/// An HTTP date (RFC 9110 §5.6.7).
fn date(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}
