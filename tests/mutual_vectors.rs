//! Tests Mutual against vectors: the encodings, the groups, the values of exchanges, and the messages. `SELF_GENERATED` in
//! the file says that no official vectors exist; its `provenance` says how the values were checked.
#![cfg(feature = "full")]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use serde_json::Value;
use tower_challenge::header::{AuthenticationInfo, Challenge};
use tower_challenge::scheme::mutual::proof::{
    ClientKey, PasswordKey, ServerKey, SessionSecret, Verifier, variable_integer, variable_string,
};
use tower_challenge::scheme::mutual::{
    HostValidation, MutualAccount, MutualAccounts, MutualAlgorithm, MutualClient, MutualSecret,
    MutualSpace,
};
use tower_challenge::scheme::{Attempt, Mutual, Scheme, ServerRole, Verdict};
use tower_challenge::{Principal, RequestHead, Secret};

fn vectors() -> Value {
    let path = format!(
        "{}/tests/vectors/mutual_selfgen.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn rows(list: &str) -> Vec<Value> {
    vectors()[list].as_array().unwrap().clone()
}

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} of {row}"))
}

fn bytes(row: &Value, name: &str) -> Vec<u8> {
    let digits = text(row, name);
    // The exponents have no zero in front, so they may have an odd number of digits.
    let digits = match digits.len() % 2 {
        0 => digits.to_owned(),
        _ => format!("0{digits}"),
    };
    let digits = digits.as_bytes();
    let digits = digits
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    digits
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

/// An exponent of full length: the rows leave zeros in front out.
fn exponent(row: &Value, name: &str) -> Vec<u8> {
    let (short, len) = (bytes(row, name), algorithm(row).exponent_len());
    [vec![0; len - short.len()], short].concat()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A number as the algorithm writes it.
fn written(algorithm: MutualAlgorithm, bytes: &[u8]) -> String {
    match algorithm {
        MutualAlgorithm::P256 | MutualAlgorithm::P521 => hex(bytes),
        _ => STANDARD.encode(bytes),
    }
}

fn algorithm(row: &Value) -> MutualAlgorithm {
    MutualAlgorithm::from_name(text(row, "algorithm")).unwrap()
}

fn space(row: &Value) -> MutualSpace {
    MutualSpace::new(algorithm(row), text(row, "auth_scope"), text(row, "realm")).unwrap()
}

fn host(row: &Value) -> HostValidation {
    let (origin, vh) = (text(row, "auth_scope"), bytes(row, "vh_hex"));
    let host = match text(row, "validation") {
        "host" => match text(row, "vh_text") {
            origin if origin.starts_with("http:") => HostValidation::host(origin),
            origin => HostValidation::https_without_certificate(origin),
        },
        _ => HostValidation::certificate_hash(origin, &vh),
    };
    let host = host.unwrap();
    assert_eq!(host.value(), vh);
    assert_eq!(host.name(), text(row, "validation"));
    host
}

/// Prints how many rows passed and how many were skipped for which reason, and asserts both numbers.
#[track_caller]
fn count(list: &str, passed: usize, skipped: &[&str], expected: (usize, usize)) {
    println!(
        "mutual_selfgen.json, {list}: {passed} passed, {} skipped",
        skipped.len()
    );
    for reason in skipped {
        println!("  skipped: {reason}");
    }
    assert_eq!((passed, skipped.len()), expected, "{list}");
}

#[test]
fn numbers_and_texts_are_encoded_as_the_vectors_say() {
    let (mut integers, mut strings) = (0, 0);
    for row in vectors()["encodings"]["VI"].as_array().unwrap() {
        let number = row["n"].to_string().parse().unwrap_or(1 << 80);
        assert_eq!(hex(&variable_integer(number)), text(row, "hex"), "{row}");
        integers += 1;
    }
    for row in vectors()["encodings"]["VS"].as_array().unwrap() {
        match row["hex"].as_str() {
            Some(expected) => {
                assert_eq!(hex(&variable_string(text(row, "s").as_bytes())), expected)
            }
            None => {
                let long = variable_string("a".repeat(10_000).as_bytes());
                assert!(hex(&long).starts_with(text(row, "hex_prefix")));
                assert_eq!(Some(long.len() as u64), row["length"].as_u64());
            }
        }
        strings += 1;
    }
    count("VI", integers, &[], (12, 0));
    count("VS", strings, &[], (5, 0));
}

#[test]
fn the_lengths_and_the_groups_are_those_of_the_vectors() {
    let (mut lengths, mut groups, mut skipped) = (0, 0, Vec::new());
    for (name, row) in vectors()["octet_lengths"].as_object().unwrap() {
        let algorithm = MutualAlgorithm::from_name(name).unwrap();
        assert_eq!(
            Some(algorithm.element_len() as u64),
            row["K_and_z"].as_u64()
        );
        assert_eq!(Some(algorithm.hash_len() as u64), row["hash"].as_u64());
        let element = written(algorithm, &vec![0; algorithm.element_len()]);
        assert_eq!(Some(element.len() as u64), row["wire_chars"].as_u64());
        lengths += 1;
    }
    // The last number of a group that is no element is q - 1, and the first is 1.
    for (name, row) in vectors()["groups"].as_object().unwrap() {
        let algorithm = MutualAlgorithm::from_name(name).unwrap();
        if row["q_hex"].is_null() {
            skipped.push("the curves have no numbers in the file; the exchanges test them");
            continue;
        }
        let mut last = bytes(row, "q_hex");
        let mut is_element = |less: u8| {
            *last.last_mut().unwrap() = 0xff - less;
            Verifier::from_bytes(algorithm, &last).is_some()
        };
        assert!(!is_element(0) && !is_element(1) && is_element(2));
        groups += 1;
    }
    count("octet lengths", lengths, &[], (4, 0));
    count("groups", groups, &skipped, (2, 2));
}

/// The values of both sides of an exchange.
struct Played {
    pi: PasswordKey,
    client: ClientKey,
    server: ServerKey,
    ours: SessionSecret,
    theirs: SessionSecret,
}

fn play(row: &Value) -> Played {
    let pi = PasswordKey::new(
        &space(row),
        text(row, "user"),
        Secret::new(text(row, "password")),
    );
    let client = ClientKey::new(algorithm(row), &exponent(row, "S_c1_hex")).unwrap();
    let server =
        ServerKey::new(&pi.verifier(), client.element(), &exponent(row, "S_s1_hex")).unwrap();
    Played {
        ours: client.agree(&pi, server.element()).unwrap(),
        theirs: server.agree().unwrap(),
        pi,
        client,
        server,
    }
}

#[test]
fn both_sides_compute_the_values_of_the_exchanges() {
    let (mut passed, mut proofs) = (0, 0);
    for row in rows("exchanges") {
        let (played, vh) = (play(&row), bytes(&row, "vh_hex"));
        for (name, value) in [
            ("pi_hex", played.pi.as_bytes()),
            ("J_hex", played.pi.verifier().as_bytes()),
            ("K_c1_hex", played.client.element()),
            ("K_s1_hex", played.server.element()),
            ("z_hex", played.ours.z()),
            ("z_hex", played.theirs.z()),
        ] {
            assert_eq!(hex(value), text(&row, name), "{name} of {row}");
        }
        for verification in row["verification"].as_array().unwrap() {
            let nc = verification["nc"].as_u64().unwrap();
            for side in [&played.ours, &played.theirs] {
                let (vkc, vks) = (side.client_proof(nc, &vh), side.server_proof(nc, &vh));
                assert_eq!(
                    written(algorithm(&row), vkc.as_bytes()),
                    text(verification, "vkc")
                );
                assert_eq!(
                    written(algorithm(&row), vks.as_bytes()),
                    text(verification, "vks")
                );
                assert!(!vkc.matches(vks.as_bytes()));
            }
            proofs += 1;
        }
        passed += 1;
    }
    count("exchanges", passed, &[], (6, 0));
    count("proofs", proofs, &[], (18, 0));
    let reason =
        "b_1 and b_2 are keys for applications above HTTP; this crate has no interface for them";
    count("application bindings", 0, &[reason; 24], (0, 24));
}

#[test]
fn a_wrong_password_gives_the_z_and_the_proof_of_the_vectors() {
    let mut passed = 0;
    for row in rows("exchanges") {
        let (played, wrong) = (play(&row), &row["wrong_password"]);
        let password = Secret::new(text(wrong, "password"));
        let pi = PasswordKey::new(&space(&row), text(&row, "user"), password);
        let secret = played.client.agree(&pi, played.server.element()).unwrap();
        assert_eq!(hex(secret.z()), text(wrong, "z_client_hex"));
        let vkc = secret.client_proof(1, &bytes(&row, "vh_hex"));
        assert_eq!(
            written(algorithm(&row), vkc.as_bytes()),
            text(wrong, "vkc_nc1")
        );
        let expected = played.theirs.client_proof(1, &bytes(&row, "vh_hex"));
        assert!(!expected.matches(vkc.as_bytes()));
        passed += 1;
    }
    count("wrong passwords", passed, &[], (6, 0));
}

type Server = Mutual<MutualAccounts>;

fn server(row: &Value) -> Server {
    let secret = MutualSecret::from_password(
        &space(row),
        text(row, "user"),
        Secret::new(text(row, "password")),
    );
    let account = MutualAccount::new(secret.unwrap(), Principal::new(text(row, "user")));
    let accounts = MutualAccounts::from_accounts([(text(row, "user").to_owned(), account)]);
    let mutual = Mutual::builder(&space(row), host(row), accounts.unwrap());
    let mutual = mutual.requests_of_session(1024).compute_inline();
    mutual.build().unwrap()
}

fn verdict(server: &Server, credentials: &str) -> Verdict<Principal> {
    let value = HeaderValue::from_str(credentials).unwrap();
    let request = Request::get("/")
        .header(AUTHORIZATION, value)
        .body(())
        .unwrap();
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let verdict = server.authenticate(&attempt).unwrap().try_now();
    verdict.unwrap().unwrap()
}

/// The challenge of a refusal.
fn refused(server: &Server, credentials: &str) -> String {
    match verdict(server, credentials) {
        Verdict::Refuse(refusal) => refusal.challenges()[0]
            .as_value()
            .to_str()
            .unwrap()
            .to_owned(),
        other => panic!("{other:?}"),
    }
}

/// The value of a message without the name of its field.
fn value<'v>(row: &'v Value, name: &str) -> &'v str {
    text(&row["http"], name).split_once(": ").unwrap().1
}

