use std::time::{Duration, SystemTime};

use bytes::Bytes;
use crosscheck_core::{
    case::model::ObjectSpec,
    exchange::{Exchange, Received},
    message::{Request, Response},
    policy::Dialect,
    signature::{AccessKey, Payload, Scheme, Signer, content_md5},
};
use tokio::time::sleep;
use url::Url;

use super::{
    Address, Found, NotRules, ObjectKey, ProvisionError, RulesDocument, StoreAnswer, StoreErrorKind,
    Timeouts, document::Keeps, timeouts::Pauses,
};
use crate::transport::Transport;

/// The code of the error by which a store says that a bucket has no rules. Nothing but `?cors` has it.
const NO_RULES: &str = "NoSuchCORSConfiguration";

/// A bucket, and how requests to its API are signed.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Where it is.
    pub address: Address,
    /// In whose way it speaks.
    pub dialect: Dialect,
    /// How requests are signed.
    pub scheme: Scheme,
    /// The region that they are signed for.
    pub region: String,
    /// With what.
    pub key: AccessKey,
    /// The profile of the vendor's files that has the key, where one was named.
    pub key_profile: Option<String>,
    /// The ACL that objects get, such as `public-read`; absent: none is named.
    pub object_acl: Option<String>,
}

impl Bucket {
    fn request(&self, method: &str, path: &str, query: Option<&str>, body: Bytes) -> Request {
        let mut url = self.url(path);
        url.set_query(query);
        let mut request = Request::new(method, url);
        if !body.is_empty() {
            request.fields.push("Content-MD5", content_md5(&body));
        }
        request.body = body;
        request
    }

    /// Where an object is.
    pub(crate) fn object_url(&self, key: &ObjectKey) -> Url {
        self.url(key.as_str())
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.address.root.clone();
        if !path.is_empty() {
            url.set_path(&format!("{}{path}", self.address.root.path()));
        }
        url
    }

    /// The request that reads the rules, not signed yet.
    pub fn get_rules(&self) -> Request {
        self.request("GET", "", Some("cors"), Bytes::new())
    }

    /// The request that replaces the rules, not signed yet.
    pub fn put_rules(&self, xml: &[u8]) -> Request {
        let mut request = self.request("PUT", "", Some("cors"), Bytes::copy_from_slice(xml));
        request.fields.push("Content-Type", "application/xml");
        request
    }

    /// The request that deletes the rules, not signed yet.
    pub fn delete_rules(&self) -> Request {
        self.request("DELETE", "", Some("cors"), Bytes::new())
    }

    /// The request that puts an object, not signed yet.
    pub fn put_object(&self, key: &ObjectKey, object: &ObjectSpec) -> Request {
        let mut request = self.request("PUT", key.as_str(), None, Bytes::from(object.body.clone()));
        for (name, lines) in &object.headers {
            for line in lines.as_slice() {
                request.fields.push(name.clone(), line.clone());
            }
        }
        if let Some(acl) = &self.object_acl {
            let name = match self.dialect {
                Dialect::Oss => "x-oss-object-acl",
                Dialect::S3 => "x-amz-acl",
            };
            request.fields.push(name, acl.clone());
        }
        request
    }

    /// The request that deletes an object, not signed yet.
    pub fn delete_object(&self, key: &ObjectKey) -> Request {
        self.request("DELETE", key.as_str(), None, Bytes::new())
    }

    /// Signs a request as of now.
    pub fn sign(&self, request: &mut Request) {
        let payload = match self.scheme {
            Scheme::SigV4 => Payload::of(&request.body),
            _ => Payload::Unsigned,
        };
        let bucket = self.address.in_host.then_some(self.address.name.as_str());
        let signer = Signer { scheme: self.scheme, key: &self.key, region: &self.region, bucket };
        signer.sign(request, payload, SystemTime::now());
    }
}

/// The API of a bucket.
pub struct Api {
    /// Which bucket.
    pub bucket: Bucket,
    /// How long the store gets.
    pub timeouts: Timeouts,
    transport: Box<dyn Transport>,
}

impl Api {
    /// The API of this bucket, over this transport, which may cut no content.
    pub fn new(bucket: Bucket, transport: Box<dyn Transport>, timeouts: Timeouts) -> Self {
        Self { bucket, timeouts, transport }
    }

    /// Reads the rules. This is also how a store shows that it knows `?cors`: by a document of rules, or by the error
    /// that only this subresource has. Whatever else it answers, it may take for a request of the bucket itself.
    ///
    /// # Errors
    /// Whatever keeps the store from giving them. A store that answers S3's dialect as OSS is not
    /// spoken to any further.
    pub async fn get_rules(&self) -> Result<Found, ProvisionError> {
        let response = match self.send("GetBucketCors", || self.bucket.get_rules(), &[NO_RULES]).await {
            Ok(response) => response,
            Err(ProvisionError::Answered {
                kind: StoreErrorKind::Unexpected | StoreErrorKind::Invalid,
                answer,
                ..
            }) => {
                return Err(ProvisionError::NoCorsApi(answer.to_string()));
            }
            Err(error) => return Err(error),
        };
        if self.bucket.dialect == Dialect::S3 && response.fields.contains("x-oss-request-id") {
            return Err(ProvisionError::ForeignDialect);
        }
        let status = response.status;
        if status == 404 {
            return Ok(Found { rules: None });
        }
        if status != 200 {
            return Err(ProvisionError::NoCorsApi(StoreAnswer::of(&response).to_string()));
        }
        match RulesDocument::read(response.body, self.bucket.dialect) {
            Ok(document) => Ok(Found { rules: Some(document) }),
            Err(NotRules::Foreign(what)) => {
                Err(ProvisionError::NoCorsApi(format!("status {status} and {what}")))
            }
            Err(NotRules::Unclear(why)) => Err(ProvisionError::Unreadable(why)),
        }
    }

