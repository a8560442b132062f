//! Which routes there are.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use tower::Layer;
use tower_challenge::policy::{role, scopes};
use tower_challenge::scheme::digest::Algorithm;
use tower_challenge::store::Budget;
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{ConfigError, RequireAuth};

use crate::accounts::MEMBER;
use crate::handler;
use crate::index::{Index, Try};
use crate::many::Many;
use crate::next_nonce::NextNonce;
use crate::objects::objects;
use crate::one_use::OneUse;
use crate::schemes::{basic, bearer, digest, members, sigv4};

const NOTHING: Try = Try {
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
const DIGEST: Try = Try {
    curl: "curl -i --digest -u 'mufasa:Circle of Life' URL",
    answer: "200: hello mufasa",
};
const DIGEST_512: Try = Try {
    answer: "200 or 401: up to 8.6, curl computes another hash under this name",
    ..DIGEST
};
const ANY: Try = Try {
    curl: "curl -i --anyauth -u 'mufasa:Circle of Life' URL/sha-256,md5,basic",
    answer: "200: hello mufasa; any other members of basic, bearer, md5, sha-256, sha-512-256, in any order",
};
const PROXY: Try = Try {
    curl: "curl -i -x SERVER --proxy-anyauth -U 'mufasa:Circle of Life' URL",
    answer: "200: hello mufasa; 407 without credentials",
};

const SIGNED: Try = Try {
    curl: "curl -i --aws-sigv4 aws:amz:us-east-1:execute-api -u AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY URL",
    answer: "200: hello mufasa; a presigned URL will do as well",
};
const OBJECT: Try = Try {
    curl: "curl -i --aws-sigv4 aws:amz:us-east-1:s3 -u AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -X PUT URL/bucket/key",
    answer: "200: then GET, HEAD and DELETE; payloads may be signed, unsigned and in chunks",
};

/// All of them, and `/`, which lists them.
pub(crate) fn router(address: SocketAddr) -> Result<Router, ConfigError> {
    let mut index = Index::new(address);
    simple(&mut index)?;
    for algorithm in Algorithm::ALL {
        digests(&mut index, algorithm)?;
    }
    several(&mut index)?;
    signed(&mut index)?;
    circumstances(&mut index)?;
    Ok(index.into_router())
}

/// No scheme, or one.
fn simple(index: &mut Index) -> Result<(), ConfigError> {
    index.add("/public", "no authentication", NOTHING, handler::unknown());
    let what = "Basic, charset UTF-8";
    index.guard("/basic", what, BASIC, &members(basic()?)?);
    let what = "opaque tokens; the scope `write` is needed";
    let may_write = members(bearer()?)?.permit(scopes("write")?);
    index.guard("/bearer", what, TOKEN, &may_write);
    Ok(())
}

/// Digest with one algorithm, in all variations.
fn digests(index: &mut Index, algorithm: Algorithm) -> Result<(), ConfigError> {
    let digest = || digest(&[algorithm]);
    let name = algorithm.name().to_ascii_lowercase();
    let try_it = match algorithm {
        Algorithm::Sha512_256 => DIGEST_512,
        _ => DIGEST,
    };

    let (path, what) = (format!("/digest/{name}"), "qop=\"auth\"");
    index.guard(&path, what, try_it, &members(digest()?.build()?)?);

    let path = format!("/digest-stale/{name}");
    let what = "a nonce is good for one use: the second request gets stale=true";
    let one_use = digest()?.store(OneUse::default()).build()?;
    index.guard(&path, what, try_it, &members(one_use)?);

    let path = format!("/digest-nextnonce/{name}");
    let what = "a nonce is good for one use, and each response names the next";
    let one_use = digest()?.store(OneUse::default()).build()?;
    index.guard(&path, what, try_it, &members(NextNonce(one_use))?);

    let path = format!("/digest-rspauth/{name}");
    let what = "`Authentication-Info` with `rspauth`, as all of these have it";
    index.guard(&path, what, try_it, &members(digest()?.build()?)?);
    Ok(())
}

/// Several schemes.
fn several(index: &mut Index) -> Result<(), ConfigError> {
    for (path, joined) in [("/multi/lines", false), ("/multi/line", true)] {
        let many = Many::new(joined)?;
        let what = if joined {
            "several challenges in one field line"
        } else {
            "several challenges, a field line for each"
        };
        index.add(path, what, ANY, any(move |request| many.answer(request)));
    }
    Ok(())
}

/// AWS Signature Version 4.
fn signed(index: &mut Index) -> Result<(), ConfigError> {
    let guard = RequireAuth::new(sigv4("execute-api")?.build()?)?.permit(role(MEMBER)?);
    let what = "AWS Signature Version 4, service `execute-api`";
    index.add("/sigv4", what, SIGNED, guard.layer(handler::known()));

    let s3 = sigv4("s3")?.unsigned_payloads().build()?;
    let guard = RequireAuth::new(s3)?.permit(role(MEMBER)?);
    let what = "the same, service `s3`: objects in memory";
    index.add("/s3", what, OBJECT, guard.layer(objects()));
    Ok(())
}

/// One layer, told to be another.
fn circumstances(index: &mut Index) -> Result<(), ConfigError> {
    let optional = members(basic()?)?.optional();
    let what = "Basic, if there are credentials";
    let service = optional.layer(handler::known_or_not());
    index.add("/optional", what, NOTHING, service);

    let what = "Basic; waits after 5 failures of an account, and 20 of an address";
    let throttled = members(basic()?)?.throttle(throttle()?);
    index.guard("/throttled", what, THROTTLED, &throttled);

    let digest = digest(&[Algorithm::Sha256])?.build()?;
    let proxy = members((digest, basic()?))?.proxy();
    let what = "as a proxy: Digest with SHA-256, and Basic";
    index.guard("/proxy-auth", what, PROXY, &proxy);
    Ok(())
}

/// Strict, so that a client finds the limits where they are said to be: no source has an allowance.
fn throttle() -> Result<FailureThrottle, ConfigError> {
    let (first, longest) = (Duration::from_secs(2), Duration::from_secs(15 * 60));
    let account = Budget::failures(5).delay(first, longest).hard_stop(100);
    let source = Budget::failures(20).delay(first, longest);
    let throttle = FailureThrottle::new()?.account(account).source(source);
    Ok(throttle.known_source(0, Duration::ZERO))
}
