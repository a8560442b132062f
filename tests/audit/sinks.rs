//! Tests that the sinks write what their documentation says.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use crate::support::sinks::{self, fields};
use crate::support::{
    Kind, Layer, PASSWORD, Probe, TestRequest, TestServer, TestWorld, USER, WRONG, get, run,
};
use tower::ServiceExt;
use tower_challenge::audit::{Audit as _, LineAudit, MaintenanceNote};
use tower_challenge::client::{ClientResolver, ForwardedHeader, PeerAddress};
use tower_challenge::password::{ReloadEvent, ReloadingFile};
use tower_challenge::{ConfigError, Principal, RequestHead, RequireAuth};
use tower_layer::Layer as _;
use tracing::Level;

const LEVELS: [(&str, Level); 13] = [
    ("passed", Level::DEBUG),
    ("anonymous", Level::DEBUG),
    ("admitted", Level::INFO),
    ("challenged", Level::DEBUG),
    ("continued", Level::DEBUG),
    ("refused", Level::WARN),
    ("stale", Level::DEBUG),
    ("malformed", Level::WARN),
    ("too_slow", Level::WARN),
    ("forbidden", Level::WARN),
    ("insecure", Level::WARN),
    ("throttled", Level::WARN),
    ("unavailable", Level::ERROR),
];

/// Returns a request for almost every outcome, with a `TestServer` that decides so.
fn one_of_each() -> Vec<(TestServer, TestRequest)> {
    let public = |request: &RequestHead<'_>| request.uri().path() == "/open";
    let forbids = |layer: Layer| layer.policy(|_: &Principal, _: &RequestHead<'_>| false);
    let plain = || TestServer::tuned(&[Kind::Digest, Kind::Basic], |layer| layer.public(public));
    let old = plain();
    let login = old.login().header();
    let _ = old.ask(get("/").authorization(&login)).is_admitted_as(USER);
    let exhausted = plain();
    exhausted.world.tally.exhaust();
    let unavailable = TestServer::tuned(&[Kind::Basic], |layer| {
        layer.policy(|_: &Principal, _: &RequestHead<'_>| -> bool {
            panic!("the test panics on purpose")
        })
    });
    vec![
        (plain(), get("/open")),
        (TestServer::tuned(&[Kind::Basic], Layer::optional), get("/")),
        (plain(), get("/").basic(USER, PASSWORD)),
        (plain(), get("/")),
        (plain(), get("/").basic(USER, WRONG)),
        (old, get("/").authorization(login)),
        (plain(), get("/").authorization("Basic =")),
        (
            TestServer::tuned(&[Kind::Basic], forbids),
            get("/").basic(USER, PASSWORD),
        ),
        (
            TestServer::tuned(&[Kind::Basic], Layer::require_tls),
            get("/"),
        ),
        (exhausted, get("/").basic(USER, PASSWORD)),
        (unavailable, get("/").basic(USER, PASSWORD)),
    ]
}

