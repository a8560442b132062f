//! Tests the fields beside `Authorization` in which schemes read credentials: what the inner service and caches see of them.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::sync::Arc;

use http::header::{COOKIE, VARY};
use http::{HeaderName, HeaderValue};
use tower_challenge::RequestHead;
use tower_challenge::client::ClientCertificate;
use tower_challenge::header::Challenge;
use tower_challenge::scheme::client_certificate::CertificateLogin;
use tower_challenge::scheme::{
    ApiKey, Attempt, Basic, BesideSignedBody, BodyUnread, CredentialsField, Scheme, SchemeExt,
    VerdictNowOrLater,
};
use tower_challenge::{ClaimedAccount, ErrorParams, Principal};

use self::support::{
    Answer, Boxed, Layer, OTHER_TOKEN, PASSWORD, REALM, TOKEN, TestRequest, TestServer, USER, get,
};

const KEY: &str = "x-api-key";
const THEME: &str = "x-theme";

fn keys() -> ApiKey<tower_challenge::scheme::bearer::StaticTokens> {
    ApiKey::new(REALM, [(USER, TOKEN)]).unwrap()
}

/// Reads no request, and says that it reads these fields.
struct Themes(Vec<CredentialsField>);

/// Says that it reads `Cookie` and a part of `X-Theme`.
fn themes() -> Themes {
    Themes(vec![CredentialsField::shared(COOKIE), part_of_theme()])
}

fn part_of_theme() -> CredentialsField {
    CredentialsField::partly(HeaderName::from_static(THEME), theme)
}

fn theme(head: &RequestHead<'_>) -> Option<HeaderValue> {
    let value = head.headers().get(THEME)?.to_str().ok()?;
    HeaderValue::from_str(value.split_once("; key=")?.0).ok()
}

impl Scheme for Themes {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, _: &mut Vec<Challenge>) {}

    fn may_claim(&self, _: &Attempt<'_>) -> bool {
        false
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, _: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        None
    }

    fn is_malformed(&self, _: &Attempt<'_>) -> bool {
        false
    }

    fn credentials_fields(&self, fields: &mut Vec<CredentialsField>) {
        fields.extend(self.0.iter().cloned());
    }
}

fn server(tune: impl FnOnce(Layer) -> Layer) -> TestServer {
    TestServer::build(
        |world| {
            vec![
                world.basic(),
                Box::new(keys()),
                Box::new(keys()),
                Box::new(themes()),
            ]
        },
        tune,
    )
}

fn with_all(ask: TestRequest) -> TestRequest {
    let ask = ask.field(KEY, OTHER_TOKEN).field(KEY, OTHER_TOKEN);
    ask.field(COOKIE.as_str(), "a=b")
        .field(THEME, "blue; key=k3y")
}

fn seen<'a>(answer: &'a Answer, name: &str) -> Vec<&'a HeaderValue> {
    answer.seen[0].head.headers.get_all(name).iter().collect()
}

fn vary(answer: &Answer) -> Vec<&str> {
    let lines = answer.headers.get_all(VARY).iter();
    lines.map(|line| line.to_str().unwrap()).collect()
}

#[test]
fn the_handler_sees_no_credentials_of_any_scheme_of_the_layer() {
    let server = server(|layer| layer);
    let answer = server.ask(with_all(get("/").basic(USER, PASSWORD)));
    let answer = answer.is_admitted_as(USER);
    assert!(seen(&answer, KEY).is_empty());
    assert_eq!(seen(&answer, THEME), ["blue"]);
    assert_eq!(seen(&answer, "cookie"), ["a=b"]);
    assert_eq!(seen(&answer, "authorization").len(), 1);
}

