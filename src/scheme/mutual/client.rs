//! The client of Mutual, as functions without I/O: how it begins a session.

use http::HeaderValue;
use zeroize::Zeroizing;

use super::algorithm::MutualAlgorithm;
use super::challenges::{beginning, fixed};
use super::client_error::MutualClientError;
use super::client_session::MutualSession;
use super::encoding::{read, written};
use super::host_validation::HostValidation;
use super::message::is_user;
use super::proof::{ClientKey, PasswordKey};
use super::sensitive::sensitive;
use super::space::MutualSpace;
use crate::derives::shows;
use crate::header::{Challenge, ParamValue, SchemeName, WwwAuthenticate, ext_value};
use crate::random::random;
use crate::secret::{Secret, SecretString};

/// A user of Mutual with a password. It makes the fields of the requests, and reads those of the responses.
///
/// A session has four steps, and each makes the next one:
///
/// 1. [`begin`](Self::begin) reads the challenge of the first `401`, and makes the credentials that name the user.
/// 2. [`answer`](MutualKeyExchange::answer) reads the key of the server in the second `401`.
/// 3. [`next`](MutualSession::next) makes the credentials of a request, each time others.
/// 4. [`verify`](super::MutualProof::verify) reads `Authentication-Info` of the response. Only then has the server proved
///    that it knows the password, too. Do not trust a response that fails here.
///
/// The client keeps the session, and repeats steps 3 and 4 for each request. If a server answers `401` with
/// `reason=stale-session`, the client begins another session without asking its user.
///
/// # Example
///
/// ```
/// use http::HeaderValue;
/// use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
/// use http::{Request, Response, StatusCode};
/// use tower::{Layer, ServiceExt, service_fn};
/// use tower_challenge::scheme::Mutual;
/// use tower_challenge::scheme::mutual::{HostValidation, MutualAccounts, MutualAlgorithm, MutualClient, MutualSpace};
/// use tower_challenge::{RequireAuth, Secret};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let space = MutualSpace::new(MutualAlgorithm::P256, "http://127.0.0.1:3000", "notes")?;
/// let host = HostValidation::host("http://127.0.0.1:3000")?;
/// let accounts = MutualAccounts::new(&space, [("ada", "lovelace")])?;
/// let auth = RequireAuth::new(Mutual::new(&space, host.clone(), accounts)?)?;
/// let service = auth.layer(service_fn(async |_: Request<()>| {
///     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
/// }));
/// let ask = |credentials: &HeaderValue| {
///     service.clone().oneshot(Request::get("/").header(AUTHORIZATION, credentials).body(()).unwrap())
/// };
///
/// let challenged = service.clone().oneshot(Request::get("/").body(())?).await?;
/// let client = MutualClient::new("ada", Secret::new("lovelace"))?;
/// let exchange = client.begin(&host, &challenged.headers()[WWW_AUTHENTICATE])?;
/// let challenged = ask(exchange.credentials()).await?;
/// let mut session = exchange.answer(&challenged.headers()[WWW_AUTHENTICATE])?;
/// for _ in 0..3 {
///     let proof = session.next()?;
///     let response = ask(proof.credentials()).await?;
///     assert_eq!(response.status(), StatusCode::OK);
///     proof.verify(&response.headers()["authentication-info"])?;
/// }
///
/// let wrong = MutualClient::new("ada", Secret::new("byron"))?;
/// let exchange = wrong.begin_in(&host, &space)?; // without a first `401`
/// let challenged = ask(exchange.credentials()).await?;
/// let proof = exchange.answer(&challenged.headers()[WWW_AUTHENTICATE])?.next()?;
/// assert_eq!(ask(proof.credentials()).await?.status(), StatusCode::UNAUTHORIZED);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone)]
pub struct MutualClient {
    user: String,
    password: SecretString,
}

/// The first credentials of a session.
pub struct MutualKeyExchange {
    space: MutualSpace,
    host: HostValidation,
    password: PasswordKey,
    key: ClientKey,
    credentials: HeaderValue,
}

