//! The shapes of the tokens of known issuers.

use std::slice;

use super::reasons;
use crate::config_error::ConfigError;
use crate::reason::ReasonText;
use crate::token_claims::{ClaimPath, OwnerPaths, RequiredClaim, path as claim_path};

/// Says what the tokens of an issuer look like: their `typ`, the claims that tell an access token from other tokens of
/// the same issuer, and the claims that hold scopes and roles.
///
/// Each issuer documents another shape. A constructor of this type has the shape of one issuer, and the methods change
/// it. The `iss`, `aud` and `exp` of a token are verified in every profile. The name of the caller is the `sub`, which a
/// token must have, unless [`name_in`](Self::name_in) chooses another claim.
///
/// | profile | `typ` | also required | scopes | roles |
/// |---|---|---|---|---|
/// | [`access_token`](Self::access_token), the default | `at+jwt` | | `scope` | `roles` |
/// | [`rfc9068`](Self::rfc9068) | `at+jwt` | `sub`, `client_id`, `iat`, `jti` | `scope` | `roles`, `groups`, `entitlements` |
/// | [`keycloak`](Self::keycloak) | `JWT`, `at+jwt` | `typ` is `Bearer` | `scope` | `realm_access.roles`, `resource_access.API.roles` |
/// | [`entra_v1`](Self::entra_v1) | `JWT` | `ver` is `1.0`, `appid` | `scp` | `roles` |
/// | [`entra_v2`](Self::entra_v2) | `JWT` | `ver` is `2.0`, `azp` | `scp` | `roles` |
/// | [`auth0`](Self::auth0) | `JWT`, `at+jwt` | | `scope` | `permissions` |
/// | [`okta`](Self::okta) | none, `JWT`, `at+jwt` | `cid` | `scp` | `groups` |
/// | [`cognito`](Self::cognito) | none, `JWT` | `token_use` is `access`, `client_id`; no `aud` | `scope` | `cognito:groups` |
/// | [`google`](Self::google) | `JWT` | `azp` | | |
///
/// A profile does not name the issuer and not the audience: give both to the verifier. The issuer is exactly the `iss` of a
/// token. For example, that of Auth0 ends with a slash, and that of Keycloak does not.
///
/// # Example
///
/// ```
/// use tower_challenge::jwt::TokenProfile;
///
/// let profile = TokenProfile::access_token()
///     .require_one_of(&["token_kind"], &["access"])
///     .roles_in(&["https://example.com/roles"]);
///
/// // This Keycloak sends `at+jwt`, and the server knows no roles of the realm.
/// let strict = TokenProfile::keycloak("orders")
///     .only_type("at+jwt")
///     .only_roles_in(&["resource_access", "orders", "roles"]);
/// # drop((profile, strict));
/// ```
#[derive(Clone, Debug)]
pub struct TokenProfile {
    /// Lower case, without `application/`.
    pub(super) media_types: Vec<String>,
    pub(super) may_lack_media_type: bool,
    pub(super) needs_audience: bool,
    pub(super) required: Vec<RequiredClaim>,
    pub(super) scopes: Vec<ClaimPath>,
    pub(super) roles: Vec<ClaimPath>,
    pub(super) name: ClaimPath,
}

impl TokenProfile {
    /// Access tokens with the `typ` of RFC 9068 section 2.1, and without the other claims that the RFC requires. Scopes
    /// are in `scope`, roles in `roles`.
    #[must_use]
    pub fn access_token() -> Self {
        Self {
            media_types: vec!["at+jwt".to_owned()],
            may_lack_media_type: false,
            needs_audience: true,
            required: Vec::new(),
            scopes: vec![claim_path(&["scope"])],
            roles: vec![claim_path(&["roles"])],
            name: claim_path(&["sub"]),
        }
    }

    /// The profile of RFC 9068 section 2.2: a token must have `sub`, `client_id`, `iat` and `jti`, too. Roles are in
    /// `roles`, `groups` and `entitlements` (section 2.2.3.1).
    #[must_use]
    pub fn rfc9068() -> Self {
        Self::access_token()
            .require(&["sub"])
            .require(&["client_id"])
            .require(&["iat"])
            .require(&["jti"])
            .roles_in(&["groups"])
            .roles_in(&["entitlements"])
    }

