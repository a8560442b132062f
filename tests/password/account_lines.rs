//! A bad line of a file of accounts refuses one account or is skipped. The other accounts of the file stay usable.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tower_challenge::password::hash::HashFormats;
use tower_challenge::password::{HashedAccounts, ReloadEvent, ReloadingFile, htpasswd};

use crate::files::{Folder, replace};
use crate::hashing::Bench;

/// The hash of `one` in the format `{SHA}`.
const ONE: &str = "{SHA}/gW83NxJKAEngaXxoqd8u1OY4QY=";

/// The hash of `two` in the format `{SHA}`.
const TWO: &str = "{SHA}rXguzax3D8brmmLkT5CHP7l/sms=";

type UsersFile = ReloadingFile<HashedAccounts>;

fn open(path: &Path) -> Result<UsersFile, tower_challenge::ConfigError> {
    htpasswd(path, HashFormats::new().legacy_sha1())
}

/// Opens a file with this text, and returns it with a verifier and the texts of its warnings.
fn opened(folder: &Folder, text: impl AsRef<[u8]>) -> (UsersFile, Bench<UsersFile>, Vec<String>) {
    let text = text.as_ref();
    let shown = String::from_utf8_lossy(text);
    let file =
        open(&folder.write("users", text)).unwrap_or_else(|error| panic!("{shown:?}: {error}"));
    let warnings = warnings(&file);
    (file.clone(), Bench::of(file), warnings)
}

/// The warnings about the contents in memory, as the listener receives them.
fn warnings(file: &UsersFile) -> Vec<String> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&told);
    file.on_reload(move |event| {
        let fault = event.fault().map(ToString::to_string);
        hear.lock().unwrap().extend(fault);
    });
    std::mem::take(&mut *told.lock().unwrap())
}

/// Apache 2.4.71 admits `ada` with each of these files.
#[test]
fn a170_blanks_around_a_line_are_trimmed_as_apache_does() {
    let folder = Folder::new();
    for text in [
        format!("ada:{ONE} \n"),
        format!("ada:{ONE}\t\u{b}\u{c} \n"),
        format!(" ada:{ONE}\n"),
        format!("\t ada:{ONE}:a remark \n"),
        format!("ada:{ONE} \r\n"),
        format!("ada:{ONE}\r\r\n"),
        format!("ada:{ONE} "),
        format!("   # a comment: x\n \t\nada:{ONE}\n  #\n"),
    ] {
        let (_, bench, warnings) = opened(&folder, &text);
        assert!(bench.admits("ada", "one"), "{text:?}");
        assert!(
            !bench.admits("ada", "two") && !bench.admits("ada ", "one"),
            "{text:?}"
        );
        assert_eq!(warnings, Vec::<String>::new(), "{text:?}");
    }
}

/// Apache and nginx admit `grace` with each of these files, and refuse `ada`. There are three exceptions: they read
/// `$apr1$`, which the parser here does not allow, they would compute the costly hash, and Apache takes two colons for
/// one.
#[test]
fn a170_an_unreadable_hash_refuses_its_account_alone() {
    let folder = Folder::new();
    let hashes = [
        "",
        "!",
        "*",
        "x",
        "one",
        "$9$x",
        "$2y$broken",
        "$apr1$7x.Yz/Q1$IuGngboloO6Z4GLxKT8T1/",
        "$2y$31$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy",
        &format!("!{ONE}"),
        &format!(" {ONE}"),
        &format!("{ONE} :a remark"),
        &format!("{ONE} # a remark"),
        &format!(":{ONE}"),
    ];
    for hash in hashes {
        let (file, bench, warnings) =
            opened(&folder, format!("# users\nada:{hash}\ngrace:{TWO}\n"));
        assert!(file.health().is_good());
        assert!(bench.admits("grace", "two"), "{hash}");
        for password in ["", "one", "two", hash, ONE] {
            assert!(!bench.admits("ada", password), "{hash}");
        }
        assert_eq!(warnings.len(), 1, "{hash}");
        assert!(warnings[0].starts_with("line 2: "), "{warnings:?}");
        assert!(
            hash.len() < 4 || !warnings[0].contains(hash),
            "{warnings:?}"
        );
    }
}

