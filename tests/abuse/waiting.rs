//! Checks that every case has a test, or a reason to wait.

use std::fs;
use std::path::{Path, PathBuf};

/// The cases that this crate has to cover so far.
const RANGES: [std::ops::RangeInclusive<u16>; 14] = [
    1..=17,
    18..=28,
    29..=90,
    91..=110,
    111..=113,
    114..=116,
    118..=119,
    121..=128,
    130..=130,
    131..=144,
    145..=149,
    150..=152,
    154..=166,
    168..=168,
];

/// The cases that wait as a whole or in part, each with its reason. A case that waits in part has a test for the other
/// part.
const WAITING: &[(u16, &str)] = &[
    (
        115,
        "fields that name the admitted caller: waits for forward authentication; fields of proxies are tested",
    ),
    (
        116,
        "the same fields when a proxy drops them before they reach this server",
    ),
    (
        148,
        "a login page that redirects back by itself and conceals it: the request does not show it; the rest is tested",
    ),
    (
        151,
        "one-time tokens: wait for such a scheme; SCRAM, HOBA, DPoP and Mutual are tested",
    ),
];

/// The cases of which no part can be tested yet.
const WHOLLY_WAITING: &[u16] = &[];

#[test]
fn every_case_has_a_test_or_waits() {
    let mut tested = 0;
    for number in RANGES.into_iter().flatten() {
        let waits = WHOLLY_WAITING.contains(&number);
        let has_test = names()
            .iter()
            .any(|name| name.starts_with(&format!("a{number:03}_")));
        assert_ne!(waits, has_test, "case {number}");
        tested += usize::from(has_test);
    }
    let parts = WAITING.len() - WHOLLY_WAITING.len();
    let waiting = WHOLLY_WAITING.len();
    println!("{tested} cases tested, {parts} of them in part, {waiting} waiting");
    assert_eq!((tested, parts, waiting), (163, 4, 0));
}

#[test]
fn every_waiting_entry_is_a_case_with_a_reason() {
    for (number, reason) in WAITING {
        assert!(
            RANGES.iter().any(|range| range.contains(number)),
            "{number}"
        );
        assert!(reason.len() > 10, "{number}");
        println!("case {number} waits: {reason}");
    }
    for number in WHOLLY_WAITING {
        assert!(WAITING.iter().any(|(waiting, _)| waiting == number));
    }
}

/// Returns the names of the tests in this directory and in those of other rooms.
fn names() -> Vec<String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let directories = [
        "abuse",
        "audit",
        "password",
        "respond",
        "signed_body",
        "throttle",
        "client.rs",
        "introspection",
        "jwks",
        "jwt",
    ]
    .into_iter();
    directories
        .flat_map(|directory| files(&tests.join(directory)))
        .flat_map(|file| tests_in(&file))
        .collect()
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap();
    entries
        .flat_map(|entry| files(&entry.unwrap().path()))
        .collect()
}

fn tests_in(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().map(str::trim).collect::<Vec<_>>();
    let tests = lines
        .windows(2)
        .filter(|pair| pair[0] == "#[test]" || pair[0].starts_with("#[tokio::test"));
    let names = tests.filter_map(|pair| pair[1].split("fn ").nth(1));
    names.map(str::to_owned).collect()
}