#[test]
fn a_request_that_passes_keeps_them_marked_as_sensitive_unless_the_layer_strips_them() {
    let public = |layer: Layer| layer.public(|_: &RequestHead<'_>| true);
    let answer = server(public).ask(with_all(get("/")));
    assert_eq!(seen(&answer, KEY), [OTHER_TOKEN; 2]);
    assert!(seen(&answer, KEY).iter().all(|line| line.is_sensitive()));
    assert_eq!(seen(&answer, THEME), ["blue; key=k3y"]);
    assert!(seen(&answer, THEME)[0].is_sensitive());
    assert!(!seen(&answer, "cookie")[0].is_sensitive());
    assert!(vary(&answer).is_empty(), "the layer did not look at them");

    let answer = server(|layer| public(layer).strip_credentials()).ask(with_all(get("/")));
    assert!(seen(&answer, KEY).is_empty());
    assert_eq!(seen(&answer, THEME), ["blue"]);
    assert_eq!(seen(&answer, "cookie"), ["a=b"]);
}

#[test]
fn caches_learn_the_fields_of_all_schemes_also_from_answers_to_clients_without_credentials() {
    let optional = server(Layer::optional);
    let all = [KEY, "cookie", "authorization"];
    assert_eq!(vary(&optional.ask(get("/")).is_anonymous()), all);
    let answer = optional.ask(get("/").field(KEY, TOKEN));
    assert_eq!(vary(&answer.is_admitted_as(USER)), all);
    let answer = optional.ask(get("/").basic(USER, PASSWORD));
    assert_eq!(vary(&answer.is_admitted_as(USER)), all);

    let server = server(|layer| layer);
    let answer = server.ask(get("/").field(KEY, TOKEN));
    assert_eq!(vary(&answer.is_admitted_as(USER)), [KEY, "cookie"]);
    let answer = server.ask(get("/").basic(USER, PASSWORD));
    assert!(vary(&answer.is_admitted_as(USER)).is_empty());
}

/// Two schemes may read one field and let the application see another rest of it. Their order does not matter.
#[test]
fn a_field_of_two_schemes_is_hidden_as_each_of_them_says() {
    let shared = || CredentialsField::shared(HeaderName::from_static(THEME));
    for (first, second) in [(shared(), part_of_theme()), (part_of_theme(), shared())] {
        let server = TestServer::build(
            |world| {
                let (first, second) = (Themes(vec![first]), Themes(vec![second]));
                vec![world.basic(), Box::new(first), Box::new(second)]
            },
            Layer::optional,
        );
        let answer = server.ask(with_all(get("/").basic(USER, PASSWORD)));
        let answer = answer.is_admitted_as(USER);
        assert_eq!(seen(&answer, THEME), ["blue"]);
        assert_eq!(vary(&answer), [THEME, "authorization"]);
    }
}

/// Every composition of the crate, so that none forgets to hand the fields on.
#[test]
fn a_composition_has_the_fields_of_its_members() {
    let names = |scheme: &dyn Fn(&mut Vec<CredentialsField>)| {
        let mut fields = Vec::new();
        scheme(&mut fields);
        let names = fields.iter().map(|field| field.name().to_string());
        names.collect::<Vec<_>>().join(" ")
    };
    macro_rules! assert_names {
        ($scheme:expr, $names:expr) => {
            let scheme = $scheme;
            assert_eq!(names(&|fields| scheme.credentials_fields(fields)), $names);
        };
    }
    let basic = Basic::new(REALM, [(USER, PASSWORD)]).unwrap();
    assert_names!(basic.clone(), "");
    assert_names!((basic, keys(), themes()), "x-api-key cookie x-theme");
    assert_names!(vec![keys(), keys()], "x-api-key x-api-key");
    assert_names!(Arc::new(keys()), KEY);
    let boxed: Boxed = Box::new(keys());
    assert_names!(boxed, KEY);
    assert_names!(keys().boxed(), KEY);
    assert_names!(keys().map_identity(|caller| caller), KEY);
    assert_names!(BesideSignedBody(keys()), KEY);
    let login = || CertificateLogin::new(|_: &ClientCertificate| None::<Principal>).unwrap();
    assert_names!(login().beside(keys()), KEY);
}

#[test]
fn debug_output_shows_the_name() {
    let shown = format!("{:?}", CredentialsField::shared(COOKIE));
    assert!(shown.contains("cookie"), "{shown}");
}
