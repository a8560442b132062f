//! Checks the values that a builder gets (RFC 9728 section 2).

use http::Uri;

use crate::config_error::ConfigError;
use crate::error_params::ErrorParams;
use crate::principal::Scopes;
use crate::text::secure_url::is_secure_url;

/// The issuer identifier of an authorization server (RFC 8414 section 2: "a URL that uses the \"https\" scheme and has no
/// query or fragment components").
pub(super) fn issuer(issuer: &str) -> Result<(), ConfigError> {
    match is_secure_url(issuer) && !issuer.contains('?') {
        true => Ok(()),
        false => Err(ConfigError::new(format!(
            "{issuer:?} is not an issuer identifier: use an https URL without a query and a fragment (http is accepted for this machine alone)"
        ))),
    }
}

pub(super) fn jwks_uri(url: &str) -> Result<(), ConfigError> {
    match is_secure_url(url) {
        true => Ok(()),
        false => Err(ConfigError::new(format!(
            "{url:?} is not the URL of a key set: use an https URL without a fragment (http is accepted for this machine alone)"
        ))),
    }
}

/// The URL of a page for people. It may have a fragment.
pub(super) fn page_url(url: &str) -> Result<(), ConfigError> {
    let page = url.split('#').next().unwrap_or_default();
    let uri = page.parse::<Uri>().unwrap_or_default();
    let is_web = matches!(uri.scheme_str(), Some("https" | "http"));
    let has_host = uri.host().is_some_and(|host| !host.is_empty());
    match is_web && has_host && url.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(()),
        false => Err(ConfigError::new(format!(
            "{url:?} is not the URL of a page: use an absolute https or http URL"
        ))),
    }
}

pub(super) fn name(name: &str) -> Result<(), ConfigError> {
    match name.trim().is_empty() {
        false => Ok(()),
        true => Err(ConfigError::new("the name of the resource is empty")),
    }
}

/// A language tag in the form of RFC 5646 section 2.1: subtags of at most eight letters and digits.
pub(super) fn language(tag: &str) -> Result<(), ConfigError> {
    let is_subtag = |subtag: &str| {
        (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let starts_with_letter = tag.starts_with(|c: char| c.is_ascii_alphabetic());
    match starts_with_letter && tag.split('-').all(is_subtag) {
        true => Ok(()),
        false => Err(ConfigError::new(format!(
            "{tag:?} is not a language tag: use one such as \"fr\" or \"pt-BR\" (RFC 5646)"
        ))),
    }
}

pub(super) fn scopes(list: &str) -> Result<Vec<String>, ConfigError> {
    let scopes = Scopes::new(list);
    if scopes.is_empty() {
        return Err(ConfigError::new(
            "no supported scope is named: name one, or leave the call out",
        ));
    }
    ErrorParams::insufficient_scope(&scopes.to_string())?;
    Ok(scopes.iter().map(str::to_owned).collect())
}

/// The algorithms with which a resource signs its responses. RFC 9728 section 2: "The value none MUST NOT be used."
pub(super) fn signing_algorithms(names: &[String]) -> Result<(), ConfigError> {
    non_empty("signing algorithm", names)?;
    match names.iter().find(|name| name.eq_ignore_ascii_case("none")) {
        None => Ok(()),
        Some(_) => Err(ConfigError::new(
            "the algorithm `none` is no signature: name an algorithm such as ES256",
        )),
    }
}

/// The algorithms of DPoP proofs. RFC 9449 section 4.2: the algorithm "MUST NOT be none or an identifier for a symmetric
/// algorithm".
pub(super) fn dpop_algorithms(names: &[String]) -> Result<(), ConfigError> {
    signing_algorithms(names)?;
    match names.iter().find(|name| name.starts_with("HS")) {
        None => Ok(()),
        Some(name) => Err(ConfigError::new(format!(
            "the algorithm {name} is symmetric: name an algorithm such as ES256"
        ))),
    }
}

/// Whether a list has at least one entry, and no empty one.
pub(super) fn non_empty(kind: &str, names: &[String]) -> Result<(), ConfigError> {
    match names.is_empty() || names.iter().any(String::is_empty) {
        false => Ok(()),
        true => Err(ConfigError::new(format!(
            "the list of {kind}s is empty or has an empty entry: name at least one {kind}, or leave the call out"
        ))),
    }
}
