//! Protects an axum application with SCRAM, and is a command-line client for it.
//!
//! ```text
//! cargo run --features axum,scram --example scram
//! cargo run --features axum,scram --example scram -- --client ada lovelace http://127.0.0.1:3000/
//! ```
//!
//! The server keeps neither a password nor anything that is as good as one, and the client learns that the server knows
//! the password, too. The client of this example speaks HTTP without TLS, so use it on this machine only.

use std::env;
use std::error::Error;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Request, Response, StatusCode, Uri};
use axum::routing::get;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tower_challenge::header::{Challenge, WwwAuthenticate};
use tower_challenge::policy::role;
use tower_challenge::scheme::Scram;
use tower_challenge::scheme::scram::{
    ScramAccount, ScramAccounts, ScramClient, ScramMechanism, ScramSecret,
};
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth, Secret};

const REALM: &str = "notes";
const MECHANISM: ScramMechanism = ScramMechanism::Sha256;

/// The accounts. The server keeps secrets that were made of passwords.
fn accounts() -> Result<ScramAccounts, ConfigError> {
    let member = |name| Principal::new(name).with_role("member");
    // An application calls `ScramSecret::from_password` when its user sets the password, and stores the secret. The salt is
    // then the same in each process. The password of this one is `lovelace`.
    let stored = "SCRAM-SHA-256$4096:bR8LisLpR3WQOl5h1Awn+A==$XHbkyBef6gRB6Xi+xIvCB80iLxS50lAlDHYTcBo92Ik=:\
                  7S4iGbX9UFUa+gTefhR7N70LX2R5GNU/tha+f9ofbWs=";
    let ada = ScramSecret::parse(stored)?;
    // This one is the password of a PostgreSQL role. It is `pencil`.
    let stored = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:\
                  wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    let user = ScramSecret::parse(stored)?;
    ScramAccounts::from_accounts([
        ("ada".to_owned(), ScramAccount::new(ada, member("ada"))),
        (
            "user".to_owned(),
            ScramAccount::new(user.clone(), member("user")),
        ),
        // This account has no role, so the policy refuses it.
        (
            "guest".to_owned(),
            ScramAccount::new(user, Principal::new("guest")),
        ),
    ])
}

fn app() -> Result<Router, ConfigError> {
    let scram = Scram::builder(REALM, accounts()?)
        // In an application: 32 random bytes, which it loads as a secret.
        .fake_salt_key([7; 32])
        .build()?;
    let auth = RequireAuth::new(scram)?.policy(role("member")?);
    Ok(Router::new().route("/", get(hello)).layer(auth))
}

async fn hello(caller: Authenticated<Principal>) -> String {
    format!("hello {}\n", caller.name())
}

/// Signs in at `url`. Fails if the server does not prove that it knows the password, too.
async fn sign_in(user: &str, password: &str, url: &str) -> Result<StatusCode, Box<dyn Error>> {
    let uri = url.parse::<Uri>()?;
    let client = ScramClient::new(MECHANISM, user, Secret::new(password))?;
    let challenged = send(&uri, None).await?;
    let challenge = scram_challenge(&challenged)?;
    let first = client.first(Some(&challenge))?;
    let continued = send(&uri, Some(first.credentials())).await?;
    let challenge = continued.headers().get(WWW_AUTHENTICATE);
    let last = first.answer(challenge.ok_or("the server sends no challenge")?)?;
    let response = send(&uri, Some(last.credentials())).await?;
    match response.headers().get("authentication-info") {
        Some(proof) => last.verify(proof)?,
        None if response.status() == StatusCode::UNAUTHORIZED => {}
        None => return Err("the server has not proved itself".into()),
    }
    Ok(response.status())
}

/// The challenge of SCRAM among those of the response.
fn scram_challenge(response: &Response<Incoming>) -> Result<Challenge, Box<dyn Error>> {
    let challenges = WwwAuthenticate::from_headers(response.headers())?;
    let mut challenges = challenges.iter();
    let found = challenges.find(|challenge| challenge.scheme() == MECHANISM.scheme_name());
    Ok(found.ok_or("the server does not offer SCRAM")?.clone())
}

async fn send(
    uri: &Uri,
    credentials: Option<&HeaderValue>,
) -> Result<Response<Incoming>, Box<dyn Error>> {
    let authority = uri.authority().ok_or("the URL names no server")?.as_str();
    let stream = TcpStream::connect(authority).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut request = Request::get(uri.path()).header(HOST, authority);
    if let Some(credentials) = credentials {
        request = request.header(AUTHORIZATION, credentials);
    }
    Ok(sender.send_request(request.body(Body::empty())?).await?)
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    cargo run --features axum,scram --example scram -- --client ada lovelace http://{address}/
        200: the server has proved that it knows the password, too
    cargo run --features axum,scram --example scram -- --client user pencil http://{address}/
        200: the secret is one of PostgreSQL
    cargo run --features axum,scram --example scram -- --client guest pencil http://{address}/
        403: the policy refuses the caller, and the server proves itself all the same
    cargo run --features axum,scram --example scram -- --client ada babbage http://{address}/
        401: the wrong password
    cargo run --features axum,scram --example scram -- --client nobody lovelace http://{address}/
        401: an unknown user looks the same
    curl -i http://{address}/
        401: the first challenge
    curl -i -H 'Authorization: SCRAM-SHA-256 data="biwsbj1hZGEscj1meWtvK2QybGJiRmc="' http://{address}/
        401: the second challenge, for ada. curl cannot answer it
    curl -i -H 'Authorization: SCRAM-SHA-256 data="eSwsbj1hZGEscj1meWtvK2QybGJiRmc="' http://{address}/
        401: the message asks for channel binding, which HTTP does not have
    curl -i -H 'Authorization: SCRAM-SHA-256 realm="notes"' http://{address}/
        400: the message is missing

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = env::args().skip(1).collect::<Vec<_>>();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => serve().await,
        ["--client", user, password, url] => {
            println!("{}", sign_in(user, password, url).await?);
            Ok(())
        }
        _ => Err("usage: scram [--client NAME PASSWORD URL]".into()),
    }
}
