//! HTTP/1.1 with the bytes kept: heads are written and read as they stand on the wire (order, case
//! and number of field lines), content is framed as RFC 9112 §6 says. A client library that hands
//! out a map of fields cannot do the first.

mod chunked;
mod connection;
mod framing;
mod read_head;
#[cfg(test)]
mod tests;
mod write_head;

pub use connection::Stream;
pub(super) use connection::{Connection, Limits};
pub(super) use write_head::write_head;
