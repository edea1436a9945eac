//! Request headers from configuration: names, values, and the variables that they are filled from.

use crosscheck_core::{
    fetch::header::is_value,
    message::is_token,
    redaction::{HIDDEN, Secrecy, secrecy},
};

use super::{Layers, Problems};
use crate::endpoint::{EndpointError, Header, Layer, Provenance, Setting, expand, looks_like_credential};

/// The variables that headers may name although they look like credentials.
pub(super) fn allowed_env(layers: Layers<'_>) -> Vec<&str> {
    let typed = layers.iter().filter(|(from, _)| *from == Provenance::Flag);
    typed.flat_map(|(_, layer)| layer.allow_env.iter().map(String::as_str)).collect()
}

/// The headers of all layers, with their variables filled in.
pub(super) fn headers(
    layers: Layers<'_>,
    setting: &str,
    of: impl Fn(&Layer) -> &[(String, String)],
    lookup: &dyn Fn(&str) -> Option<String>,
    problems: &mut Problems,
) -> Vec<Setting<Header>> {
    let mut headers: Vec<Setting<Header>> = Vec::new();
    let allowed = allowed_env(layers);
    for (from, layer) in layers {
        // Lines of one name within a layer belong together; a stronger layer replaces them all.
        let taken: Vec<String> =
            headers.iter().map(|header| header.value.name.to_ascii_lowercase()).collect();
        for (name, text) in of(layer) {
            if taken.contains(&name.to_ascii_lowercase()) {
                continue;
            }
            match header(name, text, &allowed, lookup) {
                Ok(value) => headers.push(Setting { value, from: *from }),
                Err(error) => problems.add(*from, &[setting, name], error),
            }
        }
    }
    headers
}

pub(in crate::endpoint) fn header(
    name: &str,
    text: &str,
    allowed: &[&str],
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Header, EndpointError> {
    let refused = |why| EndpointError::Header { name: first_word(name), why };
    if !is_token(name.as_bytes()) {
        return Err(refused(NO_TOKEN));
    }
    let unfilled = |error| EndpointError::Variable { header: name.to_owned(), error };
    // Which variables are named is known before any is read.
    let (_, names) = expand(text, &|_| Some(String::new())).map_err(unfilled)?;
    let guarded =
        names.iter().find(|named| looks_like_credential(named) && !allowed.contains(&named.as_str()));
    if let Some(guarded) = guarded {
        return Err(EndpointError::Credential { header: name.to_owned(), name: guarded.clone() });
    }
    let (value, names) = expand(text, lookup).map_err(unfilled)?;
    if value.chars().any(|c| c != '\t' && c < ' ') {
        return Err(refused("its value contains a control character"));
    }
    let variables: Vec<(String, String)> =
        names.into_iter().filter_map(|name| lookup(&name).map(|value| (name, value))).collect();
    let secrecy = match secrecy(name, &value) {
        // What is not written down is not meant to be read.
        Secrecy::Plain if !variables.is_empty() => Secrecy::InItsField,
        secrecy => secrecy,
    };
    Ok(Header { name: name.to_owned(), value, secrecy, template: text.to_owned(), variables })
}

const NO_TOKEN: &str = "its name is not a token: expected letters, digits or !#$%&'*+-.^_`|~";

/// Splits `Name: value` as it stands on a command line.
///
/// # Errors
/// A text without a colon, a name that is not a token, a value that does not fit on a line.
pub fn parse_header(text: &str) -> Result<(String, String), EndpointError> {
    let refused = |name: &str, why| Err(EndpointError::Header { name: first_word(name), why });
    let Some((name, value)) = text.split_once(':') else {
        return refused(text, "it is not of the form `Name: value`");
    };
    let (name, value) = (name.trim(), value.trim());
    if !is_token(name.as_bytes()) {
        return refused(name, NO_TOKEN);
    }
    if !is_value(value.as_bytes()) {
        return refused(name, "its value contains a line break or NUL");
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// The first word of what should have been a name: behind it may be a secret.
fn first_word(text: &str) -> String {
    match text.trim().split_once(char::is_whitespace) {
        Some((first, _)) => format!("{first} {HIDDEN}"),
        None => text.to_owned(),
    }
}
