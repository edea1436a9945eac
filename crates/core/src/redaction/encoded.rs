//! The forms in which a value turns up in heads, URLs and bodies: as it is, percent-encoded, in JSON, in HTML and XML.

/// Where `needle` ends in `text` if it begins at `at`, in any mixture of the forms; the last place, if there are several.
pub(super) fn ends(text: &[u8], at: usize, needle: &[u8]) -> Option<usize> {
    // `%25` may be three bytes of the value or one: both are followed until one of them fails.
    let mut places = Places::default();
    places.add(at);
    for byte in needle {
        let mut next = Places::default();
        for at in places.all() {
            for length in lengths(text.get(at..).unwrap_or_default(), *byte).into_iter().flatten() {
                next.add(at + length);
            }
        }
        if next.count == 0 {
            return None;
        }
        places = next;
    }
    places.all().max()
}

/// A few distinct places.
#[derive(Default)]
struct Places {
    places: [usize; 8],
    count: usize,
}

impl Places {
    fn add(&mut self, place: usize) {
        if !self.all().any(|known| known == place)
            && let Some(slot) = self.places.get_mut(self.count)
        {
            *slot = place;
            self.count += 1;
        }
    }

    fn all(&self) -> impl Iterator<Item = usize> + '_ {
        self.places.iter().take(self.count).copied()
    }
}

/// Whether a form of a value that begins with `first` may begin with `byte`.
pub(super) fn may_begin(byte: u8, first: u8) -> bool {
    byte == first || matches!(byte, b'%' | b'\\' | b'&') || (byte == b'+' && first == b' ')
}

/// How many bytes at the beginning of `text` stand for this one: as it is, and in another form.
fn lengths(text: &[u8], byte: u8) -> [Option<usize>; 3] {
    let as_it_is = text.first().is_some_and(|first| *first == byte).then_some(1);
    let twice = match text {
        [b'%', b'2', b'5', high, low, ..] if hex(*high, *low) == Some(byte) => Some(5),
        _ => None,
    };
    let other = match text {
        [b'%', high, low, ..] if hex(*high, *low) == Some(byte) => Some(3),
        [b'+', ..] if byte == b' ' => Some(1),
        [b'\\', b'u', b'0', b'0', high, low, ..] if hex(*high, *low) == Some(byte) => Some(6),
        [b'\\', escaped, ..] if *escaped == byte => Some(2),
        [b'&', ..] => ENTITIES
            .iter()
            .find(|(entity, of)| *of == byte && text.starts_with(entity))
            .map(|(entity, _)| entity.len()),
        _ => None,
    };
    [as_it_is, twice, other]
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
