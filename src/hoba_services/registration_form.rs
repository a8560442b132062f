//! The form with which a client registers a key (RFC 7486 section 6.1).

use crate::config_error::ConfigError;
use crate::scheme::hoba::HobaPublicKey;
use crate::scheme::hoba::message::is_kid;
use crate::text::percent;

/// The longest name of a device in bytes.
const LONGEST_NAME: usize = 200;

/// The length of the kid of a hashed key.
const HASH: usize = 43;

/// A key that a client wants to register, as its form says.
///
/// # Example
///
/// ```
/// use tower_challenge::hoba_services::RegistrationForm;
///
/// assert!(RegistrationForm::parse(b"kidtype=0").is_err(), "there is no key");
/// ```
#[derive(Clone, Debug)]
pub struct RegistrationForm {
    /// The identifier of the key.
    pub kid: String,
    /// The public key.
    pub public_key: HobaPublicKey,
    /// The name of the device; empty if the form has none.
    pub device: String,
    /// Whether the kid is the hash of the key (`kidtype` 0).
    pub is_hashed: bool,
}

/// The fields of the form, decoded. `None` stands for a field that is not there.
#[derive(Default)]
struct FormFields {
    public: Option<String>,
    kid_type: Option<String>,
    kid: Option<String>,
    device_type: Option<String>,
    device: Option<String>,
    join: Option<String>,
}

impl FormFields {
    fn field(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "pub" => &mut self.public,
            "kidtype" => &mut self.kid_type,
            "kid" => &mut self.kid,
            "didtype" => &mut self.device_type,
            "did" => &mut self.device,
            "join" => &mut self.join,
            _ => return None,
        })
    }

    /// Reads the fields. An application may add fields of its own, which are skipped.
    fn read(body: &[u8]) -> Result<Self, &'static str> {
        let mut fields = Self::default();
        for pair in body.split(|byte| *byte == b'&') {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let (name, value) = (halves.next(), halves.next());
            let name = decoded(name.unwrap_or_default())?;
            let Some(field) = fields.field(&name) else {
                continue;
            };
            let value = decoded(value.unwrap_or_default())?;
            if field.replace(value).is_some() {
                return Err("the form has a field twice");
            }
        }
        Ok(fields)
    }
}

fn decoded(text: &[u8]) -> Result<String, &'static str> {
    let plain = |byte| Some(if byte == b'+' { b' ' } else { byte });
    let bytes = percent::decode(text, plain).ok_or("the form has a wrong escape")?;
    String::from_utf8(bytes).map_err(|_| "the form is not UTF-8")
}

impl RegistrationForm {
    /// Reads a body of the type `application/x-www-form-urlencoded`.
    ///
    /// # Errors
    ///
    /// The body is no such form, the key is no RSA key of at least 2,048 bits, the kid is not the hash of the key although
    /// the `kidtype` says so, or a field has a value that RFC 7486 section 6.1 does not know.
    pub fn parse(body: &[u8]) -> Result<Self, ConfigError> {
        Self::parse_with_invitation(body).map(|(form, _)| form)
    }

    /// Reads a body with the token of an invitation, if the form has one. The token is no part of the form, so that a policy
    /// cannot write it into a log.
    pub(super) fn parse_with_invitation(
        body: &[u8],
    ) -> Result<(Self, Option<String>), ConfigError> {
        let fields = FormFields::read(body).map_err(ConfigError::new)?;
        let pem = fields.public.as_deref().unwrap_or_default();
        let public_key = HobaPublicKey::from_pem(pem)?;
        let form = Self::checked(&fields, public_key).map_err(ConfigError::new)?;
        Ok((form, fields.join))
    }

    fn checked(fields: &FormFields, public_key: HobaPublicKey) -> Result<Self, &'static str> {
        let kid = fields.kid.as_deref().unwrap_or_default();
        let (kid, is_hashed) = match fields.kid_type.as_deref().unwrap_or("0") {
            "0" => (hashed_kid(kid, &public_key)?, true),
            "1" | "2" => (other_kid(kid)?, false),
            _ => return Err("the kidtype must be 0, 1 or 2"),
        };
        if fields.device_type.as_deref().unwrap_or("0") != "0" {
            return Err("the didtype must be 0");
        }
        let device = fields.device.clone().unwrap_or_default();
        if device.len() > LONGEST_NAME || device.chars().any(char::is_control) {
            return Err("the did must have at most 200 bytes and no control character");
        }
        Ok(Self {
            kid,
            public_key,
            device,
            is_hashed,
        })
    }
}

/// The token of an invitation in a form that may have nothing else.
pub(super) fn invitation_in(body: &[u8]) -> Result<Option<String>, ConfigError> {
    let fields = FormFields::read(body).map_err(ConfigError::new)?;
    Ok(fields.join)
}

/// The kid of a hashed key. A client may leave it out.
fn hashed_kid(given: &str, key: &HobaPublicKey) -> Result<String, &'static str> {
    let kid = key.kid();
    match given.is_empty() || given == kid {
        true => Ok(kid),
        false => Err("the kid must be the SHA-256 of the public key in base64url"),
    }
}

/// A kid that the client has chosen. It must not look like the hash of a key: otherwise a client could take the kid of
/// another key before its owner registers it.
fn other_kid(given: &str) -> Result<String, &'static str> {
    match is_kid(given) && given.len() != HASH {
        true => Ok(given.to_owned()),
        false => Err("the kid must be base64url, and have at most 256 and not 43 characters"),
    }
}
