use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crosscheck_core::{case::model::Given, interleave::Place, message::ObjectSpec, policy::Policy};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};

use super::SetupError;
use crate::provision::{Api, Lease, Objects, ProgressSink, ProvisionError, Terms, Token};

/// What is set up on a bucket that is not ours, and by how many tests it is used. Tests that need
/// other rules wait until nobody needs the present ones.
pub(super) struct Stage {
    state: Arc<Mutex<State>>,
    users: Arc<Users>,
}

/// Keeps what was set up until it is dropped.
#[derive(Debug, Default)]
pub struct Hold(Option<Arc<Users>>);

#[derive(Debug, Default)]
struct Users {
    count: AtomicUsize,
    left: Notify,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(users) = &self.0 {
            users.count.fetch_sub(1, Ordering::SeqCst);
            users.left.notify_waiters();
        }
    }
}

struct State {
    lease: Access,
    terms: Terms,
    tell: ProgressSink,
    /// The rules that are set.
    now: Now,
    /// Why the rules of the last attempt could not be set.
    failed: Option<(Option<Policy>, Arc<ProvisionError>)>,
    /// Why objects could not be put.
    failed_objects: Option<Arc<ProvisionError>>,
    /// Objects that were put, each with the prefix below which it lies.
    objects: Vec<(indexmap::IndexMap<String, ObjectSpec>, String)>,
    token: Token,
}

/// Which rules are set.
#[derive(Debug, PartialEq)]
enum Now {
    /// These; `None`: those that were found.
    Rules(Option<Policy>),
    /// An attempt to set others failed on the way.
    Unknown,
}

enum Access {
    /// Not needed yet.
    Idle(Box<Result<Api, ProvisionError>>),
    Held(Box<Lease>),
    /// Cannot be had, or is over.
    Lost(Arc<ProvisionError>),
    Over,
}

impl Stage {
    pub(super) fn new(
        api: Result<Api, ProvisionError>,
        token: Token,
        terms: Terms,
        tell: ProgressSink,
    ) -> Self {
        let state = State {
            lease: Access::Idle(Box::new(api)),
            terms,
            tell,
            now: Now::Rules(None),
            failed: None,
            failed_objects: None,
            objects: Vec::new(),
            token,
        };
        Self { state: Arc::new(Mutex::new(state)), users: Arc::default() }
    }

    /// Sets up what a case needs below this place, and keeps it so while the hold lives.
    pub(super) async fn prepare(
        &self,
        given: Option<&Given>,
        mut place: Place,
    ) -> Result<(Place, Hold), SetupError> {
        let wanted = given.and_then(rules_of);
        let as_wanted = Now::Rules(wanted.clone());
        let objects = given.map(|given| given.objects.clone()).unwrap_or_default();
        let mut state = loop {
            let left = self.users.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            let state = Arc::clone(&self.state).lock_owned().await;
            if state.now == as_wanted || self.users.count.load(Ordering::SeqCst) == 0 {
                break state;
            }
            drop(state);
            left.await;
        };
        if state.now != as_wanted || !objects.is_empty() {
            // On a task of its own: what is on its way to the store is waited for, whoever gives up.
            let done = tokio::spawn(set_up(state, wanted, objects)).await;
            let (back, prefix) = done.map_err(|error| SetupError::Internal(error.to_string()))??;
            state = back;
            if let Some((root, prefix)) = prefix {
                place.base = root;
                place.base.set_path(&format!("{}{prefix}", place.base.path()));
                place.url = place.base.clone();
            }
        }
        self.users.count.fetch_add(1, Ordering::SeqCst);
        drop(state);
        Ok((place, Hold(Some(Arc::clone(&self.users)))))
    }

    /// Whether the rules that were set are still there, as far as anybody could know.
    pub(super) async fn check(&self) -> Result<(), SetupError> {
        let state = Arc::clone(&self.state).lock_owned().await;
        match &state.lease {
            Access::Held(lease) => {
                lease.check().await.map_err(|error| SetupError::Provision(Arc::new(error)))
            }
            Access::Idle(_) | Access::Lost(_) | Access::Over => Ok(()),
        }
    }

    /// Puts back what was found and lets go; nothing more can be set up then.
    pub(super) async fn restore(&self) -> Result<(), (PathBuf, ProvisionError)> {
        let mut state = Arc::clone(&self.state).lock_owned().await;
        match std::mem::replace(&mut state.lease, Access::Over) {
            Access::Held(lease) => {
                let path = lease.path().to_owned();
                lease.restore().await.map_err(|error| (path, error))
            }
            Access::Idle(_) | Access::Over => Ok(()),
            // The lease was never had: there is nothing to put back.
            lost @ Access::Lost(_) => {
                state.lease = lost;
                Ok(())
            }
        }
    }
}

