use std::collections::{BTreeMap, BTreeSet};

use super::Unavailable;
use crate::message::{Response, isomorphic, list};

/// What CORS sees of an answer: the class of its status, its CORS fields and `Vary`. Not the max-age of a preflight,
/// which a cache on the way may count down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    status: u16,
    fields: BTreeMap<String, BTreeSet<String>>,
}

const VARY: &str = "vary";
const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// Fields whose members have no order.
const LISTS: [&str; 4] =
    [VARY, "access-control-allow-methods", "access-control-allow-headers", "access-control-expose-headers"];

impl View {
    /// Of an answer.
    pub fn of(response: &Response) -> Self {
        let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for field in &response.fields {
            let name = field.name.to_ascii_lowercase();
            let cors = name.starts_with("access-control-") && name != "access-control-max-age";
            if !cors && name != VARY {
                continue;
            }
            let values = fields.entry(name.clone()).or_default();
            if LISTS.contains(&name.as_str()) {
                let members = list::members(&field.value);
                values.extend(members.map(|member| isomorphic::decode(member).to_ascii_lowercase()));
            } else {
                values.insert(isomorphic::decode(&field.value));
            }
        }
        Self { status: response.status, fields }
    }

    /// Whether CORS sees the same.
    pub fn is_same(&self, other: &Self) -> bool {
        self.status / 100 == other.status / 100 && self.fields == other.fields
    }

    fn shown(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self.fields.get(name)?.iter().map(String::as_str).collect();
        Some(values.join(", "))
    }
}

/// In what answers to one request differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// How many of how many answers differ from the others, and in what.
    pub ratio: String,
    /// How often each of the answers came, the most frequent first.
    pub counts: Vec<String>,
    /// Whether a page is allowed by one answer and may be blocked by another.
    pub decides: bool,
    /// Whether some of the answers are the error of a gateway, and others are not.
    pub gateway: bool,
}

/// In what the answers to one request differ; `None`: CORS sees the same in all of them. What decides about a page is
/// named first.
pub fn difference(views: &[View]) -> Option<Difference> {
    let names: BTreeSet<&str> =
        views.iter().flat_map(|view| view.fields.keys().map(String::as_str)).collect();
    let (vary, cors): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| *name == VARY);
    let first = cors.iter().position(|name| *name == ALLOW_ORIGIN);
    let cors = first
        .map(|place| cors[place])
        .into_iter()
        .chain(cors.iter().copied().filter(|name| *name != ALLOW_ORIGIN));
    for name in cors {
        let values = views.iter().map(|view| view.shown(name));
        if let Some(mut difference) = split(values, views.len(), &title(name)) {
            difference.counts.extend(statuses(views).into_iter().flat_map(|statuses| statuses.counts));
            return Some(Difference { decides: true, gateway: has_gateway(views), ..difference });
        }
    }
    if let Some(statuses) = statuses(views) {
        return Some(Difference { gateway: has_gateway(views), ..statuses });
    }
    vary.into_iter()
        .find_map(|name| split(views.iter().map(|view| view.shown(name)), views.len(), &title(name)))
}

/// How the statuses divide the answers, where they are of several classes.
fn statuses(views: &[View]) -> Option<Difference> {
    let classes: BTreeSet<u16> = views.iter().map(|view| view.status / 100).collect();
    let statuses = views.iter().map(|view| Some(view.status.to_string()));
    if classes.len() > 1 { split(statuses, views.len(), "status") } else { None }
}

/// Whether a gateway answered in the endpoint's place, but not always.
fn has_gateway(views: &[View]) -> bool {
    let gateway = |view: &&View| Unavailable::of(view.status) == Some(Unavailable::Gateway);
    (1..views.len()).contains(&views.iter().filter(gateway).count())
}

