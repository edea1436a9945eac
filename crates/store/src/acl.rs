//! Decides what a bucket's access control list lets whom do.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The access control list of a bucket, in the words that OSS and S3 share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acl {
    /// Only its owner reads and writes.
    #[default]
    Private,
    /// Anybody reads.
    PublicRead,
    /// Anybody reads and writes objects.
    PublicReadWrite,
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Reads objects, or lists them.
    Read,
    /// Writes or deletes objects.
    Write,
    /// Reads or changes what belongs to the bucket itself.
    Configure,
}

impl Acl {
    /// As the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
        }
    }

    /// Whether somebody who did not sign may do this.
    pub(super) const fn permits_anybody(self, act: Act) -> bool {
        match act {
            Act::Read => matches!(self, Self::PublicRead | Self::PublicReadWrite),
            Act::Write => matches!(self, Self::PublicReadWrite),
            Act::Configure => false,
        }
    }
}

/// No access control list of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no access control list: private, public-read or public-read-write")]
pub struct UnknownAcl(pub String);

impl FromStr for Acl {
    type Err = UnknownAcl;

    fn from_str(name: &str) -> Result<Self, UnknownAcl> {
        [Self::Private, Self::PublicRead, Self::PublicReadWrite]
            .into_iter()
            .find(|acl| acl.name() == name)
            .ok_or_else(|| UnknownAcl(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_permits_what_its_name_says() {
        let rows = [
            (Acl::Private, [false, false, false]),
            (Acl::PublicRead, [true, false, false]),
            (Acl::PublicReadWrite, [true, true, false]),
        ];
        for (acl, permitted) in rows {
            assert_eq!(
                [Act::Read, Act::Write, Act::Configure].map(|act| acl.permits_anybody(act)),
                permitted,
                "{acl:?}"
            );
            assert_eq!(acl.name().parse(), Ok(acl));
        }
        assert!("authenticated-read".parse::<Acl>().is_err());
    }
}
