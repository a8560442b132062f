//! Tests the rules of RFC 7804 (SCRAM over HTTP) that concern a server, one by one, and those of RFC 5802 to which it
//! refers. A sentence in quotation marks is a quotation.

#![cfg(feature = "full")]

pub mod support;

use std::collections::HashSet;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Response, StatusCode};
use http_body_util::Full;
use tower_challenge::audit::AuditOutcome;
use tower_challenge::header::Challenge;
use tower_challenge::scheme::scram::{
    ScramAccount, ScramAccounts, ScramClient, ScramMechanism, ScramSecret, StringPreparation,
};
use tower_challenge::scheme::{Scram, ServerRole};
use tower_challenge::{Principal, Secret};

use self::support::scram_client::text;
use self::support::world::WatchedScram;
use self::support::{
    Answer, OTHER_PASSWORD, OTHER_USER, PASSWORD, Probe, REALM, ScramLogin, ScramProof, TestServer,
    USER, WRONG, get,
};

fn server() -> TestServer {
    tuned(|builder| builder)
}

fn tuned(tune: impl FnOnce(WatchedScram) -> WatchedScram) -> TestServer {
    TestServer::build(|world| vec![world.scram_in(REALM, tune)], |layer| layer)
}

fn login() -> ScramLogin {
    ScramLogin::of(USER, PASSWORD)
}

fn ask(server: &TestServer, credentials: &str) -> Answer {
    server.ask(get("/").authorization(credentials))
}

/// Begins an exchange, and returns the challenge in between.
fn begin(server: &TestServer, login: &ScramLogin) -> Challenge {
    let answer = ask(server, &login.header()).is_continued();
    answer.challenges().remove(0)
}

/// Begins an exchange, and returns the proof that the client would send.
fn proof(server: &TestServer, login: &ScramLogin) -> ScramProof {
    login.answer(&begin(server, login))
}

/// Asserts that the second request of an exchange failed: `401`, and the one challenge that every failure has.
#[track_caller]
fn assert_failed(answer: &Answer, outcome: AuditOutcome) {
    assert_eq!(answer.heard[0].outcome, outcome, "{}", answer.asked);
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let challenges = answer.challenges();
    let [challenge] = &challenges[..] else {
        panic!("{challenges:?}")
    };
    let error = STANDARD.encode("e=other-error");
    let expected = format!("SCRAM-SHA-256 realm=\"{REALM}\", data=\"{error}\"");
    assert_eq!(challenge.as_value(), expected.as_str(), "{}", answer.asked);
}

/// Section 5: "For interoperability, all HTTP clients and servers supporting SCRAM MUST implement the SCRAM-SHA-256
/// authentication mechanism".
#[test]
fn section_5_the_mechanism_is_sha_256_and_sha_1_only_on_request() {
    let names = |server: &TestServer| {
        let challenges = server.challenges().into_iter();
        let names = challenges.map(|challenge| challenge.scheme().as_str().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&server()), ["SCRAM-SHA-256"]);
    assert_eq!(names(&tuned(WatchedScram::legacy_sha1)), ["SCRAM-SHA-1"]);
    let both = TestServer::build(
        |world| {
            vec![
                world.scram(),
                world.scram_in(REALM, WatchedScram::legacy_sha1),
            ]
        },
        |layer| layer,
    );
    assert_eq!(names(&both), ["SCRAM-SHA-256", "SCRAM-SHA-1"]);
}

/// Section 5: the first challenge has the realm. The client sends it back with its first message, or leaves it out.
#[test]
fn section_5_the_first_message_may_leave_the_realm_out_and_another_realm_is_challenged() {
    let server = server();
    let answer = ask(&server, "Unheard-Of").is_challenged();
    let plain = format!("SCRAM-SHA-256 realm=\"{REALM}\"");
    assert_eq!(answer.header("www-authenticate"), Some(&*plain));
    for realm in [None, Some(REALM.to_owned())] {
        let login = login().with(|login| login.realm = realm);
        ask(&server, &proof(&server, &login).header()).is_admitted_as(USER);
    }
    let other = login().with(|login| login.realm = Some("other".to_owned()));
    let answer = ask(&server, &other.header()).is_refused_uncounted();
    assert_eq!(answer.header("www-authenticate"), Some(&*plain));
}