/// How the values of one thing divide the answers; `None`: they are all the same.
fn split(values: impl Iterator<Item = Option<String>>, of: usize, what: &str) -> Option<Difference> {
    let mut counts: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    if counts.len() < 2 {
        return None;
    }
    let missing = counts.get(&None).copied();
    let mut counts: Vec<(Option<String>, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let said = |value: &Option<String>| match value {
        Some(value) => format!("{what}: {value}"),
        None => format!("no {what}"),
    };
    let ratio = match (missing, counts.last()) {
        (Some(missing), _) => format!("{missing} of {of} answers had no {what}"),
        (None, Some((value, count))) => format!("{count} of {of} answers had another {}", said(value)),
        (None, None) => return None,
    };
    let counts = counts.iter().map(|(value, count)| format!("{count} of {of}: {}", said(value))).collect();
    Some(Difference { ratio, counts, decides: false, gateway: false })
}

/// A field name as it is usually written.
fn title(name: &str) -> String {
    let part = |part: &str| match part.split_at_checked(1) {
        Some((first, rest)) => format!("{}{rest}", first.to_ascii_uppercase()),
        None => String::new(),
    };
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACAO: (&str, &str) = ("Access-Control-Allow-Origin", "https://a.example");

    fn views(answers: &[(u16, &[(&str, &str)])]) -> Vec<View> {
        let view = |(status, fields): &(u16, &[(&str, &str)])| {
            let empty = Response::new(*status);
            View::of(&fields.iter().fold(empty, |answer, (name, value)| answer.with_field(name, value)))
        };
        answers.iter().map(view).collect()
    }

    #[test]
    fn the_ratio_says_how_many_answers_differ_in_what() {
        type Answers<'a> = &'a [(u16, &'a [(&'a str, &'a str)])];
        // (answers, the ratio, whether it decides about a page)
        let table: &[(Answers<'_>, Option<(&str, bool)>)] = &[
            (&[], None),
            (&[(200, &[ACAO]), (200, &[ACAO])], None),
            (&[(200, &[ACAO]), (204, &[ACAO])], None),
            (
                &[(200, &[ACAO]), (200, &[]), (200, &[ACAO])],
                Some(("1 of 3 answers had no Access-Control-Allow-Origin", true)),
            ),
            (
                &[(200, &[ACAO]), (500, &[])],
                Some(("1 of 2 answers had no Access-Control-Allow-Origin", true)),
            ),
            (
                &[(200, &[ACAO]), (200, &[ACAO]), (200, &[("Access-Control-Allow-Origin", "*")])],
                Some(("1 of 3 answers had another Access-Control-Allow-Origin: *", true)),
            ),
            (
                &[(504, &[]), (200, &[ACAO]), (504, &[]), (200, &[ACAO])],
                Some(("2 of 4 answers had no Access-Control-Allow-Origin", true)),
            ),
            (
                &[(200, &[ACAO]), (404, &[ACAO]), (200, &[ACAO])],
                Some(("1 of 3 answers had another status: 404", false)),
            ),
            (
                &[(200, &[ACAO, ("Vary", "Origin")]), (200, &[ACAO])],
                Some(("1 of 2 answers had no Vary", false)),
            ),
            // What CORS does not see, and the order of lists.
            (
                &[
                    (
                        200,
                        &[
                            ACAO,
                            ("Date", "1"),
                            ("Age", "1"),
                            ("Access-Control-Max-Age", "9"),
                            ("Vary", "A, Origin"),
                        ],
                    ),
                    (
                        200,
                        &[
                            ACAO,
                            ("Date", "2"),
                            ("Access-Control-Max-Age", "8"),
                            ("vary", "origin"),
                            ("Vary", "a"),
                        ],
                    ),
                ],
                None,
            ),
            (
                &[
                    (204, &[("Access-Control-Allow-Methods", "GET,PUT")]),
                    (204, &[("Access-Control-Allow-Methods", "PUT, GET")]),
                ],
                None,
            ),
        ];
        for (answers, expected) in table {
            let found = difference(&views(answers));
            let found = found.as_ref().map(|found| (found.ratio.as_str(), found.decides));
            assert_eq!(found, *expected, "{answers:?}");
        }
    }

    #[test]
    fn the_errors_of_a_gateway_among_other_answers_are_told_apart() {
        for (statuses, gateway) in [
            (&[504, 200, 200][..], true),
            (&[502, 200], true),
            (&[500, 200], false),
            (&[504, 502, 502], false),
        ] {
            let answers: Vec<(u16, &[(&str, &str)])> = statuses
                .iter()
                .map(|status| (*status, if *status == 200 { &[ACAO][..] } else { &[] }))
                .collect();
            let found = difference(&views(&answers));
            assert_eq!(found.as_ref().is_some_and(|found| found.gateway), gateway, "{statuses:?}");
            let counted = |found: &Difference| found.counts.iter().any(|count| count.contains("status: 200"));
            assert_eq!(
                found.as_ref().is_some_and(counted),
                statuses.contains(&200),
                "{statuses:?}: {found:?}"
            );
        }
    }
}
