//! Properties of DPoP that hold for every input, tested with generated values.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use http::Request;
use http::header::AUTHORIZATION;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::Index;
use proptest::{prop_assert, prop_assert_eq, proptest};
use tower_challenge::RequestHead;
use tower_challenge::clock::ManualClock;
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::dpop::ProofTarget;
use tower_challenge::scheme::{Attempt, Dpop, Scheme, ServerRole, Verdict};
use tower_challenge::testing::{DpopKey, DpopProof, TestIssuer};

/// How many changes of a proof are tried.
const CHANGED: u32 = 20_000;

const ISSUER: &str = "https://as.example";

/// A server, two clients of it with a token each, and proofs of both for several requests.
struct World {
    scheme: Dpop<JwtVerifier>,
    tokens: [String; 2],
    proofs: Vec<SentProof>,
}

/// A proof that is good with one token and one request.
#[derive(Clone, Debug)]
struct SentProof {
    client: usize,
    method: &'static str,
    path: &'static str,
    text: String,
}

const REQUESTS: [(&str, &str); 4] = [
    ("GET", "/notes"),
    ("POST", "/notes"),
    ("GET", "/other"),
    ("GET", "/"),
];

static WORLD: LazyLock<World> = LazyLock::new(World::new);

impl World {
    fn new() -> Self {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000);
        let clock = ManualClock::new(start);
        let issuer = TestIssuer::new(ISSUER).unwrap().with_clock(clock.clone());
        let verifier = JwtVerifier::builder(ISSUER, issuer.clone());
        let verifier = verifier
            .audience("api")
            .clock(clock.clone())
            .build()
            .unwrap();
        let scheme = Dpop::builder("api", verifier).external_origin("https://api.example");
        let keys = [(); 2].map(|()| DpopKey::generate().unwrap());
        let token = |key| issuer.token("ada").audience("api").bound_to(key).sign();
        let tokens = [token(&keys[0]), token(&keys[1])];
        let proofs = REQUESTS.iter().flat_map(|(method, path)| {
            let proofs = [0, 1].map(|client| {
                let proof = keys[client].proof(method, &format!("https://api.example{path}"));
                let proof: DpopProof = proof.token(&tokens[client]).at(start);
                SentProof {
                    client,
                    method,
                    path,
                    text: proof.sign(),
                }
            });
            proofs.into_iter()
        });
        Self {
            proofs: proofs.collect(),
            scheme: scheme.clock(clock).build().unwrap(),
            tokens,
        }
    }

    /// Whether the server admits the request. The store is asked only if everything else is right, so a refused proof is
    /// still good.
    fn admits(&self, sent: &SentProof) -> bool {
        let request = Request::builder().method(sent.method).uri(sent.path);
        let token = &self.tokens[sent.client];
        let request = request.header(AUTHORIZATION, format!("DPoP {token}"));
        let request = request.header("dpop", &sent.text).body(()).unwrap();
        let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
        let verdict = self.scheme.authenticate(&attempt).unwrap();
        matches!(verdict.try_now().unwrap().unwrap(), Verdict::Admit(_))
    }
}

/// A change of a request.
#[derive(Clone, Debug)]
enum Change {
    /// Puts another character at a place of the proof.
    Character(Index, char),
    Remove(Index),
    Insert(Index, char),
    /// Exchanges two characters.
    Exchange(Index, Index),
    /// Takes some of the three parts from another proof.
    Parts(Index, [bool; 3]),
    /// Sends the token of the other client.
    Client,
    /// Sends another request.
    Request(Index),
}

fn changes() -> impl Strategy<Value = Change> {
    let character = || "[A-Za-z0-9_=.,+/ -]".prop_map(|text| text.chars().next().unwrap());
    prop_oneof![
        (any::<Index>(), character()).prop_map(|(at, to)| Change::Character(at, to)),
        any::<Index>().prop_map(Change::Remove),
        (any::<Index>(), character()).prop_map(|(at, c)| Change::Insert(at, c)),
        any::<[Index; 2]>().prop_map(|[one, other]| Change::Exchange(one, other)),
        (any::<Index>(), any::<[bool; 3]>()).prop_map(|(other, take)| Change::Parts(other, take)),
        proptest::strategy::Just(Change::Client),
        any::<Index>().prop_map(Change::Request),
    ]
}

