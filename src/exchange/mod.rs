//! Decides what counts as evidence: what was sent and received, as on the wire, in which order,
//! and who served it. Knows no expectations.

mod evidence;
mod forms;
mod served;
mod transcript;

pub use evidence::{Exchange, Failure, Received, Stage};
pub use forms::{ConnectOptions, Curl, NoCurl, curl, js_fetch, shell};
pub use served::{Served, served, stored_as};
pub use transcript::{PreflightState, Purpose, RequestResult, Step, StoredUse, Transcript};
