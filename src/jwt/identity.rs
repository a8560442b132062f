//! The identity of the owner of a token.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use serde_core::de::DeserializeOwned;

use super::profile::{ClaimPath, TokenProfile};
use crate::authorization_detail::AuthorizationDetail;
use crate::derives::{clones, shows};
use crate::jose::{JsonFault, JsonObject};
use crate::policy::{HasAuthorizationDetails, HasLogin, HasRoles, HasScopes};
use crate::principal::{Principal, Scopes};
use crate::scheme::bearer::with_caller_claims;

/// The owner of a token, and the claims of the token as a type of the application.
///
/// [`JwtVerifierBuilder::claims`](super::JwtVerifierBuilder::claims) chooses it. A clone shares the claims.
///
/// Three things differ from a service whose callers are a [`Principal`]:
///
/// - A handler takes `Authenticated<VerifiedClaims<T>>`.
/// - A policy for a route is a `RequirePolicy::<VerifiedClaims<T>>::of_identity`. With `RequirePolicy::new`, each request
///   is `500`.
/// - The audit knows no name of the caller until `RequireAuth::name_identity` tells it.
///
/// # Example
///
/// A service in axum, where each token names the tenant of its owner:
///
/// ```
/// # #[cfg(all(feature = "axum", feature = "testing", any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")))] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use axum::{Router, body::Body, routing::get};
/// use http::{Request, header::AUTHORIZATION};
/// use serde::Deserialize;
/// use tower::ServiceExt;
/// use tower_challenge::jwt::{JwtVerifier, VerifiedClaims};
/// use tower_challenge::policy::role;
/// use tower_challenge::testing::TestIssuer;
/// use tower_challenge::{Authenticated, RequestHead, RequireAuth, RequirePolicy};
///
/// #[derive(Deserialize)]
/// struct TenantClaim {
///     tenant: String,
/// }
/// type Caller = VerifiedClaims<TenantClaim>;
///
/// let issuer = TestIssuer::new("https://as.example")?;
/// let verifier = JwtVerifier::builder("https://as.example", issuer.keys())
///     .audience("https://api.example")
///     .claims::<TenantClaim>();
/// let auth = RequireAuth::bearer("api", verifier.build())?
///     .name_identity(|caller| caller.principal().name().into());
///
/// let tenant = |caller: Authenticated<Caller>| async move { caller.claims().tenant.clone() };
/// let is_acme = |caller: &Caller, _: &RequestHead<'_>| caller.claims().tenant == "acme";
/// let app = Router::new()
///     .route("/tenant", get(tenant))
///     .route("/acme", get(|| async { "acme" }).layer(RequirePolicy::of_identity(is_acme)))
///     .route("/admin", get(|| async { "admin" }).layer(RequirePolicy::<Caller>::of_identity(role("admin")?)))
///     .layer(auth);
///
/// let token = issuer.token("ada").audience("https://api.example").claim("tenant", "acme").sign();
/// let request = |path: &str| {
///     Request::get(path).header(AUTHORIZATION, format!("Bearer {token}")).body(Body::empty())
/// };
/// assert_eq!(app.clone().oneshot(request("/tenant")?).await?.status(), 200);
/// assert_eq!(app.clone().oneshot(request("/acme")?).await?.status(), 200);
/// assert_eq!(app.oneshot(request("/admin")?).await?.status(), 403);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
///
/// The verifier alone:
///
/// ```
/// # #[cfg(all(feature = "testing", any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")))] {
/// use serde::Deserialize;
/// use tower_challenge::Secret;
/// use tower_challenge::jwt::JwtVerifier;
/// use tower_challenge::scheme::bearer::VerifyToken;
/// use tower_challenge::testing::TestIssuer;
///
/// #[derive(Deserialize)]
/// struct Tenancy {
///     tenant: u32,
/// }
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let issuer = TestIssuer::new("https://as.example")?;
/// let verifier = JwtVerifier::builder("https://as.example", issuer.keys())
///     .audience("https://api.example")
///     .claims::<Tenancy>()
///     .build()?;
/// let verify = |token: String| verifier.verify(Secret::new(&token)).try_now().unwrap().unwrap();
/// let token = issuer.token("ada").audience("https://api.example");
///
/// let caller = verify(token.clone().claim("tenant", 7).sign()).unwrap();
/// assert_eq!((caller.principal().name(), caller.claims().tenant), ("ada", 7));
///
/// let missing = verify(token.sign()).unwrap_err();
/// assert_eq!(missing.why(), Some("the claims do not fit the type of the application"));
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
pub struct VerifiedClaims<T> {
    principal: Principal,
    claims: Arc<T>,
}

