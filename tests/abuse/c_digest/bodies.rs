//! Tests Digest with `auth-int`, which covers the body.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use tower_challenge::RequireAuth;
use tower_challenge::audit::AuditOutcome;
use tower_challenge::clock::ManualClock;
use tower_challenge::header::WwwAuthenticate;
use tower_challenge::password::Lookup;
use tower_challenge::scheme::SchemeExt;
use tower_challenge::scheme::digest::AuthInt;
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MemoryStore, ReplayStore, StoreEpoch};
use tower_challenge::throttle::AttemptOutcome;
use tower_challenge::{NowOrLater, Unavailable};

use super::covered::{Covered, accounts, anonymous, builder, full, is_stale, limits};
use crate::support::{Login, PASSWORD, RecordingAudit, RecordingThrottle, USER, WRONG};
use crate::wire::{Breaking, Trailing, Untouchable};

/// If the server requires `auth-int`, it refuses a digest without the body, before it reads the body.
#[test]
fn a037_a_client_that_downgrades_auth_int_is_refused() {
    let server = Covered::required();
    for login in server.logins("four") {
        let plain = login.clone().with(|login| login.qop = "auth".to_owned());
        for header in [
            plain.header(),
            plain.fields().quoted("qop", "auth,auth-int").header(),
            plain.header_without_qop(),
            plain.fields().without("qop").header(),
        ] {
            let (response, read) = server.send(&login, &header, Untouchable);
            assert_eq!((response.status().as_u16(), read), (400, None));
        }
        // The hash covers the `qop` as well, so renaming it gives a wrong response.
        let renamed = plain.fields().raw("qop", "auth-int").header();
        let (response, read) = server.send(&login, &renamed, full("four"));
        assert_eq!((response.status().as_u16(), read), (401, None));
        assert_eq!(server.ask(&login, full("four")).0, 200);
    }
}

/// The challenge names the offered `qop` values. Each body is checked by the `qop` that the client chose.
#[test]
fn a037_the_client_chooses_among_the_offered_qop_values() {
    for (server, offer) in [
        (Covered::required(), "auth-int"),
        (Covered::offered(), "auth,auth-int"),
    ] {
        let anonymous = anonymous();
        let (refused, _) = server.send(&anonymous, "Unheard-Of", Untouchable);
        let lines = refused.headers().get_all(WWW_AUTHENTICATE).iter();
        for challenge in WwwAuthenticate::parse(lines.map(|line| line.as_bytes()))
            .unwrap()
            .iter()
        {
            assert_eq!(challenge.param("qop").unwrap().raw(), offer.as_bytes());
        }
    }
    let server = Covered::offered();
    for login in server.logins("four") {
        assert_eq!(server.ask(&login, full("four")).0, 200);
        // With `qop=auth`, the layer passes the body on unchanged, with its trailers.
        let plain = login.nc(2).with(|login| login.qop = "auth".to_owned());
        let body = Trailing::new(b"more than was signed", "x-sum", "1");
        let (response, read) = server.send(&plain, &plain.header(), body);
        assert_eq!(response.status(), StatusCode::OK);
        let (read, trailers) = read.unwrap();
        assert_eq!(&read[..], b"more than was signed");
        assert!(trailers.unwrap().contains_key("x-sum"));
    }
}

/// The layer passes on only the body that the client hashed.
#[test]
fn a038_auth_int_refuses_another_body_and_a_longer_one() {
    let server = Covered::offered();
    let cases = [
        ("four", "four", 200),
        ("", "", 200),
        ("sixteen letters.", "sixteen letters.", 200),
        ("four", "foul", 401),
        ("four", "four ", 401),
        ("four", "", 401),
        ("", "x", 401),
        ("seventeen letters", "seventeen letters", 413),
        ("four", "seventeen letters", 413),
    ];
    for (hashed, sent, status) in cases {
        for login in server.logins(hashed) {
            let (answered, read) = server.ask(&login, full(sent));
            assert_eq!(answered, status, "{hashed:?}, {sent:?}");
            let handed_on = (status == 200).then(|| Bytes::copy_from_slice(sent.as_bytes()));
            assert_eq!(read, handed_on);
        }
    }
    for login in server.logins("four") {
        for (nc, chunks) in [&["fo", "ur"][..], &["f", "o", "u", "r"], &["", "four", ""]]
            .iter()
            .enumerate()
        {
            let login = login.clone().nc(u32::try_from(nc).unwrap() + 1);
            let (status, read) = server.ask(&login, Breaking::after(chunks, false));
            assert_eq!((status, read.as_deref()), (200, Some(&b"four"[..])));
        }
        let login = login.nc(9);
        let broken = server.ask(&login, Breaking::after(&["four"], true));
        assert_eq!(broken, (400, None), "the body broke off");
        let long = server.ask(&login, Breaking::after(&["seventeen letters"], true));
        assert_eq!(
            long,
            (413, None),
            "the layer refuses the body before it has ended"
        );
    }
}

