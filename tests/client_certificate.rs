//! Tests client certificates: as identities, and from the fields of proxies.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/mod.rs"]
pub mod support;

use std::net::SocketAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderName;
use proptest::prelude::*;
use tower::{Layer as _, ServiceExt};
use tower_challenge::client::{
    CertificateField, CertificateThumbprint, ClientCertificate, ClientResolver, ForwardedHeader,
    PeerAddress, ProxyProtocolHeader,
};
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::bearer::WebSocketBearer;
use tower_challenge::scheme::client_certificate::{CertificateLogin, KnownCertificates};
use tower_challenge::scheme::{ApiKey, Bearer, Dpop};
use tower_challenge::testing::{DpopKey, TestIssuer};
use tower_challenge::throttle::AttemptOutcome;
use tower_challenge::{
    NowOrLater, PlainScheme, Principal, RequireAuth, Unavailable, VerifyFailure,
};

use self::support::{
    Boxed, Kind, Layer, OTHER_USER, PASSWORD, Probe, TOKEN, TestRequest, TestServer, USER, WRONG,
    get, run,
};

const PROXY: &str = "10.0.0.2:443";
const STRANGER: &str = "192.0.2.1:443";

/// A certificate that no other number has. Its contents are not looked at.
fn certificate(number: u8) -> ClientCertificate {
    ClientCertificate::from_der(der(number))
}

fn der(number: u8) -> [u8; 5] {
    [0x30, 0x03, 0x02, 0x01, number]
}

/// Certificate 1 belongs to [`USER`], and certificate 2 to [`OTHER_USER`].
fn known() -> KnownCertificates {
    let owner = |number, name| {
        (
            certificate(number).thumbprint().to_string(),
            Principal::new(name),
        )
    };
    KnownCertificates::new([owner(1, USER), owner(2, OTHER_USER)]).unwrap()
}

fn login() -> CertificateLogin<KnownCertificates> {
    CertificateLogin::new(known()).unwrap()
}

/// A server with `kinds` and, as the last scheme, certificates.
fn beside(kinds: &[Kind], tune: impl FnOnce(Layer) -> Layer) -> TestServer {
    TestServer::build(
        |world| {
            let schemes = kinds.iter().map(|kind| kind.build(world));
            schemes.chain([Box::new(login()) as Boxed]).collect()
        },
        tune,
    )
}

#[test]
fn a_known_certificate_is_admitted_and_every_other_is_refused() {
    let server = beside(&[Kind::Basic], |layer| layer);
    server
        .ask(get("/").extension(certificate(1)))
        .is_admitted_as(USER);
    server
        .ask(get("/").extension(certificate(2)))
        .is_admitted_as(OTHER_USER);
    let refused = server
        .ask(get("/").extension(certificate(3)))
        .is_refused_uncounted();
    assert_eq!(
        refused.heard[0].text,
        "the certificate belongs to no known caller"
    );
    assert_eq!(
        refused.challenges().len(),
        1,
        "the client may log in with a password"
    );
    server.ask(get("/")).is_challenged();
}

/// In a list, credentials in `Authorization` decide alone, in any order.
#[test]
fn in_a_list_the_credentials_field_decides() {
    for certificates_first in [false, true] {
        let server = TestServer::build(
            |world| {
                let mut schemes = vec![world.basic(), Box::new(login()) as Boxed];
                if certificates_first {
                    schemes.reverse();
                }
                schemes
            },
            |layer| layer,
        );
        let shown = || get("/").extension(certificate(1));
        server
            .ask(shown().basic(OTHER_USER, support::OTHER_PASSWORD))
            .is_admitted_as(OTHER_USER);
        server.ask(shown().basic(USER, WRONG)).is_refused();
        server
            .ask(shown().authorization("Basic a b"))
            .is_malformed();
        server
            .ask(shown().authorization("Unheard-Of x"))
            .is_admitted_as(USER);
    }
}

#[test]
fn a_layer_of_certificates_alone_answers_403() {
    let layer = RequireAuth::client_certificate(known()).unwrap();
    let service = layer.layer(Probe::new());
    let status = |request: TestRequest| {
        let Ok(response) = run(service.clone().oneshot(request.into_request()));
        assert!(!response.headers().contains_key("www-authenticate"));
        response.status().as_u16()
    };
    assert_eq!(status(get("/").extension(certificate(1))), 200);
    assert_eq!(status(get("/").extension(certificate(3))), 403);
    assert_eq!(status(get("/")), 403);
    assert_eq!(status(get("/").basic(USER, PASSWORD)), 403);
    let none = KnownCertificates::<Principal>::new::<&str>([]).unwrap();
    assert!(RequireAuth::client_certificate(none).is_err());
}

