//! O. Other schemes: Mutual.

use std::sync::Barrier;
use std::thread;

use http::{Request, StatusCode};
use tower::{Service, ServiceExt};
use tower_challenge::throttle::AttemptOutcome;

use crate::support::mutual_client::{changed, written};
use crate::support::world::WatchedMutual;
use crate::support::{
    Answer, Body, MutualLogin, MutualTurns, OTHER_PASSWORD, OTHER_USER, PASSWORD, TestServer, USER,
    WRONG, get, run,
};

fn server() -> TestServer {
    tuned(|builder| builder)
}

fn tuned(tune: impl FnOnce(WatchedMutual) -> WatchedMutual) -> TestServer {
    TestServer::build(|world| vec![world.mutual_in(tune)], |layer| layer)
}

fn ask(server: &TestServer, credentials: &str) -> Answer {
    server.ask(get("/").authorization(credentials))
}

fn begin(server: &TestServer, login: &MutualLogin) -> MutualTurns {
    let begun = login.begin();
    let answer = ask(server, &begun.header()).is_continued();
    begun.answer(&answer.challenges()[0])
}

/// Sends each of the credentials from a thread of its own, all at once. Returns how many requests the server admitted and
/// how many it refused, and how many failures the throttle counted.
fn race(server: &TestServer, credentials: &[String]) -> (usize, usize, usize) {
    let _ = server.world.tally.take_settled();
    let start = Barrier::new(credentials.len());
    let one = |credentials: &String| {
        let mut service = server.service();
        let request = get("/").authorization(credentials).into_request();
        let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
        start.wait();
        let Ok(response) = run(ready.call(request));
        response.status()
    };
    let statuses = thread::scope(|scope| {
        let racers = credentials
            .iter()
            .map(|credentials| scope.spawn(move || one(credentials)))
            .collect::<Vec<_>>();
        let statuses = racers.into_iter().map(|racer| racer.join().unwrap());
        statuses.collect::<Vec<_>>()
    });
    let settled = server.world.tally.take_settled();
    assert_eq!(settled.len(), credentials.len());
    let failures = settled
        .iter()
        .filter(|one| **one == AttemptOutcome::Failure);
    let count = |status| statuses.iter().filter(|one| **one == status).count();
    let [admitted, refused] = [StatusCode::OK, StatusCode::UNAUTHORIZED].map(count);
    (admitted, refused, failures.count())
}

/// A proof that a client without the password sends.
fn guess(turns: &MutualTurns, digit: &str) -> String {
    written(&changed(turns.params(1), "vkc", Some(&digit.repeat(64))))
}

/// 32 threads send one count of one session at once. The server admits one of the requests.
/// `tests/clients/client_mutual.py` sends them over 32 connections.
#[test]
fn a151_one_of_many_requests_with_one_count_of_mutual_is_admitted() {
    let server = server();
    for nc in [1, 2, 3, 700] {
        let turns = begin(&server, &MutualLogin::of(USER, PASSWORD));
        let same = vec![turns.header(nc); 32];
        assert_eq!(race(&server, &same), (1, 31, 0));
    }
    assert_eq!(server.world.store.entry_count(), 4);
}

/// An attacker sends 16 different guesses of one exchange at once. The server compares the first one and ends the exchange,
/// so the throttle counts one failure. A second race and the right proof come too late.
#[test]
fn a151_many_guesses_of_one_exchange_of_mutual_are_one_guess() {
    let server = server();
    for _ in 0..8 {
        let turns = begin(&server, &MutualLogin::of(USER, PASSWORD));
        let guesses = (0..16).map(|digit| guess(&turns, &format!("{digit:x}")));
        let guesses = guesses.collect::<Vec<_>>();
        assert_eq!(race(&server, &guesses), (0, 16, 1));
        assert_eq!(race(&server, &guesses), (0, 16, 0));
        ask(&server, &turns.header(1)).is_refused_uncounted();
    }
}

