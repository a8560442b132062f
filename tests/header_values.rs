//! Equality, hashes and `Debug` output of the types of the `header` room.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use tower_challenge::header::{AuthenticationInfo, Challenge, Credentials, SchemeName};

/// The IANA registry "HTTP Authentication Schemes" of 2025-02-18.
const REGISTERED: [(SchemeName<'static>, &str); 14] = [
    (SchemeName::BASIC, "Basic"),
    (SchemeName::BEARER, "Bearer"),
    (SchemeName::CONCEALED, "Concealed"),
    (SchemeName::DIGEST, "Digest"),
    (SchemeName::DPOP, "DPoP"),
    (SchemeName::GNAP, "GNAP"),
    (SchemeName::HOBA, "HOBA"),
    (SchemeName::MUTUAL, "Mutual"),
    (SchemeName::NEGOTIATE, "Negotiate"),
    (SchemeName::OAUTH, "OAuth"),
    (SchemeName::PRIVATE_TOKEN, "PrivateToken"),
    (SchemeName::SCRAM_SHA_1, "SCRAM-SHA-1"),
    (SchemeName::SCRAM_SHA_256, "SCRAM-SHA-256"),
    (SchemeName::VAPID, "vapid"),
];

#[test]
fn each_registered_scheme_has_a_constant_in_the_spelling_of_the_registry() {
    for (name, spelled) in REGISTERED {
        assert_eq!(name.as_str(), spelled);
        assert_eq!(name.to_string(), spelled);
        assert_eq!(SchemeName::parse(&spelled.to_lowercase()), Ok(name));
    }
    let names = REGISTERED.map(|(name, _)| name);
    assert_eq!(HashSet::from(names).len(), REGISTERED.len());
}

#[test]
fn equal_scheme_names_have_equal_hashes_and_the_hash_separates_names() {
    let name = |text| SchemeName::parse(text).unwrap();
    let hash = |names: &[SchemeName<'_>]| {
        let mut hasher = DefaultHasher::new();
        names.iter().for_each(|name| name.hash(&mut hasher));
        hasher.finish()
    };
    assert_eq!(hash(&[name("basic")]), hash(&[SchemeName::BASIC]));
    assert_ne!(
        hash(&[name("ab"), name("c")]),
        hash(&[name("a"), name("bc")])
    );
}

#[test]
fn challenges_with_a_different_scheme_form_or_value_are_not_equal() {
    let texts = [
        "X",
        "Y",
        "X a",
        "X A",
        "X a=",
        "X b=a",
        "X b=A",
        "X b=a, c=a",
        "X b=a, d=a",
        "Y b=a",
    ];
    let challenges = texts.map(|text| Challenge::parse(text.as_bytes()).unwrap());
    for (index, one) in challenges.iter().enumerate() {
        for (other_index, other) in challenges.iter().enumerate() {
            assert_eq!(one == other, index == other_index, "{one} and {other}");
        }
        let same_scheme = challenges
            .iter()
            .filter(|other| one.names_same_scheme(other));
        let expected = match one.scheme().as_str() {
            "X" => 8,
            _ => 2,
        };
        assert_eq!(same_scheme.count(), expected, "{one}");
    }
}

#[test]
fn a_token_equals_a_quoted_string_with_the_same_value() {
    let one = Challenge::parse(br#"X a="b", c="d\e""#).unwrap();
    let other = Challenge::parse(br#"x C=de, A=b"#).unwrap();
    assert_eq!(one, other);
    assert_eq!(one.param("A"), other.param("a"));
    assert_ne!(
        one.param("a").map(|a| a.is_quoted()),
        other.param("a").map(|a| a.is_quoted())
    );
}

#[test]
fn an_authentication_info_without_parameters_has_an_empty_value() {
    let empty = AuthenticationInfo::parse([b" ,".as_slice()]).unwrap();
    assert!(empty.as_value().is_empty());
    assert_eq!(empty, AuthenticationInfo::builder().build().unwrap());
    assert!(empty.params().is_empty());

    let info = AuthenticationInfo::builder()
        .token("qop", "auth")
        .build()
        .unwrap();
    assert_eq!(info.as_value(), "qop=auth");
    assert_ne!(info, empty);
}

#[test]
fn debug_output_of_credentials_shows_no_secret() {
    let values = [
        "Bearer canary",
        "Basic canary==",
        "Digest response=\"canary\", nc=canary",
        "canary",
        "canary a=b",
    ];
    for value in values {
        let credentials = Credentials::parse(value.as_bytes()).unwrap();
        let params = credentials
            .params()
            .map(|param| format!("{param:?} {:?}", param.value()));
        let output = params.collect::<String>();
        let output = format!("{credentials:?} {:?} {output}", credentials.params());
        assert!(!output.contains("canary"), "{output}");
    }
    let error = Credentials::parse(b"Bearer canary canary").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
}
