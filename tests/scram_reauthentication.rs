//! Tests the logins with SCRAM that take one request (RFC 7804 section 5.1).

pub mod support;

use std::collections::HashSet;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Request, StatusCode};
use tower::{Service, ServiceExt};
use tower_challenge::audit::AuditOutcome;
use tower_challenge::header::Challenge;
use tower_challenge::scheme::scram::{
    NonceKeys, ScramAccount, ScramAccounts, ScramClient, ScramMechanism, ScramSecret,
};
use tower_challenge::scheme::{Scram, ServerRole};
use tower_challenge::{Principal, Secret};

use self::support::scram_client::text;
use self::support::world::WatchedScram;
use self::support::{
    Answer, Body, OTHER_PASSWORD, OTHER_USER, PASSWORD, REALM, ScramLogin, ScramProof, TestServer,
    USER, WRONG, get, run,
};

/// The iterations of the accounts, with which the count starts.
const FIRST: u32 = 4096;

const LIFETIME: Duration = Duration::from_secs(120);

fn server() -> TestServer {
    tuned(|builder| builder.reauthentication(LIFETIME))
}

fn tuned(tune: impl FnOnce(WatchedScram) -> WatchedScram) -> TestServer {
    TestServer::build(|world| vec![world.scram_in(REALM, tune)], |layer| layer)
}

fn login() -> ScramLogin {
    ScramLogin::of(USER, PASSWORD)
}

fn ask(server: &TestServer, credentials: &str) -> Answer {
    server.ask(get("/").authorization(credentials))
}

/// Begins an exchange, and returns the challenge in between.
fn begin(server: &TestServer, login: &ScramLogin) -> Challenge {
    let answer = ask(server, &login.header()).is_continued();
    answer.challenges().remove(0)
}

/// Logs in with an exchange, and returns its challenge.
fn exchange(server: &TestServer, login: &ScramLogin) -> Challenge {
    let challenge = begin(server, login);
    ask(server, &login.answer(&challenge).header()).is_admitted_as(&login.user);
    challenge
}

/// The nonce in the challenge of a server.
fn sr(server: &TestServer) -> String {
    text(&server.challenges()[0], "sr")
}

fn names(challenge: &Challenge) -> Vec<String> {
    let names = challenge.params().map(|param| param.name().to_owned());
    names.collect()
}

/// Asserts a refusal that does not say that the password was right.
#[track_caller]
fn assert_failed(answer: &Answer, outcome: AuditOutcome) -> Challenge {
    let challenge = refusal(answer, outcome);
    assert_eq!(names(&challenge), ["realm", "data", "sr", "ttl"]);
    assert_eq!(text(&challenge, "data"), STANDARD.encode("e=other-error"));
    challenge
}

/// Asserts a refusal that lets the client try again.
#[track_caller]
fn assert_stale(answer: &Answer) -> Challenge {
    let challenge = refusal(answer, AuditOutcome::Stale);
    assert_eq!(names(&challenge), ["realm", "sr", "ttl", "stale"]);
    assert_eq!(text(&challenge, "stale"), "true");
    challenge
}

#[track_caller]
fn refusal(answer: &Answer, outcome: AuditOutcome) -> Challenge {
    assert_eq!(answer.heard[0].outcome, outcome, "{}", answer.asked);
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let challenges = answer.challenges();
    let [challenge] = &challenges[..] else {
        panic!("{challenges:?}")
    };
    challenge.clone()
}

/// Without the call, the challenge has no `sr`, and a server refuses the message as it refuses any other nonce.
#[test]
fn it_is_off_by_default() {
    let keys = NonceKeys::new([7; 32]).unwrap();
    let on = tuned(|builder| builder.nonce_keys(keys.clone()).reauthentication(LIFETIME));
    let off = tuned(|builder| builder.nonce_keys(keys.clone()));
    assert_eq!(names(&off.challenges()[0]), ["realm"]);
    let begun = exchange(&off, &login());
    let last = login().again(&begun, FIRST, &sr(&on));
    let answer = ask(&off, &last.header());
    let challenge = refusal(&answer, AuditOutcome::Uncounted);
    assert_eq!(names(&challenge), ["realm", "data"]);
    assert_eq!(answer.verified, [""; 0], "no account is looked up");
    ask(&on, &last.header()).is_admitted_as(USER);
}

