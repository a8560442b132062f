//! A. Parsing the credentials field.

use allocation_counter::measure;
use http::StatusCode;
use proptest::prelude::{any, prop};
use proptest::proptest;
use tower_challenge::RequestHead;
use tower_challenge::header::Credentials;
use tower_challenge::scheme::{Attempt, Role};

use crate::support::request::basic;
use crate::support::{
    Answer, Ask, Kind, Layer, OTHER_PASSWORD, OTHER_TOKEN, OTHER_USER, PASSWORD, Stand, TOKEN,
    USER, WRONG, get,
};

/// Two field lines are an error, whichever schemes they name and whichever of them is good.
#[test]
fn a001_duplicate_lines() {
    for (kinds, stand) in Stand::every() {
        for first in &kinds {
            for second in &kinds {
                for lines in pairs(&stand, *first, *second) {
                    two_lines_are_refused(&stand, &lines);
                }
            }
        }
    }
}

fn pairs(stand: &Stand, first: Kind, second: Kind) -> [Vec<String>; 5] {
    let ask = get("/");
    let good = |kind: Kind| kind.good(stand, &ask);
    let wrong = |kind: Kind| kind.wrong(stand, &ask);
    let twice = good(first);
    [
        vec![good(first), wrong(second)],
        vec![wrong(first), good(second)],
        vec![good(first), good(second)],
        vec![twice.clone(), twice],
        vec![good(first), wrong(second), good(first)],
    ]
}

fn two_lines_are_refused(stand: &Stand, lines: &[String]) {
    let ask = lines.iter().fold(get("/"), Ask::authorization);
    let before = stand.world.store.claims();
    let answer = stand.ask(ask).is_malformed();
    assert_eq!(answer.claims, before, "no store is touched");
    assert_eq!(answer.reserved, [None], "no account is blamed");
}

#[test]
fn a001_a_line_beside_an_empty_or_unknown_one() {
    for (kinds, stand) in Stand::every() {
        for other in ["", " ", "Unheard-Of", "=", "Basic", "Bearer", "Digest"] {
            let good = kinds[0].good(&stand, &get("/"));
            let lines = [good, other.to_owned()];
            two_lines_are_refused(&stand, &lines);
            let [good, other] = lines;
            two_lines_are_refused(&stand, &[other, good]);
        }
    }
}

/// One line with two credentials: never "the first that works".
#[test]
fn a002_comma_joined() {
    for (kinds, stand) in Stand::every() {
        for first in &kinds {
            for second in &kinds {
                for [first, second] in
                    pairs(&stand, *first, *second).map(|lines| [lines[0].clone(), lines[1].clone()])
                {
                    for comma in [", ", ",", " , ", ",\t", ", ,", ";", "; "] {
                        let joined = format!("{first}{comma}{second}");
                        stand.ask(get("/").authorization(joined)).is_malformed();
                    }
                }
            }
        }
    }
}

/// Every spelling of a scheme name by case means the same.
#[test]
fn a003_scheme_case() {
    for kinds in [
        vec![Kind::Basic],
        vec![Kind::Bearer],
        vec![Kind::Digest],
        Kind::ALL.to_vec(),
    ] {
        for optional in [false, true] {
            let stand = Stand::tuned(
                &kinds,
                |layer| if optional { layer.optional() } else { layer },
            );
            for kind in &kinds {
                every_case_of_a_name(&stand, *kind);
            }
        }
    }
}

fn every_case_of_a_name(stand: &Stand, kind: Kind) {
    let ask = get("/");
    for mask in 0..1_u32 << kind.name().len() {
        let spelled = spelled(kind.name(), mask);
        let respell = |credentials: String| credentials.replacen(kind.name(), &spelled, 1);
        let good = respell(kind.good(stand, &ask));
        stand
            .ask(ask.clone().authorization(good))
            .is_admitted_as(USER);
        let wrong = respell(kind.wrong(stand, &ask));
        stand.ask(ask.clone().authorization(wrong)).is_refused();
    }
}

