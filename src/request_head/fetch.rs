//! What a browser says it wants a request for (the Fetch Metadata request headers of the W3C).

use super::RequestHead;

const METADATA: [&str; 4] = [
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
];

impl RequestHead<'_> {
    /// Whether a person goes to a page with this request; `None` if no browser says what it is for. Older browsers do not,
    /// and none does on its way to a server without TLS, unless that is on the same machine.
    ///
    /// A script can set none of these fields in a browser. Outside of one, anybody can: this is for what is convenient, not
    /// for what is allowed.
    pub(crate) fn is_navigation(&self) -> Option<bool> {
        let any = METADATA.iter().any(|it| self.headers.contains_key(*it));
        any.then(|| {
            self.says("sec-fetch-mode", "navigate") && self.says("sec-fetch-dest", "document")
        })
    }

    /// Whether a browser says that it wants this for a script or for a part of a page, or a script says so itself.
    pub(crate) fn is_from_script(&self) -> bool {
        let mode = "sec-fetch-mode";
        let elsewhere = self.headers.contains_key(mode) && !self.says(mode, "navigate");
        elsewhere || self.headers.contains_key("x-requested-with")
    }

    /// Whether there is one line of a field, and this in it.
    fn says(&self, name: &str, value: &str) -> bool {
        let mut lines = self.headers.get_all(name).iter();
        lines.next().is_some_and(|line| line == value) && lines.next().is_none()
    }
}
