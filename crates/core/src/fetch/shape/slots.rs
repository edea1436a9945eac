//! The orders of fields, and the values of those that a browser adds, as data.

use super::Profile;

/// A place in the order of fields.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    /// The field, if the request has it.
    Given(&'static str),
    /// The field of the request, or this one.
    Added { name: &'static str, value: &'static str, when: When },
    /// The field of the request, or the referrer, if there is one.
    Referrer(&'static str),
    /// The fields that have no slot of their own: what scripts set.
    Rest,
}

/// When a field is added.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    Always,
    /// To potentially trustworthy URLs.
    Secure,
    /// To all others.
    Insecure,
    /// To potentially trustworthy URLs of another site, with credentials.
    CrossSiteCredentials,
}

/// The orders of a browser.
pub(super) struct Slots {
    pub(super) preflight: &'static [Slot],
    pub(super) actual: &'static [Slot],
}

impl Slot {
    /// Whether the slot is that of a field.
    pub(super) fn is(&self, field: &str) -> bool {
        match self {
            Self::Given(name) | Self::Added { name, .. } | Self::Referrer(name) => {
                name.eq_ignore_ascii_case(field)
            }
            Self::Rest => false,
        }
    }
}

impl Slots {
    /// The standard fixes no order and leaves these fields to the browser: Chromium, the most used one, stands for it.
    pub(super) const fn of(profile: Profile) -> &'static Self {
        match profile {
            Profile::Spec | Profile::Chromium => &CHROMIUM,
            Profile::Firefox => &FIREFOX,
            Profile::Webkit => &WEBKIT,
        }
    }
}

const fn added(name: &'static str, value: &'static str) -> Slot {
    Slot::Added { name, value, when: When::Always }
}

const fn secure(name: &'static str, value: &'static str) -> Slot {
    Slot::Added { name, value, when: When::Secure }
}

const fn insecure(name: &'static str, value: &'static str) -> Slot {
    Slot::Added { name, value, when: When::Insecure }
}

const REFERRER: Slot = Slot::Referrer("Referer");
const STORAGE_ACCESS: Slot =
    Slot::Added { name: "Sec-Fetch-Storage-Access", value: "none", when: When::CrossSiteCredentials };

const CHROMIUM: Slots = Slots {
    preflight: &[
        Slot::Given("Host"),
        added("Connection", "keep-alive"),
        Slot::Given("Accept"),
        Slot::Given("Access-Control-Request-Method"),
        Slot::Given("Access-Control-Request-Headers"),
        Slot::Given("Origin"),
        CHROMIUM_AGENT,
        // Without Sec-Fetch-Site and Sec-Fetch-Dest, which only trustworthy URLs get.
        Slot::Added { name: "Sec-Fetch-Mode", value: "cors", when: When::Insecure },
        Slot::Given("Sec-Fetch-Site"),
        Slot::Given("Sec-Fetch-Dest"),
        REFERRER,
        Slot::Rest,
        CHROMIUM_ENCODING,
        CHROMIUM_ENCODING_INSECURE,
        added("Accept-Language", "en-US,en;q=0.9"),
    ],
    actual: &[
        Slot::Given("Host"),
        added("Connection", "keep-alive"),
        Slot::Given("Content-Length"),
        Slot::Given("Pragma"),
        Slot::Given("Cache-Control"),
        secure("sec-ch-ua-platform", "\"Linux\""),
        Slot::Rest,
        CHROMIUM_AGENT,
        secure("sec-ch-ua", "\"Not:A-Brand\";v=\"8\", \"Chromium\";v=\"156\""),
        Slot::Given("Content-Type"),
        secure("sec-ch-ua-mobile", "?0"),
        Slot::Given("Accept"),
        Slot::Given("Origin"),
        Slot::Given("Sec-Fetch-Site"),
        Slot::Given("Sec-Fetch-Mode"),
        Slot::Given("Sec-Fetch-Dest"),
        STORAGE_ACCESS,
        REFERRER,
        CHROMIUM_ENCODING,
        CHROMIUM_ENCODING_INSECURE,
        added("Accept-Language", "en-US,en;q=0.9"),
        Slot::Given("Cookie"),
        Slot::Given("If-None-Match"),
        Slot::Given("If-Modified-Since"),
        Slot::Given("Range"),
    ],
};

