//! Tests how often a client can use a nonce.

use std::sync::Barrier;

use http::StatusCode;
use proptest::prelude::{any, prop};
use proptest::{prop_assert_eq, prop_oneof, proptest};
use tower::{Service, ServiceExt};
use tower_challenge::scheme::digest::DigestAlgorithm;
use tower_challenge::store::MAX_COUNT;

use super::{all_algorithms, ask, logins, tuned};
use crate::support::world::WatchedDigest;
use crate::support::{Body, Kind, Layer, TestServer, USER, WRONG, get, run};

/// The largest count that a client can use. Counts start at 0, and the store numbers them from 1.
const LAST_COUNT: u32 = MAX_COUNT - 1;

/// If a client sends the same header twice, the second is stale and gets a new nonce.
#[test]
fn a030_a_client_that_repeats_a_header_gets_stale() {
    let stands = [
        all_algorithms(),
        TestServer::of(&Kind::ALL),
        TestServer::tuned(&[Kind::Digest], Layer::optional),
        TestServer::proxy(&[Kind::Digest], |layer| layer),
    ];
    for stand in stands {
        for login in logins(&stand) {
            ask(&stand, &login).is_admitted_as(USER);
            for _ in 0..3 {
                let answer = ask(&stand, &login).is_stale();
                let nonces = answer.params("Digest", "nonce");
                assert!(
                    nonces.iter().all(|nonce| *nonce == nonces[0]),
                    "all algorithms share a nonce"
                );
                assert_ne!(nonces[0], login.nonce);
                ask(&stand, &login.clone().nonce(&nonces[0])).is_admitted_as(USER);
            }
            // The count is used up also for another form of the header and for another target.
            let header = login.fields().quoted("nc", &login.nc).header();
            stand.ask(get("/").authorization(header)).is_stale();
            let cnonce = login
                .clone()
                .with(|login| login.cnonce = "another".to_owned());
            ask(&stand, &cnonce).is_stale();
            ask(&stand, &login.clone().request("POST", "/transfer")).is_stale();
        }
    }
}

/// The challenges of an answer share a nonce and its counts, so a count cannot be used again with another algorithm.
#[test]
fn a030_a_client_that_replays_with_another_algorithm_gets_stale() {
    let stand = all_algorithms();
    let nonce = stand.login().nonce;
    let mut logins = logins(&stand).into_iter().map(|login| login.nonce(&nonce));
    ask(&stand, &logins.next().unwrap()).is_admitted_as(USER);
    for login in logins {
        ask(&stand, &login).is_stale();
        ask(
            &stand,
            &login.with(|login| login.algorithm.make_ascii_lowercase()),
        )
        .is_stale();
    }
}

/// A client may skip counts, but never use one twice.
#[test]
fn a031_a_client_that_skips_counts_can_use_none_twice() {
    let stand = TestServer::of(&[Kind::Digest]);
    let login = stand.login();
    for count in [5, 3, LAST_COUNT, 1, 4, 2] {
        ask(&stand, &login.clone().nc(count)).is_admitted_as(USER);
    }
    for count in [MAX_COUNT, MAX_COUNT + 1, 0x7FFF_FFFF, 0xFFFF_FFF0, u32::MAX] {
        let answer = ask(&stand, &login.clone().nc(count));
        assert!(
            !answer.is_from_inside(),
            "a count above the limit of the store is refused"
        );
    }
    for count in [5, 3, LAST_COUNT, 1, 4, 2] {
        ask(&stand, &login.clone().nc(count)).is_stale();
    }
    ask(&stand, &login.nc(6)).is_admitted_as(USER);
}

/// A client may use counts out of order, because its requests may overtake each other.
#[test]
fn a032_a_client_may_use_counts_out_of_order() {
    for order in permutations(&[1, 2, 3, 4]) {
        let stand = TestServer::of(&[Kind::Digest]);
        let login = stand.login();
        for count in &order {
            ask(&stand, &login.clone().nc(*count)).is_admitted_as(USER);
        }
        for count in order {
            ask(&stand, &login.clone().nc(count)).is_stale();
        }
    }
}