/// Section 5.1: the challenge has a nonce in `sr`, and the time for which it is good in `ttl`, in seconds. The `sr` begins
/// with no digit, so that the count before it has an end.
#[test]
fn section_5_1_each_challenge_has_another_sr() {
    let server = server();
    let challenge = server.challenges().remove(0);
    assert_eq!(names(&challenge), ["realm", "sr", "ttl"]);
    assert_eq!(text(&challenge, "ttl"), "120");
    let all = (0..100).map(|_| sr(&server)).collect::<HashSet<_>>();
    assert_eq!(all.len(), 100);
    assert!(all.iter().all(|sr| sr.starts_with('s') && sr.len() == 53));
    assert_eq!(server.world.store.entry_count(), 0);
    // The second challenge of an exchange has none: it belongs to this exchange alone.
    assert_eq!(names(&begin(&server, &login())), ["sid", "data"]);
}

/// Section 5.1: the client sends its last message at once. The nonce-count starts with the iterations, and rises by one with
/// each success. The server proves itself as after an exchange.
#[test]
fn section_5_1_a_client_that_has_logged_in_needs_one_request() {
    let server = server();
    let begun = exchange(&server, &login());
    let sr = sr(&server);
    for count in FIRST..FIRST + 20 {
        let last = login().again(&begun, count, &sr);
        let answer = ask(&server, &last.header()).is_admitted_as(USER);
        assert_eq!(answer.header("authentication-info"), Some(&*last.info()));
        assert_eq!(answer.reserved, [Some(USER.to_owned())]);
        assert_eq!(
            answer.verified,
            [USER],
            "the account is looked up each time"
        );
    }
    // The message may name the realm, and the values may be bare.
    let last = login().again(&begun, FIRST + 20, &sr);
    let header = last
        .header()
        .replacen("sid", &format!("realm=\"{REALM}\", sid"), 1);
    ask(&server, &header).is_admitted_as(USER);
    let bare = login()
        .again(&begun, FIRST + 21, &sr)
        .header()
        .replace('"', "");
    ask(&server, &bare).is_admitted_as(USER);
    // The sid is claimed once for its exchange, and all counts share one more place.
    assert!(server.world.store.entry_count() <= 2);
}

/// Section 5.1: a request whose nonce-count the server has seen before is a replay.
#[test]
fn section_5_1_the_same_count_twice_is_a_replay() {
    let server = server();
    let begun = exchange(&server, &login());
    let (one, other) = (sr(&server), sr(&server));
    let last = login().again(&begun, FIRST, &one).header();
    ask(&server, &last).is_admitted_as(USER);
    for _ in 0..3 {
        assert_failed(&ask(&server, &last), AuditOutcome::Stale);
    }
    // With another nonce, the same count is another message, for which the client had to know the password.
    let repeated = login().again(&begun, FIRST, &other).header();
    ask(&server, &repeated).is_admitted_as(USER);
    assert_failed(&ask(&server, &repeated), AuditOutcome::Stale);
    // A client may have several requests under way, which arrive in any order.
    for count in [FIRST + 2, FIRST + 1, FIRST + 4095] {
        let last = login().again(&begun, count, &other).header();
        ask(&server, &last).is_admitted_as(USER);
        assert_failed(&ask(&server, &last), AuditOutcome::Stale);
    }
}

/// An attacker who has seen one message gets any number of sids for the first message in it. The proof does not cover the
/// sid, so the count must not be claimed for the sid.
#[test]
fn the_same_message_with_another_sid_is_a_replay() {
    let server = server();
    let begun = exchange(&server, &login());
    let seen = login().again(&begun, FIRST, &sr(&server)).header();
    ask(&server, &seen).is_admitted_as(USER);
    for _ in 0..3 {
        let another = begin(&server, &login());
        let (old, new) = (text(&begun, "sid"), text(&another, "sid"));
        assert_ne!(old, new);
        let replayed = seen.replace(&old, &new);
        assert_ne!(replayed, seen);
        assert_failed(&ask(&server, &replayed), AuditOutcome::Stale);
    }
}

