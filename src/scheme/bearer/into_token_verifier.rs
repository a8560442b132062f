//! Turns what an application has into a verifier of tokens: a verifier, or a list.

use std::collections::{BTreeMap, HashMap};

use super::listed_token::ListedToken;
use super::tokens::StaticTokens;
use super::verify_token::VerifyToken;
use crate::config_error::ConfigError;
use crate::secret::SecretString;

/// Becomes a verifier of tokens. [`RequireAuth::bearer`](crate::RequireAuth) and [`Bearer::new`](super::Bearer::new)
/// take any value that implements this trait, and so do `RequireAuth::api_key` and `ApiKey::new` (feature `api-key`).
///
/// | value | verifier |
/// |---|---|
/// | a [`VerifyToken`]: `jwt::JwtVerifier` (feature `jwt`), `introspection::IntrospectionVerifier` (feature `introspection`), [`StaticTokens`], a closure, an `Arc<dyn VerifyToken<..>>`, .. | the value itself |
/// | a list of tokens, with or without their owners | [`StaticTokens`] |
/// | a `Result` of one of these, with [`ConfigError`] | that of its value |
///
/// A list of tokens is an array, a `Vec` or a slice of [`ListedToken`], or a `HashMap` or a `BTreeMap` of owners and
/// tokens. Collect an iterator into a `Vec`.
///
/// Because a `Result` is accepted, a constructor needs no `?` of its own. For example, `build()` of a `JwtVerifier` is
/// good as it is.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::bearer::{IntoTokenVerifier, VerifyToken};
/// use tower_challenge::{ConfigError, Principal, Secret};
///
/// fn owner<T>(tokens: T) -> Result<Option<String>, ConfigError>
/// where
///     T: IntoTokenVerifier<Verifier: VerifyToken<Identity = Principal>>,
/// {
///     let verifier = tokens.into_token_verifier()?;
///     let verified = verifier.verify(Secret::new("t0ken")).try_now().ok();
///     let caller = verified.and_then(|verified| verified.ok()?.ok());
///     Ok(caller.map(|caller| caller.name().to_owned()))
/// }
///
/// assert_eq!(owner(["t0ken", "an0ther"])?.as_deref(), Some("bearer"));
/// assert_eq!(owner([("ci", "t0ken")])?.as_deref(), Some("ci"));
/// assert_eq!(owner(["another"])?, None);
///
/// // Lists from the environment are often wrong in one of these ways.
/// assert!(owner([""]).is_err(), "an unset variable must not be a token");
/// assert!(owner(["t0ken", "t0ken"]).is_err(), "a token that two callers have");
/// assert!(owner(["two tokens"]).is_err(), "a client could not send it");
/// # Ok::<(), ConfigError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not verify tokens, and is no list of tokens",
    note = "a list is an array, a `Vec` or a slice: `[token]` or `[(\"owner\", token)]`",
    note = "collect an iterator with `.collect::<Vec<_>>()`, and call `build()` of a builder"
)]
pub trait IntoTokenVerifier {
    /// The verifier.
    type Verifier: VerifyToken;

    /// Makes the verifier.
    ///
    /// # Errors
    ///
    /// A list has an empty token, a token twice, or a token that is no b64token (RFC 6750 section 2.1). An empty list
    /// makes a verifier that [accepts no token](VerifyToken::is_empty), which the scheme refuses.
    fn into_token_verifier(self) -> Result<Self::Verifier, ConfigError>;

    /// Makes the verifier for API keys, which may have characters that no b64token has. A list may then have keys of all
    /// visible ASCII characters. Any other value makes the same verifier as for tokens.
    ///
    /// # Errors
    ///
    /// A list has an empty key, a key twice, or a key with a space or a character that is not ASCII.
    fn into_key_verifier(self) -> Result<Self::Verifier, ConfigError>
    where
        Self: Sized,
    {
        self.into_token_verifier()
    }
}

impl<V: VerifyToken> IntoTokenVerifier for V {
    type Verifier = Self;

    fn into_token_verifier(self) -> Result<Self, ConfigError> {
        Ok(self)
    }
}

impl<V: IntoTokenVerifier> IntoTokenVerifier for Result<V, ConfigError> {
    type Verifier = V::Verifier;

    fn into_token_verifier(self) -> Result<V::Verifier, ConfigError> {
        self?.into_token_verifier()
    }

    fn into_key_verifier(self) -> Result<V::Verifier, ConfigError> {
        self?.into_key_verifier()
    }
}

macro_rules! becomes_static_tokens {
    ($([$($generics:tt)*] $list:ty, $iterate:expr;)*) => {$(
        impl<$($generics)*> IntoTokenVerifier for $list {
            type Verifier = StaticTokens;

            fn into_token_verifier(self) -> Result<StaticTokens, ConfigError> {
                add_all(StaticTokens::new()?, $iterate(self))
            }

            fn into_key_verifier(self) -> Result<StaticTokens, ConfigError> {
                add_all(StaticTokens::new()?.allow_api_keys(), $iterate(self))
            }
        }
    )*};
}

becomes_static_tokens! {
    [T: ListedToken, const LEN: usize] [T; LEN], IntoIterator::into_iter;
    [T: ListedToken] Vec<T>, IntoIterator::into_iter;
    [N: AsRef<str>, T: Into<SecretString>, S] HashMap<N, T, S>, IntoIterator::into_iter;
    [N: AsRef<str>, T: Into<SecretString>] BTreeMap<N, T>, IntoIterator::into_iter;
    [T: ListedToken + Clone, const LEN: usize] &[T; LEN], |list: Self| list.iter().cloned();
    [T: ListedToken + Clone] &Vec<T>, |list: Self| list.iter().cloned();
    [T: ListedToken + Clone] &[T], |list: Self| list.iter().cloned();
}

fn add_all<T: ListedToken>(
    set: StaticTokens,
    tokens: impl IntoIterator<Item = T>,
) -> Result<StaticTokens, ConfigError> {
    tokens.into_iter().try_fold(set, |set, token| {
        let (owner, token) = token.into_owner_and_token();
        set.token(token.expose(), owner)
    })
}
