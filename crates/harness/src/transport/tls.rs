mod trust;
mod validity;

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
        client::danger::ServerCertVerifier,
        crypto::ring,
        pki_types::{InvalidDnsNameError, ServerName},
    },
};

use self::trust::{Insecure, Trusting};
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
    insecure: bool,
    http1: OnceLock<Result<TlsConnector, String>>,
    http2: OnceLock<Result<TlsConnector, String>>,
}

impl Tls {
    pub(super) fn new(config: &TlsConfig) -> Result<Self, TlsError> {
        let given = config.ca_pem.as_deref().map(certificates).transpose()?.unwrap_or_default();
        let TlsConfig { native_roots, insecure, .. } = *config;
        Ok(Self { given, native_roots, insecure, http1: OnceLock::new(), http2: OnceLock::new() })
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
        let built = kept.get_or_init(|| Ok(TlsConnector::from(Arc::new(self.client_config(alpn)?))));
        built.as_ref().map_err(|message| Failure::new(Stage::Tls, message))
    }

    /// The same as the TLS library takes it.
    pub(super) fn client_config(&self, alpn: Alpn) -> Result<ClientConfig, String> {
        let provider = Arc::new(ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match self.insecure {
            true => Arc::new(Insecure(Arc::clone(&provider))),
            false => Arc::new(Trusting::new(self.roots()?, self.given.clone(), Arc::clone(&provider))?),
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS cannot be set up: {error}"))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.alpn_protocols = vec![alpn.name().to_vec()];
        Ok(config)
    }

    /// What refuses every server, where none is spoken to over TLS.
    #[cfg(feature = "control")]
    pub(super) fn trusting_none() -> Result<ClientConfig, String> {
        Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS cannot be set up: {error}"))?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth())
    }

    /// Every authority that is trusted.
    fn roots(&self) -> Result<RootCertStore, String> {
        let mut roots = RootCertStore::empty();
        let mut trouble = String::new();
        if self.native_roots {
            let native = rustls_native_certs::load_native_certs();
            trouble = native.errors.iter().map(|error| format!(" ({error})")).collect();
            roots.add_parsable_certificates(native.certs);
        }
        roots.add_parsable_certificates(self.given.clone());
        if roots.is_empty() {
            return Err(format!(
                "no certificate authority is known on this machine{trouble}; name a PEM file with --ca-file"
            ));
        }
        Ok(roots)
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

/// The failure in words that say what to do, where the error is one of TLS.
pub(super) fn failure(error: &io::Error) -> Option<Failure> {
    let inner = error.get_ref()?;
    // Some HTTP clients wrap the error of a connection in another.
    if let Some(wrapped) = inner.downcast_ref::<io::Error>() {
        return failure(wrapped);
    }
    let cause = inner.downcast_ref::<rustls::Error>()?;
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
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "the server's certificate has expired".to_owned(),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => "the server's certificate is not valid yet".to_owned(),
        // Such as the certificate of an authority that a server shows as its own.
        rustls::Error::InvalidCertificate(CertificateError::Other(why)) => format!(
            "the server's certificate is not accepted: {why}; if it is yours, name its PEM file with --ca-file"
        ),
        rustls::Error::InvalidCertificate(why) => {
            format!("the server's certificate is not accepted: {why}")
        }
        rustls::Error::InvalidMessage(_) => {
            format!("the server does not speak TLS at this port ({cause}); try http://")
        }
        _ => format!("no TLS session: {cause}"),
    };
    Some(Failure::new(Stage::Tls, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pem: &[u8]) -> Result<(), TlsError> {
        Tls::new(&TlsConfig { native_roots: false, ca_pem: Some(pem.to_vec()), insecure: false }).map(|_| ())
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
        let tls = Tls::new(&TlsConfig { native_roots: false, ca_pem: None, insecure: false }).unwrap();
        let failure = tls.connector(Alpn::Http1).err().unwrap();
        assert_eq!(failure.stage, Stage::Tls);
        assert!(failure.message.contains("--ca-file"));
    }
}
