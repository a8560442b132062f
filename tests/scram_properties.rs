//! Tests SCRAM with random inputs: the client and the server agree, and no changed message passes.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use proptest::prelude::{Strategy, any, prop};
use proptest::test_runner::{Config, TestRunner};
use tower_challenge::header::Challenge;
use tower_challenge::scheme::scram::{NonceKeys, ScramAccounts, ScramClient, ScramMechanism};
use tower_challenge::scheme::{Admission, Attempt, Scheme, Scram, ServerRole, Verdict};
use tower_challenge::store::MAX_COUNT;
use tower_challenge::{Principal, RequestHead, Secret};

use self::support::scram_client::text;
use self::support::{ScramLogin, ScramProof};

/// Names and passwords. There are few, because to hash a password takes longer than the rest of a run.
const ACCOUNTS: [(&str, &str); 6] = [
    ("ada", "lovelace"),
    ("a,b=c", "=2C,p=x"),
    ("=2C", "n=x,r=y"),
    ("Ada Lovelace", " "),
    ("ada,r=x", "correct horse battery staple"),
    ("~", "~!\"\\"),
];

type Server = Scram<ScramAccounts>;

/// Servers under the same keys: that of the tests, one of another realm, and one of another mechanism.
static SERVERS: LazyLock<[Server; 3]> = LazyLock::new(|| {
    let accounts = ScramAccounts::new(ACCOUNTS).unwrap();
    let keys = NonceKeys::new([3; 32]).unwrap();
    let builder = |realm: &str| {
        let builder = Scram::builder(realm, accounts.clone());
        let builder = builder.fake_salt_key([9; 32]).nonce_keys(keys.clone());
        builder.reauthentication(Duration::from_secs(600))
    };
    [builder("r"), builder("other"), builder("r").legacy_sha1()]
        .map(|builder| builder.build().unwrap())
});

fn send(server: &Server, credentials: &[u8]) -> Option<Verdict<Principal>> {
    let credentials = HeaderValue::from_bytes(credentials).ok()?;
    let request = Request::get("/").header(AUTHORIZATION, credentials);
    let request = request.body(()).unwrap();
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let verdict = server.authenticate(&attempt)?;
    verdict.try_now().unwrap().ok()
}

fn begin(login: &ScramLogin) -> ScramProof {
    login.answer(&challenge(login))
}

/// Begins an exchange, and returns the challenge in between.
fn challenge(login: &ScramLogin) -> Challenge {
    match send(&SERVERS[0], login.header().as_bytes()) {
        Some(Verdict::Continue(challenge)) => challenge,
        other => panic!("{login:?}: {other:?}"),
    }
}

/// A reauthentication with a new nonce of the server. The count starts with the iterations.
fn again(login: &ScramLogin, uses: u32) -> ScramProof {
    login.again(&challenge(login), 4096 + uses % MAX_COUNT, &sr())
}

/// A nonce of the server for a reauthentication.
fn sr() -> String {
    let request = Request::get("/").body(()).unwrap();
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let mut challenges = Vec::new();
    SERVERS[0].challenge(&attempt, None, &mut challenges);
    text(&challenges[0], "sr")
}

fn is_admitted(server: &Server, credentials: impl AsRef<[u8]>) -> bool {
    matches!(send(server, credentials.as_ref()), Some(Verdict::Admit(_)))
}

