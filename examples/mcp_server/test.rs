//! Drives the server by plain HTTP, as clients of two revisions of the protocol do.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../../tests/examples/placeholders.rs"]
mod placeholders;
#[path = "../../tests/examples/process.rs"]
#[expect(dead_code, reason = "the tests of the other examples need the rest")]
mod process;
#[path = "../../tests/examples/transcript.rs"]
mod transcript;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use self::process::Running;
use self::transcript::check_page;

const DISCOVERY: &str = "/.well-known/oauth-protected-resource/mcp";
const ORIGIN: &str = "https://api.example";

fn start() -> Running {
    let arguments = ["--listen", "127.0.0.1:0", "--origin", ORIGIN];
    let server = ["--authorization-server", "https://login.example"];
    Running::start_with("mcp_server", &[&arguments[..], &server].concat())
}

/// The status, the head in lower case, and the body of a response.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{} {}", self.head, self.body))
    }

    fn field(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        let fields = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        fields.map(|(_, value)| value).collect()
    }
}

/// Sends one HTTP/1.1 request.
fn ask(address: SocketAddr, line: &str, fields: &[&str], body: &str) -> Answer {
    let mut request = format!("{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for field in fields {
        write!(request, "{field}\r\n").unwrap();
    }
    write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let timeout = Some(Duration::from_secs(30));
    stream.set_read_timeout(timeout).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = match head.to_lowercase().contains("transfer-encoding: chunked") {
        true => unchunked(body),
        false => body.to_owned(),
    };
    let head = head.to_owned();
    Answer { status, head, body }
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        whole += &rest[..length];
        body = rest[length..].trim_start_matches("\r\n");
    }
    whole
}

/// Sends a message of JSON-RPC with a token; without, if the token is empty.
fn post(address: SocketAddr, token: &str, fields: &[&str], message: &Value) -> Answer {
    let token = match token {
        "" => "X-No-Token: x".to_owned(),
        token => format!("Authorization: Bearer {token}"),
    };
    let kinds = [
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        &token,
    ];
    let fields = [&kinds[..], fields].concat();
    ask(address, "POST /mcp", &fields, &message.to_string())
}

fn request(method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

fn initialize() -> Value {
    let client = json!({ "name": "test", "version": "1" });
    request(
        "initialize",
        &json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client }),
    )
}

fn call(tool: &str) -> Value {
    request("tools/call", &json!({ "name": tool, "arguments": {} }))
}

#[test]
fn every_command_answers_as_the_cookbook_says() {
    let server = Running::start_with("mcp_server", &["--listen", "127.0.0.1:0"]);
    check_page("mcp_server", &server);
}

const OLD: &[&str] = &["MCP-Protocol-Version: 2025-11-25"];

#[test]
fn a_client_of_the_older_revision_reaches_the_tools() {
    let server = start();
    let opened = post(server.address, "as-token", &[], &initialize());
    assert_eq!(opened.status, 200, "{}", opened.body);
    assert_eq!(opened.json()["result"]["protocolVersion"], "2025-11-25");
    let notified = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(post(server.address, "as-token", OLD, &notified).status, 202);
    let list = post(
        server.address,
        "as-token",
        OLD,
        &request("tools/list", &json!({})),
    );
    let tools = list.json()["result"]["tools"].clone();
    let names: Vec<_> = tools
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["name"])
        .collect();
    assert_eq!(names, ["whoami", "put"]);
    for (tool, text) in [("whoami", "hello ada"), ("put", "ada may write")] {
        let answer = post(server.address, "as-token", OLD, &call(tool));
        assert_eq!(answer.json()["result"]["content"][0]["text"], text);
    }
}

