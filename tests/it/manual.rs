//! The manual pages: one for each command, and what is not a command.

use std::{
    fs,
    process::{Command as Process, Stdio},
};

use clap::{Command, CommandFactory};
use crosscheck::cli::Cli;

use crate::folder::Folder;

/// Exit code, standard output and standard error of `crosscheck man …`.
fn man(folder: &Folder, arguments: &[&str]) -> (i32, String, String) {
    let output = Process::new(env!("CARGO_BIN_EXE_crosscheck"))
        .arg("man")
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// The words after `crosscheck` that call each command, with none for `crosscheck` itself.
fn paths() -> Vec<Vec<String>> {
    fn walk(path: &[String], command: &Command, into: &mut Vec<Vec<String>>) {
        into.push(path.to_vec());
        for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
            walk(&[path, &[child.get_name().to_owned()]].concat(), child, into);
        }
    }
    let mut all = Vec::new();
    walk(&[], &Cli::command(), &mut all);
    all
}

#[test]
fn each_command_has_a_page_with_its_own_examples() {
    let folder = Folder::new();
    for path in paths() {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let (code, page, err) = man(&folder, &words);
        assert_eq!(code, 0, "{words:?}: {err}");
        let name = [&["crosscheck"], words.as_slice()].concat();
        let title = format!(".TH {} 1 ", name.join("-"));
        assert!(page.lines().any(|line| line.starts_with(&title)), "{words:?}: no `{title}`\n{page}");
        for heading in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS", ".SH EXAMPLES"] {
            assert_eq!(
                page.lines().filter(|line| *line == heading).count(),
                1,
                "{words:?}: {heading}\n{page}"
            );
        }
        // An item is its heading and its text.
        let lines: Vec<&str> = page.lines().collect();
        for item in lines.windows(3).filter(|item| item.first() == Some(&".TP")) {
            assert!(item.iter().all(|line| !line.is_empty()), "{words:?}: no text: {item:?}");
        }
        let example = name.join(" ");
        let after = page.split_once(".SH EXAMPLES\n").map(|(_, after)| after).unwrap_or_default();
        assert!(after.lines().any(|line| line.starts_with(&example)), "{words:?}: no example\n{after}");
    }
}

#[test]
fn the_main_page_names_the_exit_codes_and_the_other_pages() {
    let (_, page, _) = man(&Folder::new(), &[]);
    for wanted in [".SH \"EXIT CODES\"", "crosscheck\\-run(1)", "crosscheck\\-rules(1)", "130"] {
        assert!(page.contains(wanted), "no {wanted}\n{page}");
    }
}

#[test]
fn all_pages_are_written_to_a_folder_that_keeps_its_other_files() {
    let folder = Folder::new();
    fs::create_dir(folder.join("share")).expect("a folder");
    folder.write("share/mine.txt", "mine");
    for dir in ["share", "new/man1"] {
        let (code, out, err) = man(&folder, &["--dir", dir]);
        assert_eq!((code, err.as_str()), (0, ""));
        assert_eq!(out.lines().count(), paths().len());
        for path in paths() {
            let words: Vec<&str> = path.iter().map(String::as_str).collect();
            let file = format!("{dir}/{}.1", [&["crosscheck"], words.as_slice()].concat().join("-"));
            let written = fs::read_to_string(folder.join(&file)).expect("a page");
            assert_eq!(written, man(&folder, &words).1, "{file}");
            assert!(out.lines().any(|line| line == file), "{file} is not in\n{out}");
        }
    }
    assert_eq!(fs::read_to_string(folder.join("share/mine.txt")).expect("the file"), "mine");
}

#[test]
fn what_is_not_a_command_is_an_input_error_with_the_commands_there_are() {
    let folder = Folder::new();
    folder.write("file", "");
    for (arguments, expected) in [
        (&["rnu"][..], &["`rnu` is not a command of `crosscheck`", "did you mean `run`?", "explain"][..]),
        (&["rules", "gett"], &["`gett` is not a command of `crosscheck rules`", "`get`", "restore"]),
        (&["run", "cache"], &["`cache` is not a command of `crosscheck run`", "no commands of its own"]),
        (&["help"], &["`help` is not a command of `crosscheck`"]),
        (&["run", "--dir", "x"], &["cannot be used with"]),
        (&["--dir", "file"], &["man.write", "cannot write file"]),
    ] {
        let (code, out, err) = man(&folder, arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        for wanted in expected {
            assert!(err.contains(wanted), "{arguments:?}: no {wanted}\n{err}");
        }
    }
    assert!(!folder.join("x").exists());
}
