//! Tests Mutual with random inputs: the client and the server agree, and no changed message passes.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::sync::LazyLock;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, TestRunner};
use tower_challenge::header::Challenge;
use tower_challenge::scheme::mutual::{
    HostValidation, MutualAccounts, MutualAlgorithm, MutualClient, NonceKeys,
};
use tower_challenge::scheme::{Admission, Attempt, Mutual, Scheme, ServerRole, Verdict};
use tower_challenge::{Principal, RequestHead, Secret};

use self::support::mutual_client::{MutualBegin, MutualParam, changed, quoted, written};
use self::support::{MutualLogin, MutualTurns};

/// Names and passwords. There are few, because to hash a password takes longer than the rest of a run.
const ACCOUNTS: [(&str, &str); 4] = [
    ("ada", "lovelace"),
    ("a\"b\\c", "\u{e9}t\u{e9}"),
    ("Ada Lovelace", " "),
    ("~", "correct horse battery staple"),
];

type Server = Mutual<MutualAccounts>;

fn login(account: usize) -> MutualLogin {
    let (user, password) = ACCOUNTS[account];
    MutualLogin::of(user, password)
}

/// Servers under the same keys: that of the tests, and one for another host.
static SERVERS: LazyLock<[Server; 2]> = LazyLock::new(|| {
    let login = login(0);
    let accounts = MutualAccounts::new(&login.space, ACCOUNTS).unwrap();
    let keys = NonceKeys::new([3; 32]).unwrap();
    let certificate = HostValidation::certificate_hash("https://example.org", &[7; 32]).unwrap();
    [login.host.clone(), certificate].map(|host| {
        let builder = Mutual::builder(&login.space, host, accounts.clone());
        builder.nonce_keys(keys.clone()).build().unwrap()
    })
});

fn send(server: &Server, credentials: &[u8]) -> Option<Verdict<Principal>> {
    let credentials = HeaderValue::from_bytes(credentials).ok()?;
    let request = Request::get("/").header(AUTHORIZATION, credentials);
    let request = request.body(()).unwrap();
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let verdict = server.authenticate(&attempt)?;
    verdict.try_now().unwrap().ok()
}

fn is_admitted(server: &Server, credentials: impl AsRef<[u8]>) -> bool {
    matches!(send(server, credentials.as_ref()), Some(Verdict::Admit(_)))
}

fn challenge(begun: &MutualBegin) -> Challenge {
    match send(&SERVERS[0], begun.header().as_bytes()) {
        Some(Verdict::Continue(challenge)) => challenge,
        other => panic!("{}: {other:?}", begun.login.user),
    }
}

fn begin(login: &MutualLogin) -> MutualTurns {
    let begun = login.begin();
    begun.answer(&challenge(&begun))
}

fn info(verdict: Option<Verdict<Principal>>) -> Option<HeaderValue> {
    let Some(Verdict::Admit(admission)) = verdict else {
        return None;
    };
    let (_, reply) = Admission::into_parts(admission);
    let mut fields = HeaderMap::new();
    reply.apply(ServerRole::Origin, StatusCode::OK, &mut fields);
    fields.remove("authentication-info")
}

fn run<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value)) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let all = runner.run(&strategy, |value| {
        test(value);
        Ok(())
    });
    all.unwrap();
    println!("{cases} runs");
}

#[test]
fn client_and_server_agree() {
    run(150, (0..ACCOUNTS.len(), 1..=1024_u64), |(account, nc)| {
        let turns = begin(&login(account));
        let verdict = send(&SERVERS[0], turns.header(nc).as_bytes());
        assert_eq!(info(verdict).unwrap(), turns.info(nc));
        assert!(!is_admitted(&SERVERS[0], turns.header(nc)), "a replay");
    });
}

