use bytes::Bytes;

use super::Dialect;
use crate::message::{Fields, list};

/// What a request asks of the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The value of `Origin`; `None` where there is none, and then the rules are not asked.
    pub origin: Option<Bytes>,
    /// Whether it asks for itself or ahead of another.
    pub asks: Asks,
}

/// Whether a request asks for itself or ahead of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// An actual request: origin and method count.
    Actual {
        /// The request's method.
        method: String,
    },
    /// A CORS-preflight request (Fetch §4.9): origin, method and every header count.
    Preflight {
        /// The value of `Access-Control-Request-Method`.
        method: String,
        /// The members of `Access-Control-Request-Headers`, as written.
        headers: Vec<String>,
    },
}

/// Why an `OPTIONS` request is no question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// There is no `Origin`.
    #[error("no Origin")]
    NoOrigin,
    /// There are several `Origin` lines.
    #[error("several Origin lines")]
    SeveralOrigins,
    /// There is no `Access-Control-Request-Method`.
    #[error("no Access-Control-Request-Method")]
    NoMethod,
}

impl Question {
    /// What an actual request asks.
    pub fn actual(origin: impl Into<Bytes>, method: impl Into<String>) -> Self {
        Self { origin: Some(origin.into()), asks: Asks::Actual { method: method.into() } }
    }

    /// What a CORS-preflight request asks.
    pub fn preflight<N: Into<String>>(
        origin: impl Into<Bytes>,
        method: impl Into<String>,
        headers: impl IntoIterator<Item = N>,
    ) -> Self {
        let headers = headers.into_iter().map(Into::into).collect();
        Self { origin: Some(origin.into()), asks: Asks::Preflight { method: method.into(), headers } }
    }

    /// What a request with this method and these fields asks. An object store takes every
    /// `OPTIONS` for a preflight; where the dialect says so, an actual request that carries a
    /// preflight's fields is judged by them.
    ///
    /// An actual request with several `Origin` lines asks nothing, as if it had none.
    ///
    /// # Errors
    /// An `OPTIONS` request that lacks what a preflight must have.
    pub fn of(dialect: Dialect, method: &str, fields: &Fields) -> Result<Self, Malformed> {
        let mut origins = fields.lines("origin");
        let origin = origins.next().cloned();
        let several = origins.next().is_some();
        let asked_method = fields.text("access-control-request-method");
        if method == "OPTIONS" {
            let origin = origin.ok_or(Malformed::NoOrigin)?;
            if several {
                return Err(Malformed::SeveralOrigins);
            }
            let method = asked_method.ok_or(Malformed::NoMethod)?;
            return Ok(Self::preflight(origin, method, requested(fields)));
        }
        let origin = origin.filter(|_| !several);
        let asks = match asked_method {
            Some(method) if dialect.traits().preflight_fields_on_actual => {
                Asks::Preflight { method, headers: requested(fields) }
            }
            _ => Asks::Actual { method: method.to_owned() },
        };
        Ok(Self { origin, asks })
    }

    /// The method that counts: the request's own, or the one that a preflight asks for.
    pub fn method(&self) -> &str {
        match &self.asks {
            Asks::Actual { method } | Asks::Preflight { method, .. } => method,
        }
    }

    /// The headers that a preflight asks for; none for an actual request.
    pub fn headers(&self) -> &[String] {
        match &self.asks {
            Asks::Actual { .. } => &[],
            Asks::Preflight { headers, .. } => headers,
        }
    }
}

fn requested(fields: &Fields) -> Vec<String> {
    list::names(fields.lines("access-control-request-headers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Lines<'a> = &'a [(&'a str, &'a str)];

    fn fields(lines: Lines<'_>) -> Fields {
        lines.iter().map(|(name, value)| (*name, value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn options_is_a_preflight_or_malformed() {
        let origin = ("origin", "https://a.example");
        let method = ("access-control-request-method", "PUT");
        let rows: &[(Lines<'_>, Result<Question, Malformed>)] = &[
            (&[], Err(Malformed::NoOrigin)),
            (&[method], Err(Malformed::NoOrigin)),
            (&[origin], Err(Malformed::NoMethod)),
            (&[origin, origin, method], Err(Malformed::SeveralOrigins)),
            (&[origin, method], Ok(Question::preflight("https://a.example", "PUT", [""; 0]))),
            (
                &[
                    origin,
                    method,
                    ("access-control-request-headers", "a,, b ,"),
                    ("access-control-request-headers", "\tC"),
                ],
                Ok(Question::preflight("https://a.example", "PUT", ["a", "b", "C"])),
            ),
        ];
        for (lines, expected) in rows {
            assert_eq!(&Question::of(Dialect::Oss, "OPTIONS", &fields(lines)), expected, "{lines:?}");
        }
    }

    #[test]
    fn an_actual_request_asks_for_its_own_method_and_in_s3_for_the_preflights() {
        let lines = fields(&[
            ("Origin", "https://a.example"),
            ("Access-Control-Request-Method", "PUT"),
            ("Access-Control-Request-Headers", "x-a"),
        ]);
        assert_eq!(
            Question::of(Dialect::Oss, "GET", &lines),
            Ok(Question::actual("https://a.example", "GET"))
        );
        assert_eq!(
            Question::of(Dialect::S3, "GET", &lines),
            Ok(Question::preflight("https://a.example", "PUT", ["x-a"]))
        );
    }

    #[test]
    fn two_origin_lines_on_an_actual_request_ask_nothing() {
        let lines = fields(&[("origin", "https://a.example"), ("origin", "https://evil.test")]);
        assert_eq!(Question::of(Dialect::Oss, "GET", &lines).map(|asked| asked.origin), Ok(None));
    }
}
