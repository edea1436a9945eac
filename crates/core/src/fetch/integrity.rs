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

/// What the metadata of a body would be, by the strongest algorithm that `metadata` names:
/// what consoles print. `None` where it names none that is known.
pub fn computed(body: &[u8], metadata: &str) -> Option<String> {
    let parsed = metadata.split_ascii_whitespace().filter_map(parse);
    let (strength, algorithm, _) = parsed.max_by_key(|(strength, ..)| *strength)?;
    Some(format!("sha{strength}-{}", base64(digest::digest(algorithm, body).as_ref())))
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits =
            (0..3).fold(0_usize, |bits, i| bits << 8 | usize::from(group.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let digit = ALPHABET.get(bits >> (18 - 6 * i) & 63).copied().unwrap_or(b'=');
            text.push(if i <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
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

    #[test]
    fn the_metadata_of_a_body_is_computed() {
        let of = |metadata| computed(b"ok", metadata);
        const OK: &str = "sha256-Jok2eyBcFs4y7UIAlCuLix4mLfxw2byfvHfElpmk8d8=";
        assert_eq!(of("sha256-AAAA").as_deref(), Some(OK));
        assert_eq!(of("md5-AAAA"), None);
        let longest = of("sha256-AAAA sha512-AAAA sha384-AAAA").unwrap_or_default();
        assert!(longest.starts_with("sha512-") && matches(b"ok", &longest), "{longest}");
        for (bytes, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }
}
