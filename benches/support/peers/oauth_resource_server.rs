//! The layer of `oauth-resource-server`.

use std::sync::Arc;

use oauth_resource_server::http_layer::HttpAuthLayer;
use oauth_resource_server::{KeyNaming, OAuthConfig, OAuthValidator};
use tower::Layer;

use crate::support::contender::{Contender, Traffic};
use crate::support::inner::Inner;
use crate::support::issuer::{AUDIENCE, ISSUER, SCOPE};

pub(crate) fn bearer(traffic: &Traffic, keys: &str) -> Contender {
    let config = OAuthConfig {
        enabled: true,
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        resource: AUDIENCE.to_owned(),
        required_scope: Some(SCOPE.to_owned()),
        ..OAuthConfig::default()
    };
    let config = config.resolve(KeyNaming::Dotted("oauth"));
    let config = config.expect("it is valid").expect("it is enabled");
    let validator = OAuthValidator::builder(&config).initial_jwks(keys).build();
    let validator = Arc::new(validator.expect("a key set"));
    let layer = HttpAuthLayer::builder().oauth(validator).build();
    let service = layer.expect("it has a validator").layer(Inner);
    Contender::service("oauth-resource-server", traffic, service)
}
