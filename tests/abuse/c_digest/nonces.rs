//! For how long a nonce is good, and which is one.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use tower::{Service, ServiceExt};
use tower_challenge::clock::{Clock, ManualClock};
use tower_challenge::scheme::digest::NonceKeys;
use tower_challenge::store::MemoryStore;

use super::{all_algorithms, ask, tuned};
use crate::support::{Ask, Body, Kind, Stand, USER, WRONG, World, get, run};

/// No nonce but one of ours: with a right digest it is out of date, with a wrong one it is a wrong one.
#[test]
fn a044_forged_nonces() {
    let stand = Stand::of(&[Kind::Digest]);
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
    forged.push(Stand::of(&[Kind::Digest]).login().nonce);
    for nonce in forged.into_iter().filter(|it| *it != login.nonce) {
        ask(&stand, &login.clone().nonce(&nonce)).is_stale();
        ask(&stand, &login.clone().nonce(&nonce).password(WRONG)).is_refused();
        ask(
            &stand,
            &login
                .clone()
                .nonce(&nonce)
                .with(|it| it.user = "nobody".into()),
        )
        .is_refused();
    }
    assert_eq!(
        stand.world.store.entry_count(),
        0,
        "and nothing is remembered of it"
    );
    ask(&stand, &login).is_admitted_as(USER);
}

fn changed(nonce: &str, place: usize) -> String {
    let mut octets = nonce.as_bytes().to_vec();
    octets[place] = if octets[place] == b'A' { b'B' } else { b'A' };
    String::from_utf8(octets).unwrap()
}

/// Keys that were taken away, and a store that has forgotten, leave nothing good.
#[test]
fn a044_nonces_of_other_keys_and_stores() {
    let keys = NonceKeys::new([1; 32]).unwrap();
    let clock = World::new().clock;
    let build = || tuned(|it| it.nonce_keys(keys.clone()).clock(clock.clone()));
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

/// A nonce from another server's future is none yet.
#[test]
fn a045_future_dated() {
    let keys = NonceKeys::new([4; 32]).unwrap();
    let store = MemoryStore::new();
    let at = |wall: SystemTime| {
        let clock = ManualClock::new(wall);
        let (keys, store) = (keys.clone(), store.clone());
        let stand = tuned(|it| it.nonce_keys(keys).store(store).clock(clock.clone()));
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
    // Servers whose clocks nearly agree believe each other, and grant a count once between them.
    let (near, _) = at(now + Duration::from_secs(4));
    let login = near.login();
    ask(&stand, &login).is_admitted_as(USER);
    ask(&near, &login).is_stale();
    clock.advance(Duration::from_secs(3));
    ask(&stand, &login).is_stale();
}

/// `stale=true` says that the password was right: nobody hears it who has not shown it.
#[test]
fn a046_stale_oracle() {
    for stand in [all_algorithms(), Stand::of(&Kind::ALL)] {
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
            ask(&stand, &login.clone().with(|it| it.user = "nobody".into())).is_refused();
            let unsigned = login
                .fields()
                .quoted("response", &"0".repeat(login.response().len()));
            stand
                .ask(get("/").authorization(unsigned.header()))
                .is_refused();
        }
    }
}

/// However many ask for challenges, or guess: nothing is remembered, and who has a nonce keeps it.
#[test]
fn a047_nonce_flood() {
    let stand = Stand::of(&[Kind::Digest]);
    let login = stand.login();
    ask(&stand, &login).is_admitted_as(USER);
    let held = stand.world.store.entry_count();
    let mut service = stand.service();
    let mut flood = |ask: &Ask, times: usize| {
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

/// The wall clock may be set to any time: nothing that was spent is good again, and nobody is locked out.
#[test]
fn a048_clock_jump() {
    let hour = Duration::from_secs(3600);
    for step in [hour, 24 * hour, 24 * 365 * 30 * hour] {
        for back in [true, false] {
            let stand = Stand::of(&[Kind::Digest]);
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

/// At every moment of its life a nonce is good or stale, and a count that was spent is never good again: not at the end
/// of the nonce, nor when the store has forgotten it.
#[test]
fn a048_every_moment() {
    let stand = tuned(|it| it.nonce_lifetime(Duration::from_secs(60)));
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
        // New logins make the store clear away what has expired.
        ask(&stand, &stand.login()).is_admitted_as(USER);
        ask(&stand, &login).is_stale();
    }
}

/// Lives as long as somebody may ask for, and clocks at the end of their range: no arithmetic breaks.
#[test]
fn a048_the_ends_of_time() {
    for lifetime in [
        Duration::MAX,
        Duration::from_secs(u64::MAX),
        Duration::from_secs(1),
    ] {
        let stand = tuned(|it| it.nonce_lifetime(lifetime));
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
        let stand = tuned(|it| it.clock(ManualClock::new(wall)));
        ask(&stand, &stand.login()).is_admitted_as(USER);
    }
}
