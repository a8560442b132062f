//! Sends several challenges, in the order that the path gives.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tower::{Layer, ServiceExt};
use tower_challenge::ErrorParams;
use tower_challenge::header::Challenge;
use tower_challenge::scheme::digest::{DigestAlgorithm, NonceKeys};
use tower_challenge::scheme::{
    Attempt, BodyUnread, BoxScheme, CredentialsField, Scheme, SchemeExt, VerdictNowOrLater,
};
use tower_challenge::store::ReplayStore;
use tower_challenge::{ClaimedAccount, ConfigError, NowOrLater, Principal};

use crate::handler;
use crate::schemes::{self, Guard};
use crate::stores::Stores;

/// The state that all requests share. There are hundreds of orders, so each request gets a layer of its own. That works
/// because nonces need only the keys, and their counts need only the store.
#[derive(Clone)]
pub(crate) struct Many {
    keys: NonceKeys,
    counts: Arc<dyn ReplayStore>,
    /// Whether the layer sends all challenges in one field line.
    joined: bool,
}

impl Many {
    pub(crate) fn new(joined: bool, stores: &Stores) -> Result<Self, ConfigError> {
        Ok(Self {
            keys: stores.nonce_keys()?,
            counts: stores.replay(),
            joined,
        })
    }

    /// Answers a request whose path begins with a list, for example `sha-256,md5,basic`.
    pub(crate) fn answer(&self, request: Request) -> NowOrLater<Result<Response, Infallible>> {
        let path = request.uri().path().trim_start_matches('/');
        match self.guard(path.split('/').next().unwrap_or_default()) {
            Ok(guard) => NowOrLater::later(guard.layer(handler::known()).oneshot(request)),
            Err(error) => {
                let not_found = (StatusCode::NOT_FOUND, format!("{error}\n"));
                NowOrLater::now(Ok(not_found.into_response()))
            }
        }
    }

    fn guard(&self, list: &str) -> Result<Guard, ConfigError> {
        let order = list.split(',').map(str::to_owned).collect();
        let guard = schemes::members(self.in_order(order)?)?;
        Ok(if self.joined {
            guard.join_challenges()
        } else {
            guard
        })
    }

    /// Makes one scheme of the list. All algorithms are in a single `Digest`, which chooses by the algorithm that the
    /// client names. `InOrder` then puts their challenges into the order of the list.
    fn in_order(&self, order: Vec<String>) -> Result<InOrder, ConfigError> {
        let mut schemes: Vec<BoxScheme<Principal>> = Vec::new();
        let mut algorithms = Vec::new();
        for member in &order {
            match member.as_str() {
                "basic" => schemes.push(schemes::basic()?.boxed()),
                "bearer" => schemes.push(schemes::bearer()?.boxed()),
                name => algorithms.push(algorithm(name)?),
            }
        }
        if !algorithms.is_empty() {
            let digest = schemes::digest_builder(&algorithms)?.nonce_keys(self.keys.clone());
            schemes.push(digest.store(self.counts.clone()).build()?.boxed());
        }
        Ok(InOrder { schemes, order })
    }
}

fn algorithm(name: &str) -> Result<DigestAlgorithm, ConfigError> {
    DigestAlgorithm::from_name(name).ok_or_else(|| {
        ConfigError::new(
            "unknown member: use basic, bearer, md5, sha-256 and sha-512-256, each once",
        )
    })
}

/// A scheme that sends its challenges in the order of a list.
struct InOrder {
    schemes: Vec<BoxScheme<Principal>>,
    order: Vec<String>,
}

impl InOrder {
    fn position(&self, challenge: &Challenge) -> Option<usize> {
        let algorithm = challenge.param("algorithm");
        let algorithm = algorithm.and_then(|value| value.to_str().map(|name| name.into_owned()));
        let member = algorithm.unwrap_or_else(|| challenge.scheme().to_string());
        let mut order = self.order.iter();
        order.position(|name| name.eq_ignore_ascii_case(&member))
    }
}

impl Scheme for InOrder {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        let mut own = Vec::new();
        self.schemes.challenge(attempt, error, &mut own);
        own.sort_by_key(|challenge| self.position(challenge));
        challenges.append(&mut own);
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        self.schemes.account(attempt)
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        self.schemes.may_claim(attempt)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        self.schemes.authenticate(attempt)
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        self.schemes.is_malformed(attempt)
    }

    fn credentials_fields(&self, fields: &mut Vec<CredentialsField>) {
        self.schemes.credentials_fields(fields);
    }
}
