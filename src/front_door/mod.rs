//! The shortest way to a layer with one scheme: a constructor of [`RequireAuth`](crate::RequireAuth) for each scheme.

#[cfg(feature = "api-key")]
mod api_key;
#[cfg(feature = "basic")]
mod basic;
#[cfg(feature = "bearer")]
mod bearer;
#[cfg(feature = "client-certificate")]
mod client_certificate;
#[cfg(feature = "digest")]
mod digest;
#[cfg(all(
    feature = "client-certificate",
    any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")
))]
mod fapi;
#[cfg(all(
    feature = "dpop",
    any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")
))]
mod fapi_dpop;
#[cfg(feature = "scram")]
mod scram;
