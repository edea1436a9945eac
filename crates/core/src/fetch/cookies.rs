//! A browser's cookies, as far as CORS brings them into play: RFC 6265bis without priorities,
//! size limits and eviction.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use url::Url;

use super::{
    origin::{Site, is_ip_address, registrable_domain},
    profile::{self, ThirdParty},
};
use crate::message::{Fields, Response, isomorphic};

/// A cookie store (RFC 6265bis §5.7).
#[derive(Debug)]
pub(super) struct CookieJar {
    policy: &'static profile::Cookies,
    cookies: Vec<Cookie>,
}

/// Where a request comes from and goes to, as far as cookies ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    /// The URL of the request.
    pub url: &'a Url,
    /// The top-level page's site.
    pub top_level_site: &'a Site,
    /// Whether frames or redirects of other sites stand between the page and the URL.
    pub through_other_sites: bool,
}

#[derive(Debug)]
struct Cookie {
    name: String,
    value: String,
    domain: String,
    host_only: bool,
    path: String,
    secure: bool,
    same_site: SameSite,
    expires: Option<SystemTime>,
    /// The top-level site under which it was set, where third-party cookies are partitioned.
    partition: Option<Site>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SameSite {
    None,
    LaxOrStrict,
}

/// Why a browser does not store a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieRefusal {
    /// It cannot be parsed.
    Malformed,
    /// Its `Domain` is of others, or a public suffix.
    Domain,
    /// It is `Secure`, and the URL is plain HTTP.
    SecureOverHttp,
    /// It has `SameSite=None` without `Secure`.
    NoneWithoutSecure,
    /// Its name begins with `__Secure-` or `__Host-`, and its attributes are not those that the prefix demands.
    Prefix,
    /// It is `Lax` or `Strict`, by name or by default, in an answer to a page of another site.
    SameSite,
    /// The browser blocks cookies of third parties.
    ThirdParty,
}

impl fmt::Display for CookieRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "it cannot be parsed",
            Self::Domain => "its Domain is not one of this host",
            Self::SecureOverHttp => "it is Secure, and the URL is plain http",
            Self::NoneWithoutSecure => "SameSite=None needs Secure",
            Self::Prefix => "its name demands attributes that it does not have",
            Self::SameSite => {
                "it is SameSite=Lax or Strict (Lax is the default), and the page is of another site"
            }
            Self::ThirdParty => "this browser blocks cookies of third parties",
        })
    }
}

/// What became of the cookies of a response.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stored {
    /// The names of those that are stored.
    pub names: Vec<String>,
    /// The names of the others, each with the reason.
    pub refused: Vec<(String, CookieRefusal)>,
}

impl Context<'_> {
    fn is_third_party(&self) -> bool {
        !self.top_level_site.is_of(self.url)
    }

    /// RFC 6265bis §5.2: a same-site request.
    fn is_same_site(&self) -> bool {
        !self.is_third_party() && !self.through_other_sites
    }

    fn host(&self) -> &str {
        self.url.host_str().unwrap_or("")
    }
}

impl CookieJar {
    /// An empty store.
    pub(super) fn new(policy: &'static profile::Cookies) -> Self {
        Self { policy, cookies: Vec::new() }
    }

    /// Fetch §3.1.1 *append a request `Cookie` header*: the names of the cookies that go with
    /// the request, and the field value; `None` where there are none.
    pub(super) fn cookies_for(
        &self,
        context: &Context<'_>,
        now: SystemTime,
    ) -> Option<(Vec<String>, String)> {
        let partition = self.partition(context)?;
        let secure = context.url.scheme() == "https";
        let mut sent: Vec<&Cookie> = self
            .cookies
            .iter()
            .filter(|cookie| {
                cookie.partition == partition
                    && cookie.expires.is_none_or(|expires| expires > now)
                    && cookie.is_for(context.host(), context.url.path())
                    && (secure || !cookie.secure)
                    && (cookie.same_site == SameSite::None || context.is_same_site())
            })
            .collect();
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = sent.iter().map(|cookie| cookie.pair()).collect();
        let names = sent.iter().map(|cookie| cookie.name.clone()).collect();
        (!pairs.is_empty()).then(|| (names, pairs.join("; ")))
    }