fn changed(sent: &SentProof, change: &Change) -> SentProof {
    let mut sent = sent.clone();
    let mut characters = sent.text.chars().collect::<Vec<_>>();
    let length = characters.len();
    match change {
        Change::Character(at, to) => characters[at.index(length)] = *to,
        Change::Remove(at) => drop(characters.remove(at.index(length))),
        Change::Insert(at, c) => characters.insert(at.index(length + 1), *c),
        Change::Exchange(one, other) => characters.swap(one.index(length), other.index(length)),
        Change::Parts(other, take) => {
            let other = &other.get(&WORLD.proofs).text;
            let pairs = sent.text.split('.').zip(other.split('.')).zip(take);
            let parts = pairs.map(|((own, other), take)| if *take { other } else { own });
            sent.text = parts.collect::<Vec<_>>().join(".");
            return sent;
        }
        Change::Client => sent.client = 1 - sent.client,
        Change::Request(other) => (sent.method, sent.path) = *other.get(&REQUESTS),
    }
    sent.text = characters.into_iter().collect();
    sent
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(CHANGED))]

    /// No changed proof is admitted, and no proof with another token or for another request.
    #[test]
    fn a_changed_proof_is_never_admitted(from: Index, change in changes()) {
        let sent = changed(from.get(&WORLD.proofs), &change);
        let text = sent.text.trim();
        let is_known = WORLD.proofs.iter().any(|known| {
            let request = (known.client, known.method, known.path);
            known.text == text && request == (sent.client, sent.method, sent.path)
        });
        if !is_known {
            prop_assert!(!WORLD.admits(&sent), "{:?}", change);
        }
    }

    /// A normal form is its own normal form.
    #[test]
    fn the_normal_form_of_a_target_is_stable(
        uri in "(https?|HTTP)://[a-zA-Z0-9.-]{0,9}(:[0-9]{0,5})?(/|[a-z.%0-9A-F?#]|%2[eEfF]){0,20}",
    ) {
        if let Some(target) = ProofTarget::parse(&uri) {
            prop_assert_eq!(ProofTarget::parse(target.as_str()), Some(target));
        }
    }

    /// Other spellings of one URI have the same normal form.
    #[test]
    fn spellings_of_one_target_are_equal(
        segments in proptest::collection::vec("[a-z~_-]{1,6}", 1..6),
        escapes: Vec<Index>,
        dots: Vec<Index>,
        port: bool,
        upper: bool,
    ) {
        let mut spelled = segments.iter().map(|segment| {
            segment.chars().map(String::from).collect::<Vec<_>>()
        }).collect::<Vec<_>>();
        for at in &escapes {
            let segment = at.get(&segments);
            let number = segments.iter().position(|other| other == segment).unwrap();
            let place = at.index(spelled[number].len());
            let plain = spelled[number][place].clone();
            if plain.len() == 1 {
                spelled[number][place] = format!("%{:02x}", plain.as_bytes()[0]);
            }
        }
        let mut path = spelled.iter().map(|segment| segment.concat()).collect::<Vec<_>>();
        for at in &dots {
            // `.` before a segment, or a segment and `..`.
            let place = at.index(path.len());
            path.insert(place, ".".to_owned());
        }
        path.splice(0..0, ["x".to_owned(), "%2E.".to_owned()]);
        let host = if upper { "API.Example" } else { "api.example" };
        let port = if port { ":443" } else { "" };
        let spelled = format!("https://{host}{port}/{}?q#f", path.join("/"));
        let plain = format!("https://api.example/{}", segments.join("/"));
        let normal = ProofTarget::parse(&spelled);
        prop_assert_eq!(normal.as_ref().map(ProofTarget::as_str), Some(&*plain), "{}", spelled);
    }
}

/// Each unchanged proof is admitted by the server that refuses the changed ones, so the changes are what it refuses.
#[test]
fn an_unchanged_proof_is_admitted() {
    let world = World::new();
    assert_eq!(world.proofs.len(), 2 * REQUESTS.len());
    for sent in &world.proofs {
        assert!(world.admits(sent), "{sent:?}");
    }
}