#[test]
fn the_messages_are_read_and_written_as_in_the_vectors() {
    let mut passed = 0;
    for row in rows("exchanges") {
        let server = server(&row);
        let request = Request::get("/").body(()).unwrap();
        let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
        let mut challenges = Vec::new();
        server.challenge(&attempt, None, &mut challenges);
        assert_eq!(challenges[0].as_value(), value(&row, "m401_INIT"));

        let begun = verdict(&server, value(&row, "req_KEX_C1"));
        let Verdict::Continue(ours) = begun else {
            panic!("{begun:?}")
        };
        compare_key_exchange(&ours, value(&row, "m401_KEX_S1"));
        // The sid of the row is not from this server.
        assert_eq!(
            refused(&server, value(&row, "req_VFY_C")),
            value(&row, "m401_STALE")
        );
        read_info(&row);
        the_client_writes_the_same(&row);
        passed += 6;
    }
    count("messages", passed, &[], (36, 0));
}

/// The keys and the sids are random, and `path` is optional. All else is as in the vectors.
fn compare_key_exchange(ours: &Challenge, theirs: &str) {
    let theirs = Challenge::parse(theirs.as_bytes()).unwrap();
    let names = |challenge: &Challenge| {
        let names = challenge.params().map(|param| param.name().to_owned());
        names.filter(|name| name != "path").collect::<Vec<_>>()
    };
    assert_eq!(names(ours), names(&theirs));
    for (ours, theirs) in ours.params().zip(theirs.params()) {
        let (a, b) = (ours.value(), theirs.value());
        match ours.name() {
            "sid" => {}
            "ks1" => assert_eq!(
                (a.raw().len(), a.is_quoted()),
                (b.raw().len(), b.is_quoted())
            ),
            // This server allows all counts in any order.
            "nc-window" => assert_eq!((a.raw(), b.raw()), (&b"1024"[..], &b"128"[..])),
            "time" => assert_eq!((a.raw(), b.raw()), (&b"300"[..], &b"300"[..])),
            _ => assert_eq!((a.to_bytes(), a.is_quoted()), (b.to_bytes(), b.is_quoted())),
        }
    }
}

