use crosscheck_core::{
    message::Response,
    policy::{Question, StoreError},
};

use super::{Asked, Call, View, failure::Answer, told, validate};
use crate::{
    access::{self, Who},
    acl::Act,
};

/// Subresources that belong to a bucket or object itself, so that only an owner sees them.
const CONFIGURATION: [&str; 8] =
    ["acl", "cors", "location", "bucketInfo", "stat", "uploads", "uploadId", "versioning"];

/// Subresources of OSS and S3 that this store has no words for.
const UNKNOWN: [&str; 30] = [
    "accelerate",
    "analytics",
    "append",
    "attributes",
    "callback",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "live",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "referer",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "symlink",
    "tagging",
    "torrent",
    "versions",
    "website",
];

impl Call<'_> {
    /// Answers an actual request. The rules decide about its CORS fields only: it is executed
    /// and answered whatever its origin, if its sender may.
    pub(super) fn actual(&self, view: &View) -> Response {
        let dialect = self.dialect();
        // An OPTIONS request reaches this only for an application's path, and is then a request
        // like any other.
        let mut question = self.seams.read(dialect, self.incoming).unwrap_or_else(|_| {
            let origin = self.incoming.fields.get("origin");
            Question { origin, ..Question::actual("", self.incoming.method.as_str()) }
        });
        let refused = self.refused(view);
        if refused.is_some() && !self.store.settings().unknowns.cors_on_denied(dialect) {
            // Whoever is refused before the rules are asked gets what a request without `Origin`
            // gets: OSS's `Vary`.
            question.origin = None;
        }
        let ruling = self.judge(&view.policy, &question);
        let asked = Asked {
            policy: &view.policy,
            incoming: self.incoming,
            allowed: ruling.allowed(),
            preflight: false,
        };
        let mut response = if self.seams.refuses(&asked) {
            self.error(&StoreError::new(403, "AccessDenied", "Invalid CORS request"))
        } else {
            let answer = refused.map_or_else(|| self.executed(view), Err);
            answer.unwrap_or_else(|failure| self.failed(&failure))
        };
        self.rule(&mut response, ruling.fields, &asked);
        response
    }

    /// Why who asks may not do it.
    fn refused(&self, view: &View) -> Option<super::Failure> {
        let who = match &self.who {
            Ok(who) => who,
            Err(failure) => return Some(failure.clone()),
        };
        let (Who::Anybody, Some(acl)) = (who, view.acl) else { return None };
        let act = self.act();
        // The policy of a form says for itself who may upload.
        if act == Act::Write && self.is_form() {
            return None;
        }
        (!acl.permits_anybody(act)).then(|| access::denied(self.dialect(), act).into())
    }

    fn act(&self) -> Act {
        let configures = CONFIGURATION.iter().any(|name| self.incoming.asks_for(name));
        match self.incoming.method.as_str() {
            "GET" | "HEAD" if configures => Act::Configure,
            "GET" | "HEAD" => Act::Read,
            "POST" => Act::Write,
            _ if self.key.is_empty() || self.incoming.asks_for("acl") => Act::Configure,
            _ => Act::Write,
        }
    }

    fn executed(&self, view: &View) -> Answer {
        self.taken()?;
        if let Some(route) = &view.route {
            return Ok(route.run());
        }
        if view.acl.is_some()
            && let Some(unknown) = UNKNOWN.iter().find(|name| self.incoming.asks_for(name))
        {
            return Err(self.not_implemented(unknown));
        }
        if self.key.is_empty() {
            return self.of_bucket_itself(view);
        }
        let incoming = self.incoming;
        match incoming.method.as_str() {
            "GET" if incoming.asks_for("uploadId") => self.list_parts(),
            "GET" if incoming.asks_for("acl") => Ok(self.acl_of_object()),
            "PUT" if incoming.asks_for("acl") => Err(self.not_implemented("acl")),
            "GET" | "HEAD" => match &view.object {
                Some(object) if validate::is_other(&incoming.fields, Some(object)) => {
                    Err(self.precondition_failed())
                }
                Some(object) => self.read_object(object),
                None => Err(self.no_key()),
            },
            "POST" if incoming.asks_for("uploads") => self.begin_upload(),
            "POST" if incoming.asks_for("uploadId") => self.complete_upload(view),
            "DELETE" if incoming.asks_for("uploadId") => self.abort_upload(),
            "PUT" if incoming.asks_for("uploadId") => self.put_part(),
            "PUT" | "POST" | "DELETE" if self.is_unwanted(view) => Err(self.precondition_failed()),
            "PUT" => self.write_object(view),
            // An application takes a POST as it likes; a store has no such operation.
            "POST" if view.acl.is_none() => self.write_object(view),
            "DELETE" => self.delete_object(),
            _ => Ok(self.method_not_allowed()),
        }
    }

    /// Whether a write is only wanted in another state of the object (RFC 9110 §13.2.2).
    fn is_unwanted(&self, view: &View) -> bool {
        let (request, object) = (&self.incoming.fields, view.object.as_deref());
        validate::is_other(request, object)
            || (request.contains("if-none-match")
                && object.is_some_and(|object| validate::is_unchanged(request, object)))
    }

    pub(super) fn method_not_allowed(&self) -> Response {
        self.error(&told(
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        ))
        .with_field("Allow", "GET, HEAD, PUT, POST, DELETE")
    }
}
