//! Makes the routes of the server.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use tower::Layer;
use tower_challenge::policy::{role, scopes};
use tower_challenge::respond::{LoginRedirect, NotFound};
use tower_challenge::scheme::digest::DigestAlgorithm;
use tower_challenge::store::ThrottleStore;
use tower_challenge::throttle::{FailureThrottle, UnfamiliarLimit};
use tower_challenge::{ConfigError, RequestHead, RequireAuth};

use crate::accounts::MEMBER;
use crate::arguments::Arguments;
use crate::digests;
use crate::handler;
use crate::hoba;
use crate::index::{Index, Try};
use crate::many::Many;
use crate::mutual;
use crate::objects::objects;
use crate::schemes::{
    api_key, basic, basic_with_token_as_name, basic_with_token_as_password, bearer, digest,
    members, sigv4, visible_bearer,
};
use crate::scram;
use crate::stores::Stores;
use crate::tokens;
use crate::websocket;

const ANONYMOUS: Try = Try {
    curl: "curl -i URL",
    answer: "200: hello nobody",
};
const BASIC: Try = Try {
    curl: "curl -i -u 'mufasa:Circle of Life' URL",
    answer: "200: hello mufasa",
};
const THROTTLED: Try = Try {
    answer: "200: hello mufasa; 429 after five wrong passwords",
    ..BASIC
};
const TOKEN: Try = Try {
    curl: "curl -i -H 'Authorization: Bearer good-token_1.2~3+4/5==' URL",
    answer: "200: hello mufasa; 403 with `low-token`",
};
const VISIBLE_TOKEN: Try = Try {
    curl: "curl -i -H 'Authorization: Bearer 5|kq8Zr0vT3xWb' URL",
    answer: "200: hello mufasa; 400 on `/bearer`",
};
const KEY: Try = Try {
    curl: "curl -i -H 'X-Api-Key: 5|kq8Zr0vT3xWb' URL",
    answer: "200: hello mufasa; 401 with another key, 400 with two",
};
const TOKEN_AS_NAME: Try = Try {
    curl: "curl -i -u '5|kq8Zr0vT3xWb:' URL",
    answer: "200: hello mufasa; 401 on `/basic`",
};
const TOKEN_AS_PASSWORD: Try = Try {
    curl: "curl -i -u ':5|kq8Zr0vT3xWb' URL",
    answer: "200: hello mufasa; 401 on `/basic`",
};
const ANY: Try = Try {
    curl: "curl -i --anyauth -u 'mufasa:Circle of Life' URL/sha-256,md5,basic",
    answer: "200: hello mufasa; any other members of basic, bearer, md5, sha-256, sha-512-256, in any order",
};
const CONCEALED: Try = Try {
    answer: "200: hello mufasa; 404 without credentials, as on a route that does not exist",
    ..BASIC
};
const REDIRECT: Try = Try {
    curl: "curl -i -H 'Accept: text/html' URL",
    answer: "303: to the login page; 401 without `Accept: text/html`",
};
const PROXY: Try = Try {
    curl: "curl -i -x SERVER --proxy-anyauth -U 'mufasa:Circle of Life' URL",
    answer: "200: hello mufasa; 407 without credentials",
};

const SIGNED: Try = Try {
    curl: "curl -i --aws-sigv4 aws:amz:us-east-1:execute-api -u AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY URL",
    answer: "200: hello mufasa; a presigned URL works as well",
};
const OBJECT: Try = Try {
    curl: "curl -i --aws-sigv4 aws:amz:us-east-1:s3 -u AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -X PUT URL/bucket/key",
    answer: "200: then GET, HEAD and DELETE; payloads may be signed, unsigned and in chunks",
};

/// Makes all routes, and `/`, which lists them.
pub(crate) fn router(
    arguments: &Arguments,
    address: SocketAddr,
    stores: Stores,
) -> Result<Router, ConfigError> {
    let mut index = Index::new(address, stores);
    simple(&mut index)?;
    tokens::routes(&mut index, arguments, &arguments.origin(address))?;
    for algorithm in DigestAlgorithm::ALL {
        digests::routes(&mut index, algorithm)?;
    }
    scram::routes(&mut index, arguments)?;
    mutual::routes(&mut index, arguments, address)?;
    hoba::routes(&mut index, &arguments.origin(address))?;
    several(&mut index)?;
    signed(&mut index)?;
    special_settings(&mut index)?;
    other_renderers(&mut index)?;
    Ok(index.into_router())
}

/// Adds the routes with one scheme or none.
fn simple(index: &mut Index) -> Result<(), ConfigError> {
    index.add(
        "/public",
        "no authentication",
        ANONYMOUS,
        handler::unknown(),
    );
    let what = "Basic, charset UTF-8";
    index.guard("/basic", what, BASIC, &members(basic()?)?);
    let what = "opaque tokens; the scope `write` is needed";
    let may_write = members(bearer()?)?.policy(scopes("write")?);
    index.guard("/bearer", what, TOKEN, &may_write);
    application_tokens(index)?;
    websocket::route(index)
}

