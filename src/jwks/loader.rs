//! Loads a set of keys: one or more requests, one after the other.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue, USER_AGENT};
use http::{HeaderMap, Request};

use super::discovery::IssuerMetadata;
use super::freshness::fresh_for;
use crate::http_client::{AGENT, FetchFault, FetchedDocument, HttpClient, RemoteUrl, UrlRule};
use crate::jose::{KeyRule, KeySet, SignatureBackend};

/// Where the keys are.
pub(super) enum KeysLocation {
    Url(RemoteUrl),
    Issuer(IssuerMetadata),
}

/// Loads a set of keys.
pub(super) struct KeysLoader {
    pub(super) location: KeysLocation,
    pub(super) rule: UrlRule,
    pub(super) client: Arc<dyn HttpClient>,
    pub(super) max_size: usize,
    pub(super) backend: SignatureBackend,
}

/// A set of keys that was loaded.
#[derive(Clone)]
pub(super) struct LoadedKeys {
    pub(super) keys: KeySet,
    /// The hash of the text of the set.
    pub(super) text: blake3::Hash,
    /// For how long the issuer says that the text stays fresh.
    pub(super) fresh_for: Option<Duration>,
}

/// The rule for the keys of an issuer. Everyone can read them, so a secret among them would let everyone make tokens.
///
/// The largest RSA key has 1.4 KiB, and some issuers publish the chain of its certificates (`x5c`) beside it: four
/// certificates with RSA keys of 4096 bits have about 10 KiB.
const FETCHED: KeyRule = KeyRule {
    most_bytes: 16 * 1024,
    allows_secrets: false,
};

impl KeysLoader {
    /// Loads the keys. If the text is the same as that of `known`, the result has the same set: then a token that has
    /// verified need not look for its key again.
    pub(super) async fn load(&self, known: Option<LoadedKeys>) -> Result<LoadedKeys, FetchFault> {
        match &self.location {
            KeysLocation::Url(url) => self.load_from(url, known).await,
            KeysLocation::Issuer(metadata) => {
                let url = self.discover(metadata).await?;
                self.load_from(&url, known).await
            }
        }
    }

    /// The name of the keys in a message.
    pub(super) fn place(&self) -> String {
        match &self.location {
            KeysLocation::Url(url) => url.to_string(),
            KeysLocation::Issuer(metadata) => metadata.issuer().to_owned(),
        }
    }

    async fn load_from(
        &self,
        url: &RemoteUrl,
        known: Option<LoadedKeys>,
    ) -> Result<LoadedKeys, FetchFault> {
        let document = self.get(url).await?;
        let text = blake3::hash(&document.body);
        let known = known.filter(|known| known.text == text);
        let keys = match known {
            Some(known) => known.keys,
            None => KeySet::parse(&document.body, self.backend, FETCHED)
                .map_err(|error| FetchFault::new(error.to_string()).at(url))?,
        };
        Ok(LoadedKeys {
            keys,
            text,
            fresh_for: fresh_for(&document.fields),
        })
    }

    /// Finds the URL of the keys. If the issuer has no metadata of OpenID Connect, it may have that of RFC 8414.
    async fn discover(&self, metadata: &IssuerMetadata) -> Result<RemoteUrl, FetchFault> {
        let is_absent = |fault: &FetchFault| fault.status.is_some_and(|one| one.is_client_error());
        match self.keys_url(metadata, &metadata.openid).await {
            Err(openid) if is_absent(&openid) => {
                let oauth = self.keys_url(metadata, &metadata.oauth).await;
                oauth.map_err(|oauth| openid.and(&oauth))
            }
            openid => openid,
        }
    }

    /// Reads the URL of the keys in the metadata at `url`.
    async fn keys_url(
        &self,
        metadata: &IssuerMetadata,
        url: &RemoteUrl,
    ) -> Result<RemoteUrl, FetchFault> {
        let document = self.get(url).await?;
        let keys = metadata.keys_url(&document.body, self.rule);
        keys.map_err(|fault| fault.at(url))
    }

    async fn get(&self, url: &RemoteUrl) -> Result<FetchedDocument, FetchFault> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = url.uri().clone();
        *request.headers_mut() = fields();
        let document = self.client.send(request, self.max_size).await;
        document.map_err(|fault| fault.at(url))
    }
}

/// Some servers refuse requests without `User-Agent`.
fn fields() -> HeaderMap {
    let accept = HeaderValue::from_static("application/jwk-set+json, application/json");
    let agent = HeaderValue::from_static(AGENT);
    HeaderMap::from_iter([(ACCEPT, accept), (USER_AGENT, agent)])
}
