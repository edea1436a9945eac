use url::Url;

use super::Model;
use crate::message::{Response, is_safe_method};

/// RFC 9111 §4.4: whether this answer to this method makes stored responses invalid.
pub(super) fn invalidates(model: &Model, method: &str, response: &Response) -> bool {
    let succeeded = (200..400).contains(&response.status);
    model.invalidates
        && !is_safe_method(method)
        && !model.methods_that_keep.contains(&method)
        && (succeeded || model.invalidate_on_error)
}

/// RFC 9111 §4.4: the other URIs that become invalid, where they are of the same origin.
pub(super) fn named_urls<'a>(target: &'a Url, response: &'a Response) -> impl Iterator<Item = Url> + 'a {
    ["location", "content-location"].into_iter().filter_map(move |name| {
        let line = response.fields.lines(name).next()?;
        let url = target.join(std::str::from_utf8(line).ok()?).ok()?;
        (url.origin() == target.origin()).then_some(url)
    })
}
