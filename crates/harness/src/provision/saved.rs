use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use crosscheck_core::{message::isomorphic, policy::Dialect, signature::Scheme};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};
use url::Url;

use super::{
    Bucket, ObjectKey, ProvisionError, RulesDocument, Token, address::is_bucket_name, document::Keeps,
};
use crate::input;

/// The version of the file's form.
const VERSION: u32 = 2;

/// Everything that is needed to put back what was found, as it lies in a file. Written before the
/// first write to the bucket, and again before each further one.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// The run that saved it.
    pub token: Token,
    /// When the rules were read.
    pub saved_at: String,
    /// The process that read them.
    pub process: u32,
    /// The bucket's name.
    pub bucket: String,
    /// The bucket's own URL.
    pub url: Url,
    /// Whether the host names the bucket and the path does not.
    pub in_host: bool,
    /// In whose way the rules were read.
    pub dialect: Dialect,
    /// How requests were signed.
    pub scheme: Scheme,
    /// The region that they were signed for.
    pub region: String,
    /// The profile of the vendor's files that had the key, where one was named.
    pub key_profile: Option<String>,
    /// The rules that were found; `None`: there were none.
    pub found: Option<RulesDocument>,
    /// Each set of rules that was written since, or was about to be; `None`: deleted.
    pub written: Vec<Option<RulesDocument>>,
    /// Whether the store has given back rules that were written.
    pub read_back: bool,
    /// The keys of the objects that were put since, or were about to be.
    pub objects: Vec<ObjectKey>,
}

/// The form of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    lease_version: u32,
    crosscheck: String,
    token: Token,
    saved_at: String,
    process: u32,
    bucket: String,
    url: Url,
    in_host: bool,
    dialect: Dialect,
    scheme: Scheme,
    region: String,
    key_profile: Option<String>,
    /// One code point for each byte. A file without this field says nothing of what was found.
    #[serde(deserialize_with = "Option::deserialize")]
    found: Option<Xml>,
    written: Vec<Option<Xml>>,
    read_back: bool,
    objects: Vec<String>,
}

/// What every version of the form has.
#[derive(Deserialize)]
struct Versioned {
    lease_version: u32,
}

/// Bytes of XML.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Xml(#[serde(with = "isomorphic")] Bytes);

impl Saved {
    /// What was found on a bucket.
    pub(super) fn new(bucket: &Bucket, token: Token, found: Option<RulesDocument>) -> Self {
        Self {
            token,
            saved_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            process: std::process::id(),
            bucket: bucket.address.name.clone(),
            url: bucket.address.root.clone(),
            in_host: bucket.address.in_host,
            dialect: bucket.dialect,
            scheme: bucket.scheme,
            region: bucket.region.clone(),
            key_profile: bucket.key_profile.clone(),
            found,
            written: Vec::new(),
            read_back: false,
            objects: Vec::new(),
        }
    }

    /// Reads a file. Whatever it says is held to what this program writes: rules must be rules, the URL must be a
    /// bucket's, and objects must lie below the prefix of the run that put them.
    ///
    /// # Errors
    /// A file that cannot be read, or says anything else.
    pub fn read(path: &Path) -> Result<Self, ProvisionError> {
        let bytes = input::read(path, input::Kind::SavedRules)
            .map_err(|error| ProvisionError::File { path: path.to_owned(), why: error.reason.to_string() })?;
        Self::of(&bytes).map_err(|why| ProvisionError::Saved { path: path.to_owned(), why })
    }

