//! The seam where the request's fields become a question to the rules.

use crosscheck_core::{
    message::{isomorphic, list},
    policy::{Asks, Dialect, Malformed, Question},
};

use super::{Fault, Incoming, Seam};

const REQUESTED: &str = "access-control-request-headers";

impl Seam<'_> {
    /// What the request asks of the rules, as the server understands it.
    pub(super) fn read(&self, dialect: Dialect, incoming: &Incoming) -> Result<Question, Malformed> {
        let fields = &incoming.fields;
        let Some(fault) = self.fault else { return Question::of(dialect, &incoming.method, fields) };
        if fault == Fault::OriginListAccepted {
            let mut joined = fields.clone();
            if let Some(origin) = fields.get("origin") {
                joined.set("origin", origin);
            }
            return Question::of(dialect, &incoming.method, &joined);
        }
        let mut question = Question::of(dialect, &incoming.method, fields)?;
        let spelt = || fields.iter().any(|field| field.name.as_str() == "Origin");
        if fault == Fault::OriginNameCaseSensitive && !spelt() {
            question.origin = None;
        }
        if let Asks::Preflight { headers, .. } = &mut question.asks {
            match fault {
                Fault::HeaderListAsOneString => {
                    *headers = fields.text(REQUESTED).filter(|list| !list.is_empty()).into_iter().collect();
                }
                Fault::HeaderWhitespaceKept => {
                    *headers = fields
                        .lines(REQUESTED)
                        .flat_map(|line| line.split(|byte| *byte == b','))
                        .filter(|member| !member.is_empty())
                        .map(isomorphic::decode)
                        .collect();
                }
                Fault::SplitHeadersFirstLineOnly => *headers = list::names(fields.lines(REQUESTED).take(1)),
                // An empty name is no token, so that no rule allows it.
                Fault::EmptyHeaderMemberRefused
                    if fields.lines(REQUESTED).any(|line| list::parts(line).any(<[u8]>::is_empty)) =>
                {
                    headers.push(String::new());
                }
                _ => {}
            }
        }
        Ok(question)
    }
}
