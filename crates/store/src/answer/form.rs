use std::time::SystemTime;

use crosscheck_core::{
    message::{Fields, Response},
    policy::Dialect,
    signature::{PostClaim, PostError, Terms},
};

use super::{
    Call, View,
    content::slow_down,
    failure::{Answer, with_body},
    listing::url_encoded,
    policy_check::{self, Forbidden},
};
use crate::{
    access,
    acl::Act,
    bucket::Object,
    failure::Failure,
    form::{self, Form, FormError},
    locate::Style,
    xml::Xml,
};

/// What stands in a form's key for the name of the file.
const FILE_NAME: &str = "${filename}";

impl Call<'_> {
    /// Whether it is a form upload, as a browser's form or `FormData` sends it.
    pub(super) fn is_form(&self) -> bool {
        let content_type = self.incoming.fields.text("content-type").unwrap_or_default();
        self.incoming.method == "POST"
            && self.key.is_empty()
            && content_type.to_ascii_lowercase().starts_with("multipart/form-data")
    }

    /// Whether anybody may do everything in this bucket.
    pub(super) fn is_unguarded(&self) -> bool {
        self.store.view(&self.bucket, "").is_some_and(|view| view.acl.is_none())
    }

    /// POST of a form to a bucket: the file becomes an object, if the form's policy allows it or
    /// anybody may write.
    pub(super) fn post_form(&self, view: &View) -> Answer {
        let content_type = self.incoming.fields.text("content-type").unwrap_or_default();
        let boundary = form::boundary(&content_type).ok_or_else(|| no_form(FormError::Malformed))?;
        let mut form = self.read_form(boundary)?;
        let Some(key) = form.fields.text("key").filter(|key| !key.is_empty()) else {
            let message = "Bucket POST must contain a field named 'key'.  If it is specified, please check the \
                           order of the fields.";
            return Err(Failure::new(400, "InvalidArgument", message).with("ArgumentName", "key"));
        };
        // Fields are text; what is no UTF-8 stays as it came.
        let key = match form.fields.get("key").map(|key| String::from_utf8(key.to_vec())) {
            Some(Ok(key)) => key,
            _ => key,
        };
        // Its length is known before it is made: a name in many places grows without end.
        let places = key.matches(FILE_NAME).count();
        let length = (key.len() - places * FILE_NAME.len())
            .saturating_add(places.saturating_mul(form.file_name.len()));
        self.check_length(length)?;
        let key = key.replace(FILE_NAME, &form.file_name);
        form.fields.set("key", key.clone());
        self.may_post(view, &form)?;
        let object = self.store_object_of(view, &key, &form)?;
        Ok(self.posted(&key, &form.fields, &object))
    }

    /// The form in the request's content, whose file is copied out of it.
    fn read_form(&self, boundary: String) -> Result<Form, Failure> {
        self.taken()?;
        let content = &self.incoming.body;
        // The reader has a buffer besides the file.
        let charge = self.store.budget().take(content.len().saturating_mul(2)).ok_or_else(slow_down)?;
        let mut form = form::read(content, boundary).map_err(no_form)?;
        form.file = charge.hold(std::mem::take(&mut form.file).into());
        Ok(form)
    }

    fn may_post(&self, view: &View, form: &Form) -> Result<(), Failure> {
        let (dialect, now) = (self.dialect(), SystemTime::now());
        let told = |error: &PostError| match error {
            PostError::Signature(error) => access::refused(dialect, error, now),
            error => Failure::new(400, "InvalidArgument", format!("{error}.")),
        };
        let Some(claim) = PostClaim::read(&form.fields).map_err(|error| told(&error))? else {
            let anybody = view.acl.is_none_or(|acl| acl.permits_anybody(Act::Write));
            return if anybody { Ok(()) } else { Err(access::denied(dialect, Act::Write).into()) };
        };
        let key = self.store.key(&claim.key_id).ok_or_else(|| access::unknown_key(dialect, &claim.key_id))?;
        let policy = claim.verify(key, &Terms::at(now)).map_err(|error| told(&error))?;
        let length = form.file.len() as u64;
        policy_check::check(&policy, dialect, &form.fields, &self.bucket, length, now)
            .map_err(|forbidden| forbids(dialect, &forbidden, length))
    }

    fn store_object_of(
        &self,
        view: &View,
        key: &str,
        form: &Form,
    ) -> Result<std::sync::Arc<Object>, Failure> {
        let mut fields = self.stored(&form.fields)?;
        if let Some(own) = form.fields.text("x-oss-content-type") {
            fields.set("Content-Type", own);
        }
        if let Some(own) = form.file_type.as_ref().filter(|_| !fields.contains("content-type")) {
            fields.push("Content-Type", own.clone());
        }
        let object = Object::new(self.dialect(), fields, form.file.clone());
        // What is in the bucket under the empty key says nothing of the key that is written.
        let there = self.store.view(&self.bucket, key);
        self.store_object(there.as_ref().unwrap_or(view), key, object)
    }

    /// What a form is answered that was taken: a redirect, or the status that it asks for.
    fn posted(&self, key: &str, form: &Fields, object: &Object) -> Response {
        let location = self.location_of(key);
        let redirect = form.text("success_action_redirect").or_else(|| form.text("redirect"));
        let redirect = redirect.and_then(|redirect| url::Url::parse(&redirect).ok());
        if let Some(mut redirect) = redirect {
            redirect
                .query_pairs_mut()
                .append_pair("bucket", &self.bucket)
                .append_pair("key", key)
                .append_pair("etag", &object.etag);
            return self.stored_as(Response::new(303).with_field("Location", redirect.as_str()), object);
        }
        let status = match form.text("success_action_status").as_deref() {
            Some("200") => 200,
            Some("201") => 201,
            _ => 204,
        };
        let mut response = Response::new(status);
        if status == 201 {
            let document = Xml::document("PostResponse", None, |xml| {
                xml.leaf("Bucket", &self.bucket);
                xml.leaf("Location", &location);
                xml.leaf("Key", key);
                xml.leaf("ETag", &object.etag);
            });
            response = with_body(response.with_field("Content-Type", "application/xml"), document);
        }
        self.stored_as(response.with_field("Location", &location), object)
    }

    /// The URL of a key, in the style of the request.
    pub(super) fn location_of(&self, key: &str) -> String {
        let scheme = self.place.own.split_once("://").map_or("http", |(scheme, _)| scheme);
        let host = self.incoming.host();
        let key = url_encoded(key);
        match self.style {
            Style::VirtualHosted => format!("{scheme}://{host}/{key}"),
            Style::Path => format!("{scheme}://{host}/{}/{key}", self.bucket),
        }
    }
}

