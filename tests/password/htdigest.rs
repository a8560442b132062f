//! Accounts of htdigest files: which lines are read, which are refused, and reloads.

use tower_challenge::password::{Lookup, ReloadEvent, ReloadingFile};
use tower_challenge::scheme::digest::{
    DigestAccounts, DigestAlgorithm, UserHash, htdigest, htdigest_with,
};

use crate::files::{Folder, replace};

/// `printf 'secret\nsecret\n' | htdigest -c users files ada`, by apache2-utils 2.4.71.
const ADA: &str = "ada:files:5031f4d3571cb838cf604ba83231842c";

fn knows(file: &ReloadingFile<DigestAccounts>, name: &str) -> bool {
    file.lookup(name).try_now().unwrap().unwrap().is_some()
}

#[test]
fn a_line_that_apaches_htdigest_wrote_is_the_md5_of_name_realm_and_password() {
    use md5::Digest;
    use tower_challenge::scheme::digest::proof::Ha1;
    let hash = md5::Md5::digest("ada:files:secret");
    let digits = hash
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    assert_eq!(ADA, format!("ada:files:{digits}"));
    assert!(Ha1::from_hex(DigestAlgorithm::Md5, &digits).is_some());
}

#[test]
fn htdigest_finds_the_accounts_of_its_realm_and_no_others() {
    let folder = Folder::new();
    let sha256 = "0123456789abcdef".repeat(4);
    let text = format!("{ADA}\r\n# more\nada:other:{sha256}\ngrace:files:{sha256}\n");
    let path = folder.write("users", &text);
    let file = htdigest(&path, "files").unwrap();
    assert!(knows(&file, "ada") && knows(&file, "grace") && !knows(&file, "eve"));
    let other = htdigest(&path, "other").unwrap();
    assert!(knows(&other, "ada") && !knows(&other, "grace"));
    assert!(htdigest(&path, "nowhere").is_err());
    assert!(htdigest(folder.path("missing"), "files").is_err());
}

#[test]
fn a_name_may_have_one_line_for_each_length_of_hash() {
    let folder = Folder::new();
    let sha = |digit: char| digit.to_string().repeat(64);
    let text = format!("{ADA}\nada:files:{}\nada:other:{}\n", sha('a'), sha('b'));
    let path = folder.write("users", &text);
    let algorithms = |file: &ReloadingFile<DigestAccounts>| {
        let ada = file.lookup("ada").try_now().unwrap().unwrap().unwrap();
        ada.algorithms().collect::<Vec<_>>()
    };
    let file = htdigest(&path, "files").unwrap();
    assert_eq!(
        algorithms(&file),
        [DigestAlgorithm::Md5, DigestAlgorithm::Sha256]
    );
    let file = htdigest_with(&path, "files", DigestAlgorithm::Sha512_256).unwrap();
    assert_eq!(
        algorithms(&file),
        [DigestAlgorithm::Md5, DigestAlgorithm::Sha512_256]
    );
    let other = htdigest(&path, "other").unwrap();
    assert_eq!(algorithms(&other), [DigestAlgorithm::Sha256]);
    let twice = format!("{text}ada:files:{}\ngrace:files:{}\n", sha('c'), sha('d'));
    let file = htdigest(folder.write("twice", &twice), "files").unwrap();
    assert!(!knows(&file, "ada") && knows(&file, "grace"));
    let warning = file.health().warnings()[0].to_string();
    assert!(
        warning.contains("line 4") && warning.contains("line 2"),
        "{warning}"
    );
    assert!(!knows(
        &htdigest(folder.write("other", &twice), "files").unwrap(),
        "ada"
    ));
    assert!(knows(
        &htdigest(folder.write("other", &twice), "other").unwrap(),
        "ada"
    ));
}

#[test]
fn htdigest_finds_an_account_by_the_hash_of_its_name() {
    let folder = Folder::new();
    let path = folder.write("users", ADA);
    let file = htdigest(&path, "files").unwrap();
    let name = |user, realm| {
        let hash = UserHash::of(DigestAlgorithm::Md5, user, realm);
        file.lookup(&hash).try_now().unwrap().unwrap()
    };
    assert_eq!(name("ada", "files").as_deref(), Some("ada"));
    assert_eq!((name("ADA", "files"), name("ada", "other")), (None, None));
    let sha256 = UserHash::of(DigestAlgorithm::Sha256, "ada", "files");
    assert_eq!(
        file.lookup(&sha256).try_now().unwrap().unwrap(),
        None,
        "the account has no SHA-256 secret"
    );
    replace(&path, ADA.replace("ada", "eve"));
    assert_eq!(file.reload(), ReloadEvent::Loaded);
    assert_eq!(
        (name("ada", "files"), name("eve", "files").as_deref()),
        (None, Some("eve"))
    );
}

#[test]
fn a142_a_bad_htdigest_file_keeps_the_last_good_accounts() {
    let folder = Folder::new();
    let path = folder.write("users", ADA);
    let file = htdigest(&path, "files").unwrap();
    for bad in [
        "",
        &ADA[..ADA.len() - 1],
        "ada:elsewhere:5031f4d3571cb838cf604ba83231842c",
    ] {
        replace(&path, bad);
        assert!(matches!(file.reload(), ReloadEvent::Kept(_)), "{bad}");
        assert!(knows(&file, "ada") && !file.health().is_good());
    }
    replace(&path, ADA.replace("ada", "eve"));
    assert_eq!(file.reload(), ReloadEvent::Loaded);
    assert!(knows(&file, "eve") && !knows(&file, "ada"));
}

