//! The credential scope: the day, the region and the service for which a signature is valid.

use super::reasons;
use crate::reason::ReasonText;
use crate::text::split::split;

/// The region and the service of a server. The scheme refuses signatures for another region or service, unless
/// [`also_regions`](super::SigV4Builder::also_regions) or [`also_services`](super::SigV4Builder::also_services) lists
/// it.
///
/// # Example
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
    /// Returns `true` if the service follows the rules of S3 for paths and payloads. These services are `s3`,
    /// `s3express`, `s3-outposts` and `s3-object-lambda`.
    #[must_use]
    pub fn is_s3(&self) -> bool {
        ["s3", "s3express", "s3-outposts", "s3-object-lambda"].contains(&self.service)
    }
}

/// The last part of every credential scope.
pub(super) const TERMINATOR: &str = "aws4_request";

/// The parameter `Credential`, parsed and not verified: `<access key id>/<day>/<region>/<service>/aws4_request`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CredentialParam<'a> {
    pub(super) access_key_id: &'a str,
    pub(super) day: &'a str,
    pub(super) scope: CredentialScope<'a>,
}

/// The longest access key id that the scheme looks up, in bytes. The ids of AWS have 16 to 128 characters.
const MAX_ID: usize = 128;

impl<'a> CredentialParam<'a> {
    /// Parses the parameter. It must have exactly five parts. Only the region and the service may be empty, as some
    /// clients send them without a setting.
    pub(super) fn read(text: &'a str) -> Result<Self, ReasonText> {
        let mut parts = split(text, b'/');
        let mut next = || parts.next();
        let five = (next(), next(), next(), next(), next());
        let (Some(access_key_id), Some(day), Some(region), Some(service), Some(end)) = five else {
            return Err(reasons::CREDENTIAL_PARTS);
        };
        if access_key_id.is_empty() || day.is_empty() {
            return Err(reasons::CREDENTIAL_EMPTY_PART);
        }
        if end != TERMINATOR || parts.next().is_some() {
            return Err(reasons::CREDENTIAL_LAST_PART);
        }
        let is_fit = |byte: u8| byte.is_ascii_graphic();
        if access_key_id.len() > MAX_ID || !access_key_id.bytes().all(is_fit) {
            return Err(reasons::INVALID_ACCESS_KEY_ID);
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
    fn a_credential_has_exactly_five_parts_and_only_region_and_service_may_be_empty() {
        for good in [
            "AKID/20150830/us-east-1/s3/aws4_request",
            "AKID/20150830//s3/aws4_request",
            "AKID/20150830/us-east-1//aws4_request",
        ] {
            assert!(CredentialParam::read(good).is_ok(), "{good}");
        }
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
            "AKID/20150830//s3",
            "AKID/20150830///s3/aws4_request",
            "AKID/20150830/us-east-1/s3//aws4_request",
            "AK ID/20150830/us-east-1/s3/aws4_request",
        ] {
            assert!(CredentialParam::read(bad).is_err(), "{bad}");
        }
        for (length, is_good) in [(128, true), (129, false)] {
            let id = "A".repeat(length);
            let long = format!("{id}/20150830/us-east-1/s3/aws4_request");
            assert_eq!(CredentialParam::read(&long).is_ok(), is_good, "{length}");
        }
    }
}