fn permutations(of: &[u32]) -> Vec<Vec<u32>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let starting_with = |first: u32| {
        let rest: Vec<_> = of.iter().copied().filter(|count| *count != first).collect();
        let rest = permutations(&rest).into_iter();
        rest.map(move |rest| [vec![first], rest].concat())
    };
    of.iter().copied().flat_map(starting_with).collect()
}

/// A count is eight hexadecimal digits. A quoted count is the same count, and cannot be used a second time.
#[test]
fn a033_a_client_that_sends_a_malformed_count_gets_400() {
    let stand = all_algorithms();
    for login in logins(&stand) {
        for nc in [
            "1",
            "0000000g",
            "000000001",
            "0000001",
            "-0000001",
            "+0000001",
            "0000000G",
            "000000A",
            "000000",
            "00000000A",
            "0x000001",
            "",
            "00000 01",
            " 0000001",
            "00000001 ",
            "100000000",
            "0.000001",
            "\u{661}0000001",
            "0000000\\1",
            "00000001,2",
        ] {
            // The response covers this `nc`, so only the form of the count is wrong.
            let login = login.clone().with(|login| login.nc = nc.to_owned());
            stand
                .ask(get("/").authorization(login.fields().quoted("nc", nc).header()))
                .is_malformed();
            let bare = stand.ask(get("/").authorization(login.header()));
            assert!(!bare.is_from_inside(), "{}", bare.asked);
        }
        let quoted = login.fields().quoted("nc", "00000001").header();
        stand
            .ask(get("/").authorization(quoted))
            .is_admitted_as(USER);
        ask(&stand, &login.nc(1)).is_stale();
    }
    let wrap = stand.login().nc(u32::MAX);
    assert!(!ask(&stand, &wrap).is_from_inside());
    ask(
        &stand,
        &wrap.clone().with(|login| login.nc = "100000000".to_owned()),
    )
    .is_malformed();
}

/// Spellings of some counts. The counts of a row are the same count.
const SPELLINGS: [&[&str]; 6] = [
    &["00000000"],
    &["00000001"],
    &["0000000a", "0000000A"],
    &["000000ab", "000000AB", "000000Ab", "000000aB"],
    &["00000c0d", "00000C0D"],
    &["00000fff", "00000FFF", "00000FfF"],
];

/// Some clients write counts in upper case, and some start at 0. Each count is good once, in any of its spellings.
#[test]
fn a174_a_count_in_upper_case_or_zero_is_accepted_once() {
    let session =
        |digest: WatchedDigest| digest.session_algorithms(DigestAlgorithm::ALL).legacy_md5();
    let stands = [
        all_algorithms(),
        tuned(session),
        tuned(WatchedDigest::strict_quoting),
    ];
    for stand in stands {
        for first in 0..4 {
            for login in logins(&stand) {
                for spellings in SPELLINGS {
                    let first = first % spellings.len();
                    let spelled = |at: usize| {
                        let nc = spellings[(first + at) % spellings.len()];
                        login.clone().with(|login| nc.clone_into(&mut login.nc))
                    };
                    let admitted = ask(&stand, &spelled(0)).is_admitted_as(USER);
                    let info = admitted.header("authentication-info").unwrap();
                    assert!(info.contains(&format!("rspauth=\"{}\"", spelled(0).rspauth())));
                    assert!(
                        info.contains(&format!("nc={}", spelled(0).nc)),
                        "as the client wrote it"
                    );
                    for at in 0..4 {
                        ask(&stand, &spelled(at)).is_stale();
                    }
                }
            }
        }
    }
}

/// A client that starts at 0 can use 4096 counts, and a client that starts at 1 can use 4095. The last one brings the
/// next nonce.
#[test]
fn a174_the_counts_run_from_0_to_4095() {
    let stand = TestServer::of(&[Kind::Digest]);
    let login = stand.login();
    for count in 0..MAX_COUNT {
        let answer = ask(&stand, &login.clone().nc(count)).is_admitted_as(USER);
        let info = answer.header("authentication-info").unwrap();
        assert_eq!(info.contains("nextnonce"), count >= 4080, "{count}");
    }
    for count in [0, 1, LAST_COUNT, MAX_COUNT, u32::MAX - 1, u32::MAX] {
        ask(&stand, &login.clone().nc(count)).is_stale();
    }
    // The count is covered by the response. An attacker cannot rename 0 to a count that is free.
    let fresh = stand.login();
    let zero = fresh.clone().nc(0);
    let renamed = zero.fields().raw("nc", "00000001").header();
    stand.ask(get("/").authorization(renamed)).is_refused();
    let upper = fresh.clone().nc(10).fields().raw("nc", "0000000A").header();
    stand.ask(get("/").authorization(upper)).is_refused();
}

