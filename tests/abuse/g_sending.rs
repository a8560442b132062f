//! G. What we send.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use proptest::prelude::{any, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;
use tower_challenge::header::{Challenge, ErrorParams, SchemeName};
use tower_challenge::password::OneAccount;
use tower_challenge::policy::{self, Decision};
use tower_challenge::require_auth::Inner401;
use tower_challenge::respond::Denial;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::DigestAccounts;
use tower_challenge::scheme::{
    Attempt, Basic, Bearer, BoxScheme, Digest, Judgement, Refusal, Role, Scheme,
};
use tower_challenge::throttle::{Outcome, Reservation, Throttle, Ticket};
use tower_challenge::{Account, NowOrLater, Principal, RequestHead, RequireAuth, Unavailable};
use tower_layer::Layer as _;

use crate::support::{
    Answer, Ask, Body, Kind, Layer, PASSWORD, Probe, REALM, Schemes, Stand, TOKEN, USER, WRONG,
    WRONG_TOKEN, World, get, run,
};
use crate::wire::Untouchable;

/// Realms that somebody may have chosen who is not the operator.
const REALMS: [&str; 12] = [
    "a\"b",
    "a\\",
    "\"",
    "\\\"",
    "a, Digest realm=\"x\"",
    "a\", charset=\"x",
    "a\tb",
    "M\u{fc}ll",
    "\u{1f511}",
    "",
    "<b>",
    "%0d%0a",
];

/// What would end the field, and start another.
const CONTROLS: [&str; 7] = [
    "a\r\nSet-Cookie: a=b",
    "a\nb",
    "a\rb",
    "a\0b",
    "a\u{7f}b",
    "\u{1b}[2J",
    "\u{b}",
];

/// A scheme of each kind, for a realm.
fn in_realm(realm: &str) -> [Result<BoxScheme<Principal>, tower_challenge::ConfigError>; 3] {
    let account = OneAccount::new(USER, PASSWORD).unwrap();
    let tokens = StaticTokens::new()
        .unwrap()
        .token(TOKEN, Principal::new(USER))
        .unwrap();
    let accounts = DigestAccounts::new(realm, World::accounts()).unwrap();
    [
        Basic::new(realm, account).map(|it| Box::new(it) as _),
        Bearer::new(realm, tokens).map(|it| Box::new(it) as _),
        Digest::new(realm, accounts).map(|it| Box::new(it) as _),
    ]
}

/// A realm says what it says, or no scheme can be built with it; it splits no header.
#[test]
fn a091_realm_injection() {
    for realm in REALMS {
        for scheme in in_realm(realm) {
            let stand = Stand::build(|_| vec![scheme.unwrap()], |layer| layer);
            let answer = stand.ask(get("/")).is_challenged();
            let challenges = answer.challenges();
            assert_eq!(challenges.len(), 1, "{realm}");
            let said = challenges[0].param("realm").unwrap();
            assert_eq!(said.to_bytes(), realm.as_bytes());
        }
    }
    for realm in CONTROLS {
        assert!(in_realm(realm).iter().all(Result::is_err), "{realm:?}");
    }
}

/// So do an opaque text, scopes, and what a step-up asks for.
#[test]
fn a091_parameter_injection() {
    for text in CONTROLS {
        let accounts = DigestAccounts::new(REALM, World::accounts()).unwrap();
        assert!(
            Digest::builder(REALM, accounts)
                .opaque(text)
                .build()
                .is_err()
        );
        assert!(ErrorParams::insufficient_user_authentication(Some(text), None).is_err());
        let builder = || Challenge::builder(SchemeName::BEARER);
        assert!(builder().quoted("x", text).build().is_err());
        assert!(builder().token("x", text).build().is_err());
        assert!(builder().quoted(text, "x").build().is_err());
        assert!(builder().token68(text).build().is_err());
    }
    for scope in [
        "re\"ad",
        "re\\ad",
        "r\u{e9}ad",
        "re\u{0}ad",
        "re\u{7f}ad",
        "\"",
        "\u{1f511}",
    ] {
        assert!(policy::scopes(scope).is_err(), "{scope}");
        assert!(ErrorParams::insufficient_scope(scope).is_err());
    }
    for scope in ["a\r\nb", "a\tb", "a  b"] {
        // Whitespace separates scopes, and one space goes between them.
        let needed = policy::scopes(scope).unwrap();
        let stand = Stand::tuned(&[Kind::Bearer], |layer| layer.permit(needed));
        let answer = stand.ask(get("/").bearer(TOKEN)).is_forbidden();
        assert_eq!(answer.params("Bearer", "scope"), ["a b"]);
    }
}

