//! What is to be set, where, and the text that sets it.

use crate::policy::Policy;

/// What one complete repair grants: all that a page needs to be allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Origins, serialised, or `*` for all of them.
    pub origins: Vec<String>,
    /// Methods.
    pub methods: Vec<String>,
    /// Names of request headers, in lower case.
    pub headers: Vec<String>,
    /// Names of response headers that scripts may read, in lower case.
    pub exposed: Vec<String>,
    /// Whether with credentials.
    pub credentials: bool,
    /// How long a browser may keep the preflight, in seconds.
    pub max_age: Option<u64>,
}

/// What a setting is wanted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Pages may read.
    Grant(Grant),
    /// What stands in front forwards `Origin` and the preflight's fields, and keeps answers to different ones apart.
    ForwardOrigin,
    /// A stored response of this URL is removed from the cache.
    Purge {
        /// The URL.
        url: String,
    },
}

/// What is known of the place that a setting goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Situation<'a> {
    /// Whether the application behind this product sends CORS fields too.
    pub application_answers: bool,
    /// The rules that the bucket has now, where they are known.
    pub present: Option<&'a Policy>,
}

/// A text for a person to copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// The text.
    pub text: String,
    /// Where it goes, or what it replaces: one or two sentences.
    pub replaces: String,
    /// The same as labels and values of the product's console, where it has one.
    pub console: Vec<(&'static str, String)>,
    /// What of the grant this product cannot give, or what else it needs.
    pub shortfalls: Vec<String>,
    /// Whether a test of this project applied this product's text and saw it work.
    pub applied: bool,
}

impl Setting {
    /// A text, and where it goes.
    pub(super) fn new(text: impl Into<String>, replaces: impl Into<String>) -> Self {
        Self { text: text.into(), replaces: replaces.into(), ..Self::default() }
    }

    /// The same with something that the product cannot give.
    #[must_use]
    pub(super) fn short(mut self, shortfall: impl Into<String>) -> Self {
        self.shortfalls.push(shortfall.into());
        self
    }
}

impl Grant {
    /// Whether for every origin.
    pub fn any_origin(&self) -> bool {
        self.origins.iter().any(|origin| origin == "*")
    }

    /// Whether there is something to grant, in characters that mean nothing of their own in any of the configuration
    /// languages: nothing needs quoting, and nothing can end a string.
    pub(super) fn is_plain(&self) -> bool {
        let plain = |list: &[String], marks: &str| {
            list.iter().all(|text| {
                !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c))
            })
        };
        !self.origins.is_empty()
            && !self.methods.is_empty()
            && plain(&self.origins, "-._~:/[]*")
            && plain(&self.methods, "-_.*")
            && plain(&self.headers, "-_.*")
            && plain(&self.exposed, "-_.*")
    }

    /// What of it browsers accept, and what they do not: `*` means something else with credentials.
    pub(super) fn possible(&self) -> (Self, Vec<String>) {
        let mut grant = self.clone();
        let mut shortfalls = Vec::new();
        if !grant.credentials {
            return (grant, shortfalls);
        }
        if grant.any_origin() {
            grant.credentials = false;
            shortfalls.push(
                "browsers refuse * for a request with credentials: this text allows none; name the origins to allow them"
                    .to_owned(),
            );
        } else {
            for (what, list) in [
                ("methods", &grant.methods),
                ("headers", &grant.headers),
                ("exposed headers", &grant.exposed),
            ] {
                if list.iter().any(|name| name == "*") {
                    shortfalls.push(format!(
                        "with credentials browsers take * for a name: list the {what} one by one"
                    ));
                }
            }
        }
        (grant, shortfalls)
    }
}
