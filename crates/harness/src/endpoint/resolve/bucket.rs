//! The settings of the bucket behind an endpoint.

use std::{path::PathBuf, time::Duration};

use super::{Layers, Problems, first, strongest, timeout};
use crate::{
    endpoint::{BucketSettings, Dialect, EndpointError, Layer, Provenance, Setting, SignatureVersion},
    provision::{Environment, find_credentials, find_region},
};

const PROPAGATION: Duration = Duration::from_secs(30);

/// The bucket behind the endpoint. Settings that no source gives are read from the files of the vendor's own tools.
pub(super) fn bucket(
    layers: Layers<'_>,
    dialect: Dialect,
    lookup: Environment<'_>,
    problems: &mut Problems,
) -> BucketSettings {
    let text = |get: fn(&Layer) -> Option<&String>| match first(layers, get) {
        Some((from, text)) => Setting { value: Some(text.clone()), from },
        None => Setting { value: None, from: Provenance::Default },
    };
    let key_profile = text(|layer| layer.key_profile.as_ref());
    let mut region = text(|layer| layer.region.as_ref());
    if let (None, Some(rules)) = (&region.value, dialect.rules())
        && let Some(found) = find_region(rules, key_profile.value.as_deref(), lookup)
    {
        region = Setting { value: Some(found), from: Provenance::Vendor };
    }
    let signature = strongest(layers, |layer| layer.signature.map(Some));
    if let Some(version) = signature.value {
        let unfit = matches!(
            (dialect, version),
            (Dialect::Oss, SignatureVersion::V2) | (Dialect::S3, SignatureVersion::V1)
        );
        if unfit {
            let error = EndpointError::Signature(version.name().to_owned());
            problems.add(signature.from, &["bucket", "signature"], error);
        }
    }
    let lease_dir = match first(layers, |layer| layer.lease_dir.as_ref()) {
        Some((from, path)) => Setting { value: path.clone(), from },
        None => Setting { value: state_dir(lookup).join("leases"), from: Provenance::Default },
    };
    let lease_wait = match first(layers, |layer| layer.lease_wait_ms) {
        Some((from, millis)) => Setting { value: Duration::from_millis(millis), from },
        None => Setting { value: Duration::ZERO, from: Provenance::Default },
    };
    BucketSettings {
        name: text(|layer| layer.bucket.as_ref()),
        region,
        signature,
        credentials: dialect
            .rules()
            .map(|rules| find_credentials(rules, key_profile.value.as_deref(), lookup)),
        key_profile,
        object_acl: text(|layer| layer.object_acl.as_ref()),
        lease_dir,
        state_dir: state_dir(lookup),
        lease_wait,
        propagation_timeout: timeout(
            layers,
            "propagation_ms",
            PROPAGATION,
            |layer| layer.propagation_ms,
            problems,
        ),
    }
}

/// Where programs keep what must outlive them; where that is not known, here.
fn state_dir(lookup: Environment<'_>) -> PathBuf {
    let state = lookup("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|| lookup("HOME").map(|home| PathBuf::from(home).join(".local/state")));
    state.map_or_else(|| PathBuf::from(".crosscheck"), |state| state.join("crosscheck"))
}