/// Section 5: the answer to the first message is a `401` with this challenge alone, which has a sid and the message of
/// the server, and no realm.
#[test]
fn section_5_the_second_challenge_has_a_sid_and_the_message_of_the_server() {
    let schemes = |world: &support::TestWorld| vec![world.basic(), world.scram(), world.digest()];
    let server = TestServer::build(schemes, |layer| layer);
    let challenge = begin(&server, &login());
    let names = challenge.params().map(|param| param.name().to_owned());
    assert_eq!(names.collect::<Vec<_>>(), ["sid", "data"]);
    let message = STANDARD.decode(text(&challenge, "data")).unwrap();
    let message = String::from_utf8(message).unwrap();
    let parts = message.split(',').collect::<Vec<_>>();
    assert!(parts[0].starts_with(&format!("r={}", login().nonce)));
    assert_eq!(STANDARD.decode(&parts[1][2..]).unwrap().len(), 16);
    assert_eq!(parts[2..], ["i=4096"]);
}

/// Section 5: the client may send its first message without a challenge, and on another connection than the second one.
#[test]
fn section_5_an_exchange_needs_no_challenge_and_no_connection() {
    let server = server();
    let last = proof(&server, &login());
    let other = proof(&server, &ScramLogin::of(OTHER_USER, OTHER_PASSWORD));
    ask(&server, &other.header()).is_admitted_as(OTHER_USER);
    ask(&server, &last.header()).is_admitted_as(USER);
}

/// Section 5: after a right proof, `Authentication-Info` has the sid and the proof of the server, with any status.
#[test]
fn section_5_the_server_proves_itself_with_any_status() {
    for status in [200, 204, 304, 400, 403, 404, 500] {
        let reply = move |_: &support::Seen| {
            Response::builder()
                .status(status)
                .body(Full::default())
                .unwrap()
        };
        let server = TestServer::over(
            Probe::answering(reply),
            |world| vec![world.scram()],
            |layer| layer,
        );
        let last = proof(&server, &login());
        let answer = ask(&server, &last.header());
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("authentication-info"), Some(&*last.info()));
    }
}

/// The same holds if a policy refuses the caller: it has authenticated.
#[test]
fn section_5_the_server_proves_itself_in_the_refusal_of_a_policy() {
    let server = TestServer::build(
        |world| vec![world.scram()],
        |layer| {
            layer.policy(|caller: &Principal, _: &tower_challenge::RequestHead<'_>| {
                caller.name() != USER
            })
        },
    );
    let last = proof(&server, &login());
    let answer = ask(&server, &last.header()).is_forbidden();
    assert_eq!(answer.header("authentication-info"), Some(&*last.info()));
}

/// A proxy uses the fields of a proxy.
#[test]
fn a_proxy_has_its_own_fields() {
    let mut server = TestServer::build(|world| vec![world.scram()], |layer| layer.proxy());
    server.role = ServerRole::Proxy;
    let last = proof(&server, &login());
    let answer = ask(&server, &last.header()).is_admitted_as(USER);
    assert_eq!(
        answer.header("proxy-authentication-info"),
        Some(&*last.info())
    );
    assert_eq!(answer.header("authentication-info"), None);
}

/// Section 5: `data` is shown without quotes, and clients send it so. A sid may have quotes or none.
#[test]
fn section_5_sid_and_data_may_be_quoted_or_bare() {
    let server = server();
    let bare = |header: String| header.replace('"', "");
    let login = login();
    let first = ask(&server, &bare(login.header())).is_continued();
    let last = login.answer(&first.challenges()[0]);
    ask(&server, &bare(last.header())).is_admitted_as(USER);
    let reordered = proof(&server, &login);
    let data = STANDARD.encode(reordered.message());
    let reordered = format!(
        "scram-sha-256 DATA = {data} , Sid=\"{}\", x=y",
        reordered.sid
    );
    ask(&server, &reordered).is_admitted_as(USER);
}

