use super::{Asked, Call, View};
use crate::{
    message::Response,
    policy::{Decision, Policy, Question, Refusal, Ruling, evaluate},
};

impl Call<'_> {
    /// Answers an `OPTIONS` request: as a CORS-preflight request, or as one that lacks
    /// something to be one.
    pub(super) fn preflight(&self, view: &View) -> Response {
        let dialect = self.store.dialect();
        let policy: &Policy = &view.policy;
        let question = match self.seams.read(dialect, self.incoming) {
            Ok(question) => question,
            Err(malformed) => {
                let mut response = self.error(&dialect.malformed(malformed));
                let nothing = Question { origin: None, ..Question::actual("", "OPTIONS") };
                let ruling = evaluate(policy, dialect, &nothing);
                self.rule(&mut response, &ruling, &self.asked(policy, &ruling));
                return response;
            }
        };
        let ruling = self.seams.judge(policy, dialect, &question, self.incoming);
        let asked = self.asked(policy, &ruling);
        let mut response = if self.seams.preflight_reaches_application(asked.allowed) {
            application(view)
        } else {
            match &ruling.decision {
                Decision::Matched { .. } => Response::new(200),
                Decision::Refused(refusal) => self.error(&dialect.refused(refusal)),
                Decision::NotCors => self.error(&dialect.refused(&Refusal::Origin)),
            }
        };
        self.rule(&mut response, &ruling, &asked);
        response
    }

    /// Answers an `OPTIONS` request that is no preflight as if it were one for GET.
    pub(super) fn swallowed(&self, view: &View) -> Response {
        let origin = self.incoming.fields.get("origin");
        let question = Question { origin, ..Question::preflight("", "GET", [""; 0]) };
        let ruling = evaluate(&view.policy, self.store.dialect(), &question);
        let mut response = Response::new(200);
        self.rule(&mut response, &ruling, &self.asked(&view.policy, &ruling));
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
