//! Tests the MUST sentences of RFC 7617 (Basic) that concern a server, one by one.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

pub mod support;

use http::StatusCode;
use tower_challenge::header::{Challenge, Credentials};
use tower_challenge::password::precis::{self, PrecisVerifier};
use tower_challenge::password::{OneAccount, PlaintextAccounts};
use tower_challenge::scheme::Basic;
use tower_challenge::scheme::basic::message;
use tower_challenge::{Principal, Secret};

use self::support::{Kind, PASSWORD, REALM, Recording, TestServer, USER, WRONG, get};

/// A server with one account.
fn stand(user: &str, password: &str) -> TestServer {
    let account = OneAccount::new(user, password).unwrap();
    let schemes = |world: &support::TestWorld| -> support::Schemes {
        let verifier = Recording::new(account, &world.asked);
        vec![Box::new(Basic::new(REALM, verifier).unwrap())]
    };
    TestServer::build(schemes, |layer| layer)
}

/// Section 2 allows an empty user-id and an empty password. Only by a setting does the verifier decide about them.
#[test]
fn section_2_an_empty_name_or_password_is_read_only_by_a_setting() {
    let admit = |_: &str, _: Secret<'_>| Some(Principal::new(USER));
    let basic = || Basic::new(REALM, admit).unwrap();
    for (basic, without_password, without_name) in [
        (basic(), 401, 401),
        (basic().allow_empty_password(), 200, 401),
        (basic().allow_empty_user(), 401, 200),
    ] {
        let stand = TestServer::build(|_| vec![Box::new(basic)], |layer| layer);
        let status = |text| stand.ask(get("/").basic_bytes(text)).status.as_u16();
        assert_eq!(
            (status("tok:"), status(":tok"), status(":")),
            (without_password, without_name, 401)
        );
    }
}

/// Section 2: "The scheme name is "Basic"." and "The authentication parameter 'realm' is REQUIRED".
#[test]
fn section_2_a_challenge_names_the_scheme_and_the_realm() {
    let challenges = TestServer::of(&[Kind::Basic]).challenges();
    assert_eq!(challenges.len(), 1);
    assert_eq!(challenges[0].scheme().as_str(), "Basic");
    let realm = challenges[0].param("realm").unwrap();
    assert_eq!(realm.to_bytes(), REALM.as_bytes());
    assert!(realm.is_quoted(), "RFC 9110 section 11.5");
}

