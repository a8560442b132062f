//! Tests which nonces are valid, and for how long.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use tower::{Service, ServiceExt};
use tower_challenge::clock::{Clock, ManualClock};
use tower_challenge::scheme::digest::NonceKeys;
use tower_challenge::store::MemoryStore;

use super::{all_algorithms, ask, tuned};
use crate::support::{Body, Kind, TestRequest, TestServer, TestWorld, USER, WRONG, get, run};

/// The server accepts only nonces that it issued. A forged nonce is stale with the right password, and refused with a
/// wrong one.
#[test]
fn a044_a_client_that_forges_a_nonce_is_not_admitted() {
    let stand = TestServer::of(&[Kind::Digest]);
    let login = stand.login();
    let mut forged = vec![
        String::new(),
        "n".to_owned(),
        "0".repeat(52),
        "A".repeat(52),
        format!("{}=", login.nonce),
        format!("{}A", login.nonce),
        login.nonce.repeat(2),
        login.nonce.to_lowercase(),
        format!(" {}", login.nonce),
        login.nonce.replace(['-', '_'], "+"),
        "\u{e9}".repeat(26),
    ];
    forged.extend((0..login.nonce.len()).map(|end| login.nonce[..end].to_owned()));
    forged.extend((0..login.nonce.len()).map(|place| changed(&login.nonce, place)));
    forged.push(TestServer::of(&[Kind::Digest]).login().nonce);
    for nonce in forged.into_iter().filter(|nonce| *nonce != login.nonce) {
        ask(&stand, &login.clone().nonce(&nonce)).is_stale();
        ask(&stand, &login.clone().nonce(&nonce).password(WRONG)).is_refused();
        ask(
            &stand,
            &login
                .clone()
                .nonce(&nonce)
                .with(|login| login.user = "unknown".into()),
        )
        .is_refused();
    }
    assert_eq!(
        stand.world.store.entry_count(),
        0,
        "the store remembers no forged nonce"
    );
    ask(&stand, &login).is_admitted_as(USER);
}