#[test]
fn a_verifier_may_wait_or_fail_or_give_a_reason() {
    let verify = |certificate: &ClientCertificate| match certificate.der().last() {
        Some(1) => NowOrLater::later(async { Ok(Ok(Principal::new(USER))) }),
        Some(2) => NowOrLater::now(Err(Unavailable::new("down"))),
        _ => NowOrLater::now(Ok(Err(VerifyFailure::because(
            "the certificate is withdrawn",
        )))),
    };
    let login = CertificateLogin::new(verify).unwrap();
    let server = TestServer::build(|world| vec![world.basic(), Box::new(login)], |layer| layer);
    server
        .ask(get("/").extension(certificate(1)))
        .is_admitted_as(USER);
    server
        .ask(get("/").extension(certificate(2)))
        .is_unavailable();
    let refused = server
        .ask(get("/").extension(certificate(3)))
        .is_refused_uncounted();
    assert_eq!(refused.heard[0].text, "the certificate is withdrawn");
}

#[test]
fn a_table_needs_right_thumbprints_that_are_there_once() {
    let known = |thumbprints: &[&str]| {
        let owned = thumbprints
            .iter()
            .map(|text| (*text, Principal::new("ada")));
        KnownCertificates::new(owned).map(drop)
    };
    let hex = "1B:65:F6:8A:52:2C:85:87:15:F5:DD:95:1C:D0:40:2D:C1:66:91:77:88:14:BF:07:59:82:2B:7A:25:74:21:D0";
    let base64 = "G2X2ilIshYcV9d2VHNBALcFmkXeIFL8HWYIreiV0IdA";
    assert_eq!(known(&[hex]), Ok(()));
    assert_eq!(known(&[&hex.replace(':', "").to_lowercase()]), Ok(()));
    assert_eq!(known(&[base64]), Ok(()));
    for bad in [
        "",
        "ada",
        &hex[1..],
        &hex.replace(':', "-"),
        &hex.replacen(':', "", 1),
        &format!("{base64}="),
        &base64.replace('G', "+"),
        &format!("{}F", &base64[..42]),
        &hex.replace('1', "g"),
    ] {
        assert!(
            known(&[bad])
                .unwrap_err()
                .to_string()
                .contains("thumbprint"),
            "{bad}"
        );
    }
    let twice = known(&[hex, base64]).unwrap_err().to_string();
    assert!(twice.contains("two owners"), "{twice}");
}

proptest! {
    #[test]
    fn a_thumbprint_has_three_spellings_of_the_same_value(hash: [u8; 32]) {
        let thumbprint = CertificateThumbprint::new(hash);
        let pairs = hash.map(|byte| format!("{byte:02X}"));
        for text in [thumbprint.to_string(), pairs.join(":"), pairs.concat()] {
            prop_assert_eq!(text.parse(), Ok(thumbprint));
        }
    }

    /// Whatever a proxy sends, the layer answers.
    #[test]
    fn no_field_of_a_proxy_makes_the_layer_panic(value in "[ -~]{0,60}", form in 0..2_usize) {
        let field = fields().swap_remove(form);
        let server = proxied(field.0, |layer| layer);
        let status = server.ask(from(PROXY).field(field.1, value)).status;
        prop_assert!([200, 400, 401].contains(&status.as_u16()));
    }
}

/// The fields of proxies: their settings, their names, and their values for certificate 1.
fn fields() -> Vec<(CertificateField, &'static str, String)> {
    let pem = CertificateField::escaped_pem(HeaderName::from_static("x-client-cert")).unwrap();
    let base64 = BASE64_STANDARD.encode(der(1));
    let escaped = base64
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let nginx =
        format!("-----BEGIN%20CERTIFICATE-----%0A{escaped}%0A-----END%20CERTIFICATE-----%0A");
    vec![
        (
            CertificateField::client_cert(),
            "client-cert",
            format!(":{base64}:"),
        ),
        (pem, "x-client-cert", nginx),
    ]
}

