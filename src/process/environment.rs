//! The variables of the environment that Crosscheck reads: the one list of their names.

use std::{env, path::PathBuf};

use super::{resolve::parsed, suites::Wanted};
use crate::{case::model::Through, diagnostic::Diagnostic, document::nearest};

/// What every variable of ours begins with.
const PREFIX: &str = "CROSSCHECK_";

/// A variable that Crosscheck reads.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    /// What it sets, in the words of the flag that sets the same.
    pub(crate) sets: &'static str,
}

impl Variable {
    /// Its value; one that is empty counts as unset. A former name still sets it.
    pub(crate) fn value(&self) -> Option<String> {
        let former = || {
            let (was, _) = FORMER.iter().find(|(_, now)| *now == self.name)?;
            variable(&format!("{PREFIX}{was}"))
        };
        variable(self.name).or_else(former)
    }

    /// Whether it is there at all, be it empty.
    pub(crate) fn is_present(&self) -> bool {
        env::var_os(self.name).is_some()
    }
}

/// Former names without the prefix, which are still read but not documented, and the names of today.
const FORMER: &[(&str, &str)] = &[("PATIENCE", PROPAGATION_TIMEOUT.name)];

/// An environment variable of any name; one that is empty counts as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// GitHub Actions, where this process runs in one of its steps.
#[derive(Debug)]
pub(crate) struct GitHub {
    /// The file of the step's summary.
    pub(crate) summary: Option<PathBuf>,
}

/// Whether this is a step of GitHub Actions, by the variables that its runner sets: `GITHUB_ACTIONS` and
/// `GITHUB_STEP_SUMMARY`.
pub(crate) fn github() -> Option<GitHub> {
    let summary = || env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from);
    (variable("GITHUB_ACTIONS").as_deref() == Some("true")).then(|| GitHub { summary: summary() })
}

macro_rules! variables {
    ($($name:ident $sets:literal)*) => {
        $(
            #[doc = $sets]
            pub(crate) const $name: Variable =
                Variable { name: concat!("CROSSCHECK_", stringify!($name)), sets: $sets };
        )*
        /// Every variable, in the order of the documentation.
        pub(crate) const ALL: &[Variable] = &[$($name),*];
    };
}

variables! {
    TARGET "Endpoint to test: a URL, or `embedded` for the embedded reference store (`--target`)"
    CONFIG "Target file to use (`--config`)"
    DIALECT "CORS rule semantics of the endpoint: generic, oss, s3 (`--dialect`)"
    ALLOWED_ORIGINS "Allowed origins, separated by commas (`--allowed-origin`)"
    ALLOWED_METHODS "Allowed methods, separated by commas (`--allowed-method`)"
    ALLOWED_HEADERS "Allowed request headers, separated by commas (`--allowed-header`)"
    EXPOSE_HEADERS "Exposed response headers, separated by commas (`--expose-header`)"
    MAX_AGE "Promised Access-Control-Max-Age in seconds (`--max-age`)"
    ALLOW_CREDENTIALS "Whether credentials are allowed: true or false (`--allow-credentials`)"
    CA_FILE "PEM file of certificates to trust besides the system's (`--ca-file`)"
    INSECURE "Whether certificates are accepted without verification: true or false (`--insecure`)"
    PROXY "HTTP proxy for every request, `http://host:port` (`--proxy`)"
    REQUEST_TIMEOUT "Timeout of one exchange in milliseconds (`--request-timeout`)"
    TOTAL_TIMEOUT "Timeout of the whole run in milliseconds (`--total-timeout`)"
    FOLLOW_PRIVATE "Whether redirects to a less public address space are followed: true or false (`--follow-private`)"
    JOBS "Number of tests that run at once (`--jobs`)"
    RATE "Maximum number of requests a second that tests send (`--rate`)"
    FRESH_QUERY "Query parameter that gives each test a URL of its own (`--fresh-query`)"
    PROFILE "Browser to emulate: spec, chromium, firefox, webkit (`--profile`)"
    BARE "Whether requests have only the fields that HTTP and Fetch require: true or false (`--bare`)"
    FAULT "Defect of the embedded reference store (`--fault`)"
    BUCKET "Name of the bucket (`--bucket`)"
    REGION "Region that bucket requests are signed for (`--region`)"
    SIGNATURE "Signature version of bucket requests (`--signature`)"
    KEY_PROFILE "Profile in the vendor's credential files that has the access key (`--key-profile`)"
    ACCESS_KEY_ID "Access key for the bucket's API"
    ACCESS_KEY_SECRET "Secret of that access key"
    SECURITY_TOKEN "Session token of that access key"
    SET_RULES "Whether CORS rules of the bucket may be replaced: true or false (`--set-rules`)"
    PUT_OBJECTS "Whether objects may be put into the bucket: true or false (`--put-objects`)"
    OBJECT_ACL "ACL of objects that tests put (`--object-acl`)"
    LEASE_DIR "Folder where rules are saved before they are replaced (`--lease-dir`)"
    LEASE_WAIT "Time to wait for another process that sets rules, in milliseconds (`--lease-wait`)"
    PROPAGATION_TIMEOUT "Time to wait until the bucket shows new rules, in milliseconds (`--propagation-timeout`)"
    SUITES "Case files or folders of them, separated by commas (`--suites`)"
    SEED "Seed for sampling request orders, and for load (`--seed`)"
    THROUGH "Caches to send requests through, separated by commas (`--through`)"
    MAX_RATE "Maximum number of requests/s under load (`--max-rate`)"
    REPORT_DIR "Folder for the reports (`--report-dir`)"
    COLOR "When to use colours: auto, always, never (`--color`)"
    SERVE_KEYS "Access keys of `serve`, `ID:SECRET`, separated by commas (`--key`)"
}

