use super::read_head::Head;
use crate::{
    exchange::{Failure, Stage},
    message::Fields,
};

/// How the end of the content is known (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none, whatever the fields say.
    Empty,
    /// It has this many bytes.
    Length(u64),
    /// It comes in chunks.
    Chunked,
    /// It ends with the connection.
    UntilClose,
}

/// RFC 9112 §6.3 *message body length* of a response.
pub(super) fn framing(method: &str, head: &Head) -> Result<Framing, Failure> {
    if method == "HEAD" || matches!(head.status, 100..=199 | 204 | 304) {
        return Ok(Framing::Empty);
    }
    if method == "CONNECT" && (200..=299).contains(&head.status) {
        return Ok(Framing::Empty);
    }
    if head.fields.contains("transfer-encoding") {
        if head.minor_version == 0 {
            return Err(failure("an HTTP/1.0 response cannot have Transfer-Encoding".to_owned()));
        }
        let chunked =
            list(&head.fields, "transfer-encoding").next_back().is_some_and(|last| last == "chunked");
        return Ok(if chunked { Framing::Chunked } else { Framing::UntilClose });
    }
    let mut lengths = list(&head.fields, "content-length");
    let Some(first) = lengths.next() else {
        return if head.fields.contains("content-length") {
            Err(failure("Content-Length is empty".to_owned()))
        } else {
            Ok(Framing::UntilClose)
        };
    };
    if let Some(other) = lengths.find(|other| *other != first) {
        return Err(failure(format!("Content-Length is both {first} and {other}")));
    }
    let digits = first.bytes().all(|byte| byte.is_ascii_digit());
    match first.parse() {
        Ok(length) if digits => Ok(Framing::Length(length)),
        _ => Err(failure(format!("Content-Length is {first:?}, which is no length"))),
    }
}

/// Whether the connection serves another request after this one (RFC 9112 §9.3).
pub(super) fn persists(sent: &Fields, head: &Head) -> bool {
    let says = |fields: &Fields, option: &str| list(fields, "connection").any(|member| member == option);
    if says(sent, "close") || says(&head.fields, "close") || head.status == 101 {
        return false;
    }
    head.minor_version == 1 || says(&head.fields, "keep-alive")
}

/// The members of a list field, in lower case, empty ones left out.
fn list(fields: &Fields, name: &str) -> std::vec::IntoIter<String> {
    let members: Vec<String> = fields
        .text(name)
        .unwrap_or_default()
        .split(',')
        .map(|member| member.trim_matches([' ', '\t']).to_ascii_lowercase())
        .filter(|member| !member.is_empty())
        .collect();
    members.into_iter()
}

fn failure(message: String) -> Failure {
    Failure { stage: Stage::Parse, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, minor_version: u8, lines: &[(&str, &str)]) -> Head {
        let fields = lines.iter().map(|(name, value)| (*name, value.as_bytes().to_vec())).collect();
        Head { status, minor_version, fields }
    }

    #[test]
    fn the_length_of_content_follows_rfc_9112() {
        const CL: &str = "Content-Length";
        const TE: &str = "Transfer-Encoding";
        for (method, status, lines, expected) in [
            ("GET", 200, &[][..], Framing::UntilClose),
            ("GET", 200, &[(CL, "5")], Framing::Length(5)),
            ("GET", 200, &[(CL, "5, 5"), (CL, "5")], Framing::Length(5)),
            ("GET", 200, &[(TE, "chunked")], Framing::Chunked),
            ("GET", 200, &[(CL, "5"), (TE, "Chunked")], Framing::Chunked),
            ("GET", 200, &[(TE, "gzip"), (TE, "chunked")], Framing::Chunked),
            ("GET", 200, &[(TE, "chunked, gzip")], Framing::UntilClose),
            ("HEAD", 200, &[(CL, "5")], Framing::Empty),
            ("HEAD", 200, &[(TE, "chunked")], Framing::Empty),
            ("OPTIONS", 204, &[(CL, "5")], Framing::Empty),
            ("GET", 304, &[(CL, "5")], Framing::Empty),
            ("GET", 101, &[], Framing::Empty),
            ("CONNECT", 200, &[], Framing::Empty),
            ("CONNECT", 403, &[(CL, "1")], Framing::Length(1)),
        ] {
            assert_eq!(framing(method, &head(status, 1, lines)), Ok(expected), "{method} {status} {lines:?}");
        }
    }

    #[test]
    fn a_length_that_is_none_is_no_http() {
        for value in ["", "-1", "+5", "5, 6", "0x5", "99999999999999999999"] {
            let failure = framing("GET", &head(200, 1, &[("Content-Length", value)])).unwrap_err();
            assert_eq!(failure.stage, Stage::Parse, "{value}");
        }
        assert!(framing("GET", &head(200, 0, &[("Transfer-Encoding", "chunked")])).is_err());
    }

    #[test]
    fn a_connection_persists_unless_one_side_says_otherwise() {
        for (sent, minor_version, received, expected) in [
            ("keep-alive", 1, "", true),
            ("keep-alive", 1, "Keep-Alive, Close", false),
            ("close", 1, "keep-alive", false),
            ("keep-alive", 0, "", false),
            ("keep-alive", 0, "Keep-Alive", true),
        ] {
            let sent = [("Connection", sent.as_bytes().to_vec())].into_iter().collect();
            let head = head(200, minor_version, &[("Connection", received)]);
            assert_eq!(persists(&sent, &head), expected, "{sent:?} {head:?}");
        }
    }
}
