//! The layer of `tower-oauth2-resource-server`.

use serde::Deserialize;
use tower::Layer;
use tower_oauth2_resource_server::server::OAuth2ResourceServer;
use tower_oauth2_resource_server::tenant::TenantConfiguration;
use tower_oauth2_resource_server::validation::ClaimsValidationSpec;

use crate::support::contender::{Contender, Traffic};
use crate::support::inner::{Body, Inner, ready_now};
use crate::support::issuer::{AUDIENCE, ISSUER};

#[derive(Clone, Debug, Deserialize)]
#[expect(dead_code, reason = "the inner service reads no claims")]
struct Claims {
    sub: String,
    scope: String,
}

pub(crate) fn bearer(traffic: &Traffic, keys: &str) -> Contender {
    // Its recommended rules require `nbf`, which RFC 9068 does not.
    let rules = ClaimsValidationSpec::new().exp(true).iss(ISSUER);
    let rules = rules.aud(&vec![AUDIENCE.to_owned()]);
    let tenant = TenantConfiguration::static_builder(keys).claims_validation(rules);
    let tenant = tenant.build().expect("a key set");
    let server = OAuth2ResourceServer::<Claims>::builder().add_tenant(tenant);
    let server = ready_now(server.build()).expect("it has a tenant");
    let service = server.into_layer::<Body>().layer(Inner);
    Contender::service("tower-oauth2-resource-server", traffic, service)
}
