//! The file of a store that is kept: made whole or not at all, for its owner's eyes alone, and taken for a store only if it is
//! one.

use std::{
    fs::{File, OpenOptions, Permissions},
    io,
    path::Path,
};

use redb::{Builder, Database, DatabaseError, StorageError, backends::FileBackend};

use super::DiskError;

/// The file in the folder that a user names.
pub(super) const NAME: &str = "store.redb";

/// How the name ends under which a new one is made.
const UNFINISHED: &str = ".new";

/// What the database may keep of its file in memory, in bytes: contents are in memory anyway.
const CACHE: usize = 8 * 1024 * 1024;

/// Makes the folder with those above it; a new one is its owner's alone.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a store; `None` where there is no file.
pub(super) fn open(path: &Path) -> Result<Option<Database>, DiskError> {
    let not_a_store = |found: &str| DiskError::NotAStore { path: path.to_owned(), found: found.to_owned() };
    let found = match std::fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, StorageError::Io(error).into())),
    };
    if !found.is_file() {
        return Err(not_a_store("it is not a regular file"));
    }
    if found.len() == 0 {
        return Err(not_a_store("the file is empty"));
    }
    let database = match Builder::new().set_cache_size(CACHE).open(path) {
        Ok(database) => database,
        Err(DatabaseError::Storage(StorageError::Corrupted(why))) => return Err(not_a_store(&why)),
        Err(DatabaseError::Storage(StorageError::Io(error)))
            if error.kind() == io::ErrorKind::InvalidData =>
        {
            return Err(not_a_store(&error.to_string()));
        }
        Err(error) => return Err(failed(path, error)),
    };
    narrow(path, &found.permissions()).map_err(|error| failed(path, StorageError::Io(error).into()))?;
    Ok(Some(database))
}

/// Makes a store. It gets its name when `introduce` has written what makes it one, so that a process that is killed before
/// leaves nothing that looks like a store.
pub(super) fn create(
    folder: &Path,
    path: &Path,
    introduce: impl FnOnce(&Database) -> Result<(), DiskError>,
) -> Result<Database, DiskError> {
    sweep(folder);
    let unfinished = folder.join(format!("{NAME}.{}{UNFINISHED}", std::process::id()));
    let made = make(&unfinished, introduce).and_then(|database| {
        let named = std::fs::hard_link(&unfinished, path).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Err(error),
            // A file system without links.
            _ => std::fs::rename(&unfinished, path),
        });
        match named {
            Ok(()) => Ok(database),
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(failed(path, DatabaseError::DatabaseAlreadyOpen))
            }
            Err(error) => Err(failed(path, StorageError::Io(error).into())),
        }
    });
    // Under this name it is not needed any more, or was never there.
    let _ = std::fs::remove_file(&unfinished);
    let database = made?;
    // So that the name is on the disk, too.
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| failed(path, StorageError::Io(error).into()))?;
    Ok(database)
}

/// Removes what processes left that were killed before they had made a store. What one is still making is locked.
fn sweep(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = |name: &str| name.starts_with(NAME) && name.ends_with(UNFINISHED);
    for entry in entries.filter(|entry| entry.file_name().to_str().is_some_and(ours)) {
        let (path, regular) = (entry.path(), entry.file_type().is_ok_and(|kind| kind.is_file()));
        if regular && File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            // Another process may have removed it already.
            let _ = std::fs::remove_file(&path);
        }
    }
}

fn make(
    path: &Path,
    introduce: impl FnOnce(&Database) -> Result<(), DiskError>,
) -> Result<Database, DiskError> {
    // Left by a process of the same number that was killed.
    let _ = std::fs::remove_file(path);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| failed(path, StorageError::Io(error).into()))?;
    let backend = FileBackend::new(file).map_err(|error| failed(path, error))?;
    let database = Builder::new()
        .set_cache_size(CACHE)
        .create_with_backend(backend)
        .map_err(|error| failed(path, error))?;
    introduce(&database)?;
    Ok(database)
}

/// Keeps others from reading what an earlier version made readable to them.
#[cfg(unix)]
fn narrow(path: &Path, found: &Permissions) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if found.mode() & 0o077 == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn narrow(_: &Path, _: &Permissions) -> io::Result<()> {
    Ok(())
}

fn failed(path: &Path, error: DatabaseError) -> DiskError {
    DiskError::Open { path: path.to_owned(), error: Box::new(error) }
}