/// Section 5, and RFC 5802 section 6: HTTP has no channel binding, so the GS2 header begins with `n`.
#[test]
fn section_5_a_client_that_asks_for_channel_binding_is_refused() {
    let server = server();
    for gs2_header in [
        "y,,",
        "p=tls-unique,,",
        "p=,,",
        "N,,",
        "n",
        "n,",
        ",,",
        "nn,,",
        "x,,",
    ] {
        let login = login().with(|login| login.gs2_header = gs2_header.to_owned());
        let answer = ask(&server, &login.header()).is_refused_uncounted();
        assert_eq!(answer.verified, [""; 0], "{gs2_header}");
    }
}

/// RFC 5802 section 5.1: "If the server receives a username that contains '=' not followed by either '2C' or '3D', then
/// the server MUST fail the authentication."
#[test]
fn rfc_5802_section_5_1_a_name_is_escaped_strictly() {
    let server = server();
    for name in ["a=", "a=2", "a=2c", "a=3d", "=2Ca=", "a=XXb", "==", ""] {
        let message = format!("n,,n={name},r=x");
        ask(&server, &login().header_of(message)).is_refused_uncounted();
    }
    let escaped = login().header_of("n,,n=a=2Cb=3Dc,r=x");
    let answer = ask(&server, &escaped).is_continued();
    assert_eq!(answer.verified, ["a,b=c"]);
    assert_eq!(answer.reserved, [Some("a,b=c".to_owned())]);
}

/// RFC 5802 section 5.1: "In this version of SCRAM, its presence in a client or a server message MUST cause
/// authentication failure when the attribute is parsed by the other end." This is the attribute `m`.
#[test]
fn rfc_5802_section_5_1_a_mandatory_extension_is_refused() {
    let server = server();
    for message in [
        "n,,m=x,n=mufasa,r=x",
        "n,,n=mufasa,r=x,m=x",
        "n,,n=mufasa,m=x,r=x",
    ] {
        ask(&server, &login().header_of(message)).is_refused_uncounted();
    }
    let last = proof(&server, &login());
    let with = last
        .clone()
        .with(|last| last.extensions = ",m=x".to_owned());
    assert_failed(&ask(&server, &with.header()), AuditOutcome::Uncounted);
    ask(&server, &last.header()).is_admitted_as(USER);
}

/// RFC 5802 section 5.1: "Unknown optional extensions MUST be ignored upon receipt." The proof covers them.
#[test]
fn rfc_5802_section_5_1_other_extensions_are_ignored() {
    let server = server();
    let login = login().with(|login| login.extensions = ",x=1,y=\u{e9}".to_owned());
    ask(&server, &proof(&server, &login).header()).is_admitted_as(USER);
    for extensions in [",", ",x", ",x=", ",1=2", ",x=1,", ",xx=1"] {
        let login = login
            .clone()
            .with(|login| login.extensions = extensions.to_owned());
        ask(&server, &login.header()).is_refused_uncounted();
    }
}

/// RFC 5802 section 7: a nonce has printable ASCII characters except the comma. Some clients use all of them.
#[test]
fn rfc_5802_section_7_a_nonce_may_have_every_printable_character() {
    let server = server();
    let all = (b'!'..=b'~').filter(|byte| *byte != b',').map(char::from);
    let login = login().with(|login| login.nonce = all.collect());
    ask(&server, &proof(&server, &login).header()).is_admitted_as(USER);
    for nonce in ["", " ", "a b", "a\tb", "\u{e9}", "\u{7f}", &"x".repeat(257)] {
        let login = login.clone().with(|login| login.nonce = nonce.to_owned());
        ask(&server, &login.header()).is_refused_uncounted();
    }
}

