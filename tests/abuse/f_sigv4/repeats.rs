//! Tests query parameters with equal names.

use crate::support::sigv4::{SignedStand, Signer, ask};

fn lenient() -> SignedStand {
    SignedStand::tuned("s3", |builder| builder.repeated_parameters())
}

#[test]
fn a087_repeated_parameters_need_a_setting() {
    let requests = || {
        let asked = || ask("GET", "/?tag=b&tag=a&tag=a&tag", "");
        let signer = Signer::of("s3");
        [signer.sign(asked()), signer.presign(asked(), "60")]
    };
    for request in requests() {
        SignedStand::of("s3").send(request).refuses(400);
    }
    for request in requests() {
        let target = request.uri().clone();
        let seen = lenient().send(request).admits("mufasa");
        assert_eq!(
            seen.head.uri, target,
            "the inner service gets the order that the client sent"
        );
    }
}

#[test]
fn a087_the_order_of_equal_names_is_not_signed_but_their_values_and_number_are() {
    let signed = Signer::of("s3").sign(ask("GET", "/?tag=a&tag=b&x=1", ""));
    for (sent, status) in [
        ("/?tag=b&tag=a&x=1", 200),
        ("/?tag=b&x=1&tag=a", 200),
        ("/?tag=a&x=1", 401),
        ("/?tag=a&tag=b&tag=b&x=1", 401),
        ("/?tag=a&tag=c&x=1", 401),
        ("/?tag=a&tag=1&x=b", 401),
        ("/?tag=a,b&x=1", 401),
        ("/?tag=a&Tag=b&x=1", 401),
    ] {
        let mut request = signed.clone();
        *request.uri_mut() = sent.parse().unwrap();
        assert_eq!(lenient().send(request).status, status, "{sent}");
    }
}

#[test]
fn a083_a_repeated_parameter_of_a_presigned_url_is_400_with_every_setting() {
    let stand = lenient();
    let signer = Signer::of("s3");
    let presigned = signer.presign(ask("GET", "/a", ""), "60").uri().to_string();
    let (_, query) = presigned.split_once('?').unwrap();
    for parameter in query.split('&') {
        let twice = ask("GET", &format!("{presigned}&{parameter}"), "");
        assert!(
            stand.send(twice).refuses(400).asked.is_empty(),
            "{parameter}"
        );
        let (name, _) = parameter.split_once('=').unwrap();
        let encoded = name.replace('-', "%2d");
        let twice = ask("GET", &format!("{presigned}&{encoded}=0"), "");
        assert!(stand.send(twice).refuses(400).asked.is_empty(), "{encoded}");
    }
    // The client has signed both values. The application could read another one than the scheme.
    let both = signer.presign(ask("GET", "/a?X-Amz-Expires=604800", ""), "60");
    stand.send(both).refuses(400);
    let both = signer.sign(ask("GET", "/a?x-amz-acl=a&x-amz-acl=b", ""));
    stand.send(both).refuses(400);
}