/// A count below the iterations, or above the last one that the store can remember, is refused.
#[test]
fn a_count_out_of_range_is_refused() {
    let server = server();
    let begun = exchange(&server, &login());
    let sr = sr(&server);
    for count in [1, FIRST - 1, FIRST + 4096, FIRST + 4097, u32::MAX] {
        let last = login().again(&begun, count, &sr);
        assert_failed(&ask(&server, &last.header()), AuditOutcome::Stale);
    }
    for count in [
        "",
        "0",
        "04096",
        "+4096",
        "4096.",
        "4294967296",
        " 4096",
        "-1",
    ] {
        let last = login().again(&begun, count, &sr);
        let answer = ask(&server, &last.header());
        assert_failed(&answer, AuditOutcome::Uncounted);
        assert_eq!(answer.verified, [""; 0], "{count}");
    }
    ask(&server, &login().again(&begun, FIRST, &sr).header()).is_admitted_as(USER);
}

/// A nonce of a client may end with digits, or look like a count and an `sr`.
#[test]
fn the_count_is_split_from_the_nonces_around_it() {
    let server = server();
    for nonce in ["4096", "x4096", "1", &format!("x4096{}", sr(&server))] {
        let login = login().with(|login| login.nonce = nonce.to_owned());
        let begun = exchange(&server, &login);
        ask(&server, &login.again(&begun, FIRST, &sr(&server)).header()).is_admitted_as(USER);
    }
}

/// Section 5.1: a client that proves the password with a nonce that is too old gets a new one and `stale=true`. A client
/// with a wrong password does not.
#[test]
fn section_5_1_an_old_sr_is_stale() {
    let server = server();
    let begun = exchange(&server, &login());
    let sr = sr(&server);
    server.world.clock.advance(LIFETIME);
    ask(&server, &login().again(&begun, FIRST, &sr).header()).is_admitted_as(USER);
    server.world.clock.advance(Duration::from_millis(1));
    let wrong = ScramLogin::of(USER, WRONG).again(&begun, FIRST + 1, &sr);
    assert_failed(&ask(&server, &wrong.header()), AuditOutcome::Refused);
    let last = login().again(&begun, FIRST + 1, &sr);
    let challenge = assert_stale(&ask(&server, &last.header()));
    // The client sends the same count with the new nonce, because the server has not counted it.
    let again = login().again(&begun, FIRST + 1, &text(&challenge, "sr"));
    ask(&server, &again.header()).is_admitted_as(USER);
    // A message of before is not good again.
    let first = login().again(&begun, FIRST, &sr);
    assert_stale(&ask(&server, &first.header()));
}

/// A nonce that the server has not made is as old for it as one that has expired.
#[test]
fn an_sr_of_another_server_or_purpose_is_stale() {
    let keys = NonceKeys::new([7; 32]).unwrap();
    let with = |lifetime| {
        let keys = keys.clone();
        tuned(move |builder| builder.nonce_keys(keys).reauthentication(lifetime))
    };
    let server = with(LIFETIME);
    let begun = exchange(&server, &login());
    let own = sr(&server);
    let changed = format!(
        "{}{}",
        &own[..52],
        if own.ends_with('A') { 'B' } else { 'A' }
    );
    for other in [
        // Another store has another epoch, although the keys are the same.
        sr(&with(LIFETIME)),
        sr(&with(Duration::from_secs(240))),
        // The nonce of an exchange.
        format!("s{}", &text(&begun, "sid")[..52]),
        changed,
        "s".to_owned(),
        format!("{own}A"),
    ] {
        let last = login().again(&begun, FIRST, &other);
        assert_stale(&ask(&server, &last.header()));
    }
    for bad in ["", "x", &own[1..], &format!("x{}", &own[1..])] {
        let last = login().again(&begun, FIRST, bad);
        let answer = ask(&server, &last.header());
        if !bad.starts_with(|first: char| first.is_ascii_digit()) {
            assert_failed(&answer, AuditOutcome::Uncounted);
        }
        assert!(!answer.is_from_inside(), "{bad}");
    }
    ask(&server, &login().again(&begun, FIRST, &own).header()).is_admitted_as(USER);
}

