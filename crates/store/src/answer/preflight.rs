use crosscheck_core::{
    message::Response,
    policy::{Decision, Dialect, Policy, Question, Refusal, Ruling, evaluate},
};

use super::{Asked, Call, Failure, View};

impl Call<'_> {
    /// Answers an `OPTIONS` request: as a CORS-preflight request, or as one that lacks
    /// something to be one.
    pub(super) fn preflight(&self, view: &View) -> Response {
        let dialect = self.dialect();
        let policy: &Policy = &view.policy;
        let question = match self.seams.read(dialect, self.incoming) {
            Ok(question) => question,
            Err(malformed) => {
                let mut response = self.error(&dialect.malformed(malformed));
                let nothing = Question { origin: None, ..Question::actual("", "OPTIONS") };
                let ruling = evaluate(policy, dialect, &nothing);
                let asked = self.asked(policy, &ruling);
                self.rule(&mut response, ruling.fields, &asked);
                return response;
            }
        };
        let ruling = self.judge(policy, &question);
        let asked = self.asked(policy, &ruling);
        let mut response = if self.seams.preflight_reaches_application(asked.allowed) {
            application(view)
        } else {
            match &ruling.decision {
                Decision::Matched { .. } => Response::new(200),
                Decision::Refused(_) if self.seams.hides_reason() => Response::new(403),
                Decision::Refused(refusal) => self.refuse(refusal, &question),
                Decision::NotCors => self.refuse(&Refusal::Origin, &question),
            }
        };
        self.rule(&mut response, ruling.fields, &asked);
        response
    }

    fn refuse(&self, refusal: &Refusal, question: &Question) -> Response {
        let dialect = self.dialect();
        let mut failure = Failure::from(dialect.refused(refusal));
        if dialect == Dialect::S3 {
            let resource = if self.key.is_empty() { "BUCKET" } else { "OBJECT" };
            failure = failure.with("Method", question.method()).with("ResourceType", resource);
        }
        self.failed(&failure)
    }

    /// Answers an `OPTIONS` request that is no preflight as if it were one for GET.
    pub(super) fn swallowed(&self, view: &View) -> Response {
        let origin = self.incoming.fields.get("origin");
        let question = Question { origin, ..Question::preflight("", "GET", [""; 0]) };
        let ruling = evaluate(&view.policy, self.dialect(), &question);
        let mut response = Response::new(200);
        let asked = self.asked(&view.policy, &ruling);
        self.rule(&mut response, ruling.fields, &asked);
        response
    }

    fn asked<'a>(&'a self, policy: &'a Policy, ruling: &Ruling) -> Asked<'a> {
        Asked { policy, incoming: self.incoming, allowed: ruling.allowed(), preflight: true }
    }
}

/// What an application answers to a preflight that it should never have seen.
fn application(view: &View) -> Response {
    match &view.route {
        Some(route) => route.run(),
        None => Response::new(200).with_field("X-App", "reached"),
    }
}
