//! Keeps objects on disk, for clients that sign with AWS Signature Version 4. It shows what the layer does with a
//! signature: in a field, in a presigned URL, over a whole body, and over a body in signed chunks with a trailer.
//!
//! ```text
//! export ACCESS_KEY_ID=AKIDEXAMPLE SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
//! cargo run --release --package s3_gateway --example s3_gateway -- --root /srv/objects --listen 127.0.0.1:9000
//! curl --aws-sigv4 aws:amz:us-east-1:s3 --user AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY \
//!     --header 'x-amz-content-sha256: UNSIGNED-PAYLOAD' --upload-file README.md http://127.0.0.1:9000/bucket/key
//! ```
//!
//! The gateway has `GET`, `HEAD`, `PUT` and `DELETE` of one whole object at `/BUCKET/KEY`, and answers `501` to every
//! other request. For example, it has no lists, no ranges and no uploads in parts. `s3_server` is a whole S3 server with
//! the crate `s3s`.
//!
//! The gateway writes an upload to a file of its own, and keeps no more than one chunk in memory. Once the whole body has
//! verified, the file replaces the object in one step.

mod arguments;
mod curl;
#[path = "../conformance/door.rs"]
mod door;
mod objects;
#[path = "../conformance/stop.rs"]
mod stop;
mod store;
mod unsupported;

use std::error::Error;
use std::process::ExitCode;

use axum::Router;
use axum::http::StatusCode;
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

/// Arguments for curl, and the answer to each.
const TRY: [(&str, &str); 8] = [
    (
        "SERVER/bucket/note",
        "403: `AccessDenied`, because the request has no signature",
    ),
    (
        "SIGN OWNER -X PUT -d milk -H 'content-type: text/plain' SERVER/bucket/note",
        "200: the object is there",
    ),
    ("SIGN OWNER SERVER/bucket/note", "200: `milk`"),
    (
        "SIGN -u \"$ACCESS_KEY_ID:wrong\" SERVER/bucket/note",
        "403: `SignatureDoesNotMatch`, because the secret is wrong",
    ),
    (
        "SIGN -u 'other:secret' SERVER/bucket/note",
        "403: `SignatureDoesNotMatch`, so a client does not learn which keys exist",
    ),
    (
        "SIGN OWNER 'SERVER/bucket/note?acl='",
        "501: the gateway has whole objects only",
    ),
    ("SIGN OWNER -X DELETE SERVER/bucket/note", "204: it is gone"),
    (
        "SIGN OWNER SERVER/bucket/note",
        "404: there is no such object",
    ),
];

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
    let object = get(objects::read)
        .put(objects::write)
        .delete(objects::remove);
    Ok(Router::new()
        .route("/{bucket}/{*key}", object)
        .method_not_allowed_fallback(async || StatusCode::NOT_IMPLEMENTED)
        .fallback(async || StatusCode::NOT_IMPLEMENTED)
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
    if arguments.tls.is_none() {
        curl::print(&TRY, door.address()?);
    }
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
