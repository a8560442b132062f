//! The challenges of a refusal, and the fields that carry them.

use std::sync::{Arc, OnceLock};

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};

use crate::header::Challenge;

/// The challenges of a refusal.
#[derive(Clone)]
pub(crate) enum RefusalChallenges {
    /// Challenges for this request alone.
    Made(Vec<Challenge>),
    /// The same challenges as in other refusals.
    Fixed(Arc<FixedChallenges>),
}

/// Challenges that do not depend on the request, and the fields of a response with them. The layer makes the fields once
/// and copies them into each refusal.
pub(crate) struct FixedChallenges {
    challenges: Vec<Challenge>,
    fields: HeaderMap,
    /// The challenges of a scheme's refusal, and the fixed ones after these have replaced some of them. A scheme explains
    /// nearly every refusal with the same challenge, such as that for a wrong token, so the layer keeps one result.
    explained: OnceLock<(Vec<Challenge>, Arc<Self>)>,
}

impl FixedChallenges {
    pub(crate) fn new(challenges: &[Challenge], field: &HeaderName, joined: bool) -> Self {
        let mut fields = HeaderMap::new();
        insert(&mut fields, field, challenges, joined);
        Self {
            challenges: challenges.to_vec(),
            fields,
            explained: OnceLock::new(),
        }
    }

    pub(crate) fn as_slice(&self) -> &[Challenge] {
        &self.challenges
    }

    /// Returns the challenges of a refusal that a scheme explains with `special`. `replace` returns the same challenges
    /// for each call, and `fix` prepares their fields.
    pub(crate) fn explained(
        &self,
        special: &[Challenge],
        replace: impl Fn() -> Vec<Challenge>,
        fix: impl FnOnce(&[Challenge]) -> Self,
    ) -> RefusalChallenges {
        let make = || (special.to_vec(), Arc::new(fix(&replace())));
        let (known, explained) = self.explained.get_or_init(make);
        let is_known = known.len() == special.len()
            && known
                .iter()
                .zip(special)
                .all(|(known, special)| known.as_value() == special.as_value());
        match is_known {
            true => RefusalChallenges::Fixed(Arc::clone(explained)),
            false => RefusalChallenges::Made(replace()),
        }
    }
}

impl RefusalChallenges {
    pub(crate) const NONE: Self = Self::Made(Vec::new());

    #[inline]
    pub(crate) fn as_slice(&self) -> &[Challenge] {
        match self {
            Self::Made(challenges) => challenges,
            Self::Fixed(fixed) => &fixed.challenges,
        }
    }

    /// Inserts the challenges into the fields of a refusal, and forbids caches to store it.
    #[inline]
    pub(super) fn insert_into(&self, headers: &mut HeaderMap, field: &HeaderName, joined: bool) {
        match self {
            Self::Fixed(fixed) if headers.is_empty() => headers.clone_from(&fixed.fields),
            other => insert(headers, field, other.as_slice(), joined),
        }
    }
}

fn insert(headers: &mut HeaderMap, field: &HeaderName, challenges: &[Challenge], joined: bool) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(field);
    append(headers, field, challenges, joined);
}

/// Appends the challenges to `headers`: one field line for each, or, if `joined` is set, one line for all.
pub(crate) fn append(
    headers: &mut HeaderMap,
    field: &HeaderName,
    challenges: &[Challenge],
    joined: bool,
) {
    if joined {
        let line = crate::header::join(challenges);
        headers.extend(line.map(|line| (field.clone(), line)));
    } else {
        for challenge in challenges {
            headers.append(field, challenge.as_value().clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::WWW_AUTHENTICATE;

    use super::{Challenge, FixedChallenges, RefusalChallenges};

    /// The challenge of a second refusal must not be that of the first one.
    #[test]
    fn each_refusal_has_the_challenge_that_explains_it() {
        let challenge = |text: &str| Challenge::parse(text.as_bytes()).unwrap();
        let fix =
            |challenges: &[Challenge]| FixedChallenges::new(challenges, &WWW_AUTHENTICATE, false);
        let fixed = fix(&[challenge("X realm=\"r\"")]);
        let explained = |error: &str| {
            let special = [challenge(&format!("X realm=\"r\", error=\"{error}\""))];
            let explained = fixed.explained(&special, || special.to_vec(), fix);
            assert_eq!(explained.as_slice(), special);
            matches!(explained, RefusalChallenges::Fixed(_))
        };
        assert!(explained("expired"));
        assert!(!explained("unknown"));
        assert!(explained("expired"));
    }
}
