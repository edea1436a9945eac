use std::time::{Duration, SystemTime};

use super::{
    AccessKey, Chain, Payload, Place, Scheme, Signable, SignatureError,
    derived::{self, Scope},
    hash::{from_base64, from_hex, is_hmac_sha1, is_hmac_sha256},
    legacy,
    scheme::Words,
    time,
};
use crate::message::list;

/// How long a presigned URL may be valid: a week.
const LONGEST: i64 = 604_800;

/// What a request says of its signature, before anybody looked whether it is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// How it is signed.
    pub scheme: Scheme,
    /// Where the signature stands.
    pub place: Place,
    /// Who says to have signed: the access key id, by which the key is looked up.
    pub key_id: String,
    /// The session token that came with it.
    pub token: Option<String>,
    signature: String,
    window: Window,
    detail: Option<Detail>,
}

/// When a signature holds, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Window {
    /// Around the time of signing.
    Around(i64),
    /// From the time of signing, if it is known, to an end.
    Until { from: Option<i64>, until: i64 },
}

/// What the schemes with derived keys say besides.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Detail {
    scope: Scope,
    /// In ISO 8601's basic form.
    time: String,
    /// SigV4's signed fields, or OSS's additional ones.
    listed: Vec<String>,
    payload: String,
}

/// On what terms a signature is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms<'a> {
    /// What time it is.
    pub now: SystemTime,
    /// How far a client's clock may be off; the vendors allow 15 minutes.
    pub tolerance: Duration,
    /// The region that credentials must be for; `None`: any.
    pub region: Option<&'a str>,
}

impl Terms<'_> {
    /// 15 minutes of tolerance, and any region.
    pub const fn at(now: SystemTime) -> Self {
        Self { now, tolerance: Duration::from_secs(15 * 60), region: None }
    }
}

