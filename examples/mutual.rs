//! Protects an axum application with Mutual (RFC 8120), and is a command-line client for it.
//!
//! ```text
//! cargo run --features axum,mutual --example mutual
//! cargo run --features axum,mutual --example mutual -- --client ada lovelace http://127.0.0.1:3000/
//! cargo run --features axum,mutual --example mutual -- --add-user grace --space iso-kam3-ec-p256-sha256 127.0.0.1 notes >>accounts
//! cargo run --features axum,mutual --example mutual -- --accounts accounts
//! ```
//!
//! `--add-user` reads the password from its standard input: in an argument, other users of the machine could see it.
//!
//! The client proves that it knows the password, and so does the server. An attacker who reads all messages cannot try
//! passwords against them. The client of this example speaks HTTP without TLS, so use it on this machine only.

use std::error::Error;
use std::process::ExitCode;
use std::{env, fs, io};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use axum::routing::get;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tower_challenge::header::Credentials;
use tower_challenge::scheme::Mutual;
use tower_challenge::scheme::mutual::{
    HostValidation, MutualAccounts, MutualAlgorithm, MutualClient, MutualSecret, MutualSpace,
};
use tower_challenge::{Authenticated, ConfigError, Principal, RequestHead, RequireAuth, Secret};

/// The accounts, as `--add-user` prints them. The passwords are `lovelace` and `pencil`.
const ACCOUNTS: &str = "\
ada:notes:iso-kam3-ec-p256-sha256:0125c3a56f993054696cf0dfeccb11d22a16dad8429d8a039b833c8abc4d177b0c:127.0.0.1
guest:notes:iso-kam3-ec-p256-sha256:0012d2708bc9032e280ebfcfe85b881d064fbe2d600fc079fecd535abb2708b279:127.0.0.1
";

/// The protection space. An account belongs to its algorithm, its hosts and its realm.
fn space() -> Result<MutualSpace, ConfigError> {
    MutualSpace::new(MutualAlgorithm::P256, "127.0.0.1", "notes")
}

fn app(origin: &str, accounts: &str) -> Result<Router, ConfigError> {
    let accounts = MutualAccounts::from_lines(accounts)?;
    let mutual = Mutual::new(&space()?, HostValidation::host(origin)?, accounts)?;
    let auth = RequireAuth::new(mutual)?
        .policy(|caller: &Principal, _: &RequestHead<'_>| caller.name() != "guest");
    let protected = Router::new().route("/", get(hello)).layer(auth);
    Ok(protected.merge(impostor(origin)?))
}

async fn hello(caller: Authenticated<Principal>) -> String {
    format!("hello {}\n", caller.name())
}

/// An attacker in the place of the server. It does not know the password of `ada`, so it guesses one, and it answers a
/// wrong proof as if the proof were right.
fn impostor(origin: &str) -> Result<Router, ConfigError> {
    let guess = MutualAccounts::new(&space()?, [("ada", "a guess")])?;
    let mutual = Mutual::new(&space()?, HostValidation::host(origin)?, guess)?;
    let route = Router::new().route("/impostor", get(async || "give me your secrets\n"));
    let route = route.layer(RequireAuth::new(mutual)?);
    Ok(route.layer(from_fn(pretend)))
}

async fn pretend(request: Request, next: Next) -> Response<Body> {
    let field = request.headers().get(AUTHORIZATION).cloned();
    let response = next.run(request).await;
    let credentials = field
        .as_ref()
        .map(|field| Credentials::parse(field.as_bytes()));
    let sid = credentials.and_then(|credentials| credentials.ok()?.params().get("sid"));
    let Some(sid) = sid.and_then(|sid| sid.to_str()) else {
        return response;
    };
    let made_up = format!("version=1, sid={sid}, vks={}", "00".repeat(32));
    ([("authentication-info", made_up)], "give me your secrets\n").into_response()
}

/// Signs in at `url`, and sends a second request in the same session. Fails if the server does not prove that it knows the
/// password, too.
async fn sign_in(user: &str, password: &str, url: &str) -> Result<StatusCode, Box<dyn Error>> {
    let uri = url.parse::<Uri>()?;
    let authority = uri.authority().ok_or("the URL names no server")?;
    let host = HostValidation::host(&format!("http://{authority}"))?;
    let client = MutualClient::new(user, Secret::new(password))?;

    let challenged = send(&uri, None).await?;
    let exchange = client.begin(&host, challenge(&challenged)?)?;
    let continued = send(&uri, Some(exchange.credentials())).await?;
    let mut session = exchange.answer(challenge(&continued)?)?;
    let mut status = StatusCode::UNAUTHORIZED;
    // The first request of the session was the third one. Each further one takes a single request.
    for _ in 0..2 {
        let proof = session.next()?;
        let response = send(&uri, Some(proof.credentials())).await?;
        status = response.status();
        match response.headers().get("authentication-info") {
            Some(info) => proof.verify(info)?,
            None if status == StatusCode::UNAUTHORIZED => break,
            None => return Err("the server has not proved itself".into()),
        }
    }
    Ok(status)
}

fn challenge(response: &Response<Incoming>) -> Result<&HeaderValue, &'static str> {
    let challenge = response.headers().get(WWW_AUTHENTICATE);
    challenge.ok_or("the server sends no challenge")
}

