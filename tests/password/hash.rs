//! The comparison of a password with a hash: only the whole password matches, in every algorithm.

use std::time::Duration;

use proptest::{prop_assert, prop_assert_eq, proptest};
use tower_challenge::Secret;
use tower_challenge::password::hash::{HashFormats, PasswordHash, argon2id};

use crate::hashing::{ADA, quick};

/// A hash of `lovelace` in every text form.
pub(crate) const LOVELACE: [&str; 11] = [
    ADA,
    "$y$j35$saltsalt$wcWZeizsJjkbdSvtCZNkB6jFmhEMXTXyhMtYikRJGb7",
    "$7$26..../....saltsalt$khP8PQPfs30XsMrVZhsYC1EzjVZ4MVpYMLLU1BnajN7",
    "$pbkdf2-sha256$1000$EqJUSikFwDhHyBkDAABACA$L7Pprdo2EwZQav9lqSZOZNGpEbHy46Cgyfr3TOtL9sg",
    "$1$PJPCv2x7$cCXGTFILao8Diu4N.ENV5/",
    "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw$kISXEhXZGYy8CHAl3V9rZd0I3SKfnhJE1XDuup7PHn8",
    "$scrypt$ln=4,r=8,p=1$c2FsdCBvZiBzY3J5cHQ$RuL2fnywlcg3qU4kj7udUsca3Z+r6E10gzXiFU06+iA",
    "$pbkdf2-sha256$i=10,l=32$c2FsdCBvZiBzY3J5cHQ$yFd+Lfx8yzrqfjcyIaKwNMALS2QFMvwwV5kT385IIL0",
    "$5$7x.Yz/Q1$kX9qWFsf70p8CI6xOrF0drur.FbawcfvliB2uESO844",
    "$apr1$7x.Yz/Q1$IuGngboloO6Z4GLxKT8T1/",
    "{SHA}MJgvYgf2tRctgBqviyzN0HpBdyY=",
];

/// The hashes of `lovelace` in every form, parsed. All are quick to compute.
pub(crate) fn lovelace() -> Vec<PasswordHash> {
    let hashes = LOVELACE.map(|text| all_formats().parse(text).unwrap());
    hashes.into_iter().chain([quick("lovelace")]).collect()
}

/// All formats, including the weak legacy formats.
pub(crate) fn all_formats() -> HashFormats {
    HashFormats::new()
        .legacy_apr1()
        .legacy_md5_crypt()
        .legacy_sha1()
        .legacy_salted_sha1()
}

fn matches(hash: &PasswordHash, password: &str) -> bool {
    hash.matches(Secret::new(password)).unwrap()
}

proptest! {
    /// The other passwords share a prefix with the right one, or contain a NUL.
    #[test]
    fn a024_only_the_right_password_matches(other in "(lovelace|lovelac|love)?[a-e\\x00]{0,3}") {
        for hash in lovelace() {
            prop_assert_eq!(matches(&hash, &other), other == "lovelace", "{:?}", hash);
        }
    }

    /// bcrypt ignores the bytes after the first 72, so such a password must not match.
    #[test]
    fn a025_bcrypt_refuses_a_password_of_more_than_72_bytes(tail in "\\PC{1,40}") {
        let (whole, hash) = seventy_two();
        prop_assert!(matches(&hash, whole));
        let long = format!("{whole}{tail}");
        prop_assert!(!matches(&hash, &long));
    }

    /// The parser returns an error for text that is not a hash, and never panics.
    #[test]
    fn a026_any_text_is_parsed_as_a_hash_or_refused_without_a_panic(text in "\\PC{0,80}") {
        let _ = all_formats().parse(&text);
    }

    /// The text is a hash with one character replaced by up to two others.
    #[test]
    fn a026_a_hash_with_one_changed_character_is_refused_or_matches_nothing(
        which in 0_usize..TEXTS.len(), place in 0_usize..120, with in "[$=,./A-Za-z0-9é]{0,2}"
    ) {
        let text = TEXTS[which];
        let place = place.min(text.len());
        let broken = format!("{}{with}{}", &text[..place], &text[(place + 1).min(text.len())..]);
        let quick = all_formats().max_time(Duration::from_millis(50)).max_memory(1 << 20);
        if let Ok(hash) = quick.parse(&broken) {
            prop_assert!(!matches(&hash, &broken), "the text of a hash is not its password");
            prop_assert!(!matches(&hash, ""));
        }
    }
}

/// A hash of each form, quick to compute.
const TEXTS: [&str; 13] = [
    ADA,
    "$y$j35$saltsalt$wcWZeizsJjkbdSvtCZNkB6jFmhEMXTXyhMtYikRJGb7",
    "$7$26..../....saltsalt$khP8PQPfs30XsMrVZhsYC1EzjVZ4MVpYMLLU1BnajN7",
    "$pbkdf2-sha256$1000$EqJUSikFwDhHyBkDAABACA$L7Pprdo2EwZQav9lqSZOZNGpEbHy46Cgyfr3TOtL9sg",
    "$1$s0cgqx0u$dFxMgia..CFPz0d2QufBb.",
    "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$argon2i$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=4,r=8,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$pbkdf2-sha512$i=10$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$5$rounds=1000$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
    "$apr1$s0cgqx0u$dFxMgia..CFPz0d2QufBb.",
    "{SHA}MJgvYgf2tRctgBqviyzN0HpBdyY=",
    "{SSHA}MJgvYgf2tRctgBqviyzN0HpBdyZzYWx0",
];

/// A password of 72 bytes, and its hash by Apache's `htpasswd`.
fn seventy_two() -> (&'static str, PasswordHash) {
    let whole = "abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ-98765432";
    assert_eq!(whole.len(), 72);
    (
        whole,
        PasswordHash::parse("$2y$04$1Pks/ueGNneo4Vq4c5/xruE835bp7EA/1zlhskhd/ug/w2L7eP6A.")
            .unwrap(),
    )
}

/// bcrypt repeats the password and its NUL until the key has 72 bytes. So these passwords give the same key as
/// `lovelace`.
#[test]
fn a025_bcrypt_refuses_the_right_password_repeated_after_a_nul() {
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
fn a025_a_name_in_front_of_the_right_password_does_not_match() {
    let (whole, hash) = seventy_two();
    let long_name = "n".repeat(72);
    assert!(!matches(&hash, &format!("ada{whole}")));
    assert!(!matches(&hash, &format!("{long_name}{whole}")));
}

#[test]
fn a137_debug_shows_neither_the_salt_nor_the_hash() {
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
fn a_decoy_costs_as_much_as_its_hash_and_no_password_matches_it() {
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
fn argon2id_writes_a_hash_that_parse_reads_with_a_new_salt_each_time() {
    let [one, two] = [(), ()].map(|()| argon2id(Secret::new("lovelace")).unwrap());
    assert_ne!(one, two);
    let hash = PasswordHash::parse(&one).unwrap();
    assert!(matches(&hash, "lovelace") && !matches(&hash, "babbage"));
}