/// Adds the routes for tokens as applications issue them.
fn application_tokens(index: &mut Index) -> Result<(), ConfigError> {
    let what = "opaque tokens of visible ASCII, as Laravel issues them";
    let bearer = members(visible_bearer()?)?;
    index.guard("/bearer-visible-ascii", what, VISIBLE_TOKEN, &bearer);
    let what = "an API key in the field X-Api-Key";
    index.guard("/api-key", what, KEY, &members(api_key()?)?);
    let what = "Basic: a token as the name, and an empty password";
    let basic = members(basic_with_token_as_name()?)?;
    index.guard("/basic-token-as-name", what, TOKEN_AS_NAME, &basic);
    let what = "Basic: a token as the password, and an empty name";
    let basic = members(basic_with_token_as_password()?)?;
    index.guard("/basic-token-as-password", what, TOKEN_AS_PASSWORD, &basic);
    Ok(())
}

/// Adds the routes with several schemes.
fn several(index: &mut Index) -> Result<(), ConfigError> {
    for (path, joined) in [("/multi/lines", false), ("/multi/line", true)] {
        let many = Many::new(joined, &index.stores)?;
        let what = if joined {
            "several challenges in one field line"
        } else {
            "several challenges, a field line for each"
        };
        index.add(path, what, ANY, any(move |request| many.answer(request)));
    }
    Ok(())
}

/// Adds the routes with AWS Signature Version 4.
fn signed(index: &mut Index) -> Result<(), ConfigError> {
    let guard = RequireAuth::new(sigv4("execute-api")?.build()?)?.policy(role(MEMBER)?);
    let what = "AWS Signature Version 4, service `execute-api`";
    index.add("/sigv4", what, SIGNED, guard.layer(handler::known()));

    let s3 = sigv4("s3")?.unsigned_payloads().build()?;
    let guard = RequireAuth::new(s3)?.policy(role(MEMBER)?);
    let what = "the same, service `s3`: objects in memory";
    index.add("/s3", what, OBJECT, guard.layer(objects()));
    Ok(())
}

/// Adds the routes whose layer has special settings: optional authentication, a throttle, a proxy.
fn special_settings(index: &mut Index) -> Result<(), ConfigError> {
    // With a policy on the layer, anonymous callers would get 401. So the handler checks the role of authenticated
    // callers.
    let optional = RequireAuth::new(basic()?)?.optional();
    let what = "Basic, if the client sends credentials";
    let service = optional.layer(handler::known_or_not());
    index.add("/optional", what, ANONYMOUS, service);

    let what = "Basic; 5 failures of unfamiliar locations at an account, one forgiven each 30 s; 20 of an address, and 5 at a familiar location";
    let throttled = members(basic()?)?.throttle(throttle(&index.stores)?);
    index.guard("/throttled", what, THROTTLED, &throttled);

    let digest = digest(&index.stores, &[DigestAlgorithm::Sha256])?.build()?;
    let proxy = members((digest, basic()?))?.proxy();
    let what = "as a proxy: Digest with SHA-256, and Basic";
    index.guard("/proxy-auth", what, PROXY, &proxy);
    Ok(())
}

/// Adds the routes with other renderers.
fn other_renderers(index: &mut Index) -> Result<(), ConfigError> {
    let not_found = NotFound::new(|_: &RequestHead<'_>| handler::not_found());
    let concealed = members(basic()?)?.respond_with(not_found);
    let what = "Basic; 404 instead of 401 and 403";
    index.conceal(
        "/concealed",
        what,
        CONCEALED,
        concealed.layer(handler::known()),
    );

    let basic = members(basic()?.hide_from_scripts())?;
    let redirect = basic.respond_with(LoginRedirect::to("/login")?);
    let what = "Basic; browsers that navigate are redirected to /login, and scripts get an xBasic challenge";
    index.add(
        "/login-redirect",
        what,
        REDIRECT,
        redirect.layer(handler::known()),
    );
    let what = "the target of the redirect; it has no login form";
    index.add("/login", what, ANONYMOUS, handler::unknown());
    Ok(())
}

/// Sets low limits, so that a test reaches them quickly. A single subnet may use all failures of an account.
fn throttle(stores: &Stores) -> Result<FailureThrottle<impl ThrottleStore>, ConfigError> {
    let unfamiliar = UnfamiliarLimit::new(5, Duration::from_secs(30), 5);
    let ninety_days = Duration::from_secs(90 * 24 * 60 * 60);
    let throttle = stores.throttle()?.unfamiliar(unfamiliar);
    let throttle = throttle.subscriber(20, Duration::from_secs(15 * 60));
    Ok(throttle.familiar(5, Duration::from_secs(60 * 60), ninety_days))
}
