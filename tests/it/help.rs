//! The language of what people read before anything runs: help texts, schemas and documents. The rules
//! that a program can check are checked here, for every command and flag.

use std::{collections::BTreeSet, fs, path::Path, process::Command as Process};

use crate::folder::Folder;
use clap::{Arg, ArgAction, Command, CommandFactory, Parser};
use crosscheck::cli::Cli;

/// Words and phrases that no text uses, outside code. Matched as whole words, without case.
const FORBIDDEN: &[&str] = &[
    "absent:",
    "anybody",
    "are no",
    "ask again",
    "asked",
    "calm",
    "could not be found out",
    "everybody",
    "for ever",
    "greatest",
    "hindered",
    "in whose way",
    "is no",
    "mend",
    "nobody",
    "not looked at",
    "somebody",
    "stands twice",
    "told",
    "who",
    "whoever",
    "whom",
    "whose behaviour",
    "whose browser",
    "wish",
];

/// Words that end in `s` and may begin a help text. Any other is taken for a verb in the third person.
const PLURALS: &[&str] = &[
    "access",
    "address",
    "always",
    "canned",
    "cases",
    "certificates",
    "concurrent",
    "folders",
    "pass",
    "process",
    "products",
    "retries",
    "rules",
    "status",
    "tests",
];

/// Documents that a program writes; their words are its own.
const GENERATED: &[&str] = &["checklist.md", "kill-matrix.md", "server-matrix.md"];

/// Every command with its path, such as `crosscheck rules put`; `help` is clap's own.
fn commands() -> Vec<(String, Command)> {
    fn walk(path: &str, command: &Command, into: &mut Vec<(String, Command)>) {
        into.push((path.to_owned(), command.clone()));
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            walk(&format!("{path} {}", sub.get_name()), sub, into);
        }
    }
    let mut root = Cli::command().term_width(100);
    root.build();
    let mut all = Vec::new();
    walk("crosscheck", &root, &mut all);
    all
}

/// The texts of an argument: its own, and those of its possible values.
fn texts(argument: &Arg) -> Vec<String> {
    let own = argument.get_long_help().or_else(|| argument.get_help());
    let values = argument.get_possible_values();
    let values = values.iter().filter_map(|value| value.get_help().map(ToString::to_string));
    own.map(ToString::to_string).into_iter().chain(values).collect()
}

/// The forbidden words in a text, code left out.
fn forbidden(text: &str) -> Vec<&'static str> {
    let prose: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let words: String = prose
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() || c == ':' || c == '\'' { c } else { ' ' })
        .collect();
    let words: Vec<&str> = words.split_whitespace().map(|word| word.trim_matches('\'')).collect();
    let bare: Vec<&str> = words.iter().map(|word| word.trim_end_matches(':')).collect();
    let contains = |phrase: &str| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        // `there is no` is English; `X is no Y` is not.
        let existence = |before: Option<&&str>| before == Some(&"there");
        let there = |words: &[&str]| {
            words.windows(phrase.len()).enumerate().any(|(index, window)| {
                let before = index.checked_sub(1).and_then(|index| words.get(index));
                window == phrase && !(phrase.last() == Some(&"no") && existence(before))
            })
        };
        there(&words) || there(&bare)
    };
    FORBIDDEN.iter().copied().filter(|phrase| contains(phrase)).collect()
}

/// Why a help text is not one, if so.
fn problems(text: &str) -> Vec<String> {
    let mut problems: Vec<String> = forbidden(text).iter().map(|word| format!("says `{word}`")).collect();
    let first = text.split(|c: char| !c.is_alphanumeric() && c != '\'').next().unwrap_or_default();
    let lower = first.to_lowercase();
    let abbreviation = first.len() > 1 && first.chars().all(char::is_uppercase);
    if !abbreviation && lower.ends_with('s') && !lower.ends_with("ss") && !PLURALS.contains(&lower.as_str()) {
        problems.push(format!("starts with `{first}`: write an imperative, or add the plural to the list"));
    }
    if text.starts_with(char::is_lowercase) {
        problems.push("starts with a small letter".to_owned());
    }
    problems
}

/// The lines below `Examples:` at the end of a command's help.
fn examples(command: &Command) -> Vec<String> {
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (_, examples) = after.split_once("Examples:\n").unwrap_or_default();
    examples.lines().map(|line| line.trim().to_owned()).collect()
}

