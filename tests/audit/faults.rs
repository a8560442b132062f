//! What goes wrong inside is told without secrets, and forges nothing either.

use std::path::PathBuf;
use std::{env, fs, process};

use crate::support::canary::assert_free;
use crate::support::sinks;
use crate::support::{Kind, Layer, MARK, PASSWORD, Stand, USER, get};
use tower_challenge::audit::{Audit as _, AuditNote};
use tower_challenge::password::hash::HashFormats;
use tower_challenge::password::{ReloadingFile, htpasswd};
use tower_challenge::policy::PolicyDecision;
use tower_challenge::scheme::digest::htdigest;
use tower_challenge::{ConfigError, Principal, RequestHead, Unavailable};

/// Lines that are wrong in a file of accounts, each with something in it that should not be told.
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

fn place(name: &str) -> PathBuf {
    env::temp_dir().join(format!("tower-challenge-{name}.{}", process::id()))
}

#[test]
fn a149_a_fault_of_a_file_tells_no_hash() {
    let (users, digests) = (place("users"), place("digests"));
    let good = "eve:$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy\n";
    fs::write(&users, good).unwrap();
    let ha1 = "0123456789abcdef".repeat(2);
    fs::write(&digests, format!("eve:files:{ha1}\n")).unwrap();
    let (first, second) = (
        htpasswd(&users, HashFormats::new()).unwrap(),
        htdigest(&digests, "files").unwrap(),
    );
    tell(&first);
    tell(&second);
    let _ = sinks::take();
    let mut told = 0;
    for line in bad_lines() {
        for (place, reload) in [
            (
                &users,
                &(|| first.reload().fault().cloned()) as &dyn Fn() -> Option<ConfigError>,
            ),
            (&digests, &|| second.reload().fault().cloned()),
        ] {
            fs::write(place, format!("{line}\n")).unwrap();
            let fault = reload().expect("a line that is wrong").to_string();
            let written = sinks::take();
            assert_free("a fault", fault.as_bytes());
            assert_free("a note", format!("{written:?}").as_bytes());
            told += written.traced.len();
        }
    }
    assert!(told >= bad_lines().len(), "what is news is told: {told}");
    assert_free("Debug", format!("{first:?} {second:?}").as_bytes());
    fs::remove_file(users).unwrap();
    fs::remove_file(digests).unwrap();
}

fn tell<T: Send + Sync + 'static>(file: &ReloadingFile<T>) {
    let audit = sinks::all();
    file.on_reload(move |reload| audit.note(&AuditNote::new("users", reload.fault())));
}

/// What a database says of itself may hold anything, line ends among it, and may be long.
#[test]
fn a149_what_a_dependency_says_forges_no_line() {
    let says = |what: String| {
        move |layer: Layer| {
            layer.policy(move |_: &Principal, _: &RequestHead<'_>| {
                Err::<PolicyDecision, _>(Unavailable::new(what.clone()))
            })
        }
    };
    let forged =
        "away\n2030-01-01T00:00:00.000Z tower_challenge outcome=refused client=6.6.6.6 status=401";
    let stand = Stand::tuned(&[Kind::Basic], says(forged.to_owned()));
    let answer = stand.ask(get("/").basic(USER, PASSWORD)).is_unavailable();
    let cause = r#" cause="away\n2030-01-01T00:00:00.000Z tower_challenge outcome\u{3d}refused client\u{3d}6.6.6.6 "#;
    assert!(
        answer.written.lines.contains(cause),
        "{}",
        answer.written.lines
    );
    let stand = Stand::tuned(&[Kind::Basic], says("\n".repeat(1 << 20)));
    let answer = stand.ask(get("/").basic(USER, PASSWORD)).is_unavailable();
    assert!(answer.written.lines.len() <= 2048);
    assert!(
        answer.written.traced[0]
            .field("cause")
            .unwrap()
            .ends_with('…')
    );
}

/// Everything that a client or a dependency writes at its longest, in one line.
#[test]
fn a149_a_line_is_never_longer_than_2_kib() {
    let long = || "\u{10ffff}".repeat(1000);
    let stand = Stand::tuned(&[Kind::Basic], |layer| {
        let away = move |_: &Principal, _: &RequestHead<'_>| -> Result<bool, Unavailable> {
            Err(Unavailable::new("\u{7f}".repeat(1000)))
        };
        let named = layer.name_identity(move |_| long().into());
        named.policy(away)
    });
    let target = format!("/{}", "p".repeat(5000));
    let ask = crate::support::Ask::new(&"M".repeat(5000), &target).basic(USER, PASSWORD);
    let line = stand.ask(ask).is_unavailable().written.lines;
    // The length of every line of all tests is checked; this is one of the longest.
    assert!(line.len() > 1200, "{line}");
}
