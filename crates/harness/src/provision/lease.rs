use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crosscheck_core::{fetch, message::Request, policy::Policy};
use tokio::time::sleep;

use super::{
    Api, Found, Holds, Objects, ProvisionError, Restored, RulesDocument, Saved, StoreAnswer, Token,
    holds::Owner,
    restore::{check_known, put_all_back, put_back, wait_until_visible},
    saved::{Lock, create_folder, lock_path, remove, stem},
    timeouts::Pauses,
};

/// Takes what happens on a bucket in use, one line each.
pub(crate) type ProgressSink = Arc<dyn Fn(&str) + Send + Sync>;

/// How a hold on a bucket is to be taken.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Where what was found is saved.
    pub folder: PathBuf,
    /// How long another process is waited for.
    pub wait: Duration,
    /// Where runs write down which rules are theirs.
    pub holds: Holds,
}

/// The hold on a bucket's rules. What was found lies in a file before anything is written, and is
/// put back by [`Lease::restore`]; where that does not come about, from the file, by
/// [`super::restore_file`]. One lease at a time for each bucket.
pub(crate) struct Lease {
    api: Api,
    path: PathBuf,
    saved: Saved,
    now: Policy,
    holds: Holds,
    tell: ProgressSink,
    // Held until everything else is done.
    _lock: Lock,
}

impl Lease {
    /// Takes hold of a bucket's rules: locks, reads, saves. Writes nothing to the bucket.
    ///
    /// # Errors
    /// Another process has hold of them, or did not restore them; they cannot be read, or not be
    /// understood, or not be saved.
    pub(crate) async fn acquire(
        api: Api,
        token: Token,
        terms: &Terms,
        tell: ProgressSink,
    ) -> Result<Self, ProvisionError> {
        let folder = &terms.folder;
        create_folder(folder)?;
        let lock = Lock::take(&lock_path(folder, api.root()), terms.wait).await?;
        let path = folder.join(format!("{}.lease.json", stem(api.root())));
        if path.exists() {
            return Err(ProvisionError::Unrestored(path));
        }
        let found = read_users(&api, &terms.holds).await?;
        let now = found.policy();
        let saved = Saved::new(&api.bucket, token, found.rules);
        saved.write(&path)?;
        tell(&format!("the CORS rules of {} ({}) are saved in {}", api.root(), count(&now), path.display()));
        Ok(Self { api, path, saved, now, holds: terms.holds.clone(), tell, _lock: lock })
    }

    /// Sets these rules and waits until they are in force.
    ///
    /// # Errors
    /// Whatever keeps them from being set; others changed them since.
    pub(crate) async fn set(&mut self, policy: &Policy) -> Result<(), ProvisionError> {
        let dialect = self.api.bucket.dialect;
        let rules = RulesDocument::write(&self.saved.token.mark(policy, dialect), dialect)?;
        let present = self.api.get_rules().await?;
        check_known(&self.saved, &present, &self.path)?;
        let keeps = present.keeps().or(self.saved.keeps());
        if rules.is_none() && keeps.is_none() {
            // There are none, and there have been none.
            self.now = policy.clone();
            return Ok(());
        }
        self.saved.written.push(rules.clone());
        self.saved.write(&self.path)?;
        self.holds.keep(&self.saved, &self.path)?;
        let set = match (&rules, keeps) {
            (Some(rules), _) => self.api.put_rules(rules).await,
            (None, Some(keeps)) => self.api.delete_rules(keeps).await,
            (None, None) => Ok(()),
        };
        if let Err(error) = set {
            if error.is_refusal() {
                // Nothing was changed, and whoever may not set may not put back either.
                self.saved.written.pop();
                self.saved.write(&self.path)?;
            }
            return Err(error);
        }
        wait_until_visible(&self.api, &self.now, rules.as_ref()).await?;
        if rules.is_some() && !self.saved.read_back {
            self.saved.read_back = true;
            self.saved.write(&self.path)?;
        }
        self.now = policy.clone();
        Ok(())
    }

    /// Whether the bucket still has rules of ours, or those that were found.
    ///
    /// # Errors
    /// Somebody else changed them since; they cannot be read.
    pub(crate) async fn check(&self) -> Result<(), ProvisionError> {
        check_known(&self.saved, &self.api.get_rules().await?, &self.path)
    }

    /// Puts the rules back that were found, and goes on holding them.
    ///
    /// # Errors
    /// As for [`Lease::set`].
    pub(crate) async fn set_back(&mut self) -> Result<(), ProvisionError> {
        put_back(&self.api, &self.saved, (&self.path, false)).await?;
        self.now = Found { rules: self.saved.found.clone() }.policy();
        Ok(())
    }

    /// Puts objects, and looks whether everybody can read them.
    ///
    /// # Errors
    /// Whatever keeps them from being put or read.
    pub(crate) async fn put_objects(&mut self, objects: &Objects) -> Result<(), ProvisionError> {
        self.saved.objects.extend(objects.iter().map(|(key, _)| key.clone()));
        self.saved.write(&self.path)?;
        for (key, object) in objects.iter() {
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
        if let Some((key, _)) = objects.iter().next() {
            let request = Request::new("GET", self.api.bucket.object_url(key));
            let response = self.api.ask("GetObject", &request).await?;
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
    pub(crate) async fn restore(self) -> Result<(), ProvisionError> {
        let restored = put_all_back(&self.api, &self.saved, (&self.path, false)).await?;
        self.holds.end(&self.saved.token)?;
        remove(&self.path)?;
        if restored != Restored::Untouched {
            (self.tell)(&format!("the CORS rules of {} are restored", self.api.root()));
        }
        Ok(())
    }

    /// Where the bucket's objects are.
    pub(crate) fn root(&self) -> &url::Url {
        self.api.root()
    }

    /// The file with what was found.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Reads rules that are the user's. Rules of ours can be read for a while after they were replaced, and are waited out.
pub(super) async fn read_users(api: &Api, holds: &Holds) -> Result<Found, ProvisionError> {
    let address = &api.bucket.address;
    let mut pauses = Pauses::new(api.timeouts.pause, api.timeouts.visible);
    loop {
        let found = api.get_rules().await?;
        let owner = holds.owner(&found, (&address.name, &address.root), api.bucket.dialect)?;
        let pause = match &owner {
            Owner::Users => return Ok(found),
            Owner::Ours(_) => None,
            Owner::Marked(_) | Owner::MaybeLate => pauses.next(None),
        };
        match (pause, owner) {
            (Some(pause), _) => sleep(pause).await,
            (None, Owner::Ours(claim) | Owner::Marked(claim)) => return Err(ProvisionError::Ours(claim)),
            // They stay: the user set the same.
            (None, Owner::Users | Owner::MaybeLate) => return Ok(found),
        }
    }
}

/// How many rules there are, in words.
fn count(policy: &Policy) -> String {
    match policy.rules.len() {
        0 => "there were none".to_owned(),
        1 => "1 rule".to_owned(),
        rules => format!("{rules} rules"),
    }
}
