//! Decides whether content is what its sender says: the digests and checksums of OSS and S3.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use crc::{Crc, Table};
use crosscheck_core::message::Fields;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::Sha256;

static CRC32: LazyLock<Crc<u32, Table<16>>> =
    LazyLock::new(|| Crc::<u32, Table<16>>::new(&crc::CRC_32_ISO_HDLC));
static CRC32C: LazyLock<Crc<u32, Table<16>>> =
    LazyLock::new(|| Crc::<u32, Table<16>>::new(&crc::CRC_32_ISCSI));
static CRC64: LazyLock<Crc<u64, Table<16>>> = LazyLock::new(|| Crc::<u64, Table<16>>::new(&crc::CRC_64_XZ));
static CRC64_NVME: LazyLock<Crc<u64, Table<16>>> =
    LazyLock::new(|| Crc::<u64, Table<16>>::new(&crc::CRC_64_NVME));

/// OSS's checksum, the CRC-64 of ECMA-182 as XZ writes it.
pub(super) fn crc64(content: &[u8]) -> u64 {
    CRC64.checksum(content)
}

/// The MD5 digest.
pub(super) fn md5(content: &[u8]) -> [u8; 16] {
    Md5::digest(content).into()
}

/// One of S3's checksums with its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checksum {
    /// The field that carries it, such as `x-amz-checksum-crc32`.
    pub(super) field: String,
    /// In Base64.
    pub(super) value: String,
}

/// The algorithms: the field, the name, the checksum.
type Algorithm = (&'static str, &'static str, fn(&[u8]) -> Vec<u8>);
const ALGORITHMS: [Algorithm; 5] = [
    ("x-amz-checksum-crc32", "CRC32", |content| CRC32.checksum(content).to_be_bytes().to_vec()),
    ("x-amz-checksum-crc32c", "CRC32C", |content| CRC32C.checksum(content).to_be_bytes().to_vec()),
    ("x-amz-checksum-crc64nvme", "CRC64NVME", |content| CRC64_NVME.checksum(content).to_be_bytes().to_vec()),
    ("x-amz-checksum-sha1", "SHA1", |content| Sha1::digest(content).to_vec()),
    ("x-amz-checksum-sha256", "SHA256", |content| Sha256::digest(content).to_vec()),
];

/// How content and what was said of it differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Differs {
    /// `Content-MD5` is no digest at all.
    NoDigest,
    /// `Content-MD5` is another's.
    Digest,
    /// This checksum is another's, or none.
    Checksum(&'static str),
}

/// Compares content with what its fields and trailers say, and gives the checksum among them.
pub(super) fn verify(
    fields: &Fields,
    trailers: &Fields,
    content: &[u8],
) -> Result<Option<Checksum>, Differs> {
    if let Some(said) = fields.text("content-md5") {
        let said = STANDARD.decode(said.trim_ascii()).ok().filter(|digest| digest.len() == 16);
        if said.ok_or(Differs::NoDigest)? != md5(content) {
            return Err(Differs::Digest);
        }
    }
    let mut found = None;
    for (field, name, checksum) in ALGORITHMS {
        let Some(said) = trailers.text(field).or_else(|| fields.text(field)) else { continue };
        let value = STANDARD.encode(checksum(content));
        if value != said {
            return Err(Differs::Checksum(name));
        }
        found = Some(Checksum { field: field.to_owned(), value });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of each algorithm, for the nine digits.
    #[test]
    fn the_nine_digits_have_their_well_known_checksums() {
        assert_eq!(crc64(b"123456789"), 0x995d_c9bb_df19_39fa);
        let rows = [
            ("content-md5", "JfnnlDI7RTiF9RgfG2JNCw=="),
            ("x-amz-checksum-crc32", "y/Q5Jg=="),
            ("x-amz-checksum-crc32c", "4waSgw=="),
            ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
            ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
            ("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
        ];
        for (field, value) in rows {
            let said: Fields = [(field, value)].into_iter().collect();
            assert!(verify(&said, &Fields::new(), b"123456789").is_ok(), "{field}");
            assert!(verify(&said, &Fields::new(), b"12345678").is_err(), "{field}");
            if field != "content-md5" {
                let found = verify(&Fields::new(), &said, b"123456789");
                assert_eq!(found, Ok(Some(Checksum { field: field.to_owned(), value: value.to_owned() })));
            }
        }
    }

    #[test]
    fn a_digest_that_is_none_is_told_from_a_wrong_one() {
        for (said, differs) in [
            ("!", Differs::NoDigest),
            ("YQ==", Differs::NoDigest),
            ("AAAAAAAAAAAAAAAAAAAAAA==", Differs::Digest),
        ] {
            let fields: Fields = [("Content-MD5", said)].into_iter().collect();
            assert_eq!(verify(&fields, &Fields::new(), b"x"), Err(differs), "{said}");
        }
    }
}
