//! Client certificates: who a caller is, and to whom a token belongs.
//!
//! ```text
//! cargo run --package client_certificate --example client_certificate
//! ```
//!
//! At its start, the program makes an authority, a certificate for the server, and certificates for clients, and writes
//! them into a folder for curl. Your clients have their certificates from an authority of yours.
//!
//! `server.rs` is the part to take over: it asks for a certificate in the TLS handshake, verifies it, and puts it into the
//! extensions of each request. The authorization server is a small one for tests, in the same program.

mod authority;
mod server;

use std::env;
use std::error::Error;
use std::path::Path;

use axum::Router;
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;
use tower_challenge::client::ClientCertificate;
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::Bearer;
use tower_challenge::scheme::client_certificate::{
    CertificateBound, CertificateLogin, KnownCertificates,
};
use tower_challenge::testing::TestIssuer;
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

use crate::authority::Authority;

/// The name of this server at the issuer of tokens.
const AUDIENCE: &str = "https://notes.example";

fn app(issuer: &TestIssuer, known: KnownCertificates) -> Result<Router, ConfigError> {
    // A certificate alone is enough, and a token alone is, too, unless it is bound to a certificate. A request with both must
    // have those of one caller.
    let verifier = JwtVerifier::builder(issuer.issuer(), issuer.keys()).audience(AUDIENCE);
    let tokens = Bearer::new("notes", CertificateBound::new(verifier.build()?))?;
    let auth = RequireAuth::new(CertificateLogin::new(known)?.beside(tokens))?.require_tls();
    Ok(Router::new().route("/", get(hello)).layer(auth))
}

async fn hello(caller: Authenticated<Principal>) -> String {
    let rights = match caller.has_scope("notes:write") {
        true => "may write",
        false => "may read",
    };
    format!("hello {}, who {rights}\n", caller.name())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let folder = env::temp_dir().join(format!("certificates-{}", address.port()));

    let authority = Authority::new(&folder)?;
    let ada = authority.issue("ada")?;
    let grace = authority.issue("grace")?;
    authority.issue("mallory")?;
    let known = |certificate: &ClientCertificate, name| {
        (certificate.thumbprint().to_string(), Principal::new(name))
    };
    let known = KnownCertificates::new([known(&ada, "ada"), known(&grace, "grace")])?;

    let issuer = TestIssuer::new("https://as.example")?;
    let token = |owner| issuer.token(owner).audience(AUDIENCE).scope("notes:write");
    let bound = token("ada").claim("cnf", json!({ "x5t#S256": ada.thumbprint().to_string() }));
    print_commands(
        &address.to_string(),
        &folder,
        &bound.sign(),
        &token("grace").sign(),
    );
    server::serve(listener, &authority, app(&issuer, known)?).await
}

fn print_commands(address: &str, folder: &Path, bound: &str, of_grace: &str) {
    let folder = folder.display();
    println!(
        r#"The tokens are valid for five minutes.

    curl -i --cacert {folder}/authority.pem https://{address}/
        401: neither a certificate nor a token
    curl -i --cacert {folder}/authority.pem --cert {folder}/ada.pem https://{address}/
        200: `hello ada, who may read`, for the certificate alone
    curl -i --cacert {folder}/authority.pem --cert {folder}/mallory.pem https://{address}/
        401: the certificate is of the authority, but of no known caller
    curl -i --cacert {folder}/authority.pem --cert {folder}/ada.pem -H 'Authorization: Bearer {bound}' https://{address}/
        200: `hello ada, who may write`, for a token that is bound to the certificate
    curl -i --cacert {folder}/authority.pem -H 'Authorization: Bearer {bound}' https://{address}/
        401: `error="invalid_token"`, for the same token in the hands of a thief, who has no certificate
    curl -i --cacert {folder}/authority.pem --cert {folder}/grace.pem -H 'Authorization: Bearer {bound}' https://{address}/
        401: `error="invalid_token"`, for the same token in the hands of another client
    curl -i --cacert {folder}/authority.pem -H 'Authorization: Bearer {of_grace}' https://{address}/
        200: `hello grace, who may write`, for a token that is bound to no certificate
    curl -i --cacert {folder}/authority.pem --cert {folder}/ada.pem -H 'Authorization: Bearer {of_grace}' https://{address}/
        401: the certificate and the token belong to different callers

listening on https://{address}"#
    );
}
