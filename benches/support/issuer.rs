//! An issuer of tokens. It signs its tokens when a case starts, which the measures do not include.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start says where")]

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::requests::{NAME, REALM};

pub(crate) const ISSUER: &str = "https://as.example";
/// The audience of all tokens.
pub(crate) const AUDIENCE: &str = "https://api.example";
/// The scope of all tokens.
pub(crate) const SCOPE: &str = "read";
/// When all tokens are issued, in seconds since 1970.
pub(crate) const ISSUED_AT: u64 = 1_790_000_000;
const KEY_ID: &str = "2026-11";

/// The algorithm of the signatures.
#[derive(Clone, Copy)]
pub(crate) enum Algorithm {
    Rs256,
    Es256,
    EdDsa,
}

/// An issuer with one key.
pub(crate) struct Issuer {
    algorithm: Algorithm,
    key: IssuerKey,
}

enum IssuerKey {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Issuer {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let key = match algorithm {
            Algorithm::Rs256 => {
                let der = der_of(include_str!("../keys/rs256.pem"));
                IssuerKey::Rsa(RsaKeyPair::from_pkcs8(&der).unwrap())
            }
            Algorithm::Es256 => {
                let der = der_of(include_str!("../keys/es256.pem"));
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der);
                IssuerKey::Ec(pair.unwrap())
            }
            Algorithm::EdDsa => {
                let der = der_of(include_str!("../keys/eddsa.pem"));
                IssuerKey::Ed(Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).unwrap())
            }
        };
        Self { algorithm, key }
    }

    /// The key set in JSON.
    pub(crate) fn key_set(&self) -> String {
        let name = self.name();
        let numbers = match &self.key {
            IssuerKey::Rsa(pair) => {
                let key = pair.public_key();
                let (n, e) = (key.modulus(), key.exponent());
                let n = URL_SAFE_NO_PAD.encode(n.big_endian_without_leading_zero());
                let e = URL_SAFE_NO_PAD.encode(e.big_endian_without_leading_zero());
                format!(r#""kty":"RSA","n":"{n}","e":"{e}""#)
            }
            IssuerKey::Ec(_) => {
                let (x, y) = self.coordinates();
                format!(r#""kty":"EC","crv":"P-256","x":"{x}","y":"{y}""#)
            }
            IssuerKey::Ed(pair) => {
                let x = URL_SAFE_NO_PAD.encode(pair.public_key());
                format!(r#""kty":"OKP","crv":"Ed25519","x":"{x}""#)
            }
        };
        format!(r#"{{"keys":[{{"use":"sig","alg":"{name}","kid":"{KEY_ID}",{numbers}}}]}}"#)
    }

    /// The public key as the library of the signatures takes it, parsed once.
    pub(crate) fn public_key(&self) -> ParsedPublicKey {
        match &self.key {
            IssuerKey::Rsa(pair) => {
                ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key())
            }
            IssuerKey::Ec(pair) => {
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key())
            }
            IssuerKey::Ed(pair) => ParsedPublicKey::new(&ED25519, pair.public_key()),
        }
        .unwrap()
    }

    /// A token as RFC 9068 section 2.2 defines it. Each `number` makes another token.
    pub(crate) fn token(&self, number: usize) -> String {
        self.sign(&format!(
            r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","sub":"{NAME}","client_id":"{REALM}","scope":"{SCOPE}","jti":"{number:032x}","iat":{ISSUED_AT},"exp":4102444800}}"#
        ))
    }

    /// A token with the fewest claims, made `len` bytes long by a claim that no verifier reads.
    pub(crate) fn token_of_length(&self, len: usize) -> String {
        let token = |padding: usize| {
            let padding = "x".repeat(padding);
            self.sign(&format!(
                r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","sub":"{NAME}","scope":"{SCOPE}","exp":4102444800,"x":"{padding}"}}"#
            ))
        };
        let shortest = token(0).len();
        let padding = len.checked_sub(shortest).expect("a longer token") * 3 / 4;
        token(padding)
    }

    /// A token that is bound to the key with this thumbprint (RFC 9449 section 6.1).
    pub(crate) fn bound_token(&self, number: usize, thumbprint: &str) -> String {
        self.sign(&format!(
            r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","sub":"{NAME}","scope":"{SCOPE}","jti":"{number:032x}","iat":{ISSUED_AT},"exp":4102444800,"cnf":{{"jkt":"{thumbprint}"}}}}"#
        ))
    }

    /// The public point of P-256 in base64url, uncompressed.
    pub(crate) fn point(&self) -> String {
        match &self.key {
            IssuerKey::Ec(pair) => URL_SAFE_NO_PAD.encode(pair.public_key()),
            _ => unreachable!("only keys of P-256 have one"),
        }
    }

    /// The coordinates of this point, each in base64url.
    pub(crate) fn coordinates(&self) -> (String, String) {
        let point = URL_SAFE_NO_PAD.decode(self.point()).unwrap();
        let (x, y) = point[1..].split_at(32);
        (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
    }

    fn sign(&self, claims: &str) -> String {
        let name = self.name();
        let header = format!(r#"{{"typ":"at+jwt","alg":"{name}","kid":"{KEY_ID}"}}"#);
        self.sign_with(&header, claims)
    }

    /// Signs a header and claims, as a JWT.
    pub(crate) fn sign_with(&self, header: &str, claims: &str) -> String {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        let signed = format!("{header}.{claims}");
        format!("{signed}.{}", self.signature(&signed))
    }

    /// The signature of a text, in base64url.
    pub(crate) fn signature(&self, text: &str) -> String {
        let (message, random) = (text.as_bytes(), SystemRandom::new());
        let signature = match &self.key {
            IssuerKey::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
            IssuerKey::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            IssuerKey::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        };
        URL_SAFE_NO_PAD.encode(signature)
    }

    /// The public key of RSA as a `SubjectPublicKeyInfo`.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        match &self.key {
            IssuerKey::Rsa(pair) => pair.public_key().as_der().unwrap().as_ref().to_vec(),
            _ => unreachable!("HOBA has RSA alone"),
        }
    }

    /// The name of the algorithm in the header of a token.
    const fn name(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Rs256 => "RS256",
            Algorithm::Es256 => "ES256",
            Algorithm::EdDsa => "EdDSA",
        }
    }
}

/// The bytes in a PEM file.
fn der_of(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    STANDARD.decode(lines.collect::<String>()).unwrap()
}
