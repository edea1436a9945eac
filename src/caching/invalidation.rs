use super::Model;
use crate::message::Response;

/// RFC 9110 §9.2.1: whether a method asks for nothing to change.
fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE")
}

/// RFC 9111 §4.4: whether this answer to this method makes stored responses invalid.
pub(super) fn invalidates(model: &Model, method: &str, response: &Response) -> bool {
    let succeeded = (200..400).contains(&response.status);
    !is_safe(method) && !model.methods_that_keep.contains(&method) && (succeeded || model.invalidate_on_error)
}
