//! Tests which scopes a policy requires, which scopes imply others, and that a refusal names all scopes of the operation.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::convert::Infallible;
use std::sync::Arc;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Method, Request, Response};
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::header::Challenge;
use tower_challenge::policy::{
    Policy, PolicyDecision, PolicyExt, RequireScopes, ScopeImplications, all_of, any_of, by_method,
    role, scopes,
};
use tower_challenge::scheme::Bearer;
use tower_challenge::{
    ErrorParams, NowOrLater, Principal, RequestHead, RequireAuth, RequirePolicy, Scopes, Secret,
    Unavailable,
};

const METADATA: &str = "https://api.example/.well-known/oauth-protected-resource/mcp";

fn allows(policy: &impl Policy<Principal>, granted: &str) -> bool {
    let caller = Principal::new("ada").with_scopes(granted);
    let request = Request::new(());
    let decision = policy.decide(&caller, &RequestHead::of(&request));
    matches!(decision.try_now(), Ok(Ok(PolicyDecision::Allow)))
}

fn named(policy: &impl Policy<Principal>, method: Method) -> String {
    let request = Request::builder().method(method).body(()).unwrap();
    policy
        .required_scopes(&RequestHead::of(&request))
        .to_string()
}

fn need(list: &str) -> RequireScopes {
    scopes(list).unwrap()
}

/// MCP 2026-07-28, authorization: "Servers MUST account for scope hierarchies, where a broader scope implies narrower
/// ones, when deciding whether a token is sufficient for an operation."
#[test]
fn a_broader_scope_suffices_where_a_narrower_one_is_required() {
    let table = ScopeImplications::new()
        .implies("admin", "write audit")
        .unwrap()
        .implies("write", "read")
        .unwrap();
    let rows = [
        // granted, required, allowed
        ("read", "read", true),
        ("write", "read", true),
        ("admin", "read", true),
        ("admin", "read write audit", true),
        ("write audit", "read audit", true),
        ("read", "write", false),
        ("write", "admin", false),
        ("write", "read audit", false),
        ("", "read", false),
        ("Admin", "read", false),
        ("adm", "read", false),
        ("other", "read", false),
    ];
    for (granted, required, allowed) in rows {
        let policy = need(required).implied_by(table.clone());
        assert_eq!(allows(&policy, granted), allowed, "{granted} {required}");
        let implied = allowed && granted != required;
        assert!(
            !implied || !allows(&need(required), granted),
            "without a table"
        );
    }
}

#[test]
fn implications_are_transitive_in_any_order_and_circles_end() {
    let edges = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")];
    let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]];
    for order in orders {
        let mut table = ScopeImplications::new();
        for index in order {
            let (broader, narrower) = edges[index];
            table = table.implies(broader, narrower).unwrap();
        }
        let implies =
            |granted: &str, needed: &str| allows(&need(needed).implied_by(table.clone()), granted);
        for needed in ["b", "c", "d"] {
            for granted in ["a", "b", "c", "d"] {
                assert!(implies(granted, needed), "{granted} {needed} {order:?}");
            }
            assert!(!implies(needed, "a"), "{needed} {order:?}");
        }
    }
    let circle = ScopeImplications::new().implies("a", "a").unwrap();
    assert!(!allows(&need("b").implied_by(circle), "a"));
}

#[test]
fn a_table_takes_only_scopes_that_a_challenge_can_carry() {
    for (broader, narrower) in [
        ("", "a"),
        ("a", ""),
        ("a", " "),
        ("a b", "c"),
        ("a\"", "b"),
        ("a", "b\\"),
        ("\u{e9}", "a"),
    ] {
        let table = ScopeImplications::new().implies(broader, narrower);
        assert!(table.is_err(), "{broader:?} {narrower:?}");
    }
}

