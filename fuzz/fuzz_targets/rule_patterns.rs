//! Rules and what they are asked. A pattern matches what a plain, slow reading of `*` says;
//! a document that is read can be written and read again.
//!
//! Input: a pattern, a line break, and a text; the whole is also read as a document of rules.
#![no_main]

use crosscheck::policy::{
    Dialect, lint, parse_xml,
    pattern::{matches_name, matches_origin},
    write_xml,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (pattern, text) = match data.iter().position(|&b| b == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &data[..0]),
    };
    let pattern = String::from_utf8_lossy(pattern);
    // The slow reading takes pattern × text.
    if pattern.len() * text.len() <= 1 << 16 {
        assert_eq!(matches_origin(&pattern, text), slowly(pattern.as_bytes(), text), "{pattern:?} {text:?}");
        let name = String::from_utf8_lossy(text).to_ascii_lowercase();
        let lower = pattern.to_ascii_lowercase();
        assert_eq!(
            matches_name(&pattern, &name),
            slowly(lower.as_bytes(), name.as_bytes()),
            "{pattern:?} {name:?}"
        );
    }
    for dialect in [Dialect::Oss, Dialect::S3] {
        if let Ok(mut policy) = parse_xml(data, dialect) {
            lint(&policy, dialect);
            let written = write_xml(&policy, dialect);
            if written.len() > dialect.traits().max_xml_bytes {
                continue;
            }
            // What only the other dialect has is read, and not written.
            match dialect {
                Dialect::Oss => policy.rules.iter_mut().for_each(|rule| rule.id = None),
                Dialect::S3 => policy.response_vary = false,
            }
            assert_eq!(parse_xml(written.as_bytes(), dialect).as_ref(), Ok(&policy), "{written}");
        }
    }
});

/// Row by row: which ends of `text` the pattern so far can reach.
fn slowly(pattern: &[u8], text: &[u8]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for &p in pattern {
        let mut next = vec![false; text.len() + 1];
        if p == b'*' {
            let mut any = false;
            for (now, then) in reached.iter().zip(&mut next) {
                any |= *now;
                *then = any;
            }
        } else {
            for (i, &t) in text.iter().enumerate() {
                next[i + 1] = reached[i] && t == p;
            }
        }
        reached = next;
    }
    reached[text.len()]
}
