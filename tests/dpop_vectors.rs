//! Tests DPoP against the vectors of `tests/vectors/dpop.json`.
#![cfg(feature = "full")]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

pub mod support;

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::Value;
use tower_challenge::clock::ManualClock;
use tower_challenge::jose::SignatureAlgorithm;
use tower_challenge::scheme::bearer::{
    BoundIdentity, BoundNowOrLater, TokenConfirmation, VerifyBoundToken,
};
use tower_challenge::scheme::dpop::proof::access_token_hash;
use tower_challenge::scheme::dpop::{DpopNonces, ProofTarget};
use tower_challenge::scheme::{Attempt, Bearer, Dpop, Scheme, ServerRole, Verdict};
use tower_challenge::store::MemoryStore;
use tower_challenge::{NowOrLater, Principal, RequestHead, Secret, VerifyFailure};

use self::support::dpop::{DpopServer, builder};
use self::support::{Answer, REALM, get};

fn vectors() -> Value {
    file("dpop")
}

fn file(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap()
}

/// Knows the token of a row, and the key to which it is bound.
struct TokenOfRow {
    token: String,
    key: [u8; 32],
}

impl VerifyBoundToken for TokenOfRow {
    type Identity = Principal;

    fn verify_bound(&self, token: Secret<'_>) -> BoundNowOrLater<Principal> {
        let confirmation = Some(TokenConfirmation::key(self.key));
        let owner = || BoundIdentity::new(Principal::new("ada"), confirmation);
        let owner = token.matches(&self.token).then(owner);
        NowOrLater::now(Ok(owner.ok_or(VerifyFailure::default())))
    }
}

/// The server of a row. The origin of the request is its external origin.
fn server(row: &Value) -> Dpop<TokenOfRow> {
    let request = &row["request"];
    let key = URL_SAFE_NO_PAD.decode(text(request, "token_jkt")).unwrap();
    let tokens = TokenOfRow {
        token: text(request, "access_token").to_owned(),
        key: key.try_into().unwrap(),
    };
    let url: http::Uri = text(request, "url").parse().unwrap();
    let origin = format!(
        "{}://{}",
        url.scheme_str().unwrap(),
        url.authority().unwrap()
    );
    let now = Duration::from_secs(request["now"].as_u64().unwrap());
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH + now);
    let nonces = match request["nonce_required"].as_bool() {
        Some(true) => DpopNonces::Required,
        _ => DpopNonces::Off,
    };
    let dpop = Dpop::builder("r", tokens).external_origin(&origin);
    let dpop = dpop.nonces(nonces).clock(clock.clone());
    let store = MemoryStore::new().with_clock(clock);
    dpop.store(store).build().unwrap()
}

/// Sends the request of a row. Returns `None` if it is admitted, and otherwise `error` of the challenge and the code.
fn send(server: &Dpop<TokenOfRow>, row: &Value) -> Option<(String, &'static str)> {
    let sent = &row["request"];
    let url: http::Uri = text(sent, "url").parse().unwrap();
    let mut request = Request::builder()
        .method(text(sent, "method"))
        .uri(url.path_and_query().unwrap().as_str())
        .header(
            AUTHORIZATION,
            format!("DPoP {}", text(sent, "access_token")),
        );
    for proof in sent["dpop"].as_array().unwrap() {
        request = request.header("DPoP", proof.as_str().unwrap());
    }
    let request = request.body(()).unwrap();
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    match server
        .authenticate(&attempt)
        .unwrap()
        .try_now()
        .unwrap()
        .unwrap()
    {
        Verdict::Admit(_) => None,
        Verdict::Refuse(refusal) => {
            let error = refusal.challenges()[0].param("error").unwrap();
            let error = error.to_str().unwrap().into_owned();
            Some((error, refusal.code().unwrap()))
        }
        other => panic!("{other:?}"),
    }
}

/// The code of this crate for the reason of a row.
fn code(reason: &str) -> &'static str {
    match reason {
        "not-exactly-one-DPoP-header" => "dpop_several_proofs",
        "not-a-well-formed-JWT" => "dpop_not_jwt",
        "missing-jti" | "missing-htm" => "dpop_claim_missing",
        "bad-type-iat" | "bad-type-jti" => "dpop_claim_type",
        "typ" => "dpop_another_type",
        "alg" => "dpop_algorithm_not_allowed",
        "jwk" => "dpop_no_public_key",
        // The only row has an empty signature, and a signed JWT has none.
        "signature" => "dpop_not_jwt",
        "htm" => "dpop_another_method",
        "htu" => "dpop_another_target",
        "nonce-missing" => "dpop_nonce_missing",
        "iat-outside-window" => "dpop_out_of_time",
        "missing-ath" => "dpop_token_hash_missing",
        "ath" => "dpop_another_token",
        "jkt-mismatch" => "dpop_another_key",
        "jti-replayed" => "dpop_replayed",
        other => panic!("{other}"),
    }
}

/// The rows that this crate cannot run, each with its reason.
const SKIPPED: [(&str, &str); 1] = [(
    "gen-nonce-ok",
    "a server of this crate accepts the nonces alone that it has made; rfc9449.rs tests those",
)];

