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

pub use address::{Address, AddressError, is_of_vendor};
pub use answer::StoreAnswer;
pub use api::{Api, Bucket};
pub use backup::{Backup, back_up, set_and_wait};
pub use compare::same_rules;
pub use credentials::{Credentials, Environment, Known, find_credentials, find_region};
pub use document::{Found, NotRules, RulesDocument};
pub use error::{ProvisionError, Trouble, restore_command};
pub use holds::{Claim, Holds};
pub use lease::{Lease, ProgressSink, Terms};
pub use restore::{Restored, restore_file};
pub use saved::{Held, Saved, unrestored};
pub use timeouts::Timeouts;
pub use token::{ObjectKey, Objects, ParseTokenError, Token};