fn resolver() -> ClientResolver {
    ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["10.0.0.2"]).unwrap()
}

/// A server behind a proxy that sends `field`.
fn proxied(field: CertificateField, tune: impl FnOnce(Layer) -> Layer) -> TestServer {
    let client = resolver().trust_client_certificate(field).unwrap();
    beside(&[Kind::Bearer], |layer| tune(layer.client(client)))
}

/// A request from `peer`, for a client that used TLS.
fn from(peer: &str) -> TestRequest {
    let peer: SocketAddr = peer.parse().unwrap();
    get("/")
        .extension(PeerAddress(peer))
        .field("x-forwarded-for", "203.0.113.7")
        .field("x-forwarded-proto", "https")
}

#[test]
fn a_trusted_proxy_names_the_certificate_of_its_client() {
    for (field, name, value) in fields() {
        let server = proxied(field, |layer| layer);
        let answer = server
            .ask(from(PROXY).field(name, &value))
            .is_admitted_as(USER);
        let shown = answer.seen[0]
            .head
            .extensions
            .get::<ClientCertificate>()
            .unwrap();
        assert_eq!(shown.der(), der(1));
        server.ask(from(PROXY)).is_challenged();
        server.ask(from(PROXY).field(name, "")).is_challenged();
    }
}

/// The spellings of one certificate that proxies use.
#[test]
fn a_certificate_may_be_spelled_as_the_proxies_do() {
    let base64 = BASE64_STANDARD.encode(der(1));
    let traefik = format!("{base64},{}", BASE64_STANDARD.encode(der(2)));
    let begin = "-----BEGIN CERTIFICATE-----";
    let end = "-----END CERTIFICATE-----";
    let apache = format!("{begin} {base64} {end} ");
    let chain = format!("{begin}%0A{base64}%0A{end}%0A{begin}%0AAAAA%0A{end}%0A");
    let (pem, name, _) = fields().swap_remove(1);
    let server = proxied(pem, |layer| layer);
    for value in [&base64, &traefik, &apache, &chain] {
        server
            .ask(from(PROXY).field(name, value))
            .is_admitted_as(USER);
    }
    server
        .ask(from(PROXY).field(name, "(null)"))
        .is_challenged();
    // RFC 9651 section 4.2.7: a parser should accept a value without padding.
    let (rfc9440, name, value) = fields().swap_remove(0);
    let server = proxied(rfc9440, |layer| layer);
    server
        .ask(from(PROXY).field(name, value.replace('=', "")))
        .is_admitted_as(USER);
}

#[test]
fn a_field_of_a_proxy_that_cannot_be_read_is_400() {
    for (field, name, value) in fields() {
        let server = proxied(field, |layer| layer);
        let cut = BASE64_STANDARD.encode(&der(1)[..4]);
        let long = BASE64_STANDARD.encode([der(1).as_slice(), &[0]].concat());
        let huge = "A".repeat(17 * 1024);
        let bad = [
            "?",
            ":",
            "::",
            ":AAAA",
            &cut,
            &format!(":{cut}:"),
            &long,
            &format!(":{long}:"),
            &huge,
            "%zz",
            &format!("{value}, {value}"),
        ];
        for value in bad {
            let answer = server.ask(from(PROXY).field(name, value));
            assert_eq!(answer.status, 400, "{name}: {value}");
            assert_eq!(
                answer.heard[0].text,
                "the certificate of the proxy cannot be read, or the client used no TLS"
            );
            assert_eq!(answer.settled, [AttemptOutcome::NotCounted]);
        }
        // Two lines do not say which of them is from the proxy.
        let twice = from(PROXY).field(name, &value).field(name, &value);
        assert_eq!(server.ask(twice).status, 400);
        // The client used no TLS, so it has no certificate, and the proxy has passed on a field that the client made up.
        let plain = get("/").extension(PeerAddress(PROXY.parse().unwrap()));
        let plain = plain
            .field("x-forwarded-for", "203.0.113.7")
            .field("x-forwarded-proto", "http");
        assert_eq!(server.ask(plain.field(name, &value)).status, 400);
    }
}

