use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use indexmap::IndexMap;
use tokio::time::sleep;

use super::{
    Api, Found, ProvisionError, Saved, StoreAnswer,
    compare::{self, same_rules},
    patience::Pauses,
    saved::{Lock, Xml, create_folder, remove, stem},
};
use crate::{
    case::model::ObjectSpec,
    fetch,
    message::Request,
    policy::{Dialect, Policy, parse_xml, write_xml},
};

/// Tells a user what happens, in one line.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// Where preflights ask what is in force; no object needs to be there.
const PROBE: &str = "crosscheck-probe";

/// The hold on a bucket's rules. What was found lies in a file before anything is written, and is
/// put back by [`Lease::restore`]; where that does not come about, from the file, by
/// [`restore_file`]. One lease at a time for each bucket.
pub struct Lease {
    api: Api,
    path: PathBuf,
    saved: Saved,
    now: Policy,
    tell: Tell,
    // Held until everything else is done.
    _lock: Lock,
}

impl Lease {
    /// Takes hold of a bucket's rules: locks, reads, saves. Writes nothing to the bucket.
    ///
    /// # Errors
    /// Another process has hold of them, or did not restore them; they cannot be read, or not be
    /// understood, or not be saved.
    pub async fn acquire(
        api: Api,
        folder: &Path,
        wait: Duration,
        tell: Tell,
    ) -> Result<Self, ProvisionError> {
        create_folder(folder)?;
        let lock = lock(folder, api.root(), wait).await?;
        let path = folder.join(format!("{}.lease.json", stem(api.root())));
        if path.exists() {
            return Err(ProvisionError::Unrestored(path));
        }
        let found = api.get_rules().await?;
        let now = found.policy(api.bucket.dialect)?;
        let saved = Saved::new(&api.bucket, found.xml);
        saved.write(&path)?;
        tell(&format!("the CORS rules of {} ({}) are saved in {}", api.root(), count(&now), path.display()));
        Ok(Self { api, path, saved, now, tell, _lock: lock })
    }

    /// Sets these rules and waits until they are in force.
    ///
    /// # Errors
    /// Whatever keeps them from being set; somebody else changed them since.
    pub async fn set(&mut self, policy: &Policy) -> Result<(), ProvisionError> {
        let dialect = self.api.bucket.dialect;
        let xml = xml(policy, dialect)?;
        check_known(&self.saved, &self.api.get_rules().await?)?;
        self.saved.written.push(xml.clone().map(Xml));
        self.saved.write(&self.path)?;
        if let Err(error) = self.api.set_rules(xml.as_deref()).await {
            if error.is_refusal() {
                // Nothing was changed, and whoever may not set may not put back either.
                self.saved.written.pop();
                self.saved.write(&self.path)?;
            }
            return Err(error);
        }
        wait_until_visible(&self.api, &self.now, policy).await?;
        self.now = policy.clone();
        Ok(())
    }

    /// Whether the bucket still has rules of ours, or those that were found.
    ///
    /// # Errors
    /// Somebody else changed them since; they cannot be read.
    pub async fn check(&self) -> Result<(), ProvisionError> {
        check_known(&self.saved, &self.api.get_rules().await?)
    }

    /// Puts the rules back that were found, and goes on holding them.
    ///
    /// # Errors
    /// As for [`Lease::set`].
    pub async fn set_back(&mut self) -> Result<(), ProvisionError> {
        if self.saved.written.is_empty() {
            return Ok(());
        }
        put_back(&self.api, &self.saved, false).await?;
        self.now = found_policy(&self.saved)?;
        Ok(())
    }

    /// Puts objects below a prefix of the bucket, which ends with `/`, and looks whether everybody
    /// can read them.
    ///
    /// # Errors
    /// Whatever keeps them from being put or read.
    pub async fn put_objects(
        &mut self,
        prefix: &str,
        objects: &IndexMap<String, ObjectSpec>,
    ) -> Result<(), ProvisionError> {
        let keys: Vec<String> = objects.keys().map(|path| format!("{prefix}{path}")).collect();
        self.saved.objects.extend(keys.iter().cloned());
        self.saved.write(&self.path)?;
        for (key, object) in keys.iter().zip(objects.values()) {
            if let Err(error) = self.api.put_object(key, object).await {
                if error.is_refusal() {
                    // Neither it nor any behind it is there.
                    let first = self.saved.objects.iter().position(|other| other == key);
                    self.saved.objects.truncate(first.unwrap_or(self.saved.objects.len()));
                    self.saved.write(&self.path)?;
                }
                return Err(error);
            }
        }
        if let Some(key) = keys.first() {
            let mut url = self.api.root().clone();
            url.set_path(&format!("{}{key}", self.api.root().path()));
            let response = self.api.ask("GetObject", &Request::new("GET", url)).await?;
            if !fetch::status::is_ok(response.status) {
                return Err(ProvisionError::NotPublic(StoreAnswer::of(&response)));
            }
        }
        Ok(())
    }

