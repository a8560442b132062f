//! The state of a SCRAM scheme, its challenges, and the checks of credentials that need no secret.

use std::borrow::Cow;
use std::str::from_utf8;
use std::sync::Arc;

use super::accounts::ScramAccount;
use super::decoys::DecoySecrets;
use super::mechanism::ScramMechanism;
use super::message::{ClientFinal, ClientFirst, decoded};
use super::params::ScramParams;
use super::preparation::StringPreparation;
use super::reasons;
use super::reauthentication::{Reauthentication, RepeatedUse};
use super::sid::{RecognisedSid, recognise, server_nonce};
use crate::header::Challenge;
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::reason::ReasonText;
use crate::scheme::Refusal;
use crate::stateless_nonce::NonceIssuer;
use crate::store::ReplayStore;
use crate::unavailable::Unavailable;

/// The state that all clones of a scheme share. An exchange adds nothing to it.
pub(super) struct ScramCore<L> {
    pub(super) mechanism: ScramMechanism,
    pub(super) realm: String,
    pub(super) lookup: L,
    pub(super) preparation: StringPreparation,
    pub(super) decoys: DecoySecrets,
    pub(super) nonces: NonceIssuer,
    pub(super) store: Arc<dyn ReplayStore>,
    /// The challenge with which an exchange begins.
    pub(super) challenge: Challenge,
    /// The same challenge with an error in `data`, for an exchange that has failed.
    pub(super) failed: Challenge,
    pub(super) reauthentication: Option<Reauthentication>,
}

/// Credentials that passed every check without a secret.
pub(super) enum ScramLeg {
    First(FirstLeg),
    Second(SecondLeg),
}

/// The first request of an exchange.
pub(super) struct FirstLeg {
    pub(super) client_first: String,
    pub(super) client_nonce: String,
    pub(super) user: String,
}

/// The second request of an exchange, or a later request that repeats it with another nonce.
pub(super) struct SecondLeg {
    pub(super) sid: String,
    pub(super) begun: RecognisedSid,
    pub(super) user: String,
    /// Where the GS2 header of the first message ends.
    pub(super) bare: usize,
    /// The nonce of the client and the nonce of the server behind it.
    pub(super) nonce: String,
    pub(super) without_proof: String,
    pub(super) proof: Vec<u8>,
    /// The use of the sid, if the request is a reauthentication.
    pub(super) repeated: Option<RepeatedUse>,
}

impl<L> ScramCore<L> {
    /// Reads the credentials and makes all checks that need no secret. No account is looked up here, and no proof is
    /// compared.
    ///
    /// # Errors
    ///
    /// The refusal. It is `400` only if the parameters break the grammar of the field. RFC 7804 answers a bad message as it
    /// answers a wrong proof, with `401`.
    pub(super) fn read(&self, field: &[u8]) -> Result<ScramLeg, Refusal> {
        let params = ScramParams::of_field(field, self.mechanism.name());
        let params = params.map_err(Refusal::malformed_because)?;
        let data = params.data.as_deref();
        let data = data.ok_or_else(|| Refusal::malformed_because(reasons::DATA_MISSING))?;
        match params.sid.as_deref() {
            None => {
                let first = self.first_leg(params.realm.as_deref(), data);
                first
                    .map(ScramLeg::First)
                    .map_err(|reason| Refusal::wrong_because(reason).uncounted())
            }
            Some(sid) => {
                let second = self.second_leg(params.realm.as_deref(), sid, data);
                second
                    .map(ScramLeg::Second)
                    .map_err(|reason| self.failure(reason).uncounted())
            }
        }
    }

    /// Whether the parameters break the grammar of the field.
    pub(super) fn breaks_grammar(&self, field: &[u8]) -> bool {
        ScramParams::of_field(field, self.mechanism.name()).is_err()
    }

    /// The challenge, which also offers a reauthentication if the scheme has it.
    pub(super) fn with_offer(&self, challenge: &Challenge) -> Challenge {
        match &self.reauthentication {
            None => challenge.clone(),
            Some(reauthentication) => reauthentication.offer(challenge, &*self.store),
        }
    }

    /// The refusal of the second request of an exchange. All of them have the same challenge.
    pub(super) fn failure(&self, reason: ReasonText) -> Refusal {
        Refusal::wrong_because(reason).with_challenge(self.with_offer(&self.failed))
    }