#[test]
fn a170_a_line_without_a_readable_name_is_skipped_with_a_note() {
    let folder = Folder::new();
    let lines: [&[u8]; 12] = [
        b"nonsense",
        b"ada",
        b":",
        b":::",
        &[b":", ONE.as_bytes()].concat(),
        &[b"ada :", ONE.as_bytes()].concat(),
        &[b"a\tda:", ONE.as_bytes()].concat(),
        &[b"a\0da:", ONE.as_bytes()].concat(),
        b"\0\0\0\0",
        &[b"J\xf6rg:", ONE.as_bytes()].concat(),
        b"\xff\xfea\0d\0a\0:\0",
        "ada\u{feff}:x".as_bytes(),
    ];
    for line in lines {
        let text = [line, b"\ngrace:", TWO.as_bytes(), b"\n"].concat();
        let (file, bench, warnings) = opened(&folder, &text);
        assert_eq!(file.with(HashedAccounts::count), 1, "{line:?}");
        assert!(bench.admits("grace", "two"), "{line:?}");
        for user in ["", "ada", "ada ", "a", "nonsense", "a\tda", "J\u{f6}rg"] {
            for password in ["", "one", "x", ONE] {
                assert!(!bench.admits(user, password), "{line:?}: {user:?}");
            }
        }
        assert_eq!(warnings.len(), 1, "{line:?}");
        assert!(warnings[0].starts_with("line 1: "), "{warnings:?}");
        assert!(!warnings[0].contains(ONE), "{warnings:?}");
    }
}

#[test]
fn a170_a_removal_takes_effect_although_another_line_is_unreadable() {
    let folder = Folder::new();
    for bad in [
        "nonsense",
        "eve:!",
        "eve:$9$x",
        "grace:x",
        "eve:97K/flQgeg47g",
        ":x",
    ] {
        let (file, bench, _) = opened(&folder, format!("ada:{ONE}\ngrace:{TWO}\n"));
        assert!(bench.admits("ada", "one") && bench.admits("grace", "two"));
        replace(&folder.path("users"), format!("{bad}\nmary:{TWO}\n"));
        assert!(matches!(file.reload(), ReloadEvent::LoadedWith(_)), "{bad}");
        assert!(
            !bench.admits("ada", "one") && !bench.admits("grace", "two"),
            "{bad}"
        );
        assert!(bench.admits("mary", "two"), "{bad}");
    }
}

#[test]
fn a026_a_file_without_a_usable_account_is_an_error_at_start_and_keeps_the_last_good_accounts() {
    let folder = Folder::new();
    for bad in [
        "",
        "# ada\n",
        "nonsense\n",
        "ada:\n",
        "ada:!\ngrace:*\n",
        "\u{feff}\n",
    ] {
        let path = folder.write("bad", bad);
        assert!(open(&path).is_err(), "{bad:?}");
        let (file, bench, _) = opened(&folder, format!("ada:{ONE}\n"));
        replace(&folder.path("users"), bad);
        assert!(matches!(file.reload(), ReloadEvent::Kept(_)), "{bad:?}");
        assert!(bench.admits("ada", "one") && !file.health().is_good());
    }
    let error = open(&folder.write("bad", "# users\nada:!\nnonsense\n")).unwrap_err();
    assert!(error.to_string().contains("line 2: "), "{error}");
}

/// A client must not learn from the time or the answer that an account exists but has an unreadable hash.
#[test]
fn a026_an_account_with_an_unreadable_hash_in_a_file_costs_one_hash_of_the_usual_cost() {
    let folder = Folder::new();
    let (_, bench, _) = opened(&folder, format!("ada:!\ngrace:{TWO}\n"));
    for (user, password) in [
        ("grace", "one"),
        ("ada", "one"),
        ("ada", ""),
        ("eve", "one"),
    ] {
        bench.watch.take();
        assert!(!bench.admits(user, password));
        let computed = bench.watch.take();
        assert_eq!(computed.len(), 1, "{user}");
        assert_eq!(computed[0].0, cost(TWO), "{user}");
    }
}

fn cost(hash: &str) -> std::time::Duration {
    HashFormats::new()
        .legacy_sha1()
        .parse(hash)
        .unwrap()
        .estimated_time()
}

