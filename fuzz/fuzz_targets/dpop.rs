//! Checks that DPoP admits no client without a key, and that it admits a signed proof exactly if its method and target are
//! those of the request, by the algorithm of RFC 3986 written out.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use http::header::{AUTHORIZATION, HeaderValue};
use libfuzzer_sys::fuzz_target;
use tower_challenge::scheme::bearer::{
    BoundIdentity, BoundNowOrLater, TokenConfirmation, VerifyBoundToken,
};
use tower_challenge::scheme::dpop::ProofTarget;
use tower_challenge::scheme::{Attempt, Dpop, Scheme, ServerRole, Verdict};
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, ReplayStore, StoreEpoch};
use tower_challenge::testing::DpopKey;
use tower_challenge::{NowOrLater, Principal, RequestHead, Secret, Unavailable};

static KEY: LazyLock<DpopKey> = LazyLock::new(|| DpopKey::generate().expect("random"));

static SCHEME: LazyLock<Dpop<EveryToken>> = LazyLock::new(|| {
    let thumbprint = KEY.thumbprint().expect("a thumbprint");
    let thumbprint = URL_SAFE_NO_PAD.decode(thumbprint).expect("base64url");
    let tokens = EveryToken(thumbprint.try_into().expect("32 bytes"));
    let builder = Dpop::builder("api", tokens).external_origin("https://api.example");
    builder.store(Forgetful).build().expect("an origin")
});

/// Every token is bound to the key.
struct EveryToken([u8; 32]);

impl VerifyBoundToken for EveryToken {
    type Identity = Principal;

    fn verify_bound(&self, _: Secret<'_>) -> BoundNowOrLater<Principal> {
        let key = TokenConfirmation::key(self.0);
        NowOrLater::now(Ok(Ok(BoundIdentity::new(Principal::new("ada"), Some(key)))))
    }
}

/// Grants every claim, so that the verdict on an input does not depend on the inputs before.
struct Forgetful;

impl ReplayStore for Forgetful {
    fn claim_once(
        &self,
        _: ClaimKey,
        _: ClaimHolder,
        _: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        NowOrLater::now(Ok(Claim::First))
    }

    fn claim_count(
        &self,
        _: ClaimKey,
        _: ClaimHolder,
        _: u32,
        _: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        NowOrLater::now(Ok(Claim::First))
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        NowOrLater::now(Ok(StoreEpoch::new(7)))
    }
}

fn is_admitted(path: &str, token: &[u8], proof: &[u8]) -> Option<bool> {
    let authorization = HeaderValue::from_bytes(&[b"DPoP ", token].concat()).ok()?;
    let proof = HeaderValue::from_bytes(proof).ok()?;
    let request = Request::get(path).header(AUTHORIZATION, authorization);
    let request = request.header("dpop", proof).body(()).ok()?;
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let verdict = SCHEME.authenticate(&attempt)?.try_now();
    Some(matches!(verdict, Ok(Ok(Verdict::Admit(_)))))
}

fuzz_target!(|data: &[u8]| {
    // Without the key, no text is a proof.
    assert_ne!(is_admitted("/", b"t0ken", data), Some(true));
    assert_ne!(is_admitted("/", data, data), Some(true));
    let text = String::from_utf8_lossy(data);
    if let Some(parsed) = ProofTarget::parse(&text) {
        assert_eq!(ProofTarget::parse(parsed.as_str()).as_ref(), Some(&parsed));
    }
    // A signature takes long, so the other inputs need none.
    let mut lines = text.splitn(3, '\n');
    if let (Some(path), Some(method), Some(target)) = (lines.next(), lines.next(), lines.next()) {
        the_target_decides(path, method, target);
    }
});

/// Signs a proof for `method` and the path of `target`, and sends it with a request for `path`.
fn the_target_decides(path: &str, method: &str, target: &str) {
    let path = format!("/{path}");
    let Ok(uri) = path.parse::<http::Uri>() else {
        return;
    };
    let named = target.split(['?', '#']).next().unwrap_or_default();
    let htu = format!("https://api.example/{target}");
    let proof = KEY.proof(method, &htu).token("t0ken").sign();
    let Some(admitted) = is_admitted(&path, b"t0ken", proof.as_bytes()) else {
        return;
    };
    let named = format!("/{named}");
    // Paths that are written alike are alike, also where they are no URIs.
    let is_same =
        named == uri.path() || normal(&named).is_some() && normal(&named) == normal(uri.path());
    assert_eq!(
        admitted,
        method == "GET" && is_same,
        "{path} {method} {htu}"
    );
}

/// RFC 3986 sections 6.2.2.2 and 5.2.4, step by step.
fn normal(path: &str) -> Option<String> {
    let mut input = String::new();
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digits = [char::from(bytes.next()?), char::from(bytes.next()?)];
                let value = digits[0].to_digit(16)? * 16 + digits[1].to_digit(16)?;
                let decoded = char::from_u32(value)?;
                match decoded.is_ascii_alphanumeric() || "-._~".contains(decoded) {
                    true => input.push(decoded),
                    false => input.push_str(&format!("%{value:02X}")),
                }
            }
            byte if byte.is_ascii_graphic() => input.push(byte.into()),
            _ => return None,
        }
    }
    let mut output = String::new();
    while !input.is_empty() {
        if input.starts_with("/./") || input == "/." {
            input.replace_range(..input.len().min(3), "/");
        } else if input.starts_with("/../") || input == "/.." {
            input.replace_range(..input.len().min(4), "/");
            output.truncate(output.rfind('/').unwrap_or(0));
        } else {
            let end = input[1..].find('/').map_or(input.len(), |end| end + 1);
            output.push_str(&input[..end]);
            input.replace_range(..end, "");
        }
    }
    Some(output)
}
