//! The parser of hashes: which text forms it accepts, and which costs it refuses.

use std::time::Duration;

use tower_challenge::password::hash::{HashAlgorithm, HashFormats, PasswordHash};

/// The method that allows a weak legacy format.
type Allow = fn(HashFormats) -> HashFormats;

/// A hash of each weak legacy format, and the method that allows the format.
const WEAK: [(&str, Allow); 4] = [
    (
        "$1$s0cgqx0u$dFxMgia..CFPz0d2QufBb.",
        HashFormats::legacy_md5_crypt,
    ),
    (
        "$apr1$s0cgqx0u$dFxMgia..CFPz0d2QufBb.",
        HashFormats::legacy_apr1,
    ),
    (
        "{SHA}MJgvYgf2tRctgBqviyzN0HpBdyY=",
        HashFormats::legacy_sha1,
    ),
    (
        "{SSHA}MJgvYgf2tRctgBqviyzN0HpBdyZzYWx0",
        HashFormats::legacy_salted_sha1,
    ),
];

#[test]
fn a143_each_weak_legacy_format_is_refused_unless_its_own_method_allows_it() {
    for (index, (text, allow)) in WEAK.iter().enumerate() {
        let refused = PasswordHash::parse(text).unwrap_err().to_string();
        assert!(refused.contains("`HashFormats::legacy_"), "{refused}");
        for (other, (_, allow_other)) in WEAK.iter().enumerate() {
            let read = allow_other(HashFormats::new()).parse(text).is_ok();
            assert_eq!(read, index == other, "{text}");
        }
        assert!(allow(HashFormats::new()).parse(text).is_ok());
    }
}

const TAIL: &str = "$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[test]
fn a143_hashes_that_are_too_costly_to_check_are_refused_when_they_are_parsed() {
    let bcrypt =
        |cost: &str| format!("$2y${cost}$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy");
    let sha = "$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8";
    let yescrypt = format!("$mF5Tv5FlNSoS1Xsar4jtk/${}", ".".repeat(43));
    let scrypt = format!("FklzGMtwXYXJMbWQ9GC9r/${}", ".".repeat(43));
    let costly = [
        bcrypt("31"),
        bcrypt("16"),
        format!("$argon2id$v=19$m=4194304,t=1,p=1{TAIL}"),
        format!("$argon2id$v=19$m=4294967295,t=4294967295,p=16777215{TAIL}"),
        format!("$argon2id$v=19$m=19456,t=4294967295,p=1{TAIL}"),
        format!("$scrypt$ln=24,r=8,p=1{TAIL}"),
        format!("$scrypt$ln=39,r=32768,p=32767{TAIL}"),
        format!("$scrypt$ln=10,r=8,p=4000000000{TAIL}"),
        format!("$scrypt$ln=63,r=4294967295,p=4294967295{TAIL}"),
        format!("$pbkdf2-sha256$i=4294967295{TAIL}"),
        format!("$pbkdf2-sha512$i=50000000{TAIL}"),
        format!("$5$rounds=999999999{sha}"),
        "$pbkdf2-sha256$4294967295$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            .to_owned(),
        format!("$y$jMT{yescrypt}"),
        format!("$y$jaT{yescrypt}"),
        format!("$7$GU..../....{scrypt}"),
        format!("$7$zU..../....{scrypt}"),
    ];
    for text in &costly {
        assert!(PasswordHash::parse(text).is_err(), "{text}");
    }
    let usual = [
        bcrypt("10"),
        bcrypt("12"),
        bcrypt("14"),
        format!("$argon2id$v=19$m=19456,t=2,p=1{TAIL}"),
        format!("$argon2id$v=19$m=65536,t=3,p=4{TAIL}"),
        format!("$scrypt$ln=17,r=8,p=1{TAIL}"),
        format!("$pbkdf2-sha256$i=600000{TAIL}"),
        format!("$pbkdf2-sha512$i=210000{TAIL}"),
        format!("$5$rounds=656000{sha}"),
        "$pbkdf2-sha256$600000$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            .to_owned(),
        format!("$y$j9T{yescrypt}"),
        format!("$y$jAT{yescrypt}"),
        format!("$7$CU..../....{scrypt}"),
    ];
    for text in &usual {
        let hash = PasswordHash::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let a_while = Duration::from_millis(10)..Duration::from_secs(2);
        assert!(a_while.contains(&hash.estimated_time()), "{hash:?}");
    }
}

#[test]
fn max_time_and_max_memory_set_the_exact_limits() {
    let text = format!("$argon2id$v=19$m=65536,t=3,p=4{TAIL}");
    assert!(HashFormats::new().max_memory(64 << 20).parse(&text).is_ok());
    assert!(
        HashFormats::new()
            .max_memory((64 << 20) - 1)
            .parse(&text)
            .is_err()
    );
    let needs = HashFormats::new().parse(&text).unwrap().estimated_time();
    assert!(HashFormats::new().max_time(needs).parse(&text).is_ok());
    assert!(
        HashFormats::new()
            .max_time(needs - Duration::from_nanos(1))
            .parse(&text)
            .is_err()
    );
}

