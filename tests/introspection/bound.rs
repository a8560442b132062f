//! Tokens that are bound to a key.

use tower_challenge::Secret;
use tower_challenge::scheme::bearer::VerifyBoundToken;

use crate::server::{FakeServer, active, outcome};

const THUMBPRINT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn thumbprint() -> [u8; 32] {
    std::array::from_fn(|index| u8::try_from(index).unwrap())
}

/// What the verifier says to a scheme that checks proofs: the key, the certificate, or the code of the refusal.
async fn bound(more: &str) -> Result<(bool, bool), &'static str> {
    let server = FakeServer::new(active(more));
    let verifier = server.verifier();
    for _ in 0..2 {
        // As a bearer token, it is refused before and after the answer is remembered, unless it is bound to nothing.
        let plain = outcome(&verifier, "t0ken").await.unwrap();
        let verified = verifier.verify_bound(Secret::new("t0ken")).await.unwrap();
        let Ok(found) = verified else {
            return Err(verified.unwrap_err().code().unwrap());
        };
        let confirmation = found.confirmation().copied();
        assert_eq!(plain == "ada", confirmation.is_none(), "{more}: {plain}");
        assert_eq!(server.count(), 1, "both share the answer");
    }
    let verified = verifier.verify_bound(Secret::new("t0ken")).await.unwrap();
    let confirmation = verified.unwrap().confirmation().copied();
    let key = confirmation.is_some_and(|one| one.key_thumbprint() == Some(&thumbprint()));
    let certificate =
        confirmation.is_some_and(|one| one.certificate_thumbprint() == Some(&thumbprint()));
    Ok((key, certificate))
}

#[tokio::test]
async fn the_binding_of_a_token_is_found_and_no_bound_token_is_a_bearer_token() {
    let key = format!(r#""jkt":"{THUMBPRINT}""#);
    let certificate = format!(r#""x5t#S256":"{THUMBPRINT}""#);
    let bound_to = |members: &str| format!(r#","cnf":{{{members}}}"#);
    assert_eq!(bound("").await, Ok((false, false)));
    assert_eq!(bound(&bound_to(&key)).await, Ok((true, false)));
    assert_eq!(bound(&bound_to(&certificate)).await, Ok((false, true)));
    let both = format!("{key},{certificate}");
    assert_eq!(bound(&bound_to(&both)).await, Ok((true, true)));
    let dpop = format!(r#","token_type":"dpop"{}"#, bound_to(&key));
    assert_eq!(bound(&dpop).await, Ok((true, false)));

    let unknown = Err("introspection_unknown_binding");
    let of_certificate = format!(r#","token_type":"DPoP"{}"#, bound_to(&certificate));
    assert_eq!(bound(&of_certificate).await, unknown);
    for members in ["", r#""jkt":7"#, r#""jkt":"AAAA""#, r#""kid":"a""#] {
        assert_eq!(bound(&bound_to(members)).await, unknown, "{members}");
    }
    let more = format!(r#"{key},"kid":"a""#);
    assert_eq!(bound(&bound_to(&more)).await, unknown);
}
