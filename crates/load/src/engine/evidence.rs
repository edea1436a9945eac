//! Heads as they are shown, line by line.

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