/// The sheet of rules needs a sid: without it, the server cannot know the user.
#[test]
fn a_message_without_a_sid_or_with_another_one_is_refused() {
    let server = server();
    let begun = exchange(&server, &login());
    let foreign = begin(&server, &ScramLogin::of(OTHER_USER, WRONG));
    let last = login().again(&begun, FIRST, &sr(&server));
    let without = login().header_of(last.message());
    ask(&server, &without).is_refused_uncounted();
    let other = last.clone().with(|last| last.sid = text(&foreign, "sid"));
    let answer = ask(&server, &other.header());
    assert_failed(&answer, AuditOutcome::Refused);
    assert_eq!(answer.reserved, [Some(OTHER_USER.to_owned())]);
    for sid in ["", "x", &last.sid[1..]] {
        let other = last.clone().with(|last| last.sid = sid.to_owned());
        assert_failed(&ask(&server, &other.header()), AuditOutcome::Uncounted);
    }
    ask(&server, &last.header()).is_admitted_as(USER);
}

/// A sid of an exchange that the client has not finished, or that has expired, names the user as well.
#[test]
fn a_sid_names_the_user_for_as_long_as_the_keys_are_known() {
    let keys = NonceKeys::new([7; 32]).unwrap();
    let server = tuned(|builder| builder.nonce_keys(keys.clone()).reauthentication(LIFETIME));
    let begun = begin(&server, &login());
    server.world.clock.advance(Duration::from_secs(86_400));
    keys.rotate([8; 32]).unwrap();
    ask(
        &server,
        &login().again(&begun, FIRST, &sr(&server)).header(),
    )
    .is_admitted_as(USER);
    keys.rotate([9; 32]).unwrap();
    let last = login().again(&begun, FIRST + 1, &sr(&server));
    assert_failed(&ask(&server, &last.header()), AuditOutcome::Uncounted);
}

/// A wrong password is one guess at the user whom the sid names. It is not remembered.
#[test]
fn a_wrong_proof_is_refused_and_counted() {
    let server = server();
    let begun = begin(&server, &login());
    let sr = sr(&server);
    for (user, password) in [
        (USER, WRONG),
        (OTHER_USER, PASSWORD),
        (OTHER_USER, OTHER_PASSWORD),
    ] {
        let last = ScramLogin::of(user, password).again(&begun, FIRST, &sr);
        let answer = ask(&server, &last.header());
        assert_failed(&answer, AuditOutcome::Refused);
        assert_eq!(answer.reserved, [Some(USER.to_owned())]);
    }
    let last = login().again(&begun, FIRST, &sr);
    for bit in 0..256 {
        let other = last
            .clone()
            .with(|last| last.proof[bit / 8] ^= 1 << (bit % 8));
        assert_failed(&ask(&server, &other.header()), AuditOutcome::Refused);
    }
    assert_eq!(server.world.store.entry_count(), 0);
    ask(&server, &last.header()).is_admitted_as(USER);
}

/// The nonces are bound to the realm and the mechanism.
#[test]
fn another_realm_or_mechanism_is_refused() {
    let keys = NonceKeys::new([7; 32]).unwrap();
    let with = |builder: WatchedScram| builder.nonce_keys(keys.clone()).reauthentication(LIFETIME);
    let world = support::TestWorld::new();
    let scheme = |realm: &str| world.scram_in(realm, with);
    let (own, other) = (scheme(REALM), scheme("other"));
    let own = TestServer::build(|_| vec![own], |layer| layer);
    let other = TestServer::build(|_| vec![other], |layer| layer);
    let begun = exchange(&own, &login());
    let last = login().again(&begun, FIRST, &sr(&own));
    assert_failed(&ask(&other, &last.header()), AuditOutcome::Uncounted);
    let begun_there = exchange(&other, &login());
    let mixed = login().again(&begun_there, FIRST, &sr(&own));
    assert_stale(&ask(&other, &mixed.header()));
    let named = last.header().replacen("sid", "realm=\"other\", sid", 1);
    assert_failed(&ask(&own, &named), AuditOutcome::Uncounted);
    ask(&own, &last.header()).is_admitted_as(USER);
}

