//! Heads as they are shown, line by line.

/// The head of a request, line by line.
pub(super) fn lines_of(request: &crate::message::Request) -> Vec<String> {
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let first = format!("{} {}{query} HTTP/1.1", request.method, request.url.path());
    let fields = request.fields.iter().map(|field| format!("{}: {}", field.name, field.text()));
    std::iter::once(first).chain(fields).collect()
}

/// The lines of a head.
pub(super) fn lines(head: &[u8]) -> Vec<String> {
    crate::message::isomorphic::decode(head)
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}
