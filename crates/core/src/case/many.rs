//! Requests that stand for many like them.

use std::borrow::Cow;

use indexmap::IndexMap;

use super::{
    model::{Case, Order, RequestSpec},
    strings, template,
};

/// Whether a placeholder is filled for each of many requests.
pub(super) fn is_numbered(name: &str) -> bool {
    matches!(name, "nth" | "allowed.nth")
}

/// The names of the requests that one stands for.
pub(super) fn names(name: &str, many: u32) -> impl Iterator<Item = String> {
    (1..=many).map(move |number| format!("{name}-{number}"))
}

/// The case with each of its many requests written out.
pub(super) fn written_out(mut case: Case) -> Case {
    let counts: IndexMap<String, u32> =
        case.requests.iter().filter_map(|(name, request)| Some((name.clone(), request.many?))).collect();
    if counts.is_empty() {
        return case;
    }
    case.requests = std::mem::take(&mut case.requests)
        .into_iter()
        .flat_map(|(name, request)| match request.many {
            Some(many) => names(&name, many)
                .enumerate()
                .map(|(index, name)| (name, numbered(&request, index + 1)))
                .collect::<Vec<_>>(),
            None => vec![(name, request)],
        })
        .collect();
    let order = |order: &[String]| order.iter().flat_map(|mention| mentions(mention, &counts)).collect();
    case.order = match case.order {
        Order::Word(word) => Order::Word(word),
        Order::One(one) => Order::One(order(&one)),
        Order::Several(several) => Order::Several(several.iter().map(|one| order(one)).collect()),
    };
    case
}

/// One of many requests.
fn numbered(request: &RequestSpec, number: usize) -> RequestSpec {
    let mut request = RequestSpec { many: None, ..request.clone() };
    strings::visit_request(&mut request, &mut |_, text| {
        *text = template::fill(text, |name| match name {
            "nth" => Some(Cow::Owned(number.to_string())),
            "allowed.nth" if number == 1 => Some(Cow::Borrowed("{allowed}")),
            "allowed.nth" => Some(Cow::Owned(format!("{{allowed.{number}}}"))),
            _ => None,
        });
    });
    request
}

/// What a mention stands for: alone, many are made one after the other; with others, all at once.
fn mentions(mention: &str, counts: &IndexMap<String, u32>) -> Vec<String> {
    let all = |name: &str| match counts.get(name) {
        Some(many) => names(name, *many).collect(),
        None => vec![name.to_owned()],
    };
    if mention.contains('+') {
        return vec![mention.split('+').flat_map(all).collect::<Vec<_>>().join("+")];
    }
    all(mention)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn many_requests_are_written_out_with_their_numbers() {
        let case = json!({
            "id": "case", "title": "A case",
            "requests": {
                "page": { "many": 3, "origin": "{allowed.nth}", "path": "p-{nth}-{{nth}}" },
                "other": { "origin": "{denied}" }
            },
            "order": ["other", "page", "page+other"]
        });
        let case = written_out(serde_json::from_value(case).expect("a case"));
        let told: Vec<String> = case
            .requests
            .iter()
            .map(|(name, request)| {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                format!("{name} {} {}", text(&request.origin), text(&request.path))
            })
            .collect();
        assert_eq!(
            told,
            [
                "page-1 {allowed} p-1-{{nth}}",
                "page-2 {allowed.2} p-2-{{nth}}",
                "page-3 {allowed.3} p-3-{{nth}}",
                "other {denied} "
            ]
        );
        let order = ["other", "page-1", "page-2", "page-3", "page-1+page-2+page-3+other"];
        assert_eq!(case.order, Order::One(order.map(str::to_owned).to_vec()));
    }
}