/// RFC 5802 section 5.1: "The server MUST verify that the nonce sent by the client in the second message is the same as
/// the one sent by the server in its first message."
#[test]
fn rfc_5802_section_5_1_the_nonce_of_the_second_message_is_compared() {
    let server = server();
    let last = proof(&server, &login());
    let nonce = last.nonce.clone();
    for nonce in [
        String::new(),
        login().nonce,
        nonce[1..].to_owned(),
        format!("{nonce}x"),
        format!("x{nonce}"),
        nonce.to_lowercase(),
        proof(&server, &login()).nonce,
    ] {
        let other = last.clone().with(|last| last.nonce = nonce);
        assert_failed(&ask(&server, &other.header()), AuditOutcome::Uncounted);
    }
    ask(&server, &last.header()).is_admitted_as(USER);
}

/// RFC 5802 section 5.1: the attribute `c` repeats the GS2 header of the first message.
#[test]
fn rfc_5802_section_5_1_the_second_message_repeats_the_gs2_header() {
    let server = server();
    let last = proof(&server, &login());
    for header in ["", "n", "n,", "y,,", "n,a=mufasa,", "n,,x"] {
        let header = STANDARD.encode(header);
        let other = last.clone().with(|last| last.channel_binding = header);
        assert_failed(&ask(&server, &other.header()), AuditOutcome::Uncounted);
    }
    ask(&server, &last.header()).is_admitted_as(USER);
}

/// A client may name its own user as the one for whom it acts, and no other.
#[test]
fn a_client_acts_for_no_other_user() {
    let server = server();
    let own = login().with(|login| login.gs2_header = format!("n,a={USER},"));
    ask(&server, &proof(&server, &own).header()).is_admitted_as(USER);
    for other in ["nala", "", "mufasa=", "Mufasa"] {
        let other = login().with(|login| login.gs2_header = format!("n,a={other},"));
        ask(&server, &other.header()).is_refused_uncounted();
    }
}

/// A wrong password, and a proof of which any bit is changed, fail, and each is one guess.
#[test]
fn a_wrong_proof_is_refused_and_counted() {
    let server = server();
    let wrong = proof(&server, &ScramLogin::of(USER, WRONG));
    let answer = ask(&server, &wrong.header());
    assert_failed(&answer, AuditOutcome::Refused);
    assert_eq!(answer.reserved, [Some(USER.to_owned())]);
    let last = proof(&server, &login());
    for bit in 0..256 {
        let other = last
            .clone()
            .with(|last| last.proof[bit / 8] ^= 1 << (bit % 8));
        assert_failed(&ask(&server, &other.header()), AuditOutcome::Refused);
    }
    for proof in [vec![], vec![0; 31], vec![0; 33], last.proof[..20].to_vec()] {
        let other = last.clone().with(|last| last.proof = proof);
        assert_failed(&ask(&server, &other.header()), AuditOutcome::Refused);
    }
    assert_eq!(
        server.world.store.entry_count(),
        0,
        "a wrong proof is not remembered"
    );
    ask(&server, &last.header()).is_admitted_as(USER);
}

/// A message that is not a message fails, in either request.
#[test]
fn a_bad_message_is_401_and_a_bad_field_is_400() {
    let server = server();
    let bad = [
        "",
        "n",
        "n,,",
        "n,,n=a",
        "n,,r=a",
        "n,,r=a,n=b",
        "x",
        "n,,n=a,r=b,",
        "n,x=,n=a,r=b",
    ];
    for message in bad {
        ask(&server, &login().header_of(message)).is_refused_uncounted();
    }
    ask(&server, &login().header_of(b"n,,n=\xff,r=x")).is_refused_uncounted();
    let last = proof(&server, &login());
    for message in [
        "",
        "c=biws",
        "c=biws,r=x",
        "c=biws,p=",
        "r=x,c=biws,p=",
        "c=biws,r=x,p=!",
        "c=biws,r=x,p=AA",
    ] {
        assert_failed(
            &ask(&server, &last.header_of(message)),
            AuditOutcome::Uncounted,
        );
    }
    for data in [
        "biws\u{20}bj1h",
        "biws=",
        "b",
        "biwr",
        "biwsbj1hLHI9eA",
        "biwsbj1hLHI9eB==",
        "-_==",
    ] {
        let field = format!("SCRAM-SHA-256 data=\"{data}\"");
        ask(&server, &field).is_refused_uncounted();
    }
    for field in [
        "SCRAM-SHA-256",
        "SCRAM-SHA-256 ",
        "SCRAM-SHA-256 realm=\"x\"",
        "SCRAM-SHA-256 sid=x",
        "SCRAM-SHA-256 data",
        "SCRAM-SHA-256 data=",
        "SCRAM-SHA-256 biws",
        "SCRAM-SHA-256 data=\"biws",
        "SCRAM-SHA-256 data=biws, data=biws",
        "SCRAM-SHA-256 sid=a, data=biws, SID=b",
        "SCRAM-SHA-256 data=biws sid=x",
    ] {
        ask(&server, field).is_malformed();
    }
}