proptest! {
    #[test]
    fn a091_any_realm(realm in any::<String>()) {
        for scheme in in_realm(&realm) {
            let has_control = realm.bytes().any(|it| it.is_ascii_control() && it != b'\t');
            prop_assert_eq!(scheme.is_err(), has_control);
            let Ok(scheme) = scheme else { continue };
            let stand = Stand::build(|_| vec![scheme], |layer| layer);
            let challenges = stand.ask(get("/")).is_challenged().challenges();
            prop_assert_eq!(challenges.len(), 1);
            let said = challenges[0].param("realm").unwrap().to_bytes().into_owned();
            prop_assert_eq!(said, realm.as_bytes());
        }
    }

    /// Nothing that a client sends comes back in a refusal, but what Digest has to send back.
    #[test]
    fn a092_nothing_is_echoed(sent in prop::collection::vec("[a-zA-Z0-9]{12,20}", 3)) {
        let [user, password, path] = [&sent[0], &sent[1], &sent[2]];
        for stand in [Stand::of(&Kind::ALL), Stand::tuned(&Kind::ALL, Layer::optional)] {
            let path = format!("/{path}?{user}");
            for credentials in [
                crate::support::request::basic(format!("{user}:{password}")),
                format!("Bearer {user}"),
                format!("Bearer {user} {password}"),
                format!("{user} {password}"),
                format!("Digest username=\"{user}\", x={password}"),
            ] {
                let ask = get(&path).authorization(credentials).field("host", user).field("origin", password);
                let answer = stand.ask(ask);
                prop_assert!(!answer.is_from_inside());
                for value in answer.headers.values() {
                    let value = value.to_str().unwrap();
                    prop_assert!(sent.iter().all(|it| !value.contains(it)), "{value}");
                }
                prop_assert!(answer.body.is_empty());
            }
        }
    }
}

/// What an error says is from a fixed table, in the alphabet of RFC 6750 section 3, and never what went wrong inside.
#[test]
fn a092_error_description_injection() {
    const ERRORS: [&str; 4] = [
        "invalid_request",
        "invalid_token",
        "insufficient_scope",
        "insufficient_user_authentication",
    ];
    let lacking = |_: &Principal, _: &RequestHead<'_>| {
        Decision::Lacks(ErrorParams::insufficient_scope("a b").unwrap())
    };
    let step_up = |_: &Principal, _: &RequestHead<'_>| {
        Decision::StepUp(ErrorParams::insufficient_user_authentication(Some("x"), Some(5)).unwrap())
    };
    let stands = [
        Stand::of(&Kind::ALL),
        Stand::tuned(&Kind::ALL, |layer| layer.permit(lacking)),
        Stand::tuned(&Kind::ALL, |layer| layer.permit(step_up)),
    ];
    for stand in stands {
        for sent in [
            TOKEN,
            WRONG_TOKEN,
            "C4NARY\"",
            "C4NARY\\",
            "C4NARY x",
            "",
            "\"C4NARY\"",
            "<script>C4NARY",
        ] {
            let answer = stand.ask(get("/").bearer(sent));
            for challenge in answer.challenges() {
                for name in ["error", "error_description", "error_uri", "scope"] {
                    let Some(value) = challenge.param(name) else {
                        continue;
                    };
                    let allowed = |it: &u8| matches!(it, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
                    assert!(value.to_bytes().iter().all(allowed));
                    assert!(name != "error" || ERRORS.contains(&&*value.to_str().unwrap()));
                    assert_ne!(
                        name, "error_description",
                        "there is none to be injected into"
                    );
                }
            }
        }
    }
}

/// Whatever broke says so to the log and to nobody else.
#[test]
fn a092_why_something_broke_is_not_told() {
    let broken = |_: tower_challenge::Secret<'_>| {
        Err::<Option<Principal>, _>(Unavailable::new("db-7: SELECT"))
    };
    let stand = Stand::build(
        |_| vec![Box::new(Bearer::new(REALM, broken).unwrap())],
        |layer| layer,
    );
    stand.ask(get("/").bearer(TOKEN)).is_unavailable();
}

/// A scheme that has nothing to offer to some requests.
#[derive(Debug)]
struct Silent;

