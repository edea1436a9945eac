//! Decides what an endpoint's way with `Vary` does to the pages behind a cache: which orders of
//! requests break, and what `Vary: Origin` costs. Knows no sockets and no clock.

mod ask;
pub mod cost;
mod endpoint;
mod orders;
mod replay;
mod row;
mod seen;
pub mod situation;
mod way;

pub use ask::{Ask, Order, Step, UnknownStep, Who};
pub use endpoint::rules;
pub use orders::{LONGEST, every};
pub use replay::{LONG, SHORT, WAIT, replay};
pub use row::{Real, Row, differences};
pub use seen::{Answer, Seen, breaking};
pub use way::{UnknownWay, Way};
