//! How this server proves to the authorization server which client it is.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::AUTHORIZATION;

use super::form::{QuestionForm, encoded};
use super::outage::Outage;
use crate::secret::SecretString;

/// The credentials with which this server asks an authorization server about tokens. Register a client for it there.
///
/// The server must authenticate (RFC 7662 section 2.1), so that no other program can try tokens out.
///
/// # Example
///
/// ```
/// use tower_challenge::introspection::ClientCredentials;
///
/// let credentials = ClientCredentials::secret_basic("orders", "s3cret");
/// assert_eq!(format!("{credentials:?}"), r#"ClientCredentials { client: "orders", .. }"#);
/// ```
#[derive(Clone)]
pub struct ClientCredentials {
    client: Arc<str>,
    method: Arc<dyn AuthenticateClient>,
}

/// A way in which a client authenticates.
pub(super) trait AuthenticateClient: Send + Sync {
    /// Adds the credentials of `client` to a request that is sent at the time `now`.
    ///
    /// # Errors
    ///
    /// The credentials cannot be made.
    fn add(&self, client: &str, form: &mut QuestionForm, now: SystemTime) -> Result<(), Outage>;
}

impl ClientCredentials {
    /// Sends the secret of a client in `Authorization: Basic` (`client_secret_basic`).
    ///
    /// Name and secret are encoded as in a form before they are joined, as RFC 6749 section 2.3.1 demands. A few servers do
    /// not decode them. There, a secret of letters, digits and `-._` works, and [`secret_post`](Self::secret_post) works
    /// with every secret.
    #[must_use]
    pub fn secret_basic(client: &str, secret: impl Into<SecretString>) -> Self {
        Self::with(client, SecretBasic(secret.into()))
    }

    /// Sends the secret of a client in the form (`client_secret_post`).
    #[must_use]
    pub fn secret_post(client: &str, secret: impl Into<SecretString>) -> Self {
        Self::with(client, SecretPost(secret.into()))
    }

    pub(super) fn with(client: &str, method: impl AuthenticateClient + 'static) -> Self {
        Self {
            client: client.into(),
            method: Arc::new(method),
        }
    }

    pub(super) fn client(&self) -> &str {
        &self.client
    }

    pub(super) fn add_to(&self, form: &mut QuestionForm, now: SystemTime) -> Result<(), Outage> {
        self.method.add(&self.client, form, now)
    }
}

struct SecretBasic(SecretString);

impl AuthenticateClient for SecretBasic {
    fn add(&self, client: &str, form: &mut QuestionForm, _: SystemTime) -> Result<(), Outage> {
        let pair = format!("{}:{}", encoded(client), encoded(self.0.expose()));
        let credentials = format!("Basic {}", STANDARD.encode(pair));
        // Base64 has no character that a field cannot hold.
        let credentials = HeaderValue::try_from(credentials);
        let mut credentials = credentials.map_err(|error| Outage::new(error.to_string()))?;
        credentials.set_sensitive(true);
        form.fields.insert(AUTHORIZATION, credentials);
        Ok(())
    }
}

struct SecretPost(SecretString);

impl AuthenticateClient for SecretPost {
    fn add(&self, client: &str, form: &mut QuestionForm, _: SystemTime) -> Result<(), Outage> {
        form.add("client_id", client);
        form.add("client_secret", self.0.expose());
        Ok(())
    }
}

/// Shows the name of the client.
impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ClientCredentials");
        shown.field("client", &self.client).finish_non_exhaustive()
    }
}
