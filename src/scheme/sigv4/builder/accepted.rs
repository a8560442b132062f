//! The settings that say which signatures the scheme accepts.

use super::SigV4Builder;
use crate::scheme::sigv4::canonical::PathRule;

impl<L> SigV4Builder<L> {
    /// Accepts signatures for these regions, too, in addition to the region of the scope. Some clients sign for the
    /// empty region if they have no setting.
    ///
    /// Use it where one server is known under several regions. For example, clients of R2 sign for `auto`, `us-east-1`
    /// or the empty region:
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// use std::time::SystemTime;
    /// use tower_challenge::clock::ManualClock;
    /// use tower_challenge::scheme::SigV4;
    /// use tower_challenge::scheme::sigv4::{AccessKeys, CredentialScope};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let keys = AccessKeys::new([("AKIDADA", "wJalrXUtnFEMI/K7MDENG")])?;
    /// let scope = CredentialScope { region: "auto", service: "s3" };
    /// let timer = ManualClock::new(SystemTime::UNIX_EPOCH); // `TokioClock::new()` in a server
    /// let builder = || SigV4::builder("files", scope, keys.clone(), timer.clone());
    /// assert!(builder().also_regions(["us-east-1", ""]).build().is_ok());
    /// assert!(builder().also_regions(["us/east"]).build().is_err(), "a credential scope cannot carry it");
    /// # Ok(()) }
    /// # main().unwrap(); }
    /// ```
    ///
    /// A signature for one region is also a signature for this server then. If another server has the same secrets and
    /// one of these regions, an attacker who reads a request to that server can send it to this server. The challenge
    /// names the region of the scope.
    pub fn also_regions<R: Into<String>>(mut self, regions: impl IntoIterator<Item = R>) -> Self {
        let regions = regions.into_iter().map(Into::into);
        self.rules.scopes.add_regions(regions);
        self
    }

    /// Accepts signatures for these services, too, in addition to the service of the scope. For example,
    /// `["s3express"]` for a server with the service `s3`, or `[""]` for clients that sign for an empty service.
    ///
    /// The rules for paths and payloads are those of the service that the client names, see
    /// [`CredentialScope::is_s3`](crate::scheme::sigv4::CredentialScope::is_s3). The empty service has the rules of services other than S3.
    ///
    /// A signature for one service is also a signature for this server then. If another server has the same secrets and
    /// one of these services, an attacker who reads a request to that server can send it to this server. The challenge
    /// names the service of the scope.
    pub fn also_services<S: Into<String>>(mut self, services: impl IntoIterator<Item = S>) -> Self {
        let services = services.into_iter().map(Into::into);
        self.rules.scopes.add_services(services);
        self
    }

    /// Sets the rule by which the path becomes part of the canonical request. The default is the rule of the service
    /// that the client names: [`PathRule::Once`] for S3, and [`PathRule::Normalized`] for all others.
    pub const fn path_rule(mut self, rule: PathRule) -> Self {
        self.rules.path_rule = Some(rule);
        self
    }

    /// Accepts paths with dot segments or empty segments, which [`PathRule::Normalized`] removes before signing.
    ///
    /// Different paths then have the same signature. For example, an attacker who has a signed request for `/b` can
    /// send it for `/a/../b`. Use this setting only if the application treats both paths alike.
    pub const fn unnormalized_paths(mut self) -> Self {
        self.rules.any_path = true;
        self
    }

    /// Accepts a `+` in the query. It is signed as `%2B`.
    ///
    /// An attacker who has a signed request with `%2B` can then send it with `+`, and the other way around. Use this
    /// setting only if the application does not decode `+` as a space.
    pub const fn literal_plus(mut self) -> Self {
        self.rules.literal_plus = true;
        self
    }

    /// Accepts query parameters with equal names. For example, `?tag=a&tag=b`.
    ///
    /// The order of equal names is not signed: the client signs them sorted by their values. An attacker who has a
    /// signed request for `?tag=a&tag=b` can send it as `?tag=b&tag=a`. Use this setting only if the application treats
    /// all values alike. An application that reads the first or the last value alone would read another value.
    ///
    /// Parameters whose names begin with `X-Amz-` must still not be repeated.
    pub const fn repeated_parameters(mut self) -> Self {
        self.rules.repeated_parameters = true;
        self
    }

    /// Accepts requests that sign the body and do not sign `Content-Type`.
    ///
    /// These clients need it when they upload:
    ///
    /// - minio-go over plain HTTP, and restic, which uses it,
    /// - aws4fetch,
    /// - minio-js,
    /// - AWS SDK for JavaScript v2,
    /// - curl up to 7.88, which adds the content type of a form.
    ///
    /// An attacker between the client and this server can change an unsigned content type. For example, an image could
    /// be served as a script.
    pub const fn unsigned_content_type(mut self) -> Self {
        self.rules.unsigned_type = true;
        self
    }

    /// Accepts requests to which the client has added the session token after signing, as some services of AWS require.
    ///
    /// The session token must still be the one of the access key.
    pub const fn unsigned_session_token(mut self) -> Self {
        self.rules.unsigned_token = true;
        self
    }
}
