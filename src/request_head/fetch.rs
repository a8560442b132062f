//! Tells from the fields of a browser whether a request is for a page or for a script.
//!
//! The fields are the Fetch Metadata request headers of the W3C, such as `Sec-Fetch-Mode`.

use http::Uri;
use http::header::UPGRADE;

use super::RequestHead;

const METADATA: [&str; 4] = [
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
];

impl<'r> RequestHead<'r> {
    /// Returns whether a person goes to a page with this request. Returns `None` if no browser says so.
    ///
    /// Older browsers send none of these fields. Newer browsers send them only over TLS, or to a server on the same
    /// machine.
    ///
    /// In a browser, a script cannot set these fields. A client that is no browser can. So use the answer to choose a
    /// form of the response, never to allow a request.
    pub(crate) fn is_navigation(&self) -> Option<bool> {
        let any = METADATA
            .iter()
            .any(|field| self.headers.contains_key(*field));
        any.then(|| {
            self.says("sec-fetch-mode", "navigate") && self.says("sec-fetch-dest", "document")
        })
    }

    /// Returns whether the request is for a script or for a part of a page.
    ///
    /// Either the browser says so, or the script sends `X-Requested-With: XMLHttpRequest`.
    pub(crate) fn is_from_script(&self) -> bool {
        let mode = "sec-fetch-mode";
        let elsewhere = self.headers.contains_key(mode) && !self.says(mode, "navigate");
        elsewhere || self.is_xml_http_request()
    }

    /// Returns whether the page at `referer` is of this server.
    ///
    /// A browser that sends `Sec-Fetch-Site` knows it. The answer of other clients is compared with the host that the
    /// request names. If either names no host, they are taken for the same.
    pub(crate) fn is_page_of_this_server(&self, referer: &Uri) -> bool {
        let site = "sec-fetch-site";
        if self.headers.contains_key(site) {
            return self.says(site, "same-origin");
        }
        match (self.signed_host(), referer.authority()) {
            (Ok(host), Some(page)) => host.eq_ignore_ascii_case(page.as_str().as_bytes()),
            _ => true,
        }
    }

    /// Returns whether `X-Requested-With` says `XMLHttpRequest`, the value that the libraries of scripts send.
    ///
    /// Any other value says nothing about scripts. For example, Android's WebView sends the name of its app,
    /// `org.example.app`, when a person opens a page.
    fn is_xml_http_request(&self) -> bool {
        let mut values = self.list("x-requested-with");
        values.any(|value| value.eq_ignore_ascii_case(b"XMLHttpRequest"))
    }

    /// Returns whether the request asks with `Upgrade` for a protocol other than HTTP, such as `websocket`.
    ///
    /// `h2c` is HTTP/2 (RFC 7540 section 3.2), so a client that offers it still wants the resource itself.
    pub(crate) fn leaves_http(&self) -> bool {
        let mut protocols = self.list(UPGRADE.as_str());
        protocols.any(|protocol| !protocol.eq_ignore_ascii_case(b"h2c"))
    }

    /// Returns whether the request has exactly one line of the field `name`, and its value is `value`.
    fn says(&self, name: &str, value: &str) -> bool {
        let mut lines = self.headers.get_all(name).iter();
        lines.next().is_some_and(|line| line == value) && lines.next().is_none()
    }

    /// Returns the entries of a comma-separated field, in all of its lines, without the empty entries.
    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = &'r [u8]> + use<'r> {
        let lines = self.headers.get_all(name).into_iter();
        let entries = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
        let entries = entries.map(<[u8]>::trim_ascii);
        entries.filter(|entry| !entry.is_empty())
    }
}