/// A one-time nonce is good for one count, also for the count 0.
#[test]
fn a174_a_one_time_nonce_is_good_for_the_count_0_or_for_another() {
    let stand = tuned(WatchedDigest::one_time_nonces);
    for [first, second] in [[0, 1], [1, 0], [0, 0], [10, 0]] {
        let login = stand.login();
        ask(&stand, &login.clone().nc(first)).is_admitted_as(USER);
        ask(&stand, &login.nc(second)).is_stale();
    }
}

/// Of a hundred copies of a request at the same time, the layer admits exactly one.
#[test]
fn a034_the_layer_admits_one_of_many_concurrent_copies() {
    const COPIES: usize = 100;
    for _ in 0..3 {
        let stand = TestServer::of(&[Kind::Digest]);
        let header = stand.login().header();
        let barrier = Barrier::new(COPIES);
        let statuses: Vec<_> = std::thread::scope(|scope| {
            let racer = || {
                let request = get("/").authorization(&header).into_request();
                let mut service = stand.service();
                barrier.wait();
                let Ok(ready) = run(ServiceExt::<http::Request<Body>>::ready(&mut service));
                let Ok(response) = run(ready.call(request));
                response.status()
            };
            let racers: Vec<_> = (0..COPIES).map(|_| scope.spawn(racer)).collect();
            racers
                .into_iter()
                .map(|racer| racer.join().unwrap())
                .collect()
        });
        let admitted = statuses
            .iter()
            .filter(|status| **status == StatusCode::OK)
            .count();
        let refused = statuses
            .iter()
            .filter(|status| **status == StatusCode::UNAUTHORIZED)
            .count();
        assert_eq!((admitted, refused), (1, COPIES - 1));
        assert_eq!(stand.probe.calls(), 1);
    }
}

/// An attacker who sees a nonce but does not know the password cannot use up its counts.
#[test]
fn a035_an_attacker_without_the_password_uses_up_no_count() {
    let stand = TestServer::of(&[Kind::Digest]);
    let login = stand.login();
    let attacks = [1, 2, 3, 4096, 4097, 0xFFFF_FFFE, u32::MAX];
    for count in attacks {
        let attack = login.clone().password(WRONG).nc(count);
        let answer = ask(&stand, &attack).is_refused();
        assert_eq!(answer.claims, 0, "the scheme does not ask the store");
        let truncated = attack.fields().quoted("response", "abc").header();
        let answer = stand
            .ask(get("/").authorization(truncated))
            .is_refused_uncounted();
        assert_eq!(answer.claims, 0, "the scheme does not ask the store");
        let elsewhere = get("/elsewhere").authorization(attack.header());
        stand.ask(elsewhere).is_malformed();
    }
    assert_eq!(stand.world.store.entry_count(), 0);
    for count in 1..20 {
        ask(&stand, &login.clone().nc(count)).is_admitted_as(USER);
    }
}

proptest! {
    /// In every sequence of counts, the scheme accepts each count once, in upper case and in lower case.
    #[test]
    fn a031_the_scheme_accepts_each_count_once(
        counts in prop::collection::vec((0..40_u32, any::<bool>()), 1..80),
        base in prop_oneof![0..300_u32, MAX_COUNT - 39..=MAX_COUNT - 38],
    ) {
        let stand = TestServer::of(&[Kind::Digest]);
        let login = stand.login();
        let mut spent = std::collections::HashSet::new();
        for (count, upper) in counts {
            let mut login = login.clone().nc(base + count);
            if upper {
                login.nc.make_ascii_uppercase();
            }
            let is_first = base + count <= LAST_COUNT && spent.insert(count);
            prop_assert_eq!(ask(&stand, &login).is_from_inside(), is_first);
        }
    }
}
