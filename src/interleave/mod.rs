//! Decides what becomes of a case's requests in one order through one cache. A walk says what to
//! send and takes what comes back, so that the same order is really sent or replayed. Knows no
//! sockets and no clock: times come in with each step.

mod between;
mod note;
mod prepared;
mod tell;
mod walk;

pub use prepared::{Place, Prepared, RequestError};
pub use walk::Walk;