/// The last message of an exchange is not good as a reauthentication, and the other way round.
#[test]
fn the_two_kinds_of_messages_are_told_apart() {
    let server = server();
    let begun = exchange(&server, &login());
    let replay = login().answer(&begun);
    assert_failed(&ask(&server, &replay.header()), AuditOutcome::Stale);
    let last = login().again(&begun, FIRST, &sr(&server));
    ask(&server, &last.header()).is_admitted_as(USER);
    assert_failed(&ask(&server, &replay.header()), AuditOutcome::Stale);
    // The GS2 header of the first message is compared here, too.
    let other = login().again(&begun, FIRST + 1, &sr(&server));
    let other = other.with(|last| last.channel_binding = STANDARD.encode("y,,"));
    assert_failed(&ask(&server, &other.header()), AuditOutcome::Uncounted);
}

/// Thirty-two requests with one count arrive at once. The server admits one.
#[test]
fn one_of_many_requests_with_one_count_is_admitted() {
    const RACERS: usize = 32;
    let server = server();
    let begun = exchange(&server, &login());
    let sr = sr(&server);
    for count in FIRST..FIRST + 20 {
        let credentials = login().again(&begun, count, &sr).header();
        let start = Barrier::new(RACERS);
        let race = || {
            let mut service = server.service();
            let request = get("/").authorization(&credentials).into_request();
            let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
            start.wait();
            let Ok(response) = run(ready.call(request));
            response.status()
        };
        let statuses = thread::scope(|scope| {
            let racers = (0..RACERS).map(|_| scope.spawn(race));
            let racers = racers.collect::<Vec<_>>().into_iter();
            let statuses = racers.map(|racer| racer.join().unwrap());
            statuses.collect::<Vec<_>>()
        });
        let count = |status| statuses.iter().filter(|one| **one == status).count();
        let counts = (count(StatusCode::OK), count(StatusCode::UNAUTHORIZED));
        assert_eq!(counts, (1, RACERS - 1));
    }
}

/// Strangers ask for challenges, and send messages for known and unknown users. The server keeps nothing.
#[test]
fn nothing_is_kept_for_strangers() {
    let server = server();
    for number in 0..1000 {
        let user = [USER, "rafiki"][number % 2];
        let login = ScramLogin::of(user, WRONG);
        let begun = begin(&server, &login);
        let last = login.again(&begun, FIRST, &sr(&server));
        assert_failed(&ask(&server, &last.header()), AuditOutcome::Refused);
    }
    assert_eq!(server.world.store.entry_count(), 0);
}

/// An unknown user gets the same answers as a known one with a wrong password, apart from the random parts.
#[test]
fn an_unknown_user_is_answered_as_a_known_one() {
    let server = server();
    let answer = |user: &str, count: u32, sr: &str| {
        let login = ScramLogin::of(user, WRONG);
        let last = login.again(&begin(&server, &login), count, sr);
        let answer = ask(&server, &last.header());
        let challenge = assert_failed(&answer, AuditOutcome::Refused);
        let mut headers = answer.headers.clone();
        headers.remove("www-authenticate");
        (
            headers,
            answer.body,
            challenge.as_value().len(),
            answer.settled,
        )
    };
    let sr = sr(&server);
    for (count, sr) in [(FIRST, &*sr), (1, &sr), (FIRST, "s")] {
        assert_eq!(answer(USER, count, sr), answer("rafiki", count, sr));
    }
    server.world.clock.advance(LIFETIME * 2);
    assert_eq!(answer(USER, FIRST, &sr), answer("rafiki", FIRST, &sr));
}

