use std::time::SystemTime;

use super::{
    Ranges, Stored,
    partial::{self, Asked},
    validation,
};
use crate::message::{Request, Response};

/// Fields that speak of the content and have no place in a 304 (RFC 9110 §15.4.5).
const NOT_IN_304: &[&str] = &["content-encoding", "content-length", "content-range", "content-type"];

impl Stored {
    /// The response that a cache hands on for this request without asking: 304 where the
    /// request's own preconditions find it unchanged (RFC 9111 §4.3.2), 206 for a range, no
    /// content for HEAD, and always with the `Age` that it has (RFC 9111 §5.1).
    pub fn answer(&self, request: &Request, now: SystemTime) -> Response {
        let mut answer = self.shaped(request);
        answer.fields.set("Age", self.age(now).as_secs().to_string());
        answer
    }

    /// The same with the `Age` that it came with, if any: as it is handed on when it has just come,
    /// and as a browser shows it to pages.
    pub fn shaped(&self, request: &Request) -> Response {
        if validation::is_unchanged(&request.fields, &self.response.fields) {
            Response {
                status: 304,
                fields: self.response.fields.filtered(|field| match self.own_304 {
                    None => !NOT_IN_304.iter().any(|name| field.is(name)),
                    Some(names) => names.iter().any(|name| field.is(name)),
                }),
                body: bytes::Bytes::new(),
            }
        } else {
            self.content_for(request)
        }
    }

    fn content_for(&self, request: &Request) -> Response {
        let mut answer = Response::clone(&self.response);
        let asked = Asked::of(&request.fields);
        let cuts = match self.ranges {
            Ranges::Whole => false,
            Ranges::AskedWholeIfAccepted => answer.fields.text("accept-ranges").as_deref() == Some("bytes"),
            Ranges::Stored | Ranges::Cut | Ranges::AskedWhole => true,
        };
        let ranged = cuts
            && request.method == "GET"
            && matches!(answer.status, 200 | 206)
            && validation::if_range_holds(&request.fields, self);
        if let Some(slice) = partial::slice(self, asked).filter(|_| ranged) {
            answer.status = 206;
            answer
                .fields
                .set("Content-Range", partial::content_range(slice.first, slice.last, slice.complete));
            answer.fields.set("Content-Length", (slice.last - slice.first + 1).to_string());
            answer.body = slice.body;
        }
        if request.method == "HEAD" {
            answer.body = bytes::Bytes::new();
        }
        answer
    }
}
