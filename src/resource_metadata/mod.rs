//! Where does a client of OAuth learn which authorization servers a resource trusts (RFC 9728)?
//!
//! [`ResourceMetadata`] is the document. It is made from the configuration alone and never from a `Host` field, which the
//! client chooses. [`ResourceMetadata::layer`] serves it in front of a service, and [`ResourceMetadata::service`] by
//! itself. [`Bearer::resource_metadata_of`](crate::scheme::Bearer::resource_metadata_of) names its URL in the challenge,
//! so that the URL and the document cannot disagree.
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "bearer")] {
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::convert::Infallible;
//!
//! use http::{Request, Response, header::{AUTHORIZATION, WWW_AUTHENTICATE}};
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_challenge::resource_metadata::ResourceMetadata;
//! use tower_challenge::scheme::bearer::{Bearer, StaticTokens};
//! use tower_challenge::{Principal, RequireAuth};
//!
//! let metadata = ResourceMetadata::builder("https://api.example/notes")
//!     .authorization_server("https://login.example")
//!     .scopes_supported("read")
//!     .build()?;
//! let tokens = StaticTokens::new()?.token("t0ken", Principal::new("ada"))?;
//! let bearer = Bearer::new("notes", tokens)?.resource_metadata_of(&metadata)?;
//! let service = ServiceBuilder::new()
//!     .layer(metadata.layer())
//!     .layer(RequireAuth::new(bearer)?)
//!     .service_fn(async |_: Request<String>| Ok::<_, Infallible>(Response::new("a note".to_owned())));
//!
//! // A client without a token is refused, and learns where the document is.
//! let refused = service.clone().oneshot(Request::get("/notes").body(String::new())?).await?;
//! assert_eq!(refused.status(), 401);
//! let url = "https://api.example/.well-known/oauth-protected-resource/notes";
//! assert_eq!(refused.headers()[WWW_AUTHENTICATE], format!(r#"Bearer realm="notes", resource_metadata="{url}""#));
//!
//! // Every client may read the document.
//! let path = "/.well-known/oauth-protected-resource/notes";
//! let document = service.clone().oneshot(Request::get(path).body(String::new())?).await?;
//! assert_eq!(document.status(), 200);
//! assert!(document.body().contains(r#""authorization_servers":["https://login.example"]"#));
//!
//! let request = Request::get("/notes").header(AUTHORIZATION, "Bearer t0ken").body(String::new())?;
//! assert_eq!(service.oneshot(request).await?.body(), "a note");
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
//! ```

mod answer;
mod builder;
mod checks;
mod document;
mod future;
mod identifier;
mod layer;
mod metadata;
mod service;

pub use self::builder::{BearerMethod, ResourceMetadataBuilder, TranslatedMember};
pub use self::future::ResourceMetadataFuture;
pub use self::layer::{ResourceMetadataLayer, WithResourceMetadata};
pub use self::metadata::ResourceMetadata;
pub use self::service::ResourceMetadataService;
