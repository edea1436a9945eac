//! The points of answering at which the faults of a store show: of one fault or of two, each at its own seam. Where both
//! would change one decision, the first does.

use crosscheck_core::{
    message::{Fields, Response},
    policy::{Dialect, Malformed, Policy, Question, Ruling, evaluate},
};

use super::{Asked, Defect, Gate, Incoming, Memory, Seam};

/// The named points of answering at which a store's defect can show.
pub(in super::super) struct Seams<'a> {
    first: Seam<'a>,
    second: Option<Seam<'a>>,
}

impl<'a> Seams<'a> {
    /// Those of a store with this defect.
    pub(in super::super) fn new(defect: Option<Defect>, memory: &'a Memory) -> Self {
        let none = Seam { fault: None, composed: None, memory };
        let known = |fault| Seam { fault: Some(fault), ..none };
        let (first, second) = match defect {
            None => (none, None),
            Some(Defect::Known(fault)) => (known(fault), None),
            Some(Defect::Pair(first, second)) => (known(first), Some(known(second))),
            Some(Defect::Composed(composed)) => (Seam { composed: Some(composed), ..none }, None),
        };
        Self { first, second }
    }

    fn each(&self) -> impl Iterator<Item = &Seam<'a>> {
        [Some(&self.first), self.second.as_ref()].into_iter().flatten()
    }

    /// What the request asks of the rules, as the server understands it.
    pub(in super::super) fn read(
        &self,
        dialect: Dialect,
        incoming: &Incoming,
    ) -> Result<Question, Malformed> {
        let first = self.first.read(dialect, incoming);
        match &self.second {
            Some(second) if first == Question::of(dialect, &incoming.method, &incoming.fields) => {
                second.read(dialect, incoming)
            }
            _ => first,
        }
    }

    /// What the store thinks that its rules say.
    pub(in super::super) fn judge(
        &self,
        policy: &Policy,
        dialect: Dialect,
        question: &Question,
        incoming: &Incoming,
    ) -> Ruling {
        let first = self.first.judge(policy, dialect, question, incoming);
        match &self.second {
            Some(second) if first == evaluate(policy, dialect, question) => {
                second.judge(policy, dialect, question, incoming)
            }
            _ => first,
        }
    }

    /// The answer that a cache in front of the store stored for this URL, even if for another page.
    pub(in super::super) fn cached(&self, incoming: &Incoming) -> Option<Response> {
        self.each().find_map(|seam| seam.cached(incoming))
    }

    /// Hands an answer to the cache in front of the store.
    pub(in super::super) fn cache(&self, incoming: &Incoming, response: &Response) {
        self.each().for_each(|seam| seam.cache(incoming, response));
    }

    /// What answers instead of the store, before the rules are asked.
    pub(in super::super) fn before_cors(&self, incoming: &Incoming) -> Option<Response> {
        self.each().find_map(|seam| seam.before_cors(incoming))
    }

    /// Whether a refused preflight is answered without the error that says why.
    pub(in super::super) fn hides_reason(&self) -> bool {
        self.each().any(Seam::hides_reason)
    }

    /// Where an `OPTIONS` request goes.
    pub(in super::super) fn options(&self, incoming: &Incoming) -> Gate {
        let gates = self.each().map(|seam| seam.options(incoming));
        gates
            .reduce(|first, second| if first == Gate::Application { second } else { first })
            .unwrap_or(Gate::Application)
    }

    /// Whether a preflight reaches the application, which must never see one.
    pub(in super::super) fn preflight_reaches_application(&self, allowed: bool) -> bool {
        self.each().any(|seam| seam.preflight_reaches_application(allowed))
    }

    /// Whether an actual request is refused because its origin is not allowed.
    pub(in super::super) fn refuses(&self, asked: &Asked<'_>) -> bool {
        self.each().any(|seam| seam.refuses(asked))
    }

    /// Whether an answer with this status loses its CORS fields and `Vary` on the way.
    pub(in super::super) fn is_bare(&self, status: u16, key: &str, asked: &Asked<'_>) -> bool {
        self.each().any(|seam| seam.is_bare(status, key, asked))
    }

    /// The CORS fields of an answer, `Vary` not among them, made from those that the rules demand.
    pub(in super::super) fn grant(&self, fields: Fields, asked: &Asked<'_>) -> Fields {
        self.each().fold(fields, |fields, seam| seam.grant(fields, asked))
    }

    /// Writes on a 304 whose origin the stored response is for.
    pub(in super::super) fn confirm(&self, response: &mut Response, asked: &Asked<'_>) {
        self.each().for_each(|seam| seam.confirm(response, asked));
    }

    /// Adds the rules' `Vary` to an answer that may have one already.
    pub(in super::super) fn vary(&self, response: &mut Response, demanded: Option<&str>, asked: &Asked<'_>) {
        let Some(second) = &self.second else { return self.first.vary(response, demanded, asked) };
        let varied = |seam: &Seam<'_>| {
            let mut varied = response.clone();
            seam.vary(&mut varied, demanded, asked);
            varied.fields
        };
        let healthy = varied(&Seam { fault: None, ..*second });
        let first = varied(&self.first);
        response.fields = if first == healthy { varied(second) } else { first };
    }

    /// Spoils an answer that is otherwise done.
    pub(in super::super) fn spoil(&self, response: &mut Response, dialect: Dialect, asked: &Asked<'_>) {
        self.first.spoil(response, dialect, asked);
    }

    /// Hands the answer's allowed origin through the one place where a careless server keeps it for all requests.
    pub(in super::super) async fn before_send(&self, fields: &mut Fields) {
        self.first.before_send(fields).await;
        if let Some(second) = &self.second {
            second.before_send(fields).await;
        }
    }
}
