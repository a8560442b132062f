//! The vectors of Digest: its mathematics, its messages, and the decisions of a server.
#![cfg(all(feature = "digest", feature = "testing"))]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::convert::Infallible;
use std::fs;
use std::time::{Duration, SystemTime};

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response};
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::clock::ManualClock;
use tower_challenge::header::{Challenge, Credentials};
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::message::DigestCredentials;
use tower_challenge::scheme::digest::proof::{Ha1, Proof};
use tower_challenge::scheme::digest::{Algorithm, DigestAccount, DigestAccounts};
use tower_challenge::{Authenticated, Principal, RequestHead, RequireAuth, Secret};

fn vectors(file: &str, list: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let mut file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    serde_json::from_value(file[list].take()).unwrap()
}

/// One character of a vector is one octet of a field.
fn octets(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect()
}

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap_or_default()
}

/// Why a row waits for another part of Digest.
fn waits(row: &Value) -> Option<&'static str> {
    match (text(row, "qop"), text(row, "algorithm")) {
        (_, algorithm) if algorithm.ends_with("-sess") => Some("-sess is not offered yet"),
        ("auth-int", _) => Some("auth-int is not offered yet"),
        ("", _) => Some("the RFC 2069 form is not accepted yet"),
        _ => None,
    }
}

