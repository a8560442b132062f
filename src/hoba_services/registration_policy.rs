//! Decides who may register a key without an invitation.

use super::registration_form::RegistrationForm;
use crate::now_or_later::{IntoAnswer, NowOrLater};
use crate::unavailable::Unavailable;

/// Whether a stranger may register a key, and under which account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationDecision {
    /// Makes a new account with this name, and stores the key in it. The response has `Hobareg: regok`.
    Register(String),
    /// Stores nothing yet: the application has kept the form and waits for something else, for example for a link in a
    /// mail. It stores the key later with [`HobaKeyStore::register`](super::HobaKeyStore::register). The response has
    /// `Hobareg: reginwork`.
    InWork,
    /// Refuses the registration: `403`.
    Refuse,
}

/// Decides about the registration of a key by a client without an invitation.
///
/// Every closure from `&RegistrationForm` to a [`RegistrationDecision`] implements it, and so does a closure to a `Result`
/// or a [`NowOrLater`] of one.
///
/// Every stranger can register if the policy allows it. So limit the rate where strangers reach the application: for example
/// in the proxy, or with a rate limit around [`HobaServices`](super::HobaServices). An
/// account of this policy is always a new one: the store refuses a name that has a key already. An application with a user
/// table of its own must also refuse the names of that table.
///
/// # Example
///
/// ```
/// use tower_challenge::hoba_services::{RegistrationDecision, RegistrationForm, RegistrationPolicy};
///
/// // Each key becomes an account of its own, named by the whole hash of the key.
/// let policy = |form: &RegistrationForm| match form.is_hashed {
///     true => RegistrationDecision::Register(format!("user-{}", form.kid)),
///     false => RegistrationDecision::Refuse, // With `other_kid_types`, a stranger chooses the kid.
/// };
/// # fn check(_: impl RegistrationPolicy) {}
/// # check(policy);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not decide about registrations",
    note = "a closure does if it names its argument's type: `|form: &RegistrationForm| ..`"
)]
pub trait RegistrationPolicy: Send + Sync + 'static {
    /// Decides about the registration that `form` asks for.
    ///
    /// # Errors
    ///
    /// The answer is an error if the policy cannot tell, for example because a database does not answer. The client then
    /// gets `503`.
    fn decide(
        &self,
        form: &RegistrationForm,
    ) -> NowOrLater<Result<RegistrationDecision, Unavailable>>;
}

impl<F, A> RegistrationPolicy for F
where
    F: Fn(&RegistrationForm) -> A + Send + Sync + 'static,
    A: IntoAnswer<Value = RegistrationDecision>,
{
    fn decide(
        &self,
        form: &RegistrationForm,
    ) -> NowOrLater<Result<RegistrationDecision, Unavailable>> {
        self(form).into_answer()
    }
}

impl IntoAnswer for RegistrationDecision {
    type Value = Self;

    fn into_answer(self) -> NowOrLater<Result<Self, Unavailable>> {
        NowOrLater::now(Ok(self))
    }
}
