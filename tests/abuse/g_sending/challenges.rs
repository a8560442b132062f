//! Tests which challenges the layer sends.

use crate::support::Boxed;
use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use tower_challenge::ErrorParams;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::require_auth::Inner401;
use tower_challenge::scheme::{Attempt, Refusal, Scheme, ServerRole, VerdictNowOrLater};
use tower_challenge::{ClaimedAccount, Principal, RequireAuth};

use super::schemes;
use crate::support::{Answer, Body, Kind, Layer, Probe, Schemes, TestServer, TestWorld, get};

/// A scheme that has no challenge for the path `/silent`.
#[derive(Debug)]
struct Silent;

impl Scheme for Silent {
    type Identity = Principal;
    type BodyAccess = tower_challenge::scheme::BodyUnread;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        _: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        if attempt.head().uri().path() != "/silent" {
            challenges.push(Challenge::builder(SchemeName::HOBA).build().unwrap());
        }
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        !attempt.is_absent()
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        attempt.credentials(SchemeName::HOBA)?;
        Some(Refusal::wrong("never").at_once())
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        attempt.breaks_grammar(SchemeName::HOBA)
    }
}

/// The layer sends no `401` without a challenge: it sends `403` instead.
#[test]
fn a093_the_layer_sends_403_if_there_is_no_challenge() {
    let silent = |_: &TestWorld| -> Schemes { vec![Box::new(Silent)] };
    for stand in [
        TestServer::build(silent, |layer| layer),
        TestServer::build(silent, Layer::optional),
    ] {
        for credentials in ["HOBA result=x", "Unheard-Of", "", "HOBA"] {
            let answer = stand.ask(get("/silent").authorization(credentials));
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            assert_eq!(answer.challenges(), []);
            let answer = stand.ask(get("/").authorization(credentials));
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        }
    }
    assert!(RequireAuth::new(Vec::<Boxed>::new()).is_err());
    assert!(RequireAuth::new(vec![Vec::<Boxed>::new()]).is_err());
}

/// The layer sends a field line for each challenge, in the order of the schemes. With `join_challenges`, it sends a
/// single line.
#[test]
fn a093_the_layer_sends_a_line_for_each_challenge() {
    for (kinds, stand) in TestServer::every() {
        let answer = stand
            .ask(get("/").authorization("Unheard-Of"))
            .is_challenged();
        let lines = answer.headers.get_all(stand.role.challenge_field());
        let schemes = lines
            .iter()
            .map(|line| line.to_str().unwrap().split(' ').next().unwrap());
        assert!(
            schemes.eq(kinds.iter().map(|kind| kind.name())),
            "{kinds:?}"
        );
        assert!(
            lines
                .iter()
                .all(|line| !line.as_bytes().iter().any(u8::is_ascii_control))
        );
        let joined = TestServer::tuned(&kinds, Layer::join_challenges);
        let answer = joined.ask(get("/"));
        let line = answer.header(WWW_AUTHENTICATE.as_str()).unwrap();
        assert!(!line.bytes().any(|byte| byte.is_ascii_control()));
        assert_eq!(answer.challenges().len(), kinds.len());
    }
}

/// The layer sends a challenge once, even if the application configures the scheme twice.
#[test]
fn a094_a_scheme_that_is_configured_twice_is_challenged_once() {
    for kind in Kind::ALL {
        let twice = |world: &TestWorld| vec![kind.build(world), kind.build(world)];
        // The constructor may refuse this. If it does not, the layer sends each challenge once.
        if RequireAuth::new(twice(&TestWorld::new())).is_err() {
            continue;
        }
        let stand = TestServer::build(twice, |layer| layer);
        for ask in [
            get("/"),
            get("/").authorization(kind.wrong(&stand, &get("/"))),
        ] {
            assert_each_once(&stand.ask(ask));
        }
    }
}

fn assert_each_once(answer: &Answer) {
    let challenges = answer.challenges();
    let say = |challenge: &Challenge, name: &str| {
        challenge
            .param(name)
            .map(|value| value.to_bytes().into_owned())
    };
    let space = |challenge: &Challenge| {
        (
            challenge.scheme().as_str().to_lowercase(),
            say(challenge, "realm"),
            say(challenge, "algorithm"),
        )
    };
    let spaces: std::collections::HashSet<_> = challenges.iter().map(space).collect();
    assert_eq!(spaces.len(), challenges.len(), "{challenges:?}");
}

/// A layer around a layer with the same challenges does not repeat them.
#[test]
fn a094_a_layer_around_a_layer_repeats_no_challenge() {
    for what in [Inner401::Pass, Inner401::Append, Inner401::Replace] {
        for kinds in Kind::orders() {
            let outer = TestServer::tuned(&kinds, |layer| layer.inner_401(what));
            let probe = refusing(&outer);
            let stand = TestServer::over(probe, schemes(&kinds), |layer| layer.inner_401(what));
            for kind in &kinds {
                let ask = get("/");
                let good = kind.good(&stand, &ask);
                let answer = stand.ask(ask.authorization(good));
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
                assert_each_once(&answer);
                assert_eq!(answer.challenges().len(), kinds.len(), "{what:?}");
            }
        }
    }
}

