//! Reads arbitrary messages of SCRAM, and sends arbitrary credentials to the scheme. It must not panic, and must admit no
//! client: the inputs hold no password.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use tower_challenge::header::Challenge;
use tower_challenge::scheme::scram::message::{
    ClientFinal, ClientFirst, ServerFinal, ServerFirst, escaped_name,
};
use tower_challenge::scheme::scram::{
    ScramAccounts, ScramClient, ScramFinalMessage, ScramMechanism, ScramSecret,
};
use tower_challenge::scheme::{Attempt, Scheme, Scram, ServerRole, Verdict};
use tower_challenge::{Principal, RequestHead, Secret};

static SCRAM: LazyLock<Scram<ScramAccounts>> = LazyLock::new(|| {
    let password = "a password that no input holds";
    let accounts = ScramAccounts::new([("ada", password)]).expect("an account");
    let scram = Scram::builder("r", accounts).reauthentication(Duration::from_secs(3600));
    scram.build().expect("a realm")
});

/// A client with a wrong password, which has answered the challenge of an exchange.
static ANSWERED: LazyLock<ScramFinalMessage> = LazyLock::new(|| {
    let client = ScramClient::new(ScramMechanism::Sha256, "ada", Secret::new("lovelace"));
    let client = client.expect("a name and a password");
    let first = client.first_with_nonce(None, "x".to_owned());
    let first = first.expect("a nonce");
    let begun = verdict(first.credentials().as_bytes());
    let Some(Verdict::Continue(challenge)) = begun else {
        panic!("the message is a good one")
    };
    first.answer(challenge.as_value()).expect("a challenge")
});

static CLIENT: LazyLock<ScramClient> = LazyLock::new(|| {
    let client = ScramClient::new(ScramMechanism::Sha256, "ada", Secret::new("lovelace"));
    client.expect("a name and a password").max_iterations(0)
});

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        a_message_is_read_as_it_was_written(text);
    }
    credentials_are_refused(data);
    an_exchange_with_this_message_is_refused(data);
    a_reauthentication_with_this_message_is_refused(data);
    a_client_survives_this_server(data);
});

fn a_message_is_read_as_it_was_written(text: &str) {
    if let Ok(first) = ClientFirst::read(text) {
        assert_eq!([first.gs2_header, first.bare].concat(), text);
        let name = format!("n={},r={}", escaped_name(&first.user), first.nonce);
        assert!(first.bare.starts_with(&name), "a name has one spelling");
    }
    if let Ok(first) = ServerFirst::read(text) {
        let written = ServerFirst::write(first.nonce, &first.salt, first.iterations);
        assert!(text.starts_with(&written));
    }
    if let Ok(last) = ClientFinal::read(text) {
        assert!(text.starts_with(last.without_proof));
        let begin = format!("c={},r={}", last.channel_binding, last.nonce);
        assert!(last.without_proof.starts_with(&begin));
    }
    let _ = ServerFinal::read(text);
    if let Ok(secret) = ScramSecret::parse(text) {
        assert!(ScramSecret::parse(secret.to_text().expose()).is_ok());
    }
}

fn verdict(field: &[u8]) -> Option<Verdict<Principal>> {
    let field = HeaderValue::from_bytes(field).ok()?;
    let request = Request::get("/").header(AUTHORIZATION, field).body(());
    let request = request.expect("a request");
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let account = SCRAM.account(&attempt);
    let is_malformed = SCRAM.is_malformed(&attempt);
    let verdict = SCRAM.authenticate(&attempt)?.try_now();
    let verdict = verdict.expect("a table answers at once");
    let verdict = verdict.expect("a table and a store in memory do not fail");
    assert!(
        !matches!(verdict, Verdict::Admit(_)),
        "no input has a proof"
    );
    if matches!(verdict, Verdict::Continue(_)) {
        assert!(account.is_some() && !is_malformed);
    }
    Some(verdict)
}

fn credentials_are_refused(data: &[u8]) {
    verdict(data);
    verdict(&[b"SCRAM-SHA-256 ", data].concat());
}

/// Sends the input as the first message, and then as the last message of an exchange.
fn an_exchange_with_this_message_is_refused(data: &[u8]) {
    let first = format!("SCRAM-SHA-256 data={}", base64(data));
    let begun = match verdict(first.as_bytes()) {
        Some(Verdict::Continue(challenge)) => challenge,
        _ => good_exchange(),
    };
    assert_refused(&begun, data);
}

/// The challenge of an exchange whose client has the nonce `x`.
fn good_exchange() -> Challenge {
    match verdict(b"SCRAM-SHA-256 data=biwsbj1hZGEscj14") {
        Some(Verdict::Continue(challenge)) => challenge,
        _ => panic!("the message is a good one"),
    }
}

/// Sends `message` with the sid of `begun`.
fn assert_refused(begun: &Challenge, message: &[u8]) {
    let sid = begun.param("sid").and_then(|sid| sid.to_str());
    let last = format!(
        "SCRAM-SHA-256 sid={}, data={}",
        sid.expect("a sid"),
        base64(message)
    );
    assert!(matches!(verdict(last.as_bytes()), Some(Verdict::Refuse(_))));
}

/// Sends the input behind the nonce of the client, and behind a count and an `sr`. Then a client with a wrong password
/// reauthenticates.
fn a_reauthentication_with_this_message_is_refused(data: &[u8]) {
    let begun = good_exchange();
    let request = Request::get("/").body(()).expect("a request");
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let mut challenges = Vec::new();
    SCRAM.challenge(&attempt, None, &mut challenges);
    let offer = challenges.first().expect("a challenge");
    let sr = offer.param("sr").and_then(|sr| sr.to_str());
    let sr = sr.expect("a nonce of the server");
    assert_refused(&begun, &[b"c=biws,r=x", data].concat());
    let head = format!("c=biws,r=x4096{sr}");
    assert_refused(&begun, &[head.as_bytes(), data].concat());
    let again = ANSWERED.reauthenticate(offer.as_value());
    let again = again.expect("the server offers it");
    let again = verdict(again.credentials().as_bytes());
    assert!(matches!(again, Some(Verdict::Refuse(_))));
}

fn a_client_survives_this_server(data: &[u8]) {
    let challenge = Challenge::builder(ScramMechanism::Sha256.scheme_name());
    let challenge = challenge.quoted("realm", "r").build().expect("a realm");
    let first = CLIENT.first(Some(&challenge)).expect("random bytes");
    let Ok(field) = HeaderValue::from_bytes(data) else {
        return;
    };
    assert!(first.answer(&field).is_err());
    if let Ok(again) = ANSWERED.reauthenticate(&field) {
        let read = verdict(again.credentials().as_bytes());
        assert!(!matches!(read, Some(Verdict::Continue(_))));
        let _ = again.retry(&field);
    }
    let _ = ANSWERED.verify(&field);
    let wrapped = format!("SCRAM-SHA-256 sid=s, data={}", base64(data));
    let wrapped = wrapped.parse().expect("base64 is a field value");
    assert!(
        first.answer(&wrapped).is_err(),
        "the limit allows no iterations"
    );
}

fn base64(data: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(data)
}
