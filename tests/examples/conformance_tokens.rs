//! Tests the routes for tokens of the conformance server.

use std::net::{SocketAddr, TcpListener, UdpSocket};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::client::ask;
use crate::process::Running;

#[test]
fn the_server_accepts_the_tokens_that_it_issues() {
    let server = Running::start("conformance");
    let get = |path: &str, token: &str| {
        let field = format!("Authorization: Bearer {token}");
        ask(server.address, &format!("GET {path}"), &[&field])
    };
    let good = token(&server, "sub=J%C3%A4s%C3%B8n&scope=read");
    let answer = get("/jwt/below?a=b", &good);
    assert_eq!((answer.status(), answer.body()), (200, "hello Jäsøn"));
    let refused = get("/jwt/write", &good);
    assert_eq!(refused.status(), 403);
    let challenge = refused.lines("www-authenticate")[0];
    assert_eq!(
        challenge,
        r#"Bearer realm="interop", error="insufficient_scope", scope="write""#
    );
    assert_eq!(
        get("/jwt/write/below", &token(&server, "scope=read+write")).status(),
        200
    );
    for asked in ["ttl=-60", "aud=https://other.example", "aud="] {
        assert_eq!(get("/jwt", &token(&server, asked)).status(), 401, "{asked}");
    }
    for asked in ["ttl=x", "ttl=86401", "ttl=99999999999999999999"] {
        let answer = ask(server.address, &format!("GET /jwt-token?{asked}"), &[]);
        assert_eq!(answer.status(), 400, "{asked}");
    }
}

#[test]
fn a_login_of_the_right_class_must_be_recent() {
    let server = Running::start("conformance");
    let get = |asked: &str| {
        let field = format!("Authorization: Bearer {}", token(&server, asked));
        let answer = ask(server.address, "GET /step-up", &[&field]);
        let challenge = answer
            .lines("www-authenticate")
            .first()
            .map(|line| (*line).to_owned());
        (answer.status(), challenge)
    };
    for good in [
        "acr=gold&auth_age=0",
        "acr=gold&auth_age=290",
        "acr=gold&auth_age=-50",
    ] {
        assert_eq!(get(good), (200, None), "{good}");
    }
    let challenge = r#"Bearer realm="interop", error="insufficient_user_authentication", acr_values="gold", max_age="300""#;
    for bad in [
        "",
        "acr=gold",
        "auth_age=0",
        "acr=silver&auth_age=0",
        "acr=gold&auth_age=400",
        "acr=gold&auth_age=-120",
    ] {
        assert_eq!(get(bad), (401, Some(challenge.to_owned())), "{bad}");
    }
    let expired = get("acr=silver&ttl=-60").1.unwrap_or_default();
    assert!(expired.contains("invalid_token"), "{expired}");
    assert_eq!(ask(server.address, "GET /step-up", &[]).status(), 401);
}

#[test]
fn a_revoked_token_is_refused_from_the_next_request_on() {
    let server = Running::start("conformance");
    let get = |token: &str| {
        let field = format!("Authorization: Bearer {token}");
        ask(server.address, "GET /jwt", &[&field]).status()
    };
    let (revoked, other) = (token(&server, ""), token(&server, ""));
    assert_eq!((get(&revoked), get(&other)), (200, 200));
    let id = claim(&revoked, "jti");
    assert_ne!(id, claim(&other, "jti"));
    let revoke = |target: &str| ask(server.address, target, &[]).status();
    assert_eq!(revoke(&format!("GET /revoke?jti={id}")), 405);
    assert_eq!(revoke("POST /revoke"), 400);
    assert_eq!(get(&revoked), 200);
    assert_eq!(revoke(&format!("POST /revoke?jti={id}")), 204);
    assert_eq!((get(&revoked), get(&other)), (401, 200));
}

#[test]
fn only_clients_on_the_same_machine_get_and_revoke_tokens() {
    // A connection to the machine's own address in the network comes from that address, and not from loopback.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    if socket.connect("192.0.2.1:9").is_err() {
        println!("not tested: this machine has no network");
        return;
    }
    let server = Running::start_with("conformance", &["--listen", "0.0.0.0:0"]);
    let here = SocketAddr::from(([127, 0, 0, 1], server.address.port()));
    let network = SocketAddr::new(socket.local_addr().unwrap().ip(), server.address.port());
    for (target, expected) in [("GET /jwt-token", 200), ("POST /revoke?jti=a", 204)] {
        assert_eq!(ask(here, target, &[]).status(), expected, "{target}");
        assert_eq!(ask(network, target, &[]).status(), 403, "{target}");
    }
    assert_eq!(
        ask(network, "GET /mcp", &[]).status(),
        404,
        "{network} needs `--origin` with TLS"
    );
}

