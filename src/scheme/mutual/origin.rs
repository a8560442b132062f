//! The origin under which clients reach the server: its scheme, host and port.

use http::Uri;

use crate::config_error::ConfigError;

/// An origin, in lower case and with its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MutualOrigin {
    scheme: &'static str,
    host: String,
    port: u16,
}

impl MutualOrigin {
    /// Reads `https://example.com` or `http://example.com:8080`.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::read(text).ok_or_else(|| {
            ConfigError::new(format!(
                "{text:?} is not an origin for Mutual: write it as `https://example.com` or `https://example.com:8443`"
            ))
        })
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let uri = text.parse::<Uri>().ok()?;
        let authority = uri.authority()?;
        let scheme = match uri.scheme_str()? {
            "https" => "https",
            "http" => "http",
            _ => return None,
        };
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let is_plain = !text.contains(['#', '@', '%', '\\', '*']);
        let has_no_port = authority.as_str().len() == authority.host().len();
        let port = match authority.port_u16() {
            None if has_no_port => default_port(scheme),
            port => port.filter(|port| *port > 0)?,
        };
        let host = authority.host().to_ascii_lowercase();
        (is_bare && is_plain && !host.is_empty()).then_some(Self { scheme, host, port })
    }

    pub(super) fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// `scheme://host:port`, always with the port.
    pub(super) fn with_port(&self) -> String {
        format!("{}://{}:{}", self.scheme, self.host, self.port)
    }

    /// `scheme://host`, and a port that is not the default port of the scheme.
    pub(super) fn as_scope(&self) -> String {
        match self.port == default_port(self.scheme) {
            true => format!("{}://{}", self.scheme, self.host),
            false => self.with_port(),
        }
    }

    /// Whether an auth-scope covers this origin (RFC 8120 section 5): it is the origin, its host, or `*.` and a domain
    /// above the host.
    pub(super) fn is_in(&self, auth_scope: &str) -> bool {
        match auth_scope.strip_prefix('*') {
            Some(domain) => {
                let below = self.host.strip_suffix(domain);
                domain.starts_with('.') && below.is_some_and(|below| !below.is_empty())
            }
            None => auth_scope == self.host || auth_scope == self.as_scope(),
        }
    }
}

fn default_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}
