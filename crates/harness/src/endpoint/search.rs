//! Where a target file is looked for that no flag or variable names, and whose file is used.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use super::FILE_NAME;

/// What a search for a target file found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The nearest file that is used.
    pub file: Option<PathBuf>,
    /// Nearer ones that are not, as they belong to other users.
    pub ignored: Vec<Ignored>,
}

/// A target file that another user controls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Where it is.
    pub path: PathBuf,
    /// What belongs to the other user: the file, or the folder that it lies in.
    pub what: &'static str,
    /// The user's number.
    pub owner: u32,
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, what, owner } = self;
        write!(f, "ignored {}: the {what} belongs to another user ({owner})", path.display())
    }
}

/// Looks for a target file in a folder and in those around it, up to the root of the repository (the
/// folder with `.git`) or the home directory, whichever comes first. Outside both, and beyond a folder
/// that every user may write to, only the folder itself counts. A file that belongs to none of `users`
/// is not used.
pub fn find(start: &Path, home: Option<&Path>, users: &[u32]) -> Search {
    let mut search = Search::default();
    for folder in folders(start, home) {
        let path = folder.join(FILE_NAME);
        if !path.is_file() {
            continue;
        }
        match foreign(&path, folder, users) {
            None => {
                search.file = Some(path);
                break;
            }
            Some((what, owner)) => search.ignored.push(Ignored { path, what, owner }),
        }
    }
    search
}

/// The folders to look in, the nearest first.
fn folders<'a>(start: &'a Path, home: Option<&Path>) -> Vec<&'a Path> {
    // `/` as a home directory, as services have it, holds everyone's folders.
    let home = home.and_then(|home| fs::canonicalize(home).ok()).filter(|home| home.parent().is_some());
    let mut found = Vec::new();
    for folder in start.ancestors() {
        if folder != start && (folder.parent().is_none() || open_to_all(folder)) {
            break;
        }
        found.push(folder);
        if home.as_deref() == Some(folder) || fs::symlink_metadata(folder.join(".git")).is_ok() {
            return found;
        }
    }
    vec![start]
}

/// The users whose files this process takes for its own user's: its own and, where it became root by
/// `sudo`, the one who asked for that.
pub fn own_users(sudo_uid: Option<&str>) -> Vec<u32> {
    #[cfg(unix)]
    {
        let own = rustix::process::geteuid();
        let asked = sudo_uid.filter(|_| own.is_root()).and_then(|text| text.parse().ok());
        [Some(own.as_raw()), asked].into_iter().flatten().collect()
    }
    #[cfg(not(unix))]
    {
        let _ = sudo_uid;
        Vec::new()
    }
}

/// Whether every user may write to a folder, as to `/tmp`.
#[cfg(unix)]
fn open_to_all(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(folder).map_or(true, |found| found.permissions().mode() & 0o002 != 0)
}

#[cfg(not(unix))]
fn open_to_all(_: &Path) -> bool {
    false
}

/// What of a file belongs to another user, and to which. Of a symbolic link, both it and its target
/// count. The folder may be root's, who needs no file to do harm.
#[cfg(unix)]
fn foreign(path: &Path, folder: &Path, users: &[u32]) -> Option<(&'static str, u32)> {
    use std::os::unix::fs::MetadataExt;
    const ROOT: u32 = 0;
    // What cannot be looked at is nobody's whom we trust.
    let owner = |found: std::io::Result<fs::Metadata>| found.map_or(u32::MAX, |found| found.uid());
    let files = [owner(fs::symlink_metadata(path)), owner(fs::metadata(path))];
    let file = files.into_iter().find(|owner| !users.contains(owner)).map(|owner| ("file", owner));
    file.or_else(|| {
        let owner = owner(fs::metadata(folder));
        (owner != ROOT && !users.contains(&owner)).then_some(("folder", owner))
    })
}

#[cfg(not(unix))]
fn foreign(_: &Path, _: &Path, _: &[u32]) -> Option<(&'static str, u32)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for a test, and its path without links.
    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = fs::canonicalize(folder.path()).unwrap();
        (folder, path)
    }

    #[test]
    fn the_search_stops_at_the_repository_or_at_home() {
        // (folders, `.git`, the file's folder, home, where the search begins, whether it is found)
        for (git, file, home, start, expected) in [
            (Some("repo"), "repo", "", "repo/a/b", true),
            (Some("repo"), "", "home", "repo/a/b", false),
            (Some("repo"), "", "", "repo/a/b", false),
            (None, "repo", "", "repo/a/b", true),
            (None, "repo", "repo", "repo/a/b", true),
            (None, "", "repo", "repo/a/b", false),
            (None, "repo/a", "other", "repo/a/b", false),
            (None, "repo/a/b", "other", "repo/a/b", true),
            // A repository around the home directory does not open what lies above home.
            (Some(""), "", "repo", "repo/a/b", false),
        ] {
            let (_folder, base) = folder();
            let at = |path: &str| base.join(path);
            fs::create_dir_all(at(start)).unwrap();
            fs::create_dir_all(at("other")).unwrap();
            if let Some(git) = git {
                fs::create_dir_all(at(git).join(".git")).unwrap();
            }
            fs::write(at(file).join(FILE_NAME), "{}").unwrap();
            let found = find(&at(start), Some(&at(home)), &own_users(None)).file;
            let what = format!("{git:?} {file:?} {home:?} {start}");
            assert_eq!(found, expected.then(|| at(file).join(FILE_NAME)), "{what}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_file_of_another_user_is_passed_over() {
        let (_folder, base) = folder();
        let inner = base.join("a");
        fs::create_dir_all(&inner).unwrap();
        let path = inner.join(FILE_NAME);
        fs::write(&path, "{}").unwrap();
        let users = own_users(None);
        let stranger: Vec<u32> = users.iter().map(|user| user.wrapping_add(1)).collect();
        let search = find(&inner, None, &stranger);
        assert_eq!((search.file, search.ignored.len()), (None, 1));
        assert_eq!(search.ignored[0].path, path);
        assert_eq!(find(&inner, None, &users).file, Some(path));
    }
}
