//! Checks what an issuer can send: metadata and a set of keys. No secret is ever used as a key, a set that the application
//! may write may also be fetched, and no URL without TLS is requested.

#![no_main]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};
use tower_challenge::jose::{KeySet, KeySource, SignatureAlgorithm};
use tower_challenge::jwks::{RemoteKeys, RemoteKeysBuilder};
use tower_service::Service;

const SECRETS: [SignatureAlgorithm; 3] = [
    SignatureAlgorithm::Hs256,
    SignatureAlgorithm::Hs384,
    SignatureAlgorithm::Hs512,
];

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
}

fuzz_target!(|data: &[u8]| {
    a_fetched_set_has_no_secret(data);
    let mut parts = data.splitn(2, |&byte| byte == 0);
    let mut next = || parts.next().unwrap_or_default();
    let (metadata, set) = (next(), next());
    metadata_leads_to_no_url_without_tls(metadata, set);
});

fn a_fetched_set_has_no_secret(text: &[u8]) {
    let issuer = FakeIssuer::new(text, text);
    let fetched = issuer.fetch(RemoteKeys::at("https://as.example/jwks"));
    let written = std::str::from_utf8(text).ok();
    let written = written.and_then(|text| KeySet::from_jwks(text).ok());
    match (fetched, written) {
        (Some(fetched), written) => {
            assert!((1..=100).contains(&fetched.len()));
            assert!(!has_secret(&fetched), "a secret was published");
            if let Some(written) = written {
                assert_eq!(thumbprints(&fetched), thumbprints(&written));
            }
        }
        (None, Some(written)) => assert!(has_secret(&written), "a good set was refused"),
        (None, None) => {}
    }
}

fn metadata_leads_to_no_url_without_tls(metadata: &[u8], set: &[u8]) {
    let issuer = FakeIssuer::new(metadata, set);
    let keys = issuer.fetch(RemoteKeys::discover("https://as.example"));
    let urls = issuer.urls.lock().expect("no panic");
    assert!(
        urls.iter().all(|url| url.starts_with("https://")),
        "{urls:?}"
    );
    assert!(urls.len() <= 2, "{urls:?}");
    if keys.is_some() {
        let text = String::from_utf8_lossy(metadata);
        assert!(
            text.contains("iss") || text.contains("\\u"),
            "the metadata names no issuer"
        );
    }
}

fn has_secret(keys: &KeySet) -> bool {
    let mut keys = keys.iter();
    keys.any(|key| SECRETS.iter().any(|&algorithm| key.allows(algorithm)))
}

fn thumbprints(keys: &KeySet) -> Vec<[u8; 32]> {
    keys.iter().map(|key| key.thumbprint()).collect()
}

/// Answers the metadata of OpenID Connect, and the keys at every other URL.
#[derive(Clone)]
struct FakeIssuer {
    metadata: Bytes,
    set: Bytes,
    urls: Arc<Mutex<Vec<String>>>,
}

impl FakeIssuer {
    fn new(metadata: &[u8], set: &[u8]) -> Self {
        Self {
            metadata: Bytes::copy_from_slice(metadata),
            set: Bytes::copy_from_slice(set),
            urls: Arc::default(),
        }
    }

    fn fetch(&self, builder: RemoteKeysBuilder) -> Option<KeySet> {
        let keys = builder.client(self.clone()).build().expect("good settings");
        RUNTIME.with(|runtime| runtime.block_on(keys.keys())).ok()
    }
}

impl Service<Request<String>> for FakeIssuer {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let url = request.uri().to_string();
        let is_metadata = url == "https://as.example/.well-known/openid-configuration";
        self.urls.lock().expect("no panic").push(url);
        let body = if is_metadata {
            &self.metadata
        } else {
            &self.set
        };
        ready(Ok(Response::new(Full::new(body.clone()))))
    }
}
