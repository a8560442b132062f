//! What the body has to do with it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use tower_challenge::RequireAuth;
use tower_challenge::clock::ManualClock;
use tower_challenge::header::WwwAuthenticate;
use tower_challenge::password::Lookup;
use tower_challenge::scheme::SchemeExt;
use tower_challenge::scheme::digest::AuthInt;
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MemoryStore, ReplayStore, StoreEpoch};
use tower_challenge::{NowOrLater, Unavailable};

use super::covered::{Covered, accounts, builder, full, is_stale, limits, stranger};
use crate::support::{Login, PASSWORD, USER, WRONG};
use crate::wire::{Breaking, Trailing, Untouchable};

/// Where every body is to be covered, an answer that covers none is refused before the body is read.
#[test]
fn a037_auth_int_downgrade() {
    let server = Covered::required();
    for login in server.logins("four") {
        let plain = login.clone().with(|it| it.qop = "auth".to_owned());
        for header in [
            plain.header(),
            plain.fields().quoted("qop", "auth,auth-int").header(),
            plain.header_without_qop(),
            plain.fields().without("qop").header(),
        ] {
            let (response, read) = server.send(&login, &header, Untouchable);
            assert_eq!((response.status().as_u16(), read), (400, None));
        }
        // The quality is hashed, too.
        let renamed = plain.fields().raw("qop", "auth-int").header();
        let (response, read) = server.send(&login, &renamed, full("four"));
        assert_eq!((response.status().as_u16(), read), (401, None));
        assert_eq!(server.ask(&login, full("four")).0, 200);
    }
}

/// What is offered, and what an answer to it is held to.
#[test]
fn a037_auth_or_auth_int() {
    for (server, offer) in [
        (Covered::required(), "auth-int"),
        (Covered::offered(), "auth,auth-int"),
    ] {
        let stranger = stranger();
        let (refused, _) = server.send(&stranger, "Unheard-Of", Untouchable);
        let lines = refused.headers().get_all(WWW_AUTHENTICATE).iter();
        for challenge in WwwAuthenticate::parse(lines.map(|it| it.as_bytes()))
            .unwrap()
            .iter()
        {
            assert_eq!(challenge.param("qop").unwrap().raw(), offer.as_bytes());
        }
    }
    let server = Covered::offered();
    for login in server.logins("four") {
        assert_eq!(server.ask(&login, full("four")).0, 200);
        // The body of another is handed on as it comes, trailers and all.
        let plain = login.nc(2).with(|it| it.qop = "auth".to_owned());
        let body = Trailing::new(b"more than was signed", "x-sum", "1");
        let (response, read) = server.send(&plain, &plain.header(), body);
        assert_eq!(response.status(), StatusCode::OK);
        let (read, trailers) = read.unwrap();
        assert_eq!(&read[..], b"more than was signed");
        assert!(trailers.unwrap().contains_key("x-sum"));
    }
}

/// The body that was hashed is the body that is handed on, and no other is.
#[test]
fn a038_auth_int_body_mismatch_or_oversize() {
    let server = Covered::offered();
    let cases = [
        ("four", "four", 200),
        ("", "", 200),
        ("sixteen octets..", "sixteen octets..", 200),
        ("four", "foul", 401),
        ("four", "four ", 401),
        ("four", "", 401),
        ("", "x", 401),
        ("seventeen octets.", "seventeen octets.", 413),
        ("four", "seventeen octets.", 413),
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
        assert_eq!(broken, (400, None), "it broke off");
        let long = server.ask(&login, Breaking::after(&["seventeen octets."], true));
        assert_eq!(long, (413, None), "before the end is there");
    }
}

/// Nothing is used up by a body that does not verify; and what did verify is good once.
#[test]
fn a038_a_count_is_spent_when_the_body_has_verified() {
    let server = Covered::offered();
    for login in server.logins("four") {
        let before = server.store.claims();
        assert_eq!(server.ask(&login, full("foul")), (401, None));
        assert_eq!(server.ask(&login, full("seventeen octets.")), (413, None));
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
        // Nor with another body.
        let (replay, _) = server.send(&login, &login.header(), full("foul"));
        assert!(replay.status() == 401 && !is_stale(&replay));
    }
}

/// Nobody learns from the body's being read, or not, whether a user exists.
#[test]
fn a038_the_body_of_nobody_is_read_as_that_of_somebody() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (table, names) = (accounts(), Arc::clone(&asked));
    let lookup = move |name: &str| {
        names.lock().unwrap().push(name.to_owned());
        Lookup::<str>::lookup(&table, name)
    };
    let server = Covered::of(builder(lookup), AuthInt::offered);
    for (user, password) in [(USER, WRONG), ("nobody", PASSWORD), ("", "")] {
        for login in server.logins("four") {
            let login = login
                .password(password)
                .with(|it| it.user = user.to_owned());
            // Only who reads it to its end learns that it breaks off, or is too long.
            assert_eq!(
                server.ask(&login, Breaking::after(&["four"], true)),
                (400, None)
            );
            assert_eq!(server.ask(&login, full("seventeen octets.")), (413, None));
            let (refused, read) = server.send(&login, &login.header(), full("four"));
            assert_eq!((refused.status().as_u16(), read), (401, None));
            assert!(!is_stale(&refused));
            assert_eq!(std::mem::take(&mut *asked.lock().unwrap()), [user; 3]);
        }
    }
    assert_eq!(server.store.claims(), 0);
}

