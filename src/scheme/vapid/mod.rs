//! vapid (RFC 8292): an application server signs its requests to a push service with a key of its own.
//!
//! The scheme is for push services, which send messages to browsers. An application server makes a key pair, and signs a
//! token with it for each push service. The token says for which service it is and when it expires. The request has the token
//! and the public key: `Authorization: vapid t=TOKEN, k=KEY`. There is no registration: a key that the service has not seen
//! before is as good as any other.
//!
//! So the scheme identifies a sender, and does not say whether the sender may send. A *restricted subscription* does: its
//! creator has named the one key that may send to it (section 4). Compare it with the key of the caller in a
//! [policy](crate::policy), which may be a closure:
//!
//! ```
//! # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use http::{Request, Response, header::AUTHORIZATION};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_challenge::clock::ManualClock;
//! use tower_challenge::scheme::vapid::{ApplicationServer, Vapid};
//! use tower_challenge::{RequestHead, RequireAuth};
//! # use std::time::{Duration, UNIX_EPOCH};
//!
//! // The example of RFC 8292 section 2.4.
//! const KEY: &str = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
//! const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA";
//!
//! /// The key that may send to a subscription. A real service looks it up.
//! fn key_of(path: &str) -> Option<&'static str> {
//!     (path == "/p/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV").then_some(KEY)
//! }
//!
//! # let clock = ManualClock::new(UNIX_EPOCH + Duration::from_secs(1_453_500_000));
//! let vapid = Vapid::new("https://push.example.net")?.forbid_invalid().with_clock(clock);
//! let may_send = |sender: &ApplicationServer, request: &RequestHead<'_>| {
//!     key_of(request.target().path()).is_none_or(|key| key == sender.public_key())
//! };
//! // A subscription without a key is open: its requests need no credentials.
//! let is_open = |request: &RequestHead<'_>| key_of(request.target().path()).is_none();
//! let auth = RequireAuth::new(vapid)?.policy(may_send).public(is_open);
//! # let service = ServiceBuilder::new().layer(auth).service(service_fn(async |_: Request<String>| {
//! #     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
//! # }));
//! # let ask = async |path: &str, credentials: &str| {
//! #     let request = Request::post(path).header(AUTHORIZATION, credentials).body(String::new()).unwrap();
//! #     service.clone().oneshot(request).await.unwrap().status()
//! # };
//!
//! let restricted = "/p/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV";
//! assert_eq!(ask(restricted, &format!("vapid t={TOKEN}, k={KEY}")).await, 200);
//! assert_eq!(ask(restricted, "Basic YTpi").await, 401);
//! # assert_eq!(ask("/p/open", "Basic YTpi").await, 200);
//! let forged = TOKEN.replace("oD1oA", "oD1oB");
//! assert_eq!(ask(restricted, &format!("vapid t={forged}, k={KEY}")).await, 403);
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
//! ```
//!
//! - **The token is a bearer token until it expires**, at most 24 hours. So the service needs TLS.
//! - **The contact** ([`ApplicationServer::contact`]) is a claim of the sender, and not verified.
//! - **Not part of the scheme:** section 3.2 forbids a sender to use the key of the token also for the encryption of messages
//!   (RFC 8291). That key is in the body or in another field, and the handler can compare it.

mod application_server;
mod cache;
mod message;
mod proof;
mod reasons;
mod server;

pub use self::application_server::ApplicationServer;
pub use self::server::Vapid;