fn spelled(name: &str, mask: u32) -> String {
    let letters = name
        .chars()
        .enumerate()
        .map(|(i, letter)| match mask >> i & 1 {
            0 => letter.to_ascii_lowercase(),
            _ => letter.to_ascii_uppercase(),
        });
    letters.collect()
}

/// A scheme is its whole name: no part of it, nothing longer, and nothing without a delimiter.
#[test]
fn a004_scheme_substrings() {
    for (kinds, stand) in Stand::every() {
        for kind in kinds {
            let good = kind.good(&stand, &get("/"));
            let (name, rest) = good.split_once(' ').unwrap();
            let mut names = vec![
                format!("X{name}"),
                format!("{name}X"),
                format!("Not{name}"),
                format!("{name}-"),
                format!("{name}.{name}"),
                format!("{name}{name}"),
            ];
            names.extend((1..name.len()).map(|end| name[..end].to_owned()));
            names.extend((1..name.len()).map(|start| name[start..].to_owned()));
            for name in names {
                let ask = get("/").authorization(format!("{name} {rest}"));
                stand.ask(ask).is_challenged();
            }
            let undelimited = stand.ask(get("/").authorization(format!("{name}{rest}")));
            assert_nobody_was_asked(&undelimited);
        }
        for undelimited in ["BasicXabc", "Bearerfoo", "XDigest", "NotBearer"] {
            stand
                .ask(get("/").authorization(undelimited))
                .is_challenged();
        }
    }
}

/// Turned away, and no verifier has seen anything.
fn assert_nobody_was_asked(answer: &Answer) {
    assert!(!answer.is_from_inside(), "{}", answer.asked);
    assert_eq!(answer.verified, [""; 0], "{}", answer.asked);
    let expected = [StatusCode::BAD_REQUEST, answer.role.unauthenticated()];
    assert!(expected.contains(&answer.status), "{}", answer.asked);
}

/// No secret is no empty secret, and credentials that are there and empty are not absent.
#[test]
fn a005_empty_credentials() {
    for (kinds, stand) in Stand::every() {
        for empty in ["", " ", "\t", "  \t "] {
            stand.ask(get("/").authorization(empty)).is_challenged();
        }
        for kind in Kind::ALL {
            for spaces in ["", " ", "     ", "\t", " \t"] {
                let ask = get("/").authorization(format!("{}{spaces}", kind.name()));
                let answer = stand.ask(ask);
                // Two sources of requirements differ: a 401 for an empty Basic, or a 400. Both are closed.
                assert_nobody_was_asked(&answer);
                if kind == Kind::Bearer && kinds.contains(&kind) {
                    answer.clone().is_malformed();
                    assert_eq!(answer.params("Bearer", "error"), ["invalid_request"]);
                }
                if !kinds.contains(&kind) {
                    answer.is_challenged();
                }
            }
        }
    }
}

/// What follows good credentials spoils them.
#[test]
fn a006_trailing_junk() {
    for (kinds, stand) in Stand::every() {
        for kind in kinds {
            for junk in [
                " junk", " x=y", ",", ", ", ", x", ",x=", " \"q\"", "\"", "\tjunk", " =", "; x=y",
                " , ,x", "(", "\\",
            ] {
                if kind == Kind::Digest && [",", ", "].contains(&junk) {
                    // An empty element at the end of a list, which RFC 9110 section 5.6.1.2 has recipients ignore.
                    continue;
                }
                let good = kind.good(&stand, &get("/"));
                stand
                    .ask(get("/").authorization(format!("{good}{junk}")))
                    .is_malformed();
            }
            if kind != Kind::Digest {
                // Still a token68, but another one.
                let good = kind.good(&stand, &get("/"));
                let answer = stand.ask(get("/").authorization(format!("{good}=")));
                assert!(!answer.is_from_inside());
            }
        }
    }
}