fn read_info(row: &Value) {
    let info = AuthenticationInfo::parse([value(row, "m200_VFY_S").as_bytes()]).unwrap();
    let names = info.params().map(|param| param.name().to_owned());
    assert_eq!(names.collect::<Vec<_>>(), ["version", "sid", "vks"]);
    let vks = info
        .params()
        .get("vks")
        .unwrap()
        .to_str()
        .unwrap()
        .into_owned();
    assert_eq!(vks, text(&row["verification"][0], "vks"));
}

/// The client writes the messages of the vectors, apart from its random key.
fn the_client_writes_the_same(row: &Value) {
    let client = MutualClient::new(text(row, "user"), Secret::new(text(row, "password"))).unwrap();
    let challenge = HeaderValue::from_str(value(row, "m401_INIT")).unwrap();
    let exchange = client.begin(&host(row), &challenge).unwrap();
    let before = |text: &str| text.split_once("kc1=").unwrap().0.to_owned();
    let ours = exchange.credentials().to_str().unwrap();
    assert_eq!(before(ours), before(value(row, "req_KEX_C1")));
    assert_eq!(ours.len(), value(row, "req_KEX_C1").len());
    let answer = HeaderValue::from_str(value(row, "m401_KEX_S1")).unwrap();
    let proof = exchange.answer(&answer).unwrap().next().unwrap();
    let before = |text: &str| text.split_once("vkc=").unwrap().0.to_owned();
    let ours = proof.credentials().to_str().unwrap();
    assert_eq!(before(ours), before(value(row, "req_VFY_C")));
}

#[test]
fn the_server_refuses_the_bad_keys() {
    let exchanges = rows("exchanges");
    let mut passed = 0;
    for row in rows("negative_kc1") {
        let exchange = exchanges
            .iter()
            .find(|one| one["algorithm"] == row["algorithm"]);
        let exchange = exchange.unwrap();
        let bad = bytes(&row, "kc1_hex");
        let good = value(exchange, "req_KEX_C1");
        let kc1 = written(algorithm(&row), &bad);
        let message = format!("{}kc1=\"{kc1}\"", good.split_once("kc1=").unwrap().0);
        let expected = value(exchange, "m401_INIT").replace("initial", "invalid-parameters");
        assert_eq!(refused(&server(exchange), &message), expected, "{row}");
        assert!(Verifier::from_bytes(algorithm(&row), &bad).is_none());
        // Both sides refuse it before they use a secret.
        let j = PasswordKey::new(&space(exchange), "a", Secret::new("b")).verifier();
        let s = exponent(exchange, "S_s1_hex");
        assert!(ServerKey::new(&j, &bad, &s).is_none());
        passed += 1;
    }
    count("bad keys", passed, &[], (5, 0));
}
