//! Decides what an endpoint's way with `Vary` does to the pages behind a cache: which orders of
//! requests break, and what `Vary: Origin` costs. Knows no sockets and no clock.

mod way;

pub use way::Way;