/// The words of a line, as a shell splits it; single quotes are all that examples use.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("a word").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn help_texts_follow_the_rules_of_the_language() {
    let mut found = Vec::new();
    for (path, command) in commands() {
        let about = command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string);
        let about = about.unwrap_or_default();
        assert!(!about.is_empty(), "{path} has no help");
        found.extend(problems(&about).into_iter().map(|why| format!("{path}: {why}: {about}")));
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            let name = argument.get_id();
            let texts = texts(argument);
            assert!(!texts.is_empty(), "{path} {name} has no help");
            for text in texts {
                found.extend(problems(&text).into_iter().map(|why| format!("{path} {name}: {why}: {text}")));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn defaults_and_variables_are_given_once_and_are_true() {
    let output = Process::new(env!("CARGO_BIN_EXE_crosscheck"))
        .args(["config", "variables"])
        .output()
        .expect("the binary runs");
    let variables = String::from_utf8(output.stdout).expect("UTF-8");
    let known: BTreeSet<&str> = variables.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let mut shown = BTreeSet::new();
    for (path, command) in commands() {
        for argument in command.get_arguments() {
            let name = argument.get_id();
            let text = argument.get_long_help().or_else(|| argument.get_help());
            let text = text.map(ToString::to_string).unwrap_or_default();
            let switch = !matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
            let by_clap = !switch && !argument.get_default_values().is_empty();
            assert!(!(by_clap && text.contains("[default")), "{path} {name}: two defaults: {text}");
            let written = text.split("[env: ").nth(1).and_then(|rest| rest.split(']').next());
            let variable = argument.get_env().and_then(|name| name.to_str());
            assert!(!(written.is_some() && variable.is_some()), "{path} {name}: two variables: {text}");
            if let Some(variable) = written.or(variable) {
                assert!(known.contains(variable), "{path} {name}: {variable} is not read");
                shown.insert(variable.to_owned());
            }
        }
    }
    for line in variables.lines().filter(|line| line.contains("(`--")) {
        let name = line.split_whitespace().next().unwrap_or_default();
        assert!(shown.contains(name), "no help text names {name}");
    }
}

#[test]
fn each_command_ends_with_examples_that_parse() {
    for (path, command) in commands() {
        let examples = examples(&command);
        assert!((2..=3).contains(&examples.len()), "{path}: {examples:?}");
        for example in examples {
            assert!(example.starts_with(&path), "{path}: `{example}` is of another command");
            if let Err(error) = Cli::try_parse_from(words(&example)) {
                panic!("{path}: `{example}`: {error}");
            }
            assert!(example.len() <= 98, "{path}: `{example}` is too long for a terminal");
        }
    }
}

/// Examples that contain one of these need an endpoint, a file of the user's, or more time than a test has.
const NEEDS_MORE: &[&str] =
    &["://", "serve", ".json", "rules restore", "init", "load preflight-storm", "vary --views", "suites/"];

#[test]
fn examples_that_need_nothing_run() {
    let folder = Folder::new();
    let mut ran = 0;
    for (_, command) in commands() {
        for example in examples(&command) {
            if example == "crosscheck vary" || NEEDS_MORE.iter().any(|what| example.contains(what)) {
                continue;
            }
            let output = Process::new(env!("CARGO_BIN_EXE_crosscheck"))
                .args(words(&example).into_iter().skip(1))
                .current_dir(folder.path())
                .env_clear()
                .output()
                .expect("the binary runs");
            let code = output.status.code();
            // An explanation of a refusal ends with 1.
            let right = if example.contains("explain") {
                code == Some(0) || code == Some(1)
            } else {
                code == Some(0)
            };
            assert!(right, "`{example}`: {code:?}: {}", String::from_utf8_lossy(&output.stderr));
            ran += 1;
        }
    }
    assert!(ran >= 12, "only {ran} examples ran");
}

#[test]
fn the_short_help_of_run_fits_two_screens() {
    let (_, mut run) =
        commands().into_iter().find(|(path, _)| path == "crosscheck run").expect("the command");
    let help = run.render_help().to_string();
    assert!(help.lines().count() <= 48, "{} lines:\n{help}", help.lines().count());
    assert!(help.contains("--allowed-origin"), "{help}");
    // What curl users type for an output file is no other option here.
    for (path, command) in commands() {
        assert!(command.get_arguments().all(|argument| argument.get_short() != Some('o')), "{path} has -o");
    }
}

#[test]
fn descriptions_in_the_schemas_use_no_forbidden_word() {
    fn walk(value: &serde_json::Value, file: &str, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(fields) => {
                if let Some(text) = fields.get("description").and_then(serde_json::Value::as_str) {
                    found.extend(forbidden(text).iter().map(|word| format!("{file}: `{word}`: {text}")));
                }
                fields.values().for_each(|value| walk(value, file, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|value| walk(value, file, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for name in ["suite", "target", "load", "load-record", "run-record", "events", "comparison", "list"] {
        let file = format!("suites/{name}.schema.json");
        let text = fs::read_to_string(root().join(&file)).expect("a schema");
        walk(&serde_json::from_str(&text).expect("JSON"), &file, &mut found);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn documents_use_no_forbidden_word() {
    let mut files = vec!["README.md".to_owned(), "ARCHITECTURE.md".to_owned(), "SECURITY.md".to_owned()];
    for entry in fs::read_dir(root().join("docs")).expect("docs") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") && !GENERATED.contains(&name.as_str()) {
            files.push(format!("docs/{name}"));
        }
    }
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(root().join(&file)).expect("a document");
        let mut block = false;
        let mut table = false;
        for (number, line) in text.lines().enumerate() {
            let fence = line.trim_start().starts_with("```");
            block ^= fence;
            // Tables that programs write and other tests compare.
            if line.starts_with("<!-- table:") || line.starts_with("<!-- situations:") {
                table = true;
            } else if line.starts_with("<!-- end of table") {
                table = false;
            }
            // Test ids and what commands print stand in blocks and in code.
            if !block && !fence && !table {
                let at = format!("{file}:{}", number + 1);
                found.extend(forbidden(line).iter().map(|word| format!("{at}: `{word}`: {line}")));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_rules_find_what_they_should() {
    for (text, wrong) in [
        ("Runs the suites", true),
        ("Run the suites", false),
        ("Retries of a test", false),
        ("Address to listen on", false),
        ("run the suites", true),
        ("Nobody asks", true),
        ("The text is no number", true),
        ("Number of `nobody` processes", false),
        ("Threads. Absent: 4.", true),
        ("Users with wishes", true),
        ("Nothing where there is no such case", false),
        ("Look at this Whole", false),
    ] {
        assert_eq!(!problems(text).is_empty(), wrong, "{text}: {:?}", problems(text));
    }
    assert_eq!(words("crosscheck run '**/*a b*' x"), ["crosscheck", "run", "**/*a b*", "x"]);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
