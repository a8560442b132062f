//! Tests of statuses: a table of situations for all schemes, and credentials fields that cannot be parsed.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "../support/mod.rs"]
pub mod support;

mod rendered;

use std::fs;

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONNECTION, ORIGIN, UPGRADE, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;
use tower_challenge::ErrorParams;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::policy::PolicyDecision;
use tower_challenge::scheme::{Attempt, BodyUnread, Scheme, Verdict, VerdictNowOrLater};
use tower_challenge::{ClaimedAccount, NowOrLater, Principal, RequestHead, Secret, Unavailable};

use self::rendered::Reply;
use self::support::{
    Answer, Body, Kind, Layer, OTHER_TOKEN, OTHER_USER, PASSWORD, Probe, TOKEN, TestRequest,
    TestServer, USER, WRONG, WRONG_TOKEN, get,
};

fn vectors(file: &str, list: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let mut file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    serde_json::from_value(file[list].take()).unwrap()
}

/// Rows for which `basic.json` expects `400` and `credentials_parse.json` expects `401`; both mark them as disputed. In
/// this crate, credentials that break the grammar of their scheme get `400`, for all schemes.
const BASIC_SYNTAX: [&str; 6] = [
    "basic-no-colon",
    "basic-bad-pad",
    "basic-ctl-in-user",
    "basic-nul-in-pass",
    "basic-base64url",
    "basic-as-param",
];

#[test]
fn credentials_fields_of_the_vectors_get_the_status_of_the_vectors() {
    let (mut passed, mut skipped) = (0, 0);
    for row in vectors("credentials_parse.json", "cases") {
        let Some(status) = row["expect_status"].as_u64() else {
            skipped += 1;
            continue;
        };
        let stand = TestServer::of(&[Kind::Digest, Kind::Bearer, Kind::Basic]);
        let lines = row["lines"].as_array().unwrap().iter();
        let ask = lines.fold(get("/"), |ask, line| {
            ask.authorization(line.as_str().unwrap())
        });
        let disputed = BASIC_SYNTAX.contains(&row["id"].as_str().unwrap());
        let expected = if disputed { 400 } else { status };
        assert_eq!(u64::from(stand.ask(ask).status.as_u16()), expected, "{row}");
        passed += 1;
    }
    println!(
        "credentials_parse.json, statuses: {passed} passed, {skipped} skipped (the row has none)"
    );
    assert_eq!((passed, skipped), (20, 41));
}

const ALL: [Kind; 3] = [Kind::Digest, Kind::Bearer, Kind::Basic];

fn all(tune: impl FnOnce(Layer) -> Layer) -> TestServer {
    TestServer::tuned(&ALL, tune)
}

/// A scheme whose exchange always needs a second request.
struct TwoLegs;

impl Scheme for TwoLegs {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        challenges.push(Challenge::builder(SchemeName::NEGOTIATE).build().unwrap());
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        !attempt.is_absent()
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        let first = attempt.credentials(SchemeName::NEGOTIATE)?.token68()?;
        let second = Challenge::builder(SchemeName::NEGOTIATE).token68(first);
        Some(NowOrLater::now(Ok(Verdict::Continue(
            second.build().unwrap(),
        ))))
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        attempt.breaks_grammar(SchemeName::NEGOTIATE)
    }
}

/// An inner service that answers with `status` and a challenge of its own.
fn answers(status: StatusCode) -> Probe {
    Probe::answering(move |_| {
        let mut response = Response::new(Body::default());
        *response.status_mut() = status;
        let own = HeaderValue::from_static("Own realm=\"inside\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, own);
        response
    })
}

fn with_digest(stand: &TestServer, target: &str) -> TestRequest {
    let ask = get(target);
    let good = Kind::Digest.good(stand, &ask);
    ask.authorization(good)
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self {
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
        }
    }
}

