use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// OSS V1: HMAC-SHA1 over a few fields.
    OssV1,
    /// OSS V4: HMAC-SHA256 with a key derived for a day, a region and a service.
    OssV4,
    /// AWS Signature Version 2.
    SigV2,
    /// AWS Signature Version 4.
    SigV4,
}

/// Whether a URL is presigned, so that nothing may be added to its query: by the schemes here, Google Cloud Storage or
/// an Azure shared access signature.
pub fn is_presigned(url: &Url) -> bool {
    let names = [OSS4.signature_parameter, AWS4.signature_parameter, "Signature", "X-Goog-Signature", "sig"];
    url.query_pairs().any(|(name, _)| names.iter().any(|signed| name.eq_ignore_ascii_case(signed)))
}

/// Where a signature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In the `Authorization` field.
    Header,
    /// In the query: a presigned URL.
    Query,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: &'static [Self] = &[Self::OssV1, Self::OssV4, Self::SigV2, Self::SigV4];

    /// As people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OssV1 => "OSS V1",
            Self::OssV4 => "OSS V4",
            Self::SigV2 => "SigV2",
            Self::SigV4 => "SigV4",
        }
    }

    /// Before everything in an `Authorization` field.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::OssV1 => "OSS",
            Self::OssV4 => OSS4.algorithm,
            Self::SigV2 => "AWS",
            Self::SigV4 => AWS4.algorithm,
        }
    }

    /// What the vendor's own fields begin with.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::OssV1 | Self::OssV4 => "x-oss-",
            Self::SigV2 | Self::SigV4 => "x-amz-",
        }
    }

    /// The vendor's own date field, which takes the place of `Date`.
    pub(super) const fn date_field(self) -> &'static str {
        match self {
            Self::OssV1 | Self::OssV4 => "x-oss-date",
            Self::SigV2 | Self::SigV4 => "x-amz-date",
        }
    }

    /// The field with the token of a temporary key.
    pub(super) const fn token_field(self) -> &'static str {
        match self {
            Self::OssV1 | Self::OssV4 => "x-oss-security-token",
            Self::SigV2 | Self::SigV4 => "x-amz-security-token",
        }
    }

    /// The query parameter with the token of a temporary key.
    pub(super) const fn token_parameter(self) -> &'static str {
        match self {
            Self::OssV1 => "security-token",
            Self::OssV4 => "x-oss-security-token",
            Self::SigV2 => "x-amz-security-token",
            Self::SigV4 => "X-Amz-Security-Token",
        }
    }

    /// The query parameter or form field with the key id of a scheme with HMAC-SHA1.
    pub(super) const fn id_parameter(self) -> &'static str {
        match self {
            Self::OssV1 | Self::OssV4 => "OSSAccessKeyId",
            Self::SigV2 | Self::SigV4 => "AWSAccessKeyId",
        }
    }

    /// The words of a scheme with derived keys.
    pub(super) const fn words(self) -> Option<&'static Words> {
        match self {
            Self::OssV4 => Some(&OSS4),
            Self::SigV4 => Some(&AWS4),
            Self::OssV1 | Self::SigV2 => None,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "the Authorization header",
            Self::Query => "the query",
        })
    }
}

/// In what words a scheme with derived keys says the same things.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) algorithm: &'static str,
    /// Before the secret, where a key is derived.
    pub(super) key_prefix: &'static str,
    pub(super) service: &'static str,
    /// The end of a credential's scope.
    pub(super) terminator: &'static str,
    /// The field with the hash of the content.
    pub(super) payload_field: &'static str,
    /// In `Authorization`: the names of the fields that are signed.
    pub(super) headers_part: &'static str,
    pub(super) algorithm_parameter: &'static str,
    pub(super) credential_parameter: &'static str,
    pub(super) date_parameter: &'static str,
    pub(super) expires_parameter: &'static str,
    pub(super) headers_parameter: &'static str,
    pub(super) signature_parameter: &'static str,
    /// The hash of the content, where a presigned URL says it.
    pub(super) payload_parameter: Option<&'static str>,
}

static OSS4: Words = Words {
    algorithm: "OSS4-HMAC-SHA256",
    key_prefix: "aliyun_v4",
    service: "oss",
    terminator: "aliyun_v4_request",
    payload_field: "x-oss-content-sha256",
    headers_part: "AdditionalHeaders",
    algorithm_parameter: "x-oss-signature-version",
    credential_parameter: "x-oss-credential",
    date_parameter: "x-oss-date",
    expires_parameter: "x-oss-expires",
    headers_parameter: "x-oss-additional-headers",
    signature_parameter: "x-oss-signature",
    payload_parameter: None,
};

static AWS4: Words = Words {
    algorithm: "AWS4-HMAC-SHA256",
    key_prefix: "AWS4",
    service: "s3",
    terminator: "aws4_request",
    payload_field: "x-amz-content-sha256",
    headers_part: "SignedHeaders",
    algorithm_parameter: "X-Amz-Algorithm",
    credential_parameter: "X-Amz-Credential",
    date_parameter: "X-Amz-Date",
    expires_parameter: "X-Amz-Expires",
    headers_parameter: "X-Amz-SignedHeaders",
    signature_parameter: "X-Amz-Signature",
    payload_parameter: Some("X-Amz-Content-Sha256"),
};

#[cfg(test)]
mod tests {
    use super::is_presigned;

    #[test]
    fn a_presigned_url_is_known_by_its_signature() {
        for (url, presigned) in [
            ("https://b.example/a?X-Amz-Signature=abc", true),
            ("https://b.example/a?x-oss-signature=abc", true),
            ("https://b.example/a?Expires=1&Signature=abc", true),
            ("https://b.example/a?sv=2020&sig=abc", true),
            ("https://b.example/a?X-Goog-Signature=abc", true),
            ("https://b.example/a?signal=1", false),
            ("https://b.example/a", false),
        ] {
            assert_eq!(url.parse().is_ok_and(|url| is_presigned(&url)), presigned, "{url}");
        }
    }
}
