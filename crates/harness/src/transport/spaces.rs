//! Which addresses a connection may have: none that is less public than where the request comes from.
//! Decided by the addresses that are really connected to, so that a name cannot change its address to get
//! around it.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use crosscheck_core::exchange::{Failure, Stage};

use super::{AddressSpace, pool::Key};

/// How public each host is that was connected to.
#[derive(Debug, Default)]
pub(super) struct Spaces(Mutex<HashMap<(String, u16), AddressSpace>>);

/// The least public address that a connection may have, and which host sets this limit; `None`: any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Floor(Option<(AddressSpace, String)>);

impl Spaces {
    /// Remembers the space of an address that a host was connected at.
    pub(super) fn connected(&self, key: &Key, space: AddressSpace) {
        let mut spaces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = spaces.entry(at(key)).or_insert(space);
        *known = space.max(*known);
    }

    /// How public a host is, as far as it was connected to.
    pub(super) fn known(&self, key: &Key) -> Option<AddressSpace> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&at(key)).copied()
    }

    /// The limit for connections to a host: it stays as public as it was, and a redirect does not lead
    /// to an address that is less public than the host of the answer. A host of which no address is
    /// known counts as public.
    pub(super) fn floor(&self, key: &Key, redirected_from: Option<&Key>) -> Floor {
        let limit = |key: &Key, space| (space, key.host.clone());
        let own = self.known(key).map(|space| limit(key, space));
        let from = redirected_from.map(|from| limit(from, self.known(from).unwrap_or(AddressSpace::Public)));
        Floor(own.into_iter().chain(from).max_by_key(|(space, _)| *space))
    }
}

fn at(key: &Key) -> (String, u16) {
    (key.host.clone(), key.port)
}

impl Floor {
    /// Any address.
    pub(super) const NONE: Self = Self(None);

    pub(super) fn permits(&self, space: AddressSpace) -> bool {
        self.0.as_ref().is_none_or(|(least, _)| space >= *least)
    }

    /// Those of a host's addresses that a connection may have.
    ///
    /// # Errors
    /// That there is none.
    pub(super) fn permitted(&self, key: &Key, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Failure> {
        let (permitted, refused): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|address| self.permits(AddressSpace::of(address.ip())));
        match refused.first().filter(|_| permitted.is_empty()) {
            Some(address) => {
                let space = AddressSpace::of(address.ip());
                Err(self.refusal(key, space, &format!("{space} address {}", address.ip())))
            }
            None => Ok(permitted),
        }
    }

    /// That a host is at an address of a space that is not permitted.
    pub(super) fn refusal(&self, key: &Key, space: AddressSpace, address: &str) -> Failure {
        let (least, from) = self.0.clone().unwrap_or_else(|| (space, key.host.clone()));
        let message = format!(
            "{} is at the {address}, and {from} is at a {least} one; --follow-private follows it",
            key.host
        );
        Failure::new(Stage::PrivateAddress, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(host: &str) -> Key {
        Key { secure: false, host: host.to_owned(), port: 80 }
    }

    #[test]
    fn a_connection_is_as_public_as_where_it_comes_from() {
        use AddressSpace::{Loopback, Private, Public};
        // (space of the host that redirects, addresses of the next, which of them are permitted)
        let table: &[(Option<AddressSpace>, &[&str], Option<&[&str]>)] = &[
            (Some(Public), &["127.0.0.1"], None),
            (Some(Public), &["10.0.0.1"], None),
            (Some(Public), &["169.254.169.254"], None),
            (Some(Public), &["100.64.0.1"], None),
            (Some(Public), &["fd00::1"], None),
            (Some(Public), &["::ffff:127.0.0.1"], None),
            (Some(Public), &["8.8.8.8"], Some(&["8.8.8.8"])),
            (Some(Public), &["127.0.0.1", "8.8.8.8"], Some(&["8.8.8.8"])),
            (Some(Private), &["127.0.0.1"], None),
            (Some(Private), &["10.0.0.1", "8.8.8.8"], Some(&["10.0.0.1", "8.8.8.8"])),
            (Some(Loopback), &["127.0.0.1", "::1"], Some(&["127.0.0.1", "::1"])),
            (None, &["127.0.0.1"], None),
        ];
        for (from, addresses, expected) in table {
            let spaces = Spaces::default();
            if let Some(from) = from {
                spaces.connected(&key("from.example"), *from);
            }
            let floor = spaces.floor(&key("to.example"), Some(&key("from.example")));
            let found = addresses.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 80)).collect();
            let permitted = floor.permitted(&key("to.example"), found);
            let texts = permitted.map(|all| all.iter().map(|one| one.ip().to_string()).collect::<Vec<_>>());
            match expected {
                Some(expected) => assert_eq!(texts.unwrap(), *expected, "{from:?} {addresses:?}"),
                None => {
                    let failure = texts.unwrap_err();
                    assert_eq!(failure.stage, Stage::PrivateAddress, "{from:?} {addresses:?}");
                    assert!(failure.message.starts_with("to.example is at the "), "{failure}");
                }
            }
        }
    }

    #[test]
    fn a_host_that_was_public_stays_public() {
        let (spaces, host) = (Spaces::default(), key("api.example"));
        let loopback = || vec![SocketAddr::new("127.0.0.1".parse().unwrap(), 80)];
        assert!(spaces.floor(&host, None).permitted(&host, loopback()).is_ok());
        spaces.connected(&host, AddressSpace::Loopback);
        assert!(spaces.floor(&host, None).permitted(&host, loopback()).is_ok());
        spaces.connected(&host, AddressSpace::Public);
        spaces.connected(&host, AddressSpace::Loopback);
        let failure = spaces.floor(&host, None).permitted(&host, loopback()).unwrap_err();
        assert_eq!(failure.stage, Stage::PrivateAddress);
    }
}
