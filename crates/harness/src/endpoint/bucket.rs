use std::{path::PathBuf, time::Duration};

use crosscheck_core::{policy::Dialect, signature::Scheme};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Provenance, Row, Setting, Settings};
#[cfg(feature = "control")]
use crate::transport::Control;
use crate::{
    provision::{
        Address, Api, Bucket, Credentials, Environment, Holds, ProvisionError, Saved, Terms, Timeouts,
        find_credentials, find_region,
    },
    transport::{Gate, LargeBody, TlsError, Transport, Wire, WireConfig},
};

/// Signature version for requests to the bucket API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SignatureVersion {
    /// OSS V1.
    V1,
    /// AWS SigV2.
    V2,
    /// OSS V4, AWS SigV4.
    V4,
}

impl SignatureVersion {
    /// Every version.
    pub const ALL: &'static [Self] = &[Self::V1, Self::V2, Self::V4];

    /// As it stands in target files and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V4 => "v4",
        }
    }

    /// The version of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|version| version.name() == name)
    }
}

/// The bucket behind an endpoint, and access to its API. Keys come from the environment and from the vendor's
/// credential files, never from this file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BucketFile {
    /// Name of the bucket. If omitted: from the vendor's host name, or the first path segment after an IP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Region for signing requests. If omitted: from the host name, the environment or the vendor's files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Signature version: `v1` or `v4` for OSS, `v2` or `v4` for S3. If omitted: `v4`, or `v1` for an OSS bucket
    /// without a known region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureVersion>,
    /// Profile in the vendor's credential files that has the access key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_profile: Option<String>,
    /// ACL of the objects that tests put, such as `public-read`. If omitted: no ACL is sent, and the bucket must make
    /// its objects publicly readable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_acl: Option<String>,
}

/// What is known of the bucket behind an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketSettings {
    /// What it is called, where somebody said so.
    pub name: Setting<Option<String>>,
    /// The region, where somebody said so.
    pub region: Setting<Option<String>>,
    /// How requests to it are signed, where somebody said so.
    pub signature: Setting<Option<SignatureVersion>>,
    /// The profile of the vendor's files.
    pub key_profile: Setting<Option<String>>,
    /// The ACL of objects.
    pub object_acl: Setting<Option<String>>,
    /// What was found where keys usually are; absent where the dialect has no bucket API.
    pub credentials: Option<Credentials>,
    /// Where what was found on a bucket is saved before it is changed.
    pub lease_dir: Setting<PathBuf>,
    /// Where this user's runs write down which rules on buckets are theirs, whatever the lease folder is.
    pub state_dir: PathBuf,
    /// How long another process's lease is waited for.
    pub lease_wait: Setting<Duration>,
    /// How long the store gets for its part.
    pub propagation_timeout: Setting<Duration>,
}

impl Settings {
    /// The bucket behind the endpoint.
    ///
    /// # Errors
    /// What is missing: a dialect with a bucket API, the bucket's name, a key, a region.
    pub fn bucket(&self) -> Result<Bucket, ProvisionError> {
        let Some(url) = &self.url.value else { return Err(ProvisionError::NoBucketApi) };
        let dialect = self.dialect.value.rules().ok_or(ProvisionError::NoBucketApi)?;
        let address = Address::of(url, self.bucket.name.value.as_deref())?;
        self.bucket_at(address, dialect)
    }

    /// The same with what is found of keys and regions for this dialect, where nobody named one.
    #[must_use]
    pub(crate) fn for_dialect(&self, dialect: Dialect, lookup: Environment<'_>) -> Self {
        let mut settings = self.clone();
        if settings.bucket.credentials.is_none() {
            let profile = settings.bucket.key_profile.value.as_deref();
            settings.bucket.credentials = Some(find_credentials(dialect, profile, lookup));
            if settings.bucket.region.value.is_none() {
                let value = find_region(dialect, profile, lookup);
                settings.bucket.region = Setting { value, from: Provenance::Vendor };
            }
        }
        settings
    }

    /// The bucket whose rules were saved in a file, with this machine's key for it, signed as then where the user says
    /// nothing else. A dialect that the user named must be the file's.
    ///
    /// # Errors
    /// As for [`Settings::bucket`]; another dialect.
    pub fn saved_bucket(&self, saved: &Saved) -> Result<Bucket, ProvisionError> {
        if self.dialect.from != Provenance::Default && self.dialect.value.rules() != Some(saved.dialect) {
            return Err(ProvisionError::ForeignDialect);
        }
        let address = Address {
            name: saved.bucket.clone(),
            root: saved.url.clone(),
            in_host: saved.in_host,
            region: Some(saved.region.clone()),
        };
        let mut bucket = self.bucket_at(address, saved.dialect)?;
        if self.bucket.signature.value.is_none() {
            bucket.scheme = saved.scheme;
        }
        Ok(bucket)
    }

    /// The same, with the profile for the key that the run of a saved file used, where the user names none.
    #[must_use]
    pub fn for_saved(&self, saved: &Saved, lookup: Environment<'_>) -> Self {
        let mut settings = self.clone();
        if settings.bucket.key_profile.value.is_none() && saved.key_profile.is_some() {
            settings.bucket.key_profile =
                Setting { value: saved.key_profile.clone(), from: Provenance::Default };
            settings.bucket.credentials = None;
        }
        settings.for_dialect(saved.dialect, lookup)
    }