impl Claim {
    /// Reads what a request says of its signature; `None`: it is anonymous.
    ///
    /// # Errors
    /// A signature that lacks a part, has a malformed one, or is there twice.
    pub fn read(message: &Signable<'_>) -> Result<Option<Self>, SignatureError> {
        let authorization =
            message.field("authorization").map(|value| String::from_utf8_lossy(&value).into_owned());
        match (authorization, scheme_of_query(message)?) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(SignatureError::Twice),
            (Some(authorization), None) => Self::of_header(message, &authorization).map(Some),
            (None, Some(scheme)) => match scheme.words() {
                Some(words) => Self::of_derived_query(message, scheme, words).map(Some),
                None => Self::of_legacy_query(message, scheme).map(Some),
            },
        }
    }

    fn of_header(message: &Signable<'_>, authorization: &str) -> Result<Self, SignatureError> {
        let (word, rest) = authorization.split_once(' ').unwrap_or((authorization, ""));
        let scheme = Scheme::ALL.iter().copied().find(|scheme| scheme.word() == word);
        let scheme = scheme.ok_or_else(|| SignatureError::UnknownScheme(word.to_owned()))?;
        let malformed = |part: &'static str, text: &str| SignatureError::Malformed {
            place: Place::Header,
            part,
            text: text.to_owned(),
        };
        let signed = signing_time(scheme, message)?;
        let token =
            message.field(scheme.token_field()).map(|token| String::from_utf8_lossy(&token).into_owned());
        let Some(words) = scheme.words() else {
            let (id, signature) =
                rest.trim().rsplit_once(':').ok_or_else(|| malformed("id:signature", rest))?;
            return Ok(Self {
                scheme,
                place: Place::Header,
                key_id: id.to_owned(),
                token,
                signature: signature.to_owned(),
                window: Window::Around(signed),
                detail: None,
            });
        };
        let mut parts: Vec<(&str, &str)> = Vec::new();
        for part in list::text_members(rest) {
            let (name, value) = part.split_once('=').ok_or_else(|| malformed("a part", part))?;
            if parts.iter().any(|(other, _)| *other == name) {
                return Err(malformed("a part that is there twice", part));
            }
            parts.push((name, value));
        }
        let part = |name: &str| parts.iter().find(|(found, _)| *found == name).map(|(_, value)| *value);
        let need = |name: &'static str| {
            part(name).ok_or(SignatureError::Missing { place: Place::Header, part: name })
        };
        let credential = need("Credential")?;
        let (key_id, scope) =
            Scope::of_credential(credential).ok_or_else(|| malformed("Credential", credential))?;
        let listed = match scheme {
            Scheme::SigV4 => need(words.headers_part)?,
            _ => part(words.headers_part).unwrap_or_default(),
        };
        let payload =
            message.field(words.payload_field).ok_or(SignatureError::MissingHeader(words.payload_field))?;
        Ok(Self {
            scheme,
            place: Place::Header,
            key_id,
            token,
            signature: need("Signature")?.to_owned(),
            window: Window::Around(signed),
            detail: Some(Detail {
                scope,
                time: time::basic(signed),
                listed: names(listed),
                payload: String::from_utf8_lossy(&payload).into_owned(),
            }),
        })
    }

    fn of_legacy_query(message: &Signable<'_>, scheme: Scheme) -> Result<Self, SignatureError> {
        let expires = need(message, "Expires")?;
        let until = expires.parse().map_err(|_| SignatureError::Malformed {
            place: Place::Query,
            part: "Expires",
            text: expires,
        })?;
        Ok(Self {
            scheme,
            place: Place::Query,
            key_id: need(message, scheme.id_parameter())?,
            token: optional(message, scheme.token_parameter())?,
            signature: need(message, "Signature")?,
            window: Window::Until { from: None, until },
            detail: None,
        })
    }

    fn of_derived_query(
        message: &Signable<'_>,
        scheme: Scheme,
        words: &'static Words,
    ) -> Result<Self, SignatureError> {
        let malformed =
            |part: &'static str, text: String| SignatureError::Malformed { place: Place::Query, part, text };
        let algorithm = need(message, words.algorithm_parameter)?;
        if algorithm != words.algorithm {
            return Err(malformed(words.algorithm_parameter, algorithm));
        }
        let credential = need(message, words.credential_parameter)?;
        let (key_id, scope) = Scope::of_credential(&credential)
            .ok_or_else(|| malformed(words.credential_parameter, credential))?;
        let date = need(message, words.date_parameter)?;
        let Some(signed) = time::parse_basic(&date) else {
            return Err(malformed(words.date_parameter, date));
        };
        let expires = need(message, words.expires_parameter)?;
        let lifetime = expires.parse().ok().filter(|lifetime| (1..=LONGEST).contains(lifetime));
        let Some(lifetime) = lifetime else {
            return Err(SignatureError::Lifetime { parameter: words.expires_parameter, text: expires });
        };
        let listed = match scheme {
            Scheme::SigV4 => need(message, words.headers_parameter)?,
            _ => optional(message, words.headers_parameter)?.unwrap_or_default(),
        };
        let payload = match words.payload_parameter {
            Some(parameter) => optional(message, parameter)?,
            None => None,
        };
        let in_field =
            || message.field(words.payload_field).map(|field| String::from_utf8_lossy(&field).into_owned());
        let payload = payload.or_else(in_field).unwrap_or_else(|| Payload::Unsigned.text());
        Ok(Self {
            scheme,
            place: Place::Query,
            key_id,
            token: optional(message, scheme.token_parameter())?,
            signature: need(message, words.signature_parameter)?,
            window: Window::Until { from: Some(signed), until: signed + lifetime },
            detail: Some(Detail { scope, time: date, listed: names(&listed), payload }),
        })
    }

    /// Whether the claim is true of this request and key; gives what is signed of the content.
    ///
    /// # Errors
    /// The first thing that is wrong, in this order: the time, the scope, what must be signed,
    /// the signature, the token.
    pub fn verify(
        &self,
        message: &Signable<'_>,
        key: &AccessKey,
        terms: &Terms<'_>,
    ) -> Result<Payload, SignatureError> {
        self.check_time(terms)?;
        let payload = match (&self.detail, self.scheme.words()) {
            (Some(detail), Some(words)) => {
                detail.check_scope(words, terms.region)?;
                detail.check_listed(self.scheme, self.place, message)?;
                let payload = Payload::parse(&detail.payload, |trailer| Chain {
                    key: detail.scope.key(words, key),
                    time: detail.time.clone(),
                    scope: detail.scope.text(),
                    seed: self.signature.clone(),
                    trailer,
                })?;
                self.check_derived(message, key, detail, words)?;
                payload
            }
            _ => {
                self.check_legacy(message, key)?;
                Payload::Unsigned
            }
        };
        if self.token == key.token { Ok(payload) } else { Err(SignatureError::Token) }
    }

    fn check_time(&self, terms: &Terms<'_>) -> Result<(), SignatureError> {
        let now = time::seconds(terms.now);
        let tolerance = terms.tolerance.as_secs();
        let skewed = |signed: i64| SignatureError::Skewed { signed, now, tolerance };
        match self.window {
            Window::Around(signed) if signed.abs_diff(now) > tolerance => Err(skewed(signed)),
            Window::Until { from: Some(signed), .. } if signed > now && signed.abs_diff(now) > tolerance => {
                Err(skewed(signed))
            }
            Window::Until { until, .. } if until < now => Err(SignatureError::Expired { until, now }),
            _ => Ok(()),
        }
    }

    fn check_legacy(&self, message: &Signable<'_>, key: &AccessKey) -> Result<(), SignatureError> {
        let date = match self.window {
            Window::Around(_) => legacy::signed_date(self.scheme, message),
            Window::Until { until, .. } => until.to_string().into_bytes(),
        };
        let string_to_sign = legacy::string_to_sign(self.scheme, message, &date);
        let provided = from_base64(&self.signature).unwrap_or_default();
        if is_hmac_sha1(key.secret().as_bytes(), &string_to_sign, &provided) {
            return Ok(());
        }
        Err(SignatureError::mismatch(self.scheme, key, &self.signature, &string_to_sign, None))
    }

    fn check_derived(
        &self,
        message: &Signable<'_>,
        key: &AccessKey,
        detail: &Detail,
        words: &'static Words,
    ) -> Result<(), SignatureError> {
        let without = (self.place == Place::Query).then_some(words.signature_parameter);
        let canonical =
            derived::canonical_request(self.scheme, message, &detail.listed, without, &detail.payload);
        let string_to_sign = derived::string_to_sign(words, &detail.time, &detail.scope, &canonical);
        let provided = from_hex(&self.signature).unwrap_or_default();
        if is_hmac_sha256(&detail.scope.key(words, key), &string_to_sign, &provided) {
            return Ok(());
        }
        Err(SignatureError::mismatch(self.scheme, key, &self.signature, &string_to_sign, Some(&canonical)))
    }
}

