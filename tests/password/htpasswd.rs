//! htpasswd files: a file without a usable account keeps the last good accounts.

use std::fs::{self, File, FileTimes};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tower_challenge::password::hash::HashFormats;
use tower_challenge::password::{HashedAccounts, ReloadEvent, ReloadingFile, htpasswd};

use crate::files::{Folder, replace};
use crate::hashing::{ADA, Bench, wait_until};

/// The hash of `password` in the format `{SHA}`, as `htpasswd -s` writes it. It is quick to compute.
fn sha1(password: &str) -> String {
    use base64::Engine;
    use sha1::Digest;
    let hash = sha1::Sha1::digest(password);
    format!(
        "{{SHA}}{}",
        base64::engine::general_purpose::STANDARD.encode(hash)
    )
}

fn line(name: &str, password: &str) -> String {
    format!("{name}:{}\n", sha1(password))
}

fn open(path: &Path) -> Result<ReloadingFile<HashedAccounts>, tower_challenge::ConfigError> {
    htpasswd(path, HashFormats::new().legacy_sha1())
}

/// An htpasswd file with the account `ada`, whose password is `one`, and a verifier of the file.
fn file_and_verifier() -> (
    Folder,
    ReloadingFile<HashedAccounts>,
    Bench<ReloadingFile<HashedAccounts>>,
) {
    let folder = Folder::new();
    let file = open(&folder.write("users", line("ada", "one"))).unwrap();
    let bench = Bench::of(file.clone());
    assert!(bench.admits("ada", "one"));
    (folder, file, bench)
}

#[test]
fn a142_a_changed_file_takes_effect_when_it_is_reloaded() {
    let (folder, file, bench) = file_and_verifier();
    let path = folder.path("users");
    assert_eq!(file.reload(), ReloadEvent::Unchanged);
    replace(&path, line("ada", "two") + &line("grace", "three"));
    assert!(bench.admits("ada", "one"), "the file is not reloaded yet");
    assert_eq!(file.reload(), ReloadEvent::Loaded);
    assert!(!bench.admits("ada", "one"), "although it is in the cache");
    assert!(bench.admits("ada", "two") && bench.admits("grace", "three"));
    // A file with fewer users is loaded as well.
    replace(&path, line("grace", "three"));
    assert_eq!(file.reload(), ReloadEvent::Loaded);
    assert!(!bench.admits("ada", "two") && bench.admits("grace", "three"));
    assert_eq!(file.health().loads(), 3);
}

/// Spoils the file in every way. The verifier must go on with the last good accounts each time.
#[test]
fn a142_a_bad_file_keeps_the_last_good_accounts_and_is_reported_once() {
    let (folder, file, bench) = file_and_verifier();
    let path = folder.path("users");
    let good = line("ada", "two") + &line("grace", "three");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&heard);
    file.on_reload(move |outcome| hear.lock().unwrap().push(outcome.clone()));
    let spoil: [(&str, &dyn Fn()); 9] = [
        ("truncated", &|| replace(&path, &good[..20])),
        ("empty", &|| replace(&path, "")),
        ("removed", &|| fs::remove_file(&path).unwrap()),
        ("comments alone", &|| replace(&path, "# no account\n\n")),
        ("a folder", &|| {
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
        }),
        ("huge", &|| {
            fs::remove_dir(&path).unwrap();
            File::create(&path)
                .unwrap()
                .set_len((64 << 20) + 1)
                .unwrap();
        }),
        ("no UTF-8", &|| replace(&path, b"ad\xe4:x\n")),
        ("an unknown hash", &|| replace(&path, "eve:$9$x\n")),
        ("no hash at all", &|| replace(&path, "eve:eve\neve\n")),
    ];
    for (what, spoil) in spoil {
        spoil();
        for _ in 0..2 {
            assert!(matches!(file.reload(), ReloadEvent::Kept(_)), "{what}");
            let health = file.health();
            assert!(!health.is_good() && health.fault().is_some(), "{what}");
            assert!(
                bench.admits("ada", "one"),
                "{what}: the last good accounts stay in effect"
            );
            assert!(
                !bench.admits("ada", "two") && !bench.admits("eve", "eve"),
                "{what}"
            );
        }
        let mut heard = heard.lock().unwrap();
        assert!(
            matches!(heard[..], [ReloadEvent::Kept(_)]),
            "{what} is reported once: {heard:?}"
        );
        heard.clear();
    }
    replace(&path, good);
    assert_eq!(file.reload(), ReloadEvent::Loaded);
    assert!(file.health().is_good());
    assert_eq!(*heard.lock().unwrap(), [ReloadEvent::Loaded]);
    assert!(bench.admits("ada", "two"));
}

