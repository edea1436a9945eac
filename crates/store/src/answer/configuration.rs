use bytes::Bytes;
use crosscheck_core::{
    message::Response,
    policy::{Dialect, Policy, StoreError, parse_xml_within, write_xml},
};

use super::{
    Call, View,
    failure::{Answer, with_body},
};
use crate::{failure::Failure, store::Change};

impl Call<'_> {
    /// Answers a request for the bucket's rules, `?cors`.
    pub(super) fn configuration(&self, view: &View) -> Answer {
        match self.incoming.method.as_str() {
            "GET" => self.rules(&view.policy),
            "PUT" => self.set_rules(view),
            "DELETE" => {
                // No rules are deleted as well as some.
                let kept = Policy { rules: Vec::new(), ..Policy::clone(&view.policy) };
                self.replace_rules(kept, 204)
            }
            _ => Ok(self.method_not_allowed()),
        }
    }

    fn rules(&self, policy: &Policy) -> Answer {
        let dialect = self.dialect();
        if policy.rules.is_empty() {
            return Err(Failure::from(dialect.no_configuration()).with("BucketName", &self.bucket));
        }
        let response = Response::new(200).with_field("Content-Type", "application/xml");
        Ok(with_body(response, Bytes::from(write_xml(policy, dialect))))
    }

    fn set_rules(&self, view: &View) -> Answer {
        let (dialect, unknowns) = (self.dialect(), &self.store.settings().unknowns);
        let content = self.content()?;
        let max_rules = unknowns.max_rules.unwrap_or(dialect.traits().max_rules);
        let policy = parse_xml_within(&content.bytes, dialect, max_rules)
            .map_err(|error| Failure::from(error.problem.answer(dialect)))?;
        if unknowns.scheme_wildcard_refused {
            let mut origins = policy.rules.iter().flat_map(|rule| &rule.allowed_origins);
            if let Some(origin) = origins.find(|origin| origin.ends_with("://*")) {
                let message = format!("the origin {origin:?} is a wildcard behind a scheme");
                let error = StoreError::new(400, "InvalidArgument", message);
                let error = if dialect == Dialect::Oss { error.with_ec("0034-00000009") } else { error };
                return Err(error.into());
            }
        }
        // The XML has no word for credentials: what was provisioned or set stays.
        let allow_credentials = view.policy.allow_credentials || unknowns.allow_credentials;
        self.replace_rules(Policy { allow_credentials, ..policy }, 200)
    }

    fn replace_rules(&self, policy: Policy, status: u16) -> Answer {
        let change = Change::Policy { bucket: self.bucket.clone(), policy: policy.into() };
        self.store.change(change).map_err(|error| self.unchanged(&error))?;
        Ok(Response::new(status))
    }
}
