use super::{Asked, Call, View, validate};
use crate::{
    message::Response,
    policy::{Question, StoreError},
};

impl Call<'_> {
    /// Answers an actual request. The rules decide about its CORS fields only: it is executed
    /// and answered whoever asks.
    pub(super) fn actual(&self, view: &View) -> Response {
        let dialect = self.store.dialect();
        // An OPTIONS request reaches this only for an application's path, and is then a request
        // like any other.
        let question = self.seams.read(dialect, self.incoming).unwrap_or_else(|_| {
            let origin = self.incoming.fields.get("origin");
            Question { origin, ..Question::actual("", self.incoming.method.as_str()) }
        });
        let ruling = self.seams.judge(&view.policy, dialect, &question, self.incoming);
        let asked = Asked {
            policy: &view.policy,
            incoming: self.incoming,
            allowed: ruling.allowed(),
            preflight: false,
        };
        let mut response = if self.seams.refuses(&asked) {
            self.error(&StoreError::new(403, "AccessDenied", "Invalid CORS request"))
        } else {
            self.executed(view)
        };
        self.rule(&mut response, &ruling, &asked);
        response
    }

    fn executed(&self, view: &View) -> Response {
        if self.incoming.overlong {
            return self.error(&StoreError::new(
                413,
                "EntityTooLarge",
                "Your proposed upload exceeds the maximum allowed size.",
            ));
        }
        if let Some(route) = &view.route {
            return route.run();
        }
        if self.key.is_empty() {
            return self.of_bucket_itself(view);
        }
        match self.incoming.method.as_str() {
            "GET" | "HEAD" => match &view.object {
                Some(object) if validate::is_other(&self.incoming.fields, Some(object)) => {
                    self.precondition_failed()
                }
                Some(object) => self.read_object(object),
                None => self.error(&StoreError::new(404, "NoSuchKey", "The specified key does not exist.")),
            },
            "PUT" | "POST" | "DELETE" if self.is_unwanted(view) => self.precondition_failed(),
            "PUT" | "POST" => self.write_object(),
            "DELETE" => {
                self.store.drop_object(&self.bucket, &self.key);
                Response::new(204)
            }
            _ => self.method_not_allowed(),
        }
    }

    /// Whether a write is only wanted in another state of the object (RFC 9110 §13.2.2).
    fn is_unwanted(&self, view: &View) -> bool {
        let (request, object) = (&self.incoming.fields, view.object.as_deref());
        validate::is_other(request, object)
            || (request.contains("if-none-match")
                && object.is_some_and(|object| validate::is_unchanged(request, object)))
    }

    fn precondition_failed(&self) -> Response {
        self.error(&StoreError::new(
            412,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold.",
        ))
    }

    pub(super) fn method_not_allowed(&self) -> Response {
        self.error(&StoreError::new(
            405,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        ))
        .with_field("Allow", "GET, HEAD, PUT, POST, DELETE")
    }
}
