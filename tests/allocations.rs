//! Tests that the layer makes no allocations of its own for a request that it admits without waiting.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, Request, Response};
use tower::{Layer, Service};
use tower_challenge::client::ClientCertificate;
use tower_challenge::introspection::{ClientCredentials, IntrospectionVerifier};
use tower_challenge::jwt::TokensByIssuer;
use tower_challenge::password::OneAccount;
use tower_challenge::policy::{PolicyExt, all_of, any_of, by_method};
use tower_challenge::scheme::bearer::{StaticTokens, VerifyToken};
use tower_challenge::scheme::client_certificate::{CertificateLogin, KnownCertificates};
use tower_challenge::scheme::digest::proof::{Ha1, ResponseInputs};
use tower_challenge::scheme::digest::{DigestAccounts, DigestAlgorithm};
use tower_challenge::scheme::mutual::{
    HostValidation, MutualAccounts, MutualAlgorithm, MutualSpace,
};
use tower_challenge::scheme::scram::ScramAccounts;
use tower_challenge::scheme::{ApiKey, Basic, Bearer, BodyUnread, Digest, Mutual, Scram};
use tower_challenge::store::MemoryStore;
use tower_challenge::{Principal, RequestHead, RequireAuth, RequirePolicy, Scheme, Secret};

/// A service that allocates for its response alone.
#[derive(Clone)]
struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let mut response = Response::new(());
        let text = HeaderValue::from_static("text/plain");
        response.headers_mut().insert(CONTENT_TYPE, text);
        ready(Ok(response))
    }
}

fn now<S>(service: &mut S, request: Request<()>) -> Response<()>
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible>,
{
    let mut response = pin!(service.call(request));
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut cx) else {
        panic!("the service waits")
    };
    response
}

