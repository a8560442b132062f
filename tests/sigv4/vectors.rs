//! Helpers that read vectors, and send them to a server with the clock of the vector.

use std::convert::Infallible;
use std::fs;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::clock::ManualClock;
use tower_challenge::scheme::SigV4;
use tower_challenge::scheme::sigv4::{AccessKey, AccessKeys, CredentialScope, SigV4Builder};
use tower_challenge::{Authenticated, Principal, RequireAuth};

use crate::support::run;

pub(crate) fn file(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap_or_default()
}

/// Returns the exact bytes of a target. They are base64 in the file if they are not text.
pub(crate) fn target(row: &Value) -> Vec<u8> {
    match row["target_b64"].as_str() {
        Some(bytes) => STANDARD.decode(bytes).unwrap(),
        None => text(row, "target").as_bytes().to_vec(),
    }
}

pub(crate) fn headers(row: &Value) -> Vec<(String, String)> {
    let lines = row["headers"].as_array().unwrap().iter();
    let pair = |line: &Value| {
        let part = |index: usize| line[index].as_str().unwrap().to_owned();
        (part(0).to_lowercase(), part(1))
    };
    lines.map(pair).collect()
}

/// Returns the request of a row, or `None` if the `http` crate does not accept it.
pub(crate) fn request(row: &Value, body: &[u8]) -> Option<Request<Full<Bytes>>> {
    let mut request = Request::new(Full::from(Bytes::copy_from_slice(body)));
    *request.method_mut() = text(row, "method").parse().ok()?;
    *request.uri_mut() = Uri::try_from(target(row)).ok()?;
    for (name, value) in headers(row) {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        request.headers_mut().append(name, value);
    }
    Some(request)
}

/// A server with one access key.
pub(crate) struct Server {
    pub(crate) builder: SigV4Builder<AccessKeys>,
}

type Builder = SigV4Builder<AccessKeys>;

impl Server {
    /// Creates a server whose clock shows `now`, in the format `YYYYMMDDTHHMMSSZ`.
    pub(crate) fn at(now: &str, scope: CredentialScope<'_>, credentials: &Value) -> Self {
        let (id, secret) = ("access_key_id", "secret_access_key");
        let key = AccessKey::new(text(credentials, secret), Principal::new("vector"));
        let key = match credentials["session_token"]
            .as_str()
            .or(credentials["token"].as_str())
        {
            Some(token) => key.with_session_token(token),
            None => key,
        };
        let keys = AccessKeys::from_keys([(text(credentials, id).to_owned(), key)]).unwrap();
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + seconds(now));
        Self {
            builder: SigV4::builder("vectors", scope, keys, clock),
        }
    }

    pub(crate) fn tuned(mut self, tune: impl FnOnce(Builder) -> Builder) -> Self {
        self.builder = tune(self.builder);
        self
    }

    /// Returns the status, and the body that the inner service read.
    pub(crate) fn answer(self, request: Request<Full<Bytes>>) -> (u16, Bytes) {
        let layer = RequireAuth::new(self.builder.build().unwrap()).unwrap();
        let response = run(layer.layer(service_fn(echo)).oneshot(request)).unwrap();
        let status = response.status().as_u16();
        let Ok(body) = run(response.into_body().collect());
        (status, body.to_bytes())
    }
}

async fn echo<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, Infallible>
where
    B: http_body::Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let caller = request.extensions().get::<Authenticated<Principal>>();
    assert_eq!(caller.unwrap().name(), "vector");
    let body = request.into_body().collect().await;
    let body = body.map(http_body_util::Collected::to_bytes);
    Ok(Response::new(Full::from(body.unwrap_or_default())))
}

/// Returns the seconds from 1970 to `now`. All vectors are of one day in 2013 or of one day in 2015.
fn seconds(now: &str) -> Duration {
    let number = |from: usize, to: usize| now[from..to].parse::<u64>().unwrap();
    let days = match &now[..8] {
        "20130524" => 15_849,
        "20150830" => 16_677,
        other => panic!("{other} is not a day of the vectors"),
    };
    Duration::from_secs(((days * 24 + number(9, 11)) * 60 + number(11, 13)) * 60 + number(13, 15))
}

/// Prints how many rows passed and were skipped, with the reasons, and checks both numbers.
#[track_caller]
pub(crate) fn count(file: &str, passed: usize, skipped: &[&'static str], expected: (usize, usize)) {
    println!("{file}: {passed} passed, {} skipped", skipped.len());
    let mut reasons = skipped.to_vec();
    reasons.sort_unstable();
    for group in reasons.chunk_by(|a, b| a == b) {
        println!("  {:3} skipped: {}", group.len(), group[0]);
    }
    assert_eq!((passed, skipped.len()), expected, "{file}");
}
