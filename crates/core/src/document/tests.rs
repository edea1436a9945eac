use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Codes, Document, Pattern, check, codes, decode, json, nearest, quote, shape::Schema};
use crate::diagnostic::{Diagnostic, SourceText};

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Kitchen {
    /// What it is called.
    #[schemars(regex(pattern = "^[a-z]+$"))]
    name: String,
    #[serde(default)]
    #[schemars(range(min = 1, max = 9))]
    size: Option<u8>,
    #[serde(default)]
    ratio: f64,
    #[serde(default)]
    #[schemars(length(min = 2))]
    pans: Vec<Pan>,
    #[serde(default)]
    stove: Option<Stove>,
    #[serde(default)]
    by_name: BTreeMap<String, Pan>,
    #[serde(default)]
    anything: Json,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Pan {
    Small,
    VeryBig,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "heat", rename_all = "kebab-case", deny_unknown_fields)]
enum Stove {
    Gas { bottles: u8 },
    Electric { watts: u32 },
}

impl Document for Kitchen {
    const CODES: Codes = codes!("kitchen");
    const PATTERNS: &'static [Pattern] = &[Pattern {
        regex: "^[a-z]+$",
        matches: |text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase()),
        words: "lower-case letters",
    }];
}

fn source(text: &str) -> Arc<SourceText> {
    Arc::new(SourceText { name: "kitchen.json".to_owned(), text: text.to_owned() })
}

/// Code, what is pointed at, words there.
type Told<'a> = (&'a str, &'a str, &'a str);

fn told(text: &str) -> Vec<(&'static str, String, String)> {
    let found = check::<Kitchen>(&source(text)).expect_err(text);
    let tell = |diagnostic: Diagnostic| {
        let label = diagnostic.labels.first().cloned().expect("a place");
        (diagnostic.code, text[label.span].to_owned(), label.text)
    };
    found.into_iter().map(tell).collect()
}