/// Clients of the revision 2026-07-28 name the method and the tool in fields. The server inside compares them with the
/// message, and the layer decides by the message alone.
#[test]
fn a_client_of_the_newer_revision_reaches_the_tools() {
    let server = start();
    let with_meta = |tool: &str| {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        request(
            "tools/call",
            &json!({ "name": tool, "arguments": {}, "_meta": meta }),
        )
    };
    let fields = |name: &'static str| {
        [
            "MCP-Protocol-Version: 2026-07-28",
            "Mcp-Method: tools/call",
            name,
        ]
    };
    let answer = post(
        server.address,
        "read-token",
        &fields("Mcp-Name: whoami"),
        &with_meta("whoami"),
    );
    assert_eq!(
        answer.json()["result"]["content"][0]["text"],
        "hello ada",
        "{}",
        answer.body
    );
    let refused = post(
        server.address,
        "read-token",
        &fields("Mcp-Name: whoami"),
        &with_meta("put"),
    );
    assert_eq!(refused.status, 403, "the field does not decide");
    let mismatch = post(
        server.address,
        "as-token",
        &fields("Mcp-Name: whoami"),
        &with_meta("put"),
    );
    assert_eq!(mismatch.status, 400);
    assert_eq!(mismatch.json()["error"]["code"], -32020);
}

#[test]
fn a_client_without_a_good_token_learns_where_to_get_one() {
    let server = start();
    let common = format!(
        r#"Bearer realm="{ORIGIN}/mcp", scope="mcp:read", resource_metadata="{ORIGIN}{DISCOVERY}""#
    );
    let none = post(server.address, "", &[], &initialize());
    assert_eq!((none.status, &*none.body), (401, ""));
    assert_eq!(none.field("www-authenticate"), [&*common]);
    let wrong = post(server.address, "expired", &[], &initialize());
    assert_eq!(wrong.status, 401);
    let with_error = format!(r#"{common}, error="invalid_token""#);
    assert_eq!(wrong.field("www-authenticate"), [&*with_error]);
    for answer in [none, wrong] {
        assert_eq!(answer.field("access-control-allow-origin"), ["*"]);
        let exposed = answer.field("access-control-expose-headers").join(", ");
        let exposed = exposed.to_ascii_lowercase(); // names of fields have no case
        assert!(exposed.contains("www-authenticate"), "{exposed}");
    }

    // The document comes from the configuration, so a `Host` of the client's choice changes nothing.
    for fields in [&["Host: evil.example"][..], &[]] {
        let document = ask(server.address, &format!("GET {DISCOVERY}"), fields, "");
        assert_eq!(
            document.json(),
            json!({
                "resource": format!("{ORIGIN}/mcp"),
                "authorization_servers": ["https://login.example"],
                "scopes_supported": ["mcp:read"],
                "bearer_methods_supported": ["header"],
                "resource_name": "The MCP server of an example",
            })
        );
    }
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration",
        "/authorize",
    ] {
        assert_eq!(
            ask(server.address, &format!("GET {path}"), &[], "").status,
            404,
            "{path}"
        );
    }
    assert_eq!(ask(server.address, "GET /other", &[], "").status, 401);
}

#[test]
fn a_caller_without_the_scope_of_a_tool_is_told_all_scopes() {
    let server = start();
    let refused = post(server.address, "read-token", OLD, &call("put"));
    assert_eq!((refused.status, &*refused.body), (403, ""));
    let expected = format!(
        r#"Bearer realm="{ORIGIN}/mcp", resource_metadata="{ORIGIN}{DISCOVERY}", error="insufficient_scope", scope="mcp:read mcp:write""#
    );
    assert_eq!(refused.field("www-authenticate"), [&*expected]);
    let broader = post(server.address, "admin-token", OLD, &call("put"));
    assert_eq!(
        broader.json()["result"]["content"][0]["text"],
        "ada may write"
    );
    let unnamed = post(server.address, "admin-token", OLD, &call("erase"));
    assert_eq!(unnamed.status, 403);
    assert!(unnamed.field("www-authenticate").is_empty());
    let batch = json!([call("whoami"), call("put")]);
    assert_eq!(post(server.address, "read-token", OLD, &batch).status, 403);
}

#[test]
fn a_preflight_is_answered_and_every_other_options_request_is_not() {
    let server = start();
    let origin = "Origin: https://page.example";
    let asks = "Access-Control-Request-Method: POST";
    let preflight = ask(server.address, "OPTIONS /mcp", &[origin, asks], "");
    assert_eq!(preflight.status, 204);
    assert_eq!(
        preflight.field("access-control-allow-headers"),
        ["Authorization, *"]
    );
    for fields in [&[][..], &[origin], &[asks]] {
        assert_eq!(ask(server.address, "OPTIONS /mcp", fields, "").status, 401);
    }
}
