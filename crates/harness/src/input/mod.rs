//! Decides what is read of a file that a user names: regular files only, up to a limit that its kind has. Knows no
//! formats. Every file that comes from outside is read here, so that none can keep a command waiting (a FIFO) or
//! take all memory (`/dev/zero`, a file that grows).

use std::{
    fmt, fs, io,
    io::Read,
    path::{Path, PathBuf},
};

use crosscheck_core::document::MAX_BYTES;
use thiserror::Error;

/// What a file is for. Each kind has the limit that [`Kind::limit`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Cases or a load plan.
    Suite,
    /// A target file, `crosscheck.json`.
    Endpoint,
    /// Certificates of authorities in PEM form.
    Certificates,
    /// CORS rules, as XML or JSON.
    Rules,
    /// What was found on a bucket before its rules and objects were replaced.
    SavedRules,
    /// Keys of an object store, in the files of its own tools.
    Credentials,
    /// The record of an earlier run.
    Record,
    /// A scenario of `crosscheck vary`.
    Scenario,
    /// A file that is the body of a request.
    Body,
    /// A recording of requests, such as a HAR file.
    Recording,
    /// A description of an API.
    Description,
}

const MIB: u64 = 1024 * 1024;

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Suite,
        Self::Endpoint,
        Self::Certificates,
        Self::Rules,
        Self::SavedRules,
        Self::Credentials,
        Self::Record,
        Self::Scenario,
        Self::Body,
        Self::Recording,
        Self::Description,
    ];

    /// The most that is read of one file, in bytes.
    pub const fn limit(self) -> u64 {
        match self {
            Self::Suite
            | Self::Endpoint
            | Self::Certificates
            | Self::Rules
            | Self::Credentials
            | Self::Scenario => MAX_BYTES as u64,
            Self::Body | Self::Description => 64 * MIB,
            Self::SavedRules | Self::Record | Self::Recording => 256 * MIB,
        }
    }

    /// What is expected, in words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suite => "a case file or load plan",
            Self::Endpoint => "a target file",
            Self::Certificates => "a file of PEM certificates",
            Self::Rules => "a file of CORS rules",
            Self::SavedRules => "a file of saved rules",
            Self::Credentials => "a file of access keys",
            Self::Record => "the record of a run",
            Self::Scenario => "a scenario",
            Self::Body => "the body of a request",
            Self::Recording => "a recording of requests",
            Self::Description => "an OpenAPI document",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What there is in the place of a regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Other {
    /// A folder.
    Folder,
    /// A FIFO, as `<(command)` of a shell is one.
    Pipe,
    /// A socket.
    Socket,
    /// A device, such as `/dev/zero` or a terminal.
    Device,
    /// Something else.
    Unknown,
}

impl Other {
    fn of(kind: fs::FileType) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::FileTypeExt;
            if kind.is_fifo() {
                return Self::Pipe;
            }
            if kind.is_socket() {
                return Self::Socket;
            }
            if kind.is_char_device() || kind.is_block_device() {
                return Self::Device;
            }
        }
        if kind.is_dir() { Self::Folder } else { Self::Unknown }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Folder => "a folder",
            Self::Pipe => "a pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Unknown => "not a regular file",
        }
    }
}

/// Why a file was not read.
#[derive(Debug, Error)]
#[error("cannot read {}: {reason}", path.display())]
pub struct InputError {
    /// The file.
    pub path: PathBuf,
    /// Why not.
    pub reason: Reason,
}

/// Why a file was not read, without its name.
#[derive(Debug, Error)]
pub enum Reason {
    /// The operating system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not a regular file.
    #[error("it is {}, expected {kind} as a regular file", found.as_str())]
    NotAFile {
        /// What it is.
        found: Other,
        /// What was expected.
        kind: Kind,
    },
    /// It is longer than its kind may be.
    #[error("it is larger than {mib} MiB, the limit for {kind}", mib = .kind.limit() / MIB)]
    TooLarge {
        /// What was expected.
        kind: Kind,
    },
    /// It is not UTF-8 where text is expected.
    #[error("it is not UTF-8 text")]
    NotText,
}