/// Apache 2.4.71 admits `ada` with each of these files.
#[test]
fn a170_an_htdigest_line_with_blanks_around_it_or_a_remark_is_read_as_apache_does() {
    let folder = Folder::new();
    for text in [
        format!("{ADA} \n"),
        format!(" \t{ADA}\u{b}\u{c}\r\n"),
        format!("  # x\n{ADA}"),
        format!("{ADA}:\n"),
        format!("{ADA}:a remark \n"),
        format!("{ADA}\ngrace:other:x\neve:other\u{e9}:!\n"),
    ] {
        let file = htdigest(folder.write("users", &text), "files").unwrap();
        assert!(knows(&file, "ada"), "{text:?}");
        assert_eq!(file.health().warnings(), [], "{text:?}");
    }
    let with_mark = folder.write("users", format!("\u{feff}{ADA}\n"));
    assert!(knows(&htdigest(with_mark, "files").unwrap(), "ada"));
}

const MARY: &str = "mary:files:5031f4d3571cb838cf604ba83231842d";

#[test]
fn a170_a_bad_htdigest_line_refuses_its_account_alone_and_is_reported() {
    let folder = Folder::new();
    let zs = "z".repeat(32);
    for bad in [
        "ada",
        "ada:files",
        "ada:files:",
        "ada:files:!",
        "ada:files:!5031f4d3571cb838cf604ba83231842c",
        "ada:files: 5031f4d3571cb838cf604ba83231842c",
        "ada:files:5031f4d3571cb838cf604ba83231842c :x",
        "ada:files:5031f4d3571cb838cf604ba8323184",
        &format!("ada:files:{zs}"),
        ":files:5031f4d3571cb838cf604ba83231842c",
        "ada :files:5031f4d3571cb838cf604ba83231842c",
    ] {
        let (text, start) = (format!("{MARY}\n{bad}\n"), format!("{ADA}\n"));
        let path = folder.write("users", start);
        let file = htdigest(&path, "files").unwrap();
        assert!(knows(&file, "ada"));
        replace(&path, text);
        assert!(matches!(file.reload(), ReloadEvent::LoadedWith(_)), "{bad}");
        assert!(knows(&file, "mary") && !knows(&file, "ada"), "{bad}");
        let warnings = file.health().warnings().to_vec();
        assert_eq!(warnings.len(), 1, "{bad}");
        let warning = warnings[0].to_string();
        assert!(warning.starts_with("line 2: "), "{warning}");
        assert!(
            !warning.contains("5031f4d3571cb838cf604ba8323184"),
            "{warning}"
        );
    }
}

/// The parser uses neither of two lines with one name, in both orders of a good and a bad line.
#[test]
fn a170_a_bad_htdigest_line_breaks_the_account_before_and_after_a_good_line() {
    let folder = Folder::new();
    for bad in ["ada:files:!", ADA] {
        for text in [
            format!("{bad}\n{ADA}\n{MARY}"),
            format!("{MARY}\n{ADA}\n{bad}"),
        ] {
            let file = htdigest(folder.write("users", &text), "files").unwrap();
            assert!(knows(&file, "mary") && !knows(&file, "ada"), "{text}");
        }
    }
}

#[test]
fn a170_bytes_that_are_not_utf8_break_one_htdigest_account_or_none() {
    let folder = Folder::new();
    let file = |bytes: &[u8]| {
        let text = [bytes, b"\n", MARY.as_bytes()].concat();
        htdigest(folder.write("users", text), "files").unwrap()
    };
    let comment = file(b"# J\xf6rg");
    assert!(knows(&comment, "mary") && comment.health().warnings().is_empty());
    let name = file(b"J\xf6rg:files:5031f4d3571cb838cf604ba83231842c");
    assert!(knows(&name, "mary") && !knows(&name, "J\u{f6}rg"));
    let warning = name.health().warnings()[0].to_string();
    assert_eq!(
        warning,
        "line 1: the name is not valid UTF-8: the line is skipped"
    );
    let realm = file(b"ada:f\xefles:5031f4d3571cb838cf604ba83231842c");
    assert!(!knows(&realm, "ada") && realm.health().warnings().is_empty());
}

#[test]
fn a144_a_file_without_a_usable_account_of_the_realm_is_an_error_with_the_first_bad_line() {
    let folder = Folder::new();
    for odd in [
        "ada",
        "ada:files",
        "ada:files:",
        ":files:5031f4d3571cb838cf604ba83231842c",
        "ada:files:5031f4d3571cb838cf604ba8323184",
        "ada:files:5031f4d3571cb838cf604ba8323184zz",
        "ada:files:5031f4d3571cb838cf604ba83231842c\nada:files:5031f4d3571cb838cf604ba83231842c",
    ] {
        let error = htdigest(folder.write("users", odd), "files")
            .expect_err(odd)
            .to_string();
        assert!(error.contains("line "), "{error}");
        assert!(!error.contains("5031f4d3571cb838cf604ba8323184"), "{error}");
    }
}
