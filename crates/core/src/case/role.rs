//! Roles: what a case says instead of a value that only the endpoint's rules know, such as an
//! origin that they allow. A role that the rules leave open says why, so that the case is not
//! applicable for a reason.

use std::{collections::BTreeMap, fmt};

use crate::{
    fetch::{filter::is_safelisted_response_header_name, header, method},
    message::is_token,
    policy::{
        Policy, Rule,
        pattern::{matches_name, matches_origin},
    },
};

/// Every role but those of further allowed origins, with what it stands for.
pub const ROLES: &[(&str, &str)] = &[
    ("allowed", "an origin that the rules allow"),
    ("allowed.scheme", "its scheme"),
    ("allowed.host", "its host"),
    ("allowed.port", "its port, also where it is the scheme's default"),
    ("denied", "an https origin that no rule allows"),
    ("method", "a method that needs a preflight and is allowed for {allowed}"),
    ("denied-method", "a method that is not allowed for {allowed}"),
    ("header", "a request header that needs a preflight and is allowed for {allowed}"),
    ("second-header", "a further request header that is allowed for {allowed}, and sorts after {header}"),
    ("denied-header", "a request header that is not allowed for {allowed}"),
    ("exposed-header", "a response header that {allowed} may read only because it is exposed"),
    ("max-age", "how long the preflight's answer for {allowed} may be kept, in seconds"),
];

/// How many allowed origins have a role: `{allowed}`, `{allowed.2}` to `{allowed.200}`.
const ALLOWED: usize = 200;
const PARTS: [&str; 3] = ["scheme", "host", "port"];

/// Whether `name` is a role.
pub fn is_role(name: &str) -> bool {
    ROLES.iter().any(|(role, _)| *role == name) || {
        let rest = name.strip_prefix("allowed.").unwrap_or_default();
        let (number, part) = rest.split_once('.').unwrap_or((rest, "host"));
        let written = |known: &usize| number == known.to_string();
        number.parse().ok().filter(written).is_some_and(|known| (2..=ALLOWED).contains(&known))
            && PARTS.contains(&part)
    }
}

/// A role that the endpoint cannot fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbound {
    /// The role's name, without braces.
    pub role: String,
    /// Why, as a clause: `every https origin is allowed by "*"`.
    pub why: String,
}

impl fmt::Display for Unbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no {{{}}}: {}", self.role, self.why)
    }
}

/// An endpoint's values for the roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    bound: BTreeMap<String, Result<String, Unbound>>,
    unknown: Unbound,
}

impl Roles {
    /// The value of a role.
    ///
    /// # Errors
    /// Why the endpoint has none.
    pub fn get(&self, name: &str) -> Result<&str, &Unbound> {
        match self.bound.get(name) {
            Some(Ok(value)) => Ok(value),
            Some(Err(unbound)) => Err(unbound),
            None => Err(&self.unknown),
        }
    }

