//! Recognises the rules of tests on a bucket, whatever the lease folder is and whatever the bucket is called: a file
//! for each run in the user's state folder, with a fingerprint of each set of rules that it writes.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use crosscheck_core::policy::{Dialect, Policy};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    Found, ProvisionError, RulesDocument, Saved, Token,
    address::may_be_same,
    compare::canonical,
    saved::{create_folder, file_error, write_whole},
};

/// The version of the file's form.
const VERSION: u32 = 1;

/// How long rules of ours may still be read after they were replaced: stores show changes late.
const GRACE_SECONDS: u64 = 600;

/// What one run wrote to one bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hold {
    hold_version: u32,
    token: Token,
    /// The bucket under the name that this run has for it.
    bucket: String,
    url: url::Url,
    /// The file from which the bucket's own rules can be restored.
    file: PathBuf,
    process: u32,
    /// The fingerprints of the rules that were written; `null`: deleted.
    rules: Vec<Option<Fingerprint>>,
    /// When the bucket's own rules were restored, in seconds since 1970.
    ended: Option<u64>,
}

/// A hash of what rules say, whatever a store makes of their order, case and `ID`s.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Fingerprint(String);

impl Fingerprint {
    fn of(policy: &Policy, dialect: Dialect) -> Self {
        // A policy is always JSON.
        let text = serde_json::to_vec(&canonical(policy, dialect)).unwrap_or_default();
        let hash = Sha256::digest(&text);
        Self(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Why the rules on a bucket are not the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The process that set them, where that is known.
    pub process: Option<u32>,
    /// The file from which the bucket's own rules can be restored, where there is one.
    pub file: Option<PathBuf>,
}

/// The owner of the rules that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Users,
    /// Ours, of a run that did not restore the user's.
    Ours(Claim),
    /// Ours by the mark in them, though their run restored the user's.
    Marked(Claim),
    /// Like ours, of a run that restored the user's a short time ago.
    MaybeLate,
}

/// The folder of these files.
#[derive(Clone, Debug)]
pub struct Holds {
    folder: PathBuf,
}

impl Holds {
    /// Those below the folder in which this user's programs keep their state.
    pub fn new(state: &Path) -> Self {
        Self { folder: state.join("holds") }
    }

    /// Writes down what a lease has written and is about to write. What was found is the user's, and so are rules
    /// that say the same.
    pub(super) fn keep(&self, saved: &Saved, file: &Path) -> Result<(), ProvisionError> {
        let print = |rules: &Option<RulesDocument>| {
            rules.as_ref().map(|rules| Fingerprint::of(rules.policy(), saved.dialect))
        };
        let found = print(&saved.found);
        let mut rules: Vec<_> = saved.written.iter().map(print).filter(|print| *print != found).collect();
        rules.dedup();
        self.write(&Hold {
            hold_version: VERSION,
            token: saved.token.clone(),
            bucket: saved.bucket.clone(),
            url: saved.url.clone(),
            file: std::path::absolute(file).unwrap_or_else(|_| file.to_owned()),
            process: saved.process,
            rules,
            ended: None,
        })
    }

    /// Writes down that the bucket has its own rules again, and clears away what is long over.
    pub(super) fn end(&self, token: &Token) -> Result<(), ProvisionError> {
        let path = self.path(token);
        if path.exists() {
            let mut hold = read_hold(&path)?;
            hold.ended = Some(now());
            self.write(&hold)?;
        }
        // The rules are restored, whatever becomes of the files of other runs.
        for (path, hold) in self.read().unwrap_or_default() {
            if hold.ended.is_some_and(is_over) {
                let _ = fs::remove_file(path);
            }
        }
        Ok(())
    }

    /// The owner of the rules that were found on a bucket.
    pub(super) fn owner(
        &self,
        found: &Found,
        bucket: (&str, &url::Url),
        dialect: Dialect,
    ) -> Result<Owner, ProvisionError> {
        let holds = self.read()?;
        let mark =
            found.rules.as_ref().and_then(|rules| rules.policy().rules.iter().find_map(Token::of_rule));
        if let Some(token) = mark {
            let hold = holds.iter().map(|(_, hold)| hold).find(|hold| hold.token == token);
            let claim = hold.map_or(Claim { process: None, file: None }, Hold::claim);
            let ended = hold.is_some_and(|hold| hold.ended.is_some());
            return Ok(if ended { Owner::Marked(claim) } else { Owner::Ours(claim) });
        }
        let print = found.rules.as_ref().map(|rules| Fingerprint::of(rules.policy(), dialect));
        let wrote = |hold: &&Hold| {
            // That there are no rules says nothing, unless it is said of this bucket.
            let here = print.is_some() || may_be_same((&hold.bucket, &hold.url), bucket);
            here && hold.rules.contains(&print)
        };
        let holds: Vec<&Hold> = holds.iter().map(|(_, hold)| hold).filter(wrote).collect();
        // A run whose file is gone was restored, or gave up; it can still have left rules, though not their absence.
        let live = |hold: &&&Hold| hold.ended.is_none() && (print.is_some() || hold.file.exists());
        if let Some(hold) = holds.iter().find(live) {
            return Ok(Owner::Ours(hold.claim()));
        }
        let late = holds.iter().any(|hold| hold.ended.is_some_and(|ended| !is_over(ended)));
        Ok(if late { Owner::MaybeLate } else { Owner::Users })
    }

    fn path(&self, token: &Token) -> PathBuf {
        self.folder.join(format!("{token}.json"))
    }

    fn write(&self, hold: &Hold) -> Result<(), ProvisionError> {
        create_folder(&self.folder)?;
        write_whole(&self.path(&hold.token), hold)
    }

    fn read(&self) -> Result<Vec<(PathBuf, Hold)>, ProvisionError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(file_error(&self.folder, &error)),
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let paths = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
        let mut found = Vec::new();
        for path in paths {
            match read_hold(&path) {
                Ok(hold) => found.push((path, hold)),
                // Another process has just removed it.
                Err(_) if !path.exists() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}

fn read_hold(path: &Path) -> Result<Hold, ProvisionError> {
    let bytes = fs::read(path).map_err(|error| file_error(path, &error))?;
    serde_json::from_slice(&bytes).map_err(|error| ProvisionError::State {
        path: path.to_owned(),
        why: format!("this is not a file of a run's rules: {error}"),
    })
}

impl Hold {
    fn claim(&self) -> Claim {
        Claim { process: Some(self.process), file: Some(self.file.clone()).filter(|file| file.exists()) }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn is_over(ended: u64) -> bool {
    now().saturating_sub(ended) > GRACE_SECONDS
}
