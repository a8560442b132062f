//! Tests schemes that wrap other schemes. A wrapper cannot forget to forward a method: an example in the documentation
//! of `Scheme` shows that this does not compile.

use std::sync::Arc;

use tower_challenge::Principal;
use tower_challenge::policy::scopes;
use tower_challenge::scheme::{BodyUnread, Scheme, SchemeExt};

use crate::support::{
    Boxed, Kind, Layer, TOKEN, TestRequest, TestServer, TestWorld, USER, WRONG, get,
};

/// Returns the scheme in each wrapper that this crate has.
fn wrapped(scheme: Boxed) -> Vec<Boxed> {
    let shared: Arc<dyn Scheme<Identity = Principal, BodyAccess = BodyUnread>> = Arc::from(scheme);
    let inner = || Arc::clone(&shared);
    let silent = || Vec::<Boxed>::new();
    vec![
        Box::new(inner()),
        Box::new(Box::new(inner())),
        Box::new(vec![inner()]),
        Box::new((inner(),)),
        Box::new((silent(), inner())),
        Box::new((inner(), silent())),
        Box::new(inner().boxed()),
        Box::new(inner().map_identity(|caller| caller)),
        Box::new(vec![(
            inner().map_identity(|caller| caller).boxed(),
            silent(),
        )]),
    ]
}

fn each(kind: Kind, tune: fn(Layer) -> Layer, check: impl Fn(TestServer)) {
    let ways = wrapped(kind.build(&TestWorld::new())).len();
    for way in 0..ways {
        let scheme = |world: &TestWorld| vec![wrapped(kind.build(world)).swap_remove(way)];
        check(TestServer::build(scheme, tune));
    }
}

/// The throttle charges the account, and reserves an attempt also if the credentials are not in the field.
#[test]
fn a157_every_wrapper_forwards_the_account_and_the_claim() {
    each(
        Kind::Basic,
        |layer| layer,
        |stand| {
            let answer = stand.ask(get("/").basic(USER, WRONG)).is_refused();
            assert_eq!(answer.reserved, [Some(USER.to_owned())]);
        },
    );
    each(
        Kind::Digest,
        |layer| layer,
        |stand| {
            let wrong = Kind::Digest.wrong(&stand, &get("/"));
            let answer = stand.ask(get("/").authorization(wrong)).is_refused();
            assert_eq!(answer.reserved, [Some(USER.to_owned())]);
        },
    );
    each(
        Kind::Bearer,
        |layer| layer,
        |stand| {
            let answer = stand
                .ask(TestRequest::new("GET", "/?access_token=x"))
                .is_refused_uncounted();
            assert_eq!(answer.reserved, [None]);
        },
    );
}

/// The scheme that the client named puts the error into its challenge.
#[test]
fn a157_every_wrapper_forwards_the_error() {
    let tune = |layer: Layer| layer.policy(scopes("write").unwrap());
    each(Kind::Bearer, tune, |stand| {
        let answer = stand.ask(get("/").bearer(TOKEN)).is_forbidden();
        assert_eq!(answer.params("Bearer", "error"), ["insufficient_scope"]);
        let answer = stand
            .ask(get("/").authorization("Bearer \""))
            .is_malformed();
        assert_eq!(answer.params("Bearer", "error"), ["invalid_request"]);
    });
}