/// A comment in another encoding, or a remark, decides nothing.
#[test]
fn a170_bytes_that_are_not_utf8_refuse_nothing_outside_names_and_hashes() {
    let folder = Folder::new();
    for text in [
        [b"# J\xf6rg\nada:", ONE.as_bytes(), b"\n"].concat(),
        [b"ada:", ONE.as_bytes(), b":J\xf6rg\n"].concat(),
    ] {
        let (_, bench, warnings) = opened(&folder, &text);
        assert!(bench.admits("ada", "one"));
        assert_eq!(warnings, Vec::<String>::new());
    }
    let (_, bench, warnings) = opened(&folder, [b"ada:\xe9\ngrace:", TWO.as_bytes()].concat());
    assert!(bench.admits("grace", "two") && !bench.admits("ada", "one"));
    assert!(
        warnings[0].starts_with("line 1: ") && warnings[0].contains("UTF-8"),
        "{warnings:?}"
    );
}

#[test]
fn a170_a_file_that_is_not_utf8_is_refused_with_the_number_of_the_line() {
    let folder = Folder::new();
    let path = folder.write("text", b"one\ntwo\r\n\xff\nfour");
    let error = ReloadingFile::open(&path, |text| Ok(text.to_owned()))
        .unwrap_err()
        .to_string();
    assert!(error.ends_with("text: line 3: not valid UTF-8"), "{error}");
    fs::write(&path, "one\ntwo").unwrap();
    let file = ReloadingFile::open(&path, |text| Ok(text.to_owned())).unwrap();
    fs::write(&path, b"\xff").unwrap();
    let kept = file.reload();
    assert!(
        kept.fault().unwrap().to_string().contains("line 1: "),
        "{kept:?}"
    );
    assert_eq!(file.with(String::clone), "one\ntwo");
}

/// Editors write a byte order mark at the start of a file. Anywhere else it is a part of a name that no editor shows, as
/// where two files were joined.
#[test]
fn a170_a_byte_order_mark_is_trimmed_at_the_start_of_a_file_only() {
    let folder = Folder::new();
    let text = format!("\u{feff}ada:{ONE}\n\u{feff}grace:{TWO}\n\u{feff}\u{feff}eve:{ONE}");
    let (_, bench, warnings) = opened(&folder, &text);
    assert!(bench.admits("ada", "one"));
    assert!(!bench.admits("grace", "two") && !bench.admits("eve", "one"));
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(
        warnings[0].starts_with("line 2: invalid name"),
        "{warnings:?}"
    );
    let twice = format!("\u{feff}\u{feff}ada:{ONE}\ngrace:{TWO}");
    let (_, bench, warnings) = opened(&folder, &twice);
    assert!(!bench.admits("ada", "one") && bench.admits("grace", "two"));
    assert!(
        warnings[0].starts_with("line 1: invalid name"),
        "{warnings:?}"
    );
}

/// Two lines with one name leave open which password is right, so neither is.
#[test]
fn a144_a_name_that_appears_twice_refuses_this_account_alone() {
    let folder = Folder::new();
    let text = format!("# users\nada:{ONE}\ngrace:{TWO}\nada:{TWO}\nada:{ONE}\n");
    let (_, bench, warnings) = opened(&folder, &text);
    assert!(bench.admits("grace", "two"));
    assert!(!bench.admits("ada", "one") && !bench.admits("ada", "two"));
    let duplicate =
        |line| format!("line {line}: duplicate name, first used in line 2: the account is refused");
    assert_eq!(warnings, [duplicate(4), duplicate(5)]);
}

/// A file of garbage must not write a million notes.
#[test]
fn a170_the_number_of_notes_is_bounded_and_the_last_one_counts_the_rest() {
    let folder = Folder::new();
    let text = format!("{}ada:{ONE}\n", "nonsense\n".repeat(1000));
    let (file, bench, warnings) = opened(&folder, &text);
    assert!(bench.admits("ada", "one"));
    assert_eq!(warnings.len(), 17);
    assert!(warnings[15].starts_with("line 16: "), "{warnings:?}");
    assert!(
        warnings[16].ends_with("further bad lines: 984"),
        "{warnings:?}"
    );
    assert!(file.health().warning().is_some());
}
