//! What a browser's network stack adds to a request, and in which order the fields of a request go out over HTTP/1.1.
//! Measured: Chromium 156, Firefox 153 and WebKitGTK (WebCore 60.5), each kind of request over HTTP and HTTPS.

mod slots;
#[cfg(test)]
mod tests;

use url::Url;

use super::{
    client::Client,
    modes::ReferrerPolicy,
    origin::{Origin, is_potentially_trustworthy},
    profile::Profile,
};
use crate::message::Fields;
use slots::{Slot, Slots, When};

/// What else is known of a request that a browser sends.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// Where it goes.
    pub url: &'a Url,
    /// Whether it is a CORS-preflight request.
    pub preflight: bool,
    /// The value of `Referer`, if it has one.
    pub referrer: Option<&'a str>,
    /// Whether the page's request includes credentials, also where this is its preflight.
    pub credentials: bool,
}

/// The fields as the browser sends them: `given` has those of the request and of the connection. None of these is
/// changed; the browser's own are added, and all are put in its order.
pub fn shaped(profile: Profile, given: &Fields, circumstances: &Circumstances<'_>) -> Fields {
    let slots = Slots::of(profile);
    let slots = if circumstances.preflight { slots.preflight } else { slots.actual };
    let mut fields = Fields::with_capacity(given.len() + slots.len());
    for slot in slots {
        match slot {
            Slot::Rest => {
                let named = |name: &str| slots.iter().any(|slot| slot.is(name));
                for field in given.iter().filter(|field| !named(&field.name)) {
                    fields.push(field.name.clone(), field.value.clone());
                }
            }
            // A field may have several slots, for several values.
            Slot::Given(name) | Slot::Added { name, .. } | Slot::Referrer(name) if given.contains(name) => {
                if !fields.contains(name) {
                    for field in given.iter().filter(|field| field.is(name)) {
                        fields.push(field.name.clone(), field.value.clone());
                    }
                }
            }
            Slot::Given(_) => {}
            Slot::Referrer(name) => {
                if let Some(referrer) = circumstances.referrer {
                    fields.push(*name, referrer.to_owned());
                }
            }
            Slot::Added { name, value, when } if holds(*when, given, circumstances) => {
                fields.push(*name, *value);
            }
            Slot::Added { .. } => {}
        }
    }
    fields
}

fn holds(when: When, given: &Fields, circumstances: &Circumstances<'_>) -> bool {
    let secure = is_potentially_trustworthy(circumstances.url);
    match when {
        When::Always => true,
        When::Secure => secure,
        When::Insecure => !secure,
        When::CrossSiteCredentials => {
            let site = given.text("sec-fetch-site");
            secure && circumstances.credentials && site.as_deref() == Some("cross-site")
        }
    }
}

/// Referrer Policy §8.3 *determine request's referrer*, for a page at the root of its origin. Pages of extensions, of
/// apps and of opaque origins send none.
pub(super) fn referrer(client: &Client, policy: ReferrerPolicy, url: &Url) -> Option<String> {
    let Origin::Tuple(origin) = client.origin() else { return None };
    if !matches!(origin.scheme(), "http" | "https") {
        return None;
    }
    let downgrade = origin.is_potentially_trustworthy() && !is_potentially_trustworthy(url);
    let sent = match policy {
        ReferrerPolicy::NoReferrer => false,
        ReferrerPolicy::SameOrigin => origin.is_of(url),
        ReferrerPolicy::Origin | ReferrerPolicy::OriginWhenCrossOrigin | ReferrerPolicy::UnsafeUrl => true,
        ReferrerPolicy::NoReferrerWhenDowngrade
        | ReferrerPolicy::StrictOrigin
        | ReferrerPolicy::StrictOriginWhenCrossOrigin => !downgrade,
    };
    sent.then(|| format!("{origin}/"))
}
