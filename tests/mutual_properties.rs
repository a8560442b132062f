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
    HostValidation, MutualAccount, MutualAccounts, MutualAlgorithm, MutualClient,
    MutualKeyExchange, MutualSecret, NonceKeys,
};
use tower_challenge::scheme::{Admission, Attempt, Mutual, Scheme, ServerRole, Verdict};
use tower_challenge::{Principal, RequestHead, Secret};

use self::support::mutual_client::{
    MutualBegin, MutualParam, changed, password_key, quoted, written,
};
use self::support::{MutualLogin, MutualTurns};

/// Names and passwords of most runs. There are few, because to hash a password takes longer than the rest of a run.
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

/// A server with one account. It takes the secret from the hash of the client, which has the same one, so that a run hashes a
/// password once.
fn server_of(login: &MutualLogin) -> Server {
    let j = login.number(password_key(login).verifier().as_bytes());
    let (realm, scope) = (login.space.realm(), login.space.auth_scope());
    let line = format!("x:{realm}:{}:{j}:{scope}", login.space.algorithm());
    let (_, secret) = MutualSecret::parse_line(&line).unwrap();
    let account = MutualAccount::new(secret, Principal::new(&login.user));
    let accounts = MutualAccounts::from_accounts([(login.user.clone(), account)]).unwrap();
    let server = Mutual::builder(&login.space, login.host.clone(), accounts);
    server.compute_inline().build().unwrap()
}

/// The client of the tests, with a random name and a random password.
#[test]
fn client_and_server_agree_about_random_accounts() {
    let account = ("[ -~]{1,40}", "\\PC{1,20}", "\\PC{1,20}");
    run(
        40,
        (account, 1..=1024_u64),
        |((user, password, other), nc)| {
            let login = MutualLogin::of(&user, &password);
            let server = server_of(&login);
            let is_right = |login: &MutualLogin, sent: u64, shown: u64| {
                let begun = login.begin();
                let verdict = send(&server, begun.header().as_bytes());
                let Some(Verdict::Continue(challenge)) = verdict else {
                    panic!("{user} {verdict:?}")
                };
                let turns = begun.answer(&challenge);
                let proof = turns.secret.client_proof(sent, turns.login.host.value());
                let proof = turns.login.number(proof.as_bytes());
                let proof = changed(turns.params(shown), "vkc", Some(&proof));
                let info = info(send(&server, written(&proof).as_bytes()));
                info.is_some_and(|info| info == turns.info(shown))
            };
            assert!(is_right(&login, nc, nc), "{user} {password}");
            assert!(!is_right(&login, nc, nc % 1024 + 1), "another count");
            let wrong = MutualLogin::of(&user, &other);
            assert_eq!(is_right(&wrong, nc, nc), other == password);
        },
    );
}

/// The client of the crate and the server agree.
#[test]
fn the_client_of_the_crate_agrees() {
    run(20, ("\\PC{1,40}", "\\PC{1,20}"), |(user, password)| {
        let login = MutualLogin::of(&user, &password);
        let server = server_of(&login);
        let client = MutualClient::new(&user, Secret::new(&password)).unwrap();
        let exchange = client.begin_in(&login.host, &login.space).unwrap();
        let verdict = send(&server, exchange.credentials().as_bytes());
        let Some(Verdict::Continue(challenge)) = verdict else {
            panic!("{user} {verdict:?}")
        };
        let mut session = exchange.answer(challenge.as_value()).unwrap();
        for _ in 0..3 {
            let proof = session.next().unwrap();
            let verdict = send(&server, proof.credentials().as_bytes());
            proof.verify(&info(verdict).unwrap()).unwrap();
        }
    });
}

/// Flips any one bit.
fn flipped(text: &str, place: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let at = place % bytes.len();
    bytes[at] ^= 1 << (place / bytes.len() % 8);
    bytes
}