/// A login of one of the accounts, with a random nonce and random extensions.
fn logins() -> impl Strategy<Value = ScramLogin> {
    let nonce = "[!-+\\--~]{1,40}";
    let extensions = prop::collection::vec("[a-ln-z]=[ -+\\--~é€]{1,5}", 0..3);
    (0..ACCOUNTS.len(), nonce, extensions, any::<bool>()).prop_map(
        |(account, nonce, extensions, has_realm)| {
            let (user, password) = ACCOUNTS[account];
            ScramLogin::of(user, password).with(|login| {
                login.nonce = nonce;
                login.extensions = extensions.iter().map(|one| format!(",{one}")).collect();
                login.realm = has_realm.then(|| "r".to_owned());
            })
        },
    )
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
    run(30_000, logins(), |login| {
        let last = begin(&login);
        let verdict = send(&SERVERS[0], last.header().as_bytes());
        let Some(Verdict::Admit(admission)) = verdict else {
            panic!("{login:?} is refused")
        };
        assert_eq!(admission.identity().name(), login.user);
        let fields = fields_of(admission);
        assert_eq!(fields["authentication-info"], last.info());
        assert!(!is_admitted(&SERVERS[0], last.header()), "a replay");
    });
}

#[test]
fn a_reauthentication_is_admitted_once() {
    run(10_000, (logins(), any::<u32>()), |(login, uses)| {
        let last = again(&login, uses);
        let Some(Verdict::Admit(admission)) = send(&SERVERS[0], last.header().as_bytes()) else {
            panic!("{login:?} is refused")
        };
        assert_eq!(admission.identity().name(), login.user);
        assert_eq!(fields_of(admission)["authentication-info"], last.info());
        assert!(!is_admitted(&SERVERS[0], last.header()), "a replay");
    });
}

/// A change to the last credentials, with which the server must refuse them.
#[derive(Clone, Copy, Debug)]
enum Change {
    Password,
    Proof(usize),
    Sid(usize),
    Nonce(usize),
    Message(usize),
    Field(usize),
    Extension,
    GsHeader,
    Realm,
    Mechanism,
    SidOfOther,
    /// The message is sent, and then again with another sid for the same first message.
    SidOfSameMessage,
    NonceOfOther,
    ProofOfOther,
}

fn changes() -> impl Strategy<Value = Change> {
    let place = any::<usize>();
    (0..14_u8, place).prop_map(|(kind, place)| match kind {
        0 => Change::Password,
        1 => Change::Proof(place),
        2 => Change::Sid(place),
        3 => Change::Nonce(place),
        4 => Change::Message(place),
        5 => Change::Field(place),
        6 => Change::Extension,
        7 => Change::GsHeader,
        8 => Change::Realm,
        9 => Change::Mechanism,
        10 => Change::SidOfOther,
        11 => Change::SidOfSameMessage,
        12 => Change::NonceOfOther,
        _ => Change::ProofOfOther,
    })
}

/// Flips one bit, but no bit of the case of an ASCII letter: the names of parameters and of the scheme have no case.
fn flipped(bytes: &[u8], place: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = place % bytes.len();
    let bit = (place / bytes.len()) % 8;
    bytes[at] ^= if bit == 5 { 1 } else { 1 << bit };
    bytes
}

fn flipped_text(text: &str, place: usize) -> String {
    String::from_utf8_lossy(&flipped(text.as_bytes(), place)).into_owned()
}