    /// The name of the user in the credentials, if they are those of a first request, or if the server has made their sid.
    ///
    /// It is the prepared name, as the look-up gets it. Otherwise an attacker could guess under several spellings of one
    /// name, and the throttle would count each as an account of its own.
    pub(super) fn claimed_user(&self, field: &[u8]) -> Option<String> {
        let params = ScramParams::of_field(field, self.mechanism.name()).ok()?;
        let first = match params.sid.as_deref() {
            None => decoded(params.data.as_deref()?).ok()?,
            Some(sid) => {
                recognise(&self.nonces, from_utf8(sid).ok()?)
                    .ok()?
                    .client_first
            }
        };
        let first = ClientFirst::read(&first).ok()?;
        Some(self.known_as(&first.user).into_owned())
    }

    /// The prepared name, or the name itself if the preparation refuses it. The throttle counts failures under this name,
    /// and a decoy is made up for it: all spellings of one name have the same budget and the same decoy.
    pub(super) fn known_as<'a>(&self, user: &'a str) -> Cow<'a, str> {
        self.preparation.user(user).map_or(user.into(), Into::into)
    }

    /// A client may leave the realm out. The realm of the scheme is then meant.
    fn check_realm(&self, realm: Option<&[u8]>) -> Result<(), ReasonText> {
        match realm {
            Some(realm) if realm != self.realm.as_bytes() => Err(reasons::REALM_MISMATCH),
            _ => Ok(()),
        }
    }

    fn first_leg(&self, realm: Option<&[u8]>, data: &[u8]) -> Result<FirstLeg, ReasonText> {
        self.check_realm(realm)?;
        let client_first = decoded(data)?;
        let first = ClientFirst::read_coded(&client_first)?;
        if first.authorization.is_some_and(|other| other != first.user) {
            return Err(reasons::OTHER_AUTHORIZATION);
        }
        Ok(FirstLeg {
            client_nonce: first.nonce.to_owned(),
            user: first.user.into_owned(),
            client_first,
        })
    }

    fn second_leg(
        &self,
        realm: Option<&[u8]>,
        sid: &[u8],
        data: &[u8],
    ) -> Result<SecondLeg, ReasonText> {
        self.check_realm(realm)?;
        let sid = from_utf8(sid).map_err(|_| reasons::UNKNOWN_SID)?;
        let begun = recognise(&self.nonces, sid)?;
        let first = ClientFirst::read_coded(&begun.client_first)?;
        let client_final = decoded(data)?;
        let last = ClientFinal::read_coded(&client_final)?;
        if !last.repeats(first.gs2_header) {
            return Err(reasons::HEADER_CHANGED);
        }
        let server_part = last.nonce.strip_prefix(first.nonce);
        let repeated = self.repeated_use(sid, server_part.ok_or(reasons::NONCE_MISMATCH)?)?;
        Ok(SecondLeg {
            sid: sid.to_owned(),
            user: first.user.into_owned(),
            bare: first.gs2_header.len(),
            nonce: last.nonce.to_owned(),
            without_proof: last.without_proof.to_owned(),
            proof: last.proof,
            repeated,
            begun,
        })
    }

    /// Compares the nonce of the server. Only a scheme with reauthentication reads another one.
    fn repeated_use(
        &self,
        sid: &str,
        server_part: &str,
    ) -> Result<Option<RepeatedUse>, ReasonText> {
        if server_part == server_nonce(sid) {
            return Ok(None);
        }
        let repeated = RepeatedUse::read(server_part);
        let repeated = repeated.filter(|_| self.reauthentication.is_some());
        repeated.map(Some).ok_or(reasons::NONCE_MISMATCH)
    }
}

impl<L, I> ScramCore<L>
where
    L: Lookup<str, Record = ScramAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Looks the account up. The preparation may refuse the name. Then the look-up gets the name as the client sent it, so
    /// that the answer takes as long as for another name, and the account that it may find is not used. An error is no guess.
    pub(super) fn find(
        &self,
        user: &str,
    ) -> NowOrLater<Result<Option<ScramAccount<I>>, Unavailable>> {
        let prepared = self.preparation.user(user);
        let account = self.lookup.lookup(prepared.as_deref().unwrap_or(user));
        account.map(move |account| {
            let account = account.map_err(Unavailable::not_compared)?;
            Ok(account.filter(|_| prepared.is_some()))
        })
    }
}
