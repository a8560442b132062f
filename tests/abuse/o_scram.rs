//! O. Other schemes: SCRAM.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, StatusCode};
use tower::{Service, ServiceExt};
use tower_challenge::audit::AuditOutcome;
use tower_challenge::scheme::scram::message::{ClientFirst, ServerFirst};

use crate::support::scram_client::text;
use crate::support::world::WatchedScram;
use crate::support::{
    Answer, Body, OTHER_PASSWORD, OTHER_USER, PASSWORD, REALM, ScramLogin, ScramProof, TestServer,
    USER, WRONG, get, run,
};

/// How many requests arrive at once.
const RACERS: usize = 16;

fn server() -> TestServer {
    tuned(|builder| builder.fake_salt_key([5; 32]))
}

fn tuned(tune: impl FnOnce(WatchedScram) -> WatchedScram) -> TestServer {
    TestServer::build(|world| vec![world.scram_in(REALM, tune)], |layer| layer)
}

fn ask(server: &TestServer, credentials: &str) -> Answer {
    server.ask(get("/").authorization(credentials))
}

fn proof(server: &TestServer, login: &ScramLogin) -> ScramProof {
    let answer = ask(server, &login.header()).is_continued();
    login.answer(&answer.challenges()[0])
}

/// The salt and the iterations that the server sends for a name.
fn offer(server: &TestServer, user: &str) -> (Vec<u8>, u32) {
    let answer = ask(server, &ScramLogin::of(user, PASSWORD).header()).is_continued();
    let message = STANDARD
        .decode(text(&answer.challenges()[0], "data"))
        .unwrap();
    let message = String::from_utf8(message).unwrap();
    let read = ServerFirst::read(&message).unwrap();
    (read.salt, read.iterations)
}

/// A request with each of these credentials arrives at the same time as the others. Asserts that the server admits one.
fn assert_one_is_admitted(server: &TestServer, credentials: &[String]) {
    let start = Barrier::new(credentials.len());
    let race = |credentials: &str| {
        let mut service = server.service();
        let request = get("/").authorization(credentials).into_request();
        let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
        start.wait();
        let Ok(response) = run(ready.call(request));
        response.status()
    };
    let statuses = thread::scope(|scope| {
        let racers = credentials.iter().map(|one| scope.spawn(|| race(one)));
        let racers = racers.collect::<Vec<_>>().into_iter();
        let statuses = racers.map(|racer| racer.join().unwrap());
        statuses.collect::<Vec<_>>()
    });
    let count = |status| statuses.iter().filter(|one| **one == status).count();
    let counts = (count(StatusCode::OK), count(StatusCode::UNAUTHORIZED));
    assert_eq!(counts, (1, credentials.len() - 1));
}

/// Several requests with the proof of one exchange arrive at once. The server admits one, and the
/// throttle counts none of the others as a guess.
#[test]
fn a151_one_of_many_requests_with_one_scram_sid_is_admitted() {
    let server = server();
    for _ in 0..40 {
        let credentials = proof(&server, &ScramLogin::of(USER, PASSWORD)).header();
        assert_one_is_admitted(&server, &vec![credentials; RACERS]);
    }
    assert_eq!(server.world.store.entry_count(), 40);
}

fn offering_reauthentication() -> TestServer {
    tuned(|builder| builder.reauthentication(Duration::from_secs(60)))
}

/// A reauthentication with the sid of an exchange that has just begun, and a new nonce of the server.
fn again(server: &TestServer, count: u32) -> ScramProof {
    let login = ScramLogin::of(USER, PASSWORD);
    let begun = ask(server, &login.header()).is_continued().challenges();
    let sr = text(&server.challenges()[0], "sr");
    login.again(&begun[0], count, &sr)
}

/// The same message with a new sid, which the server sends to anybody who repeats the first message.
fn with_another_sid(server: &TestServer, last: &ScramProof) -> ScramProof {
    let another = again(server, 4096).sid;
    assert_ne!(another, last.sid);
    last.clone().with(|last| last.sid = another)
}

/// Several requests with one message of a reauthentication arrive at once, each with another sid of the same first message.
#[test]
fn a151_one_of_many_reauthentications_of_scram_with_one_count_is_admitted() {
    let server = offering_reauthentication();
    for count in 4096..4116 {
        let last = again(&server, count);
        let sids = (0..RACERS).map(|_| with_another_sid(&server, &last).header());
        assert_one_is_admitted(&server, &sids.collect::<Vec<_>>());
    }
    assert_eq!(server.world.store.entry_count(), 20);
}

