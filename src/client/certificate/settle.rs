//! Settles, before the layer looks at a request, which certificate the client has shown.

use http::header::{HeaderMap, HeaderName};
use http::{Extensions, Request};

use super::field::{CLIENT_CERT, CLIENT_CERT_CHAIN, CertificateField, FieldFinding};
use super::shown::{ClientCertificate, SettledCertificate};
use super::source::CertificateSource;
use crate::client::connection;
use crate::client::resolver::{ClientResolver, ForwardedHeader};
use crate::client::trail::TrustedProxies;
use crate::config_error::ConfigError;
use crate::request_head::RequestHead;

impl ClientResolver {
    /// Takes the certificate of the client from `field`, if a trusted proxy sends it (feature `client-certificate`).
    ///
    /// The proxy terminates TLS, verifies the certificate, and sets the field in every request. It must remove the field
    /// that a client sends, also where it accepts requests without TLS. RFC 9440 section 4 demands both. For example, with
    /// nginx: `proxy_set_header Client-Cert "";` in each `server` block that sets no certificate.
    ///
    /// - **From a trusted proxy**, the layer inserts a [`ClientCertificate`] into the extensions of the request. The
    ///   proxy must also say that the client used TLS, for example with `X-Forwarded-Proto: https`. A client without TLS
    ///   has no certificate, so a field of such a request was not written by the proxy.
    /// - **From every other peer**, the layer removes the field, and `Client-Cert-Chain` with it. The handler of a
    ///   public request does not see it either. Spellings with underscores or dots, such as `Client_Cert`, are
    ///   removed in all cases, because some programs take them for the same field.
    /// - **A field that cannot be read** counts as no certificate for tokens that are bound to one. The scheme
    ///   `CertificateLogin` answers `400`.
    ///
    /// Without this call, a request from a trusted proxy has no certificate: that of its connection is the proxy's own.
    /// With [`ForwardedHeader::ProxyProtocol`], the proxy passes the TLS of the client on, so the certificate of the
    /// connection is the client's, and no field is read.
    ///
    /// # Example
    ///
    /// ```
    /// use http::HeaderName;
    /// use tower_challenge::client::{CertificateField, ClientResolver, ForwardedHeader};
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let proxy = || ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["10.0.0.2"]);
    /// let rfc9440 = proxy()?.trust_client_certificate(CertificateField::client_cert())?;
    /// let nginx = CertificateField::escaped_pem(HeaderName::from_static("x-client-cert"))?;
    /// let nginx = proxy()?.trust_client_certificate(nginx)?;
    /// # drop((rfc9440, nginx));
    ///
    /// let direct = ClientResolver::by_connection().trust_client_certificate(CertificateField::client_cert());
    /// assert!(direct.is_err(), "there is no proxy to trust");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The resolver trusts no proxy, or the proxies speak the PROXY protocol and read no fields.
    pub fn trust_client_certificate(
        mut self,
        field: CertificateField,
    ) -> Result<Self, ConfigError> {
        let name = field.name.clone();
        self.certificate = CertificateSource(Some(field));
        self.checked(name.as_str())
    }

    /// Puts the certificate of the client into the extensions of `request`, and removes the fields of peers that are no
    /// trusted proxies. The layer calls it before it decides anything, so it holds for public requests, too.
    #[inline]
    pub(crate) fn settle_certificate<B>(&self, request: &mut Request<B>) {
        if !matches!(self.trust, TrustedProxies::NoProxy) {
            self.settle_behind_proxies(request);
        }
    }

    #[inline(never)]
    fn settle_behind_proxies<B>(&self, request: &mut Request<B>) {
        let is_settled = request.extensions().get::<SettledCertificate>().is_some();
        let mut has_read = is_settled;
        if !is_settled && self.is_from_proxy(request.extensions()) {
            let finding = self.certificate_of_proxy(&RequestHead::of(request));
            has_read = matches!(finding, FieldFinding::Certificate(_));
            self.insert(finding, request.extensions_mut());
        }
        if let CertificateSource(Some(field)) = &self.certificate {
            field.remove_from(request.headers_mut(), has_read);
        }
    }

    /// Whether the request comes from a trusted proxy that terminates TLS.
    fn is_from_proxy(&self, extensions: &Extensions) -> bool {
        let terminates_tls = self.forwarded_header != ForwardedHeader::ProxyProtocol;
        terminates_tls && self.trust.includes_peer(connection::peer(extensions))
    }

    fn certificate_of_proxy(&self, request: &RequestHead<'_>) -> FieldFinding {
        let CertificateSource(Some(field)) = &self.certificate else {
            return FieldFinding::Absent;
        };
        match field.read(request.headers()) {
            FieldFinding::Certificate(_) if !self.find(request).is_secure() => {
                FieldFinding::Unreadable
            }
            finding => finding,
        }
    }

    fn insert(&self, finding: FieldFinding, extensions: &mut Extensions) {
        // Without the field, an earlier certificate is that of the proxy's own connection.
        extensions.remove::<ClientCertificate>();
        if matches!(self.certificate, CertificateSource(None)) {
            return;
        }
        let is_unusable = matches!(finding, FieldFinding::Unreadable);
        extensions.insert(SettledCertificate { is_unusable });
        if let FieldFinding::Certificate(certificate) = finding {
            extensions.insert(certificate);
        }
    }
}

impl CertificateField {
    /// Removes the field unless a trusted proxy has written it, and removes its other spellings in all cases.
    fn remove_from(&self, headers: &mut HeaderMap, is_of_proxy: bool) {
        let chain = (self.name == CLIENT_CERT).then_some(CLIENT_CERT_CHAIN);
        let names = || std::iter::once(&self.name).chain(&chain);
        let is_removed = |sent: &HeaderName| {
            names().any(|name| is_spelling_of(sent, name) && !(is_of_proxy && sent == name))
        };
        while let Some(name) = headers.keys().find(|sent| is_removed(sent)).cloned() {
            headers.remove(name);
        }
    }
}

/// Whether `sent` is `name`, or differs from it only by underscores or dots in place of hyphens.
fn is_spelling_of(sent: &HeaderName, name: &HeaderName) -> bool {
    let plain = |byte| match byte {
        b'_' | b'.' => b'-',
        other => other,
    };
    let (sent, name) = (
        sent.as_str().bytes().map(plain),
        name.as_str().bytes().map(plain),
    );
    sent.eq(name)
}
