//! Decides whether a request to an object store was signed by who it says: OSS V1 and V4, AWS
//! SigV2 and SigV4, as header fields and as presigned URLs, and the policies of form uploads.
//! Signs them too. Knows no clock, no keys but those that it is handed, and no sockets.

mod canonical;
mod chain;
mod chunked;
mod claim;
mod derived;
mod error;
mod hash;
mod key;
mod legacy;
mod payload;
mod post;
mod scheme;
mod signable;
mod signer;
mod time;
mod vendor;

pub use chain::Chain;
pub use chunked::{Chunk, ChunkError, Unchunked, unchunk};
pub use claim::{Claim, Terms};
pub use error::SignatureError;
pub use hash::content_md5;
pub use key::AccessKey;
pub use payload::Payload;
pub use post::{PostClaim, PostError};
pub use scheme::{Place, Scheme, is_presigned};
pub use signable::Signable;
pub use signer::Signer;
pub use vendor::VendorHost;
