//! Lists the requests that a survey sends beside those for the listed routes.

use http::{Method, Uri};

/// The methods that the survey tries. The last two are not defined: `BREW`, and `get` in small letters, which is not
/// `GET` (RFC 9110 section 9.1).
const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get",
];

/// Paths that many applications have, and whose developers often forget to guard them.
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

/// Returns the methods that the survey tries.
pub(super) fn methods() -> impl Iterator<Item = Method> {
    METHODS
        .iter()
        .filter_map(|method| Method::from_bytes(method.as_bytes()).ok())
}

/// Returns the paths that are often forgotten.
pub(super) fn common() -> impl Iterator<Item = Uri> {
    COMMON.iter().filter_map(|path| path.parse().ok())
}

/// Spoofed fields: a client claims privileges with them, and some applications trust them.
///
/// A field that the application needs in every request does not belong here: the test adds it with
/// [`AccessSurvey::each`](super::AccessSurvey::each).
pub(super) const SPOOFED_FIELDS: [(&str, &str); 15] = [
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

/// Queries with which an application may open a route, on purpose or by mistake.
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

/// Returns `target` with one more query parameter.
pub(super) fn with_query(target: &Uri, query: &str) -> Option<Uri> {
    let path = target.path();
    let target = match target.query() {
        Some(before) => format!("{path}?{before}&{query}"),
        None => format!("{path}?{query}"),
    };
    target.parse().ok()
}

/// Returns whether a segment of a route is a placeholder for text that a client chooses: `{id}`, `{*rest}`, `:id` or
/// `*rest`.
pub(super) fn is_chosen(segment: &str) -> bool {
    segment.contains('{') || segment.starts_with([':', '*'])
}

/// Returns a path that matches a route, such as `/notes/1` for `/notes/{id}`.
pub(super) fn some_path(route: &str) -> String {
    let segments = route.split('/');
    let segments = segments.map(|segment| if is_chosen(segment) { "1" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// Returns whether `path` matches a route. For example, `/notes/1` matches `/notes/{id}`, and `/notes/1/text` does not.
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

/// Returns how general a route is, segment by segment: 0 for fixed text, 1 for a placeholder, 2 for a placeholder of
/// all remaining segments.
///
/// If several routes match a path, a router chooses the least general one, which is the least of these lists.
pub(super) fn openness(route: &str) -> Vec<u8> {
    let of = |segment: &str| match segment {
        _ if segment.starts_with("{*") || segment.starts_with('*') => 2,
        _ if is_chosen(segment) => 1,
        _ => 0,
    };
    route.split('/').map(of).collect()
}

/// Returns a path that no application has.
pub(super) fn unknown_path() -> Uri {
    unknown_sibling("/")
}

/// Returns other spellings of a path that a router, a file system or a proxy may take for the same path.
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
    spellings.retain(|spelling| spelling != path);
    spellings
        .iter()
        .filter_map(|spelling| spelling.parse().ok())
        .collect()
}

fn with_first_encoded(path: &str) -> Option<String> {
    let inside = path.trim_start_matches('/');
    let first = inside.bytes().next().filter(u8::is_ascii)?;
    Some(format!("/%{first:02x}{}", &inside[1..]))
}

/// Replaces the last slash between two segments with text that some servers take for a slash.
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

/// Returns a path that no application has, in the same folder as `path`.
pub(super) fn unknown_sibling(path: &str) -> Uri {
    let parent = path.trim_end_matches('/').rsplit_once('/');
    let (parent, _) = parent.unwrap_or_default();
    let sibling = format!("{parent}/{UNKNOWN}").parse();
    sibling.unwrap_or_else(|_| Uri::from_static("/"))
}

/// Returns two paths below `prefix`: the prefix with a slash, and a path that no application has.
pub(super) fn below(prefix: &str) -> Vec<Uri> {
    let prefix = prefix.trim_end_matches('/');
    let paths = [format!("{prefix}/"), format!("{prefix}/{UNKNOWN}")];
    paths.iter().filter_map(|path| path.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_path_of, some_path, with_query};

    #[test]
    fn a_path_matches_its_own_route_and_no_other() {
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
    fn a_query_parameter_is_added_after_the_query_that_a_target_has() {
        let with = |target: &str| with_query(&target.parse().unwrap_or_default(), "c=d");
        assert_eq!(
            with("/x").map(|uri| uri.to_string()).as_deref(),
            Some("/x?c=d")
        );
        let both = with("/x?a=b").map(|uri| uri.to_string());
        assert_eq!(both.as_deref(), Some("/x?a=b&c=d"));
    }
}
