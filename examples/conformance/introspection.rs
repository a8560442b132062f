//! Makes the routes for opaque tokens that an authorization server introspects.

use axum::body::Body;
use tower_challenge::introspection::{
    ClientCredentials, ClientKey, IntrospectionVerifier, IntrospectionVerifierBuilder,
};
use tower_challenge::jwt::TokensByIssuer;
use tower_challenge::policy::scopes;
use tower_challenge::scheme::bearer::VerifyToken;
use tower_challenge::scheme::{Bearer, SchemeExt};
use tower_challenge::testing::{TestIssuer, TestToken};
use tower_challenge::{ConfigError, Principal, RequireAuth};

use crate::accounts::REALM;
use crate::arguments::Arguments;
use crate::index::{Index, Try};
use crate::issuers::TrustedIssuer;
use crate::own_tokens;
use crate::schemes::Guard;

const OWN: Try = Try {
    curl: r#"curl -i -H "Authorization: Bearer $(curl -s 'SERVER/opaque-token?sub=mufasa&scope=write')" URL"#,
    answer: "200: hello mufasa",
};
const READ_ONLY: Try = Try {
    curl: r#"curl -i -H "Authorization: Bearer $(curl -s 'SERVER/opaque-token?scope=read')" URL"#,
    answer: "403: 200 with the scope `write`",
};
const REMOTE: Try = Try {
    curl: "curl -i URL",
    answer: "401: 200 with a token of the authorization server",
};
const ISSUE: Try = Try {
    curl: "curl -i 'URL?sub=mufasa&scope=read+write&ttl=60'",
    answer: "200: a token, for clients on this machine; `aud` names another audience",
};

/// Adds the routes: for the server that the arguments name, or for this server itself. If another server issues the JWTs
/// and none introspects, there are none.
pub(crate) fn routes(
    index: &mut Index,
    arguments: &Arguments,
    origin: &str,
    (issuer, own): (&TrustedIssuer, Option<&TestIssuer>),
) -> Result<(), ConfigError> {
    let audience = arguments.audience(origin);
    let verifier = match (&arguments.introspection, &arguments.client, own) {
        (Some(url), Some((client, secret)), _) => {
            remote(url, credentials(client, secret, &issuer.name)?)
        }
        (_, _, Some(own)) => own_introspection(index, own, &audience),
        _ => return Ok(()),
    };
    // An answer need not name its audience and its issuer. Where it does, they are compared.
    let verifier = verifier
        .audience(&audience)
        .audience(&format!("{origin}/introspect"))
        .allow_missing_audience();
    let verifier = match (&arguments.introspection, &arguments.issuer) {
        (Some(_), None) => verifier,
        _ => verifier.issuer(&issuer.name).allow_missing_issuer(),
    };
    let names = verifier.name_in(&["username"]).name_in(&["client_id"]);
    let verifier = names.build()?;
    let tries = match arguments.introspection {
        Some(_) => (REMOTE, REMOTE),
        None => (OWN, READ_ONLY),
    };
    let what = "opaque tokens, about which an authorization server is asked";
    guarded(index, "/introspect", what, tries, verifier.clone())?;
    let either = TokensByIssuer::new()
        .jwt(&issuer.name, issuer.verifier(&audience).build()?)?
        .opaque(verifier)?;
    let what = "JSON Web Tokens and opaque tokens, side by side";
    guarded(index, "/either", what, tries, either)
}

/// A secret that is a JSON Web Key signs for the client.
fn credentials(client: &str, secret: &str, issuer: &str) -> Result<ClientCredentials, ConfigError> {
    if !secret.starts_with('{') {
        return Ok(ClientCredentials::secret_basic(client, secret));
    }
    let key = ClientKey::from_jwk(secret)?;
    Ok(ClientCredentials::private_key_jwt(client, &key, issuer))
}

fn remote(url: &str, credentials: ClientCredentials) -> IntrospectionVerifierBuilder {
    IntrospectionVerifier::builder(url, credentials).danger_http_on_loopback()
}

/// Makes a verifier that asks the issuer in this program, without a network, and adds the route that issues tokens.
fn own_introspection(
    index: &mut Index,
    own: &TestIssuer,
    audience: &str,
) -> IntrospectionVerifierBuilder {
    let token = own_tokens::issue(own.clone(), audience.to_owned(), TestToken::issue_opaque);
    let what = "issues opaque tokens for `/introspect`";
    index.add("/opaque-token", what, ISSUE, token);
    // The URL reaches no network.
    let credentials = ClientCredentials::secret_basic("own", "s3cret");
    remote("http://localhost/introspect", credentials)
        .client(own.introspection::<Body>("own", "s3cret"))
}

/// Adds a route, and one below it that needs the scope `write`.
fn guarded<V: VerifyToken<Identity = Principal> + Clone>(
    index: &mut Index,
    path: &'static str,
    what: &'static str,
    (any, read_only): (Try, Try),
    verifier: V,
) -> Result<(), ConfigError> {
    let guard: Guard = RequireAuth::new(Bearer::new(REALM, verifier)?.boxed())?;
    index.guard(path, what, any, &guard);
    let below = format!("{path}/write");
    let what = "the same; the scope `write` is needed";
    index.guard(&below, what, read_only, &guard.policy(scopes("write")?));
    Ok(())
}