    /// How a hold on a bucket is taken.
    pub fn lease_terms(&self) -> Terms {
        Terms {
            folder: self.bucket.lease_dir.value.clone(),
            wait: self.bucket.lease_wait.value,
            holds: Holds::new(&self.bucket.state_dir),
        }
    }

    fn bucket_at(&self, address: Address, dialect: Dialect) -> Result<Bucket, ProvisionError> {
        let credentials = self.bucket.credentials.as_ref().ok_or(ProvisionError::NoBucketApi)?;
        let key = credentials.known()?.key.clone();
        // The host knows better than a file that is meant for every bucket.
        let region = match &self.bucket.region {
            Setting { value: Some(region), from: Provenance::Flag | Provenance::File } => {
                Some(region.clone())
            }
            Setting { value, .. } => address.region.clone().or_else(|| value.clone()),
        };
        let scheme = match (dialect, self.bucket.signature.value) {
            (Dialect::Oss, Some(SignatureVersion::V1)) => Scheme::OssV1,
            (Dialect::Oss, None) if region.is_none() => Scheme::OssV1,
            (Dialect::Oss, _) => Scheme::OssV4,
            (Dialect::S3, Some(SignatureVersion::V2)) => Scheme::SigV2,
            (Dialect::S3, _) => Scheme::SigV4,
        };
        let region = match (region, scheme) {
            (Some(region), _) => region,
            (None, Scheme::OssV4) => return Err(ProvisionError::NoRegion),
            (None, _) => "us-east-1".to_owned(),
        };
        let object_acl = self.bucket.object_acl.value.clone();
        let key_profile = self.bucket.key_profile.value.clone();
        Ok(Bucket { address, dialect, scheme, region, key, key_profile, object_acl })
    }

    /// The API of a bucket, on a transport of its own that cuts no content.
    ///
    /// # Errors
    /// A CA file that cannot be read or used; a variable that does not name a proxy.
    pub fn api(&self, bucket: Bucket) -> Result<Api, super::Problem> {
        let timeouts = Timeouts::default().within(self.bucket.propagation_timeout.value);
        let root = &bucket.address.root;
        let gate = Gate::every_method_to([root]).following_private(self.follow_private.value);
        let transport = self.control(gate, root)?;
        Ok(Api::new(bucket, transport, timeouts))
    }

    /// What carries requests to the API of a bucket: a common HTTP client or, where that is not built in, the
    /// transport for evidence. The machine's proxies apply to both.
    fn control(&self, gate: Gate, root: &Url) -> Result<Box<dyn Transport>, super::Problem> {
        let proxy = self.control_route(root.scheme())?;
        self.transport(LargeBody::Fail, |config| -> Result<Box<dyn Transport>, TlsError> {
            let config = WireConfig { proxy, ..config };
            #[cfg(feature = "control")]
            return Ok(Box::new(Control::new(config, gate, root)?));
            #[cfg(not(feature = "control"))]
            Ok(Box::new(Wire::new(config, gate)?))
        })
    }

    /// A wire for what this gate permits. Content is cut at the limit rather than failed: whether a page may
    /// read a response is decided by its head.
    ///
    /// # Errors
    /// A CA file that cannot be read or used.
    pub fn wire(&self, gate: Gate) -> Result<Wire, super::Problem> {
        self.transport(LargeBody::Cut, |config| Wire::new(config, gate))
    }

    /// The same, for requests that get no fields of a browser.
    ///
    /// # Errors
    /// As for [`Settings::wire`].
    pub fn bare_wire(&self, gate: Gate) -> Result<Wire, super::Problem> {
        self.transport(LargeBody::Cut, |config| Wire::new(WireConfig { shape: None, ..config }, gate))
    }
}

impl BucketSettings {
    /// Its lines of the configuration, where there is something to say.
    pub(super) fn rows(&self, machine_proxy: Option<String>) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut row = |name: &str, value: String, from: Provenance| {
            rows.push(Row { name: name.to_owned(), value, from, variables: Vec::new() });
        };
        let Some(credentials) = &self.credentials else { return rows };
        for (name, setting) in [
            ("bucket.name", &self.name),
            ("bucket.region", &self.region),
            ("bucket.key_profile", &self.key_profile),
            ("bucket.object_acl", &self.object_acl),
        ] {
            if let Some(value) = &setting.value {
                row(name, value.clone(), setting.from);
            }
        }
        if let Some(version) = self.signature.value {
            row("bucket.signature", version.name().to_owned(), self.signature.from);
        }
        match credentials {
            Credentials::Known(known) => {
                let from = if known.environment { Provenance::Environment } else { Provenance::Vendor };
                row("access key", format!("{} ({})", known.shown(), known.from), from);
            }
            Credentials::Unknown(looked) => {
                row("access key", format!("none found in {}", looked.join(", ")), Provenance::Default);
            }
            Credentials::Broken(why) => row("access key", why.clone(), Provenance::Vendor),
        }
        if let Some(proxy) = machine_proxy {
            row("proxy of the bucket API", proxy, Provenance::Environment);
        }
        row("lease_dir", self.lease_dir.value.display().to_string(), self.lease_dir.from);
        row("timeouts.lease_wait_ms", self.lease_wait.value.as_millis().to_string(), self.lease_wait.from);
        let propagation = self.propagation_timeout;
        row("timeouts.propagation_ms", propagation.value.as_millis().to_string(), propagation.from);
        rows
    }
}