impl MutualClient {
    /// Makes a client for this user and this password.
    ///
    /// RFC 8120 section 9 has the client prepare names and passwords that are not ASCII: `password::precis::username` and
    /// `password::precis::password` (feature `precis`) do.
    ///
    /// # Errors
    ///
    /// The name or the password is empty, or the name has a control character or more than 255 bytes.
    pub fn new(user: &str, password: Secret<'_>) -> Result<Self, MutualClientError> {
        if !is_user(user) || password.expose().is_empty() {
            return Err(MutualClientError::new(
                "the name or the password is empty, or the name cannot be sent",
            ));
        }
        Ok(Self {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }

    /// Reads the challenge in `WWW-Authenticate` of a `401`, and begins a session. `host` is the server to which the client
    /// has connected. It takes 10 to 100 milliseconds.
    ///
    /// # Errors
    ///
    /// The field has no challenge of Mutual, or several; the algorithm or the validation is another one than the client
    /// can use; or the auth-scope does not cover the host.
    pub fn begin(
        &self,
        host: &HostValidation,
        www_authenticate: &HeaderValue,
    ) -> Result<MutualKeyExchange, MutualClientError> {
        let challenge = challenge_of(www_authenticate)?;
        let space = space_of(&challenge)?;
        if !validates(&challenge, host) {
            return Err(MutualClientError::new(
                "the server validates the host in another way",
            ));
        }
        self.begin_in(host, &space)
    }

    /// Begins a session in a protection space that the client knows, so that the first `401` is not needed.
    ///
    /// # Errors
    ///
    /// The auth-scope does not cover the host, or the system random number generator failed.
    pub fn begin_in(
        &self,
        host: &HostValidation,
        space: &MutualSpace,
    ) -> Result<MutualKeyExchange, MutualClientError> {
        if !host.is_in(space.auth_scope()) {
            return Err(MutualClientError::new(
                "the auth-scope does not cover the host",
            ));
        }
        let algorithm = space.algorithm();
        let no_random = || MutualClientError::new("the system random number generator failed");
        let s_c1 = exponent(algorithm).ok_or_else(no_random)?;
        let key = ClientKey::new(algorithm, &s_c1).ok_or_else(no_random)?;
        Ok(MutualKeyExchange {
            password: PasswordKey::new(space, &self.user, self.password.as_secret()),
            credentials: self.credentials(host, space, &key)?,
            space: space.clone(),
            host: host.clone(),
            key,
        })
    }

    /// `req-KEX-C1`.
    fn credentials(
        &self,
        host: &HostValidation,
        space: &MutualSpace,
        key: &ClientKey,
    ) -> Result<HeaderValue, MutualClientError> {
        let credentials = match self.user.is_ascii() {
            true => beginning(space, host).quoted("user", &self.user),
            false => beginning(space, host).token("user*", ext_value::encode(&self.user)),
        };
        let algorithm = space.algorithm();
        let kc1 = written(algorithm, key.element());
        let credentials = fixed(credentials, "kc1", &kc1, algorithm.writes_hex()).build();
        sensitive(credentials.ok())
    }
}

impl MutualKeyExchange {
    /// The value of `Authorization`.
    #[must_use]
    pub const fn credentials(&self) -> &HeaderValue {
        &self.credentials
    }

    /// Reads the key of the server in `WWW-Authenticate` of the `401`. It takes up to 100 milliseconds.
    ///
    /// # Errors
    ///
    /// The field has no challenge of Mutual, the challenge is for another protection space, it has no sid or limits, or the
    /// key of the server is no element of the group.
    pub fn answer(
        self,
        www_authenticate: &HeaderValue,
    ) -> Result<MutualSession, MutualClientError> {
        let challenge = challenge_of(www_authenticate)?;
        if space_of(&challenge)? != self.space || !validates(&challenge, &self.host) {
            return Err(MutualClientError::new(
                "the server answers for another protection space",
            ));
        }
        let algorithm = self.space.algorithm();
        let ks1 = challenge.param("ks1").ok_or_else(|| refusal(&challenge))?;
        let ks1 = read(algorithm, &ks1.to_bytes(), algorithm.element_len());
        let secret = ks1.and_then(|ks1| self.key.agree(&self.password, &ks1));
        let secret = secret.ok_or(MutualClientError::new(
            "the key of the server is no element of the group",
        ))?;
        MutualSession::new(self.space, self.host, secret, &challenge)
    }
}

/// The one challenge of Mutual in a field, which may also have challenges of other schemes.
fn challenge_of(field: &HeaderValue) -> Result<Challenge, MutualClientError> {
    let challenges = WwwAuthenticate::parse([field.as_bytes()])
        .map_err(|_| MutualClientError::new("the field breaks the grammar of challenges"))?;
    let mut ours = challenges
        .iter()
        .filter(|challenge| challenge.scheme() == SchemeName::MUTUAL);
    let challenge = ours.next().cloned();
    let challenge = challenge.ok_or(MutualClientError::new(
        "the field has no challenge of Mutual",
    ))?;
    let is_known = challenge
        .param("version")
        .is_some_and(|version| version.eq_ignore_ascii_case("1"));
    match ours.next() {
        None if is_known => Ok(challenge),
        None => Err(MutualClientError::new(
            "the server uses another version of Mutual",
        )),
        Some(_) => Err(MutualClientError::new(
            "the field has several challenges of Mutual",
        )),
    }
}

/// Whether the server validates the host in the same way as the client.
fn validates(challenge: &Challenge, host: &HostValidation) -> bool {
    let value = challenge.param("validation");
    value.is_some_and(|value| value.eq_ignore_ascii_case(host.name()))
}

/// The protection space of a challenge. Its auth-scope must be there: RFC 8120 contradicts itself about the default.
fn space_of(challenge: &Challenge) -> Result<MutualSpace, MutualClientError> {
    let text = |name| {
        let value: Option<ParamValue<'_>> = challenge.param(name);
        value.and_then(|value| value.to_str())
    };
    let algorithm = text("algorithm").and_then(|name| MutualAlgorithm::from_name(&name));
    let algorithm = algorithm.ok_or(MutualClientError::new("the algorithm is unknown"))?;
    let space = text("auth-scope").zip(text("realm"));
    let space = space.and_then(|(scope, realm)| MutualSpace::new(algorithm, &scope, &realm).ok());
    space.ok_or(MutualClientError::new(
        "the auth-scope or the realm is missing or wrong",
    ))
}

/// Why a server sends no key.
fn refusal(challenge: &Challenge) -> MutualClientError {
    let is = |reason: &str| {
        challenge
            .param("reason")
            .is_some_and(|value| value.eq_ignore_ascii_case(reason))
    };
    MutualClientError::new(match () {
        () if is("auth-failed") => "the server refuses the name or the password",
        () if is("invalid-parameters") => "the server refuses the message",
        () => "the challenge has no key of the server",
    })
}

/// A random exponent.
fn exponent(algorithm: MutualAlgorithm) -> Option<Zeroizing<Vec<u8>>> {
    let seed = Zeroizing::new(random().ok()?);
    let mut stream = blake3::Hasher::new_keyed(&seed).finalize_xof();
    Some(algorithm.group().exponent(&mut |bytes| stream.fill(bytes)))
}

shows! { impl[] MutualClient[] as self { user: self.user } }
shows! { impl[] MutualKeyExchange[] as self { space: self.space } }
