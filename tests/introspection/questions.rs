//! How many questions are sent, and when none is.

use std::time::Duration;

use tower_challenge::Secret;
use tower_challenge::introspection::IntrospectionVerifier;
use tower_challenge::scheme::bearer::VerifyToken;

use crate::server::{FakeServer, Reply, active, inactive, outcome, settle};

const HELD: &str = r#"{"active":true,"sub":"ada"}"#;

/// Sends a request for each token, and returns their outcomes.
async fn together(
    verifier: &IntrospectionVerifier,
    tokens: Vec<String>,
    then: impl FnOnce(),
) -> Vec<Result<String, String>> {
    let waiting = tokens.into_iter().map(|token| {
        let verifier = verifier.clone();
        tokio::spawn(async move { outcome(&verifier, &token).await })
    });
    let waiting = Vec::from_iter(waiting);
    settle().await;
    then();
    let mut outcomes = Vec::new();
    for one in waiting {
        outcomes.push(one.await.unwrap());
    }
    outcomes
}

#[tokio::test]
async fn a_token_that_breaks_the_grammar_is_never_sent() {
    let server = FakeServer::new(active(""));
    let verifier = server.verifier();
    for garbage in [
        "",
        "a b",
        "a\"b",
        "5|abc",
        "a,b",
        "a=b",
        "\u{e9}",
        "a\n",
        "=",
        "a&token=b",
    ] {
        let outcome = outcome(&verifier, garbage).await;
        assert_eq!(
            outcome.as_deref(),
            Ok("introspection_not_b64token"),
            "{garbage}"
        );
    }
    let long = "a".repeat(16 * 1024 + 1);
    let too_long = outcome(&verifier, &long).await;
    assert_eq!(too_long.as_deref(), Ok("introspection_too_long"));
    assert_eq!(server.count(), 0);
    assert_eq!(outcome(&verifier, &long[1..]).await.as_deref(), Ok("ada"));
}

#[tokio::test]
async fn requests_with_one_token_share_a_question() {
    let server = FakeServer::new(Reply::Held(HELD.to_owned()));
    let verifier = server.verifier();
    let tokens = vec!["t0ken".to_owned(); 50];
    let outcomes = together(&verifier, tokens, || server.release()).await;
    assert!(outcomes.iter().all(|one| one.as_deref() == Ok("ada")));
    assert_eq!(server.count(), 1);
    assert_eq!(outcome(&verifier, "t0ken").await.as_deref(), Ok("ada"));
    assert_eq!(server.count(), 1, "and the next one finds the answer");
}

