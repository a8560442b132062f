//! Tests the MUST sentences of RFC 6750 (Bearer) about tokens, sections 1.1 and 5.2: the server compares tokens byte
//! for byte, keeps them from third parties, and accepts them for a limited time. The other sections are in
//! `rfc6750.rs`.

#![cfg(feature = "full")]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

pub mod support;

use std::time::Duration;

use http::StatusCode;
use tower_challenge::ErrorParams;
use tower_challenge::client::SecureTransport;
use tower_challenge::clock::Clock as _;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::policy::{self, PolicyDecision};
use tower_challenge::scheme::Bearer;
use tower_challenge::scheme::bearer::{StaticTokens, VerifyToken};
use tower_challenge::{Principal, RequestHead, Secret};

use self::support::{Kind, Layer, REALM, TOKEN, TestServer, USER, WRONG_TOKEN, get};

fn stand() -> TestServer {
    TestServer::of(&[Kind::Bearer])
}

/// Bearer challenges with every error that the scheme can send.
fn challenges_with_every_error() -> Vec<Challenge> {
    let steps_up = |_: &Principal, _: &RequestHead<'_>| {
        let error = ErrorParams::insufficient_user_authentication(Some("a b"), Some(60));
        PolicyDecision::StepUp(error.unwrap())
    };
    let stands = [
        TestServer::of(&Kind::ALL),
        TestServer::tuned(&Kind::ALL, |layer| {
            layer.policy(policy::scopes("a").unwrap())
        }),
        TestServer::tuned(&Kind::ALL, |layer| layer.policy(steps_up)),
    ];
    let asks = [TOKEN, WRONG_TOKEN, "\"x\""].map(|token| get("/").bearer(token));
    let answers = stands
        .iter()
        .flat_map(|stand| asks.iter().map(|ask| stand.ask(ask.clone())));
    let challenges = answers.flat_map(|answer| answer.challenges());
    challenges
        .filter(|challenge| challenge.scheme() == SchemeName::BEARER)
        .collect()
}

/// Section 1.1: "Unless otherwise noted, all the protocol parameter names and values are case sensitive."
#[test]
fn section_1_1_names_and_values_are_case_sensitive() {
    let capital = |text: &str| text.replace(|character: char| character.is_ascii_lowercase(), "A");
    for other in [TOKEN.to_lowercase(), TOKEN.to_uppercase(), capital(TOKEN)] {
        assert_ne!(other, TOKEN);
        stand().ask(get("/").bearer(&other)).is_refused();
    }
    let errors = [
        "invalid_request",
        "invalid_token",
        "insufficient_scope",
        "insufficient_user_authentication",
    ];
    let mut said = std::collections::BTreeSet::new();
    for challenge in challenges_with_every_error() {
        for param in challenge.params() {
            assert_eq!(param.name(), param.name().to_lowercase());
        }
        said.extend(
            challenge
                .param("error")
                .map(|value| value.to_bytes().into_owned()),
        );
    }
    assert_eq!(
        said,
        errors
            .iter()
            .map(|error| error.as_bytes().to_vec())
            .collect()
    );

    for (held, admitted) in [("read", true), ("Read", false), ("READ", false)] {
        let tokens = StaticTokens::new().unwrap();
        let tokens = tokens
            .token("t", Principal::new(USER).with_scopes(held))
            .unwrap();
        let schemes = |_: &support::TestWorld| -> support::Schemes {
            vec![Box::new(Bearer::new(REALM, tokens).unwrap())]
        };
        let stand = TestServer::build(schemes, |layer| {
            layer.policy(policy::scopes("read").unwrap())
        });
        let answer = stand.ask(get("/").bearer("t"));
        assert_eq!(answer.is_from_inside(), admitted, "{held}");
    }
    let two = get("/?access_token=a&access_token=b");
    assert_eq!(stand().ask(two).status, StatusCode::BAD_REQUEST);
    let other_names = get("/?Access_Token=a&ACCESS_TOKEN=b");
    stand().ask(other_names).is_challenged();
}