#[test]
fn a_closure_decides_which_scope_implies_which() {
    let below = |granted: &str, needed: &str| {
        let rest = needed.strip_prefix(granted);
        rest.is_some_and(|rest| rest.starts_with(':'))
    };
    let read = need("files:read files:write").implied_by(below);
    for (granted, allowed) in [
        ("files", true),
        ("files:read files:write", true),
        ("files:read", false),
        ("file", false),
        ("files:", false),
    ] {
        assert_eq!(allows(&read, granted), allowed, "{granted}");
    }
    let all = need("a").implied_by(|_: &str, _: &str| true);
    assert!(!allows(&all, ""), "no scope implies nothing");
}

#[test]
fn a_combined_policy_names_the_scopes_of_all_its_parts() {
    let get = Method::GET;
    let any = |_: &Principal, _: &RequestHead<'_>| true;
    let (a, b, c) = (need("a x"), need("b x"), need("c"));
    let and = a.clone().and(b.clone());
    assert_eq!(named(&and, get.clone()), "a x b");
    assert_eq!(named(&any.and(c.clone()), get.clone()), "c");
    let either = role("admin").unwrap().or(a.clone()).or(b.clone());
    assert_eq!(named(&either, get.clone()), "a x");
    assert_eq!(named(&a.clone().not(), get.clone()), "");
    let all = all_of([a.clone(), b.clone(), c.clone()]).unwrap();
    assert_eq!(named(&all, get.clone()), "a x b c");
    let first = any_of([b.clone(), c.clone()]).unwrap();
    assert_eq!(named(&Arc::new(first), get.clone()), "b x");
    let methods = by_method()
        .on([Method::GET], a)
        .on([Method::PUT], b)
        .build()
        .unwrap();
    let methods = methods.and(c);
    assert_eq!(named(&methods, Method::HEAD), "a x c");
    assert_eq!(named(&methods, Method::PUT), "b x c");
    assert_eq!(named(&methods, Method::POST), "c");
    assert_eq!(named(&any, get), "");
}

#[test]
fn a_union_keeps_each_scope_once_and_in_order() {
    let union = Scopes::new("a b").union(&Scopes::new("c b d a"));
    assert_eq!(union.to_string(), "a b c d");
    assert_eq!(Scopes::default().union(&Scopes::default()).to_string(), "");
}