/// A service that answers as `stand` answers a client without credentials.
fn refusing(stand: &TestServer) -> Probe {
    let refusal = stand.ask(get("/"));
    Probe::answering(move |_| {
        let mut response = Response::new(Body::from("theirs"));
        *response.status_mut() = refusal.status;
        *response.headers_mut() = refusal.headers.clone();
        response
    })
}

/// By default, the layer leaves a `401` of the inner service as it is.
#[test]
fn a095_the_layer_leaves_adds_to_or_replaces_an_inner_401() {
    for role in [ServerRole::Origin, ServerRole::Proxy] {
        for (kinds, theirs) in Kind::orders()
            .into_iter()
            .flat_map(|kinds| [(kinds.clone(), 0), (kinds.clone(), 1), (kinds, 2)])
        {
            for what in [
                None,
                Some(Inner401::Pass),
                Some(Inner401::Append),
                Some(Inner401::Replace),
            ] {
                assert_inner_401(role, &kinds, theirs, what);
            }
        }
    }
}

fn assert_inner_401(role: ServerRole, kinds: &[Kind], theirs: usize, what: Option<Inner401>) {
    let lines = &["Custom realm=\"theirs\"", "Other a=b, Third"][..theirs];
    let probe = Probe::answering(move |_| {
        let mut response = Response::new(Body::from("theirs"));
        *response.status_mut() = role.unauthenticated();
        for line in lines {
            response
                .headers_mut()
                .append(role.challenge_field(), HeaderValue::from_static(line));
        }
        response
    });
    let mut stand = TestServer::over(probe, schemes(kinds), |layer| {
        let layer = if role == ServerRole::Proxy {
            layer.proxy()
        } else {
            layer
        };
        what.map_or(layer.clone(), |what| layer.inner_401(what))
    });
    stand.role = role;
    let good = kinds[0].good(&stand, &get("/"));
    let answer = stand.ask(get("/").authorization(good));
    assert_eq!(
        (answer.status, &answer.body[..]),
        (role.unauthenticated(), &b"theirs"[..])
    );
    let said = answer.headers.get_all(role.challenge_field()).iter();
    let said: Vec<_> = said.map(|line| line.to_str().unwrap()).collect();
    let ours = kinds.iter().map(|kind| kind.name());
    let ours_follow = |said: &[&str]| {
        let names = said.iter().map(|line| line.split(' ').next().unwrap());
        assert!(names.eq(ours.clone()), "{said:?}");
    };
    match what {
        None | Some(Inner401::Pass) => assert_eq!(said, lines),
        Some(Inner401::Append) => {
            assert_eq!(&said[..theirs], lines);
            ours_follow(&said[theirs..]);
        }
        _ => ours_follow(&said),
    }
}

/// If credentials are optional, a handler may still answer `401`. The layer then adds its challenges, if it is so
/// configured.
#[test]
fn a095_the_layer_adds_challenges_to_an_inner_401_for_an_anonymous_client() {
    for what in [Inner401::Append, Inner401::Replace] {
        for kinds in Kind::orders() {
            let refuse = Probe::answering(|_| {
                let response = Response::builder().status(StatusCode::UNAUTHORIZED);
                response.body(Body::default()).unwrap()
            });
            let tune = |layer: Layer| layer.optional().inner_401(what);
            let answer = TestServer::over(refuse, schemes(&kinds), tune).ask(get("/"));
            assert!(answer.is_from_inside());
            let names = answer.challenges();
            let names = names
                .iter()
                .map(|challenge| challenge.scheme().as_str().to_owned());
            assert!(names.eq(kinds.iter().map(|kind| kind.name())), "{what:?}");
        }
    }
}

/// The response does not depend on the host that the client names.
#[test]
fn a096_the_response_does_not_depend_on_the_host_field() {
    for (kinds, stand) in TestServer::every() {
        let credentials = kinds.iter().map(|kind| format!("{} x", kind.name()));
        for credentials in credentials.chain(["Unheard-Of".to_owned()]) {
            let plain = stand.ask(get("/").authorization(&credentials));
            for (name, value) in [
                ("host", "evil.example"),
                ("x-forwarded-host", "evil.example"),
                ("x-forwarded-proto", "evil"),
                ("forwarded", "host=evil.example"),
                ("x-original-url", "//evil.example"),
                ("origin", "https://evil.example"),
                ("referer", "https://evil.example/"),
            ] {
                let spoofed = stand.ask(get("/").authorization(&credentials).field(name, value));
                for line in spoofed.headers.values() {
                    assert!(!line.to_str().unwrap().contains("evil"));
                }
                assert_eq!(spoofed.status, plain.status);
                assert_eq!(spoofed.headers.len(), plain.headers.len());
            }
        }
    }
}
