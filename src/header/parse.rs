//! Reads a field line with credentials, a challenge or the parameters of `Authentication-Info`.
//!
//! ```text
//! challenge   = auth-scheme [ 1*SP ( token68 / #auth-param ) ]     ; in a list
//! credentials = auth-scheme [ 1*SP ( token68 / #auth-param ) ]     ; alone in its field
//! Authentication-Info = #auth-param
//! ```

use super::Params;
use super::cursor::FieldCursor;
use super::grammar::{ByteClass, is_token68};
use super::parse_error::{ExpectedSyntax, ParseError};
use super::rendered::RenderedField;
use super::unique_params::UniqueParams;

/// The part of credentials or of a challenge after the name of the scheme.
#[derive(Clone, Copy)]
pub(super) enum CredentialsForm<'a> {
    Token68(&'a [u8]),
    /// The list of parameters. It is empty if nothing follows the name of the scheme.
    Params(Params<'a>),
}

/// Reads the name of the scheme in credentials. [`credentials`] or the scheme itself reads the rest.
#[inline]
pub(super) fn scheme_of_credentials(value: &[u8]) -> Result<(&[u8], FieldCursor<'_>), ParseError> {
    let mut cursor = FieldCursor::new(value, 1);
    if cursor.is_at_end() {
        return Err(cursor.error(ExpectedSyntax::SomeValue));
    }
    let scheme = cursor.token(ExpectedSyntax::SchemeName)?;
    if !cursor.skip(ByteClass::SP) && !cursor.is_at_end() {
        return Err(cursor.error(ExpectedSyntax::SchemeEnd));
    }
    Ok((scheme, cursor))
}

/// Reads credentials after the name of the scheme, to the end of the value.
///
/// If there are parameters, this function passes them to `keep`.
#[inline]
pub(super) fn credentials<'a>(
    cursor: FieldCursor<'a>,
    keep: impl FnOnce(UniqueParams<'a>),
) -> Result<CredentialsForm<'a>, ParseError> {
    match is_token68(cursor.rest()) {
        true => Ok(CredentialsForm::Token68(cursor.rest())),
        false => params_of_credentials(cursor, keep),
    }
}

/// Reads the rest of credentials that is no token68: parameters, or nothing.
fn params_of_credentials<'a>(
    mut cursor: FieldCursor<'a>,
    keep: impl FnOnce(UniqueParams<'a>),
) -> Result<CredentialsForm<'a>, ParseError> {
    let params = Params::new(cursor.rest());
    if cursor.is_at_end() {
        return Ok(CredentialsForm::Params(params));
    }
    // A token68 with a comma behind it, such as `Bearer abc,`. The error names the comma.
    if cursor.token68().is_some() {
        return Err(cursor.error(ExpectedSyntax::End));
    }
    let (mut list, mut empty) = (UniqueParams::new(), 0);
    cursor.starts_list()?;
    while cursor.find_element(&mut empty)? {
        cursor.new_param(&mut list)?;
        cursor.end_element()?;
    }
    keep(list);
    Ok(CredentialsForm::Params(params))
}

/// Finds the parts of a challenge that this crate has already checked and rendered.
pub(super) fn checked_challenge(text: &[u8]) -> (&[u8], CredentialsForm<'_>) {
    let mut cursor = FieldCursor::of_checked(text);
    let scheme = cursor.run(ByteClass::TCHAR);
    cursor.skip(ByteClass::SP);
    match cursor.token68() {
        Some(token68) => (scheme, CredentialsForm::Token68(token68)),
        None => (scheme, CredentialsForm::Params(Params::new(cursor.rest()))),
    }
}

/// Reads the parameters of all `lines`, which together are one list (RFC 9110 section 5.3).
pub(super) fn params<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
) -> Result<RenderedField, ParseError> {
    let (mut list, mut empty) = (UniqueParams::new(), 0);
    let mut rendered = RenderedField::params();
    for (line, text) in (1..).zip(lines) {
        let mut cursor = FieldCursor::new(text, line);
        while cursor.find_element(&mut empty)? {
            rendered.param(cursor.new_param(&mut list)?);
            cursor.end_element()?;
        }
    }
    Ok(rendered)
}
