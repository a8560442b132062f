//! A field of requests, beside `Authorization`, in which a scheme reads credentials.

use http::Request;
use http::header::{HeaderName, HeaderValue};

use crate::derives::shows;
use crate::request_head::RequestHead;
use crate::server_role::ServerRole;

/// Names a field of requests, beside `Authorization`, in which clients send credentials of a scheme.
///
/// [`Scheme::credentials_fields`](super::Scheme::credentials_fields) lists the fields. The layer hides the credentials in
/// them from the inner service, and names the fields to caches:
///
/// | constructor | for example | if a scheme of the layer admits the request, the layer | `Vary` of the response |
/// |---|---|---|---|
/// | [`whole`](Self::whole) | `X-Api-Key` | removes the field | names the field |
/// | [`partly`](Self::partly) | `Sec-WebSocket-Protocol` | replaces the value by the rest of it | does not name it |
/// | [`shared`](Self::shared) | `Cookie` | leaves the field as it is | names the field |
///
/// It does not matter which scheme admits the request. For example, a request with a token of Bearer and an API key reaches
/// the inner service without the key. If a request passes without a caller, because it is
/// [public](crate::RequireAuth::public) or authentication is [optional](crate::RequireAuth::optional), the layer marks the
/// first two fields as sensitive, as it marks `Authorization`. With
/// [`strip_credentials`](crate::RequireAuth::strip_credentials), it also hides the credentials in them.
///
/// # Example
///
/// ```
/// use http::HeaderName;
/// use http::header::COOKIE;
/// use tower_challenge::scheme::CredentialsField;
///
/// let key = CredentialsField::whole(HeaderName::from_static("x-api-key"));
/// assert_eq!(key.name(), "x-api-key");
/// assert_eq!(CredentialsField::shared(COOKIE).name(), COOKIE);
/// ```
#[derive(Clone)]
pub struct CredentialsField {
    name: HeaderName,
    rest: RestOfField,
}

/// The part of the field that the inner service may see.
#[derive(Clone, Copy)]
enum RestOfField {
    Nothing,
    Everything,
    /// The function returns the value that replaces the field, or `None` if the request has no credentials in it.
    Part(fn(&RequestHead<'_>) -> Option<HeaderValue>),
}

impl CredentialsField {
    /// A field whose whole value is credentials.
    #[must_use]
    pub const fn whole(name: HeaderName) -> Self {
        let rest = RestOfField::Nothing;
        Self { name, rest }
    }

    /// A field that the application reads, too. The layer does not change it. For example, `Cookie` has the session of the
    /// scheme and other cookies.
    #[must_use]
    pub const fn shared(name: HeaderName) -> Self {
        let rest = RestOfField::Everything;
        Self { name, rest }
    }

    /// A field that has credentials in some requests, beside other contents. `rest` returns the value without the
    /// credentials, or `None` if the request has none in this field. It must return `None` for a request in which it has
    /// replaced the value before, because layers may be inside each other.
    ///
    /// `Vary` does not name the field: use it for requests whose responses no cache stores, such as a handshake.
    ///
    /// # Example
    ///
    /// ```
    /// use http::{HeaderName, HeaderValue};
    /// use tower_challenge::RequestHead;
    /// use tower_challenge::scheme::CredentialsField;
    ///
    /// /// Leaves `blue` of `X-Theme: blue; key=k3y`.
    /// fn theme(head: &RequestHead<'_>) -> Option<HeaderValue> {
    ///     let value = head.headers().get("x-theme")?.to_str().ok()?;
    ///     let (theme, _) = value.split_once("; key=")?;
    ///     HeaderValue::from_str(theme).ok()
    /// }
    ///
    /// let field = CredentialsField::partly(HeaderName::from_static("x-theme"), theme);
    /// assert_eq!(field.name(), "x-theme");
    /// ```
    #[must_use]
    pub const fn partly(
        name: HeaderName,
        rest: fn(&RequestHead<'_>) -> Option<HeaderValue>,
    ) -> Self {
        let rest = RestOfField::Part(rest);
        Self { name, rest }
    }

    /// Returns the name of the field.
    #[must_use]
    pub const fn name(&self) -> &HeaderName {
        &self.name
    }

    /// Whether caches have to know the field.
    pub(crate) const fn is_varied_by(&self) -> bool {
        !matches!(self.rest, RestOfField::Part(_))
    }

    /// Hides the credentials from the inner service. Skips the fields that a proxy must not change.
    pub(crate) fn hide<B>(&self, role: ServerRole, request: &mut Request<B>) {
        match self.rest {
            _ if role.hands_on(&self.name) => {}
            RestOfField::Nothing => {
                request.headers_mut().remove(&self.name);
            }
            RestOfField::Everything => {}
            RestOfField::Part(rest) => {
                if let Some(rest) = rest(&RequestHead::of(request)) {
                    request.headers_mut().insert(&self.name, rest);
                }
            }
        }
    }

    /// Marks the field as sensitive, so that logs inside of the layer leave its value out.
    pub(crate) fn mark<B>(&self, request: &mut Request<B>) {
        if matches!(self.rest, RestOfField::Everything) {
            return;
        }
        let fields = request.headers_mut().iter_mut();
        let lines = fields.filter(|(name, _)| **name == self.name);
        lines.for_each(|(_, line)| line.set_sensitive(true));
    }
}

shows! { impl[] CredentialsField[] as self { name: self.name } }
