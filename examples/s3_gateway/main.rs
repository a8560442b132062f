//! A small store of objects on disk, which shows the signature alone: for `aws s3 cp`, boto3, curl.
//!
//! `s3_server` is the whole server: it has copies, uploads in parts and metadata, from the crate `s3s`.
//!
//! ```text
//! export ACCESS_KEY_ID=AKIDEXAMPLE SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
//! cargo run --release --example s3_gateway -- --root /srv/objects --listen 127.0.0.1:9000
//! aws --endpoint-url http://127.0.0.1:9000 s3 cp README.md s3://bucket/README.md
//! ```
//!
//! An upload goes into a file of its own and takes its object's place in one step, once all of it has verified: a reader
//! sees the old object or the new one. No part of it is kept in memory longer than a chunk.
//!
//! Whatever S3 keeps beside objects and buckets is not there, nor are changes under a condition, nor copies: `501`. For
//! uploads in parts it is the same: `aws configure set s3.multipart_threshold 5GB`.

mod answer;
mod arguments;
mod asked;
mod buckets;
#[path = "../conformance/door.rs"]
mod door;
mod download;
mod list;
mod names;
mod objects;
#[path = "../conformance/stop.rs"]
mod stop;
mod store;
mod xml;

use std::error::Error;
use std::process::ExitCode;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_challenge::clock::TokioClock;
use tower_challenge::respond::AwsErrors;
use tower_challenge::scheme::SigV4;
use tower_challenge::scheme::sigv4::{AccessKeys, CredentialScope};
use tower_challenge::{ConfigError, RequireAuth};

use self::arguments::Arguments;
use self::door::Door;
use self::store::Store;

type Auth = RequireAuth<SigV4<AccessKeys>, AwsErrors>;

/// Whoever has the key may do everything. The body of an upload need not be signed: behind TLS that is what clients do.
fn auth(arguments: &Arguments) -> Result<Auth, ConfigError> {
    let keys = AccessKeys::new([(&*arguments.access_key_id, &*arguments.secret)])?;
    let scope = CredentialScope {
        region: "us-east-1",
        service: "s3",
    };
    let sigv4 = SigV4::builder("objects", scope, keys, TokioClock::new())
        .unsigned_payloads()
        .stream_whole_bodies();
    let auth = RequireAuth::new(sigv4.build()?)?;
    Ok(auth.respond_with(AwsErrors::s3()))
}

fn app(arguments: &Arguments, store: Store) -> Result<Router, ConfigError> {
    let bucket = get(list::objects)
        .head(buckets::look)
        .put(buckets::make)
        .delete(buckets::remove);
    let object = get(objects::read)
        .put(objects::write)
        .delete(objects::remove)
        .post(objects::not_here);
    Ok(Router::new()
        .route("/", get(buckets::all))
        .route("/{bucket}", bucket.clone())
        .route("/{bucket}/", bucket)
        .route("/{bucket}/{*key}", object)
        .with_state(store)
        .layer(from_fn(asked::nothing_else))
        .layer(auth(arguments)?))
}

async fn run() -> Result<(), Box<dyn Error>> {
    let stop = stop::told()?;
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let app = app(&arguments, Store::open(&arguments.root).await?)?;
    let listener = TcpListener::bind(&arguments.listen).await?;
    let door = match &arguments.tls {
        Some(files) => Door::tls(listener, files)?,
        None => Door::plain(listener),
    };
    println!("listening on {}://{}", door.scheme(), door.address()?);
    let (tell, told) = watch::channel(());
    let serving = tokio::spawn(door.run(app, told));
    stop.await;
    tell.send(())?;
    Ok(serving.await?)
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
