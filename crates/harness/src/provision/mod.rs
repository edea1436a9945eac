//! Sets CORS rules and objects on a bucket that somebody else lives from, and puts back what was
//! there: the bucket API of OSS and S3, the credentials for it, and the lease that saves, sets,
//! verifies and restores. Knows no cases and no settings; the environment is handed in.

mod address;
mod answer;
mod api;
mod compare;
mod credentials;
mod error;
mod lease;
mod patience;
mod saved;

pub use address::{Address, AddressError};
pub use answer::StoreAnswer;
pub use api::{Api, Bucket, Found};
pub use compare::same_rules;
pub use credentials::{Credentials, Environment, Known, find_credentials, find_region};
pub use error::{ProvisionError, Trouble};
pub use lease::{Backup, Lease, Tell, back_up, restore_file, set_and_wait};
pub use patience::Patience;
pub use saved::{Held, Saved, unrestored};
