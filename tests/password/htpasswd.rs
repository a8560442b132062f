//! htpasswd files: read as a whole or not at all.

use std::fs::{self, File, FileTimes};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tower_challenge::password::hash::HashFormats;
use tower_challenge::password::{HashedAccounts, ReloadEvent, ReloadingFile, htpasswd};

use crate::files::{Folder, replace};
use crate::hashing::{ADA, Bench, wait_until};

/// `htpasswd -nbs grace hopper` and so on: quick to compute.
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

/// A file of `ada` with the password `one`, read, and a verifier over it.
fn stand() -> (
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
fn a142_a_file_that_changes_counts_when_it_is_reloaded() {
    let (folder, file, bench) = stand();
    let path = folder.path("users");
    assert_eq!(file.reload(), ReloadEvent::Unchanged);
    replace(&path, line("ada", "two") + &line("grace", "three"));
    assert!(bench.admits("ada", "one"), "nobody has looked yet");
    assert_eq!(file.reload(), ReloadEvent::Loaded);
    assert!(!bench.admits("ada", "one"), "though it is in the cache");
    assert!(bench.admits("ada", "two") && bench.admits("grace", "three"));
    // Fewer users are as good as more.
    replace(&path, line("grace", "three"));
    assert_eq!(file.reload(), ReloadEvent::Loaded);
    assert!(!bench.admits("ada", "two") && bench.admits("grace", "three"));
    assert_eq!(file.health().loads(), 3);
}

/// Everything that can be wrong with a file, none of which is the end of it.
#[test]
fn a142_a_bad_file_changes_nothing_and_is_reported() {
    let (folder, file, bench) = stand();
    let path = folder.path("users");
    let good = line("ada", "two") + &line("grace", "three");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&heard);
    file.on_reload(move |outcome| hear.lock().unwrap().push(outcome.clone()));
    let spoil: [(&str, &dyn Fn()); 9] = [
        ("truncated", &|| replace(&path, &good[..good.len() - 5])),
        ("empty", &|| replace(&path, "")),
        ("removed", &|| fs::remove_file(&path).unwrap()),
        ("comments alone", &|| replace(&path, "# nobody\n\n")),
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
        ("an unknown hash", &|| {
            replace(&path, good.clone() + "eve:$9$x\n")
        }),
        ("no hash at all", &|| {
            replace(&path, "eve:eve\n".to_owned() + &good)
        }),
    ];
    for (what, spoil) in spoil {
        spoil();
        for _ in 0..2 {
            assert!(matches!(file.reload(), ReloadEvent::Kept(_)), "{what}");
            let health = file.health();
            assert!(!health.is_good() && health.fault().is_some(), "{what}");
            assert!(
                bench.admits("ada", "one"),
                "{what}: what was last good stays"
            );
            assert!(
                !bench.admits("ada", "two") && !bench.admits("eve", "eve"),
                "{what}"
            );
        }
        let mut heard = heard.lock().unwrap();
        assert!(
            matches!(heard[..], [ReloadEvent::Kept(_)]),
            "{what} is told once: {heard:?}"
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
fn a142_nothing_starts_with_a_bad_file() {
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
fn a142_a_pipe_does_not_hold_it_up() {
    let folder = Folder::new();
    let path = folder.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    assert!(open(&path).is_err());
}

#[cfg(target_os = "linux")]
#[test]
fn a142_a_file_that_may_not_be_read_is_kept_until_it_may() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, file, bench) = stand();
    let path = folder.path("users");
    for spoilt in [path.clone(), folder.path("")] {
        replace(&path, line("ada", "two"));
        let mode = |mode| fs::set_permissions(&spoilt, fs::Permissions::from_mode(mode)).unwrap();
        mode(0o000);
        let outcome = as_nobody(|| file.reload());
        assert!(matches!(outcome, ReloadEvent::Kept(_)), "{outcome:?}");
        assert!(!file.health().is_good());
        assert!(bench.admits("ada", "one") && !bench.admits("ada", "two"));
        mode(0o755);
        assert_eq!(as_nobody(|| file.reload()), ReloadEvent::Loaded);
        assert!(file.health().is_good());
        assert!(bench.admits("ada", "two") && !bench.admits("ada", "one"));
        replace(&path, line("ada", "one"));
        assert_eq!(file.reload(), ReloadEvent::Loaded);
    }
}

/// Does it as somebody who may not read everything: on a thread of another user, where the tests are those of root.
#[cfg(target_os = "linux")]
fn as_nobody<T: Send>(what: impl FnOnce() -> T + Send) -> T {
    use rustix::process::{Uid, geteuid};
    use rustix::thread::set_thread_res_uid;
    let what = || {
        if geteuid().is_root() {
            // Of this thread alone, which is over when it is done.
            set_thread_res_uid(None, Uid::from_raw(65_534), None).unwrap();
        }
        what()
    };
    std::thread::scope(|scope| scope.spawn(what).join().unwrap())
}

#[cfg(unix)]
#[test]
fn a142_a_link_is_followed_wherever_it_leads_now() {
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

/// Same name, length and modification time; in place, and as another file.
#[test]
fn a142_other_contents_are_seen_whatever_the_file_looks_like() {
    let (folder, file, bench) = stand();
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
    // And the same contents in another file are nothing new.
    replace(&path, line("ada", "six"));
    assert_eq!(file.reload(), ReloadEvent::Unchanged);
}

/// A writer that never stops, and rewrites the file in its place. What it leaves while it pauses is its beginning, which a
/// parser has to refuse if it is not to count; no look ever shows some of one state and some of the other.
#[test]
fn a142_a_file_that_is_written_while_it_is_read_is_never_a_mixture() {
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
fn a_thread_watches_until_nobody_asks_any_more() {
    let (folder, file, bench) = stand();
    let heard = Arc::new(());
    let ear = Arc::clone(&heard);
    file.on_reload(move |_| drop(Arc::clone(&ear)));
    file.watch(Duration::from_millis(1)).unwrap();
    replace(&folder.path("users"), line("ada", "two"));
    wait_until(|| file.health().loads() == 2);
    assert!(bench.admits("ada", "two"));
    drop((file, bench));
    wait_until(|| Arc::strong_count(&heard) == 1);
}

#[test]
fn a_listener_that_panics_does_not_end_the_watch() {
    let (folder, file, bench) = stand();
    file.on_reload(|_| panic!("of the test"));
    file.watch(Duration::from_millis(1)).unwrap();
    for (loads, password) in [(2, "two"), (3, "six")] {
        replace(&folder.path("users"), line("ada", password));
        wait_until(|| file.health().loads() == loads);
        assert!(bench.admits("ada", password) && !bench.admits("ada", "one"));
    }
    assert!(
        file.watch(Duration::ZERO).is_err(),
        "it would do nothing else"
    );
}

/// It would wait for itself for ever.
#[test]
fn whoever_looks_at_a_file_can_reload_it() {
    let (folder, file, _) = stand();
    replace(
        &folder.path("users"),
        line("ada", "two") + &line("grace", "one"),
    );
    let (before, outcome) = file.with(|accounts| (accounts.count(), file.reload()));
    assert_eq!((before, outcome), (1, ReloadEvent::Loaded));
    assert_eq!(file.with(HashedAccounts::count), 2);
}

#[test]
fn whoever_asks_while_a_file_is_reloaded_is_answered() {
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
fn a144_what_is_odd_is_defined() {
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
        format!(" ada:{hash}\n"),
        format!("ada :{hash}\n"),
        format!("\tada:{hash}\n"),
        format!("a\tb:{hash}\n"),
        format!("a\0b:{hash}\n"),
        format!("ada: {hash}\n"),
        format!("ada:{hash} \n"),
        format!("ada:{hash}\rgrace:{hash}\n"),
        format!("ada:{hash}\n\u{feff}grace:{hash}\n"),
        format!(" # ada\ngrace:{hash}\n"),
        format!(" \ngrace:{hash}\n"),
        format!("ada:{hash}\nada\n"),
        format!("ada:{hash}\nada:{hash}\n"),
        format!("ada:{hash}\ngrace:{hash}\nada:{}\n", sha1("two")),
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
fn a144_both_lines_of_a_duplicate_are_named() {
    let folder = Folder::new();
    let text = format!("# users\nada:{ADA}\n\ngrace:{ADA}\nada:{ADA}\n");
    let error = open(&folder.write("users", text)).unwrap_err().to_string();
    assert!(
        error.ends_with("users: line 5: its name stands in line 2, too"),
        "{error}"
    );
}

#[test]
fn a143_weak_hashes_in_a_file_are_refused_unless_they_are_asked_for() {
    let folder = Folder::new();
    let path = folder.write("users", format!("ada:{ADA}\n") + &line("grace", "hopper"));
    let error = htpasswd(&path, HashFormats::new()).unwrap_err().to_string();
    assert!(
        error.contains("line 2") && error.contains("`HashFormats::legacy_sha1`"),
        "{error}"
    );
    assert!(open(&path).is_ok());
}