#[test]
fn the_server_finds_the_keys_of_an_issuer_by_its_url() {
    let issuer = Running::start("conformance");
    let url = format!("http://{}", issuer.address);
    let (jwks, audience) = (format!("{url}/jwks"), "https://api.example");
    let start = |more: &[&str]| {
        let arguments = ["--listen", "127.0.0.1:0", "--issuer", &*url];
        Running::start_with("conformance", &[&arguments[..], more].concat())
    };
    for more in [
        &["--audience", audience][..],
        &["--audience", audience, "--jwks", &jwks],
    ] {
        let server = start(more);
        let get = |token: &str| {
            let field = format!("Authorization: Bearer {token}");
            ask(server.address, "GET /jwt", &[&field]).status()
        };
        assert_eq!(
            get(&token(&issuer, "aud=https://api.example")),
            200,
            "{more:?}"
        );
        assert_eq!(get(&token(&issuer, "")), 401, "{more:?}");
        let own = ask(server.address, "GET /jwt-token", &[]);
        assert_eq!(
            own.status(),
            404,
            "the server issues no tokens beside those of the issuer"
        );
    }
    let server = start(&[]);
    let audience = format!("aud=http://{}/jwt", server.address);
    let field = format!("Authorization: Bearer {}", token(&issuer, &audience));
    assert_eq!(ask(server.address, "GET /jwt", &[&field]).status(), 200);
}

#[test]
fn the_server_starts_while_its_issuer_is_down() {
    // A port on which no server listens.
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let issuer = format!("http://{closed}");
    let arguments = ["--listen", "127.0.0.1:0", "--issuer", &issuer];
    let server = Running::start_with("conformance", &arguments);
    let none = ask(server.address, "GET /jwt", &[]);
    assert_eq!(none.status(), 401);
    // A token in form, whose header is `{"alg":"RS256","typ":"at+jwt"}`. A text that is no token would be 401 at once.
    let token = "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.AAAA";
    let field = format!("Authorization: Bearer {token}");
    for _ in 0..2 {
        let answer = ask(server.address, "GET /jwt", &[&field]);
        assert_eq!(answer.status(), 503);
        let wait = answer.lines("retry-after")[0].parse::<u64>().unwrap();
        assert!((1..=30).contains(&wait), "{wait}");
        assert!(!format!("{answer:?}").contains("error="));
    }
}

#[test]
fn the_resource_of_mcp_names_its_metadata_and_its_scopes() {
    let issuer = Running::start("conformance");
    let url = format!("http://{}", issuer.address);
    let origin = "https://api.example";
    let arguments = ["--listen", "127.0.0.1:0", "--origin", origin];
    let of_issuer = [&arguments[..], &["--authorization-server", &*url]].concat();
    let document = "/.well-known/oauth-protected-resource/mcp";
    for (arguments, authorization_server, good) in [
        (&arguments[..], origin, "as-token".to_owned()),
        (
            &of_issuer,
            &url,
            token(
                &issuer,
                "aud=https://api.example/mcp&scope=mcp:read+mcp:write",
            ),
        ),
    ] {
        let server = Running::start_with("conformance", arguments);
        let get = |token: &str| {
            let field = format!("Authorization: Bearer {token}");
            ask(server.address, "GET /mcp", &[&field])
        };
        assert_eq!(get(&good).status(), 200, "{arguments:?}");
        let expected = format!(
            r#"Bearer realm="{origin}/mcp", scope="mcp:read mcp:write", resource_metadata="{origin}{document}""#
        );
        let none = ask(server.address, "GET /mcp", &[]);
        assert_eq!(
            (none.status(), none.lines("www-authenticate")),
            (401, vec![&*expected])
        );
        let wrong = get("another");
        let expected = format!(r#"{expected}, error="invalid_token""#);
        assert_eq!(
            (wrong.status(), wrong.lines("www-authenticate")),
            (401, vec![&*expected])
        );

        let metadata = ask(server.address, &format!("GET {document}"), &[]);
        assert_eq!(metadata.status(), 200);
        assert_eq!(metadata.lines("access-control-allow-origin"), ["*"]);
        let expected = format!(
            r#"{{"resource":"{origin}/mcp","authorization_servers":["{authorization_server}"],"scopes_supported":["mcp:read","mcp:write"]}}"#
        );
        assert_eq!(metadata.body(), expected);
    }
    let server = Running::start_with("conformance", &of_issuer);
    let low = token(&issuer, "aud=https://api.example/mcp&scope=mcp:read");
    let answer = ask(
        server.address,
        "GET /mcp",
        &[&format!("Authorization: Bearer {low}")],
    );
    assert_eq!(answer.status(), 403);
    let challenge = answer.lines("www-authenticate")[0];
    assert!(
        challenge.ends_with(r#"error="insufficient_scope", scope="mcp:read mcp:write""#),
        "{challenge}"
    );
    let other = token(&issuer, "scope=mcp:read+mcp:write");
    let answer = ask(
        server.address,
        "GET /mcp",
        &[&format!("Authorization: Bearer {other}")],
    );
    assert_eq!(answer.status(), 401, "a token for `/jwt` is not for `/mcp`");
}

/// Returns a token of a conformance server without `--issuer`.
fn token(server: &Running, asked: &str) -> String {
    let answer = ask(server.address, &format!("GET /jwt-token?{asked}"), &[]);
    assert_eq!(answer.status(), 200, "{asked}");
    answer.body().to_owned()
}

fn claim(token: &str, name: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap());
    let claims = serde_json::from_slice::<serde_json::Value>(&claims.unwrap());
    claims.unwrap()[name].as_str().unwrap().to_owned()
}
