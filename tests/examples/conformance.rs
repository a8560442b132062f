//! Tests the conformance server, beyond the commands on its page.

use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::client::{Answer, ask, digest};
use crate::process::Running;

#[test]
fn digest_credentials_are_stale_when_replayed_and_malformed_for_another_target() {
    let server = Running::start("conformance");
    let ask = |target: &str, fields: &[&str]| ask(server.address, &format!("GET {target}"), fields);
    let target = "/digest/sha-256/a;b=c?x=%2F&y=a,b";
    let line = log_in(&ask(target, &[]), target, 1);
    assert_eq!(ask(target, &[&line]).status(), 200);

    let replay = ask(target, &[&line]);
    assert_eq!(replay.status(), 401);
    assert!(replay.lines("www-authenticate")[0].ends_with("stale=true"));
    assert_eq!(ask("/digest/sha-256/other", &[&line]).status(), 400);
}

#[test]
fn a_single_use_nonce_is_stale_at_its_second_count() {
    let server = Running::start("conformance");
    let ask = |target: &str, fields: &[&str]| ask(server.address, &format!("GET {target}"), fields);
    for (target, second) in [("/digest/sha-256", 200), ("/digest-stale/sha-256", 401)] {
        let refusal = ask(target, &[]);
        let count = |count| ask(target, &[&log_in(&refusal, target, count)]);
        assert_eq!(count(1).status(), 200);
        assert_eq!(count(2).status(), second, "{target}");
    }
}

#[test]
fn the_client_can_use_the_next_nonce_for_its_next_request() {
    let server = Running::start("conformance");
    let target = "/digest-nextnonce/sha-256";
    let ask = |fields: &[&str]| ask(server.address, &format!("GET {target}"), fields);
    let mut challenge = ask(&[]).lines("www-authenticate")[0].to_owned();
    for _ in 0..3 {
        let answer = ask(&[&answer_to(&challenge, target, 1)]);
        assert_eq!(answer.status(), 200);
        let info = answer.lines("authentication-info")[0];
        let (_, next) = info.split_once("nextnonce=").unwrap();
        challenge = format!("Digest realm=\"interop\", algorithm=SHA-256, nonce={next}");
    }
}

#[test]
fn the_server_sends_challenges_in_the_order_of_the_path() {
    let server = Running::start("conformance");
    let ask = |path: &str, fields: &[&str]| ask(server.address, &format!("GET {path}"), fields);
    let members = ["md5", "basic", "sha-256", "bearer"];
    let starts = ["Digest ", "Basic ", "Digest ", "Bearer "];
    let path = format!("/multi/lines/{}", members.join(","));
    let refusal = ask(&path, &[]);
    let lines = refusal.lines("www-authenticate");
    assert_eq!(lines.len(), starts.len());
    assert!(
        lines
            .iter()
            .zip(starts)
            .all(|(line, start)| line.starts_with(start)),
        "{lines:?}"
    );
    assert!(lines[0].contains("algorithm=MD5") && lines[2].contains("algorithm=SHA-256"));

    let joined = ask(&path.replace("lines", "line"), &[]);
    assert_eq!(joined.lines("www-authenticate").len(), 1);
    assert_eq!(ask("/multi/lines/md5,md5", &[]).status(), 404);
    assert_eq!(ask("/multi/lines/ntlm", &[]).status(), 404);
}

#[test]
fn a_guest_is_authenticated_and_gets_403() {
    let server = Running::start("conformance");
    let guest = "Authorization: Basic Z3Vlc3Q6Z3Vlc3Q=";
    for path in ["/basic", "/optional", "/multi/lines/sha-256,md5,basic"] {
        let answer = ask(server.address, &format!("GET {path}"), &[guest]);
        assert_eq!(answer.status(), 403, "{path}");
    }
}