impl Scheme for Silent {
    type Identity = Principal;
    type Reads = tower_challenge::scheme::Head;

    fn challenge(&self, attempt: &Attempt<'_>, challenges: &mut Vec<Challenge>) {
        if attempt.head().uri().path() != "/silent" {
            challenges.push(Challenge::builder(SchemeName::HOBA).build().unwrap());
        }
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<Judgement<Principal>> {
        attempt.credentials(SchemeName::HOBA)?;
        Some(Refusal::wrong("never").at_once())
    }
}

/// A `401` that asks for nothing is none.
#[test]
fn a093_401_without_a_challenge() {
    let silent = |_: &World| -> Schemes { vec![Box::new(Silent)] };
    for stand in [
        Stand::build(silent, |layer| layer),
        Stand::build(silent, Layer::optional),
    ] {
        for credentials in ["HOBA result=x", "Unheard-Of", "", "HOBA"] {
            let answer = stand.ask(get("/silent").authorization(credentials));
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
            assert_eq!(answer.challenges(), []);
            let answer = stand.ask(get("/").authorization(credentials));
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        }
    }
    assert!(RequireAuth::new(Vec::<BoxScheme<Principal>>::new()).is_err());
    assert!(RequireAuth::new(vec![Vec::<BoxScheme<Principal>>::new()]).is_err());
}

/// A line for each challenge, in the order in which the schemes are offered; or one line, where that was asked for.
#[test]
fn a093_a_line_for_each() {
    for (kinds, stand) in Stand::every() {
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
        let joined = Stand::tuned(&kinds, Layer::join_challenges);
        let answer = joined.ask(get("/"));
        let line = answer.header(WWW_AUTHENTICATE.as_str()).unwrap();
        assert!(!line.bytes().any(|it| it.is_ascii_control()));
        assert_eq!(answer.challenges().len(), kinds.len());
    }
}

/// Each protection space of each scheme and algorithm once, however often it is configured.
#[test]
fn a094_schemes_twice() {
    for kind in Kind::ALL {
        let twice = |world: &World| vec![kind.build(world), kind.build(world)];
        // Whoever builds that may be told so; whoever is not sends each once.
        if RequireAuth::new(twice(&World::new())).is_err() {
            continue;
        }
        let stand = Stand::build(twice, |layer| layer);
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
    let say =
        |it: &Challenge, name: &str| it.param(name).map(|value| value.to_bytes().into_owned());
    let space = |it: &Challenge| {
        (
            it.scheme().as_str().to_lowercase(),
            say(it, "realm"),
            say(it, "algorithm"),
        )
    };
    let spaces: std::collections::HashSet<_> = challenges.iter().map(space).collect();
    assert_eq!(spaces.len(), challenges.len(), "{challenges:?}");
}

/// A layer around a layer that says the same adds nothing to it.
#[test]
fn a094_layers_around_layers() {
    for what in [Inner401::Pass, Inner401::Append, Inner401::Replace] {
        for kinds in Kind::orders() {
            let outer = Stand::tuned(&kinds, |layer| layer.inner_401(what));
            let probe = refusing(&outer);
            let stand = Stand::over(probe, schemes(&kinds), |layer| layer.inner_401(what));
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

fn schemes(kinds: &[Kind]) -> impl FnOnce(&World) -> Schemes {
    let kinds = kinds.to_vec();
    move |world| kinds.iter().map(|kind| kind.build(world)).collect()
}

/// A service that answers as `stand` answers those who have not logged in.
fn refusing(stand: &Stand) -> Probe {
    let refusal = stand.ask(get("/"));
    Probe::answering(move |_| {
        let mut response = Response::new(Body::from("theirs"));
        *response.status_mut() = refusal.status;
        *response.headers_mut() = refusal.headers.clone();
        response
    })
}

/// A `401` of the inner service is its own: by default it stays as it is.
#[test]
fn a095_inner_401() {
    for role in [Role::Origin, Role::Proxy] {
        for (kinds, theirs) in Kind::orders()
            .into_iter()
            .flat_map(|it| [(it.clone(), 0), (it.clone(), 1), (it, 2)])
        {
            for what in [
                None,
                Some(Inner401::Pass),
                Some(Inner401::Append),
                Some(Inner401::Replace),
            ] {
                inner_401(role, &kinds, theirs, what);
            }
        }
    }
}

fn inner_401(role: Role, kinds: &[Kind], theirs: usize, what: Option<Inner401>) {
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
    let mut stand = Stand::over(probe, schemes(kinds), |layer| {
        let layer = if role == Role::Proxy {
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

/// Nothing that we say follows from who a client says that we are.
#[test]
fn a096_host_derived_values() {
    for (kinds, stand) in Stand::every() {
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

/// A refusal is stored by nobody, whoever rendered it.
#[test]
fn a097_cacheability_of_refusals() {
    let render = |_: &Denial, _: &RequestHead<'_>| {
        Response::builder()
            .status(200)
            .header(CACHE_CONTROL, "public, max-age=3600")
            .header(CACHE_CONTROL, "immutable")
            .header(RETRY_AFTER, "0")
            .header(WWW_AUTHENTICATE, "Evil realm=\"x\"")
            .body(Body::default())
            .unwrap()
    };
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    let layer = RequireAuth::new(World::new().basic())
        .unwrap()
        .permit(forbid)
        .respond_with(render);
    let service = layer.layer(Probe::new());
    let asks = [
        (get("/"), 401),
        (get("/").basic(USER, WRONG), 401),
        (get("/").basic(USER, PASSWORD), 403),
        (get("/").basic_octets("x"), 400),
    ];
    for (ask, status) in asks {
        let Ok(response) = run(service.clone().oneshot(ask.into_request()));
        assert_eq!(response.status().as_u16(), status);
        let lines: Vec<_> = response.headers().get_all(CACHE_CONTROL).iter().collect();
        assert_eq!(lines, ["no-store"]);
        let challenges: Vec<_> = response
            .headers()
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .collect();
        assert!(
            challenges
                .iter()
                .all(|it| !it.as_bytes().starts_with(b"Evil"))
        );
        assert_eq!(challenges.len(), usize::from(status == 401));
    }
}

/// Where one URL has answers for callers and for nobody in particular, each says so, so that no cache serves one for the
/// other. A refusal needs not: nobody stores it.
#[test]
fn a097_vary() {
    for kinds in Kind::orders() {
        let stands = [
            Stand::tuned(&kinds, Layer::optional),
            Stand::proxy(&kinds, Layer::optional),
        ];
        for stand in stands {
            let good = kinds[0].good(&stand, &get("/"));
            for ask in [get("/"), get("/").authorization(good)] {
                let answer = stand.ask(ask);
                assert!(answer.is_from_inside());
                let field = stand.role.credentials_field();
                assert_eq!(answer.header(VARY.as_str()), Some(field.as_str()));
            }
        }
    }
}

/// What the inner service says that its answer depends on stays.
#[test]
fn a097_vary_is_added_to() {
    let probe = Probe::answering(|_| {
        let response = Response::builder().header(VARY, "accept");
        response.body(Body::default()).unwrap()
    });
    let stand = Stand::over(probe, schemes(&[Kind::Basic]), Layer::optional);
    let answer = stand.ask(get("/"));
    let lines: Vec<_> = answer.headers.get_all(VARY).iter().collect();
    assert_eq!(lines, ["accept", "authorization"]);
}

/// Who is refused has not been read.
#[test]
fn a098_unread_body() {
    for (kinds, stand) in Stand::every() {
        for kind in kinds {
            for credentials in [
                "Unheard-Of".to_owned(),
                kind.wrong(&stand, &Ask::new("POST", "/")),
            ] {
                let field = stand.role.credentials_field();
                let ask = Ask::new("POST", "/").field(field.as_str(), credentials);
                let ask = ask
                    .field("expect", "100-continue")
                    .field("content-length", "1000000000");
                let seen = crate::wire::send(&stand, ask.into_request().map(|_| Untouchable));
                assert_eq!(seen.len(), 0);
            }
        }
    }
}

/// A server with the layer, over TCP.
async fn serve() -> TcpStream {
    let accounts = OneAccount::new(USER, PASSWORD).unwrap();
    let layer = RequireAuth::new(Basic::new(REALM, accounts).unwrap()).unwrap();
    let echo = |body: Bytes| async move { body };
    let app = axum::Router::new()
        .route("/", axum::routing::any(echo))
        .layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    TcpStream::connect(address).await.unwrap()
}

/// Everything that a server says until it closes, or has nothing more to say.
async fn say(stream: &mut TcpStream, text: &str) -> String {
    let _ = stream.write_all(text.as_bytes()).await;
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(Ok(read)) =
        tokio::time::timeout(Duration::from_millis(300), stream.read(&mut buffer)).await
    {
        said.extend_from_slice(&buffer[..read]);
        if read == 0 {
            break;
        }
    }
    String::from_utf8(said).unwrap()
}

/// `Expect: 100-continue` is answered by the refusal itself, and what follows is never taken for another request.
#[tokio::test]
async fn a098_expect_100_continue() {
    let mut stream = serve().await;
    let head =
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n";
    let said = say(&mut stream, head).await;
    assert!(said.starts_with("HTTP/1.1 401 "), "{said}");
    assert!(!said.contains("100 Continue"), "{said}");
    let smuggled = format!(
        "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: {}\r\n\r\n",
        good()
    );
    let said = say(&mut stream, &smuggled).await;
    assert!(!said.contains("200 OK"), "it was part of the body: {said}");

    let mut stream = serve().await;
    let head = head.replace(
        "\r\n\r\n",
        &format!("\r\nAuthorization: {}\r\n\r\n", good()),
    );
    let said = say(&mut stream, &head.replace("100000", "4")).await;
    assert!(
        said.starts_with("HTTP/1.1 100 "),
        "who may is told to go on: {said}"
    );
    let said = say(&mut stream, "four").await;
    assert!(
        said.starts_with("HTTP/1.1 200 ") && said.ends_with("four"),
        "{said}"
    );
}

fn good() -> String {
    crate::support::request::basic(format!("{USER}:{PASSWORD}"))
}

/// A body that nobody read is not the next request, with a length or in chunks.
#[tokio::test]
async fn a098_a_body_is_no_request() {
    let smuggled = format!(
        "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: {}\r\n\r\n",
        good()
    );
    let chunked = format!("{:x}\r\n{smuggled}\r\n0\r\n\r\n", smuggled.len());
    let length = smuggled.len();
    for (field, body) in [
        (format!("Content-Length: {length}"), &smuggled),
        ("Transfer-Encoding: chunked".to_owned(), &chunked),
    ] {
        let mut stream = serve().await;
        let said = say(
            &mut stream,
            &format!("POST / HTTP/1.1\r\nHost: h\r\n{field}\r\n\r\n{body}"),
        )
        .await;
        assert!(said.starts_with("HTTP/1.1 401 "), "{said}");
        assert!(!said.contains("200 OK"), "{said}");
    }
}

/// Nothing is upgraded, tunnelled or called before somebody has logged in.
#[test]
fn a099_upgrades() {
    let upgrades: &[(&str, &str, &[(&str, &str)])] = &[
        (
            "GET",
            "/",
            &[
                ("connection", "upgrade"),
                ("upgrade", "websocket"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
            ],
        ),
        (
            "GET",
            "/",
            &[
                ("connection", "upgrade, http2-settings"),
                ("upgrade", "h2c"),
                ("http2-settings", "AAMAAABkAAQAAP__"),
            ],
        ),
        (
            "OPTIONS",
            "*",
            &[("connection", "upgrade"), ("upgrade", "TLS/1.0")],
        ),
        ("CONNECT", "h:443", &[("host", "h:443")]),
        (
            "CONNECT",
            "http://h/chat",
            &[("sec-websocket-version", "13")],
        ),
        (
            "POST",
            "/pkg.Service/Method",
            &[("content-type", "application/grpc"), ("te", "trailers")],
        ),
        (
            "POST",
            "/pkg.Service/Method",
            &[("content-type", "application/grpc-web+proto")],
        ),
        ("PRI", "*", &[]),
        ("PROPFIND", "/", &[("depth", "infinity")]),
        (
            "GET",
            "/",
            &[
                ("connection", "authorization"),
                ("x-forwarded-for", "127.0.0.1"),
            ],
        ),
    ];
    for (kinds, stand) in Stand::every() {
        for (method, target, fields) in upgrades {
            let ask = Ask::new(method, target);
            let ask = fields
                .iter()
                .fold(ask, |ask, (name, value)| ask.field(name, value));
            let answer = stand
                .ask(ask.clone().authorization("Unheard-Of"))
                .is_challenged();
            assert_eq!(
                answer.status,
                stand.role.unauthenticated(),
                "407 from a proxy alone"
            );
            let wrong = kinds[0].wrong(&stand, &ask);
            stand.ask(ask.clone().authorization(wrong)).is_refused();
            let absent = stand.ask(ask);
            assert!(!absent.is_from_inside() || absent.seen[0].identity().is_none());
        }
    }
}

/// `HEAD` is refused as `GET` is, and what is public or forbidden for the one is for the other.
#[test]
fn a100_head_parity() {
    for (kinds, stand) in Stand::every() {
        let mut credentials = vec![
            "Unheard-Of".to_owned(),
            String::new(),
            "Basic".into(),
            "Digest x".into(),
        ];
        credentials.extend(kinds.iter().map(|kind| format!("{} a=b, a=b", kind.name())));
        for credentials in credentials {
            let ask = |method| stand.ask(Ask::new(method, "/").authorization(&credentials));
            let (head, get) = (ask("HEAD"), ask("GET"));
            assert_eq!(head.status, get.status);
            let names = |it: &Answer| it.headers.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&head), names(&get));
            assert!(head.body.is_empty());
        }
    }
    let stand = Stand::tuned(&[Kind::Basic], |it| {
        it.permit(policy::role("admin").unwrap())
    });
    for method in ["GET", "HEAD"] {
        stand
            .ask(Ask::new(method, "/").basic(USER, PASSWORD))
            .is_forbidden();
    }
}

#[tokio::test]
async fn a100_head_has_no_body() {
    let mut stream = serve().await;
    let said = say(&mut stream, "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert!(
        said.starts_with("HTTP/1.1 401 ") && said.ends_with("\r\n\r\n"),
        "{said}"
    );
    assert_eq!(said.matches("www-authenticate: ").count(), 1);
}

/// Who sends nothing, or what is for somebody else, has made no error.
#[test]
fn a101_missing_and_bad_credentials() {
    for (kinds, stand) in Stand::every() {
        let error = |ask: Ask| stand.ask(ask).params("Bearer", "error");
        let has_bearer = kinds.contains(&Kind::Bearer);
        let invalid_token = if has_bearer {
            vec!["invalid_token"]
        } else {
            vec![]
        };
        let invalid_request = if has_bearer {
            vec!["invalid_request"]
        } else {
            vec![]
        };
        assert_eq!(error(get("/")), [""; 0]);
        assert_eq!(error(get("/").authorization("Unheard-Of x")), [""; 0]);
        assert_eq!(error(get("/").basic(USER, WRONG)), [""; 0]);
        assert_eq!(error(get("/").authorization("Digest x")), [""; 0]);
        assert_eq!(error(get("/").bearer(WRONG_TOKEN)), invalid_token);
        let malformed = stand.ask(get("/").bearer("\"x\"")).is_malformed();
        assert_eq!(malformed.params("Bearer", "error"), invalid_request);
    }
}

/// A throttle that is always exhausted, or never answers for sure.
#[derive(Debug)]
struct Exhausted(Duration);

impl Throttle for Exhausted {
    fn reserve(
        &self,
        _: Option<&Account<'_>>,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        NowOrLater::now(Ok(Reservation::Exhausted(self.0)))
    }

    fn settle(&self, _: Ticket, _: Outcome) -> NowOrLater<()> {
        NowOrLater::now(())
    }
}

/// A delay is told in whole seconds, one at least, rounded up; and however long it is, it breaks nothing.
#[test]
fn a092_delays() {
    let cases = [
        (Duration::ZERO, "1"),
        (Duration::from_nanos(1), "1"),
        (Duration::from_millis(1001), "2"),
        (Duration::from_secs(60), "60"),
        (Duration::from_secs(u64::MAX), "18446744073709551615"),
        (Duration::MAX, "18446744073709551615"),
    ];
    for (delay, told) in cases {
        let stand = Stand::tuned(&Kind::ALL, |layer| layer.throttle(Exhausted(delay)));
        let answer = stand.ask(get("/").basic(USER, PASSWORD)).is_throttled();
        assert_eq!(answer.header(RETRY_AFTER.as_str()), Some(told));
        assert_eq!(answer.verified, [""; 0]);
        let broken = move |_: tower_challenge::Secret<'_>| {
            Err::<Option<Principal>, _>(Unavailable::new("x").retry_after(delay))
        };
        let stand = Stand::build(
            |_| vec![Box::new(Bearer::new(REALM, broken).unwrap())],
            |layer| layer,
        );
        let answer = stand.ask(get("/").bearer(TOKEN)).is_unavailable();
        assert_eq!(answer.header(RETRY_AFTER.as_str()), Some(told));
    }
}
