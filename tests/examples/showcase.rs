//! Tests how the showcase chooses its port, and which clients get its page.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use crate::client::{ADA, Answer, ask};
use crate::process::{Running, command};

#[test]
fn the_showcase_reports_that_the_given_port_is_in_use() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    let output = command("showcase", &["--listen", &taken]).output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.starts_with(&format!("{taken} is in use")),
        "{message}"
    );
}

#[test]
fn the_showcase_chooses_a_free_port_by_itself() {
    // The default port may be free or in use. At least one of the two processes has to choose another port.
    let (first, second) = (
        Running::start_with("showcase", &[]),
        Running::start_with("showcase", &[]),
    );
    assert_ne!(first.address, second.address);
    for showcase in [first, second] {
        assert_eq!(ask(showcase.address, "GET /basic", &[ADA]).status(), 200);
    }
}

/// The field `Accept` of a browser.
const BROWSER: &str =
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

fn get(showcase: &Running, path: &str, fields: &[&str]) -> Answer {
    let answer = ask(showcase.address, &format!("GET {path}"), fields);
    assert_eq!(answer.status(), 200, "{path} {fields:?}");
    assert_eq!(answer.lines("x-content-type-options"), ["nosniff"]);
    answer
}

#[test]
fn a_browser_gets_a_page_that_may_load_nothing_from_elsewhere() {
    let showcase = Running::start("showcase");
    for accept in [BROWSER, "accept: */*, TEXT/HTML ;q=0.5"] {
        let page = get(&showcase, "/", &[accept]);
        assert_eq!(page.lines("content-type"), ["text/html; charset=utf-8"]);
        assert_eq!(page.lines("vary"), ["accept"]);
        let policy = page.lines("content-security-policy");
        let directives = policy[0].split("; ").collect::<Vec<_>>();
        let own = [
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src data:",
        ];
        let none = ["default-src", "base-uri", "form-action", "frame-ancestors"];
        let none = none.map(|name| format!("{name} 'none'"));
        let expected = own.into_iter().chain(none.iter().map(String::as_str));
        for directive in expected {
            assert!(directives.contains(&directive), "{directive}: {policy:?}");
        }
        assert_eq!(directives.len(), 8, "{policy:?}");
        assert!(page.body().starts_with("<!doctype html>"));
    }
}

#[test]
fn other_clients_get_the_text_that_the_showcase_prints() {
    let showcase = Running::start("showcase");
    let json = "Accept: application/json;profile=text/html";
    for fields in [&["Accept: */*"][..], &[], &["Accept: text/*"], &[json]] {
        let text = get(&showcase, "/", fields);
        assert_eq!(text.lines("content-type"), ["text/plain; charset=utf-8"]);
        assert_eq!(text.lines("vary"), ["accept"]);
        assert_eq!(text.body(), showcase.printed);
    }
}

#[test]
fn the_page_loads_the_style_and_the_script_that_are_served() {
    let showcase = Running::start("showcase");
    let page = get(&showcase, "/", &[BROWSER]);
    for (attribute, path, media_type, part) in [
        ("href", "page.css", "text/css", "prefers-color-scheme: dark"),
        ("src", "page.js", "text/javascript", "credentials: \"omit\""),
    ] {
        assert!(page.body().contains(&format!("{attribute}=\"{path}\"")));
        let served = get(&showcase, &format!("/{path}"), &[]);
        let expected = format!("{media_type}; charset=utf-8");
        assert_eq!(served.lines("content-type"), [expected]);
        assert!(served.body().contains(part), "{path}");
    }
}

#[test]
fn the_page_shows_the_code_that_protects_its_routes() {
    let showcase = Running::start("showcase");
    let page = get(&showcase, "/", &[BROWSER]);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/showcase/schemes.rs");
    let source = fs::read_to_string(source).unwrap();
    let blocks = page.body().split("<code>").skip(1);
    let blocks = blocks.filter_map(|block| block.split_once("</code></pre>"));
    let items = blocks.flat_map(|(code, _)| code.split("\n\n"));
    let items = items.filter(|code| !code.contains("</code>"));
    let items = items.map(|code| code.replace("&lt;", "<").replace("&amp;", "&"));
    let items = items.collect::<Vec<_>>();
    for item in &items {
        assert!(source.contains(&format!("\n{item}\n")), "{item}");
    }
    let shown = |name: &str| items.iter().any(|item| item.contains(name));
    for call in [
        "basic(REALM",
        "digest(REALM",
        "bearer(REALM",
        "scopes(\"write\")",
        "vec![",
    ] {
        assert!(shown(call), "{call}: {items:#?}");
    }
}