#[test]
fn every_outcome_has_its_level_its_fields_and_its_labels() {
    let mut seen = BTreeSet::new();
    for (stand, ask) in one_of_each() {
        let peer = PeerAddress(SocketAddr::from(([203, 0, 113, 7], 40_000)));
        let written = stand.ask(ask.extension(peer)).written;
        let traced = &written.traced[0];
        let line = fields(written.lines.trim_end());
        let of_line = |name| {
            line.iter()
                .find(|field| field.0 == name)
                .map(|field| field.1)
        };
        let outcome = traced.field("outcome").unwrap();
        let level = LEVELS.iter().find(|entry| entry.0 == outcome).unwrap().1;
        assert_eq!(traced.level, level, "{outcome}");
        assert_eq!(traced.field("message"), Some("authentication"));
        assert_eq!(traced.field("client"), Some("203.0.113.7"));
        assert_eq!(of_line("outcome"), Some(outcome));
        assert_eq!(of_line("client"), Some("203.0.113.7"));
        for name in ["status", "scheme", "method", "latency_us", "code"] {
            let absent = of_line(name).filter(|value| *value != "-");
            assert_eq!(absent, traced.field(name), "{outcome}: {name}");
        }
        for name in ["reason", "path", "account", "principal", "cause"] {
            let quoted = traced.field(name).map(|value| format!("\"{value}\""));
            let in_line = of_line(name).filter(|value| *value != "-");
            assert_eq!(in_line, quoted.as_deref(), "{outcome}: {name}");
        }
        let labels = &written.counted[0].labels;
        let reason = traced.field("reason").unwrap();
        let scheme = traced.field("scheme").unwrap_or("none");
        let code = traced.field("code").unwrap_or("none");
        let expected = [
            ("outcome", outcome),
            ("scheme", scheme),
            ("code", code),
            ("reason", reason),
        ];
        assert!(
            labels
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .eq(expected)
        );
        assert_eq!(written.counted[0].value, 1.0);
        assert_eq!(written.counted[1].labels, labels[..2]);
        seen.insert(outcome.to_owned());
    }
    // No scheme of this test continues an exchange (`continued`) or reads a body (`too_slow`).
    assert_eq!(seen.len(), LEVELS.len() - 2, "{seen:?}");
}

/// Programs such as fail2ban depend on every character of a line.
#[test]
fn a_line_has_the_form_that_its_documentation_shows() {
    let stand = TestServer::of(&[Kind::Basic]);
    let peer = PeerAddress(SocketAddr::from(([203, 0, 113, 7], 40_000)));
    let line = |ask: TestRequest| stand.ask(ask.extension(peer)).written.lines;
    assert_eq!(
        line(get("/notes?page=2").basic("ada", WRONG)),
        "2024-07-03T09:46:40.000Z tower_challenge outcome=refused client=203.0.113.7 status=401 scheme=Basic \
         latency_us=0 code=basic_wrong reason=\"the name or the password is wrong\" method=GET path=\"/notes\" account=\"ada\" \
         principal=-\n"
    );
    assert_eq!(
        line(TestRequest::new("POST", "/notes").basic(USER, PASSWORD)),
        "2024-07-03T09:46:40.000Z tower_challenge outcome=admitted client=203.0.113.7 status=- scheme=Basic \
         latency_us=0 code=- reason=\"admitted\" method=POST path=\"/notes\" account=\"mufasa\" principal=\"mufasa\"\n"
    );
    let unknown = stand.ask(get("/")).written.lines;
    assert_eq!(
        unknown,
        "2024-07-03T09:46:40.000Z tower_challenge outcome=challenged client=- status=401 scheme=- \
         latency_us=0 code=no_credentials reason=\"no credentials\" method=GET path=\"/\" account=- principal=-\n"
    );
}

/// Many clients share the address of a proxy, so a ban of that address would shut them all out.
#[test]
fn no_sink_writes_the_address_of_a_trusted_proxy() {
    let find =
        ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["10.0.0.0/8"]).unwrap();
    let stand = TestServer::tuned(&[Kind::Basic], |layer| layer.client(find));
    let peer = PeerAddress(SocketAddr::from(([10, 0, 0, 1], 40_000)));
    for (forwarded, client) in [
        (Some("203.0.113.7"), Some("203.0.113.7")),
        (Some("6.6.6.6, 203.0.113.7"), Some("203.0.113.7")),
        (Some("unknown"), None),
        (Some("\""), None),
        (None, None),
    ] {
        let ask = get("/").basic(USER, WRONG).extension(peer);
        let ask = match forwarded {
            Some(value) => ask.field("x-forwarded-for", value),
            None => ask,
        };
        let answer = stand.ask(ask).is_refused();
        let written = &answer.written;
        assert_eq!(written.traced[0].field("client"), client);
        let line = fields(written.lines.trim_end());
        assert_eq!(line[1], ("client", client.unwrap_or("-")));
        let found = answer.heard[0].client;
        let address = client.unwrap_or("10.0.0.1").parse().unwrap();
        assert_eq!(
            found.address(),
            Some(address),
            "the throttle counts this address"
        );
        assert_eq!(found.bannable_address().is_some(), client.is_some());
    }
}

