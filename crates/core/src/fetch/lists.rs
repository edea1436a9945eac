//! Fetch §2.2.2: list fields of the CORS protocol, parsed as its grammar says.

use std::fmt;

use crate::message::{Fields, is_token, isomorphic, list};

/// A field line that its grammar does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Malformed {
    /// The field's name.
    pub name: String,
    /// The line's value, isomorphic-decoded.
    pub line: String,
    /// The part of it that is wrong, isomorphic-decoded.
    pub part: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?} is no list of tokens: {:?}", self.name, self.line, self.part)
    }
}

/// Fetch §2.2.2 *extract header list values* for a field of the grammar `#token`, such as
/// Access-Control-Allow-Methods, -Allow-Headers and -Expose-Headers: each line is parsed alone,
/// empty members are skipped (RFC 9110 §5.6.1.2). `None` where there is no line.
///
/// # Errors
/// [`Malformed`] for the first member of any line that is no token.
pub fn extract_list(name: &str, fields: &Fields) -> Result<Option<Vec<String>>, Malformed> {
    let mut found = None;
    for line in fields.lines(name) {
        let values: &mut Vec<String> = found.get_or_insert_default();
        for member in list::members(line) {
            if !is_token(member) {
                return Err(Malformed {
                    name: name.to_owned(),
                    line: isomorphic::decode(line),
                    part: isomorphic::decode(member),
                });
            }
            values.push(isomorphic::decode(member));
        }
    }
    Ok(found)
}

/// Fetch §2.2.2 *extract header list values* for Access-Control-Max-Age: one line of
/// delta-seconds (RFC 9111 §1.2.2), in seconds; more than fits counts as the most that fits.
///
/// # Errors
/// [`Malformed`] where the line is not only digits, or there are several lines.
pub fn extract_max_age(fields: &Fields) -> Result<Option<u64>, Malformed> {
    const NAME: &str = "Access-Control-Max-Age";
    let mut lines = fields.lines(NAME);
    let Some(line) = lines.next() else { return Ok(None) };
    let malformed = |line: &[u8]| Malformed {
        name: NAME.to_owned(),
        line: isomorphic::decode(line),
        part: isomorphic::decode(line),
    };
    if let Some(second) = lines.next() {
        return Err(malformed(second));
    }
    if line.is_empty() || !line.iter().all(u8::is_ascii_digit) {
        return Err(malformed(line));
    }
    let seconds = line
        .iter()
        .fold(0_u64, |seconds, &digit| seconds.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Ok(Some(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(name: &str, lines: &[&str]) -> Fields {
        lines.iter().map(|&line| (name, line.as_bytes().to_vec())).collect()
    }

    #[test]
    fn lists_are_extracted_line_by_line() {
        // Lines; members, or the part that is wrong.
        type Row = (&'static [&'static str], Result<&'static [&'static str], &'static str>);
        let table: [Row; 12] = [
            (&["PUT, DELETE"], Ok(&["PUT", "DELETE"])),
            (&["PUT", "DELETE"], Ok(&["PUT", "DELETE"])),
            (&[",, PUT,"], Ok(&["PUT"])),
            (&[""], Ok(&[])),
            (&["\tPUT\t,\tDELETE "], Ok(&["PUT", "DELETE"])),
            (&["*"], Ok(&["*"])),
            (&["x-a, x b"], Err("x b")),
            (&["\"PUT\""], Err("\"PUT\"")),
            (&["PUT;DELETE"], Err("PUT;DELETE")),
            (&["x-a", "@@"], Err("@@")),
            (&["x-a, X-A"], Ok(&["x-a", "X-A"])),
            (&["x\u{a0}y"], Err("x\u{c2}\u{a0}y")),
        ];
        for (given, expected) in table {
            let got =
                extract_list("Access-Control-Allow-Methods", &lines("access-control-allow-methods", given));
            let got = got.map(Option::unwrap_or_default).map_err(|error| error.part);
            let expected = expected
                .map(|members| members.iter().map(|&member| member.to_owned()).collect::<Vec<_>>())
                .map_err(str::to_owned);
            assert_eq!(got, expected, "{given:?}");
        }
        assert_eq!(extract_list("Access-Control-Allow-Methods", &Fields::new()), Ok(None));
    }

    #[test]
    fn max_age_is_one_line_of_digits() {
        let table: [(&[&str], Option<Option<u64>>); 12] = [
            (&[], Some(None)),
            (&["600"], Some(Some(600))),
            (&["000600"], Some(Some(600))),
            (&["0"], Some(Some(0))),
            (&["99999999999999999999"], Some(Some(u64::MAX))),
            (&["-1"], None),
            (&["+600"], None),
            (&["600.5"], None),
            (&["600, 600"], None),
            (&["600", "600"], None),
            (&["600s"], None),
            (&[""], None),
        ];
        for (given, expected) in table {
            assert_eq!(extract_max_age(&lines("Access-Control-Max-Age", given)).ok(), expected, "{given:?}");
        }
    }
}
