//! What a signature is good for: a day, a region, a service.

/// The region and the service that a server answers for. Signatures for any other are refused.
///
/// ```
/// use tower_challenge::scheme::sigv4::CredentialScope;
///
/// let scope = CredentialScope { region: "us-east-1", service: "s3" };
/// assert!(scope.is_s3());
/// assert!(!CredentialScope { service: "execute-api", ..scope }.is_s3());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialScope<'a> {
    /// The region, such as `us-east-1`.
    pub region: &'a str,
    /// The service, such as `s3` or `execute-api`.
    pub service: &'a str,
}

impl CredentialScope<'_> {
    /// Whether the rules of S3 hold for paths and payloads.
    #[must_use]
    pub fn is_s3(&self) -> bool {
        ["s3", "s3express", "s3-outposts", "s3-object-lambda"].contains(&self.service)
    }
}

/// What ends every scope.
pub(super) const TERMINATOR: &str = "aws4_request";

/// `<access key id>/<day>/<region>/<service>/aws4_request`, read and not yet believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CredentialParam<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) day: &'a str,
    pub(super) scope: CredentialScope<'a>,
}

/// The longest access key id that is looked up, in octets. Those of AWS have 16 to 128.
const MAX_ID: usize = 128;

impl<'a> CredentialParam<'a> {
    /// Reads one: five parts, and no more.
    pub(super) fn read(text: &'a str) -> Result<Self, &'static str> {
        let mut parts = text.as_bytes().split(|&octet| octet == b'/');
        let mut next = || {
            std::str::from_utf8(parts.next()?)
                .ok()
                .filter(|it| !it.is_empty())
        };
        let parts_of = (next(), next(), next(), next(), next());
        let (Some(access_key_id), Some(day), Some(region), Some(service), Some(end)) = parts_of
        else {
            return Err("the credential has not five parts");
        };
        if end != TERMINATOR || parts.next().is_some() {
            return Err("the credential does not end as it has to");
        }
        let is_fit = |octet: u8| octet.is_ascii_graphic();
        if access_key_id.len() > MAX_ID || !access_key_id.bytes().all(is_fit) {
            return Err("the access key id cannot be one");
        }
        Ok(Self {
            access_key_id,
            day,
            scope: CredentialScope { region, service },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::CredentialParam;

    #[test]
    fn a_credential_has_five_parts_and_each_says_something() {
        assert!(CredentialParam::read("AKID/20150830/us-east-1/s3/aws4_request").is_ok());
        for bad in [
            "",
            "AKID",
            "AKID/20150830/us-east-1/s3",
            "AKID/20150830/us-east-1/s3/",
            "AKID/20150830/us-east-1/s3/aws5_request",
            "AKID/20150830/us-east-1/s3/AWS4_REQUEST",
            "AKID/20150830/us-east-1/s3/aws4_request/",
            "AKID/20150830/us-east-1/s3/aws4_request/aws4_request",
            "/AKID/20150830/us-east-1/s3/aws4_request",
            "AKID//us-east-1/s3/aws4_request",
            "AK ID/20150830/us-east-1/s3/aws4_request",
        ] {
            assert!(CredentialParam::read(bad).is_err(), "{bad}");
        }
        let long = "A".repeat(129);
        let long = format!("{long}/20150830/us-east-1/s3/aws4_request");
        assert!(CredentialParam::read(&long).is_err());
    }
}
