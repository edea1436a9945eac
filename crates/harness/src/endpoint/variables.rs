use thiserror::Error;

/// Why a `${NAME}` could not be filled.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VariableError {
    /// There is no such variable.
    #[error("the environment variable {0} is not set")]
    Missing(String),
    /// A `${` without `}`.
    #[error("`${{` has no closing `}}`")]
    Unclosed,
    /// What stands between the braces is no name.
    #[error("`${{{0}}}` names no environment variable")]
    Name(String),
}

/// Fills every `${NAME}` from `lookup`; `$${` stands for `${` itself. Gives the text and the names
/// that were filled, in order.
///
/// # Errors
/// The first reference that cannot be filled.
pub fn expand(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<(String, Vec<String>), VariableError> {
    let mut filled = String::with_capacity(text.len());
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(escaped) = before.strip_suffix('$') {
            filled.push_str(escaped);
            filled.push_str("${");
            rest = after;
            continue;
        }
        filled.push_str(before);
        let (name, after) = after.split_once('}').ok_or(VariableError::Unclosed)?;
        let sound = !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !sound {
            return Err(VariableError::Name(name.to_owned()));
        }
        filled.push_str(&lookup(name).ok_or_else(|| VariableError::Missing(name.to_owned()))?);
        names.push(name.to_owned());
        rest = after;
    }
    filled.push_str(rest);
    Ok((filled, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_filled() {
        let lookup = |name: &str| match name {
            "A" => Some("1".to_owned()),
            "B_2" => Some("${A}".to_owned()),
            _ => None,
        };
        for (text, expected) in [
            ("", Ok(("", vec![]))),
            ("plain $ {A} $A", Ok(("plain $ {A} $A", vec![]))),
            ("Bearer ${A}!", Ok(("Bearer 1!", vec!["A"]))),
            // What a variable holds is not looked through again.
            ("${A}${B_2}", Ok(("1${A}", vec!["A", "B_2"]))),
            ("$${A} ${A}", Ok(("${A} 1", vec!["A"]))),
            ("${C}", Err("the environment variable C is not set")),
            ("${A", Err("`${` has no closing `}`")),
            ("${}", Err("`${}` names no environment variable")),
            ("${1A}", Err("`${1A}` names no environment variable")),
            ("${A B}", Err("`${A B}` names no environment variable")),
        ] {
            let seen = expand(text, &lookup).map_err(|error| error.to_string());
            let expected = expected
                .map(|(text, names)| (text.to_owned(), names.into_iter().map(str::to_owned).collect()))
                .map_err(str::to_owned);
            assert_eq!(seen, expected, "{text}");
        }
    }
}
