//! The schemes with HMAC-SHA1: OSS V1 and AWS SigV2.

use super::{
    AccessKey, Scheme, Signable, canonical,
    hash::{base64, hmac_sha1},
};

/// The query parameters that are part of the resource in OSS V1, besides `x-oss-*`.
const OSS: &[&str] = &[
    "accessPoint",
    "accessPointPolicy",
    "accessmonitor",
    "acl",
    "append",
    "archiveDirectRead",
    "asyncFetch",
    "bucketArchiveDirectRead",
    "bucketInfo",
    "callback",
    "callback-var",
    "cloudboxes",
    "cname",
    "comp",
    "continuation-token",
    "cors",
    "csr",
    "delete",
    "encryption",
    "endTime",
    "group",
    "httpsConfig",
    "img",
    "inventory",
    "inventoryId",
    "lifecycle",
    "link",
    "live",
    "location",
    "logging",
    "metaQuery",
    "objectInfo",
    "objectMeta",
    "openMetaQuery",
    "partNumber",
    "policy",
    "policyStatus",
    "position",
    "publicAccessBlock",
    "qos",
    "qosInfo",
    "qosRequester",
    "referer",
    "regionList",
    "replication",
    "replicationLocation",
    "replicationProgress",
    "requestPayment",
    "requesterQosInfo",
    "resourceGroup",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "rtc",
    "security-token",
    "sequential",
    "startTime",
    "stat",
    "status",
    "style",
    "styleName",
    "symlink",
    "tagging",
    "transferAcceleration",
    "udf",
    "udfApplication",
    "udfApplicationLog",
    "udfId",
    "udfImage",
    "udfImageDesc",
    "udfName",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "vod",
    "website",
    "worm",
    "wormExtend",
    "wormId",
];

/// The query parameters that are part of the resource in SigV2.
const AWS: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "encryption",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// What is signed. `date` is the request's date, or the end of a presigned URL in seconds.
pub(super) fn string_to_sign(scheme: Scheme, message: &Signable<'_>, date: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let field = |name: &str| message.field(name).unwrap_or_default();
    for part in [message.method.as_bytes(), &field("content-md5"), &field("content-type"), date] {
        out.extend_from_slice(part);
        out.push(b'\n');
    }
    for name in canonical::names(message.fields, scheme.prefix()) {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        out.extend_from_slice(&field(&name));
        out.push(b'\n');
    }
    out.extend_from_slice(&message.resource(scheme));
    let mut parts: Vec<(Vec<u8>, Vec<u8>)> =
        canonical::parameters(message.query).filter(|(name, _)| is_sub_resource(scheme, name)).collect();
    parts.sort();
    for (index, (name, value)) in parts.iter().enumerate() {
        out.push(if index == 0 { b'?' } else { b'&' });
        out.extend_from_slice(name);
        if !value.is_empty() {
            out.push(b'=');
            out.extend_from_slice(value);
        }
    }
    out
}

fn is_sub_resource(scheme: Scheme, name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    match scheme {
        Scheme::OssV1 | Scheme::OssV4 => OSS.contains(&name) || name.starts_with("x-oss-"),
        Scheme::SigV2 | Scheme::SigV4 => AWS.contains(&name),
    }
}

/// The date that is signed in the header form, as it stands in the request.
pub(super) fn signed_date(scheme: Scheme, message: &Signable<'_>) -> Vec<u8> {
    match (scheme, message.field(scheme.date_field())) {
        // SigV2's own date is signed among the vendor's fields, and only there.
        (Scheme::SigV2, Some(_)) => Vec::new(),
        (_, Some(date)) => date,
        (_, None) => message.field("date").unwrap_or_default(),
    }
}

pub(super) fn signature(key: &AccessKey, string_to_sign: &[u8]) -> String {
    base64(&hmac_sha1(key.secret().as_bytes(), string_to_sign))
}

#[cfg(test)]
mod tests {
    use super::{AWS, OSS};

    #[test]
    fn the_lists_are_sorted_and_name_nothing_twice() {
        for list in [OSS, AWS] {
            assert!(list.is_sorted_by(|a, b| a < b));
        }
    }
}
