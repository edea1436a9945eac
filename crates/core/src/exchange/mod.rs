//! Decides what counts as evidence: what was sent and received, as on the wire, in which order,
//! and who served it; what is kept of it has no secrets. Knows no expectations.

mod cut;
mod evidence;
mod forms;
mod io_kind;
mod outcome;
mod recorder;
mod send_context;
mod served;
mod transcript;
mod ways;

pub use cut::{Bounds, Cut, CutContent, CutMessage, shorten, shorten_all, shortened};
pub use evidence::{Exchange, Failure, PROXY_HELP, Received, Stage};
pub use forms::{ConnectOptions, Curl, NoCurl, curl, js_fetch, shell};
pub use io_kind::IoKind;
pub use outcome::{OutcomeName, PreflightState, ServedBy};
pub use recorder::Recorder;
pub use send_context::{SendContext, is_preflight, preflight_headers_note};
pub use served::{Served, served, stored_as};
pub use transcript::{Purpose, RequestResult, Step, StoredUse, Transcript};
pub use ways::{ComparedAnswer, FieldDifference, differing_cors_fields};
