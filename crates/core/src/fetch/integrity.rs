//! Subresource Integrity §3.3: whether a response is the one that the page expects.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::data_url::forgiving_base64;

/// Computes the digest of a body.
type Hash = fn(&[u8]) -> Vec<u8>;

/// SRI §3.3.4 *do bytes match metadataList?* Metadata without a known algorithm matches anything.
pub(super) fn matches(body: &[u8], metadata: &str) -> bool {
    let parsed: Vec<(usize, Hash, &str)> = metadata.split_ascii_whitespace().filter_map(parse).collect();
    let Some(strongest) = parsed.iter().map(|(strength, ..)| *strength).max() else { return true };
    parsed.iter().filter(|(strength, ..)| *strength == strongest).any(|(_, hash, expected)| {
        // Both alphabets of base64 are accepted.
        let expected = expected.replace('-', "+").replace('_', "/");
        forgiving_base64(expected.as_bytes()).is_some_and(|expected| expected == hash(body))
    })
}

/// What the metadata of a body would be, by the strongest algorithm that `metadata` names:
/// what consoles print. `None` where it names none that is known.
pub(super) fn computed(body: &[u8], metadata: &str) -> Option<String> {
    let parsed = metadata.split_ascii_whitespace().filter_map(parse);
    let (strength, hash, _) = parsed.max_by_key(|(strength, ..)| *strength)?;
    Some(format!("sha{strength}-{}", STANDARD.encode(hash(body))))
}

fn parse(item: &str) -> Option<(usize, Hash, &str)> {
    let (algorithm, rest) = item.split_once('-')?;
    let value = rest.split('?').next().unwrap_or(rest);
    let (strength, hash): (usize, Hash) = match algorithm.to_ascii_lowercase().as_str() {
        "sha256" => (256, |body| Sha256::digest(body).to_vec()),
        "sha384" => (384, |body| Sha384::digest(body).to_vec()),
        "sha512" => (512, |body| Sha512::digest(body).to_vec()),
        _ => return None,
    };
    Some((strength, hash, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_algorithm_decides() {
        const OK: &str = "sha256-Jok2eyBcFs4y7UIAlCuLix4mLfxw2byfvHfElpmk8d8=";
        const BAD: &str = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        const BAD_512: &str = "sha512-AAAA";
        let table = [
            (OK.to_owned(), true),
            (BAD.to_owned(), false),
            (format!("{BAD} {OK}"), true),
            (format!("{OK} {BAD_512}"), false),
            (format!("{OK}?option"), true),
            ("md5-AAAA".to_owned(), true),
            ("sha256".to_owned(), true),
            (String::new(), true),
        ];
        for (metadata, expected) in table {
            assert_eq!(matches(b"ok", &metadata), expected, "{metadata}");
        }
    }

    #[test]
    fn the_metadata_of_a_body_is_computed() {
        let of = |metadata| computed(b"ok", metadata);
        const OK: &str = "sha256-Jok2eyBcFs4y7UIAlCuLix4mLfxw2byfvHfElpmk8d8=";
        assert_eq!(of("sha256-AAAA").as_deref(), Some(OK));
        assert_eq!(of("md5-AAAA"), None);
        let longest = of("sha256-AAAA sha512-AAAA sha384-AAAA").unwrap_or_default();
        assert!(longest.starts_with("sha512-") && matches(b"ok", &longest), "{longest}");
    }
}