    /// Replaces the rules.
    ///
    /// # Errors
    /// Whatever keeps the store from doing so.
    pub(super) async fn put_rules(&self, rules: &RulesDocument) -> Result<(), ProvisionError> {
        self.write("PutBucketCors", || self.bucket.put_rules(rules.xml()), &[]).await
    }

    /// Deletes the rules of a store that has shown that it keeps some.
    ///
    /// # Errors
    /// Whatever keeps the store from doing so.
    pub(super) async fn delete_rules(&self, _: Keeps) -> Result<(), ProvisionError> {
        self.write("DeleteBucketCors", || self.bucket.delete_rules(), &[NO_RULES]).await
    }

    /// Sends a request that changes the rules. Before it is sent again, the store must show once more that it knows
    /// `?cors`: what the first one did is not known.
    async fn write(
        &self,
        operation: &'static str,
        request: impl Fn() -> Request,
        fine: &[&str],
    ) -> Result<(), ProvisionError> {
        let mut tries = Tries::new(&self.timeouts);
        loop {
            match self.attempt(operation, request(), fine).await {
                Ok(_) => return Ok(()),
                Err(failed) => tries.again(failed).await?,
            }
            self.get_rules().await?;
        }
    }

    /// Puts an object.
    ///
    /// # Errors
    /// Whatever keeps the store from doing so.
    pub async fn put_object(&self, key: &ObjectKey, object: &ObjectSpec) -> Result<(), ProvisionError> {
        self.send("PutObject", || self.bucket.put_object(key, object), &[]).await.map(drop)
    }

    /// Deletes an object; one that is not there counts as deleted.
    ///
    /// # Errors
    /// Whatever keeps the store from doing so.
    pub async fn delete_object(&self, key: &ObjectKey) -> Result<(), ProvisionError> {
        self.send("DeleteObject", || self.bucket.delete_object(key), &["NoSuchKey"]).await.map(drop)
    }

    /// Sends a request as anybody could, without a signature.
    ///
    /// # Errors
    /// The store gives no answer.
    pub async fn ask(&self, operation: &'static str, request: &Request) -> Result<Response, ProvisionError> {
        answered(operation, self.transport.exchange(request).await)
    }

    /// Where objects are.
    pub fn root(&self) -> &Url {
        &self.bucket.address.root
    }

    /// Sends a signed request until the store does it or says that it will not. `fine`: codes of
    /// errors that are none here. What the requests ask can be asked twice, so that one without an
    /// answer is sent again.
    async fn send(
        &self,
        operation: &'static str,
        request: impl Fn() -> Request,
        fine: &[&str],
    ) -> Result<Response, ProvisionError> {
        let mut tries = Tries::new(&self.timeouts);
        loop {
            match self.attempt(operation, request(), fine).await {
                Ok(response) => return Ok(response),
                Err(failed) => tries.again(failed).await?,
            }
        }
    }

    /// Sends a signed request once.
    async fn attempt(
        &self,
        operation: &'static str,
        mut request: Request,
        fine: &[&str],
    ) -> Result<Response, Attempt> {
        self.bucket.sign(&mut request);
        let response = answered(operation, self.transport.exchange(&request).await)
            .map_err(|error| Attempt { error, retry_after: None })?;
        let answer = StoreAnswer::of(&response);
        match StoreErrorKind::of(&answer) {
            Some(kind) if !fine.contains(&answer.code.as_str()) => {
                let retry_after = response.fields.text("retry-after").and_then(|text| text.parse().ok());
                Err(Attempt {
                    error: ProvisionError::Answered { operation, kind, answer },
                    retry_after: retry_after.map(Duration::from_secs),
                })
            }
            _ => Ok(response),
        }
    }
}

/// An attempt that failed.
struct Attempt {
    error: ProvisionError,
    retry_after: Option<Duration>,
}

/// How often and when something is tried again.
struct Tries {
    pauses: Pauses,
    unanswered: u32,
}

impl Tries {
    fn new(timeouts: &Timeouts) -> Self {
        Self { pauses: Pauses::new(timeouts.pause, timeouts.busy), unanswered: 0 }
    }

    /// Waits until it may be tried again.
    ///
    /// # Errors
    /// The error of the attempt, where it is not to be tried again.
    async fn again(&mut self, Attempt { error, retry_after }: Attempt) -> Result<(), ProvisionError> {
        let pause = match &error {
            ProvisionError::Unreachable { .. } => {
                self.unanswered += 1;
                self.pauses.next(None).filter(|_| self.unanswered < 3)
            }
            ProvisionError::Answered { kind: StoreErrorKind::Busy, .. } => self.pauses.next(retry_after),
            _ => None,
        };
        match pause {
            Some(pause) => {
                sleep(pause).await;
                Ok(())
            }
            None => Err(error),
        }
    }
}

fn answered(operation: &'static str, exchange: Exchange) -> Result<Response, ProvisionError> {
    match exchange.received {
        Received::Response(response) => Ok(response),
        Received::Failed(failure) => Err(ProvisionError::Unreachable { operation, failure }),
    }
}