const CHROMIUM_AGENT: Slot = added(
    "User-Agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
);
const CHROMIUM_ENCODING: Slot = secure("Accept-Encoding", "gzip, deflate, br, zstd");
const CHROMIUM_ENCODING_INSECURE: Slot = insecure("Accept-Encoding", "gzip, deflate");

const FIREFOX: Slots = Slots {
    preflight: &[
        Slot::Given("Host"),
        FIREFOX_AGENT,
        Slot::Given("Accept"),
        added("Accept-Language", "en-US,en;q=0.9"),
        FIREFOX_ENCODING,
        FIREFOX_ENCODING_INSECURE,
        Slot::Given("Access-Control-Request-Method"),
        Slot::Given("Access-Control-Request-Headers"),
        REFERRER,
        Slot::Given("Origin"),
        Slot::Rest,
        STORAGE_ACCESS,
        added("Connection", "keep-alive"),
        Slot::Given("Sec-Fetch-Dest"),
        Slot::Given("Sec-Fetch-Mode"),
        Slot::Given("Sec-Fetch-Site"),
        added("Priority", "u=4"),
    ],
    actual: &[
        Slot::Given("Host"),
        FIREFOX_AGENT,
        Slot::Given("Accept"),
        added("Accept-Language", "en-US,en;q=0.9"),
        FIREFOX_ENCODING,
        FIREFOX_ENCODING_INSECURE,
        REFERRER,
        Slot::Given("Content-Type"),
        Slot::Rest,
        Slot::Given("Content-Length"),
        Slot::Given("Origin"),
        STORAGE_ACCESS,
        added("Connection", "keep-alive"),
        Slot::Given("Cookie"),
        Slot::Given("Sec-Fetch-Dest"),
        Slot::Given("Sec-Fetch-Mode"),
        Slot::Given("Sec-Fetch-Site"),
        Slot::Given("If-Modified-Since"),
        Slot::Given("If-None-Match"),
        added("Priority", "u=4"),
        Slot::Given("Pragma"),
        Slot::Given("Cache-Control"),
    ],
};

const FIREFOX_AGENT: Slot =
    added("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0");
const FIREFOX_ENCODING: Slot = secure("Accept-Encoding", "gzip, deflate, br, zstd");
const FIREFOX_ENCODING_INSECURE: Slot = insecure("Accept-Encoding", "gzip, deflate");

/// The names and values are WebCore's; the order is that of libsoup.
const WEBKIT: Slots = Slots {
    preflight: &[
        Slot::Given("Origin"),
        Slot::Given("Access-Control-Request-Method"),
        REFERRER,
        Slot::Given("Access-Control-Request-Headers"),
        WEBKIT_AGENT,
        Slot::Given("Accept"),
        Slot::Rest,
        WEBKIT_ENCODING,
        WEBKIT_ENCODING_INSECURE,
        added("Accept-Language", "en-US"),
        added("Connection", "Keep-Alive"),
        Slot::Given("Host"),
        Slot::Given("Sec-Fetch-Mode"),
        Slot::Given("Sec-Fetch-Dest"),
        Slot::Given("Sec-Fetch-Site"),
    ],
    actual: &[
        Slot::Given("Content-Type"),
        Slot::Given("Range"),
        Slot::Given("Authorization"),
        Slot::Given("Origin"),
        REFERRER,
        Slot::Given("Accept"),
        WEBKIT_AGENT,
        Slot::Given("Pragma"),
        Slot::Given("Cache-Control"),
        Slot::Given("Content-Length"),
        WEBKIT_ENCODING,
        WEBKIT_ENCODING_INSECURE,
        added("Accept-Language", "en-US"),
        added("Connection", "Keep-Alive"),
        Slot::Given("Host"),
        Slot::Given("Cookie"),
        Slot::Given("Sec-Fetch-Dest"),
        Slot::Given("Sec-Fetch-Mode"),
        Slot::Given("Sec-Fetch-Site"),
        Slot::Rest,
    ],
};

const WEBKIT_AGENT: Slot = added(
    "User-Agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/60.5 Safari/605.1.15",
);
const WEBKIT_ENCODING: Slot = secure("Accept-Encoding", "gzip, deflate, br");
const WEBKIT_ENCODING_INSECURE: Slot = insecure("Accept-Encoding", "gzip, deflate");
