//! The command as it was typed, so that who reads a record can run it again: quoted for a POSIX shell,
//! and without the secrets that headers and URLs carry.

use crate::{
    exchange::shell,
    redaction::{HIDDEN, Redactor, Secrecy, is_reference, secrecy},
};

/// The command of this process.
pub(super) fn command() -> String {
    // What is no UTF-8 is shown with a replacement: a record is text.
    written(std::env::args_os().map(|word| word.to_string_lossy().into_owned()))
}

fn written(words: impl Iterator<Item = String>) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut header = false;
    let redactor = Redactor::new();
    for word in words {
        let word = match word.strip_prefix("--header=") {
            Some(value) => format!("--header={}", veiled(value)),
            None if header => veiled(&word),
            None => word,
        };
        header = word == "--header";
        out.push(shell(&redactor.text(&word)));
    }
    out.join(" ")
}

/// `Name: value` of a header without its secret. The name of a variable is none. Without a colon it is a mistake, and
/// may be a secret all the same.
fn veiled(header: &str) -> String {
    match header.split_once(':') {
        Some((name, value)) if secrecy(name, value) != Secrecy::Plain && !is_reference(value) => {
            format!("{name}: {HIDDEN}")
        }
        Some(_) => header.to_owned(),
        None => HIDDEN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_command_as_it_was_typed_and_secrets_are_not_in_it() {
        for (words, command) in [
            (&["crosscheck", "load", "--users", "5"][..], "crosscheck load --users 5"),
            (&["crosscheck", "load", "--budget", "p99<20ms"], "crosscheck load --budget 'p99<20ms'"),
            (
                &["crosscheck", "run", "--allowed-origin", "https://*.a.example", "it's"],
                r"crosscheck run --allowed-origin 'https://*.a.example' 'it'\''s'",
            ),
            (
                &["crosscheck", "run", "--header", "Authorization: Bearer abc", "--header", "X-Tenant: a b"],
                "crosscheck run --header 'Authorization: ***' --header 'X-Tenant: a b'",
            ),
            (&["crosscheck", "run", "--header=X-Api-Key: abc"], "crosscheck run '--header=X-Api-Key: ***'"),
            (
                &["crosscheck", "run", "--header", "Authorization: Bearer ${TOKEN}"],
                "crosscheck run --header 'Authorization: Bearer ${TOKEN}'",
            ),
            (&["crosscheck", "run", "--header"], "crosscheck run --header"),
            (&["crosscheck", ""], "crosscheck ''"),
        ] {
            assert_eq!(written(words.iter().map(|word| (*word).to_owned())), command);
        }
    }
}
