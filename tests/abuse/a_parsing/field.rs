//! Tests the credentials field as a whole.

use proptest::prelude::{any, prop};
use proptest::proptest;

use super::{assert_no_verifier_was_asked, spelled};
use crate::support::{Kind, Layer, TestRequest, TestServer, USER, get};

/// Two field lines are an error, for all schemes that they name, and even if one or both are good.
#[test]
fn a001_a_client_that_sends_two_credentials_fields_gets_400() {
    for (kinds, stand) in TestServer::every() {
        for first in &kinds {
            for second in &kinds {
                for lines in pairs(&stand, *first, *second) {
                    two_lines_are_refused(&stand, &lines);
                }
            }
        }
    }
}

fn pairs(stand: &TestServer, first: Kind, second: Kind) -> [Vec<String>; 5] {
    let ask = get("/");
    let good = |kind: Kind| kind.good(stand, &ask);
    let wrong = |kind: Kind| kind.wrong(stand, &ask);
    let twice = good(first);
    [
        vec![good(first), wrong(second)],
        vec![wrong(first), good(second)],
        vec![good(first), good(second)],
        vec![twice.clone(), twice],
        vec![good(first), wrong(second), good(first)],
    ]
}

fn two_lines_are_refused(stand: &TestServer, lines: &[String]) {
    let ask = lines.iter().fold(get("/"), TestRequest::authorization);
    let before = stand.world.store.claims();
    let answer = stand.ask(ask).is_malformed();
    assert_eq!(answer.claims, before, "no store is touched");
    assert_eq!(answer.reserved, [None], "no account is charged");
}

/// A scheme sees a field of at most 16 KiB.
#[test]
fn a_field_of_16_kib_is_read_and_a_longer_one_is_malformed() {
    let stand = TestServer::of(&[Kind::Bearer]);
    let token = "a".repeat(16 * 1024 - "Bearer ".len());
    stand.ask(get("/").bearer(&token)).is_refused();
    stand
        .ask(get("/").bearer(&format!("{token}a")))
        .is_malformed();
}

#[test]
fn a001_a_client_that_adds_an_empty_or_unknown_field_gets_400() {
    for (kinds, stand) in TestServer::every() {
        for other in ["", " ", "Unheard-Of", "=", "Basic", "Bearer", "Digest"] {
            let good = kinds[0].good(&stand, &get("/"));
            let lines = [good, other.to_owned()];
            two_lines_are_refused(&stand, &lines);
            let [good, other] = lines;
            two_lines_are_refused(&stand, &[other, good]);
        }
    }
}

/// A line with two credentials is malformed. The layer never tries one after the other.
#[test]
fn a002_a_client_that_joins_two_credentials_with_a_comma_gets_400() {
    for (kinds, stand) in TestServer::every() {
        for first in &kinds {
            for second in &kinds {
                for [first, second] in
                    pairs(&stand, *first, *second).map(|lines| [lines[0].clone(), lines[1].clone()])
                {
                    for comma in [", ", ",", " , ", ",\t", ", ,", ";", "; "] {
                        let joined = format!("{first}{comma}{second}");
                        stand.ask(get("/").authorization(joined)).is_malformed();
                    }
                }
            }
        }
    }
}

/// The name of a scheme is compared without regard to case.
#[test]
fn a003_the_case_of_a_scheme_name_does_not_matter() {
    for kinds in [
        vec![Kind::Basic],
        vec![Kind::Bearer],
        vec![Kind::Digest],
        Kind::ALL.to_vec(),
    ] {
        for optional in [false, true] {
            let stand = TestServer::tuned(
                &kinds,
                |layer| if optional { layer.optional() } else { layer },
            );
            for kind in &kinds {
                every_case_of_a_name(&stand, *kind);
            }
        }
    }
}

