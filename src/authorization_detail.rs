//! What may a client do with a token, in more detail than a scope says?

use crate::derives::shows;

/// An object of `authorization_details` (RFC 9396): what a token grants, in more detail than a scope.
///
/// The members that the RFC defines for every type have methods. For the others, [`json`](Self::json) is the whole object, for a
/// parser of the application. For example, a payment has an amount there.
///
/// A `JwtVerifier` reads them from the claims of a token, and an `IntrospectionVerifier` from the answer of the authorization
/// server. [`Principal::authorization_details`](crate::Principal) has them. The policy [`authorization`](crate::policy::authorization) requires one.
///
/// # Example
///
/// ```
/// use tower_challenge::{AuthorizationDetail, Principal};
///
/// let detail = AuthorizationDetail::new("account_information")
///     .with_action("read_balances")
///     .with_location("https://api.example/accounts");
/// let caller = Principal::new("ada").with_authorization_details([detail]);
/// let granted = &caller.authorization_details()[0];
/// assert_eq!(granted.kind(), "account_information");
/// assert!(granted.has_action("read_balances"));
/// assert!(!granted.has_action("read"), "whole names, exactly");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationDetail {
    kind: Box<str>,
    locations: Vec<Box<str>>,
    actions: Vec<Box<str>>,
    datatypes: Vec<Box<str>>,
    privileges: Vec<Box<str>>,
    identifier: Option<Box<str>>,
    json: Box<str>,
}

impl AuthorizationDetail {
    /// Makes an object with this `type` and no other member.
    #[must_use]
    pub fn new(kind: &str) -> Self {
        Self {
            kind: kind.into(),
            locations: Vec::new(),
            actions: Vec::new(),
            datatypes: Vec::new(),
            privileges: Vec::new(),
            identifier: None,
            json: "".into(),
        }
    }

    /// Adds an element of `locations`: where the rights count.
    #[must_use]
    pub fn with_location(mut self, location: &str) -> Self {
        self.locations.push(location.into());
        self
    }

    /// Adds an element of `actions`: what the client may do.
    #[must_use]
    pub fn with_action(mut self, action: &str) -> Self {
        self.actions.push(action.into());
        self
    }

    /// Adds an element of `datatypes`: with which kind of data.
    #[must_use]
    pub fn with_datatype(mut self, datatype: &str) -> Self {
        self.datatypes.push(datatype.into());
        self
    }

    /// Adds an element of `privileges`.
    #[must_use]
    pub fn with_privilege(mut self, privilege: &str) -> Self {
        self.privileges.push(privilege.into());
        self
    }

    /// Sets `identifier`: the one resource for which the rights count, such as an account.
    #[must_use]
    pub fn with_identifier(mut self, identifier: &str) -> Self {
        self.identifier = Some(identifier.into());
        self
    }

    /// Sets the text of the whole object.
    #[must_use]
    pub fn with_json(mut self, json: &str) -> Self {
        self.json = json.into();
        self
    }

    /// Returns the member `type`. It decides what the other members mean.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Iterates over `locations`.
    pub fn locations(&self) -> impl Iterator<Item = &str> {
        self.locations.iter().map(AsRef::as_ref)
    }

    /// Iterates over `actions`.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.actions.iter().map(AsRef::as_ref)
    }

    /// Iterates over `datatypes`.
    pub fn datatypes(&self) -> impl Iterator<Item = &str> {
        self.datatypes.iter().map(AsRef::as_ref)
    }

    /// Iterates over `privileges`.
    pub fn privileges(&self) -> impl Iterator<Item = &str> {
        self.privileges.iter().map(AsRef::as_ref)
    }

    /// Returns `identifier`, if there is one.
    #[must_use]
    pub fn identifier(&self) -> Option<&str> {
        self.identifier.as_deref()
    }

    /// Whether `actions` has `action`. The comparison is exact.
    #[must_use]
    pub fn has_action(&self, action: &str) -> bool {
        self.actions().any(|granted| granted == action)
    }

    /// Whether `locations` has `location`. The comparison is exact.
    #[must_use]
    pub fn has_location(&self, location: &str) -> bool {
        self.locations().any(|granted| granted == location)
    }

    /// Returns the text of the whole object, as the token has it. No object in it has two members of the same name. The text
    /// is empty if the application has made the object and has set no text.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }
}

shows! {
    /// Shows the type alone. The other members may be personal, such as the number of an account.
    impl[] AuthorizationDetail[] as self { kind: self.kind }
}
