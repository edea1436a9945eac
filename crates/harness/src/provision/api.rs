use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::sleep;
use url::Url;

use super::{Address, Patience, ProvisionError, StoreAnswer, Trouble, patience::Pauses};
use crate::{
    case::model::ObjectSpec,
    exchange::{Exchange, Received},
    message::{Request, Response},
    policy::{Dialect, Policy, parse_xml},
    signature::{AccessKey, Payload, Scheme, Signer, content_md5},
    transport::Transport,
};

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
    /// The ACL that objects get, such as `public-read`; absent: none is named.
    pub object_acl: Option<String>,
}

impl Bucket {
    fn request(&self, method: &str, path: &str, query: Option<&str>, body: Bytes) -> Request {
        let mut url = self.address.root.clone();
        if !path.is_empty() {
            url.set_path(&format!("{}{path}", self.address.root.path()));
        }
        url.set_query(query);
        let mut request = Request::new(method, url);
        if !body.is_empty() {
            request.fields.push("Content-MD5", content_md5(&body));
        }
        request.body = body;
        request
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
    pub fn put_object(&self, key: &str, object: &ObjectSpec) -> Request {
        let mut request = self.request("PUT", key, None, Bytes::from(object.body.clone()));
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
    pub fn delete_object(&self, key: &str) -> Request {
        self.request("DELETE", key, None, Bytes::new())
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

/// The rules that a bucket has, as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The XML, byte for byte; `None`: the bucket has no rules.
    pub xml: Option<Bytes>,
}

impl Found {
    /// What the XML says; no rules where there is none.
    ///
    /// # Errors
    /// XML that is none of rules.
    pub fn policy(&self, dialect: Dialect) -> Result<Policy, ProvisionError> {
        match &self.xml {
            None => Ok(Policy::default()),
            Some(xml) => {
                parse_xml(xml, dialect).map_err(|error| ProvisionError::Unreadable(error.to_string()))
            }
        }
    }
}

/// The API of a bucket.
pub struct Api {
    /// Which bucket.
    pub bucket: Bucket,
    /// How long the store gets.
    pub patience: Patience,
    transport: Box<dyn Transport>,
}

impl Api {
    /// The API of this bucket, over this transport, which may cut no content.
    pub fn new(bucket: Bucket, transport: Box<dyn Transport>, patience: Patience) -> Self {
        Self { bucket, patience, transport }
    }

    /// Reads the rules.
    ///
    /// # Errors
    /// Whatever keeps the store from saying them. A store that answers S3's dialect as OSS is not
    /// spoken to any further.
    pub async fn get_rules(&self) -> Result<Found, ProvisionError> {
        let response =
            self.send("GetBucketCors", || self.bucket.get_rules(), &["NoSuchCORSConfiguration"]).await?;
        if self.bucket.dialect == Dialect::S3 && response.fields.contains("x-oss-request-id") {
            return Err(ProvisionError::ForeignDialect);
        }
        Ok(Found { xml: (response.status != 404).then_some(response.body) })
    }

    /// Replaces the rules by this XML, or deletes them.
    ///
    /// # Errors
    /// Whatever keeps the store from doing so.
    pub async fn set_rules(&self, xml: Option<&[u8]>) -> Result<(), ProvisionError> {
        match xml {
            Some(xml) => self.send("PutBucketCors", || self.bucket.put_rules(xml), &[]).await?,
            None => {
                let gone = ["NoSuchCORSConfiguration"];
                self.send("DeleteBucketCors", || self.bucket.delete_rules(), &gone).await?
            }
        };
        Ok(())
    }

    /// Puts an object.
    ///
    /// # Errors
    /// Whatever keeps the store from doing so.
    pub async fn put_object(&self, key: &str, object: &ObjectSpec) -> Result<(), ProvisionError> {
        self.send("PutObject", || self.bucket.put_object(key, object), &[]).await.map(drop)
    }

    /// Deletes an object; one that is not there counts as deleted.
    ///
    /// # Errors
    /// Whatever keeps the store from doing so.
    pub async fn delete_object(&self, key: &str) -> Result<(), ProvisionError> {
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
        let mut pauses = Pauses::new(self.patience.pause, self.patience.busy);
        let mut unanswered = 0;
        loop {
            let mut request = request();
            self.bucket.sign(&mut request);
            let response = match answered(operation, self.transport.exchange(&request).await) {
                Ok(response) => response,
                Err(error) => {
                    unanswered += 1;
                    match pauses.next(None).filter(|_| unanswered < 3) {
                        Some(pause) => sleep(pause).await,
                        None => return Err(error),
                    }
                    continue;
                }
            };
            let answer = StoreAnswer::of(&response);
            let Some(trouble) = Trouble::of(&answer) else { return Ok(response) };
            if fine.contains(&answer.code.as_str()) {
                return Ok(response);
            }
            let asked = response.fields.text("retry-after").and_then(|text| text.parse().ok());
            let pause =
                (trouble == Trouble::Busy).then(|| pauses.next(asked.map(Duration::from_secs))).flatten();
            match pause {
                Some(pause) => sleep(pause).await,
                None => return Err(ProvisionError::Answered { operation, trouble, answer }),
            }
        }
    }
}

fn answered(operation: &'static str, exchange: Exchange) -> Result<Response, ProvisionError> {
    match exchange.received {
        Received::Response(response) => Ok(response),
        Received::Failed(failure) => Err(ProvisionError::Unreachable { operation, failure }),
    }
}
