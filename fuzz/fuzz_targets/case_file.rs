//! Any text as a suite: it is read or it is told what is wrong, at places within the text.
#![no_main]

use std::sync::Arc;

use crosscheck::{
    case::{expand, parse_suite},
    diagnostic::SourceText,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let source = Arc::new(SourceText { name: "suite.json".to_owned(), text: text.to_owned() });
    let parsed = parse_suite(source);
    for diagnostic in &parsed.diagnostics {
        for label in &diagnostic.labels {
            assert!(label.source.text.get(label.span.clone()).is_some(), "{diagnostic:?}");
        }
    }
    assert!(parsed.suite.is_some() || parsed.has_errors());
    for case in expand(&parsed) {
        case.needs();
    }
});
