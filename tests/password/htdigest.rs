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
    let twice = format!("{text}ada:files:{}\n", sha('c'));
    let error = htdigest(folder.write("twice", &twice), "files")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("line 4") && error.contains("line 2"),
        "{error}"
    );
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

#[test]
fn a144_a_malformed_line_refuses_the_file_and_the_error_names_the_line() {
    let folder = Folder::new();
    for odd in [
        "ada",
        "ada:files",
        "ada:files:",
        ":files:5031f4d3571cb838cf604ba83231842c",
        " ada:files:5031f4d3571cb838cf604ba83231842c",
        "ada:files:5031f4d3571cb838cf604ba83231842c:",
        "ada:files:5031f4d3571cb838cf604ba8323184",
        "ada:files:5031f4d3571cb838cf604ba8323184zz",
        "ada:files:5031f4d3571cb838cf604ba83231842c\nada:files:5031f4d3571cb838cf604ba83231842c",
        "grace:other:x\nada:files:5031f4d3571cb838cf604ba83231842c",
    ] {
        let error = htdigest(folder.write("users", odd), "files")
            .expect_err(odd)
            .to_string();
        assert!(error.contains("line "), "{error}");
        assert!(!error.contains("5031f4d3571cb838cf604ba8323184"), "{error}");
    }
}
