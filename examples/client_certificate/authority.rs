//! An authority that issues certificates for this example.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tower_challenge::client::ClientCertificate;

/// The authority. It writes what curl needs into a folder.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// The certificate of the authority.
    pub(crate) root: CertificateDer<'static>,
    folder: PathBuf,
}

impl Authority {
    /// Makes an authority with a new key, and writes its certificate to `authority.pem` in `folder`.
    pub(crate) fn new(folder: &Path) -> Result<Self, Box<dyn Error>> {
        fs::create_dir_all(folder)?;
        let key = KeyPair::generate()?;
        let mut params = named("the authority of the example");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key)?;
        fs::write(folder.join("authority.pem"), certificate.pem())?;
        Ok(Self {
            root: certificate.der().clone(),
            issuer: Issuer::new(params, key),
            folder: folder.to_owned(),
        })
    }

    /// Issues a certificate for the client `name`, and writes it with its key to `NAME.pem`, as `curl --cert` reads it.
    pub(crate) fn issue(&self, name: &str) -> Result<ClientCertificate, Box<dyn Error>> {
        let key = KeyPair::generate()?;
        let mut params = named(name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &self.issuer)?;
        let pem = certificate.pem() + &key.serialize_pem();
        fs::write(self.folder.join(name).with_extension("pem"), pem)?;
        Ok(ClientCertificate::from_der(certificate.der().to_vec()))
    }

    /// Issues the certificate of the server, and returns it with its key.
    pub(crate) fn issue_for_server(
        &self,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), Box<dyn Error>> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(["127.0.0.1".to_owned()])?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::try_from(key.serialize_der())?;
        Ok((certificate.der().clone(), key))
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
