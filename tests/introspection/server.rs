//! An authorization server that answers without a network.

use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use tokio::sync::watch;
use tower::util::service_fn;
use tower_challenge::clock::ManualClock;
use tower_challenge::introspection::{
    ClientCredentials, IntrospectionVerifier, IntrospectionVerifierBuilder,
};
use tower_challenge::scheme::bearer::VerifyToken;
use tower_challenge::{Principal, Secret, Verified};

pub(crate) const ENDPOINT: &str = "https://as.example/introspect";
pub(crate) const NOW: u64 = 1_750_000_000;

/// How the server answers a question.
#[derive(Clone)]
pub(crate) enum Reply {
    /// An answer with this status, type and text.
    Answer(u16, &'static str, String),
    /// An answer in JSON when the test says so.
    Held(String),
    Hang,
    Error,
    Panic,
}

/// An answer in JSON.
pub(crate) fn json(text: impl Into<String>) -> Reply {
    Reply::Answer(200, "application/json", text.into())
}

/// An active token of `ada`, with more members.
pub(crate) fn active(more: &str) -> Reply {
    json(format!(r#"{{"active":true,"sub":"ada"{more}}}"#))
}

pub(crate) fn inactive() -> Reply {
    json(r#"{"active":false}"#)
}

/// The server. A clone is the same server.
#[derive(Clone)]
pub(crate) struct FakeServer(Arc<FakeParts>);

struct FakeParts {
    clock: ManualClock,
    reply: Mutex<Reply>,
    requests: Mutex<Vec<Request<Vec<u8>>>>,
    released: watch::Sender<bool>,
}

impl FakeServer {
    pub(crate) fn new(reply: Reply) -> Self {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        Self(Arc::new(FakeParts {
            clock: ManualClock::new(start),
            reply: Mutex::new(reply),
            requests: Mutex::default(),
            released: watch::Sender::new(false),
        }))
    }

    pub(crate) fn set(&self, reply: Reply) {
        *self.0.reply.lock().unwrap() = reply;
    }

    pub(crate) fn clock(&self) -> &ManualClock {
        &self.0.clock
    }

    pub(crate) fn advance(&self, seconds: f64) {
        self.0.clock.advance(Duration::from_secs_f64(seconds));
    }

    /// Lets all held questions have their answers.
    pub(crate) fn release(&self) {
        self.0.released.send_replace(true);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.requests.lock().unwrap().len()
    }

    /// Takes the last request.
    pub(crate) fn request(&self) -> Request<Vec<u8>> {
        self.0.requests.lock().unwrap().pop().unwrap()
    }

    pub(crate) fn builder(&self) -> IntrospectionVerifierBuilder {
        self.builder_with(ClientCredentials::secret_basic("rs", "s3cret"))
    }

    pub(crate) fn builder_with(
        &self,
        credentials: ClientCredentials,
    ) -> IntrospectionVerifierBuilder {
        let server = self.clone();
        let client = service_fn(move |request: Request<Vec<u8>>| server.clone().answer(request));
        IntrospectionVerifier::builder(ENDPOINT, credentials)
            .client(client)
            .clock(self.clock().clone())
    }

    pub(crate) fn verifier(&self) -> IntrospectionVerifier {
        self.builder().build().unwrap()
    }

    async fn answer(self, request: Request<Vec<u8>>) -> io::Result<Response<String>> {
        self.0.requests.lock().unwrap().push(request);
        let reply = self.0.reply.lock().unwrap().clone();
        let (status, kind, text) = match reply {
            Reply::Answer(status, kind, text) => (status, kind, text),
            Reply::Held(text) => {
                let mut released = self.0.released.subscribe();
                released.wait_for(|released| *released).await.unwrap();
                (200, "application/json", text)
            }
            Reply::Hang => pending().await,
            Reply::Error => return Err(io::Error::other("connection reset")),
            Reply::Panic => panic!("the client of a test panics"),
        };
        let response = Response::builder()
            .status(status)
            .header("content-type", kind);
        Ok(response.body(text).unwrap())
    }
}

/// Verifies a token, and returns the cause of an outage as a text.
pub(crate) async fn verify<V: VerifyToken>(
    verifier: &V,
    token: &str,
) -> Result<Verified<V::Identity>, String> {
    let verified = verifier.verify(Secret::new(token)).await;
    verified.map_err(|why| why.to_string())
}

/// The name of the caller, the code of the refusal, or the cause of an outage.
pub(crate) async fn outcome<V: VerifyToken<Identity = Principal>>(
    verifier: &V,
    token: &str,
) -> Result<String, String> {
    let verified = verify(verifier, token).await?;
    Ok(match verified {
        Ok(caller) => caller.name().to_owned(),
        Err(failure) => failure.code().unwrap_or("no code").to_owned(),
    })
}

/// Lets all tasks go on until each of them waits.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
