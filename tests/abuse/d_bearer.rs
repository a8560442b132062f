//! D. Bearer.

use http::StatusCode;
use proptest::prelude::{any, prop};
use proptest::{prop_assert, prop_assert_eq, prop_assume, proptest};
use tower_challenge::header::is_token68;
use tower_challenge::scheme::Bearer;
use tower_challenge::scheme::bearer::{StaticTokens, VerifyToken};
use tower_challenge::{Principal, Secret};

use crate::support::{Kind, REALM, Recording, Schemes, TOKEN, TestServer, TestWorld, USER, get};

/// A stand whose verifier admits every token.
fn admitting_every_caller() -> TestServer {
    let admit = |_: Secret<'_>| Some(Principal::new(USER));
    let schemes = move |world: &TestWorld| -> Schemes {
        let verifier = Recording::new(admit, &world.asked);
        vec![Box::new(Bearer::new(REALM, verifier).unwrap())]
    };
    TestServer::build(schemes, |layer| layer)
}

/// A token with characters outside the b64token alphabet reaches no verifier. The client gets `invalid_request`.
#[test]
fn a054_a_client_that_sends_a_token_with_foreign_characters_gets_400() {
    let bad = [
        "\"tok\"",
        "tok en",
        "tok,en",
        "tok;en",
        "tok'OR'1'='1",
        "tok%20en",
        "tok:en",
        "tok|en",
        "tok{en}",
        "tok<en>",
        "tok\\en",
        "tok=en",
        "=tok",
        "==",
        "tok@en",
        "tok!",
        "tok#x",
        "tok?x=1",
        "tok&x",
        "tok*",
        "(tok)",
        "$tok",
        "tok\ten",
        "`id`",
    ];
    let stands = TestServer::every().into_iter();
    let stands = stands.filter(|(kinds, _)| kinds.contains(&Kind::Bearer));
    let stands = stands
        .map(|(_, stand)| stand)
        .chain([admitting_every_caller()]);
    for stand in stands {
        for token in bad {
            let answer = stand.ask(get("/").bearer(token)).is_malformed();
            assert_eq!(answer.verified, [""; 0], "{token}");
            assert_eq!(
                answer.params("Bearer", "error"),
                ["invalid_request"],
                "{token}"
            );
        }
    }
}

/// Inserts each byte at each place of a token. Only a b64token reaches the verifier.
#[test]
fn a054_only_a_b64token_reaches_the_verifier() {
    let stand = admitting_every_caller();
    for byte in 0..=u8::MAX {
        for place in 0..=3 {
            let mut token = b"tok".to_vec();
            token.insert(place, byte);
            let value = [b"Bearer ".as_slice(), &token].concat();
            let Some(ask) = get("/").try_field("authorization", value) else {
                continue;
            };
            let answer = stand.ask(ask);
            let trimmed = token.trim_ascii_start();
            let trimmed = if byte == b' ' || byte == b'\t' && place == 3 {
                token.trim_ascii()
            } else {
                trimmed
            };
            match is_token68(trimmed) && !token.starts_with(b"\t") {
                true => assert_eq!(answer.verified.concat().as_bytes(), trimmed),
                false => assert_eq!(answer.is_malformed().verified, [""; 0]),
            }
        }
    }
}

/// A stand that admits every token of visible ASCII.
fn admitting_visible_ascii() -> TestServer {
    let admit = |_: Secret<'_>| Some(Principal::new(USER));
    let schemes = move |world: &TestWorld| -> Schemes {
        let verifier = Recording::new(admit, &world.asked);
        vec![Box::new(
            Bearer::new(REALM, verifier).unwrap().allow_visible_ascii(),
        )]
    };
    TestServer::build(schemes, |layer| layer)
}

