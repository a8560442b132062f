//! An issuer that answers without a network, and its keys.

use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use http::{Request, Response};
use tokio::sync::watch;
use tower::util::service_fn;
use tower_challenge::clock::{Clock, ManualClock};
use tower_challenge::jose::{KeySet, KeySource};
use tower_challenge::jwks::{FetchEvent, RemoteKeys, RemoteKeysBuilder};

pub(crate) const URL: &str = "https://as.example/jwks";
pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const AUDIENCE: &str = "https://api.example";

/// Long after 1970, so that a test can subtract.
pub(crate) fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// A key pair of an issuer.
pub(crate) struct IssuerKey {
    id: String,
    pair: Ed25519KeyPair,
}

impl IssuerKey {
    pub(crate) fn new(id: &str) -> Self {
        let id = id.to_owned();
        let pair = Ed25519KeyPair::generate().unwrap();
        Self { id, pair }
    }

    /// The public key in JSON.
    pub(crate) fn jwk(&self) -> String {
        let x = BASE64_URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref());
        let id = &self.id;
        format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{id}","x":"{x}"}}"#)
    }

    /// A token that is good for an hour. `more` is appended to the members of its header.
    pub(crate) fn token(&self, now: SystemTime, more: &str) -> String {
        let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
        let now = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let id = &self.id;
        let header = format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{id}"{more}}}"#);
        let claims = format!(
            r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","sub":"ada","exp":{}}}"#,
            now + 3600
        );
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A set with a new key of each name.
pub(crate) fn set_of(ids: &[&str]) -> String {
    let keys = ids.iter().map(|id| IssuerKey::new(id).jwk());
    jwks(&Vec::from_iter(keys))
}

pub(crate) fn jwks(keys: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

/// How the issuer answers a request.
#[derive(Clone)]
pub(crate) enum Behaviour {
    Answer(u16, String),
    /// An answer with the status 200 and this `Cache-Control`.
    Cached(&'static str, String),
    /// It answers when the test says so.
    Held(String),
    Hang,
    Error,
    Panic,
}

/// An issuer. A clone is the same issuer.
#[derive(Clone)]
pub(crate) struct FakeIssuer(Arc<FakeParts>);

/// Chooses the behaviour for the URL of a request.
type ChooseBehaviour = Box<dyn Fn(&str) -> Behaviour + Send>;

struct FakeParts {
    clock: ManualClock,
    behaviour: Mutex<ChooseBehaviour>,
    /// The URL of each request, and when it came.
    requests: Mutex<Vec<(String, Duration)>>,
    released: watch::Sender<bool>,
    events: Mutex<Vec<FetchEvent>>,
}

impl FakeIssuer {
    pub(crate) fn new(behaviour: Behaviour) -> Self {
        Self(Arc::new(FakeParts {
            clock: ManualClock::new(start()),
            behaviour: Mutex::new(Box::new(move |_| behaviour.clone())),
            requests: Mutex::default(),
            released: watch::Sender::new(false),
            events: Mutex::default(),
        }))
    }

    pub(crate) fn publishing(ids: &[&str]) -> Self {
        Self::new(Behaviour::Answer(200, set_of(ids)))
    }

    pub(crate) fn set(&self, behaviour: Behaviour) {
        self.answer_with(move |_| behaviour.clone());
    }

    pub(crate) fn publish(&self, ids: &[&str]) {
        self.set(Behaviour::Answer(200, set_of(ids)));
    }

    /// Answers a request by its URL.
    pub(crate) fn answer_with(&self, behaviour: impl Fn(&str) -> Behaviour + Send + 'static) {
        *self.0.behaviour.lock().unwrap() = Box::new(behaviour);
    }

    pub(crate) fn clock(&self) -> &ManualClock {
        &self.0.clock
    }

    /// Lets all held requests have their answers.
    pub(crate) fn release(&self) {
        self.0.released.send_replace(true);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.requests.lock().unwrap().len()
    }

    /// The URLs of the requests.
    pub(crate) fn urls(&self) -> Vec<String> {
        let requests = self.0.requests.lock().unwrap();
        requests.iter().map(|(url, _)| url.clone()).collect()
    }

    /// When the requests came.
    pub(crate) fn times(&self) -> Vec<Duration> {
        let requests = self.0.requests.lock().unwrap();
        requests.iter().map(|(_, time)| *time).collect()
    }

    /// Takes the events so far.
    pub(crate) fn events(&self) -> Vec<FetchEvent> {
        std::mem::take(&mut self.0.events.lock().unwrap())
    }

    /// Connects the builder with this issuer, without jitter.
    pub(crate) fn connect(&self, builder: RemoteKeysBuilder) -> RemoteKeysBuilder {
        let (issuer, listener) = (self.clone(), self.clone());
        builder
            .client(service_fn(move |request: Request<String>| {
                issuer.respond(&request)
            }))
            .clock(self.clock().clone())
            .jitter(|_| Duration::ZERO)
            .on_fetch(move |event| listener.0.events.lock().unwrap().push(event.clone()))
    }

    pub(crate) fn keys(&self) -> RemoteKeys {
        self.connect(RemoteKeys::at(URL)).build().unwrap()
    }

    fn respond(
        &self,
        request: &Request<String>,
    ) -> Pin<Box<dyn Future<Output = io::Result<Response<String>>> + Send>> {
        let url = request.uri().to_string();
        let behaviour = self.0.behaviour.lock().unwrap()(&url);
        let request = (url, self.clock().monotonic());
        self.0.requests.lock().unwrap().push(request);
        let issuer = self.clone();
        Box::pin(async move {
            let answer = |status: u16, text| Response::builder().status(status).body(text);
            let response = match behaviour {
                Behaviour::Answer(status, text) => answer(status, text),
                Behaviour::Cached(control, text) => {
                    let response = Response::builder().header("cache-control", control);
                    response.body(text)
                }
                Behaviour::Held(text) => {
                    let mut released = issuer.0.released.subscribe();
                    released.wait_for(|released| *released).await.unwrap();
                    answer(200, text)
                }
                Behaviour::Hang => pending().await,
                Behaviour::Error => return Err(io::Error::other("connection reset")),
                Behaviour::Panic => panic!("the client of a test panics"),
            };
            Ok(response.unwrap())
        })
    }
}

/// The names of the keys, or why there are none.
pub(crate) async fn names(keys: &RemoteKeys) -> Result<Vec<String>, String> {
    let keys = keys.keys().await;
    keys.map(|keys| names_of(&keys))
        .map_err(|why| why.to_string())
}

/// The names of the keys that are there without a wait.
pub(crate) fn names_now(keys: &RemoteKeys) -> Vec<String> {
    let keys = keys.keys().try_now();
    names_of(&keys.expect("without a wait").expect("keys are held"))
}

pub(crate) fn names_of(keys: &KeySet) -> Vec<String> {
    let names = keys.iter().map(|key| key.id().unwrap_or_default());
    names.map(str::to_owned).collect()
}

/// Lets all tasks go on until each of them waits.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