    /// Fetch §3.1.2 *parse and store response `Set-Cookie` headers*.
    pub(super) fn store(&mut self, context: &Context<'_>, response: &Response, now: SystemTime) -> Stored {
        let partition = self.partition(context);
        let Stored { mut names, mut refused } = Stored::default();
        for line in lines(&response.fields) {
            let parsed = self.parse(context, &line, now);
            let (mut cookie, partition) = match (parsed, &partition) {
                (Ok(cookie), Some(partition)) => (cookie, partition),
                (Err(refusal), _) => {
                    refused.push((name_of(&line).to_owned(), refusal));
                    continue;
                }
                (Ok(cookie), None) => {
                    refused.push((cookie.name, CookieRefusal::ThirdParty));
                    continue;
                }
            };
            cookie.partition.clone_from(partition);
            names.push(cookie.name.clone());
            let same = |old: &Cookie| {
                old.name == cookie.name
                    && old.domain == cookie.domain
                    && old.path == cookie.path
                    && old.host_only == cookie.host_only
                    && old.partition == cookie.partition
            };
            let expired = cookie.expires.is_some_and(|expires| expires <= now);
            match self.cookies.iter_mut().find(|old| same(old)) {
                Some(old) => *old = cookie,
                None => self.cookies.push(cookie),
            }
            if expired {
                self.cookies.retain(|cookie| cookie.expires.is_none_or(|expires| expires > now));
            }
        }
        Stored { names, refused }
    }

    /// Forgets the cookies of a host and of all hosts of its site (`Clear-Site-Data: "cookies"`).
    pub(super) fn clear_site(&mut self, url: &Url) {
        let site = registrable_domain(url.host_str().unwrap_or(""));
        self.cookies.retain(|cookie| registrable_domain(&cookie.domain) != site);
    }

    /// Under which top-level site cookies are kept; `None` where they are not.
    fn partition(&self, context: &Context<'_>) -> Option<Option<Site>> {
        match self.policy.third_party {
            ThirdParty::Blocked if context.is_third_party() => None,
            ThirdParty::Partitioned if context.is_third_party() => Some(Some(context.top_level_site.clone())),
            _ => Some(None),
        }
    }

    /// RFC 6265bis §5.6 and §5.7: a cookie of a Set-Cookie line; `Err`: why it is ignored.
    fn parse(&self, context: &Context<'_>, line: &str, now: SystemTime) -> Result<Cookie, CookieRefusal> {
        if line.contains(|c: char| c.is_control() && c != '\t') {
            return Err(CookieRefusal::Malformed);
        }
        let mut parts = line.split(';');
        let pair = parts.next().unwrap_or_default();
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() && value.is_empty() {
            return Err(CookieRefusal::Malformed);
        }
        let host = context.host();
        let https = context.url.scheme() == "https";
        let default = if self.policy.lax_by_default { SameSite::LaxOrStrict } else { SameSite::None };
        let mut cookie = Cookie {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: host.to_owned(),
            host_only: true,
            path: default_path(context.url.path()).to_owned(),
            secure: false,
            same_site: default,
            expires: None,
            partition: None,
        };
        let mut max_age = None;
        for part in parts {
            let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match attribute.trim().to_ascii_lowercase().as_str() {
                "domain" => {
                    let domain = value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase();
                    if domain.is_empty() {
                        continue;
                    }
                    let public_suffix = domain == registrable_domain(&domain)
                        && psl::suffix_str(&domain).is_some_and(|suffix| suffix == domain);
                    if domain == host && (public_suffix || is_ip_address(context.url)) {
                        continue;
                    }
                    if public_suffix || !domain_matches(host, &domain) {
                        return Err(CookieRefusal::Domain);
                    }
                    (cookie.domain, cookie.host_only) = (domain, false);
                }
                "path" if value.starts_with('/') => cookie.path = value.to_owned(),
                "path" => cookie.path = default_path(context.url.path()).to_owned(),
                "secure" => cookie.secure = true,
                "samesite" => {
                    cookie.same_site = match value.to_ascii_lowercase().as_str() {
                        "none"
                            if cookie.secure || line_has_secure(line) || !self.policy.none_needs_secure =>
                        {
                            SameSite::None
                        }
                        "none" => return Err(CookieRefusal::NoneWithoutSecure),
                        "lax" | "strict" => SameSite::LaxOrStrict,
                        _ => default,
                    };
                }
                "max-age" => {
                    max_age = value.parse::<i64>().ok().or(max_age);
                }
                "expires" => cookie.expires = httpdate::parse_http_date(value).ok(),
                _ => {}
            }
        }
        if let Some(seconds) = max_age {
            let lifetime = Duration::from_secs(u64::try_from(seconds).unwrap_or(0)).min(LONGEST);
            cookie.expires = Some(now + lifetime);
        }
        let lower = cookie.name.to_ascii_lowercase();
        let prefix_broken = (lower.starts_with("__secure-") && !cookie.secure)
            || (lower.starts_with("__host-") && !(cookie.secure && cookie.host_only && cookie.path == "/"));
        if cookie.secure && !https {
            Err(CookieRefusal::SecureOverHttp)
        } else if prefix_broken {
            Err(CookieRefusal::Prefix)
        } else if cookie.same_site == SameSite::LaxOrStrict && !context.is_same_site() {
            Err(CookieRefusal::SameSite)
        } else {
            Ok(cookie)
        }
    }
}

