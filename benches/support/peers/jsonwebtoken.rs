//! The middleware that applications write by hand around jsonwebtoken, with axum's `from_fn`.

use std::sync::Arc;

use axum::body::Body as AxumBody;
use axum::middleware::{Next, from_fn};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use tower::Layer;

use crate::support::contender::{Contender, Traffic};
use crate::support::inner::{Inner, now};
use crate::support::issuer::{AUDIENCE, ISSUER};

#[derive(Clone, Deserialize)]
struct Claims {
    sub: String,
    scope: String,
}

pub(crate) fn by_hand(traffic: &Traffic, keys: &str) -> Contender {
    // The first contender installs it, and the others find it.
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let set: JwkSet = serde_json::from_str(keys).expect("a key set");
    let jwk = &set.keys[0];
    let algorithm = jwk.common.key_algorithm.expect("the key names it");
    let algorithm: Algorithm = algorithm.to_string().parse().expect("a signature");
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[ISSUER]);
    let id = jwk.common.key_id.clone().expect("the key has a name");
    let key = DecodingKey::from_jwk(jwk).expect("a public key");
    let verifier = Arc::new((id, key, validation));
    let mut service = from_fn(move |request: Request<AxumBody>, next: Next| {
        let verifier = Arc::clone(&verifier);
        async move {
            let (id, key, validation) = &*verifier;
            match owner(&request, id, key, validation) {
                Some(claims) => {
                    let mut request = request;
                    request.extensions_mut().insert(claims);
                    next.run(request).await
                }
                None => refused(),
            }
        }
    })
    .layer(Inner);
    Contender::converted(
        "jsonwebtoken in axum from_fn",
        traffic,
        AxumBody::new,
        move |request| now(&mut service, request),
    )
}

fn owner(
    request: &Request<AxumBody>,
    id: &str,
    key: &DecodingKey,
    validation: &Validation,
) -> Option<Claims> {
    let credentials = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let token = credentials.strip_prefix("Bearer ")?;
    let header = decode_header(token).ok()?;
    if header.kid.as_deref() != Some(id) {
        return None;
    }
    let claims = decode::<Claims>(token, key, validation).ok()?.claims;
    (!claims.sub.is_empty() && !claims.scope.is_empty()).then_some(claims)
}

fn refused() -> Response<AxumBody> {
    let refused = Response::builder().status(StatusCode::UNAUTHORIZED);
    let refused = refused.header(WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"");
    refused.body(AxumBody::empty()).expect("it is well-formed")
}