#[test]
fn a_line_that_cannot_be_written_is_counted_and_changes_no_answer() {
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let lines = LineAudit::to(Full);
    let layer = RequireAuth::new(TestWorld::new().basic()).unwrap();
    let service = layer.audit(lines.clone()).layer(Probe::new());
    for (password, status) in [(PASSWORD, 200), (WRONG, 401)] {
        let ask = get("/").basic(USER, password).into_request();
        let Ok(response) = run(service.clone().oneshot(ask));
        assert_eq!(response.status().as_u16(), status);
    }
    assert_eq!(lines.dropped_lines(), 2);
}

/// A writer whose text can be read while an audit has it.
#[derive(Clone, Default)]
struct SharedText(Arc<Mutex<Vec<u8>>>);

impl Write for SharedText {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The text of a fault may come from a file or from another server, so it must not imitate the line of an event.
#[test]
fn a_note_is_a_line_of_its_own_that_cannot_be_taken_for_an_event() {
    let text = SharedText::default();
    let lines = LineAudit::to(text.clone());
    let forged = "down\n2024-07-03T09:46:40.000Z tower_challenge outcome=refused client=6.6.6.6 status=401\"";
    lines.note(&MaintenanceNote::new(
        "redis",
        Some(&ConfigError::new(forged)),
    ));
    lines.note(&MaintenanceNote::new("redis", None));
    let written = String::from_utf8(text.0.lock().unwrap().clone()).unwrap();
    let notes = written.lines().map(|line| {
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.ends_with('Z'), "{line}");
        rest
    });
    let fault = r#""down\n2024-07-03T09:46:40.000Z tower_challenge outcome\u{3d}refused client\u{3d}6.6.6.6 status\u{3d}401\"""#;
    let expected = [
        format!("tower_challenge note=\"redis\" fault={fault}"),
        "tower_challenge note=\"redis\" fault=-".to_owned(),
    ];
    assert_eq!(notes.collect::<Vec<_>>(), expected);
}

/// They escape the error of a reload.
#[test]
fn reloads_are_noted_by_all_sinks() {
    let path = std::env::temp_dir().join(format!("tower-challenge-notes.{}", std::process::id()));
    fs::write(&path, "good").unwrap();
    let parse = |text: &str| match text.strip_prefix("good") {
        Some(rest) => Ok(rest.to_owned()),
        None => Err(ConfigError::new("line 1:\n\u{1b}[31m client=6.6.6.6")),
    };
    let file = ReloadingFile::open(&path, parse).unwrap();
    let audit = sinks::all();
    file.on_reload(move |reload| audit.note(&MaintenanceNote::new("users", reload.fault())));
    let _ = sinks::take();
    let mut results = Vec::new();
    for text in ["bad", "good again", "bad", "good again"] {
        fs::write(&path, text).unwrap();
        assert_ne!(file.reload(), ReloadEvent::Unchanged);
        let written = sinks::take();
        let is_good = written.lines.ends_with(" note=\"users\" fault=-\n");
        assert_eq!(is_good, text != "bad", "{}", written.lines);
        let (traced, counted) = (&written.traced[0], &written.counted[0]);
        assert_eq!(traced.field("message"), Some("maintenance"));
        assert_eq!(traced.field("what"), Some("users"));
        let fault = traced.field("fault");
        assert_eq!(fault.is_some(), text == "bad");
        assert_eq!(fault.is_some(), traced.level == Level::ERROR);
        assert!(
            fault.is_none_or(|fault| fault.contains(r"line 1:\n\u{1b}[31m client\u{3d}6.6.6.6"))
        );
        assert_eq!(counted.name, "tower_challenge_reloads_total");
        results.push(counted.labels[1].1.clone());
    }
    assert_eq!(results, ["kept", "loaded", "kept", "loaded"]);
    fs::remove_file(path).unwrap();
}