/// What the head shows is refused before the body is asked for, so that no client that waits for `100` sends it.
#[test]
fn a098_a_body_is_not_asked_for_in_vain() {
    let server = Covered::required();
    for login in server.logins("four") {
        let fields = login.fields();
        for (fields, status) in [
            (fields.clone().quoted("realm", "other"), 401),
            (fields.clone().raw("algorithm", "SHA-1"), 401),
            (fields.clone().quoted("uri", "/other"), 400),
            (fields.clone().quoted("response", "00"), 400),
            (fields.clone().without("nc"), 400),
            (fields.clone().raw("username*", "UTF-8''mufasa"), 400),
        ] {
            let (refused, read) = server.send(&login, &fields.header(), Untouchable);
            assert_eq!((refused.status().as_u16(), read), (status, None));
        }
    }
    let (refused, _) = server.send(&stranger(), "Unheard-Of", Untouchable);
    assert_eq!(refused.status(), 401);
}

/// Nor is one waited for that comes with a nonce which nobody was given: with the right password, or with none.
#[test]
fn a098_a_body_with_a_made_up_nonce_is_not_asked_for() {
    let server = Covered::offered();
    for login in server.logins("four") {
        let mut other = login.nonce.clone().into_bytes();
        other[30] ^= 1;
        for nonce in ["made-up", "", &String::from_utf8(other).unwrap()] {
            for password in [PASSWORD, WRONG] {
                let login = login.clone().nonce(nonce).password(password);
                let (refused, read) = server.send(&login, &login.header(), Untouchable);
                assert_eq!((refused.status().as_u16(), read), (401, None));
                assert!(!is_stale(&refused), "nobody has seen whether it is right");
            }
        }
        assert_eq!(server.ask(&login, full("four")).0, 200);
    }
}

/// That a nonce has ended is told to who has the password, so that a client comes again by itself.
#[test]
fn a098_a_body_with_a_nonce_that_has_ended() {
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

/// What comes after the body was not hashed, and is not handed on.
#[test]
fn a016_trailers_behind_auth_int() {
    let server = Covered::required();
    for login in server.logins("four") {
        let body = Trailing::new(b"four", "x-remote-user", "root");
        let (response, read) = server.send(&login, &login.header(), body);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(read, Some((Bytes::from_static(b"four"), None)));
    }
}

/// The response has no body yet that an `rspauth` could cover, so there is none; only the next nonce is named.
#[test]
fn a049_no_rspauth_for_auth_int() {
    let server = Covered::offered();
    for login in server.logins("four") {
        let info = |login: &Login| {
            let (response, _) = server.send(login, &login.header(), full("four"));
            assert_eq!(response.status(), StatusCode::OK);
            let info = response.headers().get("authentication-info").cloned();
            info.map(|it| it.to_str().unwrap().to_owned())
        };
        assert_eq!(info(&login), None);
        let last = info(&login.nc(4096)).unwrap();
        assert!(
            last.starts_with("nextnonce=\"") && !last.contains(','),
            "{last}"
        );
    }
}

/// A store elsewhere: whether it claims, and whether it has an epoch at hand.
struct Elsewhere {
    store: MemoryStore,
    claims: bool,
    knows: bool,
}

impl ReplayStore for Elsewhere {
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
        let (claim, is_there) = (self.store.claim_count(key, holder, count, ttl), self.claims);
        NowOrLater::later(async move {
            match is_there {
                true => claim.await,
                false => Err(Unavailable::new("the store went away")),
            }
        })
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        match self.knows {
            true => self.store.epoch(),
            false => NowOrLater::later(self.store.epoch()),
        }
    }
}

fn elsewhere(claims: bool, knows: bool) -> Covered {
    let store = Elsewhere {
        store: MemoryStore::new(),
        claims,
        knows,
    };
    let scheme = AuthInt::offered(builder(accounts()).store(store), limits()).unwrap();
    let mut server = Covered::offered();
    server.layer = RequireAuth::new(scheme.boxed()).unwrap();
    server
}

/// The count is claimed with the body in hand, wherever the store is: and without an answer, nothing is handed on.
#[test]
fn a038_a_store_elsewhere() {
    for is_there in [true, false] {
        let server = elsewhere(is_there, true);
        for login in server.logins("four") {
            let (status, read) = server.ask(&login, full("four"));
            match is_there {
                true => assert_eq!((status, read.as_deref()), (200, Some(&b"four"[..]))),
                false => assert_eq!((status, read), (503, None)),
            }
            assert_eq!(server.ask(&login, full("foul")), (401, None));
        }
    }
}

/// A nonce that was issued before the store said which life it is in was issued all the same: it is stale.
#[test]
fn a098_a_body_with_a_nonce_from_before_the_store_was_heard_of() {
    let server = elsewhere(true, false);
    let login = server.logins("four").remove(0);
    let (refused, read) = server.send(&login, &login.header(), full("four"));
    assert!(refused.status() == 401 && read.is_none() && is_stale(&refused));
    let login = server.logins("four").remove(0);
    assert_eq!(server.ask(&login, full("four")).0, 200);
}

/// And one that nobody issued tells us, too, which life the store is in.
#[test]
fn a098_a_stranger_shuts_nobody_out_of_a_store_elsewhere() {
    let server = elsewhere(true, false);
    let stranger = server.logins("four").remove(0).nonce("made-up");
    let (refused, read) = server.send(&stranger, &stranger.header(), Untouchable);
    assert!(refused.status() == 401 && read.is_none() && !is_stale(&refused));
    let login = server.logins("four").remove(0);
    assert_eq!(server.ask(&login, full("four")).0, 200);
}
