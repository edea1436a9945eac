//! A certificate for loopback, made at the start.

use std::{error::Error, path::Path, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls_pki_types::PrivateKeyDer;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring},
};

/// What opens TLS sessions; the certificate to trust is written to `file`.
pub(crate) fn acceptor(file: &Path) -> Result<TlsAcceptor, Box<dyn Error>> {
    let names = ["127.0.0.1", "localhost"].map(str::to_owned);
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names)?;
    std::fs::write(file, cert.pem())?;
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
