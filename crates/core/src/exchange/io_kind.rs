use std::{fmt, io};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! io_kinds {
    ($( $(#[doc = $doc:literal])+ $name:ident = $text:literal; )+) => {
        /// What the operating system reported of a connection, named as `std::io::ErrorKind` names it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum IoKind {
            $( $(#[doc = $doc])+ #[serde(rename = $text)] $name, )+
            /// No file or socket can be opened any more: the process or the machine has too many.
            #[serde(rename = "too-many-open-files")]
            TooManyOpenFiles,
            /// Anything else.
            #[serde(rename = "other")]
            Other,
        }

        impl IoKind {
            /// The name in records.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$name => $text, )+
                    Self::TooManyOpenFiles => "too-many-open-files",
                    Self::Other => "other",
                }
            }
        }

        impl From<&io::Error> for IoKind {
            fn from(error: &io::Error) -> Self {
                match error.kind() {
                    // The standard library has no name for it.
                    _ if error.raw_os_error().is_some_and(|code| TOO_MANY.contains(&code)) => Self::TooManyOpenFiles,
                    $( io::ErrorKind::$name => Self::$name, )+
                    _ => Self::Other,
                }
            }
        }
    };
}

/// `ENFILE` and `EMFILE`, the same on every Unix.
#[cfg(not(windows))]
const TOO_MANY: [i32; 2] = [23, 24];
/// `ERROR_TOO_MANY_OPEN_FILES` and `WSAEMFILE`.
#[cfg(windows)]
const TOO_MANY: [i32; 2] = [4, 10_024];

io_kinds! {
    /// The other side refused the connection.
    ConnectionRefused = "connection-refused";
    /// The other side reset the connection.
    ConnectionReset = "connection-reset";
    /// The connection was aborted.
    ConnectionAborted = "connection-aborted";
    /// The connection is not open.
    NotConnected = "not-connected";
    /// No route leads to the host.
    HostUnreachable = "host-unreachable";
    /// No route leads to the network.
    NetworkUnreachable = "network-unreachable";
    /// The network is down.
    NetworkDown = "network-down";
    /// The address is in use.
    AddrInUse = "addr-in-use";
    /// This machine has no such address, or no free port for it.
    AddrNotAvailable = "addr-not-available";
    /// The operating system does not permit it.
    PermissionDenied = "permission-denied";
    /// The other side no longer reads.
    BrokenPipe = "broken-pipe";
    /// The operating system gave up waiting.
    TimedOut = "timed-out";
    /// The data ended too early.
    UnexpectedEof = "unexpected-eof";
    /// What came is not valid in its protocol.
    InvalidData = "invalid-data";
}

impl fmt::Display for IoKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_operating_system_has_a_stable_name() {
        for (kind, name) in [
            (io::ErrorKind::ConnectionRefused, "connection-refused"),
            (io::ErrorKind::AddrNotAvailable, "addr-not-available"),
            (io::ErrorKind::HostUnreachable, "host-unreachable"),
            (io::ErrorKind::WouldBlock, "other"),
        ] {
            let kind = IoKind::from(&io::Error::from(kind));
            assert_eq!(kind.as_str(), name);
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{name}\""));
        }
        for code in TOO_MANY {
            assert_eq!(IoKind::from(&io::Error::from_raw_os_error(code)), IoKind::TooManyOpenFiles);
        }
    }
}
