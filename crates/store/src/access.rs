//! Decides who sends a request, by its signature, and whether that one may do what it asks for.
//! Comes before CORS for actual requests; preflights are not signed.

use std::time::SystemTime;

use crosscheck_core::{
    policy::{Dialect, StoreError},
    signature::{Claim, Payload, Signable, SignatureError, Terms},
};

use super::{
    acl::Act,
    failure::Failure,
    locate::{Endpoint, Style},
    request::Incoming,
    store::Store,
};

/// Who sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Somebody who did not sign.
    Anybody,
    /// An owner of everything, whose signature says this of the content.
    Owner(Payload),
}

/// Finds out who sends a request. `lenient`: what is no signature of an object store is none, as
/// in a case's bucket, where `Authorization` may be anything. Where host and path both name the bucket, the one is taken under
/// which the signature is true.
pub(super) fn identify(
    store: &Store,
    incoming: &Incoming,
    target: &mut Endpoint,
    lenient: bool,
) -> Result<Who, Failure> {
    if incoming.method == "OPTIONS" {
        return Ok(Who::Anybody);
    }
    let now = SystemTime::now();
    let told = |error: &SignatureError| refused(store.dialect(), error, now);
    let message = signable(incoming, target);
    let claim = match Claim::read(&message) {
        Ok(Some(claim)) => claim,
        Ok(None) => return Ok(Who::Anybody),
        Err(_) if lenient => return Ok(Who::Anybody),
        Err(error) => return Err(told(&error)),
    };
    let key = store.key(&claim.key_id).ok_or_else(|| unknown_key(store.dialect(), &claim.key_id))?;
    let terms = Terms::at(now);
    let first = claim.verify(&message, key, &terms);
    let other = Endpoint::in_path(incoming);
    let twice_named = target.style == Style::VirtualHosted && other.bucket == target.bucket;
    let verified = match first {
        Err(SignatureError::Mismatch { .. }) if twice_named => {
            let verified = claim.verify(&signable(incoming, &other), key, &terms);
            if verified.is_ok() {
                *target = other;
            }
            verified.or(first)
        }
        first => first,
    };
    verified.map(Who::Owner).map_err(|error| told(&error))
}

fn signable<'a>(incoming: &'a Incoming, target: &'a Endpoint) -> Signable<'a> {
    Signable {
        method: &incoming.method,
        path: &incoming.path,
        query: incoming.query.as_deref().unwrap_or_default(),
        fields: &incoming.fields,
        authority: "".into(),
        bucket: target.hosted(),
    }
}

/// Refuses somebody who did not sign.
pub(super) fn denied(dialect: Dialect, act: Act) -> StoreError {
    match (dialect, act) {
        (Dialect::S3, _) => StoreError::new(403, "AccessDenied", "Access Denied"),
        (Dialect::Oss, Act::Configure) => {
            StoreError::new(403, "AccessDenied", "Anonymous access is forbidden for this operation.")
        }
        (Dialect::Oss, _) => StoreError::new(
            403,
            "AccessDenied",
            "You have no right to access this object because of bucket acl.",
        )
        .with_ec("0003-00000001"),
    }
}

/// Refuses a key that is not known.
pub(super) fn unknown_key(dialect: Dialect, id: &str) -> Failure {
    match dialect {
        Dialect::Oss => Failure::from(
            StoreError::new(
                403,
                "InvalidAccessKeyId",
                "The OSS Access Key Id you provided does not exist in our records.",
            )
            .with_ec("0002-00000902"),
        )
        .with("OSSAccessKeyId", id),
        Dialect::S3 => Failure::from(StoreError::new(
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ))
        .with("AWSAccessKeyId", id),
    }
}