/// Prints and checks how many rows passed, and how many were skipped for which reason.
#[track_caller]
fn count(file: &str, passed: usize, skipped: &[&'static str], expected: (usize, usize)) {
    println!("{file}: {passed} passed, {} skipped", skipped.len());
    let mut reasons = skipped.to_vec();
    reasons.sort_unstable();
    for group in reasons.chunk_by(|a, b| a == b) {
        println!("  {:3} skipped: {}", group.len(), group[0]);
    }
    assert_eq!((passed, skipped.len()), expected, "{file}");
}

#[test]
fn a_response_is_the_hash_that_the_rfc_says() {
    let (mut passed, mut skipped) = (0, Vec::new());
    for row in vectors("digest.json", "vectors") {
        let id = text(&row, "id");
        if let Some(reason) = waits(&row) {
            skipped.push(reason);
            continue;
        }
        let Some(algorithm) = Algorithm::from_name(text(&row, "algorithm")) else {
            assert_eq!(
                text(&row, "algorithm"),
                "SHA1",
                "{id}: what is not registered is not known"
            );
            passed += 1;
            continue;
        };
        let (uri, nonce, cnonce) = (text(&row, "uri"), text(&row, "nonce"), text(&row, "cnonce"));
        let proof = Proof {
            method: text(&row, "method").as_bytes(),
            uri: &octets(uri),
            nonce: &octets(nonce),
            nc: text(&row, "nc").as_bytes(),
            cnonce: &octets(cnonce),
            qop: b"auth",
        };
        let response = text(&row, "response");
        let compliant = text(&row, "computation") == "rfc7616";
        if let Some(password) = row["password"].as_str() {
            let [user, realm] = ["username", "realm"].map(|name| text(&row, name).as_bytes());
            let ha1 = Ha1::of(algorithm, user, realm, password.as_bytes());
            assert_eq!(proof.responses(&ha1).verify(response), compliant, "{id}");
        }
        if compliant {
            let ha1 = Ha1::from_hex(algorithm, text(&row, "ha1")).unwrap();
            assert_eq!(
                proof.responses(&ha1).response(),
                response.to_lowercase(),
                "{id}"
            );
        }
        passed += 1;
    }
    count("digest.json", passed, &skipped, (154, 134));
}

#[test]
fn the_credentials_of_captured_clients_are_read_as_they_were_hashed() {
    let (mut passed, mut skipped) = (0, Vec::new());
    for row in vectors("digest.json", "vectors") {
        let id = text(&row, "id");
        let Some(authorization) = row["authorization"].as_str() else {
            skipped.push("there is no field in the row");
            continue;
        };
        if let Some(reason) = waits(&row) {
            skipped.push(reason);
            continue;
        }
        let field = octets(authorization);
        let credentials = match Credentials::parse(&field) {
            Ok(credentials) => credentials,
            Err(_) => {
                let issues = row["issues"].to_string();
                assert!(issues.contains("not-parseable"), "{id}: {issues}");
                passed += 1;
                continue;
            }
        };
        let read = DigestCredentials::read(credentials.params());
        if row["issues"].to_string().contains("nc-starts-at-0") {
            assert_eq!(read.err(), Some("nc starts at 1"), "{id}");
            passed += 1;
            continue;
        }
        let read = read.unwrap_or_else(|reason| panic!("{id}: {reason}"));
        assert_eq!(*read.uri, *octets(text(&row, "uri")), "{id}");
        assert_eq!(*read.nonce, *octets(text(&row, "nonce")), "{id}");
        assert_eq!(read.nc, text(&row, "nc"), "{id}");
        assert_eq!(
            *read.cnonce.to_bytes(),
            *octets(text(&row, "cnonce")),
            "{id}"
        );
        assert_eq!(
            read.algorithm,
            Algorithm::from_name(text(&row, "algorithm")),
            "{id}"
        );
        passed += 1;
    }
    count("digest.json, read", passed, &skipped, (136, 152));
}

#[test]
fn rspauth_is_the_hash_without_a_method() {
    let (mut passed, mut skipped) = (0, Vec::new());
    for row in vectors("digest_rspauth.json", "vectors") {
        if let Some(reason) = waits(&row) {
            skipped.push(reason);
            continue;
        }
        let algorithm = Algorithm::from_name(text(&row, "algorithm")).unwrap();
        let ha1 = Ha1::from_hex(algorithm, text(&row, "ha1")).unwrap();
        let proof = Proof {
            method: text(&row, "method").as_bytes(),
            uri: &octets(text(&row, "uri")),
            nonce: &octets(text(&row, "nonce")),
            nc: text(&row, "nc").as_bytes(),
            cnonce: &octets(text(&row, "cnonce")),
            qop: b"auth",
        };
        assert_eq!(
            proof.responses(&ha1).rspauth(),
            text(&row, "rspauth"),
            "{}",
            row["id"]
        );
        passed += 1;
    }
    count("digest_rspauth.json", passed, &skipped, (6, 13));
}

/// A server as `digest_verify.json` describes it.
struct Server {
    clock: ManualClock,
    layer: RequireAuth<Digest<DigestAccounts>>,
}

type Answer = Response<String>;

async fn greet(request: Request<()>) -> Result<Answer, Infallible> {
    let caller = request.extensions().get::<Authenticated<Principal>>();
    Ok(Response::new(caller.unwrap().name().to_owned()))
}

impl Server {
    fn new(config: &Value) -> Self {
        let realm = text(config, "realm");
        let forbidden = config["forbidden"].clone();
        let accounts = config["users"]
            .as_object()
            .unwrap()
            .iter()
            // An account without a password cannot be set up.
            .filter(|(_, password)| *password != "")
            .map(|(name, password)| {
                let (password, identity) = (password.as_str().unwrap(), Principal::new(name));
                let password = Secret::new(password);
                (
                    name.clone(),
                    DigestAccount::from_password(realm, name, password, identity),
                )
            });
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_750_000_000));
        let names = config["algorithms"].as_array().unwrap();
        let algorithms = names
            .iter()
            .map(|name| Algorithm::from_name(name.as_str().unwrap()).unwrap());
        let mut builder = Digest::builder(realm, DigestAccounts::from_accounts(accounts).unwrap())
            .algorithms(algorithms)
            .clock(clock.clone());
        if names.contains(&"MD5".into()) {
            builder = builder.legacy_md5();
        }
        if let Some(opaque) = config["opaque"].as_str() {
            builder = builder.opaque(opaque);
        }
        let may = move |caller: &Principal, _: &RequestHead<'_>| {
            !forbidden
                .as_array()
                .unwrap()
                .contains(&caller.name().into())
        };
        let layer = RequireAuth::new(builder.build().unwrap())
            .unwrap()
            .permit(may);
        Self { clock, layer }
    }

    fn ask(&self, method: &str, target: &str, authorization: &[Vec<u8>]) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .body(())
            .unwrap();
        for line in authorization {
            let value = HeaderValue::from_bytes(line).unwrap();
            request.headers_mut().append(AUTHORIZATION, value);
        }
        let answer = self.layer.layer(service_fn(greet)).oneshot(request);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(answer).unwrap()
    }

    fn nonce(&self) -> String {
        let refused = self.ask("GET", "/", &[]);
        let challenge = challenge(&refused).unwrap();
        let nonce = challenge.param("nonce").unwrap().to_str();
        nonce.unwrap().into_owned()
    }
}

fn challenge(refused: &Answer) -> Option<Challenge> {
    let value = refused.headers().get(WWW_AUTHENTICATE)?;
    Some(Challenge::parse(value.as_bytes()).unwrap())
}

fn is_stale(refused: &Answer) -> bool {
    let stale =
        challenge(refused).and_then(|challenge| Some(challenge.param("stale")?.raw() == b"true"));
    stale.unwrap_or(false)
}