/// A proxy has its own fields.
#[test]
fn a_proxy_has_its_own_fields() {
    let scheme = |builder: WatchedScram| builder.reauthentication(LIFETIME);
    let mut server = TestServer::build(
        |world| vec![world.scram_in(REALM, scheme)],
        |layer| layer.proxy(),
    );
    server.role = ServerRole::Proxy;
    let begun = exchange(&server, &login());
    let last = login().again(&begun, FIRST, &sr(&server));
    let answer = ask(&server, &last.header()).is_admitted_as(USER);
    let info = answer.header("proxy-authentication-info");
    assert_eq!(info, Some(&*last.info()));
}

/// The count starts with the iterations of the account, which need not be 4,096.
#[test]
fn the_count_starts_with_the_iterations_of_the_account() {
    let (password, salt) = (Secret::new(PASSWORD), b"sixteen byte sal");
    let secret = ScramSecret::derive(ScramMechanism::Sha256, password, salt, 5000).unwrap();
    let account = ScramAccount::new(secret, Principal::new(USER));
    let accounts = ScramAccounts::from_accounts([(USER.to_owned(), account)]).unwrap();
    let scram = Scram::builder(REALM, accounts).reauthentication(LIFETIME);
    let scram = scram.build().unwrap();
    let server = TestServer::build(|_| vec![Box::new(scram)], |layer| layer);
    let begun = exchange(&server, &login());
    for (count, is_good) in [(4096, false), (4999, false), (5000, true), (5001, true)] {
        let last = login().again(&begun, count, &sr(&server));
        let answer = ask(&server, &last.header());
        assert_eq!(answer.is_from_inside(), is_good, "{count}");
    }
}

#[test]
fn a_lifetime_of_less_than_a_second_is_an_error() {
    let accounts = ScramAccounts::new([(USER, PASSWORD)]).unwrap();
    let build = |lifetime| {
        let builder = Scram::builder(REALM, accounts.clone()).reauthentication(lifetime);
        builder.build().map(drop).map_err(|why| why.to_string())
    };
    assert_eq!(build(Duration::from_secs(1)), Ok(()));
    let text = "the lifetime for reauthentication is too short: set at least 1 second";
    assert_eq!(build(Duration::from_millis(999)), Err(text.to_owned()));
}

/// The client of this crate logs in again, and begins with a new nonce when the server asks for it.
#[test]
fn the_client_of_this_crate_logs_in_again() {
    let server = server();
    let client = ScramClient::new(ScramMechanism::Sha256, USER, Secret::new(PASSWORD)).unwrap();
    let first = client.first(None).unwrap();
    let begun = server.ask(get("/").authorization(first.credentials()));
    let mut last = first.answer(&begun.headers["www-authenticate"]).unwrap();
    let admitted = |last: &tower_challenge::scheme::scram::ScramFinalMessage| {
        let answer = server.ask(get("/").authorization(last.credentials()));
        let answer = answer.is_admitted_as(USER);
        last.verify(&answer.headers["authentication-info"]).unwrap();
        assert!(last.credentials().is_sensitive());
    };
    admitted(&last);
    let offered = server.challenges().remove(0).into_value();
    for _ in 0..3 {
        last = last.reauthenticate(&offered).unwrap();
        admitted(&last);
        let replay = server.ask(get("/").authorization(last.credentials()));
        let refused = last.retry(&replay.headers["www-authenticate"]);
        assert!(refused.is_err(), "a replay is not stale");
    }
    server
        .world
        .clock
        .advance(LIFETIME + Duration::from_secs(1));
    let late = last.reauthenticate(&offered).unwrap();
    let answer = server.ask(get("/").authorization(late.credentials()));
    let retried = late.retry(&answer.headers["www-authenticate"]).unwrap();
    admitted(&retried);
    admitted(
        &retried
            .reauthenticate(&answer.headers["www-authenticate"])
            .unwrap(),
    );
}

