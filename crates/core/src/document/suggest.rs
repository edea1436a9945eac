use crate::diagnostic::visible;

/// Names longer than this are not compared: nobody mistypes them, and it takes long.
const LONGEST: usize = 64;

/// The candidate that is most like `name`, where one is like enough to be meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['_', ' '], "-");
    let wanted = plain(name);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let close = plain(candidate);
        let distance = strsim::damerau_levenshtein(&wanted, &close);
        let allowed = (wanted.chars().count().max(close.chars().count()) / 3).max(1);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// A text from outside in backticks: shortened, and with nothing in it that a terminal obeys.
pub fn quote(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}…`", visible(text.get(..end).unwrap_or_default())),
        None => format!("`{}`", visible(text)),
    }
}