#[test]
fn a_sound_document_becomes_its_type_and_keeps_its_places() {
    let text = r#"{"name": "galley", "pans": ["small", "very-big"], "stove": {"heat": "gas", "bottles": 2},
                   "by_name": {"old": "small"}, "anything": [1, {"x": null}], "size": null}"#;
    let checked = check::<Kitchen>(&source(text)).expect("sound");
    assert_eq!(checked.value.pans, [Pan::Small, Pan::VeryBig]);
    assert_eq!(checked.value.stove, Some(Stove::Gas { bottles: 2 }));
    let root = checked.tree.root();
    assert_eq!(&text[root.field("pans").nth(1).span()], r#""very-big""#);
    assert_eq!(&text[root.field("by_name").nth(0).key()], r#""old""#);
    assert_eq!(&text[root.field("stove").field("bottles").span()], "2");
    assert_eq!(root.field("stove").field("watts").span(), root.field("stove").span(), "the nearest there is");
}

#[test]
fn every_problem_is_told_at_its_place() {
    let table: &[(&str, &[Told<'_>])] = &[
        ("[]", &[("kitchen.wrong-type", "[", "expected an object")]),
        ("{}", &[("kitchen.missing-field", "{", "needs `name`")]),
        (r#"{"nam": "a"}"#, &[("kitchen.unknown-field", r#""nam""#, "did you mean `name`?")]),
        (r#"{"name": "A1"}"#, &[("kitchen.malformed", r#""A1""#, "expected lower-case letters")]),
        (
            r#"{"name": "a", "size": 10}"#,
            &[("kitchen.out-of-range", "10", "expected a whole number from 1 to 9")],
        ),
        (
            r#"{"name": "a", "size": 2.5}"#,
            &[("kitchen.wrong-type", "2.5", "expected a whole number from 1 to 9")],
        ),
        (r#"{"name": "a", "ratio": true}"#, &[("kitchen.wrong-type", "true", "expected a number")]),
        (
            r#"{"name": "a", "pans": ["small"]}"#,
            &[("kitchen.too-few", r#"["small"]"#, "expected at least 2")],
        ),
        (
            r#"{"name": "a", "pans": ["smal", 1]}"#,
            &[
                ("kitchen.unknown-value", r#""smal""#, "did you mean `small`?"),
                ("kitchen.wrong-type", "1", "expected one of `small`, `very-big`"),
            ],
        ),
        (
            r#"{"name": "a", "by_name": {"x": "very_big"}}"#,
            &[("kitchen.unknown-value", r#""very_big""#, "did you mean `very-big`?")],
        ),
        (
            r#"{"name": "a", "stove": {"bottles": 2}}"#,
            &[("kitchen.missing-field", r#""stove""#, "needs `heat`")],
        ),
        (
            r#"{"name": "a", "stove": {"heat": "gass"}}"#,
            &[("kitchen.unknown-value", r#""gass""#, "did you mean `gas`?")],
        ),
        (
            r#"{"name": "a", "stove": {"heat": "electric", "bottles": 1}}"#,
            &[
                ("kitchen.missing-field", r#""stove""#, "needs `watts`"),
                ("kitchen.unknown-field", r#""bottles""#, "not known here"),
            ],
        ),
        (r#"{"name": "a", "name": "b"}"#, &[("kitchen.duplicate-key", r#""name""#, "again here")]),
        (
            r#"{"name": "a", "anything": {"x": 1, "x": 2}}"#,
            &[("kitchen.duplicate-key", r#""x""#, "again here")],
        ),
        (
            r#"{"name": 1, "size": "2", "colour": 3}"#,
            &[
                ("kitchen.wrong-type", "1", "expected a string"),
                ("kitchen.wrong-type", r#""2""#, "expected a whole number from 1 to 9"),
                ("kitchen.unknown-field", r#""colour""#, "not known here"),
            ],
        ),
    ];
    for (text, expected) in table {
        let told = told(text);
        let told: Vec<Told<'_>> =
            told.iter().map(|(code, at, label)| (*code, at.as_str(), label.as_str())).collect();
        assert_eq!(told, *expected, "{text}");
    }
}

#[test]
fn what_is_no_json_is_told_at_its_place() {
    // The text with the place between ‹ and ›, and the message.
    let table = [
        ("‹›", "the file is empty"),
        (" \n‹›", "the file is empty"),
        ("{‹›", "expected a field name in double quotes, found the end of the file"),
        ("{\"a\"‹›", "expected `:`, found the end of the file"),
        ("{\"a\":‹}›", "expected a value, found `}`"),
        ("{\"a\":1‹,›}", "trailing comma before `}`"),
        ("[1‹,› ]", "trailing comma before `]`"),
        ("[1 ‹2›]", "expected `,` or `]`, found a number"),
        ("[‹,›1]", "expected a value, found a comma"),
        ("{\"a\" ‹1›}", "expected `:`, found a number"),
        ("{‹a›: 1}", "expected a field name in double quotes, found `a`"),
        ("{\"a\": ‹'›b'}", "expected a value, found `'`"),
        ("[1] ‹[›2]", "expected the end of the file, found `[`"),
        ("[‹True›]", "expected a value, found `True`"),
        ("[‹nul›]", "expected a value, found `nul`"),
        ("[‹NaN›]", "expected a value, found `NaN`"),
        ("[‹01›]", "`01` is no JSON number"),
        ("[‹+1›]", "`+1` is no JSON number"),
        ("[‹.5›]", "`.5` is no JSON number"),
        ("[‹5.›]", "`5.` is no JSON number"),
        ("[‹-›]", "`-` is no JSON number"),
        ("[‹1e›]", "`1e` is no JSON number"),
        ("[‹0x1F›]", "`0x1F` is no JSON number"),
        ("[‹1e999›]", "the number `1e999` is too large"),
        ("[‹//› x\n]", "JSON has no comments"),
        ("[1 ‹/*› x */]", "JSON has no comments"),
        ("[‹\"abc›\n\"]", "the string is not closed on its line"),
        ("[‹\"abc›", "the string is not closed on its line"),
        ("[\"a‹\\x›\"]", "an unknown escape within a string"),
        ("[\"a‹\\u›12\"]", "\\u needs four hexadecimal digits"),
        ("[\"a‹\\ud800›\"]", "half of a surrogate pair within a string"),
        ("[\"‹\\ud800›\\u0041\"]", "half of a surrogate pair within a string"),
        ("[\"‹\\udc00›\"]", "half of a surrogate pair within a string"),
        ("[\"a‹\u{1}›\"]", "a control character within a string"),
        ("[\"a‹\0›\"]", "a control character within a string"),
        ("[‹\0›]", "expected a value, found `\\x00`"),
        ("‹\u{feff}›{}", "expected a value, found a byte order mark"),
        ("[‹\u{a0}›1]", "expected a value, found `\u{a0}`"),
        ("[‹“›a”]", "expected a value, found `“`"),
    ];
    for (marked, message) in table {
        let text: String = marked.chars().filter(|c| !matches!(c, '‹' | '›')).collect();
        let start = marked.find('‹').expect("a start");
        let end = marked.find('›').expect("an end") - '‹'.len_utf8();
        let found = check::<Kitchen>(&source(&text)).expect_err(marked);
        let [diagnostic] = found.as_slice() else { panic!("{marked}: {found:?}") };
        let label = diagnostic.labels.first().expect("a place");
        assert_eq!((diagnostic.message.as_str(), label.span.clone()), (message, start..end), "{marked}");
    }
}

#[test]
fn all_independent_errors_of_a_text_are_told_at_once() {
    let text = r#"{
  // a comment
  "id": 'single',
  name: "bare key",
  "list": [1, 2 3, 04, tru,],
  "open": "not closed,
  "escape": "\q and \u12",
  "last" = true /* another */,
}"#;
    let source = source(text);
    let found = super::check::<Kitchen>(&source).unwrap_err();
    let lines: Vec<(usize, &str)> = found
        .iter()
        .map(|diagnostic| {
            let at = diagnostic.labels.first().map_or(0, |label| label.span.start);
            (source.position(at).0, diagnostic.message.as_str())
        })
        .collect();
    assert_eq!(
        lines,
        [
            (2, "JSON has no comments"),
            (3, "expected a value, found `'`"),
            (4, "expected a field name in double quotes, found `name`"),
            (5, "expected `,` or `]`, found a number"),
            (5, "`04` is no JSON number"),
            (5, "expected a value, found `tru`"),
            (5, "trailing comma before `]`"),
            (6, "the string is not closed on its line"),
            (7, "an unknown escape within a string"),
            (7, "\\u needs four hexadecimal digits"),
            (8, "expected `:`, found `=`"),
            (8, "JSON has no comments"),
            (8, "trailing comma before `}`"),
        ]
    );
}

#[test]
fn nesting_is_bounded_and_never_overflows() {
    for depth in [64, 65, 1_000_000] {
        let text = "[".repeat(depth) + &"]".repeat(depth);
        let found = check::<Kitchen>(&source(&text)).expect_err("no kitchen");
        let code = if depth <= 64 { "kitchen.wrong-type" } else { "kitchen.too-deep" };
        assert_eq!(found.first().map(|diagnostic| diagnostic.code), Some(code), "{depth}");
    }
}

#[test]
fn a_flood_of_problems_is_cut_and_says_so() {
    let fields: Vec<String> = (0..50_000).map(|number| format!("\"field{number}\": 1")).collect();
    let found = check::<Kitchen>(&source(&format!("{{{}}}", fields.join(",")))).expect_err("unknown fields");
    assert_eq!(found.len(), 101);
    let last = found.last().expect("the last");
    assert_eq!(
        (last.code, last.message.as_str()),
        ("kitchen.more-problems", "49901 more problems are not shown")
    );
}

#[test]
fn bytes_that_are_no_text_are_told_at_their_place() {
    let error = decode("k.json", b"{\"name\": \"\xff\"}", &Kitchen::CODES).expect_err("no UTF-8");
    assert_eq!(error.code, "kitchen.encoding");
    assert_eq!(error.labels.first().map(|label| label.span.start), Some(10));
    let error = decode("k.json", &vec![b' '; super::MAX_BYTES + 1], &Kitchen::CODES).expect_err("too long");
    assert_eq!(error.code, "kitchen.too-large");
}

#[test]
fn a_schema_that_is_not_understood_is_our_fault_and_said_so() {
    #[derive(Debug, Deserialize, JsonSchema)]
    struct Odd {
        #[schemars(extend("propertyNames" = {"minLength": 3}))]
        #[expect(dead_code, reason = "only its schema is looked at")]
        map: BTreeMap<String, String>,
    }
    let unsupported = Schema::of::<Odd>().expect_err("propertyNames").diagnostic(&Kitchen::CODES);
    assert_eq!(unsupported.message, "the schema is not understood: the keyword `propertyNames`");
}

#[test]
fn only_what_is_alike_is_suggested() {
    let names = ["origin", "allowed_methods", "mode", "until"];
    let table = [
        ("orign", Some("origin")),
        ("Origin", Some("origin")),
        ("allowed-methods", Some("allowed_methods")),
        ("allowedmethod", Some("allowed_methods")),
        ("mdoe", Some("mode")),
        ("x", None),
        ("", None),
        ("timeout", None),
    ];
    for (name, meant) in table {
        assert_eq!(nearest(name, names), meant, "{name}");
    }
    assert_eq!(nearest(&"origin".repeat(1_000_000), names), None);
}

#[test]
fn quotes_cannot_move_the_cursor() {
    assert_eq!(quote("a\u{1b}[2Jb\u{202e}"), "`a\\x1b[2Jb\\u{202e}`");
    assert_eq!(quote(&"x".repeat(99)), format!("`{}…`", "x".repeat(60)));
}

fn fragment() -> impl Strategy<Value = String> {
    let tokens = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\n",
        "\"",
        "\"a\"",
        "\"b\":",
        "1",
        "-0",
        "0",
        "1.5e-3",
        "01",
        "-",
        "true",
        "false",
        "null",
        "nul",
        "\\",
        "\\u0041",
        "\\ud83d\\ude00",
        "\\ud83d",
        "\"\\n\"",
        "é",
        "\u{0}",
        "\u{c}",
        "\t",
        "1e400",
        "/",
        "\"\u{1}\"",
        "18446744073709551615",
        "18446744073709551616",
    ];
    proptest::collection::vec(proptest::sample::select(tokens.to_vec()), 0..14)
        .prop_map(|parts| parts.concat())
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (-1e9..1e9f64).prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            proptest::collection::vec((any::<String>(), inner), 0..5)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_texts_are_json_as_for_serde(text in fragment()) {
        let ours = json::parse(&text).map(|node| node.to_json());
        let theirs = serde_json::from_str::<Json>(&text);
        prop_assert_eq!(ours.as_ref().ok(), theirs.as_ref().ok(), "{:?} {:?} {:?}", text, ours, theirs);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_serde_writes_is_read_back(value in value()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("JSON")] {
            let read = json::parse(&text).expect("JSON");
            prop_assert_eq!(read.to_json(), value.clone());
            prop_assert_eq!(&read.span, &(0..text.len()));
        }
    }

    #[test]
    fn no_text_makes_the_checker_panic(text in any::<String>()) {
        let _ = check::<Kitchen>(&source(&text));
        let _ = check::<Kitchen>(&source(&format!("{{\"name\": {text}}}")));
    }
}