/// Any number of SP separates a scheme from the rest, and whitespace around the value is not part of it, so that it
/// does not matter whether somebody on the way has trimmed it; nothing else is whitespace.
#[test]
fn a007_whitespace() {
    for (kinds, stand) in Stand::every() {
        for kind in kinds {
            let split = || {
                let good = kind.good(&stand, &get("/"));
                let (name, rest) = good.split_once(' ').unwrap();
                (name.to_owned(), rest.to_owned())
            };
            for spaces in [1, 2, 7, 300] {
                let (name, rest) = split();
                let spaced = format!("{name}{}{rest}", " ".repeat(spaces));
                stand
                    .ask(get("/").authorization(spaced))
                    .is_admitted_as(USER);
            }
            for around in [" ", "\t", " \t \t"] {
                let (name, rest) = split();
                let padded = format!("{around}{name} {rest}{around}");
                stand
                    .ask(get("/").authorization(padded))
                    .is_admitted_as(USER);
            }
            for foreign in [
                &b"\t"[..],
                b"\t ",
                b" \t",
                b"\xA0",
                b" \xA0",
                b"\xC2\xA0",
                b"\xE2\x80\x83",
            ] {
                let (name, rest) = split();
                let value = [name.as_bytes(), foreign, rest.as_bytes()].concat();
                stand.ask(get("/").authorization(value)).is_malformed();
            }
            for control in [b"\x0B", b"\x0C", b"\r", b"\n", b"\0"] {
                let (name, rest) = split();
                let value = [name.as_bytes(), control, rest.as_bytes()].concat();
                assert!(
                    get("/").try_field("authorization", value).is_none(),
                    "`http` refuses it"
                );
            }
        }
    }
}

/// Every octet, at every place: no panic, nobody gets in who would not without it, and what cannot be read as text is
/// never taken for no credentials at all.
#[test]
fn a008_foreign_octets() {
    for kind in Kind::ALL {
        for optional in [false, true] {
            let stand = Stand::tuned(
                &[kind],
                |layer| if optional { layer.optional() } else { layer },
            );
            let good = kind.good(&stand, &get("/"));
            for place in 0..=good.len() {
                for octet in [0, 7, 9, 11, 13, 0x1F, 0x7F, 0x80, 0xA0, 0xC3, 0xE9, 0xFF] {
                    let mut value = good.clone().into_bytes();
                    value.insert(place, octet);
                    foreign_octet(&stand, kind, octet, &value);
                }
            }
        }
    }
}

fn foreign_octet(stand: &Stand, kind: Kind, octet: u8, value: &[u8]) {
    let Some(ask) = get("/").try_field("authorization", value) else {
        assert!(octet < 0x20 || octet == 0x7F, "`http` refuses controls");
        return;
    };
    let is_outside = value.first() == Some(&b'\t') || value.last() == Some(&b'\t');
    let answer = stand.ask(ask);
    if octet == b'\t' && (is_outside || kind == Kind::Digest) {
        // Whitespace around the value, or in a list.
        return;
    }
    assert!(!answer.is_from_inside(), "{}", answer.asked);
    if kind != Kind::Digest {
        answer.is_malformed();
    }
}

/// What is too long is refused before it is read, whatever it is made of, and costs the same however long it is.
#[test]
fn a009_over_long_values_cost_nothing() {
    for pathological in pathological() {
        let costs = [17, 64, 1024].map(|kibibytes| {
            let value = repeated(pathological, kibibytes * 1024);
            for stand in [
                Stand::of(&Kind::ALL),
                Stand::tuned(&Kind::ALL, Layer::optional),
            ] {
                stand.ask(get("/").authorization(&value)).is_malformed();
            }
            cost_of_reading(&value)
        });
        assert_eq!(costs, [0; 3], "{pathological:?}: allocations");
    }
}

/// Starts and repetitions of values that make careless parsers slow.
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

/// How many allocations it takes to read a value.
fn cost_of_reading(value: &str) -> u64 {
    let request = get("/").authorization(value).into_request();
    let head = RequestHead::of(&request);
    measure(|| {
        let attempt = Attempt::read(head, Role::Origin);
        assert!(attempt.field_value().is_none() || value.len() <= 16 * 1024);
    })
    .count_total
}

