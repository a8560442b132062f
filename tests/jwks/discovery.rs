//! Keys that are found in the metadata of an issuer.

use std::time::Duration;

use http::Request;
use tower::ServiceExt;
use tower::util::service_fn;
use tower_challenge::jwks::RemoteKeys;
use tower_challenge::testing::TestIssuer;

use crate::issuer::{Behaviour, FakeIssuer, names, set_of};

const OPENID: &str = "https://as.example/.well-known/openid-configuration";
const OAUTH: &str = "https://as.example/.well-known/oauth-authorization-server";
const KEYS: &str = "https://keys.example/v1";

fn metadata(issuer: &str, keys: &str) -> String {
    format!(r#"{{"issuer":"{issuer}","jwks_uri":"{keys}","scopes_supported":["openid"]}}"#)
}

fn discover(issuer: &FakeIssuer) -> RemoteKeys {
    let keys = issuer.connect(RemoteKeys::discover("https://as.example"));
    keys.build().unwrap()
}

/// An issuer that answers these URLs, and all others with 404.
fn issuer(documents: Vec<(&'static str, u16, String)>) -> FakeIssuer {
    let issuer = FakeIssuer::new(Behaviour::Hang);
    issuer.answer_with(move |url| {
        let mut documents = documents.iter();
        match documents.find(|(known, ..)| *known == url) {
            Some((_, status, text)) => Behaviour::Answer(*status, text.clone()),
            None => Behaviour::Answer(404, "<html>".to_owned()),
        }
    });
    issuer
}

#[tokio::test]
async fn the_keys_are_found_in_the_metadata_of_openid_connect() {
    let issuer = issuer(vec![
        (OPENID, 200, metadata("https://as.example", KEYS)),
        (KEYS, 200, set_of(&["a"])),
    ]);
    assert_eq!(names(&discover(&issuer)).await.unwrap(), ["a"]);
    assert_eq!(
        issuer.urls(),
        [OPENID, KEYS],
        "the keys may be on another host"
    );
}

#[tokio::test]
async fn without_it_the_keys_are_found_in_the_metadata_of_rfc_8414() {
    for status in [400, 401, 403, 404, 405, 410] {
        let issuer = issuer(vec![
            (OPENID, status, String::new()),
            (OAUTH, 200, metadata("https://as.example", KEYS)),
            (KEYS, 200, set_of(&["a"])),
        ]);
        assert_eq!(names(&discover(&issuer)).await.unwrap(), ["a"]);
        assert_eq!(issuer.urls(), [OPENID, OAUTH, KEYS]);
    }
}

/// An operator who mistypes the issuer sees every URL that was asked.
#[tokio::test]
async fn if_both_documents_fail_the_operator_sees_both_urls_with_their_failures() {
    for (document, status, why) in [
        (String::new(), 404, "the status is 404"),
        (String::new(), 500, "the status is 500"),
        (
            "<html>".to_owned(),
            200,
            "the metadata is not JSON with unique names",
        ),
        (
            metadata("https://as.example/", KEYS),
            200,
            r#"the metadata is of the issuer "https://as.example/", and not of "https://as.example""#,
        ),
    ] {
        let issuer = issuer(vec![
            (OPENID, 403, String::new()),
            (OAUTH, status, document),
        ]);
        let refused = names(&discover(&issuer)).await.unwrap_err();
        let expected = format!("{OPENID}: the status is 403; {OAUTH}: {why}");
        assert_eq!(refused, expected);
    }
}

#[tokio::test]
async fn an_issuer_with_a_path_has_its_metadata_below_and_before_it() {
    let issuer = issuer(vec![
        (
            "https://as.example/.well-known/oauth-authorization-server/tenant",
            200,
            metadata("https://as.example/tenant/", KEYS),
        ),
        (KEYS, 200, set_of(&["a"])),
    ]);
    let keys = issuer.connect(RemoteKeys::discover("https://as.example/tenant/"));
    assert_eq!(names(&keys.build().unwrap()).await.unwrap(), ["a"]);
    let first = "https://as.example/tenant/.well-known/openid-configuration";
    assert_eq!(issuer.urls()[0], first);
}

/// The issuer for the tests of applications answers each path that discovery asks for.
#[tokio::test]
async fn the_keys_of_the_test_issuer_are_found_whatever_its_path_is() {
    for (name, path) in [
        ("https://as.example", ""),
        ("https://as.example/", ""),
        ("https://as.example/realms/a", "/realms/a"),
        ("https://as.example/realms/a/", "/realms/a"),
    ] {
        let issuer = TestIssuer::new(name).unwrap();
        let service = issuer.service();
        let client = service_fn(move |request: Request<String>| service.clone().oneshot(request));
        let keys = RemoteKeys::discover(name).client(client).build().unwrap();
        assert_eq!(names(&keys).await.unwrap(), ["test-key-1"], "{name}");

        let status = async |path: &str| {
            let request = Request::get(format!("https://as.example{path}")).body(());
            let response = issuer.service().oneshot(request.unwrap()).await;
            response.unwrap().status()
        };
        for known in ["openid-configuration", "oauth-authorization-server"] {
            assert_eq!(status(&format!("{path}/.well-known/{known}")).await, 200);
            assert_eq!(status(&format!("/.well-known/{known}{path}")).await, 200);
            assert_eq!(status(&format!("/.well-known/{known}/other")).await, 404);
            assert_eq!(status(&format!("/other/.well-known/{known}")).await, 404);
        }
        assert_eq!(status(&format!("{path}/jwks")).await, 200);
        assert_eq!(status("/other/jwks").await, 404);
        assert_eq!(status("/jwks").await, 200, "a router may remove the path");
    }
}

#[tokio::test]
async fn metadata_that_cannot_be_used_brings_no_keys() {
    for (document, status, why) in [
        (
            metadata("https://as.example", KEYS),
            500,
            "the status is 500",
        ),
        (
            metadata("https://as.example", KEYS),
            302,
            "the status is 302, and redirects are not followed",
        ),
        (
            metadata("https://as.example/", KEYS),
            200,
            r#"the metadata is of the issuer "https://as.example/", and not of "https://as.example""#,
        ),
        (
            metadata("https://evil.example", KEYS),
            200,
            r#"the metadata is of the issuer "https://evil.example", and not of "https://as.example""#,
        ),
        (
            metadata("https://as.example", "http://keys.example/v1?key=canary"),
            200,
            r#"jwks_uri "http://keys.example/v1": TLS is needed: the URL must begin with `https://`"#,
        ),
        (
            metadata("https://as.example", "http://127.0.0.1/v1"),
            200,
            r#"jwks_uri "http://127.0.0.1/v1": TLS is needed: the URL must begin with `https://` (a test on this machine may call `danger_http_on_loopback`)"#,
        ),
        (
            metadata("https://as.example", "/v1"),
            200,
            r#"jwks_uri "/v1": it is not an absolute URL"#,
        ),
        (
            r#"{"issuer":"https://as.example"}"#.to_owned(),
            200,
            "the metadata names no keys (jwks_uri)",
        ),
        (
            r#"{"issuer":"https://as.example","jwks_uri":["https://keys.example/v1"]}"#.to_owned(),
            200,
            "the metadata names no keys (jwks_uri)",
        ),
        (
            "<html>".to_owned(),
            200,
            "the metadata is not JSON with unique names",
        ),
        (
            r#"{"issuer":"https://as.example","issuer":"https://as.example"}"#.to_owned(),
            200,
            "the metadata is not JSON with unique names",
        ),
    ] {
        let issuer = issuer(vec![
            (OPENID, status, document),
            (KEYS, 200, set_of(&["a"])),
        ]);
        let refused = names(&discover(&issuer)).await.unwrap_err();
        assert_eq!(refused, format!("{OPENID}: {why}"));
        assert_eq!(issuer.urls(), [OPENID], "nothing else is fetched");
    }
}

#[tokio::test]
async fn the_url_of_the_keys_may_move_and_metadata_that_fails_keeps_the_keys() {
    let issuer = issuer(vec![
        (OPENID, 200, metadata("https://as.example", KEYS)),
        (KEYS, 200, set_of(&["a"])),
    ]);
    let keys = discover(&issuer);
    assert_eq!(names(&keys).await.unwrap(), ["a"]);
    issuer.answer_with(|url| match url {
        OPENID => Behaviour::Answer(200, metadata("https://as.example", "https://new.example/")),
        "https://new.example/" => Behaviour::Answer(200, set_of(&["b"])),
        _ => Behaviour::Answer(410, String::new()),
    });
    issuer.clock().advance(Duration::from_secs(3600));
    assert_eq!(names(&keys).await.unwrap(), ["b"]);
    issuer.set(Behaviour::Answer(500, String::new()));
    issuer.clock().advance(Duration::from_secs(3600));
    assert_eq!(names(&keys).await.unwrap(), ["b"]);
    assert_eq!(issuer.count(), 5);
}

/// All requests of a fetch count as one attempt, and share its time.
#[tokio::test]
async fn the_metadata_and_the_keys_share_one_attempt_and_its_time() {
    let issuer = FakeIssuer::new(Behaviour::Hang);
    issuer.answer_with(|url| match url {
        OPENID => Behaviour::Answer(404, String::new()),
        OAUTH => Behaviour::Answer(200, metadata("https://as.example", KEYS)),
        _ => Behaviour::Hang,
    });
    let keys = discover(&issuer);
    let waiting = tokio::spawn(async move { names(&keys).await });
    crate::issuer::settle().await;
    assert_eq!(issuer.urls(), [OPENID, OAUTH, KEYS]);
    issuer.clock().advance(Duration::from_secs(10));
    let refused = waiting.await.unwrap().unwrap_err();
    assert_eq!(refused, "https://as.example: took longer than 10s");
}
