//! The scheme for API keys of a server.

use http::HeaderName;

use super::message;
use super::reasons;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::error_params::ErrorParams;
use crate::header::{Challenge, SchemeName};
use crate::principal::ClaimedAccount;
use crate::scheme::bearer::{IntoTokenVerifier, VerifyToken};
use crate::scheme::{
    Admission, Attempt, BodyUnread, CredentialsField, Refusal, Scheme, Verdict, VerdictNowOrLater,
};
use crate::secret::Secret;
use crate::verified::Verified;

/// The field of [`ApiKey::new`].
const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Admits clients that send a key in the field `X-Api-Key`, or in another field of the application's own.
///
/// The key is the whole value of the field: `X-Api-Key: k3y`. It may have every visible ASCII character, for example
/// `5|kq8Zr0` or `id:secret`, and at most 16 KiB. A client that sends two fields, an empty one, or a key with a space or
/// another character gets `400`. A key in the query of the URL is not read.
///
/// - **The verifier** is one of Bearer: a list, [`StaticTokens`](super::super::bearer::StaticTokens), a closure, a database.
/// - **The handler** does not see the key: the layer removes the field from the requests that a scheme of the layer admits. In
///   [public](crate::RequireAuth::public) requests, the field stays and is marked as sensitive.
/// - **The challenge** is `ApiKey realm="..", field="x-api-key"`. RFC 9110 section 11.6.1 demands a challenge in each `401`.
///   No RFC registers this name, and clients do not know it, so it informs people only.
/// - **Caches** do not know that the field holds credentials. The layer adds the field to `Vary`, and keeps the response
///   of an origin server out of shared caches: see [`RequireAuth`](crate::RequireAuth#caches).
/// - **A throttle** counts failures by the client, because a key names no account.
/// - **Scripts of other origins** need `Access-Control-Allow-Headers: x-api-key`: see [`guide::cors`](crate::guide::cors).
///
/// In gRPC, the key is the metadata `x-api-key`.
///
/// # Example
///
/// ```
/// use http::Request;
/// use tower_challenge::RequestHead;
/// use tower_challenge::scheme::{ApiKey, Attempt, Scheme, ServerRole, Verdict};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let keys = ApiKey::new("files", [("backup", "k3y"), ("ci", "5|kq8Zr0")])?;
/// let judge = |field: &str, value: &str| {
///     let request = Request::get("/").header(field, value).body(()).unwrap();
///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
///     let verdict = keys.authenticate(&attempt)?.try_now().ok()?;
///     Some(matches!(verdict, Ok(Verdict::Admit(_))))
/// };
/// assert_eq!(judge("x-api-key", "5|kq8Zr0"), Some(true));
/// assert_eq!(judge("x-api-key", "stolen"), Some(false));
/// assert_eq!(judge("authorization", "Bearer k3y"), None, "left to the next scheme");
/// # Ok(())
/// # }
/// ```
///
/// # Beside other schemes
///
/// If a client sends a token and a key, the first scheme of the tuple decides alone. A right key does not help a wrong token:
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_challenge::scheme::{ApiKey, Bearer};
/// use tower_challenge::{Authenticated, Principal, RequireAuth};
///
/// let tokens = Bearer::new("files", [("ada", "t0ken")])?;
/// let auth = RequireAuth::new((tokens, ApiKey::new("files", [("ci", "k3y")])?))?;
/// let service = ServiceBuilder::new().layer(auth).service(service_fn(async |request: Request<String>| {
///     let caller = request.extensions().get::<Authenticated<Principal>>();
///     Ok::<_, std::convert::Infallible>(Response::new(caller.map_or("", |caller| caller.name()).to_owned()))
/// }));
/// let ask = async |fields: &[(&str, &str)]| {
///     let request = fields.iter().fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
///     service.clone().oneshot(request.body(String::new()).unwrap()).await.unwrap()
/// };
/// let (token, guess, key) = (("authorization", "Bearer t0ken"), ("authorization", "Bearer guess"), ("x-api-key", "k3y"));
/// assert_eq!(ask(&[key]).await.body(), "ci");
/// assert_eq!(ask(&[token, key]).await.body(), "ada", "`Bearer` is the first");
/// assert_eq!(ask(&[guess, key]).await.status(), 401);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone)]
pub struct ApiKey<V> {
    verifier: V,
    field: HeaderName,
    challenge: Challenge,
}