#[tokio::test]
async fn a_client_that_disconnects_does_not_end_the_question_for_the_others() {
    let server = FakeServer::new(Reply::Held(HELD.to_owned()));
    let verifier = server.verifier();
    let first = tokio::spawn({
        let verifier = verifier.clone();
        async move { outcome(&verifier, "t0ken").await }
    });
    settle().await;
    let second = verifier.verify(Secret::new("t0ken"));
    first.abort();
    settle().await;
    server.release();
    assert_eq!(second.await.unwrap().unwrap().name(), "ada");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_question_whose_clients_have_all_gone_is_not_sent() {
    let server = FakeServer::new(active(""));
    let verifier = server.verifier();
    drop(verifier.verify(Secret::new("t0ken")));
    settle().await;
    assert_eq!(server.count(), 0);
    assert_eq!(outcome(&verifier, "t0ken").await.as_deref(), Ok("ada"));
}

/// A server that hangs keeps no more questions than allowed, and each for two seconds.
#[tokio::test]
async fn a073_an_outage_does_not_pile_up() {
    let server = FakeServer::new(Reply::Hang);
    let verifier = server.builder().max_concurrent(8).build().unwrap();
    let tokens = (0..100).map(|number| format!("t{number}")).collect();
    let outcomes = together(&verifier, tokens, || {
        assert_eq!(server.clock().sleepers(), 8);
        server.advance(2.0);
    });
    let outcomes = outcomes.await;
    assert_eq!(server.count(), 8);
    let count = |why: &str| {
        outcomes
            .iter()
            .filter(|one| one.as_ref().is_err_and(|told| told.contains(why)))
            .count()
    };
    assert_eq!(
        count("too many questions to the authorization server are running"),
        92
    );
    assert_eq!(count("took longer than 2s"), 8);
    settle().await;
    server.set(active(""));
    server.advance(1.0);
    assert_eq!(
        outcome(&verifier, "t0").await.as_deref(),
        Ok("ada"),
        "nothing of the outage is remembered"
    );
}

#[tokio::test]
async fn a073_a_server_that_fails_again_and_again_is_asked_once_a_second() {
    for reply in [
        Reply::Error,
        Reply::Answer(401, "application/json", String::new()),
        Reply::Answer(503, "text/html", String::new()),
    ] {
        let server = FakeServer::new(active(""));
        let verifier = server.verifier();
        assert_eq!(outcome(&verifier, "g00d").await.as_deref(), Ok("ada"));
        server.set(reply);
        for number in 0..100 {
            assert!(outcome(&verifier, &format!("t{number}")).await.is_err());
        }
        assert_eq!(server.count(), 1 + 5);
        assert_eq!(
            outcome(&verifier, "g00d").await.as_deref(),
            Ok("ada"),
            "it is remembered"
        );
        server.advance(1.0);
        for number in 0..100 {
            assert!(outcome(&verifier, &format!("t{number}")).await.is_err());
        }
        assert_eq!(server.count(), 1 + 5 + 1);
        server.set(active(""));
        assert!(outcome(&verifier, "t0ken").await.is_err());
        server.advance(1.0);
        assert_eq!(outcome(&verifier, "t0ken").await.as_deref(), Ok("ada"));
        assert_eq!(outcome(&verifier, "t1").await.as_deref(), Ok("ada"));
    }
}

/// A client can have a token with which a server fails. It must not keep the others out.
#[tokio::test]
async fn a073_a_fault_of_one_token_stops_no_questions_about_others() {
    let faults = [
        Reply::Answer(
            400,
            "application/json",
            r#"{"error":"unsupported_token_type"}"#.to_owned(),
        ),
        Reply::Answer(403, "text/html", String::new()),
        Reply::Answer(429, "text/html", String::new()),
        Reply::Answer(500, "text/html", String::new()),
        Reply::Answer(200, "text/html", String::new()),
        Reply::Answer(200, "application/json", " ".repeat(65 * 1024)),
        Reply::Panic,
    ];
    for fault in faults {
        let server = FakeServer::new(fault);
        let verifier = server.verifier();
        for number in 0..20 {
            assert!(outcome(&verifier, &format!("t{number}")).await.is_err());
        }
        assert_eq!(server.count(), 20);
        server.set(active(""));
        assert_eq!(outcome(&verifier, "t0ken").await.as_deref(), Ok("ada"));
    }
}

/// A firewall in front of the server refuses a token that looks like an attack. A client without a token of its own can
/// send it again and again: it gets `503`, and neither it nor the others cause more questions.
#[tokio::test]
async fn a073_a_token_about_which_the_server_does_not_answer_is_asked_about_every_five_seconds() {
    for status in [400, 403, 413] {
        let server = FakeServer::new(Reply::Answer(status, "text/html", String::new()));
        let verifier = server.verifier();
        let blocked = "../../etc/passwd";
        for seconds in [0.0, 4.9, 0.1] {
            server.advance(seconds);
            for _ in 0..20 {
                let why = verifier.verify(Secret::new(blocked)).await.unwrap_err();
                let text = format!("https://as.example/introspect: the status is {status}");
                assert_eq!(why.to_string(), text);
                assert_eq!(why.delay(), Duration::from_secs(5));
                assert!(!why.is_not_compared(), "the client chose the token");
            }
        }
        assert_eq!(server.count(), 2);
        server.set(active(""));
        assert_eq!(outcome(&verifier, "t0ken").await.as_deref(), Ok("ada"));
        assert!(outcome(&verifier, blocked).await.is_err());
        server.advance(5.0);
        assert_eq!(outcome(&verifier, blocked).await.as_deref(), Ok("ada"));
    }
}

/// A status that is not about the token: the next request asks again, and the client has not guessed.
#[tokio::test]
async fn a073_a_status_about_other_things_is_not_remembered() {
    for status in [401, 404, 407, 408, 429, 500, 503] {
        let server = FakeServer::new(Reply::Answer(status, "text/html", String::new()));
        let verifier = server.verifier();
        let why = verifier.verify(Secret::new("t0ken")).await.unwrap_err();
        assert!(why.is_not_compared(), "{status}");
        server.set(active(""));
        let now = outcome(&verifier, "t0ken").await;
        assert_eq!(now.as_deref(), Ok("ada"), "{status}");
    }
}

#[tokio::test]
async fn a073_a_fault_is_not_a_guess_and_nothing_of_it_is_remembered() {
    let server = FakeServer::new(Reply::Error);
    let verifier = server.verifier();
    let why = verifier.verify(Secret::new("t0ken")).await.unwrap_err();
    assert!(why.is_not_compared());
    assert_eq!(
        why.to_string(),
        "https://as.example/introspect: connection reset"
    );
    assert_eq!(why.delay(), Duration::from_secs(5));
    server.set(inactive());
    let now = outcome(&verifier, "t0ken").await;
    assert_eq!(now.as_deref(), Ok("introspection_inactive"));
}

#[test]
fn without_a_runtime_the_answer_is_an_outage() {
    let server = FakeServer::new(active(""));
    let verifier = server.verifier();
    let mut answer = Box::pin(verifier.verify(Secret::new("t0ken")));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(why)) = answer.as_mut().poll(&mut cx) else {
        panic!("no answer");
    };
    assert_eq!(why.to_string(), "there is no tokio runtime");
}
