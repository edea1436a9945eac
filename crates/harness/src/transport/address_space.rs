//! How public an address is: what Fetch's Local Network Access calls its address space. Decided by the
//! address itself, whatever it was written as or resolved from.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// How public an address is, the least public first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AddressSpace {
    /// This machine.
    Loopback,
    /// A network that is not the internet: private, link-local, unique-local and shared addresses, and
    /// every other range that the registries of special-purpose addresses call not globally reachable.
    Private,
    /// The internet.
    Public,
}

impl AddressSpace {
    /// The space of an address. An IPv4 address within an IPv6 address counts as itself.
    pub(crate) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }
}

impl fmt::Display for AddressSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::Public => "public",
        })
    }
}

/// IPv4 ranges that are not globally reachable, besides loopback: address and prefix length, from the IANA
/// IPv4 Special-Purpose Address Registry, and multicast.
const PRIVATE_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The same within `2000::/3`, outside of which nothing is the internet, from the IANA IPv6 Special-Purpose
/// Address Registry. Of `2001::/23`, which is for protocols, some parts are reachable; no web server has one.
const PRIVATE_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// `64:ff9b::/96`, which translators turn into the IPv4 address that it ends with (RFC 6052 §2.1).
const TRANSLATED: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

fn of_v4(address: Ipv4Addr) -> AddressSpace {
    // Systems connect 0.0.0.0 to themselves.
    if address.is_loopback() || address.octets()[0] == 0 {
        return AddressSpace::Loopback;
    }
    let within =
        |(base, prefix): &(Ipv4Addr, u32)| (address.to_bits() ^ base.to_bits()).leading_zeros() >= *prefix;
    if PRIVATE_V4.iter().any(within) { AddressSpace::Private } else { AddressSpace::Public }
}

fn of_v6(address: Ipv6Addr) -> AddressSpace {
    let bits = address.to_bits();
    let within = |(base, prefix): &(Ipv6Addr, u32)| (bits ^ base.to_bits()).leading_zeros() >= *prefix;
    if address.is_loopback() || address.is_unspecified() {
        return AddressSpace::Loopback;
    }
    // ::ffff:a.b.c.d, and the older ::a.b.c.d.
    if let Some(inner) = address.to_ipv4() {
        return of_v4(inner);
    }
    let segments = address.segments();
    let inner = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    if within(&TRANSLATED) {
        return of_v4(inner(segments[6], segments[7]));
    }
    // 6to4: packets go to the IPv4 address within (RFC 3056 §2).
    if segments[0] == 0x2002 {
        return of_v4(inner(segments[1], segments[2]));
    }
    let internet = segments[0] & 0xe000 == 0x2000;
    if internet && !PRIVATE_V6.iter().any(within) { AddressSpace::Public } else { AddressSpace::Private }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{AddressSpace::*, *};

    #[test]
    fn an_address_is_of_its_space_in_whatever_form() {
        for (address, space) in [
            ("127.0.0.1", Loopback),
            ("127.255.255.254", Loopback),
            ("0.0.0.0", Loopback),
            ("0.1.2.3", Loopback),
            ("10.0.0.1", Private),
            ("11.0.0.1", Public),
            ("100.63.255.255", Public),
            ("100.64.0.1", Private),
            ("100.127.255.255", Private),
            ("100.128.0.0", Public),
            ("169.254.169.254", Private),
            ("172.15.255.255", Public),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("172.32.0.0", Public),
            ("192.0.0.170", Private),
            ("192.0.2.1", Private),
            ("192.168.1.1", Private),
            ("192.169.0.1", Public),
            ("198.18.0.1", Private),
            ("198.19.255.255", Private),
            ("198.20.0.0", Public),
            ("198.51.100.7", Private),
            ("203.0.113.7", Private),
            ("224.0.0.1", Private),
            ("239.255.255.255", Private),
            ("240.0.0.1", Private),
            ("255.255.255.255", Private),
            ("8.8.8.8", Public),
            ("223.255.255.255", Public),
            ("::1", Loopback),
            ("::", Loopback),
            ("::2", Loopback),
            ("::ffff:127.0.0.1", Loopback),
            ("::ffff:10.1.2.3", Private),
            ("::ffff:8.8.8.8", Public),
            ("::10.0.0.1", Private),
            ("64:ff9b::7f00:1", Loopback),
            ("64:ff9b::a00:1", Private),
            ("64:ff9b::808:808", Public),
            ("64:ff9b:1::808:808", Private),
            ("2002:7f00:1::1", Loopback),
            ("2002:c0a8:101::1", Private),
            ("2002:808:808::1", Public),
            ("100::1", Private),
            ("2001::1", Private),
            ("2001:1ff:ffff::1", Private),
            ("2001:200::1", Public),
            ("2001:db8::1", Private),
            ("2001:4860:4860::8888", Public),
            ("3fff:fff::1", Private),
            ("3fff:1000::1", Public),
            ("fc00::1", Private),
            ("fdff::1", Private),
            ("fe80::1", Private),
            ("fec0::1", Private),
            ("ff02::1", Private),
            ("4000::1", Private),
            ("5f00::1", Private),
        ] {
            assert_eq!(AddressSpace::of(address.parse().unwrap()), space, "{address}");
        }
    }

    #[test]
    fn a_url_hides_no_address() {
        for (url, space) in [
            ("http://2130706433/", Loopback),
            ("http://0x7f.1/", Loopback),
            ("http://0177.0.0.1/", Loopback),
            ("http://127.1/", Loopback),
            ("http://0/", Loopback),
            ("http://%31%32%37.0.0.1/", Loopback),
            ("http://１２７.0.0.1/", Loopback),
            ("http://0xa9fea9fe/", Private),
            ("http://[::ffff:7f00:1]/", Loopback),
            ("http://[::ffff:169.254.169.254]/", Private),
            ("http://134744072/", Public),
        ] {
            let address: IpAddr = match Url::parse(url).unwrap().host().unwrap() {
                url::Host::Ipv4(address) => address.into(),
                url::Host::Ipv6(address) => address.into(),
                url::Host::Domain(name) => panic!("{url} is the name {name}"),
            };
            assert_eq!(AddressSpace::of(address), space, "{url}");
        }
    }

    #[test]
    fn spaces_are_in_order() {
        assert!(Loopback < Private && Private < Public);
    }
}