impl<V: VerifyToken> ApiKey<V> {
    /// Protects the realm `realm` with `keys`: a verifier, or a list of keys, with or without their owners. The documentation
    /// of [`IntoTokenVerifier`] lists what is accepted. The field is `X-Api-Key`.
    ///
    /// # Errors
    ///
    /// The realm contains a control character, which a challenge cannot carry; the verifier [accepts no
    /// key](VerifyToken::is_empty); or a list has an empty key, a key twice, or a key with a space or a character that is
    /// not ASCII.
    pub fn new(
        realm: &str,
        keys: impl IntoTokenVerifier<Verifier = V>,
    ) -> Result<Self, ConfigError> {
        let verifier = keys.into_key_verifier()?;
        if verifier.is_empty() {
            return Err(ConfigError::new(
                "no API key is configured: add at least one",
            ));
        }
        Ok(Self {
            verifier,
            challenge: challenge(realm.as_bytes(), &X_API_KEY)?,
            field: X_API_KEY,
        })
    }

    /// Reads the key from the field `name` in place of `X-Api-Key`.
    ///
    /// # Errors
    ///
    /// HTTP uses the field for something else. For example, `Host` has the name of the server, and a token in
    /// `Authorization` needs [`Bearer`](crate::scheme::Bearer).
    ///
    /// # Example
    ///
    /// ```
    /// use http::HeaderName;
    /// use http::header::{AUTHORIZATION, COOKIE};
    /// use tower_challenge::scheme::ApiKey;
    ///
    /// let keys = || ApiKey::new("files", ["k3y"]);
    /// assert!(keys()?.in_field(HeaderName::from_static("x-functions-key")).is_ok());
    /// assert!(keys()?.in_field(AUTHORIZATION).is_err(), "use Bearer");
    /// assert!(keys()?.in_field(COOKIE).is_err(), "browsers send cookies by themselves");
    /// # Ok::<(), tower_challenge::ConfigError>(())
    /// ```
    pub fn in_field(self, name: HeaderName) -> Result<Self, ConfigError> {
        message::check_field(&name)?;
        let realm = self.challenge.param("realm");
        let realm = realm.map(|realm| realm.to_bytes().into_owned());
        Ok(Self {
            challenge: challenge(&realm.unwrap_or_default(), &name)?,
            field: name,
            ..self
        })
    }
}

fn challenge(realm: &[u8], field: &HeaderName) -> Result<Challenge, ConfigError> {
    let challenge = Challenge::builder(SchemeName::API_KEY).quoted("realm", realm);
    Ok(challenge.quoted("field", field.as_str()).build()?)
}

impl<V: VerifyToken> Scheme for ApiKey<V> {
    type Identity = V::Identity;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        challenges.push(self.challenge.clone());
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        let is_there = attempt.head().headers().contains_key(&self.field);
        if is_there {
            attempt.claim_for(SchemeName::API_KEY);
        }
        is_there
    }

    /// A key names no account before the verifier has found it.
    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<V::Identity>> {
        let key = message::key(attempt.head().headers(), &self.field)?;
        attempt.claim_for(SchemeName::API_KEY);
        let key = match key {
            Ok(key) => Secret::new(key),
            Err(reason) => return Some(Refusal::malformed_because(reason).at_once()),
        };
        let answer = self.verifier.verify_for(key, attempt.head());
        Some(answer.map(|answer| answer.map(verdict)))
    }

    /// The scheme does not read the credentials field.
    fn is_malformed(&self, _: &Attempt<'_>) -> bool {
        false
    }

    fn credentials_fields(&self, fields: &mut Vec<CredentialsField>) {
        fields.push(CredentialsField::whole(self.field.clone()));
    }

    fn has_fixed_challenges(&self) -> bool {
        true
    }
}

fn verdict<I>(verified: Verified<I>) -> Verdict<I> {
    match verified {
        Ok(identity) => Verdict::Admit(Admission::new(identity)),
        Err(failure) => Verdict::Refuse(Refusal::unverified(failure, reasons::UNKNOWN)),
    }
}

shows! { impl[V] ApiKey[V] as self { challenge: self.challenge } }
