//! Tests SCRAM against vectors: its keys and proofs, its messages, both sides of an exchange, and string preparation.
#![cfg(feature = "full")]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

use std::fs;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use serde_json::Value;
use tower_challenge::header::Challenge;
use tower_challenge::scheme::scram::message::{ClientFinal, ClientFirst, ServerFinal, ServerFirst};
use tower_challenge::scheme::scram::proof::{AuthMessage, ScramKey};
use tower_challenge::scheme::scram::{
    ScramAccount, ScramAccounts, ScramClient, ScramMechanism, ScramSecret, StringPreparation,
};
use tower_challenge::scheme::{Attempt, Scheme, Scram, ServerRole, Verdict};
use tower_challenge::{Principal, RequestHead, Secret};

fn vectors() -> Value {
    let path = format!("{}/tests/vectors/scram.json", env!("CARGO_MANIFEST_DIR"));
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

fn base64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn mechanism(row: &Value) -> ScramMechanism {
    match text(row, "hash") {
        "sha1" => ScramMechanism::Sha1,
        _ => ScramMechanism::Sha256,
    }
}

/// Prints how many rows passed and how many were skipped for which reason, and asserts both numbers.
#[track_caller]
fn count(list: &str, passed: usize, skipped: &[&str], expected: (usize, usize)) {
    println!(
        "scram.json, {list}: {passed} passed, {} skipped",
        skipped.len()
    );
    for reason in skipped {
        println!("  skipped: {reason}");
    }
    assert_eq!((passed, skipped.len()), expected, "{list}");
}

/// The salted password of an exchange.
fn salted(row: &Value) -> ScramKey {
    let store = &row["credential_store"];
    let iterations = u32::try_from(store["iterations"].as_u64().unwrap()).unwrap();
    let password = Secret::new(text(row, "password"));
    let salt = base64(text(store, "salt"));
    ScramKey::salted_password(mechanism(row), password, &salt, iterations)
}

#[test]
fn keys_and_proofs_are_computed_as_the_vectors_say() {
    let mut passed = 0;
    for row in rows("exchanges") {
        let (salted, given) = (salted(&row), &row["intermediate"]);
        let client_key = salted.client_key();
        let stored_key = client_key.stored_key();
        let first = text(&row, "client_first").to_owned();
        let bare = ClientFirst::read(&first).unwrap().bare;
        let without_proof = text(&row, "client_final_without_proof");
        let messages = AuthMessage::new(bare, text(&row, "server_first"), without_proof);
        for (name, key) in [
            ("salted_password", &salted),
            ("client_key", &client_key),
            ("stored_key", &stored_key),
            ("server_key", &salted.server_key()),
            ("client_signature", &stored_key.signature(&messages)),
        ] {
            assert_eq!(hex(key.as_bytes()), text(given, name), "{name} of {row}");
        }
        let proof = STANDARD.encode(client_key.client_proof(&messages).as_bytes());
        assert_eq!(
            format!("{without_proof},p={proof}"),
            text(&row, "client_final")
        );
        assert!(stored_key.verifies(&messages, &base64(&proof)));
        let signature = salted.server_key().signature(&messages);
        let signature = STANDARD.encode(signature.as_bytes());
        assert_eq!(format!("v={signature}"), text(&row, "server_final"));
        passed += 1;
    }
    count("keys and proofs", passed, &[], (8, 0));
}

/// RFC 7804 section 5 prints a nonce without its last three characters, and the proof for the whole nonce (erratum 6633).
/// The row has the proof that fits the printed nonce, and a server must refuse the printed one.
#[test]
fn a_published_proof_is_right_except_that_of_rfc_7804() {
    let (mut passed, mut skipped) = (0, Vec::new());
    for row in rows("exchanges") {
        let Some(published) = row["published"].as_array() else {
            continue;
        };
        let published = base64(published[0].as_str().unwrap());
        let first = text(&row, "client_first").to_owned();
        let bare = ClientFirst::read(&first).unwrap().bare;
        let without_proof = text(&row, "client_final_without_proof");
        let messages = AuthMessage::new(bare, text(&row, "server_first"), without_proof);
        let is_right = salted(&row)
            .client_key()
            .stored_key()
            .verifies(&messages, &published);
        assert_eq!(Some(is_right), row["verified"].as_bool(), "{row}");
        match is_right {
            true => passed += 1,
            false => {
                skipped
                    .push("RFC 7804 prints the proof of another nonce, and the server refuses it");
            }
        }
    }
    count("published proofs", passed, &skipped, (2, 1));
}

/// Reads each message, and lets the client play the exchange. Two rows have a first or a last message that the client
/// does not write.
#[test]
fn the_client_sends_and_accepts_the_messages_of_the_vectors() {
    let (mut passed, mut skipped) = (0, Vec::new());
    for row in rows("exchanges") {
        read_messages(&row);
        match text(&row, "name") {
            "self-sha256-authzid" => skipped.push("the client does not act for another user"),
            "self-sha256-final-extension" => skipped.push("the client writes no extension"),
            _ => {
                play(&row);
                passed += 1;
            }
        }
    }
    count("messages", passed, &skipped, (6, 2));
}

fn read_messages(row: &Value) {
    let first = ClientFirst::read(text(row, "client_first")).unwrap();
    assert_eq!(first.user, text(row, "username"));
    assert_eq!(first.nonce, text(row, "client_nonce"));
    let store = &row["credential_store"];
    let challenge = ServerFirst::read(text(row, "server_first")).unwrap();
    assert_eq!(challenge.salt, base64(text(store, "salt")));
    assert_eq!(
        u64::from(challenge.iterations),
        store["iterations"].as_u64().unwrap()
    );
    let written = ServerFirst::write(challenge.nonce, &challenge.salt, challenge.iterations);
    assert_eq!(written, text(row, "server_first"));
    let last = ClientFinal::read(text(row, "client_final")).unwrap();
    assert!(last.repeats(first.gs2_header), "{row}");
    assert_eq!(last.nonce, challenge.nonce);
    assert_eq!(last.without_proof, text(row, "client_final_without_proof"));
    let end = ServerFinal::read(text(row, "server_final")).unwrap();
    assert!(matches!(end, ServerFinal::Signature(_)));
}

fn play(row: &Value) {
    let http = &row["http"];
    let password = Secret::new(text(row, "password"));
    let prepare = StringPreparation::opaque_string();
    let client =
        ScramClient::prepared_by(prepare, mechanism(row), text(row, "username"), password).unwrap();
    let challenge = text(http, "step1_challenge");
    let challenge = challenge.strip_prefix("WWW-Authenticate: ").unwrap();
    let challenge = Challenge::parse(challenge.as_bytes()).unwrap();
    let nonce = text(row, "client_nonce").to_owned();
    let first = client.first_with_nonce(Some(&challenge), nonce).unwrap();
    assert_eq!(first.credentials(), text(http, "step2_authorization"));

    let field = |name: &str| HeaderValue::from_str(text(http, name)).unwrap();
    let last = first.answer(&field("step3_www_authenticate")).unwrap();
    // The vectors write the sid without quotes, and the client writes it with quotes.
    let sent = last
        .credentials()
        .to_str()
        .unwrap()
        .replacen("sid=\"", "sid=", 1)
        .replacen("\", ", ", ", 1);
    assert_eq!(sent, text(http, "step4_authorization"));
    last.verify(&field("step5_authentication_info")).unwrap();
    let wrong = text(http, "step5_authentication_info").replace("data=\"dj", "data=\"dk");
    assert!(
        last.verify(&HeaderValue::from_str(&wrong).unwrap())
            .is_err()
    );
}

/// The client sends and accepts the messages of the row. The row has no sid, which this crate needs: the server refuses its
/// credentials.
#[test]
fn a_reauthentication_has_the_messages_of_the_vectors() {
    let rows = rows("reauth");
    let [row] = &rows[..] else {
        panic!("one row is expected")
    };
    let begun = ServerFirst::read(text(row, "server_first_reconstructed")).unwrap();
    let bare = ClientFirst::read(&format!(
        "n,,{}",
        text(row, "client_first_bare_reconstructed")
    ))
    .map(|first| (first.user.into_owned(), first.nonce.to_owned()));
    let (user, nonce) = bare.unwrap();
    let client = ScramClient::new(ScramMechanism::Sha256, &user, Secret::new("pencil")).unwrap();
    let first = client.first_with_nonce(None, nonce.clone()).unwrap();
    let data = ServerFirst::write(&format!("{nonce}x"), &begun.salt, begun.iterations);
    let exchange = format!("SCRAM-SHA-256 sid=s, data={}", STANDARD.encode(data));
    let last = first.answer(&exchange.parse().unwrap()).unwrap();
    let challenge = format!("SCRAM-SHA-256 sr={}", text(row, "sr"));
    let again = last.reauthenticate(&challenge.parse().unwrap()).unwrap();
    let data = STANDARD.encode(text(row, "client_final"));
    assert_eq!(
        again.credentials(),
        &*format!("SCRAM-SHA-256 sid=\"s\", data=\"{data}\"")
    );
    assert!(text(row, "authorization").ends_with(&format!("data=\"{data}\"")));
    let info = |message: &str| {
        format!("data=\"{}\"", STANDARD.encode(message))
            .parse()
            .unwrap()
    };
    again.verify(&info(text(row, "server_final"))).unwrap();
    assert!(
        again
            .verify(&info("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))
            .is_err()
    );
    check_reauthentication_at_server(row, &begun);
    count("reauthentication", 1, &[], (1, 0));
}

/// The mathematics of the server, and the scheme itself.
fn check_reauthentication_at_server(row: &Value, begun: &ServerFirst<'_>) {
    let last = ClientFinal::read(text(row, "client_final")).unwrap();
    let messages = AuthMessage::new(
        text(row, "client_first_bare_reconstructed"),
        text(row, "server_first_reconstructed"),
        last.without_proof,
    );
    let password = Secret::new("pencil");
    let secret = ScramSecret::derive(
        ScramMechanism::Sha256,
        password,
        &begun.salt,
        begun.iterations,
    )
    .unwrap();
    let keys = secret.to_text();
    let stored_key = keys.expose().rsplit(['$', ':']).nth(1).unwrap();
    let stored_key = ScramKey::from_bytes(ScramMechanism::Sha256, &base64(stored_key)).unwrap();
    assert!(stored_key.verifies(&messages, &last.proof));
    assert!(!stored_key.verifies(&messages, &base64(text(row, "published_proof"))));
    let account = ScramAccount::new(secret, Principal::new("user"));
    let accounts = ScramAccounts::from_accounts([("user".to_owned(), account)]).unwrap();
    let scram = Scram::builder("testrealm@example.com", accounts);
    let scram = scram
        .reauthentication(Duration::from_secs(60))
        .build()
        .unwrap();
    let request = Request::get("/").header(AUTHORIZATION, text(row, "authorization"));
    let request = request.body(()).unwrap();
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let verdict = scram.authenticate(&attempt).unwrap().try_now().unwrap();
    assert!(matches!(verdict, Ok(Verdict::Refuse(_))), "there is no sid");
}

#[test]
fn the_server_refuses_the_negative_rows() {
    let accounts = ScramAccounts::new([("alice", "pw")]).unwrap();
    let scram = Scram::builder("r1", accounts).build().unwrap();
    let mut passed = 0;
    for row in rows("negative") {
        let request = Request::get("/").header(AUTHORIZATION, text(&row, "authorization"));
        let request = request.body(()).unwrap();
        let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
        let verdict = scram.authenticate(&attempt).unwrap().try_now().unwrap();
        let Ok(Verdict::Refuse(refusal)) = verdict else {
            panic!("{row}: {verdict:?}")
        };
        assert!(text(&row, "expect").starts_with("401"));
        assert!(
            !format!("{:?}", refusal.reason()).contains("Malformed"),
            "{row}"
        );
        // A second request gets the challenge with an error, and a first request the plain challenge.
        let has_sid = text(&row, "authorization").contains("sid=");
        assert_eq!(refusal.challenges().len(), usize::from(has_sid), "{row}");
        passed += 1;
    }
    count("negative", passed, &[], (8, 0));
}

/// A row that this crate decides differently, with the reason.
const DIFFERENT: [(&str, &str, &str); 1] = [(
    "\u{1f511}",
    "saslprep_rfc4013_query",
    "RFC 4013 allows a character that is newer than Unicode 3.2 in a query, and not in a stored string",
)];

#[test]
fn names_and_passwords_are_prepared_as_the_vectors_say() {
    let (mut passed, mut skipped) = (0, Vec::new());
    let (saslprep, precis) = (
        StringPreparation::saslprep(),
        StringPreparation::opaque_string(),
    );
    let password = |prepare: StringPreparation, input: &str| {
        let prepared = prepare.password(Secret::new(input));
        prepared.map(|prepared| prepared.expose().to_owned())
    };
    for row in vectors()["string_preparation"]["rows"].as_array().unwrap() {
        let input = text(row, "input");
        let mut is_different = false;
        for (column, prepared) in [
            ("saslprep_rfc4013_query", password(saslprep, input)),
            ("opaquestring_rfc8265", password(precis, input)),
            ("usernamecasepreserved_rfc8265", precis.user(input)),
        ] {
            let known = DIFFERENT
                .iter()
                .find(|one| (one.0, one.1) == (input, column));
            if let Some((_, _, reason)) = known {
                is_different = true;
                skipped.push(*reason);
                continue;
            }
            assert_eq!(prepared.as_deref(), row[column].as_str(), "{column}: {row}");
        }
        passed += usize::from(!is_different);
        let ascii = StringPreparation::ascii().user(input);
        let is_ascii = input.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
        assert_eq!(ascii.as_deref(), Some(input).filter(|_| is_ascii));
    }
    count("string preparation", passed, &skipped, (17, 1));
}

/// The secrets of the rows, in the form of PostgreSQL.
#[test]
fn a_secret_is_read_and_written_in_the_form_of_postgresql() {
    let mut passed = 0;
    for row in rows("exchanges") {
        let store = &row["credential_store"];
        let stored = format!(
            "{}${}:{}${}:{}",
            mechanism(&row),
            store["iterations"],
            text(store, "salt"),
            text(store, "stored_key"),
            text(store, "server_key"),
        );
        let secret = ScramSecret::parse(&stored).unwrap();
        assert_eq!(secret.to_text().expose(), stored);
        let password = Secret::new(text(&row, "password"));
        let (salt, iterations) = (secret.salt(), secret.iterations());
        let derived = ScramSecret::derive(secret.mechanism(), password, salt, iterations).unwrap();
        assert_eq!(derived.to_text().expose(), stored);
        passed += 1;
    }
    count("stored secrets", passed, &[], (8, 0));
}
