//! Tests the fields that Digest adds to a response.

use http::{HeaderValue, Response, StatusCode};
use proptest::{prop_assert_eq, proptest};
use tower_challenge::header::AuthenticationInfo;
use tower_challenge::scheme::ServerRole;
use tower_challenge::scheme::digest::DigestAlgorithm;
use tower_challenge::{Principal, RequestHead};

use super::{ask, logins};
use crate::support::{Answer, Body, Kind, Layer, PASSWORD, Probe, TestServer, USER, WRONG, get};

const INFO: [&str; 2] = ["authentication-info", "proxy-authentication-info"];

/// Returns the `Authentication-Info` of an answer, which must be a single field.
fn info(answer: &Answer) -> AuthenticationInfo {
    let name = INFO[usize::from(answer.role == ServerRole::Proxy)];
    let value = answer.header(name).unwrap();
    AuthenticationInfo::parse([value.as_bytes()]).unwrap()
}

fn param(info: &AuthenticationInfo, name: &str) -> Option<String> {
    let value = info.params().get(name)?;
    Some(value.to_str().unwrap().into_owned())
}

/// The response has exactly one well-formed `Authentication-Info`, the layer's, for every answer of the inner service.
#[test]
fn a049_the_response_has_one_authentication_info() {
    let statuses = [
        200, 201, 204, 206, 301, 304, 400, 401, 403, 404, 407, 500, 503,
    ];
    for status in statuses {
        for lines in [
            &[][..],
            &["rspauth=\"forged\""],
            &["rspauth=\"a\"", "nextnonce=\"b\""],
            &["not a list \""],
        ] {
            let probe = Probe::answering(move |_| {
                let mut response = Response::new(Body::default());
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                for line in lines {
                    response
                        .headers_mut()
                        .append(INFO[0], HeaderValue::from_static(line));
                }
                response
            });
            let all = |world: &crate::support::TestWorld| {
                vec![
                    world
                        .digest_with(|digest| digest.algorithms(DigestAlgorithm::ALL).legacy_md5()),
                ]
            };
            let stand = TestServer::over(probe, all, |layer| layer);
            for login in logins(&stand) {
                let answer = ask(&stand, &login);
                assert_eq!(answer.status.as_u16(), status);
                let info = info(&answer);
                assert_eq!(param(&info, "rspauth"), Some(login.rspauth()), "{status}");
                assert_eq!(param(&info, "cnonce"), Some(login.cnonce.clone()));
                assert_eq!(param(&info, "nc"), Some(login.nc.clone()));
                assert_eq!(param(&info, "qop").as_deref(), Some("auth"));
            }
        }
    }
}

/// A proxy writes `Proxy-Authentication-Info`, and leaves the field of the origin server unchanged.
#[test]
fn a049_a_proxy_writes_its_own_authentication_info() {
    let probe = Probe::answering(|_| {
        let mut response = Response::new(Body::default());
        let theirs = HeaderValue::from_static("rspauth=\"theirs\"");
        response.headers_mut().insert(INFO[0], theirs);
        response
    });
    let mut stand = TestServer::over(probe, |world| vec![world.digest()], Layer::proxy);
    stand.role = ServerRole::Proxy;
    let login = stand.login();
    let answer = ask(&stand, &login).is_admitted_as(USER);
    assert_eq!(param(&info(&answer), "rspauth"), Some(login.rspauth()));
    assert_eq!(answer.header(INFO[0]), Some("rspauth=\"theirs\""));
}

