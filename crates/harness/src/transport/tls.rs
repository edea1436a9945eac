use std::{
    io,
    sync::{Arc, OnceLock},
};

use crosscheck_core::exchange::{Failure, Stage};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use thiserror::Error;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, CertificateError, ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{InvalidDnsNameError, ServerName},
    },
};

use super::{Alpn, TlsConfig};

/// Why certificates that were given cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TlsError {
    /// There is no certificate in the text.
    #[error("the CA file contains no certificate in PEM form (`-----BEGIN CERTIFICATE-----`)")]
    NoCertificate,
    /// One of them is none.
    #[error("certificate {number} in the CA file cannot be read: {message}")]
    Certificate {
        /// Which, from 1.
        number: usize,
        /// What the TLS library says.
        message: String,
    },
    /// The cryptography cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// Opens TLS sessions. What the machine trusts is read when it is first needed.
pub(super) struct Tls {
    given: Vec<CertificateDer<'static>>,
    native_roots: bool,
    http1: OnceLock<Result<TlsConnector, String>>,
    http2: OnceLock<Result<TlsConnector, String>>,
}

impl Tls {
    pub(super) fn new(config: &TlsConfig) -> Result<Self, TlsError> {
        let given = config.ca_pem.as_deref().map(certificates).transpose()?.unwrap_or_default();
        Ok(Self { given, native_roots: config.native_roots, http1: OnceLock::new(), http2: OnceLock::new() })
    }

    /// The name under which a server must show its certificate.
    pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, InvalidDnsNameError> {
        ServerName::try_from(host.to_owned())
    }

    /// What opens sessions, or why there is nothing.
    pub(super) fn connector(&self, alpn: Alpn) -> Result<&TlsConnector, Failure> {
        let kept = match alpn {
            Alpn::Http1 => &self.http1,
            Alpn::Http2 => &self.http2,
        };
        let built = kept.get_or_init(|| connector(self.given.clone(), self.native_roots, alpn));
        built.as_ref().map_err(|message| Failure { stage: Stage::Tls, message: message.clone() })
    }
}

/// The certificates of a PEM file, each tried as a trust anchor.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let mut found = Vec::new();
    for (index, item) in CertificateDer::pem_slice_iter(pem).enumerate() {
        let error = |message: String| TlsError::Certificate { number: index + 1, message };
        let certificate = item.map_err(|e| error(e.to_string()))?;
        RootCertStore::empty().add(certificate.clone()).map_err(|e| error(e.to_string()))?;
        found.push(certificate);
    }
    if found.is_empty() { Err(TlsError::NoCertificate) } else { Ok(found) }
}

fn connector(
    given: Vec<CertificateDer<'static>>,
    native_roots: bool,
    alpn: Alpn,
) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    let mut trouble = String::new();
    if native_roots {
        let native = rustls_native_certs::load_native_certs();
        trouble = native.errors.iter().map(|error| format!(" ({error})")).collect();
        roots.add_parsable_certificates(native.certs);
    }
    roots.add_parsable_certificates(given);
    if roots.is_empty() {
        return Err(format!(
            "no certificate authority is known on this machine{trouble}; name a PEM file with --ca-file"
        ));
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.name().to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The failure in words that say what to do, where the error is one of TLS.
pub(super) fn failure(error: &io::Error) -> Option<Failure> {
    let cause = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let message = match cause {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "the server's certificate is signed by an authority that is not trusted here; if it is yours, \
             name its PEM file with --ca-file"
                .to_owned()
        }
        rustls::Error::InvalidCertificate(CertificateError::BadSignature) => {
            "the server's certificate names a trusted authority, but was signed with another key; if that \
             authority was made anew, name its present PEM file with --ca-file"
                .to_owned()
        }
        rustls::Error::InvalidMessage(_) => {
            format!("the server does not speak TLS at this port ({cause}); try http://")
        }
        _ => format!("no TLS session: {cause}"),
    };
    Some(Failure { stage: Stage::Tls, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pem: &[u8]) -> Result<(), TlsError> {
        Tls::new(&TlsConfig { native_roots: false, ca_pem: Some(pem.to_vec()) }).map(|_| ())
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        assert_eq!(check(b""), Err(TlsError::NoCertificate));
        assert_eq!(check(b"no certificate"), Err(TlsError::NoCertificate));
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(check(broken), Err(TlsError::Certificate { number: 1, .. })));
        let key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert_eq!(check(key), Err(TlsError::NoCertificate));
    }

    #[test]
    fn trusting_nobody_is_said() {
        let tls = Tls::new(&TlsConfig { native_roots: false, ca_pem: None }).unwrap();
        let failure = tls.connector(Alpn::Http1).err().unwrap();
        assert_eq!(failure.stage, Stage::Tls);
        assert!(failure.message.contains("--ca-file"));
    }
}
