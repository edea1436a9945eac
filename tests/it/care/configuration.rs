//! Whose settings are used, and that a run without an endpoint is not green.

use std::{fs, path::Path, process::Output};

use crate::care::support::{Folder, Server, answer, command, correct, crosscheck, crosscheck_with};

const ALLOWED: &str = "https://app.example";
const TOKEN: &str = "hunter2-hunter2";

/// A server that is right, and keeps what it was asked.
fn server() -> Server {
    Server::start(|request| correct(request, ALLOWED))
}

/// The binary in a folder below the test's own.
fn within(
    folder: &Folder,
    below: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> (i32, String, String) {
    let output: Output = command(folder, arguments, environment)
        .current_dir(folder.path().join(below))
        .output()
        .expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// The requests that carry a field of this name.
fn carrying(server: &Server, name: &str) -> usize {
    server.requests().iter().filter(|request| request.field(name).is_some()).count()
}

#[test]
fn headers_of_a_file_go_to_its_own_origin_and_to_no_other() {
    let (own, other) = (server(), server());
    let folder = Folder::new();
    folder.write(
        "crosscheck.json",
        format!(
            r#"{{ "url": "{}", "headers": {{ "X-Token": "${{API_TOKEN}}", "X-Literal": "{TOKEN}" }},
                 "capabilities": {{ "methods": ["GET", "PUT"] }} }}"#,
            own.url("/items")
        ),
    );
    let (own_url, other_url) = (own.url("/elsewhere"), other.url("/items"));
    let select = ["--allowed-origin", ALLOWED];
    let plan =
        ["--duration", "1s", "--rate", "20", "--allowed-method", "GET", "--allowed-header", "authorization"];
    let commands = |url: &str| -> Vec<Vec<String>> {
        let words = |list: &[&[&str]]| list.concat().iter().map(|word| (*word).to_owned()).collect();
        vec![
            words(&[&["explain", url, "--origin", ALLOWED]]),
            words(&[&["run", "origin/allowed", "-t", url], &select]),
            // A plan with actual requests: no preflight has configured headers.
            words(&[&["load", "preflight-and-actual", "-t", url], &select, &plan]),
        ]
    };
    let secret = [("API_TOKEN", TOKEN)];
    for arguments in commands(&other_url) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let before = other.requests().len();
        let ended = crosscheck_with(&folder, &arguments, &secret);
        assert!(other.requests().len() > before, "{arguments:?}: {}", ended.all());
        assert_eq!(carrying(&other, "x-token") + carrying(&other, "x-literal"), 0, "{arguments:?}");
        let lines: Vec<&str> = ended.stderr.lines().filter(|line| line.contains("left out")).collect();
        assert_eq!(lines.len(), 1, "{arguments:?}: {}", ended.stderr);
        for word in ["crosscheck.json", "`X-Token`", "`X-Literal`", "capabilities"] {
            assert!(lines[0].contains(word), "{arguments:?}: {word}: {}", lines[0]);
        }
        assert!(!ended.stderr.contains(TOKEN), "{arguments:?}: {}", ended.stderr);
    }
    // The same by the environment, and with the file named on the command line.
    let environment = [("API_TOKEN", TOKEN), ("CROSSCHECK_TARGET", other_url.as_str())];
    let ended = crosscheck_with(
        &folder,
        &["run", "origin/allowed", "-c", "crosscheck.json", "--allowed-origin", ALLOWED],
        &environment,
    );
    assert!(ended.stderr.contains("left out headers (`X-Token`, `X-Literal`)"), "{}", ended.stderr);
    assert_eq!(carrying(&other, "x-token"), 0);
    assert_eq!(own.requests().len(), 0);
    // Its own origin gets them, whatever the path.
    for arguments in commands(&own_url) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let before = carrying(&own, "x-token");
        let ended = crosscheck_with(&folder, &arguments, &secret);
        assert!(!ended.stderr.contains("left out"), "{arguments:?}: {}", ended.stderr);
        assert!(carrying(&own, "x-token") > before, "{arguments:?}: {}", ended.all());
    }
}