/// Refuses a signature, in the vendor's words.
pub(super) fn refused(dialect: Dialect, error: &SignatureError, now: SystemTime) -> Failure {
    let oss = dialect == Dialect::Oss;
    let with_ec = |error: StoreError, ec: &'static str| if oss { error.with_ec(ec) } else { error };
    let server_time = date(now);
    match error {
        SignatureError::Mismatch { key_id, provided, string_to_sign, canonical_request, scheme } => {
            let ec = if scheme.name() == "OSS V4" { "0002-00000201" } else { "0002-00000040" };
            let error = StoreError::new(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. \
                 Check your key and signing method.",
            );
            let id = if oss { "OSSAccessKeyId" } else { "AWSAccessKeyId" };
            let bytes =
                |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ");
            let mut failure = Failure::from(with_ec(error, ec))
                .with(id, key_id)
                .with("SignatureProvided", provided)
                .with("StringToSign", string_to_sign)
                .with("StringToSignBytes", bytes(string_to_sign));
            if let Some(canonical) = canonical_request {
                failure = failure
                    .with("CanonicalRequest", canonical)
                    .with("CanonicalRequestBytes", bytes(canonical));
            }
            failure
        }
        SignatureError::Skewed { signed, tolerance, .. } => {
            let error = StoreError::new(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            );
            Failure::from(with_ec(error, "0002-00000504"))
                .with("RequestTime", date_of(*signed))
                .with("ServerTime", server_time)
                .with("MaxAllowedSkewMilliseconds", (tolerance * 1000).to_string())
        }
        SignatureError::Expired { until, .. } => {
            let error = match dialect {
                Dialect::Oss => {
                    StoreError::new(403, "AccessDenied", "Request has expired.").with_ec("0002-00000069")
                }
                Dialect::S3 => StoreError::new(403, "AccessDenied", "Request has expired"),
            };
            Failure::from(error).with("Expires", date_of(*until)).with("ServerTime", server_time)
        }
        SignatureError::Token => Failure::from(match dialect {
            Dialect::Oss => {
                StoreError::new(403, "InvalidAccessKeyId", "The security token you provided is invalid.")
            }
            Dialect::S3 => {
                StoreError::new(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
            }
        }),
        SignatureError::Date { .. } | SignatureError::MissingHeader(_) => {
            Failure::from(StoreError::new(403, "AccessDenied", format!("{error}.")))
        }
        SignatureError::Unsigned(_) | SignatureError::Absent(_) => Failure::from(StoreError::new(
            403,
            "AccessDenied",
            "There were headers present in the request which were not signed",
        ))
        .with("HeadersNotSigned", error.to_string()),
        SignatureError::UnknownScheme(_) | SignatureError::Twice => Failure::from(StoreError::new(
            400,
            "InvalidArgument",
            match error {
                SignatureError::Twice => "Only one auth mechanism allowed".to_owned(),
                _ => "Unsupported Authorization Type".to_owned(),
            },
        )),
        SignatureError::PayloadForm(_) => {
            Failure::from(StoreError::new(501, "NotImplemented", format!("{error}.")))
        }
        SignatureError::Chunk { provided, .. } | SignatureError::Trailer { provided } => {
            Failure::from(StoreError::new(403, "SignatureDoesNotMatch", format!("{error}.")))
                .with("SignatureProvided", provided)
        }
        SignatureError::PayloadHash { signed, found } => Failure::from(StoreError::new(
            400,
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ))
        .with("ClientComputedContentSHA256", signed)
        .with("S3ComputedContentSHA256", found),
        SignatureError::Missing { place, .. } | SignatureError::Malformed { place, .. } => {
            let code = match (dialect, place) {
                (Dialect::Oss, _) => "InvalidArgument",
                (Dialect::S3, crosscheck_core::signature::Place::Header) => "AuthorizationHeaderMalformed",
                (Dialect::S3, crosscheck_core::signature::Place::Query) => {
                    "AuthorizationQueryParametersError"
                }
            };
            Failure::from(StoreError::new(400, code, format!("{error}.")))
        }
        SignatureError::Lifetime { .. } => {
            let code = if oss { "InvalidArgument" } else { "AuthorizationQueryParametersError" };
            Failure::from(StoreError::new(400, code, format!("{error}.")))
        }
        SignatureError::Scope { .. } => {
            let code = if oss { "InvalidArgument" } else { "AuthorizationHeaderMalformed" };
            Failure::from(StoreError::new(400, code, format!("{error}.")))
        }
    }
}

/// A time as errors say it: ISO 8601 with milliseconds.
pub(super) fn date(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn date_of(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}
