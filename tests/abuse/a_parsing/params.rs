//! Tests the length of the credentials field, and its parameters.

use allocation_counter::measure;
use proptest::proptest;
use tower_challenge::RequestHead;
use tower_challenge::header::Credentials;
use tower_challenge::scheme::{Attempt, ServerRole};

use super::spelled;
use crate::support::{Kind, Layer, TestServer, USER, get};

/// The layer refuses a field that is too long before it parses it. So the cost does not depend on its length or
/// content.
#[test]
fn a009_a_field_that_is_too_long_costs_no_allocation() {
    for pathological in pathological() {
        let costs = [17, 64, 1024].map(|kibibytes| {
            let value = repeated(pathological, kibibytes * 1024);
            for stand in [
                TestServer::of(&Kind::ALL),
                TestServer::tuned(&Kind::ALL, Layer::optional),
            ] {
                let answer = stand.ask(get("/").authorization(&value));
                match Kind::ALL.iter().any(|kind| value.starts_with(kind.name())) {
                    true => answer.is_malformed(),
                    false => answer.is_challenged(),
                };
            }
            cost_of_reading(&value)
        });
        assert_eq!(costs, [0; 3], "{pathological:?}: allocations");
    }
}

/// Starts and repeated parts of values that make careless parsers slow.
const fn pathological() -> [(&'static str, &'static str); 12] {
    [
        ("Digest a=\"", "\\\\"),
        ("Digest a=\"", "\\\""),
        ("Digest ", ","),
        ("Digest ", " ,\t"),
        ("Digest ", "a=b,"),
        ("Digest ", "a=\"b\", "),
        ("Digest a", " "),
        ("Digest a=", "a"),
        ("Bearer ", "a"),
        ("Basic ", "QUFB"),
        ("", "a"),
        ("", "a b=\"c\", d "),
    ]
}

fn repeated((start, text): (&str, &str), length: usize) -> String {
    let mut value = start.to_owned();
    while value.len() < length {
        value.push_str(text);
    }
    value
}

/// Counts the allocations of reading a value.
fn cost_of_reading(value: &str) -> u64 {
    let request = get("/").authorization(value).into_request();
    let head = RequestHead::of(&request);
    measure(|| {
        let attempt = Attempt::read(head, ServerRole::Origin);
        assert!(attempt.field_value().is_none() || value.len() <= 16 * 1024);
    })
    .count_total
}

/// The parser reads a shorter value once. It stops at the same byte or at the end, for every length, and allocates a
/// bounded amount of memory.
#[test]
fn a009_the_parser_reads_a_pathological_value_once() {
    for pathological in pathological() {
        let costs = [1, 2, 4, 8, 15].map(|kibibytes| {
            let value = repeated(pathological, kibibytes * 1024);
            let mut stopped = None;
            let allocated = measure(|| stopped = Credentials::parse(value.as_bytes()).err());
            let allocated = allocated.bytes_total;
            let stopped = stopped.map(|error| error.to_string());
            let at_end = format!("byte {} ", value.len());
            let stopped = stopped.map(|error| error.replace(&at_end, "its end "));
            let stand = TestServer::of(&Kind::ALL);
            assert!(!stand.ask(get("/").authorization(value)).is_from_inside());
            (allocated, stopped)
        });
        let (allocated, stopped) = &costs[0];
        assert!(*allocated < 4096, "{pathological:?}: {allocated} bytes");
        assert!(
            costs.iter().all(|cost| cost.0 == *allocated),
            "{pathological:?}: {costs:?}"
        );
        assert!(
            costs.iter().all(|cost| cost.1 == *stopped),
            "{pathological:?}: {costs:?}"
        );
    }
}

/// A client that sends up to ten thousand distinct parameters gets `400`.
#[test]
fn a009_a_client_that_sends_too_many_parameters_gets_400() {
    for count in [33, 100, 1000, 10_000] {
        let params = (0..count).map(|i| format!("p{i}=v"));
        let value = format!("Digest {}", params.collect::<Vec<_>>().join(", "));
        for stand in [
            TestServer::of(&Kind::ALL),
            TestServer::tuned(&Kind::ALL, Layer::optional),
        ] {
            stand.ask(get("/").authorization(&value)).is_malformed();
        }
    }
}

/// A repeated parameter is malformed, because two readers would not agree which one counts.
#[test]
fn a010_a_client_that_repeats_a_parameter_gets_400() {
    let stand = TestServer::of(&[Kind::Digest]);
    let mut names: Vec<_> = stand.login().fields().names().map(str::to_owned).collect();
    names.push("unknown".to_owned());
    for name in names {
        for spelled in [name.clone(), name.to_uppercase(), spelled(&name, 0b0101)] {
            for first in [true, false] {
                for same in [true, false] {
                    let fields = stand.login().fields().raw("unknown", "x");
                    let value = if same {
                        fields.value(&name)
                    } else {
                        "\"mallory\""
                    }
                    .to_owned();
                    let fields = fields.again(&spelled, &value);
                    let by = if first { 1 } else { 0 };
                    let last = fields.names().count() - by;
                    let header = fields.rotated(last).header();
                    stand.ask(get("/").authorization(header)).is_malformed();
                }
            }
        }
    }
    for (kinds, stand) in TestServer::every() {
        for kind in kinds {
            let twice = format!("{} a=b, A=c", kind.name());
            stand.ask(get("/").authorization(twice)).is_malformed();
        }
    }
}