#[test]
fn permissions_and_promises_of_a_file_are_for_its_own_endpoint() {
    let folder = Folder::new();
    folder.write(
        "crosscheck.json",
        r#"{ "url": "https://own.example/b/", "dialect": "s3", "bucket": { "name": "b" },
             "allowed_origins": ["https://promised.example"], "roles": { "denied": "https://role.example" },
             "resolve": ["other.example:443:192.0.2.1"], "tls": { "ca_file": "planted.pem" },
             "capabilities": { "set_rules": true, "put_objects": true, "methods": ["GET", "DELETE"] },
             "concurrency": 3 }"#,
    );
    let said = [
        "promised.example",
        "role.example",
        "192.0.2.1",
        "planted.pem",
        "DELETE",
        "set_rules",
        "put_objects",
    ];
    for (arguments, used) in [
        (&["-t", "https://own.example/b/x"][..], true),
        (&[], true),
        (&["-t", "https://other.example/b/x"], false),
        (&["-t", "http://own.example/b/x"], false),
        (&["-t", "https://own.example/", "--bucket", "c"], false),
        (&["-t", "embedded"], false),
    ] {
        let shown = crosscheck(&folder, &[&["config", "show"], arguments].concat()).with_code(0);
        for word in said {
            assert_eq!(shown.stdout.contains(word), used, "{arguments:?}: {word}: {}", shown.all());
        }
        assert_eq!(shown.stderr.contains("left out"), !used, "{arguments:?}: {}", shown.stderr);
        assert!(shown.stdout.lines().any(|line| line.starts_with("concurrency") && line.contains('3')));
    }
}

