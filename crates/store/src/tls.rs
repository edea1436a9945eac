//! Makes a certificate authority for one server and one run, and a certificate of it.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls_pki_types::PrivateKeyDer;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring},
};

/// What a server needs to speak TLS.
#[derive(Clone)]
pub struct Tls {
    /// The certificate authority that a client has to trust, as PEM.
    pub ca_pem: String,
    pub(super) acceptor: TlsAcceptor,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("ca_pem", &self.ca_pem).finish_non_exhaustive()
    }
}

/// Why there is no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no certificate can be made: {0}")]
pub struct TlsError(String);

impl Tls {
    /// A certificate for loopback and these domains, for all names right below each of them, and for
    /// these buckets below `localhost`, where many clients take no wildcard.
    ///
    /// # Errors
    /// A domain that no certificate can have.
    pub fn generate(domains: &[String], buckets: &[&str]) -> Result<Self, TlsError> {
        let told = |error: rcgen::Error| TlsError(error.to_string());
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority
            .distinguished_name
            .push(DnType::CommonName, "Crosscheck reference store, one run's authority");
        let issuer =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().map_err(told)?).map_err(told)?;
        let mut names = vec!["127.0.0.1".to_owned(), "::1".to_owned()];
        for domain in ["localhost"].into_iter().chain(domains.iter().map(String::as_str)) {
            names.push(domain.to_owned());
            names.push(format!("*.{domain}"));
        }
        names.extend(buckets.iter().map(|bucket| format!("{bucket}.localhost")));
        let mut leaf = CertificateParams::new(names).map_err(told)?;
        leaf.distinguished_name.push(DnType::CommonName, "Crosscheck reference store");
        leaf.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(told)?;
        let certificate = leaf.signed_by(&key, &issuer).map_err(told)?;
        let chain = vec![certificate.der().clone()];
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let refused = |error: tokio_rustls::rustls::Error| TlsError(error.to_string());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(refused)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { ca_pem: issuer.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}
