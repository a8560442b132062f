//! A server with DPoP, and clients of it. A key of another algorithm than ES256 signs without the code of this crate.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower_challenge::clock::Clock;
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::Dpop;
use tower_challenge::scheme::dpop::DpopBuilder;
use tower_challenge::testing::{DpopKey, DpopProof, TestIssuer, TestToken};

use super::canary::{REALM, USER};
use super::request::TestRequest;
use super::stand::{Layer, Schemes, TestServer};
use super::world::TestWorld;

/// The external origin of the server.
pub const ORIGIN: &str = "https://api.example";

/// The audience of tokens.
pub const AUDIENCE: &str = "https://api.example/";

/// A builder of DPoP with tokens of a [`TestIssuer`].
pub type Builder = DpopBuilder<JwtVerifier>;

/// A server with DPoP, its issuer, and a client with a key and a token.
#[derive(Debug)]
pub struct DpopServer {
    /// The server.
    pub stand: TestServer,
    /// The issuer. It has the clock of the server.
    pub issuer: TestIssuer,
    /// The key of the client.
    pub key: DpopKey,
    /// The token of the client: it is bound to the key.
    pub token: String,
}

impl DpopServer {
    /// Makes a server with DPoP alone.
    pub fn new(tune: impl FnOnce(Builder) -> Builder) -> Self {
        Self::build(
            |world, tokens| vec![Box::new(tune(builder(world, tokens)).build().unwrap())],
            |layer| layer,
        )
    }

    /// Makes a server with the schemes that `schemes` returns, and changes the layer with `tune`.
    pub fn build(
        schemes: impl FnOnce(&TestWorld, JwtVerifier) -> Schemes,
        tune: impl FnOnce(Layer) -> Layer,
    ) -> Self {
        let issuer = TestIssuer::new("https://as.example").unwrap();
        let keys = issuer.clone();
        let stand = TestServer::build(
            |world| {
                let tokens = JwtVerifier::builder("https://as.example", keys);
                let tokens = tokens.audience(AUDIENCE).clock(world.clock.clone());
                schemes(world, tokens.build().unwrap())
            },
            tune,
        );
        let issuer = issuer.with_clock(stand.world.clock.clone());
        let key = DpopKey::generate().unwrap();
        let token = issuer.token(USER).audience(AUDIENCE).bound_to(&key).sign();
        Self {
            stand,
            issuer,
            key,
            token,
        }
    }

    /// Begins a token that is bound to the key of the client.
    #[must_use]
    pub fn token(&self) -> TestToken {
        let token = self.issuer.token(USER).audience(AUDIENCE);
        token.bound_to(&self.key)
    }

    /// Begins a proof of the client for its token.
    #[must_use]
    pub fn proof(&self, method: &str, path: &str) -> DpopProof {
        let proof = self.key.proof(method, &format!("{ORIGIN}{path}"));
        proof.token(&self.token).at(self.stand.world.clock.wall())
    }

    /// Makes a request with the token of the client and `proof`.
    #[must_use]
    pub fn with(&self, proof: &DpopProof) -> TestRequest {
        self.sending("/", &proof.sign())
    }

    /// Makes a request with the token of the client and the field `proof`.
    #[must_use]
    pub fn sending(&self, path: &str, proof: &str) -> TestRequest {
        let request = TestRequest::new("GET", path);
        request
            .authorization(format!("DPoP {}", self.token))
            .field("dpop", proof)
    }

    /// Makes a request with a right proof.
    #[must_use]
    pub fn good(&self) -> TestRequest {
        self.with(&self.proof("GET", "/"))
    }
}

/// Begins a scheme with the clock and the store of `world`.
pub fn builder(world: &TestWorld, tokens: JwtVerifier) -> Builder {
    Dpop::builder(REALM, tokens)
        .external_origin(ORIGIN)
        .store(world.store.clone())
        .clock(world.clock.clone())
}

/// A key of a client, for one algorithm.
#[expect(missing_debug_implementations, reason = "a key pair has none")]
pub enum OtherKey {
    /// P-384.
    Es384(EcdsaKeyPair),
    /// Ed25519.
    EdDsa(Ed25519KeyPair),
    /// RSA with PKCS #1.
    Rs256(RsaKeyPair),
    /// RSA with PSS.
    Ps256(RsaKeyPair),
}

impl OtherKey {
    /// Makes a key for each algorithm.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let rsa = || RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let ec = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        vec![
            Self::Es384(ec),
            Self::EdDsa(Ed25519KeyPair::generate().unwrap()),
            Self::Rs256(rsa()),
            Self::Ps256(rsa()),
        ]
    }

    /// The name of the algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match self {
            Self::Es384(_) => "ES384",
            Self::EdDsa(_) => "EdDSA",
            Self::Rs256(_) => "RS256",
            Self::Ps256(_) => "PS256",
        }
    }

    /// The public key, with the members of RFC 7638 alone.
    #[must_use]
    pub fn jwk(&self) -> Value {
        match self {
            Self::Es384(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(48);
                json!({"kty": "EC", "crv": "P-384", "x": encode(x), "y": encode(y)})
            }
            Self::EdDsa(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(key.public_key())})
            }
            Self::Rs256(key) | Self::Ps256(key) => {
                let public = pkcs1::RsaPublicKey::try_from(key.public_key().as_ref()).unwrap();
                let (n, e) = (public.modulus, public.public_exponent);
                json!({"kty": "RSA", "n": encode(n.as_bytes()), "e": encode(e.as_bytes())})
            }
        }
    }

    /// The thumbprint: `serde_json` writes the members in their order and without white space.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        encode(Sha256::digest(self.jwk().to_string()))
    }

    /// Signs a proof with these claims.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        let algorithm = self.algorithm();
        let header = json!({"typ": "dpop+jwt", "alg": algorithm, "jwk": self.jwk()});
        let (header, claims) = (header.to_string(), claims.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.signature(signed.as_bytes());
        format!("{signed}.{}", encode(signature))
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Es384(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::EdDsa(key) => key.sign(message).as_ref().to_vec(),
            Self::Rs256(key) | Self::Ps256(key) => {
                let padding: &'static dyn aws_lc_rs::signature::RsaEncoding = match self {
                    Self::Rs256(_) => &RSA_PKCS1_SHA256,
                    _ => &RSA_PSS_SHA256,
                };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

/// Encodes in base64url.
#[must_use]
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
