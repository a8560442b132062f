//! Tests that an application can choose each of its parts at run time, as `Arc<dyn ..>` or `Box<dyn ..>`.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::header::AUTHORIZATION;
use http::{Request, Response};
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::audit::{Audit, AuditEvent};
use tower_challenge::clock::{Clock, ManualClock, SystemClock, Timer};
use tower_challenge::password::{
    HashStore, HashedAccounts, HashedPasswords, Lookup, OneAccount, VerifyPassword,
};
use tower_challenge::policy::{Policy, role};
use tower_challenge::respond::{Denial, Respond};
use tower_challenge::scheme::bearer::{StaticTokens, VerifyToken};
use tower_challenge::scheme::digest::{DigestAccount, DigestAccounts};
use tower_challenge::scheme::mutual::{
    HostValidation, MutualAccount, MutualAccounts, MutualAlgorithm, MutualSpace,
};
use tower_challenge::scheme::scram::{ScramAccount, ScramAccounts};
use tower_challenge::scheme::{
    Basic, Bearer, BodyLimits, BoxScheme, Digest, Mutual, SchemeExt, Scram,
};
use tower_challenge::store::{MemoryStore, MemoryThrottleStore, ReplayStore, ThrottleStore};
use tower_challenge::throttle::{FailureThrottle, Throttle};
use tower_challenge::{Principal, RequestHead, RequireAuth};

const RIGHT: &str = "Basic YWRhOmxvdmVsYWNl";
const WRONG: &str = "Basic YWRhOndyb25n";

type Layered = RequireAuth<BoxScheme<Principal>>;

fn basic() -> BoxScheme<Principal> {
    let account: Arc<dyn VerifyPassword<Identity = Principal>> =
        Arc::new(OneAccount::new("ada", "lovelace").unwrap());
    Basic::new("erased", account).unwrap().boxed()
}

async fn ask(auth: Layered, credentials: &str) -> u16 {
    let inner = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    let request = Request::builder().header(AUTHORIZATION, credentials);
    let answer = auth.layer(inner).oneshot(request.body(()).unwrap());
    answer.await.unwrap().status().as_u16()
}

#[tokio::test]
async fn basic_accepts_an_arc_dyn_verify_password() {
    let auth = RequireAuth::new(basic()).unwrap();
    assert_eq!(ask(auth.clone(), RIGHT).await, 200);
    assert_eq!(ask(auth, WRONG).await, 401);
}

#[tokio::test]
async fn bearer_accepts_an_arc_dyn_verify_token() {
    let tokens = StaticTokens::new().unwrap();
    let empty: Arc<dyn VerifyToken<Identity = Principal>> =
        Arc::new(StaticTokens::<Principal>::new().unwrap());
    assert!(
        Bearer::new("erased", empty).is_err(),
        "the set of tokens is empty"
    );
    let tokens: Arc<dyn VerifyToken<Identity = Principal>> =
        Arc::new(tokens.token("t0ken", Principal::new("ada")).unwrap());
    let auth = RequireAuth::new(Bearer::new("erased", tokens).unwrap().boxed()).unwrap();
    assert_eq!(ask(auth.clone(), "Bearer t0ken").await, 200);
    assert_eq!(ask(auth, "Bearer stolen").await, 401);
}

#[test]
fn scram_accepts_dyn_accounts_store_and_clock() {
    let accounts: Arc<dyn Lookup<str, Record = ScramAccount>> =
        Arc::new(ScramAccounts::new([("ada", "lovelace")]).unwrap());
    let store: Box<dyn ReplayStore> = Box::new(MemoryStore::new());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let scram = Scram::builder("erased", accounts).store(store).clock(clock);
    let builder = format!("{scram:?}");
    let shown = format!("{builder} {:?}", scram.build().unwrap());
    assert!(shown.contains("erased") && !shown.contains("lovelace"));
}

#[test]
fn mutual_accepts_dyn_accounts_store_and_clock() {
    let space = MutualSpace::new(MutualAlgorithm::P256, "https://a.example", "erased").unwrap();
    let host = HostValidation::https_without_certificate("https://a.example").unwrap();
    let accounts: Arc<dyn Lookup<str, Record = MutualAccount>> =
        Arc::new(MutualAccounts::new(&space, [("ada", "lovelace")]).unwrap());
    let store: Box<dyn ReplayStore> = Box::new(MemoryStore::new());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mutual = Mutual::builder(&space, host, accounts)
        .store(store)
        .clock(clock);
    let builder = format!("{mutual:?}");
    let shown = format!("{builder} {:?}", mutual.build().unwrap());
    assert!(shown.contains("erased") && !shown.contains("lovelace"));
}

#[test]
fn digest_accepts_dyn_accounts_store_and_clock() {
    let accounts: Arc<dyn Lookup<str, Record = DigestAccount>> =
        Arc::new(DigestAccounts::new("erased", [("ada", "lovelace")]).unwrap());
    assert!(matches!(accounts.lookup("ada").try_now(), Ok(Ok(Some(_)))));
    let store: Box<dyn ReplayStore> = Box::new(MemoryStore::new());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let digest = Digest::builder("erased", accounts)
        .store(store)
        .clock(clock);
    assert!(digest.build().is_ok());
}

#[tokio::test]
async fn the_layer_accepts_dyn_policies_audits_throttles_and_renderers() {
    let events = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&events);
    let audit: Arc<dyn Audit> = Arc::new(move |_: &AuditEvent<'_>| {
        counts.fetch_add(1, Ordering::SeqCst);
    });
    let policy: Arc<dyn Policy<Principal>> = Arc::new(role("admin").unwrap());
    let throttle: Box<dyn Throttle> = Box::new(FailureThrottle::new().unwrap());
    let render: Arc<dyn Respond<()> + Send + Sync> =
        Arc::new(|_: &Denial, _: &RequestHead<'_>| Response::new(()));
    let auth = RequireAuth::new(basic()).unwrap().throttle(throttle);
    let auth = auth.audit(Arc::clone(&audit)).policy(policy);
    let inner = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    let service = auth.respond_with(render).layer(inner);
    for (credentials, status) in [(RIGHT, 403), (WRONG, 401)] {
        let request = Request::builder().header(AUTHORIZATION, credentials);
        let answer = service.clone().oneshot(request.body(()).unwrap()).await;
        assert_eq!(answer.unwrap().status(), status);
    }
    assert_eq!(events.load(Ordering::SeqCst), 2);
}

#[test]
fn limits_throttles_and_verifiers_accept_dyn_timers_and_stores() {
    let clock = ManualClock::new(std::time::SystemTime::UNIX_EPOCH);
    let any: Box<dyn Timer> = Box::new(clock.clone());
    clock.advance(std::time::Duration::from_secs(7));
    assert_eq!(any.monotonic().as_secs(), 7);
    assert_eq!(any.wall(), clock.wall());
    drop(BodyLimits::new(any));

    let failures: Arc<dyn ThrottleStore> = Arc::new(MemoryThrottleStore::new());
    drop(FailureThrottle::new().unwrap().store(failures));

    let hash = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
    let accounts = HashedAccounts::new([("ada", hash)]).unwrap();
    let hashes: Box<dyn HashStore<Identity = Principal>> = Box::new(accounts);
    assert!(matches!(hashes.find("ada").try_now(), Ok(Ok(Some(_)))));
    assert!(matches!(hashes.find("bob").try_now(), Ok(Ok(None))));
    assert!(HashedPasswords::new(hashes).is_ok());
}
