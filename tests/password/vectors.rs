//! Hashes that other programs wrote: each matches its password and no other. Some passwords are not ASCII.

use std::fs;

use serde_json::Value;
use tower_challenge::Secret;
use tower_challenge::password::hash::{HashAlgorithm, PasswordHash};

use crate::hash::all_formats;

fn rows(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Asserts that the right password matches, and that similar passwords do not.
fn verifies(hash: &PasswordHash, password: &str, row: &Value) {
    let matches = |password: &str| hash.matches(Secret::new(password)).unwrap();
    assert!(matches(password), "{row}");
    assert!(!matches(&format!("{password}x")), "{row}");
    assert!(!matches(&format!("{password}\0")), "{row}");
    assert!(!matches("not it"), "{row}");
    let shorter = password.char_indices().next_back();
    assert!(
        !shorter.is_some_and(|(last, _)| matches(&password[..last])),
        "{row}"
    );
    assert!(
        !hash.decoy().matches(Secret::new(password)).unwrap(),
        "{row}"
    );
}

#[test]
fn hashes_that_apaches_htpasswd_wrote_match_their_passwords() {
    let (mut passed, mut skipped) = (0, 0);
    for row in rows("htpasswd.json") {
        let [line, password] = ["line", "password"].map(|name| row[name].as_str().unwrap());
        let (_, text) = line.split_once(':').unwrap();
        // DES hashes and plaintext passwords are refused even if all formats are allowed.
        if row["unread"].is_string() {
            assert!(all_formats().parse(text).is_err(), "{row}");
            skipped += 1;
            continue;
        }
        verifies(&all_formats().parse(text).unwrap(), password, &row);
        passed += 1;
    }
    println!("htpasswd.json: {passed} passed, {skipped} skipped (DES and plaintext are refused)");
    assert_eq!((passed, skipped), (40, 10));
}

#[test]
fn hashes_that_other_programs_wrote_match_their_passwords() {
    let mut seen = Vec::new();
    let rows = rows("password_hashes.json");
    for row in &rows {
        let [text, password] = ["hash", "password"].map(|name| row[name].as_str().unwrap());
        let hash = all_formats()
            .parse(text)
            .unwrap_or_else(|error| panic!("{error}: {row}"));
        verifies(&hash, password, row);
        seen.push(hash.algorithm());
    }
    println!("password_hashes.json: {} passed, 0 skipped", rows.len());
    assert_eq!(rows.len(), 111);
    let others = [
        HashAlgorithm::Argon2id,
        HashAlgorithm::Argon2i,
        HashAlgorithm::Argon2d,
        HashAlgorithm::Scrypt,
        HashAlgorithm::Pbkdf2Sha256,
        HashAlgorithm::Pbkdf2Sha512,
        HashAlgorithm::Sha256Crypt,
        HashAlgorithm::Sha512Crypt,
        HashAlgorithm::Yescrypt,
        HashAlgorithm::Md5Crypt,
        HashAlgorithm::Apr1,
        HashAlgorithm::Sha1,
        HashAlgorithm::SaltedSha1,
    ];
    for algorithm in others {
        assert!(seen.contains(&algorithm), "{algorithm}");
    }
}
