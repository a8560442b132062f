//! D. Bearer.

use http::StatusCode;
use proptest::prelude::{any, prop};
use proptest::{prop_assert, prop_assert_eq, prop_assume, proptest};
use tower_challenge::header::is_token68;
use tower_challenge::scheme::Bearer;
use tower_challenge::scheme::bearer::{StaticTokens, VerifyToken};
use tower_challenge::{Principal, Secret};

use crate::support::{Kind, REALM, Schemes, Stand, TOKEN, USER, Watched, World, get};

/// A stand whose verifier would let anybody in.
fn gullible() -> Stand {
    let admit = |_: Secret<'_>| Some(Principal::new(USER));
    let schemes = move |world: &World| -> Schemes {
        let verifier = Watched::new(admit, &world.asked);
        vec![Box::new(Bearer::new(REALM, verifier).unwrap())]
    };
    Stand::build(schemes, |layer| layer)
}

/// What is no b64token reaches no verifier, and is told so.
#[test]
fn a054_token_charset() {
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
    let stands = Stand::every().into_iter();
    let stands = stands.filter(|(kinds, _)| kinds.contains(&Kind::Bearer));
    let stands = stands.map(|(_, stand)| stand).chain([gullible()]);
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

/// Each octet, at each place of a token.
#[test]
fn a054_every_octet() {
    let stand = gullible();
    for octet in 0..=u8::MAX {
        for place in 0..=3 {
            let mut token = b"tok".to_vec();
            token.insert(place, octet);
            let value = [b"Bearer ".as_slice(), &token].concat();
            let Some(ask) = get("/").try_field("authorization", value) else {
                continue;
            };
            let answer = stand.ask(ask);
            let trimmed = token.trim_ascii_start();
            let trimmed = if octet == b' ' || octet == b'\t' && place == 3 {
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

proptest! {
    /// What a verifier sees is a b64token, all of it and nothing else.
    #[test]
    fn a054_what_a_verifier_sees(octets in prop::collection::vec(any::<u8>(), 0..60)) {
        let stand = gullible();
        let value = [b"Bearer ".as_slice(), &octets].concat();
        if let Some(ask) = get("/").try_field("authorization", value) {
            let answer = stand.ask(ask);
            for token in &answer.verified {
                prop_assert!(is_token68(token.as_bytes()));
                let around = |octet: &u8| !b" \t".contains(octet);
                let start = octets.iter().position(around).unwrap_or_default();
                let end = octets.iter().rposition(around).map_or(0, |end| end + 1);
                prop_assert_eq!(token.as_bytes(), &octets[start..end]);
            }
        }
    }

    /// Nothing but the token is the token.
    #[test]
    fn a070_another_token(token in "[A-Za-z0-9._~+/-]{1,60}={0,2}") {
        prop_assume!(token != TOKEN);
        let stand = Stand::of(&[Kind::Bearer]);
        stand.ask(get("/").bearer(&token)).is_refused();
    }
}

/// However near a token comes, it is refused in the same words.
#[test]
fn a070_tokens_that_come_near() {
    let stand = Stand::of(&[Kind::Bearer]);
    let mut near: Vec<_> = (1..TOKEN.len())
        .map(|end| TOKEN[..end].to_owned())
        .collect();
    near.extend((1..TOKEN.len()).map(|start| TOKEN[start..].to_owned()));
    near.extend(["=", "==", "A", "."].map(|end| format!("{TOKEN}{end}")));
    near.extend((0..TOKEN.len()).map(|place| {
        let mut octets = TOKEN.as_bytes().to_vec();
        octets[place] = if octets[place] == b'a' { b'b' } else { b'a' };
        String::from_utf8(octets).unwrap()
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

/// Tokens are looked for by a hash under a key of this process, and are not kept themselves: neither the order in which
/// they were added nor anything that is shown depends on them.
#[test]
fn a070_tokens_are_not_kept() {
    let tokens: Vec<_> = (0..50).map(|i| format!("C4NARY.{i}")).collect();
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
    }
}

/// There is one comparison of secrets in this crate, and the schemes use no other.
#[test]
fn a070_one_comparison_of_secrets() {
    let place =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scheme/bearer/tokens.rs");
    let text = std::fs::read_to_string(place).unwrap();
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let comparisons: Vec<_> = code
        .filter(|line| line.contains("==") || line.contains("same("))
        .collect();
    assert_eq!(comparisons.len(), 1, "{comparisons:?}");
    assert!(comparisons[0].contains("same(&tag, &record.tag)"));
}
