//! Reads a JSON Web Key (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).

use super::algorithm::SignatureAlgorithm;
use super::base64url;
use super::json::{JsonFault, JsonObject};
use super::key_material::{Curve, KeyMaterial};

/// A key as it stands in JSON.
pub(super) struct Jwk {
    pub(super) id: Option<Box<str>>,
    pub(super) algorithm: Option<SignatureAlgorithm>,
    pub(super) material: KeyMaterial,
}

/// The members of a private key (RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// Reads a key. Members that are not known are ignored (RFC 7517 section 4).
pub(super) fn parse(text: &str) -> Result<Jwk, String> {
    let jwk = JsonObject::parse(text.as_bytes());
    let jwk = jwk.map_err(|JsonFault| "it is not a JSON object with unique names")?;
    read(&jwk)
}

pub(super) fn read(jwk: &JsonObject<'_>) -> Result<Jwk, String> {
    if text(jwk, "use")?.is_some_and(|purpose| purpose != "sig") {
        return Err("the key is not for signatures (use)".to_owned());
    }
    let operations = jwk
        .array("key_ops")
        .map_err(|_| "key_ops is not an array")?;
    if operations.is_some_and(|all| !all.contains(&r#""verify""#)) {
        return Err("the key does not verify (key_ops)".to_owned());
    }
    let material = material(jwk)?;
    let algorithm = match text(jwk, "alg")? {
        None => None,
        Some(name) => {
            let named = SignatureAlgorithm::from_name(&name);
            Some(named.ok_or("the algorithm of the key is not supported (alg)")?)
        }
    };
    let id = text(jwk, "kid")?.map(Into::into);
    Ok(Jwk {
        id,
        algorithm,
        material,
    })
}

fn material(jwk: &JsonObject<'_>) -> Result<KeyMaterial, String> {
    let kind = text(jwk, "kty")?.ok_or("the type of the key is missing (kty)")?;
    if kind != "oct" && PRIVATE.iter().any(|name| jwk.has(name)) {
        return Err("it has the private part of a key pair: use the public key alone".to_owned());
    }
    let material = match &*kind {
        "RSA" => KeyMaterial::rsa(&bytes(jwk, "n")?, &bytes(jwk, "e")?),
        "EC" => {
            let curve = text(jwk, "crv")?.and_then(|name| Curve::from_name(&name));
            let curve = curve.ok_or("the curve is not supported (crv)")?;
            KeyMaterial::ec(curve, &bytes(jwk, "x")?, &bytes(jwk, "y")?)
        }
        "OKP" => match text(jwk, "crv")?.as_deref() {
            Some("Ed25519") => KeyMaterial::ed25519(&bytes(jwk, "x")?),
            _ => Err("the curve is not supported (crv)"),
        },
        "oct" => Ok(KeyMaterial::Secret(bytes(jwk, "k")?.into())),
        _ => Err("the type of the key is not supported (kty)"),
    };
    material.map_err(str::to_owned)
}

fn text(jwk: &JsonObject<'_>, name: &str) -> Result<Option<String>, String> {
    let text = jwk.string(name);
    let text = text.map_err(|JsonFault| format!("the member `{name}` is not a string"))?;
    Ok(text.map(Into::into))
}

fn bytes(jwk: &JsonObject<'_>, name: &str) -> Result<Vec<u8>, String> {
    let text = text(jwk, name)?.ok_or_else(|| format!("the member `{name}` is missing"))?;
    let bytes = base64url::decode_number(&text);
    bytes.ok_or_else(|| format!("the member `{name}` is not base64url"))
}