/// Messages, names and sids are bounded.
#[test]
fn long_messages_are_refused() {
    let server = server();
    let long = |length: usize| login().with(|login| login.user = "x".repeat(length));
    ask(&server, &long(255).header()).is_continued();
    ask(&server, &long(256).header()).is_refused_uncounted();
    for length in [1024, 2048, 8192, 11_000] {
        let login = login().with(|login| login.extensions = format!(",x={}", "x".repeat(length)));
        ask(&server, &login.header()).is_refused_uncounted();
    }
    let last = proof(&server, &login());
    for length in [2048, 8192, 11_000] {
        let long = last
            .clone()
            .with(|last| last.extensions = format!(",x={}", "x".repeat(length)));
        assert_failed(&ask(&server, &long.header()), AuditOutcome::Uncounted);
        let long = last
            .clone()
            .with(|last| last.sid.push_str(&"A".repeat(length)));
        assert_failed(&ask(&server, &long.header()), AuditOutcome::Uncounted);
    }
}

/// The server does not recognise a sid if a character of it is changed, or if it is cut or longer.
#[test]
fn a_sid_is_recognised_only_as_it_was_sent() {
    let server = server();
    let last = proof(&server, &login());
    let changed = |place: usize| {
        let mut sid = last.sid.clone().into_bytes();
        sid[place] = if sid[place] == b'A' { b'B' } else { b'A' };
        String::from_utf8(sid).unwrap()
    };
    let mut sids = (0..last.sid.len()).map(changed).collect::<Vec<_>>();
    sids.extend((0..last.sid.len()).map(|end| last.sid[..end].to_owned()));
    sids.push(format!("{}A", last.sid));
    sids.push(format!("{}=", last.sid));
    for sid in sids.into_iter().filter(|sid| *sid != last.sid) {
        let other = last.clone().with(|last| last.sid = sid);
        let answer = ask(&server, &other.header());
        assert_failed(&answer, AuditOutcome::Uncounted);
        assert_eq!((answer.reserved, answer.verified), (vec![None], vec![]));
    }
    ask(&server, &last.header()).is_admitted_as(USER);
}

/// A sid is bound to the server, the realm and the mechanism.
#[test]
fn a_sid_is_good_for_one_realm_mechanism_and_server() {
    use tower_challenge::scheme::scram::NonceKeys;
    let keys = NonceKeys::new([7; 32]).unwrap();
    let with_keys = |builder: WatchedScram| builder.nonce_keys(keys.clone());
    let from = tuned(with_keys);
    let same = tuned(with_keys);
    for server in [
        tuned(|builder| builder),
        tuned(|builder| with_keys(builder).legacy_sha1()),
        TestServer::build(
            |world| vec![world.scram_in("other", with_keys)],
            |layer| layer,
        ),
    ] {
        let last = proof(&from, &login());
        let mechanism = server.challenges()[0].scheme().as_str().to_owned();
        let last = last.with(|last| last.mechanism = mechanism);
        let answer = ask(&server, &last.header());
        assert_eq!(answer.heard[0].outcome, AuditOutcome::Uncounted);
    }
    // The same keys, and another store: the sid is recognised, and that store has another epoch.
    let last = proof(&from, &login());
    assert_failed(&ask(&same, &last.header()), AuditOutcome::Stale);
}