/// A right proof and 15 guesses of one exchange race. If a guess is first, it ends the exchange: the throttle counts one
/// failure, and the right proof is too late. If the right proof is first, all guesses count, as for any other client that
/// knows the sid.
#[test]
fn a151_a_right_proof_and_guesses_of_one_exchange_of_mutual_race() {
    let server = server();
    for right in (0..16).cycle().take(64) {
        let turns = begin(&server, &MutualLogin::of(USER, PASSWORD));
        let proofs = (0..16).map(|at| match at == right {
            true => turns.header(1),
            false => guess(&turns, &format!("{at:x}")),
        });
        let result = race(&server, &proofs.collect::<Vec<_>>());
        assert!([(0, 16, 1), (1, 15, 15)].contains(&result), "{result:?}");
        let (admitted, ..) = race(&server, &[turns.header(2)]);
        assert_eq!(admitted, result.0, "an exchange that a guess has ended");
    }
}

/// Eight times the same right proof and eight guesses of one exchange race. The server admits one request at most, because a
/// second right proof with the same count ends the session.
#[test]
fn a151_right_proofs_and_guesses_of_one_exchange_of_mutual_race() {
    let server = server();
    for _ in 0..32 {
        let turns = begin(&server, &MutualLogin::of(USER, PASSWORD));
        let proofs = (0..16).map(|at| match at % 2 {
            0 => turns.header(1),
            _ => guess(&turns, &format!("{at:x}")),
        });
        let result = race(&server, &proofs.collect::<Vec<_>>());
        assert!(matches!(result, (0, 16, 1) | (1, 15, 0..=8)), "{result:?}");
        let late = [turns.header(2), guess(&turns, "a")];
        assert_eq!(race(&server, &late), (0, 2, 0));
    }
}

/// The parameters of the challenges in an answer, with the lengths of their values.
fn shape(answer: &Answer) -> Vec<(String, usize)> {
    let challenges = answer.challenges();
    let params = challenges.iter().flat_map(|challenge| challenge.params());
    let lengths = params.map(|param| (param.name().to_owned(), param.value().raw().len()));
    lengths.collect()
}

/// The server answers for an unknown user as for a known one: the same parameters, the same lengths, a key that differs each
/// time. `tests_of_work.rs` of the scheme counts that both cost the same.
#[test]
fn a152_an_unknown_user_of_mutual_looks_like_a_known_one() {
    let server = server();
    let mut keys = std::collections::HashSet::new();
    let mut play = |user: &str| {
        let begun = MutualLogin::of(user, WRONG).begin();
        let first = ask(&server, &begun.header()).is_continued();
        let challenge = first.challenges().remove(0);
        let key = challenge.param("ks1").unwrap().to_bytes().into_owned();
        assert!(keys.insert(key), "a key occurs once");
        let turns = begun.answer(&challenge);
        let second = ask(&server, &turns.header(1)).is_refused();
        let third = ask(&server, &turns.header(1)).is_refused_uncounted();
        [first, second, third].map(|answer| (answer.status, shape(&answer)))
    };
    let known = play(USER);
    for unknown in ["rafiki", "pumbaa", "sarabi"] {
        assert_eq!(play(unknown), known, "{unknown}");
    }
    // No password is right for an unknown user, and none that another user has.
    for password in [PASSWORD, OTHER_PASSWORD, WRONG] {
        let turns = begin(&server, &MutualLogin::of("rafiki", password));
        ask(&server, &turns.header(1)).is_refused();
    }
}

/// Keys that would reveal a secret, or make `z` known to the attacker: the server refuses them before it looks an account up.
#[test]
fn a152_a_key_of_mutual_outside_of_the_group_is_refused() {
    let server = server();
    let begun = MutualLogin::of(USER, PASSWORD).begin();
    // Zero and one, which have the x of a point; the prime of the curve; a number of which x is above the prime.
    for bad in [
        "00".repeat(33),
        format!("{}01", "00".repeat(32)),
        "01fffffffe00000002000000000000000000000001fffffffffffffffffffffffe".to_owned(),
        "ff".repeat(33),
    ] {
        let credentials = written(&changed(begun.params(), "kc1", Some(&bad)));
        let answer = ask(&server, &credentials).is_refused_uncounted();
        assert_eq!(answer.verified, [""; 0], "{bad}");
    }
}