#[test]
fn a142_a_file_that_comes_back_unchanged_is_reported_as_good_again() {
    let (folder, file, bench) = file_and_verifier();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&heard);
    file.on_reload(move |event| hear.lock().unwrap().push(event.is_loaded()));
    fs::remove_file(folder.path("users")).unwrap();
    assert!(matches!(file.reload(), ReloadEvent::Kept(_)));
    folder.write("users", line("ada", "one"));
    for _ in 0..2 {
        assert_eq!(file.reload(), ReloadEvent::Unchanged);
        assert!(file.health().is_good() && bench.admits("ada", "one"));
    }
    assert_eq!(
        *heard.lock().unwrap(),
        [false, false],
        "once for each change"
    );
}

#[test]
fn a142_htpasswd_returns_an_error_for_a_file_without_valid_accounts() {
    let folder = Folder::new();
    assert!(open(&folder.path("missing")).is_err());
    assert!(open(&folder.path("")).is_err(), "a folder");
    for text in [
        "",
        "\n",
        "# ada\n",
        "ada\n",
        "ada:\n",
        "ada:*\n",
        ":x\n",
        "ada:lovelace\n",
    ] {
        assert!(open(&folder.write("users", text)).is_err(), "{text:?}");
    }
}

#[cfg(unix)]
#[test]
fn a142_a_named_pipe_is_refused_at_once_without_waiting_for_a_writer() {
    let folder = Folder::new();
    let path = folder.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    assert!(open(&path).is_err());
}

#[cfg(target_os = "linux")]
#[test]
fn a142_a_file_without_read_permission_keeps_the_last_good_accounts() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, file, bench) = file_and_verifier();
    let path = folder.path("users");
    for spoilt in [path.clone(), folder.path("")] {
        replace(&path, line("ada", "two"));
        let mode = |mode| fs::set_permissions(&spoilt, fs::Permissions::from_mode(mode)).unwrap();
        mode(0o000);
        let outcome = without_privileges(|| file.reload());
        assert!(matches!(outcome, ReloadEvent::Kept(_)), "{outcome:?}");
        assert!(!file.health().is_good());
        assert!(bench.admits("ada", "one") && !bench.admits("ada", "two"));
        mode(0o755);
        assert_eq!(without_privileges(|| file.reload()), ReloadEvent::Loaded);
        assert!(file.health().is_good());
        assert!(bench.admits("ada", "two") && !bench.admits("ada", "one"));
        replace(&path, line("ada", "one"));
        assert_eq!(file.reload(), ReloadEvent::Loaded);
    }
}

/// Runs `work` as a user who cannot read every file. If root runs the tests, `work` runs on a thread of another user,
/// because root can read files without permission.
#[cfg(target_os = "linux")]
fn without_privileges<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    use rustix::process::{Uid, geteuid};
    use rustix::thread::set_thread_res_uid;
    let work = || {
        if geteuid().is_root() {
            // Changes the user of this thread alone, which ends after `work`.
            set_thread_res_uid(None, Uid::from_raw(65_534), None).unwrap();
        }
        work()
    };
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

#[cfg(unix)]
#[test]
fn a142_a_symbolic_link_that_is_changed_is_followed_at_the_next_reload() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    let (one, two) = (line("ada", "one"), line("ada", "two"));
    let (one, two) = (folder.write("one", one), folder.write("two", two));
    let link = folder.path("users");
    symlink(one, &link).unwrap();
    let file = open(&link).unwrap();
    let bench = Bench::of(file.clone());
    let other = folder.path("link");
    symlink(two, &other).unwrap();
    fs::rename(other, &link).unwrap();
    assert_eq!(file.reload(), ReloadEvent::Loaded);
    assert!(bench.admits("ada", "two") && !bench.admits("ada", "one"));
    symlink(folder.path("nowhere"), folder.path("link")).unwrap();
    fs::rename(folder.path("link"), &link).unwrap();
    assert!(matches!(file.reload(), ReloadEvent::Kept(_)));
    assert!(bench.admits("ada", "two"));
}