/// A client that connects directly cannot name a certificate, and no handler sees its field, also if the request is public.
#[test]
fn a117_the_field_of_a_client_is_removed_from_every_request() {
    let tunes: [fn(Layer) -> Layer; 3] = [
        |layer| layer,
        Layer::optional,
        |layer| layer.public(|_| true),
    ];
    for tune in tunes {
        for (field, name, value) in fields() {
            let server = proxied(field, tune);
            let aliases = [
                name.replace('-', "_"),
                name.replacen('-', ".", 1),
                name.to_owned(),
            ];
            for peer in [STRANGER, "10.0.0.3:443"] {
                for alias in &aliases {
                    let sent = || from(peer).field(alias, &value);
                    let answer = server.ask(sent());
                    assert!(answer.seen.iter().all(|seen| seen.identity().is_none()));
                    let answer = server.ask(sent().bearer(TOKEN));
                    let seen = &answer.seen[0].head;
                    assert!(!seen.headers.contains_key(alias.as_str()), "{alias}");
                    assert!(seen.extensions.get::<ClientCertificate>().is_none());
                }
            }
            // A proxy may pass on another spelling as the client sent it, alone or beside its own field.
            let wrong = aliases[0].as_str();
            let passed = server.ask(from(PROXY).field(wrong, &value).bearer(TOKEN));
            assert!(!passed.seen[0].head.headers.contains_key(wrong));
            let both = from(PROXY)
                .field(wrong, "x")
                .field(name, &value)
                .bearer(TOKEN);
            let passed = server.ask(both);
            let headers = &passed.seen[0].head.headers;
            assert!(!headers.contains_key(wrong) && headers.contains_key(name));
        }
    }
}

#[test]
fn the_chain_of_a_client_is_removed_with_its_certificate() {
    let (field, name, value) = fields().swap_remove(0);
    let server = proxied(field, |layer| layer);
    let with_chain = |peer| {
        from(peer)
            .field(name, &value)
            .field("client-cert-chain", "x")
    };
    let answer = server
        .ask(with_chain(STRANGER).bearer(TOKEN))
        .is_admitted_as(USER);
    assert!(
        !answer.seen[0]
            .head
            .headers
            .contains_key("client-cert-chain")
    );
    let answer = server.ask(with_chain(PROXY)).is_admitted_as(USER);
    let headers = &answer.seen[0].head.headers;
    assert!(
        headers.contains_key("client-cert-chain"),
        "the proxy has written it"
    );
}

/// Behind a proxy, the certificate of the connection is that of the proxy.
#[test]
fn the_certificate_of_the_proxy_is_not_that_of_its_client() {
    let (field, name, value) = fields().swap_remove(0);
    let with_field = proxied(field, |layer| layer);
    let own = || from(PROXY).extension(certificate(2));
    with_field.ask(own()).is_challenged();
    with_field
        .ask(own().field(name, &value))
        .is_admitted_as(USER);
    let without_field = beside(&[Kind::Bearer], |layer| layer.client(resolver()));
    without_field.ask(own()).is_challenged();
    // A client that connects directly shows its own.
    for server in [with_field, without_field] {
        server
            .ask(from(STRANGER).extension(certificate(2)))
            .is_admitted_as(OTHER_USER);
    }
}

/// With the PROXY protocol, the TLS of the client ends at this server.
#[test]
fn the_proxy_protocol_leaves_the_certificate_of_the_connection() {
    let client = ClientResolver::behind_hops(ForwardedHeader::ProxyProtocol, 1).unwrap();
    let server = beside(&[Kind::Bearer], |layer| layer.client(client.clone()));
    let header = ProxyProtocolHeader::new("203.0.113.7:1".parse().unwrap()).over_tls();
    let shown = from(PROXY).extension(header).extension(certificate(1));
    server.ask(shown).is_admitted_as(USER);
    let refused = client.trust_client_certificate(CertificateField::client_cert());
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("client-cert cannot be trusted")
    );
}

#[test]
fn a_clone_of_the_layer_inside_keeps_the_certificate() {
    for (field, name, value) in fields() {
        let client = resolver().trust_client_certificate(field).unwrap();
        let layer = || {
            let schemes: Vec<Boxed> = vec![
                Kind::Basic.build(&support::TestWorld::new()),
                Box::new(login()),
            ];
            RequireAuth::new(schemes).unwrap().client(client.clone())
        };
        let probe = Probe::new();
        // Two layers of their own, so that the inner one verifies again.
        let service = layer().layer(layer().layer(probe.clone()));
        let request = from(PROXY).field(name, &value).into_request();
        let Ok(response) = run(service.oneshot(request));
        assert_eq!(response.status(), 200);
        assert_eq!(probe.take()[0].identity().unwrap().name(), USER);
    }
}