impl<T> VerifiedClaims<T> {
    /// Returns the owner of the token, with scopes and roles.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Returns the claims.
    #[must_use]
    pub fn claims(&self) -> &T {
        &self.claims
    }
}

clones! { impl[T] VerifiedClaims[T] { principal, claims } }

shows! {
    /// Shows the owner. The claims may be personal.
    impl[T] VerifiedClaims[T] as self { principal: self.principal }
}

impl<T> HasScopes for VerifiedClaims<T> {
    fn scopes(&self) -> &Scopes {
        self.principal.scopes()
    }
}

impl<T> HasRoles for VerifiedClaims<T> {
    fn has_role(&self, role: &str) -> bool {
        self.principal.has_role(role)
    }
}

impl<T> HasLogin for VerifiedClaims<T> {
    fn acr(&self) -> Option<&str> {
        self.principal.acr()
    }

    fn auth_time(&self) -> Option<SystemTime> {
        self.principal.auth_time()
    }
}

impl<T> HasAuthorizationDetails for VerifiedClaims<T> {
    fn authorization_details(&self) -> &[AuthorizationDetail] {
        self.principal.authorization_details()
    }
}

/// Makes the identity of type `I` out of the owner of a token and the text of its claims. Returns `None` if the claims
/// do not fit.
pub(super) type ReadIdentity<I> = fn(Principal, &[u8]) -> Option<I>;

pub(super) fn principal_alone(principal: Principal, _: &[u8]) -> Option<Principal> {
    Some(principal)
}

pub(super) fn with_claims<T: DeserializeOwned>(
    principal: Principal,
    claims: &[u8],
) -> Option<VerifiedClaims<T>> {
    let claims = Arc::new(serde_json::from_slice(claims).ok()?);
    Some(VerifiedClaims { principal, claims })
}

/// Reads the owner of a token: the name, the scopes and the roles, from the claims that the profile names. Returns
/// `None` if there is no name.
///
/// # Errors
///
/// A claim has a value of the wrong type, for example a scope that is a number.
pub(super) fn principal(
    profile: &TokenProfile,
    claims: &JsonObject<'_>,
) -> Result<Option<Principal>, JsonFault> {
    let name = at(claims, &profile.name, |object, name| object.string(name))?;
    let Some(name) = name.flatten().filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let mut principal = Principal::new(&name);
    for path in &profile.scopes {
        let scopes = at(claims, path, scopes)?.unwrap_or_default();
        let add = |principal: Principal, scopes: Cow<'_, str>| principal.with_scopes(&scopes);
        principal = scopes.into_iter().fold(principal, add);
    }
    for path in &profile.roles {
        let roles = at(claims, path, |object, name| object.strings(name))?;
        for role in roles.flatten().into_iter().flatten() {
            principal = principal.with_role(&role);
        }
    }
    with_caller_claims(principal, claims).map(Some)
}

/// Reads the scopes in the member `name`. A string may hold several, separated by spaces. An element of an array is one
/// scope, and an element with a space is left out, because no scope has a space.
fn scopes<'t>(object: &JsonObject<'t>, name: &str) -> Result<Vec<Cow<'t, str>>, JsonFault> {
    let is_array = object.raw(name).is_some_and(|value| value.starts_with('['));
    let mut scopes = object.strings(name)?.unwrap_or_default();
    if is_array {
        scopes.retain(|scope| !scope.contains(|c: char| c.is_ascii_whitespace()));
    }
    Ok(scopes)
}

/// Calls `read` with the object that holds the last name of `path`. Returns `None` if a member on the way is missing.
pub(super) fn at<'t, R>(
    claims: &JsonObject<'t>,
    path: &ClaimPath,
    read: impl FnOnce(&JsonObject<'t>, &str) -> Result<R, JsonFault>,
) -> Result<Option<R>, JsonFault> {
    let Some((last, way)) = path.split_last() else {
        return Ok(None);
    };
    let Some((first, way)) = way.split_first() else {
        return read(claims, last).map(Some);
    };
    let mut inner = claims.object(first)?;
    for name in way {
        let Some(object) = inner else {
            return Ok(None);
        };
        inner = object.object(name)?;
    }
    inner.map(|object| read(&object, last)).transpose()
}
