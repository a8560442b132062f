//! A server with `auth-int`, for the tests of `bodies`.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower::{ServiceExt, service_fn};
use tower_challenge::clock::ManualClock;
use tower_challenge::header::WwwAuthenticate;
use tower_challenge::password::Lookup;
use tower_challenge::scheme::digest::{
    AuthInt, DigestAccount, DigestAccounts, DigestAlgorithm, DigestBuilder,
};
use tower_challenge::scheme::{BodyLimits, BoxScheme, Digest, SchemeExt, SignedBody, VerifiedBody};
use tower_challenge::store::MemoryStore;
use tower_challenge::{ConfigError, Principal, RequireAuth};
use tower_layer::Layer as _;

use crate::support::{CountingStore, Login, PASSWORD, REALM, TestWorld, USER, run};
use crate::wire::Untouchable;

pub(super) type Scheme = BoxScheme<Principal, SignedBody>;

/// A server with `auth-int`, and the last body that its inner service read.
pub(super) struct Covered {
    pub(super) layer: RequireAuth<Scheme>,
    pub(super) store: CountingStore,
    read: Arc<Mutex<Option<Read>>>,
}

/// A body that was read, and its trailers.
pub(super) type Read = (Bytes, Option<HeaderMap>);

/// At most 16 bytes, with the default limits of time and rate.
pub(super) fn limits() -> BodyLimits {
    BodyLimits::new(ManualClock::new(SystemTime::UNIX_EPOCH)).max_length(16)
}

pub(super) fn accounts() -> DigestAccounts {
    DigestAccounts::new(REALM, TestWorld::accounts()).unwrap()
}

pub(super) fn builder<L: Lookup<str, Record = DigestAccount>>(lookup: L) -> DigestBuilder<L> {
    Digest::builder(REALM, lookup)
        .algorithms(DigestAlgorithm::ALL)
        .session_algorithms([DigestAlgorithm::Sha256])
        .legacy_md5()
}

impl Covered {
    pub(super) fn of<L>(
        digest: DigestBuilder<L>,
        build: fn(DigestBuilder<L>, BodyLimits) -> Result<AuthInt<L>, ConfigError>,
    ) -> Self
    where
        L: Lookup<str, Record = DigestAccount>,
    {
        let store = CountingStore::new(MemoryStore::new());
        let scheme = build(digest.store(store.clone()), limits()).unwrap();
        Self {
            layer: RequireAuth::new(scheme.boxed()).unwrap(),
            store,
            read: Arc::default(),
        }
    }

    pub(super) fn offered() -> Self {
        Self::of(builder(accounts()), AuthInt::offered)
    }

    pub(super) fn required() -> Self {
        Self::of(builder(accounts()), AuthInt::required)
    }

    /// Sends a request. Returns the response, and the body that the inner service read.
    pub(super) fn send<B>(
        &self,
        login: &Login,
        header: &str,
        body: B,
    ) -> (Response<Full<Bytes>>, Option<Read>)
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
            + Unpin
            + 'static,
    {
        let request = Request::builder()
            .method(login.method.as_str())
            .uri(&login.uri)
            .header(AUTHORIZATION, header);
        let read = Arc::clone(&self.read);
        let inner = service_fn(move |request: Request<VerifiedBody<B>>| {
            let read = Arc::clone(&read);
            async move {
                let body = request.into_body().collect().await.map_err(|_| ()).unwrap();
                let trailers = body.trailers().cloned();
                *read.lock().unwrap() = Some((body.to_bytes(), trailers));
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
            }
        });
        let service = self.layer.layer(inner);
        let Ok(response) = run(service.oneshot(request.body(body).unwrap()));
        (response, self.read.lock().unwrap().take())
    }

    pub(super) fn ask<B>(&self, login: &Login, body: B) -> (u16, Option<Bytes>)
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
            + Unpin
            + 'static,
    {
        let (response, read) = self.send(login, &login.header(), body);
        (response.status().as_u16(), read.map(|(read, _)| read))
    }

    /// Returns a login for each algorithm, each with a nonce of its own, for a `POST` with a body.
    pub(super) fn logins(&self, body: &str) -> Vec<Login> {
        let login = |i: usize| {
            let anonymous = anonymous();
            let (refused, _) = self.send(&anonymous, "Unheard-Of", Untouchable);
            let lines = refused.headers().get_all(WWW_AUTHENTICATE).iter();
            let challenges = WwwAuthenticate::parse(lines.map(|line| line.as_bytes())).unwrap();
            let login = Login::to(challenges.iter().nth(i)?, USER, PASSWORD);
            Some(login.request("POST", "/").with(|login| {
                login.qop = "auth-int".to_owned();
                login.body = body.to_owned();
            }))
        };
        (0..).map_while(login).collect()
    }
}

/// A request without usable credentials.
pub(super) fn anonymous() -> Login {
    Login::default().request("POST", "/")
}

pub(super) fn full(text: &str) -> Full<Bytes> {
    Full::new(Bytes::copy_from_slice(text.as_bytes()))
}

pub(super) fn is_stale(response: &Response<Full<Bytes>>) -> bool {
    let lines = response.headers().get_all(WWW_AUTHENTICATE).iter();
    let challenges = WwwAuthenticate::parse(lines.map(|line| line.as_bytes())).unwrap();
    challenges
        .iter()
        .all(|challenge| challenge.param("stale").is_some())
}
