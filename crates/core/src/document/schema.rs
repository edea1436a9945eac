//! Holds a parsed text against a schema: every violation, each where a person would look.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use super::{
    Codes, Pattern, Place, Problem, Step, Tree,
    json::{Member, Node, Value},
    nearest,
    problem::MAX_PROBLEMS,
    quote,
    shape::{Branch, Count, NumberShape, ObjectShape, Schema, Shape},
};
use crate::diagnostic::Diagnostic;

/// The problems in the order of the text, and how many more there are.
pub(super) fn check(
    schema: &Schema,
    patterns: &'static [Pattern],
    codes: &Codes,
    tree: &Tree,
) -> (Vec<Problem>, usize) {
    let mut checker =
        Checker { schema, patterns, codes, tree, path: Vec::new(), found: Vec::new(), hidden: 0 };
    checker.duplicate_keys(tree.root().node());
    checker.value(&schema.root, tree.root());
    let (mut found, hidden) = (checker.found, checker.hidden);
    found.sort_by_key(|problem| problem.diagnostic.labels.first().map_or(0, |label| label.span.start));
    (found, hidden)
}

struct Checker<'a> {
    schema: &'a Schema,
    patterns: &'static [Pattern],
    codes: &'a Codes,
    tree: &'a Tree,
    path: Vec<Step>,
    found: Vec<Problem>,
    hidden: usize,
}

impl<'a> Checker<'a> {
    fn report(
        &mut self,
        code: &'static str,
        message: String,
        span: Range<usize>,
        label: impl Into<String>,
        help: impl IntoIterator<Item = String>,
    ) {
        if self.found.len() == MAX_PROBLEMS {
            self.hidden += 1;
            return;
        }
        let mut diagnostic = Diagnostic::error(code, message).at(self.tree.source(), span, label);
        diagnostic.help.extend(help);
        self.found.push(Problem { path: self.path.clone(), diagnostic });
    }

