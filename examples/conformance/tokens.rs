//! Makes the routes for JSON Web Tokens, and the resource of MCP.

use std::time::Duration;

use axum::body::Body;
use axum::routing::any_service;
use tower_challenge::jwt::RevocationList;
use tower_challenge::mcp::{self, McpScopes};
use tower_challenge::policy::{RequireLogin, scopes, step_up};
use tower_challenge::resource_metadata::ResourceMetadata;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::{Bearer, SchemeExt};
use tower_challenge::testing::{TestIssuer, TestToken};
use tower_challenge::{ConfigError, Principal, RequireAuth};

use crate::accounts::REALM;
use crate::arguments::Arguments;
use crate::dpop;
use crate::index::{Index, Try};
use crate::introspection;
use crate::issuers::TrustedIssuer;
use crate::own_tokens;
use crate::schemes::Guard;

const OWN: Try = Try {
    curl: r#"curl -i -H "Authorization: Bearer $(curl -s 'SERVER/jwt-token?sub=mufasa&scope=write')" URL"#,
    answer: "200: hello mufasa",
};
const READ_ONLY: Try = Try {
    curl: r#"curl -i -H "Authorization: Bearer $(curl -s 'SERVER/jwt-token?scope=read')" URL"#,
    answer: "403: 200 with the scope `write`",
};
const STRONG: Try = Try {
    curl: r#"curl -i -H "Authorization: Bearer $(curl -s 'SERVER/jwt-token?acr=gold&auth_age=60')" URL"#,
    answer: "200: hello mufasa; 401 and `insufficient_user_authentication` with another `acr`, or `auth_age=400`",
};
const REMOTE: Try = Try {
    curl: "curl -i URL",
    answer: "401: 200 with a token of the issuer",
};
const ISSUE: Try = Try {
    curl: "curl -i 'URL?sub=mufasa&scope=read+write&ttl=60'",
    answer: "200: a token, for clients on this machine; `aud` names another audience",
};
const REVOKE: Try = Try {
    curl: "curl -i -X POST 'URL?jti=token-0'",
    answer: "204: the token with this identifier is refused, for clients on this machine",
};
const MCP: Try = Try {
    curl: "curl -i -H 'Authorization: Bearer as-token' URL",
    answer: "200: hello mufasa; 401 without a token, and the challenge names the document below",
};
const DOCUMENT: Try = Try {
    curl: "curl -i URL",
    answer: "200: the resource and its authorization server",
};

/// The scopes that `/mcp` needs.
const MCP_SCOPES: &str = "mcp:read mcp:write";

/// Adds the routes with JWTs: of the issuer that the arguments name, or of the server itself.
pub(crate) fn routes(
    index: &mut Index,
    arguments: &Arguments,
    origin: &str,
) -> Result<(), ConfigError> {
    let issuer = arguments.issuer.as_deref();
    let revoked = index.stores.revocations().clone();
    let audience = arguments.audience(origin);
    let (issuer, own) = match issuer {
        Some(issuer) => (
            TrustedIssuer::remote(issuer, arguments.jwks.as_deref())?
                .allow_type(arguments.token_type.as_deref()),
            None,
        ),
        None => {
            let own = own_issuer(index, origin, &audience)?;
            (TrustedIssuer::own(&own), Some(own))
        }
    };
    jwt(index, arguments, &issuer, &audience, revoked.list())?;
    introspection::routes(index, arguments, origin, (&issuer, own.as_ref()))?;
    let verifier = issuer.verifier(&audience).build()?;
    dpop::routes(index, origin, &verifier)?;
    let what = "revokes a token of `/jwt`";
    index.add("/revoke", what, REVOKE, own_tokens::revoke(revoked));

    let named = arguments.authorization_server.as_deref();
    let issuer = match named.filter(|named| *named != issuer.name) {
        Some(other) => TrustedIssuer::remote(other, None)?,
        None => issuer,
    };
    let has_issuer = named.or(arguments.issuer.as_deref()).is_some();
    mcp_resource(index, origin, &issuer, has_issuer)
}