    /// Every role in the order of the names, with its value or why it has none.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Result<&str, &Unbound>)> {
        self.bound.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// Binds the roles to what is known of an endpoint: its rules, where they are, and values that
    /// its owner gives by name, which win.
    pub fn bind(policy: Option<&Policy>, overrides: &BTreeMap<String, String>) -> Self {
        let mut bound = BTreeMap::new();
        let mut set = |role: &str, value: Result<String, String>| {
            let value = match overrides.get(role) {
                Some(value) => Ok(value.clone()),
                None => value.map_err(|why| Unbound { role: role.to_owned(), why }),
            };
            bound.insert(role.to_owned(), value.clone());
            value.ok()
        };
        let rules = match policy {
            None => Err("nothing is known of the endpoint's rules".to_owned()),
            Some(policy) if policy.rules.is_empty() => Err("CORS is not configured".to_owned()),
            Some(policy) => Ok(policy.rules.as_slice()),
        };
        let search = Search { rules: rules.as_ref().copied().unwrap_or_default() };
        let from_rules = |find: &dyn Fn(&Search<'_>) -> Result<String, String>| match &rules {
            Ok(_) => find(&search),
            Err(why) => Err(why.clone()),
        };

        let origins = policy.map(Policy::concrete_origins).unwrap_or_default();
        let mut allowed = None;
        for index in 0..ALLOWED {
            let role = if index == 0 { "allowed".to_owned() } else { format!("allowed.{}", index + 1) };
            let origin = from_rules(&|_| match (origins.get(index), origins.len()) {
                (Some(origin), _) => Ok(origin.clone()),
                (None, 0) => Err("the rules name no origin that a browser can have".to_owned()),
                (None, 1) => Err("the rules allow only one origin".to_owned()),
                (None, count) => Err(format!("the rules allow only {count} origins")),
            });
            let why = origin.clone().err();
            let origin = set(&role, origin);
            for part in PARTS {
                let value = match &origin {
                    Some(origin) => part_of(origin, part).ok_or_else(|| format!("`{origin}` has none")),
                    None => Err(why.clone().unwrap_or_default()),
                };
                set(&format!("{role}.{part}"), value);
            }
            if index == 0 {
                allowed = origin;
            }
        }
        set(
            "denied",
            match policy {
                Some(_) => search.denied_origin(),
                None => Err("nothing is known of the endpoint's rules".to_owned()),
            },
        );
        let page = allowed.unwrap_or_default();
        let for_page = |find: FindForPage<'_>| {
            from_rules(&|search| {
                let rules = search.rules_for(&page);
                if rules.is_empty() { Err(format!("no rule allows `{page}`")) } else { find(search, &rules) }
            })
        };
        let method = set("method", for_page(&|search, rules| search.method(rules)));
        set("denied-method", for_page(&|search, rules| search.denied_method(rules)));
        let header = set("header", for_page(&|search, rules| search.header(rules, method.as_deref())));
        let first = header.unwrap_or_default();
        set(
            "second-header",
            for_page(&|search, rules| search.second_header(rules, method.as_deref(), &first)),
        );
        set("denied-header", for_page(&|search, rules| search.denied_header(rules)));
        set("exposed-header", for_page(&|_, rules| exposed_header(rules)));
        set("max-age", for_page(&|search, _| search.max_age(&page, method.as_deref())));
        Self { bound, unknown: Unbound { role: "…".to_owned(), why: "no role has this name".to_owned() } }
    }
}

/// The scheme, host or port of a serialised origin.
fn part_of(origin: &str, part: &str) -> Option<String> {
    let (scheme, rest) = origin.split_once("://")?;
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, Some(port))
        }
        _ => (rest, None),
    };
    match part {
        "scheme" => Some(scheme.to_owned()),
        "host" => Some(host.to_owned()),
        _ => port.map(str::to_owned).or_else(|| match scheme {
            "https" => Some("443".to_owned()),
            "http" => Some("80".to_owned()),
            _ => None,
        }),
    }
}

type FindForPage<'f> = &'f dyn Fn(&Search<'_>, &[&Rule]) -> Result<String, String>;

/// Looks through the rules for values.
struct Search<'a> {
    rules: &'a [Rule],
}

impl<'a> Search<'a> {
    fn denied_origin(&self) -> Result<String, String> {
        let patterns = || self.rules.iter().flat_map(|rule| &rule.allowed_origins);
        // Patterns take prefixes and suffixes, so candidates differ at both ends.
        let letters = "dqxzabcefghijklmnoprstuvwy0123456789".chars();
        letters
            .flat_map(|letter| {
                [".example", ".test", ".invalid", ".example:8443"].map(|end| {
                    let name = if letter == 'd' { "denied".to_owned() } else { format!("{letter}denied") };
                    format!("https://{name}.crosscheck{end}")
                })
            })
            .find(|origin| !patterns().any(|pattern| matches_origin(pattern, origin.as_bytes())))
            .ok_or_else(|| {
                let wide: Vec<String> = patterns()
                    .filter(|pattern| pattern.contains('*'))
                    .map(|pattern| format!("`{pattern}`"))
                    .collect();
                format!("every https origin is allowed by {}", wide.join(", "))
            })
    }

