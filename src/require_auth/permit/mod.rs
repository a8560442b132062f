//! What one route asks of the callers that a layer around it has let through.

mod future;
mod layer;
mod refused;
mod service;
mod shared;

pub use self::future::PermitFuture;
pub use self::layer::Permit;
pub use self::refused::Misplaced;
pub use self::service::PermitService;

pub(super) use self::refused::Refused;