/// What is not too long is read once: the reader stops at the same octet, or at the end, however much follows; and it
/// remembers a bounded part of it.
#[test]
fn a009_pathological_values_are_read_once() {
    for pathological in pathological() {
        let costs = [1, 2, 4, 8, 15].map(|kibibytes| {
            let value = repeated(pathological, kibibytes * 1024);
            let mut stopped = None;
            let allocated = measure(|| stopped = Credentials::parse(value.as_bytes()).err());
            let allocated = allocated.bytes_total;
            let stopped = stopped.map(|error| error.to_string());
            let at_end = format!("octet {} ", value.len());
            let stopped = stopped.map(|it| it.replace(&at_end, "its end "));
            let stand = Stand::of(&Kind::ALL);
            assert!(!stand.ask(get("/").authorization(value)).is_from_inside());
            (allocated, stopped)
        });
        let (allocated, stopped) = &costs[0];
        assert!(*allocated < 4096, "{pathological:?}: {allocated} octets");
        assert!(
            costs.iter().all(|it| it.0 == *allocated),
            "{pathological:?}: {costs:?}"
        );
        assert!(
            costs.iter().all(|it| it.1 == *stopped),
            "{pathological:?}: {costs:?}"
        );
    }
}

/// Ten thousand parameters, all with names of their own.
#[test]
fn a009_many_parameters() {
    for count in [33, 100, 1000, 10_000] {
        let params = (0..count).map(|i| format!("p{i}=v"));
        let value = format!("Digest {}", params.collect::<Vec<_>>().join(", "));
        for stand in [
            Stand::of(&Kind::ALL),
            Stand::tuned(&Kind::ALL, Layer::optional),
        ] {
            stand.ask(get("/").authorization(&value)).is_malformed();
        }
    }
}

/// A parameter twice has no meaning that two readers would agree on.
#[test]
fn a010_duplicate_params() {
    let stand = Stand::of(&[Kind::Digest]);
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
    for (kinds, stand) in Stand::every() {
        for kind in kinds {
            let twice = format!("{} a=b, A=c", kind.name());
            stand.ask(get("/").authorization(twice)).is_malformed();
        }
    }
}

/// Quoted strings end where their quote ends, and nowhere else.
#[test]
fn a011_broken_quotes() {
    let stand = Stand::of(&[Kind::Digest]);
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

/// A token and a quoted string mean the same, and so does a quoted pair of a character that needs none.
#[test]
fn a011_forms_of_a_value() {
    let stand = Stand::of(&[Kind::Digest]);
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
        let pairs: String = value.chars().flat_map(|it| ['\\', it]).collect();
        let header = fields.clone().raw(name, &format!("\"{pairs}\"")).header();
        stand
            .ask(get("/").authorization(header))
            .is_admitted_as(USER);
    }
}

