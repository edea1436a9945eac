//! The forms in which a value turns up in heads, URLs and bodies: as it is, percent-encoded, in JSON, in HTML and XML.

/// Where `needle` ends in `text` if it begins at `at`, in any mixture of the forms.
pub(super) fn ends(text: &[u8], at: usize, needle: &[u8]) -> Option<usize> {
    needle.iter().try_fold(at, |at, byte| Some(at + length(text.get(at..)?, *byte)?))
}

/// Whether a form of a value that begins with `first` may begin with `byte`.
pub(super) fn may_begin(byte: u8, first: u8) -> bool {
    byte == first || matches!(byte, b'%' | b'\\' | b'&') || (byte == b'+' && first == b' ')
}

/// How many bytes at the beginning of `text` stand for this one.
fn length(text: &[u8], byte: u8) -> Option<usize> {
    match text {
        [first, ..] if *first == byte => Some(1),
        [b'%', b'2', b'5', high, low, ..] if hex(*high, *low) == Some(byte) => Some(5),
        [b'%', high, low, ..] if hex(*high, *low) == Some(byte) => Some(3),
        [b'+', ..] if byte == b' ' => Some(1),
        [b'\\', b'u', b'0', b'0', high, low, ..] if hex(*high, *low) == Some(byte) => Some(6),
        [b'\\', escaped, ..] if *escaped == byte => Some(2),
        [b'&', ..] => ENTITIES
            .iter()
            .find(|(entity, of)| *of == byte && text.starts_with(entity))
            .map(|(entity, _)| entity.len()),
        _ => None,
    }
}

const ENTITIES: &[(&[u8], u8)] = &[
    (b"&amp;", b'&'),
    (b"&lt;", b'<'),
    (b"&gt;", b'>'),
    (b"&quot;", b'"'),
    (b"&#34;", b'"'),
    (b"&#x22;", b'"'),
    (b"&apos;", b'\''),
    (b"&#39;", b'\''),
    (b"&#x27;", b'\''),
    (b"&#x2F;", b'/'),
    (b"&#x3D;", b'='),
];

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? * 16 + digit(low)?)
}