    /// Access tokens of Keycloak: the issuer is `https://HOST/realms/REALM`.
    ///
    /// Roles are those of the realm and those of the client `api`, which is this server. A role of the realm and a role of
    /// the client with the same name are one role for a policy.
    ///
    /// Keycloak writes `typ: Bearer` into the claims of an access token, and `ID` or `Refresh` into others. By default
    /// its `aud` is `account`; an audience mapper adds another.
    #[must_use]
    pub fn keycloak(api: &str) -> Self {
        Self::of(&["jwt", "at+jwt"])
            .require_one_of(&["typ"], &["Bearer"])
            .scopes_in(&["scope"])
            .roles_in(&["realm_access", "roles"])
            .roles_in(&["resource_access", api, "roles"])
    }

    /// Access tokens of Microsoft Entra ID, version 1.0: the issuer is `https://sts.windows.net/TENANT/`. `TENANT` is the
    /// identifier of the directory, so a verifier accepts one directory.
    ///
    /// The audience is the client ID of this server or its application ID URI, such as `api://CLIENT`, as the client asked.
    #[must_use]
    pub fn entra_v1() -> Self {
        Self::entra("1.0", "appid")
    }

    /// Access tokens of Microsoft Entra ID, version 2.0: the issuer is `https://login.microsoftonline.com/TENANT/v2.0`.
    /// `TENANT` is the identifier of the directory, so a verifier accepts one directory.
    ///
    /// The audience is the client ID of this server. The registration of this server decides which version it gets.
    ///
    /// A program that calls in its own name has roles and no scopes. The `sub` of a person differs between servers; call
    /// [`name_in(&["oid"])`](Self::name_in) for a name that is the same in all of them.
    #[must_use]
    pub fn entra_v2() -> Self {
        Self::entra("2.0", "azp")
    }

    fn entra(version: &str, client: &str) -> Self {
        Self::of(&["jwt"])
            .require_one_of(&["ver"], &[version])
            .require(&[client])
            .scopes_in(&["scp"])
            .roles_in(&["roles"])
    }

    /// Access tokens of Auth0, in its own profile and in that of RFC 9068: the issuer is `https://DOMAIN/`, with the slash
    /// at the end. The permissions of a caller are roles.
    #[must_use]
    pub fn auth0() -> Self {
        Self::of(&["jwt", "at+jwt"])
            .scopes_in(&["scope"])
            .roles_in(&["permissions"])
    }

    /// Access tokens of a custom authorization server of Okta.
    #[must_use]
    pub fn okta() -> Self {
        Self::of(&["jwt", "at+jwt"])
            .allow_missing_type()
            .require(&["cid"])
            .scopes_in(&["scp"])
            .roles_in(&["groups"])
    }

    /// Access tokens of Amazon Cognito for these clients of the user pool. Such a token has no `aud`, and names the
    /// client to which it was issued.
    #[must_use]
    pub fn cognito(clients: &[&str]) -> Self {
        let profile = Self::of(&["jwt"])
            .allow_missing_type()
            .require_one_of(&["token_use"], &["access"])
            .require_one_of(&["client_id"], clients)
            .scopes_in(&["scope"])
            .roles_in(&["cognito:groups"]);
        Self {
            needs_audience: false,
            ..profile
        }
    }

    /// ID tokens of Google, which its service accounts send to a service: the audience is the URL of the service. Google's
    /// access tokens are opaque, and no JWTs.
    #[must_use]
    pub fn google() -> Self {
        Self::of(&["jwt"]).require(&["azp"])
    }

    fn of(media_types: &[&str]) -> Self {
        Self {
            media_types: media_types.iter().map(|&one| one.to_owned()).collect(),
            scopes: Vec::new(),
            roles: Vec::new(),
            ..Self::access_token()
        }
    }

    /// Accepts this `typ`, too. Case does not matter, and neither does a leading `application/` (RFC 7515 section 4.1.9).
    ///
    /// Many issuers send `JWT` with every kind of token. With such an issuer, [require](Self::require) a claim that only
    /// its access tokens have. Otherwise an ID token can be used as an access token (RFC 8725 section 3.11).
    #[must_use]
    pub fn allow_type(mut self, media_type: &str) -> Self {
        self.media_types.push(plain_type(media_type));
        self
    }

    /// Accepts this `typ` and no other, spelled as for [`allow_type`](Self::allow_type). A token without `typ` is refused.
    ///
    /// It tightens the profile of an issuer that marks its access tokens, for example with `at+jwt`.
    #[must_use]
    pub fn only_type(mut self, media_type: &str) -> Self {
        self.media_types = vec![plain_type(media_type)];
        self.may_lack_media_type = false;
        self
    }