fn request(authorization: &str) -> Request<()> {
    let mut request = Request::new(());
    if !authorization.is_empty() {
        let value = authorization.parse().unwrap();
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    request
}

/// Returns the number of allocations that `service` makes for `request`, and the status.
fn allocations<S>(service: &mut S, request: Request<()>) -> (u64, u16)
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible>,
{
    let mut status = 0;
    let info = measure(|| status = now(service, request).status().as_u16());
    (info.count_total, status)
}

/// The allocations that every layer needs: those of the response, and those to insert an identity into the extensions.
fn minimum() -> u64 {
    let mut inner = Inner;
    measure(|| {
        let mut request = Request::new(());
        request.extensions_mut().insert(Principal::new(""));
        now(&mut inner, request);
    })
    .count_total
        - measure(|| drop(Principal::new(""))).count_total
}

fn bearer() -> Bearer<StaticTokens> {
    let tokens = StaticTokens::new().unwrap();
    let tokens = tokens.token("t0ken", Principal::new("ada")).unwrap();
    Bearer::new("interop", tokens).unwrap()
}

fn basic() -> Basic<OneAccount> {
    Basic::new(
        "interop",
        OneAccount::new("Aladdin", "open sesame").unwrap(),
    )
    .unwrap()
}

fn protect<A: Scheme<BodyAccess = BodyUnread>>(
    scheme: A,
) -> impl Service<Request<()>, Response = Response<()>, Error = Infallible> {
    RequireAuth::new(scheme).unwrap().layer(Inner)
}

#[test]
fn an_accepted_token_costs_no_allocation() {
    let counted = allocations(&mut protect(bearer()), request("Bearer t0ken"));
    assert_eq!(counted, (minimum(), 200));
}

/// axum clones a layer, and calls `layer`, for each route and each connection.
#[test]
fn another_service_of_a_layer_or_of_its_clone_costs_one_allocation() {
    let layer = RequireAuth::new(basic()).unwrap();
    let mut first = layer.layer(Inner);
    let another = measure(|| drop(layer.clone().layer(Inner)));
    assert_eq!(another.count_total, 1);
    let mut changed = layer.clone().proxy().layer(Inner);
    assert_eq!(now(&mut changed, Request::new(())).status(), 407);
    for service in [&mut first, &mut layer.layer(Inner)] {
        assert_eq!(
            now(service, Request::new(())).status(),
            401,
            "a changed clone is another layer"
        );
    }
}

/// A layer that offers a login, or advises clients, pays where it does so and nowhere else.
#[test]
fn an_accepted_token_costs_no_allocation_in_a_layer_that_offers_a_login() {
    let auth = RequireAuth::new(bearer()).unwrap().optional().offer_login();
    let counted = allocations(&mut auth.clone().layer(Inner), request("Bearer t0ken"));
    let silent = RequireAuth::new(bearer()).unwrap().optional();
    assert_eq!(
        counted,
        allocations(&mut silent.layer(Inner), request("Bearer t0ken"))
    );
    let anonymous = allocations(&mut auth.layer(Inner), request(""));
    let unoffered = allocations(&mut silent.layer(Inner), request(""));
    assert!(unoffered < anonymous, "{unoffered:?} {anonymous:?}");
    assert!(unoffered.0 <= minimum() + 1, "{unoffered:?}");
}

/// An authorization server that says of every token that it is active.
fn introspection() -> IntrospectionVerifier {
    let server = tower::service_fn(async |_: Request<Vec<u8>>| {
        let response = Response::builder().header(CONTENT_TYPE, "application/json");
        let answer = r#"{"active":true,"sub":"ada"}"#.to_owned();
        Ok::<_, Infallible>(response.body(answer).unwrap())
    });
    let credentials = ClientCredentials::secret_basic("rs", "s3cret");
    let verifier = IntrospectionVerifier::builder("https://as.example/introspect", credentials);
    verifier.client(server).build().unwrap()
}

#[test]
fn an_introspected_token_that_comes_again_costs_no_allocation() {
    let verifier = introspection();
    let either = TokensByIssuer::new().opaque(verifier.clone()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let asked = async { verifier.verify(Secret::new("t0ken")).await.unwrap() };
    drop(runtime.unwrap().block_on(asked).unwrap());
    let mut service = protect(Bearer::new("interop", verifier).unwrap());
    let counted = allocations(&mut service, request("Bearer t0ken"));
    assert_eq!(counted, (minimum(), 200));
    let mut service = protect(Bearer::new("interop", either).unwrap());
    let counted = allocations(&mut service, request("Bearer t0ken"));
    assert_eq!(counted, (minimum(), 200));
}

#[test]
fn an_accepted_password_costs_no_allocation() {
    let credentials = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
    let counted = allocations(&mut protect(basic()), request(credentials));
    assert_eq!(counted, (minimum(), 200));
}

#[test]
fn schemes_that_do_not_claim_cost_no_allocation() {
    let schemes = (basic(), bearer(), bearer());
    let counted = allocations(&mut protect(schemes), request("Bearer t0ken"));
    assert_eq!(counted, (minimum(), 200));
}

/// Strangers begin 100,000 exchanges of SCRAM and end none.
#[test]
fn exchanges_of_scram_that_are_under_way_take_no_memory() {
    let store = MemoryStore::new();
    let accounts = ScramAccounts::new([("ada", "lovelace")]).unwrap();
    let scram = Scram::builder("interop", accounts).store(store.clone());
    let mut service = protect(scram.build().unwrap());
    let mut begin = |number: u32| {
        let message = STANDARD.encode(format!("n,,n=stranger{number},r=nonce{number}"));
        let request = request(&format!("SCRAM-SHA-256 data={message}"));
        assert_eq!(now(&mut service, request).status(), 401);
    };
    begin(0);
    let grown = measure(|| (0..100_000).for_each(&mut begin));
    assert_eq!((grown.bytes_current, store.entry_count()), (0, 0));
    assert!(grown.bytes_max < 8192, "{} bytes at once", grown.bytes_max);
}

/// Strangers begin exchanges of Mutual and end none. They are few, because the arithmetic is slow without optimisation;
/// `tests_of_memory.rs` of the scheme begins 100,000.
#[test]
fn exchanges_of_mutual_that_are_under_way_take_no_memory() {
    let store = MemoryStore::new();
    let space = MutualSpace::new(MutualAlgorithm::P256, "https://a.example", "interop").unwrap();
    let host = HostValidation::https_without_certificate("https://a.example").unwrap();
    let accounts = MutualAccounts::new(&space, [("ada", "lovelace")]).unwrap();
    let mutual = Mutual::builder(&space, host, accounts).store(store.clone());
    let mutual = mutual.build().unwrap();
    let mut service = protect(mutual.clone());
    let mut begin = |number: u32| {
        let request = request(&format!(
            "Mutual version=1, algorithm=iso-kam3-ec-p256-sha256, validation=host, auth-scope=\"https://a.example\", \
             realm=\"interop\", user=stranger{number}, kc1=0022dd7ff8ef77fe9b5604dd8b607aad2ee4253b886fd5d3090a7b5c00cce861aa"
        ));
        assert_eq!(now(&mut service, request).status(), 401);
    };
    begin(0);
    let grown = measure(|| (0..300).for_each(&mut begin));
    assert_eq!((grown.bytes_current, store.entry_count()), (0, 0));
    assert_eq!(mutual.marked_sessions(), 0);
}

#[test]
fn policies_that_answer_at_once_cost_no_allocation() {
    let ada = |caller: &Principal, _: &RequestHead<'_>| caller.name() == "ada";
    let layer = RequireAuth::new(bearer()).unwrap().policy(ada).policy(ada);
    let counted = allocations(&mut layer.layer(Inner), request("Bearer t0ken"));
    assert_eq!(counted, (minimum(), 200));
}

#[test]
fn combined_policies_and_routes_that_answer_at_once_cost_no_allocation() {
    let ada = |caller: &Principal, _: &RequestHead<'_>| caller.name() == "ada";
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    let listed = any_of([forbid, forbid]).unwrap().or(ada);
    let policy = all_of([ada, ada]).unwrap().and(forbid.not()).and(listed);
    let policy = by_method().on([Method::GET], policy).build().unwrap();
    let layer = RequireAuth::new(bearer()).unwrap();
    let route =
        RequirePolicy::new(policy.clone()).layer(RequirePolicy::new(policy.clone()).layer(Inner));
    let mut service = layer.policy(policy).layer(route);
    let counted = allocations(&mut service, request("Bearer t0ken"));
    assert_eq!(counted, (minimum(), 200));
}

/// The response allocates a map of fields, which takes two allocations, and a list for the fields that share a name.
#[test]
fn a_refusal_costs_the_fields_of_the_response_alone() {
    let counted = allocations(&mut protect(bearer()), request(""));
    assert_eq!(counted, (2, 401));
    let counted = allocations(&mut protect((bearer(), basic(), basic())), request(""));
    assert_eq!(counted, (3, 401));
    let mut service = protect(bearer());
    // The layer makes the fields of this refusal for the first one, and copies them into the next.
    let first = now(&mut service, request("Bearer wr0ng"));
    assert_eq!(first.status(), 401);
    let counted = allocations(&mut service, request("Bearer wr0ng"));
    assert_eq!(counted, (2, 401));
}

#[test]
fn an_accepted_digest_costs_one_allocation_for_the_reply_field() {
    let accounts = DigestAccounts::new("interop", [("ada", "lovelace")]).unwrap();
    let mut service = protect(Digest::new("interop", accounts).unwrap());
    let refused = now(&mut service, request(""));
    let challenge = refused.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    let (_, nonce) = challenge.split_once("nonce=\"").unwrap();
    let (nonce, _) = nonce.split_once('"').unwrap();
    let ha1 = Ha1::of(DigestAlgorithm::Sha256, b"ada", b"interop", b"lovelace");
    let credentials = |nc: &str| {
        let proof = ResponseInputs {
            method: b"GET",
            uri: b"/",
            nonce: nonce.as_bytes(),
            nc: nc.as_bytes(),
            cnonce: b"c",
            qop: b"auth",
        };
        let response = proof.responses(&ha1).response();
        request(&format!(
            "Digest username=\"ada\", realm=\"interop\", nonce=\"{nonce}\", uri=\"/\", algorithm=SHA-256, qop=auth, \
             nc={nc}, cnonce=\"c\", response=\"{response}\""
        ))
    };
    // The first use of a nonce allocates its entry in the store.
    assert_eq!(now(&mut service, credentials("00000001")).status(), 200);
    let counted = allocations(&mut service, credentials("00000002"));
    assert_eq!(counted, (minimum() + 1, 200));
}

/// The field name in `Vary` and the directive need no allocation of their own.
#[test]
fn an_accepted_api_key_costs_no_allocation() {
    let keys = ApiKey::new("interop", [("ada", "k3y")]).unwrap();
    let mut service = protect((keys, basic()));
    let with_key = || {
        let mut request = request("");
        let key = HeaderValue::from_static("k3y");
        request.headers_mut().insert("x-api-key", key);
        request
    };
    assert_eq!(now(&mut service, with_key()).status(), 200);
    let counted = allocations(&mut service, with_key());
    assert_eq!(counted, (minimum(), 200));
}

/// The code that accepts connections has made the certificate before. With it, the request has a map of extensions, which
/// takes two allocations of the minimum.
#[test]
fn an_accepted_certificate_costs_no_allocation() {
    let certificate = ClientCertificate::from_der([0x30, 0x03, 0x02, 0x01, 0x01]);
    let thumbprint = certificate.thumbprint().to_string();
    let known = || KnownCertificates::new([(&thumbprint, Principal::new("ada"))]).unwrap();
    let login = || CertificateLogin::new(known()).unwrap();
    let shown = |credentials: &str| {
        let mut request = request(credentials);
        request.extensions_mut().insert(certificate.clone());
        request
    };
    let counted = allocations(&mut protect((basic(), login())), shown(""));
    assert_eq!(counted, (minimum() - 2, 200));
    let mut pair = protect(login().beside(bearer()));
    for credentials in ["", "Bearer t0ken"] {
        let counted = allocations(&mut pair, shown(credentials));
        assert_eq!(counted, (minimum() - 2, 200));
    }
}