/// A sid is bound to the lifetime of exchanges: a store remembers a used sid for the lifetime of one server, and another
/// server that accepts it for longer would admit it again.
#[test]
fn a_sid_is_good_for_one_lifetime() {
    use tower_challenge::scheme::scram::NonceKeys;
    let keys = NonceKeys::new([7; 32]).unwrap();
    let schemes = |world: &support::TestWorld| {
        let scheme = |realm: &str, seconds| {
            let keys = keys.clone();
            world.scram_in(realm, |builder| {
                let lifetime = Duration::from_secs(seconds);
                builder.nonce_keys(keys).exchange_lifetime(lifetime)
            })
        };
        vec![scheme(REALM, 60), scheme(REALM, 600)]
    };
    let long_and_short = schemes(&support::TestWorld::new());
    let [short, long] = <[_; 2]>::try_from(long_and_short).ok().unwrap();
    let short = TestServer::build(|_| vec![short], |layer| layer);
    let long = TestServer::build(|_| vec![long], |layer| layer);
    for (from, to) in [(&short, &long), (&long, &short)] {
        let last = proof(from, &login());
        assert_failed(&ask(to, &last.header()), AuditOutcome::Uncounted);
        ask(from, &last.header()).is_admitted_as(USER);
    }
}

/// An exchange expires.
#[test]
fn an_exchange_expires() {
    let server = tuned(|builder| builder.exchange_lifetime(Duration::from_secs(20)));
    let last = proof(&server, &login());
    let wrong = proof(&server, &ScramLogin::of(USER, WRONG));
    server.world.clock.advance(Duration::from_millis(20_001));
    assert_failed(&ask(&server, &last.header()), AuditOutcome::Stale);
    assert_failed(&ask(&server, &wrong.header()), AuditOutcome::Refused);
    let last = proof(&server, &login());
    server.world.clock.advance(Duration::from_secs(20));
    ask(&server, &last.header()).is_admitted_as(USER);
}

/// A sid is good for one login. Its second use is no guess.
#[test]
fn a_sid_is_used_once() {
    let server = server();
    let last = proof(&server, &login());
    ask(&server, &last.header()).is_admitted_as(USER);
    for _ in 0..3 {
        assert_failed(&ask(&server, &last.header()), AuditOutcome::Stale);
    }
    let wrong = last.clone().with(|last| last.proof[0] ^= 1);
    assert_failed(&ask(&server, &wrong.header()), AuditOutcome::Refused);
    assert_eq!(server.world.store.entry_count(), 1);
}

/// An unknown user gets the same answers as a known one with a wrong password: byte for byte, apart from the random parts.
#[test]
fn an_unknown_user_is_answered_as_a_known_one() {
    let server = tuned(|builder| builder.fake_salt_key([9; 32]));
    let restarted = tuned(|builder| builder.fake_salt_key([9; 32]));
    let shape = |server: &TestServer, user: &str| {
        let login = ScramLogin::of(user, WRONG);
        let first = ask(server, &login.header()).is_continued();
        let challenge = first.challenges().remove(0);
        let message = STANDARD.decode(text(&challenge, "data")).unwrap();
        let message = String::from_utf8(message).unwrap();
        let parts = message.split(',').map(str::to_owned).collect::<Vec<_>>();
        let last = ask(server, &login.answer(&challenge).header());
        assert_failed(&last, AuditOutcome::Refused);
        let lengths = (challenge.as_value().len(), message.len(), parts[0].len());
        (
            lengths,
            parts[2].clone(),
            last.headers,
            last.body,
            parts[1].clone(),
        )
    };
    let known = shape(&server, USER);
    let unknown = shape(&server, "rafiki");
    assert_eq!(known.0, unknown.0);
    assert_eq!(
        (&known.1, &known.2, &known.3),
        (&unknown.1, &unknown.2, &unknown.3)
    );
    assert_ne!(known.4, unknown.4);
    // The salt of each is the same at each request, and after a restart.
    assert_eq!(unknown.4, shape(&server, "rafiki").4);
    assert_eq!(unknown.4, shape(&restarted, "rafiki").4);
    assert_ne!(unknown.4, shape(&server, "shenzi").4);
}