fn changed(nonce: &str, place: usize) -> String {
    let mut bytes = nonce.as_bytes().to_vec();
    bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

/// After a key has been removed, or with another store, old nonces are stale.
#[test]
fn a044_a_nonce_of_another_key_or_store_is_stale() {
    let keys = NonceKeys::new([1; 32]).unwrap();
    let clock = TestWorld::new().clock;
    let build = || tuned(|digest| digest.nonce_keys(keys.clone()).clock(clock.clone()));
    let stand = build();
    let login = stand.login();
    ask(&stand, &login.clone().nc(1)).is_admitted_as(USER);

    let other_store = build();
    ask(&other_store, &login.clone().nc(2)).is_stale();

    keys.rotate([2; 32]).unwrap();
    ask(&stand, &login.clone().nc(3)).is_admitted_as(USER);
    ask(&stand, &login.clone().nc(3)).is_stale();
    keys.rotate([3; 32]).unwrap();
    ask(&stand, &login.clone().nc(4)).is_stale();
    keys.rotate([1; 32]).unwrap();
    ask(&stand, &login.clone().nc(3)).is_stale();
}

/// A nonce whose time is in the future, by another server's clock, is stale.
#[test]
fn a045_a_nonce_from_the_future_is_stale() {
    let keys = NonceKeys::new([4; 32]).unwrap();
    let store = MemoryStore::new();
    let at = |wall: SystemTime| {
        let clock = ManualClock::new(wall);
        let (keys, store) = (keys.clone(), store.clone());
        let stand = tuned(|digest| digest.nonce_keys(keys).store(store).clock(clock.clone()));
        (stand, clock)
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000);
    let (stand, clock) = at(now);
    for ahead in [6, 60, 299, 301, 3600, 10 * 365 * 86_400] {
        let (future, _) = at(now + Duration::from_secs(ahead));
        let login = future.login();
        ask(&future, &login).is_admitted_as(USER);
        ask(&stand, &login.clone().nc(2)).is_stale();
        ask(&stand, &login.clone().nc(2).password(WRONG)).is_refused();
        ask(&future, &login.nc(2)).is_admitted_as(USER);
    }
    // Servers whose clocks differ by a few seconds accept each other's nonces, and together accept a count once.
    let (near, _) = at(now + Duration::from_secs(4));
    let login = near.login();
    ask(&stand, &login).is_admitted_as(USER);
    ask(&near, &login).is_stale();
    clock.advance(Duration::from_secs(3));
    ask(&stand, &login).is_stale();
}

/// `stale=true` reveals that the password was right, so only a client with the right password gets it.
#[test]
fn a046_only_the_right_password_gets_stale() {
    for stand in [all_algorithms(), TestServer::of(&Kind::ALL)] {
        let fresh = stand.login();
        let spent = stand.login();
        ask(&stand, &spent).is_admitted_as(USER);
        let expired = stand.login();
        stand.world.clock.advance(Duration::from_secs(400));
        let forged = fresh.clone().nonce("forged");
        let far = fresh.clone().nc(u32::MAX);
        for login in [spent, expired, forged, far] {
            ask(&stand, &login).is_stale();
            ask(&stand, &login.clone().password(WRONG)).is_refused();
            ask(&stand, &login.clone().password("")).is_refused();
            ask(
                &stand,
                &login.clone().with(|login| login.user = "unknown".into()),
            )
            .is_refused();
            let unsigned = login
                .fields()
                .quoted("response", &"0".repeat(login.response().len()));
            stand
                .ask(get("/").authorization(unsigned.header()))
                .is_refused();
        }
    }
}

/// A flood of challenges or guesses takes no memory in the store, and a client keeps its nonce.
#[test]
fn a047_a_flood_of_requests_takes_no_memory() {
    let stand = TestServer::of(&[Kind::Digest]);
    let login = stand.login();
    ask(&stand, &login).is_admitted_as(USER);
    let held = stand.world.store.entry_count();
    let mut service = stand.service();
    let mut flood = |ask: &TestRequest, times: usize| {
        for _ in 0..times {
            let Ok(ready) = run(ServiceExt::<http::Request<Body>>::ready(&mut service));
            let Ok(response) = run(ready.call(ask.request().clone()));
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        }
        let _ = stand.world.ear.take();
        let _ = stand.world.tally.take_settled();
    };
    flood(&get("/"), 100_000);
    flood(
        &get("/").authorization(stand.login().password(WRONG).header()),
        5_000,
    );
    flood(
        &get("/").authorization(stand.login().nonce("forged").header()),
        5_000,
    );
    flood(&get("/").authorization(login.header()), 5_000);
    assert_eq!(stand.world.store.entry_count(), held);
    ask(&stand, &login.nc(2)).is_admitted_as(USER);
}

/// After a step of the wall clock, a used count stays used, and clients can still log in.
#[test]
fn a048_a_step_of_the_wall_clock_revives_no_count() {
    let hour = Duration::from_secs(3600);
    for step in [hour, 24 * hour, 24 * 365 * 30 * hour] {
        for back in [true, false] {
            let stand = TestServer::of(&[Kind::Digest]);
            let clock = &stand.world.clock;
            let login = stand.login();
            ask(&stand, &login).is_admitted_as(USER);
            let wall = clock.wall();
            clock.step_wall(if back { wall - step } else { wall + step });
            ask(&stand, &login).is_stale();
            ask(&stand, &login.clone().nc(2)).is_admitted_as(USER);
            ask(&stand, &stand.login()).is_admitted_as(USER);
            clock.step_wall(wall);
            ask(&stand, &login).is_stale();
            ask(&stand, &login.clone().nc(2)).is_stale();
            ask(&stand, &login.clone().nc(3)).is_admitted_as(USER);
        }
    }
}

/// A used count never becomes valid again, neither when the nonce expires nor when the store has forgotten it.
#[test]
fn a048_a_used_count_never_becomes_valid_again() {
    let stand = tuned(|digest| digest.nonce_lifetime(Duration::from_secs(60)));
    let login = stand.login();
    ask(&stand, &login).is_admitted_as(USER);
    let mut ended = false;
    for second in 1..=100 {
        stand.world.clock.advance(Duration::from_secs(1));
        ask(&stand, &login).is_stale();
        let next = ask(&stand, &login.clone().nc(second + 1));
        ended |= !next.is_from_inside();
        assert_eq!(ended, second > 60, "at {second} seconds");
        assert_eq!(next.is_from_inside(), !ended);
    }
    for _ in 0..20 {
        // New logins make the store remove expired entries.
        ask(&stand, &stand.login()).is_admitted_as(USER);
        ask(&stand, &login).is_stale();
    }
}

/// The arithmetic does not overflow for very long lifetimes and for clocks at the ends of their range.
#[test]
fn a048_extreme_lifetimes_and_clocks_do_not_overflow() {
    for lifetime in [
        Duration::MAX,
        Duration::from_secs(u64::MAX),
        Duration::from_secs(1),
    ] {
        let stand = tuned(|digest| digest.nonce_lifetime(lifetime));
        let login = stand.login();
        ask(&stand, &login).is_admitted_as(USER);
        ask(&stand, &login).is_stale();
        stand
            .world
            .clock
            .advance(Duration::from_secs(86_400 * 365 * 1000));
        ask(&stand, &login).is_stale();
        stand.world.clock.advance(Duration::MAX);
        assert!(!ask(&stand, &login).is_from_inside());
        stand.ask(get("/")).is_challenged();
    }
    for wall in [
        SystemTime::UNIX_EPOCH,
        SystemTime::UNIX_EPOCH - Duration::from_secs(86_400),
    ] {
        let stand = tuned(|digest| digest.clock(ManualClock::new(wall)));
        ask(&stand, &stand.login()).is_admitted_as(USER);
    }
}