/// The client of the crate and the server agree.
#[test]
fn the_client_of_the_crate_agrees() {
    run(40, 0..ACCOUNTS.len(), |account| {
        let (login, (user, password)) = (login(account), ACCOUNTS[account]);
        let client = MutualClient::new(user, Secret::new(password)).unwrap();
        let exchange = client.begin_in(&login.host, &login.space).unwrap();
        let verdict = send(&SERVERS[0], exchange.credentials().as_bytes());
        let Some(Verdict::Continue(challenge)) = verdict else {
            panic!("{verdict:?}")
        };
        let mut session = exchange.answer(challenge.as_value()).unwrap();
        for _ in 0..3 {
            let proof = session.next().unwrap();
            let verdict = send(&SERVERS[0], proof.credentials().as_bytes());
            proof.verify(&info(verdict).unwrap()).unwrap();
        }
    });
}

/// Flips one bit, but no bit of the case of an ASCII letter: names, tokens and hexadecimal digits have no case.
fn flipped(text: &str, place: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let at = place % bytes.len();
    let bit = (place / bytes.len()) % 7;
    bytes[at] ^= if bit == 5 { 1 } else { 1 << bit };
    bytes
}

/// Whether two messages say the same: the parser finds the same parameters that Mutual reads.
fn says_the_same(one: &[u8], other: &[u8]) -> bool {
    let read = |text: &[u8]| {
        let challenge = Challenge::parse(text).ok()?;
        let names = [
            "version",
            "algorithm",
            "validation",
            "auth-scope",
            "realm",
            "user",
            "user*",
            "kc1",
            "sid",
            "nc",
            "vkc",
            "ks1",
            "vks",
        ];
        let value = |name| {
            challenge
                .param(name)
                .map(|value| value.to_bytes().to_ascii_lowercase())
        };
        Some((
            challenge.scheme().as_str().to_ascii_lowercase(),
            names.map(value),
        ))
    };
    read(one).is_some() && read(one) == read(other)
}

#[test]
fn a_proof_of_which_any_bit_is_changed_is_refused() {
    run(
        1500,
        (0..ACCOUNTS.len(), any::<usize>()),
        |(account, place)| {
            let turns = begin(&login(account));
            let header = turns.header(1);
            let changed = flipped(&header, place);
            if !says_the_same(&changed, header.as_bytes()) {
                let text = String::from_utf8_lossy(&changed).into_owned();
                assert!(!is_admitted(&SERVERS[0], changed), "{text}");
            }
        },
    );
}

/// A first message that an attacker changes on its way: the client and the server then disagree about the key, the user
/// or the space, so no proof of the client passes.
#[test]
fn a_first_message_of_which_any_bit_is_changed_leads_to_no_login() {
    run(
        1500,
        (0..ACCOUNTS.len(), any::<usize>()),
        |(account, place)| {
            let begun = login(account).begin();
            let header = begun.header();
            let changed = flipped(&header, place);
            if says_the_same(&changed, header.as_bytes()) {
                return;
            }
            if let Some(Verdict::Continue(challenge)) = send(&SERVERS[0], &changed) {
                let turns = begun.answer(&challenge);
                assert!(!is_admitted(&SERVERS[0], turns.header(1)));
            }
        },
    );
}

/// The parameters of a message that a party could change, by their place.
fn other(
    params: Vec<MutualParam>,
    place: usize,
    from: &[MutualParam],
) -> Option<(String, Vec<MutualParam>)> {
    let (name, value) = &from[place % from.len()];
    let same = params
        .iter()
        .any(|(known, own)| known == name && own == value);
    (!same).then(|| (String::from(*name), changed(params, name, Some(value))))
}

/// A parameter of another session, of the same or of another user, in a proof.
#[test]
fn a_parameter_of_another_session_is_refused() {
    let accounts = (0..ACCOUNTS.len(), 0..ACCOUNTS.len());
    run(
        300,
        (accounts, 1..=4_u64, any::<usize>()),
        |((own, foreign), nc, place)| {
            let (own, foreign) = (begin(&login(own)), begin(&login(foreign)));
            let from = foreign.params(nc);
            if let Some((name, params)) = other(own.params(1), place, &from) {
                assert!(!is_admitted(&SERVERS[0], written(&params)), "{name}");
            }
        },
    );
}

