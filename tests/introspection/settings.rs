//! Settings that are refused.

use std::time::Duration;

use tower_challenge::introspection::{
    ClientCredentials, IntrospectionVerifier, IntrospectionVerifierBuilder,
};

type Change = fn(IntrospectionVerifierBuilder) -> IntrospectionVerifierBuilder;

fn refused(url: &str, client: &str, change: Change) -> String {
    let credentials = ClientCredentials::secret_basic(client, "s3cret");
    let builder = IntrospectionVerifier::builder(url, credentials);
    change(builder).build().unwrap_err().to_string()
}

#[test]
fn a_setting_that_would_weaken_the_verifier_or_is_of_no_use_is_refused() {
    let changes: [(Change, &str); 12] = [
        (
            |one| one.remember_for(Duration::from_secs(61)),
            "longer than 60 seconds",
        ),
        (
            |one| one.remember_refused_for(Duration::from_secs(11)),
            "longer than 10 seconds",
        ),
        (|one| one.timeout(Duration::ZERO), "must not be zero"),
        (|one| one.max_size(0), "must not be zero"),
        (|one| one.max_concurrent(0), "must not be zero"),
        (|one| one.audience(""), "an expected audience is empty"),
        (|one| one.issuer(""), "an expected issuer is empty"),
        (|one| one.allow_missing_audience(), "compared with nothing"),
        (|one| one.allow_missing_issuer(), "compared with nothing"),
        (|one| one.name_in(&[]), "the path of a member is empty"),
        (
            |one| one.require_one_of(&["typ"], &[]),
            "no permitted value",
        ),
        (|one| one.nameless_as(""), "an empty one"),
    ];
    for (change, why) in changes {
        let refused = refused("https://as.example/introspect", "rs", change);
        assert!(refused.contains(why), "{refused}");
    }
    let empty = refused("https://as.example/introspect", "", |one| one);
    assert!(
        empty.starts_with("the name of the client is empty"),
        "{empty}"
    );
}

#[test]
fn a_token_is_sent_through_tls_alone() {
    for (url, why) in [
        (
            "http://as.example/",
            "TLS is needed: the URL must begin with `https://`",
        ),
        ("/introspect", "it is not an absolute URL"),
        (
            "https://rs:C4NARY@as.example/",
            "the URL must not have a user name",
        ),
        ("https://as.example/#a", "the URL must not have a fragment"),
    ] {
        let refused = refused(url, "rs", |one| one);
        let expected = format!("the introspection endpoint cannot be asked: {why}");
        assert_eq!(refused, expected);
        let loopback = self::refused(url, "rs", |one| one.danger_http_on_loopback());
        assert!(
            loopback.starts_with("the introspection endpoint cannot"),
            "{loopback}"
        );
    }
}
