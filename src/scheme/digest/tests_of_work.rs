//! Counts the hashes that each verdict costs. Without the count, a scheme that skips the decoy hash would pass every
//! other test, and its time would tell which users exist.

use http::Request;
use http::header::AUTHORIZATION;

use super::proof::tests::WORK;
use super::proof::{Ha1, ResponseInputs};
use super::{
    Digest, DigestAccount, DigestAccounts, DigestAlgorithm, DigestBuilder, NonceKeys, UserHash,
};
use crate::password::Lookup;
use crate::principal::Principal;
use crate::request_head::RequestHead;
use crate::scheme::{Attempt, Scheme, ServerRole, Verdict};
use crate::secret::Secret;

const REALM: &str = "files";
const MD5: DigestAlgorithm = DigestAlgorithm::Md5;
const SHA_256: DigestAlgorithm = DigestAlgorithm::Sha256;

/// A login as a client sends it. The response is computed with the password `password`.
#[derive(Clone, Copy)]
struct ClientLogin<'a> {
    user: &'a [u8],
    password: &'a str,
    algorithm: DigestAlgorithm,
    session: bool,
    /// Further parameters, each after a comma.
    more: &'a str,
}

const ADA: ClientLogin<'_> = ClientLogin {
    user: b"ada",
    password: "lovelace",
    algorithm: SHA_256,
    session: false,
    more: "",
};

impl ClientLogin<'_> {
    fn response(&self, nonce: &str) -> String {
        let password = self.password.as_bytes();
        let ha1 = Ha1::of(self.algorithm, b"ada", REALM.as_bytes(), password);
        let session = self.session.then(|| ha1.in_session(nonce.as_bytes(), b"c"));
        let proof = ResponseInputs {
            method: b"GET",
            uri: b"/",
            nonce: nonce.as_bytes(),
            nc: b"00000001",
            cnonce: b"c",
            qop: b"auth",
        };
        proof.responses(&session.unwrap_or(ha1)).response()
    }

    fn request(&self, nonce: &str) -> Request<()> {
        let algorithm = match self.session {
            true => self.algorithm.session_name(),
            false => self.algorithm.name(),
        };
        let rest = format!(
            "\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"/\", algorithm={algorithm}, qop=auth, nc=00000001, \
             cnonce=\"c\", response=\"{}\"{}",
            self.response(nonce),
            self.more
        );
        let field = [b"Digest username=\"", self.user, rest.as_bytes()].concat();
        let request = Request::get("/").header(AUTHORIZATION, field);
        request.body(()).expect("a request")
    }
}

/// Returns whether the scheme admits the client, and the number of hashes over an HA1 that it computed. The client has
/// a new nonce.
fn work<L>(digest: &Digest<L>, login: ClientLogin<'_>) -> (bool, u32)
where
    L: Lookup<str, Record = DigestAccount>,
{
    let challenge = digest.0.fresh_challenges(ServerRole::Origin).next();
    let challenge = challenge.expect("a challenge");
    let nonce = challenge.param("nonce").and_then(|nonce| nonce.to_str());
    let request = login.request(&nonce.expect("a nonce"));
    WORK.set(0);
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let verdict = digest.authenticate(&attempt).expect("Digest claims it");
    let verdict = verdict.try_now().expect("a table answers at once");
    (matches!(verdict, Ok(Verdict::Admit(_))), WORK.get())
}

/// The accounts: one with all hashes, one with only an MD5 hash, one with former passwords, one of another realm.
fn accounts(name: &str) -> Option<DigestAccount> {
    let of = |realm, user| {
        DigestAccount::from_password(realm, user, Secret::new("lovelace"), Principal::new(user))
    };
    match name {
        "ada" => Some(of(REALM, "ada")),
        "old" => DigestAccount::new(REALM, Principal::new("old"))
            .with_ha1(MD5, &"0".repeat(32))
            .ok(),
        "former" => Some(
            of(REALM, "former")
                .with_former_password("former", Secret::new("first"))
                .with_former_password("ada", Secret::new("second")),
        ),
        "elsewhere" => Some(of("other", "elsewhere")),
        _ => None,
    }
}

fn builder() -> DigestBuilder<fn(&str) -> Option<DigestAccount>> {
    let names = DigestAccounts::new(REALM, [("ada", "lovelace")]).expect("an account");
    Digest::builder(REALM, accounts as fn(&str) -> Option<DigestAccount>)
        .algorithms(DigestAlgorithm::ALL)
        .session_algorithms(DigestAlgorithm::ALL)
        .legacy_md5()
        .userhash(names)
        .nonce_keys(NonceKeys::new([7; 32]).expect("a key"))
}

/// A refusal compares the response with the present password and with two former ones. A session secret costs one more
/// hash for each.
#[test]
fn every_refusal_costs_the_same_for_known_and_unknown_users() {
    let digest = builder().build().expect("a realm");
    for algorithm in DigestAlgorithm::ALL {
        for session in [false, true] {
            let (refused, admitted) = match session {
                true => ((false, 6), (true, 2)),
                false => ((false, 3), (true, 1)),
            };
            let right = ClientLogin {
                algorithm,
                session,
                ..ADA
            };
            let wrong = ClientLogin {
                password: "wrong",
                ..right
            };
            assert_eq!(work(&digest, right), admitted);
            for user in [
                &b"ada"[..],
                b"former",
                b"old",
                b"elsewhere",
                b"unknown",
                b"",
                b"\xe9",
            ] {
                let name = String::from_utf8_lossy(user);
                assert_eq!(
                    work(&digest, ClientLogin { user, ..wrong }),
                    refused,
                    "{name}"
                );
            }
            // The first of the former passwords matches, and the second one is compared all the same.
            let former = ClientLogin {
                user: b"former",
                password: "second",
                ..right
            };
            assert_eq!(work(&digest, former), refused);
        }
    }
}

#[test]
fn a_known_and_an_unknown_user_hash_cost_the_same() {
    let digest = builder().build().expect("a realm");
    let known = UserHash::of(SHA_256, "ada", REALM).to_string();
    let unknown = UserHash::of(SHA_256, "unknown", REALM).to_string();
    let login = |user| ClientLogin {
        user,
        more: ", userhash=true",
        ..ADA
    };
    let wrong = |user| ClientLogin {
        password: "wrong",
        ..login(user)
    };
    assert_eq!(work(&digest, login(known.as_bytes())), (true, 1));
    for user in [known.as_bytes(), unknown.as_bytes(), b"no hash"] {
        assert_eq!(work(&digest, wrong(user)), (false, 3));
    }
}
