//! Decides what a browser does: the Fetch standard's algorithms, one file each, and the
//! sans-I/O [`agent`] that walks through them. Knows no JSON files, reports or targets.

pub mod agent;
mod body;
mod client;
mod cookies;
mod corp;
pub mod cors_check;
mod data_url;
pub mod devtools;
pub mod filter;
pub mod header;
mod initiator;
mod integrity;
pub mod lists;
pub mod method;
pub mod mime;
mod modes;
pub mod origin;
mod origin_header;
pub mod ports;
pub mod preflight;
mod preflight_cache;
pub mod profile;
mod range;
pub mod reason;
mod redirect;
pub mod request;
pub mod safelist;
mod shape;
pub mod status;

pub use agent::{
    Agent, AgentConfig, Asked, FetchId, NetworkError, Next, Note, Outcome, Outgoing, PreflightCause, Purpose,
    StoredResponse,
};
pub use body::Body;
pub use client::Client;
pub use cookies::CookieRefusal;
pub use cors_check::{CorsCheckFailure, cors_check};
pub use filter::exposed_names;
pub use initiator::Initiator;
pub use lists::extract_list;
pub use modes::{CacheMode, Credentials, Mode, RedirectMode, ReferrerPolicy};
pub use origin::Origin;
pub use preflight::preflight_check;
pub use profile::Profile;
pub use reason::Reason;
pub use request::Request;
pub use safelist::unsafe_request_header_names;
pub use shape::{Circumstances, shaped};
