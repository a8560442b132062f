//! What is remembered, and for how long.

use std::time::Duration;

use crate::server::{FakeServer, Reply, active, inactive, outcome, settle};

const GOOD: Result<&str, &str> = Ok("ada");
const INACTIVE: Result<&str, &str> = Ok("introspection_inactive");

async fn ask(
    verifier: &tower_challenge::introspection::IntrospectionVerifier,
    token: &str,
) -> Result<String, String> {
    outcome(verifier, token).await
}

fn seen(outcome: &Result<String, String>) -> Result<&str, &str> {
    outcome.as_deref().map_err(String::as_str)
}

/// A revoked token is refused after 60 seconds at the latest, counted from the question.
#[tokio::test]
async fn a072_a_revoked_token_is_refused_when_its_answer_is_too_old() {
    let server = FakeServer::new(active(""));
    let verifier = server.verifier();
    assert_eq!(seen(&ask(&verifier, "t0ken").await), GOOD);
    server.set(inactive());
    server.advance(59.9);
    assert_eq!(seen(&ask(&verifier, "t0ken").await), GOOD);
    assert_eq!(server.count(), 1);
    server.advance(0.1);
    assert_eq!(seen(&ask(&verifier, "t0ken").await), INACTIVE);
    assert_eq!(server.count(), 2);

    // Use does not prolong the time, and the settings can shorten it.
    let shorter = server.builder().remember_for(Duration::from_secs(10));
    let shorter = shorter.build().unwrap();
    server.set(active(""));
    for _ in 0..9 {
        assert_eq!(seen(&ask(&shorter, "t0ken").await), GOOD);
        server.advance(1.0);
    }
    server.set(inactive());
    assert_eq!(seen(&ask(&shorter, "t0ken").await), GOOD);
    server.advance(1.0);
    assert_eq!(seen(&ask(&shorter, "t0ken").await), INACTIVE);
}

/// The time counts from the question and not from the answer, which may be on its way for some time.
#[tokio::test]
async fn a072_the_time_counts_from_the_question() {
    let server = FakeServer::new(Reply::Held(r#"{"active":true,"sub":"ada"}"#.to_owned()));
    let verifier = server.builder().remember_for(Duration::from_secs(3));
    let verifier = verifier.build().unwrap();
    let waiting = tokio::spawn({
        let verifier = verifier.clone();
        async move { ask(&verifier, "t0ken").await }
    });
    settle().await;
    server.advance(1.5);
    server.release();
    assert_eq!(seen(&waiting.await.unwrap()), GOOD);
    server.set(inactive());
    server.advance(1.4);
    assert_eq!(seen(&ask(&verifier, "t0ken").await), GOOD);
    server.advance(0.1);
    assert_eq!(seen(&ask(&verifier, "t0ken").await), INACTIVE);
}

#[tokio::test]
async fn a072_no_answer_counts_after_the_token_has_expired() {
    let server = FakeServer::new(active(r#","exp":1750000020"#));
    let verifier = server.verifier();
    assert_eq!(seen(&ask(&verifier, "t0ken").await), GOOD);
    server.advance(19.9);
    assert_eq!(seen(&ask(&verifier, "t0ken").await), GOOD);
    assert_eq!(server.count(), 1);
    server.advance(0.1);
    // The server has not noticed yet. The clock of this server decides.
    assert_eq!(
        seen(&ask(&verifier, "t0ken").await),
        Ok("introspection_expired")
    );
}

#[tokio::test]
async fn a072_a_refused_token_is_remembered_for_five_seconds() {
    let server = FakeServer::new(inactive());
    let verifier = server.verifier();
    assert_eq!(seen(&ask(&verifier, "t0ken").await), INACTIVE);
    server.set(active(""));
    server.advance(4.9);
    assert_eq!(seen(&ask(&verifier, "t0ken").await), INACTIVE);
    assert_eq!(server.count(), 1);
    server.advance(0.1);
    assert_eq!(seen(&ask(&verifier, "t0ken").await), GOOD);

    let never = server.builder().remember_refused_for(Duration::ZERO);
    let never = never.remember_for(Duration::ZERO).build().unwrap();
    for reply in [inactive(), active(""), inactive()] {
        let before = server.count();
        server.set(reply);
        let _ = ask(&never, "t0ken").await;
        assert_eq!(server.count(), before + 1);
    }
}

/// A flood of invented tokens evicts no good one, also from a small cache.
#[tokio::test]
async fn a072_a_flood_of_invented_tokens_evicts_no_good_token() {
    let server = FakeServer::new(active(""));
    let verifier = server.builder().cache(4).build().unwrap();
    assert_eq!(seen(&ask(&verifier, "g00d").await), GOOD);
    server.set(inactive());
    for number in 0..5_000 {
        assert_eq!(seen(&ask(&verifier, &format!("t{number}")).await), INACTIVE);
    }
    assert_eq!(seen(&ask(&verifier, "g00d").await), GOOD);
    assert_eq!(server.count(), 5_001);
}

/// The cache is keyed by the whole token. A token that shares a prefix, a suffix or the `jti` of a good one is another.
#[tokio::test]
async fn a072_a_token_that_is_nearly_a_good_one_is_another() {
    let server = FakeServer::new(active(""));
    let verifier = server.verifier();
    let good = format!(
        "{}.{}.{}",
        "a".repeat(100),
        "b".repeat(100),
        "c".repeat(100)
    );
    assert_eq!(seen(&ask(&verifier, &good).await), GOOD);
    server.set(inactive());
    for near in [
        &good[1..],
        &good[..good.len() - 1],
        &good.replace('c', "d"),
        &good.to_uppercase(),
        &format!("{good}="),
        &format!("{good}a"),
        &good[..16],
        &good[good.len() - 16..],
    ] {
        assert_eq!(seen(&ask(&verifier, near).await), INACTIVE, "{near}");
    }
    assert_eq!(seen(&ask(&verifier, &good).await), GOOD);
}

/// Two verifiers have different settings, so neither takes the word of the other.
#[tokio::test]
async fn a072_an_answer_counts_for_its_own_verifier_alone() {
    let server = FakeServer::new(active(r#","aud":"a""#));
    let (a, b) = (
        server.builder().audience("a"),
        server.builder().audience("b"),
    );
    let (a, b) = (a.build().unwrap(), b.build().unwrap());
    assert_eq!(seen(&ask(&a, "t0ken").await), GOOD);
    assert_eq!(
        seen(&ask(&b, "t0ken").await),
        Ok("introspection_another_audience")
    );
    assert_eq!(seen(&ask(&a, "t0ken").await), GOOD);
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn without_a_cache_each_request_asks() {
    let server = FakeServer::new(active(""));
    let verifier = server.builder().cache(0).build().unwrap();
    for count in 1..=3 {
        assert_eq!(seen(&ask(&verifier, "t0ken").await), GOOD);
        assert_eq!(server.count(), count);
    }
}

#[tokio::test]
async fn a_step_of_the_wall_clock_makes_no_answer_older_or_younger() {
    let server = FakeServer::new(active(""));
    let verifier = server.verifier();
    let _ = ask(&verifier, "t0ken").await;
    let start = std::time::SystemTime::UNIX_EPOCH;
    for seconds in [0, 1_000_000_000, 4_000_000_000] {
        server
            .clock()
            .step_wall(start + Duration::from_secs(seconds));
        assert_eq!(seen(&ask(&verifier, "t0ken").await), GOOD);
    }
    assert_eq!(server.count(), 1);
    server.advance(60.0);
    let _ = ask(&verifier, "t0ken").await;
    assert_eq!(server.count(), 2);
}
