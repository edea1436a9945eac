//! Known issues: failures that are expected, each with its reason, so that only news is red and
//! no entry outlives what it excuses.

use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Code, Finding, Verdict};
use crate::{case::Selection, cause::Cause, diagnostic::Diagnostic};

/// One expected failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownIssue {
    /// Tests that fail: an id, a prefix of ids, or a glob. If omitted: every test that fails with the cause.
    #[serde(default = "every_test")]
    #[schemars(regex(pattern = r"\S"))]
    pub id: String,
    /// Reason; never empty.
    #[schemars(regex(pattern = r"\S"))]
    pub reason: String,
    /// Cause that the tests fail with. Another cause in the same test is not excused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Code that one of the findings must have. If omitted: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Code>,
    /// Lines on the wire that prove it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// Link to more information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The id as a pattern, read when it is first asked about.
    #[serde(skip)]
    #[schemars(skip)]
    patterns: Patterns,
}

/// What a known issue is about, of tests and of cases; `None` where the id is not a valid pattern. Entries are looked
/// at for every test, and reading a glob takes longer than matching it.
#[derive(Clone, Debug, Default)]
struct Patterns(OnceLock<(Option<Selection>, Option<Selection>)>);

/// Made of the id alone.
impl PartialEq for Patterns {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Patterns {}

fn every_test() -> String {
    EVERY.to_owned()
}

/// The id of an entry that is about every test.
const EVERY: &str = "**";

impl KnownIssue {
    /// An entry for one cause, whichever tests fail with it.
    pub fn of_cause(cause: Cause, reason: String) -> Self {
        Self {
            id: every_test(),
            reason,
            cause: Some(cause),
            expect: None,
            evidence: Vec::new(),
            link: None,
            patterns: Patterns::default(),
        }
    }

    /// Whether the entry speaks of this test, or of a test of this case.
    pub fn covers(&self, id: &str) -> bool {
        if self.id == EVERY {
            return true;
        }
        self.patterns().0.as_ref().is_some_and(|selection| selection.selects(id))
    }

    /// Whether the entry speaks of this case, be it only of one of its tests.
    pub fn may_cover_below(&self, case: &str) -> bool {
        self.patterns().1.as_ref().is_some_and(|selection| selection.selects(case))
    }

    fn patterns(&self) -> &(Option<Selection>, Option<Selection>) {
        self.patterns.0.get_or_init(|| {
            let cases = self.id.split_once('[').map_or(self.id.as_str(), |(cases, _)| cases);
            (self.check().ok(), Selection::new([cases], []).ok())
        })
    }

    /// The tests that the entry is about.
    ///
    /// # Errors
    /// An id that is not a valid pattern, which would cover nothing.
    pub fn check(&self) -> Result<Selection, Diagnostic> {
        Selection::new([self.id.as_str()], [])
    }

    /// The verdict in the light of this entry, for a test that it covers.
    pub fn apply(&self, verdict: Verdict, findings: &[Finding]) -> Verdict {
        match verdict {
            Verdict::Fail | Verdict::Warn => {
                let as_expected =
                    self.expect.is_none_or(|code| findings.iter().any(|finding| finding.code == code));
                if as_expected { Verdict::KnownIssue } else { verdict }
            }
            Verdict::Pass | Verdict::Flaky => Verdict::UnexpectedPass,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::Reason;

    fn entry(id: &str) -> KnownIssue {
        KnownIssue {
            id: id.into(),
            reason: "because".into(),
            cause: None,
            expect: None,
            evidence: Vec::new(),
            link: None,
            patterns: Patterns::default(),
        }
    }

    #[test]
    fn an_entry_covers_an_id_a_prefix_or_a_glob() {
        let id = "cache/two-origins/each-reads[b,a|shared]";
        for (pattern, covers) in [
            (id, true),
            ("cache/two-origins", true),
            ("cache/two-origins/each-reads", true),
            ("cache/two", false),
            ("cache/**", true),
            ("**/each-reads[b,a|shared]", true),
            ("*[*|shared]", true),
            ("*[*|browser]", false),
            ("", false),
        ] {
            assert_eq!(entry(pattern).covers(id), covers, "{pattern}");
        }
        assert!(entry("{a").check().is_err());
    }

    #[test]
    fn an_entry_excuses_only_what_it_names() {
        let finding = Finding::failure(super::super::Oracle::Outcome, Reason::CorsCheckMissing, "");
        let findings = [finding];
        let named = |reason: Reason| KnownIssue { expect: Some(reason.into()), ..entry("x") };
        assert_eq!(entry("x").apply(Verdict::Fail, &findings), Verdict::KnownIssue);
        assert_eq!(named(Reason::CorsCheckMissing).apply(Verdict::Fail, &findings), Verdict::KnownIssue);
        assert_eq!(named(Reason::PreflightStatus).apply(Verdict::Fail, &findings), Verdict::Fail);
        assert_eq!(entry("x").apply(Verdict::Pass, &[]), Verdict::UnexpectedPass);
        assert_eq!(entry("x").apply(Verdict::HarnessError, &[]), Verdict::HarnessError);
    }
}
