//! HTTP/1.1 with the bytes kept: heads are written and read as they stand on the wire (order, case
//! and number of field lines), content is framed as RFC 9112 §6 says. A client library that hands
//! out a map of fields cannot do the first. What is read is decided in `message::http1`.

mod connection;
mod failure;
mod write_head;

pub use connection::Stream;
pub(super) use connection::{Answered, Connection, Idle, Limits, Refused};
pub(super) use write_head::write_head;

use crosscheck_core::message::Request;

/// A request as it is named where it is spoken of: without its query, which may be secret.
fn request_name(request: &Request) -> String {
    let mut url = request.url.clone();
    url.set_query(None);
    url.set_fragment(None);
    format!("{} {url}", request.method)
}
