use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::{Bucket, ProvisionError};
use crate::{input, message::isomorphic, policy::Dialect};

/// The version of the file's form.
const VERSION: u32 = 1;

/// Everything that is needed to put back what was found, as it lies in a file. Written before the
/// first write to the bucket, and again before each further one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// The version of this form.
    pub lease_version: u32,
    /// The version of Crosscheck.
    pub crosscheck: String,
    /// When the rules were read.
    pub saved_at: String,
    /// Who read them.
    pub process: u32,
    /// The bucket's name.
    pub bucket: String,
    /// The bucket's own URL.
    pub url: url::Url,
    /// Whether the host names the bucket and the path does not.
    pub in_host: bool,
    /// In whose way the rules were read.
    pub dialect: Dialect,
    /// The XML of the rules that were found, byte for byte, one code point for each byte; absent:
    /// there were none.
    pub found: Option<Xml>,
    /// The XML of each set of rules that was written since, or was about to be; absent: deleted.
    pub written: Vec<Option<Xml>>,
    /// The keys of the objects that were put since, or were about to be.
    pub objects: Vec<String>,
}

/// Bytes of XML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Xml(#[serde(with = "isomorphic")] pub Bytes);

impl Saved {
    /// What was found on a bucket.
    pub(super) fn new(bucket: &Bucket, found: Option<Bytes>) -> Self {
        Self {
            lease_version: VERSION,
            crosscheck: env!("CARGO_PKG_VERSION").to_owned(),
            saved_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            process: std::process::id(),
            bucket: bucket.address.name.clone(),
            url: bucket.address.root.clone(),
            in_host: bucket.address.in_host,
            dialect: bucket.dialect,
            found: found.map(Xml),
            written: Vec::new(),
            objects: Vec::new(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read, or is none of these.
    pub fn read(path: &Path) -> Result<Self, ProvisionError> {
        let bytes = input::read(path, input::Kind::SavedRules)
            .map_err(|error| ProvisionError::File { path: path.to_owned(), why: error.reason.to_string() })?;
        let saved: Self = serde_json::from_slice(&bytes).map_err(|error| ProvisionError::File {
            path: path.to_owned(),
            why: format!("this is no file of saved rules: {error}"),
        })?;
        if saved.lease_version != VERSION {
            return Err(ProvisionError::File {
                path: path.to_owned(),
                why: format!("its form is of version {}, expected {VERSION}", saved.lease_version),
            });
        }
        Ok(saved)
    }

    /// Writes the file so that it is there as a whole or not at all, whatever happens on the way,
    /// and can be read by nobody else.
    pub(super) fn write(&self, path: &Path) -> Result<(), ProvisionError> {
        let failed = |error: io::Error| file_error(path, &error);
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        let beside = path.with_extension("new");
        let mut file = private().create(true).truncate(true).open(&beside).map_err(failed)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
        drop(file);
        fs::rename(&beside, path).map_err(failed)?;
        sync_folder(path).map_err(failed)
    }

    /// The XML that was found.
    pub fn found_xml(&self) -> Option<&Bytes> {
        self.found.as_ref().map(|xml| &xml.0)
    }
}

/// A folder only for oneself.
pub(super) fn create_folder(folder: &Path) -> Result<(), ProvisionError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| file_error(folder, &error))
}

/// The name of a bucket's files: readable, and distinct for distinct URLs.
pub(super) fn stem(url: &url::Url) -> String {
    let text = format!("{}{}", url.authority(), url.path());
    let readable: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' }).collect();
    let hash = ring::digest::digest(&ring::digest::SHA256, url.as_str().as_bytes());
    let hash: String = hash.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hash}", readable.trim_matches('_').chars().take(100).collect::<String>())
}

/// The files of a folder that say what must still be restored, oldest first.
///
/// # Errors
/// A folder that cannot be read; one that is not there has none.
pub fn unrestored(folder: &Path) -> Result<Vec<PathBuf>, ProvisionError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(file_error(folder, &error)),
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".lease.json"))
        .collect();
    paths.sort_by_key(|path| fs::metadata(path).and_then(|data| data.modified()).ok());
    Ok(paths)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the file's name in its folder last.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Removes a file for good.
pub(super) fn remove(path: &Path) -> Result<(), ProvisionError> {
    let removed = fs::remove_file(path).and_then(|()| sync_folder(path));
    removed.map_err(|error| file_error(path, &error))
}

pub(super) fn file_error(path: &Path, error: &io::Error) -> ProvisionError {
    ProvisionError::File { path: path.to_owned(), why: error.to_string() }
}

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The other process's id, where it said so.
    pub process: Option<u32>,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process {
            Some(process) => write!(f, "process {process}"),
            None => f.write_str("its id is not known"),
        }
    }
}

/// A lock on a bucket among the processes of this machine. The operating system takes it back when
/// the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, waiting for at most this long.
    pub(super) async fn take(path: &Path, wait: Duration) -> Result<Self, ProvisionError> {
        let failed = |error: io::Error| file_error(path, &error);
        let mut file = private().read(true).create(true).truncate(false).open(path).map_err(failed)?;
        let until = Instant::now() + wait;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if Instant::now() >= until => {
                    let mut text = String::new();
                    let _ = file.read_to_string(&mut text);
                    return Err(ProvisionError::Held(Held { process: text.trim().parse().ok() }));
                }
                Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(50)).await,
            }
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}