/// The count goes on when `sr` changes (RFC 7804 section 5.1), so login 4,097 after an exchange needs another exchange.
#[test]
fn section_5_1_a_client_logs_in_4096_times_after_an_exchange() {
    let server = server();
    let client = ScramClient::new(ScramMechanism::Sha256, USER, Secret::new(PASSWORD)).unwrap();
    let ask = |credentials: &HeaderValue| server.ask(get("/").authorization(credentials));
    let log_in = || {
        let first = client.first(None).unwrap();
        let begun = ask(first.credentials()).is_continued();
        let last = first.answer(&begun.headers["www-authenticate"]).unwrap();
        ask(last.credentials()).is_admitted_as(USER);
        last
    };
    let sr = || server.challenges().remove(0).into_value();
    let (mut last, first_sr) = (log_in(), sr());
    for _ in 1..4096 {
        last = last.reauthenticate(&first_sr).unwrap();
    }
    ask(last.credentials()).is_admitted_as(USER);
    let second_sr = sr();
    last = last.reauthenticate(&second_sr).unwrap();
    ask(last.credentials()).is_admitted_as(USER);
    let beyond = last.reauthenticate(&second_sr).unwrap();
    let answer = ask(beyond.credentials());
    let challenge = assert_failed(&answer, AuditOutcome::Stale);
    assert!(beyond.retry(challenge.as_value()).is_err());
    let again = log_in().reauthenticate(&second_sr).unwrap();
    ask(again.credentials()).is_admitted_as(USER);
}

/// The client refuses a challenge from which it cannot make a message.
#[test]
fn the_client_checks_the_challenge() {
    let client = ScramClient::new(ScramMechanism::Sha256, USER, Secret::new(PASSWORD)).unwrap();
    let first = client.first_with_nonce(None, "abc".to_owned()).unwrap();
    let data = STANDARD.encode("r=abcd,s=c2FsdA==,i=4096");
    let challenge = format!("SCRAM-SHA-256 sid=\"s\", data=\"{data}\"");
    let last = first.answer(&challenge.parse().unwrap()).unwrap();
    let with = |challenge: &str| {
        let message = last.reauthenticate(&challenge.parse().unwrap());
        message.map(|message| message.credentials().to_str().unwrap().to_owned())
    };
    // The `sr` of RFC 7804 section 5.1 is bare, and has a parenthesis.
    let sent = with("SCRAM-SHA-256 realm=\"r\", sr=%hvYDpWUa2RaTCAfuxFIlj)hNlF").unwrap();
    let data = sent
        .strip_prefix("SCRAM-SHA-256 realm=\"r\", sid=\"s\", data=\"")
        .unwrap();
    let message = STANDARD.decode(data.trim_end_matches('"')).unwrap();
    let message = String::from_utf8(message).unwrap();
    assert!(message.starts_with("c=biws,r=abc4096%hvYDpWUa2RaTCAfuxFIlj)hNlF,p="));
    for bad in [
        "SCRAM-SHA-256 realm=\"r\"",
        "SCRAM-SHA-256 sr=\"1x\"",
        "SCRAM-SHA-256 sr=\"\"",
        "SCRAM-SHA-256 sr=\"a,b\"",
        "SCRAM-SHA-256 sr=\"a b\"",
        "SCRAM-SHA-1 sr=\"x\"",
        "Basic realm=\"r\"",
        "SCRAM-SHA-256 sr=x y",
    ] {
        assert!(with(bad).is_err(), "{bad}");
    }
    let stale = "SCRAM-SHA-256 sr=x, stale=true".parse().unwrap();
    assert!(last.retry(&stale).is_err(), "it is no reauthentication");
    let again = last.reauthenticate(&stale).unwrap();
    assert!(again.retry(&stale).is_ok());
    for other in ["SCRAM-SHA-256 sr=x", "SCRAM-SHA-256 sr=x, stale=false"] {
        assert!(again.retry(&other.parse().unwrap()).is_err(), "{other}");
    }
}

/// A second client of the same account has a nonce of its own, and so counts of its own.
#[test]
fn each_client_has_a_count_of_its_own() {
    let server = server();
    let sr = sr(&server);
    let proofs = (0..5).map(|number| {
        let client = login().with(|login| login.nonce += &number.to_string());
        client.again(&exchange(&server, &client), FIRST, &sr)
    });
    let proofs = proofs.collect::<Vec<ScramProof>>();
    for last in &proofs {
        ask(&server, &last.header()).is_admitted_as(USER);
    }
}
