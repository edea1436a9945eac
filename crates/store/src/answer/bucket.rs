use crosscheck_core::{message::Response, policy::Dialect};

use super::{Call, View, failure::Answer};
use crate::{access, acl::Acl, failure::Failure, store::Change};

impl Call<'_> {
    /// Answers a request for the bucket itself: what belongs to it, or its keys.
    pub(super) fn of_bucket_itself(&self, view: &View) -> Answer {
        let incoming = self.incoming;
        let method = incoming.method.as_str();
        if incoming.asks_for("cors") {
            return self.configuration(view);
        }
        match method {
            "GET" if incoming.asks_for("acl") => Ok(self.acl_of_bucket(view)),
            "PUT" if incoming.asks_for("acl") => self.set_acl(),
            "GET" if incoming.asks_for("location") => Ok(self.location()),
            "GET" if incoming.asks_for("bucketInfo") => Ok(self.information(view)),
            "GET" if incoming.asks_for("stat") => Ok(self.statistics()),
            "GET" if incoming.asks_for("versioning") => Ok(self.xml("VersioningConfiguration", |_| {})),
            "GET" if incoming.asks_for("uploads") => self.list_uploads(),
            "GET" => self.list_objects(),
            "HEAD" => Ok(self.head_bucket()),
            "POST" if incoming.asks_for("delete") => self.delete_objects(),
            "POST" if self.is_form() => self.post_form(view),
            // Case buckets take anything.
            "POST" if view.acl.is_none() => Ok(Response::new(204)),
            "PUT" => self.create_again(view),
            "DELETE" => self.delete_bucket(),
            _ => Ok(self.method_not_allowed()),
        }
    }

    /// Answers a request for a bucket that is not there.
    pub(super) fn of_no_bucket(&self) -> Answer {
        let plain = self.key.is_empty() && !self.incoming.asks_for("cors") && !self.incoming.asks_for("acl");
        if self.incoming.method == "PUT" && plain {
            self.owner()?;
            return self.create_bucket();
        }
        Err(self.no_bucket())
    }

    fn create_bucket(&self) -> Answer {
        if !is_bucket_name(&self.bucket, self.dialect()) {
            let message = "The specified bucket is not valid.";
            return Err(Failure::new(400, "InvalidBucketName", message).with("BucketName", &self.bucket));
        }
        let acl = self.asked_acl()?.unwrap_or_default();
        self.content()?;
        let change = Change::Create { bucket: self.bucket.clone(), acl: Some(acl) };
        self.store.change(change).map_err(|error| self.unchanged(&error))?;
        Ok(Response::new(200).with_field("Location", &format!("/{}", self.bucket)))
    }

    /// Creating a bucket that one owns already: OSS takes the access control list that comes with
    /// it, S3 refuses outside its first region.
    fn create_again(&self, view: &View) -> Answer {
        if view.acl.is_none() {
            return Ok(Response::new(200));
        }
        match self.dialect() {
            Dialect::Oss => {
                if let Some(acl) = self.asked_acl()? {
                    self.replace_acl(acl)?;
                }
                Ok(Response::new(200).with_field("Location", &format!("/{}", self.bucket)))
            }
            Dialect::S3 if self.store.settings().region == "us-east-1" => {
                Ok(Response::new(200).with_field("Location", &format!("/{}", self.bucket)))
            }
            Dialect::S3 => Err(Failure::new(
                409,
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
            )
            .with("BucketName", &self.bucket)),
        }
    }

    fn delete_bucket(&self) -> Answer {
        let change = Change::Drop { bucket: self.bucket.clone() };
        self.store.change(change).map_err(|error| self.unchanged(&error))?;
        Ok(Response::new(204))
    }

    fn head_bucket(&self) -> Response {
        let response = Response::new(200);
        match self.dialect() {
            Dialect::Oss => response,
            Dialect::S3 => response.with_field("x-amz-bucket-region", &self.store.settings().region),
        }
    }

    fn location(&self) -> Response {
        let region = self.store.settings().region.clone();
        let location = match self.dialect() {
            Dialect::Oss => format!("oss-{region}"),
            Dialect::S3 if region == "us-east-1" => String::new(),
            Dialect::S3 => region,
        };
        self.xml("LocationConstraint", |xml| xml.text(&location))
    }

    fn information(&self, view: &View) -> Response {
        self.xml("BucketInfo", |xml| {
            xml.node("Bucket", |xml| {
                xml.leaf("Name", &self.bucket);
                xml.leaf("CreationDate", &access::date(view.created));
                self.place_elements(xml);
                self.owner_element(xml);
                xml.node("AccessControlList", |xml| xml.leaf("Grant", view.acl.unwrap_or_default().name()));
                xml.leaf("DataRedundancyType", "LRS");
                xml.leaf("Versioning", "");
            });
        })
    }

    fn statistics(&self) -> Response {
        let (objects, bytes) = self.store.size(&self.bucket);
        let uploads = self.store.upload_count(&self.bucket);
        self.xml("BucketStat", |xml| {
            xml.leaf("Storage", &bytes.to_string());
            xml.leaf("ObjectCount", &objects.to_string());
            xml.leaf("MultipartUploadCount", &uploads.to_string());
        })
    }

    fn acl_of_bucket(&self, view: &View) -> Response {
        // Where anybody may do everything, the nearest word for it.
        self.acl_element(view.acl.unwrap_or(Acl::PublicReadWrite))
    }

    /// An object has no access control list of its own.
    pub(super) fn acl_of_object(&self) -> Response {
        match self.dialect() {
            Dialect::Oss => self.xml("AccessControlPolicy", |xml| {
                self.owner_element(xml);
                xml.node("AccessControlList", |xml| xml.leaf("Grant", "default"));
            }),
            Dialect::S3 => self.acl_element(Acl::Private),
        }
    }

    fn acl_element(&self, acl: Acl) -> Response {
        self.xml("AccessControlPolicy", |xml| {
            self.owner_element(xml);
            xml.node("AccessControlList", |xml| match self.dialect() {
                Dialect::Oss => xml.leaf("Grant", acl.name()),
                Dialect::S3 => {
                    let owner = self.store.owner();
                    xml.grant("CanonicalUser", &[("ID", owner), ("DisplayName", owner)], "FULL_CONTROL");
                    let group = [("URI", "http://acs.amazonaws.com/groups/global/AllUsers")];
                    if acl != Acl::Private {
                        xml.grant("Group", &group, "READ");
                    }
                    if acl == Acl::PublicReadWrite {
                        xml.grant("Group", &group, "WRITE");
                    }
                }
            });
        })
    }

    fn set_acl(&self) -> Answer {
        match self.asked_acl()? {
            Some(acl) => {
                self.replace_acl(acl)?;
                Ok(Response::new(200))
            }
            // Single grants, which only S3 has.
            None => Err(self.not_implemented("acl")),
        }
    }

    fn replace_acl(&self, acl: Acl) -> Result<(), Failure> {
        let change = Change::Acl { bucket: self.bucket.clone(), acl };
        self.store.change(change).map_err(|error| self.unchanged(&error))
    }

    /// The access control list that a request names in its fields.
    fn asked_acl(&self) -> Result<Option<Acl>, Failure> {
        let fields = &self.incoming.fields;
        let Some(name) = fields.text("x-oss-acl").or_else(|| fields.text("x-amz-acl")) else {
            return Ok(None);
        };
        name.parse().map(Some).map_err(|_| {
            Failure::new(400, "InvalidArgument", "no such bucket access control exists.")
                .with("ArgumentName", "acl")
                .with("ArgumentValue", name)
        })
    }
}

/// Whether a bucket may have this name: 3 to 63 lower-case letters, digits and hyphens, in S3 also
/// dots, with a letter or digit at both ends.
fn is_bucket_name(name: &str, dialect: Dialect) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inner = |byte: u8| plain(byte) || byte == b'-' || (byte == b'.' && dialect == Dialect::S3);
    let ends = [name.bytes().next(), name.bytes().next_back()];
    (3..=63).contains(&name.len())
        && name.bytes().all(inner)
        && ends.into_iter().flatten().all(plain)
        && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_buckets() {
        let rows = [
            ("bkt", true, true),
            ("a-1", true, true),
            ("ab", false, false),
            ("-ab", false, false),
            ("ab-", false, false),
            ("Abc", false, false),
            ("a_b", false, false),
            ("a.b", false, true),
            ("a..b", false, false),
        ];
        for (name, oss, s3) in rows {
            let seen = (is_bucket_name(name, Dialect::Oss), is_bucket_name(name, Dialect::S3));
            assert_eq!(seen, (oss, s3), "{name}");
        }
        assert!(!is_bucket_name(&"a".repeat(64), Dialect::Oss));
    }
}
