//! What a hash is compared with: all of the password, and nothing else.

use std::time::Duration;

use proptest::{prop_assert, prop_assert_eq, proptest};
use tower_challenge::Secret;
use tower_challenge::password::hash::{HashFormats, PasswordHash, argon2id};

use crate::hashing::{ADA, quick};

/// What `lovelace` is in every text form.
pub(crate) const LOVELACE: [&str; 7] = [
    ADA,
    "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw$kISXEhXZGYy8CHAl3V9rZd0I3SKfnhJE1XDuup7PHn8",
    "$scrypt$ln=4,r=8,p=1$c2FsdCBvZiBzY3J5cHQ$RuL2fnywlcg3qU4kj7udUsca3Z+r6E10gzXiFU06+iA",
    "$pbkdf2-sha256$i=10,l=32$c2FsdCBvZiBzY3J5cHQ$yFd+Lfx8yzrqfjcyIaKwNMALS2QFMvwwV5kT385IIL0",
    "$5$7x.Yz/Q1$kX9qWFsf70p8CI6xOrF0drur.FbawcfvliB2uESO844",
    "$apr1$7x.Yz/Q1$IuGngboloO6Z4GLxKT8T1/",
    "{SHA}MJgvYgf2tRctgBqviyzN0HpBdyY=",
];

/// `lovelace` in every form, quickly computed.
pub(crate) fn lovelace() -> Vec<PasswordHash> {
    let formats = HashFormats::new()
        .legacy_apr1()
        .legacy_sha1()
        .legacy_salted_sha1();
    let hashes = LOVELACE.map(|text| formats.parse(text).unwrap());
    hashes.into_iter().chain([quick("lovelace")]).collect()
}

fn matches(hash: &PasswordHash, password: &str) -> bool {
    hash.matches(Secret::new(password)).unwrap()
}

proptest! {
    /// Nothing but the password is the password, whatever it shares with it.
    #[test]
    fn a024_no_other_password_matches(other in "(lovelace|lovelac|love)?[a-e\\x00]{0,3}") {
        for hash in lovelace() {
            prop_assert_eq!(matches(&hash, &other), other == "lovelace", "{:?}", hash);
        }
    }

    /// Whatever is behind the 72 octets that bcrypt hears, it is refused.
    #[test]
    fn a025_bcrypt_refuses_what_it_does_not_hear(tail in "\\PC{1,40}") {
        let (whole, hash) = seventy_two();
        prop_assert!(matches(&hash, whole));
        let long = format!("{whole}{tail}");
        prop_assert!(!matches(&hash, &long));
    }

    /// What is no hash makes an error, and never a panic.
    #[test]
    fn a026_text_is_read_or_refused(text in "\\PC{0,80}") {
        let _ = HashFormats::new().legacy_apr1().legacy_sha1().legacy_salted_sha1().parse(&text);
    }

    /// Nor does what is nearly one.
    #[test]
    fn a026_broken_hashes_are_refused_or_match_nothing(
        which in 0_usize..9, place in 0_usize..120, with in "[$=,./A-Za-z0-9é]{0,2}"
    ) {
        let text = TEXTS[which];
        let place = place.min(text.len());
        let broken = format!("{}{with}{}", &text[..place], &text[(place + 1).min(text.len())..]);
        let formats = HashFormats::new().legacy_apr1().legacy_sha1().legacy_salted_sha1();
        let quick = formats.max_time(Duration::from_millis(50)).max_memory(1 << 20);
        if let Ok(hash) = quick.parse(&broken) {
            prop_assert!(!matches(&hash, &broken), "it is no password of its own");
            prop_assert!(!matches(&hash, ""));
        }
    }
}

/// One of each form, quickly computed.
const TEXTS: [&str; 9] = [
    ADA,
    "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$argon2i$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=4,r=8,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$pbkdf2-sha512$i=10$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$5$rounds=1000$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
    "$apr1$s0cgqx0u$dFxMgia..CFPz0d2QufBb.",
    "{SHA}MJgvYgf2tRctgBqviyzN0HpBdyY=",
    "{SSHA}MJgvYgf2tRctgBqviyzN0HpBdyZzYWx0",
];

/// A password of as many octets, and its hash, by Apache's tool.
fn seventy_two() -> (&'static str, PasswordHash) {
    let whole = "abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ-98765432";
    assert_eq!(whole.len(), 72);
    (
        whole,
        PasswordHash::parse("$2y$04$1Pks/ueGNneo4Vq4c5/xruE835bp7EA/1zlhskhd/ug/w2L7eP6A.")
            .unwrap(),
    )
}

/// The key is the password, a NUL, and both again until it is full.
#[test]
fn a025_bcrypt_does_not_repeat_what_it_hears() {
    let hash = PasswordHash::parse(ADA).unwrap();
    for repeated in [
        "lovelace\0lovelace",
        "lovelace\0lovelace\0lovelace",
        "lovelace\0",
    ] {
        assert!(!matches(&hash, repeated));
    }
}

#[test]
fn a025_a_name_before_the_password_is_another_password() {
    let (whole, hash) = seventy_two();
    let long_name = "n".repeat(72);
    assert!(!matches(&hash, &format!("ada{whole}")));
    assert!(!matches(&hash, &format!("{long_name}{whole}")));
}

#[test]
fn a137_nothing_shows_a_salt_or_a_hash() {
    for hash in lovelace() {
        let shown = format!("{hash:?}");
        assert!(
            !shown.contains('$') && !shown.contains("lovelace"),
            "{shown}"
        );
        assert!(shown.len() < 90, "{shown}");
    }
}

#[test]
fn a_decoy_costs_the_same_and_matches_nothing() {
    for hash in lovelace() {
        let decoy = hash.decoy();
        assert_eq!(decoy.algorithm(), hash.algorithm());
        assert_eq!(decoy.estimated_time(), hash.estimated_time());
        assert_eq!(decoy.memory(), hash.memory());
        for password in ["lovelace", "", "x"] {
            assert!(!matches(&decoy, password));
        }
    }
}

#[test]
fn a_new_hash_is_read_again_and_has_a_salt_of_its_own() {
    let [one, two] = [(), ()].map(|()| argon2id(Secret::new("lovelace")).unwrap());
    assert_ne!(one, two);
    let hash = PasswordHash::parse(&one).unwrap();
    assert!(matches(&hash, "lovelace") && !matches(&hash, "babbage"));
}
