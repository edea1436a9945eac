use bytes::Bytes;

use super::{Call, View};
use crate::{
    message::Response,
    policy::{Policy, StoreError, parse_xml, write_xml},
};

impl Call<'_> {
    /// Answers a request for the bucket itself: its rules as `?cors`, or its keys.
    pub(super) fn of_bucket_itself(&self, view: &View) -> Response {
        let method = self.incoming.method.as_str();
        if self.incoming.asks_for("cors") {
            return match method {
                "GET" => self.rules(&view.policy),
                "PUT" => self.set_rules(view),
                "DELETE" => {
                    // No rules are deleted as well as some.
                    let kept = Policy { rules: Vec::new(), ..Policy::clone(&view.policy) };
                    self.replace_rules(kept, 204)
                }
                _ => self.method_not_allowed(),
            };
        }
        match method {
            "GET" | "HEAD" => self.listing(),
            // The bucket is there already.
            "PUT" => Response::new(200),
            "POST" => Response::new(204),
            "DELETE" => self.error(&StoreError::new(
                409,
                "BucketNotEmpty",
                "The bucket you tried to delete is not empty.",
            )),
            _ => self.method_not_allowed(),
        }
    }

    fn rules(&self, policy: &Policy) -> Response {
        let dialect = self.store.dialect();
        if policy.rules.is_empty() {
            return self.error(&dialect.no_configuration());
        }
        let mut response = Response::new(200).with_field("Content-Type", "application/xml");
        response.body = Bytes::from(write_xml(policy, dialect));
        response
    }

    fn set_rules(&self, view: &View) -> Response {
        match parse_xml(&self.incoming.body, self.store.dialect()) {
            // The XML has no word for credentials: what was provisioned stays.
            Ok(policy) => {
                let allow_credentials = view.policy.allow_credentials;
                self.replace_rules(Policy { allow_credentials, ..policy }, 200)
            }
            Err(error) => self.error(&error.problem.answer(self.store.dialect())),
        }
    }

    fn replace_rules(&self, policy: Policy, status: u16) -> Response {
        match self.store.put_policy(&self.bucket, policy) {
            Ok(()) => Response::new(status),
            Err(_) => self.without_bucket(),
        }
    }
}