#[test]
fn every_row_is_admitted_or_refused_for_its_reason() {
    let file = vectors();
    let rows = file["vectors"].as_array().unwrap();
    let (mut admitted, mut refused, mut skipped) = (0, 0, 0);
    for row in rows {
        let id = text(row, "id");
        if let Some((_, reason)) = SKIPPED.iter().find(|(skipped, _)| *skipped == id) {
            println!("  skipped {id}: {reason}");
            skipped += 1;
            continue;
        }
        let server = server(row);
        if row["request"]["seen_jti"].is_array() {
            assert_eq!(send(&server, row), None, "{id}");
        }
        let got = send(&server, row);
        if row["expect"]["ok"] == true {
            assert_eq!(got, None, "{id}");
            admitted += 1;
            continue;
        }
        let expect = &row["expect"];
        let expected = (
            text(expect, "error").to_owned(),
            code(text(expect, "reason")),
        );
        assert_eq!(got, Some(expected), "{id}");
        assert_eq!(expect["status"], 401, "{id}");
        refused += 1;
    }
    let passed = admitted + refused;
    println!(
        "dpop.json: {passed} passed, {skipped} skipped ({admitted} admitted, {refused} refused)"
    );
    assert_eq!((admitted, refused, skipped), (10, 34, 1));
    assert_eq!(file["count"], 45);
}

/// RFC 9449 sections 4.1, 5 and 7.1: the examples of the RFC. `jws_vectors.rs` tests its thumbprint.
#[test]
fn the_examples_of_the_rfc_have_the_hash_and_the_thumbprint() {
    let examples = &vectors()["examples"];
    let hash = access_token_hash(text(examples, "access_token"));
    assert_eq!(hash, text(examples, "ath"));
    let payload = &examples["access_token_jwt_payload"];
    assert_eq!(payload["cnf"]["jkt"], examples["jkt"]);
    let target = ProofTarget::parse("https://resource.example.org/protectedresource");
    assert!(target.is_some());
}

/// The proof of RFC 9449 section 7.1 is admitted at its time, once.
#[test]
fn the_proof_of_the_rfc_is_admitted_once() {
    let file = vectors();
    let mut rows = file["vectors"].as_array().unwrap().iter();
    let row = rows.find(|row| row["id"] == "rfc9449-url-query").unwrap();
    let server = server(row);
    assert_eq!(send(&server, row), None);
    assert_eq!(send(&server, row).unwrap().1, "dpop_replayed");
}

/// The answer in the scenario of a row of `bearer.json` about DPoP.
fn scenario(id: &str) -> Answer {
    let algorithms = match id {
        "dpop-none" => &[SignatureAlgorithm::Es256, SignatureAlgorithm::Ps256][..],
        _ => &[SignatureAlgorithm::Es256],
    };
    let nonces = match id {
        "dpop-nonce" => DpopNonces::Required,
        _ => DpopNonces::Off,
    };
    let has_bearer = matches!(id, "dpop-none" | "dpop-downgrade");
    let server = DpopServer::build(
        |world, tokens| {
            let dpop = builder(world, tokens.clone()).nonces(nonces);
            let dpop = dpop.algorithms(algorithms.iter().copied());
            let dpop = Box::new(dpop.build().unwrap());
            match has_bearer {
                true => vec![Box::new(Bearer::new(REALM, tokens).unwrap()), dpop],
                false => vec![dpop],
            }
        },
        |layer| layer,
    );
    let request = match id {
        "dpop-none" => get("/"),
        "dpop-token-bad" => {
            let token = server.token().expired().sign();
            let proof = server.proof("GET", "/").token(&token).sign();
            let request = get("/").authorization(format!("DPoP {token}"));
            request.field("dpop", proof)
        }
        "dpop-proof-two" => server.good().field("dpop", server.proof("GET", "/").sign()),
        "dpop-nonce" => server.good(),
        "dpop-downgrade" => get("/").bearer(&server.token),
        other => panic!("{other}"),
    };
    server.stand.ask(request)
}

/// The rows of `bearer.json` about DPoP. There are two exceptions: this crate always sends the realm, and never sends
/// `error_description`. The nonce is the server's own, and its challenge has `algs`, too.
#[test]
fn each_error_has_its_status_and_its_parameters() {
    let file = file("bearer");
    let rows = file["vectors"].as_array().unwrap().iter();
    let rows = rows.filter(|row| row["id"].as_str().is_some_and(|id| id.starts_with("dpop-")));
    let mut passed = 0;
    for row in rows {
        let answer = scenario(text(row, "id"));
        assert_eq!(u64::from(answer.status.as_u16()), row["status"], "{row}");
        let expected = row["challenges"].as_array().unwrap();
        let sent = answer.challenges();
        assert_eq!(sent.len(), expected.len(), "{row}");
        for (sent, expected) in sent.iter().zip(expected) {
            assert_eq!(sent.scheme().as_str(), text(expected, "scheme"), "{row}");
            let params = expected["params"].as_array().unwrap().iter();
            let params =
                params.filter(|param| param[0] != "error_description" && param[0] != "realm");
            for param in params {
                let got = sent.param(param[0].as_str().unwrap()).unwrap();
                assert_eq!(got.to_str().unwrap(), param[1].as_str().unwrap(), "{row}");
            }
        }
        let has_nonce = answer.header("dpop-nonce").is_some();
        assert_eq!(has_nonce, row["headers"]["DPoP-Nonce"].is_string());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        passed += 1;
    }
    println!("bearer.json, DPoP: {passed} passed, 0 skipped");
    assert_eq!(passed, 5);
}
