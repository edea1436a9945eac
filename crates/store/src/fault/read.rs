//! The seam where the request's fields become a question to the rules.

use super::{Fault, Incoming, Seams};
use crate::{
    message::isomorphic,
    policy::{Asks, Dialect, Malformed, Question, names_of},
};

const REQUESTED: &str = "access-control-request-headers";

impl Seams<'_> {
    /// What the request asks of the rules, as the server understands it.
    pub(in super::super) fn read(
        &self,
        dialect: Dialect,
        incoming: &Incoming,
    ) -> Result<Question, Malformed> {
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
                Fault::SplitHeadersFirstLineOnly => *headers = names_of(fields.lines(REQUESTED).take(1)),
                // An empty name is no token, so that no rule allows it.
                Fault::EmptyHeaderMemberRefused => {
                    let empty = |member: &[u8]| member.trim_ascii().is_empty();
                    if fields.lines(REQUESTED).any(|line| line.split(|byte| *byte == b',').any(empty)) {
                        headers.push(String::new());
                    }
                }
                _ => {}
            }
        }
        Ok(question)
    }
}