impl InputError {
    /// Whether there is no such file.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(&self.reason, Reason::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// What to do about it, where that is plain.
    pub fn help(&self) -> Option<&'static str> {
        match self.reason {
            Reason::NotAFile { found: Other::Pipe, .. } => {
                Some("write it to a file first and name that file")
            }
            Reason::NotAFile { .. } => Some("name a regular file"),
            Reason::TooLarge { .. } => Some("check that it is the file that you mean; split it if it is"),
            Reason::NotText => Some("check that it is the file that you mean"),
            Reason::Io(_) => None,
        }
    }
}

/// Reads a regular file, after following symbolic links. What it is and how long it is are looked at before it is
/// opened and again when it is open; of a file that grows no more than its limit is read.
///
/// # Errors
/// A file that cannot be opened or read, is not a regular file, or is longer than its kind may be.
pub fn read(path: &Path, kind: Kind) -> Result<Vec<u8>, InputError> {
    read_bounded(path, kind).map_err(|reason| InputError { path: path.to_owned(), reason })
}

/// [`read`], as text.
///
/// # Errors
/// As for [`read`]; bytes that are not UTF-8.
pub fn read_text(path: &Path, kind: Kind) -> Result<String, InputError> {
    let not_text = |_| InputError { path: path.to_owned(), reason: Reason::NotText };
    String::from_utf8(read(path, kind)?).map_err(not_text)
}

/// Reads standard input to its end, up to the limit of its kind.
///
/// # Errors
/// An input that cannot be read, or is longer than its kind may be.
pub fn read_standard_input(kind: Kind) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    match bounded(io::stdin().lock(), kind, &mut bytes) {
        Ok(()) => Ok(bytes),
        Err(reason) => Err(InputError { path: PathBuf::from("standard input"), reason }),
    }
}

fn read_bounded(path: &Path, kind: Kind) -> Result<Vec<u8>, Reason> {
    // Opening alone can wait (a FIFO) or act (a device).
    check(&fs::metadata(path)?, kind)?;
    let file = open(path)?;
    let data = file.metadata()?;
    check(&data, kind)?;
    let mut bytes = Vec::with_capacity(usize::try_from(data.len()).unwrap_or_default());
    bounded(file, kind, &mut bytes)?;
    Ok(bytes)
}

fn check(data: &fs::Metadata, kind: Kind) -> Result<(), Reason> {
    if !data.is_file() {
        return Err(Reason::NotAFile { found: Other::of(data.file_type()), kind });
    }
    if data.len() > kind.limit() { Err(Reason::TooLarge { kind }) } else { Ok(()) }
}

/// Opens without waiting, should the file have become a FIFO meanwhile.
fn open(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    options.open(path)
}

fn bounded(from: impl Read, kind: Kind, bytes: &mut Vec<u8>) -> Result<(), Reason> {
    from.take(kind.limit() + 1).read_to_end(bytes)?;
    if bytes.len() as u64 > kind.limit() { Err(Reason::TooLarge { kind }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives bytes for ever.
    struct Endless;

    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            into.fill(b'a');
            Ok(into.len())
        }
    }

    #[test]
    fn of_what_grows_no_more_than_the_limit_is_read() {
        let mut bytes = Vec::new();
        let error = bounded(Endless, Kind::Rules, &mut bytes).unwrap_err();
        assert_eq!(error.to_string(), "it is larger than 4 MiB, the limit for a file of CORS rules");
        assert_eq!(bytes.len() as u64, Kind::Rules.limit() + 1);
    }

    #[test]
    fn what_fits_is_read_whole() {
        let mut bytes = Vec::new();
        bounded(Endless.take(Kind::Rules.limit()), Kind::Rules, &mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, Kind::Rules.limit());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_a_regular_file_is_refused_before_it_is_opened() {
        for (path, found) in [("/dev/zero", "a device"), ("/dev/null", "a device"), ("/", "a folder")] {
            let error = read(Path::new(path), Kind::Suite).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "cannot read {path}: it is {found}, expected a case file or load plan as a regular file"
                )
            );
        }
    }

    #[test]
    fn a_file_that_is_missing_is_told_apart() {
        let error = read(Path::new("/no/such/file"), Kind::Credentials).unwrap_err();
        assert!(error.is_not_found(), "{error}");
    }
}
