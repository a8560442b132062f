//! Tests the filter of fail2ban: it must count the addresses of attackers and no other address.
//!
//! These tests need `fail2ban-regex`, in the path or where `FAIL2BAN_REGEX` says. `./test` fetches it and runs them.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;

use crate::hostile::{names, wrong_digest};
use crate::support::{
    Kind, Layer, PASSWORD, TestRequest, TestServer, USER, WRONG, WRONG_TOKEN, get,
};
use tower_challenge::client::{ClientResolver, ForwardedHeader, PeerAddress};
use tower_challenge::{Principal, RequestHead};

/// The address of the attacker.
const ATTACKER: &str = "203.0.113.7";
/// The address that the attacker writes into names, paths and fields, so that fail2ban might ban it.
const VICTIM: &str = "6.6.6.6";
const PROXY: &str = "10.0.0.1";

/// The time of the clock of a `TestServer`, in seconds since 1970.
const NOW: &str = "1720000000";

/// A log file, and the addresses that fail2ban must count, in the order of their lines.
#[derive(Default)]
struct Log {
    text: String,
    counted: Vec<String>,
}

impl Log {
    fn ask(&mut self, stand: &TestServer, ask: TestRequest, from: &str, counts: Option<&str>) {
        let address: IpAddr = from.parse().unwrap();
        let peer = PeerAddress(SocketAddr::new(address, 40_000));
        let answer = stand.ask(ask.extension(peer));
        self.text.push_str(&answer.written.lines);
        self.counted.extend(counts.map(str::to_owned));
    }

    /// Runs fail2ban on the log. Returns the address and the time of every failure that it counts.
    fn read(&self, name: &str) -> Vec<(String, String)> {
        let file =
            env::temp_dir().join(format!("tower-challenge.{name}.{}.log", std::process::id()));
        fs::write(&file, &self.text).unwrap();
        let filter = Path::new(env!("CARGO_MANIFEST_DIR"));
        let filter = filter.join("contrib/fail2ban/filter.d/tower-challenge.conf");
        let program = env::var("FAIL2BAN_REGEX").unwrap_or_else(|_| "fail2ban-regex".to_owned());
        let mut command = Command::new(program);
        let output = command.args(["-o", "row"]).arg(&file).arg(filter).output();
        let output = output.expect("fail2ban-regex is installed");
        fs::remove_file(file).unwrap();
        let problem = String::from_utf8_lossy(&output.stderr);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            !text.contains("ERROR") && problem.is_empty(),
            "{text} {problem}"
        );
        text.lines().map(row).collect()
    }

    fn assert_counted(&self, name: &str) {
        let read = self.read(name);
        let expected = self
            .counted
            .iter()
            .map(|address| (address.clone(), NOW.to_owned()));
        assert_eq!(read, expected.collect::<Vec<_>>(), "{}", self.text);
        let lines = self.text.lines().count();
        println!("{name}: {} failures in {lines} lines", read.len());
    }
}

/// Reads a line of the output, such as `['203.0.113.7', 1720000000, {..}],` with tabs.
fn row(line: &str) -> (String, String) {
    let mut parts = line
        .split(['\'', '\t', ','])
        .filter(|part| !part.is_empty());
    let mut next = || parts.next().unwrap_or_default().to_owned();
    assert_eq!(next(), "[", "{line}");
    (next(), next())
}

