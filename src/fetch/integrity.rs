//! Subresource Integrity §3.3: whether a response is the one that the page expects.

use ring::digest::{self, Algorithm};

use super::data_url::forgiving_base64;

/// SRI §3.3.4 *do bytes match metadataList?* Metadata without a known algorithm matches anything.
pub fn matches(body: &[u8], metadata: &str) -> bool {
    let parsed: Vec<(usize, &'static Algorithm, &str)> =
        metadata.split_ascii_whitespace().filter_map(parse).collect();
    let Some(strongest) = parsed.iter().map(|(strength, ..)| *strength).max() else { return true };
    parsed.iter().filter(|(strength, ..)| *strength == strongest).any(|(_, algorithm, expected)| {
        // Both alphabets of base64 are accepted.
        let expected = expected.replace('-', "+").replace('_', "/");
        forgiving_base64(expected.as_bytes())
            .is_some_and(|expected| expected == digest::digest(algorithm, body).as_ref())
    })
}

fn parse(item: &str) -> Option<(usize, &'static Algorithm, &str)> {
    let (algorithm, rest) = item.split_once('-')?;
    let value = rest.split('?').next().unwrap_or(rest);
    let (strength, algorithm) = match algorithm.to_ascii_lowercase().as_str() {
        "sha256" => (256, &digest::SHA256),
        "sha384" => (384, &digest::SHA384),
        "sha512" => (512, &digest::SHA512),
        _ => return None,
    };
    Some((strength, algorithm, value))
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
}
