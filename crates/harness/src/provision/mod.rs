//! Sets CORS rules and objects on a bucket that somebody else lives from, and puts back what was
//! there: the bucket API of OSS and S3, the credentials for it, and the lease that saves, sets,
//! verifies and restores. Knows no cases and no settings; the environment is handed in.

mod address;
mod answer;
mod api;
mod backup;
mod compare;
mod credentials;
mod document;
mod error;
mod holds;
mod lease;
mod restore;
mod saved;
mod timeouts;
mod token;

pub(crate) use address::is_of_vendor;
pub use address::{Address, AddressError};
pub use answer::StoreAnswer;
pub use api::{Api, Bucket};
pub use backup::{Backup, back_up, set_and_wait};
pub use credentials::{Credentials, Environment, Known};
pub(crate) use credentials::{find_credentials, find_region};
pub use document::{Found, NotRules, RulesDocument};
pub use error::{ProvisionError, StoreErrorKind, restore_command};
pub use holds::{Claim, Holds};
pub use lease::Terms;
pub(crate) use lease::{Lease, ProgressSink};
pub use restore::{Restored, restore_file};
pub use saved::{Held, Saved, unrestored};
pub use timeouts::Timeouts;
pub(crate) use token::Objects;
pub use token::{ObjectKey, ParseTokenError, Token};
