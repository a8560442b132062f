//! A client for the command line: it makes a key, registers it, signs in and signs out.

use std::error::Error;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tower_challenge::header::WwwAuthenticate;
use tower_challenge::scheme::hoba::client::{
    HobaChallenge, authorization, register_form, with_invitation,
};
use tower_challenge::scheme::hoba::{HobaAlgorithm, HobaOrigin, HobaPublicKey};

type Failure = Box<dyn Error>;

/// A device: its key, and the server that it talks to.
struct Device {
    origin: HobaOrigin,
    pair: KeyPair,
    public: HobaPublicKey,
    http: Client<HttpConnector, Full<Bytes>>,
}

/// Registers a new key at the server `url`, with the invitation `join` if there is one, and signs in.
pub(crate) async fn run(url: &str, join: Option<&str>) -> Result<(), Failure> {
    let device = Device::new(url)?;
    device.register(join).await?;
    let (status, account) = device.signed(Method::GET, "/me").await?;
    println!("signed in: {status} {account}");
    let (status, _) = device.signed(Method::POST, "/devices/invitations").await?;
    println!("invitation: {status}");
    let (status, text) = device
        .signed(Method::POST, "/.well-known/hoba/logout")
        .await?;
    println!("{status}: {text}");
    Ok(())
}

impl Device {
    /// Makes a key. A client that signs in more than once keeps it in a file that only its user can read.
    fn new(url: &str) -> Result<Self, Failure> {
        let pair = KeyPair::generate(KeySize::Rsa2048)?;
        let der = pair.public_key().as_der()?;
        Ok(Self {
            origin: HobaOrigin::parse(url)?,
            public: HobaPublicKey::from_spki_der(der.as_ref())?,
            pair,
            http: Client::builder(TokioExecutor::new()).build_http(),
        })
    }

    async fn register(&self, join: Option<&str>) -> Result<(), Failure> {
        let form = register_form(&self.public.to_pem(), None, Some("command line"));
        // The token of an invitation goes into the form: access logs have the query.
        let token = join.and_then(|path| path.split_once("?join="));
        let form = token.map_or(form.clone(), |(_, token)| with_invitation(&form, token));
        let request = self.request(Method::POST, "/.well-known/hoba/register");
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let response = self.http.request(request.body(form.into())?).await?;
        let state = response.headers().get("hobareg").cloned();
        let (status, text) = read(response).await?;
        match state {
            Some(state) if state == "regok" => {
                println!("registered: {}", self.public.kid());
                Ok(())
            }
            _ => Err(format!("not registered: {status} {text}").into()),
        }
    }

    /// Sends a request without credentials, and again with a signature of the challenge.
    async fn signed(&self, method: Method, path: &str) -> Result<(StatusCode, String), Failure> {
        let request = self.request(method.clone(), path).body(Full::default())?;
        let refused = self.http.request(request).await?;
        let challenges = WwwAuthenticate::from_headers(refused.headers())?;
        let mut challenges = challenges.iter().filter_map(HobaChallenge::read);
        let challenge = challenges
            .next()
            .ok_or("the server sent no challenge of HOBA")?;
        let credentials = self.answer(&challenge)?;
        let request = self
            .request(method, path)
            .header(AUTHORIZATION, credentials);
        let response = self.http.request(request.body(Full::default())?).await?;
        if let Some(link) = response.headers().get(LOCATION) {
            println!("for another device: {}", link.to_str()?);
        }
        read(response).await
    }

    fn answer(&self, challenge: &HobaChallenge) -> Result<http::HeaderValue, Failure> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let sign = |text: &[u8]| {
            let mut signature = vec![0; self.pair.public_modulus_len()];
            let random = SystemRandom::new();
            self.pair
                .sign(&RSA_PKCS1_SHA256, &random, text, &mut signature)?;
            Ok::<_, aws_lc_rs::error::Unspecified>(signature)
        };
        let (origin, kid) = (&self.origin, self.public.kid());
        let algorithm = HobaAlgorithm::RsaSha256;
        Ok(authorization(
            challenge, origin, &kid, algorithm, random, sign,
        )?)
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let url = format!("{}{path}", self.origin.as_web_origin());
        Request::builder().method(method).uri(url)
    }
}

async fn read(response: Response<hyper::body::Incoming>) -> Result<(StatusCode, String), Failure> {
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