/// A body that does not verify uses up no count. A body that verifies uses up its count.
#[test]
fn a038_the_count_is_used_up_when_the_body_has_verified() {
    let server = Covered::offered();
    for login in server.logins("four") {
        let before = server.store.claims();
        assert_eq!(server.ask(&login, full("foul")), (401, None));
        assert_eq!(server.ask(&login, full("seventeen letters")), (413, None));
        assert_eq!(
            server.ask(&login, Breaking::after(&["fo"], true)),
            (400, None)
        );
        assert_eq!(server.store.claims(), before);
        assert_eq!(server.ask(&login, full("four")).0, 200);
        assert_eq!(server.store.claims(), before + 1);
        let (replay, read) = server.send(&login, &login.header(), full("four"));
        assert_eq!((replay.status().as_u16(), read), (401, None));
        assert!(is_stale(&replay));
        // A replay with another body is refused, too.
        let (replay, _) = server.send(&login, &login.header(), full("foul"));
        assert!(replay.status() == 401 && !is_stale(&replay));
    }
}

/// The layer reads the body of an unknown user as well, so that a client cannot tell whether a user exists.
#[test]
fn a038_the_layer_reads_the_body_of_an_unknown_user_too() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (table, names) = (accounts(), Arc::clone(&asked));
    let lookup = move |name: &str| {
        names.lock().unwrap().push(name.to_owned());
        Lookup::<str>::lookup(&table, name)
    };
    let server = Covered::of(builder(lookup), AuthInt::offered);
    for (user, password) in [(USER, WRONG), ("unknown", PASSWORD), ("", "")] {
        for login in server.logins("four") {
            let login = login
                .password(password)
                .with(|login| login.user = user.to_owned());
            // These answers prove that the layer read the body to its end.
            assert_eq!(
                server.ask(&login, Breaking::after(&["four"], true)),
                (400, None)
            );
            assert_eq!(server.ask(&login, full("seventeen letters")), (413, None));
            let (refused, read) = server.send(&login, &login.header(), full("four"));
            assert_eq!((refused.status().as_u16(), read), (401, None));
            assert!(!is_stale(&refused));
            assert_eq!(std::mem::take(&mut *asked.lock().unwrap()), [user; 3]);
        }
    }
    assert_eq!(server.store.claims(), 0);
}

/// If the head is enough to refuse a request, the layer does not ask for the body. So a client that waits for
/// `100 Continue` does not send it.
#[test]
fn a098_the_layer_asks_for_no_body_if_the_head_is_refused() {
    let server = Covered::required();
    for login in server.logins("four") {
        let fields = login.fields();
        for (fields, status) in [
            (fields.clone().quoted("realm", "other"), 401),
            (fields.clone().raw("algorithm", "SHA-1"), 401),
            (fields.clone().quoted("uri", "/other"), 400),
            (fields.clone().quoted("response", "00"), 401),
            (fields.clone().without("nc"), 400),
            (fields.clone().raw("username*", "UTF-8''mufasa"), 400),
        ] {
            let (refused, read) = server.send(&login, &fields.header(), Untouchable);
            assert_eq!((refused.status().as_u16(), read), (status, None));
        }
    }
    let (refused, _) = server.send(&anonymous(), "Unheard-Of", Untouchable);
    assert_eq!(refused.status(), 401);
}

/// The layer does not read a body that comes with an invented nonce, whether the password is right or wrong.
#[test]
fn a098_the_layer_asks_for_no_body_with_an_invented_nonce() {
    let server = Covered::offered();
    for login in server.logins("four") {
        let mut other = login.nonce.clone().into_bytes();
        other[30] ^= 1;
        for nonce in ["made-up", "", &String::from_utf8(other).unwrap()] {
            for password in [PASSWORD, WRONG] {
                let login = login.clone().nonce(nonce).password(password);
                let (refused, read) = server.send(&login, &login.header(), Untouchable);
                assert_eq!((refused.status().as_u16(), read), (401, None));
                assert!(
                    !is_stale(&refused),
                    "the scheme has not compared the password"
                );
            }
        }
        assert_eq!(server.ask(&login, full("four")).0, 200);
    }
}

/// With such a nonce, the scheme compares no response, so the attempt is no guess. For example, all clients that are
/// logged in send an old nonce after a restart of the server, and must not use up the budgets of their accounts.
#[test]
fn a098_a_nonce_from_before_a_restart_is_no_guess() {
    let (ear, tally) = (RecordingAudit::default(), RecordingThrottle::default());
    let before = Covered::offered();
    for offer in [AuthInt::offered, AuthInt::required] {
        let mut after = Covered::of(builder(accounts()), offer);
        after.layer = after.layer.audit(ear.clone()).throttle(tally.clone());
        for login in before.logins("four") {
            for password in [PASSWORD, WRONG] {
                let login = login.clone().password(password);
                let _ = (tally.take_settled(), ear.take());
                let (refused, read) = after.send(&login, &login.header(), Untouchable);
                assert!(refused.status() == 401 && read.is_none() && !is_stale(&refused));
                assert_eq!(tally.take_settled(), [AttemptOutcome::NotCounted]);
                assert_eq!(ear.take()[0].outcome, AuditOutcome::Uncounted);
            }
        }
        for login in after.logins("four") {
            let _ = (tally.take_settled(), ear.take());
            let wrong = login.clone().password(WRONG);
            assert_eq!(after.ask(&wrong, full("four")).0, 401);
            assert_eq!(tally.take_settled(), [AttemptOutcome::Failure]);
            assert_eq!(after.ask(&login, full("four")).0, 200);
        }
    }
}

