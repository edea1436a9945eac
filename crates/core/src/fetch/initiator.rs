//! Fetch §2.2.5 *initiator type* and what follows from it.

use serde::{Deserialize, Serialize};

/// What makes a request. Mode and credentials mode, which elements take from their
/// `crossorigin` attribute, are the caller's to set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Initiator {
    /// `fetch()`.
    #[default]
    Fetch,
    /// `XMLHttpRequest`.
    Xhr {
        /// Whether a listener is registered on its `upload`, which forces a preflight.
        upload_listener: bool,
    },
    /// `navigator.sendBeacon()`.
    Beacon,
    /// `EventSource`.
    EventSource,
    /// `<img>`.
    Image,
    /// `<script>` and `<script type=module>`.
    Script,
    /// `<link rel=stylesheet>`.
    Style,
    /// `@font-face`.
    Font,
    /// `<link rel=preload as=fetch>`.
    Preload,
}

impl Initiator {
    /// Fetch's *destination*; empty for none.
    pub fn destination(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Script => "script",
            Self::Style => "style",
            Self::Font => "font",
            Self::Fetch | Self::Xhr { .. } | Self::Beacon | Self::EventSource | Self::Preload => "",
        }
    }

    /// The `Accept` that the browser sets where the script sets none (Fetch §4 *fetch*, step 13).
    pub fn accept(self) -> &'static str {
        match self {
            Self::Image => "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
            Self::Style => "text/css,*/*;q=0.1",
            Self::EventSource => "text/event-stream",
            _ => "*/*",
        }
    }

    /// Fetch's *unsafe-request flag*: whether a script chose method and headers.
    pub fn is_unsafe(self) -> bool {
        matches!(self, Self::Fetch | Self::Xhr { .. } | Self::Beacon)
    }
}