fn every_case_of_a_name(stand: &TestServer, kind: Kind) {
    let ask = get("/");
    for mask in 0..1_u32 << kind.name().len() {
        let spelled = spelled(kind.name(), mask);
        let respell = |credentials: String| credentials.replacen(kind.name(), &spelled, 1);
        let good = respell(kind.good(stand, &ask));
        stand
            .ask(ask.clone().authorization(good))
            .is_admitted_as(USER);
        let wrong = respell(kind.wrong(stand, &ask));
        stand.ask(ask.clone().authorization(wrong)).is_refused();
    }
}

/// A scheme claims only its whole name: no part of it, no longer name, and no name without a space after it.
#[test]
fn a004_a_scheme_claims_only_its_whole_name() {
    for (kinds, stand) in TestServer::every() {
        for kind in kinds {
            let good = kind.good(&stand, &get("/"));
            let (name, rest) = good.split_once(' ').unwrap();
            let mut names = vec![
                format!("X{name}"),
                format!("{name}X"),
                format!("Not{name}"),
                format!("{name}-"),
                format!("{name}.{name}"),
                format!("{name}{name}"),
            ];
            names.extend((1..name.len()).map(|end| name[..end].to_owned()));
            names.extend((1..name.len()).map(|start| name[start..].to_owned()));
            for name in names {
                let ask = get("/").authorization(format!("{name} {rest}"));
                stand.ask(ask).is_challenged();
            }
            let undelimited = stand.ask(get("/").authorization(format!("{name}{rest}")));
            assert_no_verifier_was_asked(&undelimited);
        }
        for undelimited in ["BasicXabc", "Bearerfoo", "XDigest", "NotBearer"] {
            stand
                .ask(get("/").authorization(undelimited))
                .is_challenged();
        }
    }
}

/// A missing secret is not an empty secret, and empty credentials are not absent credentials.
#[test]
fn a005_empty_credentials_are_not_verified() {
    for (kinds, stand) in TestServer::every() {
        for empty in ["", " ", "\t", "  \t "] {
            stand.ask(get("/").authorization(empty)).is_challenged();
        }
        for kind in Kind::ALL {
            for spaces in ["", " ", "     ", "\t", " \t"] {
                let ask = get("/").authorization(format!("{}{spaces}", kind.name()));
                let answer = stand.ask(ask);
                // The requirements differ: one says 401 for an empty Basic, another says 400. Both refuse the request.
                assert_no_verifier_was_asked(&answer);
                if kind == Kind::Bearer && kinds.contains(&kind) {
                    answer.clone().is_malformed();
                    assert_eq!(answer.params("Bearer", "error"), ["invalid_request"]);
                }
                if !kinds.contains(&kind) {
                    answer.is_challenged();
                }
            }
        }
    }
}

/// Junk after good credentials makes them malformed.
#[test]
fn a006_junk_after_good_credentials_makes_them_malformed() {
    for (kinds, stand) in TestServer::every() {
        for kind in kinds {
            for junk in [
                " junk", " x=y", ",", ", ", ", x", ",x=", " \"q\"", "\"", "\tjunk", " =", "; x=y",
                " , ,x", "(", "\\",
            ] {
                if kind == Kind::Digest && [",", ", "].contains(&junk) {
                    // This is an empty element at the end of a list, which RFC 9110 section 5.6.1.2 tells recipients to
                    // ignore.
                    continue;
                }
                let good = kind.good(&stand, &get("/"));
                stand
                    .ask(get("/").authorization(format!("{good}{junk}")))
                    .is_malformed();
            }
            if kind != Kind::Digest {
                // This is still a token68, but not the same one.
                let good = kind.good(&stand, &get("/"));
                let answer = stand.ask(get("/").authorization(format!("{good}=")));
                assert!(!answer.is_from_inside());
            }
        }
    }
}

