//! Rules that are set for good, with a copy of those that were there.

use std::path::{Path, PathBuf};

use super::{
    Api, Found, ProvisionError, RulesDocument, Saved, Terms, Token,
    lease::read_users,
    restore::wait_until_visible,
    saved::{Lock, create_folder, lock_path, stem},
};

/// A bucket's rules before they are changed for good.
pub struct Backup {
    /// What was found.
    pub found: Found,
    path: PathBuf,
    saved: Saved,
    _lock: Lock,
}

/// Reads a bucket's rules, and keeps other processes away until the backup is dropped. `force`: even where the rules
/// are those of a test that another run set.
///
/// # Errors
/// A file that cannot be written, or a bucket that does not answer.
pub async fn back_up(api: &Api, terms: &Terms, force: bool) -> Result<Backup, ProvisionError> {
    let folder = &terms.folder;
    create_folder(folder)?;
    let lock = Lock::take(&lock_path(folder, api.root()), terms.wait).await?;
    let stem = stem(api.root());
    let lease = folder.join(format!("{stem}.lease.json"));
    if lease.exists() {
        return Err(ProvisionError::Unrestored(lease));
    }
    let found = if force { api.get_rules().await? } else { read_users(api, &terms.holds).await? };
    let saved = Saved::new(&api.bucket, Token::new(), found.rules.clone());
    let time = saved.saved_at.replace([':', '-'], "");
    // Two copies within a second are two files.
    let free = (0..1000)
        .map(|number| folder.join(format!("{stem}.{time}.{number}.backup.json")))
        .find(|path| !path.exists());
    let path = free.unwrap_or_else(|| folder.join(format!("{stem}.{time}.backup.json")));
    Ok(Backup { found, path, saved, _lock: lock })
}

impl Backup {
    /// Writes the file that [`super::restore_file`] puts back, and says where it is.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self) -> Result<&Path, ProvisionError> {
        self.saved.write(&self.path)?;
        Ok(&self.path)
    }
}

/// Sets rules for good, or deletes them, and waits until that is in force. Where there are none to delete, nothing is
/// sent.
///
/// # Errors
/// Whatever keeps them from being set.
pub async fn set_and_wait(
    api: &Api,
    backup: &mut Backup,
    rules: Option<&RulesDocument>,
) -> Result<(), ProvisionError> {
    let keeps = backup.found.keeps();
    if rules.is_none() && keeps.is_none() {
        return Ok(());
    }
    backup.saved.written.push(rules.cloned());
    backup.save()?;
    let set = match (rules, keeps) {
        (Some(rules), _) => api.put_rules(rules).await,
        (None, Some(keeps)) => api.delete_rules(keeps).await,
        (None, None) => Ok(()),
    };
    if let Err(error) = set {
        if error.is_refusal() {
            backup.saved.written.pop();
            backup.save()?;
        }
        return Err(error);
    }
    wait_until_visible(api, &backup.found.policy(), rules).await
}