impl Detail {
    fn check_scope(&self, words: &Words, region: Option<&str>) -> Result<(), SignatureError> {
        check_scope(&self.scope, words, &self.time, region)
    }

    /// Whether everything is signed that must be, and everything is there that is listed.
    fn check_listed(
        &self,
        scheme: Scheme,
        place: Place,
        message: &Signable<'_>,
    ) -> Result<(), SignatureError> {
        if let Some(absent) = self.listed.iter().find(|name| message.field(name).is_none()) {
            return Err(SignatureError::Absent(absent.clone()));
        }
        if scheme != Scheme::SigV4 {
            return Ok(());
        }
        let mut must = super::canonical::names(message.fields, scheme.prefix());
        // Whoever uses a presigned URL may say that the content is not signed.
        must.retain(|name| place == Place::Header || name != "x-amz-content-sha256");
        must.push("host".to_owned());
        must.retain(|name| !self.listed.contains(name));
        if must.is_empty() { Ok(()) } else { Err(SignatureError::Unsigned(must)) }
    }
}

/// Whether a scope is for this day, region and service.
pub(super) fn check_scope(
    scope: &Scope,
    words: &Words,
    time: &str,
    region: Option<&str>,
) -> Result<(), SignatureError> {
    let day = time.get(..8).unwrap_or_default();
    for (part, found, expected) in [
        ("date", &scope.date, day),
        ("region", &scope.region, region.unwrap_or(&scope.region)),
        ("service", &scope.service, words.service),
        ("terminator", &scope.terminator, words.terminator),
    ] {
        if found != expected {
            return Err(SignatureError::Scope { part, found: found.clone(), expected: expected.to_owned() });
        }
    }
    Ok(())
}

/// By what a query says that it is signed; `None`: it is not.
fn scheme_of_query(message: &Signable<'_>) -> Result<Option<Scheme>, SignatureError> {
    for scheme in [Scheme::SigV4, Scheme::OssV4] {
        let Some(words) = scheme.words() else { continue };
        for parameter in [words.algorithm_parameter, words.credential_parameter, words.signature_parameter] {
            if optional(message, parameter)?.is_some() {
                return Ok(Some(scheme));
            }
        }
    }
    for scheme in [Scheme::OssV1, Scheme::SigV2] {
        if optional(message, scheme.id_parameter())?.is_some() {
            return Ok(Some(scheme));
        }
    }
    Ok(None)
}

/// When a request with an `Authorization` field was signed.
fn signing_time(scheme: Scheme, message: &Signable<'_>) -> Result<i64, SignatureError> {
    let field = scheme.date_field();
    let found = message
        .field(field)
        .or_else(|| message.field("date"))
        .map(|found| String::from_utf8_lossy(&found).into_owned());
    let time = found.as_deref().and_then(time::parse);
    time.ok_or(SignatureError::Date { field, found })
}

fn optional(message: &Signable<'_>, part: &'static str) -> Result<Option<String>, SignatureError> {
    message.parameter(part).map_err(|_| SignatureError::Malformed {
        place: Place::Query,
        part,
        text: "there twice".to_owned(),
    })
}

fn need(message: &Signable<'_>, part: &'static str) -> Result<String, SignatureError> {
    optional(message, part)?.ok_or(SignatureError::Missing { place: Place::Query, part })
}

fn names(listed: &str) -> Vec<String> {
    listed.split(';').filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect()
}
