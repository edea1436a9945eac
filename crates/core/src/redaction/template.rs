//! Texts in which secrets are named instead of shown: `Bearer ${API_TOKEN}`, as in a target file. `$${` stands for
//! the two characters `${`.

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// Text that stands for itself.
    Text(&'t str),
    /// The name of the variable that holds the text.
    Variable(&'t str),
}

/// The parts of a template, in order. What only looks like a reference is text.
pub fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find("${") {
        let (before, after) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            // `$${` stands for itself without its first character.
            parts.push(Part::Text(before));
            parts.push(Part::Text("${"));
            rest = &after[2..];
            continue;
        }
        parts.push(Part::Text(before));
        match after[2..].split_once('}').filter(|(name, _)| is_name(name)) {
            Some((name, after)) => {
                parts.push(Part::Variable(name));
                rest = after;
            }
            None => {
                parts.push(Part::Text("${"));
                rest = &after[2..];
            }
        }
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    parts
}

/// A text as a template of itself.
pub(super) fn literal(text: &str) -> String {
    text.replace("${", "$${")
}

/// A reference to a variable.
pub(super) fn reference(variable: &str) -> String {
    format!("${{{variable}}}")
}

/// What a variable is called that holds the value of a header or parameter: `X-Api-Key` in `X_API_KEY`.
pub fn variable_of(name: &str) -> String {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let variable: String = name.chars().map(upper).collect();
    match variable.chars().next() {
        None => "SECRET".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{variable}"),
        Some(_) => variable,
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
