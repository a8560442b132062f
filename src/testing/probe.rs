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

/// Fields by which a client says what it is not, and which some guards believe. They concern nobody else's: an application
/// that asks for them is asked with [`Survey::each`](super::Survey::each).
pub(super) const PRETENCES: [(&str, &str); 11] = [
    ("forwarded", "for=127.0.0.1;proto=https"),
    ("upgrade", "websocket"),
    ("user-agent", "kube-probe/1.30"),
    ("x-authenticated-user", "admin"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-user", "admin"),
    ("x-http-method-override", "OPTIONS"),
    ("x-original-url", "/health"),
    ("x-real-ip", "127.0.0.1"),
    ("x-remote-user", "admin"),
    ("x-rewrite-url", "/health"),
];

/// Other spellings of a path that a router, a file system or a proxy may take for the same.
pub(super) fn spellings(path: &str) -> Vec<Uri> {
    let mut spellings = vec![
        format!("{path}/"),
        format!("/{path}"),
        format!("/.{path}"),
        format!("/{UNKNOWN}/..{path}"),
        format!("{path};x=y"),
        format!("{path}%00"),
        format!("{path}%20"),
        format!("{path}."),
        path.to_uppercase(),
        path.to_lowercase(),
        path.trim_end_matches('/').to_owned(),
    ];
    spellings.extend(with_first_encoded(path));
    spellings.extend(with_other_separators(path));
    spellings.retain(|it| it != path);
    spellings.iter().filter_map(|it| it.parse().ok()).collect()
}

fn with_first_encoded(path: &str) -> Option<String> {
    let inside = path.trim_start_matches('/');
    let first = inside.bytes().next().filter(u8::is_ascii)?;
    Some(format!("/%{first:02x}{}", &inside[1..]))
}

/// What may pass for the last slash that is between two segments.
fn with_other_separators(path: &str) -> Vec<String> {
    let separated = path.rsplit_once('/');
    let separated = separated.filter(|(before, last)| !before.is_empty() && !last.is_empty());
    let Some((before, last)) = separated else {
        return Vec::new();
    };
    ["//", "/./", "%2F", "\\"]
        .map(|separator| format!("{before}{separator}{last}"))
        .into()
}

/// A path that no application has, beside `path`.
pub(super) fn beside(path: &str) -> Uri {
    let parent = path.trim_end_matches('/').rsplit_once('/');
    let (parent, _) = parent.unwrap_or_default();
    let beside = format!("{parent}/{UNKNOWN}").parse();
    beside.unwrap_or_else(|_| Uri::from_static("/"))
}

/// Paths below `prefix`: itself, and one that no application has.
pub(super) fn below(prefix: &str) -> Vec<Uri> {
    let prefix = prefix.trim_end_matches('/');
    let paths = [format!("{prefix}/"), format!("{prefix}/{UNKNOWN}")];
    paths.iter().filter_map(|it| it.parse().ok()).collect()
}
