//! Decides what counts as evidence: what was sent and received, as on the wire, in which order,
//! and who served it; what is kept of it has no secrets. Knows no expectations.

mod evidence;
mod forms;
mod recorder;
mod served;
mod transcript;

pub use evidence::{Exchange, Failure, Received, Stage};
pub use forms::{curl, js_fetch, shell};
pub use recorder::Recorder;
pub use served::{Served, served, stored_as};
pub use transcript::{PreflightState, Purpose, RequestResult, Step, StoredUse, Transcript};
