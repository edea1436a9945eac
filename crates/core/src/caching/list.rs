/// The members of one line of a list field (RFC 9110 §5.6.1): split at commas outside quoted
/// strings, without the space around them, empty ones left out.
pub(super) fn members(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = line;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (member, after) = rest.split_at(member_end(rest));
            rest = after.get(1..).unwrap_or_default();
            let member = member.trim_ascii();
            if !member.is_empty() {
                return Some(member);
            }
        }
        None
    })
}

/// Where the next comma outside quoted strings stands, or the end.
fn member_end(bytes: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (i, &b) in bytes.iter().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return i,
            _ => {}
        }
    }
    bytes.len()
}