/// The new contents have the same length and the same modification time. They are written to the same file, or to
/// another file that is renamed to the same name.
#[test]
fn a142_new_contents_are_seen_although_length_and_time_are_the_same() {
    let (folder, file, bench) = file_and_verifier();
    let path = folder.path("users");
    let then =
        FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let stamp = || {
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_times(then)
            .unwrap()
    };
    stamp();
    assert_eq!(file.reload(), ReloadEvent::Unchanged);
    for (password, in_place) in [("two", true), ("six", false), ("ten", true), ("six", true)] {
        let text = line("ada", password);
        if in_place {
            fs::write(&path, text).unwrap();
        } else {
            replace(&path, text);
        }
        stamp();
        assert_eq!(file.reload(), ReloadEvent::Loaded, "{password}");
        assert!(bench.admits("ada", password));
    }
    // The same contents in another file are not a change.
    replace(&path, line("ada", "six"));
    assert_eq!(file.reload(), ReloadEvent::Unchanged);
}

/// A writer rewrites the file in place all the time. If the writer pauses in the middle for longer than the reader does
/// between two reads, a reload sees the beginning of one state. No reload may see parts of both states.
#[test]
fn a142_a_file_that_is_rewritten_while_it_is_read_is_never_a_mixture_of_two_states() {
    let folder = Folder::new();
    let states = ["one", "two"].map(|password| {
        let lines = (0..200).map(|i| line(&format!("user{i}"), password));
        lines.collect::<String>()
    });
    let path = folder.write("users", &states[0]);
    let file = ReloadingFile::open(&path, |text| Ok(text.to_owned())).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for text in states.iter().cycle().take(300) {
                let mut out = File::create(&path).unwrap();
                for part in text.as_bytes().chunks(1000) {
                    out.write_all(part).unwrap();
                }
            }
            stop.store(true, std::sync::atomic::Ordering::SeqCst);
        });
        while !stop.load(std::sync::atomic::Ordering::SeqCst) {
            let _ = file.reload();
            let seen = file.with(String::clone);
            assert!(states.iter().any(|state| state.starts_with(&seen)));
        }
    });
    assert!(matches!(
        file.reload(),
        ReloadEvent::Loaded | ReloadEvent::Unchanged
    ));
    assert_eq!(file.with(String::clone), states[1]);
}

#[test]
fn the_thread_that_watches_a_file_ends_when_the_last_clone_is_dropped() {
    let (folder, file, bench) = file_and_verifier();
    // The listener holds a clone, so the count falls when the thread drops the file and its listener.
    let counted = Arc::new(());
    let held = Arc::clone(&counted);
    file.on_reload(move |_| drop(Arc::clone(&held)));
    file.watch(Duration::from_millis(1)).unwrap();
    replace(&folder.path("users"), line("ada", "two"));
    wait_until(|| file.health().loads() == 2);
    assert!(bench.admits("ada", "two"));
    drop((file, bench));
    wait_until(|| Arc::strong_count(&counted) == 1);
}

#[test]
fn a_listener_that_panics_does_not_end_the_watch() {
    let (folder, file, bench) = file_and_verifier();
    file.on_reload(|_| panic!("the test demands a panic"));
    file.watch(Duration::from_millis(1)).unwrap();
    for (loads, password) in [(2, "two"), (3, "six")] {
        replace(&folder.path("users"), line("ada", password));
        wait_until(|| file.health().loads() == loads);
        assert!(bench.admits("ada", password) && !bench.admits("ada", "one"));
    }
    assert!(
        file.watch(Duration::ZERO).is_err(),
        "the interval must not be zero"
    );
}

/// If `with` held the lock, the reload inside it would deadlock.
#[test]
fn a_function_that_reads_the_contents_can_reload_the_file() {
    let (folder, file, _) = file_and_verifier();
    replace(
        &folder.path("users"),
        line("ada", "two") + &line("grace", "one"),
    );
    let (before, outcome) = file.with(|accounts| (accounts.count(), file.reload()));
    assert_eq!((before, outcome), (1, ReloadEvent::Loaded));
    assert_eq!(file.with(HashedAccounts::count), 2);
}