#[test]
fn a_field_of_http_holds_no_certificate() {
    for name in ["authorization", "cookie", "host", "forwarded"] {
        let field = CertificateField::escaped_pem(HeaderName::from_static(name));
        assert!(field.is_err(), "{name}");
    }
    let direct = ClientResolver::by_connection();
    assert!(
        direct
            .trust_client_certificate(CertificateField::client_cert())
            .is_err()
    );
}

/// `Debug` shows no contents of a certificate, which may be personal.
#[test]
fn debug_shows_the_thumbprint_alone() {
    let shown = format!("{:?}", certificate(1));
    assert!(
        shown.contains("G2X2ilIshYcV9d2VHNBALcFmkXeIFL8HWYIreiV0IdA"),
        "{shown}"
    );
    assert!(!shown.contains("48, 3"), "{shown}");
}

/// A scheme beside certificates, as the only scheme of a layer.
fn joined<S: PlainScheme>(scheme: S) -> TestServer {
    let both = login().beside(scheme);
    TestServer::build(|_| vec![Box::new(both)], |layer| layer)
}

#[test]
fn the_handler_sees_no_key_of_a_scheme_beside_certificates() {
    let server = joined(ApiKey::new("files", [(USER, TOKEN)]).unwrap());
    for shown in [None, Some(certificate(1))] {
        let mut request = get("/").field("x-api-key", TOKEN);
        if let Some(certificate) = shown {
            request = request.extension(certificate);
        }
        let answer = server.ask(request).is_admitted_as(USER);
        assert!(!answer.seen[0].head.headers.contains_key("x-api-key"));
    }
    let tokens = Bearer::new("files", [(USER, TOKEN)]).unwrap();
    let server = joined(WebSocketBearer::new(tokens));
    let answer = server.ask(handshake().extension(certificate(1)));
    let answer = answer.is_admitted_as(USER);
    let protocols = &answer.seen[0].head.headers["sec-websocket-protocol"];
    assert_eq!(protocols, "chat, bearer", "the token is hidden");
}

/// A handshake of WebSocket with the token of [`USER`].
fn handshake() -> TestRequest {
    let protocols = format!("chat, bearer, {TOKEN}");
    let request = get("/").field("connection", "Upgrade");
    let request = request.field("upgrade", "websocket");
    let request = request.field("sec-websocket-version", "13");
    request.field("sec-websocket-protocol", protocols)
}

/// RFC 6750 section 3.1: the token is "invalid for other reasons".
#[test]
fn the_token_of_another_caller_is_an_invalid_token() {
    let errors = |server: &TestServer, request: TestRequest| {
        let answer = server.ask(request).is_refused();
        let schemes = ["Bearer", "DPoP"];
        schemes.map(|scheme| answer.params(scheme, "error").concat())
    };
    let bearer = || Bearer::new("files", [(USER, TOKEN)]).unwrap();
    let server = joined(bearer());
    for number in [2, 3] {
        let request = get("/").bearer(TOKEN).extension(certificate(number));
        assert_eq!(errors(&server, request), ["invalid_token", ""]);
    }
    let server = joined(WebSocketBearer::new(bearer()));
    let request = handshake().extension(certificate(2));
    assert_eq!(errors(&server, request), ["invalid_token", ""]);

    let issuer = TestIssuer::new("https://as.example").unwrap();
    let tokens = JwtVerifier::builder("https://as.example", issuer.clone()).audience("api");
    let dpop = Dpop::builder("api", tokens.build().unwrap());
    let dpop = dpop.external_origin("https://api.example").build().unwrap();
    let server = joined((bearer(), dpop));
    let key = DpopKey::generate().unwrap();
    let token = issuer.token(USER).audience("api").bound_to(&key).sign();
    let proof = || {
        key.proof("GET", "https://api.example/")
            .token(&token)
            .sign()
    };
    let request = |number: u8| {
        let request = get("/").extension(certificate(number));
        request
            .authorization(format!("DPoP {token}"))
            .field("dpop", proof())
    };
    server.ask(request(1)).is_admitted_as(USER);
    assert_eq!(errors(&server, request(2)), ["", "invalid_token"]);
}