#[test]
fn the_throttle_refuses_after_five_failures_at_an_account_and_twenty_of_an_address() {
    let server = Running::start("conformance");
    let wrong = |user: &str, number: u32| {
        let credentials = STANDARD.encode(format!("{user}:wrong {number}"));
        let field = format!("Authorization: Basic {credentials}");
        ask(server.address, "GET /throttled", &[&field])
    };
    let colon = "Authorization: Basic Y29sb246YTpiOjpj";
    let right = || ask(server.address, "GET /throttled", &[colon]).status();
    // The throttle forgives one failure each 30 s, so on a slow machine the sixth attempt may pass.
    for user in ["mufasa", "unknown"] {
        assert!(
            (0..5).all(|number| wrong(user, number).status() == 401),
            "{user}"
        );
        let answer = wrong(user, 5);
        if answer.status() == 429 {
            let delay: u32 = answer.lines("retry-after")[0].parse().unwrap();
            assert!((1..=30).contains(&delay), "{delay}");
            assert_eq!(answer.lines("www-authenticate"), [""; 0]);
        }
        assert_eq!(right(), 200, "another account does not have to wait");
    }
    assert!((0..4).all(|_| wrong("repeats", 1).status() == 401));
    let others = (2..6).map(|number| wrong("repeats", number).status());
    assert!(
        others.eq([401; 4]),
        "four repeats of one password count as one guess, which leaves four"
    );
    let more = (0..40).map(|number| wrong(&format!("user{number}"), 1).status());
    let more: Vec<_> = more.collect();
    assert!(more.contains(&429), "{more:?}");
    assert_eq!(
        right(),
        200,
        "a familiar location with attempts left needs no other budget"
    );
}

#[test]
fn a_concealed_route_answers_404_to_clients_that_are_not_members() {
    let server = Running::start("conformance");
    let ask = |line: &str, fields: &[&str]| ask(server.address, line, fields);
    let colon = "Authorization: Basic Y29sb246YTpiOjpj";
    let guest = "Authorization: Basic Z3Vlc3Q6Z3Vlc3Q=";
    for path in ["/concealed", "/concealed/below"] {
        assert_eq!(ask(&format!("GET {path}"), &[colon]).status(), 200);
        for method in ["GET", "HEAD", "OPTIONS", "DELETE"] {
            for fields in [&[][..], &[guest], &["Authorization: Basic !"]] {
                let there = ask(&format!("{method} {path}"), fields);
                let nowhere = ask(&format!("{method} /nowhere"), fields);
                assert_eq!(there.without_date(), nowhere.without_date());
                assert_eq!(there.status(), 404);
            }
        }
    }
}

#[test]
fn a_browser_that_navigates_is_redirected_to_the_login_page() {
    let server = Running::start("conformance");
    let target = "GET /login-redirect/notes?page=2";
    let ask = |line: &str, fields: &[&str]| ask(server.address, line, fields);
    let navigation = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
    let answer = ask(target, &navigation);
    assert_eq!(answer.status(), 303);
    let location = "/login?return_to=%2Flogin-redirect%2Fnotes%3Fpage%3D2";
    assert_eq!(answer.lines("location"), [location]);
    assert_eq!(ask(&format!("GET {location}"), &navigation).status(), 200);
    let script = ask(target, &["Sec-Fetch-Mode: cors"]);
    assert_eq!(script.status(), 401);
    assert!(script.lines("www-authenticate")[0].starts_with("xBasic "));
}

#[test]
fn the_conformance_server_accepts_four_methods() {
    let server = Running::start("conformance");
    let colon = "Authorization: Basic Y29sb246YTpiOjpj";
    let ask = |method: &str| ask(server.address, &format!("{method} /basic/two"), &[colon]);
    for method in ["GET", "HEAD", "POST", "PUT"] {
        let answer = ask(method);
        assert_eq!(answer.status(), 200, "{method}");
        assert_eq!(answer.lines("x-user"), ["Y29sb24"], "{method}");
    }
    assert_eq!(ask("GET").body(), "hello colon");
    assert_eq!(ask("DELETE").status(), 405);
}

#[test]
#[cfg(unix)]
fn the_conformance_server_stops_on_sigterm() {
    let server = Running::start("conformance");
    let idle = TcpStream::connect(server.address).unwrap();
    assert!(server.terminate().success());
    drop(idle);
}

/// Returns the field with which `mufasa` answers the challenge of a refusal.
fn log_in(refusal: &Answer, target: &str, count: u32) -> String {
    answer_to(refusal.lines("www-authenticate")[0], target, count)
}

fn answer_to(challenge: &str, target: &str, count: u32) -> String {
    let mufasa = ("mufasa", "Circle of Life");
    let line = digest(challenge, mufasa, ("GET", target), count);
    format!("Authorization: {line}")
}
