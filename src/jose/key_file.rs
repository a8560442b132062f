//! Keys in a file that may change.

use std::path::Path;
use std::time::Duration;

use super::backend::SignatureBackend;
use super::key::VerificationKey;
use super::key_set::{KeyRule, KeySet};
use super::key_source::KeySource;
use crate::config_error::ConfigError;
use crate::now_or_later::NowOrLater;
use crate::reloading::{FileHealth, ParsedFile, ReloadEvent, ReloadingFile};
use crate::unavailable::Unavailable;

/// The keys of a file: a JSON Web Key Set, or one public key in PEM. A clone shares the keys.
///
/// The file is read again when it changes, after [`watch`](Self::watch) or at [`reload`](Self::reload). If the new
/// contents have no usable key, the last good keys stay in effect.
///
/// Unlike `jwks::RemoteKeys`, a `KeyFile` does not look for newer keys when a token names an unknown key. Until the next
/// look at the file, the token is `401`. Therefore, write a new key into the file before the issuer signs with it, or call
/// `reload` after you have written it.
///
/// # Example
///
/// ```
/// # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
/// use tower_challenge::jose::KeyFile;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let place = std::env::temp_dir().join(format!("keys.{}.json", std::process::id()));
/// assert!(KeyFile::open(&place).is_err(), "the file must exist");
///
/// let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// std::fs::write(&place, format!(r#"{{"keys":[{jwk}]}}"#))?;
/// let keys = KeyFile::open(&place)?;
/// keys.watch(std::time::Duration::from_secs(5))?;
/// # std::fs::remove_file(place)?;
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
#[derive(Clone, Debug)]
pub struct KeyFile(ReloadingFile<KeySet>);

impl KeyFile {
    /// Reads the file at `path` with the [default backend](SignatureBackend::default).
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has no usable key. The message begins with the path.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        Self::open_with(path, SignatureBackend::default())
    }

    /// Reads the file at `path` as [`open`](Self::open) does, for the backend `backend`.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open), or the feature of the backend is not enabled.
    pub fn open_with(
        path: impl AsRef<Path>,
        backend: SignatureBackend,
    ) -> Result<Self, ConfigError> {
        let file = ReloadingFile::open_parsed(path, move |bytes| {
            let contents = parse(bytes, backend)?;
            let warnings = contents.skipped().to_vec();
            Ok(ParsedFile { contents, warnings })
        });
        Ok(Self(file?))
    }

    /// Reads the file again now, if it has changed. The call blocks. In `async` code, call
    /// [`spawn_reload`](Self::spawn_reload).
    pub fn reload(&self) -> ReloadEvent {
        self.0.reload()
    }

    /// Starts a thread that reads the file again now, and returns at once.
    ///
    /// # Errors
    ///
    /// The operating system could not start a thread.
    pub fn spawn_reload(&self) -> Result<(), ConfigError> {
        self.0.spawn_reload()
    }

    /// Starts a thread that reads the file after every `interval`. It ends when the last clone is dropped.
    ///
    /// # Errors
    ///
    /// `interval` is zero, or the operating system could not start a thread.
    pub fn watch(&self, interval: Duration) -> Result<(), ConfigError> {
        self.0.watch(interval)
    }

    /// Sets the listener that is called with the result of a reload. Keys that are skipped are warnings.
    pub fn on_reload(&self, listener: impl Fn(&ReloadEvent) + Send + Sync + 'static) {
        self.0.on_reload(listener);
    }

    /// Whether the keys in memory are those of the file, and if not, why.
    #[must_use]
    pub fn health(&self) -> FileHealth {
        self.0.health()
    }
}

impl KeySource for KeyFile {
    fn keys(&self) -> NowOrLater<Result<KeySet, Unavailable>> {
        NowOrLater::now(Ok(self.0.with(KeySet::clone)))
    }
}

fn parse(bytes: &[u8], backend: SignatureBackend) -> Result<KeySet, ConfigError> {
    let text = bytes.trim_ascii_start();
    if !text.starts_with(b"-----BEGIN") {
        return KeySet::parse(bytes, backend, KeyRule::CONFIGURED);
    }
    let text = std::str::from_utf8(text).map_err(|_| ConfigError::new("PEM must be ASCII"))?;
    KeySet::new([VerificationKey::from_pem_with(text, backend)?])
}
