//! Makes the routes for Mutual.

use std::net::SocketAddr;

use axum::routing::get;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tower_challenge::ConfigError;
use tower_challenge::password::HashingPool;
use tower_challenge::scheme::Mutual;
use tower_challenge::scheme::mutual::{HostValidation, MutualAlgorithm, MutualSpace};

use crate::accounts::{self, REALM};
use crate::arguments::{Arguments, TlsFiles};
use crate::index::{Index, Try};
use crate::schemes::members;

const LIST: Try = Try {
    curl: "curl -i URL",
    answer: "200: the algorithms",
};
const BEGINNING: Try = Try {
    curl: "curl -i URL",
    answer: "401: the challenge, with `reason=initial`; then the keys of both sides, and 200: hello mufasa",
};

const THROUGH_TLS: Try = Try {
    curl: "curl -i URL",
    answer: "401: a login works through TLS alone, and only with the certificate of this server",
};

/// Adds a route for each algorithm, a route that lists them, and with TLS a route for its certificate.
pub(crate) fn routes(
    index: &mut Index,
    arguments: &Arguments,
    address: SocketAddr,
) -> Result<(), ConfigError> {
    let origin = &*arguments.origin(address);
    if let Some(files) = &arguments.tls {
        through_tls(index, address, files)?;
    }
    // A proxy that terminates TLS in front of this server does not tell its certificate.
    let host = HostValidation::host(origin)
        .or_else(|_| HostValidation::https_without_certificate(origin))?;
    let pool = HashingPool::new()?;
    for algorithm in MutualAlgorithm::ALL {
        let space = MutualSpace::new(algorithm, origin, REALM)?;
        let accounts = accounts::mutual_secrets(space.clone());
        let mutual = Mutual::builder(&space, host.clone(), accounts)
            .pool(pool.clone())
            .nonce_keys(index.stores.nonce_keys()?)
            .store(index.stores.replay());
        let what = format!("Mutual with {algorithm}, for the auth-scope {origin}");
        let path = format!("/mutual/{algorithm}");
        index.guard(&path, &what, BEGINNING, &members(mutual.build()?)?);
    }
    let all = MutualAlgorithm::ALL.map(MutualAlgorithm::name).join("\n") + "\n";
    let what = "a list of the routes `/mutual/ALGORITHM`";
    index.add_exact("/mutual", what, LIST, get(async || all));
    Ok(())
}

/// Adds a route for the certificate of the second listener, if `tls-server-end-point` is defined for its signature. The
/// auth-scope is a host, because that listener does not have a port yet.
fn through_tls(
    index: &mut Index,
    address: SocketAddr,
    files: &TlsFiles,
) -> Result<(), ConfigError> {
    let certificate = CertificateDer::from_pem_file(&files.certificate)
        .map_err(|error| ConfigError::new(error.to_string()))?;
    let host = address.ip().to_string();
    let validation = match HostValidation::certificate(&format!("https://{host}"), &certificate) {
        Ok(validation) => validation,
        Err(why) => {
            eprintln!("without the route of Mutual through TLS: {why}");
            return Ok(());
        }
    };
    let space = MutualSpace::new(MutualAlgorithm::P256, &host, REALM)?;
    let accounts = accounts::mutual_secrets(space.clone());
    let mutual = Mutual::new(&space, validation, accounts)?;
    let what = format!("Mutual for the certificate of this server, for the auth-scope {host}");
    index.guard("/mutual-tls", &what, THROUGH_TLS, &members(mutual)?);
    Ok(())
}
