//! The fields that every request gets before it is sent.

use url::Url;

use crate::{
    fetch::{
        client::Client,
        modes::CacheMode,
        origin::{is_potentially_trustworthy, same_origin},
    },
    message::Fields,
};

/// Fetch Metadata §2 *append the Fetch metadata headers for a request*, which only URLs that
/// are potentially trustworthy get.
pub(super) fn append_fetch_metadata(
    fields: &mut Fields,
    client: &Client,
    urls: &[Url],
    destination: &str,
    mode: &'static str,
) {
    if !urls.last().is_some_and(is_potentially_trustworthy) {
        return;
    }
    fields.push("Sec-Fetch-Dest", if destination.is_empty() { "empty" } else { destination }.to_owned());
    fields.push("Sec-Fetch-Mode", mode);
    fields.push("Sec-Fetch-Site", site_of(client, urls));
}

/// Fetch Metadata §2.3 *set the Sec-Fetch-Site header*.
fn site_of(client: &Client, urls: &[Url]) -> &'static str {
    let mut value = "same-origin";
    for url in urls {
        if client.origin().is_of(url) {
            continue;
        }
        if !client.site().is_of(url) {
            return "cross-site";
        }
        value = "same-site";
    }
    value
}

/// Fetch §4.5 *HTTP-network-or-cache fetch*, steps 8.16 and 8.17: the fields that say to caches
/// on the way what the cache mode says.
pub(super) fn append_cache_mode(fields: &mut Fields, mode: CacheMode) {
    match mode {
        CacheMode::NoCache if !fields.contains("cache-control") => {
            fields.push("Cache-Control", "max-age=0");
        }
        CacheMode::NoStore | CacheMode::Reload => {
            if !fields.contains("pragma") {
                fields.push("Pragma", "no-cache");
            }
            if !fields.contains("cache-control") {
                fields.push("Cache-Control", "no-cache");
            }
        }
        _ => {}
    }
}

/// The target URI: without the fragment, and without the username and password, which are
/// never sent unasked.
pub(super) fn target(url: &Url) -> Url {
    let mut target = url.clone();
    target.set_fragment(None);
    if !target.username().is_empty() || target.password().is_some() {
        // Fails only for URLs without a host, which are never requested.
        let _ = target.set_username("");
        let _ = target.set_password(None);
    }
    target
}

/// Whether two URLs are of one origin, so that Authorization stays across a redirect.
pub(super) fn keeps_authorization(from: &Url, to: &Url) -> bool {
    same_origin(from, to)
}
