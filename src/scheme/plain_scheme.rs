//! A short bound for schemes that read the head of a request alone.

use super::{BodyUnread, Scheme};
use crate::principal::Principal;

/// A [`Scheme`] that reads the head of a request alone, and whose callers are `I`: by default a [`Principal`].
///
/// It is short for `Scheme<Identity = I, BodyAccess = BodyUnread>` in bounds. Every such scheme implements it, for
/// example Basic, Bearer, Digest, and tuples of them. AWS Signature Version 4 does not, because it reads the body.
///
/// # Example
///
/// A function that takes any layer, and a struct that has one:
///
/// ```
/// # #[cfg(feature = "basic")] {
/// use tower_challenge::password::PlaintextAccounts;
/// use tower_challenge::policy::role;
/// use tower_challenge::scheme::{Basic, BoxScheme, SchemeExt};
/// use tower_challenge::{ConfigError, PlainScheme, RequireAuth};
///
/// fn for_admins<A: PlainScheme>(auth: RequireAuth<A>) -> Result<RequireAuth<A>, ConfigError> {
///     Ok(auth.policy(role("admin")?))
/// }
///
/// struct App {
///     auth: RequireAuth<Basic<PlaintextAccounts>>,
///     /// The scheme is chosen when the program starts.
///     chosen: RequireAuth<BoxScheme>,
/// }
///
/// # fn main() -> Result<(), ConfigError> {
/// let basic = Basic::new("files", [("ada", "lovelace")])?;
/// let app = App { auth: RequireAuth::new(basic.clone())?, chosen: RequireAuth::new(basic.boxed())? };
/// let (auth, chosen) = (for_admins(app.auth)?, for_admins(app.chosen)?);
/// # let _ = (auth, chosen);
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
pub trait PlainScheme<I = Principal>: Scheme<Identity = I, BodyAccess = BodyUnread> {}

impl<S, I> PlainScheme<I> for S where S: Scheme<Identity = I, BodyAccess = BodyUnread> + ?Sized {}
