//! Runs the commands of the guides, each against the program that its page shows.

mod brute_force;
mod cors;
mod jwt;
mod mcp;
mod proxies;
mod responses;
mod why_refused;

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower_challenge::ConfigError;

use crate::guide_commands::{Server, check_guide, guide, has_commands};
use crate::process::Running;
use crate::transcript::pages;

/// The pages whose program is an example.
const OF_EXAMPLES: [(&str, &str); 4] = [
    ("audit", "audit_log"),
    ("axum_routes", "axum_per_route"),
    ("start", "axum_basic"),
    ("users_in_a_database", "database_users"),
];

/// The pages whose commands this file does not run, with the reason.
const ELSEWHERE: [(&str, &str); 3] = [
    ("production", "HOST is a machine of the reader"),
    ("tonic", "examples/tonic_health/test.rs needs a newer Rust"),
    (
        "websocket",
        "the code of the page runs them, with axum's feature ws",
    ),
];

/// The program of a page.
struct Program {
    page: &'static str,
    /// The file that has the program, as the page shows it.
    source: &'static str,
    app: Result<Router, ConfigError>,
    /// Definitions for the commands.
    before: String,
}

fn programs() -> Vec<Program> {
    let program = |page, source, app, before: String| Program {
        page,
        source,
        app,
        before,
    };
    let none = String::new;
    let (jwt, expired) = jwt::app_and_expired_token();
    let expired = format!("EXPIRED={expired}");
    let token = "TOKEN=t0ken".to_owned();
    vec![
        program(
            "brute_force",
            include_str!("brute_force.rs"),
            brute_force::app(),
            none(),
        ),
        program("cors", include_str!("cors.rs"), cors::app(), none()),
        program("jwt", include_str!("jwt.rs"), jwt, expired),
        program("mcp", include_str!("mcp.rs"), mcp::app(), token),
        program(
            "proxies",
            include_str!("proxies.rs"),
            proxies::app(),
            none(),
        ),
        program(
            "responses",
            include_str!("responses.rs"),
            responses::app(),
            none(),
        ),
        program(
            "why_refused",
            include_str!("why_refused.rs"),
            why_refused::app(),
            none(),
        ),
    ]
}

#[test]
fn the_examples_of_guides_answer_as_the_pages_say() {
    for (page, example) in OF_EXAMPLES {
        let example = Running::start(example);
        let server = Server {
            address: example.address,
            usual: "127.0.0.1:3000",
            before: "",
            log: &|| example.written_since(0),
        };
        check_guide(page, &server);
    }
}

#[test]
fn the_programs_of_guides_answer_as_the_pages_say() {
    let runtime = Runtime::new().unwrap();
    for program in programs() {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let app = program.app.unwrap();
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        runtime.spawn(async move { axum::serve(listener, app).await });
        let server = Server {
            address,
            usual: "127.0.0.1:3000",
            before: &program.before,
            log: &String::new,
        };
        check_guide(program.page, &server);
    }
}

/// The tests compile a copy of the program, because they cannot import a page.
#[test]
fn each_program_is_the_one_on_its_page() {
    for program in programs() {
        let (_, copy) = program.source.split_once("// As on the page:\n").unwrap();
        let copy = copy.split("// End.\n").next().unwrap();
        assert!(
            tokens(&guide(program.page)).contains(&tokens(copy)),
            "guide/{}.md does not have this program:\n{copy}",
            program.page
        );
    }
}

/// The code without white space, comments and commas, which rustfmt sets. A `# ` hides a line of a page.
fn tokens(code: &str) -> String {
    let lines = code
        .lines()
        .map(|line| line.strip_prefix("# ").unwrap_or(line));
    let lines = lines.map(|line| line.split(" // ").next().unwrap_or_default());
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    let is_token = |c: &char| !c.is_whitespace() && *c != ',';
    lines.flat_map(str::chars).filter(is_token).collect()
}

#[test]
fn every_page_with_commands_is_run_or_has_a_reason() {
    let files = fs::read_dir(pages().parent().unwrap()).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let names = files.filter(|file| file.extension().is_some_and(|end| end == "md"));
    let names = names.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned());
    let with_commands: BTreeSet<String> = names.filter(|name| has_commands(&guide(name))).collect();
    let of_examples = OF_EXAMPLES.into_iter().chain(ELSEWHERE);
    let of_examples = of_examples.map(|(page, _)| page.to_owned());
    let of_programs = programs()
        .into_iter()
        .map(|program| program.page.to_owned());
    assert_eq!(with_commands, of_examples.chain(of_programs).collect());
}