    /// Puts back what was found, removes what was put, verifies both, and lets go.
    ///
    /// # Errors
    /// Whatever keeps it from being put back; the file stays then.
    pub async fn restore(self) -> Result<(), ProvisionError> {
        put_all_back(&self.api, &self.saved, false).await?;
        remove(&self.path)?;
        if !self.saved.written.is_empty() {
            (self.tell)(&format!("the CORS rules of {} are restored", self.api.root()));
        }
        Ok(())
    }

    /// Where the bucket's objects are.
    pub fn root(&self) -> &url::Url {
        self.api.root()
    }

    /// The file with what was found.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Puts back what a file says was found. `force`: even where somebody else changed the rules since.
///
/// # Errors
/// Whatever keeps it from being put back; the file stays then, and a backup stays anyway.
pub async fn restore_file(
    path: &Path,
    saved: &Saved,
    api: &Api,
    wait: Duration,
    force: bool,
) -> Result<(), ProvisionError> {
    if api.bucket.dialect != saved.dialect {
        return Err(ProvisionError::ForeignDialect);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _lock = lock(folder, api.root(), wait).await?;
    put_all_back(api, saved, force).await?;
    if path.to_string_lossy().ends_with(".lease.json") {
        remove(path)?;
    }
    Ok(())
}

/// A copy of a bucket's rules that was made before they are changed for good.
pub struct Backup {
    /// The file that `restore_file` puts back.
    pub path: PathBuf,
    /// What was found.
    pub found: Found,
    saved: Saved,
    _lock: Lock,
}

/// Saves a bucket's rules, and keeps others away until the copy is dropped.
///
/// # Errors
/// As for [`Lease::acquire`].
pub async fn back_up(api: &Api, folder: &Path, wait: Duration) -> Result<Backup, ProvisionError> {
    create_folder(folder)?;
    let lock = lock(folder, api.root(), wait).await?;
    let stem = stem(api.root());
    let lease = folder.join(format!("{stem}.lease.json"));
    if lease.exists() {
        return Err(ProvisionError::Unrestored(lease));
    }
    let found = api.get_rules().await?;
    let saved = Saved::new(&api.bucket, found.xml.clone());
    let time = saved.saved_at.replace([':', '-'], "");
    // Two copies within a second are two files.
    let free = (0..1000)
        .map(|number| folder.join(format!("{stem}.{time}.{number}.backup.json")))
        .find(|path| !path.exists());
    let path = free.unwrap_or_else(|| folder.join(format!("{stem}.{time}.backup.json")));
    saved.write(&path)?;
    Ok(Backup { path, found, saved, _lock: lock })
}

/// Sets rules for good, or deletes them, and waits until that is in force.
///
/// # Errors
/// Whatever keeps them from being set.
pub async fn set_and_wait(api: &Api, backup: &mut Backup, xml: Option<&Bytes>) -> Result<(), ProvisionError> {
    let dialect = api.bucket.dialect;
    let after = match xml {
        Some(xml) => parse_xml(xml, dialect).map_err(|error| ProvisionError::Rules(error.to_string()))?,
        None => Policy::default(),
    };
    backup.saved.written.push(xml.cloned().map(Xml));
    backup.saved.write(&backup.path)?;
    api.set_rules(xml.map(|xml| &xml[..])).await?;
    // What cannot be understood tells no difference.
    let before = backup.found.policy(dialect).unwrap_or_default();
    wait_until_visible(api, &before, &after).await
}

async fn lock(folder: &Path, root: &url::Url, wait: Duration) -> Result<Lock, ProvisionError> {
    Lock::take(&folder.join(format!("{}.lock", stem(root))), wait).await
}

/// How many rules there are, in words.
fn count(policy: &Policy) -> String {
    match policy.rules.len() {
        0 => "there were none".to_owned(),
        1 => "1 rule".to_owned(),
        rules => format!("{rules} rules"),
    }
}

/// The rules as the dialect writes them; `None`: there are none.
fn xml(policy: &Policy, dialect: Dialect) -> Result<Option<Bytes>, ProvisionError> {
    if policy.rules.is_empty() {
        return Ok(None);
    }
    let xml = Bytes::from(write_xml(policy, dialect));
    match parse_xml(&xml, dialect) {
        Ok(_) => Ok(Some(xml)),
        Err(error) => Err(ProvisionError::Rules(error.problem.to_string())),
    }
}

fn found_policy(saved: &Saved) -> Result<Policy, ProvisionError> {
    Found { xml: saved.found_xml().cloned() }.policy(saved.dialect)
}

/// Whether the rules of the bucket are those that were found, or ours.
fn check_known(saved: &Saved, present: &Found) -> Result<(), ProvisionError> {
    let ours = saved.written.iter().map(|xml| xml.as_ref().map(|xml| &xml.0));
    let mut known = std::iter::once(saved.found_xml()).chain(ours);
    let present_policy = present.policy(saved.dialect);
    let is_known = known.any(|xml| {
        let same_bytes = xml == present.xml.as_ref();
        let policy = Found { xml: xml.cloned() }.policy(saved.dialect);
        same_bytes
            || matches!((&policy, &present_policy), (Ok(known), Ok(present))
                if same_rules(known, present, saved.dialect))
    });
    if is_known { Ok(()) } else { Err(ProvisionError::Changed) }
}

/// Puts back rules and removes objects. Objects first: a bucket with strange rules and no strange
/// objects is better found out about than the reverse.
async fn put_all_back(api: &Api, saved: &Saved, force: bool) -> Result<(), ProvisionError> {
    let mut removed = Ok(());
    for key in &saved.objects {
        // The rules matter more than an object that stays.
        removed = removed.and(api.delete_object(key).await);
    }
    put_back(api, saved, force).await?;
    removed
}

/// Puts back the rules, byte for byte, and waits until they can be read again. Rules that were
/// written may still be on their way when the old ones can be read, so that these are put back
/// whatever is read.
async fn put_back(api: &Api, saved: &Saved, force: bool) -> Result<(), ProvisionError> {
    if saved.written.is_empty() {
        return Ok(());
    }
    let present = api.get_rules().await?;
    if !force {
        check_known(saved, &present)?;
    }
    let wanted = found_policy(saved)?;
    api.set_rules(saved.found_xml().map(|xml| &xml[..])).await?;
    wait_until_readable(api, &wanted, saved.found_xml()).await
}

/// Waits until reading the rules gives these.
async fn wait_until_readable(api: &Api, wanted: &Policy, xml: Option<&Bytes>) -> Result<(), ProvisionError> {
    let mut pauses = Pauses::new(api.patience.pause, api.patience.visible);
    let dialect = api.bucket.dialect;
    loop {
        let found = api.get_rules().await?;
        let same = || found.policy(dialect).is_ok_and(|found| same_rules(wanted, &found, dialect));
        if (xml.is_some() && found.xml.as_ref() == xml) || same() {
            return Ok(());
        }
        match pauses.next(None) {
            Some(pause) => sleep(pause).await,
            None => return Err(ProvisionError::NotVisible(api.patience.visible)),
        }
    }
}

/// Waits until reading the rules gives these, and a preflight shows that they are in force. A
/// store that judges them wrongly never shows it; that is no failure here.
async fn wait_until_visible(api: &Api, before: &Policy, after: &Policy) -> Result<(), ProvisionError> {
    wait_until_readable(api, after, None).await?;
    let dialect = api.bucket.dialect;
    let Some(question) = compare::telling_question(before, after, dialect) else { return Ok(()) };
    let mut url = api.root().clone();
    url.set_path(&format!("{}{PROBE}", api.root().path()));
    let request = compare::preflight(&question, &url);
    let mut pauses = Pauses::new(api.patience.pause, api.patience.preflight);
    loop {
        let response = api.ask("a preflight", &request).await?;
        if compare::shows(after, dialect, &question, &response) {
            return Ok(());
        }
        match pauses.next(None) {
            Some(pause) => sleep(pause).await,
            None => return Ok(()),
        }
    }
}
