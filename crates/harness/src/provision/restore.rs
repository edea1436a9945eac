//! Puts back what was found on a bucket, and waits until changes can be seen.

use std::{path::Path, time::Duration};

use crosscheck_core::policy::Policy;
use tokio::time::sleep;

use super::{
    Api, Found, Holds, ProvisionError, RulesDocument, Saved,
    compare::{self, same_rules},
    document::Keeps,
    saved::{Lock, folder_of, lock_path, remove},
    timeouts::Pauses,
};

/// Where preflights ask what is in force; no object needs to be there.
const PROBE: &str = "crosscheck-probe";

/// What was done to a bucket's rules to put back what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// They were replaced by those that were found.
    Replaced,
    /// They were deleted, as there were none.
    Deleted,
    /// Nothing: none had been written, or none had arrived.
    Untouched,
}

/// Puts back what a file says was found. `force`: even where others changed the rules since.
///
/// # Errors
/// Whatever keeps it from being put back; the file stays then, and a backup stays anyway.
pub async fn restore_file(
    path: &Path,
    saved: &Saved,
    api: &Api,
    (wait, holds): (Duration, &Holds),
    force: bool,
) -> Result<Restored, ProvisionError> {
    if api.bucket.dialect != saved.dialect {
        return Err(ProvisionError::ForeignDialect);
    }
    let _lock = Lock::take(&lock_path(folder_of(path), api.root()), wait).await?;
    let restored = put_all_back(api, saved, (path, force)).await?;
    holds.end(&saved.token)?;
    if path.to_string_lossy().ends_with(".lease.json") {
        remove(path)?;
    }
    Ok(restored)
}

/// Whether the rules of the bucket are those that were found, or ours.
pub(super) fn check_known(saved: &Saved, present: &Found, file: &Path) -> Result<(), ProvisionError> {
    let mut known = std::iter::once(&saved.found).chain(&saved.written);
    let is_known = known.any(|known| match (known, &present.rules) {
        (None, None) => true,
        (Some(known), Some(present)) => {
            known.xml() == present.xml() || same_rules(known.policy(), present.policy(), saved.dialect)
        }
        _ => false,
    });
    if is_known { Ok(()) } else { Err(ProvisionError::Changed(file.to_owned())) }
}

/// Puts back rules and removes objects, on a store that has just shown that it knows `?cors`. Objects first: a bucket with strange rules and no strange
/// objects is better found out about than the reverse.
pub(super) async fn put_all_back(
    api: &Api,
    saved: &Saved,
    terms: (&Path, bool),
) -> Result<Restored, ProvisionError> {
    let present = api.get_rules().await?;
    let mut removed = Ok(());
    for key in &saved.objects {
        // The rules matter more than an object that stays.
        removed = removed.and(api.delete_object(key).await);
    }
    let restored = put_back_from(api, saved, present, terms).await?;
    removed.map(|()| restored)
}

/// Puts back the rules, byte for byte, and waits until they can be read again. Rules that were
/// written may still be on their way when the old ones can be read, so that these are put back
/// whatever is read.
pub(super) async fn put_back(
    api: &Api,
    saved: &Saved,
    terms: (&Path, bool),
) -> Result<Restored, ProvisionError> {
    if saved.written.is_empty() {
        return Ok(Restored::Untouched);
    }
    put_back_from(api, saved, api.get_rules().await?, terms).await
}

/// The same where the rules have just been read.
async fn put_back_from(
    api: &Api,
    saved: &Saved,
    present: Found,
    (file, force): (&Path, bool),
) -> Result<Restored, ProvisionError> {
    if saved.written.is_empty() {
        return Ok(Restored::Untouched);
    }
    if !force {
        check_known(saved, &present, file)?;
    }
    let Some(found) = &saved.found else {
        let Some(keeps) = keeps(api, saved, present, (file, force)).await? else {
            return Ok(Restored::Untouched);
        };
        api.delete_rules(keeps).await?;
        wait_until_readable(api, None).await?;
        return Ok(Restored::Deleted);
    };
    api.put_rules(found).await?;
    wait_until_readable(api, Some(found)).await?;
    Ok(Restored::Replaced)
}

/// Whether the store keeps rules under `?cors`, so that deleting them deletes nothing else. Where it has never given
/// any back, it gets the time in which those that were written must show; if they never do, none arrived.
async fn keeps(
    api: &Api,
    saved: &Saved,
    mut present: Found,
    (file, force): (&Path, bool),
) -> Result<Option<Keeps>, ProvisionError> {
    let mut pauses = Pauses::new(api.timeouts.pause, api.timeouts.visible);
    loop {
        if let Some(keeps) = present.keeps().or(saved.keeps()) {
            return Ok(Some(keeps));
        }
        let Some(pause) = pauses.next(None) else { return Ok(None) };
        sleep(pause).await;
        present = api.get_rules().await?;
        if !force {
            check_known(saved, &present, file)?;
        }
    }
}

/// Waits until reading the rules gives these.
async fn wait_until_readable(api: &Api, wanted: Option<&RulesDocument>) -> Result<(), ProvisionError> {
    let mut pauses = Pauses::new(api.timeouts.pause, api.timeouts.visible);
    let dialect = api.bucket.dialect;
    loop {
        let found = api.get_rules().await?;
        let same = match (wanted, &found.rules) {
            (None, None) => true,
            (Some(wanted), Some(found)) => {
                wanted.xml() == found.xml() || same_rules(wanted.policy(), found.policy(), dialect)
            }
            _ => false,
        };
        if same {
            return Ok(());
        }
        match pauses.next(None) {
            Some(pause) => sleep(pause).await,
            None => return Err(ProvisionError::NotVisible(api.timeouts.visible)),
        }
    }
}

/// Waits until reading the rules gives these, and a preflight shows that they are in force. A
/// store that judges them wrongly never shows it; that is no failure here.
pub(super) async fn wait_until_visible(
    api: &Api,
    before: &Policy,
    wanted: Option<&RulesDocument>,
) -> Result<(), ProvisionError> {
    wait_until_readable(api, wanted).await?;
    let after = &wanted.map(|wanted| wanted.policy().clone()).unwrap_or_default();
    let dialect = api.bucket.dialect;
    let Some(question) = compare::telling_question(before, after, dialect) else { return Ok(()) };
    let mut url = api.root().clone();
    url.set_path(&format!("{}{PROBE}", api.root().path()));
    let request = compare::preflight(&question, &url);
    let mut pauses = Pauses::new(api.timeouts.pause, api.timeouts.preflight);
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
