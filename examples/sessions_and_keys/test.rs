//! Pastes the printed commands, and looks at the life of a session.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../../tests/examples/placeholders.rs"]
mod placeholders;
#[path = "../../tests/examples/process.rs"]
#[expect(dead_code, reason = "the tests of the other examples need the rest")]
mod process;
#[path = "../../tests/examples/transcript.rs"]
mod transcript;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use self::process::Running;
use self::transcript::check_page;

#[test]
fn every_command_answers_as_the_cookbook_says() {
    check_page("sessions_and_keys", &Running::start("sessions_and_keys"));
}

/// The response to one request, in lower case.
fn ask(address: SocketAddr, line: &str, fields: &[&str], body: &str) -> String {
    let fields = fields.iter().map(|field| format!("{field}\r\n"));
    let fields = fields.collect::<String>();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nConnection: close\r\n{fields}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

/// Logs in, and returns the field `Cookie` with the new session.
fn log_in(address: SocketAddr, fields: &[&str]) -> String {
    let answer = ask(address, "POST /login", fields, "name=ada&password=lovelace");
    assert_eq!(status(&answer), "303");
    let (_, cookie) = answer.split_once("set-cookie: ").unwrap();
    let attributes = cookie.lines().next().unwrap();
    assert!(
        attributes.contains("; HttpOnly; SameSite=Lax; Path=/"),
        "{attributes}"
    );
    format!("Cookie: {}", attributes.split(';').next().unwrap())
}

#[test]
fn a_login_renews_the_session_and_ends_the_old_one() {
    let example = Running::start("sessions_and_keys");
    let get = |field: &str| ask(example.address, "GET /notes", &[field], "");
    let planted = "Cookie: session=AAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(status(&get(planted)), "401");
    let first = log_in(example.address, &[planted]);
    assert_ne!(first, planted);
    let admitted = get(&first);
    assert_eq!(status(&admitted), "200");
    assert!(
        admitted.contains("cache-control: private\r\n"),
        "{admitted}"
    );
    assert!(admitted.contains("vary: cookie\r\n"), "{admitted}");
    assert_eq!(status(&get(planted)), "401");

    let second = log_in(example.address, &[&first]);
    assert_ne!(second, first);
    assert_eq!(status(&get(&second)), "200");
    assert_eq!(status(&get(&first)), "401", "the old session has ended");
}

#[test]
fn only_a_page_of_this_site_uses_the_cookie_to_change_something() {
    let example = Running::start("sessions_and_keys");
    let cookie = log_in(example.address, &[]);
    for (field, expected) in [
        ("Sec-Fetch-Site: same-origin", "200"),
        ("Sec-Fetch-Site: same-site", "403"),
        ("Sec-Fetch-Site: cross-site", "403"),
        ("Sec-Fetch-Site: none", "403"),
        ("X-Other: x", "200"),
    ] {
        let answer = ask(
            example.address,
            "POST /notes",
            &[&cookie, field],
            "note=milk",
        );
        assert_eq!(status(&answer), expected, "{field}");
    }
    let forged = ask(
        example.address,
        "POST /login",
        &["Sec-Fetch-Site: cross-site"],
        "name=ada&password=lovelace",
    );
    assert_eq!(status(&forged), "403");
    assert!(!forged.contains("set-cookie"));
}

/// A client that sends credentials itself is not admitted by a cookie instead.
#[test]
fn a_cookie_does_not_stand_in_for_wrong_credentials() {
    let example = Running::start("sessions_and_keys");
    let cookie = log_in(example.address, &[]);
    for field in ["Authorization: Bearer stolen", "X-Api-Key: stolen"] {
        let answer = ask(example.address, "GET /notes", &[&cookie, field], "");
        assert_eq!(status(&answer), "401", "{field}");
        assert!(answer.contains("ApiKey realm=\"notes\", field=\"x-api-key\""));
    }
    let other = ask(
        example.address,
        "GET /notes",
        &[&cookie, "Authorization: Other x"],
        "",
    );
    assert_eq!(status(&other), "401", "`Authorization` comes first");
}
