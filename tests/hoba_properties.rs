//! Properties of HOBA that hold for every input, tested with generated values.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::convert::Infallible;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use http::Request;
use http::header::AUTHORIZATION;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::Index;
use proptest::{prop_assert, prop_assert_eq, proptest};
use tower_challenge::clock::ManualClock;
use tower_challenge::header::Challenge;
use tower_challenge::scheme::hoba::client::{HobaChallenge, authorization};
use tower_challenge::scheme::hoba::message::HobaCredentials;
use tower_challenge::scheme::hoba::proof::ToBeSigned;
use tower_challenge::scheme::hoba::{HobaAlgorithm, HobaOrigin, HobaPublicKey, NonceKeys};
use tower_challenge::scheme::{Attempt, Hoba, Scheme, ServerRole, Verdict};
use tower_challenge::store::MemoryStore;
use tower_challenge::{Principal, RequestHead};

use self::support::hoba::{Device, Keys, header, keys};

/// How many inputs a property is tested with. A signature takes a millisecond, and a verification a twentieth of that.
const SIGNED: u32 = 1_000;
const CHANGED: u32 = 100_000;

static DEVICES: LazyLock<[Device; 2]> =
    LazyLock::new(|| [Device::of_vectors(), Device::generate()]);

/// All servers share this store and its epoch, so their other settings cause the refusals.
static STORE: LazyLock<MemoryStore> = LazyLock::new(MemoryStore::new);

fn server(origin: &str, realm: &str, nonce_key: u8, max_age: u64) -> Hoba<Keys> {
    let known = keys(&[("ada", &DEVICES[0]), ("grace", &DEVICES[1])]);
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000);
    Hoba::builder(origin, known)
        .realm(realm)
        .max_age(Duration::from_secs(max_age))
        .nonce_keys(NonceKeys::new([nonce_key; 32]).unwrap())
        .clock(ManualClock::new(start))
        .store(STORE.clone())
        .build()
        .unwrap()
}

/// The servers: each differs from the first in its origin, its realm, its keys or its `max-age`.
static SERVERS: LazyLock<Vec<Hoba<Keys>>> = LazyLock::new(|| {
    vec![
        server("https://a.example", "files", 7, 60),
        server("https://b.example", "files", 7, 60),
        server("https://a.example:8443", "files", 7, 60),
        server("https://a.example", "file", 7, 60),
        server("https://a.example", "", 7, 60),
        server("https://a.example", "files", 8, 60),
        server("https://a.example", "files", 7, 0),
        server("https://a.example", "files", 7, 61),
    ]
});

/// Signatures of both devices for challenges of all servers: `(server, device, result)`.
static RESULTS: LazyLock<Vec<(usize, usize, String)>> = LazyLock::new(|| {
    let servers = SERVERS.iter().enumerate();
    let pairs = servers.flat_map(|(number, server)| [(number, server, 0), (number, server, 1)]);
    let results = pairs.flat_map(|(number, server, device)| {
        let results = ["bm9uY2U", "bm9uY2Y", "n"].map(|nonce| {
            let (origin, realm) = (server.origin().as_str(), server.realm());
            let challenge = server.new_challenge();
            DEVICES[device].result(origin, realm, &challenge, nonce)
        });
        results.map(|result| (number, device, result))
    });
    results.collect()
});

fn admits(server: &Hoba<Keys>, result: &str) -> Option<Principal> {
    let request = Request::get("/").header(AUTHORIZATION, header(result));
    let request = request.body(()).unwrap();
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    match server.authenticate(&attempt)?.try_now().unwrap().unwrap() {
        Verdict::Admit(admission) => Some(admission.identity().clone()),
        _ => None,
    }
}

/// A change of a `result`.
#[derive(Clone, Debug)]
enum Change {
    /// Puts another character at a place.
    Character(Index, char),
    /// Removes a character.
    Remove(Index),
    /// Adds a character.
    Insert(Index, char),
    /// Takes some of the parts from another result.
    Swap(Index, [bool; 4]),
    /// Moves the dot between two parts.
    Dot(usize, bool),
    /// Sends the same result to another server.
    Server(Index),
}

fn changes() -> impl Strategy<Value = Change> {
    let character = || "[A-Za-z0-9_=+/.-]".prop_map(|text| text.chars().next().unwrap());
    prop_oneof![
        (any::<Index>(), character()).prop_map(|(at, to)| Change::Character(at, to)),
        any::<Index>().prop_map(Change::Remove),
        (any::<Index>(), character()).prop_map(|(at, c)| Change::Insert(at, c)),
        (any::<Index>(), any::<[bool; 4]>()).prop_map(|(other, parts)| Change::Swap(other, parts)),
        (0_usize..3, any::<bool>()).prop_map(|(dot, left)| Change::Dot(dot, left)),
        any::<Index>().prop_map(Change::Server),
    ]
}

