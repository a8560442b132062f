//! JSON Web Tokens (RFC 7519) as access tokens for Bearer.
//!
//! [`JwtVerifier`] verifies the tokens of one issuer: the signature with the [keys](crate::jose) of the issuer, and then
//! the claims. It follows RFC 8725 (best practices) and, on request, the profile of RFC 9068. Give it to
//! [`Bearer`](crate::scheme::Bearer). A [policy](crate::policy::scopes) then decides what the caller may do.
//!
//! # Example
//!
//! ```
//! # #[cfg(all(feature = "testing", any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")))] {
//! use tower_challenge::jwt::JwtVerifier;
//! use tower_challenge::scheme::Bearer;
//! use tower_challenge::scheme::bearer::VerifyToken;
//! use tower_challenge::testing::TestIssuer;
//! use tower_challenge::{RequireAuth, Secret};
//!
//! # fn main() -> Result<(), tower_challenge::ConfigError> {
//! // An application has the keys of its issuer here, for example `jwks::RemoteKeys`.
//! let issuer = TestIssuer::new("https://as.example")?;
//! let verifier = JwtVerifier::builder("https://as.example", issuer.keys())
//!     .audience("https://api.example")
//!     .build()?;
//!
//! let verify = |token: String| verifier.verify(Secret::new(&token)).try_now().unwrap().unwrap();
//! let token = issuer.token("ada").audience("https://api.example").scope("read");
//! let caller = verify(token.sign()).unwrap();
//! assert_eq!(caller.name(), "ada");
//! assert!(caller.scopes().contains("read"));
//!
//! let other_api = issuer.token("ada").audience("https://other.example");
//! assert_eq!(verify(other_api.sign()).unwrap_err().why(), Some("the token is for another audience"));
//!
//! let auth = RequireAuth::new(Bearer::new("api", verifier)?)?;
//! # let _ = auth;
//! # Ok(()) }
//! # main().unwrap(); }
//! ```
//!
//! # What is verified
//!
//! 1. The token has at most 16 KiB, and three parts in canonical base64url. An encrypted token (five parts) is refused.
//! 2. The header is a JSON object with unique names, without `crit`. Its `typ` is one that the
//!    [profile](TokenProfile) names; without a profile, `at+jwt` or `application/at+jwt`.
//! 3. The algorithm is one of the [allowed](JwtVerifierBuilder::algorithms), and one of the key's own.
//! 4. The signature is right. The verifier tries at most four keys that allow the algorithm: first those with the `kid` of
//!    the header, then those without a `kid`. If the header has no `kid`, it tries the first four. If no key fits, and the
//!    header has no `kid` or one that no key has, the source of the keys may look for newer keys.
//! 5. The claims are a JSON object with unique names at every depth. `iss` is the issuer, character for character.
//!    `aud` contains an audience of this server. `exp` is there and has not passed. `nbf` and `iat`, if they are there,
//!    have passed. The dates may be off by the [leeway](JwtVerifierBuilder::leeway).
//! 6. There is no `cnf`: a token that is bound to a key must not be used without a proof of that key. A scheme that
//!    checks the proof asks [`VerifyBoundToken`](crate::scheme::bearer::VerifyBoundToken), which returns the key. A `cnf`
//!    with other members than `jkt` and `x5t#S256` is refused there, too.
//! 7. The claims that the profile requires are there. So is `sub`, or the claim from which the profile takes the
//!    [name](TokenProfile::name_in) of the caller.
//!    Of the login, `acr` and `auth_time` are read for [policies](crate::policy::step_up()), and so are
//!    `authorization_details` (RFC 9396): a token whose details are malformed is refused.
//! 8. The token is not in the [list of revocations](RevocationList), if the verifier has one.
//!
//! A token that has passed is remembered. When it comes again, the verifier asks only whether it has expired, whether its
//! key is still there, and whether it is revoked.
//!
//! A token that fails is `401` with `error="invalid_token"`. The client does not learn why; the audit does. If the keys
//! cannot be had, the answer is `503`.
//!
//! If your first token is refused, look at the audit. For example, the reason `the token is of another kind (typ)` often
//! means that the verifier has no profile: Keycloak, Entra ID and Auth0 write `JWT` and not `at+jwt`.
//!
//! # Several issuers
//!
//! A verifier has one issuer. For tokens of two issuers, make two verifiers, and give both to [`TokensByIssuer`]. It chooses
//! one by the `iss` that the token claims. It need not trust this `iss`: the verifier that it chooses accepts the token only
//! with its own issuer and its own keys. It can also have a verifier for opaque tokens.
//!
//! These three ways do not work:
//!
//! - Two `Bearer` in a tuple. The first claims every token, and refuses those of the second issuer.
//! - One verifier after the other. While the first has no keys, it answers `503` to the tokens of the second issuer, too.
//! - An [alias](JwtVerifierBuilder::issuer_alias) with the keys of both. Each issuer could then sign for the other.
//!
//! Two issuers can give the same `sub` to two callers. Therefore, compare names only together with the issuer. In the
//! example, the identity of a caller says whose customer or employee it is:
//!
//! ```
//! # #[cfg(all(feature = "testing", any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")))] {
//! use tower_challenge::jwt::{JwtVerifier, TokensByIssuer};
//! use tower_challenge::scheme::Bearer;
//! use tower_challenge::scheme::bearer::{VerifyToken, VerifyTokenExt};
//! use tower_challenge::testing::TestIssuer;
//! use tower_challenge::{Principal, RequireAuth, Secret};
//!
//! #[derive(Clone, Debug, PartialEq)]
//! enum Caller {
//!     Customer(Principal),
//!     Employee(Principal),
//! }
//!
//! # fn main() -> Result<(), tower_challenge::ConfigError> {
//! // An application has `jwks::RemoteKeys` for each issuer, and the profile of each.
//! let (shop, staff) = (TestIssuer::new("https://shop.example")?, TestIssuer::new("https://staff.example")?);
//! let verifier = |issuer: &TestIssuer| {
//!     JwtVerifier::builder(issuer.issuer(), issuer.keys()).audience("https://api.example").build()
//! };
//! let tokens = TokensByIssuer::new()
//!     .jwt("https://shop.example", verifier(&shop)?.map_identity(Caller::Customer))?
//!     .jwt("https://staff.example", verifier(&staff)?.map_identity(Caller::Employee))?;
//!
//! let verify = |token: String| tokens.verify(Secret::new(&token)).try_now().unwrap().unwrap();
//! let from = |issuer: &TestIssuer| issuer.token("ada").audience("https://api.example");
//! let ada = Principal::new("ada");
//! assert_eq!(verify(from(&shop).sign()).unwrap(), Caller::Customer(ada.clone()));
//! assert_eq!(verify(from(&staff).sign()).unwrap(), Caller::Employee(ada));
//!
//! let forged = from(&shop).claim("iss", "https://staff.example");
//! assert_eq!(verify(forged.sign()).unwrap_err().why(), Some("the signature is wrong"));
//!
//! let auth = RequireAuth::new(Bearer::new("api", tokens)?)?.name_identity(|caller| match caller {
//!     Caller::Customer(owner) => format!("{} of the shop", owner.name()).into(),
//!     Caller::Employee(owner) => format!("{} of the staff", owner.name()).into(),
//! });
//! # let _ = auth;
//! # Ok(()) }
//! # main().unwrap(); }
//! ```

mod accepted_tokens;
mod builder;
mod cache;
mod claims;
#[cfg(any(feature = "client-certificate", feature = "dpop"))]
mod fapi;
mod last_header;
mod profile;
mod reasons;
mod revocations;
mod rules;
#[cfg(feature = "redis")]
mod shared_revocations;
mod token_shape;
mod tokens_by_issuer;
mod verifier;

pub use self::builder::JwtVerifierBuilder;
#[cfg(feature = "dpop")]
pub(crate) use self::fapi::{FAPI2_ALGORITHMS, FAPI2_LEEWAY};
pub use self::profile::TokenProfile;
pub use self::revocations::RevocationList;
#[cfg(feature = "redis")]
pub use self::shared_revocations::{SharedRevocations, SharedRevocationsBuilder};
pub use self::tokens_by_issuer::TokensByIssuer;
pub use self::verifier::JwtVerifier;
pub use crate::token_claims::VerifiedClaims;