/// The variables of ours that are set and unknown, as input errors: a misspelled one would otherwise
/// leave its setting at the default without a word.
pub(crate) fn unknown() -> Vec<Diagnostic> {
    let names = env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| is_unknown(name)).collect();
    names.sort();
    names.iter().map(|name| complaint(name)).collect()
}

/// Adds what the environment says of the cases to run, where nothing goes before it.
pub(crate) fn fill(wanted: &mut Wanted) -> Result<(), Vec<Diagnostic>> {
    let mut problems = unknown();
    let seed = parsed(&SEED, &mut problems);
    wanted.seed = wanted.seed.or(seed);
    if let (true, Some(paths)) = (wanted.suites.is_empty(), SUITES.value()) {
        wanted.suites = paths.split(',').map(Into::into).collect();
    }
    if let Some(names) = THROUGH.value() {
        match names.split(',').map(|name| Through::cache_named(name.trim())).collect() {
            Some(through) => wanted.through = through,
            None => {
                let known: Vec<&str> = Through::caches().map(Through::name).collect();
                let message = format!("{}=`{names}` names a cache that is not known", THROUGH.name);
                problems.push(
                    Diagnostic::error("environment", message).help(format!("known: {}", known.join(", "))),
                );
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// The variables of ours that are set, in the order of the list.
pub(crate) fn set() -> Vec<&'static str> {
    ALL.iter().filter(|known| known.value().is_some()).map(|known| known.name).collect()
}

fn is_unknown(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else { return false };
    ALL.iter().all(|known| known.name != name) && FORMER.iter().all(|(was, _)| *was != rest)
}

fn complaint(name: &str) -> Diagnostic {
    let shown = crate::document::quote(name);
    let diagnostic = Diagnostic::error(
        "environment.unknown",
        format!("the environment variable {shown} is not one that Crosscheck knows"),
    );
    // What all names have in common would make any of them near.
    let rest = name.strip_prefix(PREFIX).unwrap_or(name);
    let rests = ALL.iter().filter_map(|known| known.name.strip_prefix(PREFIX));
    match nearest(rest, rests) {
        Some(near) => diagnostic.help(format!("did you mean {PREFIX}{near}?")),
        None => diagnostic.help("`crosscheck config variables` lists them; unset any other"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_variable_is_known_for_what_it_is() {
        for (name, meant) in [
            ("CROSSCHECK_TRAGET", Some("CROSSCHECK_TARGET")),
            ("CROSSCHECK_TARGET_URL", None),
            ("CROSSCHECK_URL", None),
            ("CROSSCHECK_ALLOWED_ORIGIN", Some("CROSSCHECK_ALLOWED_ORIGINS")),
            ("CROSSCHECK_", None),
            ("CROSSCHECK_SERVE_KEY", Some("CROSSCHECK_SERVE_KEYS")),
        ] {
            assert!(is_unknown(name), "{name}");
            let helps = complaint(name).help.join(" ");
            match meant {
                Some(meant) => assert_eq!(helps, format!("did you mean {meant}?"), "{name}"),
                None => {
                    assert!(helps.contains("config variables") || helps.contains("did you mean"), "{name}")
                }
            }
        }
        for known in ALL {
            assert!(!is_unknown(known.name), "{}", known.name);
        }
        assert!(!is_unknown("CARGO_BIN_EXE_crosscheck"));
    }
}
