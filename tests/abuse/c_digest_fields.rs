//! C. Digest: what its fields say, to us and to the client.

use http::{HeaderValue, Response, StatusCode};
use proptest::prelude::{any, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};
use tower_challenge::header::AuthenticationInfo;
use tower_challenge::scheme::Role;
use tower_challenge::scheme::digest::Algorithm;
use tower_challenge::{Principal, RequestHead};

use crate::c_digest::{all_algorithms, ask, logins};
use crate::support::digest_client::h;
use crate::support::{
    Answer, Body, Kind, Layer, Login, PASSWORD, Probe, REALM, Stand, USER, WRONG, get,
};

const INFO: [&str; 2] = ["authentication-info", "proxy-authentication-info"];

/// The one `Authentication-Info` of an answer.
fn info(answer: &Answer) -> AuthenticationInfo {
    let name = INFO[usize::from(answer.role == Role::Proxy)];
    let value = answer.header(name).unwrap();
    AuthenticationInfo::parse([value.as_bytes()]).unwrap()
}

fn param(info: &AuthenticationInfo, name: &str) -> Option<String> {
    let value = info.params().get(name)?;
    Some(value.to_str().unwrap().into_owned())
}

/// Whatever the inner service answers, and says of its own: one well-formed field, and ours.
#[test]
fn a049_one_authentication_info() {
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
            let all = |world: &crate::support::World| {
                vec![world.digest_with(|it| it.algorithms(Algorithm::ALL).legacy_md5())]
            };
            let stand = Stand::over(probe, all, |layer| layer);
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

/// A proxy says it in its own field, and leaves the origin's alone.
#[test]
fn a049_a_proxy_speaks_for_itself() {
    let probe = Probe::answering(|_| {
        let mut response = Response::new(Body::default());
        let theirs = HeaderValue::from_static("rspauth=\"theirs\"");
        response.headers_mut().insert(INFO[0], theirs);
        response
    });
    let mut stand = Stand::over(probe, |world| vec![world.digest()], Layer::proxy);
    stand.role = Role::Proxy;
    let login = stand.login();
    let answer = ask(&stand, &login).is_admitted_as(USER);
    assert_eq!(param(&info(&answer), "rspauth"), Some(login.rspauth()));
    assert_eq!(answer.header(INFO[0]), Some("rspauth=\"theirs\""));
}

/// Nothing that follows from a secret is said of a request that failed, at whatever point; nor of other schemes'.
#[test]
fn a049_nothing_for_failed_requests() {
    let forbidding = Stand::tuned(&[Kind::Digest], |layer| {
        layer.permit(|_: &Principal, _: &RequestHead<'_>| false)
    });
    ask(&forbidding, &forbidding.login()).is_forbidden();
    let stand = Stand::of(&Kind::ALL);
    let login = stand.login();
    let failed = [
        ask(&stand, &login.clone().password(WRONG)).is_refused(),
        ask(&stand, &login.clone().nonce("forged")).is_stale(),
        ask(&stand, &login.clone().with(|it| it.nc = "1".into())).is_malformed(),
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

/// Towards its end a nonce is followed by another, which is good.
#[test]
fn a049_nextnonce() {
    let stand = Stand::of(&[Kind::Digest]);
    let login = stand.login();
    let early = ask(&stand, &login).is_admitted_as(USER);
    assert_eq!(
        param(&info(&early), "nextnonce"),
        None,
        "parallel requests keep theirs"
    );
    stand
        .world
        .clock
        .advance(std::time::Duration::from_secs(280));
    let late = ask(&stand, &login.clone().nc(2)).is_admitted_as(USER);
    let next = param(&info(&late), "nextnonce").unwrap();
    ask(&stand, &login.clone().nonce(&next)).is_admitted_as(USER);
    ask(&stand, &login.clone().nc(3)).is_admitted_as(USER);
    let many = ask(&stand, &login.nonce(&next).nc(4096)).is_admitted_as(USER);
    assert!(param(&info(&many), "nextnonce").is_some());
}

/// One name, in one form: or it is an error. A hash, which is not offered, is nobody's name.
#[test]
fn a050_forms_of_a_username() {
    let stand = all_algorithms();
    for login in logins(&stand) {
        let fields = || login.fields();
        let hash = h(&login.algorithm, &format!("{USER}:{REALM}"));
        let star = "UTF-8''mufasa";
        let malformed = [
            fields().raw("username*", star),
            fields().raw("username*", star).raw("userhash", "false"),
            fields().without("username"),
            fields()
                .without("username")
                .raw("username*", star)
                .raw("userhash", "true"),
            fields()
                .without("username")
                .raw("username*", star)
                .raw("USERHASH", "\"TRUE\""),
            fields().raw("userhash", "yes"),
            fields().raw("userhash", "1"),
            fields().raw("userhash", "\"\""),
        ];
        for fields in malformed {
            stand
                .ask(get("/").authorization(fields.header()))
                .is_malformed();
        }
        for broken in [
            "mufasa",
            "''mufasa",
            "UTF-8'mufasa",
            "ISO-8859-1''mufasa",
            "US-ASCII''mufasa",
            "UTF-8''muf%",
            "UTF-8''muf%6",
            "UTF-8''muf%zz",
            "UTF-8''muf%C3",
            "UTF-8''muf%C0%AF",
            "UTF-8''muf%ED%A0%80",
            "UTF-8''muf%00asa",
            "UTF-8''muf%0D%0Aasa",
            "UTF-8''muf%7Fasa",
            "UTF-8'e n'mufasa",
            "utf-16''mufasa",
            "\"UTF-8''mu fasa\"",
        ] {
            let header = fields()
                .without("username")
                .raw("username*", broken)
                .header();
            stand.ask(get("/").authorization(header)).is_malformed();
        }
        let hashed = [
            hash.clone(),
            hash.to_uppercase(),
            USER.to_owned(),
            String::new(),
            "0".repeat(hash.len()),
        ];
        for name in hashed {
            let header = fields()
                .quoted("username", &name)
                .raw("userhash", "true")
                .header();
            let answer = stand.ask(get("/").authorization(header)).is_refused();
            assert_eq!(answer.verified, [""; 0], "no table is searched");
        }
        for good in [
            star,
            "utf-8'en'mufasa",
            "UTF-8''%6D%75fasa",
            "\"UTF-8''mufasa\"",
        ] {
            let login = login.clone().nonce(&stand.login().nonce);
            let header = login
                .fields()
                .without("username")
                .raw("username*", good)
                .header();
            let answer = stand
                .ask(get("/").authorization(header))
                .is_admitted_as(USER);
            assert_eq!(answer.verified, [USER]);
        }
    }
}

/// Names are compared exactly: neither case nor composition nor surroundings make another name the same.
#[test]
fn a050_no_name_is_another() {
    let stand = Stand::of(&[Kind::Digest]);
    for name in [
        "MUFASA",
        "Mufasa",
        " mufasa",
        "mufasa ",
        "mufasa\t",
        "mufasa\u{200b}",
        "\u{ff4d}ufasa",
        "mu\u{66}asa\u{301}",
    ] {
        // Computed for the name that is sent, and for the name that is meant.
        let sent = stand.login().with(|it| it.user = name.to_owned());
        let meant = stand.login().fields().quoted("username", name).header();
        ask(&stand, &sent).is_refused();
        stand.ask(get("/").authorization(meant)).is_refused();
    }
}

/// Digits in any case and of exactly the length of the hash; no part of the right ones, and nothing else.
#[test]
fn a051_response_forms() {
    let stand = all_algorithms();
    for login in logins(&stand) {
        let right = login.response();
        let send = |value: &str| {
            let header = login.fields().quoted("response", value).header();
            stand.ask(get("/").authorization(header))
        };
        for end in 0..right.len() {
            send(&right[..end]).is_malformed();
        }
        for malformed in [
            format!("{right}0"),
            format!("{right}{right}"),
            format!(" {right}"),
            format!("0x{}", &right[2..]),
            format!("{}g", &right[1..]),
            format!("{}\u{e9}", &right[2..]),
            format!("{} ", &right[1..]),
            "-".repeat(right.len()),
            "0".repeat(8192),
        ] {
            send(&malformed).is_malformed();
        }
        for place in 0..right.len() {
            let mut octets = right.clone().into_bytes();
            octets[place] = if octets[place] == b'0' { b'1' } else { b'0' };
            send(&String::from_utf8(octets).unwrap()).is_refused();
        }
        for zeros in ["0", "f", "F"] {
            send(&zeros.repeat(right.len())).is_refused();
        }
        let without = login.fields().without("response").header();
        stand.ask(get("/").authorization(without)).is_malformed();
        let bare = login.fields().raw("response", "").header();
        stand.ask(get("/").authorization(bare)).is_malformed();
        send(&right.to_uppercase()).is_admitted_as(USER);
        send(&right).is_stale();
    }
}

/// What a client's nonce may hold to break out of the field that it is sent back in.
#[test]
fn a053_reflected_cnonce() {
    let stand = Stand::of(&[Kind::Digest]);
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
        let login = stand.login().with(|it| it.cnonce = cnonce.to_owned());
        let answer = ask(&stand, &login).is_admitted_as(USER);
        let info = info(&answer);
        assert_eq!(param(&info, "cnonce").as_deref(), Some(cnonce));
        assert_eq!(param(&info, "nextnonce"), None);
        assert_eq!(info.params().count(), 4, "{cnonce}");
    }
    for control in ["a\r\nSet-Cookie: a=b", "a\nb", "a\rb", "a\0b"] {
        let login = stand.login().with(|it| it.cnonce = control.to_owned());
        assert!(
            get("/")
                .try_field("authorization", login.header())
                .is_none(),
            "`http` refuses it"
        );
    }
}

/// It is opaque, and it is sent back: so it is short.
#[test]
fn a053_long_cnonce() {
    let stand = Stand::of(&[Kind::Digest]);
    for length in [0, 257, 1024, 8192] {
        let login = stand.login().with(|it| it.cnonce = "c".repeat(length));
        ask(&stand, &login).is_malformed();
    }
    for length in [1, 256] {
        let login = stand.login().with(|it| it.cnonce = "c".repeat(length));
        ask(&stand, &login).is_admitted_as(USER);
    }
}

/// RFC 7616 section 3.4: it is "an opaque quoted ASCII-only string value".
#[test]
fn a053_a_cnonce_is_ascii() {
    let stand = Stand::of(&[Kind::Digest]);
    for cnonce in ["\u{e9}", "a\u{20ac}", "\u{80}"] {
        let login = stand.login().with(|it| it.cnonce = cnonce.to_owned());
        ask(&stand, &login).is_malformed();
    }
    let raw = stand.login().fields().raw("cnonce", "\"?\"").header();
    let raw: Vec<u8> = raw
        .bytes()
        .map(|it| if it == b'?' { 0xE9 } else { it })
        .collect();
    stand.ask(get("/").authorization(raw)).is_malformed();
}

/// An opaque text of ours comes back as it was, or it is not from one of our challenges.
#[test]
fn a053_opaque_injection() {
    let ours = "op\\aq\"ue, nonce=x";
    let stand = crate::c_digest::tuned(|it| it.opaque(ours));
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
        let login = login.clone().with(|it| it.opaque = Some(opaque.to_owned()));
        let answer = ask(&stand, &login).is_refused();
        assert!(
            answer.headers.values().all(|it| it.len() < 1024),
            "it is not sent back"
        );
    }
    ask(&stand, &login.clone().with(|it| it.opaque = None)).is_refused();
    ask(&stand, &login).is_admitted_as(USER);
}

proptest! {
    /// Whatever a client sends back, one field comes of it, and says what the client said.
    #[test]
    fn a053_any_cnonce(cnonce in "[\\x20-\\x7E\\t]{1,60}") {
        let stand = Stand::of(&[Kind::Digest]);
        let login = stand.login().with(|it| it.cnonce = cnonce.clone());
        let answer = ask(&stand, &login).is_admitted_as(USER);
        let info = info(&answer);
        prop_assert_eq!(param(&info, "cnonce"), Some(cnonce));
        prop_assert_eq!(param(&info, "rspauth"), Some(login.rspauth()));
        prop_assert_eq!(info.params().count(), 4);
    }

    /// Any change of any octet of good credentials: they are good still only if they mean the same.
    #[test]
    fn a051_any_change(place in any::<prop::sample::Index>(), octet in any::<u8>()) {
        let stand = Stand::of(&[Kind::Digest]);
        let login = stand.login();
        let mut value = login.header().into_bytes();
        let place = place.index(value.len());
        value[place] = octet;
        if let Some(ask) = get("/").try_field("authorization", &value) {
            let answer = stand.ask(ask);
            if answer.is_from_inside() {
                prop_assert!(means_the_same(&value, &login), "{}", answer.asked);
            }
        }
    }
}

/// Whether credentials say what `login` says, but for what nobody looks at: case where it does not matter, whitespace
/// around an equals sign, a parameter that is not known.
fn means_the_same(value: &[u8], login: &Login) -> bool {
    let read = tower_challenge::header::Credentials::parse(value).unwrap();
    let value = |name: &str| {
        read.params()
            .get(name)
            .map(|it| it.to_str().unwrap().into_owned())
    };
    let is = |name: &str, expected: &str| value(name).as_deref() == Some(expected);
    is("username", &login.user)
        && is("realm", &login.realm)
        && is("nonce", &login.nonce)
        && is("uri", &login.uri)
        && is("nc", &login.nc)
        && is("cnonce", &login.cnonce)
        && is("qop", "auth")
        && value("response").is_some_and(|it| it.eq_ignore_ascii_case(&login.response()))
}
