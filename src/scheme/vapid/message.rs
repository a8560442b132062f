//! Reads the parameters of the credentials (RFC 8292 section 3): `vapid t=TOKEN, k=KEY`.

use std::borrow::Cow;

use crate::header::Param;

/// The token and the key of a request, as the client has written them.
pub(super) struct VapidParams<'r> {
    pub(super) token: Cow<'r, str>,
    pub(super) key: Cow<'r, str>,
}

impl<'r> VapidParams<'r> {
    /// Returns `None` if one of the two is missing, or is not UTF-8. Other parameters are ignored (RFC 9110 section 11.4), and
    /// the layer refuses a name that comes twice.
    pub(super) fn of(params: &[Param<'r>]) -> Option<Self> {
        Some(Self {
            token: text(params, "t")?,
            key: text(params, "k")?,
        })
    }
}

fn text<'r>(params: &[Param<'r>], name: &str) -> Option<Cow<'r, str>> {
    let mut params = params.iter();
    params.find(|param| param.is(name))?.value().to_str()
}