#[test]
fn a026_malformed_and_unknown_hashes_are_errors_that_do_not_quote_the_hash() {
    let broken = [
        "",
        "*",
        "!",
        "x",
        "lovelace",
        "$",
        "$$",
        "$2y$",
        "$2y$broken",
        "$2y$5$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
        "$2y$03$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
        "$2y$32$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
        "$2y$+5$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
        "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFW",
        "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWyy",
        "$2y$05$minCJPNMpiasDoUvpTCQ\u{e9}hqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
        "$2x$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
        "$2$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
        "$2Y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
        "$1$s0cgqx0uu$dFxMgia..CFPz0d2QufBb.",
        "$1$s0cgqx0u$dFxMgia..CFPz0d2QufBb",
        "97K/flQgeg47g",
        "{SHA256}MJgvYgf2tRctgBqviyzN0HpBdyY=",
        "{sha}MJgvYgf2tRctgBqviyzN0HpBdyY=",
        "{SHA}MJgvYgf2tRctgBqviyzN0HpBdy==",
        "{SHA}MJgvYgf2tRctgBqviyzN0HpBdyZzYWx0",
        "{SSHA}MJgvYgf2tRctgBqviyzN0HpBdyY=",
        "{PLAIN}lovelace",
        "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc",
        "$5$saltstringsaltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
        "$5$rounds=999$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
        "$5$rounds=05000$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
        "$6$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw",
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw$AAAA",
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=18$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=7,t=1,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,m=64,t=1,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1,keyid=AA$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1,data=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw=$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA$",
        "$argon2x$v=19$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=0,r=8,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$ln=4,r=0,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$scrypt$v=1$ln=4,r=8,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha256$i=0$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha256$i=10,l=16$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha1$i=10$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha1$600000$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha256$0$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha256$01000$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha256$+1000$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha256$1000$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha256$1000$i=1000$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha512$1000$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$pbkdf2-sha256$1000$c29tZXNhbHQtMDEyMw",
        "$y$j75$mF5Tv5FlNSoS1Xsar4jtk/",
        "$y$j75$mF5Tv5FlNSoS1Xsar4jtk/$..........................................",
        "$y$j75$mF5Tv5FlNSoS1Xsar4jtk/$..........................................z",
        "$y$j75x$mF5Tv5FlNSoS1Xsar4jtk/$............................................",
        "$y$j75.$mF5Tv5FlNSoS1Xsar4jtk/$...........................................",
        "$y$j75D$mF5Tv5FlNSoS1Xsar4jtk/$...........................................",
        "$y$j75$........................................................................................$...........................................",
        "$y$j95.0$mF5Tv5FlNSoS1Xsar4jtk/$...........................................",
        "$y$j75/.$mF5Tv5FlNSoS1Xsar4jtk/$...........................................",
        "$y$.75$mF5Tv5FlNSoS1Xsar4jtk/$...........................................",
        "$y$jz5$mF5Tv5FlNSoS1Xsar4jtk/$...........................................",
        "$y$j75$mF5Tv5FlNSoS1Xsar4jtk!$...........................................",
        "$y$j75$mF5Tv5FlNSoS1Xsar4jtk/$...........................................$",
        "$y$$$",
        "$7$",
        "$7$BU..../....",
        "$7$BU..../....FklzGMtwXYXJMbWQ9GC9r/",
        "$7$BU..../....FklzGMtwXYXJMbWQ9GC9r/$....",
        "$7$B.....U....FklzGMtwXYXJMbWQ9GC9r/$...........................................",
        "$7$BU..../\u{e9}...FklzGMtwXYXJMbWQ9GC9r/$...........................................",
    ];
    let all = WEAK
        .iter()
        .fold(HashFormats::new(), |formats, (_, allow)| allow(formats));
    for text in broken {
        let error = all.parse(text).expect_err(text).to_string();
        assert!(text.len() < 9 || !error.contains(text), "{error}");
        // A space in front does not make it valid.
        assert!(all.parse(&format!(" {text}")).is_err());
    }
    println!("{} broken hashes are refused", broken.len());
}

#[test]
fn the_prefix_of_a_hash_decides_its_algorithm() {
    for (text, algorithm) in [
        ("$argon2i$v=19$m=64,t=1,p=1", HashAlgorithm::Argon2i),
        ("$argon2d$m=64,t=1,p=1", HashAlgorithm::Argon2d),
        ("$pbkdf2-sha512$i=1", HashAlgorithm::Pbkdf2Sha512),
    ] {
        let hash = PasswordHash::parse(&format!("{text}{TAIL}")).unwrap();
        assert_eq!(hash.algorithm(), algorithm);
    }
}

/// The error says what an operator has to do, and which format it is.
#[test]
fn a170_the_error_for_an_unsupported_hash_names_its_format() {
    for (text, says) in [
        (
            "97K/flQgeg47g",
            "DES crypt hash (13 characters, as `htpasswd -d` writes it)",
        ),
        ("_J9..XML2G38gnVu8uTc", "extended DES crypt hash"),
        (
            "$gy$j9T$cbTMVGTgMsT68YHPSySNO.$5yknEeeKHjhj3fJ1DWNt2sGxIH1uYoCiiTL7/tWikA.",
            "gost-yescrypt hash",
        ),
        (
            "$md5,rounds=45584$YSgr0wdC$$yWiS9YabAhyTE6IlXFKoS0",
            "SunMD5 hash",
        ),
        (
            "$sha1$1000$vvXW9vKd$LjEnJT8YuL8mpzLI4a0uG1QQBPUT",
            "SHA1-crypt hash",
        ),
        ("$3$$de2f475bea23d31cd68e820c9f073a57", "NT hash"),
        (
            "$2x$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
            "($2x$)",
        ),
        ("{PLAIN}lovelace", "plaintext password"),
        ("", "the hash is empty"),
        ("!", "locked"),
        ("*", "locked"),
        (
            "!$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
            "locked",
        ),
        ("lovelace", "unknown hash format"),
        ("97K/flQgeg47", "unknown hash format"),
        ("97K/flQgeg47g.", "unknown hash format"),
        ("97K/flQgeg4!g", "unknown hash format"),
    ] {
        let error = PasswordHash::parse(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}