    fn of(bytes: &[u8]) -> Result<Self, String> {
        let foreign = |error: serde_json::Error| format!("this is not a file of saved rules: {error}");
        let Versioned { lease_version } = serde_json::from_slice(bytes).map_err(foreign)?;
        if lease_version != VERSION {
            return Err(format!("its form is of version {lease_version}, expected {VERSION}"));
        }
        let form: Form = serde_json::from_slice(bytes).map_err(foreign)?;
        let document = |what: &str, xml: Option<Xml>| {
            let read = xml.map(|xml| RulesDocument::read(xml.0, form.dialect)).transpose();
            read.map_err(|error| format!("`{what}` must be a CORSConfiguration, and is {error}"))
        };
        let found = document("found", form.found)?;
        let written =
            form.written.into_iter().map(|xml| document("written", xml)).collect::<Result<_, _>>()?;
        let path = if form.in_host { "/".to_owned() } else { format!("/{}/", form.bucket) };
        let plain = matches!(form.url.scheme(), "http" | "https")
            && form.url.username().is_empty()
            && form.url.password().is_none()
            && form.url.query().is_none()
            && form.url.fragment().is_none();
        if !plain || form.url.path() != path || !is_bucket_name(&form.bucket) {
            return Err(format!("`url` is not the URL of the bucket `{}`: {}", form.bucket, form.url));
        }
        let key = |key: &String| {
            form.token.key(key, &form.url).ok_or_else(|| {
                let expected = form.token.objects(0);
                format!("`objects` names {key:?}, which this run did not put: expected keys below {expected}")
            })
        };
        let objects = form.objects.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Self {
            token: form.token,
            saved_at: form.saved_at,
            process: form.process,
            bucket: form.bucket,
            url: form.url,
            in_host: form.in_host,
            dialect: form.dialect,
            scheme: form.scheme,
            region: form.region,
            key_profile: form.key_profile,
            found,
            written,
            read_back: form.read_back,
            objects,
        })
    }

    /// Writes the file.
    pub(super) fn write(&self, path: &Path) -> Result<(), ProvisionError> {
        let xml = |rules: &Option<RulesDocument>| rules.as_ref().map(|rules| Xml(rules.xml().clone()));
        let form = Form {
            lease_version: VERSION,
            crosscheck: env!("CARGO_PKG_VERSION").to_owned(),
            token: self.token.clone(),
            saved_at: self.saved_at.clone(),
            process: self.process,
            bucket: self.bucket.clone(),
            url: self.url.clone(),
            in_host: self.in_host,
            dialect: self.dialect,
            scheme: self.scheme,
            region: self.region.clone(),
            key_profile: self.key_profile.clone(),
            found: xml(&self.found),
            written: self.written.iter().map(xml).collect(),
            read_back: self.read_back,
            objects: self.objects.iter().map(|key| key.as_str().to_owned()).collect(),
        };
        write_whole(path, &form)
    }

    pub(super) fn keeps(&self) -> Option<Keeps> {
        Keeps::recorded(self.found.is_some() || self.read_back)
    }

    /// The XML that was found.
    pub fn found_xml(&self) -> Option<&Bytes> {
        self.found.as_ref().map(RulesDocument::xml)
    }
}

/// Writes a file so that it is there as a whole or not at all, whatever happens on the way, and can be read only by
/// its owner.
pub(super) fn write_whole(path: &Path, value: &impl Serialize) -> Result<(), ProvisionError> {
    let failed = |error: io::Error| file_error(path, &error);
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| failed(error.into()))?;
    text.push(b'\n');
    let beside = path.with_extension("new");
    let mut file = private().create(true).truncate(true).open(&beside).map_err(failed)?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
    drop(file);
    fs::rename(&beside, path).map_err(failed)?;
    sync_folder(path).map_err(failed)
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
pub(super) fn stem(url: &Url) -> String {
    let text = format!("{}{}", url.authority(), url.path());
    let readable: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' }).collect();
    let hash = Sha256::digest(url.as_str());
    let hash: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hash}", readable.trim_matches('_').chars().take(100).collect::<String>())
}

/// The lock of a bucket in a folder.
pub(super) fn lock_path(folder: &Path, url: &Url) -> PathBuf {
    folder.join(format!("{}.lock", stem(url)))
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

/// The folder in which a file lies.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the file's name in its folder last.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder_of(path))?.sync_all()?;
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
