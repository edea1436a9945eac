//! What a run saw of one operation under one set of rules: the other requests by which the causes of a refusal are told
//! apart.

use std::collections::{BTreeSet, HashSet};

use url::Url;

use crate::{
    diagnosis::{Experiment, ExplainedRequest, Facts, Sighting},
    exchange::ServedBy,
    fetch::method,
    signature::is_presigned,
};

/// The requests that were answered alike by one endpoint.
#[derive(Debug, Default)]
pub(super) struct World {
    seen: Vec<Sighting>,
    known: HashSet<Key>,
    /// Whether some answer of the operation has CORS fields, be it under other rules.
    pub(super) granted_at_all: bool,
    /// The statuses whose answers never have CORS fields, where other answers have them.
    pub(super) bare_statuses: BTreeSet<u16>,
}

type Key = (Option<String>, String, Vec<String>, bool, bool, bool, Option<u16>, bool, bool);

impl World {
    /// Takes a request, unless one like it was answered alike. What a cache answered says nothing of the endpoint.
    pub(super) fn add(&mut self, sighting: Sighting) {
        if sighting.served_by != ServedBy::Network {
            return;
        }
        let key = (
            sighting.origin.clone(),
            sighting.method.clone(),
            sighting.headers.clone(),
            sighting.credentials,
            sighting.preflight.is_some(),
            sighting.was_sent(),
            sighting.status(),
            sighting.allowed(),
            sighting.has_allow_origin(),
        );
        if self.known.insert(key) {
            self.seen.push(sighting);
        }
    }

    /// Every request.
    pub(super) fn all(&self) -> impl Iterator<Item = &Sighting> {
        self.seen.iter()
    }

    /// Whether the endpoint itself allowed requests of this page like this one, and refused others.
    pub(super) fn is_inconsistent(&self, seen: &Sighting) -> bool {
        let headers =
            |other: &Sighting| seen.preflight.is_none() && other.was_sent() || seen.headers == other.headers;
        let is_like = |other: &&Sighting| {
            other.origin == seen.origin
                && other.method == seen.method
                && other.credentials == seen.credentials
                && other.preflight.is_some() == seen.preflight.is_some()
                && headers(other)
                && name(other) == name(seen)
        };
        let like = || self.seen.iter().filter(is_like);
        like().any(Sighting::allowed) && like().any(|other| !other.allowed())
    }

    /// The same page's request that was not answered by a cache, where such requests are refused.
    pub(super) fn fresh(&self, seen: &Sighting) -> Option<&Sighting> {
        let is_same = |other: &&Sighting| {
            other.origin == seen.origin
                && other.method == seen.method
                && other.credentials == seen.credentials
                && name(other) == name(seen)
        };
        let refused = self.seen.iter().filter(is_same).find(|other| !other.allowed())?;
        self.seen.iter().filter(is_same).all(|other| !other.allowed()).then_some(refused)
    }

    /// Judges a request by what else was seen.
    pub(super) fn judge<T>(
        &self,
        (page, seen): (&ExplainedRequest, &Sighting),
        judge: impl FnOnce(&Facts<'_>) -> T,
    ) -> T {
        let experiments = |experiment: &Experiment| self.find(experiment, page, seen);
        let others: Vec<&Sighting> = self.seen.iter().collect();
        judge(&Facts {
            page,
            seen,
            experiments: &experiments,
            can_ask: &|_| false,
            others: &others,
            granted_at_all: self.granted_at_all,
            bare_status: seen.status().is_some_and(|status| self.bare_statuses.contains(&status)),
        })
    }

    /// A request of the run that is this experiment.
    fn find(&self, experiment: &Experiment, page: &ExplainedRequest, seen: &Sighting) -> Option<&Sighting> {
        let origin = Some(page.origin.as_str());
        let sent_method = method::normalize(&page.method);
        let is = |other: &Sighting, from: Option<&str>, method: &str, headers: &[String]| {
            other.origin.as_deref() == from && other.method == method && other.headers == headers
        };
        let same_url =
            |other: &Sighting| other.url.is_none() || seen.url.is_none() || name(other) == name(seen);
        let find = |wanted: &dyn Fn(&Sighting) -> bool| {
            self.seen.iter().find(|other| same_url(other) && wanted(other))
        };
        let names = page.unsafe_names();
        match experiment {
            Experiment::WithoutOrigin => find(&|other| {
                other.origin.is_none()
                    && other.preflight.is_none()
                    && other.was_sent()
                    && other.method == sent_method
            })
            .or_else(|| {
                find(&|other| other.origin.is_none() && other.preflight.is_none() && other.was_sent())
            }),
            Experiment::OriginAs(from) => {
                find(&|other| is(other, Some(from), &sent_method, &names) && !other.credentials)
                    .or_else(|| find(&|other| is(other, Some(from), &sent_method, &names)))
            }
            Experiment::ReadAs(from) => {
                find(&|other| is(other, Some(from), "GET", &[]) && other.was_sent() && !other.credentials)
            }
            Experiment::Read => {
                find(&|other| is(other, origin, "GET", &[]) && other.was_sent() && !other.credentials)
            }
            Experiment::MethodAlone => {
                find(&|other| is(other, origin, &sent_method, &[]) && other.preflight.is_some())
            }
            Experiment::MethodAs(method) => {
                find(&|other| is(other, origin, method, &[]) && other.preflight.is_some())
            }
            // Which header it is tells nothing where the question is whether there must be one.
            Experiment::HeaderAlone(_) if names.is_empty() => find(&|other| {
                other.origin.as_deref() == origin
                    && other.method == sent_method
                    && !other.headers.is_empty()
                    && other.preflight.is_some()
                    && other.allowed()
                    && other.url.as_ref().and_then(Url::query) == seen.url.as_ref().and_then(Url::query)
            }),
            Experiment::HeaderAlone(name) => find(&|other| {
                is(other, origin, &sent_method, std::slice::from_ref(name)) && other.preflight.is_some()
            }),
            Experiment::PreflightUnsigned => find(&|other| {
                other.origin.as_deref() == origin
                    && other.preflight.is_some()
                    && other.url.as_ref().is_some_and(|url| !is_presigned(url))
            }),
            Experiment::WithoutCredentials => {
                find(&|other| is(other, origin, &sent_method, &names) && !other.credentials)
            }
            Experiment::WithoutPreflight => find(&|other| {
                is(other, origin, &sent_method, &names) && other.preflight.is_none() && other.was_sent()
            }),
            _ => None,
        }
    }
}

/// The last segment of a URL's path: tests of a store give each its own folder.
fn name(sighting: &Sighting) -> Option<&str> {
    sighting.url.as_ref()?.path().rsplit('/').next()
}