    /// Accepts tokens without `typ`, too. The warning of [`allow_type`](Self::allow_type) holds here as well.
    #[must_use]
    pub fn allow_missing_type(mut self) -> Self {
        self.may_lack_media_type = true;
        self
    }

    /// Requires that the claim at `path` is there and not `null`. For example, `&["realm_access", "roles"]` is the member
    /// `roles` of the claim `realm_access`.
    #[must_use]
    pub fn require(mut self, path: &[&str]) -> Self {
        let path = claim_path(path);
        self.required.push(RequiredClaim { path, values: None });
        self
    }

    /// Requires that the claim at `path` is one of the strings `values`.
    #[must_use]
    pub fn require_one_of(mut self, path: &[&str], values: &[&str]) -> Self {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        self.required.push(RequiredClaim {
            path: claim_path(path),
            values: Some(values),
        });
        self
    }

    /// Takes scopes from the claim at `path`, too: a list that is separated by spaces, or an array with one scope in each
    /// element.
    #[must_use]
    pub fn scopes_in(mut self, path: &[&str]) -> Self {
        self.scopes.push(claim_path(path));
        self
    }

    /// Takes scopes from the claim at `path` and from no other.
    #[must_use]
    pub fn only_scopes_in(mut self, path: &[&str]) -> Self {
        self.scopes = vec![claim_path(path)];
        self
    }

    /// Takes roles from the claim at `path`, too: one string, or an array of strings. A role may contain spaces.
    #[must_use]
    pub fn roles_in(mut self, path: &[&str]) -> Self {
        self.roles.push(claim_path(path));
        self
    }

    /// Takes roles from the claim at `path` and from no other.
    #[must_use]
    pub fn only_roles_in(mut self, path: &[&str]) -> Self {
        self.roles = vec![claim_path(path)];
        self
    }

    /// Takes the name of the caller from the claim at `path` and not from `sub`. A token without it is refused. A token
    /// without `sub` is then accepted, except in the profile [`rfc9068`](Self::rfc9068).
    ///
    /// Choose a claim whose value the issuer never gives to a second person. Issuers do give an email address or a user name
    /// to a second person, for example when the first one has left. That person then has the name, and all that your
    /// application keeps for the name.
    #[must_use]
    pub fn name_in(mut self, path: &[&str]) -> Self {
        self.name = claim_path(path);
        self
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let claims = self.required.iter().map(|claim| &claim.path);
        let mut paths = claims
            .chain(&self.scopes)
            .chain(&self.roles)
            .chain([&self.name]);
        if paths.any(Vec::is_empty) {
            return Err(ConfigError::new(
                "the path of a claim is empty: name at least one member",
            ));
        }
        let mut values = self
            .required
            .iter()
            .filter_map(|claim| claim.values.as_ref());
        if values.any(Vec::is_empty) {
            return Err(ConfigError::new(
                "a required claim has no permitted value: name at least one, for example a client id",
            ));
        }
        Ok(())
    }

    pub(super) fn owner_paths(&self) -> OwnerPaths<'_> {
        OwnerPaths {
            names: slice::from_ref(&self.name),
            scopes: &self.scopes,
            roles: &self.roles,
        }
    }

    /// Why a token without a name is refused.
    pub(super) fn why_nameless(&self) -> ReasonText {
        match self.name.as_slice() {
            [name] if name == "sub" => reasons::SUBJECT_MISSING,
            _ => reasons::NAME_MISSING,
        }
    }

    /// Whether a token with this `typ` has the kind of token that the profile asks for.
    pub(super) fn accepts_type(&self, media_type: Option<&str>) -> bool {
        let Some(sent) = media_type else {
            return self.may_lack_media_type;
        };
        let prefix = sent.get(..APPLICATION.len());
        let sent = match prefix {
            Some(prefix) if prefix.eq_ignore_ascii_case(APPLICATION) => &sent[APPLICATION.len()..],
            _ => sent,
        };
        let mut known = self.media_types.iter();
        known.any(|known| known.eq_ignore_ascii_case(sent))
    }
}

const APPLICATION: &str = "application/";

fn plain_type(media_type: &str) -> String {
    let plain = media_type.to_ascii_lowercase();
    plain.strip_prefix(APPLICATION).unwrap_or(&plain).to_owned()
}