/// A comma and an equals sign within quotes are part of the value.
#[test]
fn a011_commas_within_quotes() {
    let stand = Stand::of(&[Kind::Digest]);
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

proptest! {
    /// Whatever a name holds, the table is asked for exactly that name, and for no other parameter's text.
    #[test]
    fn a011_a_name_is_what_stands_between_its_quotes(name in "[ -~]{1,40}") {
        let stand = Stand::of(&[Kind::Digest]);
        let login = stand.login().with(|it| it.user = name.clone());
        let answer = stand.ask(get("/").authorization(login.header())).is_refused();
        assert_eq!(answer.verified, [name.as_str()]);
        assert_eq!(answer.reserved, [Some(name)]);
    }

    /// Any octets at all: nobody gets in, nothing breaks, and nothing is taken for absent.
    #[test]
    fn a008_any_octets(value in prop::collection::vec(any::<u8>(), 0..80), start in 0..4_usize) {
        let start = ["", "Basic ", "Bearer ", "Digest "][start];
        let value = [start.as_bytes(), &value].concat();
        for stand in [Stand::of(&Kind::ALL), Stand::tuned(&Kind::ALL, Layer::optional)] {
            if let Some(ask) = get("/").try_field("authorization", &value) {
                let answer = stand.ask(ask);
                assert!(!answer.is_from_inside(), "{}", answer.asked);
            }
        }
    }
}

/// The other form is malformed, and asks nobody.
#[test]
fn a012_wrong_form() {
    for (kinds, stand) in Stand::every() {
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

/// How `access_token` may be spelled in a query.
const IN_QUERY: [&str; 6] = [
    "access_token",
    "access%5Ftoken",
    "access%5ftoken",
    "%61ccess_token",
    "%61%63%63%65%73%73%5F%74%6F%6B%65%6E",
    "acces%73_token",
];

/// A token in the query is no token, and beside one in the field it is an error.
#[test]
fn a013_token_in_the_query() {
    for (kinds, stand) in Stand::every() {
        for name in IN_QUERY {
            let target = format!("/?{name}={OTHER_TOKEN}");
            let twice = format!("/?x=1&{name}={OTHER_TOKEN}&access_token={TOKEN}");
            if !kinds.contains(&Kind::Bearer) {
                continue;
            }
            let both = stand.ask(get(&target).bearer(TOKEN)).is_malformed();
            assert_eq!(
                both.params("Bearer", "error"),
                ["invalid_request"],
                "{target}"
            );
            let twice = stand.ask(get(&twice));
            assert_eq!(twice.status, StatusCode::BAD_REQUEST);
            let alone = stand.ask(get(&target));
            assert_eq!(alone.status, alone.role.unauthenticated());
            assert_eq!(
                alone.params("Bearer", "error"),
                [""; 0],
                "as if there were none"
            );
            for answer in [&both, &twice, &alone] {
                assert_nobody_was_asked(answer);
            }
        }
    }
}

/// Whoever logs in otherwise is who they are, whatever the query or a form says.
#[test]
fn a013_other_credentials_beside_a_token_in_the_query() {
    for (kinds, stand) in Stand::every() {
        for kind in kinds {
            let ask = get(&format!("/?access_token={OTHER_TOKEN}"));
            let good = kind.good(&stand, &ask);
            let answer = stand.ask(ask.authorization(good));
            if kind == Kind::Bearer {
                answer.is_malformed();
                continue;
            }
            let asked_for_token = answer.verified.iter().any(|it| it == OTHER_TOKEN);
            assert!(!asked_for_token, "the query is not looked at");
            assert!(
                !answer.is_from_inside()
                    || answer.seen[0]
                        .identity()
                        .is_some_and(|it| it.name() == USER)
            );
        }
    }
}

/// A token in a form is not looked for.
#[test]
fn a013_token_in_the_body() {
    let form = |ask: Ask| {
        let ask = ask.field("content-type", "application/x-www-form-urlencoded");
        ask.body(format!("access_token={OTHER_TOKEN}"))
    };
    for (kinds, stand) in Stand::every() {
        let answer = stand.ask(form(Ask::new("POST", "/")));
        assert!(answer.seen.iter().all(|seen| seen.identity().is_none()));
        assert_eq!(answer.verified, [""; 0]);
        for kind in kinds {
            let ask = form(Ask::new("POST", "/"));
            let good = kind.good(&stand, &ask);
            stand.ask(ask.authorization(good)).is_admitted_as(USER);
        }
        let everywhere = form(Ask::new("POST", &format!("/?access_token={OTHER_TOKEN}")));
        let everywhere = stand.ask(everywhere.bearer(TOKEN));
        assert_nobody_was_asked(&everywhere);
    }
}

/// Credentials for the other party are nobody's here, and are not handed to it.
#[test]
fn a014_credentials_for_the_other_party() {
    for (kinds, stand) in Stand::every() {
        for kind in kinds {
            let good = kind.good(&stand, &get("/"));
            let other = match stand.role {
                Role::Origin => "proxy-authorization",
                Role::Proxy => "authorization",
            };
            let request = get("/").field(other, good).into_request();
            let answer = stand.send(request);
            assert_eq!(answer.verified, [""; 0]);
            assert!(answer.seen.iter().all(|seen| seen.identity().is_none()));
            if !answer.is_from_inside() {
                answer.is_challenged();
            }
        }
    }
}

/// What was meant for a proxy goes no further, on every way in; and what was meant for the origin goes on unchanged.
#[test]
fn a014_a_proxy_keeps_its_credentials() {
    for kinds in Kind::orders() {
        let stand = Stand::proxy(&kinds, |layer| layer);
        let public = Stand::proxy(&kinds, |layer| layer.public(|_| true));
        for kind in &kinds {
            for way_in in [&stand, &public] {
                let good = kind.good(&stand, &get("/"));
                let ask = get("/").field("proxy-authorization", good);
                let ask = ask.field("authorization", "For the-origin");
                let answer = way_in.send(ask.into_request());
                let headers = &answer.seen[0].head.headers;
                assert!(
                    !headers.contains_key("proxy-authorization"),
                    "{}",
                    answer.asked
                );
                assert_eq!(headers["authorization"], "For the-origin");
            }
        }
    }
}

/// What was to be stripped is stripped on every way in.
#[test]
fn a014_stripped_credentials_are_stripped_everywhere() {
    let stand = Stand::tuned(&[Kind::Basic], |layer| {
        layer.strip_credentials().public(|_| true)
    });
    let answer = stand.ask(get("/").basic(USER, PASSWORD).basic(USER, WRONG));
    assert!(!answer.seen[0].head.headers.contains_key("authorization"));
}

/// Credentials are sensitive wherever they go, so that no log of the inner service shows them.
#[test]
fn a014_credentials_that_go_on_are_marked() {
    let public = Stand::tuned(&[Kind::Basic], |layer| layer.public(|_| true));
    for stand in [Stand::of(&[Kind::Basic]), public] {
        let answer = stand.ask(get("/").basic(USER, PASSWORD));
        let lines = answer.seen[0].head.headers.get_all("authorization");
        assert!(lines.iter().all(http::HeaderValue::is_sensitive));
    }
    let public = Stand::tuned(&[Kind::Basic], |layer| layer.public(|_| true));
    let answer = public.ask(
        get("/")
            .basic(USER, PASSWORD)
            .basic(OTHER_USER, OTHER_PASSWORD),
    );
    let lines = answer.seen[0].head.headers.get_all("authorization");
    assert_eq!(lines.iter().count(), 2);
    assert!(lines.iter().all(http::HeaderValue::is_sensitive));
}

/// No other field means the same.
#[test]
fn a015_alternate_names() {
    let names = [
        "x-authorization",
        "x-http_authorization",
        "http_authorization",
        "authorization_",
        "authorization.",
        "_authorization",
        "authorisation",
        "x-forwarded-authorization",
        "x-original-authorization",
        "authorization-",
        "authentication",
        "www-authorization",
        "x-amzn-authorization",
        "redirect_http_authorization",
        "cookie",
        "proxy_authorization",
        "proxyauthorization",
        "sec-websocket-protocol",
        "x-api-key",
        "www-authenticate",
    ];
    for (kinds, stand) in Stand::every() {
        for kind in kinds {
            let good = kind.good(&stand, &get("/"));
            for name in names {
                let answer = stand.ask(get("/").field(name, &good));
                assert_eq!(answer.verified, [""; 0], "{name}");
                match answer.is_from_inside() {
                    true => answer.is_anonymous(),
                    false => answer.is_challenged(),
                };
            }
        }
    }
}

/// What comes after the body is not a header, before the check or after it.
#[test]
fn a016_trailers() {
    use crate::wire::{Trailing, whole_body};
    for (kinds, stand) in Stand::every() {
        for kind in kinds {
            let good = kind.good(&stand, &get("/"));
            let field = stand.role.credentials_field();
            let late = Trailing::new(b"body", field.as_str(), &good);
            let answer = crate::wire::send(&stand, get("/").into_request().map(|_| late.clone()));
            assert!(
                answer.iter().all(|seen| seen.identity().is_none()),
                "nobody was admitted"
            );

            let ask = get("/").field(field.as_str(), kind.good(&stand, &get("/")));
            let seen = crate::wire::send(&stand, ask.into_request().map(|_| late));
            assert_eq!(seen.len(), 1);
            assert_eq!(
                seen[0].identity().map(|it| it.name().to_owned()).as_deref(),
                Some(USER)
            );
            let lines = seen[0].head.headers.get_all(&field).iter().count();
            assert!(lines <= 1, "nothing was merged in");
        }
    }
    whole_body::trailers_of_a_verified_body_are_dropped();
}

/// The target has one meaning: what the request line says.
#[test]
fn a017_targets() {
    let rows: &[(&str, &str, &[&str], &[&str])] = &[
        (
            "GET",
            "/a?b=c",
            &["/a?b=c"],
            &[
                "/a",
                "/a?b=C",
                "/A?b=c",
                "http://h/a?b=c",
                "//h/a?b=c",
                "a?b=c",
                "",
            ],
        ),
        (
            "GET",
            "http://h/a",
            &["/a", "http://h/a", "HTTP://H/a"],
            &[
                "http://other/a",
                "https://h/a",
                "http://h:80/a",
                "http://h",
                "h/a",
                "//h/a",
                "/A",
            ],
        ),
        (
            "GET",
            "http://user@h/a",
            &["/a", "http://user@h/a"],
            &["http://h/a", "http://user:pw@h/a", "http://mallory@h/a"],
        ),
        (
            "GET",
            "http://h",
            &["/", "http://h/"],
            &["", "http://other/", "h"],
        ),
        (
            "GET",
            "http://[::1]:8080/a",
            &["/a", "http://[::1]:8080/a"],
            &["http://[::1]/a", "http://::1:8080/a"],
        ),
        (
            "CONNECT",
            "h:443",
            &["h:443"],
            &[
                "/",
                "",
                "h",
                "http://h:443/",
                "other:443",
                "h:80",
                "https://h:443",
            ],
        ),
        ("OPTIONS", "*", &["*"], &["/", "/*", "", "%2A"]),
    ];
    for role in [Role::Origin, Role::Proxy] {
        for (method, target, right, wrong) in rows {
            let stand = match role {
                Role::Origin => Stand::of(&[Kind::Digest]),
                Role::Proxy => Stand::proxy(&[Kind::Digest], |layer| layer),
            };
            for host in ["h", "other", "evil.example"] {
                let ask = || {
                    Ask::new(method, target)
                        .field("host", host)
                        .field("x-forwarded-host", "other")
                };
                for uri in *right {
                    let login = stand.login().request(method, uri);
                    stand
                        .ask(ask().authorization(login.header()))
                        .is_admitted_as(USER);
                }
                for uri in *wrong {
                    let login = stand.login().request(method, uri);
                    stand
                        .ask(ask().authorization(login.header()))
                        .is_malformed();
                }
            }
        }
    }
}

/// Targets that are no URI do not get as far as this crate, and those that are break nothing.
#[test]
fn a017_odd_targets() {
    let odd = [
        "http:http://x/admin",
        "http:/admin",
        "//admin",
        "/\\admin",
        "http://",
        "http://@/",
        "http://a:b@/x",
        "a",
        ":80",
        "http://h:99999/",
        "/a#b",
        "/a?b#c",
        "http:admin",
        "mailto:a@b",
        "/%",
        "/%00",
        "/a\u{e9}",
        "?a",
        "",
    ];
    for target in odd {
        let Ok(uri) = target.parse::<http::Uri>() else {
            continue;
        };
        for stand in [
            Stand::of(&Kind::ALL),
            Stand::proxy(&Kind::ALL, |layer| layer),
        ] {
            let mut request = get("/").into_request();
            *request.uri_mut() = uri.clone();
            stand.send(request).is_challenged();
            let good = basic(format!("{USER}:{PASSWORD}"));
            let ask = get("/").field(stand.role.credentials_field().as_str(), good);
            let mut request = ask.into_request();
            *request.uri_mut() = uri.clone();
            stand.send(request).is_admitted_as(USER);
            let login = stand.login().request("GET", target);
            let ask = get("/").field(stand.role.credentials_field().as_str(), login.header());
            let mut request = ask.into_request();
            *request.uri_mut() = uri.clone();
            let answer = stand.send(request);
            assert!(
                answer.is_from_inside() || answer.status == StatusCode::BAD_REQUEST,
                "{target}"
            );
        }
    }
}
