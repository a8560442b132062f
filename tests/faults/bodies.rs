//! Tests Digest with `auth-int`, which covers the body, while one of its dependencies fails.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::SystemTime;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response};
use tower::{ServiceExt, service_fn};
use tower_challenge::clock::ManualClock;
use tower_challenge::header::Challenge;
use tower_challenge::password::Lookup;
use tower_challenge::scheme::digest::{AuthInt, DigestAccounts, UserHash};
use tower_challenge::scheme::{BodyLimits, Digest, VerifiedBody};
use tower_challenge::store::MemoryStore;
use tower_challenge::{NowOrLater, RequireAuth, Unavailable};
use tower_layer::Layer as _;

use crate::broken::{Broken, BrokenStore, FAULTS, Fault, Part, Switch};
use crate::support::digest_client::h;
use crate::support::run::still_waits;
use crate::support::{Body, Login, OTHER_USER, PASSWORD, REALM, TestWorld, USER, run};

/// The index of user hashes fails together with the table of accounts.
impl Lookup<UserHash> for Broken<DigestAccounts> {
    type Record = String;

    fn lookup(&self, hash: &UserHash) -> NowOrLater<Result<Option<String>, Unavailable>> {
        match &self.switch {
            Some(switch) if switch.on.load(Ordering::SeqCst) => {
                switch.answer(Some(OTHER_USER.to_owned()))
            }
            _ => self.inside.lookup(hash),
        }
    }
}

fn scheme(part: Part, switch: &Switch) -> AuthInt<Broken<DigestAccounts>> {
    let due = |other: Part| (part == other).then(|| switch.clone());
    let accounts = || Broken {
        inside: DigestAccounts::new(REALM, TestWorld::accounts()).unwrap(),
        switch: due(Part::Verifier),
    };
    let store = BrokenStore {
        inside: MemoryStore::new(),
        claim: due(Part::Claim),
        epoch: due(Part::Epoch),
    };
    let digest = Digest::builder(REALM, accounts())
        .userhash(accounts())
        .store(store);
    let limits = BodyLimits::new(ManualClock::new(SystemTime::UNIX_EPOCH));
    AuthInt::offered(digest, limits).unwrap()
}

/// A server with `auth-int` that counts the calls of its inner service.
struct Server {
    layer: RequireAuth<AuthInt<Broken<DigestAccounts>>>,
    calls: Arc<AtomicUsize>,
}

impl Server {
    async fn ask(&self, credentials: String) -> Response<Body> {
        let calls = Arc::clone(&self.calls);
        let inner = service_fn(move |_: Request<VerifiedBody<Body>>| {
            calls.fetch_add(1, Ordering::SeqCst);
            std::future::ready(Ok::<_, Infallible>(Response::new(Body::default())))
        });
        let request = Request::post("/").header(AUTHORIZATION, credentials);
        let request = request.body(Body::from("a body")).unwrap();
        let Ok(response) = self.layer.layer(inner).oneshot(request).await;
        response
    }

    fn login(&self, qop: &str) -> Login {
        let refused = run(self.ask("Unheard-Of".to_owned()));
        let challenge = Challenge::parse(refused.headers()[WWW_AUTHENTICATE].as_bytes()).unwrap();
        Login::to(&challenge, USER, PASSWORD)
            .request("POST", "/")
            .with(|login| {
                qop.clone_into(&mut login.qop);
                "a body".clone_into(&mut login.body);
            })
    }
}

fn header(login: &Login, hashed: bool) -> String {
    let name = h(&login.algorithm, &format!("{USER}:{REALM}"));
    match hashed {
        true => login
            .fields()
            .quoted("username", &name)
            .raw("userhash", "true")
            .header(),
        false => login.header(),
    }
}

#[test]
fn a_request_with_a_covered_body_is_not_admitted_while_a_dependency_fails() {
    let mut cases = 0;
    for part in [Part::Verifier, Part::Claim, Part::Epoch] {
        for fault in FAULTS {
            for (qop, hashed) in [
                ("auth", false),
                ("auth", true),
                ("auth-int", false),
                ("auth-int", true),
            ] {
                assert_not_admitted(part, fault, qop, hashed);
                cases += 1;
            }
        }
    }
    println!("{cases} cases");
    assert_eq!(cases, 3 * 6 * 4);
}

fn assert_not_admitted(part: Part, fault: Fault, qop: &str, hashed: bool) {
    let on = Arc::new(AtomicBool::new(false));
    let switch = Switch { fault, on };
    let layer = RequireAuth::new(scheme(part, &switch)).unwrap();
    let calls = Arc::default();
    let server = Server { layer, calls };
    let login = server.login(qop);
    switch.on.store(true, Ordering::SeqCst);
    let answer = server.ask(header(&login, hashed));
    let shown = format!("{part:?} {fault:?} {qop} {hashed}");
    match fault {
        Fault::Never => assert!(still_waits(answer), "{shown}"),
        Fault::Garbage => assert_eq!(run(answer).status(), 401, "{shown}"),
        _ => assert_eq!(run(answer).status(), 503, "{shown}"),
    }
    assert_eq!(server.calls.load(Ordering::SeqCst), 0, "{shown}");
    switch.on.store(false, Ordering::SeqCst);
    let answer = run(server.ask(header(&server.login(qop), hashed)));
    assert_eq!(answer.status(), 200, "{shown}");
    assert_eq!(server.calls.load(Ordering::SeqCst), 1, "{shown}");
}
