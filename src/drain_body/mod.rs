//! How does a client that still sends a body see the response?
//!
//! [`DrainBody`] is the layer, [`DrainBodyService`] runs the inner service with a [`DrainableBody`], and
//! [`DrainBodyFuture`] reads the rest of the body before it returns the response.

mod body;
mod future;
mod layer;
mod service;

pub use self::body::DrainableBody;
pub use self::future::DrainBodyFuture;
pub use self::layer::DrainBody;
pub use self::service::DrainBodyService;
