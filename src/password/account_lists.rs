//! Lists of accounts with passwords in clear text, as an application writes them or reads them from its environment.

use super::one_account::check_text;
use crate::config_error::ConfigError;
use crate::secret::SecretString;

/// Calls a macro once for each type of list. The macro gets the generics of an implementation, the type of the list, and
/// a closure that makes a name and a password of an item.
///
/// They are not one implementation for every iterator: a verifier of another crate could be an iterator, and the
/// compiler does not allow implementations that could overlap.
macro_rules! for_each_account_list {
    ($implement:ident) => {
        $implement! { [N: AsRef<str>, P: Into<SecretString>, const LEN: usize] [(N, P); LEN], |account| account }
        $implement! { [N: AsRef<str>, P: Into<SecretString>] Vec<(N, P)>, |account| account }
        $implement! { [N: AsRef<str>, P: Into<SecretString>, S] HashMap<N, P, S>, |account| account }
        $implement! { [N: AsRef<str>, P: Into<SecretString>] BTreeMap<N, P>, |account| account }
        $implement! {
            [N: AsRef<str>, P: Into<SecretString> + Clone] &[(N, P)],
            |(name, password)| (name, password.clone())
        }
        $implement! {
            [N: AsRef<str>, P: Into<SecretString> + Clone] &Vec<(N, P)>,
            |(name, password)| (name, password.clone())
        }
        $implement! {
            [N: AsRef<str>, P: Into<SecretString> + Clone, const LEN: usize] &[(N, P); LEN],
            |(name, password)| (name, password.clone())
        }
    };
}

pub(crate) use for_each_account_list;

/// Refuses a list with a hash in the place of a password, or with a control character in a name or a password. `advice`
/// says what to do with a hash.
///
/// Otherwise the owner of the account could not log in, and an attacker who has stolen the hash could.
pub(crate) fn checked_accounts<N: AsRef<str>, P: Into<SecretString>>(
    accounts: impl Iterator<Item = (N, P)>,
    advice: &str,
) -> Result<Vec<(N, SecretString)>, ConfigError> {
    let checked = accounts.map(|(name, password)| {
        let password = password.into();
        if is_like_a_hash(password.expose()) {
            let name = name.as_ref();
            return Err(ConfigError::new(format!(
                "the password of {name:?} looks like a hash: {advice}"
            )));
        }
        for text in [name.as_ref(), password.expose()] {
            check_text(name.as_ref(), text)?;
        }
        Ok((name, password))
    });
    checked.collect()
}

/// Whether `text` begins like a hash in the format of crypt or PHC, `$id$` with the id of an algorithm, or like a stored
/// secret of SCRAM.
fn is_like_a_hash(text: &str) -> bool {
    let is_scram = text.starts_with("SCRAM-SHA-256$") || text.starts_with("SCRAM-SHA-1$");
    let id = text.strip_prefix('$').and_then(|text| text.split_once('$'));
    is_scram
        || id.is_some_and(|(id, _)| {
            matches!(
                id,
                "1" | "2" | "2a" | "2b" | "2x" | "2y" | "5" | "6" | "7" | "y"
            ) || matches!(id, "apr1" | "argon2d" | "argon2i" | "argon2id" | "scrypt")
                || matches!(id, "pbkdf2-sha256" | "pbkdf2-sha512")
        })
}

#[cfg(test)]
mod tests {
    use super::is_like_a_hash;

    #[test]
    fn a_hash_begins_with_the_name_of_its_algorithm() {
        for hash in [
            "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA",
            "$2y$05$minCJPNM",
            "$y$j9T$salt$hash",
            "SCRAM-SHA-256$4096:c2FsdA==$a:b",
            "$1$a$b",
        ] {
            assert!(is_like_a_hash(hash), "{hash}");
        }
        for password in [
            "",
            "$",
            "$$",
            "$ecret",
            "$a$b",
            "lovelace",
            "a$6$b",
            "$argon2id",
            "SCRAM-SHA-256",
        ] {
            assert!(!is_like_a_hash(password), "{password}");
        }
    }
}
