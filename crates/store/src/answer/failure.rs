use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use crosscheck_core::{
    message::Response,
    policy::{Dialect, StoreError},
};

use super::Call;
use crate::{failure::Failure, store::ProvisionError, xml::Xml};

/// What a handler gives.
pub(super) type Answer = Result<Response, Failure>;

impl Call<'_> {
    /// An error in the XML that clients of object stores read.
    pub(super) fn error(&self, error: &StoreError) -> Response {
        self.failed(&Failure::from(error.clone()))
    }

    /// The same with what the vendor tells besides.
    pub(super) fn failed(&self, failure: &Failure) -> Response {
        let error = &failure.error;
        let host = self.place.own.split_once("://").map_or("", |(_, host)| host);
        let document = Xml::document("Error", None, |xml| {
            xml.leaf("Code", error.code);
            xml.leaf("Message", &error.message);
            for (name, value) in &failure.details {
                xml.leaf(name, value);
            }
            xml.leaf("RequestId", &self.request_id);
            xml.leaf("HostId", host);
            if let Some(ec) = error.ec {
                xml.leaf("EC", ec);
                xml.leaf("RecommendDoc", &format!("https://api.aliyun.com/troubleshoot?q={ec}"));
            }
        });
        let mut response = Response::new(error.status).with_field("Content-Type", "application/xml");
        if let Some(ec) = error.ec {
            response = response.with_field("x-oss-ec", ec);
        }
        if self.incoming.method == "HEAD" && self.dialect() == Dialect::Oss {
            // An answer to HEAD has no content, so that OSS says it in a field.
            response = response.with_field("x-oss-err", &STANDARD.encode(&document));
        }
        response.body = document;
        response
    }

    /// Why the store did not take a change.
    pub(super) fn unchanged(&self, error: &ProvisionError) -> Failure {
        match error {
            ProvisionError::NoBucket(_) => self.no_bucket(),
            ProvisionError::NoUpload(id) => self.no_upload(id),
            ProvisionError::NotEmpty(name) => {
                Failure::new(409, "BucketNotEmpty", "The bucket you tried to delete is not empty.")
                    .with("BucketName", name)
            }
            ProvisionError::Changed(_) => self.precondition_failed(),
            ProvisionError::Full { .. } => full(),
            ProvisionError::Disk(error) => Failure::new(500, "InternalError", error),
            ProvisionError::BucketName(_) | ProvisionError::Field { .. } => {
                Failure::new(400, "InvalidArgument", error.to_string())
            }
        }
    }

    pub(super) fn no_bucket(&self) -> Failure {
        Failure::new(404, "NoSuchBucket", "The specified bucket does not exist.")
            .with("BucketName", &self.bucket)
            .with_ec(self.dialect(), "0015-00000101")
    }

    pub(super) fn no_key(&self) -> Failure {
        Failure::new(404, "NoSuchKey", "The specified key does not exist.")
            .with("Key", &self.key)
            .with_ec(self.dialect(), "0026-00000001")
    }

    pub(super) fn no_upload(&self, id: &str) -> Failure {
        Failure::new(
            404,
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
             aborted or completed.",
        )
        .with("UploadId", id)
    }

    pub(super) fn precondition_failed(&self) -> Failure {
        let failure = Failure::new(
            412,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold.",
        );
        let fields = &self.incoming.fields;
        let names = ["If-Match", "If-None-Match", "If-Unmodified-Since", "If-Modified-Since"];
        match names.into_iter().find(|name| fields.contains(name)) {
            Some(name) => failure.with("Condition", name),
            None => failure,
        }
    }

    pub(super) fn malformed_xml(&self) -> Failure {
        Failure::new(
            400,
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema.",
        )
    }

    pub(super) fn not_implemented(&self, what: &str) -> Failure {
        Failure::new(
            501,
            "NotImplemented",
            "A header or query you provided implies functionality that is not implemented.",
        )
        .with("Resource", what)
    }

    /// An answer whose content is XML.
    pub(super) fn xml(&self, root: &str, inside: impl FnOnce(&mut Xml)) -> Response {
        let mut response = Response::new(200).with_field("Content-Type", "application/xml");
        response.body = Xml::document(root, self.dialect().traits().namespace, inside);
        response
    }
}

/// Refuses what the store has no room for.
pub(super) fn full() -> Failure {
    Failure::new(507, "InsufficientStorage", "The store is full.")
}

/// An answer with this content.
pub(super) fn with_body(mut response: Response, body: Bytes) -> Response {
    response.body = body;
    response
}
