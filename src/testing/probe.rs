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
/// that asks for them is asked with [`AccessSurvey::each`](super::AccessSurvey::each).
pub(super) const PRETENCES: [(&str, &str); 15] = [
    ("forwarded", "for=127.0.0.1;proto=https"),
    ("upgrade", "websocket"),
    ("user-agent", "kube-probe/1.30"),
    ("x-authenticated-user", "admin"),
    ("x-debug", "1"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-user", "admin"),
    ("x-health-check", "1"),
    ("x-http-method-override", "OPTIONS"),
    ("x-internal", "1"),
    ("x-original-url", "/health"),
    ("x-public", "1"),
    ("x-real-ip", "127.0.0.1"),
    ("x-remote-user", "admin"),
    ("x-rewrite-url", "/health"),
];

/// Queries by which an application may open a route, on purpose or by mistake.
pub(super) const QUERIES: [&str; 8] = [
    "access_token=tower-challenge",
    "debug=1",
    "health=1",
    "internal=1",
    "preview=1",
    "public=1",
    "test=1",
    "token=tower-challenge",
];

/// `target` with one more parameter.
pub(super) fn with_query(target: &Uri, query: &str) -> Option<Uri> {
    let path = target.path();
    let target = match target.query() {
        Some(before) => format!("{path}?{before}&{query}"),
        None => format!("{path}?{query}"),
    };
    target.parse().ok()
}

/// The path of a route, in which `{id}` and `{*rest}`, `:id` and `*rest` stand for what a client may choose.
pub(super) fn is_chosen(segment: &str) -> bool {
    segment.contains('{') || segment.starts_with([':', '*'])
}

/// A path of a route: `/notes/1` of `/notes/{id}`.
pub(super) fn some_path(route: &str) -> String {
    let segments = route.split('/');
    let segments = segments.map(|it| if is_chosen(it) { "1" } else { it });
    segments.collect::<Vec<_>>().join("/")
}

/// Whether `path` is one of a route: `/notes/1`, and not `/notes/1/text`, of `/notes/{id}`.
pub(super) fn is_path_of(path: &str, route: &str) -> bool {
    let mut rest = path.split('/');
    for segment in route.split('/') {
        let takes_the_rest = segment.starts_with("{*") || segment.starts_with('*');
        match rest.next() {
            Some(there) if takes_the_rest => return !there.is_empty(),
            Some(there) if is_chosen(segment) && !there.is_empty() => {}
            Some(there) if there == segment => {}
            _ => return false,
        }
    }
    rest.next().is_none()
}

/// How much a route leaves open, segment by segment: nothing, one segment, or the rest. Of the routes that take a path, a
/// router chooses the least.
pub(super) fn openness(route: &str) -> Vec<u8> {
    let of = |segment: &str| match segment {
        _ if segment.starts_with("{*") || segment.starts_with('*') => 2,
        _ if is_chosen(segment) => 1,
        _ => 0,
    };
    route.split('/').map(of).collect()
}

/// A path that no application has.
pub(super) fn nowhere() -> Uri {
    beside("/")
}

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

#[cfg(test)]
mod tests {
    use super::{is_path_of, some_path, with_query};

    #[test]
    fn a_path_is_one_of_its_route_alone() {
        for (path, route) in [
            ("/", "/"),
            ("/notes", "/notes"),
            ("/notes/1", "/notes/{id}"),
            ("/notes/1", "/notes/:id"),
            ("/a/b/c", "/a/{*rest}"),
            ("/a/b/c", "/{x}/*rest"),
        ] {
            assert!(is_path_of(path, route), "{path} {route}");
            assert!(is_path_of(&some_path(route), route), "{route}");
        }
        for (path, route) in [
            ("/notes/", "/notes"),
            ("/notes", "/notes/{id}"),
            ("/notes/", "/notes/{id}"),
            ("/notes/1/text", "/notes/{id}"),
            ("/a/", "/a/{*rest}"),
            ("/Notes", "/notes"),
        ] {
            assert!(!is_path_of(path, route), "{path} {route}");
        }
    }

    #[test]
    fn a_query_is_added_to_one_that_is_there() {
        let with = |target: &str| with_query(&target.parse().unwrap_or_default(), "c=d");
        assert_eq!(
            with("/x").map(|it| it.to_string()).as_deref(),
            Some("/x?c=d")
        );
        let both = with("/x?a=b").map(|it| it.to_string());
        assert_eq!(both.as_deref(), Some("/x?a=b&c=d"));
    }
}
