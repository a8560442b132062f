//! The shortest way to a layer with one scheme: a constructor of [`RequireAuth`](crate::RequireAuth) for each scheme.

#[cfg(feature = "api-key")]
mod api_key;
#[cfg(feature = "basic")]
mod basic;
#[cfg(feature = "bearer")]
mod bearer;
#[cfg(feature = "digest")]
mod digest;
#[cfg(feature = "scram")]
mod scram;
