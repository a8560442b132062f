//! Tests that the application sees exactly the request that the client signed.

use tower_challenge::scheme::sigv4::PathRule;

use crate::support::sigv4::{SignedStand, Signer, ask, with};

/// Signs a request for the target `signed`, sends it to the target `sent`, and returns the status.
fn status_of_swapped(stand: &SignedStand, service: &str, signed: &str, sent: &str) -> u16 {
    let request = Signer::of(service).sign(ask("GET", signed, ""));
    assert_eq!(stand.send(request.clone()).status, 200, "{signed}");
    let mut other = request;
    *other.uri_mut() = sent.parse().unwrap();
    stand.send(other).status.as_u16()
}

#[test]
fn a087_a_signature_for_another_path_is_refused() {
    for service in ["s3", "execute-api"] {
        let stand = SignedStand::of(service);
        for (signed, sent) in [
            ("/b", "/a/../b"),
            ("/b", "/./b"),
            ("/b", "//b"),
            ("/a/b", "/a//b"),
            ("/b", "/b/"),
            ("/b", "/b/."),
            ("/a/b", "/a%2Fb"),
            ("/a/b", "/a%2fb"),
            ("/b", "/x/%2e%2e/b"),
            ("/b", "/B"),
            ("/b", "/b;x"),
        ] {
            let status = status_of_swapped(&stand, service, signed, sent);
            assert!(
                [400, 401].contains(&status),
                "{service}: {signed} sent as {sent}"
            );
        }
    }
}

#[test]
fn a087_an_unnormalized_path_needs_a_setting() {
    let lenient = SignedStand::tuned("execute-api", |builder| builder.unnormalized_paths());
    assert_eq!(
        status_of_swapped(&lenient, "execute-api", "/b", "/a/../b"),
        200
    );
    let as_sent = SignedStand::tuned("execute-api", |builder| builder.path_rule(PathRule::AsSent));
    assert_eq!(
        status_of_swapped(&as_sent, "execute-api", "/b", "/a/../b"),
        401
    );
    let raw = Signer::of("execute-api").sign(ask("GET", "/a/../b//c", ""));
    as_sent.send(raw).admits("mufasa");
}

#[test]
fn a087_a_client_that_sends_a_path_above_the_root_gets_400() {
    for service in ["s3", "execute-api"] {
        let stand = SignedStand::tuned(service, |builder| builder.unnormalized_paths());
        for path in [
            "/..",
            "/../etc/passwd",
            "/a/../../b",
            "/%2e%2e/b",
            "/.%2E/b",
        ] {
            stand
                .send(Signer::of(service).sign(ask("GET", path, "")))
                .refuses(400);
        }
    }
}

#[test]
fn a087_a_signature_for_another_query_is_refused() {
    let stand = SignedStand::of("s3");
    for (signed, sent) in [
        ("/?a=1", "/?a=1&b=2"),
        ("/?a=1&b=2", "/?a=1"),
        ("/?a=1", "/?A=1"),
        ("/?a=1", "/?a=1&a=1"),
        ("/?a=1", "/?a=2&a=1"),
        ("/?a=%2B", "/?a=+"),
        ("/?a=%20", "/?a=+"),
        ("/?a=%2B", "/?a=%20"),
        ("/?a=b%26c%3Dd", "/?a=b&c=d"),
        ("/?a=%2500", "/?a=%00"),
        ("/", "/?"),
    ] {
        let status = status_of_swapped(&stand, "s3", signed, sent);
        // An empty query means the same as no query to every server.
        let expected: &[u16] = if sent == "/?" { &[200] } else { &[400, 401] };
        assert!(expected.contains(&status), "{signed} sent as {sent}");
    }
}

#[test]
fn a087_a_literal_plus_needs_a_setting() {
    let signed = || Signer::of("s3").sign(ask("GET", "/?a=1+1", ""));
    SignedStand::of("s3").send(signed()).refuses(400);
    let lenient = SignedStand::tuned("s3", |builder| builder.literal_plus());
    lenient.send(signed()).admits("mufasa");
}

#[test]
fn a087_equivalent_escapes_have_the_same_signature() {
    let stand = SignedStand::of("s3");
    for (signed, sent) in [
        ("/a%24b", "/a$b"),
        ("/a~b", "/a%7Eb"),
        ("/?b=2&a=1", "/?a=1&b=2"),
        ("/?acl", "/?acl="),
        ("/?a=%2F", "/?a=/"),
    ] {
        assert_eq!(
            status_of_swapped(&stand, "s3", signed, sent),
            200,
            "{signed} sent as {sent}"
        );
    }
    for bad in ["/a%", "/a%2", "/a%zz", "/?a=%", "/?%zz=a"] {
        let mut request = Signer::of("s3").sign(ask("GET", "/a", ""));
        *request.uri_mut() = bad.parse().unwrap();
        stand.send(request).refuses(400);
    }
}

#[test]
fn a087_a_signature_for_another_field_value_is_refused() {
    let stand = SignedStand::of("s3");
    let signed =
        |value: &str| Signer::of("s3").sign(with(ask("GET", "/a", ""), "x-amz-meta-a", value));
    let sent_as = |value: &str, lines: &[&str]| {
        let mut request = signed(value);
        request.headers_mut().remove("x-amz-meta-a");
        let request = lines
            .iter()
            .fold(request, |request, line| with(request, "x-amz-meta-a", line));
        stand.send(request).status.as_u16()
    };
    assert_eq!(
        sent_as("a,b", &["a", "b"]),
        200,
        "RFC 9110 section 5.3: two lines mean the same as one"
    );
    assert_eq!(sent_as("a,b", &["b", "a"]), 401);
    assert_eq!(
        sent_as("a b", &["a  b"]),
        200,
        "the specification collapses spaces"
    );
    assert_eq!(sent_as("a b", &["ab"]), 401);
    assert_eq!(sent_as("a", &["a", ""]), 401);
    assert_eq!(sent_as("a", &["A"]), 401);
}

#[test]
fn a087_the_layer_joins_field_lines_that_were_signed_as_one() {
    for (service, name) in [
        ("s3", "x-amz-copy-source"),
        ("execute-api", "x-amz-meta-a"),
        ("s3", "content-type"),
    ] {
        let stand = SignedStand::of(service);
        let signed = with(ask("PUT", "/a", "body"), name, "/public/a,b");
        let mut split = Signer::of(service).sign(signed);
        split.headers_mut().remove(name);
        for line in ["/public/a", "b"] {
            split = with(split, name, line);
        }
        let seen = stand.send(split).admits("mufasa");
        let lines = seen.head.headers.get_all(name).iter();
        assert_eq!(lines.collect::<Vec<_>>(), ["/public/a,b"], "{name}");
    }
}

#[test]
fn a087_a_signature_for_another_method_or_target_is_refused() {
    let stand = SignedStand::of("s3");
    let signed = Signer::of("s3").sign(ask("GET", "/a", ""));
    for method in ["HEAD", "DELETE", "get", "POST"] {
        let mut other = signed.clone();
        *other.method_mut() = method.parse().unwrap();
        stand.send(other).refuses(401);
    }
    let mut star = signed;
    *star.uri_mut() = "*".parse().unwrap();
    stand.send(star).refuses(400);
}
