use std::time::{Duration, SystemTime};

use super::{
    AccessKey, Payload, Scheme, Signable, canonical,
    derived::{self, Scope},
    hash::{hex, hmac_sha256},
    legacy,
    scheme::Words,
    time,
};
use crate::message::Request;

/// Signs requests.
#[derive(Clone, Debug)]
pub struct Signer<'a> {
    /// How.
    pub scheme: Scheme,
    /// With what.
    pub key: &'a AccessKey,
    /// The region that a derived key is for.
    pub region: &'a str,
    /// The bucket, where the host names it (virtual-hosted style) and the path does not.
    pub bucket: Option<&'a str>,
}

impl Signer<'_> {
    /// Signs in the `Authorization` field, which is added with the date and whatever else the scheme
    /// demands. Fields that are added later are not signed.
    pub fn sign(&self, request: &mut Request, payload: Payload, now: SystemTime) {
        request.fields.remove("authorization");
        if let Some(token) = &self.key.token {
            request.fields.set(self.scheme.token_field(), token.clone());
        }
        let authorization = match self.scheme.words() {
            None => {
                request.fields.set("date", time::http(now));
                let message = Signable::of(request, self.bucket);
                let date = legacy::signed_date(self.scheme, &message);
                let signed = legacy::string_to_sign(self.scheme, &message, &date);
                format!("{} {}:{}", self.scheme.word(), self.key.id, legacy::signature(self.key, &signed))
            }
            Some(words) => {
                let date = time::basic(time::seconds(now));
                request.fields.set(self.scheme.date_field(), date.clone());
                request.fields.set(words.payload_field, payload.text());
                let scope = self.scope(words, &date);
                let listed = self.listed(request);
                let signature = self.derived(words, request, &date, &listed, None, &payload.text());
                let listed = if listed.is_empty() {
                    String::new()
                } else {
                    format!("{}={}, ", words.headers_part, listed.join(";"))
                };
                let credential = format!("{}/{}", self.key.id, scope.text());
                format!("{} Credential={credential}, {listed}Signature={signature}", words.algorithm)
            }
        };
        request.fields.push("authorization", authorization);
    }

    /// Signs in the query: a presigned URL, valid from `now` for `lifetime`, with whatever content.
    /// The vendor's own fields, and the content's type and MD5, are signed where the request has them.
    pub fn presign(&self, request: &mut Request, lifetime: Duration, now: SystemTime) {
        let seconds = time::seconds(now);
        let mut query =
            request.url.query().filter(|query| !query.is_empty()).map(str::to_owned).unwrap_or_default();
        let mut add = |request: &mut Request, name: &str, value: &str| {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(&format!("{name}={}", canonical::encode(value.as_bytes())));
            request.url.set_query(Some(&query));
        };
        if let Some(token) = &self.key.token {
            add(request, self.scheme.token_parameter(), token);
        }
        match self.scheme.words() {
            None => {
                let expires = (seconds.saturating_add_unsigned(lifetime.as_secs())).to_string();
                let signed = legacy::string_to_sign(
                    self.scheme,
                    &Signable::of(request, self.bucket),
                    expires.as_bytes(),
                );
                let signature = legacy::signature(self.key, &signed);
                add(request, self.scheme.id_parameter(), &self.key.id);
                add(request, "Expires", &expires);
                add(request, "Signature", &signature);
            }
            Some(words) => {
                let date = time::basic(seconds);
                let scope = self.scope(words, &date);
                let listed = self.listed(request);
                add(request, words.algorithm_parameter, words.algorithm);
                add(request, words.credential_parameter, &format!("{}/{}", self.key.id, scope.text()));
                add(request, words.date_parameter, &date);
                add(request, words.expires_parameter, &lifetime.as_secs().to_string());
                if !listed.is_empty() {
                    add(request, words.headers_parameter, &listed.join(";"));
                }
                let payload = Payload::Unsigned.text();
                let without = Some(words.signature_parameter);
                let signature = self.derived(words, request, &date, &listed, without, &payload);
                add(request, words.signature_parameter, &signature);
            }
        }
    }

    pub(super) fn scope(&self, words: &Words, date: &str) -> Scope {
        Scope::new(words, date.get(..8).unwrap_or_default(), self.region)
    }

    /// What is listed as signed: in SigV4 the host, the vendor's own fields, and the content's type
    /// and MD5; OSS V4 signs all but the host without listing it.
    fn listed(&self, request: &Request) -> Vec<String> {
        if self.scheme != Scheme::SigV4 {
            return Vec::new();
        }
        let mut listed = canonical::names(&request.fields, self.scheme.prefix());
        listed.push("host".to_owned());
        let content = ["content-md5", "content-type"].into_iter();
        listed.extend(content.filter(|name| request.fields.contains(name)).map(str::to_owned));
        listed.sort();
        listed
    }

    fn derived(
        &self,
        words: &Words,
        request: &Request,
        date: &str,
        listed: &[String],
        without: Option<&str>,
        payload: &str,
    ) -> String {
        let scope = self.scope(words, date);
        let message = Signable::of(request, self.bucket);
        let canonical = derived::canonical_request(self.scheme, &message, listed, without, payload);
        let signed = derived::string_to_sign(words, date, &scope, &canonical);
        hex(&hmac_sha256(&scope.key(words, self.key), &signed))
    }
}