type Verifier = fn(Secret<'_>) -> Option<Principal>;

/// A layer whose tokens are `t:` and the scopes that they grant, joined by `+`.
fn layer() -> RequireAuth<Bearer<Verifier>> {
    let by_scopes: Verifier = |token| {
        let granted = token.expose().strip_prefix("t.")?.replace('+', " ");
        Some(Principal::new("ada").with_scopes(&granted))
    };
    let bearer = Bearer::new("mcp", by_scopes).unwrap();
    let bearer = bearer.scope("first").unwrap();
    RequireAuth::new(bearer.resource_metadata(METADATA).unwrap()).unwrap()
}

/// Sends a request with a token that grants `granted`. Returns the status, and the scopes of the challenge.
async fn ask(
    auth: RequireAuth<Bearer<Verifier>>,
    route: Option<RequirePolicy>,
    granted: &str,
) -> (u16, Option<String>) {
    let inner = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    let request = Request::post("/mcp")
        .header(AUTHORIZATION, format!("Bearer t.{granted}"))
        .body(())
        .unwrap();
    let response = match route {
        Some(route) => auth.layer(route.layer(inner)).oneshot(request).await,
        None => auth.layer(inner).oneshot(request).await,
    };
    let response = response.unwrap();
    let challenge = response.headers().get(WWW_AUTHENTICATE).map(|field| {
        let challenge = Challenge::parse(field.as_bytes()).unwrap();
        let param = |name| {
            challenge
                .param(name)
                .unwrap()
                .to_str()
                .unwrap()
                .into_owned()
        };
        assert_eq!(param("error"), "insufficient_scope");
        assert_eq!(param("resource_metadata"), METADATA);
        param("scope")
    });
    (response.status().as_u16(), challenge)
}

/// MCP 2026-07-28, authorization: "Servers SHOULD include all scopes required for the current operation in a single
/// challenge". A client that asks for exactly the scopes of the challenge would otherwise lose a scope that it has.
#[tokio::test]
async fn a_refusal_names_all_scopes_of_the_operation_whichever_is_missing() {
    let and = || need("a").and(need("b").and(need("c")));
    for granted in ["x", "a", "b", "c", "a+b", "b+c", "a+c"] {
        let all = (403, Some("a b c".to_owned()));
        assert_eq!(ask(layer().policy(and()), None, granted).await, all);
        let several = layer().policy(need("a")).policy(need("b c"));
        assert_eq!(ask(several, None, granted).await, all, "{granted}");
        if granted.contains('a') {
            let outer = layer().policy(need("a"));
            let route = RequirePolicy::new(need("b").and(need("c")));
            assert_eq!(ask(outer, Some(route), granted).await, all, "{granted}");
        }
    }
    assert_eq!(ask(layer().policy(and()), None, "a+b+c").await, (200, None));
}

#[tokio::test]
async fn a_policy_that_waits_names_all_scopes_too() {
    struct Later(RequireScopes);
    impl Policy<Principal> for Later {
        fn decide(
            &self,
            caller: &Principal,
            request: &RequestHead<'_>,
        ) -> NowOrLater<Result<PolicyDecision, Unavailable>> {
            let decided = self.0.decide(caller, request);
            NowOrLater::later(async {
                tokio::task::yield_now().await;
                decided.await
            })
        }

        fn required_scopes(&self, request: &RequestHead<'_>) -> Scopes {
            Policy::<Principal>::required_scopes(&self.0, request)
        }
    }
    let all = (403, Some("a b".to_owned()));
    let auth = layer().policy(Later(need("a"))).policy(need("b"));
    assert_eq!(ask(auth, None, "b").await, all);
    let route = RequirePolicy::new(Later(need("b")));
    assert_eq!(ask(layer().policy(need("a")), Some(route), "a").await, all);
}

/// Another error stays as it is, and so does a challenge if a policy requires what no challenge can carry.
#[tokio::test]
async fn a_refusal_that_is_not_about_scopes_names_none() {
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    let auth = layer().policy(need("a").and(forbid));
    assert_eq!(ask(auth, None, "a").await, (403, None));

    struct Odd;
    impl Policy<Principal> for Odd {
        fn decide(
            &self,
            _: &Principal,
            _: &RequestHead<'_>,
        ) -> NowOrLater<Result<PolicyDecision, Unavailable>> {
            let lack = ErrorParams::insufficient_scope("a").unwrap();
            NowOrLater::now(Ok(PolicyDecision::Lacks(lack)))
        }

        fn required_scopes(&self, request: &RequestHead<'_>) -> Scopes {
            match request.method() {
                &Method::POST => Scopes::new("b \"c\""),
                _ => panic!("only POST"),
            }
        }
    }
    let own = (403, Some("a".to_owned()));
    assert_eq!(ask(layer().policy(Odd), None, "x").await, own);
    let route = RequirePolicy::new(Odd);
    assert_eq!(ask(layer(), Some(route), "x").await, own);
}

/// A panic of `required_scopes` admits no caller and ends no connection.
#[tokio::test]
async fn a_policy_that_panics_about_its_scopes_still_refuses() {
    struct Panics;
    impl Policy<Principal> for Panics {
        fn decide(
            &self,
            _: &Principal,
            _: &RequestHead<'_>,
        ) -> NowOrLater<Result<PolicyDecision, Unavailable>> {
            let lack = ErrorParams::insufficient_scope("a").unwrap();
            NowOrLater::now(Ok(PolicyDecision::Lacks(lack)))
        }

        fn required_scopes(&self, _: &RequestHead<'_>) -> Scopes {
            panic!("the policy panics on purpose")
        }
    }
    let status = ask(layer().policy(Panics), None, "x").await;
    assert_eq!(status, (503, None));
    let route = RequirePolicy::new(Panics);
    let own = (403, Some("a".to_owned()));
    assert_eq!(ask(layer(), Some(route), "x").await, own);
}