fn jwt(
    index: &mut Index,
    arguments: &Arguments,
    issuer: &TrustedIssuer,
    audience: &str,
    revoked: &RevocationList,
) -> Result<(), ConfigError> {
    let is_own = arguments.issuer.is_none();
    let (any, read_only, strong) = if is_own {
        (OWN, READ_ONLY, STRONG)
    } else {
        (REMOTE, REMOTE, REMOTE)
    };
    let verifier = issuer.verifier(audience).revocations(revoked).build()?;
    let bearer = Bearer::new(REALM, verifier)?.boxed();
    let guard: Guard = RequireAuth::new(bearer)?;
    let what = "JSON Web Tokens (JWT)";
    index.guard("/jwt", what, any, &guard);
    let what = "the same; the scope `write` is needed";
    index.guard(
        "/jwt/write",
        what,
        read_only,
        &guard.clone().policy(scopes("write")?),
    );
    let what = "the same; a login of the class `gold` in the last 300 s is needed";
    index.guard("/step-up", what, strong, &guard.policy(recent_login()?));
    Ok(())
}

/// A login may be 60 seconds older or newer than the clock of this server allows.
fn recent_login() -> Result<RequireLogin, ConfigError> {
    let login = step_up()
        .acr_values("gold")
        .max_age(Duration::from_secs(300));
    login.leeway(Duration::from_secs(60)).build()
}

/// Makes the issuer that the server is itself, and adds its routes. Another server can accept its tokens.
fn own_issuer(index: &mut Index, origin: &str, audience: &str) -> Result<TestIssuer, ConfigError> {
    let issuer = TestIssuer::new(origin)?;
    let token = own_tokens::issue(issuer.clone(), audience.to_owned(), TestToken::sign);
    index.add("/jwt-token", "issues tokens for `/jwt`", ISSUE, token);
    for (path, what) in [
        (
            "/.well-known/openid-configuration",
            "the metadata of the issuer that this server is",
        ),
        (
            "/.well-known/oauth-authorization-server",
            "the same (RFC 8414)",
        ),
        ("/jwks", "the keys of the issuer"),
    ] {
        let answer = Try {
            answer: "200: JSON",
            ..DOCUMENT
        };
        index.add_exact(path, what, answer, any_service(issuer.service()));
    }
    Ok(issuer)
}

/// Adds a resource as MCP servers protect it, and its metadata document.
fn mcp_resource(
    index: &mut Index,
    origin: &str,
    issuer: &TrustedIssuer,
    has_issuer: bool,
) -> Result<(), ConfigError> {
    let metadata = ResourceMetadata::builder(&format!("{origin}/mcp"))
        .authorization_server(&issuer.name)
        .scopes_supported(MCP_SCOPES)
        .build();
    let metadata = match metadata {
        Ok(metadata) => metadata,
        Err(error) => {
            eprintln!("without /mcp: {error} (--origin URL names another origin)");
            return Ok(());
        }
    };
    let needed = McpScopes::new(MCP_SCOPES)?;
    let (bearer, try_it) = if has_issuer {
        let verifier = issuer.verifier(metadata.resource()).build()?;
        let bearer = mcp::bearer(&metadata, verifier, &needed)?;
        (bearer.boxed(), REMOTE)
    } else {
        let mufasa = Principal::new("mufasa").with_scopes(MCP_SCOPES);
        let tokens = StaticTokens::new()?.token("as-token", mufasa)?;
        (mcp::bearer(&metadata, tokens, &needed)?.boxed(), MCP)
    };
    let guard: Guard = RequireAuth::new(bearer)?.policy(scopes(MCP_SCOPES)?);
    let what = "a resource as MCP servers protect it; the scopes `mcp:read mcp:write` are needed";
    index.guard("/mcp", what, try_it, &guard);
    let document = any_service(metadata.service::<Body>());
    let what = "the metadata of `/mcp`";
    index.add_exact(metadata.path(), what, DOCUMENT, document);
    Ok(())
}