/// Section 5.2: "To protect against token disclosure, confidentiality protection MUST be applied using TLS". A layer
/// that requires TLS refuses other requests. It sends no challenge to them and verifies no token from them.
#[test]
fn section_5_2_without_tls_the_layer_asks_for_no_token_and_verifies_none() {
    let tunes: [fn(Layer) -> Layer; 3] = [
        Layer::require_tls,
        |layer| layer.require_tls().optional(),
        Layer::require_tls_beyond_loopback,
    ];
    let orders = Kind::orders().into_iter();
    for kinds in orders.filter(|kinds| kinds.contains(&Kind::Bearer)) {
        for stand in tunes.iter().flat_map(|tune| {
            let origin = TestServer::tuned(&kinds, tune);
            [origin, TestServer::proxy(&kinds, tune)]
        }) {
            for ask in [
                get("/"),
                get("/").bearer(TOKEN),
                get("/").bearer(WRONG_TOKEN),
                get("/").bearer("\"x\""),
                get("/").bearer(TOKEN).field("x-forwarded-proto", "https"),
                get("/").bearer(TOKEN).field("forwarded", "proto=https"),
                get("https://api.example/").bearer(TOKEN),
                get(&format!("/?access_token={TOKEN}")),
            ] {
                let answer = stand.ask(ask).is_insecure();
                assert_eq!(answer.challenges(), []);
                assert_eq!(answer.verified, [""; 0]);
            }
            let secure = get("/").bearer(TOKEN).extension(SecureTransport);
            stand.ask(secure).is_admitted_as(USER);
        }
    }
}

/// Section 5.2: "First, the lifetime of the token MUST be limited". A token is valid until the moment it expires, and
/// not from then on.
#[test]
fn section_5_2_a_token_is_valid_until_it_expires() {
    let lifetime = Duration::from_secs(3600);
    let schemes = |world: &support::TestWorld| -> support::Schemes {
        let expiry = world.clock.wall() + lifetime;
        let tokens = StaticTokens::new().unwrap().with_clock(world.clock.clone());
        let tokens = tokens
            .token_until(TOKEN, Principal::new(USER), expiry)
            .unwrap();
        vec![Box::new(Bearer::new(REALM, tokens).unwrap())]
    };
    let stand = TestServer::build(schemes, |layer| layer);
    let moment = Duration::from_nanos(1);
    for step in [Duration::ZERO, lifetime / 2, lifetime / 2 - moment] {
        stand.world.clock.advance(step);
        stand.ask(get("/").bearer(TOKEN)).is_admitted_as(USER);
    }
    for step in [moment, moment, lifetime, 1000 * lifetime] {
        stand.world.clock.advance(step);
        let answer = stand.ask(get("/").bearer(TOKEN)).is_refused_uncounted();
        assert_eq!(answer.params("Bearer", "error"), ["invalid_token"]);
    }
}

/// A small set compares its tokens, and a larger one hashes them.
#[test]
fn a_set_of_any_size_finds_each_of_its_tokens_and_no_other() {
    for len in 1..=6 {
        let rows = (0..len).map(|number| {
            let owner = Principal::new(&format!("owner-{number}"));
            (format!("t0ken-{number}"), owner)
        });
        let tokens = StaticTokens::new().unwrap().tokens(rows).unwrap();
        let owner = |token: &str| {
            let verified = tokens.verify(Secret::new(token)).try_now();
            let owner = verified.unwrap().unwrap().ok()?;
            Some(owner.name().to_owned())
        };
        for number in 0..len {
            let found = owner(&format!("t0ken-{number}"));
            assert_eq!(found, Some(format!("owner-{number}")));
        }
        for wrong in ["t0ken-9", "t0ken-", "t0ken-00", "T0ken-0", "x"] {
            assert_eq!(owner(wrong), None, "{wrong} of {len}");
        }
        let twice = tokens.clone().token("t0ken-0", Principal::new("another"));
        assert!(twice.is_err());
    }
}