/// A client with an account of its own uses its sid, or the sid of another, with the proof of the other one.
#[test]
fn a152_a_mutual_sid_of_another_user_is_refused() {
    let server = server();
    let own = begin(&server, &MutualLogin::of(OTHER_USER, OTHER_PASSWORD));
    let foreign = begin(&server, &MutualLogin::of(USER, WRONG));
    let with_sid = written(&changed(own.params(1), "sid", Some(&foreign.sid)));
    let answer = ask(&server, &with_sid).is_refused();
    assert_eq!(
        answer.reserved,
        [Some(USER.to_owned())],
        "a guess at the user of the sid"
    );
    ask(&server, &own.header(1)).is_admitted_as(OTHER_USER);
    // Each part of a sid belongs to the others: a mixed one is not from this server. The first 14 digits are the key and the
    // time, which both have in common.
    for at in [20, 40, 78, 94, 130, 300] {
        let mixed = format!("{}{}", &own.sid[..at], &foreign.sid[at..]);
        let mixed = written(&changed(own.params(2), "sid", Some(&mixed)));
        let answer = ask(&server, &mixed).is_refused_uncounted();
        assert_eq!(answer.reserved, [None], "{at}");
    }
    ask(&server, &own.header(2)).is_admitted_as(OTHER_USER);
}

/// An attacker offers another algorithm, version or validation, or leaves the auth-scope out.
#[test]
fn a152_mutual_is_not_downgraded() {
    let server = server();
    let login = MutualLogin::of(USER, PASSWORD);
    let (begun, turns) = (login.begin(), begin(&server, &login));
    for (name, value) in [
        ("version", Some("0")),
        ("algorithm", Some("iso-kam3-dl-2048-sha256")),
        ("algorithm", Some("none")),
        ("validation", Some("tls-unique")),
        ("auth-scope", None),
        ("auth-scope", Some("\"\"")),
        ("auth-scope", Some("\"*.org\"")),
        ("realm", Some("\"\"")),
    ] {
        for params in [begun.params(), turns.params(1)] {
            let answer = ask(&server, &written(&changed(params, name, value)));
            assert_eq!(answer.is_refused_uncounted().verified, [""; 0], "{name}");
        }
    }
    ask(&server, &turns.header(1)).is_admitted_as(USER);
}

/// Strangers fill the table of marks with wrong passwords. A guess that was made is not made possible again, and other
/// clients go on with new sessions.
#[test]
fn a152_a_flood_of_wrong_proofs_gives_no_guess_back_and_stops_no_client() {
    let server = tuned(|builder| builder.session_marks(4));
    let guessed = begin(&server, &MutualLogin::of(USER, PASSWORD));
    let zeros = "0".repeat(64);
    ask(
        &server,
        &written(&changed(guessed.params(1), "vkc", Some(&zeros))),
    )
    .is_refused();
    let proved = begin(&server, &MutualLogin::of(OTHER_USER, OTHER_PASSWORD));
    ask(&server, &proved.header(1)).is_admitted_as(OTHER_USER);
    for _ in 0..12 {
        server
            .world
            .clock
            .advance(std::time::Duration::from_millis(10));
        let stranger = begin(&server, &MutualLogin::of("stranger", WRONG));
        ask(&server, &stranger.header(1)).is_refused();
    }
    ask(&server, &guessed.header(1)).is_refused_uncounted();
    ask(&server, &proved.header(2)).is_refused_uncounted();
    server
        .world
        .clock
        .advance(std::time::Duration::from_millis(10));
    let again = begin(&server, &MutualLogin::of(OTHER_USER, OTHER_PASSWORD));
    ask(&server, &again.header(1)).is_admitted_as(OTHER_USER);
}