/// An attacker who has seen a reauthentication sends it again, with its sid and with another one. The proof covers neither.
#[test]
fn a152_a_reauthentication_of_scram_with_another_sid_is_a_replay() {
    let server = offering_reauthentication();
    let seen = again(&server, 4096);
    ask(&server, &seen.header()).is_admitted_as(USER);
    for replay in [seen.clone(), with_another_sid(&server, &seen)] {
        let answer = ask(&server, &replay.header());
        assert_eq!(answer.heard[0].outcome, AuditOutcome::Stale);
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(server.world.store.entry_count(), 1);
    // Another count or another `sr` would need the password.
    let (next, fresh) = (again(&server, 4097), again(&server, 4096));
    for nonce in [next.nonce, fresh.nonce] {
        let forged = seen.clone().with(|last| last.nonce = nonce);
        ask(&server, &forged.header()).is_refused();
    }
}

/// An unknown user has the same salt each time, as many bytes of it, and as many iterations as a known one.
#[test]
fn a152_an_unknown_user_of_scram_has_a_salt_that_does_not_change() {
    let server = server();
    let known = offer(&server, USER);
    let unknown = offer(&server, "rafiki");
    assert_eq!((known.0.len(), known.1), (unknown.0.len(), unknown.1));
    for other in [&server, &tuned(|builder| builder.fake_salt_key([5; 32]))] {
        assert_eq!(offer(other, "rafiki"), unknown);
        assert_ne!(offer(other, "Rafiki").0, unknown.0);
    }
    let elsewhere = tuned(|builder| builder.fake_salt_key([6; 32]).fake_iterations(9999));
    assert_ne!(offer(&elsewhere, "rafiki").0, unknown.0);
    assert_eq!(
        (offer(&elsewhere, "rafiki").1, offer(&elsewhere, USER).1),
        (9999, 4096)
    );
    // No password is right for an unknown user.
    for password in [PASSWORD, "", WRONG] {
        let last = proof(&server, &ScramLogin::of("rafiki", password));
        ask(&server, &last.header()).is_refused();
    }
}

/// The server takes the number of iterations from the account, and not from the client.
#[test]
fn a152_the_iterations_of_a_client_of_scram_count_for_nothing() {
    let server = server();
    let login = ScramLogin::of(USER, PASSWORD).with(|login| login.extensions = ",i=1".to_owned());
    ask(&server, &proof(&server, &login).header()).is_admitted_as(USER);
    assert!(ClientFirst::read("n,,n=a,r=b,i=1").is_ok());
}

/// A client that supports channel binding, and thinks that the server does not, sends `y`. The server has none, so a
/// client of HTTP never has a reason to.
#[test]
fn a152_a_client_of_scram_with_channel_binding_is_refused() {
    let server = server();
    for header in ["y,,", "p=tls-server-end-point,,", "y,a=mufasa,"] {
        let login =
            ScramLogin::of(USER, PASSWORD).with(|login| login.gs2_header = header.to_owned());
        ask(&server, &login.header()).is_refused_uncounted();
    }
    // The header cannot be changed afterwards, either.
    let last = proof(&server, &ScramLogin::of(USER, PASSWORD));
    let bound = last
        .clone()
        .with(|last| last.channel_binding = STANDARD.encode("y,,"));
    ask(&server, &bound.header()).is_refused_uncounted();
    ask(&server, &last.header()).is_admitted_as(USER);
}

/// A client with an account of its own begins an exchange, and uses its sid with the proof or the nonce of another one.
#[test]
fn a152_a_scram_sid_of_another_user_is_refused() {
    let server = server();
    let own = proof(&server, &ScramLogin::of(OTHER_USER, OTHER_PASSWORD));
    let foreign = proof(&server, &ScramLogin::of(USER, WRONG));
    let with_sid = own.clone().with(|last| last.sid.clone_from(&foreign.sid));
    ask(&server, &with_sid.header()).is_refused_uncounted();
    let with_nonce = foreign
        .clone()
        .with(|last| last.nonce.clone_from(&own.nonce));
    ask(&server, &with_nonce.header()).is_refused_uncounted();
    let with_proof = foreign
        .clone()
        .with(|last| last.proof.clone_from(&own.proof));
    let answer = ask(&server, &with_proof.header()).is_refused();
    assert_eq!(
        answer.reserved,
        [Some(USER.to_owned())],
        "a guess at the user of the sid"
    );
    ask(&server, &own.header()).is_admitted_as(OTHER_USER);
}

/// A client that knows the stored key alone cannot log in: the proof needs the key of which the stored key is the hash.
#[test]
fn a152_the_stored_keys_of_scram_are_no_password() {
    let server = server();
    let (salt, iterations) = offer(&server, USER);
    let password = tower_challenge::Secret::new(PASSWORD);
    use tower_challenge::scheme::scram::{ScramMechanism, ScramSecret};
    let secret = ScramSecret::derive(ScramMechanism::Sha256, password, &salt, iterations);
    let stored = secret.unwrap().to_text();
    let keys = stored.expose().rsplit('$').next().unwrap().to_owned();
    for key in keys.split(':') {
        let key = STANDARD.decode(key).unwrap();
        let last = proof(&server, &ScramLogin::of(USER, WRONG)).with(|last| last.proof = key);
        ask(&server, &last.header()).is_refused();
    }
    let last = proof(&server, &ScramLogin::of(USER, stored.expose()));
    ask(&server, &last.header()).is_refused();
}
