//! Tells from the fields of a browser whether a request is for a page or for a script.
//!
//! The fields are the Fetch Metadata request headers of the W3C, such as `Sec-Fetch-Mode`.

use super::RequestHead;

const METADATA: [&str; 4] = [
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
];

impl RequestHead<'_> {
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
    /// Either the browser says so, or the script sends `X-Requested-With`.
    pub(crate) fn is_from_script(&self) -> bool {
        let mode = "sec-fetch-mode";
        let elsewhere = self.headers.contains_key(mode) && !self.says(mode, "navigate");
        elsewhere || self.headers.contains_key("x-requested-with")
    }

    /// Returns whether the request has exactly one line of the field `name`, and its value is `value`.
    fn says(&self, name: &str, value: &str) -> bool {
        let mut lines = self.headers.get_all(name).iter();
        lines.next().is_some_and(|line| line == value) && lines.next().is_none()
    }
}
