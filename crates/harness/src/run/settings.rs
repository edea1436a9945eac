//! What to set in the product that answered, rendered from all causes of an explanation together.

use crosscheck_core::{
    diagnosis::{Answer, Cause, Diagnosed, Edit, ExplainedRequest, Grant, Guess, Situation, Wanted},
    fetch::method,
};
use serde::{Deserialize, Serialize};

/// A text for a person to copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingRecord {
    /// The product, as a heading; `perhaps …` where it is only guessed.
    pub product: String,
    /// The text.
    pub text: String,
    /// Where it goes, or what it replaces.
    pub replaces: String,
    /// The same as labels and values of the product's console, where it has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub console: Vec<(String, String)>,
    /// What of it this product cannot give, or what else it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortfalls: Vec<String>,
    /// Whether a test of this project applied this product's text.
    pub applied: bool,
}

/// The settings that these causes ask for.
pub(super) fn of(causes: &[Diagnosed], page: &ExplainedRequest, guess: Guess) -> Vec<SettingRecord> {
    let edits = || causes.iter().flat_map(|cause| &cause.repair);
    let mut wanted = Vec::new();
    if edits().any(|edit| matches!(edit, Edit::ForwardOrigin)) {
        wanted.push(Wanted::ForwardOrigin);
    }
    if let Some(url) =
        edits().find_map(|edit| if let Edit::Purge { url } = edit { Some(url.clone()) } else { None })
    {
        wanted.push(Wanted::Purge { url });
    }
    let configures =
        |edit: &Edit| matches!(edit, Edit::SetField { .. } | Edit::AddMember { .. } | Edit::SetStatus { .. });
    if edits().any(configures) {
        wanted.push(Wanted::Grant(grant(page, causes)));
    }
    let application_answers = causes.iter().any(|cause| cause.code == Cause::AllowOriginTwice);
    let situation = Situation { application_answers, present: None };
    let settings = wanted.iter().filter_map(|wanted| guess.product.setting(wanted, &situation));
    settings
        .map(|setting| SettingRecord {
            product: guess.to_string(),
            text: setting.text,
            replaces: setting.replaces,
            console: setting.console.into_iter().map(|(label, value)| (label.to_owned(), value)).collect(),
            shortfalls: setting.shortfalls,
            applied: setting.applied,
        })
        .collect()
}

/// What the request needs, with everything that the repair writes on its answers.
fn grant(page: &ExplainedRequest, causes: &[Diagnosed]) -> Grant {
    let mut exposed = Vec::new();
    let mut any_origin = false;
    for edit in causes.iter().flat_map(|cause| &cause.repair) {
        match edit {
            Edit::AddMember { on: Answer::Actual, name, member }
                if name.eq_ignore_ascii_case("access-control-expose-headers") =>
            {
                exposed.push(member.clone());
            }
            Edit::SetField { name, value, .. }
                if name.eq_ignore_ascii_case("access-control-allow-origin") =>
            {
                any_origin |= value == "*";
            }
            _ => {}
        }
    }
    Grant {
        origins: vec![if any_origin { "*".to_owned() } else { page.origin.clone() }],
        methods: vec![method::normalize(&page.method).to_ascii_uppercase()],
        headers: page.unsafe_names(),
        exposed,
        credentials: page.credentials,
        max_age: Some(600),
    }
}
