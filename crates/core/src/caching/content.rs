use crate::message::Response;

/// Which bytes of its representation a stored response holds (RFC 9111 §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// None: it answered HEAD.
    Nothing,
    /// All.
    Whole,
    /// The bytes `first` to `last`, of `complete` where that is known.
    Part { first: u64, last: u64, complete: Option<u64> },
}

impl Content {
    /// What a 206 response holds by its `Content-Range` (RFC 9110 §14.4). `None` for several
    /// parts, other units, and where the content has another length.
    pub(super) fn of_partial(response: &Response) -> Option<Self> {
        let line = response.fields.lines("content-range").next()?;
        let range = std::str::from_utf8(line).ok()?.trim().strip_prefix("bytes ")?;
        let (range, complete) = range.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let complete = if complete == "*" { None } else { Some(number(complete)?) };
        let holds = last.checked_sub(first)?.checked_add(1)? == length_of(response)?;
        let within = complete.is_none_or(|complete| last < complete);
        (holds && within).then_some(Self::Part { first, last, complete })
    }
}

/// How long the content of a response is: what it says, where more came than is held here.
pub(super) fn length_of(response: &Response) -> Option<u64> {
    let held = u64::try_from(response.body.len()).ok()?;
    let said = response.fields.text("content-length").and_then(|length| number(length.trim()));
    Some(said.map_or(held, |said| said.max(held)))
}

pub(super) fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
