//! What is asked for that nobody has listed?

use http::{Method, Uri};

/// Methods that an application may answer without having been told to. The last two are nobody's: one that does not
/// exist, and `get` in small letters, which is not `GET` (RFC 9110 section 9.1).
const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get",
];

/// Paths that are often there, and as often forgotten.
const COMMON: [&str; 24] = [
    "/",
    "/.env",
    "/.git/config",
    "/actuator",
    "/admin",
    "/api",
    "/config",
    "/debug",
    "/debug/pprof/",
    "/docs",
    "/env",
    "/graphql",
    "/health",
    "/healthz",
    "/index.html",
    "/info",
    "/metrics",
    "/openapi.json",
    "/ping",
    "/static/",
    "/status",
    "/swagger-ui/",
    "/version",
    "/ws",
];

/// The last segment of a path that no application has.
const UNKNOWN: &str = "tower-challenge-no-such-path";

/// The methods of the survey.
pub(super) fn methods() -> impl Iterator<Item = Method> {
    METHODS
        .iter()
        .filter_map(|it| Method::from_bytes(it.as_bytes()).ok())
}

/// The paths that are often forgotten.
pub(super) fn common() -> impl Iterator<Item = Uri> {
    COMMON.iter().filter_map(|it| it.parse().ok())
}

/// Other spellings of a path that a router, a file system or a proxy may take for the same.
pub(super) fn spellings(path: &str) -> Vec<Uri> {
    let inside = path.trim_start_matches('/');
    let mut spellings = vec![
        format!("{path}/"),
        format!("/{path}"),
        format!("/.{path}"),
        format!("/{UNKNOWN}/..{path}"),
        format!("{path};x=y"),
        format!("{path}%00"),
        format!("{path}."),
        path.to_uppercase(),
    ];
    if let Some(first) = inside.bytes().next().filter(u8::is_ascii) {
        spellings.push(format!("/%{first:02x}{}", &inside[1..]));
    }
    spellings.retain(|it| it != path);
    spellings.iter().filter_map(|it| it.parse().ok()).collect()
}

/// Paths below `prefix`: itself, and one that no application has.
pub(super) fn below(prefix: &str) -> Vec<Uri> {
    let prefix = prefix.trim_end_matches('/');
    let paths = [format!("{prefix}/"), format!("{prefix}/{UNKNOWN}")];
    paths.iter().filter_map(|it| it.parse().ok()).collect()
}