#[test]
fn a_lookup_is_answered_at_once_while_the_file_is_reloaded() {
    let folder = Folder::new();
    let many = |password: &str| {
        (0..5000)
            .map(|i| line(&format!("user{i}"), password))
            .collect::<String>()
    };
    let path = folder.write("users", many("one"));
    let file = open(&path).unwrap();
    let asked = std::thread::scope(|scope| {
        let reload = scope.spawn(|| {
            for password in ["two", "one"].iter().cycle().take(20) {
                replace(&path, many(password));
                assert_eq!(file.reload(), ReloadEvent::Loaded);
            }
        });
        let mut asked = 0;
        while !reload.is_finished() {
            use tower_challenge::password::HashStore;
            let found = file.find("user4999").try_now().expect("at once").unwrap();
            assert!(found.is_some());
            asked += 1;
        }
        reload.join().unwrap();
        asked
    });
    assert!(asked > 0);
}

#[test]
fn a144_unusual_lines_are_either_accepted_or_refused_with_their_line_number() {
    let folder = Folder::new();
    let hash = sha1("one");
    let accepted = [
        format!("ada:{hash}"),
        format!("ada:{hash}\n"),
        format!("ada:{hash}\r\n"),
        format!("\u{feff}ada:{hash}\n"),
        format!("\u{feff}# users\r\n\r\nada:{hash}\r\n\r\n"),
        format!("\n\n#eve:{hash}\nada:{hash}\n# end"),
        format!("ada:{hash}:a remark\n"),
        format!("ada:{hash}::\n"),
        format!(" ada:{hash}\n"),
        format!("\tada:{hash}\n"),
        format!("ada:{hash} \n"),
        format!(" # grace:{hash}\nada:{hash}\n"),
        format!(" \nada:{hash}\n"),
    ];
    for text in accepted {
        let file =
            open(&folder.write("users", &text)).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(file.with(HashedAccounts::count), 1, "{text:?}");
        assert!(Bench::of(file).admits("ada", "one"), "{text:?}");
    }
    let refused = [
        format!(":{hash}\n"),
        ":\n".to_owned(),
        ":::\n".to_owned(),
        format!("ada :{hash}\n"),
        format!("a\tb:{hash}\n"),
        format!("a\0b:{hash}\n"),
        format!("ada: {hash}\n"),
        format!("ada:{hash}\rgrace:{hash}\n"),
        format!("ada:{hash}\nada:{hash}\n"),
        format!("ada:{hash}\nada:{}\n", sha1("two")),
        format!("ada::{hash}\n"),
        "{SHA}MJgvYgf2tRctgBqviyzN0HpBdyY=\n".to_owned(),
    ];
    for text in refused {
        let error = open(&folder.write("users", &text))
            .expect_err(&text)
            .to_string();
        assert!(error.contains("line "), "{error}");
        assert!(!error.contains(&hash), "{error}");
    }
}

#[test]
fn a144_the_error_for_a_duplicate_name_has_both_line_numbers() {
    let folder = Folder::new();
    let text = format!("# users\nada:{ADA}\n\nada:{ADA}\n");
    let error = open(&folder.write("users", text)).unwrap_err().to_string();
    assert!(
        error.ends_with("no usable account: line 4: duplicate name, first used in line 2"),
        "{error}"
    );
}

#[test]
fn a143_weak_hashes_in_a_file_are_refused_unless_a_method_allows_them() {
    let folder = Folder::new();
    let path = folder.write("users", format!("ada:{ADA}\n") + &line("grace", "hopper"));
    let strict = htpasswd(&path, HashFormats::new()).unwrap();
    let warning = strict.health().warnings()[0].to_string();
    assert!(
        warning.contains("line 2") && warning.contains("`HashFormats::legacy_sha1`"),
        "{warning}"
    );
    let strict = Bench::of(strict);
    assert!(strict.admits("ada", "lovelace") && !strict.admits("grace", "hopper"));
    let bench = Bench::of(open(&path).unwrap());
    assert!(bench.admits("ada", "lovelace") && bench.admits("grace", "hopper"));
}
