//! What of a target file holds for the endpoint in use. A file describes one endpoint, so its secrets,
//! permissions and promises are used with that endpoint alone.

use std::fmt;

use crosscheck_core::document;
use url::{Origin, Url};

use super::{
    Capabilities, EMBEDDED, EndpointError, Layer, Provenance,
    resolve::{Layers, Problems, endpoint_url, first},
};
use crate::provision::Address;

/// What a target file says of its own endpoint, and is not used with another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The endpoint of the file.
    pub of: String,
    /// The endpoint in use.
    pub used: String,
    /// The settings as a target file calls them; of headers, the field names too, and never a value.
    pub names: Vec<String>,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it describes {}, not {}: left out {}", self.of, self.used, self.names.join(", "))
    }
}

/// An endpoint as far as it tells one from another.
#[derive(Debug, PartialEq)]
enum Location {
    Embedded,
    At { origin: Origin, bucket: Option<String> },
}

impl Location {
    /// The endpoint at a URL. `store`: whether it is one of a bucket API.
    fn of(text: &str, store: bool, bucket: Option<&str>) -> Result<Self, EndpointError> {
        if text == EMBEDDED {
            return Ok(Self::Embedded);
        }
        let url: Url = endpoint_url(text)?;
        let bucket = store.then(|| Address::of(&url, bucket).ok().map(|address| address.name)).flatten();
        Ok(Self::At { origin: url.origin(), bucket })
    }

    /// Whether what is said of this one holds for the other: the origin is the same and, if this one
    /// names a bucket, the bucket.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::At { origin, bucket }, Self::At { origin: at, bucket: named }) => {
                origin == at && (bucket.is_none() || bucket == named)
            }
            _ => self == other,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("the embedded reference store"),
            Self::At { origin, bucket: None } => f.write_str(&origin.ascii_serialization()),
            Self::At { origin, bucket: Some(bucket) } => {
                write!(f, "the bucket {} at {}", document::quote(bucket), origin.ascii_serialization())
            }
        }
    }
}

/// The layers with nothing of a target file that belongs to another endpoint than the one in use, and
/// what was left out of it.
pub(super) fn confined(
    layers: Layers<'_>,
    problems: &mut Problems,
) -> (Vec<(Provenance, Layer)>, Option<LeftOut>) {
    let mut left_out = None;
    let confined = layers
        .iter()
        .map(|(from, layer)| match from {
            Provenance::File => {
                let (layer, left) = used_of(layer, layers, problems);
                left_out = left_out.take().or(left);
                (*from, layer)
            }
            _ => (*from, layer.clone()),
        })
        .collect();
    (confined, left_out)
}

/// What is used of a file's layer.
fn used_of(file: &Layer, layers: Layers<'_>, problems: &mut Problems) -> (Layer, Option<LeftOut>) {
    let Divided { everywhere, here } = divided(file);
    let Some(own) = &file.url else {
        for said in here.iter().filter(|said| said.needs_url) {
            problems.add(Provenance::File, &[said.name], EndpointError::NeedsUrl(said.name));
        }
        return (file.clone(), None);
    };
    let dialect = first(layers, |layer| layer.dialect);
    let store = dialect.is_some_and(|(_, dialect)| dialect.rules().is_some());
    let (from, used) =
        first(layers, |layer| layer.url.as_deref()).unwrap_or((Provenance::File, own.as_str()));
    let bucket = first(layers, |layer| layer.bucket.as_deref()).map(|(_, name)| name);
    let own = Location::of(own, store, file.bucket.as_deref());
    let (own, used) = match (own, Location::of(used, store, bucket)) {
        (Ok(own), Ok(used)) => (own, used),
        // The URL in use is reported where it is resolved.
        (Err(error), _) if from != Provenance::File => {
            problems.add(Provenance::File, &["url"], error);
            return (everywhere, None);
        }
        _ => return (file.clone(), None),
    };
    if own.covers(&used) {
        return (file.clone(), None);
    }
    let names: Vec<String> = here.iter().map(|said| said.shown(file)).collect();
    let left_out = LeftOut { of: own.to_string(), used: used.to_string(), names };
    (everywhere, Some(left_out).filter(|left| !left.names.is_empty()))
}

/// A file's layer by what its settings hold for.
struct Divided {
    /// How Crosscheck works, whatever it tests.
    everywhere: Layer,
    /// What the file says of its own endpoint.
    here: Vec<Said>,
}

/// A setting that a file has.
struct Said {
    name: &'static str,
    /// Whether it gives something away or permits something, so that it must name its endpoint.
    needs_url: bool,
}

impl Said {
    fn shown(&self, file: &Layer) -> String {
        let headers = match self.name {
            "headers" => &file.headers,
            "preflight_headers" => &file.preflight_headers,
            name => return name.to_owned(),
        };
        let names: Vec<String> = headers.iter().map(|(name, _)| document::quote(name)).collect();
        format!("{} ({})", self.name, names.join(", "))
    }
}

/// Every setting is named here, so that a new one cannot be forgotten.
fn divided(file: &Layer) -> Divided {
    let Layer {
        url,
        dialect,
        policy,
        allowed_origins,
        allowed_methods,
        allowed_headers,
        expose_headers,
        max_age_seconds,
        allow_credentials,
        operations,
        roles,
        headers,
        preflight_headers,
        // Never in a file.
        allow_env: _,
        follow_private: _,
        ca_file,
        insecure,
        proxy,
        resolve,
        request_ms,
        total_ms,
        connect_ms,
        concurrency,
        rate,
        fresh_query,
        profile,
        bare,
        known_issues,
        bucket,
        region,
        signature,
        key_profile,
        object_acl,
        lease_dir,
        lease_wait_ms,
        propagation_ms,
        capabilities,
    } = file;
    let everywhere = Layer {
        url: url.clone(),
        request_ms: *request_ms,
        total_ms: *total_ms,
        connect_ms: *connect_ms,
        concurrency: *concurrency,
        rate: *rate,
        profile: *profile,
        bare: *bare,
        lease_dir: lease_dir.clone(),
        lease_wait_ms: *lease_wait_ms,
        propagation_ms: *propagation_ms,
        ..Layer::default()
    };
    let of_bucket = [bucket, region, key_profile, object_acl];
    let here = [
        ("headers", !headers.is_empty(), true),
        ("preflight_headers", !preflight_headers.is_empty(), true),
        ("capabilities", *capabilities != Capabilities::default(), true),
        ("bucket", signature.is_some() || of_bucket.iter().any(|said| said.is_some()), true),
        ("tls", ca_file.is_some() || insecure.is_some(), true),
        ("proxy", proxy.is_some(), true),
        ("resolve", !resolve.is_empty(), true),
        ("dialect", dialect.is_some(), false),
        ("policy", policy.is_some(), false),
        ("allowed_origins", allowed_origins.is_some(), false),
        ("allowed_methods", allowed_methods.is_some(), false),
        ("allowed_headers", allowed_headers.is_some(), false),
        ("expose_headers", expose_headers.is_some(), false),
        ("max_age_seconds", max_age_seconds.is_some(), false),
        ("allow_credentials", allow_credentials.is_some(), false),
        ("operations", !operations.listed.is_empty(), true),
        ("roles", !roles.is_empty(), false),
        ("fresh_query", fresh_query.is_some(), false),
        ("known_issues", !known_issues.is_empty(), false),
    ]
    .into_iter()
    .filter_map(|(name, said, needs_url)| said.then_some(Said { name, needs_url }))
    .collect();
    Divided { everywhere, here }
}
