//! A browser's private HTTP cache: the engine of RFC 9111, partitioned and used as Fetch says.

use std::time::SystemTime;

use url::Url;

use super::StoredResponse;
use crate::{
    caching::{Cache, Key, Model, Stored},
    fetch::{
        client::Client,
        origin::{Origin, Site, same_origin},
        profile::{self, Profile},
        status::is_redirect,
    },
    message::{Request, list},
};

/// The cache, and which requests stored what is in it.
#[derive(Debug)]
pub(super) struct HttpCache {
    pub(super) engine: Cache,
    policy: &'static profile::HttpCache,
    /// The `Origin` values of requests that stored responses; a stored response's tag is its
    /// place here. None stands for a request without.
    origins: Vec<Option<String>>,
}

impl HttpCache {
    pub(super) fn new(profile: Profile) -> Self {
        let model = match profile {
            Profile::Spec | Profile::Webkit => Model::BROWSER,
            Profile::Chromium => Model::CHROMIUM,
            Profile::Firefox => Model::FIREFOX,
        };
        let policy = &profile.behaviour().http_cache;
        Self { engine: Cache::new(model), policy, origins: Vec::new() }
    }

    /// Fetch §2.8 *determine the HTTP cache partition*, and the key within it; `None` where
    /// the request has no cache.
    pub(super) fn key(&self, client: &Client, credentials: bool, url: &Url) -> Option<Key> {
        let opaque = |origin: &Origin| matches!(origin, Origin::Opaque(_));
        if self.policy.no_opaque_origins && (opaque(client.origin()) || opaque(client.top_level_origin())) {
            return None;
        }
        let mut partition = text(client.network_partition_key());
        if self.policy.partitioned_by_frame_site {
            partition.push(' ');
            partition.push_str(&text(client.site()));
        }
        if self.policy.partitioned_by_cross_site_ancestor
            && client.has_cross_site_ancestor()
            && client.network_partition_key().is_of(url)
        {
            partition.push_str(" foreign");
        }
        Some(self.engine.model().key(partition, credentials, url))
    }

    /// The key for what a request asks of `url`; `None` where it passes by the cache.
    pub(super) fn key_of(
        &self,
        client: &Client,
        credentials: bool,
        url: &Url,
        request: &Request,
    ) -> Option<Key> {
        if self.policy.ranges_pass_by && request.fields.contains("range") {
            return None;
        }
        let mut key = self.key(client, credentials, url)?;
        if self.policy.heads_apart && request.method == "HEAD" {
            key.partition.push_str(" HEAD");
        }
        Some(key)
    }

    /// Whether a response that is not stored drops the one that was.
    pub(super) fn unstored_replaces(&self) -> bool {
        self.policy.unstored_replaces
    }

    /// Whether a response is stored although the CORS check keeps it from the page.
    pub(super) fn keeps_withheld(&self, status: u16) -> bool {
        let redirect = self.policy.keeps_withheld_redirects && is_redirect(status);
        redirect || self.engine.model().keep_withheld
    }

    /// Whether a whole answer to a request for a part, which validated, drops what was stored.
    pub(super) fn whole_for_part_drops(&self) -> bool {
        self.policy.whole_for_part_drops
    }

    /// The tag for what a request with this `Origin` stores.
    pub(super) fn tag(&mut self, origin: Option<&str>) -> u64 {
        let known = self.origins.iter().position(|other| other.as_deref() == origin);
        let place = known.unwrap_or_else(|| {
            self.origins.push(origin.map(str::to_owned));
            self.origins.len() - 1
        });
        u64::try_from(place).unwrap_or(u64::MAX)
    }

    /// What to tell of a stored response.
    pub(super) fn describe(&self, stored: &Stored, key: &Key, now: SystemTime) -> StoredResponse {
        let place = usize::try_from(stored.tag).unwrap_or(usize::MAX);
        let mut url = key.url.clone();
        url.set_fragment(None);
        StoredResponse {
            url,
            stored_for: self.origins.get(place).cloned().flatten(),
            age: now.duration_since(stored.received_at).unwrap_or_default().as_secs(),
        }
    }

    /// `Clear-Site-Data: "cache"`: forgets what is stored for the origin of `url`, in every partition.
    pub(super) fn clear_origin(&mut self, url: &Url) {
        self.engine.retain(|key| !same_origin(&key.url, url));
    }
}

/// Clear Site Data §3.1: whether the field asks to clear `what`.
pub(super) fn asks_to_clear(field: Option<&str>, what: &str) -> bool {
    field.is_some_and(|field| {
        list::text_members(field).any(|member| {
            let member = member.strip_prefix('"').and_then(|member| member.strip_suffix('"'));
            member.is_some_and(|member| member == what || member == "*")
        })
    })
}

/// A site as a part of a partition key; unlike its serialisation, an opaque one is itself.
fn text(site: &Site) -> String {
    match site {
        Site::SchemeAndHost(scheme, host) => [scheme.as_str(), "://", host].concat(),
        Site::Opaque(id) => format!("opaque {id}"),
    }
}
