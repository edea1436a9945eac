//! Decides what counts as evidence: what was sent and received, as on the wire, and in which
//! order. Knows no expectations.

mod evidence;
mod forms;
mod transcript;

pub use evidence::{Exchange, Failure, Received, Stage};
pub use forms::{curl, js_fetch};
pub use transcript::{PreflightState, Purpose, RequestResult, Step, Transcript};