/// RFC 6265bis §5.5: the longest time a cookie is kept, 400 days.
const LONGEST: Duration = Duration::from_secs(400 * 24 * 60 * 60);

fn lines(fields: &Fields) -> impl Iterator<Item = String> + '_ {
    fields.lines("set-cookie").map(|line| isomorphic::decode(line))
}

/// The name of a cookie in a Set-Cookie line.
fn name_of(line: &str) -> &str {
    let pair = line.split(';').next().unwrap_or_default();
    pair.split_once('=').map_or("", |(name, _)| name).trim()
}

fn line_has_secure(line: &str) -> bool {
    line.split(';').skip(1).any(|part| part.trim().eq_ignore_ascii_case("secure"))
}

impl Cookie {
    fn pair(&self) -> String {
        if self.name.is_empty() { self.value.clone() } else { format!("{}={}", self.name, self.value) }
    }

    fn is_for(&self, host: &str, path: &str) -> bool {
        let host_matches = self.domain == host || (!self.host_only && domain_matches(host, &self.domain));
        let path_matches = path
            .strip_prefix(&self.path)
            .is_some_and(|rest| rest.is_empty() || self.path.ends_with('/') || rest.starts_with('/'));
        host_matches && path_matches
    }
}

/// RFC 6265bis §5.1.3 *domain-match*.
fn domain_matches(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// RFC 6265bis §5.1.4 *default-path*.
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) | None => "/",
        Some(last) => path.get(..last).unwrap_or("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::profile::Profile;

    struct Row {
        what: &'static str,
        top: &'static str,
        set_at: &'static str,
        line: &'static str,
        sent_to: &'static str,
        spec: Option<&'static str>,
        chromium: Option<&'static str>,
        firefox: Option<&'static str>,
    }

    fn sent(row: &Row, profile: Profile) -> Option<String> {
        let url = |text| Url::parse(text).expect("url");
        let (top, set_at, sent_to) = (url(row.top), url(row.set_at), url(row.sent_to));
        let site = Site::of(&top).expect("site");
        let context = |url| Context { url, top_level_site: &site, through_other_sites: false };
        let mut jar = CookieJar::new(&profile.behaviour().cookies);
        let response = Response::new(200).with_field("Set-Cookie", row.line);
        jar.store(&context(&set_at), &response, SystemTime::UNIX_EPOCH);
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(60);
        jar.cookies_for(&context(&sent_to), later).map(|(_, value)| value)
    }

    #[test]
    fn cookies_go_where_their_attributes_say() {
        let base = Row {
            what: "",
            top: "https://a.site.example/",
            set_at: "https://b.site.example/p/x",
            line: "c=1",
            sent_to: "https://b.site.example/p/y",
            spec: Some("c=1"),
            chromium: Some("c=1"),
            firefox: Some("c=1"),
        };
        let none = Row { spec: None, chromium: None, firefox: None, ..base };
        let third =
            Row { top: "https://other.example/", line: "c=1; SameSite=None; Secure", chromium: None, ..base };
        let table = [
            Row { what: "same site", ..base },
            Row { what: "another path", sent_to: "https://b.site.example/q", ..none },
            Row { what: "path given", line: "c=1; Path=/", sent_to: "https://b.site.example/q", ..base },
            Row { what: "another host", sent_to: "https://a.site.example/p/y", ..none },
            Row {
                what: "domain given",
                line: "c=1; Domain=.site.example",
                sent_to: "https://a.site.example/p/y",
                ..base
            },
            Row { what: "domain of others", line: "c=1; Domain=other.example", ..none },
            Row { what: "domain is a public suffix", line: "c=1; Domain=example", ..none },
            Row { what: "secure", line: "c=1; Secure", ..base },
            Row {
                what: "secure, sent to http",
                line: "c=1; Secure",
                sent_to: "http://b.site.example/p/y",
                ..none
            },
            Row {
                what: "secure, set by http",
                set_at: "http://b.site.example/p/",
                line: "c=1; Secure",
                ..none
            },
            Row { what: "expired", line: "c=1; Max-Age=59", ..none },
            Row { what: "not expired", line: "c=1; Max-Age=61", ..base },
            Row { what: "deleted", line: "c=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ..none },
            Row { what: "third party", ..third },
            Row { what: "third party, lax by default", line: "c=1", spec: None, ..third },
            Row { what: "third party, lax", line: "c=1; SameSite=Lax", spec: None, firefox: None, ..third },
            Row { what: "none without secure", line: "c=1; SameSite=None", ..none },
            Row { what: "host prefix", line: "__Host-c=1; Secure", ..none },
        ];
        for row in table {
            assert_eq!(sent(&row, Profile::Spec).as_deref(), row.spec, "{}", row.what);
            assert_eq!(sent(&row, Profile::Chromium).as_deref(), row.chromium, "{} in Chromium", row.what);
            assert_eq!(sent(&row, Profile::Firefox).as_deref(), row.firefox, "{} in Firefox", row.what);
        }
    }

    #[test]
    fn third_party_cookies_are_partitioned_in_firefox() {
        let url = Url::parse("https://b.site.example/").expect("url");
        let tops = ["https://x.example", "https://y.example"]
            .map(|top| Site::of(&Url::parse(top).expect("url")).expect("site"));
        let context = |top| Context { url: &url, top_level_site: top, through_other_sites: false };
        let now = SystemTime::UNIX_EPOCH;
        let mut jar = CookieJar::new(&Profile::Firefox.behaviour().cookies);
        let response = Response::new(200).with_field("Set-Cookie", "c=1; SameSite=None; Secure");
        assert_eq!(jar.store(&context(&tops[0]), &response, now).names, ["c"]);
        assert!(jar.cookies_for(&context(&tops[0]), now).is_some());
        assert!(jar.cookies_for(&context(&tops[1]), now).is_none());
        jar.clear_site(&url);
        assert!(jar.cookies_for(&context(&tops[0]), now).is_none());
    }

    #[test]
    fn a_cookie_that_is_not_stored_has_a_reason() {
        use CookieRefusal::{
            Domain, Malformed, NoneWithoutSecure, Prefix, SameSite, SecureOverHttp, ThirdParty,
        };
        let (http, https) = ("http://b.site.example/", "https://b.site.example/");
        let (same, other) = ("https://a.site.example", "https://other.example");
        for (top, url, line, profile, wanted) in [
            (same, https, "c=1", Profile::Spec, None),
            (same, https, "=", Profile::Spec, Some(Malformed)),
            (same, https, "c=1; Domain=other.example", Profile::Spec, Some(Domain)),
            ("http://a.site.example", http, "c=1; Secure", Profile::Spec, Some(SecureOverHttp)),
            ("http://a.site.example", http, "__Secure-c=1; Secure", Profile::Spec, Some(SecureOverHttp)),
            (same, https, "c=1; SameSite=None", Profile::Spec, Some(NoneWithoutSecure)),
            (same, https, "__Host-c=1; Secure; Domain=b.site.example", Profile::Spec, Some(Prefix)),
            (other, https, "c=1", Profile::Spec, Some(SameSite)),
            (other, https, "c=1; SameSite=None; Secure", Profile::Chromium, Some(ThirdParty)),
        ] {
            let url = Url::parse(url).expect("url");
            let top = Site::of(&Url::parse(top).expect("url")).expect("site");
            let context = Context { url: &url, top_level_site: &top, through_other_sites: false };
            let mut jar = CookieJar::new(&profile.behaviour().cookies);
            let response = Response::new(200).with_field("Set-Cookie", line);
            let Stored { names, refused } = jar.store(&context, &response, SystemTime::UNIX_EPOCH);
            let reasons: Vec<CookieRefusal> = refused.iter().map(|(_, refusal)| *refusal).collect();
            assert_eq!(reasons, wanted.into_iter().collect::<Vec<_>>(), "{line} {top:?}");
            assert_eq!(names.is_empty(), wanted.is_some(), "{line}");
        }
    }
}