/// Whether two messages say the same: the parser finds the same parameters that Mutual reads. Tokens and hexadecimal digits
/// have no case, and the names of a user and of a protection space have.
fn says_the_same(one: &[u8], other: &[u8]) -> bool {
    let read = |text: &[u8]| {
        let challenge = Challenge::parse(text).ok()?;
        let value = |name| challenge.param(name).map(|value| value.to_bytes().to_vec());
        let without_case = |name| value(name).map(|value: Vec<u8>| value.to_ascii_lowercase());
        Some((
            challenge.scheme().as_str().to_ascii_lowercase(),
            ["auth-scope", "realm", "user", "user*"].map(value),
            [
                "version",
                "algorithm",
                "validation",
                "kc1",
                "sid",
                "nc",
                "vkc",
                "ks1",
                "vks",
            ]
            .map(without_case),
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

/// The parameters of the server's answer, `401-KEX-S1`.
const ANSWER: [&str; 10] = [
    "version",
    "algorithm",
    "validation",
    "auth-scope",
    "realm",
    "sid",
    "ks1",
    "nc-max",
    "nc-window",
    "time",
];

/// An exchange of the client of the crate, and the answer of the server as text.
fn answered(account: usize) -> (MutualKeyExchange, String) {
    let (login, (user, password)) = (login(account), ACCOUNTS[account]);
    let client = MutualClient::new(user, Secret::new(password)).unwrap();
    let exchange = client.begin_in(&login.host, &login.space).unwrap();
    let verdict = send(&SERVERS[0], exchange.credentials().as_bytes());
    let Some(Verdict::Continue(challenge)) = verdict else {
        panic!("{verdict:?}")
    };
    let answer = challenge.as_value().to_str().unwrap().to_owned();
    (exchange, answer)
}

/// How an exchange ends after the client gets an answer.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The client refuses the answer.
    Refused,
    /// The client takes the answer, and the server refuses its proof.
    NoLogin,
    /// The server admits the client.
    Login,
}

fn end(exchange: MutualKeyExchange, answer: &[u8]) -> End {
    let session = HeaderValue::from_bytes(answer).map(|answer| exchange.answer(&answer));
    let Ok(Ok(mut session)) = session else {
        return End::Refused;
    };
    match session.next() {
        Ok(proof) if is_admitted(&SERVERS[0], proof.credentials()) => End::Login,
        _ => End::NoLogin,
    }
}

/// A parameter with its name and its quotes, as it stands in a message.
fn param<'m>(message: &'m str, name: &str) -> &'m str {
    let begin = message.find(&format!(" {name}=")).unwrap() + 1;
    let rest = &message[begin..];
    rest.split_once(", ").map_or(rest, |(param, _)| param)
}

/// An attacker flips a bit of a parameter of the answer. The client refuses the answer, or no proof passes. The limits of the
/// session are not in the proofs (RFC 8120 section 11), so the client cannot notice others.
#[test]
fn an_answer_of_which_any_bit_is_changed_leads_to_no_login() {
    let place = (0..ANSWER.len(), any::<usize>());
    run(
        200,
        (0..ACCOUNTS.len(), place),
        |(account, (name, place))| {
            let (exchange, good) = answered(account);
            let own = param(&good, ANSWER[name]);
            let (before, after) = good.split_once(own).unwrap();
            let changed = flipped(own, place);
            let changed = [before.as_bytes(), &changed, after.as_bytes()].concat();
            if !says_the_same(&changed, good.as_bytes()) {
                let text = String::from_utf8_lossy(&changed).into_owned();
                assert_ne!(end(exchange, &changed), End::Login, "{text}");
            }
        },
    );
}

/// An attacker removes, empties or repeats a parameter of the answer.
#[test]
fn an_answer_without_a_parameter_or_with_one_twice_is_refused() {
    for name in ANSWER {
        for change in ["x=1", "NAME=\"\"", "OWN, OWN"] {
            let (exchange, good) = answered(0);
            let own = param(&good, name);
            let new = change.replace("NAME", name).replace("OWN", own);
            let changed = good.replacen(own, &new, 1);
            assert_eq!(end(exchange, changed.as_bytes()), End::Refused, "{new}");
        }
    }
    let (exchange, good) = answered(0);
    assert_eq!(end(exchange, good.as_bytes()), End::Login);
}

/// An attacker replaces a parameter of the answer by another value that a server could send.
#[test]
fn an_answer_with_another_value_leads_to_no_login() {
    let (_, other) = answered(1);
    let own_key = |exchange: &MutualKeyExchange| {
        let credentials = exchange.credentials().to_str().unwrap();
        param(credentials, "kc1").replacen("kc1", "ks1", 1)
    };
    let zeros = format!("ks1={}", "0".repeat(66));
    for (name, value, expected) in [
        ("version", "version=2", End::Refused),
        (
            "algorithm",
            "algorithm=iso-kam3-ec-p521-sha512",
            End::Refused,
        ),
        (
            "algorithm",
            "algorithm=iso-kam3-dl-2048-sha256",
            End::Refused,
        ),
        (
            "validation",
            "validation=tls-server-end-point",
            End::Refused,
        ),
        ("auth-scope", "auth-scope=\"example.org\"", End::Refused),
        (
            "auth-scope",
            "auth-scope=\"https://example.com\"",
            End::Refused,
        ),
        ("realm", "realm=\"another\"", End::Refused),
        ("ks1", &*zeros, End::Refused),
        ("ks1", param(&other, "ks1"), End::NoLogin),
        ("ks1", "the key of the client", End::NoLogin),
        ("sid", param(&other, "sid"), End::NoLogin),
        ("sid", "sid=00", End::NoLogin),
    ] {
        let (exchange, good) = answered(0);
        let value = match value {
            "the key of the client" => own_key(&exchange),
            _ => value.to_owned(),
        };
        let changed = good.replacen(param(&good, name), &value, 1);
        assert_eq!(end(exchange, changed.as_bytes()), expected, "{value}");
    }
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

fn agrees(algorithm: MutualAlgorithm, user: &str, password: &str) {
    let login = MutualLogin::with(algorithm, user, password);
    let accounts = MutualAccounts::new(&login.space, [(user, password)]).unwrap();
    let server = Mutual::builder(&login.space, login.host.clone(), accounts);
    let server = server.compute_inline().build().unwrap();
    let begun = login.begin();
    let verdict = send(&server, begun.header().as_bytes());
    let Some(Verdict::Continue(challenge)) = verdict else {
        panic!("{user} {verdict:?}")
    };
    let turns = begun.answer(&challenge);
    let verdict = send(&server, turns.header(1).as_bytes());
    assert_eq!(info(verdict).unwrap(), turns.info(1), "{}", quoted(user));
}

/// Every algorithm, with a random user and password. The group of 4,096 bits has one run, because it takes the longest.
#[test]
fn every_algorithm_agrees_about_random_accounts() {
    for algorithm in MutualAlgorithm::ALL {
        let cases = match algorithm {
            MutualAlgorithm::Dl4096 => 1,
            _ => 3,
        };
        let account = ("[ -~]{1,20}", "[ -~é€]{1,20}");
        run(cases, account, |(user, password)| {
            agrees(algorithm, &user, &password);
        });
    }
}
