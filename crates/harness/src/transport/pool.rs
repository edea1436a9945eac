use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use url::Url;

use super::http1::Connection;

/// What a connection can be used for again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub secure: bool,
    /// As in the URL, an IPv6 address with brackets.
    pub host: String,
    pub port: u16,
}

impl Key {
    /// `None` where the URL is none of HTTP(S).
    pub(super) fn of(url: &Url) -> Option<Self> {
        let secure = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        Some(Self { secure, host: url.host_str()?.to_owned(), port: url.port_or_known_default()? })
    }
}

/// Idle connections, the youngest used first.
pub(super) struct Pool {
    per_key: usize,
    total: usize,
    timeout: Duration,
    idle: Mutex<HashMap<Key, Vec<Idle>>>,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

impl Pool {
    pub(super) fn new(per_key: usize, total: usize, timeout: Duration) -> Self {
        Self { per_key, total, timeout, idle: Mutex::new(HashMap::new()) }
    }

    /// The youngest idle connection, which may have been closed meanwhile.
    pub(super) fn pop(&self, key: &Key) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle.get_mut(key)?;
        let young = waiting.pop().filter(|idle| idle.since.elapsed() < self.timeout);
        if young.is_none() {
            // The others have waited longer still.
            idle.remove(key);
        }
        Some(young?.connection)
    }

    /// Every idle connection; none is kept.
    pub(super) fn drain(&self) -> Vec<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *idle).into_values().flatten().map(|idle| idle.connection).collect()
    }

    /// Keeps a connection for the next request, or closes it where enough are kept.
    pub(super) fn put(&self, key: Key, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // Many hosts were visited; which of them comes next is not known.
        if idle.values().map(Vec::len).sum::<usize>() >= self.total {
            idle.clear();
        }
        let waiting = idle.entry(key).or_default();
        if waiting.len() < self.per_key {
            waiting.push(Idle { connection, since: Instant::now() });
        }
    }
}