/// A client with the right password learns that its nonce has expired, so that it retries by itself. A client with a
/// wrong password does not.
#[test]
fn a098_an_expired_nonce_is_stale_only_with_the_right_password() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let server = Covered::of(builder(accounts()).clock(clock.clone()), AuthInt::offered);
    for login in server.logins("four") {
        clock.advance(Duration::from_secs(301));
        for (password, stale) in [(PASSWORD, true), (WRONG, false)] {
            let login = login.clone().password(password);
            let (refused, read) = server.send(&login, &login.header(), full("four"));
            assert_eq!((refused.status().as_u16(), read), (401, None));
            assert_eq!(is_stale(&refused), stale);
        }
    }
}

/// The digest does not cover trailers, so the layer drops them.
#[test]
fn a016_the_layer_drops_trailers_with_auth_int() {
    let server = Covered::required();
    for login in server.logins("four") {
        let body = Trailing::new(b"four", "x-remote-user", "root");
        let (response, read) = server.send(&login, &login.header(), body);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(read, Some((Bytes::from_static(b"four"), None)));
    }
}

/// With `auth-int`, the response has no `rspauth`, because its body does not exist yet. It only has the next nonce.
#[test]
fn a049_auth_int_sends_no_rspauth() {
    let server = Covered::offered();
    for login in server.logins("four") {
        let info = |login: &Login| {
            let (response, _) = server.send(login, &login.header(), full("four"));
            assert_eq!(response.status(), StatusCode::OK);
            let info = response.headers().get("authentication-info").cloned();
            info.map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(info(&login), None);
        let last = info(&login.nc(4095)).unwrap();
        assert!(
            last.starts_with("nextnonce=\"") && !last.contains(','),
            "{last}"
        );
    }
}

/// A remote store, which answers later. `claims` says whether it can claim, and `epoch_at_hand` whether it has its
/// epoch at hand.
struct RemoteStore {
    store: MemoryStore,
    claims: bool,
    epoch_at_hand: bool,
}

impl ReplayStore for RemoteStore {
    fn claim_once(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        let claim = self.store.claim_once(key, holder, ttl);
        NowOrLater::later(claim)
    }

    fn claim_count(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        count: u32,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        let (claim, is_available) = (self.store.claim_count(key, holder, count, ttl), self.claims);
        NowOrLater::later(async move {
            match is_available {
                true => claim.await,
                false => Err(Unavailable::new("the store is unreachable")),
            }
        })
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        match self.epoch_at_hand {
            true => self.store.epoch(),
            false => NowOrLater::later(self.store.epoch()),
        }
    }
}

fn with_remote_store(claims: bool, epoch_at_hand: bool) -> Covered {
    let store = RemoteStore {
        store: MemoryStore::new(),
        claims,
        epoch_at_hand,
    };
    let scheme = AuthInt::offered(builder(accounts()).store(store), limits()).unwrap();
    let mut server = Covered::offered();
    server.layer = RequireAuth::new(scheme.boxed()).unwrap();
    server
}

/// With a remote store, the scheme claims the count after it has read the body. Without an answer of the store, the
/// layer does not call the inner service.
#[test]
fn a038_a_remote_store_claims_the_count_after_the_body() {
    for is_available in [true, false] {
        let server = with_remote_store(is_available, true);
        for login in server.logins("four") {
            let (status, read) = server.ask(&login, full("four"));
            match is_available {
                true => assert_eq!((status, read.as_deref()), (200, Some(&b"four"[..]))),
                false => assert_eq!((status, read), (503, None)),
            }
            assert_eq!(server.ask(&login, full("foul")), (401, None));
        }
    }
}

/// A nonce that was issued before the store told its epoch is stale, and not forged.
#[test]
fn a098_a_nonce_from_before_the_store_answered_is_stale() {
    let server = with_remote_store(true, false);
    let login = server.logins("four").remove(0);
    let (refused, read) = server.send(&login, &login.header(), full("four"));
    assert!(refused.status() == 401 && read.is_none() && is_stale(&refused));
    let login = server.logins("four").remove(0);
    assert_eq!(server.ask(&login, full("four")).0, 200);
}

/// A request with an invented nonce also makes the scheme ask for the store's epoch. Other clients can then log in.
#[test]
fn a098_an_invented_nonce_locks_no_client_out_of_a_remote_store() {
    let server = with_remote_store(true, false);
    let anonymous = server.logins("four").remove(0).nonce("made-up");
    let (refused, read) = server.send(&anonymous, &anonymous.header(), Untouchable);
    assert!(refused.status() == 401 && read.is_none() && !is_stale(&refused));
    let login = server.logins("four").remove(0);
    assert_eq!(server.ask(&login, full("four")).0, 200);
}
