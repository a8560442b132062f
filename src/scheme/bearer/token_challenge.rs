//! The parameters of a challenge that asks for an access token (RFC 6750 section 3, RFC 9449 section 7.1).

use crate::config_error::ConfigError;
use crate::error_params::ErrorParams;
use crate::header::{Challenge, ChallengeBuilder, InvalidChallenge};
use crate::text::secure_url::is_secure_url;

/// Makes the challenge with the parameters of `error`. They replace parameters of the same name, since RFC 6750 section
/// 3 allows each parameter once.
pub(in crate::scheme) fn with_error(
    challenge: &Challenge,
    error: &ErrorParams,
) -> Result<Challenge, InvalidChallenge> {
    let builder = without(challenge, |name| error.says(name));
    error.add_to(builder).build()
}

/// Makes the challenge with the parameter `name`, which replaces a parameter of the same name.
pub(in crate::scheme) fn with_param(
    challenge: &Challenge,
    name: &str,
    value: &str,
) -> Result<Challenge, InvalidChallenge> {
    let builder = without(challenge, |other| other.eq_ignore_ascii_case(name));
    builder.quoted(name, value).build()
}

/// A builder for the same challenge, without the parameters for which `leave_out` returns true.
fn without(challenge: &Challenge, leave_out: impl Fn(&str) -> bool) -> ChallengeBuilder {
    let params = challenge.params();
    params
        .filter(|param| !leave_out(param.name()))
        .fold(Challenge::builder(challenge.scheme()), |builder, param| {
            builder.quoted(param.name(), param.value().to_bytes())
        })
}

/// Checks scopes that are separated by spaces. The builder of the challenge checks their characters.
pub(in crate::scheme) fn check_scopes(scopes: &str) -> Result<(), ConfigError> {
    match scopes.split(' ').any(str::is_empty) {
        false => Ok(()),
        true => Err(ConfigError::new(
            "empty scope: separate scopes by exactly one space",
        )),
    }
}

/// Checks the URL of the metadata of a resource. RFC 9728 section 1.2: the identifier of a resource, from which this URL
/// is made, is an `https` URL without a fragment.
pub(in crate::scheme) fn check_metadata_url(url: &str) -> Result<(), ConfigError> {
    match is_secure_url(url) {
        true => Ok(()),
        false => Err(ConfigError::new(format!(
            "{url:?} is not a valid metadata URL: use an https URL without a fragment"
        ))),
    }
}
