//! What a store keeps on the disk is its owner's alone, and nothing else is taken for it.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use super::served::Served;
use crate::care::support::{Folder, crosscheck};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[test]
fn a_kept_store_is_its_owners_alone() {
    let folder = Folder::new();
    let file = folder.path().join("deep/kept/store.redb");
    drop(Served::start(&folder, &["--data", "deep/kept"]));
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&folder.path().join("deep/kept")), 0o700);
    let found: Vec<_> = fs::read_dir(folder.path().join("deep/kept")).expect("a folder").collect();
    assert_eq!(found.len(), 1, "{found:?}");
    // As an earlier version made it.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a mode");
    drop(Served::start(&folder, &["--data", "deep/kept"]));
    assert_eq!(mode(&file), 0o600);
    // A folder that was there before stays as it was, but for what a killed process left.
    folder.write("mine/store.redb.1.new", b"half of a sto");
    fs::set_permissions(folder.path().join("mine"), fs::Permissions::from_mode(0o755)).expect("a mode");
    drop(Served::start(&folder, &["--data", "mine"]));
    assert_eq!(mode(&folder.path().join("mine")), 0o755);
    assert!(!folder.path().join("mine/store.redb.1.new").exists());
}

#[test]
fn what_is_not_a_store_is_an_input_error_and_stays_as_it_is() {
    let folder = Folder::new();
    let rows: [(&str, &[u8], &str); 3] = [
        ("empty", b"", "the file is empty"),
        ("short", b"photos", "not a store"),
        ("other", &[b'x'; 10_000], "not a store"),
    ];
    for (name, content, word) in rows {
        let file = folder.write(&format!("{name}/store.redb"), content);
        let ended = crosscheck(&folder, &["serve", "--listen", "127.0.0.1:0", "--data", name]).with_code(2);
        assert!(ended.stderr.contains(word), "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains(&format!("{name}/store.redb")), "{}", ended.stderr);
        assert_eq!(fs::read(&file).expect("a file"), content, "{name}");
    }
    fs::create_dir_all(folder.path().join("folder/store.redb")).expect("a folder");
    fs::create_dir_all(folder.path().join("pipe")).expect("a folder");
    let pipe = folder.path().join("pipe/store.redb");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    for name in ["folder", "pipe"] {
        let ended = crosscheck(&folder, &["serve", "--listen", "127.0.0.1:0", "--data", name]).with_code(2);
        assert!(ended.stderr.contains("not a regular file"), "{name}: {}", ended.stderr);
    }
}

#[test]
fn a_folder_that_holds_more_than_the_limit_is_an_input_error() {
    let folder = Folder::new();
    let served = Served::start(&folder, &["--data", "kept", "--bucket", "open:public-read-write"]);
    assert_eq!(served.ask("PUT /open/x", "", &[b'a'; 300_000]).status, 200);
    drop(served);
    let start = ["serve", "--listen", "127.0.0.1:0", "--data", "kept", "--max-stored", "200000"];
    let ended = crosscheck(&folder, &start).with_code(2);
    assert!(ended.stderr.contains("more than the limit of 200000"), "{}", ended.stderr);
    assert!(ended.stderr.contains("--max-stored"), "{}", ended.stderr);
    let served = Served::start(&folder, &["--data", "kept"]);
    assert_eq!(served.ask("GET /open/x", "", b"").body.len(), 300_000, "nothing was lost");
}

#[test]
fn a_store_that_other_machines_reach_says_what_they_can_do() {
    let folder = Folder::new();
    let (key, bucket) = ("the well-known one", "anyone can write to these buckets without a key");
    let own = ["--key", "AKID:SECRET"];
    let rows: [(&str, &[&str], bool, Option<&str>); 6] = [
        ("127.0.0.1:0", &["--bucket", "drop:public-read-write"], false, None),
        ("[::1]:0", &[], false, None),
        ("0.0.0.0:0", &[], true, Some("default")),
        ("0.0.0.0:0", &own, false, Some("default")),
        ("0.0.0.0:0", &["--data", "kept", "--bucket", "drop:public-read-write"], true, Some("drop")),
        // A bucket that is kept from the last time counts, too.
        ("0.0.0.0:0", &["--data", "kept"], true, Some("drop")),
    ];
    for (listen, arguments, warns_of_key, open) in rows {
        let mut all = vec!["serve", "--listen", listen];
        all.extend(arguments);
        let served = Served::start_as(&folder, &all);
        let told = served.told();
        assert_eq!(told.contains(key), warns_of_key, "{all:?}: {told}");
        assert_eq!(told.contains("--key ID:SECRET"), warns_of_key, "{all:?}: {told}");
        assert_eq!(told.contains(bucket), open.is_some(), "{all:?}: {told}");
        assert!(open.is_none_or(|name| told.contains(&format!("{bucket}: {name}"))), "{all:?}: {told}");
    }
    let served = Served::start_as(
        &folder,
        &["serve", "--listen", "0.0.0.0:0", "--data", "own", "--key", "AKID:SECRET"],
    );
    assert!(!served.told().contains("warning"), "{}", served.told());
}
