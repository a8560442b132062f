//! Measures how long a file of 100,000 users takes to load, and whether the verifier refuses a user during a reload.
//!
//! `cargo bench -p benches --bench password_file`

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tower_challenge::Secret;
use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::password::hash::HashFormats;
use tower_challenge::password::{
    HashedAccounts, HashedPasswords, ReloadEvent, ReloadingFile, VerifyPassword, htpasswd,
};

const USERS: usize = 100_000;

const BCRYPT: &str = "$2y$04$2CV/BG476iz5Zm2oZa.0i.M4dzfIjAAp5izu7MkY8QgU6qol8HZgq";

const RELOADS: usize = 20;

fn main() {
    let path = std::env::temp_dir().join(format!("users.{}", std::process::id()));
    for (name, hash) in [
        ("bcrypt", BCRYPT),
        (
            "argon2id",
            "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQtMDEyMw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ),
        (
            "sha512-crypt",
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3uBnIFNjnQJuesI68OTLiBFdcbYEdFCoEOfaS35inz1.",
        ),
    ] {
        fs::write(&path, text(hash, 0)).expect("the folder can be written");
        let started = SystemClock::new();
        match htpasswd(&path, HashFormats::new()) {
            Ok(file) => println!(
                "{name}: {} users loaded in {:?}",
                file.with(HashedAccounts::count),
                started.monotonic()
            ),
            Err(error) => println!("{name}: {error}"),
        }
    }
    reload(&path);
    fs::remove_file(path).expect("the file can be replaced or removed");
}

fn text(hash: &str, version: usize) -> String {
    let mut text = format!("# {version}\n");
    for i in 0..USERS {
        writeln!(text, "user{i}:{hash}").expect("there is memory");
    }
    text
}

/// Verifies a password in a loop while another thread reloads the file several times.
fn reload(path: &Path) {
    fs::write(path, text(BCRYPT, 0)).expect("the folder can be written");
    let file = htpasswd(path, HashFormats::new()).expect("the file is valid");
    let verifier = HashedPasswords::new(file.clone()).expect("threads can be started");
    let password = || Secret::new("lovelace");
    let first = verifier.verify("user7", password());
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let first = runtime.expect("a runtime").block_on(first);
    assert!(first.is_ok_and(|identity| identity.is_ok()));

    let (stop, clock) = (AtomicBool::new(false), SystemClock::new());
    let (asked, refused, longest) = std::thread::scope(|scope| {
        let reload = scope.spawn(|| {
            let took = (1..=RELOADS).map(|version| one_reload(path, &file, version, &clock));
            let most = took.max().unwrap_or_default();
            stop.store(true, Ordering::SeqCst);
            most
        });
        let (mut asked, mut refused, mut longest) = (0_u64, 0_u64, Duration::ZERO);
        while !stop.load(Ordering::SeqCst) {
            let before = clock.monotonic();
            let answer = verifier.verify("user7", password()).try_now();
            refused += u64::from(!matches!(answer, Ok(Ok(Ok(_)))));
            longest = longest.max(clock.monotonic() - before);
            asked += 1;
        }
        println!(
            "the slowest of {RELOADS} reloads: {:?}",
            reload.join().expect("no panic")
        );
        (asked, refused, longest)
    });
    println!(
        "{asked} requests during the reloads, {refused} of them refused, the slowest took {longest:?}"
    );
}

fn one_reload(
    path: &Path,
    file: &ReloadingFile<HashedAccounts>,
    version: usize,
    clock: &SystemClock,
) -> Duration {
    let new = path.with_extension("new");
    fs::write(&new, text(BCRYPT, version)).expect("the folder can be written");
    fs::rename(&new, path).expect("the file can be replaced or removed");
    let before = clock.monotonic();
    assert_eq!(file.reload(), ReloadEvent::Loaded);
    clock.monotonic() - before
}
