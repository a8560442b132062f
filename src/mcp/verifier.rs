//! The verifier of the tokens for a resource.

use crate::config_error::ConfigError;
use crate::jose::KeySource;
use crate::jwt::{JwtVerifier, JwtVerifierBuilder, TokenProfile};
use crate::resource_metadata::ResourceMetadata;

/// Begins a verifier of the JSON Web Tokens that the authorization server of `metadata` issues for the resource.
///
/// Tokens name the authorization server in `iss` and the resource in `aud`, both exactly as `metadata` does. A token for
/// another server is refused, as MCP requires. `keys` are the keys of the authorization server, for example
/// `jwks::RemoteKeys`.
///
/// # Which tokens are access tokens
///
/// The profile is [`TokenProfile::access_token`], and it also accepts tokens whose `typ` is `JWT` and tokens without `typ`.
/// Few authorization servers send the `at+jwt` of RFC 9068: for example, Keycloak and Auth0 send `JWT` by default, and Okta
/// sends no `typ`. Scopes are in `scope` or `scp`.
///
/// The audience tells an access token from an ID token of the same server: that of an ID token is the identifier of the
/// client, and must not be the URL of the resource. So never register a client whose identifier is that URL.
///
/// If your authorization server follows RFC 9068, or has a claim that only access tokens have, be stricter. A profile that
/// you set replaces this one: `mcp::verifier(&metadata, keys)?.profile(TokenProfile::rfc9068())`. There are also
/// [`TokenProfile::keycloak`] and [`TokenProfile::auth0`].
///
/// # Errors
///
/// Fails if `metadata` has no authorization server, or several: the keys of one must not verify the tokens of another.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use tower_challenge::Secret;
/// use tower_challenge::mcp;
/// use tower_challenge::resource_metadata::ResourceMetadata;
/// use tower_challenge::scheme::bearer::VerifyToken;
/// use tower_challenge::testing::TestIssuer;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// // An application has the keys of its issuer here, for example `jwks::RemoteKeys`.
/// let issuer = TestIssuer::new("https://login.example")?;
/// let metadata = ResourceMetadata::builder("https://api.example/mcp")
///     .authorization_server("https://login.example")
///     .build()?;
/// let verifier = mcp::verifier(&metadata, issuer.keys())?.build()?;
///
/// let verify = |token: String| verifier.verify(Secret::new(&token)).try_now().unwrap().unwrap();
/// let token = issuer.token("ada").audience("https://api.example/mcp");
/// assert_eq!(verify(token.sign()).unwrap().name(), "ada");
///
/// let other = issuer.token("ada").audience("https://other.example/mcp");
/// assert_eq!(verify(other.sign()).unwrap_err().why(), Some("the token is for another audience"));
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
pub fn verifier(
    metadata: &ResourceMetadata,
    keys: impl KeySource,
) -> Result<JwtVerifierBuilder, ConfigError> {
    let mut servers = metadata.authorization_servers();
    match (servers.next(), servers.next()) {
        (Some(issuer), None) => {
            let builder = JwtVerifier::builder(issuer, keys).audience(metadata.resource());
            Ok(builder.profile(profile()))
        }
        _ => Err(ConfigError::new(
            "the metadata must name one authorization server: give each a verifier of its own",
        )),
    }
}

/// The shapes of the access tokens that authorization servers send to clients of MCP. The audience is required, so an ID
/// token with the same `typ` is refused.
fn profile() -> TokenProfile {
    let profile = TokenProfile::access_token().allow_type("JWT");
    profile.allow_missing_type().scopes_in(&["scp"])
}

#[cfg(test)]
mod tests {
    use super::verifier;
    use crate::jose::KeySet;
    use crate::resource_metadata::ResourceMetadata;

    /// The key of RFC 8037 appendix A.2.
    const JWKS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    #[test]
    fn the_keys_belong_to_one_authorization_server() {
        let builder = || ResourceMetadata::builder("https://api.example/mcp");
        let (a, b) = ("https://a.example", "https://b.example");
        let none = builder().build().unwrap();
        let one = builder().authorization_server(a).build().unwrap();
        let two = builder().authorization_server(a).authorization_server(b);
        let two = two.build().unwrap();
        for (metadata, is_right) in [(none, false), (one, true), (two, false)] {
            let keys = KeySet::from_jwks(JWKS).unwrap();
            assert_eq!(verifier(&metadata, keys).is_ok(), is_right);
        }
    }
}
