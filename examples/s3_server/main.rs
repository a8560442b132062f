//! A whole S3 server behind the layer: the crate `s3s` serves the files of a folder, and this crate decides who may ask.
//!
//! ```text
//! export ACCESS_KEY_ID=AKIDEXAMPLE SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
//! cargo run --release --package s3_server --example s3_server -- --root /srv/objects --listen 127.0.0.1:9000
//! ```
//!
//! `s3s` has an authentication of its own, which stays off (no `set_auth`): the layer has verified the signature, and the
//! body against it, before `s3s` sees the request. With its authentication off, `s3s` refuses a request that still
//! carries a signature. So the layer removes the field `Authorization`, and `signed_query` removes the signature from
//! presigned URLs.
//!
//! Buckets are in the path of a URL. The server does not know names such as `bucket.s3.example.org`.
//!
//! `s3_gateway` is the smaller example: it shows the signature alone.

#[path = "../s3_gateway/arguments.rs"]
mod arguments;
#[path = "../s3_gateway/curl.rs"]
mod curl;
#[path = "../conformance/door.rs"]
mod door;
mod files;
mod object_list;
mod operations;
mod prepare;
mod signed_query;
#[path = "../conformance/stop.rs"]
mod stop;
mod unsafe_requests;

use std::error::Error;
use std::process::ExitCode;

use axum::Router;
use axum::error_handling::HandleError;
use axum::middleware::from_fn;
use axum::routing::any_service;
use http::StatusCode;
use s3s::HttpError;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt;
use tower_challenge::DrainBody;
use tower_challenge::clock::TokioClock;
use tower_challenge::respond::AwsErrors;
use tower_challenge::scheme::sigv4::{AccessKeys, CredentialScope};
use tower_challenge::scheme::{BodyLimits, SigV4};
use tower_challenge::{ConfigError, RequireAuth};

use self::arguments::Arguments;
use self::door::Door;
use self::files::Files;

/// Arguments for curl, and the answer to each.
const TRY: [(&str, &str); 8] = [
    (
        "SERVER/bucket",
        "403: `AccessDenied`, because the request has no signature",
    ),
    (
        "SIGN OWNER -X PUT SERVER/bucket",
        "200: the bucket is there",
    ),
    (
        "SIGN OWNER -X PUT -d milk -H 'content-type: text/plain' SERVER/bucket/note",
        "200: the object is there",
    ),
    ("SIGN OWNER SERVER/bucket/note", "200: `milk`"),
    ("SIGN OWNER SERVER/bucket", "200: `<Key>note</Key>`"),
    (
        "SIGN -u \"$ACCESS_KEY_ID:wrong\" SERVER/bucket/note",
        "403: `SignatureDoesNotMatch`, because the secret is wrong",
    ),
    ("SIGN OWNER -X DELETE SERVER/bucket/note", "204: it is gone"),
    ("SIGN OWNER SERVER/bucket/note", "404: `NoSuchKey`"),
];

type Auth = RequireAuth<SigV4<AccessKeys>, AwsErrors>;

/// The largest upload, as in S3: 5 GiB.
const LARGEST: u64 = 5 << 30;

/// The owner of the key may do everything. Three settings take what deployed clients send:
///
/// - `unsigned_payloads`: through TLS, most clients do not sign the body. Presigned URLs never do.
/// - `unsigned_content_type`: in clear, restic signs the body and leaves its type out.
/// - `stream_whole_bodies`: s3fs and boto3 sign bodies of 20 MB as a whole. `s3s-fs` writes an upload into a file of its
///   own, and renames it after a clean end.
fn auth(arguments: &Arguments) -> Result<Auth, ConfigError> {
    let keys = AccessKeys::new([(&*arguments.access_key_id, &*arguments.secret)])?;
    let scope = CredentialScope {
        region: "us-east-1",
        service: "s3",
    };
    let sigv4 = SigV4::builder("objects", scope, keys, TokioClock::new())
        .unsigned_payloads()
        .unsigned_content_type()
        .stream_whole_bodies()
        .streamed_bodies(BodyLimits::streaming(TokioClock::new()).max_length(LARGEST));
    let auth = RequireAuth::new(sigv4.build()?)?.strip_credentials();
    Ok(auth.respond_with(AwsErrors::s3()))
}

fn app(arguments: &Arguments) -> Result<Router, Box<dyn Error>> {
    let s3 = S3ServiceBuilder::new(Files::open(&arguments.root)?).build();
    let s3 = HandleError::new(s3.map_request(signed_query::removed), failed);
    // Not `fallback_service`: axum removes the body of an answer to HEAD in such routes only, and HTTP/2 forbids it.
    let any = any_service(s3);
    let router = Router::new().route("/", any.clone());
    let router = router.route("/{*path}", any);
    let router = router.layer(from_fn(unsafe_requests::refused));
    let router = router.layer(auth(arguments)?);
    // A refusal may come before the body. Over HTTP/2, some clients would not see it.
    Ok(router.layer(DrainBody::new(TokioClock::new())))
}

async fn failed(error: HttpError) -> StatusCode {
    eprintln!("error: {error:?}");
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn run() -> Result<(), Box<dyn Error>> {
    let stop = stop::told()?;
    let arguments = Arguments::read(std::env::args().skip(1))?;
    std::fs::create_dir_all(&arguments.root)?;
    let app = app(&arguments)?;
    let listener = TcpListener::bind(&arguments.listen).await?;
    let door = match &arguments.tls {
        Some(files) => Door::tls(listener, files)?,
        None => Door::plain(listener),
    };
    if arguments.tls.is_none() {
        curl::print(&TRY, door.address()?);
    }
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
