//! Decides what an endpoint is: the target file, which setting wins and where it came from, what
//! is known of the endpoint's rules and what may be done to it, and whether it answers at all.
//! Knows no cases. The environment and arguments are handed in.

mod belonging;
mod bucket;
mod credential;
mod declared;
mod description;
mod error;
mod file;
mod live;
mod operations;
mod origin;
mod outlook;
mod probe;
mod proxies;
mod resolve;
mod search;
mod settings;
mod setup_error;
mod stage;
#[cfg(feature = "store")]
mod store;
#[cfg(not(feature = "store"))]
#[path = "no_store.rs"]
mod store;
mod variables;
mod wildcard;

pub use belonging::LeftOut;
pub use bucket::{BucketFile, BucketSettings, SignatureVersion};
pub(crate) use credential::looks_like_credential;
pub use description::{Capabilities, Description, Dialect};
pub use error::{EndpointError, Problem};
pub use file::{EndpointFile, FILE_NAME, ParsedFile, Timeouts, TlsFile, parse, published_schema, read};
pub use live::{Endpoint, StartError};
pub use operations::{Below, OperationBody, OperationFile, Operations, ResolvedOperation};
pub use origin::{OriginFault, check_origin};
pub use probe::{Interference, Probe, probe};
pub use proxies::MachineProxies;
pub use resolve::{parse_header, resolve};
pub use search::{Ignored, Search, find, own_users};
pub(crate) use settings::EMBEDDED;
pub use settings::{Header, Layer, OneRule, Provenance, Row, Setting, Settings};
pub use setup_error::SetupError;
pub use stage::Hold;
pub use store::Fault;
pub use variables::{VariableError, expand};
pub use wildcard::WildcardList;