/// By a switch, the verifier decides about tokens that are no b64tokens. It gets exactly the token.
#[test]
fn a178_a_switch_accepts_tokens_as_applications_issue_them() {
    for token in [
        "5|kq8Zr0",
        "key:secret",
        "=tok",
        "tok=en",
        "$tok*",
        "{tok}",
        "tok'OR'1'='1",
        "a",
        "!",
    ] {
        let answer = admitting_visible_ascii().ask(get("/").bearer(token));
        assert_eq!(answer.is_admitted_as(USER).verified, [token]);
        TestServer::of(&[Kind::Bearer])
            .ask(get("/").bearer(&format!("5|{token}")))
            .is_malformed();
    }
    let mark = "5|C4NARY.t0ken";
    let schemes = |_: &TestWorld| -> Schemes {
        let tokens = StaticTokens::new().unwrap().allow_visible_ascii();
        let tokens = tokens.token(mark, Principal::new(USER)).unwrap();
        let bearer = Bearer::new(REALM, tokens).unwrap().allow_visible_ascii();
        vec![Box::new(bearer.scope("read").unwrap())]
    };
    let stand = TestServer::build(schemes, |layer| layer);
    stand.ask(get("/").bearer(mark)).is_admitted_as(USER);
    for wrong in [
        "6|C4NARY.t0ken",
        "5|C4NARY.t0ken=",
        "5",
        "C4NARY.t0ken",
        "5|c4nary.t0ken",
    ] {
        let answer = stand.ask(get("/").bearer(wrong)).is_refused();
        assert_eq!(answer.params("Bearer", "error"), ["invalid_token"]);
    }
}

/// With the switch, the field still holds one token. Each byte that no token has makes the field malformed.
#[test]
fn a178_with_the_switch_a_field_holds_one_token_of_visible_ascii() {
    let stand = admitting_visible_ascii();
    for field in [
        "Bearer",
        "Bearer ",
        "Bearer\t5|x",
        "Bearer=5|x",
        "Bearer:5|x",
        "Bearer \t5|x",
        "bearer 5|x, Basic YTpi",
        "Bearer 5|x y",
    ] {
        let answer = stand.ask(get("/").authorization(field)).is_malformed();
        assert_eq!(
            answer.params("Bearer", "error"),
            ["invalid_request"],
            "{field}"
        );
    }
    for byte in 0..=u8::MAX {
        for place in 1..=2 {
            let mut token = b"5|x".to_vec();
            token.insert(place, byte);
            let value = [b"Bearer ".as_slice(), &token].concat();
            let Some(ask) = get("/").try_field("authorization", value) else {
                continue;
            };
            let answer = stand.ask(ask);
            match byte.is_ascii_graphic() && !b",\"".contains(&byte) {
                true => assert_eq!(answer.verified.concat().as_bytes(), token),
                false => assert_eq!(answer.is_malformed().verified, [""; 0]),
            }
        }
    }
}

proptest! {
    /// With the switch, every b64token means what it means without.
    #[test]
    fn a178_the_switch_changes_nothing_for_a_b64token(token in "[A-Za-z0-9._~+/-]{1,60}={0,2}") {
        let answers = [admitting_every_caller(), admitting_visible_ascii()];
        let [strict, lenient] = answers.map(|stand| stand.ask(get("/").bearer(&token)));
        prop_assert_eq!(strict.status, lenient.status);
        prop_assert_eq!(strict.verified, lenient.verified);
    }

    /// The verifier receives the whole b64token, and nothing else.
    #[test]
    fn a054_the_verifier_receives_the_whole_token(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let stand = admitting_every_caller();
        let value = [b"Bearer ".as_slice(), &bytes].concat();
        if let Some(ask) = get("/").try_field("authorization", value) {
            let answer = stand.ask(ask);
            for token in &answer.verified {
                prop_assert!(is_token68(token.as_bytes()));
                let around = |byte: &u8| !b" \t".contains(byte);
                let start = bytes.iter().position(around).unwrap_or_default();
                let end = bytes.iter().rposition(around).map_or(0, |end| end + 1);
                prop_assert_eq!(token.as_bytes(), &bytes[start..end]);
            }
        }
    }

    /// Bearer refuses every token that is not in the table.
    #[test]
    fn a070_every_other_token_is_refused(token in "[A-Za-z0-9._~+/-]{1,60}={0,2}") {
        prop_assume!(token != TOKEN);
        let stand = TestServer::of(&[Kind::Bearer]);
        stand.ask(get("/").bearer(&token)).is_refused();
    }
}

