//! The builder of the metadata.

use super::ResourceMetadata;
use super::checks;
use super::document::{DocumentMembers, MemberValue};
use super::identifier::ResourceIdentifier;
use crate::config_error::ConfigError;

/// The builder that [`ResourceMetadata::builder`] starts.
///
/// Its methods have the names of the members ([RFC 9728 section 2](https://www.rfc-editor.org/rfc/rfc9728#section-2)). A
/// second call replaces the value of the first, except for [`authorization_server`](Self::authorization_server). The first
/// wrong value is the error of [`build`](Self::build).
///
/// # Example
///
/// ```
/// use tower_challenge::resource_metadata::{BearerMethod, ResourceMetadata, TranslatedMember};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let metadata = ResourceMetadata::builder("https://api.example/notes")
///     .authorization_server("https://login.example")
///     .bearer_methods_supported([BearerMethod::Header])
///     .resource_name("Notes")
///     .translated(TranslatedMember::ResourceName, "it", "Appunti")
///     .build()?;
/// assert!(metadata.as_json().contains(r##""resource_name":"Notes","resource_name#it":"Appunti""##));
///
/// let wrong = ResourceMetadata::builder("https://api.example").resource_signing_alg_values_supported(["none"]);
/// assert!(wrong.build().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct ResourceMetadataBuilder {
    identifier: Result<ResourceIdentifier, ConfigError>,
    authorization_servers: Vec<Box<str>>,
    members: DocumentMembers,
    /// The first error, which `build` returns: the setters return the builder, so that calls can be chained.
    error: Option<ConfigError>,
}

/// A way to send an access token (RFC 6750 section 2). [`Bearer`](crate::scheme) accepts the header alone.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "bearer")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::convert::Infallible;
///
/// use http::{Request, Response, header::AUTHORIZATION};
/// use tower::{ServiceBuilder, ServiceExt};
/// use tower_challenge::resource_metadata::{BearerMethod, ResourceMetadata};
/// use tower_challenge::scheme::bearer::{Bearer, StaticTokens};
/// use tower_challenge::{Principal, RequireAuth};
///
/// let metadata = ResourceMetadata::builder("https://api.example")
///     .bearer_methods_supported([BearerMethod::Header])
///     .build()?;
/// assert!(metadata.as_json().contains(r#""bearer_methods_supported":["header"]"#));
///
/// let tokens = StaticTokens::new()?.token("t0ken", Principal::new("ada"))?;
/// let service = ServiceBuilder::new()
///     .layer(RequireAuth::new(Bearer::new("api", tokens)?)?)
///     .service_fn(async |_: Request<String>| Ok::<_, Infallible>(Response::new(String::new())));
/// let in_field = Request::get("/").header(AUTHORIZATION, "Bearer t0ken").body(String::new())?;
/// assert_eq!(service.clone().oneshot(in_field).await?.status(), 200);
/// let in_query = Request::get("/?access_token=t0ken").body(String::new())?;
/// assert_eq!(service.oneshot(in_query).await?.status(), 401);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BearerMethod {
    /// In the field `Authorization`.
    Header,
    /// In a form body.
    Body,
    /// In the query of the URL.
    Query,
}

/// A member that people read, or that names a page which people read. It may be in several languages (RFC 9728 section
/// 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TranslatedMember {
    /// `resource_name`.
    ResourceName,
    /// `resource_documentation`.
    ResourceDocumentation,
    /// `resource_policy_uri`.
    ResourcePolicyUri,
    /// `resource_tos_uri`.
    ResourceTosUri,
}

impl BearerMethod {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Body => "body",
            Self::Query => "query",
        }
    }
}

impl TranslatedMember {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ResourceName => "resource_name",
            Self::ResourceDocumentation => "resource_documentation",
            Self::ResourcePolicyUri => "resource_policy_uri",
            Self::ResourceTosUri => "resource_tos_uri",
        }
    }

    fn check(self, value: &str) -> Result<(), ConfigError> {
        match self {
            Self::ResourceName => checks::name(value),
            _ => checks::page_url(value),
        }
    }
}

impl ResourceMetadata {
    /// Starts a builder for the metadata of the resource that `resource` identifies
    /// ([RFC 9728 section 1.2](https://www.rfc-editor.org/rfc/rfc9728#section-1.2)).
    ///
    /// The identifier is the URL that clients call, or a URL above it: for example `https://api.example/mcp`. Clients
    /// compare it byte by byte with the URL that they have, so write it as they do. Take it from the configuration. It is
    /// an `https` URL without a fragment; `http` is allowed for the local machine only.
    pub fn builder(resource: &str) -> ResourceMetadataBuilder {
        ResourceMetadataBuilder {
            identifier: ResourceIdentifier::new(resource),
            authorization_servers: Vec::new(),
            members: DocumentMembers::default(),
            error: None,
        }
    }
}

impl ResourceMetadataBuilder {
    /// Adds an authorization server by its issuer identifier (RFC 8414). Clients compare it byte by byte with the `issuer`
    /// in the metadata of that server. It is an `https` URL without a query and a fragment.
    pub fn authorization_server(mut self, issuer: &str) -> Self {
        self.authorization_servers.push(issuer.into());
        self.checked(checks::issuer(issuer))
    }

    /// Names the scopes that clients may ask for, separated by spaces. Name the scopes of basic use: some clients ask for
    /// all of them.
    pub fn scopes_supported(mut self, scopes: &str) -> Self {
        match checks::scopes(scopes) {
            Ok(scopes) => self.with("scopes_supported", MemberValue::Texts(scopes)),
            Err(error) => {
                self.error.get_or_insert(error);
                self
            }
        }
    }

