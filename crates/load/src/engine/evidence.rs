//! Heads as they are shown, line by line.

use std::sync::Arc;

use crosscheck_core::{
    exchange::{Exchange, Received},
    message::{Request, Response, isomorphic},
};

/// HTTP/2 has neither request lines nor status lines; they are shown as the tools do that speak both.
pub(super) const HTTP2: &str = "HTTP/2";

/// The head of a request, line by line, in the version of HTTP in which the lines of its answer are.
pub(super) fn lines_of(request: &crosscheck_core::message::Request, answered: &[String]) -> Vec<String> {
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let version =
        if answered.first().is_some_and(|line| line.starts_with(HTTP2)) { HTTP2 } else { "HTTP/1.1" };
    let first = format!("{} {}{query} {version}", request.method, request.url.path());
    let fields = request.fields.iter().map(|field| format!("{}: {}", field.name, field.text()));
    std::iter::once(first).chain(fields).collect()
}

/// The lines of a head.
pub(super) fn lines(head: &[u8]) -> Vec<String> {
    crosscheck_core::message::isomorphic::decode(head)
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A request, and its answer as it was shown: the head alone.
pub(super) fn exchange_of(request: &Arc<Request>, received: &[String]) -> Exchange {
    let status = received.first().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let mut response = Response::new(status.unwrap_or_default());
    for (name, value) in received.iter().skip(1).filter_map(|line| line.split_once(':')) {
        let value = value.trim_matches([' ', '\t']);
        response.fields.push(name, isomorphic::encode(value).unwrap_or_else(|| value.as_bytes().to_vec()));
    }
    Exchange {
        sent: Arc::clone(request),
        raw_sent: None,
        received: Received::Response(response),
        raw_received: None,
        micros: 0,
        cut: None,
        hidden: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_was_shown_is_an_answer_again() {
        let request = Request::new("GET", "https://x.example/".parse().expect("a URL"));
        let lines = ["HTTP/1.1 204 No Content", "Vary: Origin", "x-odd:\u{e9}"].map(str::to_owned);
        let exchange = exchange_of(&Arc::new(request.clone()), &lines);
        let response = exchange.response().expect("an answer");
        assert_eq!((response.status, response.varies_by("origin")), (204, true));
        assert_eq!(response.fields.lines("x-odd").next().map(|value| value.to_vec()), Some(vec![0xe9]));
        assert_eq!(exchange_of(&Arc::new(request), &[]).response().map(|it| it.status), Some(0));
    }
}
