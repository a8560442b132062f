//! The settings of a verifier that asks an authorization server.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use serde_core::de::DeserializeOwned;
use tower_service::Service;

use super::answer::{AnswerRules, ExpectedNames};
use super::answer_cache::{AnswerCache, CacheTimes};
use super::circuit::Circuit;
use super::client_credentials::ClientCredentials;
use super::question::IntrospectionEndpoint;
use super::verifier::{IntrospectionVerifier, VerifierParts};
use crate::clock::{Timer, TokioClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::http_client::{HttpClient, RemoteUrl, UrlRule, default_client, service_client};
use crate::principal::Principal;
use crate::single_flight::SharedComputations;
use crate::token_claims::{
    ReadIdentity, RequiredClaim, VerifiedClaims, path, principal_alone, with_claims,
};

/// The settings of an [`IntrospectionVerifier`]. `I` is the type of the caller's identity.
///
/// The [module](super) has an example.
#[must_use]
pub struct IntrospectionVerifierBuilder<I = Principal> {
    endpoint: String,
    credentials: ClientCredentials,
    rule: UrlRule,
    rules: AnswerRules,
    client: Option<Arc<dyn HttpClient>>,
    clock: Arc<dyn Timer>,
    limits: IntrospectionLimits,
    times: CacheTimes,
    read: ReadIdentity<I>,
}

#[derive(Clone, Copy, Debug)]
struct IntrospectionLimits {
    cache: usize,
    concurrent: usize,
    timeout: Duration,
    max_size: usize,
}

/// The longest time for which an answer about a good token counts.
const MOST_GOOD: Duration = Duration::from_secs(60);

/// The longest time for which an answer about a refused token counts.
const MOST_REFUSED: Duration = Duration::from_secs(10);

/// How many connections a client of this crate keeps.
pub(super) const IDLE_CONNECTIONS: usize = 16;

impl IntrospectionVerifier {
    /// Begins a verifier that asks `endpoint`, for example `https://as.example/introspect`. The metadata of an
    /// authorization server has the URL as `introspection_endpoint`. This server is the client with `credentials` there.
    pub fn builder(endpoint: &str, credentials: ClientCredentials) -> IntrospectionVerifierBuilder {
        IntrospectionVerifierBuilder {
            endpoint: endpoint.to_owned(),
            credentials,
            rule: UrlRule::HttpsOnly,
            rules: AnswerRules {
                issuers: ExpectedNames::default(),
                audiences: ExpectedNames::default(),
                required: Vec::new(),
                names: vec![path(&["sub"])],
                nameless: None,
                scopes: vec![path(&["scope"])],
                roles: Vec::new(),
            },
            client: None,
            clock: Arc::new(TokioClock::new()),
            limits: IntrospectionLimits {
                cache: 4096,
                concurrent: 128,
                timeout: Duration::from_secs(2),
                max_size: 64 * 1024,
            },
            times: CacheTimes {
                good: MOST_GOOD,
                refused: Duration::from_secs(5),
            },
            read: principal_alone,
        }
    }
}

impl<I: Clone + Send + Sync + 'static> IntrospectionVerifierBuilder<I> {
    /// Accepts only tokens for this audience (`aud`): the identifier of this server at the authorization server. Compared
    /// exactly. Call it again for another name of the same server.
    ///
    /// Without this call, every active token is accepted. That is right if the authorization server answers
    /// `"active": false` to a server for which the token is not meant (RFC 7662 section 4), and wrong otherwise: a token
    /// for a neighbour would be good here.
    pub fn audience(mut self, audience: &str) -> Self {
        self.rules.audiences.names.push(audience.to_owned());
        self
    }

    /// Accepts answers without `aud`, too. RFC 7662 does not require it in an answer.
    pub const fn allow_missing_audience(mut self) -> Self {
        self.rules.audiences.may_be_missing = true;
        self
    }

    /// Accepts only tokens of this issuer (`iss`), in exactly this spelling. Call it again for another spelling.
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.rules.issuers.names.push(issuer.to_owned());
        self
    }

    /// Accepts answers without `iss`, too. RFC 7662 does not require it in an answer.
    pub const fn allow_missing_issuer(mut self) -> Self {
        self.rules.issuers.may_be_missing = true;
        self
    }

    /// Requires that the member at `path` of the answer is one of the strings `values`.
    ///
    /// An authorization server may say that a refresh token is active, too. Require the member that tells access tokens
    /// from others. For example, Keycloak has `typ` with the value `Bearer`, and Ory Hydra has `token_use` with the value
    /// `access_token`.
    pub fn require_one_of(mut self, path: &[&str], values: &[&str]) -> Self {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        self.rules.required.push(RequiredClaim {
            path: self::path(path),
            values: Some(values),
        });
        self
    }

    /// Takes the name of the caller from the member at `path`, if the answer lacks `sub` and the members of earlier calls.
    ///
    /// For example, some servers name no `sub` for a program that asked for a token of its own, but a `client_id`. Make sure
    /// that no client can be registered with the `sub` of another caller as its `client_id` (RFC 9068 section 5).
    /// `username` is for people to read, and may be given to a second person.
    pub fn name_in(mut self, path: &[&str]) -> Self {
        self.rules.names.push(self::path(path));
        self
    }

    /// Accepts answers that name no owner. All such callers have the name `name`.
    pub fn nameless_as(mut self, name: &str) -> Self {
        self.rules.nameless = Some(name.to_owned());
        self
    }

    /// Takes scopes from the member at `path`, too: a list that is separated by spaces, or an array with one scope in each
    /// element. The scopes in `scope` are always taken.
    pub fn scopes_in(mut self, path: &[&str]) -> Self {
        self.rules.scopes.push(self::path(path));
        self
    }

    /// Takes roles from the member at `path`: one string, or an array of strings.
    pub fn roles_in(mut self, path: &[&str]) -> Self {
        self.rules.roles.push(self::path(path));
        self
    }

    /// Sets for how long an answer about a good token counts: up to 60 seconds, which is the default. For this time,
    /// a revoked token can still be used. An answer never counts after the `exp` of the token. With zero, each request waits for
    /// an answer.
    pub const fn remember_for(mut self, time: Duration) -> Self {
        self.times.good = time;
        self
    }

    /// Sets for how long an answer about a refused token counts: up to 10 seconds, and 5 by default. For this time, a
    /// client may be refused whose token has only just become good. A token about which the server refuses to answer is `503` for the
    /// same time.
    pub const fn remember_refused_for(mut self, time: Duration) -> Self {
        self.times.refused = time;
        self
    }

    /// Remembers up to this many good tokens, rounded up to a multiple of four, and apart from them as many refused ones, but
    /// at most 1,024. The default is 4,096 good tokens. With 0 nothing is remembered.
    pub const fn cache(mut self, tokens: usize) -> Self {
        self.limits.cache = tokens;
        self
    }

    /// Sets how many questions may run at the same time: 128 by default. A token beyond is answered with `503`.
    pub const fn max_concurrent(mut self, questions: usize) -> Self {
        self.limits.concurrent = questions;
        self
    }

    /// Sets how long a question may take, with its body. The default is 2 seconds.
    pub const fn timeout(mut self, time: Duration) -> Self {
        self.limits.timeout = time;
        self
    }

    /// Sets how many bytes the body of an answer may have. The default is 64 KiB.
    pub const fn max_size(mut self, bytes: usize) -> Self {
        self.limits.max_size = bytes;
        self
    }

    /// Reads and waits for the time with `clock`. The default is a [`TokioClock`].
    pub fn clock(mut self, clock: impl Timer) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sends the questions with `service`, an HTTP client that the application has. Its requests have an absolute URL
    /// and a body of the type `Q`, for example `http_body_util::Full<Bytes>`.
    ///
    /// A clone of `service` sends each request. The service must verify certificates and must not follow redirects. The
    /// limits of size and of time hold with every service.
    ///
    /// With the feature `jwks`, the default is a client of hyper and rustls.
    pub fn client<S, Q, R>(self, service: S) -> Self
    where
        S: Service<Request<Q>, Response = Response<R>> + Clone + Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        S::Future: Send,
        Q: From<Bytes> + Send + 'static,
        R: Body + Send,
        R::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        self.with_client(service_client(service, Q::from))
    }

    pub(super) fn with_client(mut self, client: Arc<dyn HttpClient>) -> Self {
        self.client = Some(client);
        self
    }

    /// Accepts a URL with `http` if its host is an address of the same machine, or `localhost`. Use it in tests alone:
    /// without TLS, every program that can answer for the authorization server can make tokens, and reads those of others.
    pub const fn danger_http_on_loopback(mut self) -> Self {
        self.rule = UrlRule::HttpOnLoopback;
        self
    }

    /// Reads the answer into a type of the application. The identity of the caller is then a [`VerifiedClaims<T>`], whose
    /// documentation says what changes for handlers, policies and the audit.
    ///
    /// `T` gets all members of the answer. A token whose answer does not fit is refused with `401`. Leave `username` out of
    /// `T` unless the application needs it: it is personal, and the library itself does not read it.
    pub fn claims<T: DeserializeOwned + Send + Sync + 'static>(
        self,
    ) -> IntrospectionVerifierBuilder<VerifiedClaims<T>> {
        IntrospectionVerifierBuilder {
            endpoint: self.endpoint,
            credentials: self.credentials,
            rule: self.rule,
            rules: self.rules,
            client: self.client,
            clock: self.clock,
            limits: self.limits,
            times: self.times,
            read: with_claims::<T>,
        }
    }

    /// Makes the verifier. It asks nothing yet.
    ///
    /// # Errors
    ///
    /// - The URL is not an absolute `https` URL, or has a user name or a fragment.
    /// - The name of the client is empty.
    /// - There is no HTTP client: [`client`](Self::client) was not called, and the feature `jwks` is not enabled.
    /// - An answer would count for longer than 60 seconds, or for longer than 10 seconds about a refused token.
    /// - [`timeout`](Self::timeout), [`max_size`](Self::max_size) or [`max_concurrent`](Self::max_concurrent) is zero.
    /// - An audience, an issuer, a path or the list of values of a required member is empty.
    /// - An answer may lack a member that is not compared.
    /// - The system random number generator failed.
    pub fn build(self) -> Result<IntrospectionVerifier<I>, ConfigError> {
        self.check_limits()?;
        self.rules.check()?;
        if self.credentials.client().is_empty() {
            return Err(ConfigError::new(
                "the name of the client is empty: register one at the authorization server",
            ));
        }
        let url = RemoteUrl::parse(&self.endpoint, self.rule).map_err(|why| {
            // The message does not repeat the URL, which may contain a secret.
            ConfigError::new(format!("the introspection endpoint cannot be asked: {why}"))
        })?;
        let client = self.client;
        let client = client.map_or_else(|| default_client(IDLE_CONNECTIONS), Ok)?;
        Ok(IntrospectionVerifier::of(VerifierParts {
            endpoint: IntrospectionEndpoint {
                url,
                credentials: self.credentials,
                client,
                clock: self.clock,
                timeout: self.limits.timeout,
                max_size: self.limits.max_size,
            },
            rules: self.rules,
            cache: AnswerCache::new(self.limits.cache, self.times)?,
            questions: SharedComputations::new(),
            circuit: Arc::new(Circuit::new(self.limits.concurrent)),
            read: self.read,
        }))
    }

    fn check_limits(&self) -> Result<(), ConfigError> {
        let (limits, times) = (self.limits, self.times);
        let why = if times.good > MOST_GOOD {
            "an answer would count for longer than 60 seconds, and so long a revoked token would be good"
        } else if times.refused > MOST_REFUSED {
            "an answer about a refused token would count for longer than 10 seconds"
        } else if limits.timeout.is_zero() || limits.max_size == 0 || limits.concurrent == 0 {
            "the time, the size and the number of introspections must not be zero"
        } else {
            return Ok(());
        };
        Err(ConfigError::new(why))
    }
}

shows! {
    impl[I] IntrospectionVerifierBuilder[I] as self {
        credentials: self.credentials,
        rule: self.rule,
        rules: self.rules,
        limits: self.limits,
        times: self.times,
    }
}