    /// The rules that allow an origin, those that may GET first.
    fn rules_for(&self, origin: &str) -> Vec<&'a Rule> {
        let allows = |rule: &&Rule| {
            rule.allowed_origins.iter().any(|pattern| matches_origin(pattern, origin.as_bytes()))
        };
        let mut rules: Vec<&Rule> = self.rules.iter().filter(allows).collect();
        rules.sort_by_key(|rule| !rule.allows_method("GET"));
        rules
    }

    fn method(&self, rules: &[&Rule]) -> Result<String, String> {
        let mut named = rules.iter().flat_map(|rule| &rule.allowed_methods);
        named.find(|method| !method::is_safelisted(method) && *method != "OPTIONS").cloned().ok_or_else(
            || "the rules allow only GET, HEAD and POST, which need no preflight by themselves".to_owned(),
        )
    }

    fn denied_method(&self, rules: &[&Rule]) -> Result<String, String> {
        ["DELETE", "PUT", "PATCH", "PROPFIND", "CROSSCHECK"]
            .into_iter()
            .find(|method| !rules.iter().any(|rule| rule.allows_method(method)))
            .map(str::to_owned)
            .ok_or_else(|| "the rules allow every method".to_owned())
    }

    fn header(&self, rules: &[&Rule], method: Option<&str>) -> Result<String, String> {
        let mut rules: Vec<&Rule> = rules.to_vec();
        // A rule answers for origin, method and headers together.
        rules.sort_by_key(|rule| {
            [Some("GET"), method].into_iter().flatten().filter(|method| !rule.allows_method(method)).count()
        });
        let mut second = None;
        for pattern in rules.iter().flat_map(|rule| &rule.allowed_headers) {
            let pattern = pattern.to_ascii_lowercase();
            let filling = if pattern.trim() == "*" { "x-crosscheck" } else { "crosscheck" };
            let name = pattern.replacen('*', filling, 1);
            if !needs_preflight(&name) || !matches_name(&pattern, &name) {
                continue;
            }
            // A made-up credential would be judged before the rules.
            if name != "authorization" {
                return Ok(name);
            }
            second = Some(name);
        }
        second.ok_or_else(|| "the rules allow no request header that needs a preflight".to_owned())
    }

    /// Browsers sort the names that they ask for, so the second one comes after the first.
    fn second_header(&self, rules: &[&Rule], method: Option<&str>, first: &str) -> Result<String, String> {
        let together = |rule: &&&Rule| {
            method.is_none_or(|method| rule.allows_method(method))
                && rule.allowed_headers.iter().any(|pattern| matches_name(pattern, first))
        };
        rules
            .iter()
            .find(together)
            .into_iter()
            .flat_map(|rule| &rule.allowed_headers)
            .map(|name| name.to_ascii_lowercase())
            .find(|name| is_token(name.as_bytes()) && !name.contains('*') && name.as_str() > first)
            .ok_or_else(|| "the rules name no further request header that sorts after the first".to_owned())
    }

    /// The max age of the rule that answers a preflight of a page for a method.
    fn max_age(&self, page: &str, method: Option<&str>) -> Result<String, String> {
        let answers =
            |rule: &&Rule| rule.allows_origin(page) && method.is_none_or(|method| rule.allows_method(method));
        let seconds = self.rules.iter().find(answers).and_then(|rule| rule.max_age_seconds);
        seconds.map(|seconds| seconds.to_string()).ok_or_else(|| "the rules set no max age".to_owned())
    }

    fn denied_header(&self, rules: &[&Rule]) -> Result<String, String> {
        let patterns = || rules.iter().flat_map(|rule| &rule.allowed_headers);
        ["x-crosscheck-denied", "crosscheck-denied", "denied-by-crosscheck", "q-denied"]
            .into_iter()
            .find(|name| !patterns().any(|pattern| matches_name(pattern, name)))
            .map(str::to_owned)
            .ok_or_else(|| "the rules allow every request header".to_owned())
    }
}

fn exposed_header(rules: &[&Rule]) -> Result<String, String> {
    let names = rules.iter().flat_map(|rule| &rule.expose_headers).map(|name| name.to_ascii_lowercase());
    names
        .into_iter()
        .find(|name| !name.contains('*') && !is_safelisted_response_header_name(name))
        .ok_or_else(|| "the rules expose no response header by name".to_owned())
}

/// Whether a script can set the header, and whether that makes a preflight whatever its value.
fn needs_preflight(name: &str) -> bool {
    const MAY_BE_SAFELISTED: [&str; 5] =
        ["accept", "accept-language", "content-language", "content-type", "range"];
    is_token(name.as_bytes())
        && !header::is_forbidden_request_header(name, b"")
        && !MAY_BE_SAFELISTED.contains(&name)
}