    /// Names the ways in which clients may send an access token.
    pub fn bearer_methods_supported(self, methods: impl IntoIterator<Item = BearerMethod>) -> Self {
        let methods = methods.into_iter().map(BearerMethod::as_str);
        let check = |names: &[String]| checks::non_empty("bearer method", names);
        self.list("bearer_methods_supported", methods, check)
    }

    /// Sets the name of the resource, for people.
    pub fn resource_name(self, name: &str) -> Self {
        self.with_text(TranslatedMember::ResourceName, None, name)
    }

    /// Sets the URL of a page for developers who use the resource.
    pub fn resource_documentation(self, url: &str) -> Self {
        self.with_text(TranslatedMember::ResourceDocumentation, None, url)
    }

    /// Sets the URL of a page about what clients may do with the data.
    pub fn resource_policy_uri(self, url: &str) -> Self {
        self.with_text(TranslatedMember::ResourcePolicyUri, None, url)
    }

    /// Sets the URL of the terms of service.
    pub fn resource_tos_uri(self, url: &str) -> Self {
        self.with_text(TranslatedMember::ResourceTosUri, None, url)
    }

    /// Sets the value of `member` in a language. `language` is a tag of RFC 5646, for example `fr` or `pt-BR`.
    pub fn translated(self, member: TranslatedMember, language: &str, value: &str) -> Self {
        self.with_text(member, Some(language), value)
    }

    /// Sets the URL of the public keys of the resource, with which it signs responses. They are not the keys that sign
    /// access tokens.
    pub fn jwks_uri(self, url: &str) -> Self {
        let checked = self.checked(checks::jwks_uri(url));
        checked.with("jwks_uri", MemberValue::text(url))
    }

    /// Names the algorithms with which the resource signs responses, for example `ES256`. `none` is an error.
    pub fn resource_signing_alg_values_supported<T: AsRef<str>>(
        self,
        algorithms: impl IntoIterator<Item = T>,
    ) -> Self {
        let name = "resource_signing_alg_values_supported";
        self.list(name, algorithms, checks::signing_algorithms)
    }

    /// Names the algorithms of DPoP proofs that the resource accepts, for example `ES256`. `none` and symmetric algorithms
    /// are errors (RFC 9449 section 4.2).
    pub fn dpop_signing_alg_values_supported<T: AsRef<str>>(
        self,
        algorithms: impl IntoIterator<Item = T>,
    ) -> Self {
        let name = "dpop_signing_alg_values_supported";
        self.list(name, algorithms, checks::dpop_algorithms)
    }

    /// Says that the resource accepts only tokens that are bound to a key with DPoP (RFC 9449).
    pub fn dpop_bound_access_tokens_required(self) -> Self {
        self.with("dpop_bound_access_tokens_required", MemberValue::True)
    }

    /// Says that the resource supports tokens that are bound to a client certificate (RFC 8705). The verifier
    /// `scheme::client_certificate::CertificateBound` checks them (feature `client-certificate`).
    pub fn tls_client_certificate_bound_access_tokens(self) -> Self {
        let name = "tls_client_certificate_bound_access_tokens";
        self.with(name, MemberValue::True)
    }

    /// Names the types of authorization details that the resource knows (RFC 9396).
    pub fn authorization_details_types_supported<T: AsRef<str>>(
        self,
        types: impl IntoIterator<Item = T>,
    ) -> Self {
        let check = |names: &[String]| checks::non_empty("authorization detail type", names);
        self.list("authorization_details_types_supported", types, check)
    }

    /// Builds the metadata.
    ///
    /// # Errors
    ///
    /// Fails if the identifier is not an `https` URL without a fragment (`http` on the local machine), if its host has
    /// letters in upper case, or if its path has dot segments. Fails if a value is not allowed for its member, as the
    /// methods of the builder document, or if an authorization server is named twice.
    pub fn build(self) -> Result<ResourceMetadata, ConfigError> {
        let identifier = self.identifier?;
        if let Some(error) = self.error {
            return Err(error);
        }
        let servers = self.authorization_servers;
        let mut once = servers.clone();
        once.sort();
        once.dedup();
        if once.len() < servers.len() {
            return Err(ConfigError::new(
                "an authorization server is named twice: name it once",
            ));
        }
        Ok(ResourceMetadata::new(identifier, servers, &self.members))
    }

    fn with_text(self, member: TranslatedMember, language: Option<&str>, value: &str) -> Self {
        let name = match language {
            None => member.as_str().to_owned(),
            Some(language) => format!("{}#{language}", member.as_str()),
        };
        let checked = self.checked(language.map_or(Ok(()), checks::language));
        let checked = checked.checked(member.check(value));
        checked.with(&name, MemberValue::text(value))
    }

    fn list<T: AsRef<str>>(
        self,
        name: &str,
        values: impl IntoIterator<Item = T>,
        check: impl FnOnce(&[String]) -> Result<(), ConfigError>,
    ) -> Self {
        let values = values.into_iter().map(|value| value.as_ref().to_owned());
        let values: Vec<String> = values.collect();
        let checked = self.checked(check(&values));
        checked.with(name, MemberValue::Texts(values))
    }

    fn with(mut self, name: &str, value: MemberValue) -> Self {
        self.members.set(name, value);
        self
    }

    /// Keeps the first error.
    fn checked(mut self, result: Result<(), ConfigError>) -> Self {
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
        self
    }
}
