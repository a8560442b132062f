//! Schemes of an application's own, whose credentials do not follow the grammar of RFC 9110.

use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::scheme::{Admission, Attempt, BodyUnread, Refusal, Scheme, VerdictNowOrLater};
use tower_challenge::{ClaimedAccount, ErrorParams, Principal, Secret};

use crate::support::{TOKEN, USER};

/// The key that the schemes of this file admit. It is a secret of the tests, so that no output may hold it.
pub(super) const KEY: &str = TOKEN;

/// Admits the owner of [`KEY`], and refuses every other key.
fn judge(key: Secret<'_>) -> VerdictNowOrLater<Principal> {
    match key.matches(KEY) {
        true => Admission::new(Principal::new(USER)).at_once(),
        false => Refusal::wrong("unknown key").at_once(),
    }
}

/// Implements a scheme with this name, which reads its key from an attempt, and tells which fields are malformed.
macro_rules! scheme_of_own {
    ($scheme:ident, $name:literal, $authenticate:expr, $is_malformed:expr) => {
        impl Scheme for $scheme {
            type Identity = Principal;
            type BodyAccess = BodyUnread;

            fn challenge(
                &self,
                _: &Attempt<'_>,
                _: Option<&ErrorParams>,
                challenges: &mut Vec<Challenge>,
            ) {
                let name = SchemeName::parse($name).unwrap();
                challenges.push(
                    Challenge::builder(name)
                        .quoted("realm", "api")
                        .build()
                        .unwrap(),
                );
            }

            fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
                $authenticate(attempt).is_some()
            }

            fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
                None
            }

            fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
                $authenticate(attempt)
            }

            fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
                $is_malformed(attempt)
            }
        }
    };
}

/// A scheme that names no field by its own grammar.
fn is_never_malformed(_: &Attempt<'_>) -> bool {
    false
}

/// Reads a key from the field `X-Api-Key`.
pub(super) struct ApiKey;

scheme_of_own!(
    ApiKey,
    "ApiKey",
    |attempt: &Attempt<'_>| {
        let key = attempt.head().headers().get("x-api-key")?.to_str().ok()?;
        Some(judge(Secret::new(key)))
    },
    is_never_malformed
);

/// Reads `PVEAPIToken=u@pam!x=<key>`, as Proxmox does.
pub(super) struct PveToken;

/// The key in a field that names `PVEAPIToken`, and `Some(None)` if the field has another form.
fn pve_key<'r>(attempt: &Attempt<'r>) -> Option<Option<&'r str>> {
    let field = attempt.raw(SchemeName::parse("PVEAPIToken").unwrap())?;
    let field = field.to_str().ok();
    Some(field.and_then(|field| field.strip_prefix("PVEAPIToken=u@pam!x=")))
}

scheme_of_own!(
    PveToken,
    "PVEAPIToken",
    |attempt: &Attempt<'_>| {
        Some(match pve_key(attempt)? {
            Some(key) => judge(Secret::new(key)),
            None => Refusal::malformed("not u@pam!x=<key>").at_once(),
        })
    },
    |attempt: &Attempt<'_>| pve_key(attempt) == Some(None)
);

/// Reads a bare token, as cargo sends it. A token begins with `cio` or with [`KEY`]'s mark.
pub(super) struct BareToken;

scheme_of_own!(
    BareToken,
    "Cargo",
    |attempt: &Attempt<'_>| {
        let token = attempt.whole_field()?;
        let is_ours = |start| token.expose().starts_with(start);
        (is_ours("cio") || is_ours("C4NARY")).then(|| judge(token))
    },
    is_never_malformed
);

/// Takes every field that it can get.
pub(super) struct Greedy;

scheme_of_own!(
    Greedy,
    "Greedy",
    |attempt: &Attempt<'_>| attempt.whole_field().map(judge),
    is_never_malformed
);
