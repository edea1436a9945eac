//! From when to when a certificate is valid (RFC 5280 §4.1.2.5), which the TLS library tells only of certificates that
//! it takes for those of servers.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use tokio_rustls::rustls::{CertificateError, pki_types::UnixTime};

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// The first and the last second, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    from: DateTime,
    until: DateTime,
}

impl Validity {
    /// Whether a certificate is valid at a time.
    ///
    /// # Errors
    /// That it is not yet, or no longer.
    pub(super) fn check(self, now: UnixTime) -> Result<(), CertificateError> {
        let now = i64::try_from(now.as_secs()).ok().and_then(|now| Timestamp::from_second(now).ok());
        let now = now.ok_or(CertificateError::BadEncoding)?;
        let now = TimeZone::UTC.to_datetime(now);
        if now < self.from {
            Err(CertificateError::NotValidYet)
        } else if now > self.until {
            Err(CertificateError::Expired)
        } else {
            Ok(())
        }
    }
}

/// What a certificate in DER says; `None`: it is malformed.
pub(super) fn of(der: &[u8]) -> Option<Validity> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (to_be_signed, _) = element(certificate, SEQUENCE)?;
    let rest = element(to_be_signed, VERSION).map_or(to_be_signed, |(_, rest)| rest);
    let (_serial, rest) = element(rest, INTEGER)?;
    let (_algorithm, rest) = element(rest, SEQUENCE)?;
    let (_issuer, rest) = element(rest, SEQUENCE)?;
    let (validity, _) = element(rest, SEQUENCE)?;
    let (from, rest) = time(validity)?;
    let (until, _) = time(rest)?;
    Some(Validity { from, until })
}

/// The content of an element with this tag, and what stands behind it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        ..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    (*found == tag).then(|| rest.split_at_checked(length))?
}

fn time(bytes: &[u8]) -> Option<(DateTime, &[u8])> {
    let (text, rest, short) = match element(bytes, UTC_TIME) {
        Some((text, rest)) => (text, rest, true),
        None => element(bytes, GENERALIZED_TIME).map(|(text, rest)| (text, rest, false))?,
    };
    let text = std::str::from_utf8(text).ok()?;
    // Two digits mean 1950 to 2049.
    let century = if !short {
        ""
    } else if text < "50" {
        "20"
    } else {
        "19"
    };
    let time = DateTime::strptime("%Y%m%d%H%M%SZ", format!("{century}{text}")).ok()?;
    Some((time, rest))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag];
        match content.len() {
            short @ 0..0x80 => bytes.push(short as u8),
            long => bytes.extend([0x82, (long >> 8) as u8, long as u8]),
        }
        bytes.extend(content);
        bytes
    }

    fn certificate(version: bool, validity: &[u8]) -> Vec<u8> {
        let version = if version { der(VERSION, &der(INTEGER, &[2])) } else { Vec::new() };
        let parts = [
            version,
            der(INTEGER, &[1]),
            der(SEQUENCE, &[]),
            der(SEQUENCE, &[0; 300]),
            der(SEQUENCE, validity),
        ];
        der(SEQUENCE, &der(SEQUENCE, &parts.concat()))
    }

    #[test]
    fn a_certificate_is_valid_between_its_times() {
        let validity = [der(UTC_TIME, b"700101000010Z"), der(GENERALIZED_TIME, b"19700101000020Z")].concat();
        for version in [true, false] {
            let validity = of(&certificate(version, &validity)).unwrap();
            for (second, expected) in [
                (9, Err(CertificateError::NotValidYet)),
                (10, Ok(())),
                (20, Ok(())),
                (21, Err(CertificateError::Expired)),
            ] {
                let now = UnixTime::since_unix_epoch(Duration::from_secs(second));
                assert_eq!(validity.check(now), expected, "{second}");
            }
        }
        let century = [der(UTC_TIME, b"500101000000Z"), der(UTC_TIME, b"491231235959Z")].concat();
        let century = of(&certificate(true, &century)).unwrap();
        assert_eq!((century.from.year(), century.until.year()), (1950, 2049));
    }

    #[test]
    fn malformed_bytes_have_no_validity() {
        let whole = certificate(true, &[der(UTC_TIME, b"500101000000Z"), der(UTC_TIME, b"x")].concat());
        assert_eq!(of(&whole), None);
        let sound = certificate(true, &der(UTC_TIME, b"500101000000Z").repeat(2));
        assert!(of(&sound).is_some());
        for end in 0..sound.len() {
            assert_eq!(of(&sound[..end]), None, "{end}");
        }
    }
}
