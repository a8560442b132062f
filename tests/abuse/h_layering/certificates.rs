//! Tests requests that carry a certificate and credentials.

use tower_challenge::Principal;
use tower_challenge::client::ClientCertificate;
use tower_challenge::scheme::client_certificate::{CertificateLogin, KnownCertificates};

use crate::support::{Kind, OTHER_USER, Schemes, TestServer, TestWorld, USER, get};

fn certificate(number: u8) -> ClientCertificate {
    ClientCertificate::from_der([0x30, 0x03, 0x02, 0x01, number])
}

/// A server with `kinds` beside certificates. Certificate 1 belongs to [`USER`], and certificate 2 to [`OTHER_USER`].
fn server(kinds: &[Kind]) -> TestServer {
    let owner = |number, name| {
        (
            certificate(number).thumbprint().to_string(),
            Principal::new(name),
        )
    };
    let known = KnownCertificates::new([owner(1, USER), owner(2, OTHER_USER)]).unwrap();
    let login = CertificateLogin::new(known).unwrap();
    let build = |world: &TestWorld| {
        let schemes: Schemes = kinds.iter().map(|kind| kind.build(world)).collect();
        vec![Box::new(login.beside(schemes)) as _]
    };
    TestServer::build(build, |layer| layer)
}

/// The certificate says A, and the credentials say B: the request is refused as with wrong credentials, in every order of
/// the schemes. With one caller, it is admitted, and so is a certificate or a login alone.
#[test]
fn a109_a_certificate_and_credentials_of_two_callers_are_refused() {
    for kinds in Kind::orders() {
        let server = server(&kinds);
        server
            .ask(get("/").extension(certificate(2)))
            .is_admitted_as(OTHER_USER);
        for kind in &kinds {
            let good = || kind.good(&server, &get("/"));
            server
                .ask(get("/").authorization(good()))
                .is_admitted_as(USER);
            let shown = |number: u8, credentials| {
                server.ask(
                    get("/")
                        .extension(certificate(number))
                        .authorization(credentials),
                )
            };
            shown(1, good()).is_admitted_as(USER);
            let refused = shown(2, good()).is_refused();
            assert_eq!(
                refused.heard[0].text,
                "the certificate and the credentials belong to different callers"
            );
            let refused = shown(3, good()).is_refused();
            assert_eq!(
                refused.heard[0].text,
                "the certificate belongs to no known caller"
            );
        }
    }
}

/// The certificate does not help wrong credentials, and a refusal does not tell whether they were right.
#[test]
fn a109_the_certificate_of_another_caller_tells_nothing_about_a_password() {
    let server = server(&[Kind::Basic]);
    let ask = |number: u8, credentials: String| {
        let answer = server.ask(
            get("/")
                .extension(certificate(number))
                .authorization(credentials),
        );
        let answer = answer.is_refused();
        (answer.status, answer.headers, answer.body)
    };
    let right = || Kind::Basic.good(&server, &get("/"));
    let wrong = || Kind::Basic.wrong(&server, &get("/"));
    assert_eq!(ask(2, right()), ask(2, wrong()));
    assert_eq!(ask(3, right()), ask(3, wrong()));
    assert_eq!(ask(1, wrong()), ask(2, wrong()));
}

/// Credentials that break the grammar of their scheme are `400` with a certificate, too. Credentials of a scheme that is not
/// offered are none.
#[test]
fn a109_malformed_credentials_are_not_replaced_by_a_certificate() {
    let server = server(&[Kind::Bearer, Kind::Basic]);
    let shown = || get("/").extension(certificate(1));
    server
        .ask(shown().authorization("Bearer a b"))
        .is_malformed();
    server
        .ask(shown().authorization("Unheard-Of x"))
        .is_admitted_as(USER);
    let twice = shown().basic(USER, "x").basic(USER, "x");
    server.ask(twice).is_malformed();
}
