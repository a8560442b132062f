//! Tests that one bad line of a file of accounts refuses one account, and that a client cannot tell which.

use std::fs;
use std::path::PathBuf;

use tower_challenge::Secret;
use tower_challenge::password::hash::HashFormats;
use tower_challenge::password::{HashedPasswords, ReloadingFile, VerifyPassword, htpasswd};
use tower_challenge::scheme::digest::{DigestAccounts, DigestAlgorithm, htdigest};
use tower_challenge::scheme::{Basic, Digest};

use super::accounts::shape;
use crate::support::digest_client::ha1;
use crate::support::{Kind, Login, PASSWORD, REALM, Recording, TestServer, USER, WRONG, get};

/// `PASSWORD`, as `htpasswd -nbB -C 4` hashes it.
const HASH: &str = "$2y$04$EzaWWdb5tJAQLGz3gWjbLO587Sm9OImjCo73IyJNQMI2gxUfPzNGa";

/// A file that is removed when the test ends.
struct AccountFile(PathBuf);

impl AccountFile {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("tower-challenge-{name}.{}", std::process::id());
        let file = Self(std::env::temp_dir().join(name));
        file.write(text);
        file
    }

    fn write(&self, text: &str) {
        fs::write(&self.0, text).unwrap();
    }
}

impl Drop for AccountFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Blocks until a thread of the pool has computed the hash.
fn wait<F: Future>(hash: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(hash)
}

#[test]
fn a170_an_unreadable_hash_in_an_htpasswd_file_answers_as_a_wrong_password_does() {
    let text = format!("{USER}:{HASH}\nbroken:!{HASH}\nnonsense\n");
    let file = AccountFile::new("a170-users", &text);
    let users = htpasswd(&file.0, HashFormats::new()).unwrap();
    let verified = users.clone();
    let stand = TestServer::build(
        |world| {
            let hashes = HashedPasswords::new(verified).unwrap();
            let verifier =
                move |user: &str, password: Secret<'_>| wait(hashes.verify(user, password));
            let verifier = Recording::new(verifier, &world.asked);
            vec![Box::new(Basic::new(REALM, verifier).unwrap())]
        },
        |layer| layer,
    );
    let ask = |user: &str, password: &str| stand.ask(get("/").basic(user, password));
    ask(USER, PASSWORD).is_admitted_as(USER);
    let answers = [
        (USER, WRONG),
        ("broken", PASSWORD),
        ("nonsense", PASSWORD),
        ("unknown", WRONG),
    ];
    let answers = answers.map(|(user, password)| ask(user, password).is_refused());
    for answer in &answers {
        assert_eq!(shape(answer), shape(&answers[0]));
        assert_eq!(answer.verified.len(), 1);
    }
    // The removal takes effect although another line is unreadable.
    file.write(&format!("nonsense\nother:{HASH}\n"));
    assert!(users.reload().is_loaded());
    ask(USER, PASSWORD).is_refused();
}

#[test]
fn a170_an_unreadable_hash_in_an_htdigest_file_answers_as_a_wrong_password_does() {
    let line = |user: &str| format!("{user}:{REALM}:{}\n", ha1("SHA-256", user, REALM, PASSWORD));
    let broken = format!("broken:{REALM}:!\n");
    let file = AccountFile::new("a170-digests", &format!("{broken}nonsense\n{}", line(USER)));
    let users: ReloadingFile<DigestAccounts> = htdigest(&file.0, REALM).unwrap();
    let found = users.clone();
    let stand = TestServer::build(
        |world| {
            let digest = Digest::builder(REALM, Recording::new(found, &world.asked));
            let digest = digest.algorithms([DigestAlgorithm::Sha256]).build();
            vec![Box::new(digest.unwrap())]
        },
        |layer| layer,
    );
    let ask = |user: &str, password: &str| {
        let login = Login::to(&stand.challenge(Kind::Digest), user, password);
        stand.ask(get("/").authorization(login.header()))
    };
    ask(USER, PASSWORD).is_admitted_as(USER);
    let answers = [(USER, WRONG), ("broken", PASSWORD), ("unknown", PASSWORD)];
    let answers = answers.map(|(user, password)| ask(user, password).is_refused());
    for answer in &answers {
        assert_eq!(shape(answer), shape(&answers[0]));
        assert_eq!(answer.verified.len(), 1);
    }
    file.write(&format!("{broken}{}", line("other")));
    assert!(users.reload().is_loaded());
    ask(USER, PASSWORD).is_refused();
}