#[test]
fn a_file_that_names_no_endpoint_holds_no_headers() {
    let server = server();
    let folder = Folder::new();
    folder.write("crosscheck.json", r#"{ "headers": { "x-token": "abc" } }"#);
    let ended =
        crosscheck(&folder, &["run", "-t", &server.url("/"), "--allowed-origin", ALLOWED]).with_code(2);
    assert!(
        ended.stderr.contains("crosscheck.json:1:") && ended.stderr.contains("add `url`"),
        "{}",
        ended.stderr
    );
    assert_eq!(server.requests().len(), 0);
    // What it promises is used with whatever endpoint is named.
    folder.write("crosscheck.json", format!(r#"{{ "allowed_origins": ["{ALLOWED}"] }}"#));
    let url = server.url("/items");
    let shown = crosscheck(&folder, &["config", "show", "-t", &url]).with_code(0);
    assert!(shown.stdout.contains(ALLOWED), "{}", shown.stdout);
}

#[test]
fn the_file_in_use_is_named_once_on_standard_error() {
    let server = server();
    let folder = Folder::new();
    let path = folder.write("crosscheck.json", format!(r#"{{ "url": "{}" }}"#, server.url("/")));
    let line = format!("using target file {}", fs::canonicalize(&path).expect("a path").display());
    let named = |stderr: &str| stderr.matches("using target file").count();
    for arguments in [
        &["run", "origin/allowed", "--allowed-origin", ALLOWED][..],
        &["list", "--plan"],
        &["config", "show"],
        &["explain", &server.url("/x"), "--origin", ALLOWED],
        &[],
    ] {
        let ended = crosscheck(&folder, arguments);
        assert!(ended.stderr.contains(&line), "{arguments:?}: {}", ended.stderr);
        assert_eq!(named(&ended.stderr), 1, "{arguments:?}: {}", ended.stderr);
        assert!(!ended.stdout.contains("using target file"), "{arguments:?}: {}", ended.stdout);
    }
    let path = path.display().to_string();
    let ended = crosscheck_with(&folder, &["list"], &[("CROSSCHECK_CONFIG", &path)]);
    assert_eq!(named(&ended.stderr), 1, "{}", ended.stderr);
    // Those that do not use it do not speak of it, nor is it news where it was typed.
    for arguments in [&["check"][..], &["schema"], &["config", "show", "-c", &path], &["config", "variables"]]
    {
        let ended = crosscheck(&folder, arguments).with_code(0);
        assert_eq!(named(&ended.stderr), 0, "{arguments:?}: {}", ended.stderr);
    }
}

/// Makes a folder that every user may write to, or not.
#[cfg(unix)]
fn open_to_all(path: &Path, open: bool) {
    use std::os::unix::fs::PermissionsExt;
    let mode = if open { 0o1777 } else { 0o755 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("our own folder");
}

#[test]
#[cfg(unix)]
fn the_search_for_a_file_stops_at_the_repository_and_at_home() {
    // (the file's folder, `.git` in, home, open to all, where we stand, whether it is found)
    for (file, git, home, open, here, found) in [
        ("a", Some(("a", false)), "h", None, "a/b/c", true),
        ("a", Some(("a", true)), "h", None, "a/b/c", true),
        ("", Some(("a", false)), "h", None, "a/b/c", false),
        ("", Some(("a", true)), "h", None, "a/b/c", false),
        ("a", Some(("", false)), "h", None, "a/b/c", true),
        ("a", None, "a", None, "a/b/c", true),
        ("", None, "a", None, "a/b/c", false),
        ("", Some(("", false)), "a", None, "a/b/c", false),
        ("a", None, "h", None, "a/b/c", false),
        ("a/b", None, "h", None, "a/b/c", false),
        ("a/b/c", None, "h", None, "a/b/c", true),
        ("a", Some(("a", false)), "h", Some("a"), "a/b/c", false),
        ("a", None, "", Some("a/b"), "a/b/c", false),
    ] {
        let folder = Folder::new();
        for path in [here, home] {
            fs::create_dir_all(folder.path().join(path)).expect("a folder");
        }
        match git {
            Some((git, true)) => drop(folder.write(&format!("{git}/.git"), "gitdir: elsewhere")),
            Some((git, false)) => {
                fs::create_dir_all(folder.path().join(git).join(".git")).expect("a folder");
            }
            None => {}
        }
        if let Some(open) = open {
            open_to_all(&folder.path().join(open), true);
        }
        folder.write(&format!("./{file}/crosscheck.json"), r#"{ "url": "https://planted.example/" }"#);
        let home = folder.path().join(home).display().to_string();
        let (code, out, err) = within(&folder, here, &["config", "show"], &[("HOME", &home)]);
        let what = format!("{file:?} {git:?} {home} {open:?}: {out}{err}");
        assert_eq!(code, 0, "{what}");
        assert_eq!(out.contains("planted.example"), found, "{what}");
        assert_eq!(err.contains("using target file"), found, "{what}");
    }
}

#[test]
#[cfg(unix)]
#[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
fn a_file_of_another_user_is_ignored_unless_it_is_named() {
    use std::os::unix::fs::{MetadataExt, chown};
    const STRANGER: u32 = 65534;
    let folder = Folder::new();
    let path = folder.write("crosscheck.json", r#"{ "url": "https://planted.example/" }"#);
    if chown(&path, Some(STRANGER), None).is_err() {
        eprintln!("skipped: only root may give a file to another user");
        return;
    }
    let ours = fs::metadata(folder.path()).expect("our folder").uid();
    let typed = path.display().to_string();
    let uid = STRANGER.to_string();
    // (arguments, environment, whether it is used)
    for (arguments, environment, used) in [
        (&["config", "show"][..], &[][..], false),
        (&["config", "show", "-c", &typed], &[], true),
        (&["config", "show"], &[("CROSSCHECK_CONFIG", typed.as_str())], true),
        // Who became root by sudo owns files as before.
        (&["config", "show"], &[("SUDO_UID", uid.as_str())], ours == 0),
    ] {
        let ended = crosscheck_with(&folder, arguments, environment).with_code(0);
        let what = format!("{arguments:?} {environment:?}: {}", ended.all());
        assert_eq!(ended.stdout.contains("planted.example"), used, "{what}");
        let said = ended.stderr.contains("ignored") && ended.stderr.contains("belongs to another user");
        assert_eq!(said, !used, "{what}");
        assert_eq!(ended.stderr.contains("--config"), !used, "{what}");
    }
    // An ignored file shows that an endpoint was meant: the embedded store is no answer.
    crosscheck(&folder, &[]).with_code(2);
    // A folder of another user, and a link of another user to a file of ours, count as theirs.
    chown(&path, Some(ours), None).expect("we may");
    chown(folder.path(), Some(STRANGER), None).expect("we may");
    let ended = crosscheck(&folder, &["config", "show"]).with_code(0);
    assert!(ended.stderr.contains("the folder belongs to another user"), "{}", ended.stderr);
    chown(folder.path(), Some(ours), None).expect("we may");
    let real = folder.write("real.json", r#"{ "url": "https://planted.example/" }"#);
    fs::remove_file(&path).expect("our file");
    std::os::unix::fs::symlink(&real, &path).expect("a link");
    let ended = crosscheck(&folder, &["config", "show"]).with_code(0);
    assert!(ended.stdout.contains("planted.example"), "{}", ended.all());
    std::os::unix::fs::lchown(&path, Some(STRANGER), None).expect("we may");
    let ended = crosscheck(&folder, &["config", "show"]).with_code(0);
    assert!(!ended.stdout.contains("planted.example"), "{}", ended.all());
}

#[test]
fn a_credential_of_the_machine_is_sent_only_where_the_command_line_allows_it() {
    let server = server();
    let folder = Folder::new();
    let url = server.url("/items");
    for name in [
        "AWS_SECRET_ACCESS_KEY",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "GITHUB_TOKEN",
        "CROSSCHECK_ACCESS_KEY_SECRET",
    ] {
        folder.write(
            "crosscheck.json",
            format!(r#"{{ "url": "{url}", "headers": {{ "x-stolen": "${{{name}}}" }} }}"#),
        );
        let environment = [(name, TOKEN)];
        for arguments in [
            &["run", "origin/allowed", "--allowed-origin", ALLOWED][..],
            &["explain", &url, "--origin", ALLOWED],
            &["load", "--duration", "1s", "--allowed-origin", ALLOWED],
            &["run", "origin/allowed", "--allowed-origin", ALLOWED, "--allow-env", "SOME_OTHER"],
        ] {
            let before = server.requests().len();
            let ended = crosscheck_with(&folder, arguments, &environment).with_code(2);
            for word in ["crosscheck.json:1:", &format!("--allow-env {name}")] {
                assert!(ended.stderr.contains(word), "{arguments:?}: {word}: {}", ended.stderr);
            }
            assert!(!ended.all().contains(TOKEN), "{arguments:?}: {}", ended.all());
            assert_eq!(server.requests().len(), before, "{arguments:?}");
        }
        // Neither the file nor the environment can allow it.
        crosscheck_with(&folder, &["list"], &[(name, TOKEN), ("CROSSCHECK_ALLOW_ENV", name)]).with_code(2);
        let before = carrying(&server, "x-stolen");
        let arguments = ["explain", &url, "--origin", ALLOWED, "--allow-env", name];
        crosscheck_with(&folder, &arguments, &environment).with_code(0);
        assert!(carrying(&server, "x-stolen") > before, "{name}");
    }
    folder
        .write("crosscheck.json", format!(r#"{{ "url": "{url}", "allow_env": ["AWS_SECRET_ACCESS_KEY"] }}"#));
    crosscheck(&folder, &["list"]).with_code(2);
}

#[test]
fn a_run_without_a_target_is_an_input_error() {
    let case = r#"{ "id": "s", "title": "t", "cases": [{ "id": "a", "title": "t",
        "requests": { "r": { "origin": "{allowed}", "expect": { "outcome": "allowed" } } } }] }"#;
    let folder = Folder::new();
    folder.write("case.json", case);
    for arguments in [
        &["run"][..],
        &["run", "origin/allowed"],
        &["try", "case.json"],
        &["list"],
        &["list", "--plan"],
        &["load"],
        &["load", "--duration", "1s"],
    ] {
        // An empty variable names no endpoint.
        for environment in [&[][..], &[("CROSSCHECK_TARGET", "")]] {
            let ended = crosscheck_with(&folder, arguments, environment).with_code(2);
            for word in ["no endpoint", "--target URL", "CROSSCHECK_TARGET", "--target embedded"] {
                assert!(ended.stderr.contains(word), "{arguments:?}: {word}: {}", ended.stderr);
            }
            assert_eq!(ended.stdout, "", "{arguments:?}");
        }
    }
    assert!(!folder.path().join("reports").exists());
    // A fault is something of the embedded store, which must be named all the same.
    let ended = crosscheck(&folder, &["run", "--fault", "vary-missing"]).with_code(2);
    assert!(ended.stderr.contains("add `--target embedded`"), "{}", ended.stderr);
}

#[test]
fn the_embedded_store_is_tested_by_its_name() {
    let folder = Folder::new();
    let passed = |arguments: &[&str], environment: &[(&str, &str)]| {
        let ended = crosscheck_with(&folder, arguments, environment).with_code(0);
        assert!(ended.stdout.contains("embedded reference store"), "{arguments:?}: {}", ended.stdout);
    };
    passed(&["run", "origin/allowed", "--target", "embedded"], &[]);
    passed(&["run", "origin/allowed"], &[("CROSSCHECK_TARGET", "embedded")]);
    folder.write("crosscheck.json", r#"{ "url": "embedded" }"#);
    passed(&["run", "origin/allowed"], &[]);
    let shown = crosscheck(&folder, &["config", "show"]).with_code(0);
    assert!(
        shown.stdout.lines().any(|line| line.starts_with("url") && line.contains(" embedded ")),
        "{}",
        shown.stdout
    );
    let ended = crosscheck(&folder, &["run", "--target", "embeded"]).with_code(2);
    assert!(ended.stderr.contains("did you mean `embedded`"), "{}", ended.stderr);
    // Rules that would not be looked at are not taken for looked at.
    let ended =
        crosscheck(&folder, &["run", "--target", "embedded", "--allowed-origin", ALLOWED]).with_code(2);
    assert!(ended.stderr.contains("CORS rules of its own"), "{}", ended.stderr);
}

#[test]
fn without_a_command_the_embedded_store_is_tested_only_where_no_endpoint_is_meant() {
    let folder = Folder::new();
    let suites = folder.write(
        "suites/case.json",
        r#"{ "id": "s", "title": "t", "cases": [{ "id": "a", "title": "t",
            "requests": { "r": { "origin": "{allowed}", "expect": { "outcome": "allowed" } } } }] }"#,
    );
    let suites = ("CROSSCHECK_SUITES", suites.to_str().expect("text"));
    let ended = crosscheck_with(&folder, &[], &[suites]).with_code(0);
    assert!(ended.stderr.contains("testing the embedded reference store"), "{}", ended.stderr);
    for (name, value) in [("CROSSCHECK_TARGET", ""), ("CROSSCHECK_ALLOWED_ORIGINS", ALLOWED)] {
        let ended = crosscheck_with(&folder, &[], &[suites, (name, value)]).with_code(2);
        assert!(ended.stderr.contains("no endpoint"), "{name}: {}", ended.stderr);
    }
    folder.write("crosscheck.json", r#"{ "concurrency": 2 }"#);
    let ended = crosscheck_with(&folder, &[], &[suites]).with_code(2);
    assert!(ended.stderr.contains("crosscheck.json names the endpoint"), "{}", ended.stderr);
}

#[test]
fn an_unknown_variable_of_ours_is_an_input_error() {
    let server = Server::start(|_| answer("200 OK", &[], b""));
    let folder = Folder::new();
    let url = server.url("/");
    for arguments in [
        &[][..],
        &["run", "origin/allowed", "--target", "embedded"],
        &["list", "--target", "embedded"],
        &["load", "--target", "embedded"],
        &["explain", &url, "--origin", ALLOWED],
        &["config", "show"],
        &["rules", "get", "-t", &url, "--dialect", "s3"],
        &["serve"],
        &["check"],
    ] {
        let environment = [("CROSSCHECK_TRAGET", url.as_str()), ("CROSSCHECK_NO_SUCH_THING", "")];
        let ended = crosscheck_with(&folder, arguments, &environment).with_code(2);
        for word in ["CROSSCHECK_TRAGET", "did you mean CROSSCHECK_TARGET?", "CROSSCHECK_NO_SUCH_THING"] {
            assert!(ended.stderr.contains(word), "{arguments:?}: {word}: {}", ended.stderr);
        }
        assert!(!ended.stderr.contains(&url), "{arguments:?}: {}", ended.stderr);
    }
    assert_eq!(server.requests().len(), 0);
    // What never depends on it still answers, as in a shell's start files.
    crosscheck_with(&folder, &["completions", "bash"], &[("CROSSCHECK_TRAGET", "x")]).with_code(0);
}

/// Every name that begins as our variables do in the text of a file.
fn names(text: &str) -> Vec<String> {
    let name = |part: &str| -> String {
        part.chars().take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_').collect()
    };
    let after = text.split("CROSSCHECK_").skip(1).map(name).filter(|name| !name.is_empty());
    after.map(|name| format!("CROSSCHECK_{}", name.trim_end_matches('_'))).collect()
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.push((path.display().to_string(), text));
        }
    }
}

#[test]
fn every_variable_is_listed_and_documented() {
    let folder = Folder::new();
    let listed = crosscheck(&folder, &["config", "variables"]).with_code(0).stdout;
    let listed: Vec<(&str, &str)> =
        listed.lines().map(|line| line.split_once("  ").expect("a name and words")).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // What the sources read is listed; names that a test makes up are not.
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    for (file, text) in files {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for name in names(code) {
            assert!(listed.iter().any(|(known, _)| *known == name), "{file}: {name} is not listed");
        }
    }
    let page = fs::read_to_string(root.join("docs/configuration.md")).expect("the page");
    let rows: Vec<String> =
        listed.iter().map(|(name, words)| format!("| `{name}` | {} |", words.trim())).collect();
    for row in &rows {
        assert!(
            page.contains(row.as_str()),
            "docs/configuration.md lacks the row\n{row}\nall rows:\n{}",
            rows.join("\n")
        );
    }
    for name in names(&page) {
        assert!(listed.iter().any(|(known, _)| *known == name), "docs/configuration.md: {name}");
    }
}

#[test]
fn names_that_do_not_exist_are_refused_where_they_were_given() {
    let folder = Folder::new();
    let url = ["config", "show", "-t", "https://api.example"];
    for (arguments, environment, words) in [
        (&["--dialect", "s4"][..], &[][..], &["did you mean `s3`?", "correct --dialect"][..]),
        (&[], &[("CROSSCHECK_DIALECT", "s4")], &["did you mean `s3`?", "correct CROSSCHECK_DIALECT"]),
        (&["--profile", "firefx"], &[], &["did you mean `firefox`?", "correct --profile"]),
        (&["--signature", "v9"], &[], &["the dialect has no signature `v9`"]),
    ] {
        let (code, _, told) = within(&folder, "", &[&url[..], arguments].concat(), environment);
        assert_eq!(code, 2, "{told}");
        assert!(words.iter().all(|word| told.contains(word)), "{told}");
    }
}
