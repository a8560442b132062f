//! Settings that are refused when the source is built.

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response};
use tower::service_fn;
use tower_challenge::jwks::{RemoteKeys, RemoteKeysBuilder};

use crate::issuer::Behaviour;
use crate::issuer::{FakeIssuer, URL, names, set_of};

const SECOND: Duration = Duration::from_secs(1);

fn why(builder: RemoteKeysBuilder) -> String {
    builder.build().unwrap_err().to_string()
}

#[test]
fn urls_without_tls_are_refused() {
    for (url, reason) in [
        (
            "http://as.example/jwks",
            "TLS is needed: the URL must begin with `https://`",
        ),
        (
            "http://127.0.0.1/jwks",
            "TLS is needed: the URL must begin with `https://` (a test on this machine may call `danger_http_on_loopback`)",
        ),
        (
            "ftp://as.example/jwks",
            "TLS is needed: the URL must begin with `https://`",
        ),
        ("as.example/jwks", "it is not a URL"),
        ("", "it is not a URL"),
        (
            "https://ada:canary@as.example",
            "the URL must not have a user name",
        ),
        (
            "https://as.example/#keys",
            "the URL must not have a fragment",
        ),
    ] {
        let reason = format!("the keys cannot be fetched: {reason}");
        assert_eq!(why(RemoteKeys::at(url)), reason, "{url}");
        assert_eq!(why(RemoteKeys::discover(url)), reason, "{url}");
    }
    assert!(
        RemoteKeys::at("https://as.example/jwks?a=b")
            .build()
            .is_ok()
    );
    assert_eq!(
        why(RemoteKeys::discover("https://as.example?a=b")),
        "the keys cannot be fetched: the URL of an issuer must not have a query"
    );
    let danger = |url| RemoteKeys::at(url).danger_http_on_loopback().build();
    assert!(danger("http://127.0.0.1:9000/jwks").is_ok());
    assert_eq!(
        danger("http://as.example/jwks").unwrap_err().to_string(),
        "the keys cannot be fetched: TLS is needed: the URL must begin with `https://`, or with `http://` and an address of this machine"
    );
}

#[test]
fn limits_that_contradict_each_other_are_refused() {
    let at = || RemoteKeys::at(URL);
    for (builder, reason) in [
        (
            at().min_interval(Duration::from_millis(999)),
            "the interval between two fetches of keys must be at least a second",
        ),
        (
            at().refresh_after(29 * SECOND),
            "keys cannot be refreshed sooner than the interval between two fetches allows",
        ),
        (
            at().stale_for(599 * SECOND),
            "keys must be usable until they are refreshed: raise `stale_for`",
        ),
        (
            at().timeout(Duration::ZERO),
            "the time and the size of a fetch must not be zero",
        ),
        (
            at().max_size(0),
            "the time and the size of a fetch must not be zero",
        ),
    ] {
        assert_eq!(why(builder), reason);
    }
    assert!(
        at().stale_for(600 * SECOND)
            .refresh_after(30 * SECOND)
            .build()
            .is_ok()
    );
}

#[tokio::test]
async fn the_size_is_counted_to_the_byte() {
    let text = set_of(&["a"]);
    let issuer = FakeIssuer::new(Behaviour::Answer(200, text.clone()));
    let at = |size| {
        issuer
            .connect(RemoteKeys::at(URL))
            .max_size(size)
            .build()
            .unwrap()
    };
    assert_eq!(names(&at(text.len())).await.unwrap(), ["a"]);
    let refused = names(&at(text.len() - 1)).await.unwrap_err();
    let longest = text.len() - 1;
    let reason = format!("https://as.example/jwks: the response is longer than {longest} bytes");
    assert_eq!(refused, reason);
}

#[tokio::test]
async fn extreme_times_overflow_nothing() {
    let issuer = FakeIssuer::publishing(&["a"]);
    let builder = issuer.connect(RemoteKeys::at(URL));
    let builder = builder
        .refresh_after(Duration::MAX)
        .stale_for(Duration::MAX);
    let keys = builder
        .timeout(Duration::MAX)
        .min_interval(Duration::MAX)
        .build()
        .unwrap();
    assert_eq!(names(&keys).await.unwrap(), ["a"]);
    issuer.clock().advance(Duration::MAX / 2);
    assert_eq!(names(&keys).await.unwrap(), ["a"]);
    assert_eq!(issuer.count(), 1);
}

/// The random part of the time is drawn when the source is built, so many sources are built.
#[tokio::test]
async fn extreme_times_overflow_nothing_with_the_default_jitter() {
    let text = set_of(&["a"]);
    for _ in 0..32 {
        let text = text.clone();
        let client = service_fn(move |_: Request<String>| {
            let response = Response::new(text.clone());
            async move { Ok::<_, Infallible>(response) }
        });
        let keys = RemoteKeys::at(URL)
            .client(client)
            .refresh_after(Duration::MAX)
            .stale_for(Duration::MAX)
            .build()
            .unwrap();
        assert_eq!(names(&keys).await.unwrap(), ["a"]);
    }
}

#[test]
fn certificates_that_cannot_be_read_are_refused() {
    let roots = |pem| {
        RemoteKeys::at(URL)
            .tls_roots(pem)
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    let none = "there is no certificate: PEM begins with `-----BEGIN CERTIFICATE-----`";
    assert_eq!(roots(""), none);
    assert_eq!(roots("no PEM"), none);
    let broken = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
    assert!(roots(broken).starts_with("a certificate cannot be read: "));
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(roots(no_certificate).starts_with("TLS cannot be configured: "));
}
