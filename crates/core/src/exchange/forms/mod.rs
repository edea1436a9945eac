//! A request in forms that a person can run elsewhere. A form sends what was sent, byte for byte, or says that it
//! cannot and why.

mod curl;
mod script;
mod shell;

pub use curl::{ConnectOptions, Curl, NoCurl, curl};
pub use script::js_fetch;
pub use shell::shell;