/// Sends the request of a row. The error says why the row does not concern this layer.
fn play(id: &str) -> Result<Answer, &'static str> {
    Ok(match id {
        "no-cred" | "cache-401" => all(|layer| layer).ask(get("/")).is_challenged(),
        "head" => all(|layer| layer)
            .ask(TestRequest::new("HEAD", "/"))
            .is_challenged(),
        "optional-auth" => all(Layer::optional).ask(get("/")).is_anonymous(),
        "optional-auth-bad" => all(Layer::optional)
            .ask(get("/").basic(USER, WRONG))
            .is_refused(),
        "invalid-cred" => all(|layer| layer)
            .ask(get("/").bearer(WRONG_TOKEN))
            .is_refused(),
        "partial-cred" => {
            let stand = TestServer::build(|_| vec![Box::new(TwoLegs)], |layer| layer);
            let answer = stand.ask(get("/").authorization("Negotiate abc="));
            assert_eq!(
                answer.header(WWW_AUTHENTICATE.as_str()),
                Some("Negotiate abc=")
            );
            answer
        }
        "malformed" => all(|layer| layer)
            .ask(get("/").authorization("Basic a b"))
            .is_malformed(),
        "two-authorization" => {
            let twice = get("/").basic(USER, PASSWORD).bearer(TOKEN);
            all(|layer| layer).ask(twice).is_malformed()
        }
        "unknown-scheme" => all(|layer| layer)
            .ask(get("/").authorization("Foo abc"))
            .is_challenged(),
        "valid-not-permitted" => {
            let other = |caller: &Principal, _: &RequestHead<'_>| caller.name() == OTHER_USER;
            all(|layer| layer.policy(other))
                .ask(get("/").bearer(TOKEN))
                .is_forbidden()
        }
        "proxy-no-cred" => TestServer::proxy(&ALL, |layer| layer)
            .ask(get("http://a.example/"))
            .is_challenged(),
        "proxy-valid" => {
            let answer =
                TestServer::proxy(&ALL, |layer| layer).ask(get("http://a.example/").bearer(TOKEN));
            assert!(
                !answer.seen[0]
                    .head
                    .headers
                    .contains_key("proxy-authorization")
            );
            answer.is_admitted_as(USER)
        }
        "forward-to-upstream" => {
            let answer = all(Layer::strip_credentials).ask(get("/").bearer(OTHER_TOKEN));
            assert!(!answer.seen[0].head.headers.contains_key(AUTHORIZATION));
            answer.is_admitted_as(OTHER_USER)
        }
        "backend-401" => {
            let schemes = |world: &support::TestWorld| vec![world.bearer()];
            let stand = TestServer::over(answers(StatusCode::UNAUTHORIZED), schemes, |layer| layer);
            let answer = stand.ask(get("/").bearer(TOKEN));
            assert_eq!(
                answer.header(WWW_AUTHENTICATE.as_str()),
                Some("Own realm=\"inside\"")
            );
            answer
        }
        "validator-unavailable" => {
            let down = |_: Secret<'_>| Err::<Option<Principal>, _>(Unavailable::new("down"));
            let down = tower_challenge::scheme::Bearer::new("interop", down).unwrap();
            let stand = TestServer::build(|_| vec![Box::new(down)], |layer| layer);
            stand.ask(get("/").bearer(TOKEN)).is_unavailable()
        }
        "ratelimited" => {
            let stand = all(|layer| layer);
            stand.world.tally.exhaust();
            stand.ask(get("/").bearer(TOKEN)).is_throttled()
        }
        "options-plain" => {
            let ask = TestRequest::new("OPTIONS", "/").field(ORIGIN.as_str(), "https://a.example");
            all(|layer| layer).ask(ask).is_challenged()
        }
        "digest-stale" => {
            let stand = all(|layer| layer);
            let ask = with_digest(&stand, "/");
            stand.ask(ask.clone()).is_admitted_as(USER);
            stand.ask(ask).is_stale()
        }
        "digest-uri" => {
            let stand = all(|layer| layer);
            let elsewhere = Kind::Digest.good(&stand, &get("/elsewhere"));
            stand.ask(get("/").authorization(elsewhere)).is_malformed()
        }
        "digest-success" | "digest-success-error" => {
            let status = if id == "digest-success" { 200 } else { 404 };
            let inner = answers(StatusCode::from_u16(status).unwrap());
            let stand = TestServer::over(inner, |world| vec![world.digest()], |layer| layer);
            let answer = stand.ask(with_digest(&stand, "/"));
            let info = answer.header("authentication-info").unwrap();
            assert!(info.starts_with("rspauth=\""), "{info}");
            assert_eq!(answer.status, status);
            answer
        }
        "basic-success" => {
            let answer = all(|layer| layer)
                .ask(get("/").basic(USER, PASSWORD))
                .is_admitted_as(USER);
            assert_eq!(answer.header("authentication-info"), None);
            answer
        }
        "websocket" => {
            let ask = get("/")
                .field(UPGRADE.as_str(), "websocket")
                .field(CONNECTION.as_str(), "upgrade");
            all(|layer| layer).ask(ask).is_challenged()
        }
        "h2-connect" => all(|layer| layer)
            .ask(TestRequest::new("CONNECT", "a.example:443"))
            .is_challenged(),
        "reauth-stepup" => {
            let again = |_: &Principal, _: &RequestHead<'_>| {
                let error = ErrorParams::insufficient_user_authentication(None, Some(300));
                PolicyDecision::StepUp(error.unwrap())
            };
            let answer = all(|layer| layer.policy(again)).ask(get("/").bearer(TOKEN));
            assert_eq!(
                answer.params("Bearer", "error"),
                ["insufficient_user_authentication"]
            );
            answer
        }
        "connection-header" => {
            let hostile = get("/")
                .field(CONNECTION.as_str(), "authorization")
                .basic(USER, WRONG);
            all(|layer| layer).ask(hostile).is_refused();
            let hostile = get("/")
                .field(CONNECTION.as_str(), "authorization")
                .basic(USER, PASSWORD);
            all(|layer| layer).ask(hostile).is_admitted_as(USER)
        }
        "insecure-transport" => {
            let answer = all(Layer::require_tls).ask(get("/").basic(USER, PASSWORD));
            assert_eq!(answer.challenges(), []);
            answer
        }
        "cache-200" => {
            return Err(
                "RFC 9111 section 3.5 keeps it out of shared caches; `a097_an_answer_that_shared_caches_may_store_varies` has the rest",
            );
        }
        "trailers" => return Err("the layer sends Authentication-Info as a header field"),
        "http2-lowercase" => return Err("it concerns the HTTP library"),
        other => panic!("{other} is a row that this test does not know"),
    })
}