/// An attacker changes the answer of the server: its key or its sid. The client computes another secret, or gets another
/// session, and no proof passes.
#[test]
fn a_changed_answer_of_the_server_leads_to_no_login() {
    run(
        300,
        (0..ACCOUNTS.len(), any::<bool>()),
        |(account, is_key)| {
            let login = login(account);
            let (one, two) = (login.begin(), login.begin());
            let (first, second) = (challenge(&one), challenge(&two));
            let text = |challenge: &Challenge, name: &str| {
                challenge
                    .param(name)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .into_owned()
            };
            let name = if is_key { "ks1" } else { "sid" };
            let mixed = first.as_value().to_str().unwrap();
            let mixed = mixed.replacen(&text(&first, name), &text(&second, name), 1);
            let turns = one.answer(&Challenge::parse(mixed.as_bytes()).unwrap());
            assert!(!is_admitted(&SERVERS[0], turns.header(1)));
        },
    );
}

/// A changed `Authentication-Info` is refused by the client.
#[test]
fn a_changed_proof_of_the_server_is_refused() {
    let login = login(0);
    let client = MutualClient::new(ACCOUNTS[0].0, Secret::new(ACCOUNTS[0].1)).unwrap();
    let exchange = client.begin_in(&login.host, &login.space).unwrap();
    let verdict = send(&SERVERS[0], exchange.credentials().as_bytes());
    let Some(Verdict::Continue(challenge)) = verdict else {
        panic!("{verdict:?}")
    };
    let proof = exchange
        .answer(challenge.as_value())
        .unwrap()
        .next()
        .unwrap();
    let info = info(send(&SERVERS[0], proof.credentials().as_bytes())).unwrap();
    let good = info.to_str().unwrap().to_owned();
    proof.verify(&info).unwrap();
    run(20_000, any::<usize>(), |place| {
        let changed = flipped(&good, place);
        let as_challenge = |text: &[u8]| [b"Mutual ", text].concat();
        if says_the_same(&as_challenge(&changed), &as_challenge(good.as_bytes())) {
            return;
        }
        if let Ok(changed) = HeaderValue::from_bytes(&changed) {
            assert!(proof.verify(&changed).is_err(), "{changed:?}");
        }
    });
}

/// Servers under the same keys for other hosts know no session of each other.
#[test]
fn a_session_is_for_one_host() {
    let turns = begin(&login(0));
    assert!(!is_admitted(&SERVERS[1], turns.header(1)));
    let elsewhere = changed(turns.params(1), "validation", Some("tls-server-end-point"));
    assert!(!is_admitted(&SERVERS[1], written(&elsewhere)));
    assert!(is_admitted(&SERVERS[0], turns.header(1)));
}

/// Every algorithm, with a random user and password.
#[test]
fn every_algorithm_agrees_about_random_accounts() {
    run(
        3,
        ("[ -~]{1,20}", "[ -~é€]{1,20}"),
        |(user, password)| {
            for algorithm in [
                MutualAlgorithm::P256,
                MutualAlgorithm::P521,
                MutualAlgorithm::Dl2048,
            ] {
                let login = MutualLogin::with(algorithm, &user, &password);
                let accounts = MutualAccounts::new(&login.space, [(&*user, &*password)]).unwrap();
                let server = Mutual::builder(&login.space, login.host.clone(), accounts);
                let server = server.compute_inline().build().unwrap();
                let begun = login.begin();
                let verdict = send(&server, begun.header().as_bytes());
                let Some(Verdict::Continue(challenge)) = verdict else {
                    panic!("{user} {verdict:?}")
                };
                let turns = begun.answer(&challenge);
                let verdict = send(&server, turns.header(1).as_bytes());
                assert_eq!(info(verdict).unwrap(), turns.info(1), "{}", quoted(&user));
            }
        },
    );
}