/// The credentials of a row with a nonce of `server` in the place of the row's, hashed anew if they were right.
fn translate(config: &Value, method: &str, field: &str, nonce: (&str, &str)) -> Vec<u8> {
    let field = octets(field);
    let moved = replace(&field, nonce.0, nonce.1);
    let Some(read) = read(&field) else {
        return moved;
    };
    let (Some(user), Some(algorithm)) = (read.user.as_deref(), read.algorithm) else {
        return moved;
    };
    let Some(password) = config["users"][user].as_str() else {
        return moved;
    };
    let ha1 = Ha1::of(
        algorithm,
        user.as_bytes(),
        text(config, "realm").as_bytes(),
        password.as_bytes(),
    );
    let response = |nonce: &str| {
        let proof = Proof {
            method: method.as_bytes(),
            uri: &read.uri,
            nonce: nonce.as_bytes(),
            nc: read.nc.as_bytes(),
            cnonce: &read.cnonce.to_bytes(),
            qop: &read.qop.to_bytes(),
        };
        proof.responses(&ha1).response()
    };
    let lower = String::from_utf8_lossy(&moved).to_lowercase();
    let start = lower.find(&response(nonce.0));
    match start {
        Some(start) => {
            let (old, new) = (response(nonce.0), response(nonce.1));
            let was_upper = moved[start..start + old.len()]
                .iter()
                .any(u8::is_ascii_uppercase);
            let new = if was_upper { new.to_uppercase() } else { new };
            let end = start + old.len();
            [&moved[..start], new.as_bytes(), &moved[end..]].concat()
        }
        None => moved,
    }
}

fn read(field: &[u8]) -> Option<DigestCredentials<'_>> {
    DigestCredentials::read(Credentials::parse(field).ok()?.params()).ok()
}

fn replace(field: &[u8], old: &str, new: &str) -> Vec<u8> {
    let mut windows = field.windows(old.len().max(1));
    match windows.position(|window| window == old.as_bytes()) {
        Some(at) => [&field[..at], new.as_bytes(), &field[at + old.len()..]].concat(),
        None => field.to_vec(),
    }
}

/// Why a row needs what is not built yet.
fn waits_for(row: &Value, config: &Value) -> Option<&'static str> {
    let compat = config["compat"]
        .as_array()
        .is_some_and(|compat| compat != &["hex-any-case"]);
    let listed = |name: &str, end: &str| {
        let list = config[name].as_array().unwrap();
        list.iter().any(|it| it.as_str().unwrap().ends_with(end))
    };
    if compat {
        return Some("a switch for the quirk of a client");
    }
    if listed("algorithms", "-sess") {
        return Some("-sess is not offered yet");
    }
    if listed("qop", "auth-int") {
        return Some("auth-int is not offered yet");
    }
    let userhash = ["userhash-ok", "userhash-case"].contains(&text(row, "id"));
    userhash.then_some("userhash is not offered yet")
}

