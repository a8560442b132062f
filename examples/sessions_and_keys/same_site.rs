//! Does a request with a cookie come from a page of this site?
//!
//! A browser adds the cookie to each request for this site, also if a page of another site sends it. `SameSite=Lax` in the
//! cookie prevents that for most forms, but not for those of other hosts of the same site, such as
//! `blog.example.org` and `notes.example.org`.

use axum::http::header::{HOST, HeaderMap, ORIGIN};
use axum::http::{Method, Uri};
use tower_challenge::RequestHead;

use crate::caller::Caller;

/// The policy for people: a request that can change something must come from a page of this site. No handler of this
/// application changes anything on `GET` and `HEAD`.
pub(crate) fn people_come_from_this_site(caller: &Caller, request: &RequestHead<'_>) -> bool {
    !matches!(caller, Caller::Person(_))
        || [Method::GET, Method::HEAD].contains(request.method())
        || is_from_this_site(request.headers())
}

/// Whether a page of this site has sent the request. All browsers since 2023 say so in `Sec-Fetch-Site`, at least over TLS
/// and on the local machine. Older ones send `Origin` with each form. A request with neither is refused.
pub(crate) fn is_from_this_site(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    // Behind a proxy that changes `Host`, compare with the name of this site from the configuration.
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(ORIGIN).and_then(|origin| origin.parse::<Uri>().ok());
    let origin = origin.as_ref().and_then(Uri::authority);
    origin.is_some_and(|origin| Some(origin.as_str()) == text(HOST))
}
