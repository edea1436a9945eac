use super::{
    Gain::{self, Anybody, Insider},
    Made,
    parts::Parts,
};

/// Derives what is made of two allowed origins, of which the comparison of each knows only half.
pub(super) fn derive((first, one): (usize, &Parts), (second, other): (usize, &Parts), made: &mut Made<'_>) {
    let mut put = |name: &str, gain: Gain, what: &str, origin: String| {
        made.put(format!("{}.{}.{name}", first + 1, second + 1), gain, what, &one.origin, origin);
    };
    let port = |parts: &Parts| parts.port.map(|port| format!(":{port}")).unwrap_or_default();
    let (scheme, ours, theirs) = (&one.scheme, &one.host, &other.host);
    if one.is_named() && other.is_named() {
        put(
            "glued",
            Anybody,
            "Two allowed names glued together",
            format!("{scheme}://{ours}{theirs}{}", port(other)),
        );
        put(
            "hyphen",
            Anybody,
            "Two allowed names with a hyphen between",
            format!("{scheme}://{ours}-{theirs}{}", port(other)),
        );
        put(
            "below",
            Insider,
            "One allowed name below another",
            format!("{scheme}://{ours}.{theirs}{}", port(other)),
        );
        let (half, other_half) = (ours.len() / 2, theirs.len() / 2);
        if let (Some(start), Some(end)) = (ours.get(..half), theirs.get(other_half..)) {
            put(
                "halves",
                Anybody,
                "The first half of one allowed name and the second half of another",
                format!("{scheme}://{start}{end}{}", port(other)),
            );
        }
        if let (Some((label, _)), Some((_, parent))) = (ours.split_once('.'), theirs.split_once('.')) {
            put(
                "label",
                Insider,
                "The first label of one allowed name and the domain of another",
                format!("{scheme}://{label}.{parent}{}", port(other)),
            );
        }
    }
    put(
        "scheme",
        Insider,
        "One allowed name under the scheme of another",
        format!("{}://{ours}{}", other.scheme, port(one)),
    );
    put(
        "port",
        Insider,
        "One allowed name on the port of another",
        format!("{scheme}://{ours}{}", port(other)),
    );
    put(
        "userinfo",
        Anybody,
        "One allowed name as the user name at another",
        format!("{scheme}://{ours}@{theirs}{}", port(other)),
    );
    put("list", Anybody, "Two allowed origins as a list", format!("{}, {}", one.origin, other.origin));
    put(
        "space",
        Anybody,
        "Two allowed origins with a space between",
        format!("{} {}", one.origin, other.origin),
    );
    put("twice", Anybody, "Two allowed origins glued together", format!("{}{}", one.origin, other.origin));
}