#[test]
fn a_server_decides_as_the_vectors_say() {
    let path = format!(
        "{}/tests/vectors/digest_verify.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let (mut passed, mut skipped) = (0, Vec::new());
    for row in file["cases"].as_array().unwrap() {
        let mut config = file["base_server"].clone();
        for (name, value) in row["server_overrides"].as_object().unwrap() {
            config[name] = value.clone();
        }
        if let Some(reason) = waits_for(row, &config) {
            skipped.push(reason);
            continue;
        }
        decides(row, &config);
        passed += 1;
    }
    count("digest_verify.json", passed, &skipped, (76, 18));
}

fn decides(row: &Value, config: &Value) {
    let (id, request, expected) = (text(row, "id"), &row["request"], &row["expect"]);
    let server = Server::new(config);
    let (method, target) = (text(request, "method"), text(request, "target"));
    let lines = request["authorization"].as_array().unwrap();
    let lines = lines.iter().map(|line| line.as_str().unwrap());
    let named = ["n-live", "n-used", "n-old"];
    let first = lines.clone().next().unwrap_or_default();
    let named = named
        .into_iter()
        .find(|name| first.contains(&format!("\"{name}\"")));
    let nonce = named.map(|_| server.nonce());
    let nonce = (
        named.unwrap_or_default(),
        nonce.as_deref().unwrap_or_default(),
    );
    if named == Some("n-used") {
        for count in 1..=3 {
            assert_eq!(
                use_up(&server, config, nonce.1, count).status(),
                200,
                "{id}"
            );
        }
    }
    if named == Some("n-old") {
        server.clock.advance(Duration::from_secs(3600));
    }
    let lines = lines
        .map(|line| translate(config, method, line, nonce))
        .collect::<Vec<_>>();
    let answer = server.ask(method, target, &lines);
    assert_eq!(
        u64::from(answer.status().as_u16()),
        expected["status"],
        "{id}: {expected}"
    );
    assert_eq!(is_stale(&answer), expected["stale"] == true, "{id}");
    match answer.status().as_u16() {
        200 => assert_eq!(answer.body(), text(expected, "user"), "{id}"),
        401 => assert!(challenge(&answer).is_some(), "{id}: fresh challenges"),
        _ => {}
    }
}

/// A right request of Mufasa with this count.
fn use_up(server: &Server, config: &Value, nonce: &str, count: u32) -> Answer {
    let password = text(&config["users"], "Mufasa").as_bytes();
    let realm = text(config, "realm");
    let ha1 = Ha1::of(Algorithm::Sha256, b"Mufasa", realm.as_bytes(), password);
    let nc = format!("{count:08x}");
    let proof = Proof {
        method: b"GET",
        uri: b"/",
        nonce: nonce.as_bytes(),
        nc: nc.as_bytes(),
        cnonce: b"c",
        qop: b"auth",
    };
    let response = proof.responses(&ha1).response();
    let opaque = text(config, "opaque");
    let field = format!(
        "Digest username=\"Mufasa\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"/\", algorithm=SHA-256, \
         qop=auth, nc={nc}, cnonce=\"c\", response=\"{response}\", opaque=\"{opaque}\""
    );
    server.ask("GET", "/", &[field.into_bytes()])
}

fn plain_server() -> (Server, Value) {
    let path = format!(
        "{}/tests/vectors/digest_verify.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let config = file["base_server"].clone();
    (Server::new(&config), config)
}

#[test]
fn the_uri_names_the_target_octet_for_octet() {
    let (mut passed, mut skipped) = (0, Vec::new());
    for row in vectors("uri_match.json", "cases") {
        let (method, target) = (text(&row, "method"), text(&row, "request_target"));
        if target.contains('#') {
            skipped.push("a fragment is cut off by `http::Uri` before any layer sees it");
            continue;
        }
        let (server, config) = plain_server();
        let nonce = server.nonce();
        let uri = octets(text(&row, "uri"));
        let password = text(&config["users"], "Mufasa").as_bytes();
        let ha1 = Ha1::of(
            Algorithm::Sha256,
            b"Mufasa",
            text(&config, "realm").as_bytes(),
            password,
        );
        let proof = Proof {
            method: method.as_bytes(),
            uri: &uri,
            nonce: nonce.as_bytes(),
            nc: b"00000001",
            cnonce: b"c",
            qop: b"auth",
        };
        let response = proof.responses(&ha1).response();
        let start = format!(
            "Digest username=\"Mufasa\", realm=\"api@example.org\", nonce=\"{nonce}\", algorithm=SHA-256, qop=auth, \
             nc=00000001, cnonce=\"c\", response=\"{response}\", opaque=\"op-1\", uri=\""
        );
        let field = [start.as_bytes(), &uri, b"\""].concat();
        let answer = server.ask(method, target, &[field]);
        let expected = if row["match_strict"] == true {
            200
        } else {
            400
        };
        assert_eq!(answer.status(), expected, "{row}");
        passed += 1;
    }
    count("uri_match.json", passed, &skipped, (22, 1));
}

#[test]
fn a_nonce_count_is_eight_digits_in_lower_case() {
    let rows = vectors("nonce_count.json", "syntax");
    for row in &rows {
        let nc = text(row, "nc");
        let field = format!(
            "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"/\", qop=auth, nc=\"{nc}\", cnonce=\"c\", response=\"00\""
        );
        // A count of zero has the right syntax and no meaning: the first is 1.
        let expected = row["strict_ok"] == true && nc != "00000000";
        assert_eq!(read(field.as_bytes()).is_some(), expected, "{row}");
    }
    count("nonce_count.json, syntax", rows.len(), &[], (13, 0));
}

/// The vectors list three policies. Ours has a window of 4096 from the start, and forgets nothing in it.
#[test]
fn each_count_of_a_nonce_is_accepted_once_in_any_order() {
    let rows = vectors("nonce_count.json", "sequences");
    for row in &rows {
        let (server, config) = plain_server();
        let nonce = server.nonce();
        let mut seen = Vec::new();
        for (at, nc) in row["nc"].as_array().unwrap().iter().enumerate() {
            let nc = u32::from_str_radix(nc.as_str().unwrap(), 16).unwrap();
            let good = (1..=4096).contains(&nc) && !seen.contains(&nc);
            let answer = use_up(&server, &config, &nonce, nc);
            assert_eq!(answer.status() == 200, good, "{row}");
            let windowed = row["window_64_forward_1024"][at] == "ok";
            // A narrow window has forgotten the count 2 when it has seen the count 66.
            let forgotten = row["id"] == "window-edge-out" && at == 2;
            assert_eq!(good, windowed || forgotten, "{row}");
            seen.push(nc);
        }
    }
    count("nonce_count.json, sequences", rows.len(), &[], (15, 0));
}
