//! Choosing among stored responses by `Vary` (RFC 9111 §4.1).

use smol_str::{SmolStr, StrExt};

use crate::message::{Fields, list};

/// The request fields that a stored response's `Vary` nominates, with their values in the
/// request that it answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Nominated {
    /// `*` is a member: no request matches (RFC 9111 §4.1).
    any: bool,
    fields: Vec<(SmolStr, Option<Vec<u8>>)>,
}

impl Nominated {
    /// Reads every `Vary` line of a response, and the nominated fields of its request.
    pub(super) fn new(response: &Fields, request: &Fields) -> Self {
        Self::of_lines(response.lines("vary"), request)
    }

    /// Reads some `Vary` lines, and the nominated fields of a request.
    pub(super) fn of_lines(lines: impl IntoIterator<Item = impl AsRef<[u8]>>, request: &Fields) -> Self {
        let (mut found, mut names) = (Self::default(), Vec::new());
        for line in lines {
            let line = line.as_ref();
            for member in list::unquoted_members(line) {
                if member == b"*" {
                    found.any = true;
                    continue;
                }
                names.push(String::from_utf8_lossy(member).to_ascii_lowercase_smolstr());
            }
        }
        names.sort_unstable();
        names.dedup();
        for name in names {
            let value = normalised(request, &name).map(Iterator::collect);
            found.fields.push((name, value));
        }
        found
    }

    /// Whether a response with this selection answers a request with these fields.
    pub(super) fn matches(&self, request: &Fields) -> bool {
        !self.any
            && self.fields.iter().all(|(name, value)| match (value, normalised(request, name)) {
                (None, None) => true,
                (Some(value), Some(presented)) => presented.eq(value.iter().copied()),
                _ => false,
            })
    }

    /// Whether `*` is a member.
    pub(super) fn is_any(&self) -> bool {
        self.any
    }

    /// Whether no field is nominated: the response had no `Vary`, or an empty one.
    pub(super) fn is_empty(&self) -> bool {
        !self.any && self.fields.is_empty()
    }
}

/// Whether case matters in the members of a list field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Meaningful,
    Meaningless,
}

/// The request fields that are known to be lists (RFC 9110 §10.1, §12.5).
fn list_field(name: &str) -> Option<Case> {
    match name {
        "accept-charset" | "accept-encoding" | "accept-language" => Some(Case::Meaningless),
        "accept" | "cache-control" | "prefer" | "te" => Some(Case::Meaningful),
        _ => None,
    }
}

/// A field's value in the form in which two requests are compared: lines joined, and for
/// fields known to be lists, space around the members and meaningless case taken out
/// (RFC 9111 §4.1). `None` where the request has no such line.
fn normalised<'a>(fields: &'a Fields, name: &'a str) -> Option<impl Iterator<Item = u8> + 'a> {
    let mut lines = fields.lines(name).map(|line| line.trim_ascii()).peekable();
    lines.peek()?;
    let known = list_field(name);
    let joint: &[u8] = if known.is_some() { b"," } else { b", " };
    let parts = lines.flat_map(move |line| {
        // A line of an unknown field is one part, whatever commas it has.
        let whole = known.is_none().then_some(line);
        let members = known.is_some().then(|| list::unquoted_members(line));
        whole.into_iter().chain(members.into_iter().flatten())
    });
    let joined = parts.enumerate().flat_map(move |(i, part)| {
        let before: &[u8] = if i == 0 { b"" } else { joint };
        before.iter().chain(part).copied()
    });
    let fold = known == Some(Case::Meaningless);
    Some(joined.map(move |b| if fold { b.to_ascii_lowercase() } else { b }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines `name: value`, one for each line of the text.
    fn fields(text: &str) -> Fields {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        lines.map(|(name, value)| (name.trim(), value.as_bytes().trim_ascii().to_vec())).collect()
    }

    #[test]
    fn nominated_fields_must_match() {
        const YES: bool = true;
        const NO: bool = false;
        #[rustfmt::skip]
        let rows: &[(&str, &[&str], &str, &str, bool)] = &[
            ("no Vary", &[], "origin: a", "origin: b", YES),
            ("an empty Vary", &["", " , "], "origin: a", "origin: b", YES),
            ("same value", &["Origin"], "origin: a", "Origin: a", YES),
            ("another value", &["Origin"], "origin: a", "origin: b", NO),
            ("values have case", &["Origin"], "origin: a", "origin: A", NO),
            ("absent and present", &["Origin"], "", "origin: a", NO),
            ("present and absent", &["Origin"], "origin: a", "", NO),
            ("absent and absent", &["Origin"], "", "accept: x", YES),
            ("empty is not absent", &["Origin"], "origin:", "", NO),
            ("a field that is not named", &["Accept-Encoding"], "origin: a", "origin: b", YES),
            ("a misspelt name", &["Orgin"], "origin: a", "origin: b", YES),
            ("a name in any case", &["oRiGiN"], "origin: a", "origin: b", NO),
            ("a name in a list", &["Accept-Encoding, origin"], "origin: a", "origin: b", NO),
            ("a name in a list without space", &["accept-encoding,origin"], "origin: a", "origin: b", NO),
            ("a name among empty members", &[",, origin ,"], "origin: a", "origin: b", NO),
            ("a name on a second line", &["Accept-Encoding", "Origin"], "origin: a", "origin: b", NO),
            ("all must match", &["Origin, Accept"], "origin: a\naccept: x", "origin: a\naccept: y", NO),
            ("*", &["*"], "", "", NO),
            ("* in a list", &["Origin, *"], "origin: a", "origin: a", NO),
            ("* on a second line", &["Origin", "*"], "origin: a", "origin: a", NO),
            ("space around the value", &["X"], "x:  a ", "x: a", YES),
            ("two lines are one value", &["X"], "x: a\nx: b", "x: a, b", YES),
            ("order of lines counts", &["X"], "x: a\nx: b", "x: b\nx: a", NO),
            ("space in an unknown field counts", &["X"], "x: a,b", "x: a, b", NO),
            ("space in a known list", &["Accept"], "accept: a ,b", "accept: a, b", YES),
            ("lines of a known list", &["Accept"], "accept: a\naccept: b", "accept: a,b", YES),
            ("space within quotes counts", &["Accept"], "accept: a;b=\"c, d\"", "accept: a;b=\"c,d\"", NO),
            ("case in Accept counts", &["Accept"], "accept: A", "accept: a", NO),
            ("case in Accept-Language does not", &["Accept-Language"], "accept-language: EN", "accept-language: en", YES),
            ("order in a known list counts", &["Accept-Encoding"], "accept-encoding: a, b", "accept-encoding: b, a", NO),
        ];
        for (what, vary, stored, presented, expected) in rows {
            let response = vary.iter().map(|line| ("Vary", line.as_bytes().to_vec())).collect();
            let nominated = Nominated::new(&response, &fields(stored));
            assert_eq!(nominated.matches(&fields(presented)), *expected, "{what}");
        }
    }
}
