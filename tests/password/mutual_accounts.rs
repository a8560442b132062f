//! Accounts of files for Mutual: which lines are read, which are refused, and reloads.

use tower_challenge::Secret;
use tower_challenge::password::{Lookup, ReloadEvent, ReloadingFile};
use tower_challenge::scheme::mutual::{
    MutualAccounts, MutualAlgorithm, MutualSecret, MutualSpace, accounts_file,
};

use crate::files::{Folder, replace};

/// A line for a user with the password `pencil`.
fn line(user: &str, realm: &str) -> String {
    let space = MutualSpace::new(MutualAlgorithm::P256, "https://example.com", realm).unwrap();
    let secret = MutualSecret::from_password(&space, user, Secret::new("pencil")).unwrap();
    secret.to_line(user).unwrap().expose().to_owned()
}

fn knows(file: &ReloadingFile<MutualAccounts>, name: &str) -> bool {
    file.lookup(name).try_now().unwrap().unwrap().is_some()
}

fn warnings(file: &ReloadingFile<MutualAccounts>) -> Vec<String> {
    let health = file.health();
    health.warnings().iter().map(ToString::to_string).collect()
}

#[test]
fn accounts_file_reads_lines_as_htdigest_does() {
    let folder = Folder::new();
    let (ada, grace) = (line("ada", "notes"), line("grace", "notes"));
    let other = line("ada", "other");
    let text = format!("\u{feff}{ada}\r\n# more\n\n \t{grace} \n{other}");
    let file = accounts_file(folder.write("accounts", &text)).unwrap();
    assert!(knows(&file, "ada") && knows(&file, "grace") && !knows(&file, "eve"));
    assert!(warnings(&file).is_empty());
    assert!(accounts_file(folder.path("missing")).is_err());
    assert!(accounts_file(folder.write("empty", "# none\n")).is_err());
}

#[test]
fn a_bad_line_breaks_its_account_alone() {
    let folder = Folder::new();
    let (ada, grace) = (line("ada", "notes"), line("grace", "notes"));
    let cut = &grace[..grace.len() / 2];
    let text = format!("no colon\n{ada}\n{cut}\n bob\u{a0}:notes\n{grace}\n");
    let file = accounts_file(folder.write("accounts", &text)).unwrap();
    assert!(knows(&file, "ada") && !knows(&file, "grace"));
    let warnings = warnings(&file);
    let starts = [
        "line 1: expected `name:realm:",
        "line 3: invalid line for Mutual",
        "line 4: invalid name",
    ];
    assert_eq!(warnings.len(), starts.len(), "{warnings:?}");
    for (warning, start) in warnings.iter().zip(starts) {
        assert!(warning.starts_with(start), "{warning}");
    }
    let error = MutualAccounts::from_lines(&text).unwrap_err().to_string();
    assert!(
        error.contains("line 1: ") && error.ends_with("further bad lines: 2"),
        "{error}"
    );
}

#[test]
fn a_second_line_for_the_same_space_breaks_the_account() {
    let folder = Folder::new();
    let (ada, grace) = (line("ada", "notes"), line("grace", "notes"));
    let text = format!("{ada}\n{grace}\n{}\n{ada}\n", line("ada", "other"));
    let file = accounts_file(folder.write("accounts", &text)).unwrap();
    assert!(!knows(&file, "ada") && knows(&file, "grace"));
    let duplicate = "line 4: duplicate name and protection space, first used in line 1";
    let warnings = warnings(&file);
    assert!(warnings[0].starts_with(duplicate), "{warnings:?}");
    let error = MutualAccounts::from_lines(&text).unwrap_err().to_string();
    assert!(error.ends_with(duplicate), "{error}");
}

#[test]
fn a_reload_without_a_usable_account_keeps_the_last_good_ones() {
    let folder = Folder::new();
    let (ada, grace) = (line("ada", "notes"), line("grace", "notes"));
    let path = folder.write("accounts", &ada);
    let file = accounts_file(&path).unwrap();
    replace(&path, "ada:notes:!\n");
    assert!(matches!(file.reload(), ReloadEvent::Kept(_)));
    assert!(knows(&file, "ada"));
    replace(&path, format!("{grace}\n"));
    assert!(matches!(file.reload(), ReloadEvent::Loaded));
    assert!(knows(&file, "grace") && !knows(&file, "ada"));
}
