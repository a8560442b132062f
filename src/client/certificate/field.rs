//! Reads the certificate of a client from the field of a proxy.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::shown::ClientCertificate;
use crate::config_error::ConfigError;
use crate::text::percent;

/// The field in which a trusted proxy sends the certificate of its client.
///
/// | proxy | setting of the proxy | value |
/// |---|---|---|
/// | a proxy with RFC 9440 | `Client-Cert` | [`client_cert`](Self::client_cert) |
/// | nginx | `proxy_set_header X-Client-Cert $ssl_client_escaped_cert;` | [`escaped_pem`](Self::escaped_pem) of `x-client-cert` |
/// | Traefik | `passTLSClientCert: { pem: true }` | `escaped_pem` of `x-forwarded-tls-client-cert` |
/// | AWS ALB | mutual TLS with a trust store | `escaped_pem` of `x-amzn-mtls-clientcert-leaf` |
#[derive(Clone, Debug)]
pub struct CertificateField {
    pub(super) name: HeaderName,
    form: CertificateForm,
}

/// How a proxy writes a certificate.
#[derive(Clone, Copy, Debug)]
enum CertificateForm {
    /// A byte sequence of structured fields: the base64 of the DER between two colons.
    ByteSequence,
    /// PEM, percent-encoded.
    EscapedPem,
}

/// The result of reading a field with the certificate of a client.
pub(super) enum FieldFinding {
    /// The client has shown no certificate.
    Absent,
    Certificate(ClientCertificate),
    /// The field cannot be read.
    Unreadable,
}

pub(super) const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
pub(super) const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");

/// The longest value that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// Padding may be missing: RFC 9651 section 4.2.7 says that a parser should not fail then.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Fields that cannot hold a certificate, because clients and servers use them for something else.
const OF_HTTP: [HeaderName; 6] = [
    header::AUTHORIZATION,
    header::PROXY_AUTHORIZATION,
    header::COOKIE,
    header::FORWARDED,
    header::HOST,
    header::VIA,
];

impl CertificateField {
    /// The field `Client-Cert` of RFC 9440: `Client-Cert: :MIIBqDCC..AaE=:`.
    #[must_use]
    pub const fn client_cert() -> Self {
        Self {
            name: CLIENT_CERT,
            form: CertificateForm::ByteSequence,
        }
    }

    /// The field `name`, with a certificate in PEM that is percent-encoded. The lines `-----BEGIN CERTIFICATE-----` and
    /// `-----END CERTIFICATE-----` may be missing. If the proxy sends the whole chain, the first certificate counts.
    ///
    /// # Errors
    ///
    /// HTTP uses the field for something else. For example, `Host` has the name of the server.
    pub fn escaped_pem(name: HeaderName) -> Result<Self, ConfigError> {
        if OF_HTTP.contains(&name) {
            return Err(ConfigError::new(
                "a certificate cannot be in a field that HTTP uses for something else: use a field of your own, such as X-Client-Cert",
            ));
        }
        let form = CertificateForm::EscapedPem;
        Ok(Self { name, form })
    }

    /// Reads the field of a trusted proxy.
    pub(super) fn read(&self, headers: &HeaderMap) -> FieldFinding {
        let mut lines = headers.get_all(&self.name).iter();
        match (lines.next(), lines.next()) {
            (None, _) => FieldFinding::Absent,
            // Only one of the lines can be from the proxy, and nothing says which of them.
            (Some(_), Some(_)) => FieldFinding::Unreadable,
            (Some(line), None) => self.read_line(line),
        }
    }

    fn read_line(&self, line: &HeaderValue) -> FieldFinding {
        let value = line.as_bytes().trim_ascii();
        // Proxies write an empty value for a client without a certificate, and Apache writes `(null)`.
        if value.is_empty() || value == b"(null)" {
            return FieldFinding::Absent;
        }
        let der = match self.form {
            _ if value.len() > LONGEST => None,
            CertificateForm::ByteSequence => of_byte_sequence(value),
            CertificateForm::EscapedPem => of_escaped_pem(value),
        };
        let der = der.filter(|der| is_sequence(der));
        der.map_or(FieldFinding::Unreadable, |der| {
            FieldFinding::Certificate(ClientCertificate::from_der(der))
        })
    }
}

/// RFC 9440 section 2.1: a certificate is the base64 of its DER, "delimited with colons".
fn of_byte_sequence(value: &[u8]) -> Option<Vec<u8>> {
    let base64 = value.strip_prefix(b":")?.strip_suffix(b":")?;
    BASE64.decode(base64).ok()
}

/// Reads the first certificate of a chain in PEM. Traefik separates the certificates with commas, and leaves the lines
/// that begin and end each of them out.
fn of_escaped_pem(value: &[u8]) -> Option<Vec<u8>> {
    let pem = String::from_utf8(percent::decode(value, Some)?).ok()?;
    let pem = pem.trim_ascii();
    let base64 = match pem.strip_prefix("-----BEGIN CERTIFICATE-----") {
        Some(pem) => {
            let (base64, chain) = pem.split_once("-----END CERTIFICATE-----")?;
            // A comma shows that two field lines were joined, and the first of them may be the client's.
            (!chain.contains(',')).then_some(base64)?
        }
        None => pem.split(',').next()?,
    };
    let base64 = base64.split_ascii_whitespace().collect::<String>();
    BASE64.decode(base64).ok()
}

/// Whether `der` is one SEQUENCE and nothing behind it, as every certificate is. A certificate that was cut off is not.
fn is_sequence(der: &[u8]) -> bool {
    let (length, contents) = match *der {
        [0x30, length @ 0..=0x7f, ref contents @ ..] => (usize::from(length), contents),
        [0x30, 0x81, length, ref contents @ ..] => (usize::from(length), contents),
        [0x30, 0x82, high, low, ref contents @ ..] => {
            (usize::from(u16::from_be_bytes([high, low])), contents)
        }
        _ => return false,
    };
    contents.len() == length
}

#[cfg(test)]
mod tests {
    use super::is_sequence;

    #[test]
    fn a_certificate_is_one_sequence_and_nothing_behind_it() {
        let sequence = |head: &[u8], length| [head, &vec![0; length]].concat();
        for good in [
            sequence(&[0x30, 0], 0),
            sequence(&[0x30, 0x7f], 0x7f),
            sequence(&[0x30, 0x81, 0x80], 0x80),
            sequence(&[0x30, 0x82, 1, 2], 0x102),
        ] {
            assert!(is_sequence(&good), "{good:?}");
            assert!(!is_sequence(&[good.as_slice(), &[0]].concat()));
            assert!(good.len() == 2 || !is_sequence(&good[..good.len() - 1]));
        }
        for bad in [
            &[][..],
            &[0x30],
            &[0x31, 0],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x83, 0, 0, 0],
        ] {
            assert!(!is_sequence(bad), "{bad:?}");
        }
    }
}