/// The rules that a case sets; `None`: it runs with those that are there.
pub(super) fn rules_of(given: &Given) -> Option<Policy> {
    // No bucket has a switch for credentials.
    given.sets_policy().then(|| Policy { allow_credentials: false, ..given.policy() })
}

type Prefix = Option<(url::Url, String)>;

async fn set_up(
    mut state: OwnedMutexGuard<State>,
    wanted: Option<Policy>,
    objects: indexmap::IndexMap<String, ObjectSpec>,
) -> Result<(OwnedMutexGuard<State>, Prefix), SetupError> {
    // Before anything is written: a path that leaves the run's prefix ends the test here.
    let keyed = state.keyed(&objects)?;
    state.take_lease().await?;
    state.set_rules(wanted).await?;
    let prefix = match keyed {
        Some(keyed) => Some(state.put(objects, keyed).await?),
        None => None,
    };
    Ok((state, prefix))
}

impl State {
    async fn take_lease(&mut self) -> Result<(), SetupError> {
        let api = match std::mem::replace(&mut self.lease, Access::Over) {
            Access::Idle(api) => *api,
            Access::Over => return Err(SetupError::Over),
            other => {
                self.lease = other;
                return match &self.lease {
                    Access::Lost(error) => Err(SetupError::Provision(Arc::clone(error))),
                    _ => Ok(()),
                };
            }
        };
        let lease = match api {
            Ok(api) => Lease::acquire(api, self.token.clone(), &self.terms, Arc::clone(&self.tell)).await,
            Err(error) => Err(error),
        };
        match lease {
            Ok(lease) => {
                self.lease = Access::Held(Box::new(lease));
                Ok(())
            }
            Err(error) => {
                let error = Arc::new(error);
                self.lease = Access::Lost(Arc::clone(&error));
                Err(SetupError::Provision(error))
            }
        }
    }

    async fn set_rules(&mut self, wanted: Option<Policy>) -> Result<(), SetupError> {
        if self.now == Now::Rules(wanted.clone()) {
            return Ok(());
        }
        // What failed for one test of a group fails for all, and what is lasting for every group.
        if let Some((policy, error)) = &self.failed
            && (error.is_lasting() || *policy == wanted)
        {
            return Err(SetupError::Provision(Arc::clone(error)));
        }
        let Access::Held(lease) = &mut self.lease else { return Err(SetupError::Over) };
        let set = match &wanted {
            Some(policy) => lease.set(policy).await,
            None => lease.set_back().await,
        };
        match set {
            Ok(()) => {
                self.now = Now::Rules(wanted);
                Ok(())
            }
            Err(error) => {
                let error = Arc::new(error);
                self.now = Now::Unknown;
                self.failed = Some((wanted, Arc::clone(&error)));
                Err(SetupError::Provision(error))
            }
        }
    }

    /// The keys that objects get; `None`: there are no objects.
    fn keyed(&self, objects: &indexmap::IndexMap<String, ObjectSpec>) -> Result<Option<Objects>, SetupError> {
        let root = match &self.lease {
            Access::Idle(api) => match &**api {
                Ok(api) => api.root(),
                // Taking the lease says why.
                Err(_) => return Ok(None),
            },
            Access::Held(lease) => lease.root(),
            Access::Lost(_) | Access::Over => return Ok(None),
        };
        if objects.is_empty() {
            return Ok(None);
        }
        let keyed = Objects::new(&self.token, self.objects.len(), objects, root);
        keyed.map(Some).map_err(|error| SetupError::Provision(Arc::new(error)))
    }

    async fn put(
        &mut self,
        objects: indexmap::IndexMap<String, ObjectSpec>,
        keyed: Objects,
    ) -> Result<(url::Url, String), SetupError> {
        let Access::Held(lease) = &mut self.lease else { return Err(SetupError::Over) };
        let root = lease.root().clone();
        if let Some((_, prefix)) = self.objects.iter().find(|(there, _)| *there == objects) {
            return Ok((root, prefix.clone()));
        }
        if let Some(error) = &self.failed_objects {
            return Err(SetupError::Provision(Arc::clone(error)));
        }
        if let Err(error) = lease.put_objects(&keyed).await {
            let error = Arc::new(error);
            self.failed_objects = Some(Arc::clone(&error));
            return Err(SetupError::Provision(error));
        }
        self.objects.push((objects, keyed.prefix.clone()));
        Ok((root, keyed.prefix))
    }
}
