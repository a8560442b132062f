//! May a shared cache store the response, and by which fields does it vary?

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, VARY};

use super::rules::LayerRules;
use crate::scheme::Scheme;
use crate::server_role::ServerRole;

/// The fields that the layer adds to a response of the inner service for caches.
pub(super) struct CacheRule {
    vary: VaryRule,
    /// Whether the client sent no credentials field, so that the response depends on the other fields of credentials.
    by_others: bool,
    /// Whether the layer keeps the response out of shared caches, because RFC 9111 section 3.5 does not.
    is_private: bool,
}

/// When the layer adds the credentials field to `Vary`.
#[derive(PartialEq, Eq)]
enum VaryRule {
    Never,
    /// If a shared cache may store the response. RFC 9111 section 3.5 keeps responses to requests with credentials out
    /// of shared caches, unless a `Cache-Control` directive of the inner service allows it.
    IfShared,
    /// On every response, because authentication is optional or the layer offers a login. The same URL then has several
    /// responses, and a shared cache may store those to requests without credentials.
    Always,
}

impl CacheRule {
    /// The rule for an admitted caller. `sent_field` says whether the client sent a credentials field.
    ///
    /// A cache knows `Authorization`, and no other place of credentials: an API key in a field of its own, a cookie, a
    /// signature in the URL, the address of the client.
    #[inline]
    pub(super) fn of_admitted<A: Scheme>(rules: &LayerRules<A>, sent_field: bool) -> Self {
        match rules.role {
            ServerRole::Origin => Self {
                vary: match rules.admits_anonymous() {
                    true => VaryRule::Always,
                    false => VaryRule::IfShared,
                },
                by_others: !sent_field,
                is_private: !sent_field,
            },
            // `Proxy-Authorization` is between a client and its proxy. Caches do not see it, so they cannot vary by it.
            ServerRole::Proxy => Self {
                by_others: !sent_field,
                ..Self::never_unless_optional(rules)
            },
        }
    }

    /// The rule for a request that passes without a caller.
    pub(super) fn of_passed<A: Scheme>(rules: &LayerRules<A>) -> Self {
        let mut rule = Self::never_unless_optional(rules);
        // A response with an offer must not go to a client with credentials, which gets the response without one.
        if rules.offers_login() {
            rule.vary = VaryRule::Always;
        }
        rule
    }

    fn never_unless_optional<A: Scheme>(rules: &LayerRules<A>) -> Self {
        let vary = match rules.admits_anonymous() {
            true => VaryRule::Always,
            false => VaryRule::Never,
        };
        Self {
            vary,
            by_others: false,
            is_private: false,
        }
    }

    #[inline]
    pub(super) fn apply<A: Scheme>(self, rules: &LayerRules<A>, headers: &mut HeaderMap) {
        let is_shared = (self.vary == VaryRule::IfShared || self.is_private)
            && has_directive(headers, &SHARING_DIRECTIVES);
        let varies = self.vary == VaryRule::Always || self.vary == VaryRule::IfShared && is_shared;
        if varies || self.by_others {
            add_vary(rules, varies, headers);
        }
        if self.is_private && !is_shared {
            keep_private(headers);
        }
    }
}

/// Adds to `Vary` the fields in which the schemes read credentials. `by_field` adds the credentials field itself.
#[inline(never)]
fn add_vary<A: Scheme>(rules: &LayerRules<A>, by_field: bool, headers: &mut HeaderMap) {
    for name in rules.other_credentials.varied() {
        vary_by(name, headers);
    }
    if by_field {
        headers.append(VARY, rules.role.credentials_field().into());
    }
}

/// Keeps the response out of shared caches.
#[inline(never)]
fn keep_private(headers: &mut HeaderMap) {
    if !is_unshared(headers) {
        // A second line adds a directive to those of the inner service, such as `max-age=60`.
        headers.append(CACHE_CONTROL, HeaderValue::from_static("private"));
    }
}

/// Adds `name` to `Vary`, unless a clone of the layer inside has done so.
fn vary_by(name: &HeaderName, headers: &mut HeaderMap) {
    let mut lines = headers.get_all(VARY).iter();
    if !lines.any(|line| line == name.as_str()) {
        headers.append(VARY, name.clone().into());
    }
}

/// The directives that allow a shared cache to store a response to a request with credentials (RFC 9111 section 3.5).
const SHARING_DIRECTIVES: [&[u8]; 3] = [b"public", b"s-maxage", b"must-revalidate"];

/// Whether a shared cache stores nothing of the response (RFC 9111 section 5.2.2.7). `private="set-cookie"` is about that
/// field alone. `no-store` is not enough, because a cache may ignore it beside `must-understand` (section 5.2.2.3), and
/// `private` does no harm beside it.
fn is_unshared(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(CACHE_CONTROL).iter();
    lines.any(|line| {
        let mut directives = line.as_bytes().split(|byte| *byte == b',');
        directives.any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"private"))
    })
}

/// Whether `Cache-Control` has one of these directives.
#[inline]
fn has_directive(headers: &HeaderMap, names: &[&[u8]]) -> bool {
    // A response has few fields. To compare each name is faster than to hash one for a look-up.
    let mut fields = headers.iter();
    fields.any(|(name, line)| *name == CACHE_CONTROL && names_one(line, names))
}

#[inline(never)]
fn names_one(line: &HeaderValue, names: &[&[u8]]) -> bool {
    let mut directives = line.as_bytes().split(|byte| b",=".contains(byte));
    directives.any(|directive| {
        names
            .iter()
            .any(|name| directive.trim_ascii().eq_ignore_ascii_case(name))
    })
}
