//! URLs to which requests may be sent.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

/// A URL to which requests may be sent: `https`, or `http` to the same machine where a test allows it.
#[derive(Clone, Debug)]
pub(crate) struct RemoteUrl(Uri);

/// Which URLs requests may be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlRule {
    HttpsOnly,
    /// `http` to an address of the same machine is accepted, too.
    HttpOnLoopback,
}

const ALL_NEED_TLS: &str = "TLS is needed: the URL must begin with `https://`";
const LOOPBACK_NEEDS_TLS: &str = "TLS is needed: the URL must begin with `https://` (a test on this machine may call `danger_http_on_loopback`)";
const OTHERS_NEED_TLS: &str = "TLS is needed: the URL must begin with `https://`, or with `http://` and an address of this machine";

impl RemoteUrl {
    /// # Errors
    ///
    /// The text is not an absolute URL, has a user name or a fragment, or `rule` does not accept it.
    pub(crate) fn parse(text: &str, rule: UrlRule) -> Result<Self, &'static str> {
        let uri = text.parse::<Uri>().map_err(|_| "it is not a URL")?;
        let authority = uri.authority().ok_or("it is not an absolute URL")?;
        if authority.as_str().contains('@') {
            return Err("the URL must not have a user name");
        }
        if text.contains('#') {
            return Err("the URL must not have a fragment");
        }
        let is_loopback = is_loopback(authority.host());
        match uri.scheme_str() {
            Some("https") => Ok(Self(uri)),
            Some("http") if rule == UrlRule::HttpOnLoopback && is_loopback => Ok(Self(uri)),
            Some("http") if is_loopback => Err(LOOPBACK_NEEDS_TLS),
            _ if rule == UrlRule::HttpOnLoopback => Err(OTHERS_NEED_TLS),
            _ => Err(ALL_NEED_TLS),
        }
    }

    pub(crate) const fn uri(&self) -> &Uri {
        &self.0
    }

    /// The scheme, the host and the port.
    pub(crate) fn origin(&self) -> String {
        let authority = self
            .0
            .authority()
            .map_or("", |authority| authority.as_str());
        format!("{}://{authority}", self.0.scheme_str().unwrap_or("https"))
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address = address.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Shows the URL without its query, which may contain a secret of the application.
impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.0.path())
    }
}

#[cfg(test)]
mod tests {
    use super::{RemoteUrl, UrlRule};

    #[test]
    fn only_https_is_accepted_and_http_to_the_same_machine_on_request() {
        let accepts = |text, rule| RemoteUrl::parse(text, rule).is_ok();
        for text in [
            "https://as.example",
            "https://as.example:8443/keys?a=b",
            "HTTPS://as.example/keys",
            "https://[::1]/keys",
        ] {
            assert!(accepts(text, UrlRule::HttpsOnly), "{text}");
            assert!(accepts(text, UrlRule::HttpOnLoopback), "{text}");
        }
        for text in [
            "http://127.0.0.1:1/",
            "http://127.1.2.3/",
            "http://[::1]:1/",
            "http://localhost/",
            "http://LOCALHOST/",
        ] {
            assert!(!accepts(text, UrlRule::HttpsOnly), "{text}");
            assert!(accepts(text, UrlRule::HttpOnLoopback), "{text}");
        }
        for text in [
            "",
            "as.example",
            "/keys",
            "ftp://as.example/",
            "file:///etc/keys",
            "http://as.example/",
            "http://169.254.169.254/",
            "http://localhost.example/",
            "http://127.0.0.1.example/",
            "http://0.0.0.0/",
            "https://ada:secret@as.example/",
            "https://as.example/#keys",
            "https:///keys",
        ] {
            assert!(!accepts(text, UrlRule::HttpOnLoopback), "{text}");
        }
    }

    #[test]
    fn a_query_is_not_shown() {
        let url = RemoteUrl::parse("https://as.example/keys?key=secret", UrlRule::HttpsOnly);
        assert_eq!(url.unwrap().to_string(), "https://as.example/keys");
    }
}
