//! Decides what becomes of a case's requests in one order through one cache, and which order is the
//! smallest that breaks. A walk says what to send and takes what comes back, so that an order is
//! really sent, or replayed from what was captured, by the same steps. Knows no sockets and no
//! clock: times come in with each step.

mod between;
mod breaking;
mod capture;
mod note;
mod prepared;
mod replay;
mod sequence;
mod smallest;
mod story;
mod tell;
mod walk;

pub use between::shared_model;
pub use breaking::{Breaking, SmallestOrder};
pub use capture::{Capture, Difference, Unfit, can_be_replayed, must_be_sent};
pub use prepared::{Place, Prepared, RequestError, page_request, with_fresh_query};
pub use replay::replay;
pub use sequence::{Event, Lane, Sequence};
pub use smallest::{Broken, candidates, size};
pub use story::{OUTCOME, story};
pub use walk::Walk;
