//! A small object store on disk, which shows the signature alone, for clients such as `aws s3 cp`, boto3 and curl.
//!
//! `s3_server` is a whole S3 server with the crate `s3s`: it has copies, uploads in parts and metadata.
//!
//! ```text
//! export ACCESS_KEY_ID=AKIDEXAMPLE SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
//! cargo run --release --example s3_gateway -- --root /srv/objects --listen 127.0.0.1:9000
//! aws --endpoint-url http://127.0.0.1:9000 s3 cp README.md s3://bucket/README.md
//! ```
//!
//! The gateway writes an upload to a file of its own. Once the whole body has verified, the file replaces the object in
//! one step. A client that reads the object at the same time gets the old object or the new one, and never a mixture.
//!
//! The gateway keeps no more than one chunk of an upload in memory.
//!
//! The gateway answers `501` to requests that it does not implement: policies, tags and other properties of objects and
//! buckets, changes under a condition, copies, and uploads in parts. To make the AWS command line upload large files
//! without parts, run `aws configure set s3.multipart_threshold 5GB`.

mod answer;
mod arguments;

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
mod unsupported;
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
use tower_challenge::scheme::sigv4::{AccessKeys, CredentialScope};
use tower_challenge::scheme::{BodyLimits, SigV4};
use tower_challenge::{ConfigError, RequireAuth};

use self::arguments::Arguments;
use self::door::Door;
use self::store::Store;

type Auth = RequireAuth<SigV4<AccessKeys>, AwsErrors>;

/// The largest upload, as in S3: 5 GiB.
const LARGEST: u64 = 5 << 30;

/// Builds the layer. A client that signs with the access key may read and write everything.
///
/// The layer accepts unsigned bodies, because many clients do not sign the body when they use TLS.
fn auth(arguments: &Arguments) -> Result<Auth, ConfigError> {
    let keys = AccessKeys::new([(&*arguments.access_key_id, &*arguments.secret)])?;
    let scope = CredentialScope {
        region: "us-east-1",
        service: "s3",
    };
    let sigv4 = SigV4::builder("objects", scope, keys, TokioClock::new())
        .unsigned_payloads()
        .stream_whole_bodies()
        .streamed_bodies(BodyLimits::streaming(TokioClock::new()).max_length(LARGEST));
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
        .post(objects::not_implemented);
    Ok(Router::new()
        .route("/", get(buckets::all))
        .route("/{bucket}", bucket.clone())
        .route("/{bucket}/", bucket)
        .route("/{bucket}/{*key}", object)
        .with_state(store)
        .layer(from_fn(unsupported::refuse))
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
    let (stop_sender, stop_receiver) = watch::channel(());
    let serving = tokio::spawn(door.run(app, stop_receiver));
    stop.await;
    stop_sender.send(())?;
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
