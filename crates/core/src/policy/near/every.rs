use super::{
    Gain::{self, Anybody, Insider},
    Made,
    parts::Parts,
};

/// A template that is also filled for the second and every further allowed origin: each may
/// have a comparison of its own.
const EACH: bool = true;
/// One that the first allowed origin stands for all of: how the server parses, not what it compares.
const FIRST: bool = false;

/// Id, who has pages there, for which allowed origins, what it is, how it is made.
type Template = (&'static str, Gain, bool, &'static str, &'static str);

#[rustfmt::skip]
const TEMPLATES: &[Template] = &[
    // Anybody else.
    ("other", Anybody, FIRST, "Another name", "https://<stranger>"),
    ("other-http", Anybody, FIRST, "Another name over http", "http://<stranger>"),
    ("null", Anybody, FIRST, "An opaque origin", "null"),

    // Comparisons of the beginning.
    ("prefix-host", Anybody, EACH, "A longer name that begins like the allowed one", "<scheme>://<host>.<stranger><:port>"),
    ("prefix-origin", Anybody, EACH, "The allowed origin, a dot and another name", "<origin>.<stranger>"),
    ("prefix-glued", Anybody, EACH, "A name glued behind the allowed one", "<scheme>://<host><stranger><:port>"),
    ("prefix-hyphen", Anybody, EACH, "The allowed name, a hyphen and another name", "<scheme>://<host>-<stranger><:port>"),
    ("prefix-tld", Anybody, EACH, "Another top-level domain behind the allowed name", "<scheme>://<host>.tk<:port>"),
    ("prefix-letter", Anybody, EACH, "The allowed name with one more letter", "<scheme>://<host>x<:port>"),
    ("prefix-word", Anybody, FIRST, "The allowed name with a longer last label", "<scheme>://<host>munity<:port>"),
    ("prefix-http", Anybody, FIRST, "A longer name that begins like the allowed one, under the other scheme", "<other>://<host>.<stranger>"),
    ("label-prefix", Anybody, FIRST, "A longer name that begins with the allowed one's first label", "<scheme>://<label>.<stranger><:port>"),
    ("stem-prefix", Anybody, FIRST, "The allowed name under another top-level domain", "<scheme>://<stem>.test<:port>"),

    // Comparisons of the end.
    ("suffix-glued", Anybody, EACH, "A name that ends like the allowed one", "<scheme>://evil<host><:port>"),
    ("suffix-letter", Anybody, EACH, "The allowed name with one more letter before", "<scheme>://x<host><:port>"),
    ("suffix-hyphen", Anybody, EACH, "A name that ends like the allowed one after a hyphen", "<scheme>://evil-<host><:port>"),
    ("suffix-registrable", Anybody, EACH, "A name that ends like the allowed one's domain", "<scheme>://evil<registrable><:port>"),
    ("suffix-http", Anybody, FIRST, "A name that ends like the allowed one, under the other scheme", "<other>://evil<host>"),
    ("suffix-public", Anybody, FIRST, "Another name under the same public suffix", "<scheme>://evil-crosscheck.<suffix><:port>"),

    // Comparisons of a part.
    ("without-first", Anybody, EACH, "The allowed name without its first letter", "<scheme>://<without-first><:port>"),
    ("without-last", Anybody, EACH, "The allowed name without its last letter", "<scheme>://<without-last><:port>"),
    ("other-last", Anybody, EACH, "The allowed name with another last letter", "<scheme>://<other-last><:port>"),
    ("without-last-longer", Anybody, EACH, "The allowed name without its last letter, and more behind", "<scheme>://<without-last>.<stranger><:port>"),
    ("registrable-without-first", Anybody, FIRST, "The allowed name's domain without its first letter", "<scheme>://<registrable-without-first><:port>"),
    ("label", Anybody, FIRST, "The allowed name's first label alone", "<scheme>://<label><:port>"),
    ("around", Anybody, EACH, "A name with the allowed one inside", "<scheme>://evil-<host>.<stranger><:port>"),

    // Neighbours within the domain.
    ("subdomain", Insider, EACH, "A subdomain of the allowed name", "<scheme>://crosscheck.<host><:port>"),
    ("subdomain-deep", Insider, FIRST, "A subdomain of a subdomain of the allowed name", "<scheme>://a.b.<host><:port>"),
    ("subdomain-www", Insider, FIRST, "The allowed name with www before", "<scheme>://www.<host><:port>"),
    ("subdomain-http", Insider, FIRST, "A subdomain of the allowed name under the other scheme", "<other>://crosscheck.<host>"),
    ("sibling", Insider, EACH, "Another name in the allowed one's domain", "<scheme>://crosscheck-sibling.<registrable><:port>"),
    ("apex", Insider, EACH, "The allowed name's own domain", "<scheme>://<registrable><:port>"),
    ("parent", Insider, EACH, "The name above the allowed one", "<scheme>://<parent><:port>"),

    // Schemes.
    ("scheme-swapped", Insider, EACH, "The allowed name under the other scheme", "<other>://<host><:port>"),
    ("scheme-swapped-bare", Insider, EACH, "The allowed name under the other scheme on its own port", "<other>://<host>"),
    ("scheme-swapped-port", Insider, FIRST, "The allowed name under the other scheme on the allowed port", "<other>://<host>:<port>"),
    ("scheme-longer", Anybody, FIRST, "The allowed name under a scheme with one more letter", "<scheme>s://<host><:port>"),
    ("scheme-glued", Anybody, FIRST, "The allowed name under a scheme that ends like the allowed one", "x<scheme>://<host><:port>"),
    ("scheme-ftp", Anybody, FIRST, "The allowed name under ftp", "ftp://<host>"),
    ("scheme-ws", Anybody, FIRST, "The allowed name under wss", "wss://<host><:port>"),
    ("scheme-file", Anybody, FIRST, "The allowed name under file", "file://<host>"),
    ("scheme-javascript", Anybody, FIRST, "The allowed name under javascript", "javascript://<host>"),
    ("scheme-extension", Insider, FIRST, "The allowed name as a Chrome extension's", "chrome-extension://<host>"),
    ("scheme-extension-firefox", Insider, FIRST, "The allowed name as a Firefox extension's", "moz-extension://<host>"),
    ("scheme-capacitor", Insider, FIRST, "The allowed name as a Capacitor app's", "capacitor://<host>"),
    ("scheme-ionic", Insider, FIRST, "The allowed name as an Ionic app's", "ionic://<host>"),
    ("scheme-app", Insider, FIRST, "The allowed name as an app's", "app://<host>"),
    ("scheme-missing", Anybody, FIRST, "The allowed name without a scheme", "<host><:port>"),
    ("scheme-relative", Anybody, FIRST, "The allowed name after two slashes", "//<host><:port>"),
    ("scheme-one-slash", Anybody, FIRST, "The allowed name after one slash", "<scheme>:/<host><:port>"),
    ("scheme-no-slash", Anybody, FIRST, "The allowed name after the scheme and no slash", "<scheme>:<host><:port>"),
    ("scheme-three-slashes", Anybody, FIRST, "The allowed name after three slashes", "<scheme>:///<host><:port>"),
    ("scheme-backslashes", Anybody, FIRST, "The allowed name after two backslashes", "<scheme>:\\\\<host><:port>"),
    ("scheme-only", Anybody, FIRST, "The scheme alone", "<scheme>://"),
    ("scheme-empty", Anybody, FIRST, "The allowed name after an empty scheme", "://<host><:port>"),
    ("scheme-twice", Anybody, FIRST, "The allowed origin after its own scheme", "<scheme>://<origin>"),

    // Ports.
    ("port-next", Insider, EACH, "The allowed name on the next port", "<scheme>://<host>:<next-port>"),
    ("port-alternative", Insider, EACH, "The allowed name on port 8081", "<scheme>://<host>:8081"),
    ("port-high", Insider, FIRST, "The allowed name on the last port", "<scheme>://<host>:65535"),
    ("port-missing", Insider, EACH, "The allowed name without its port", "<scheme>://<host>"),
    ("port-explicit", Anybody, EACH, "The allowed name with its port written out", "<scheme>://<host>:<port>"),
    ("port-longer", Insider, EACH, "The allowed port with another digit", "<scheme>://<host>:<port>0"),
    ("port-zeros", Anybody, FIRST, "The allowed port with a leading zero", "<scheme>://<host>:0<port>"),
    ("port-zero", Anybody, FIRST, "The allowed name on port 0", "<scheme>://<host>:0"),
    ("port-one", Anybody, FIRST, "The allowed name on a port that browsers refuse", "<scheme>://<host>:1"),
    ("port-range", Anybody, FIRST, "The allowed name on a port that does not exist", "<scheme>://<host>:65536"),
    ("port-negative", Anybody, FIRST, "The allowed name on a negative port", "<scheme>://<host>:-1"),
    ("port-word", Anybody, FIRST, "The allowed port with a letter", "<scheme>://<host>:<port>x"),
    ("port-empty", Anybody, FIRST, "The allowed name with a colon and no port", "<scheme>://<host>:"),
    ("port-twice", Anybody, FIRST, "The allowed name with two ports", "<scheme>://<host>:<port>:<port>"),
    ("port-wildcard", Anybody, FIRST, "The allowed name with a wildcard for its port", "<scheme>://<host>:*"),
    ("port-name", Anybody, FIRST, "The allowed name and another name as its port", "<scheme>://<host>:<stranger>"),

    // Case.
    ("case-scheme", Anybody, EACH, "The allowed origin with its scheme in upper case", "<SCHEME>://<host><:port>"),
    ("case-scheme-first", Anybody, FIRST, "The allowed origin with a capital scheme", "<Scheme>://<host><:port>"),
    ("case-host", Anybody, EACH, "The allowed origin with its name in upper case", "<scheme>://<HOST><:port>"),
    ("case-host-first", Anybody, FIRST, "The allowed origin with a capital name", "<scheme>://<Host><:port>"),
    ("case-all", Anybody, FIRST, "The allowed origin in upper case", "<SCHEME>://<HOST><:port>"),

    // Dots.
    ("dot-behind", Insider, EACH, "The allowed name with a trailing dot", "<scheme>://<host>.<:port>"),
    ("dots-behind", Anybody, FIRST, "The allowed name with two trailing dots", "<scheme>://<host>..<:port>"),
    ("dot-before", Anybody, FIRST, "The allowed name with a leading dot", "<scheme>://.<host><:port>"),
    ("dot-doubled", Anybody, FIRST, "The allowed name with a dot doubled", "<scheme>://<label>..<parent><:port>"),
    ("dot-encoded", Anybody, FIRST, "The allowed name with an encoded dot", "<scheme>://<label>%2e<parent><:port>"),

    // Paths, queries, fragments.
    ("slash", Anybody, EACH, "The allowed origin with a slash", "<origin>/"),
    ("slashes", Anybody, FIRST, "The allowed origin with two slashes", "<origin>//"),
    ("own-path", Anybody, FIRST, "The allowed origin with a path", "<origin>/path"),
    ("own-query", Anybody, FIRST, "The allowed origin with a query", "<origin>?x"),
    ("own-fragment", Anybody, FIRST, "The allowed origin with a fragment", "<origin>#x"),
    ("own-parameter", Anybody, FIRST, "The allowed origin with a parameter", "<origin>;x"),
    ("own-backslash", Anybody, FIRST, "The allowed origin with a backslash", "<origin>\\"),
    ("own-encoded-slash", Anybody, FIRST, "The allowed origin with an encoded slash", "<origin>%2f"),
    ("path", Anybody, EACH, "Another origin with the allowed one as its path", "https://<stranger>/<origin>"),
    ("path-host", Anybody, FIRST, "Another origin with the allowed name as its path", "https://<stranger>/<host>"),
    ("path-slash", Anybody, FIRST, "Another origin with a slash", "https://<stranger>/"),
    ("query", Anybody, FIRST, "Another origin with the allowed one in its query", "https://<stranger>?<origin>"),
    ("fragment", Anybody, FIRST, "Another origin with the allowed one in its fragment", "https://<stranger>#<origin>"),
    ("parameter", Anybody, FIRST, "Another origin with the allowed name in a parameter", "https://<stranger>;<host>"),
    ("backslash", Anybody, FIRST, "Another name, a backslash and the allowed one", "https://<stranger>\\<host>"),

    // User names.
    ("userinfo", Anybody, EACH, "The allowed name as the user name at another", "<scheme>://<host>@<stranger>"),
    ("userinfo-origin", Anybody, FIRST, "The allowed origin as the user name at another", "<origin>@<stranger>"),
    ("userinfo-password", Anybody, FIRST, "The allowed name and a password as the user at another", "<scheme>://<host>:x@<stranger>"),
    ("userinfo-stranger", Anybody, FIRST, "Another name as the user name at the allowed one", "<scheme>://<stranger>@<host><:port>"),
    ("userinfo-empty", Anybody, FIRST, "The allowed name after an empty user name", "<scheme>://@<host><:port>"),
    ("userinfo-encoded", Anybody, FIRST, "The allowed name, an encoded @ and another name", "<scheme>://<host>%40<stranger>"),
    ("userinfo-fragment", Anybody, FIRST, "Another name, a fragment and the allowed one as its host", "<scheme>://<stranger>#@<host>"),
    ("userinfo-backslash", Anybody, FIRST, "Another name, a backslash and the allowed one as its host", "<scheme>://<stranger>\\@<host>"),

    // Lists and repetitions.
    ("twice", Anybody, FIRST, "The allowed origin twice", "<origin><origin>"),
    ("list", Anybody, EACH, "A list of the allowed origin and another", "<origin>, https://<stranger>"),
    ("list-reversed", Anybody, EACH, "A list of another origin and the allowed one", "https://<stranger>, <origin>"),
    ("list-tight", Anybody, FIRST, "A list without spaces of another origin and the allowed one", "https://<stranger>,<origin>"),
    ("space", Anybody, FIRST, "The allowed origin, a space and another", "<origin> https://<stranger>"),
    ("space-reversed", Anybody, FIRST, "Another origin, a space and the allowed one", "https://<stranger> <origin>"),
    ("semicolon", Anybody, FIRST, "The allowed origin, a semicolon and another", "<origin>; https://<stranger>"),
    ("pipe", Anybody, FIRST, "The allowed origin, a bar and another", "<origin>|https://<stranger>"),
    ("tab", Anybody, FIRST, "The allowed origin, a tab and another", "<origin>\thttps://<stranger>"),
    ("quoted", Anybody, FIRST, "The allowed origin in quotes", "\"<origin>\""),

    // What is no origin at all.
    ("empty", Anybody, FIRST, "An empty Origin", ""),
    ("wildcard", Anybody, FIRST, "A literal wildcard", "*"),
    ("wildcard-scheme", Anybody, FIRST, "A wildcard behind the scheme", "<scheme>://*"),
    ("wildcard-host", Insider, FIRST, "A wildcard before the allowed name", "<scheme>://*.<host><:port>"),
    ("null-upper", Anybody, FIRST, "An upper-case null", "NULL"),
    ("null-capital", Anybody, FIRST, "A capital null", "Null"),
    ("null-longer", Anybody, FIRST, "A name that begins with null", "null.<host>"),
    ("word", Anybody, FIRST, "A word", "whatever"),

    // Bytes that no origin has.
    ("byte-nul", Anybody, FIRST, "The allowed origin and a NUL byte", "<origin>\0"),
    ("byte-nul-name", Anybody, FIRST, "The allowed origin, a NUL byte and another name", "<origin>\0.<stranger>"),
    ("byte-return", Anybody, FIRST, "The allowed origin, a carriage return and another", "<origin>\rhttps://<stranger>"),
    ("byte-vertical-tab", Anybody, FIRST, "The allowed origin, a vertical tab and another name", "<origin>\u{b}.<stranger>"),
    ("byte-escape", Anybody, FIRST, "The allowed origin and an escape byte", "<origin>\u{1b}"),
    ("byte-delete", Anybody, FIRST, "The allowed origin and DEL", "<origin>\u{7f}"),
    ("byte-delete-inside", Anybody, FIRST, "The allowed origin with DEL in it", "<scheme>://\u{7f}<host><:port>"),
    ("byte-high", Anybody, FIRST, "The allowed origin and a byte above ASCII", "<origin>\u{80}"),
    ("byte-no-break", Anybody, FIRST, "The allowed origin and a no-break space", "<origin>\u{a0}"),
    ("encoded-return", Anybody, FIRST, "The allowed origin and an encoded line break", "<origin>%0d%0a"),
    ("encoded-nul", Anybody, FIRST, "The allowed origin and an encoded NUL", "<origin>%00"),
    ("encoded-space", Anybody, FIRST, "The allowed origin and an encoded space", "<origin>%20"),
    ("encoded-tab", Anybody, FIRST, "The allowed name, an encoded vertical tab and another name", "<scheme>://<host>%0b.<stranger>"),
    ("encoded-backtick", Anybody, FIRST, "The allowed name, an encoded backtick and another name", "<scheme>://<host>%60.<stranger>"),

    // Names in other scripts.
    ("idn-homograph", Anybody, EACH, "A name in another script that looks like the allowed one", "<scheme>://<homograph-ascii><:port>"),
    ("idn-homograph-raw", Anybody, FIRST, "The same in raw UTF-8", "<scheme>://<homograph><:port>"),
    ("idn-wide", Anybody, FIRST, "The allowed name in full-width letters", "<scheme>://<wide><:port>"),
    ("idn-label", Anybody, FIRST, "A raw UTF-8 label before the allowed name", "<scheme>://\u{c3}\u{a9}.<host><:port>"),

    // Places that stay on lists after development.
    ("localhost", Insider, FIRST, "A page of the user's own machine", "http://localhost"),
    ("localhost-port", Insider, FIRST, "A page of a development server", "http://localhost:3000"),
    ("localhost-secure", Insider, FIRST, "A page of the user's own machine over https", "https://localhost"),
    ("loopback", Insider, FIRST, "A page of the loopback address", "http://127.0.0.1"),
    ("loopback-six", Insider, FIRST, "A page of the IPv6 loopback address", "http://[::1]"),
    ("localhost-prefix", Anybody, FIRST, "A name that begins with localhost", "http://localhost.<stranger>"),
    ("localhost-prefix-secure", Anybody, FIRST, "A name that begins with localhost, over https", "https://localhost.<stranger>"),
    ("localhost-below", Insider, FIRST, "localhost below the allowed name", "<scheme>://localhost.<host><:port>"),
];

/// Characters that a careless pattern takes for the end of a name: their ids, glued behind the
/// allowed name and as a label of their own (Corben Leo, *Advanced CORS exploitation techniques*).
const SPECIAL: &[(&str, char)] = &[
    ("underscore", '_'),
    ("hyphen", '-'),
    ("double-quote", '"'),
    ("open-brace", '{'),
    ("close-brace", '}'),
    ("plus", '+'),
    ("caret", '^'),
    ("bang", '!'),
    ("tilde", '~'),
    ("backtick", '`'),
    ("semicolon", ';'),
    ("bar", '|'),
    ("ampersand", '&'),
    ("apostrophe", '\''),
    ("open-paren", '('),
    ("close-paren", ')'),
    ("star", '*'),
    ("comma", ','),
    ("dollar", '$'),
    ("equals", '='),
    ("percent", '%'),
    ("open-bracket", '['),
    ("less", '<'),
    ("space", ' '),
];

/// Derives everything that is made of one allowed origin; of all but the first only what tells
/// one comparison from another.
pub(super) fn derive(parts: &Parts, index: usize, made: &mut Made<'_>) {
    let first = index == 0;
    let prefix = if first { String::new() } else { format!("{}.", index + 1) };
    let mut put = |name: &str, gain: Gain, what: String, origin: String| {
        made.put(format!("{prefix}{name}"), gain, what, &parts.origin, origin);
    };
    for (id, gain, each, what, template) in TEMPLATES {
        if (first || *each)
            && let Some(origin) = parts.fill(template)
        {
            put(id, *gain, (*what).to_owned(), origin);
        }
    }
    if parts.is_named() {
        dots(parts, first, &mut put);
        if first {
            special(parts, &mut put);
        }
    } else {
        addresses(parts, &mut put);
    }
    if first {
        long(parts, &mut put);
    }
}

type Put<'p> = &'p mut dyn FnMut(&str, Gain, String, String);

/// Dots of a pattern that stand for any character.
fn dots(parts: &Parts, first: bool, put: Put<'_>) {
    let port = parts.port.map(|port| format!(":{port}")).unwrap_or_default();
    let of = |host: &str, scheme: &str| format!("{scheme}://{host}{port}");
    let places: Vec<usize> = parts.host.match_indices('.').map(|(at, _)| at).collect();
    let replaced = |at: usize, by: &str| {
        let (before, after) = (parts.host.get(..at), parts.host.get(at + 1..));
        format!("{}{by}{}", before.unwrap_or_default(), after.unwrap_or_default())
    };
    for (number, at) in places.iter().enumerate() {
        let number = number + 1;
        put(
            &format!("dot-letter-{number}"),
            Anybody,
            format!("The allowed name with a letter for dot {number}"),
            of(&replaced(*at, "x"), &parts.scheme),
        );
        if first {
            put(
                &format!("dot-hyphen-{number}"),
                Anybody,
                format!("The allowed name with a hyphen for dot {number}"),
                of(&replaced(*at, "-"), &parts.scheme),
            );
            put(
                &format!("dot-gone-{number}"),
                Anybody,
                format!("The allowed name without dot {number}"),
                of(&replaced(*at, ""), &parts.scheme),
            );
        }
    }
    if places.len() > 1 {
        let all = parts.host.replace('.', "x");
        put(
            "dot-letter-all",
            Anybody,
            "The allowed name with letters for its dots".to_owned(),
            of(&all, &parts.scheme),
        );
    }
    if first && let Some(at) = places.first() {
        let other = if parts.scheme == "https" { "http" } else { "https" };
        put(
            "dot-letter-http",
            Anybody,
            "The allowed name with a letter for a dot, under the other scheme".to_owned(),
            of(&replaced(*at, "x"), other),
        );
    }
}

/// Special characters behind the allowed name, with another name glued to them or below them.
fn special(parts: &Parts, put: Put<'_>) {
    let (scheme, host) = (&parts.scheme, &parts.host);
    for (name, c) in SPECIAL {
        put(
            &format!("special-{name}"),
            Anybody,
            format!("The allowed name, `{c}` and another name"),
            format!("{scheme}://{host}{c}.{}", super::STRANGER),
        );
        put(
            &format!("special-label-{name}"),
            Anybody,
            format!("The allowed name, a label `{c}` and another name"),
            format!("{scheme}://{host}.{c}.{}", super::STRANGER),
        );
    }
}

/// Other spellings of an address, and an address nearby.
fn addresses(parts: &Parts, put: Put<'_>) {
    let port = parts.port.map(|port| format!(":{port}")).unwrap_or_default();
    let mut address = |name: &str, what: &str, host: String| {
        put(name, Anybody, what.to_owned(), format!("{}://{host}{port}", parts.scheme));
    };
    if let Ok(four) = parts.host.parse::<std::net::Ipv4Addr>() {
        let [a, b, c, d] = four.octets();
        let number = u32::from(four);
        address("address-decimal", "The allowed address as one number", number.to_string());
        address("address-hex", "The allowed address in hexadecimal", format!("0x{number:08x}"));
        address("address-octal", "The allowed address in octal", format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"));
        address("address-short", "The allowed address with its last two parts in one", {
            format!("{a}.{b}.{}", u32::from(c) * 256 + u32::from(d))
        });
        address("address-mapped", "The allowed address inside an IPv6 one", format!("[::ffff:{four}]"));
        address("address-next", "The address next to the allowed one", {
            std::net::Ipv4Addr::from(number.wrapping_add(1)).to_string()
        });
        address("address-longer", "The allowed address with another digit", format!("{four}0"));
        address("address-name", "A name that begins with the allowed address", {
            format!("{four}.{}", super::STRANGER)
        });
    }
    let inner = parts.host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(six) = inner.parse::<std::net::Ipv6Addr>() {
        let groups: Vec<String> = six.segments().iter().map(|group| format!("{group:04x}")).collect();
        address("address-full", "The allowed IPv6 address written out", format!("[{}]", groups.join(":")));
        address(
            "address-upper",
            "The allowed IPv6 address in upper case",
            format!("[{}]", inner.to_ascii_uppercase()),
        );
        address("address-bare", "The allowed IPv6 address without brackets", inner.to_owned());
        address("address-zone", "The allowed IPv6 address with a zone", format!("[{inner}%25eth0]"));
        address("address-next", "The IPv6 address next to the allowed one", {
            format!("[{}]", std::net::Ipv6Addr::from(u128::from(six).wrapping_add(1)))
        });
    }
}

/// Names longer than any name, behind the allowed one.
fn long(parts: &Parts, put: Put<'_>) {
    let label = "a".repeat(64);
    put(
        "long-label",
        Anybody,
        "The allowed name and a label that is too long".to_owned(),
        format!("{}://{}.{label}.{}", parts.scheme, parts.host, super::STRANGER),
    );
    let labels = format!("{}.", "a".repeat(63)).repeat(40);
    put(
        "long-name",
        Anybody,
        "The allowed name and a name that is too long".to_owned(),
        format!("{}://{}.{labels}{}", parts.scheme, parts.host, super::STRANGER),
    );
}
