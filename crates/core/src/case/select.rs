//! Which tests are meant: by id, by the beginning of an id, or by a glob.

use globset::{GlobBuilder, GlobMatcher};

use crate::{diagnostic::Diagnostic, document};

/// What is selected: everything, or what is included; of that, what is not excluded.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

/// The longest glob that is read: ids are shorter, and reading one takes time that grows with its length.
const LONGEST_GLOB: usize = 1_000;

#[derive(Clone, Debug)]
struct Pattern {
    text: String,
    glob: Option<GlobMatcher>,
}

impl Selection {
    /// Reads patterns. An id, or its beginning up to a `/` or `[`, selects everything below;
    /// `*` and `?` make it a glob, in which `*` also stands for `/` and `{a,b}` for either.
    /// Square brackets are those of test ids.
    ///
    /// # Errors
    /// A glob that cannot be read.
    pub fn new<S: AsRef<str>>(
        include: impl IntoIterator<Item = S>,
        exclude: impl IntoIterator<Item = S>,
    ) -> Result<Self, Diagnostic> {
        let read = |texts: &mut dyn Iterator<Item = S>| {
            texts.map(|text| Pattern::new(text.as_ref())).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self { include: read(&mut include.into_iter())?, exclude: read(&mut exclude.into_iter())? })
    }

    /// Whether a test, or a case, is selected.
    pub fn selects(&self, id: &str) -> bool {
        (self.include.is_empty() || self.include.iter().any(|pattern| pattern.matches(id)))
            && !self.exclude.iter().any(|pattern| pattern.matches(id))
    }

    /// Whether something below a case's id may be selected, although the case itself is not:
    /// `suite/case[b,a|shared]` speaks of one test of `suite/case`.
    pub fn may_select_below(&self, id: &str) -> bool {
        let below = |pattern: &Pattern| {
            pattern.glob.is_some()
                || pattern.matches(id)
                || pattern.text.strip_prefix(id).is_some_and(|rest| rest.starts_with(['/', '@', '[']))
        };
        self.include.is_empty() || self.include.iter().any(below)
    }

    /// The patterns, included and excluded, that match none of the ids.
    pub fn idle<'a, S: AsRef<str>>(&'a self, ids: &[S]) -> Vec<&'a str> {
        let patterns = self.include.iter().chain(&self.exclude);
        let idle = patterns.filter(|pattern| !ids.iter().any(|id| pattern.matches(id.as_ref())));
        idle.map(|pattern| pattern.text.as_str()).collect()
    }
}

impl Pattern {
    fn new(text: &str) -> Result<Self, Diagnostic> {
        let glob = if text.contains(['*', '?', '{']) {
            let length = text.chars().count();
            if length > LONGEST_GLOB {
                let message = format!("a glob has {length} characters, expected at most {LONGEST_GLOB}");
                return Err(Diagnostic::error("select.glob", message)
                    .help("shorten it, or give the beginning of an id"));
            }
            // Brackets are classes to globs and part of the id to us.
            let mut escaped = String::with_capacity(text.len());
            for c in text.chars() {
                match c {
                    '[' => escaped.push_str("[[]"),
                    ']' => escaped.push_str("[]]"),
                    c => escaped.push(c),
                }
            }
            let glob = GlobBuilder::new(&escaped).literal_separator(false).backslash_escape(false).build();
            let glob = glob.map_err(|error| {
                Diagnostic::error(
                    "select.glob",
                    format!("{} is no glob: {}", document::quote(text), error.kind()),
                )
                .help("`*` stands for any characters, `?` for one, `{a,b}` for either")
            })?;
            Some(glob.compile_matcher())
        } else {
            None
        };
        Ok(Self { text: text.trim_end_matches('/').to_owned(), glob })
    }

    fn matches(&self, id: &str) -> bool {
        match &self.glob {
            // A glob that matches the beginning of an id selects what is below it too.
            Some(glob) => glob.is_match(id) || starts(id).any(|start| glob.is_match(start)),
            None => id == self.text || starts(id).any(|start| start == self.text),
        }
    }
}

/// The beginnings of an id: before each `/`, before the operation's `@` and before its `[`.
fn starts(id: &str) -> impl Iterator<Item = &str> {
    let bracket = id.find('[').unwrap_or(id.len());
    id.char_indices()
        .filter(move |(index, c)| (matches!(c, '/' | '@') && *index < bracket) || *index == bracket)
        .filter_map(|(index, _)| id.get(..index))
}