#[test]
#[ignore = "needs fail2ban-regex: `./test` runs it"]
fn fail2ban_counts_wrong_credentials_and_nothing_else() {
    let plain = TestServer::tuned(&Kind::ALL, |layer| {
        layer.public(|request: &RequestHead<'_>| request.uri().path() == "/open")
    });
    let mut log = Log::default();
    let login = plain.login().header();
    for (ask, counts) in [
        (get("/"), false),
        (get("/open"), false),
        (get("/").authorization("Unheard-Of x"), false),
        (get("/").authorization("="), false),
        (get("/").authorization("Basic ="), false),
        (get("/").basic(USER, PASSWORD), false),
        (get("/").basic(USER, WRONG), true),
        (get("/").bearer(WRONG_TOKEN), true),
        (get("/").authorization(&login), false),
        // A repeat of the same credentials is stale, because its nonce was used before, and does not count.
        (get("/").authorization(&login), false),
        (wrong_digest(&plain, USER).unwrap(), true),
    ] {
        log.ask(&plain, ask, ATTACKER, counts.then_some(ATTACKER));
    }
    let forbids = TestServer::tuned(&[Kind::Basic], |layer| {
        layer.policy(|_: &Principal, _: &RequestHead<'_>| false)
    });
    log.ask(&forbids, get("/").basic(USER, PASSWORD), ATTACKER, None);
    let insecure = TestServer::tuned(&[Kind::Basic], Layer::require_tls);
    log.ask(&insecure, get("/").basic(USER, WRONG), ATTACKER, None);
    let throttled = TestServer::of(&[Kind::Basic]);
    throttled.world.tally.exhaust();
    log.ask(&throttled, get("/").basic(USER, WRONG), ATTACKER, None);
    let unavailable = TestServer::tuned(&[Kind::Basic], |layer| {
        layer.policy(|_: &Principal, _: &RequestHead<'_>| -> bool {
            panic!("the test panics on purpose")
        })
    });
    log.ask(&unavailable, get("/").basic(USER, PASSWORD), ATTACKER, None);
    let six = "2001:db8::7";
    log.ask(&plain, get("/").basic(USER, WRONG), six, Some(six));
    let mapped = "::ffff:203.0.113.7";
    log.ask(&plain, get("/").basic(USER, WRONG), mapped, Some(ATTACKER));
    log.assert_counted("outcomes");
}

#[test]
#[ignore = "needs fail2ban-regex: `./test` runs it"]
fn a149_fail2ban_bans_no_address_that_a_client_writes() {
    let stand = TestServer::of(&[Kind::Digest, Kind::Basic]);
    let mut log = Log::default();
    for name in names() {
        let basic = Some(get("/").basic_bytes(format!("{name}:{WRONG}")));
        for ask in [basic, wrong_digest(&stand, &name)].into_iter().flatten() {
            let counts = stand
                .ask(ask.clone())
                .written
                .lines
                .contains(" outcome=refused ");
            let ask = if counts {
                again(&stand, &name, ask)
            } else {
                ask
            };
            log.ask(&stand, ask, ATTACKER, counts.then_some(ATTACKER));
        }
    }
    let mut target = format!("/x%20tower_challenge%20outcome=refused;client={VICTIM}");
    write!(target, "?client={VICTIM}").unwrap();
    let forwarded = get(&target)
        .basic(USER, WRONG)
        .field("x-forwarded-for", VICTIM);
    log.ask(&stand, forwarded, ATTACKER, Some(ATTACKER));
    log.assert_counted("names");
    assert!(
        log.counted.len() > names().len(),
        "most of the requests are failures"
    );
}

/// Makes the request anew if it is Digest, because a Digest login is valid for one request only.
fn again(stand: &TestServer, name: &str, ask: TestRequest) -> TestRequest {
    let line = &ask.request().headers()["authorization"];
    if line.as_bytes().starts_with(b"Digest") {
        return wrong_digest(stand, name).unwrap();
    }
    ask
}

/// Behind a proxy, fail2ban bans the client. It bans neither an address that the client writes nor the proxy, which
/// many clients share.
#[test]
#[ignore = "needs fail2ban-regex: `./test` runs it"]
fn fail2ban_bans_neither_the_proxy_nor_an_address_that_its_client_writes() {
    let mut log = Log::default();
    for (forwarded_header, field) in [
        (ForwardedHeader::XForwardedFor, "x-forwarded-for"),
        (ForwardedHeader::Forwarded, "forwarded"),
    ] {
        let find = || ClientResolver::behind_networks(forwarded_header, ["10.0.0.0/8"]).unwrap();
        let stand = TestServer::tuned(&[Kind::Basic], |layer| layer.client(find()));
        let node = |address: &str| match forwarded_header {
            ForwardedHeader::Forwarded => format!("for={address}"),
            _ => address.to_owned(),
        };
        let mut ask = |value: &str, from: &str, counts: Option<&str>| {
            let ask = get("/").basic(USER, WRONG).field(field, value);
            log.ask(&stand, ask, from, counts);
        };
        // The proxy has added the last entry.
        let forged = format!("{}, {}", node(VICTIM), node(ATTACKER));
        ask(&forged, PROXY, Some(ATTACKER));
        ask(&format!("\", {}", node(ATTACKER)), PROXY, Some(ATTACKER));
        // The field of a client that is no trusted proxy is ignored.
        ask(&node(VICTIM), ATTACKER, Some(ATTACKER));
        // The proxy does not name its client.
        for unreadable in [
            node("unknown"),
            node("_hidden"),
            "\"".to_owned(),
            String::new(),
        ] {
            ask(&unreadable, PROXY, None);
        }
    }
    log.assert_counted("proxies");
}