/// Whether the server admits the changed credentials. `begin` makes the credentials of a login. `other` is an exchange of
/// another user or with another nonce.
fn passes(
    begin: impl Fn(&ScramLogin) -> ScramProof,
    change: Change,
    login: &ScramLogin,
    other: &ScramLogin,
) -> bool {
    let last = begin(login);
    let server = &SERVERS[0];
    let changed = match change {
        Change::Password => begin(&login.clone().with(|login| login.password.push('x'))),
        Change::Proof(place) => last
            .clone()
            .with(|last| last.proof = flipped(&last.proof, place)),
        Change::Sid(place) => last
            .clone()
            .with(|last| last.sid = flipped_text(&last.sid, place)),
        Change::Nonce(place) => last
            .clone()
            .with(|last| last.nonce = flipped_text(&last.nonce, place)),
        Change::Message(place) => {
            let message = flipped(last.message().as_bytes(), place);
            return is_admitted(server, last.header_of(message));
        }
        Change::Field(place) => return is_admitted_unless_equal(&last, place),
        Change::Extension => last.clone().with(|last| last.extensions.push_str(",x=y")),
        Change::GsHeader => last
            .clone()
            .with(|last| last.channel_binding = STANDARD.encode("y,,")),
        Change::Realm => return is_admitted(&SERVERS[1], last.header()),
        Change::Mechanism => {
            let header = last.header().replacen("SHA-256", "SHA-1", 1);
            return is_admitted(&SERVERS[2], header);
        }
        // A reauthentication may have any sid of its own first message.
        Change::SidOfOther if (&login.user, &login.nonce) == (&other.user, &other.nonce) => {
            return false;
        }
        Change::SidOfOther => last
            .clone()
            .with(|last| last.sid.clone_from(&begin(other).sid)),
        Change::SidOfSameMessage => {
            assert!(is_admitted(server, last.header()), "{login:?}");
            last.clone()
                .with(|last| last.sid.clone_from(&begin(login).sid))
        }
        Change::NonceOfOther => last
            .clone()
            .with(|last| last.nonce.clone_from(&begin(other).nonce)),
        Change::ProofOfOther => last
            .clone()
            .with(|last| last.proof.clone_from(&begin(other).proof)),
    };
    is_admitted(server, changed.header())
}

/// Flips a bit anywhere in the field. If the field then has the same sid and the same data, because the change is in the
/// space between parameters or in a parameter that is ignored, it may be admitted.
fn is_admitted_unless_equal(last: &ScramProof, place: usize) -> bool {
    let field = flipped(last.header().as_bytes(), place);
    let text = String::from_utf8_lossy(&field);
    let data = STANDARD.encode(last.message());
    let is_equal = text.contains(&last.sid) && text.contains(&data);
    is_admitted(&SERVERS[0], &field) && !is_equal
}

#[test]
fn no_changed_message_passes() {
    run(
        70_000,
        (logins(), logins(), changes()),
        |(login, other, change)| {
            let is_admitted = passes(begin, change, &login, &other);
            assert!(!is_admitted, "{change:?} of {login:?}");
        },
    );
}

#[test]
fn no_changed_reauthentication_passes() {
    run(
        20_000,
        (logins(), logins(), changes(), any::<u32>()),
        |(login, other, change, uses)| {
            let is_admitted = passes(|login| again(login, uses), change, &login, &other);
            assert!(!is_admitted, "{change:?} of {login:?}");
        },
    );
}

/// The client of this crate hashes the password in each run, so there are fewer runs.
#[test]
fn the_client_of_this_crate_agrees_with_the_server() {
    let texts = ("[ -~]{1,20}", "[ -~]{1,20}");
    run(150, texts, |(user, password)| {
        let accounts = ScramAccounts::new([(&user, &password)]).unwrap();
        let server = Scram::builder("r", accounts).build().unwrap();
        let client = |password: &str| {
            let mechanism = ScramMechanism::Sha256;
            let client = ScramClient::new(mechanism, &user, Secret::new(password)).unwrap();
            let first = client.first(None).unwrap();
            let verdict = send(&server, first.credentials().as_bytes());
            let Some(Verdict::Continue(challenge)) = verdict else {
                panic!("{user:?}: {verdict:?}")
            };
            let last = first.answer(challenge.as_value()).unwrap();
            let Some(Verdict::Admit(admission)) = send(&server, last.credentials().as_bytes())
            else {
                return false;
            };
            let fields = fields_of(admission);
            last.verify(&fields["authentication-info"]).unwrap();
            true
        };
        assert!(client(&password), "{user:?} {password:?}");
        assert!(!client(&format!("{password}x")), "{user:?} {password:?}");
    });
}

/// The fields that the response of an admitted caller gets.
fn fields_of(admission: Admission<Principal>) -> HeaderMap {
    let mut fields = HeaderMap::new();
    let (_, reply) = admission.into_parts();
    reply.apply(ServerRole::Origin, StatusCode::OK, &mut fields);
    fields
}
