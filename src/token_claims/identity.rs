//! The identity of the owner of a token.

use std::sync::Arc;
use std::time::SystemTime;

use serde_core::de::DeserializeOwned;

use crate::authorization_detail::AuthorizationDetail;
use crate::derives::{clones, shows};
use crate::policy::{HasAuthorizationDetails, HasLogin, HasRoles, HasScopes};
use crate::principal::{Principal, Scopes};

/// The owner of a token, and the claims of the token as a type of the application.
///
/// The builder of a verifier chooses it with its method `claims`. A clone shares the claims.
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
pub(crate) type ReadIdentity<I> = fn(Principal, &[u8]) -> Option<I>;

pub(crate) fn principal_alone(principal: Principal, _: &[u8]) -> Option<Principal> {
    Some(principal)
}

pub(crate) fn with_claims<T: DeserializeOwned>(
    principal: Principal,
    claims: &[u8],
) -> Option<VerifiedClaims<T>> {
    let claims = Arc::new(serde_json::from_slice(claims).ok()?);
    Some(VerifiedClaims { principal, claims })
}