/// A token that differs little from a right one gets the same answer as any other wrong token.
#[test]
fn a070_similar_tokens_get_the_same_answer() {
    let stand = TestServer::of(&[Kind::Bearer]);
    let mut near: Vec<_> = (1..TOKEN.len())
        .map(|end| TOKEN[..end].to_owned())
        .collect();
    near.extend((1..TOKEN.len()).map(|start| TOKEN[start..].to_owned()));
    near.extend(["=", "==", "A", "."].map(|end| format!("{TOKEN}{end}")));
    near.extend((0..TOKEN.len()).map(|place| {
        let mut bytes = TOKEN.as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'a' { b'b' } else { b'a' };
        String::from_utf8(bytes).unwrap()
    }));
    near.extend([TOKEN.to_lowercase(), TOKEN.to_uppercase(), TOKEN.repeat(2)]);
    let first = stand.ask(get("/").bearer(&near[0])).is_refused();
    for token in near {
        let answer = stand.ask(get("/").bearer(&token)).is_refused();
        assert_eq!(answer.headers, first.headers);
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.verified, [token]);
    }
    stand.ask(get("/").bearer(TOKEN)).is_admitted_as(USER);
}

/// A set of up to four tokens keeps the tokens, and a larger set keeps hashes under a key of this process. The debug
/// output of neither shows a token, and the order of the tokens does not matter.
#[test]
fn a070_a_set_of_tokens_shows_no_token() {
    for count in [1, 2, 3, 4, 5, 50] {
        a_set_shows_no_token(count);
    }
}

fn a_set_shows_no_token(count: usize) {
    let tokens: Vec<_> = (0..count).map(|i| format!("C4NARY.{i}")).collect();
    let set = |tokens: &mut dyn Iterator<Item = &String>| {
        let empty = StaticTokens::new().unwrap();
        tokens.fold(empty, |set, token| {
            set.token(token, Principal::new(token)).unwrap()
        })
    };
    for set in [set(&mut tokens.iter()), set(&mut tokens.iter().rev())] {
        crate::support::canary::assert_free("a set of tokens", format!("{set:?}").as_bytes());
        for token in &tokens {
            let found = set
                .verify(Secret::new(token))
                .try_now()
                .ok()
                .unwrap()
                .unwrap();
            assert_eq!(found, Ok(Principal::new(token)));
        }
        let wrong = set.verify(Secret::new("C4NARY")).try_now().ok().unwrap();
        assert!(wrong.unwrap().is_err(), "{count}");
    }
}

/// The file that compares tokens has two comparisons, and both take constant time. One compares the hashes of many tokens. The
/// other compares a few tokens, and does not stop at the right one.
#[test]
fn a070_tokens_are_compared_in_constant_time() {
    let place =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scheme/bearer/tokens.rs");
    let text = std::fs::read_to_string(place).unwrap();
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code: Vec<_> = code.collect();
    let compares = |line: &str| {
        ["==", "!=", "same(", ".matches(", ".eq("]
            .iter()
            .any(|sign| line.contains(sign))
    };
    let places = (0..code.len()).filter(|place| compares(code[*place]));
    let places: Vec<_> = places.collect();
    let [few, many] = places[..] else {
        panic!("{places:?}")
    };
    assert!(code[few].contains("presented.matches(token.expose())"));
    assert!(code[few - 1].contains(".fold("), "no token ends the search");
    assert!(code[many].contains("same(&tag, &record.tag)"));
}