/// A refused request gets no `Authentication-Info`, and neither does a request that another scheme admitted.
#[test]
fn a049_a_refused_request_gets_no_authentication_info() {
    let forbidding = TestServer::tuned(&[Kind::Digest], |layer| {
        layer.policy(|_: &Principal, _: &RequestHead<'_>| false)
    });
    ask(&forbidding, &forbidding.login()).is_forbidden();
    let stand = TestServer::of(&Kind::ALL);
    let login = stand.login();
    let failed = [
        ask(&stand, &login.clone().password(WRONG)).is_refused(),
        ask(&stand, &login.clone().nonce("forged")).is_stale(),
        ask(&stand, &login.clone().with(|login| login.nc = "1".into())).is_malformed(),
        stand
            .ask(get("/other").authorization(login.header()))
            .is_malformed(),
        stand.ask(get("/")).is_challenged(),
        stand
            .ask(get("/").basic(USER, PASSWORD))
            .is_admitted_as(USER),
    ];
    for answer in failed {
        assert!(INFO.iter().all(|name| !answer.headers.contains_key(*name)));
    }
}

/// Before a nonce expires, or runs out of counts, the response has the next nonce, which works.
#[test]
fn a049_the_response_has_the_next_nonce_before_a_nonce_ends() {
    let stand = TestServer::of(&[Kind::Digest]);
    let login = stand.login();
    let early = ask(&stand, &login).is_admitted_as(USER);
    assert_eq!(
        param(&info(&early), "nextnonce"),
        None,
        "there is no next nonce yet, so parallel requests keep theirs"
    );
    stand
        .world
        .clock
        .advance(std::time::Duration::from_secs(280));
    let late = ask(&stand, &login.clone().nc(2)).is_admitted_as(USER);
    let next = param(&info(&late), "nextnonce").unwrap();
    ask(&stand, &login.clone().nonce(&next)).is_admitted_as(USER);
    ask(&stand, &login.clone().nc(3)).is_admitted_as(USER);
    let many = ask(&stand, &login.nonce(&next).nc(4095)).is_admitted_as(USER);
    assert!(param(&info(&many), "nextnonce").is_some());
}

/// A client nonce cannot inject parameters into the field in which the server returns it.
#[test]
fn a053_a_cnonce_injects_no_parameter() {
    let stand = TestServer::of(&[Kind::Digest]);
    for cnonce in [
        "a\", nextnonce=\"evil",
        "a\\",
        "a\\\"",
        "\"",
        "\\",
        "\\\\\"",
        "a, nc=00000009",
        "a=b",
        "a;b",
        " ",
        "a\tb",
        "<script>",
        "%0D%0ASet-Cookie:%20a=b",
        "\\r\\nSet-Cookie: a=b",
    ] {
        let login = stand.login().with(|login| login.cnonce = cnonce.to_owned());
        let answer = ask(&stand, &login).is_admitted_as(USER);
        let info = info(&answer);
        assert_eq!(param(&info, "cnonce").as_deref(), Some(cnonce));
        assert_eq!(param(&info, "nextnonce"), None);
        assert_eq!(info.params().count(), 4, "{cnonce}");
    }
    for control in ["a\r\nSet-Cookie: a=b", "a\nb", "a\rb", "a\0b"] {
        let login = stand
            .login()
            .with(|login| login.cnonce = control.to_owned());
        assert!(
            get("/")
                .try_field("authorization", login.header())
                .is_none(),
            "the crate `http` refuses it"
        );
    }
}

/// The server returns the client nonce, so its length is limited.
#[test]
fn a053_a_client_that_sends_a_long_cnonce_gets_400() {
    let stand = TestServer::of(&[Kind::Digest]);
    for length in [0, 257, 1024, 8192] {
        let login = stand
            .login()
            .with(|login| login.cnonce = "c".repeat(length));
        ask(&stand, &login).is_malformed();
    }
    for length in [1, 256] {
        let login = stand
            .login()
            .with(|login| login.cnonce = "c".repeat(length));
        ask(&stand, &login).is_admitted_as(USER);
    }
}

/// RFC 7616 section 3.4: it is "an opaque quoted ASCII-only string value".
#[test]
fn a053_a_client_that_sends_a_cnonce_with_other_than_ascii_gets_400() {
    let stand = TestServer::of(&[Kind::Digest]);
    for cnonce in ["\u{e9}", "a\u{20ac}", "\u{80}"] {
        let login = stand.login().with(|login| login.cnonce = cnonce.to_owned());
        ask(&stand, &login).is_malformed();
    }
    let raw = stand.login().fields().raw("cnonce", "\"?\"").header();
    let raw: Vec<u8> = raw
        .bytes()
        .map(|byte| if byte == b'?' { 0xE9 } else { byte })
        .collect();
    stand.ask(get("/").authorization(raw)).is_malformed();
}

/// The client must return the `opaque` text unchanged, because otherwise the credentials are not for this server's
/// challenge.
#[test]
fn a053_a_client_that_changes_opaque_is_refused() {
    let ours = "op\\aq\"ue, nonce=x";
    let stand = super::tuned(|digest| digest.opaque(ours));
    let login = stand.login();
    assert_eq!(login.opaque.as_deref(), Some(ours));
    for opaque in [
        "",
        "x",
        "OP\\aq\"ue, nonce=x",
        "op\\aq\"ue",
        &ours.repeat(2),
        &"o".repeat(8192),
    ] {
        let login = login
            .clone()
            .with(|login| login.opaque = Some(opaque.to_owned()));
        let answer = ask(&stand, &login).is_refused_uncounted();
        assert!(
            answer.headers.values().all(|line| line.len() < 1024),
            "the response does not contain it"
        );
    }
    ask(&stand, &login.clone().with(|login| login.opaque = None)).is_refused_uncounted();
    ask(&stand, &login).is_admitted_as(USER);
}

proptest! {
    /// For every client nonce, the response has one field that returns the nonce unchanged.
    #[test]
    fn a053_the_response_returns_every_cnonce_unchanged(cnonce in "[\\x20-\\x7E\\t]{1,60}") {
        let stand = TestServer::of(&[Kind::Digest]);
        let login = stand.login().with(|login| login.cnonce = cnonce.clone());
        let answer = ask(&stand, &login).is_admitted_as(USER);
        let info = info(&answer);
        prop_assert_eq!(param(&info, "cnonce"), Some(cnonce));
        prop_assert_eq!(param(&info, "rspauth"), Some(login.rspauth()));
        prop_assert_eq!(info.params().count(), 4);
    }
}