    /// What the value at hand is called: its field, or its place in a field's list.
    fn subject(&self) -> String {
        let mut indices = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Key(key) => return quote(&format!("{key}{indices}")),
                Step::Index(index) => indices.insert_str(0, &format!("[{index}]")),
            }
        }
        if indices.is_empty() { "the document".to_owned() } else { quote(&indices) }
    }

    fn value(&mut self, shape: &'a Shape, place: Place<'_>) {
        let branches = self.schema.branches(shape);
        if branches.iter().any(|branch| matches!(branch, Branch::Anything)) {
            return;
        }
        match &place.node().value {
            Value::Null if branches.iter().any(|branch| matches!(branch, Branch::Null { .. })) => {}
            Value::Boolean(_) if branches.iter().any(|branch| matches!(branch, Branch::Boolean)) => {}
            Value::Number(number) => self.number(number, &branches, place),
            Value::String(text) => self.text(text, &branches, place),
            Value::Array(elements) => self.array(elements, &branches, place),
            Value::Object(_) => self.object(&branches, place),
            _ => self.wrong_type(&branches, place),
        }
    }

    fn wrong_type(&mut self, branches: &[&Branch], place: Place<'_>) {
        let message = format!("{} is {}", self.subject(), sort_of(place.node()));
        let label = format!("expected {}", expected(branches));
        let span = match place.node().value {
            Value::Array(_) | Value::Object(_) => {
                let start = place.span().start;
                start..start + 1
            }
            _ => place.span(),
        };
        self.report(self.codes.wrong_type, message, span, label, []);
    }

    fn number(&mut self, number: &serde_json::Number, branches: &[&Branch], place: Place<'_>) {
        let shapes: Vec<&NumberShape> = branches
            .iter()
            .filter_map(|branch| match branch {
                Branch::Number(shape) => Some(shape),
                _ => None,
            })
            .collect();
        let value = number.as_f64().unwrap_or(f64::INFINITY);
        let whole = number.is_i64() || number.is_u64();
        // The bound 2^64 - 1 becomes 2^64 as a float: there, being a u64 at all is the test.
        let within = |shape: &NumberShape| {
            shape.least.is_none_or(|least| value >= least) && shape.most.is_none_or(|most| value <= most)
        };
        if shapes.is_empty() || !shapes.iter().any(|shape| whole || !shape.whole) {
            self.wrong_type(branches, place);
        } else if !shapes.iter().any(|shape| (whole || !shape.whole) && within(shape)) {
            let message = format!("{} is {number}, which is out of range", self.subject());
            self.report(
                self.codes.out_of_range,
                message,
                place.span(),
                format!("expected {}", expected(branches)),
                [],
            );
        }
    }

    fn text(&mut self, text: &str, branches: &[&Branch], place: Place<'_>) {
        let mut words: Vec<&str> = Vec::new();
        let mut patterns: Vec<Option<&str>> = Vec::new();
        for branch in branches {
            match branch {
                Branch::Words(more) => words.extend(more.iter().map(String::as_str)),
                Branch::Text { pattern } => patterns.push(pattern.as_deref()),
                _ => {}
            }
        }
        if words.contains(&text) {
            return;
        }
        if patterns.is_empty() && words.is_empty() {
            return self.wrong_type(branches, place);
        }
        if patterns.is_empty() {
            return self.unknown_value(text, &words, branches, place);
        }
        for pattern in patterns {
            let Some(regex) = pattern else { return };
            let Some(known) = self.patterns.iter().find(|known| known.regex == regex) else {
                let message = format!("the pattern {} is not understood", quote(regex));
                let help = "this is a fault of Crosscheck, please report it".to_owned();
                return self.report(self.codes.unforeseen, message, place.span(), "", [help]);
            };
            if (known.matches)(text) {
                return;
            }
            let message = format!("{} has not the form that it needs: {}", self.subject(), quote(text));
            self.report(self.codes.malformed, message, place.span(), format!("expected {}", known.words), []);
        }
    }

    fn unknown_value(&mut self, text: &str, words: &[&str], branches: &[&Branch], place: Place<'_>) {
        const LISTED: usize = 12;
        let label = match nearest(text, words.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "not one of the values that may stand here".to_owned(),
        };
        // Of a long list, the words that start alike are what the writer was looking for.
        let family = |word: &str| word.split('.').next().unwrap_or_default().to_owned();
        let alike: Vec<&str> = words.iter().copied().filter(|word| family(word) == family(text)).collect();
        let mut help = if words.len() <= LISTED {
            format!("known values: {}", listed(words))
        } else if alike.is_empty() {
            let mut families: Vec<String> = words.iter().map(|word| family(word)).collect();
            families.dedup();
            let families: Vec<String> = families.iter().map(|family| quote(&format!("{family}…"))).collect();
            format!("{} values are known; they begin {}", words.len(), families.join(", "))
        } else {
            format!("known values that begin so: {}", listed(&alike))
        };
        let besides: Vec<&Branch> =
            branches.iter().copied().filter(|branch| !matches!(branch, Branch::Words(_))).collect();
        let others = expected(&besides);
        if !others.is_empty() {
            help.push_str(&format!("; or {others}"));
        }
        let message = format!("unknown value {} for {}", quote(text), self.subject());
        self.report(self.codes.unknown_value, message, place.span(), label, [help]);
    }

    fn array(&mut self, elements: &[Node], branches: &[&'a Branch], place: Place<'_>) {
        let lists: Vec<(&'a Shape, Count)> = branches
            .iter()
            .filter_map(|branch| match branch {
                Branch::Array { items, count } => Some((&**items, *count)),
                _ => None,
            })
            .collect();
        if lists.is_empty() {
            return self.wrong_type(branches, place);
        }
        self.best(lists, |checker, (items, count)| {
            checker.count(elements.len(), count, place);
            for (index, element) in elements.iter().enumerate() {
                checker.path.push(Step::Index(index));
                checker.value(items, Place::of(element));
                checker.path.pop();
            }
        });
    }

    /// Checks against each alternative and keeps the problems of the one that fits best.
    fn best<S>(&mut self, alternatives: Vec<S>, mut check: impl FnMut(&mut Self, S)) {
        if alternatives.len() == 1 {
            for only in alternatives {
                check(self, only);
            }
            return;
        }
        let mut best: Option<(usize, Vec<Problem>, usize)> = None;
        for alternative in alternatives {
            let mut trial = Checker { path: self.path.clone(), found: Vec::new(), hidden: 0, ..*self };
            check(&mut trial, alternative);
            let count = trial.found.len() + trial.hidden;
            if best.as_ref().is_none_or(|(least, _, _)| count < *least) {
                best = Some((count, trial.found, trial.hidden));
            }
            if count == 0 {
                return;
            }
        }
        if let Some((_, found, hidden)) = best {
            let room = MAX_PROBLEMS.saturating_sub(self.found.len());
            self.hidden += hidden + found.len().saturating_sub(room);
            self.found.extend(found.into_iter().take(room));
        }
    }

    fn count(&mut self, len: usize, Count { least, most }: Count, place: Place<'_>) {
        if let Some(most) = most.filter(|most| len > *most) {
            let message = format!("{} has {len} members", self.subject());
            self.report(self.codes.too_many, message, place.head(), format!("expected at most {most}"), []);
        }
        if len < least {
            let message = format!("{} is empty", self.subject());
            let (message, expected) = match least {
                1 => (message, "expected at least one".to_owned()),
                _ => {
                    (format!("{} has too few members", self.subject()), format!("expected at least {least}"))
                }
            };
            self.report(self.codes.too_few, message, place.span(), expected, []);
        }
    }

    fn object(&mut self, branches: &[&'a Branch], place: Place<'_>) {
        let objects: Vec<&'a ObjectShape> = branches
            .iter()
            .filter_map(|branch| match branch {
                Branch::Object(shape) => Some(shape),
                _ => None,
            })
            .collect();
        if objects.is_empty() {
            return self.wrong_type(branches, place);
        }
        match tag(&objects) {
            Some(tag) => self.tagged(tag, &objects, place),
            None => self.best(objects, |checker, shape| checker.fields(shape, place)),
        }
    }

    /// A name that stands twice is an error wherever it is: readers differ in which one counts.
    fn duplicate_keys(&mut self, node: &Node) {
        match &node.value {
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.path.push(Step::Index(index));
                    self.duplicate_keys(element);
                    self.path.pop();
                }
            }
            Value::Object(members) => {
                let mut seen: HashMap<&str, &Range<usize>> = HashMap::new();
                for member in members {
                    if let Some(first) = seen.get(member.key.as_str()) {
                        self.duplicate_key(member, first);
                    } else {
                        seen.insert(&member.key, &member.key_span);
                    }
                    self.path.push(Step::Key(member.key.clone()));
                    self.duplicate_keys(&member.value);
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    fn duplicate_key(&mut self, member: &Member, first: &Range<usize>) {
        let message = format!("the field {} stands twice", quote(&member.key));
        let before = self.found.len();
        self.report(self.codes.duplicate_key, message, member.key_span.clone(), "again here", []);
        if let Some(problem) = self.found.get_mut(before) {
            let diagnostic = problem.diagnostic.clone();
            problem.diagnostic = diagnostic.at(self.tree.source(), first.clone(), "first here");
        }
    }

    /// An object whose field `tag` says which of the shapes it has.
    fn tagged(&mut self, tag: &str, objects: &[&'a ObjectShape], place: Place<'_>) {
        let word = place.fields().find(|(key, _)| *key == tag).map(|(_, place)| place);
        let Some(word) = word else {
            let words: Vec<&str> =
                objects.iter().filter_map(|shape| only_word(shape.fields.get(tag)?)).collect();
            let help = format!("`{tag}` is one of {}", listed(&words));
            return self.missing(tag, place, Some(help));
        };
        let chosen = objects.iter().find(|shape| shape.fields.get(tag).and_then(only_word) == word.text());
        if let Some(shape) = chosen {
            return self.fields(shape, place);
        }
        let tags: Vec<&Branch> =
            objects.iter().filter_map(|shape| shape.fields.get(tag)?.direct().first()).collect();
        self.path.push(Step::Key(tag.to_owned()));
        match word.text() {
            Some(text) => {
                let words: Vec<&str> =
                    objects.iter().filter_map(|shape| only_word(shape.fields.get(tag)?)).collect();
                self.unknown_value(text, &words, &tags, word);
            }
            None => self.wrong_type(&tags, word),
        }
        self.path.pop();
    }

    fn missing(&mut self, name: &str, place: Place<'_>, help: Option<String>) {
        let message = match self.path.last() {
            None => format!("the field `{name}` is missing"),
            Some(_) => format!("the field `{name}` is missing in {}", self.subject()),
        };
        self.report(self.codes.missing_field, message, place.head(), format!("needs `{name}`"), help);
    }

    fn fields(&mut self, shape: &'a ObjectShape, place: Place<'_>) {
        let names: Vec<&str> = shape.fields.keys().map(String::as_str).collect();
        let present: HashSet<&str> = place.fields().map(|(name, _)| name).collect();
        let mut misspelt: Vec<&str> = Vec::new();
        let mut count = 0;
        for (name, field) in place.fields() {
            count += 1;
            if let Some(shape) = shape.fields.get(name).or(shape.others.as_deref()) {
                self.path.push(Step::Key(name.to_owned()));
                self.value(shape, field);
                self.path.pop();
                continue;
            }
            if self.found.len() == MAX_PROBLEMS {
                self.hidden += 1;
                continue;
            }
            let meant = nearest(name, names.iter().copied().filter(|name| !present.contains(name)));
            misspelt.extend(meant);
            let label =
                meant.map_or_else(|| "not known here".to_owned(), |meant| format!("did you mean `{meant}`?"));
            let known = format!("known fields: {}", listed(&names));
            let message = format!("unknown field {}", quote(name));
            self.report(self.codes.unknown_field, message, field.key(), label, [known]);
        }
        self.count(count, shape.count, place);
        for name in &shape.required {
            // A misspelt name is one mistake, not two.
            if !present.contains(name.as_str()) && !misspelt.contains(&name.as_str()) {
                let about = shape.fields.get(name).and_then(|field| field.about.as_deref());
                let help = about.map(|about| format!("`{name}`: {}", about.replace('\n', " ")));
                self.missing(name, place, help);
            }
        }
    }
}

/// The field that tells the shapes of an object apart: in each of them a single word.
fn tag<'a>(objects: &[&'a ObjectShape]) -> Option<&'a str> {
    let (first, rest) = objects.split_first()?;
    if rest.is_empty() {
        return None;
    }
    let candidates = first.fields.iter().filter(|(_, shape)| only_word(shape).is_some());
    candidates
        .map(|(name, _)| name.as_str())
        .find(|name| rest.iter().all(|shape| shape.fields.get(*name).and_then(only_word).is_some()))
}

fn only_word(shape: &Shape) -> Option<&str> {
    match shape.direct() {
        [Branch::Words(words)] => match words.as_slice() {
            [word] => Some(word),
            _ => None,
        },
        _ => None,
    }
}

fn sort_of(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the string {}", quote(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    quoted.join(", ")
}

/// The branches in words, to follow "expected".
fn expected(branches: &[&Branch]) -> String {
    let mut words: Vec<String> = Vec::new();
    for branch in branches {
        let word = match branch {
            Branch::Anything => "anything".to_owned(),
            Branch::Null { meant: false } | Branch::Reference(_) => continue,
            Branch::Null { meant: true } => "null".to_owned(),
            Branch::Boolean => "true or false".to_owned(),
            Branch::Number(shape) => number_words(shape),
            Branch::Text { .. } => "a string".to_owned(),
            Branch::Words(known) if known.len() <= 8 => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                match known.as_slice() {
                    [word] => quote(word),
                    _ => format!("one of {}", listed(&known)),
                }
            }
            Branch::Words(_) => "one of the known words".to_owned(),
            Branch::Array { .. } => "a list".to_owned(),
            Branch::Object(_) => "an object".to_owned(),
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    match words.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

fn number_words(shape: &NumberShape) -> String {
    let sort = if shape.whole { "a whole number" } else { "a number" };
    match (shape.least, shape.most) {
        (Some(least), Some(most)) => format!("{sort} from {least} to {most}"),
        (Some(least), None) => format!("{sort} of at least {least}"),
        (None, Some(most)) => format!("{sort} of at most {most}"),
        (None, None) => sort.to_owned(),
    }
}
