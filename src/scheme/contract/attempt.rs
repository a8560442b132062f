//! The credentials field of one request, as a scheme reads it.

use std::cell::{Cell, OnceCell};

use http::HeaderValue;

use super::presented_field::{CredentialsFieldState, is_visible};
use crate::client::UnresolvedClient;
use crate::derives::shows;
use crate::header::{Credentials, Param, SchemeName, UniqueParams, scheme_of};
use crate::request_head::RequestHead;
use crate::secret::Secret;
use crate::server_role::ServerRole;

/// The credentials field of one request: `Authorization`, or `Proxy-Authorization` for a proxy.
///
/// [`read`](Self::read) splits off the scheme name, for example `Basic`. A scheme then asks for its credentials in one
/// of three ways:
///
/// - [`credentials`](Self::credentials) parses the rest by the grammar of RFC 9110. The first call parses, and later
///   calls return the same result.
/// - [`raw`](Self::raw) returns the whole field value, for a scheme with a name and a grammar of its own.
/// - [`whole_field`](Self::whole_field) returns the whole field value, for a scheme whose clients send no scheme name.
///
/// # Example
///
/// ```
/// use http::{Request, header::AUTHORIZATION};
/// use tower_challenge::RequestHead;
/// use tower_challenge::header::SchemeName;
/// use tower_challenge::scheme::{Attempt, ServerRole};
///
/// let request = Request::get("/").header(AUTHORIZATION, "Bearer t0ken").body(()).unwrap();
/// let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
/// let credentials = attempt.credentials(SchemeName::BEARER).unwrap();
/// assert_eq!(credentials.token68(), Some("t0ken"));
/// assert!(attempt.credentials(SchemeName::BASIC).is_none(), "the client named another scheme");
/// ```
#[derive(Clone)]
pub struct Attempt<'r> {
    /// The request, and how the layer finds its client.
    client: UnresolvedClient<'r>,
    role: ServerRole,
    /// The names of the schemes that the layer offers. The list is empty outside a layer.
    offered: &'r [Box<str>],
    presented: CredentialsFieldState<'r>,
    /// The parsed credentials, once a scheme has asked for them; `None` inside if they violate the grammar.
    read: OnceCell<Option<Credentials<'r>>>,
    /// The parameters of the parsed credentials.
    params: OnceCell<UniqueParams<'r>>,
    /// `true` once a scheme has called `raw`, to parse the field by a grammar of its own.
    is_taken: Cell<bool>,
    /// The scheme that reads credentials outside of the field.
    claimant: Cell<Option<SchemeName<'static>>>,
}

impl<'r> Attempt<'r> {
    /// Reads the credentials field of a request. The `role` decides which field that is.
    ///
    /// The field is [malformed](Self::is_malformed) if the client sends it twice. A field that does not begin with a
    /// scheme name and a space may be for another application. It is malformed only if it has a tab or a byte that is not
    /// ASCII. No scheme gets to see a field that is longer than 16 KiB; it is malformed if it names a scheme of the layer.
    #[must_use]
    #[inline]
    pub fn read(head: RequestHead<'r>, role: ServerRole) -> Self {
        Self::read_in_layer(UnresolvedClient::by_connection(head), role, &[])
    }

    /// Reads the credentials field of a request to a layer that offers the schemes with these names.
    #[inline]
    pub(crate) fn read_in_layer(
        client: UnresolvedClient<'r>,
        role: ServerRole,
        offered: &'r [Box<str>],
    ) -> Self {
        let presented = CredentialsFieldState::read(client.head().headers(), role);
        Self::new(client, role, offered, presented)
    }

    /// Builds the attempt of a request whose credentials field the layer has removed. The field named `scheme`, or no
    /// scheme of the layer.
    pub(crate) const fn removed(
        client: UnresolvedClient<'r>,
        role: ServerRole,
        scheme: Option<SchemeName<'r>>,
    ) -> Self {
        Self::new(client, role, &[], CredentialsFieldState::Removed(scheme))
    }

    #[inline]
    const fn new(
        client: UnresolvedClient<'r>,
        role: ServerRole,
        offered: &'r [Box<str>],
        presented: CredentialsFieldState<'r>,
    ) -> Self {
        Self {
            client,
            role,
            offered,
            presented,
            read: OnceCell::new(),
            params: OnceCell::new(),
            is_taken: Cell::new(false),
            claimant: Cell::new(None),
        }
    }