/// A quoted string ends at its closing quote only.
#[test]
fn a011_a_client_that_breaks_a_quoted_string_gets_400() {
    let stand = TestServer::of(&[Kind::Digest]);
    let names = ["username", "realm", "nonce", "uri", "cnonce", "response"];
    for name in names {
        let value = stand.login().fields().value(name).to_owned();
        let inside = &value[1..value.len() - 1];
        for broken in [
            format!("\"{inside}"),
            format!("{inside}\""),
            format!("\"{inside}\\"),
            format!("\"{inside}\\\""),
            format!("\"{inside}\"\""),
            format!("\"{inside}\" \"{inside}\""),
            format!("\"{inside}\"{inside}"),
            format!("'{inside}\""),
            "\"".to_owned(),
            String::new(),
        ] {
            let header = stand.login().fields().raw(name, &broken).header();
            let answer = stand.ask(get("/").authorization(header));
            assert!(!answer.is_from_inside(), "{}", answer.asked);
            answer.is_malformed();
        }
    }
}

/// A token, a quoted string, and a quoted string with unnecessary quoted pairs all have the same value.
#[test]
fn a011_a_token_and_a_quoted_string_have_the_same_value() {
    let stand = TestServer::of(&[Kind::Digest]);
    for name in ["username", "algorithm", "qop", "nc", "response", "nonce"] {
        let fields = stand.login().fields();
        let plain = fields.value(name).trim_matches('"').to_owned();
        stand
            .ask(get("/").authorization(fields.clone().quoted(name, &plain).header()))
            .is_admitted_as(USER);
        let fields = stand.login().fields();
        let plain = fields.value(name).trim_matches('"').to_owned();
        stand
            .ask(get("/").authorization(fields.raw(name, &plain).header()))
            .is_admitted_as(USER);
    }
    for name in ["username", "realm", "nonce", "uri", "cnonce"] {
        let fields = stand.login().fields();
        let value = fields.value(name).trim_matches('"');
        let pairs: String = value.chars().flat_map(|letter| ['\\', letter]).collect();
        let header = fields.clone().raw(name, &format!("\"{pairs}\"")).header();
        stand
            .ask(get("/").authorization(header))
            .is_admitted_as(USER);
    }
}

/// A comma and an equals sign inside quotes are part of the value.
#[test]
fn a011_a_comma_within_quotes_is_part_of_the_value() {
    let stand = TestServer::of(&[Kind::Digest]);
    for uri in [
        "/a,b?c=d,e",
        "/a,realm=x",
        "/?x=1,nonce=2,%22",
        "/,",
        "/=",
        "/a;b=c",
    ] {
        let login = stand.login().request("GET", uri);
        stand
            .ask(get(uri).authorization(login.header()))
            .is_admitted_as(USER);
    }
}

/// Credentials in the wrong form (token68 in place of parameters, or the reverse) are malformed, and the layer asks no
/// verifier.
#[test]
fn a012_a_client_that_sends_the_wrong_form_of_credentials_gets_400() {
    for (kinds, stand) in TestServer::every() {
        for kind in kinds {
            let forms: &[&str] = match kind {
                Kind::Digest => &["QQ==", "a", "abc.def", "username"],
                Kind::Bearer | Kind::Basic => &[
                    "a=\"b\"",
                    "a=b",
                    "a=b, c=d",
                    "realm=\"x\"",
                    ",",
                    "\"QQ==\"",
                    ", a=b",
                ],
            };
            for form in forms {
                let answer = stand.ask(get("/").authorization(format!("{} {form}", kind.name())));
                let answer = answer.is_malformed();
                if kind == Kind::Bearer {
                    assert_eq!(answer.params("Bearer", "error"), ["invalid_request"]);
                }
            }
        }
    }
}

proptest! {
    /// The scheme looks up exactly the name between the quotes, and never text of another parameter.
    #[test]
    fn a011_the_scheme_looks_up_exactly_the_name_between_the_quotes(name in "[ -~]{1,40}") {
        let stand = TestServer::of(&[Kind::Digest]);
        let login = stand.login().with(|login| login.user = name.clone());
        let answer = stand.ask(get("/").authorization(login.header())).is_refused();
        assert_eq!(answer.verified, [name.as_str()]);
        assert_eq!(answer.reserved, [Some(name)]);
    }
}