fn no_form(error: FormError) -> Failure {
    match error {
        FormError::Malformed => Failure::new(
            400,
            "MalformedPOSTRequest",
            "The body of your POST request is not well-formed multipart/form-data.",
        ),
        FormError::FieldsTooLong => Failure::new(
            400,
            "MaxPOSTPreDataLengthExceeded",
            "Your POST request fields preceding the upload file were too large.",
        ),
        FormError::NoFile => {
            Failure::new(400, "InvalidArgument", "POST requires exactly one file upload per request.")
                .with("ArgumentName", "file")
        }
    }
}

fn forbids(dialect: Dialect, forbidden: &Forbidden, length: u64) -> Failure {
    let denied = |message: String| {
        Failure::new(403, "AccessDenied", format!("Invalid according to Policy: {message}"))
    };
    match forbidden {
        Forbidden::Document(why) => {
            Failure::new(400, "InvalidPolicyDocument", format!("Invalid Policy: {why}"))
        }
        Forbidden::Expired => denied("Policy expired.".to_owned()),
        Forbidden::Condition(condition) => {
            denied(format!("Policy Condition failed: {condition}")).with_ec(dialect, "0006-00000227")
        }
        Forbidden::Extra(name) => denied(format!("Extra input fields: {name}")),
        Forbidden::TooLong(most) => {
            Failure::new(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
                .with("MaxSizeAllowed", most.to_string())
                .with("ProposedSize", length.to_string())
        }
        Forbidden::TooShort(least) => Failure::new(
            400,
            "EntityTooSmall",
            "Your proposed upload is smaller than the minimum allowed size",
        )
        .with("MinSizeAllowed", least.to_string())
        .with("ProposedSize", length.to_string()),
    }
}
