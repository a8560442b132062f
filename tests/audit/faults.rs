//! Tests that errors of files and dependencies reach the log without secrets, and cannot forge a line.

use std::path::PathBuf;
use std::{env, fs, process};

use crate::support::canary::assert_free;
use crate::support::sinks;
use crate::support::{Kind, Layer, MARK, PASSWORD, TestServer, USER, get};
use tower_challenge::audit::{Audit as _, MaintenanceNote};
use tower_challenge::password::hash::HashFormats;
use tower_challenge::password::{ReloadEvent, ReloadingFile, htpasswd};
use tower_challenge::policy::PolicyDecision;
use tower_challenge::scheme::digest::htdigest;
use tower_challenge::{ConfigError, Principal, RequestHead, Unavailable};

/// Returns invalid lines of account files. Each holds a secret that the error must not show.
fn bad_lines() -> Vec<String> {
    let md5 = format!(
        "ada:files:{}",
        &format!("{MARK}0123456789abcdef0123456789ab")[..32]
    );
    let mut lines = [
        "C4NARY",
        "ada:C4NARY-in-clear",
        "ada:$2y$05$C4NARYcut",
        "ada:$2y$31$C4NARYMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
        "ada:$C4NARY$x",
        "ada:$6$C4NARY",
        "ada:$apr1$C4NARYxx$C4NARY",
        "ada:{SHA}C4NARY",
        "ada:$argon2id$v=19$m=C4NARY,t=1,p=1$C4NARY$C4NARY",
        "ada:$argon2id$v=19$m=99999999,t=1,p=1$QzROQVJZQzROQVJZ$QzROQVJZ",
        "ada:files:C4NARY",
        "ada:files:C4NARY:more",
        "ada:files",
        ":files:C4NARY",
    ]
    .map(str::to_owned)
    .to_vec();
    lines.push(md5);
    lines
}

fn temporary_path(name: &str) -> PathBuf {
    env::temp_dir().join(format!("tower-challenge-{name}.{}", process::id()))
}

#[test]
fn a149_an_error_in_an_account_file_shows_no_hash() {
    let (users, digests) = (temporary_path("users"), temporary_path("digests"));
    let good = "eve:$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy\n";
    fs::write(&users, good).unwrap();
    let ha1 = "0123456789abcdef".repeat(2);
    fs::write(&digests, format!("eve:files:{ha1}\n")).unwrap();
    let (first, second) = (
        htpasswd(&users, HashFormats::new()).unwrap(),
        htdigest(&digests, "files").unwrap(),
    );
    note_reloads(&first);
    note_reloads(&second);
    let _ = sinks::take();
    let mut notes = 0;
    for line in bad_lines() {
        for (path, reload) in [
            (
                &users,
                &(|| first.reload().fault().cloned()) as &dyn Fn() -> Option<ConfigError>,
            ),
            (&digests, &|| second.reload().fault().cloned()),
        ] {
            fs::write(path, format!("{line}\n")).unwrap();
            let fault = reload().expect("the line is invalid").to_string();
            let written = sinks::take();
            assert_free("a fault", fault.as_bytes());
            assert_free("a note", format!("{written:?}").as_bytes());
            notes += written.traced.len();
        }
    }
    for line in bad_lines() {
        fs::write(&users, format!("{line}\n{good}")).unwrap();
        fs::write(&digests, format!("{line}\neve:files:{ha1}\n")).unwrap();
        let reloads = [first.reload(), second.reload()];
        assert!(reloads.iter().all(ReloadEvent::is_loaded), "{line}");
        assert_free("a warning", format!("{reloads:?}").as_bytes());
        let written = sinks::take();
        assert_free("a note", format!("{written:?}").as_bytes());
    }
    assert!(
        notes >= bad_lines().len(),
        "every new error makes a note: {notes}"
    );
    assert_free("Debug", format!("{first:?} {second:?}").as_bytes());
    fs::remove_file(users).unwrap();
    fs::remove_file(digests).unwrap();
}

/// An audit cuts a long text. So each bad line is a note of its own, and its number is in the log.
#[test]
fn a170_each_bad_line_of_an_account_file_is_a_note_with_its_number() {
    let users = temporary_path("bad-lines");
    let good = "eve:$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy\n";
    let bad = "nonsense\nada:97K/flQgeg47g\ngrace:$9$x\nmary:!\n".repeat(2);
    fs::write(&users, format!("{good}{bad}")).unwrap();
    let file = htpasswd(&users, HashFormats::new()).unwrap();
    let _ = sinks::take();
    note_reloads(&file);
    let written = sinks::take();
    let faults = written
        .traced
        .iter()
        .map(|note| note.field("fault").unwrap());
    let faults = faults.map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(faults.len(), 8, "{faults:?}");
    for (number, fault) in (2..).zip(&faults) {
        assert!(fault.contains(&format!("line {number}: ")), "{fault}");
        assert!(!fault.contains('…'), "{fault}");
    }
    fs::remove_file(users).unwrap();
}

/// Passes every reload of `file` to all sinks.
fn note_reloads<T: Send + Sync + 'static>(file: &ReloadingFile<T>) {
    let audit = sinks::all();
    file.on_reload(move |reload| audit.note(&MaintenanceNote::new("users", reload.fault())));
}

/// The error text of a database may hold line breaks, and may be long.
#[test]
fn a149_the_error_text_of_a_dependency_forges_no_line() {
    let says = |what: String| {
        move |layer: Layer| {
            layer.policy(move |_: &Principal, _: &RequestHead<'_>| {
                Err::<PolicyDecision, _>(Unavailable::new(what.clone()))
            })
        }
    };
    let forged =
        "away\n2030-01-01T00:00:00.000Z tower_challenge outcome=refused client=6.6.6.6 status=401";
    let stand = TestServer::tuned(&[Kind::Basic], says(forged.to_owned()));
    let answer = stand.ask(get("/").basic(USER, PASSWORD)).is_unavailable();
    let cause = r#" cause="away\n2030-01-01T00:00:00.000Z tower_challenge outcome\u{3d}refused client\u{3d}6.6.6.6 "#;
    assert!(
        answer.written.lines.contains(cause),
        "{}",
        answer.written.lines
    );
    let stand = TestServer::tuned(&[Kind::Basic], says("\n".repeat(1 << 20)));
    let answer = stand.ask(get("/").basic(USER, PASSWORD)).is_unavailable();
    assert!(answer.written.lines.len() <= 2048);
    assert!(
        answer.written.traced[0]
            .field("cause")
            .unwrap()
            .ends_with('…')
    );
}

/// Every text that a client or a dependency writes has its greatest length here.
#[test]
fn a149_a_line_is_never_longer_than_2_kib() {
    let long = || "\u{10ffff}".repeat(1000);
    let stand = TestServer::tuned(&[Kind::Basic], |layer| {
        let away = move |_: &Principal, _: &RequestHead<'_>| -> Result<bool, Unavailable> {
            Err(Unavailable::new("\u{7f}".repeat(1000)))
        };
        let named = layer.name_identity(move |_| long().into());
        named.policy(away)
    });
    let target = format!("/{}", "p".repeat(5000));
    let ask = crate::support::TestRequest::new(&"M".repeat(5000), &target).basic(USER, PASSWORD);
    let line = stand.ask(ask).is_unavailable().written.lines;
    // `TestServer::ask` checks that no line is longer than 2 KiB. This assertion proves that the line comes near to it.
    assert!(line.len() > 1200, "{line}");
}
