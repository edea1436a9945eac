//! Reads HTTP/1 responses, and heads of requests, without I/O: where a head begins and ends, its field lines, how the
//! end of the content is known. The one reader of everything that judges responses.
//!
//! It follows what Chromium and Firefox were measured to do (`tests/data/browser-heads.json`). Where both forgive
//! something, it is forgiven here; where one of them refuses a response or drops a field line, it is refused or
//! dropped here, because a page cannot rely on it.

mod chunked;
mod framing;
mod head;
mod lines;
mod request;
mod status;
#[cfg(test)]
mod tests;

pub use chunked::{ChunkError, Chunked, Passed};
pub use framing::{Framing, FramingError, Message};
pub use head::{Head, HeadReader, RawHead};
pub use lines::Line;
pub use request::{RequestHead, RequestLineError};
pub use status::HeadError;