/// The ids, or beginnings of ids, that are most like a pattern that matched nothing; at most three.
pub fn nearest_ids<'a>(pattern: &str, ids: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = pattern.trim_matches(['*', '/']);
    let last = wanted.rsplit('/').next().unwrap_or(wanted);
    let mut candidates: Vec<&str> = ids.into_iter().flat_map(|id| starts(id).chain([id])).collect();
    candidates.sort_unstable();
    candidates.dedup();
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|candidate| {
            let end = candidate.rsplit('/').next().unwrap_or(candidate);
            let whole = strsim::normalized_damerau_levenshtein(wanted, candidate);
            let part = strsim::normalized_damerau_levenshtein(last, end) * 0.9;
            let within = if wanted.len() > 2 && end.contains(wanted) { 0.8 } else { 0.0 };
            (whole.max(part).max(within), candidate)
        })
        .filter(|(score, _)| *score >= 0.6)
        .collect();
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    scored.into_iter().take(3).map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 6] = [
        "cache/two-origins/first[b,a|shared]",
        "cache/two-origins/first[a,b|shared]",
        "cache/two-origins/first-again",
        "cache/vary",
        "preflight/status/204",
        "preflight/methods/put",
    ];

    #[test]
    fn ids_are_selected_by_id_by_beginning_and_by_glob() {
        let table: &[(&[&str], &[&str], &[usize])] = &[
            (&[], &[], &[0, 1, 2, 3, 4, 5]),
            (&["cache"], &[], &[0, 1, 2, 3]),
            (&["cache/"], &[], &[0, 1, 2, 3]),
            (&["cach"], &[], &[]),
            (&["cache/two-origins/first"], &[], &[0, 1]),
            (&["cache/two-origins/first["], &[], &[]),
            (&["cache/two-origins/first[b,a|shared]"], &[], &[0]),
            (&["*[b,a|*]"], &[], &[0]),
            (&["*/first*"], &[], &[0, 1, 2]),
            (&["*/two-*"], &["*|shared]"], &[2]),
            (&["pre*"], &[], &[4, 5]),
            (&["preflight/*/p?t"], &[], &[5]),
            (&["{cache/vary,preflight/status}"], &[], &[3, 4]),
            (&["cache/vary", "preflight"], &["preflight/status"], &[3, 5]),
            (&[], &["cache", "preflight"], &[]),
            (&["CACHE"], &[], &[]),
        ];
        for (include, exclude, expected) in table {
            let selection = Selection::new(include.iter(), exclude.iter()).expect("patterns");
            let selected: Vec<usize> =
                (0..IDS.len()).filter(|index| selection.selects(IDS[*index])).collect();
            assert_eq!(selected, *expected, "{include:?} without {exclude:?}");
        }
    }

    #[test]
    fn a_pattern_of_one_test_keeps_its_case() {
        let selection = Selection::new(["cache/two-origins/first[b,a|shared]"], []).expect("patterns");
        assert!(selection.may_select_below("cache/two-origins/first"));
        assert!(!selection.may_select_below("cache/two-origins/first-again"));
        assert!(!selection.may_select_below("preflight/status"));
        let operation = Selection::new(["cache/vary/one@GET /items"], []).expect("patterns");
        assert!(operation.may_select_below("cache/vary/one") && !operation.may_select_below("cache/vary/on"));
        assert!(operation.selects("cache/vary/one@GET /items[a,b|shared]"));
        assert!(!operation.selects("cache/vary/one@GET /orders"));
        let every = Selection::new(["cache/vary/one"], []).expect("patterns");
        assert!(every.selects("cache/vary/one@GET /items[a,b|shared]"));
        assert!(Selection::new(["cache/vary"], []).expect("patterns").may_select_below("cache/vary/more"));
    }

    #[test]
    fn what_matches_nothing_is_told_with_what_was_meant() {
        let selection = Selection::new(["cache", "prefight/status"], ["nothing/*"]).expect("patterns");
        assert_eq!(selection.idle(&IDS), ["prefight/status", "nothing/*"]);
        assert_eq!(nearest_ids("prefight/status", IDS).first(), Some(&"preflight/status"));
        assert_eq!(nearest_ids("metods", IDS).first(), Some(&"preflight/methods"));
        assert_eq!(nearest_ids("origins", IDS), ["cache/two-origins"]);
        assert!(nearest_ids("quux", IDS).is_empty());
    }

    #[test]
    fn a_broken_glob_is_refused() {
        for broken in ["{a".to_owned(), "?".repeat(50_000)] {
            let error = Selection::new([broken], []).expect_err("no glob");
            assert_eq!(error.code, "select.glob");
            assert!(error.message.len() < 200, "{}", error.message);
        }
    }
}