/// Section 5 refers to the preparation of names: a scheme without one admits no client whose name is not ASCII.
#[test]
fn names_are_prepared_before_they_are_looked_up() {
    let accounts = |prepare: StringPreparation| {
        let password = Secret::new(PASSWORD);
        let secret = ScramSecret::from_password(ScramMechanism::Sha256, password, prepare).unwrap();
        let account = ScramAccount::new(secret, Principal::new("caf\u{e9}"));
        ScramAccounts::from_accounts([("caf\u{e9}".to_owned(), account)]).unwrap()
    };
    let schemes = [
        (
            Scram::builder(REALM, accounts(StringPreparation::ascii())),
            false,
        ),
        (
            Scram::builder(REALM, accounts(StringPreparation::saslprep())).saslprep(),
            true,
        ),
        (
            Scram::builder(REALM, accounts(StringPreparation::opaque_string())).opaque_string(),
            true,
        ),
    ];
    for (builder, is_known) in schemes {
        let scheme = builder.fake_salt_key([9; 32]).build().unwrap();
        let server = TestServer::build(|_| vec![Box::new(scheme)], |layer| layer);
        for name in ["caf\u{e9}", "cafe\u{301}"] {
            let last = proof(&server, &ScramLogin::of(name, PASSWORD));
            let answer = ask(&server, &last.header());
            match is_known {
                true => drop(answer.is_admitted_as("caf\u{e9}")),
                false => assert_failed(&answer, AuditOutcome::Refused),
            }
        }
    }
}

/// The client of this crate refuses a server that does not follow the rules.
#[test]
fn the_client_checks_the_server() {
    let client = ScramClient::new(ScramMechanism::Sha256, USER, Secret::new(PASSWORD)).unwrap();
    let first = client.first_with_nonce(None, "abc".to_owned()).unwrap();
    let challenge = |message: &str| {
        let data = STANDARD.encode(message);
        let field = format!("SCRAM-SHA-256 sid=\"s\", data=\"{data}\"");
        first.answer(&field.parse().unwrap()).map(drop)
    };
    assert!(challenge("r=abcd,s=c2FsdA==,i=4096").is_ok());
    for bad in [
        "r=abc,s=c2FsdA==,i=4096",
        "r=xabcd,s=c2FsdA==,i=4096",
        "r=abcd,s=c2FsdA==,i=4095",
        "r=abcd,s=c2FsdA==,i=0",
        "r=abcd,s=c2FsdA==,i=1000001",
        "r=abcd,s=c2FsdA==,i=4294967296",
        "r=abcd,s=c2FsdA==,i=+4096",
        "r=abcd,s=c2FsdA==,i=04096",
        "r=abcd,s=,i=4096",
        "r=abcd,s=!,i=4096",
        "r=abcd,s=c2FsdA==",
        "r=abcd,s=c2FsdA==,i=4096,m=x",
        "m=x,r=abcd,s=c2FsdA==,i=4096",
        "e=other-error",
        "",
    ] {
        assert!(challenge(bad).is_err(), "{bad}");
    }
}

/// A client computes no more iterations than its limit.
#[test]
fn the_client_computes_no_more_iterations_than_its_limit() {
    let client = ScramClient::new(ScramMechanism::Sha256, USER, Secret::new(PASSWORD)).unwrap();
    let few = client.max_iterations(5000);
    let first = few.first_with_nonce(None, "abc".to_owned()).unwrap();
    let answer = |iterations: u32| {
        let data = STANDARD.encode(format!("r=abcd,s=c2FsdA==,i={iterations}"));
        let field = format!("SCRAM-SHA-256 sid=s, data=\"{data}\"");
        let answer = first.answer(&field.parse().unwrap());
        answer.map(drop).map_err(|why| why.to_string())
    };
    assert_eq!(answer(5000), Ok(()));
    let too_many = "the server asks for too many iterations";
    assert_eq!(answer(5001), Err(too_many.to_owned()));
}

