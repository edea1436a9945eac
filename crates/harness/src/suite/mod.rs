//! Decides which files a path names, and whether each is a case file or a load plan. Knows nothing else of what they
//! say; the ones that a program ships come in from outside.

mod kind;

pub use kind::Kind;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::input::{self, InputError};

/// How deep folders of case files may be nested.
const DEPTH: usize = 16;

/// A case file as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What the user calls it.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A case file or folder that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file cannot be read.
    #[error(transparent)]
    File(#[from] InputError),
    /// A folder cannot be read.
    #[error("cannot read {path}: {error}")]
    Io {
        /// What was to be read.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// A folder without case files and load plans.
    #[error("no case file or load plan (*.json) in {path}")]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// Folders in folders without end, or a loop of links.
    #[error("folders below {path} are nested more than {DEPTH} deep")]
    TooDeep {
        /// The folder.
        path: PathBuf,
    },
}

/// A load plan that the user names.
///
/// # Errors
/// What the file system says.
pub fn plan(path: &Path) -> Result<File, ReadError> {
    read_file(path)
}

/// The case files and load plans at these paths: a file is taken as it is, a folder with everything
/// below it that ends in `.json`, schemas (`.schema.json`) left out.
///
/// # Errors
/// The first path that cannot be read, or a folder without such files.
pub fn read(paths: &[PathBuf]) -> Result<Vec<File>, ReadError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            walk(path, DEPTH, &mut files)?;
            if files.len() == before {
                return Err(ReadError::Empty { path: path.clone() });
            }
        } else {
            files.push(read_file(path)?);
        }
    }
    Ok(files)
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<File>) -> Result<(), ReadError> {
    let failed = |error| ReadError::Io { path: folder.to_owned(), error };
    if depth == 0 {
        return Err(ReadError::TooDeep { path: folder.to_owned() });
    }
    let entries: Result<Vec<PathBuf>, io::Error> =
        fs::read_dir(folder).map_err(failed)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut entries = entries.map_err(failed)?;
    entries.sort();
    for path in entries {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            if !name.starts_with('.') {
                walk(&path, depth - 1, files)?;
            }
        } else if name.ends_with(".json") && !name.ends_with(".schema.json") {
            files.push(read_file(&path)?);
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<File, ReadError> {
    let bytes = input::read(path, input::Kind::Suite)?;
    Ok(File { name: path.display().to_string(), bytes })
}
