use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use url::Url;

use super::SetupError;
use crosscheck_core::{
    case::model::Given,
    interleave::Place,
    policy::{self, Policy},
    signature::AccessKey,
};

pub use crosscheck_store::Fault;
use crosscheck_store::{Acl, DEFAULT_BUCKET, Route, Server, ServerConfig, Store};
pub(super) use crosscheck_store::{ProvisionError, ServeError};

/// The rules of its default bucket.
#[allow(clippy::unnecessary_wraps, reason = "a build without the store has none")]
pub(super) fn default_policy() -> Option<Policy> {
    Some(crosscheck_store::default_policy())
}

/// The reference store that we embed: a bucket for each test that sets something up, so that no
/// test sees another's.
pub(super) struct Embedded {
    /// Reads its rules as OSS does; has the default bucket that cases without `given` meet.
    server: Server,
    /// Reads its rules as S3 does.
    s3: Server,
    buckets: AtomicU64,
}

impl Embedded {
    /// Starts it on the current Tokio runtime.
    pub(super) async fn start(fault: Option<Fault>) -> Result<Self, ServeError> {
        let started = |dialect: policy::Dialect| {
            let store = Store::with_default_bucket(dialect);
            store.set_fault(fault);
            Server::start(ServerConfig::new(store))
        };
        let server = started(policy::Dialect::Oss).await?;
        let s3 = started(policy::Dialect::S3).await?;
        Ok(Self { server, s3, buckets: AtomicU64::new(0) })
    }

    /// The default bucket.
    pub(super) fn url(&self) -> Url {
        self.server.bucket_url(DEFAULT_BUCKET)
    }

    /// The default bucket of both dialects.
    pub(super) fn urls(&self) -> [Url; 2] {
        [&self.server, &self.s3].map(|server| server.bucket_url(DEFAULT_BUCKET))
    }

    /// The access key to its buckets.
    pub(super) fn key(&self) -> AccessKey {
        Store::default_key()
    }

    /// Lets open requests end.
    pub(super) async fn stop(self) {
        self.server.shutdown().await;
        self.s3.shutdown().await;
    }

    /// Sets up a bucket for what a case needs.
    pub(super) fn prepare(&self, given: &Given) -> Result<Place, SetupError> {
        let server = match given.dialect {
            Some(policy::Dialect::S3) => &self.s3,
            Some(policy::Dialect::Oss) | None => &self.server,
        };
        let store = server.store();
        let bucket = format!("case-{}", self.buckets.fetch_add(1, Ordering::Relaxed));
        match given.private {
            true => store.create_with_acl(&bucket, Acl::Private)?,
            false => store.create_bucket(&bucket)?,
        }
        store.put_policy(&bucket, given.policy())?;
        for (path, object) in &given.objects {
            store.put_object(&bucket, path, object)?;
        }
        for (path, spec) in &given.routes {
            let mut route = Route::new(spec.status).with_body(spec.body.clone());
            for (name, lines) in &spec.headers {
                for line in lines.as_slice() {
                    route = route.with_field(name, line);
                }
            }
            store.put_route(&bucket, path, route)?;
        }
        store.set_answers(&bucket, given.answers.clone())?;
        let base = server.bucket_url(&bucket);
        let key = Some(Store::default_key());
        Ok(Place { url: base.clone(), base, fresh: None, key, at: SystemTime::now() })
    }
}