/// Any number of spaces separates a scheme from the rest. Whitespace around the value is not part of it, so a proxy may
/// have trimmed it or not. No other character is whitespace.
#[test]
fn a007_only_spaces_separate_a_scheme_from_its_credentials() {
    for (kinds, stand) in TestServer::every() {
        for kind in kinds {
            let split = || {
                let good = kind.good(&stand, &get("/"));
                let (name, rest) = good.split_once(' ').unwrap();
                (name.to_owned(), rest.to_owned())
            };
            for spaces in [1, 2, 7, 300] {
                let (name, rest) = split();
                let spaced = format!("{name}{}{rest}", " ".repeat(spaces));
                stand
                    .ask(get("/").authorization(spaced))
                    .is_admitted_as(USER);
            }
            for around in [" ", "\t", " \t \t"] {
                let (name, rest) = split();
                let padded = format!("{around}{name} {rest}{around}");
                stand
                    .ask(get("/").authorization(padded))
                    .is_admitted_as(USER);
            }
            for foreign in [
                &b"\t"[..],
                b"\t ",
                b" \t",
                b"\xA0",
                b" \xA0",
                b"\xC2\xA0",
                b"\xE2\x80\x83",
            ] {
                let (name, rest) = split();
                let value = [name.as_bytes(), foreign, rest.as_bytes()].concat();
                stand.ask(get("/").authorization(value)).is_malformed();
            }
            for control in [b"\x0B", b"\x0C", b"\r", b"\n", b"\0"] {
                let (name, rest) = split();
                let value = [name.as_bytes(), control, rest.as_bytes()].concat();
                assert!(
                    get("/").try_field("authorization", value).is_none(),
                    "the crate `http` refuses it"
                );
            }
        }
    }
}

/// Inserts foreign bytes at every place. The layer does not panic, admits no such request, and never treats an
/// unreadable field as an absent one.
#[test]
fn a008_credentials_with_a_foreign_byte_are_refused() {
    for kind in Kind::ALL {
        for optional in [false, true] {
            let stand = TestServer::tuned(
                &[kind],
                |layer| if optional { layer.optional() } else { layer },
            );
            let good = kind.good(&stand, &get("/"));
            for place in 0..=good.len() {
                for byte in [0, 7, 9, 11, 13, 0x1F, 0x7F, 0x80, 0xA0, 0xC3, 0xE9, 0xFF] {
                    let mut value = good.clone().into_bytes();
                    value.insert(place, byte);
                    assert_foreign_byte_is_refused(&stand, kind, byte, &value);
                }
            }
        }
    }
}

fn assert_foreign_byte_is_refused(stand: &TestServer, kind: Kind, byte: u8, value: &[u8]) {
    let Some(ask) = get("/").try_field("authorization", value) else {
        assert!(
            byte < 0x20 || byte == 0x7F,
            "the crate `http` refuses control characters"
        );
        return;
    };
    let is_outside = value.first() == Some(&b'\t') || value.last() == Some(&b'\t');
    let answer = stand.ask(ask);
    if byte == b'\t' && (is_outside || kind == Kind::Digest) {
        // This is whitespace around the value or in a list, which the grammar allows.
        return;
    }
    assert!(!answer.is_from_inside(), "{}", answer.asked);
    if kind != Kind::Digest {
        answer.is_malformed();
    }
}

proptest! {
    /// With any bytes in the field, the layer refuses the request, does not panic, and does not treat the field as
    /// absent.
    #[test]
    fn a008_arbitrary_bytes_are_refused(value in prop::collection::vec(any::<u8>(), 0..80), start in 0..4_usize) {
        let start = ["", "Basic ", "Bearer ", "Digest "][start];
        let value = [start.as_bytes(), &value].concat();
        for stand in [TestServer::of(&Kind::ALL), TestServer::tuned(&Kind::ALL, Layer::optional)] {
            if let Some(ask) = get("/").try_field("authorization", &value) {
                let answer = stand.ask(ask);
                assert!(!answer.is_from_inside(), "{}", answer.asked);
            }
        }
    }
}