    /// Returns the client that sent the request, which the resolver of the layer finds when it is asked.
    ///
    /// Outside of a layer, it is the client at the other end of the connection.
    #[must_use]
    pub const fn client(&self) -> &UnresolvedClient<'r> {
        &self.client
    }

    /// Returns the head of the request: the method, the target and the header fields, without the body.
    #[must_use]
    #[inline]
    pub const fn head(&self) -> RequestHead<'r> {
        self.client.head()
    }

    /// Returns the role in which this server authenticates the caller: as the origin server, or as a proxy.
    #[must_use]
    pub const fn role(&self) -> ServerRole {
        self.role
    }

    /// Returns the parsed credentials if the client named `scheme`. The grammar is that of RFC 9110 section 11.4.
    ///
    /// Returns `None` if the client named another scheme. A scheme then returns `None` from
    /// [`authenticate`](super::Scheme::authenticate), so that the next scheme is asked.
    ///
    /// Also returns `None` if the client named `scheme` and the credentials violate the grammar. The layer then answers
    /// `400`, even if another scheme claims the request by other means, such as a cookie.
    ///
    /// For example, `Basic bXVmYXNhOmh1bnRlcg==` and `Digest username="ada", response=".."` follow the grammar.
    /// `Digest username="ada` violates it, because the quotation mark is not closed.
    #[inline]
    #[must_use]
    pub fn credentials(&self, scheme: SchemeName<'_>) -> Option<Credentials<'r>> {
        self.presented.line_of(scheme)?;
        self.parsed()
    }

    /// Returns the credentials that the first call parses. Returns `None` if they violate the grammar of RFC 9110.
    #[inline]
    fn parsed(&self) -> Option<Credentials<'r>> {
        let parse = || match &self.presented {
            CredentialsFieldState::Named(_, unparsed) => {
                let keep_params = |params| drop(self.params.set(params));
                unparsed.parse(keep_params).ok()
            }
            _ => None,
        };
        *self.read.get_or_init(parse)
    }

    /// Returns the parameters of the [`credentials`](Self::credentials), in the order in which the client sent them.
    ///
    /// Returns `None` where `credentials` returns `None`, and an empty slice if the credentials have no parameters.
    ///
    /// This method is cheaper than [`Credentials::params`]: it returns the parameters that were parsed with the
    /// credentials, and `Credentials::params` parses the text again.
    #[inline]
    #[must_use]
    pub fn params(&self, scheme: SchemeName<'_>) -> Option<&[Param<'r>]> {
        self.credentials(scheme)?;
        Some(self.params.get().map_or(&[], UniqueParams::as_slice))
    }

    /// Returns the whole field value if the client named `scheme`. The value includes the scheme name.
    ///
    /// Use it for a scheme whose credentials do not follow the grammar of RFC 9110. For example, AWS Signature Version
    /// 4 sends unquoted values with `/` and `;`, and Proxmox sends `PVEAPIToken=user@pam!name=key`. Such a scheme
    /// decides itself which credentials are malformed, and answers with
    /// [`Refusal::malformed`](super::Refusal::malformed). A space, the end of the value, or a character that no
    /// name can have, such as `=`, ends the name. After a tab, this method returns `None`, and the layer answers `400`.
    ///
    /// # Example
    ///
    /// ```
    /// use http::{Request, header::AUTHORIZATION};
    /// use tower_challenge::RequestHead;
    /// use tower_challenge::header::SchemeName;
    /// use tower_challenge::scheme::{Attempt, ServerRole};
    ///
    /// let request = Request::get("/").header(AUTHORIZATION, "PVEAPIToken=u@pam!x=k3y").body(()).unwrap();
    /// let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    /// let field = attempt.raw(SchemeName::parse("PVEAPIToken").unwrap()).unwrap();
    /// assert_eq!(field, "PVEAPIToken=u@pam!x=k3y");
    /// assert!(attempt.raw(SchemeName::parse("PVE").unwrap()).is_none(), "the client named another scheme");
    /// ```
    #[must_use]
    pub fn raw(&self, scheme: SchemeName<'_>) -> Option<&'r HeaderValue> {
        let line = self.presented.line_of(scheme)?;
        self.is_taken.set(true);
        Some(line)
    }

    /// Returns the whole field value if it begins with the name of no scheme that the layer offers.
    ///
    /// Use it for a scheme whose clients send no scheme name. For example, cargo sends the token of a registry bare:
    /// `Authorization: cioA1b2C3d4`. The value has no whitespace around it, and is never empty.
    ///
    /// Returns `None` if the field names an offered scheme: then that scheme alone reads it. A scheme is offered if it adds
    /// a challenge for a request without credentials. A scheme that adds none, such as one for cookies, is not offered. For example, a scheme for
    /// bare tokens never gets `Basic YTpi` beside [`Basic`](crate::scheme::Basic), in any order of the schemes. Outside
    /// a layer, no scheme is offered. Also returns `None` if the value has a tab or a byte that is not ASCII.
    ///
    /// The field may be for another application. Return `None` from [`authenticate`](super::Scheme::authenticate) for a
    /// value that cannot be a token of yours, so that the client is challenged and the throttle counts no failure.
    ///
    /// # Example
    ///
    /// ```
    /// use http::{Request, header::AUTHORIZATION};
    /// use tower_challenge::RequestHead;
    /// use tower_challenge::scheme::{Attempt, ServerRole};
    ///
    /// let is_right = |field: &str| {
    ///     let request = Request::get("/").header(AUTHORIZATION, field).body(()).unwrap();
    ///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    ///     attempt.whole_field().map(|token| token.matches("cio/A1b2=="))
    /// };
    /// assert_eq!(is_right("cio/A1b2=="), Some(true));
    /// assert_eq!(is_right("cioA1b2"), Some(false));
    /// assert_eq!(is_right(""), None);
    /// ```
    #[must_use]
    pub fn whole_field(&self) -> Option<Secret<'r>> {
        let line = self.presented.line()?;
        if self.names_offered() {
            return None;
        }
        let text = line.to_str().ok().filter(|_| is_visible(line))?;
        Some(Secret::new(text.trim_ascii()))
    }

    /// Returns `true` if it is known that the request has no body.
    ///
    /// Use it in a scheme that verifies bodies (feature `signed-body`): it can then judge the empty body at once, and need
    /// not ask the layer to read it. The inner service of an admitted request gets an empty body.
    ///
    /// `false` means that the request may have a body. Outside of a layer, it is always `false`.
    ///
    /// # Example
    ///
    /// ```
    /// use http::Request;
    /// use tower_challenge::RequestHead;
    /// use tower_challenge::scheme::{Attempt, ServerRole};
    ///
    /// /// Compares the length that the client signed, if it can be compared without the body.
    /// fn judge(attempt: &Attempt<'_>, signed: u64) -> Option<bool> {
    ///     attempt.has_no_body().then_some(signed == 0)
    /// }
    ///
    /// let request = Request::new(String::new());
    /// let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    /// assert_eq!(judge(&attempt, 0), None, "outside of a layer, the body has to be read");
    /// ```
    #[must_use]
    pub fn has_no_body(&self) -> bool {
        self.head().has_no_body()
    }

    /// Whether the field names a scheme that the layer offers. Names are case-insensitive (RFC 9110 section 11.1).
    pub(crate) fn names_offered(&self) -> bool {
        let mut offered = self.offered.iter();
        self.scheme()
            .is_some_and(|named| offered.any(|name| named.as_str().eq_ignore_ascii_case(name)))
    }

    /// Returns `true` if the client named `scheme`, and the rest of the field breaks the grammar of RFC 9110 section
    /// 11.4.
    ///
    /// Use it for [`Scheme::is_malformed`](super::Scheme::is_malformed). For example, `Basic a b` breaks the grammar, and
    /// `Basic YTpi` follows it.
    #[must_use]
    pub fn breaks_grammar(&self, scheme: SchemeName<'_>) -> bool {
        self.names(scheme) && self.credentials(scheme).is_none()
    }

    /// Forgets that a scheme has called `raw`, so that afterwards [`is_unread`](Self::is_unread) speaks of the scheme that
    /// decides.
    #[inline]
    pub(crate) fn forget_reader(&self) {
        self.is_taken.set(false);
    }

    /// Returns `true` if the field has a value and no scheme has read the part behind the name.
    #[inline]
    pub(crate) fn is_unread(&self) -> bool {
        let is_read = self.read.get().is_some() || self.is_taken.get();
        !is_read && self.presented.line().is_some()
    }

    /// Whether the field has a tab or a byte that is not ASCII. The grammar of RFC 9110 has few places for them.
    pub(crate) fn has_invisible(&self) -> bool {
        self.presented.line().is_some_and(|line| !is_visible(line))
    }

    /// Whether the credentials break the grammar of RFC 9110.
    pub(crate) fn is_no_credentials(&self) -> bool {
        self.parsed().is_none()
    }

    /// Returns the value of the credentials field, unparsed.
    ///
    /// Cloning a [`HeaderValue`](http::HeaderValue) is cheap. Use it to keep the credentials for a verdict that needs to wait, for example
    /// for a database: an `Attempt` borrows from the request and cannot be kept. Returns `None` if the field is absent,
    /// empty or unreadable, or if the layer has removed it. The value may name another scheme: before you judge it, ask
    /// [`raw`](Self::raw) or [`whole_field`](Self::whole_field) whether it is for yours.
    #[must_use]
    pub const fn field_value(&self) -> Option<&'r HeaderValue> {
        self.presented.line()
    }

    /// Returns the scheme name in the credentials field, even if the rest of the field is malformed.
    #[must_use]
    pub fn scheme(&self) -> Option<SchemeName<'r>> {
        self.presented.scheme()
    }

    /// Returns `true` if the credentials field names `scheme`.
    #[must_use]
    #[inline]
    pub fn names(&self, scheme: SchemeName<'_>) -> bool {
        self.presented.names(scheme)
    }

    /// Returns `true` if an error of the credentials field belongs into the challenge of `scheme`: the field names it, in
    /// any of its lines.
    ///
    /// Use it in [`Scheme::challenge`](super::Scheme::challenge). For example, a client sends one line with `DPoP` and one
    /// with `Bearer`. Then both challenges say `error="invalid_request"` (RFC 9449 section 7.2).
    #[must_use]
    pub fn concerns(&self, scheme: SchemeName<'_>) -> bool {
        if !matches!(self.presented, CredentialsFieldState::Unreadable(_)) {
            return self.names(scheme);
        }
        let lines = self.head().headers().get_all(self.role.credentials_field());
        let mut names = lines.iter().map(|line| scheme_of(line.as_bytes()));
        names.any(|name| name == Some(scheme))
    }

    /// Tells the audit that the request has credentials of `scheme` outside of the credentials field.
    ///
    /// A scheme that reads another field or the URL calls it in [`may_claim`](super::Scheme::may_claim) and in
    /// [`authenticate`](super::Scheme::authenticate) where it claims the request. The
    /// [audit](crate::audit::AuditEvent::scheme) then gets this name, if the layer offers the scheme. If the scheme refuses
    /// the request, [`LoginRedirect`](crate::respond::LoginRedirect) does not redirect it.
    ///
    /// A scheme for the cookie of a session does not call it, so that a browser with an old cookie gets to the login page.
    pub fn claim_for(&self, scheme: SchemeName<'static>) {
        self.claimant.set(Some(scheme));
    }

    /// Returns the scheme for which a scheme has [claimed](Self::claim_for) the request.
    #[inline]
    pub(crate) fn claimant(&self) -> Option<SchemeName<'static>> {
        self.claimant.get()
    }

    /// Returns `true` if the request has no credentials field.
    #[must_use]
    #[inline]
    pub const fn is_absent(&self) -> bool {
        matches!(self.presented, CredentialsFieldState::Absent)
    }

    /// Returns `true` if the credentials field is malformed.
    ///
    /// Either no scheme can read it (see [`read`](Self::read)), or [`credentials`](Self::credentials) has found that it
    /// violates the grammar. Before `credentials` is called for the scheme that the client named, the second case is
    /// not known.
    #[must_use]
    #[inline]
    pub fn is_malformed(&self) -> bool {
        match self.presented {
            CredentialsFieldState::Unreadable(_) => true,
            CredentialsFieldState::TooLong(_) => self.names_offered(),
            _ => matches!(self.read.get(), Some(None)),
        }
    }
}

shows! {
    /// Shows nothing that the client sent, because all of it may be a secret. For example, a client that forgets the
    /// scheme name sends its token in the place of the name.
    impl[] Attempt['_] as self {
    role: self.role,
    absent: self.is_absent(),
    malformed: self.is_malformed(),
}
}
