//! fail2ban reads the lines, and bans whom it should and nobody else.
//!
//! `fail2ban-regex` is needed, in the path or where `FAIL2BAN_REGEX` says; `./test` fetches it and runs this.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;

use crate::hostile::{names, wrong_digest};
use crate::support::{Ask, Kind, Layer, PASSWORD, Stand, USER, WRONG, WRONG_TOKEN, get};
use tower_challenge::client::{ClientResolver, ForwardedHeader, PeerAddress};
use tower_challenge::{Principal, RequestHead};

/// From where the attacks of these tests come.
const ATTACKER: &str = "203.0.113.7";
/// Who never did anything, and is named by everything that the attacker writes.
const VICTIM: &str = "6.6.6.6";
const PROXY: &str = "10.0.0.1";

/// What the clock of a stand shows, in seconds.
const NOW: &str = "1720000000";

/// A file of lines, and the addresses that ought to be counted, a line of the file each.
#[derive(Default)]
struct Log {
    text: String,
    counted: Vec<String>,
}

impl Log {
    fn ask(&mut self, stand: &Stand, ask: Ask, from: &str, counts: Option<&str>) {
        let address: IpAddr = from.parse().unwrap();
        let peer = PeerAddress(SocketAddr::new(address, 40_000));
        let answer = stand.ask(ask.extension(peer));
        self.text.push_str(&answer.written.lines);
        self.counted.extend(counts.map(str::to_owned));
    }

    /// What fail2ban makes of it: an address and a time for every failure.
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

    fn is_read_right(&self, name: &str) {
        let read = self.read(name);
        let expected = self.counted.iter().map(|it| (it.clone(), NOW.to_owned()));
        assert_eq!(read, expected.collect::<Vec<_>>(), "{}", self.text);
        let lines = self.text.lines().count();
        println!("{name}: {} failures in {lines} lines", read.len());
    }
}

/// A line such as `['203.0.113.7', 1720000000, {..}],`, with tabs.
fn row(line: &str) -> (String, String) {
    let mut parts = line.split(['\'', '\t', ',']).filter(|it| !it.is_empty());
    let mut next = || parts.next().unwrap_or_default().to_owned();
    assert_eq!(next(), "[", "{line}");
    (next(), next())
}

#[test]
#[ignore = "needs fail2ban-regex: `./test` runs it"]
fn fail2ban_counts_wrong_credentials_and_nothing_else() {
    let plain = Stand::tuned(&Kind::ALL, |layer| {
        layer.public(|request: &RequestHead<'_>| request.uri().path() == "/open")
    });
    let mut log = Log::default();
    let login = plain.login().header();
    for (ask, counts) in [
        (get("/"), false),
        (get("/open"), false),
        (get("/").authorization("Unheard-Of x"), false),
        (get("/").authorization("="), false),
        (get("/").basic(USER, PASSWORD), false),
        (get("/").basic(USER, WRONG), true),
        (get("/").bearer(WRONG_TOKEN), true),
        (get("/").authorization(&login), false),
        // The same once more is a nonce that was used before, and no failure.
        (get("/").authorization(&login), false),
        (wrong_digest(&plain, USER).unwrap(), true),
    ] {
        log.ask(&plain, ask, ATTACKER, counts.then_some(ATTACKER));
    }
    let forbids = Stand::tuned(&[Kind::Basic], |layer| {
        layer.policy(|_: &Principal, _: &RequestHead<'_>| false)
    });
    log.ask(&forbids, get("/").basic(USER, PASSWORD), ATTACKER, None);
    let insecure = Stand::tuned(&[Kind::Basic], Layer::require_tls);
    log.ask(&insecure, get("/").basic(USER, WRONG), ATTACKER, None);
    let throttled = Stand::of(&[Kind::Basic]);
    throttled.world.tally.exhaust();
    log.ask(&throttled, get("/").basic(USER, WRONG), ATTACKER, None);
    let unavailable = Stand::tuned(&[Kind::Basic], |layer| {
        layer.policy(|_: &Principal, _: &RequestHead<'_>| -> bool { panic!("as it is meant to") })
    });
    log.ask(&unavailable, get("/").basic(USER, PASSWORD), ATTACKER, None);
    let six = "2001:db8::7";
    log.ask(&plain, get("/").basic(USER, WRONG), six, Some(six));
    let mapped = "::ffff:203.0.113.7";
    log.ask(&plain, get("/").basic(USER, WRONG), mapped, Some(ATTACKER));
    log.is_read_right("outcomes");
}

#[test]
#[ignore = "needs fail2ban-regex: `./test` runs it"]
fn a149_fail2ban_bans_nobody_whom_a_client_names() {
    let stand = Stand::of(&[Kind::Digest, Kind::Basic]);
    let mut log = Log::default();
    for name in names() {
        let basic = Some(get("/").basic_octets(format!("{name}:{WRONG}")));
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
    log.is_read_right("names");
    assert!(
        log.counted.len() > names().len(),
        "most of them are failures"
    );
}

/// A Digest login is good for one request.
fn again(stand: &Stand, name: &str, ask: Ask) -> Ask {
    let line = &ask.request().headers()["authorization"];
    if line.as_bytes().starts_with(b"Digest") {
        return wrong_digest(stand, name).unwrap();
    }
    ask
}

/// Behind a proxy it is the client who is banned: neither whom the client names, nor the proxy that everybody shares.
#[test]
#[ignore = "needs fail2ban-regex: `./test` runs it"]
fn fail2ban_bans_neither_the_proxy_nor_whom_its_client_names() {
    let mut log = Log::default();
    for (forwarded_header, field) in [
        (ForwardedHeader::XForwardedFor, "x-forwarded-for"),
        (ForwardedHeader::Forwarded, "forwarded"),
    ] {
        let find = || ClientResolver::behind_networks(forwarded_header, ["10.0.0.0/8"]).unwrap();
        let stand = Stand::tuned(&[Kind::Basic], |layer| layer.client(find()));
        let node = |address: &str| match forwarded_header {
            ForwardedHeader::Forwarded => format!("for={address}"),
            _ => address.to_owned(),
        };
        let mut ask = |value: &str, from: &str, counts: Option<&str>| {
            let ask = get("/").basic(USER, WRONG).field(field, value);
            log.ask(&stand, ask, from, counts);
        };
        // The proxy has added the last.
        let forged = format!("{}, {}", node(VICTIM), node(ATTACKER));
        ask(&forged, PROXY, Some(ATTACKER));
        ask(&format!("\", {}", node(ATTACKER)), PROXY, Some(ATTACKER));
        // A stranger who is no proxy is believed nothing.
        ask(&node(VICTIM), ATTACKER, Some(ATTACKER));
        // A proxy that does not say for whom it speaks.
        for unreadable in [
            node("unknown"),
            node("_hidden"),
            "\"".to_owned(),
            String::new(),
        ] {
            ask(&unreadable, PROXY, None);
        }
    }
    log.is_read_right("proxies");
}