#[test]
fn each_situation_has_the_status_of_the_table() {
    let (mut passed, mut skipped) = (0, 0);
    for row in vectors("response_matrix.json", "rows") {
        let id = row["id"].as_str().unwrap();
        let reply = match rendered::play(id).map_or_else(|| play(id).map(Reply::from), Ok) {
            Ok(reply) => reply,
            Err(reason) => {
                println!("  skipped {id}: {reason}");
                skipped += 1;
                continue;
            }
        };
        let status = reply.status.as_u16();
        match (id, row["status"].as_u64(), &row["status"]) {
            // An HTTP server answers `431` before any layer, with a limit of its own. The layer has no limit for all
            // fields, and answers `400` to a credentials field above 16 KiB.
            ("too-large", Some(431), _) => assert_eq!(status, 400),
            (_, Some(expected), _) => assert_eq!(u64::from(status), expected, "{row}"),
            (_, None, named) if named == "3xx" => assert_eq!(status, 303),
            (_, None, named) if named == "any 4xx" => assert!(reply.status.is_client_error()),
            (_, None, named) if named == "inner (CORS layer)" => assert_eq!(status, 200),
            (_, None, _) => assert!(reply.is_from_inside(), "{row}"),
        }
        // The `404` of `NotFound` is the application's own, with the application's fields.
        if reply.status.is_client_error() && !reply.is_from_inside() && id != "hide" {
            assert_eq!(reply.headers[CACHE_CONTROL], "no-store", "{row}");
        }
        passed += 1;
    }
    println!("response_matrix.json: {passed} passed, {skipped} skipped");
    assert_eq!((passed, skipped), (39, 3));
}