/// Returns the changed result, and the number of the server that gets it.
fn changed(server: usize, result: &str, change: &Change) -> (usize, String) {
    let mut characters = result.chars().collect::<Vec<_>>();
    let length = characters.len();
    match change {
        Change::Character(at, to) => characters[at.index(length)] = *to,
        Change::Remove(at) => drop(characters.remove(at.index(length))),
        Change::Insert(at, c) => characters.insert(at.index(length + 1), *c),
        Change::Swap(other, take) => {
            let (_, _, other) = other.get(&RESULTS);
            let pairs = result.split('.').zip(other.split('.')).zip(take);
            let parts = pairs.map(|((own, other), take)| if *take { other } else { own });
            return (server, parts.collect::<Vec<_>>().join("."));
        }
        Change::Dot(dot, left) => {
            let mut dots = (0..length).filter(|at| characters[*at] == '.');
            let at = dots.nth(*dot).unwrap();
            characters.swap(at, if *left { at - 1 } else { at + 1 });
        }
        Change::Server(other) => return (other.index(SERVERS.len()), result.to_owned()),
    }
    (server, characters.into_iter().collect())
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(SIGNED))]

    /// The client of this crate signs what the client of the tests signs, and the server verifies it.
    #[test]
    fn client_and_server_agree(
        challenge in "[A-Za-z0-9_-]{1,80}",
        kid in "[A-Za-z0-9_-]{1,256}",
        realm in "[ -~\u{e9}]{0,40}",
        host in "[a-z]{1,20}\\.example",
        port in 1_u16..,
        random: [u8; 16],
        max_age: u32,
    ) {
        let field = Challenge::builder(tower_challenge::header::SchemeName::HOBA)
            .quoted("challenge", &challenge)
            .quoted("max-age", max_age.to_string())
            .quoted("realm", &realm)
            .build()
            .unwrap();
        let read = HobaChallenge::read(&field).unwrap();
        prop_assert_eq!((read.challenge(), read.realm(), read.max_age()), (&*challenge, &*realm, max_age.into()));
        let origin = HobaOrigin::parse(&format!("https://{host}:{port}")).unwrap();
        let device = &DEVICES[0];
        let sign = |text: &[u8]| Ok::<_, Infallible>(device.sign_bytes(text));
        let Ok(field) = authorization(&read, &origin, &kid, HobaAlgorithm::RsaSha256, random, sign);
        let result = field.to_str().unwrap().strip_prefix("HOBA result=\"").unwrap();
        let sent = HobaCredentials::parse(result.strip_suffix('"').unwrap()).unwrap();
        prop_assert_eq!((sent.kid, sent.challenge), (&*kid, &*challenge));
        let signed = ToBeSigned {
            nonce: sent.nonce,
            algorithm: HobaAlgorithm::RsaSha256,
            origin: origin.as_str(),
            realm: &realm,
            kid: &kid,
            challenge: &challenge,
        };
        static KEYS: LazyLock<[HobaPublicKey; 3]> = LazyLock::new(|| {
            let key = DEVICES[0].public();
            let sha1 = key.clone().with_algorithm(HobaAlgorithm::RsaSha1).unwrap();
            [key, sha1, DEVICES[1].public()]
        });
        prop_assert!(KEYS[0].verify(&signed, sent.signature));
        prop_assert!(!KEYS[1].verify(&signed, sent.signature), "another algorithm");
        prop_assert!(!KEYS[2].verify(&signed, sent.signature), "another key");
        // Moving characters from one value to its neighbour changes the lengths.
        let moved = ToBeSigned { kid: &format!("{kid}{}", &challenge[..1]), challenge: &challenge[1..], ..signed };
        prop_assert!(!KEYS[0].verify(&moved, sent.signature), "length-prefix confusion");
    }
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(CHANGED))]

    /// No server admits a changed result, or a result for another server.
    #[test]
    fn a_changed_result_is_never_admitted(from: Index, change in changes()) {
        let (server, _, result) = from.get(&RESULTS);
        let (to, changed) = changed(*server, result, &change);
        let is_known = RESULTS.iter().any(|(server, _, result)| *server == to && *result == changed);
        if !is_known {
            prop_assert_eq!(admits(&SERVERS[to], &changed), None, "{:?}", change);
        }
    }
}

/// Another server with the same settings admits a result. Servers with another origin, realm, key or `max-age` refuse it.
#[test]
fn a_result_is_for_servers_with_the_same_settings() {
    let first = &SERVERS[0];
    let (origin, realm) = (first.origin().as_str(), first.realm());
    let is_admitted_at = |other: &Hoba<Keys>| {
        let result = DEVICES[0].result(origin, realm, &first.new_challenge(), "bm9uY2U");
        admits(other, &result).is_some()
    };
    assert!(is_admitted_at(&server("https://a.example", "files", 7, 60)));
    for (number, other) in SERVERS.iter().enumerate() {
        assert_eq!(is_admitted_at(other), number == 0, "{number}");
    }
}

#[test]
fn the_debug_form_of_credentials_hides_nonce_and_signature() {
    let result = DEVICES[0].result("https://a.example:443", "", "Y2g", "bm9uY2U");
    let credentials = HobaCredentials::parse(&result).unwrap();
    let shown = format!("{credentials:?}");
    assert!(shown.contains(credentials.kid) && shown.contains("Y2g"));
    assert!(!shown.contains(credentials.nonce) && !shown.contains(credentials.signature));
}

/// The results of the other tests are good, so their refusals are due to the changes. Each result is good once.
#[test]
fn an_unchanged_result_is_admitted_once() {
    for max_age in [0, 60] {
        let server = Hoba::builder("https://a.example", keys(&[("ada", &DEVICES[0])]))
            .realm("files")
            .max_age(Duration::from_secs(max_age))
            .build()
            .unwrap();
        let (challenge, origin) = (server.new_challenge(), server.origin().as_str());
        let result = |nonce| DEVICES[0].result(origin, "files", &challenge, nonce);
        let ada = Some(Principal::new("ada"));
        assert_eq!(admits(&server, &result("bm9uY2U")), ada);
        assert_eq!(admits(&server, &result("bm9uY2U")), None, "a replay");
        let expected = ada.filter(|_| max_age > 0);
        assert_eq!(
            admits(&server, &result("b3RoZXI")),
            expected,
            "another nonce"
        );
    }
}
