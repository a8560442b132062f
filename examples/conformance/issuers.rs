//! The issuers whose tokens the server accepts.

use std::sync::Arc;

use tower_challenge::ConfigError;
use tower_challenge::jose::KeySource;
use tower_challenge::jwks::{FetchEvent, RemoteKeys};
use tower_challenge::jwt::{JwtVerifier, JwtVerifierBuilder, TokenProfile};
use tower_challenge::testing::TestIssuer;

/// An issuer, and its keys.
#[derive(Clone)]
pub(crate) struct TrustedIssuer {
    /// The `iss` of its tokens.
    pub(crate) name: String,
    keys: Arc<dyn KeySource>,
    profile: TokenProfile,
}

impl TrustedIssuer {
    /// Trusts `issuer`, whose keys are at the URL `jwks`, or where the metadata of the issuer says.
    pub(crate) fn remote(issuer: &str, jwks: Option<&str>) -> Result<Self, ConfigError> {
        let keys = jwks.map_or_else(|| RemoteKeys::discover(issuer), RemoteKeys::at);
        let keys = keys.danger_http_on_loopback().on_fetch(report).build()?;
        Ok(Self::new(issuer, keys))
    }

    /// Trusts the server itself.
    pub(crate) fn own(issuer: &TestIssuer) -> Self {
        Self::new(issuer.issuer(), issuer.clone())
    }

    fn new(name: &str, keys: impl KeySource) -> Self {
        Self {
            name: name.to_owned(),
            keys: Arc::new(keys),
            profile: TokenProfile::access_token(),
        }
    }

    /// Accepts tokens of the type `token_type`, too.
    pub(crate) fn allow_type(mut self, token_type: Option<&str>) -> Self {
        if let Some(token_type) = token_type {
            self.profile = self.profile.allow_type(token_type);
        }
        self
    }

    /// Begins a verifier of this issuer's tokens for `audience`.
    pub(crate) fn verifier(&self, audience: &str) -> JwtVerifierBuilder {
        let verifier = JwtVerifier::builder(&self.name, Arc::clone(&self.keys));
        verifier.audience(audience).profile(self.profile.clone())
    }
}

fn report(event: &FetchEvent) {
    if let Some(fault) = event.fault() {
        eprintln!("keys: {fault}");
    }
}
