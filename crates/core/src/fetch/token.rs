pub use crate::message::is_token;
pub(super) use crate::message::is_token_byte;