/// A nonce with a comma would be read as a nonce and an extension.
#[test]
fn the_client_refuses_a_nonce_that_it_cannot_send() {
    let client = ScramClient::new(ScramMechanism::Sha256, USER, Secret::new(PASSWORD)).unwrap();
    for bad in ["", "abc,x=y", "abc,", "a b", "\u{e9}"] {
        let first = client.first_with_nonce(None, bad.to_owned());
        let why = first.map(drop).map_err(|why| why.to_string());
        let text = "the name or the nonce cannot be sent";
        assert_eq!(why, Err(text.to_owned()), "{bad:?}");
    }
}

/// A program that logs its requests must not log a proof.
#[test]
fn the_client_marks_its_credentials_as_sensitive() {
    let server = server();
    let client = ScramClient::new(ScramMechanism::Sha256, USER, Secret::new(PASSWORD)).unwrap();
    let first = client.first(None).unwrap();
    let challenged = server.ask(get("/").authorization(first.credentials()));
    let last = first.answer(&challenged.headers["www-authenticate"]);
    assert!(first.credentials().is_sensitive());
    assert!(last.unwrap().credentials().is_sensitive());
}

/// A text is a password or a stored secret: the one in the place of the other would admit no client.
#[test]
fn a_stored_secret_is_no_password() {
    let stored = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:\
                  wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    let why = ScramAccounts::new([(USER, stored)]).unwrap_err();
    let text =
        "looks like a hash: SCRAM needs the password, or a stored secret in a `ScramAccount`";
    assert!(why.to_string().ends_with(text), "{why}");
}

/// SASLprep leaves nothing of a soft hyphen, and an account needs a name.
#[test]
fn a_name_of_which_a_preparation_leaves_nothing_is_refused() {
    for prepare in [
        StringPreparation::saslprep(),
        StringPreparation::opaque_string(),
    ] {
        assert_eq!(prepare.user("\u{ad}"), None, "{prepare:?}");
        assert_eq!(prepare.user(""), None, "{prepare:?}");
    }
}

/// The client of this crate accepts the proof of the server alone.
#[test]
fn the_client_checks_the_proof_of_the_server() {
    let server = server();
    let client = ScramClient::new(ScramMechanism::Sha256, USER, Secret::new(PASSWORD)).unwrap();
    let challenge = server.challenges().remove(0);
    let first = client.first(Some(&challenge)).unwrap();
    let second = server.ask(get("/").authorization(first.credentials()));
    let last = first.answer(&second.headers["www-authenticate"]).unwrap();
    let answer = server
        .ask(get("/").authorization(last.credentials()))
        .is_admitted_as(USER);
    let info = answer.header("authentication-info").unwrap();
    assert!(last.verify(&info.parse().unwrap()).is_ok());
    let (sid, data) = info.split_once(", ").unwrap();
    assert!(
        last.verify(&data.parse().unwrap()).is_ok(),
        "the sid is not needed"
    );
    for bad in [
        sid.to_owned(),
        String::new(),
        format!("sid=\"x\", {data}"),
        format!("data=\"{}\"", STANDARD.encode("e=other-error")),
        format!("data=\"{}\"", STANDARD.encode("v=")),
        format!(
            "data=\"{}\"",
            STANDARD.encode(format!("v={}", STANDARD.encode([0; 32])))
        ),
    ] {
        assert!(last.verify(&bad.parse().unwrap()).is_err(), "{bad}");
    }
    let nonces = (0..100).map(|_| {
        let first = client.first(None).unwrap();
        first.credentials().as_bytes().to_vec()
    });
    assert_eq!(nonces.collect::<HashSet<_>>().len(), 100);
}