/// Section 2: "unknown parameters MUST be ignored by recipients". The parser of challenges ignores them.
#[test]
fn section_2_unknown_parameters_of_a_challenge_are_ignored() {
    let plain = Challenge::parse(br#"Basic realm="a""#).unwrap();
    let more = Challenge::parse(br#"Basic realm="a", x=1, y="2", charset=UTF-8"#).unwrap();
    assert_eq!(plain.scheme(), more.scheme());
    assert_eq!(plain.param("realm"), more.param("realm"));
}

/// Section 2: "For credentials, the "token68" syntax [..] is used", obtained by "encoding this octet sequence using
/// Base64".
#[test]
fn section_2_credentials_are_the_base64_of_a_name_a_colon_and_a_password() {
    let stand = stand("Aladdin", "open sesame");
    let example = get("/").authorization("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    stand.ask(example).is_admitted_as("Aladdin");
    for other in [
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==",
        "Basic QWxhZGRp bjpvcGVuIHNlc2FtZQ==",
        "Basic \"QWxhZGRpbjpvcGVuIHNlc2FtZQ==\"",
        "Basic user=Aladdin",
        "Basic",
    ] {
        stand.ask(get("/").authorization(other)).is_malformed();
    }
}

/// Section 2: "The user-id and password MUST NOT contain any control characters".
#[test]
fn section_2_control_characters_get_400_and_are_not_encoded() {
    for control in (0..0x20).chain([0x7F]).map(char::from) {
        for (user, password) in [
            (format!("a{control}"), "b".to_owned()),
            ("a".to_owned(), format!("b{control}")),
            (format!("a{control}{control}"), "b".to_owned()),
            (format!("a{control}"), format!("b{control}")),
        ] {
            let stand = stand("a", "b");
            let credentials = format!("{user}:{password}");
            stand.ask(get("/").basic_bytes(credentials)).is_malformed();
            assert!(message::encode(&user, &password).is_err());
        }
    }
    let stand = stand("a\u{80}", "b\u{9f}");
    let c1 = get("/").basic("a\u{80}", "b\u{9f}");
    stand.ask(c1).is_admitted_as("a\u{80}");
}

/// Section 2: "a user-id containing a colon character is invalid, as the first colon in a user-pass string separates
/// user-id and password from one another; text after the first colon is part of the password."
#[test]
fn section_2_the_first_colon_separates_the_name_and_the_password() {
    let stand = stand("user", "pass:word:");
    let answer = stand
        .ask(get("/").basic_bytes("user:pass:word:"))
        .is_admitted_as("user");
    assert_eq!(answer.verified, ["user\npass:word:"]);
    assert!(OneAccount::new("us:er", "password").is_err());
    assert!(PlaintextAccounts::new([("us:er", "password")]).is_err());
    assert!(message::encode("us:er", "password").is_err());
    stand.ask(get("/").basic_bytes("user")).is_malformed();
}

/// Section 2: to a request that lacks credentials "the server can reply with a challenge using the 401 (Unauthorized)
/// status code". A proxy does the same with a 407.
#[test]
fn section_2_a_request_that_lacks_credentials_is_challenged() {
    let origin = TestServer::of(&[Kind::Basic]);
    assert_eq!(
        origin.ask(get("/")).is_challenged().status,
        StatusCode::UNAUTHORIZED
    );
    let proxy = TestServer::proxy(&[Kind::Basic], |layer| layer);
    let expected = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    assert_eq!(proxy.ask(get("/")).is_challenged().status, expected);
}

/// Section 2.1: of `charset`, "The only allowed value is "UTF-8"; it is to be matched case-insensitively".
#[test]
fn section_2_1_the_charset_is_utf_8() {
    let challenges = TestServer::of(&[Kind::Basic]).challenges();
    let charset = challenges[0].param("charset").unwrap();
    assert!(charset.eq_ignore_ascii_case("utf-8"));
}

/// Section 2.1: "It indicates that the server expects character data to be converted to Unicode Normalization Form C
/// [..] and to be encoded into octets using the UTF-8 character encoding scheme".
#[test]
fn section_2_1_credentials_are_read_as_utf_8() {
    let stand = stand("test", "123\u{a3}");
    let example = get("/").authorization("Basic dGVzdDoxMjPCow==");
    stand.ask(example).is_admitted_as("test");
    let latin1 = stand.ask(get("/").basic_bytes(b"test:123\xA3"));
    assert_eq!(
        latin1.verified, [""; 0],
        "the scheme tries no other encoding"
    );
    assert_eq!(latin1.status, StatusCode::UNAUTHORIZED);
}

/// Section 2.1: "For the user-id, recipients MUST support all characters defined in the "UsernameCasePreserved" profile
/// [..], with the exception of the colon (":") character."
#[test]
fn section_2_1_every_character_that_precis_allows_in_names_is_supported() {
    each_character(|character| {
        let name = precis::username(character)?;
        (!name.contains(':')).then_some((name, PASSWORD.to_owned()))
    });
}

/// Section 2.1: "For the password, recipients MUST support all characters defined in the "OpaqueString" profile".
#[test]
fn section_2_1_every_character_that_precis_allows_in_passwords_is_supported() {
    each_character(|character| {
        let password = precis::password(character)?.expose().to_owned();
        Some((USER.to_owned(), password))
    });
}

/// For every character of some Unicode blocks: makes a server with the account that `account` makes of the character,
/// and logs in.
fn each_character(account: impl Fn(&str) -> Option<(String, String)>) {
    let blocks = [
        0x20..0x250,
        0x370..0x530,
        0x5D0..0x600,
        0x900..0x980,
        0x3040..0x3100,
        0x4E00..0x4E80,
        0x1F500..0x1F520,
    ];
    let mut tried = 0;
    for code in blocks.into_iter().flatten() {
        let character = char::from_u32(code).unwrap().to_string();
        let Some((user, password)) = account(&character) else {
            continue;
        };
        let answer = stand(&user, &password).ask(get("/").basic(&user, &password));
        answer.is_admitted_as(&user);
        let inside = PrecisVerifier(OneAccount::new(&user, password.as_str()).unwrap());
        let schemes: support::Schemes = vec![Box::new(Basic::new(REALM, inside).unwrap())];
        let stand = TestServer::build(|_| schemes, |layer| layer);
        stand
            .ask(get("/").basic(&user, &password))
            .is_admitted_as(&user);
        tried += 1;
    }
    println!("tried {tried} characters");
    assert!(tried > 900, "only {tried} characters were tried");
}

/// RFC 8265 allows no empty text. Where Basic allows an empty part, the other part is a token.
#[test]
fn precis_leaves_an_empty_name_and_an_empty_password_to_the_settings_of_basic() {
    let verifier = |user: &str, password: Secret<'_>| {
        let is_right = match user {
            "" => password.matches(PASSWORD),
            user => user == "caf\u{e9}" && password.matches(""),
        };
        is_right.then(|| Principal::new(USER))
    };
    type Tune = fn(Basic<PrecisVerifier<Verify>>) -> Basic<PrecisVerifier<Verify>>;
    type Verify = fn(&str, Secret<'_>) -> Option<Principal>;
    let cases: [(Tune, bool, bool); 4] = [
        (|basic| basic, false, false),
        (Basic::allow_empty_user, true, false),
        (Basic::allow_empty_password, false, true),
        (
            |basic| basic.allow_empty_user().allow_empty_password(),
            true,
            true,
        ),
    ];
    for (tune, user, password) in cases {
        let basic = Basic::new(REALM, PrecisVerifier(verifier as Verify)).unwrap();
        let stand = TestServer::build(|_| vec![Box::new(tune(basic))], |layer| layer);
        let ask = |name: &str, password: &str| stand.ask(get("/").basic(name, password));
        let judge = |answer: support::Answer, is_right: bool| match is_right {
            true => answer.is_admitted_as(USER),
            false => answer.is_refused(),
        };
        judge(ask("", PASSWORD), user);
        judge(ask("cafe\u{301}", ""), password);
        judge(ask("caf\u{e9}", ""), password);
        ask("", WRONG).is_refused();
        ask("cafe", "").is_refused();
        ask("", "").is_refused();
    }
}

/// Section 4 warns of "the cleartext transmission of the user's password". This crate does not show the password in
/// `Debug` output either.
#[test]
fn section_4_debug_output_shows_no_password() {
    let credentials = format!("{USER}:{PASSWORD}");
    let ask = get("/").basic_bytes(credentials);
    let value = ask.request().headers()["authorization"].clone();
    let read = Credentials::parse(value.as_bytes()).unwrap();
    let account = OneAccount::new(USER, PASSWORD).unwrap();
    let head = tower_challenge::RequestHead::of(ask.request());
    let attempt = tower_challenge::scheme::Attempt::read(head, Default::default());
    let shown = format!("{read:?} {account:?} {head:?} {attempt:?}");
    support::canary::assert_free("Debug", shown.as_bytes());
    let basic = Basic::new(REALM, account).unwrap();
    support::canary::assert_free("Debug", format!("{basic:?}").as_bytes());
}
