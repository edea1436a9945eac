//! Words as a shell reads them. A word is printable ASCII whatever it stands for, so that no terminal obeys it and
//! no clipboard changes it.

/// A word as a POSIX shell reads it.
///
/// Bytes that are not printable ASCII need `$'…'`: POSIX since 2024, and in bash, zsh, ksh and busybox, but not in
/// every `dash`.
pub fn shell(word: &str) -> String {
    quoted(word.as_bytes())
}

/// The same for bytes. No argument of a program can hold a NUL: see [`piped`].
pub(super) fn quoted(word: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(byte);
    // zsh takes a word that begins with `=` for the name of a program.
    if !word.is_empty() && word.iter().all(plain) && word.first() != Some(&b'=') {
        return text(word);
    }
    if word.iter().all(|byte| is_printable(*byte)) {
        return format!("'{}'", text(word).replace('\'', r"'\''"));
    }
    let mut out = String::from("$'");
    for byte in word {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'\\' => out.push_str("\\\\"),
            // A quote with a backslash before it ends what the history expansion of bash leaves alone.
            b'\'' | b'!' => octal(&mut out, *byte),
            byte if is_printable(*byte) => out.push(char::from(*byte)),
            byte => octal(&mut out, *byte),
        }
    }
    out.push('\'');
    out
}

/// A command that writes these bytes, NUL included: for a pipe.
pub(super) fn piped(bytes: &[u8]) -> String {
    let mut format = String::new();
    for (place, byte) in bytes.iter().enumerate() {
        match byte {
            b'%' => format.push_str("%%"),
            b'\\' => format.push_str("\\\\"),
            // What begins with a hyphen would be an option.
            b'-' if place == 0 => octal(&mut format, *byte),
            b'\'' => octal(&mut format, *byte),
            byte if is_printable(*byte) => format.push(char::from(*byte)),
            byte => octal(&mut format, *byte),
        }
    }
    format!("printf '{format}'")
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Three digits: with fewer, a digit that follows would be read as one of them.
fn octal(out: &mut String, byte: u8) {
    out.push_str(&format!("\\{byte:03o}"));
}

fn text(ascii: &[u8]) -> String {
    ascii.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_a_shell_would_read_more_into_them() {
        for (word, expected) in [
            (&b""[..], "''"),
            (b"GET", "GET"),
            (b"https://a.example/x?y", "'https://a.example/x?y'"),
            (b"=ls", "'=ls'"),
            (b"a=b", "a=b"),
            (b"~", "'~'"),
            (b"$HOME `id` \"x\"", "'$HOME `id` \"x\"'"),
            (b"it's", r"'it'\''s'"),
            (b"a\nb\t'\\!", r"$'a\nb\t\047\\\041'"),
            (b"\x1b1\x7f\xe2\x80\xae", r"$'\0331\177\342\200\256'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
        assert_eq!(piped(b"-\x001%s\\'"), r"printf '\055\0001%%s\\\047'");
    }
}
