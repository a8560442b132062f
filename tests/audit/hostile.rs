//! Tests that text from a client can forge neither a line nor a field of the log, and creates no time series.
//!
//! `a149` is the number of the abuse case about logs.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use crate::support::request::basic;
use crate::support::sinks::fields;
use crate::support::{
    Kind, PASSWORD, Probe, TestRequest, TestServer, USER, WRONG, WRONG_TOKEN, Written, get, run,
};
use proptest::prelude::*;
use tower::ServiceExt as _;
use tower_challenge::audit::{AuditEvent, EscapedText};
use tower_challenge::scheme::Basic;
use tower_challenge::{Principal, RequireAuth, Secret, Unavailable};
use tower_layer::Layer as _;

/// Returns user names that try to forge lines, fields or terminal commands.
pub(crate) fn names() -> Vec<String> {
    let names = [
        "a\nsshd: Failed password for root from 6.6.6.6 port 22 ssh2",
        "ada\" outcome=refused client=6.6.6.6 status=401 x=\"",
        "2030-01-01T00:00:00.000Z tower_challenge outcome=refused client=6.6.6.6 status=401",
        "\r\n2030-01-01T00:00:00.000Z tower_challenge outcome=refused client=6.6.6.6 status=401 \r\n",
        "\u{1b}[2K\u{1b}[1A\u{1b}]0;title\u{7}",
        "\u{85}\u{2028}\u{2029}\u{9b}31m\u{0}\u{7f}\u{8}",
        "\u{202e}adm\u{2066}in\u{200b}\u{feff}",
        "\\\" \\\\\" client=6.6.6.6",
        "\\n\\u{a}…",
        "e\u{301}\u{a0}\u{3000}",
        "J\u{e4}s\u{f8}n D\u{f6}e",
        "{\"outcome\":\"admitted\"}",
        "%0d%0aclient=6.6.6.6",
        "client=6.6.6.6",
        " ",
        "-",
    ];
    let mut names = names.map(str::to_owned).to_vec();
    names.extend([255, 256, 257, 1000].map(|length| "x".repeat(length)));
    names.push("\u{10ffff}".repeat(250));
    names
}

/// Returns a Digest login as `name` with a wrong password. Returns `None` if a header field cannot hold the name.
pub(crate) fn wrong_digest(stand: &TestServer, name: &str) -> Option<TestRequest> {
    let mut login = stand.login().password(WRONG);
    name.clone_into(&mut login.user);
    get("/").try_field("authorization", login.header())
}

#[test]
fn a149_no_name_forges_a_line_or_a_field() {
    let stand = TestServer::of(&[Kind::Digest, Kind::Basic]);
    let mut accounts = 0;
    for name in names() {
        let basic = Some(get("/").basic_bytes(format!("{name}:{WRONG}")));
        for ask in [basic, wrong_digest(&stand, &name)].into_iter().flatten() {
            // `TestServer::ask` checks for every request that the log has one line with the documented fields.
            let written = stand.ask(ask).written;
            let line = written.lines.trim_end_matches('\n');
            let account = fields(line)
                .iter()
                .find(|field| field.0 == "account")
                .unwrap()
                .1;
            assert!(
                !line.contains("client=6") && !line.contains("client=\"6"),
                "{line}"
            );
            assert!(account.len() <= 256 + "\"…\"".len(), "{line}");
            accounts += usize::from(account != "-");
            let traced = written.traced[0].field("account");
            let quoted = traced.map(|value| format!("\"{value}\""));
            assert_eq!(quoted.as_deref().unwrap_or("-"), account);
        }
    }
    assert!(
        accounts > names().len(),
        "most names are logged as accounts: {accounts}"
    );
}

#[test]
fn a149_a_name_is_cut_between_two_characters_and_marked() {
    let shown = |name: &str| EscapedText(name).to_string();
    assert_eq!(shown(&"x".repeat(256)), "x".repeat(256));
    assert_eq!(shown(&"x".repeat(257)), format!("{}…", "x".repeat(256)));
    // A character or its escape is shown whole or not at all.
    assert_eq!(
        shown(&"\u{e4}".repeat(129)),
        format!("{}…", "\u{e4}".repeat(128))
    );
    assert_eq!(
        shown(&format!("x{}", "\u{e4}".repeat(128))),
        format!("x{}…", "\u{e4}".repeat(127))
    );
    assert_eq!(
        shown(&"\u{1b}".repeat(43)),
        format!("{}…", r"\u{1b}".repeat(42))
    );
    assert_eq!(shown("…"), r"\u{2026}", "the mark cannot be forged");
    assert_eq!(shown(&"\n".repeat(1 << 20)).len(), 256 + '…'.len_utf8());
}

proptest! {
    /// So two different names look the same only if both are cut, and no name ends a value or a line.
    #[test]
    fn a149_escaped_text_is_printable_and_can_be_read_back(name in any::<String>()) {
        let shown = EscapedText(&name).to_string();
        prop_assert!(!shown.chars().any(|c| c.is_control() || c == '='));
        prop_assert!(!shown.chars().any(|c| c.is_whitespace() && c != ' '));
        let (read, cut) = read_back(&shown);
        prop_assert!(name.starts_with(&read));
        prop_assert_eq!(cut, name != read);
        prop_assert!(shown.len() <= 256 + '…'.len_utf8());
    }
}

