//! Sends arbitrary credentials to Mutual, and arbitrary fields to its client. Neither may panic, the server must admit no
//! client, and the client must accept no server: the inputs hold no password.
#![no_main]

use std::sync::LazyLock;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use tower_challenge::scheme::mutual::proof::Verifier;
use tower_challenge::scheme::mutual::{
    HostValidation, MutualAccounts, MutualAlgorithm, MutualClient, MutualSecret, MutualSpace,
};
use tower_challenge::scheme::{Attempt, Mutual, Scheme, ServerRole, Verdict};
use tower_challenge::{Principal, RequestHead, Secret};

const SPACE: &str = "Mutual version=1, algorithm=iso-kam3-ec-p256-sha256, validation=host, auth-scope=\"http://a.example\", realm=\"r\", ";

struct World {
    space: MutualSpace,
    host: HostValidation,
    mutual: Mutual<MutualAccounts>,
    client: MutualClient,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let space = MutualSpace::new(MutualAlgorithm::P256, "http://a.example", "r").expect("a space");
    let host = HostValidation::host("http://a.example").expect("an origin");
    let accounts = MutualAccounts::new(&space, [("ada", "a password that no input holds")]);
    let mutual = Mutual::new(&space, host.clone(), accounts.expect("an account"));
    World {
        mutual: mutual.expect("a scheme"),
        client: MutualClient::new("ada", Secret::new("lovelace")).expect("a name"),
        space,
        host,
    }
});

/// The sid of a session that has begun.
static SID: LazyLock<String> = LazyLock::new(|| {
    let kc1 = "kc1=0022dd7ff8ef77fe9b5604dd8b607aad2ee4253b886fd5d3090a7b5c00cce861aa";
    match verdict(format!("{SPACE}user=ada, {kc1}").as_bytes()) {
        Some(Verdict::Continue(challenge)) => {
            let sid = challenge.param("sid").and_then(|sid| sid.to_str());
            sid.expect("a sid").into_owned()
        }
        other => panic!("{other:?}"),
    }
});

fuzz_target!(|data: &[u8]| {
    credentials_are_refused(data);
    a_client_accepts_no_server(data);
    if let Ok(text) = std::str::from_utf8(data) {
        a_line_is_read_as_it_was_written(text);
    }
    let _ = HostValidation::certificate("https://a.example", data);
    for algorithm in [MutualAlgorithm::P256, MutualAlgorithm::P521] {
        let read = Verifier::from_bytes(algorithm, data);
        assert!(read.is_none_or(|read| read.as_bytes() == data));
    }
});

fn verdict(field: &[u8]) -> Option<Verdict<Principal>> {
    let field = HeaderValue::from_bytes(field).ok()?;
    let request = Request::get("/").header(AUTHORIZATION, field).body(());
    let request = request.expect("a request");
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let account = WORLD.mutual.account(&attempt);
    let is_malformed = WORLD.mutual.is_malformed(&attempt);
    let verdict = WORLD.mutual.authenticate(&attempt)?.try_now();
    let verdict = verdict.expect("a table answers at once");
    let verdict = verdict.expect("a table and a store in memory do not fail");
    assert!(
        !matches!(verdict, Verdict::Admit(_)),
        "no input has a proof"
    );
    if matches!(verdict, Verdict::Continue(_)) {
        assert!(account.is_some() && !is_malformed);
    }
    Some(verdict)
}

fn credentials_are_refused(data: &[u8]) {
    verdict(data);
    verdict(&[b"Mutual ", data].concat());
    verdict(&[SPACE.as_bytes(), data].concat());
    let session = format!("{SPACE}sid={}, nc=1, ", *SID);
    verdict(&[session.as_bytes(), data].concat());
}

fn a_client_accepts_no_server(data: &[u8]) {
    let Ok(field) = HeaderValue::from_bytes(data) else {
        return;
    };
    // To begin takes a hash of the password, so it is done only for a challenge that the client accepts.
    let _ = WORLD.client.begin(&WORLD.host, &field);
    let text = String::from_utf8_lossy(data);
    let wrapped = format!("{SPACE}sid=00, nc-max=9, nc-window=9, time=9, {text}");
    let Ok(wrapped) = HeaderValue::try_from(wrapped) else {
        return;
    };
    if !text.contains("ks1") {
        return;
    }
    let exchange = WORLD.client.begin_in(&WORLD.host, &WORLD.space);
    if let Ok(mut session) = exchange.expect("random bytes").answer(&wrapped) {
        let proof = session.next().expect("a count");
        assert!(
            proof.verify(&field).is_err(),
            "no input has the proof of the server"
        );
    }
}

fn a_line_is_read_as_it_was_written(text: &str) {
    if let Ok((user, secret)) = MutualSecret::parse_line(text) {
        if let Ok(line) = secret.to_line(&user) {
            let again = MutualSecret::parse_line(line.expose());
            assert!(again.is_ok_and(|(name, _)| name == user));
        }
    }
}