async fn send(
    uri: &Uri,
    credentials: Option<&HeaderValue>,
) -> Result<Response<Incoming>, Box<dyn Error>> {
    let authority = uri.authority().ok_or("the URL names no server")?.as_str();
    let stream = TcpStream::connect(authority).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let mut request = Request::get(target).header(HOST, authority);
    if let Some(credentials) = credentials {
        request = request.header(AUTHORIZATION, credentials);
    }
    Ok(sender.send_request(request.body(Body::empty())?).await?)
}

async fn serve(accounts: &str) -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let app = app(&format!("http://{address}"), accounts)?;
    println!(
        r#"    cargo run --features axum,mutual --example mutual -- --client ada lovelace http://{address}/
        200: two requests, and the server has proved each time that it knows the password, too
    cargo run --features axum,mutual --example mutual -- --client guest pencil http://{address}/
        403: the policy refuses the caller, and the server proves itself all the same
    cargo run --features axum,mutual --example mutual -- --client ada babbage http://{address}/
        401: the wrong password
    cargo run --features axum,mutual --example mutual -- --client nobody lovelace http://{address}/
        401: an unknown user looks the same
    cargo run --features axum,mutual --example mutual -- --client ada lovelace http://{address}/impostor
        refused: an attacker answers with 200, and does not know the password
    curl -i http://{address}/
        401: the first challenge
    curl -i -H 'Authorization: Mutual version=1, algorithm=iso-kam3-ec-p256-sha256, validation=host, auth-scope="127.0.0.1", realm="notes", user="ada", kc1=0022dd7ff8ef77fe9b5604dd8b607aad2ee4253b886fd5d3090a7b5c00cce861aa' http://{address}/
        401: the key of the server, for ada. curl cannot answer it
    curl -i -H 'Authorization: Mutual version=1, algorithm=iso-kam3-ec-p256-sha256, validation=host, auth-scope="127.0.0.1", realm="notes", user="ada", kc1=000000000000000000000000000000000000000000000000000000000000000004' http://{address}/
        401: the key of the client is no point of the curve
    curl -i -H 'Authorization: Mutual realm="notes"' http://{address}/
        401: the other parameters are missing

listening on http://{address}"#
    );
    axum::serve(listener, app).await?;
    Ok(())
}

/// Reads a password from the standard input, and prints a line for the file of accounts. The password cannot be computed
/// from the line.
fn add_user(user: &str, space: &MutualSpace) -> Result<(), Box<dyn Error>> {
    let mut input = String::new();
    io::stdin().read_line(&mut input)?;
    let password = Secret::new(input.trim_end_matches(['\r', '\n']));
    let secret = MutualSecret::from_password(space, user, password)?;
    println!("{}", secret.to_line(user)?.expose());
    Ok(())
}

/// The protection space that the arguments name. A secret is good for no other one.
fn space_of(algorithm: &str, scope: &str, realm: &str) -> Result<MutualSpace, Box<dyn Error>> {
    let algorithm = MutualAlgorithm::from_name(algorithm);
    let algorithm = algorithm.ok_or_else(|| {
        let names = MutualAlgorithm::ALL.map(MutualAlgorithm::name);
        format!("the algorithms are {}", names.join(", "))
    })?;
    Ok(MutualSpace::new(algorithm, scope, realm)?)
}

async fn run(arguments: &[&str]) -> Result<ExitCode, Box<dyn Error>> {
    match arguments {
        [] => serve(ACCOUNTS).await?,
        ["--accounts", file] => serve(&fs::read_to_string(file)?).await?,
        ["--add-user", user, "--space", algorithm, scope, realm] => {
            add_user(user, &space_of(algorithm, scope, realm)?)?;
        }
        ["--client", user, password, url] => match sign_in(user, password, url).await {
            Ok(status) => println!("{status}"),
            Err(why) => {
                println!("refused the server: {why}");
                return Ok(ExitCode::FAILURE);
            }
        },
        _ => {
            return Err("usage: mutual [--accounts FILE | --add-user NAME --space ALGORITHM SCOPE REALM | --client NAME PASSWORD URL]".into());
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = env::args().skip(1).collect::<Vec<_>>();
    run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
}