/// Reverses the escapes. Returns the text, and whether it was cut.
fn read_back(shown: &str) -> (String, bool) {
    let mut read = String::new();
    let mut rest = shown.chars();
    while let Some(c) = rest.next() {
        read.push(match c {
            '…' => {
                assert_eq!(rest.next(), None);
                return (read, true);
            }
            '"' => panic!("a quotation mark that is not escaped"),
            '\\' => match rest.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                'u' => {
                    let digits = rest.by_ref().skip(1).take_while(|c| *c != '}');
                    let number = u32::from_str_radix(&digits.collect::<String>(), 16);
                    char::from_u32(number.unwrap()).unwrap()
                }
                other => other,
            },
            c => c,
        });
    }
    (read, false)
}

/// A client chooses the method and the path, too.
#[test]
fn a149_methods_and_paths_forge_nothing_and_show_no_query() {
    let stand = TestServer::of(&[Kind::Bearer]);
    for (method, target, shown_method, shown_path) in [
        ("GET", "/a?access_token=C4NARY&client=6.6.6.6", "GET", "/a"),
        ("GET", "http://mufasa:C4NARY-x@example.org/b", "GET", "/b"),
        (
            "GET",
            "/client=6.6.6.6;x='y'",
            "GET",
            r"/client\u{3d}6.6.6.6;x\u{3d}'y'",
        ),
        ("X|'`^~", "/", "X|'`^~", "/"),
    ] {
        let line = stand.ask(TestRequest::new(method, target)).written.lines;
        let expected = format!(" method={shown_method} path=\"{shown_path}\" ");
        assert!(line.contains(&expected), "{line}");
    }
    let (method, path) = ("M".repeat(70_000), format!("/{}", "p".repeat(60_000)));
    let line = stand.ask(TestRequest::new(&method, &path)).written.lines;
    let expected = format!(
        " method={}… path=\"/{}…\" ",
        "M".repeat(256),
        "p".repeat(255)
    );
    assert!(line.contains(&expected), "{line}");
}

/// The number of time series does not grow with the accounts, schemes, methods and paths that clients send.
#[test]
fn a149_a_client_cannot_create_time_series() {
    let stand = TestServer::of(&Kind::ALL);
    let mut series = BTreeSet::new();
    for number in 0..500 {
        for ask in [
            get(&format!("/{number}")).basic(&format!("user{number}"), WRONG),
            get("/").bearer(&format!("{WRONG_TOKEN}{number}")),
            get("/").authorization(format!("Scheme{number} x")),
            TestRequest::new(&format!("METHOD{number}"), "/"),
            get("/").field("x-forwarded-for", format!("10.0.0.{number}")),
        ] {
            for counted in stand.ask(ask).written.counted {
                series.insert(format!("{} {:?}", counted.name, counted.labels));
            }
        }
    }
    assert_eq!(series.len(), 4 + 3, "{series:#?}");
}

/// Every request of all tests goes through this search for secrets. It must find a secret in the output of every sink.
#[test]
fn a149_the_search_for_secrets_finds_a_secret_in_every_sink() {
    let clean = TestServer::of(&[Kind::Basic])
        .ask(get("/").basic(USER, WRONG))
        .written;
    let finds = |leak: fn(&mut Written, String)| {
        [PASSWORD.to_owned(), basic(format!("{USER}:{PASSWORD}"))]
            .into_iter()
            .all(|secret| {
                let mut written = clean.clone();
                leak(&mut written, secret);
                catch_unwind(AssertUnwindSafe(|| written.check("a leak"))).is_err()
            })
    };
    assert!(finds(|written, secret| written
        .lines
        .insert_str(100, &secret)));
    assert!(finds(|written, secret| written.traced[0]
        .fields
        .push(("x", secret))));
    assert!(finds(
        |written, secret| written.counted[0].labels[0].1 = secret
    ));
    assert!(!finds(|_, _| {}));
}

/// The cause of an unavailable decision may be long, and may hold text that the client sent.
#[test]
fn a149_debug_shows_the_cause_escaped_and_bounded() {
    let fails = |name: &str, _: Secret<'_>| -> Result<Option<Principal>, Unavailable> {
        let why = format!(
            "no such column: {name}, client=6.6.6.6 {}",
            "x".repeat(10_000)
        );
        Err(Unavailable::new(why))
    };
    let shown = Arc::new(Mutex::new(String::new()));
    let hears = Arc::clone(&shown);
    let audit = move |event: &AuditEvent<'_>| *hears.lock().unwrap() = format!("{event:?}");
    let auth = RequireAuth::new(Basic::new("files", fails).unwrap()).unwrap();
    let service = auth.audit(audit).layer(Probe::new());
    let Ok(response) = run(service.oneshot(get("/").basic(USER, WRONG).into_request()));
    assert_eq!(response.status(), 503);
    let shown = shown.lock().unwrap();
    assert!(shown.contains("no such column"));
    assert!(shown.len() < 1500, "{} bytes", shown.len());
    assert!(!shown.contains("client=6"), "{shown}");
}
